"""A policy file is whole or refused, and a job gets what it decides: never less than asked in silence, never more."""

import json
import os
import re
import tomllib
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.boxes.oci import oci_spec
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.diagnostics import Diagnostics
from sandbox.errors import BackendError, JobRefusedError, PolicyError
from sandbox.job import CallCase, CallTests, Case, CaseTests, Job, NoTests, SourceTests, Tests
from sandbox.language import Language
from sandbox.limits import JOB_LIMIT_NAMES, LIMIT_NAMES, TEST_LIMITS, Limits, RequestedLimits
from sandbox.paths import data_dir
from sandbox.policy import IntegrityRules, Policy, load_policies, load_policy
from sandbox.seccomp.roles import on_the_roles
from sandbox.verdict import Integrity

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
    warm=("re",),
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
    """The first complaint about a file. Each must begin with the file."""
    with pytest.raises(PolicyError) as caught:
        load(folder, raw)
    places, complaints = zip(*(line.split(": ", 1) for line in str(caught.value).splitlines()), strict=True)
    for place in places:
        assert re.fullmatch(rf"{re.escape(str(folder / 'some.toml'))}(:\d+)?", place)
    return str(complaints[0])


# The file.


def test_the_shipped_policy_loads() -> None:
    policies = load_policies(DEFAULT.parent)
    default = policies["default"]
    assert default.name == "default"
    assert default.digest.startswith("sha256:")
    assert default.box.uid > 0
    assert default.box.gid > 0
    for name in JOB_LIMIT_NAMES:
        assert getattr(default.defaults, name) == RAW["defaults"][name]
        assert getattr(default.ceilings, name) == RAW["ceilings"][name]
    # A test has no default and no ceiling of its own in the file: it may use what its job may.
    for name, job_name in TEST_LIMITS.items():
        assert getattr(default.defaults, name) == RAW["defaults"][job_name]
        assert getattr(default.ceilings, name) == RAW["ceilings"][job_name]
    assert dict(default.environment) == RAW["environment"]
    assert default.box.wall_time_hard_percent >= 100


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
@pytest.mark.parametrize("key", ["memory_mb", "CPU_TIME_MS", "seccomp", "test_cpu_time_ms", ""])
def test_no_other_key_may_be_there(tmp_path: Path, section: str, key: str) -> None:
    assert refusal(tmp_path, changed(section, key, 1)).startswith(f"{section}.{key} is unknown")


def test_no_other_part_may_be_there(tmp_path: Path) -> None:
    assert refusal(tmp_path, RAW | {"mounts": {"a": "b"}}).startswith("mounts is unknown")


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, 0, -1, "1", "", [], [1]], ids=repr)
@pytest.mark.parametrize(("section", "key"), NUMBERS)
def test_each_number_is_positive_and_whole(tmp_path: Path, section: str, key: str, value: object) -> None:
    complaint = refusal(tmp_path, changed(section, key, value))
    assert complaint == f"{section}.{key} must be a positive whole number, not {value!r}"


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1979-05-27"])
def test_numbers_that_only_toml_has(tmp_path: Path, value: str) -> None:
    text = dumped(changed("box", "uid", 123_454_321)).replace("123454321", value)
    assert refusal(tmp_path, text).startswith("box.uid must be a positive whole number")


@pytest.mark.parametrize("percent", [1, 99])
def test_a_hard_wall_time_below_the_wall_time_itself_is_refused(tmp_path: Path, percent: int) -> None:
    complaint = refusal(tmp_path, changed("box", "wall_time_hard_percent", percent))
    assert complaint.startswith("box.wall_time_hard_percent must be at least 100")
    assert load(tmp_path, changed("box", "wall_time_hard_percent", 100)).box.wall_time_hard_percent == 100


@pytest.mark.parametrize("name", JOB_LIMIT_NAMES)
def test_a_default_above_its_ceiling_is_refused(tmp_path: Path, name: str) -> None:
    raw = changed("defaults", name, RAW["ceilings"][name] + 1)
    assert refusal(tmp_path, raw) == f"defaults.{name} is above ceilings.{name}"


