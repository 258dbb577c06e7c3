"""Both copies of the protocol say the same, and the host's reader survives any bytes."""

import os
import select
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import transcript, wire
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.guest import agent, frames
from sandbox.job import CallCase, CallTests, Case, CaseTests, Comparator, Job, NoTests, SourceTests, Tests
from sandbox.limits import Limits
from sandbox.outcome import FailureKind, ProgramEnd
from sandbox.seccomp.profile import Action, Profile, Rule
from sandbox.seccomp.roles import RoleFilters
from sandbox.verdict import Integrity, TestStatus

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PROFILE = Profile(default=Action.ERRNO, rules=(Rule(names=("read", "write"), action=Action.ALLOW),))
FILTERS = RoleFilters(program=b"p" * 8, tests=b"t" * 16)
SPEC = BoxSpec(
    policy="default",
    policy_digest="sha256:policy",
    language="python",
    command=("agent",),
    environment=(),
    limits=Limits(
        cpu_time_ms=1,
        wall_time_ms=2,
        memory_bytes=3,
        processes_max=4,
        open_files_max=5,
        disk_bytes=2**40,
        output_bytes=7,
        test_cpu_time_ms=1,
        test_wall_time_ms=2,
    ),
    rules=BoxRules(
        cpu_quota_percent=208,
        wall_time_hard_percent=1_000,
        overhead_memory_bytes=9,
        host_tasks_max=10,
        shm_bytes=2**41,
        output_hard_bytes=12,
        uid=13,
        gid=14,
        start_timeout_ms=15,
        jobs_per_box=1,
    ),
    system_calls=PROFILE,
    filters=FILTERS,
)

# Two copies of one protocol.

HOSTS_OWN = {"FRAME_BYTES_MAX"}


def constants(module: Any) -> dict[str, Any]:
    """Capitalised names with their values; a layout is compared by its format."""
    return {
        name.lstrip("_"): value.format if isinstance(value, struct.Struct) else value
        for name, value in vars(module).items()
        if name.lstrip("_").isupper() and isinstance(value, (int, struct.Struct))
    }


def test_the_host_and_the_guest_have_the_same_constants() -> None:
    host, guest = constants(wire), constants(frames)
    assert len(host) > 20
    assert {name: guest.get(name) for name in host if name not in HOSTS_OWN} == {
        name: value for name, value in host.items() if name not in HOSTS_OWN
    }


def test_kinds_are_bytes_and_differ() -> None:
    assert len(wire._KINDS) == 13
    assert all(0 <= kind <= 255 for kind in wire._KINDS)
    # No kind of one direction is one of the other.
    to_box = {wire.LIMITS, wire.ROLES, wire.EACH, wire.NEXT, wire.PROGRAM, wire.COMPARE, wire.FUNCTION, wire.TESTS}
    to_box |= {wire.CASE, wire.GO, wire.WAKE}
    assert not wire._KINDS & to_box


def test_the_numbers_of_the_guest_are_the_names_of_the_host() -> None:
    assert transcript._TEST_STATUS == {
        frames.PASSED: TestStatus.PASSED,
        frames.FAILED: TestStatus.FAILED,
        frames.ERRORED: TestStatus.ERRORED,
        frames.SKIPPED: TestStatus.SKIPPED,
    }
    assert {comparator: getattr(frames, comparator.name) for comparator in Comparator} == wire.COMPARATORS
    assert transcript._FAILURE_KIND == {
        frames.WRONG_ANSWER: FailureKind.WRONG_ANSWER,
        frames.EXCEPTION: FailureKind.EXCEPTION,
        frames.UNSUPPORTED_VALUE: FailureKind.UNSUPPORTED_VALUE,
    }
    assert transcript._PROGRAM_END == {frames.EXITED: ProgramEnd.EXITED, frames.SIGNALED: ProgramEnd.SIGNALED}


def test_the_longest_frame_of_the_guest_is_taken() -> None:
    assert frames.CHUNK_BYTES_MAX <= wire.FRAME_BYTES_MAX
    assert frames.RESULT_BODY.size + frames.MESSAGE_BYTES_MAX <= wire.FRAME_BYTES_MAX


