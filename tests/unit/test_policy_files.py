"""Policies as text: what they extend, where each value is from, what is wrong with them and in which line."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sandbox.cli.policy import policy as command
from sandbox.errors import PolicyError
from sandbox.paths import data_dir
from sandbox.policy import Policy, load_policies, load_policy
from sandbox.policy.comparing import Difference, Direction, differences
from sandbox.policy.describing import key_table
from sandbox.policy.keys import BY_PATH, ENVIRONMENT, KEYS, Kind
from sandbox.policy.loading import draft_policy
from sandbox.policy.schema import schema
from sandbox.verdict import Integrity

SHIPPED = data_dir("policies")
NAMES = sorted(path.stem for path in SHIPPED.glob("*.toml"))


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    """All that is wrong with a file, without the folder."""
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    return [line.removeprefix(f"{path.parent}/") for line in str(caught.value).splitlines()]


def advice(path: Path) -> list[str]:
    draft = draft_policy(path)
    assert all(problem.is_advice for problem in draft.problems)
    return [str(problem).removeprefix(f"{path.parent}/") for problem in draft.problems]


# Those that are shipped.


@pytest.mark.parametrize("name", NAMES)
def test_each_shipped_policy_is_good_and_there_is_nothing_to_advise(name: str) -> None:
    assert load_policy(SHIPPED / f"{name}.toml").name == name
    assert draft_policy(SHIPPED / f"{name}.toml").problems == []


def test_strict_gives_a_program_no_more_than_default() -> None:
    found = differences(draft_policy(SHIPPED / "default.toml"), draft_policy(SHIPPED / "strict.toml"))
    assert {each.direction for each in found if each.path not in {"description", "seccomp.profile"}} == {
        Direction.TIGHTER
    }
    strict, default = (load_policy(SHIPPED / f"{name}.toml") for name in ("strict", "default"))
    assert strict.system_calls.allowed() < default.system_calls.allowed()
    assert load_policy(SHIPPED / "strict.toml").integrity.allowed == (Integrity.SEPARATE_SANDBOX,)


# What a policy extends.


def limits_of(policy: Policy) -> tuple[int, int]:
    return policy.defaults.cpu_time_ms, policy.ceilings.cpu_time_ms


def test_what_is_not_said_is_that_of_the_extended_policy(tmp_path: Path) -> None:
    default = load_policy(SHIPPED / "default.toml")
    mine = load_policy(write(tmp_path, "mine", 'extends = "default"\n[defaults]\ncpu_time_ms = 7\n'))
    assert mine.name == "mine"
    assert limits_of(mine) == (7, default.ceilings.cpu_time_ms)
    assert mine.environment == default.environment
    assert mine.box == default.box


def test_the_nearest_file_wins_and_each_is_in_the_digest(tmp_path: Path) -> None:
    write(tmp_path, "a", 'extends = "default"\n[defaults]\ncpu_time_ms = 1\n[ceilings]\ncpu_time_ms = 2\n')
    write(tmp_path, "b", 'extends = "a"\n[defaults]\ncpu_time_ms = 2\n')
    c = write(tmp_path, "c", 'extends = "b"\n[environment]\nA = "c"\n')
    before = load_policy(c)
    assert limits_of(before) == (2, 2)
    assert dict(before.environment)["A"] == "c"
    assert "PATH" in dict(before.environment)
    assert before.digest not in {load_policy(tmp_path / "a.toml").digest, load_policy(tmp_path / "b.toml").digest}
    # A change of what is extended is a change.
    write(tmp_path, "a", 'extends = "default"\n[defaults]\ncpu_time_ms = 1\n[ceilings]\ncpu_time_ms = 3\n')
    assert limits_of(load_policy(c)) == (2, 3)
    assert load_policy(c).digest != before.digest


def test_a_policy_beside_it_comes_before_one_of_the_package(tmp_path: Path) -> None:
    # An operator's own `default`, and it may extend the one it replaces.
    write(tmp_path, "default", 'extends = "default"\n[defaults]\ncpu_time_ms = 9\n')
    write(tmp_path, "mine", 'extends = "default"\n')
    assert {name: limits_of(each)[0] for name, each in load_policies(tmp_path).items()} == {"default": 9, "mine": 9}


@pytest.mark.parametrize("chain", [["a"], ["b", "a"], ["b", "c", "a"]])
def test_a_policy_that_extends_itself_is_refused(tmp_path: Path, chain: list[str]) -> None:
    for name, base in zip(["a", *chain], chain, strict=False):
        write(tmp_path, name, f'extends = "{base}"\n')
    assert "extends itself" in problems(tmp_path / "a.toml")[0]


def test_a_chain_without_an_end_is_refused(tmp_path: Path) -> None:
    for number in range(20):
        write(tmp_path, f"p{number}", f'extends = "p{number + 1}"\n')
    write(tmp_path, "p20", 'extends = "default"\n')
    assert "extends" in problems(tmp_path / "p0.toml")[0]
    assert load_policy(tmp_path / "p15.toml").name == "p15"


@pytest.mark.parametrize("base", ['"defualt"', '"../default"', '"/etc/passwd"', '""', "1", "[]", '"a/b"'])
def test_what_is_no_policy_cannot_be_extended(tmp_path: Path, base: str) -> None:
    found = problems(write(tmp_path, "mine", f"\nextends = {base}\n"))[0]
    assert found.startswith("mine.toml:2: extends: ")
    assert "known are batch, data, default, mine, strict" in found


def test_a_name_that_is_nearly_right_is_suggested(tmp_path: Path) -> None:
    assert "did you mean default?" in problems(write(tmp_path, "mine", 'extends = "defualt"\n'))[0]


def test_what_is_wrong_in_an_extended_file_is_shown_there(tmp_path: Path) -> None:
    write(tmp_path, "base", 'extends = "default"\n[box]\nuid = 0\n')
    assert problems(write(tmp_path, "mine", 'extends = "base"\n'))[0].startswith("base.toml:3: box.uid must be")


# What is wrong, and where.


def test_everything_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "mine",
        """extends = "default"