@pytest.mark.parametrize("section", ["defaults", "ceilings", "job", "integrity", "box", "environment"])
def test_each_part_is_a_table(tmp_path: Path, section: str) -> None:
    assert refusal(tmp_path, RAW | {section: 1}).startswith(f"[{section}] must be a table")


def test_the_description_is_a_text(tmp_path: Path) -> None:
    assert refusal(tmp_path, RAW | {"description": 1}) == "description must be a text"


@pytest.mark.parametrize(
    ("name", "value"), [("A", 1), ("A", True), ("A", "a\0b"), ("A=B", "c"), ("", "a"), ("A\0", "a")]
)
def test_a_variable_is_a_name_and_a_text(tmp_path: Path, name: str, value: object) -> None:
    assert "environment" in refusal(tmp_path, changed("environment", name, value))


@pytest.mark.parametrize("name", ["PYTHONOPTIMIZE", "PYTHONPATH", "PYTHONHOME", "PYTHONINSPECT", "PYTHONMADEUP"])
def test_no_variable_changes_the_agent(tmp_path: Path, name: str) -> None:
    assert "which judges" in refusal(tmp_path, changed("environment", name, "1"))


def test_variables_that_only_programs_notice_are_allowed(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('extends = "default"\n[environment]\nPYTHONHASHSEED = "7"\nPYTHONUTF8 = "1"\n')
    assert dict(load_policy(file).environment)["PYTHONHASHSEED"] == "7"


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
        policy=policy.name,
        policy_digest=policy.digest,
        language="python",
        command=LANGUAGE.command,
        warm=("re",),
        environment=spec.environment,
        limits=policy.defaults,
        rules=policy.box,
        system_calls=policy.system_calls,
        filters=on_the_roles(policy.system_calls, os.uname().machine),
    )


BY_THEMSELVES = [name for name in JOB_LIMIT_NAMES if name not in {"cpu_time_ms", "wall_time_ms"}]
"""Limits that no other limit follows."""


@pytest.mark.parametrize("name", BY_THEMSELVES)
def test_a_job_gets_exactly_what_it_asks_for(policy: Policy, name: str) -> None:
    for asked in (1, getattr(policy.ceilings, name)):
        assert plan(policy, **{name: asked}).limits == replace(policy.defaults, **{name: asked})


def times(limits: Limits) -> tuple[int, int, int, int]:
    return limits.cpu_time_ms, limits.wall_time_ms, limits.test_cpu_time_ms, limits.test_wall_time_ms


def timed(policy: Policy) -> Policy:
    """A policy with 3 s of CPU time and 6 s of wall time for who does not ask, and ten times that at most."""
    defaults = {"cpu_time_ms": 3_000, "wall_time_ms": 6_000, "test_cpu_time_ms": 3_000, "test_wall_time_ms": 6_000}
    ceilings = {name: 10 * value for name, value in defaults.items()}
    return replace(policy, defaults=replace(policy.defaults, **defaults), ceilings=replace(policy.ceilings, **ceilings))


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ({}, (3_000, 6_000, 3_000, 6_000)),
        # Wall time keeps its distance from CPU time, up and down.
        ({"cpu_time_ms": 12_000}, (12_000, 24_000, 12_000, 24_000)),
        ({"cpu_time_ms": 30_000}, (30_000, 60_000, 30_000, 60_000)),
        ({"cpu_time_ms": 1}, (1, 2, 1, 2)),
        # Who asks for both means both.
        ({"cpu_time_ms": 12_000, "wall_time_ms": 12_000}, (12_000, 12_000, 12_000, 12_000)),
        ({"cpu_time_ms": 1, "wall_time_ms": 60_000}, (1, 60_000, 1, 60_000)),
        # CPU time does not follow wall time.
        ({"wall_time_ms": 20_000}, (3_000, 20_000, 3_000, 20_000)),
        ({"wall_time_ms": 1}, (3_000, 1, 3_000, 1)),
        # The same for a test, but never more than its job has.
        ({"test_cpu_time_ms": 500}, (3_000, 6_000, 500, 1_000)),
        ({"test_cpu_time_ms": 3_000}, (3_000, 6_000, 3_000, 6_000)),
        ({"test_cpu_time_ms": 500, "test_wall_time_ms": 501}, (3_000, 6_000, 500, 501)),
        ({"test_wall_time_ms": 700}, (3_000, 6_000, 3_000, 700)),
        ({"wall_time_ms": 900, "test_cpu_time_ms": 500}, (3_000, 900, 500, 900)),
        ({"cpu_time_ms": 12_000, "test_cpu_time_ms": 4_000}, (12_000, 24_000, 4_000, 8_000)),
    ],
)
def test_which_times_a_job_gets(policy: Policy, asked: dict[str, int], given: tuple[int, int, int, int]) -> None:
    assert times(plan(timed(policy), **asked).limits) == given


