"""Profiles as text, and the filters that kernels make of them: the same answer for every call."""

import copy
import json
import os
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.guest.filter import program_filter
from sandbox.paths import data_dir
from sandbox.policy import load_policy
from sandbox.seccomp.bpf import filter_of
from sandbox.seccomp.numbers import MACHINES, NUMBERS, numbers_of
from sandbox.seccomp.profile import Action, Argument, Comparison, Profile, Rule, parse
from sandbox.seccomp.roles import AROUND, INSIDE, around_the_box, on_the_roles
from tests.unit.bpf import run

SHIPPED = sorted((data_dir("policies") / "seccomp").glob("*.json"))
RAW: dict[str, Any] = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "comment": "streams"}],
}
ALLOW, EPERM, KILL, ENOSYS = 0x7FFF0000, 0x00050001, 0, 0x00050026
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}


def shipped(path: Path) -> Profile:
    profile, mistakes = parse(path.read_bytes())
    assert mistakes == []
    assert profile is not None
    return profile


def answer(code: bytes, machine: str, number: int, *arguments: int) -> int:
    """What a kernel would answer."""
    six = (*arguments, *(0,) * (6 - len(arguments)))
    return run(code, struct.pack("<IIQ6Q", number, ARCHITECTURES[machine], 0, *six))


def wanted(profile: Profile, name: str, arguments: tuple[int, ...] = ()) -> int:
    """The same, written once more and differently: the first rule that fits."""
    for rule in profile.rules:
        if name in rule.names and all(holds(condition, arguments) for condition in rule.arguments):
            return {"ALLOW": ALLOW, "ERRNO": EPERM, "KILL": KILL, "TRAP": 0x00030000}[rule.action.name]
    if name == "clone3" and profile.default is Action.ERRNO and not any(name in rule.names for rule in profile.rules):
        return ENOSYS
    return {"ERRNO": EPERM, "KILL": KILL, "TRAP": 0x00030000, "ALLOW": ALLOW}[profile.default.name]


def holds(condition: Argument, arguments: tuple[int, ...]) -> bool:
    value = arguments[condition.index] if condition.index < len(arguments) else 0
    match condition.comparison:
        case Comparison.EQUAL:
            return value == condition.value
        case Comparison.NOT_EQUAL:
            return value != condition.value
        case Comparison.MASKED_EQUAL:
            return value & condition.value == condition.masked


# Profiles that are shipped.


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@pytest.mark.parametrize("machine", MACHINES)
def test_a_shipped_profile_answers_for_every_number(path: Path, machine: str) -> None:
    profile = shipped(path)
    code = filter_of(profile, machine)
    numbers = numbers_of(machine)
    for name, number in numbers.items():
        assert answer(code, machine, number) == wanted(profile, name), name
    for number in (*range(max(numbers.values()) + 1, 2_000), 0x40000000, 2**31, 2**32 - 1):
        assert answer(code, machine, number) == EPERM


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_old_way_to_call_is_death(path: Path) -> None:
    # int 0x80 has other numbers for the same calls.
    code = filter_of(shipped(path), "x86_64")
    assert run(code, struct.pack("<IIQ6Q", 0, 0x40000003, 0, *(0,) * 6)) == KILL


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_profile_has_nothing_that_leads_out(path: Path) -> None:
    # Tracing, namespaces, mounts, the kernel's own interfaces, other users, clocks, asynchronous calls.
    never = "ptrace process_vm_readv process_vm_writev unshare setns mount umount2 pivot_root chroot bpf seccomp keyctl"
    never += " add_key request_key io_uring_setup io_uring_enter setuid setgid setresuid setreuid capset personality"
    never += " clock_settime settimeofday sethostname init_module kexec_load reboot swapon perf_event_open userfaultfd"
    assert shipped(path).allowed() & set(never.split()) == set()


def test_named_pipes_are_made_and_devices_are_not() -> None:
    profile = load_policy(data_dir("policies") / "default.toml").system_calls
    code = filter_of(profile, "x86_64")
    mknod, mknodat = (numbers_of("x86_64")[name] for name in ("mknod", "mknodat"))
    for mode, said in ((0o010644, ALLOW), (0o020644, EPERM), (0o060644, EPERM), (0o100644, EPERM), (0o140644, EPERM)):
        assert answer(code, "x86_64", mknod, 0, mode) == said
        assert answer(code, "x86_64", mknodat, 0, 0, mode) == said


