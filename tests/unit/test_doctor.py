"""The doctor's opinions, from hand-made verdicts and machines: what is proven, what is broken, what is neither."""

import ast
import asyncio
import importlib.util
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import fields, replace
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sandbox import wire
from sandbox.boxes.fake import FakeBackend, Script
from sandbox.boxes.remains import remains_of
from sandbox.doctor import gate, judging, programs
from sandbox.doctor.examine import Examination, examine
from sandbox.doctor.finding import Finding, FindingStatus, merged, plain
from sandbox.doctor.fixes import with_fix
from sandbox.doctor.gvisor import why_too_old
from sandbox.doctor.judging import Observation
from sandbox.doctor.machine import Machine, machine_findings, swap_is_on
from sandbox.doctor.probes import all_probes, short_probes
from sandbox.doctor.proof import Proof, forget, is_kept, keep, proof_of
from sandbox.errors import BackendError
from sandbox.language import load_language
from sandbox.limits import JOB_LIMIT_NAMES, LIMIT_NAMES
from sandbox.paths import data_dir
from sandbox.policy import Policy, load_policy
from sandbox.verdict import (
    Captured,
    Cause,
    Evidence,
    Integrity,
    KilledBy,
    Receipt,
    ServiceError,
    ServiceErrorCode,
    Usage,
    Verdict,
)

OK, NOTE, BROKEN, UNKNOWN = FindingStatus
MIB = 1 << 20
POLICY = load_policy(data_dir("policies") / "default.toml")
PYTHON = load_language(data_dir("images") / "python")
RECEIPT = Receipt(
    program_digest="",
    tests_digest="",
    image_digest="",
    policy_digest="",
    runsc_version="",
    harness_version="",
    backend="",
    limits=POLICY.defaults,
)


def verdict(cause: Cause = Cause.ALL_TESTS_PASSED, message: str = "", **facts: Any) -> Verdict:
    given = {name: facts.pop(name) for name in ("evidence", "stdout", "stderr") if name in facts}
    return Verdict(
        job_id="job",
        cause=cause,
        message=message,
        tests_planned=1,
        test_results=(),
        usage=Usage(**facts),
        stdout=given.get("stdout", Captured()),
        stderr=given.get("stderr", Captured()),
        integrity=Integrity.SEPARATE_PROCESS,
        receipt=RECEIPT,
        evidence=given.get("evidence", Evidence()),
    )


def stopped(cause: Cause, limit_name: str, limit: int, value: int, **facts: Any) -> Verdict:
    evidence = Evidence(counter=limit_name, value=value, limit_name=limit_name, limit=limit, killed_by=KilledBy.SERVICE)
    return verdict(cause, evidence=evidence, **facts)


def opinion(judge: judging.Judge, result: Verdict | ServiceError, **facts: Any) -> Finding:
    (finding,) = judge(Observation(result=result, **{"stay_ms": 0} | facts))
    return finding


LOST = ServiceError(job_id="job", code=ServiceErrorCode.BOX_LOST, message="no box")
LOAD_ERROR = verdict(Cause.LOAD_ERROR, "ImportError: no mmap")

CPU = judging.cpu_time(what="it", limit_name="cpu_time_ms", limit_ms=200, cores=1)
QUOTA = judging.cpu_quota(quota_percent=100, spinners=2, host_cores=2)
WALL = judging.wall_time(what="it", limit_name="wall_time_ms", limit_ms=500)
KILL = judging.kill(limit_ms=500)
MEMORY = judging.memory(what="it", limit_bytes=64 * MIB)
CONTROL = judging.memory_control(touched_bytes=51 * MIB, limit_bytes=64 * MIB)
KEPT = judging.output_kept(stream="stdout", kept_bytes=100)
STOPPED = judging.output_stopped(stream="stdout", hard_bytes=1_000)


def cpu_stop(value: int = 201, limit_name: str = "cpu_time_ms", limit: int = 200, **facts: int) -> Verdict:
    return stopped(Cause.CPU_TIME_LIMIT, limit_name, limit, value, **{"cpu_time_ms": value} | facts)


def wall_stop(value: int = 501, limit_name: str = "wall_time_ms", limit: int = 500, **facts: int) -> Verdict:
    return stopped(Cause.WALL_TIME_LIMIT, limit_name, limit, value, **{"wall_time_ms": value} | facts)


