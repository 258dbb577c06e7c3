"""A policy file is whole or refused, and a job gets what it decides: never less than asked in silence, never more."""

import json
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.boxes.oci import oci_spec
from sandbox.boxspec import BoxSpec
from sandbox.errors import JobRefusedError, PolicyError
from sandbox.job import Case, CaseTests, Job, NoTests, SourceTests, Tests
from sandbox.language import Language
from sandbox.limits import LIMIT_NAMES, RequestedLimits
from sandbox.paths import data_dir
from sandbox.policy import Policy, load_policies, load_policy

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

DEFAULT = data_dir("policies") / "default.toml"
RAW: dict[str, Any] = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
NUMBERS = [(section, key) for section in ("defaults", "ceilings", "job", "box") for key in RAW[section]]
LANGUAGE = Language(
    name="python",
    description="",
    packages=(),
    command=("/usr/bin/env", "python3", "/opt/agent"),
    version_command=(),
    smoke=b"",
    folder=Path("/nowhere"),
)
PROGRAM = b"def f(): pass"
SHIPPED = load_policy(DEFAULT)


@pytest.fixture
def policy() -> Policy:
    return SHIPPED


def dumped(raw: dict[str, Any]) -> str:
    """TOML of one level of tables; a JSON text or number is a TOML one."""
    top = [f"{key} = {json.dumps(value)}" for key, value in raw.items() if not isinstance(value, dict)]
    for name, table in raw.items():
        if isinstance(table, dict):
            top += [f"[{name}]", *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items())]
    return "\n".join(top)


def changed(section: str, key: str, value: Any) -> dict[str, Any]:
    return RAW | {section: RAW[section] | {key: value}}


def without(section: str, key: str) -> dict[str, Any]:
    return RAW | {section: {name: value for name, value in RAW[section].items() if name != key}}


def load(folder: Path, raw: dict[str, Any] | str) -> Policy:
    path = folder / "some.toml"
    path.write_text(raw if isinstance(raw, str) else dumped(raw), encoding="utf-8")
    return load_policy(path)


def refusal(folder: Path, raw: dict[str, Any] | str) -> str:
    """The complaint about a file, which must begin with the file."""
    with pytest.raises(PolicyError) as caught:
        load(folder, raw)
    text = str(caught.value)
    prefix = f"{folder / 'some.toml'}: "
    assert text.startswith(prefix)
    return text.removeprefix(prefix)


# The file.


def test_the_shipped_policy_loads() -> None:
    policies = load_policies(DEFAULT.parent)
    default = policies["default"]
    assert default.name == "default"
    assert default.digest.startswith("sha256:")
    assert default.box.uid > 0
    assert default.box.gid > 0
    for name in LIMIT_NAMES:
        assert getattr(default.defaults, name) == RAW["defaults"][name]
        assert getattr(default.ceilings, name) == RAW["ceilings"][name]
    assert dict(default.environment) == RAW["environment"]


def test_a_copy_is_the_same_but_for_name_and_digest(tmp_path: Path, policy: Policy) -> None:
    copy = load(tmp_path, RAW)
    assert copy.name == "some"
    assert copy.digest != policy.digest
    assert replace(copy, name=policy.name, digest=policy.digest) == policy


def test_the_digest_is_of_the_bytes(tmp_path: Path) -> None:
    text = DEFAULT.read_text(encoding="utf-8")
    assert load(tmp_path, text).digest == load_policy(DEFAULT).digest
    assert load(tmp_path, text + "# a comment\n").digest != load_policy(DEFAULT).digest


@pytest.mark.parametrize("key", RAW)
def test_each_part_must_be_there(tmp_path: Path, key: str) -> None:
    raw = {name: value for name, value in RAW.items() if name != key}
    assert refusal(tmp_path, raw).startswith(f"{key} is missing")


@pytest.mark.parametrize(("section", "key"), NUMBERS)
def test_each_key_must_be_there(tmp_path: Path, section: str, key: str) -> None:
    assert refusal(tmp_path, without(section, key)).startswith(f"{section}.{key} is missing")


@pytest.mark.parametrize("section", ["defaults", "ceilings", "job", "box"])
@pytest.mark.parametrize("key", ["memory_mb", "CPU_TIME_MS", "seccomp", ""])
def test_no_other_key_may_be_there(tmp_path: Path, section: str, key: str) -> None:
    assert refusal(tmp_path, changed(section, key, 1)).startswith(f"{section}.{key} is unknown")