diagnostics_max = "FUL"   # three letters

[defaults]
cpu_time_sm = 1
memory_bytes = "much"
[integrity]
allowed = ["SEPARATE"]
[box]
# uid = 1
uid = 5_000_000_000
disk_bytes = 1
[ environment ]
A = 1
""",
    )
    assert [line.split(";")[0] for line in problems(path)] == [
        "mine.toml:2: diagnostics_max: 'FUL' is none of NONE, COUNTS, FULL",
        "mine.toml:5: defaults.cpu_time_sm is unknown",
        "mine.toml:6: defaults.memory_bytes must be a positive whole number, not 'much'",
        "mine.toml:8: integrity.allowed: 'SEPARATE' is none of IN_PROCESS, SEPARATE_PROCESS, SEPARATE_SANDBOX",
        "mine.toml:11: box.uid must be at most 2147483647, not 5000000000",
        "mine.toml:12: box.disk_bytes is unknown",
        "mine.toml:14: environment.A: [environment] must be a table of texts",
    ]
    hints = "\n".join(problems(path))
    assert "did you mean FULL?" in hints
    assert "did you mean cpu_time_ms?" in hints
    assert "it belongs into defaults.disk_bytes or ceilings.disk_bytes" in hints


def test_values_that_contradict_each_other_are_shown_in_the_file_that_is_at_fault(tmp_path: Path) -> None:
    path = write(tmp_path, "mine", 'extends = "default"\n[ceilings]\n\nmemory_bytes = 4096\n')
    assert problems(path) == ["mine.toml:4: defaults.memory_bytes is above ceilings.memory_bytes"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[defaults]\ndisk_bytes = 300_000_000", "mine.toml:3: defaults.disk_bytes is above defaults.memory_bytes"),
        ("[defaults]\nwall_time_ms = 1_000", "mine.toml:3: defaults.wall_time_ms is below defaults.cpu_time_ms"),
        ("[box]\nhost_tasks_max = 100", "mine.toml:3: box.host_tasks_max may end a box before"),
    ],
)
def test_what_is_merely_strange_is_advice(tmp_path: Path, text: str, said: str) -> None:
    path = write(tmp_path, "mine", f'extends = "default"\n{text}\n')
    (found,) = advice(path)
    assert found.startswith(said)
    assert load_policy(path).name == "mine"


def test_syntax_errors_tell_the_line(tmp_path: Path) -> None:
    assert "line 3" in problems(write(tmp_path, "mine", "\n\n=\n"))[0]


# What differs.


def test_a_difference_says_who_may_do_more(tmp_path: Path) -> None:
    before = draft_policy(SHIPPED / "default.toml")
    after = draft_policy(
        write(
            tmp_path,
            "mine",
            """extends = "default"