def oom(peak_bytes: int, oom_kills: int = 1, killed_by: KilledBy = KilledBy.KERNEL, stdout: bytes = b"") -> Verdict:
    evidence = Evidence(counter="oom_kills", value=oom_kills, limit_name="memory_bytes", killed_by=killed_by)
    return verdict(Cause.MEMORY_LIMIT, evidence=evidence, memory_peak_bytes=peak_bytes, stdout=Captured(stdout))


def flood(kept: int, cause: Cause = Cause.OUTPUT_LIMIT, *, truncated: bool = True) -> Verdict:
    return verdict(
        cause, stdout=Captured(b"x" * kept, truncated), evidence=Evidence(killed_by=KilledBy.SERVICE), cpu_time_ms=1
    )


TABLE: list[tuple[str, judging.Judge, Verdict, FindingStatus]] = [
    ("stopped by its CPU time", CPU, cpu_stop(), OK),
    ("stopped by another limit of CPU time", CPU, cpu_stop(limit_name="test_cpu_time_ms"), BROKEN),
    ("stopped by a limit that it did not ask for", CPU, cpu_stop(limit=3_000), BROKEN),
    ("stopped below its limit", CPU, cpu_stop(value=200), BROKEN),
    ("stopped late, within what is allowed", CPU, cpu_stop(cpu_time_ms=1_200), OK),
    ("stopped too late", CPU, cpu_stop(cpu_time_ms=1_201), BROKEN),
    ("it spins and nothing is counted", CPU, wall_stop(cpu_time_ms=0, wall_time_ms=2_500), BROKEN),
    ("it ends by itself", CPU, verdict(cpu_time_ms=9_000, wall_time_ms=9_000), BROKEN),
    (
        "others had the CPU until its wall time was up",
        CPU,
        wall_stop(cpu_time_ms=100, wall_time_ms=2_500, starved_time_ms=2_000),
        UNKNOWN,
    ),
    ("nobody had the CPU", CPU, wall_stop(cpu_time_ms=100, wall_time_ms=2_500, starved_time_ms=100), BROKEN),
    ("stopped by its wall time", WALL, wall_stop(), OK),
    ("stopped by its wall time, late", WALL, wall_stop(wall_time_ms=1_500), OK),
    ("stopped by its wall time, too late", WALL, wall_stop(wall_time_ms=1_501), BROKEN),
    ("too late, but others had the CPU", WALL, wall_stop(wall_time_ms=2_400, starved_time_ms=1_000), OK),
    (
        "it slept, so nobody can have had its CPU for so long",
        WALL,
        wall_stop(5_000, "wall_time_hard_ms", 5_000, starved_time_ms=4_500, cpu_time_ms=20),
        BROKEN,
    ),
    (
        "a very busy machine",
        WALL,
        wall_stop(2_500, "wall_time_hard_ms", 2_500, starved_time_ms=2_000, cpu_time_ms=100),
        OK,
    ),
    ("stopped by a test's wall time", WALL, wall_stop(limit_name="test_wall_time_ms"), BROKEN),
    ("another limit came first", WALL, cpu_stop(cpu_time_ms=200, wall_time_ms=300), UNKNOWN),
    ("another limit came, and too late", WALL, cpu_stop(cpu_time_ms=200, wall_time_ms=900), BROKEN),
    ("it slept to its end", WALL, verdict(wall_time_ms=30_000), BROKEN),
    ("killed at its limit", MEMORY, oom(65 * MIB), OK),
    ("killed above its limit", MEMORY, oom(90 * MIB), BROKEN),
    ("killed above its limit, as only it can say", MEMORY, oom(9 * MIB, stdout=b"80\n90\n"), BROKEN),
    ("killed below its limit, whatever it says", MEMORY, oom(65 * MIB, stdout=b"no number\n"), OK),
    ("not killed by the kernel", MEMORY, oom(65 * MIB, killed_by=KilledBy.SERVICE), BROKEN),
    ("no kill was counted", MEMORY, oom(65 * MIB, oom_kills=0), BROKEN),
    ("it died, and nobody knows why", MEMORY, verdict(Cause.EXITED_EARLY, memory_peak_bytes=65 * MIB), BROKEN),
    ("it had no time to get there", MEMORY, cpu_stop(memory_peak_bytes=32 * MIB), UNKNOWN),
    ("it got too much, and no more for want of time", MEMORY, cpu_stop(memory_peak_bytes=65 * MIB), BROKEN),
    ("it got all it wanted", MEMORY, verdict(memory_peak_bytes=96 * MIB), BROKEN),
    ("below the limit and alive", CONTROL, verdict(), OK),
    ("below the limit and dead", CONTROL, oom(51 * MIB), BROKEN),
    ("kept as much as the limit says", KEPT, flood(100), OK),
    ("kept more", KEPT, flood(101), BROKEN),
    ("cut and not marked", KEPT, flood(100, truncated=False), BROKEN),
    ("passed on more", KEPT, verdict(Cause.PROTOCOL_VIOLATION, "more output than the agent may pass on"), BROKEN),
    ("the flood was stopped", STOPPED, flood(100), OK),
    ("the flood was not stopped", STOPPED, flood(100, Cause.ALL_TESTS_PASSED), BROKEN),
    ("the time was up before", STOPPED, flood(100, Cause.CPU_TIME_LIMIT), NOTE),
    ("it was passed on too much before", STOPPED, verdict(Cause.PROTOCOL_VIOLATION), NOTE),
]