# Filters of any profile.

WORDS = st.sampled_from([0, 1, 2, 15, 0xF000, 0x1000, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1])
NAMES = st.sampled_from(sorted(NUMBERS))


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    rules = []
    for name in draw(st.sets(NAMES, max_size=12)):
        action = draw(st.sampled_from(list(Action)))
        for _ in range(draw(st.integers(1, 3))):
            indexes = draw(st.lists(st.integers(0, 5), unique=True, max_size=3))
            conditions = tuple(
                Argument(
                    index=index,
                    comparison=draw(st.sampled_from(list(Comparison))),
                    value=draw(WORDS),
                    masked=draw(WORDS),
                )
                for index in indexes
            )
            rules.append(Rule(names=(name,), action=action, arguments=conditions))
            if not conditions:
                break
        else:
            continue
        rules = [rule for rule in rules if rule.names != (name,)] + [rules[-1]]
    return Profile(default=draw(st.sampled_from([Action.ERRNO, Action.KILL, Action.TRAP])), rules=tuple(rules))


@settings(deadline=None, max_examples=150)
@given(profiles(), NAMES, st.lists(WORDS, min_size=6, max_size=6))
def test_a_filter_does_what_its_profile_says(profile: Profile, other: str, arguments: list[int]) -> None:
    numbers = numbers_of("x86_64")
    code = filter_of(profile, "x86_64")
    for name in {other, *(name for rule in profile.rules for name in rule.names)} & set(numbers):
        given = tuple(arguments)
        assert answer(code, "x86_64", numbers[name], *given) == wanted(profile, name, given), name


def test_this_kernel_takes_the_filter_and_does_the_same(tmp_path: Path) -> None:
    machine = os.uname().machine
    code = filter_of(shipped(data_dir("policies") / "seccomp" / "default.json"), machine)
    (tmp_path / "filter").write_bytes(code)
    script = """
import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
code = open(sys.argv[1], "rb").read()
buffer = ctypes.create_string_buffer(code, len(code))
header = struct.pack("=H6xQ", len(code) // 8, ctypes.addressof(buffer))
print(libc.prctl(38, 1, 0, 0, 0), libc.prctl(22, 2, header, 0, 0))
for number in map(int, sys.argv[2:]):
    print(libc.syscall(number, 0, 0, 0, 0, 0, 0), ctypes.get_errno())
print(sum(range(10)), os.getpid() > 0)
"""
    numbers = numbers_of(machine)
    denied = [str(numbers[name]) for name in ("ptrace", "keyctl", "unshare", "personality")]
    command = [sys.executable, "-I", "-c", script, str(tmp_path / "filter"), *denied]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["0 0", *["-1 1"] * len(denied), "45 True"], done.stderr


# What is put where.


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_each_filter_can_be_told_from_the_other(path: Path) -> None:
    profile = shipped(path)
    around, roles = around_the_box(profile), on_the_roles(profile, "x86_64")
    numbers = numbers_of("x86_64")
    assert wanted(around, AROUND) == EPERM
    assert wanted(around, INSIDE) == ALLOW
    for code in (roles.program, roles.tests):
        assert answer(code, "x86_64", numbers[AROUND]) == ALLOW
        assert answer(code, "x86_64", numbers[INSIDE]) == EPERM
    # The program has the profile as it is written, for all else.
    for name, number in numbers.items():
        if name not in {AROUND, INSIDE}:
            assert answer(roles.program, "x86_64", number) == wanted(profile, name)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_no_role_has_what_only_the_start_of_a_box_needs(path: Path) -> None:
    roles = on_the_roles(shipped(path), "x86_64")
    for name in ("mount", "unshare", "setns", "capset", "seccomp", "pivot_root", "ptrace"):
        for code in (roles.program, roles.tests):
            assert answer(code, "x86_64", numbers_of("x86_64")[name]) == EPERM