diagnostics_max = "NONE"
[defaults]
cpu_time_ms = 1
[ceilings]
cpu_time_ms = 1_000_000
[integrity]
default = "SEPARATE_SANDBOX"
allowed = ["SEPARATE_SANDBOX", "SEPARATE_PROCESS"]
[box]
uid = 7
[environment]
A = "b"
""",
        )
    )
    assert [(each.path, each.direction.value) for each in differences(before, after)] == [
        ("diagnostics_max", "tighter"),
        ("defaults.cpu_time_ms", "tighter"),
        ("ceilings.cpu_time_ms", "looser"),
        ("integrity.default", "tighter"),
        ("integrity.allowed", "tighter"),
        ("box.uid", "other"),
        ("environment.A", "other"),
    ]
    opposite = {Direction.TIGHTER: Direction.LOOSER, Direction.LOOSER: Direction.TIGHTER}
    assert differences(after, before) == [
        Difference(each.path, each.after, each.before, opposite.get(each.direction, each.direction))
        for each in differences(before, after)
    ]
    assert differences(after, after) == []


# What editors are told.


def test_the_schema_beside_the_policies_is_the_one_that_the_table_of_keys_makes() -> None:
    assert (SHIPPED / "schema.json").read_text(encoding="utf-8") == schema(), (
        "sandbox policy schema > policies/schema.json"
    )


def test_the_schema_knows_every_key_and_no_other() -> None:
    properties = json.loads(schema())["properties"]
    tables = {name: inner["properties"] for name, inner in properties.items() if "properties" in inner}
    paths = {name for name in properties if name not in tables} - {"extends", ENVIRONMENT}
    paths |= {f"{table}.{name}" for table, keys in tables.items() for name in keys}
    assert paths == set(BY_PATH)
    assert not any(table["additionalProperties"] for table in (properties[name] for name in tables))


def test_every_key_says_what_it_means_and_what_breaks() -> None:
    for key in KEYS:
        assert key.meaning.endswith(".")
        assert key.loosened.endswith(".")
        assert bool(key.unit) == (key.kind is Kind.NUMBER)
        assert bool(key.words) == (key.kind in {Kind.CHOICE, Kind.CHOICES})


# The command.


def called(*arguments: str) -> tuple[int, str]:
    result: Any = CliRunner().invoke(command, list(arguments))
    return result.exit_code, result.output


def test_list_names_every_policy(tmp_path: Path) -> None:
    code, output = called("list")
    assert code == 0
    assert [line.split()[0] for line in output.splitlines()] == ["policy", *NAMES]
    write(tmp_path, "broken", "a = 1")
    assert called("list", "--policies", str(tmp_path))[0] == 1


def test_show_tells_where_each_value_is_from(tmp_path: Path) -> None:
    path = write(tmp_path, "mine", 'extends = "default"\n[defaults]\ncpu_time_ms = 4_000\n')
    code, output = called("show", str(path))
    assert code == 0
    rows = {line.split()[0]: line for line in output.splitlines()}
    assert load_policy(path).digest in output.splitlines()[0]
    assert rows["defaults.cpu_time_ms"].endswith(f"= 4_000  # {path}:3")
    assert f"# {SHIPPED / 'default.toml'}:" in rows["box.uid"]
    assert set(BY_PATH) <= set(rows)
    explained = called("show", "mine", "--policies", str(tmp_path), "--explain")[1]
    assert explained.count("When loosened: ") == len(KEYS)


def test_check_counts_what_is_wrong_and_not_what_is_strange(tmp_path: Path) -> None:
    assert called("check")[0] == 0
    strange = write(tmp_path, "strange", 'extends = "default"\n[box]\nhost_tasks_max = 100\n')
    code, output = called("check", str(strange))
    assert code == 0
    assert "(advice)" in output
    assert "good" in output
    wrong = write(tmp_path, "wrong", 'extends = "default"\nfoo = 1\n')
    code, output = called("check", str(strange), str(wrong))
    assert code == 1
    assert f"{wrong}:2: foo is unknown" in output
    assert f"{wrong}: good" not in output


def test_diff_shows_what_differs(tmp_path: Path) -> None:
    assert called("diff", "default", "default") == (0, "no difference\n")
    code, output = called("diff", "default", "strict")
    assert code == 1
    assert "SEPARATE_SANDBOX" in output


@pytest.mark.parametrize("name", ["nobody", "../default", "/etc/passwd", ""])
def test_a_name_that_is_none_is_wrong_usage(name: str) -> None:
    code, output = called("show", name)
    assert code == 2
    assert "default" in output


# Profiles of system calls.


def with_profile(folder: Path, profile: str) -> Path:
    (folder / "seccomp").mkdir()
    (folder / "seccomp" / "own.json").write_text(profile, encoding="utf-8")
    return write(folder, "mine", 'extends = "default"\n[seccomp]\nprofile = "own"\n')


def test_a_policy_brings_its_own_profile_and_its_digest_knows_it(tmp_path: Path) -> None:
    rule = '{"names": ["read"], "action": "SCMP_ACT_ALLOW", "comment": "streams"}'
    path = with_profile(tmp_path, f'{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{rule}]}}')
    before = load_policy(path)
    assert before.system_calls.allowed() == {"read"}
    profile = tmp_path / "seccomp" / "own.json"
    profile.write_text(profile.read_text(encoding="utf-8").replace("read", "write"), encoding="utf-8")
    assert load_policy(path).system_calls.allowed() == {"write"}
    assert load_policy(path).digest != before.digest


def test_what_is_wrong_with_a_profile_is_shown_in_it(tmp_path: Path) -> None:
    path = with_profile(
        tmp_path,
        """{
  "defaultAction": "SCMP_ACT_ERRNO",
  "syscalls": [
    {"comment": "streams", "action": "SCMP_ACT_ALLOW",
     "names": ["read", "wriet"]},
    {"names": ["openat"], "action": "SCMP_ACT_LOG"}
  ]
}
""",
    )
    assert [line.split(";")[0].split(": SCMP")[0] for line in problems(path)] == [
        "seccomp/own.json:5: 'wriet' is no system call",
        "seccomp/own.json:6: the rule of openat needs a comment: why it is there",
        "seccomp/own.json:6: action: runsc does not take 'SCMP_ACT_LOG'",
    ]


@pytest.mark.parametrize("name", ["nfsservctl", "remap_file_pages"])
def test_what_the_filters_are_told_by_is_nobodys(tmp_path: Path, name: str) -> None:
    rule = f'{{"names": ["{name}"], "action": "SCMP_ACT_ALLOW", "comment": "why not"}}'
    path = with_profile(tmp_path, f'{{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{rule}]}}')
    assert "are what the filters are told by" in problems(path)[0]
    (tmp_path / "own").mkdir()
    own = write(tmp_path / "own", "mine", f'extends = "default"\n[seccomp]\nallow = ["{name}"]\n')
    assert "are what the filters are told by" in problems(own)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('profile = "nobody"', "mine.toml:3: seccomp.profile: 'nobody' is none of default, strict"),
        ('profile = "../default"', "mine.toml:3: seccomp.profile: '../default' is none of default, strict"),
        ("profile = 1", "mine.toml:3: seccomp.profile must be a text"),
        ('allow = "read"', "mine.toml:3: seccomp.allow must be a list of system calls"),
        ('deny = ["raed"]', "mine.toml:3: seccomp.deny: 'raed' is no system call; did you mean read?"),
    ],
)
def test_what_is_no_choice_of_system_calls(tmp_path: Path, text: str, said: str) -> None:
    assert problems(write(tmp_path, "mine", f'extends = "default"\n[seccomp]\n{text}\n'))[0] == said


def test_single_calls_are_added_and_taken_away(tmp_path: Path) -> None:
    default = load_policy(SHIPPED / "default.toml").system_calls.allowed()
    mine = write(tmp_path, "mine", 'extends = "default"\n[seccomp]\nallow = ["shmget"]\ndeny = ["execve", "shmget"]\n')
    assert load_policy(mine).system_calls.allowed() == default - {"execve"}
    more = write(tmp_path, "more", 'extends = "default"\n[seccomp]\nallow = ["shmget"]\n')
    assert load_policy(more).system_calls.allowed() == default | {"shmget"}
    code, output = called("diff", "default", str(more))
    assert code == 1
    assert "more system calls: shmget" in output
    # Another profile is a difference, too, though no key says which calls.
    assert "fewer system calls: " in called("diff", "default", "strict")[1]


def test_the_guide_for_operators_has_the_table_of_keys() -> None:
    guide = SHIPPED.parent / "docs" / "operations.md"
    table = key_table()
    assert table in guide.read_text(encoding="utf-8"), f"put this into {guide}:\n{table}"


# Files that are not what they should be.

ODD: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "a link to nowhere": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    # Whoever opens it waits for whoever writes.
    "a pipe": os.mkfifo,
    "a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "too large": lambda path: path.write_bytes(b"#" * (2 << 20)),
    "not UTF-8": lambda path: path.write_bytes(b"\xff"),
    "a number of thousands of digits": lambda path: path.write_text("a = " + "1" * 5_000),
    "nested": lambda path: path.write_text("a = " + "[" * 100_000),
}


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_an_odd_file_is_a_problem_and_nothing_else(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "base.toml")
    mine = write(tmp_path, "mine", 'extends = "base"\n')
    for path in (tmp_path / "base.toml", mine):
        (said,) = problems(path)
        assert said.startswith("base.toml")
    with pytest.raises(PolicyError, match=r"base\.toml"):
        load_policies(tmp_path)


@pytest.mark.parametrize("make", ODD.values(), ids=ODD)
def test_an_odd_profile_is_a_problem_and_nothing_else(tmp_path: Path, make: Callable[[Path], object]) -> None:
    (tmp_path / "seccomp").mkdir()
    make(tmp_path / "seccomp" / "own.json")
    (said,) = problems(write(tmp_path, "mine", 'extends = "default"\n[seccomp]\nprofile = "own"\n'))
    assert said.startswith("seccomp/own.json")


def test_an_odd_default_extends_the_one_of_the_package_all_the_same(tmp_path: Path) -> None:
    assert load_policy(write(tmp_path, "default", 'extends = "default"\n')).name == "default"


def test_what_an_editor_hides_is_no_policy(tmp_path: Path) -> None:
    write(tmp_path, "default", 'extends = "default"\n')
    (tmp_path / ".#default.toml").symlink_to("somebody@somewhere.1")
    assert list(load_policies(tmp_path)) == ["default"]


@pytest.mark.parametrize("name", ["Mine", "my.v2", "1st", "-x", "a" * 65, "m ine", "é"])
def test_a_name_that_no_server_could_ask_for_is_refused(tmp_path: Path, name: str) -> None:
    assert any("a policy is called as its file is" in said for said in problems(
        write(tmp_path, name, 'extends = "default"\n')
    ))  # fmt: skip


@pytest.mark.parametrize(
    "quoted", ['"ceilings.memory_bytes" = 8_589_934_592', '"seccomp.allow" = ["bpf"]', '"environment.A" = "b"']
)
def test_a_key_in_quotes_is_no_key_of_a_table(tmp_path: Path, quoted: str) -> None:
    (said,) = problems(write(tmp_path, "mine", f'extends = "default"\n{quoted}\n'))
    assert said.startswith("mine.toml:2: ")
    assert "is unknown" in said


def test_no_limit_is_more_than_everybody_can_count(tmp_path: Path) -> None:
    text = 'extends = "default"\n[ceilings]\nmemory_bytes = {}\n'
    assert load_policy(write(tmp_path, "most", text.format(2**53))).ceilings.memory_bytes == 2**53
    assert problems(write(tmp_path, "more", text.format(2**53 + 1)))


def test_a_line_that_only_looks_like_a_table_is_read_in_no_time(tmp_path: Path) -> None:
    text = 'extends = "default"\ndescription = """\n[' + " " * 200_000 + '\n"""\n'
    assert load_policy(write(tmp_path, "mine", text)).name == "mine"


def test_what_a_terminal_would_act_on_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, "default", 'extends = "default"\ndescription = "\\u001b[2J\\u202e"\n')
    code, output = called("list", "--policies", str(tmp_path))
    assert code == 0
    assert output.isascii()
    assert "\x1b" not in output
    write(tmp_path, "default", 'extends = "default"\n"\\u001b[2J" = 1\n')
    code, output = called("check", "--policies", str(tmp_path))
    assert code == 1
    assert "\x1b" not in output


@pytest.mark.parametrize("names", [[], ["mine"]])
def test_check_refuses_a_folder_that_no_server_would_take(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        write(tmp_path, name, 'extends = "default"\n')
    code, output = called("check", "--policies", str(tmp_path))
    assert code == 1
    assert "every server needs the policy 'default'" in output
    # One by one they may be good.
    assert [called("check", name, "--policies", str(tmp_path))[0] for name in names] == [0] * len(names)


def test_too_many_conditions_are_refused(tmp_path: Path) -> None:
    rules = [
        {
            "names": ["read"],
            "action": "SCMP_ACT_ALLOW",
            "comment": "one of many",
            "args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}],
        }
        for value in range(257)
    ]
    path = with_profile(tmp_path, json.dumps({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": rules}))
    (said,) = problems(path)
    assert "257 calls with conditions" in said


def test_diff_says_which_calls_are_looser(tmp_path: Path) -> None:
    write(tmp_path, "loosened", 'extends = "strict"\n[seccomp]\nprofile = "default"\n')
    code, output = called("diff", "strict", str(tmp_path / "loosened.toml"))
    assert code == 1
    assert "looser: more system calls: " in output
    assert (
        "tighter: fewer system calls: "
        in called("diff", str(tmp_path / "loosened.toml"), str(SHIPPED / "strict.toml"))[1]
    )


def condition(value: int) -> dict[str, Any]:
    return {"args": [{"index": 0, "value": value, "op": "SCMP_CMP_EQ"}]}


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([condition(1)], [{}], "looser: system calls without conditions: read"),
        ([{}], [condition(1)], "tighter: system calls with conditions: read"),
        ([condition(1)], [condition(1), condition(2)], "looser: system calls with other conditions: read"),
        ([condition(1), condition(2)], [condition(1)], "tighter: system calls with other conditions: read"),
        ([condition(1)], [condition(2)], "other: system calls with other conditions: read"),
        ([{"action": "SCMP_ACT_ERRNO"}], [{}], "looser: more system calls: read"),
        (
            [{"action": "SCMP_ACT_ERRNO"}],
            [{"action": "SCMP_ACT_TRAP"}],
            "other: system calls that are denied in another way: read",
        ),
        ([{"comment": "one"}], [{"comment": "another"}], "no difference"),
    ],
)
def test_diff_looks_at_the_conditions_of_calls(
    tmp_path: Path, before: list[dict[str, Any]], after: list[dict[str, Any]], said: str
) -> None:
    paths = []
    for name, rules in (("before", before), ("after", after)):
        (tmp_path / name).mkdir()
        rule = {"names": ["read"], "action": "SCMP_ACT_ALLOW", "comment": "streams"}
        profile = {"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [rule | changes for changes in rules]}
        paths.append(str(with_profile(tmp_path / name, json.dumps(profile))))
    code, output = called("diff", *paths)
    assert output.splitlines() == [said]
    assert code == (0 if said == "no difference" else 1)