@pytest.mark.parametrize(
    ("judge", "result", "status"), [row[1:] for row in TABLE], ids=[row[0].replace(" ", "-") for row in TABLE]
)
def test_a_verdict_is_read(judge: judging.Judge, result: Verdict, status: FindingStatus) -> None:
    found = opinion(judge, result)

    assert (found.status, bool(found.expected), bool(found.seen)) == (status, True, True), found


@pytest.mark.parametrize(
    ("result", "throttled_us", "status"),
    [
        (cpu_stop(800, wall_time_ms=800), 1, OK),
        (cpu_stop(800, wall_time_ms=600), 1, OK),
        (cpu_stop(800, wall_time_ms=400), 1, BROKEN),
        (cpu_stop(800, wall_time_ms=400), 0, BROKEN),
        (cpu_stop(800, wall_time_ms=800), 0, NOTE),
        (cpu_stop(800, wall_time_ms=1_600), 0, NOTE),
        (verdict(cpu_time_ms=0, wall_time_ms=800), 1, NOTE),
    ],
    ids=["held", "a-burst", "too-much", "too-much-and-free", "free-but-not-alone", "starved", "nothing-is-counted"],
)
def test_a_quota_binds_when_the_kernel_held_the_box_back(
    result: Verdict, throttled_us: int, status: FindingStatus
) -> None:
    assert opinion(QUOTA, result, throttled_us=throttled_us).status is status


@pytest.mark.parametrize("judge", [CPU, QUOTA, WALL, KILL, MEMORY, CONTROL, KEPT, STOPPED])
@pytest.mark.parametrize(("result", "quoted"), [(LOST, "BOX_LOST no box"), (LOAD_ERROR, "ImportError: no mmap")])
def test_a_probe_that_did_not_run_proves_nothing(
    judge: judging.Judge, result: Verdict | ServiceError, quoted: str
) -> None:
    found = opinion(judge, result)

    assert found.status is UNKNOWN
    assert quoted in found.seen


@pytest.mark.parametrize(
    ("stay_ms", "remains", "status"),
    [
        (800, (), OK),
        (1_800, (), OK),
        (1_801, (), BROKEN),
        (800, ("process 7",), BROKEN),
    ],
)
def test_the_box_must_be_gone_soon_and_without_a_trace(
    stay_ms: int, remains: tuple[str, ...], status: FindingStatus
) -> None:
    # 300 ms to start, 500 ms to its limit.
    found = opinion(KILL, wall_stop(box_start_ms=300), stay_ms=stay_ms, remains=remains)

    assert found.status is status
    assert all(trace in found.seen for trace in remains)


def test_time_without_a_cpu_is_not_the_kills_fault() -> None:
    assert opinion(KILL, wall_stop(box_start_ms=300, starved_time_ms=900), stay_ms=2_700).status is OK
    assert opinion(KILL, wall_stop(box_start_ms=300, starved_time_ms=900), stay_ms=2_701).status is BROKEN


def test_a_box_that_was_not_stopped_says_nothing_about_kills_but_what_it_left_does() -> None:
    assert opinion(KILL, verdict()).status is NOTE
    assert opinion(KILL, verdict(), remains=("process 7",)).status is BROKEN