def test_wall_time_that_follows_stops_at_its_ceiling(policy: Policy) -> None:
    generous = timed(policy)
    tight = replace(generous, ceilings=replace(generous.ceilings, wall_time_ms=20_000, test_wall_time_ms=20_000))
    # It was not asked for, so that there is nothing to refuse.
    assert times(plan(tight, cpu_time_ms=12_000).limits) == (12_000, 20_000, 12_000, 20_000)
    assert refused(tight, Job(program=PROGRAM, limits=RequestedLimits(wall_time_ms=20_001))).field == (
        "job.limits.wall_time_ms"
    )


@pytest.mark.parametrize(
    ("asked", "field", "job_field"),
    [
        ({"test_cpu_time_ms": 3_001}, "test_cpu_time_ms", "cpu_time_ms = 3000"),
        ({"test_wall_time_ms": 6_001}, "test_wall_time_ms", "wall_time_ms = 6000"),
        ({"cpu_time_ms": 100, "test_cpu_time_ms": 101}, "test_cpu_time_ms", "cpu_time_ms = 100"),
        ({"cpu_time_ms": 100, "test_wall_time_ms": 201}, "test_wall_time_ms", "wall_time_ms = 200"),
    ],
)
def test_a_test_that_may_use_more_than_its_job_is_refused(
    policy: Policy, asked: dict[str, int], field: str, job_field: str
) -> None:
    error = refused(timed(policy), Job(program=PROGRAM, limits=RequestedLimits(**asked)))
    assert error.field == f"job.limits.{field}"
    # It says what to raise.
    assert job_field in error.reason


@pytest.mark.parametrize("name", LIMIT_NAMES)
@pytest.mark.parametrize("asked", [0, -1, -(2**63), True, False, 1.5, float("nan"), float("inf"), "1"], ids=repr)
def test_what_is_no_limit_is_refused(policy: Policy, name: str, asked: Any) -> None:
    error = refused(policy, Job(program=PROGRAM, limits=RequestedLimits(**{name: asked})))
    assert error.field == f"job.limits.{name}"
    assert error.reason == f"must be a positive whole number, not {asked!r}"


@pytest.mark.parametrize("name", JOB_LIMIT_NAMES)
@pytest.mark.parametrize("more", [1, 2**63, 2**70])
def test_more_than_the_ceiling_is_refused(policy: Policy, name: str, more: int) -> None:
    ceiling = getattr(policy.ceilings, name)
    error = refused(policy, Job(program=PROGRAM, limits=RequestedLimits(**{name: ceiling + more})))
    assert error.field == f"job.limits.{name}"
    assert str(ceiling) in error.reason
    assert "'default'" in error.reason


