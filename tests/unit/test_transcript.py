"""Whatever a box says, a transcript takes it in, and only the whole and orderly truth becomes a pass."""

from dataclasses import fields

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox import wire
from sandbox.judge import judge
from sandbox.outcome import FailureKind, Outcome, ProgramEnd, Stop, StoppedBy
from sandbox.transcript import Transcript
from sandbox.verdict import Captured, Cause, TestResult, TestStatus, Usage

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

OUTPUT_BYTES = 100


def framed(kind: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(4, "big") + bytes([kind]) + payload


def plan(checks: int) -> bytes:
    return framed(wire.PLAN, wire.PLAN_BODY.pack(checks))


def result(index: int, status: int = 1, kind: int = 0, message: bytes = b"") -> bytes:
    return framed(wire.RESULT, wire.RESULT_BODY.pack(index, status, kind) + message)


READY = framed(wire.READY, b"4.4.0-gvisor\x001")
DONE = framed(wire.DONE)
PASS = [READY, plan(2), result(0), result(1), DONE]


def told(*parts: bytes) -> Transcript:
    transcript = Transcript(OUTPUT_BYTES)
    for part in parts:
        transcript.feed(part)
    return transcript


def outcome(*parts: bytes) -> Outcome:
    return told(*parts).outcome(Outcome(sealed=False))


def says(*parts: bytes) -> object:
    return judge(outcome(*parts)).says


def test_a_pass() -> None:
    facts = outcome(*PASS)
    assert facts.sealed
    assert facts.tests_planned == 2
    assert facts.test_results == (TestResult(0, TestStatus.PASSED, ""), TestResult(1, TestStatus.PASSED, ""))
    assert facts.violation is None
    assert says(*PASS) is Cause.ALL_TESTS_PASSED


EVERYTHING = [
    READY,
    framed(wire.STDOUT, b"out"),
    framed(wire.STDERR, b"err"),
    framed(wire.STDOUT, b"put"),
    framed(wire.TRUNCATED, bytes([wire.STDERR])),
    framed(wire.LOAD_ERROR, b"load\xff"),
    framed(wire.TESTS_ERROR, b"tests"),
    plan(3),
    result(0, 1, 0),
    result(1, 2, 1, b"two is not three"),
    result(2, 3, 3, b"a socket"),
    framed(wire.PROGRAM_END, wire.PROGRAM_END_BODY.pack(2, 11)),
    DONE,
]


def test_everything_that_can_be_said() -> None:
    assert outcome(*EVERYTHING) == Outcome(
        sealed=True,
        program_end=ProgramEnd.SIGNALED,
        program_exit=11,
        load_error="load\\xff",
        tests_error="tests",
        tests_planned=3,
        test_results=(
            TestResult(0, TestStatus.PASSED, ""),
            TestResult(1, TestStatus.FAILED, "two is not three"),
            TestResult(2, TestStatus.ERRORED, "a socket"),
        ),
        first_failure=FailureKind.WRONG_ANSWER,
        stdout=Captured(b"output"),
        stderr=Captured(b"err", truncated=True),
    )


def test_what_was_counted_and_done_outside_goes_in_as_it_is() -> None:
    counted = Outcome(
        sealed=False,
        stop=Stop(by=StoppedBy.CPU_TIME, limit_name="cpu_time_ms", limit=3, value=4),
        oom_kills=7,
        process_limit_hits=8,
        memory_limit_bytes=9,
        host_tasks_max=10,
        usage=Usage(cpu_time_ms=1, wall_time_ms=2),
        starved_ms=11,
    )
    assert Transcript(1).outcome(counted) == counted
    # A box that says everything that it can say changes none of it.
    spoken = {"sealed", "program_end", "program_exit", "load_error", "tests_error", "tests_planned", "test_results"}
    spoken |= {"first_failure", "stdout", "stderr"}
    said = told(*EVERYTHING).outcome(counted)
    changed = {field.name for field in fields(Outcome) if getattr(said, field.name) != getattr(counted, field.name)}
    assert changed == spoken


def test_what_the_box_did_not_say_is_not_said_for_it() -> None:
    # Whatever the counting side filled in where the box has the word.
    counted = Outcome(
        sealed=True,
        program_end=ProgramEnd.EXITED,
        program_exit=1,
        load_error="x",
        tests_error="x",
        violation="x",
        tests_planned=1,
        test_results=(TestResult(0, TestStatus.PASSED, ""),),
        first_failure=FailureKind.EXCEPTION,
        stdout=Captured(b"x"),
        stderr=Captured(b"x"),
    )
    assert told(READY).outcome(counted) == Outcome(sealed=False)


def test_ready_says_the_kernel_and_the_protocol_and_is_capped() -> None:
    for said, kernel, protocol in [
        (b"4.4.0-gvisor\x001", "4.4.0-gvisor", "1"),
        (b"4.4.0-gvisor", "4.4.0-gvisor", ""),
        (b"a\0b\0c", "a", "b\0c"),
        (b"\xff\x00\xff", "\\xff", "\\xff"),
        (b"", "", ""),
        (b"k" * 4_000, "k" * 200, ""),
    ]:
        transcript = told(framed(wire.READY, said))
        assert (transcript.guest_kernel, transcript.guest_protocol) == (kernel, protocol)
    assert told().guest_kernel is None


BROKEN = {
    "a frame before READY": [plan(1), READY, result(0), DONE],
    "DONE before READY": [DONE],
    "output before READY": [framed(wire.STDOUT, b"x"), *PASS],
    "READY twice": [READY, *PASS],
    "READY late": [READY, plan(1), READY, result(0), DONE],
    "PLAN twice": [READY, plan(1), result(0), plan(2), result(1), DONE],
    "a plan too short": [READY, framed(wire.PLAN, b"\0\0\0"), DONE],
    "a plan too long": [READY, framed(wire.PLAN, b"\0\0\0\0\1"), result(0), DONE],
    "a result without a plan": [READY, result(0), DONE],
    "a result of no plan": [READY, plan(0), result(0), DONE],
    "more results than planned": [READY, plan(1), result(0), result(1), DONE],
    "a result too short": [READY, plan(1), framed(wire.RESULT, b"\0\0\0\0\1"), DONE],
    "an unknown status": [READY, plan(1), result(0, 9), DONE],
    "status zero": [READY, plan(1), result(0, 0), DONE],
    "an unknown failure": [READY, plan(1), result(0, 2, 9), DONE],
    "a failure of no kind": [READY, plan(1), result(0, 2, 0), DONE],
    "an end that is none": [READY, framed(wire.PROGRAM_END, wire.PROGRAM_END_BODY.pack(0, 0)), *PASS[1:]],
    "an end too short": [READY, framed(wire.PROGRAM_END, b"\1"), *PASS[1:]],
    "too much output": [READY, framed(wire.STDOUT, b"x" * (OUTPUT_BYTES + 1)), *PASS[1:]],
    "too much output in parts": [READY, *[framed(wire.STDERR, b"x" * 60)] * 2, *PASS[1:]],
    "a flood without a number": [READY, framed(wire.FLOOD), *PASS[1:]],
    "a flood with more than a number": [READY, framed(wire.FLOOD, b"\0" * 9), *PASS[1:]],
    "an unknown kind": [READY, framed(0), *PASS[1:]],
    "a frame of the host's": [READY, framed(wire.GO), *PASS[1:]],
    "a frame without end": [READY, b"\xff\xff\xff\xff" + bytes([wire.STDOUT]), *PASS[1:]],
    "a program's violation": [READY, framed(wire.VIOLATION, b"a script spoke"), *PASS[1:]],
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("in_one_piece", [True, False])
def test_what_no_agent_says_is_a_violation(name: str, in_one_piece: bool) -> None:
    parts = [b"".join(BROKEN[name])] if in_one_piece else BROKEN[name]
    transcript = told(*parts)
    assert transcript.violated
    assert not transcript.sealed
    assert says(*parts) is Cause.PROTOCOL_VIOLATION


def test_after_a_violation_nothing_counts() -> None:
    facts = outcome(READY, framed(0), plan(1), result(0), framed(wire.STDOUT, b"x"), DONE)
    assert facts.tests_planned is None
    assert facts.test_results == ()
    assert facts.stdout == Captured()
    assert not facts.sealed


def test_results_are_bounded_whatever_was_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.transcript._RESULTS_MAX", 3)
    assert not told(READY, plan(2**32 - 1), *map(result, range(3))).violated
    assert told(READY, plan(2**32 - 1), *map(result, range(4))).violated


def test_output_up_to_the_limit_is_kept_of_each_stream() -> None:
    full = b"x" * OUTPUT_BYTES
    facts = outcome(READY, framed(wire.STDOUT, full), framed(wire.STDERR, full), DONE)
    assert facts.violation is None
    assert facts.stdout == facts.stderr == Captured(full)


@pytest.mark.parametrize(
    "late",
    [
        result(1, 2, 1, b"too late"),
        framed(wire.VIOLATION, b"too late"),
        framed(wire.STDOUT, b"too late"),
        framed(wire.LOAD_ERROR, b"too late"),
        DONE,
        framed(0),
        b"\xff" * 20,
        b"\xff" * 3,
    ],
)
@pytest.mark.parametrize("in_one_piece", [True, False])
def test_what_comes_after_done_does_not_count(late: bytes, in_one_piece: bool) -> None:
    # In the same bytes or in later ones: when it arrives must not decide a verdict.
    parts = [b"".join(PASS) + late] if in_one_piece else [*PASS, late]
    assert outcome(*parts) == outcome(*PASS)
    assert says(*parts) is Cause.ALL_TESTS_PASSED


def flood(output_bytes: int) -> bytes:
    return framed(wire.FLOOD, wire.FLOOD_BODY.pack(output_bytes))


def test_a_flood_is_known_at_once_and_says_how_much() -> None:
    assert told(READY).output_total_bytes is None
    for output_bytes in (0, 1, 2**63 - 1):
        assert told(READY, flood(output_bytes)).output_total_bytes == output_bytes


def test_a_flood_that_no_client_could_be_told_of_is_a_violation() -> None:
    for output_bytes in (2**63, 2**64 - 1):
        transcript = told(READY, flood(output_bytes))
        assert transcript.violated
        assert transcript.output_total_bytes is None


def test_progress_is_each_test_that_has_ended_and_the_loading_before_them() -> None:
    transcript = told()
    seen = []
    for part in [
        READY,
        framed(wire.STDOUT, b"x"),
        plan(2),
        result(0),
        framed(wire.STDERR, b"x"),
        result(1, 2, 1),
        DONE,
    ]:
        transcript.feed(part)
        seen.append(transcript.progress)
    assert seen == [0, 0, 1, 2, 2, 3, 3]
    # A program that prints, or an agent that is none, ends no test.
    assert told(READY, plan(2), result(0), framed(0), result(1)).progress == 2


# Bytes that somebody else chose.


@UNHURRIED
@given(st.lists(st.binary(max_size=200), max_size=8))
def test_random_bytes_never_raise_and_never_pass(parts: list[bytes]) -> None:
    assert says(*parts) is not Cause.ALL_TESTS_PASSED
    assert says(READY, *parts) is not Cause.ALL_TESTS_PASSED


SMALL = st.integers(0, 3)
FRAMES = st.one_of(
    st.builds(plan, SMALL),
    st.builds(result, SMALL, st.integers(0, 4), st.integers(0, 4), st.binary(max_size=3)),
    st.builds(framed, st.sampled_from(sorted(wire._KINDS)), st.binary(max_size=8)),
    st.builds(flood, SMALL),
    st.builds(framed, st.just(wire.PROGRAM_END), st.builds(wire.PROGRAM_END_BODY.pack, SMALL, st.integers(-9, 300))),
    st.just(READY),
    st.just(DONE),
)


@st.composite
def nearly_a_pass(draw: st.DrawFn) -> list[bytes]:
    """The frames of a pass, with some others put between them, left out or exchanged."""
    checks = draw(st.integers(1, 3))
    parts = [READY, plan(checks), *map(result, range(checks)), DONE]
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(parts) - 1))
        kind = draw(st.sampled_from(["insert", "replace", "remove", "swap"]))
        if kind == "insert":
            parts.insert(place, draw(FRAMES))
        elif kind == "replace":
            parts[place] = draw(FRAMES)
        elif kind == "remove" and len(parts) > 1:
            parts.pop(place)
        else:
            parts[place], parts[-1] = parts[-1], parts[place]
    return parts