def test_docker_and_runsc_are_told_the_same_and_only_what_they_know() -> None:
    profile = Profile(
        default=Action.ERRNO,
        rules=(
            Rule(names=("read",), action=Action.ALLOW),
            Rule(
                names=("prctl",),
                action=Action.ALLOW,
                arguments=(
                    Argument(index=0, comparison=Comparison.EQUAL, value=15),
                    Argument(index=1, comparison=Comparison.MASKED_EQUAL, value=7, masked=3),
                ),
            ),
        ),
    )
    assert profile.as_oci() == {
        "defaultAction": "SCMP_ACT_ERRNO",
        "syscalls": [
            {"names": ["read"], "action": "SCMP_ACT_ALLOW"},
            {
                "names": ["prctl"],
                "action": "SCMP_ACT_ALLOW",
                "args": [
                    {"index": 0, "value": 15, "op": "SCMP_CMP_EQ"},
                    {"index": 1, "value": 7, "valueTwo": 3, "op": "SCMP_CMP_MASKED_EQ"},
                ],
            },
        ],
    }


# Overrides.


@given(st.sets(NAMES, max_size=5), st.sets(NAMES, max_size=5))
@settings(deadline=None, max_examples=50)
def test_overrides_add_and_take_away_and_leave_the_rest(allow: set[str], deny: set[str]) -> None:
    before = shipped(data_dir("policies") / "seccomp" / "default.json")
    after = before.overridden(allow=allow, deny=deny)
    assert after.allowed() == (before.allowed() | allow) - deny
    for name in set(NUMBERS) - allow - deny:
        assert wanted(after, name, (15,)) == wanted(before, name, (15,))


# The text.