def whole_jobs(policy: Policy, asked: dict[str, int | None]) -> dict[str, int]:
    """The times that a job as a whole gets, written once more and differently."""
    cpu = asked["cpu_time_ms"] or policy.defaults.cpu_time_ms
    follows = max(1, cpu * policy.defaults.wall_time_ms // policy.defaults.cpu_time_ms)
    return {
        "cpu_time_ms": cpu,
        "wall_time_ms": asked["wall_time_ms"] or min(follows, policy.ceilings.wall_time_ms),
    }


WISHES = st.none() | st.integers(-2, 200_000) | st.integers(-2, 2**40)


@UNHURRIED
@given(st.fixed_dictionaries(dict.fromkeys(LIMIT_NAMES, WISHES)))
def test_nothing_that_was_asked_for_is_ever_clamped(asked: dict[str, int | None]) -> None:
    policy = SHIPPED
    try:
        limits = plan(policy, **asked).limits
    except JobRefusedError as error:
        name = error.field.removeprefix("job.limits.")
        wish = asked[name]
        assert wish is not None
        is_of_tests = name in TEST_LIMITS
        most = whole_jobs(policy, asked)[TEST_LIMITS[name]] if is_of_tests else getattr(policy.ceilings, name)
        assert not 0 < wish <= most
        return
    given_or_default = whole_jobs(policy, asked)
    for name, wish in asked.items():
        value = getattr(limits, name)
        assert 0 < value <= getattr(policy.ceilings, name)
        if wish is not None:
            assert value == wish
        elif name in JOB_LIMIT_NAMES:
            assert value == given_or_default.get(name, getattr(policy.defaults, name))
    for name, job_name in TEST_LIMITS.items():
        assert getattr(limits, name) <= getattr(limits, job_name)


# What libraries are told of the cores.

THREAD_POOLS = {
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "GOMAXPROCS",
    "PYTHON_CPU_COUNT",
}


def with_rules(policy: Policy, **rules: int) -> Policy:
    return replace(policy, box=replace(policy.box, **rules))


@pytest.mark.parametrize(("percent", "cores"), [(1, 1), (50, 1), (100, 1), (101, 2), (200, 2), (250, 3)])
def test_thread_pools_are_as_large_as_the_quota(policy: Policy, percent: int, cores: int) -> None:
    spec = plan(with_rules(policy, cpu_quota_percent=percent))
    assert spec.rules.cores == cores
    assert spec.cpu_quota_us == percent * 1_000
    environment = dict(spec.environment)
    assert {name: environment.pop(name) for name in THREAD_POOLS} == dict.fromkeys(THREAD_POOLS, str(cores))
    assert environment == RAW["environment"]


def test_a_policy_can_say_otherwise(policy: Policy) -> None:
    own = replace(policy, environment=(("A", "b"), ("OMP_NUM_THREADS", "7")))
    environment = plan(own).environment
    assert dict(environment)["OMP_NUM_THREADS"] == "7"
    assert dict(environment)["MKL_NUM_THREADS"] == "1"
    # In one order whatever the policy's: a box's definition is compared byte by byte.
    assert environment == tuple(sorted(environment))
    assert len(environment) == len(THREAD_POOLS) + 1


# What the box's cgroup is held to.

MIB = 1 << 20


def memory_of(policy: Policy, memory_bytes: int) -> BoxSpec:
    return plan(with_rules(policy, overhead_memory_bytes=96 * MIB), memory_bytes=memory_bytes)


def test_a_box_starts_within_its_jobs_memory_if_that_is_enough(policy: Policy) -> None:
    assert memory_of(policy, 256 * MIB).start_memory_bytes == 256 * MIB
    assert memory_of(policy, 96 * MIB).start_memory_bytes == 96 * MIB
    assert memory_of(policy, 96 * MIB - 1).start_memory_bytes == 96 * MIB
    assert memory_of(policy, 1).start_memory_bytes == 96 * MIB


@pytest.mark.parametrize("used", [0, 1, 40 * MIB, 96 * MIB])
@pytest.mark.parametrize("memory_bytes", [1, MIB, 256 * MIB, 2_048 * MIB])
def test_a_job_gets_its_memory_on_top_of_what_the_box_took(policy: Policy, used: int, memory_bytes: int) -> None:
    ceiling = memory_of(policy, memory_bytes).ready_memory_bytes(used)
    for_the_job = ceiling - used
    assert for_the_job >= memory_bytes
    # Tight: what is more is for gVisor's books, and does not grow with what the box took.
    assert for_the_job - memory_bytes == memory_bytes // 64 + 2 * MIB


def test_a_box_that_takes_more_than_the_policy_says_is_no_jobs_fault(policy: Policy) -> None:
    with pytest.raises(BackendError, match=f"takes {96 * MIB + 1} bytes .* raise overhead_memory_bytes"):
        memory_of(policy, 256 * MIB).ready_memory_bytes(96 * MIB + 1)


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
    paths = {"erofs_image": Path("/s/image"), "empty_root": Path("/r/empty")}
    config = oci_spec(spec, **paths, cgroup_path="/sandbox/a-b", shifted=True)
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


def test_a_rule_of_a_box_is_a_number() -> None:
    assert {field.type for field in fields(BoxRules)} == {int}


def test_a_box_has_no_place_for_a_clients_text() -> None:
    # Whoever adds a field here must ask whose text is in it.
    names = {"policy", "policy_digest", "language", "command", "warm", "environment"}
    names |= {"limits", "rules", "integrity", "system_calls", "filters", "alone"}
    assert {field.name for field in fields(BoxSpec)} == names


@pytest.mark.parametrize("level", Integrity)
def test_a_job_is_kept_apart_as_it_asks(policy: Policy, level: Integrity) -> None:
    job = Job(program=PROGRAM, tests=SourceTests(b"assert f()"), integrity=level)
    assert policy.plan(job, LANGUAGE).integrity is level
    strict = IntegrityRules(default=Integrity.SEPARATE_SANDBOX, allowed=(Integrity.SEPARATE_SANDBOX,))
    if level is not Integrity.SEPARATE_SANDBOX:
        error = refused(replace(policy, integrity=strict), job)
        assert (error.field, f"{level.value} is refused" in error.reason) == ("job.integrity", True)


def test_a_job_that_does_not_ask_is_kept_apart_as_the_policy_says(policy: Policy) -> None:
    assert plan(policy).integrity is Integrity.SEPARATE_PROCESS
    strict = IntegrityRules(default=Integrity.SEPARATE_SANDBOX, allowed=(Integrity.SEPARATE_SANDBOX,))
    assert plan(replace(policy, integrity=strict)).integrity is Integrity.SEPARATE_SANDBOX


@pytest.mark.parametrize("most", Diagnostics)
@pytest.mark.parametrize("asked", Diagnostics)
def test_a_verdict_tells_what_is_asked_for_up_to_the_policys(
    policy: Policy, most: Diagnostics, asked: Diagnostics
) -> None:
    discreet = replace(policy, diagnostics_max=most)
    assert discreet.diagnostics_of(Job(program=PROGRAM)) is most
    job = Job(program=PROGRAM, diagnostics=asked)
    if asked.rank > most.rank:
        assert refused(discreet, job).field == "job.diagnostics"
    else:
        assert discreet.diagnostics_of(job) is asked
        assert discreet.plan(job, LANGUAGE)


@pytest.mark.parametrize("value", ["", "full", 3, ["FULL"]])
def test_diagnostics_are_by_name(tmp_path: Path, value: Any) -> None:
    raw = RAW | {"diagnostics_max": value}
    assert "diagnostics_max" in refusal(tmp_path, raw)


@pytest.mark.parametrize("tests", [NoTests(), CaseTests((Case(b"", b""),)), CallTests("f", (CallCase(b"()", b"1"),))])
def test_only_source_tests_can_run_in_a_program(tests: Tests) -> None:
    with pytest.raises(JobRefusedError) as caught:
        Job(program=PROGRAM, tests=tests, integrity=Integrity.IN_PROCESS)
    assert caught.value.field == "job.integrity"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("default", "IN_PROCESS", "must not be IN_PROCESS"),
        ("default", "SEPARATE", "is none of"),
        ("default", 2, "is none of"),
        ("allowed", [], "not empty"),
        ("allowed", "SEPARATE_PROCESS", "must be a list"),
        ("allowed", ["IN_PROCESS", "in_process"], "is none of"),
        ("allowed", ["SEPARATE_SANDBOX"], "is not among"),
        ("least", "IN_PROCESS", "unknown"),
    ],
)
def test_integrity_is_by_name(tmp_path: Path, key: str, value: Any, said: str) -> None:
    assert said in refusal(tmp_path, changed("integrity", key, value))