HARMLESS = {wire.STDOUT, wire.STDERR, wire.TRUNCATED, wire.FLOOD}


def is_a_pass(parts: list[bytes]) -> bool:
    """The definition, written once more and differently: one orderly story, with output in between."""
    kinds = [part[4] for part in parts]
    if wire.DONE not in kinds or kinds[0] != wire.READY:
        return False
    story = parts[: kinds.index(wire.DONE)]
    # A flood is harmless here too, but only as a number.
    spoken = [part for part in story[1:] if part[4] not in HARMLESS or (part[4] == wire.FLOOD and len(part) != 13)]
    if not spoken or spoken[0][4] != wire.PLAN:
        return False
    checks = int.from_bytes(spoken[0][5:], "big")
    heads = [part[4:10] for part in spoken[1:]]
    if len(heads) != checks:
        return False
    wanted = [bytes([wire.RESULT]) + index.to_bytes(4, "big") + b"\1" for index in range(checks)]
    return checks > 0 and len(spoken[0]) == 9 and heads == wanted and all(len(part) >= 11 for part in spoken[1:])


@settings(UNHURRIED, max_examples=400)
@given(nearly_a_pass() | st.lists(FRAMES, max_size=8))
def test_only_an_orderly_story_passes(parts: list[bytes]) -> None:
    # FLOOD is the runner's to act on, and output here is far below the limit.
    assert (says(*parts) is Cause.ALL_TESTS_PASSED) == is_a_pass(parts)


@UNHURRIED
@given(nearly_a_pass(), st.lists(st.integers(0, 200), max_size=8))
def test_how_the_bytes_are_cut_decides_nothing(parts: list[bytes], places: list[int]) -> None:
    whole = b"".join(parts)
    ends = [*sorted(min(place, len(whole)) for place in places), len(whole)]
    pieces = [whole[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    assert outcome(*pieces) == outcome(whole) == outcome(*parts)


@UNHURRIED
@given(st.integers(0, 10**6), st.integers(0, 255), st.integers(2, 3))
def test_a_failed_check_does_not_pass_by_one_changed_byte(place: int, value: int, status: int) -> None:
    # Only the byte that says so itself can turn a failure into a pass.
    good = b"".join([READY, plan(2), result(0), result(1, status, 1), DONE])
    data = bytearray(good)
    data[place % len(data)] = value
    status_byte = good.index(bytes([wire.RESULT, 0, 0, 0, 1])) + 5
    if place % len(data) != status_byte:
        assert says(bytes(data)) is not Cause.ALL_TESTS_PASSED