def test_no_other_part_may_be_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, RAW | {"mounts": {"a": "b"}}).startswith("mounts is unknown")
    assert refusal(tmp_path, RAW | {"extends": "default"}).startswith("extends is unknown")


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, 0, -1, "1", "", [], [1]], ids=repr)
@pytest.mark.parametrize(("section", "key"), NUMBERS)
def test_each_number_is_positive_and_whole(tmp_path: Path, section: str, key: str, value: object) -> None:
    complaint = refusal(tmp_path, changed(section, key, value))
    assert complaint == f"{section}.{key} must be a positive whole number, not {value!r}"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1979-05-27"])
def test_numbers_that_only_toml_has(tmp_path: Path, value: str) -> None:
    text = dumped(changed("box", "uid", 123_454_321)).replace("123454321", value)
    assert refusal(tmp_path, text).startswith("box.uid must be a positive whole number")


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_default_above_its_ceiling_is_refused(tmp_path: Path, name: str) -> None:
    raw = changed("defaults", name, RAW["ceilings"][name] + 1)
    assert refusal(tmp_path, raw) == f"defaults.{name} is above ceilings.{name}"


@pytest.mark.parametrize("section", ["defaults", "ceilings", "job", "box", "environment"])
def test_each_part_is_a_table(tmp_path: Path, section: str) -> None:
    assert refusal(tmp_path, RAW | {section: 1}).startswith(f"[{section}] must be a table")


def test_the_description_is_a_text(tmp_path: Path) -> None:
    assert refusal(tmp_path, RAW | {"description": 1}) == "description must be a text"


@pytest.mark.parametrize(
    ("name", "value"), [("A", 1), ("A", True), ("A", "a\0b"), ("A=B", "c"), ("", "a"), ("A\0", "a")]
)
def test_a_variable_is_a_name_and_a_text(tmp_path: Path, name: str, value: object) -> None:
    assert "environment" in refusal(tmp_path, changed("environment", name, value))


@pytest.mark.parametrize("text", ["", "x", "[defaults", "a = 1\na = 2"])
def test_what_is_no_policy_at_all(tmp_path: Path, text: str) -> None:
    assert refusal(tmp_path, text)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="absent"):
        load_policy(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b'description = "\xe9"')
    with pytest.raises(PolicyError, match="latin"):
        load_policy(tmp_path / "latin.toml")


def test_a_folder_needs_a_default(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"default\.toml"):
        load_policies(tmp_path)
    load(tmp_path, RAW)
    with pytest.raises(PolicyError, match=r"default\.toml"):
        load_policies(tmp_path)
    (tmp_path / "default.toml").write_bytes(DEFAULT.read_bytes())
    assert sorted(load_policies(tmp_path)) == ["default", "some"]


def test_one_broken_file_stops_them_all(tmp_path: Path) -> None:
    (tmp_path / "default.toml").write_bytes(DEFAULT.read_bytes())
    (tmp_path / "other.toml").write_text("", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"other\.toml"):
        load_policies(tmp_path)


# The plan.


def plan(policy: Policy, tests: Tests | None = None, **asked: Any) -> BoxSpec:
    job = Job(program=PROGRAM, tests=tests or NoTests(), limits=RequestedLimits(**asked))
    return policy.plan(job, LANGUAGE)


def refused(policy: Policy, job: Job) -> JobRefusedError:
    with pytest.raises(JobRefusedError) as caught:
        policy.plan(job, LANGUAGE)
    return caught.value


def test_a_job_that_asks_for_nothing_gets_the_defaults(policy: Policy) -> None:
    spec = plan(policy)
    assert spec == BoxSpec(
        language="python",
        command=LANGUAGE.command,
        environment=policy.environment,
        limits=policy.defaults,
        rules=policy.box,
    )
    assert spec.memory_bytes == policy.defaults.memory_bytes + policy.box.overhead_memory_bytes


@pytest.mark.parametrize("name", LIMIT_NAMES)
def test_a_job_gets_exactly_what_it_asks_for(policy: Policy, name: str) -> None:
    for asked in (1, getattr(policy.ceilings, name)):
        assert plan(policy, **{name: asked}).limits == replace(policy.defaults, **{name: asked})


@pytest.mark.parametrize("name", LIMIT_NAMES)
@pytest.mark.parametrize("asked", [0, -1, -(2**63), True, False, 1.5, float("nan"), float("inf"), "1"], ids=repr)
def test_what_is_no_limit_is_refused(policy: Policy, name: str, asked: Any) -> None:
    error = refused(policy, Job(program=PROGRAM, limits=RequestedLimits(**{name: asked})))
    assert error.field == f"job.limits.{name}"
    assert error.reason == f"must be a positive whole number, not {asked!r}"