GUEST = judging.guest({"open_files_max": "64", "view": "1"}, notes=frozenset({"view"}))


@pytest.mark.parametrize(
    ("stdout", "statuses"),
    [
        (b"open_files_max\tok\t64\nview\tok\t1\n", [OK, OK]),
        (b"open_files_max\tbad\t999\nview\tbad\t2\n", [BROKEN, NOTE]),
        (b"open_files_max\tlost\tOSError\n", [UNKNOWN, UNKNOWN]),
        (b"open_files_max\tfine\t64\nview ok 1\n", [UNKNOWN, UNKNOWN]),
        (b"", [UNKNOWN, UNKNOWN]),
        (b"\xff\xfe\t\n\t\t\t\t\n", [UNKNOWN, UNKNOWN]),
        # The last word counts, so a check that is made twice cannot hide the second.
        (b"open_files_max\tok\t64\nopen_files_max\tbad\t65\nview\tok\t1", [BROKEN, OK]),
    ],
)
def test_what_only_the_guest_sees_it_says_line_by_line(stdout: bytes, statuses: list[FindingStatus]) -> None:
    found = GUEST(Observation(result=verdict(stdout=Captured(stdout)), stay_ms=0))

    assert [finding.status for finding in found] == statuses


def test_a_lost_box_says_nothing_for_the_guest() -> None:
    found = GUEST(Observation(result=LOST, stay_ms=0))

    assert [finding.status for finding in found] == [UNKNOWN, UNKNOWN]


def test_what_a_box_says_is_one_short_line_that_no_terminal_acts_on() -> None:
    shown = plain("a\x1b[2J\n\r\t\u202e\u0130" + "b" * 1_000)

    assert shown.startswith(r"a\x1b[2J\x0a\x0d\x09\u202e\u0130bbb")
    assert len(shown) < 200


def finding(status: FindingStatus, name: str = "kill", seen: str = "seen", fix: str = "") -> Finding:
    return Finding(name=name, expected="expected", seen=seen, status=status, fix=fix)


@pytest.mark.parametrize("one", FindingStatus)
@pytest.mark.parametrize("other", FindingStatus)
def test_of_two_findings_about_one_limit_the_worse_counts(one: FindingStatus, other: FindingStatus) -> None:
    (both,) = merged([finding(one, seen="a"), finding(other, seen="b")])

    order = [OK, NOTE, UNKNOWN, BROKEN]
    assert both.status is max(one, other, key=order.index)
    assert both.seen == "a; b"
    assert both.is_proof == ({one, other} <= {OK, NOTE})


def test_findings_keep_their_order_and_say_nothing_twice() -> None:
    found = merged([finding(OK, "b"), finding(OK, "a"), finding(OK, "b")])

    assert [(each.name, each.seen) for each in found] == [("b", "seen"), ("a", "seen")]


# The probes.


def test_every_limit_that_a_job_has_is_attacked_in_both_forms() -> None:
    for probes in (
        all_probes(POLICY, PYTHON, host_kernel="6", host_cores=2),
        short_probes(POLICY, PYTHON, host_kernel="6"),
    ):
        names = {name for probe in probes for name in probe.names}
        assert names >= {*JOB_LIMIT_NAMES, "shm_bytes", "output_hard_bytes", "network", "read_only_root"}
        assert names >= {"identity", "system_calls", "view", "kill"}


def test_limits_of_tests_are_attacked_too() -> None:
    probes = all_probes(POLICY, PYTHON, host_kernel="6", host_cores=2)

    asked = {name for probe in probes for name in LIMIT_NAMES if getattr(probe.job.limits, name) is not None}
    assert asked == set(LIMIT_NAMES)


def test_the_short_form_takes_few_boxes() -> None:
    assert len(short_probes(POLICY, PYTHON, host_kernel="6")) == 5


def narrow_policy() -> Policy:
    """A policy that allows next to nothing."""
    ceilings = replace(
        POLICY.ceilings,
        cpu_time_ms=150,
        wall_time_ms=300,
        memory_bytes=32 * MIB,
        processes_max=2,
        open_files_max=16,
        disk_bytes=65_536,
        output_bytes=1_000,
        test_cpu_time_ms=150,
        test_wall_time_ms=300,
    )
    return replace(POLICY, defaults=ceilings, ceilings=ceilings)