EVERYTHING = struct.pack("=HBBI", 0x06, 0, 0, ALLOW)
# Flags of new namespaces, the keeper's pid, what asks for signals; and what is none of these.
ARGUMENTS = [(0, 0), (1, 0), (7, 8), (3, 10), (3, 0x8901), (0x10000000, 0), (0x7E020000, 0), (0x11, 1)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_filter_on_a_program_is_the_policys_and_the_agents_in_one(path: Path) -> None:
    machine = os.uname().machine
    policys = on_the_roles(shipped(path), machine).program
    agents, both = program_filter(EVERYTHING), program_filter(policys)
    said = set()
    for number in range(1_200):
        for arguments in ARGUMENTS:
            first = answer(policys, machine, number, *arguments)
            second = answer(agents, machine, number, *arguments)
            assert answer(both, machine, number, *arguments) == (second if first == ALLOW else first)
            said.add((first == ALLOW, second == ALLOW))
    # Both are needed: each denies what the other one allows.
    assert {(True, True), (True, False), (False, True)} <= said
    foreign = struct.pack("<IIQ6Q", 0, 0x40000003, 0, *(0,) * 6)
    assert run(both, foreign) == run(agents, foreign) == KILL


def mistakes(**changes: Any) -> list[str]:
    raw = copy.deepcopy(RAW) | changes
    profile, found = parse(json.dumps(raw).encode())
    assert (profile is None) == bool(found)
    return [each.text for each in found]


def rule(**changes: Any) -> list[dict[str, Any]]:
    fields = RAW["syscalls"][0] | changes
    return [{key: value for key, value in fields.items() if value is not None}]


def test_a_small_profile_is_read() -> None:
    profile, found = parse(json.dumps(RAW).encode())
    assert found == []
    assert profile == Profile(
        default=Action.ERRNO, rules=(Rule(names=("read", "write"), action=Action.ALLOW, comment="streams"),)
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"defaultAction": "SCMP_ACT_ALLOW"}, "defaultAction must deny"),
        ({"defaultAction": "SCMP_ACT_KILL_PROCESS"}, "runsc does not take 'SCMP_ACT_KILL_PROCESS'"),
        ({"defaultAction": "SCMP_ACT_LOG"}, "runsc does not take 'SCMP_ACT_LOG'"),
        ({"defaultAction": None}, "runsc does not take None"),
        ({"defaultErrnoRet": 38}, "runsc always answers EPERM"),
        ({"listenerPath": "/x"}, "listenerPath is unknown"),
        ({"syscalls": {}}, "syscalls must be a list"),
        ({"syscalls": ["read"]}, "rule 1 of syscalls must be an object"),
        ({"syscalls": rule(names=[])}, "rule 1 of syscalls needs names"),
        ({"syscalls": rule() + rule(names="read")}, "rule 2 of syscalls needs names"),
        ({"architectures": "x86"}, "architectures must be a list"),
        ({"archMap": {}}, "archMap must be a list"),
        ({"architectures": ["SCMP_ARCH_X86_64"], "archMap": []}, None),
        ({"defaultErrnoRet": True}, "runsc always answers EPERM"),
        ({"syscalls": rule(names=["raed"])}, "'raed' is no system call; did you mean read?"),
        ({"syscalls": rule(action="SCMP_ACT_NOTIFY")}, "runsc does not take 'SCMP_ACT_NOTIFY'"),
        ({"syscalls": rule(comment=None)}, "the rule of read needs a comment"),
        ({"syscalls": rule(comment=" ")}, "the rule of read needs a comment"),
        ({"syscalls": rule(errnoRet=2)}, "runsc always answers EPERM"),
        ({"syscalls": rule(includes={"caps": ["CAP_SYS_ADMIN"]})}, "includes and excludes depend on capabilities"),
        ({"syscalls": rule(priority=1)}, "priority is unknown"),
        # Nothing that is empty in another way is "no conditions", which would allow the call with all arguments.
        ({"syscalls": rule(args=None)}, None),
        ({"syscalls": rule(args={})}, "args must be a list"),
        ({"syscalls": rule(args=False)}, "args must be a list"),
        ({"syscalls": rule(args="")}, "args must be a list"),
        ({"syscalls": rule(args=[{"index": 0, "value": 1, "op": []}])}, "op [] is none of"),
        ({"syscalls": rule(args=[{"index": 0, "value": 1, "op": {}}])}, "op {} is none of"),
        ({"syscalls": rule(args=1)}, "args must be a list"),
        ({"syscalls": rule(args=[1])}, "an argument has index, value, valueTwo and op"),
        ({"syscalls": rule(args=[{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}])}, "a call has 6 arguments"),
        ({"syscalls": rule(args=[{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}])}, "are whole numbers"),
        ({"syscalls": rule(args=[{"index": 0, "value": 2**64, "op": "SCMP_CMP_EQ"}])}, "are whole numbers"),
        ({"syscalls": rule(args=[{"index": 0, "value": True, "op": "SCMP_CMP_EQ"}])}, "are whole numbers"),
        ({"syscalls": rule(args=[{"index": 0, "value": 1, "op": "SCMP_CMP_LT"}])}, "'SCMP_CMP_LT' is none of"),
        (
            {"syscalls": rule(args=[{"index": 0, "value": value, "op": "SCMP_CMP_EQ"} for value in (1, 2)])},
            "two conditions on one argument",
        ),
        ({"syscalls": rule() + rule(action="SCMP_ACT_ERRNO")}, "only one of them counts"),
    ],
)
def test_what_runsc_would_not_take_is_refused(changes: dict[str, Any], said: str | None) -> None:
    found = mistakes(**changes)
    assert bool(found) == (said is not None)
    if said is not None:
        assert any(said in text for text in found)


@pytest.mark.parametrize(
    "source",
    [b"", b"[]", b"1", b"{", b'"\xff"', b"null", b"[" * 100_000, b'{"defaultErrnoRet": ' + b"1" * 5_000 + b"}"],
)
def test_what_is_no_profile(source: bytes) -> None:
    profile, found = parse(source)
    assert profile is None
    assert found


@pytest.mark.parametrize(
    "source",
    [
        '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [], "syscalls": []}',
        '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "comment": "c", '
        '"action": "SCMP_ACT_ERRNO", "action": "SCMP_ACT_ALLOW"}]}',
        '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["read"], "comment": "c", "action": '
        '"SCMP_ACT_ALLOW", "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_EQ"}], "args": []}]}',
    ],
)
def test_a_key_that_is_there_twice_is_refused(source: str) -> None:
    profile, found = parse(source.encode())
    assert profile is None
    assert "is there twice" in found[0].text