@pytest.mark.parametrize("name", LIMIT_NAMES)
@pytest.mark.parametrize("more", [1, 2**63, 2**70])
def test_more_than_the_ceiling_is_refused(policy: Policy, name: str, more: int) -> None:
    ceiling = getattr(policy.ceilings, name)
    error = refused(policy, Job(program=PROGRAM, limits=RequestedLimits(**{name: ceiling + more})))
    assert error.field == f"job.limits.{name}"
    assert str(ceiling) in error.reason
    assert "'default'" in error.reason


@UNHURRIED
@given(st.fixed_dictionaries({name: st.none() | st.integers(-2, 2**40) for name in LIMIT_NAMES}))
def test_nothing_is_ever_clamped(asked: dict[str, int | None]) -> None:
    policy = SHIPPED
    try:
        limits = plan(policy, **asked).limits
    except JobRefusedError as error:
        name = error.field.removeprefix("job.limits.")
        wish = asked[name]
        assert wish is not None
        assert not 0 < wish <= getattr(policy.ceilings, name)
        return
    for name, wish in asked.items():
        assert getattr(limits, name) == (getattr(policy.defaults, name) if wish is None else wish)


def small(policy: Policy) -> Policy:
    return replace(policy, job=replace(policy.job, program_bytes_max=20, tests_bytes_max=10, cases_max=2))


def test_sizes_up_to_the_ceiling_are_taken(policy: Policy) -> None:
    tight = small(policy)
    for tests in (
        SourceTests(b"t" * 10),
        CaseTests((Case(b"12345", b"12345"),)),
        CaseTests((Case(b"12345", b""), Case(b"", b"12345"))),
    ):
        tight.plan(Job(program=b"p" * 20, tests=tests), LANGUAGE)


@pytest.mark.parametrize(
    ("program", "tests", "field"),
    [
        (b"p" * 21, NoTests(), "job.program"),
        (b"p", SourceTests(b"t" * 11), "job.source_tests.source"),
        (b"p", CaseTests((Case(b"123456", b"12345"),)), "job.case_tests"),
        (b"p", CaseTests((Case(b"123456", b""), Case(b"", b"12345"))), "job.case_tests"),
        (b"p", CaseTests((Case(b"", b""),) * 3), "job.case_tests.cases"),
    ],
)
def test_sizes_above_the_ceiling_are_refused(policy: Policy, program: bytes, tests: Tests, field: str) -> None:
    error = refused(small(policy), Job(program=program, tests=tests))
    assert error.field == field
    assert "too many" in error.reason


# What the client writes never gets into the box's definition.

INJECTION = b'"}],"mounts":[{"type":"bind","source":"/"}]\n--volume=/:/host $(id) `id` ; ../../etc/passwd \0 \xff \r\n'
BYTES = (st.just(INJECTION) | st.binary(max_size=40)).filter(lambda data: bool(data.strip()))
TESTS = (
    st.just(NoTests())
    | st.builds(SourceTests, BYTES)
    | st.lists(st.builds(Case, BYTES, BYTES), min_size=1, max_size=3).map(tuple).map(CaseTests)
)


def box_of(policy: Policy, job: Job) -> tuple[BoxSpec, bytes]:
    spec = policy.plan(job, LANGUAGE)
    config = oci_spec(spec, erofs_image=Path("/s/image"), empty_root=Path("/r/empty"), cgroup_path="/sandbox/a-b")
    return spec, config


@UNHURRIED
@given(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), BYTES, TESTS)
def test_no_text_of_a_client_reaches_the_box(job_id: str, program: bytes, tests: Tests) -> None:
    policy = SHIPPED
    plain = Job(id="a", program=b"pass")
    assert box_of(policy, Job(id=job_id, program=program, tests=tests)) == box_of(policy, plain)


@pytest.mark.parametrize(
    "job_id", ["", "a" * 65, "../a", "a/b", "a b", "a\n", "a\0", "--bundle=/", "$(id)", "a.b", "é", "\ud800", "a;b"]
)
def test_a_job_id_is_a_plain_word(job_id: str) -> None:
    with pytest.raises(JobRefusedError) as caught:
        Job(id=job_id, program=PROGRAM)
    assert caught.value.field == "job.job_id"


def test_a_box_has_no_place_for_a_clients_text() -> None:
    # Whoever adds a field here must ask whose text is in it.
    assert {field.name for field in fields(BoxSpec)} == {"language", "command", "environment", "limits", "rules"}