def test_every_frame_of_the_guest_is_one_that_a_pipe_takes_whole() -> None:
    assert select.PIPE_BUF >= frames.WHOLE_BYTES_MAX
    assert frames.HEADER.size + frames.CHUNK_BYTES_MAX <= frames.WHOLE_BYTES_MAX
    assert frames.HEADER.size + frames.RESULT_BODY.size + frames.MESSAGE_BYTES_MAX <= frames.WHOLE_BYTES_MAX
    with pytest.raises(ValueError, match="4097 bytes"):
        frames.tell_host(-1, frames.STDOUT, bytes(frames.CHUNK_BYTES_MAX + 1))


def test_whoever_is_interrupted_leaves_no_half_of_a_frame() -> None:
    """As tests are by a signal of their own, while a host that is slow has not made room."""
    source, sink = os.pipe()

    def interrupt(*_: object) -> None:
        raise TimeoutError

    def tell_more() -> None:
        while True:
            frames.tell_host(sink, frames.STDOUT, bytes(3_000))

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(TimeoutError):
            tell_more()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        os.close(sink)
    with os.fdopen(source, "rb") as file:
        told = file.read()
    frame = frames.HEADER.pack(3_000, frames.STDOUT) + bytes(3_000)
    assert told == frame * (len(told) // len(frame))
    assert len(told) > 10 * len(frame)


# A job, as the guest reads it.


@contextmanager
def readable(folder: Path, data: bytes) -> Iterator[int]:
    path = folder / "pipe"
    path.write_bytes(data)
    fd = os.open(path, os.O_RDONLY)
    try:
        yield fd
    finally:
        os.close(fd)


@pytest.mark.parametrize(
    ("tests", "kinds"),
    [
        (NoTests(), "LPG"),
        (SourceTests(b"assert f() == 1\n"), "LPTG"),
        (CaseTests((Case(b"1", b"2"), Case(b"", b""))), "LPCCG"),
        (CaseTests((Case(b"1", b"2"),), Comparator.NUMBERS), "LPMCG"),
        (CaseTests((Case(b"1", b"2"),), checker=b"x"), "LPTCG"),
        (CallTests("f", (CallCase(b"(1,)", b"2"),)), "LPFCG"),
    ],
)
def test_a_job_comes_in_this_order(tmp_path: Path, tests: Tests, kinds: str) -> None:
    with readable(tmp_path, wire.encode_job(Job(program=b"p", tests=tests), SPEC)) as fd:
        read = []
        while not read or read[-1][0] != frames.GO:
            read.append(frames.read_frame(fd))
        with pytest.raises(frames.EndOfStreamError):
            frames.read_exactly(fd, 1)
    assert bytes(kind for kind, _ in read) == kinds.encode()
    assert frames.read_limits(read[0][1]) == ((3, 4, 5, 2**40, 2**41, 7, 12), FILTERS.program, FILTERS.tests)


def received(folder: Path, data: bytes) -> agent._JobInBox:
    prepared: list[tuple[object, ...]] = []
    with readable(folder, data) as fd:
        job = agent._JobInBox(lambda *given: prepared.append(given), None)
        agent._receive(agent._Host(source=fd, sink=-1), job)
    assert prepared == [(job.limits, FILTERS.program, FILTERS.tests)]
    return job


def test_a_box_that_is_woken_says_so_and_prepares_once(tmp_path: Path) -> None:
    prepared: list[tuple[int, ...]] = []
    said, sink = os.pipe()
    before = wire.encode_limits(SPEC) + wire.encode_frame(wire.WAKE, b"")
    after = wire.encode_frame(wire.WAKE, b"") + wire.encode_job(Job(program=b"p"), SPEC)
    with readable(tmp_path, before + after) as fd:
        job = agent._JobInBox(lambda *given: prepared.append(given[0]), None)
        agent._receive(agent._Host(source=fd, sink=sink), job)
    os.close(sink)
    assert prepared == [(3, 4, 5, 2**40, 2**41, 7, 12)]
    with os.fdopen(said, "rb") as file:
        kinds = [frame.kind for frame in wire.FrameReader().feed(file.read())]
    assert kinds == [wire.READY, wire.READY]


def test_a_box_does_not_take_the_limits_of_another_one(tmp_path: Path) -> None:
    others = replace(SPEC, limits=replace(SPEC.limits, processes_max=SPEC.limits.processes_max + 1))
    with pytest.raises(OSError, match="other limits"):
        received(tmp_path, wire.encode_limits(SPEC) + wire.encode_job(Job(program=b"p"), others))


def test_a_job_in_one_process_says_so(tmp_path: Path) -> None:
    job = Job(program=b"p", tests=SourceTests(b"t"))
    assert received(tmp_path, wire.encode_job(job, SPEC)).roles == 0
    together = received(tmp_path, wire.encode_job(job, replace(SPEC, integrity=Integrity.IN_PROCESS)))
    assert (together.roles, together.program, together.tests) == (frames.TOGETHER, b"p", b"t")


def test_who_is_to_wait_after_each_test_is_told_so(tmp_path: Path) -> None:
    job = Job(program=b"p", tests=SourceTests(b"t"))
    assert not received(tmp_path, wire.encode_job(job, SPEC)).each
    limited = replace(SPEC, limits=replace(SPEC.limits, cpu_time_ms=SPEC.limits.test_cpu_time_ms + 1))
    assert received(tmp_path, wire.encode_job(job, limited)).each
    assert received(tmp_path, wire.encode_tests_side(job, limited)).each
    # Where there are no tests, nobody waits.
    assert not received(tmp_path, wire.encode_program_side(job, limited)).each


@pytest.mark.parametrize("tests", [SourceTests(b"secret"), CaseTests((Case(b"secret", b"secret"),), checker=b"secret")])
def test_neither_of_two_boxes_has_what_is_the_others(tmp_path: Path, tests: Tests) -> None:
    job = Job(program=b"hidden", tests=tests)
    for_program, for_tests = wire.encode_program_side(job, SPEC), wire.encode_tests_side(job, SPEC)
    assert b"secret" not in for_program
    assert b"hidden" not in for_tests
    program, judge = received(tmp_path, for_program), received(tmp_path, for_tests)
    assert (program.roles, program.program, program.tests, program.cases) == (frames.PROGRAM_SIDE, b"hidden", None, [])
    assert (judge.roles, judge.program, judge.tests) == (frames.TESTS_SIDE, b"", b"secret")
    assert program.limits == judge.limits == (3, 4, 5, 2**40, 2**41, 7, 12)


BYTES = st.binary(max_size=300)
SOLID = BYTES.filter(lambda data: bool(data.strip()))
CASES = st.lists(st.builds(Case, BYTES, BYTES), min_size=1, max_size=4).map(tuple)
TESTS = (
    st.just(NoTests())
    | st.builds(SourceTests, SOLID)
    | st.builds(CaseTests, CASES, st.sampled_from(Comparator), st.floats(0, 1e300))
    | st.builds(CaseTests, CASES, checker=BYTES)
    | st.builds(
        CallTests,
        st.sampled_from(["f", "größer"]),
        st.lists(st.builds(CallCase, BYTES, BYTES), min_size=1, max_size=4).map(tuple),
        st.floats(0, 1e300),
    )
)


@UNHURRIED
@given(SOLID, TESTS)
def test_what_the_guest_reads_is_the_job(tmp_path_factory: Any, program: bytes, tests: Tests) -> None:
    folder = tmp_path_factory.mktemp("job")
    job = received(folder, wire.encode_job(Job(program=program, tests=tests), SPEC))
    assert job.program == program
    assert job.limits == (3, 4, 5, 2**40, 2**41, 7, 12)
    source = tests.source if isinstance(tests, SourceTests) else None
    cases = tests.cases if isinstance(tests, CaseTests) else ()
    pairs = [(case.input, case.expected_output) for case in cases]
    assert job.function == ((tests.function, tests.tolerance) if isinstance(tests, CallTests) else None)
    if isinstance(tests, CallTests):
        pairs = [(case.arguments, case.expected) for case in tests.cases]
    if isinstance(tests, CaseTests):
        source = tests.checker or None
        plain = tests.comparator is Comparator.LINES
        assert job.compare == ((frames.LINES, 0.0) if plain else (wire.COMPARATORS[tests.comparator], tests.tolerance))
    assert job.tests == source
    assert job.cases == pairs


# Frames, as the host reads them.


def framed(kind: int, payload: bytes) -> bytes:
    return frames.HEADER.pack(len(payload), kind) + payload


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = [*sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


KIND = st.sampled_from(sorted(wire._KINDS))
PLACES = st.lists(st.integers(0, 10**6), max_size=10)


@UNHURRIED
@given(st.lists(st.tuples(KIND, BYTES), max_size=8), PLACES)
def test_frames_come_out_whole_however_they_were_cut(sent: list[tuple[int, bytes]], places: list[int]) -> None:
    reader = wire.FrameReader()
    data = b"".join(framed(kind, payload) for kind, payload in sent)
    got = [frame for part in cut(data, places) for frame in reader.feed(part)]
    assert [(frame.kind, frame.payload) for frame in got] == sent


def test_a_frame_byte_by_byte() -> None:
    reader = wire.FrameReader()
    data = framed(wire.STDOUT, b"hello")
    got = [frame for byte in data for frame in reader.feed(bytes([byte]))]
    assert got == [wire.Frame(wire.STDOUT, b"hello")]


@UNHURRIED
@given(st.lists(BYTES, max_size=6))
def test_any_bytes_are_frames_or_malformed(parts: list[bytes]) -> None:
    reader = wire.FrameReader()
    try:
        for part in parts:
            for frame in reader.feed(part):
                assert frame.kind in wire._KINDS
                assert isinstance(frame.message, str)
    except wire.MalformedFrameError:
        # It stays so: nothing after it is read as a frame.
        with pytest.raises(wire.MalformedFrameError):
            list(reader.feed(framed(wire.DONE, b"")))


@UNHURRIED
@given(st.lists(st.tuples(KIND, BYTES), max_size=4), st.integers(0, 255), st.integers(0, 10**6))
def test_a_changed_byte_is_another_frame_or_malformed(sent: list[tuple[int, bytes]], value: int, place: int) -> None:
    data = bytearray(b"".join(framed(kind, payload) for kind, payload in sent) + framed(wire.DONE, b""))
    data[place % len(data)] = value
    with suppress(wire.MalformedFrameError):
        assert all(frame.kind in wire._KINDS for frame in wire.FrameReader().feed(bytes(data)))


def test_an_unknown_kind_is_malformed() -> None:
    for kind in sorted(set(range(256)) - wire._KINDS):
        with pytest.raises(wire.MalformedFrameError):
            list(wire.FrameReader().feed(framed(kind, b"")))


def test_a_length_beyond_the_cap_is_malformed_before_its_bytes_come() -> None:
    reader = wire.FrameReader()
    assert list(reader.feed(frames.HEADER.pack(wire.FRAME_BYTES_MAX, wire.STDOUT))) == []
    for size in (wire.FRAME_BYTES_MAX + 1, 2**32 - 1):
        with pytest.raises(wire.MalformedFrameError):
            list(wire.FrameReader().feed(frames.HEADER.pack(size, wire.STDOUT)))


def test_a_message_is_capped_and_always_a_text() -> None:
    assert wire.Frame(wire.VIOLATION, b"a" * 5_000).message == "a" * wire.MESSAGE_BYTES_MAX
    assert wire.Frame(wire.VIOLATION, b"\xff\xc3").message == "\\xff\\xc3"
    assert wire.Frame(wire.VIOLATION, frames.text("\ud800 é")).message == "\\ud800 é"