@pytest.mark.parametrize("policy", [POLICY, narrow_policy()], ids=["default", "narrow"])
def test_no_policy_refuses_the_probes_and_none_is_clamped(policy: Policy) -> None:
    for probe in (
        *all_probes(policy, PYTHON, host_kernel="6", host_cores=2),
        *short_probes(policy, PYTHON, host_kernel="6"),
    ):
        spec = policy.plan(probe.job, PYTHON)
        for name in LIMIT_NAMES:
            asked = getattr(probe.job.limits, name)
            assert asked is None or getattr(spec.limits, name) == asked


def test_the_programs_are_python_that_the_oldest_interpreter_takes() -> None:
    whole = [programs.SPIN, programs.SLEEP, programs.FUNCTIONS, programs.STUBBORN, programs.TOUCH, programs.FLOOD]
    texts = [programs.program(text, {}).decode() for text in whole] + [
        programs.checks(programs.CHECKS, {"a": "b'\"", "c": 1}).decode()
    ]
    for text in texts:
        ast.parse(text, feature_version=(3, 11))
    assert texts[-1].startswith("WANT = {'a': 'b\\'\"', 'c': 1}\n")


# Examinations, on boxes that run nothing.


def framed(kind: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(4, "big") + bytes([kind]) + payload


READY = framed(wire.READY, b"4.4.0-gvisor\0" + str(wire.PROTOCOL).encode())
PASS = framed(wire.PLAN, wire.PLAN_BODY.pack(1)) + framed(wire.RESULT, wire.RESULT_BODY.pack(0, 1, 0))
DONE = framed(wire.DONE)
GUEST_NAMES = (*programs.CHECKS, "shm_bytes")
GUEST_LINES = "".join(f"{name}\tok\tas it must be\n" for name in GUEST_NAMES).encode()


def passing(stdout: bytes = b"") -> Script:
    output = framed(wire.STDOUT, stdout) if stdout else b""
    return Script(greeting=(READY,), answer=(output + PASS + DONE,))


def nothing_binds() -> FakeBackend:
    """Boxes in which the guest says that all is well, and nothing is stopped: what should be is attacked twice."""
    return FakeBackend([passing(GUEST_LINES), *(passing() for _ in range(2 * 4))])


UNBOUND = {"wall_time_ms", "memory_bytes", "cpu_time_ms", "output_bytes", "output_hard_bytes"}


def statuses(backend: FakeBackend, tmp_path: Path) -> dict[str, FindingStatus]:
    seen: list[tuple[int, int]] = []
    examination = asyncio.run(
        examine(
            backend,
            POLICY,
            PYTHON,
            slots=1,
            short=True,
            on_progress=lambda done, total: seen.append((done, total)),
        )
    )
    assert seen == [(done, 5) for done in range(6)]
    assert backend.boxes_open == 0
    return {finding.name: finding.status for finding in examination.findings}


def test_without_boxes_nothing_is_proven(tmp_path: Path) -> None:
    # Two boxes for each run, and each of the five probes runs a second time, alone.
    found = statuses(FakeBackend([BackendError("no box")] * 20), tmp_path)

    assert set(found.values()) == {UNKNOWN}
    assert set(found) == {*GUEST_NAMES, *UNBOUND, "kill"}


def test_attacks_that_nothing_stops_are_found_out(tmp_path: Path) -> None:
    found = statuses(nothing_binds(), tmp_path)

    assert {name for name, status in found.items() if status is BROKEN} == UNBOUND
    assert {name for name, status in found.items() if status is OK} == set(GUEST_NAMES)
    assert found["kill"] is NOTE


def test_what_holds_when_nothing_is_beside_it_is_a_note(tmp_path: Path) -> None:
    backend = FakeBackend(
        # The guest's first two boxes are lost; its second run, alone, comes first of the second runs.
        [BackendError("no box")] * 2 + [passing() for _ in range(4)] + [passing(GUEST_LINES)] + [passing()] * 4
    )

    found = statuses(backend, tmp_path)

    assert {found[name] for name in GUEST_NAMES} == {NOTE}


# The gate.


def terms(tmp_path: Path, **choices: bool) -> gate.Terms:
    return gate.Terms(proofs=tmp_path / "run", slots=1, **choices)


def through(backend: FakeBackend, terms: gate.Terms) -> tuple[str, ...]:
    return asyncio.run(gate.pass_gate(backend, {"default": POLICY}, {"python": PYTHON}, terms))


def test_the_gate_names_every_limit_that_does_not_bind_and_its_fix(tmp_path: Path) -> None:
    with pytest.raises(BackendError) as refused:
        through(nothing_binds(), terms(tmp_path))

    text = str(refused.value)
    assert {line.split()[0] for line in text.splitlines() if "does not bind" in line} == UNBOUND
    assert text.count("fix: ") == len(UNBOUND)
    assert "--allow-unenforced" in text
    assert "sandbox doctor" in text


def test_the_gate_lets_through_who_puts_up_with_it_and_says_what(tmp_path: Path) -> None:
    assert set(through(nothing_binds(), terms(tmp_path, allow_unenforced=True))) == UNBOUND
    assert list((tmp_path / "run").glob("proof-*")) == []


@pytest.mark.parametrize("allow_unenforced", [False, True])
def test_the_gate_is_shut_when_nothing_could_be_examined(tmp_path: Path, *, allow_unenforced: bool) -> None:
    backend = FakeBackend([BackendError("no box")] * 20)

    with pytest.raises(BackendError, match="cpu_time_ms could not be proven"):
        through(backend, terms(tmp_path, allow_unenforced=allow_unenforced))


def test_the_gate_relies_on_a_proof_only_where_it_may(tmp_path: Path) -> None:
    may, may_not = terms(tmp_path, rely_on_kept=True), terms(tmp_path)
    keep(kept(), may.proofs)

    assert through(FakeBackend(), may) == ()
    with pytest.raises(BackendError, match="could not be proven"):
        through(FakeBackend([BackendError("no box")] * 20), may_not)
    # The failure made an end of it.
    assert not is_kept(kept(), may.proofs)


def test_the_gate_needs_the_language_of_the_probes(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="python"):
        asyncio.run(gate.pass_gate(FakeBackend(), {"default": POLICY}, {}, terms(tmp_path)))


# Proofs that are kept.


def kept() -> Proof:
    from sandbox.boxes import cgroups

    return proof_of(
        backend=FakeBackend(),
        policy=POLICY,
        language=PYTHON,
        layout=cgroups.detect("sandbox").layout,
    )


@pytest.fixture
def proof() -> Proof:
    return kept()


def test_a_proof_is_kept_until_it_is_forgotten(proof: Proof, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert not is_kept(proof, folder)
    keep(proof, folder)
    assert is_kept(proof, folder)
    assert [path.stat().st_mode & 0o777 for path in folder.iterdir()] == [0o600]
    forget(proof, folder)
    assert not is_kept(proof, folder)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", [field.name for field in fields(Proof)])
def test_a_proof_of_anything_else_is_none(proof: Proof, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "run"
    keep(proof, folder)
    value = getattr(proof, name)

    changed = replace(proof, **{name: not value if isinstance(value, bool) else type(value)(f"{value}1")})

    assert not is_kept(changed, folder)
    assert is_kept(proof, folder)


def test_a_proof_that_another_could_have_written_is_none(proof: Proof, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    keep(proof, folder)
    (path,) = folder.iterdir()

    path.chmod(0o620)
    assert not is_kept(proof, folder)
    path.chmod(0o600)
    folder.chmod(0o702)
    assert not is_kept(proof, folder)
    folder.chmod(0o700)
    assert is_kept(proof, folder)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert not is_kept(proof, folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_proof_of_another_user_is_none(proof: Proof, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    keep(proof, folder)
    (path,) = folder.iterdir()
    os.chown(path, 65534, 65534)

    assert not is_kept(proof, folder)


def test_a_damaged_proof_is_none(proof: Proof, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    keep(proof, folder)
    (path,) = folder.iterdir()
    document = json.loads(path.read_bytes())

    path.write_text(json.dumps(document | {"extra": 1}))
    assert not is_kept(proof, folder)
    path.write_bytes(b"")
    assert not is_kept(proof, folder)


def test_the_oldest_proofs_go(proof: Proof, tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    for number in range(70):
        keep(replace(proof, policy_digest=f"sha256:{number:016x}"), tmp_path)

    assert len(list(tmp_path.glob("proof-*"))) == 64
    assert not is_kept(replace(proof, policy_digest=f"sha256:{0:016x}"), tmp_path)
    assert is_kept(replace(proof, policy_digest=f"sha256:{69:016x}"), tmp_path)


def test_a_folder_that_cannot_be_written_is_no_error(proof: Proof) -> None:
    keep(proof, Path("/proc/nobody-writes-here"))
    forget(proof, Path("/proc/nobody-writes-here"))

    assert not is_kept(proof, Path("/proc/nobody-writes-here"))


# The machine.

GOOD = Machine(
    is_root=True,
    runsc=Path("/usr/local/bin/runsc"),
    runsc_version="v0.0.0-20260905035102-160fafc42237",
    layout="v2",
    layout_problem="",
    has_kill=True,
    has_pressure=True,
    has_swap=False,
    swap_limited=False,
    room_bytes=(("/run/sandbox", 1 << 30), ("/var/lib/sandbox", 1 << 30)),
    open_files_max=1_024,
)


def notes(machine: Machine, backend: str = "runsc") -> dict[str, str]:
    found = machine_findings(machine, backend=backend, slots=8)
    assert {finding.status for finding in found} <= {OK, NOTE}
    assert all(bool(finding.fix) == (finding.status is NOTE) for finding in found)
    return {finding.name: f"{finding.seen} | {finding.fix}" for finding in found if finding.status is NOTE}


def test_a_good_machine_gets_no_note() -> None:
    assert notes(GOOD) == {}
    assert notes(replace(GOOD, has_swap=True, swap_limited=True)) == {}
    assert notes(replace(GOOD, is_root=False), backend="docker") == {}


@pytest.mark.parametrize(
    ("change", "name", "quoted"),
    [
        ({"is_root": False}, "privilege", "sudo"),
        ({"runsc": None, "runsc_version": ""}, "gvisor", "install-gvisor"),
        ({"runsc_version": ""}, "gvisor", "does not say"),
        ({"runsc_version": "release-20260817.0"}, "gvisor", "CVE-2026-96812"),
        ({"layout": "", "layout_problem": "no cgroup"}, "cgroups", "no cgroup"),
        ({"has_kill": False}, "cgroups", "process by process"),
        ({"has_pressure": False}, "cpu_pressure", "psi=1"),
        ({"has_swap": True}, "swap", "swapoff"),
        ({"room_bytes": (("/run/sandbox", 1 << 20),)}, "room in /run/sandbox", "SANDBOX_RUN_DIR"),
        ({"open_files_max": 255}, "open files of the server", "ulimit -n 256"),
    ],
)
def test_what_is_wrong_with_a_machine_is_a_note_with_a_fix(change: dict[str, Any], name: str, quoted: str) -> None:
    found = notes(replace(GOOD, **change))

    assert set(found) == {name}
    assert quoted in found[name]


def test_swap_is_on_when_there_is_more_than_the_heading(tmp_path: Path) -> None:
    swaps = tmp_path / "swaps"
    assert not swap_is_on(swaps)
    swaps.write_text("Filename Type Size Used Priority\n")
    assert not swap_is_on(swaps)
    swaps.write_text("Filename Type Size Used Priority\n/dev/sda2 partition 1 0 -2\n")
    assert swap_is_on(swaps)


# The fixes.


def test_every_limit_has_a_fix_of_its_own() -> None:
    names = {name for probe in all_probes(POLICY, PYTHON, host_kernel="6", host_cores=2) for name in probe.names}

    for name in names:
        assert "docs/doctor.md" not in with_fix(finding(BROKEN, name), GOOD).fix
        assert with_fix(finding(BROKEN, name), GOOD).fix
        assert with_fix(finding(UNKNOWN, name), GOOD).fix
        assert with_fix(finding(OK, name), GOOD).fix == ""
        assert bool(with_fix(finding(NOTE, name), GOOD).fix) == (name == "view")


def test_the_fix_depends_on_the_machine() -> None:
    memory = finding(BROKEN, "memory_bytes")

    assert "swapoff" in with_fix(memory, replace(GOOD, has_swap=True)).fix
    assert "swapoff" not in with_fix(memory, replace(GOOD, has_swap=True, swap_limited=True)).fix
    assert "install-gvisor" not in with_fix(memory, GOOD).fix
    assert "install-gvisor" in with_fix(finding(BROKEN, "system_calls"), replace(GOOD, runsc_version="0.0")).fix


@pytest.fixture
def installer() -> Iterator[ModuleType]:
    path = Path(__file__).parents[2] / "scripts" / "install-gvisor"
    sys.path.insert(0, str(path.parent))
    loader = SourceFileLoader("install_gvisor", str(path))
    spec = importlib.util.spec_from_loader("install_gvisor", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks its own module up.
    sys.modules["install_gvisor"] = module
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
        yield module
    finally:
        sys.dont_write_bytecode = written
        del sys.modules["install_gvisor"]
        sys.path.remove(str(path.parent))


def test_the_installer_and_the_doctor_refuse_the_same_versions(installer: ModuleType) -> None:
    for version, refused in [
        ("release-20260817.0", True),
        ("release-20260818.0", False),
        ("release-20260901.1", False),
        ("v0.0.0-20260905035102-160fafc42237", False),
        ("v0.0.0-20260905035101-160fafc42237", True),
        ("v0.0.0-20260905035102-160fafc42237+precompiled", False),
        ("v0.0.0-20260905035102-160fafc42237+tuned", False),
        ("v0.0.0-20260905035101-160fafc42237+tuned", True),
        ("v0.0.0-20260905035101-160fafc42237+precompiled", True),
        ("v0.0.0-20260905035102-160fafc42237+else", True),
        ("v0.0.0-20270101000000-000000000000", False),
        ("0.0~20221219.0-1", True),
        ("", True),
        ("release-20991231.0-dirty", True),
    ]:
        assert (installer.why_too_old(version) is not None) == refused, version
        assert (why_too_old(version) is not None) == refused, version


# What is left of a box.


def test_traces_of_a_box_are_found_by_its_id(tmp_path: Path) -> None:
    box_id = "0123456789ab"
    (tmp_path / "cgroups" / "docker" / f"{box_id}cdef").mkdir(parents=True)
    (tmp_path / "run" / "runsc" / "instance" / box_id).mkdir(parents=True)
    (tmp_path / "run" / "runsc" / "instance" / "another").mkdir()

    found = remains_of(box_id, tmp_path / "run", tmp_path / "cgroups")

    assert set(found) == {
        str(tmp_path / "cgroups" / "docker" / f"{box_id}cdef"),
        str(tmp_path / "run" / "runsc" / "instance" / box_id),
    }
    assert remains_of("ffffffffffff", tmp_path / "run", tmp_path / "cgroups") == ()


# The command line, as far as it needs no box.


def invoke(*arguments: str) -> Result:
    from sandbox.cli.main import cli

    return CliRunner().invoke(cli, ["doctor", *arguments])


def test_the_help_teaches() -> None:
    text = invoke("--help").output

    for word in (
        "--short",
        "--json",
        "--backend",
        "--policies",
        "\n    DOES NOT BIND  it",
        "\n    1  when one does not",
    ):
        assert word in text, word
    assert "\\b" not in text


@pytest.mark.parametrize(
    ("statuses", "blind"),
    [([OK, NOTE], False), ([OK, UNKNOWN], False), ([UNKNOWN, BROKEN], False), ([UNKNOWN, UNKNOWN], True)],
)
def test_an_examination_in_which_no_box_did_anything_is_blind(statuses: list[FindingStatus], blind: bool) -> None:
    findings = tuple(finding(status, f"limit_{index}") for index, status in enumerate(statuses))
    assert Examination(findings=findings, time_ms=1).is_blind is blind


@pytest.mark.parametrize("option", ["--policy", "--language"])
def test_an_unknown_name_is_bad_input(option: str) -> None:
    result = invoke(option, "nobody")

    assert result.exit_code == 2
    assert "'nobody' is none of" in result.output


def test_without_gvisor_the_machine_is_looked_at_all_the_same(tmp_path: Path) -> None:
    result = invoke("--json", "--runsc", str(tmp_path / "none"))

    assert result.exit_code == 3
    document = json.loads(result.stdout)
    assert document["limits"] == []
    assert not document["all_bind"]
    assert "install-gvisor" in document["problem"]
    assert {finding["name"]: finding["status"] for finding in document["machine"]}["gvisor"] == "NOTE"


def test_a_runsc_that_makes_no_box_is_told_from_one_that_makes_bad_ones(tmp_path: Path) -> None:
    result = invoke("--runsc", str(tmp_path / "none"))

    assert result.exit_code == 3
    assert "no runsc at" in result.stderr
    assert "gvisor" in result.stdout
