"""Facts in, one opinion out: every name the judge can give, every precedence, and no pass that is not complete."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.judge import is_ambiguous, judge
from sandbox.outcome import FailureKind, Outcome, ProgramEnd, StoppedBy
from sandbox.verdict import Cause, ServiceErrorCode, Status, TestResult, TestStatus

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PASSED, FAILED, ERRORED = TestStatus.PASSED, TestStatus.FAILED, TestStatus.ERRORED


def results(*statuses: TestStatus) -> tuple[TestResult, ...]:
    return tuple(TestResult(index, status, f"check {index}") for index, status in enumerate(statuses))


def outcome(**facts: Any) -> Outcome:
    """Two checks, both passed, unless the facts say otherwise."""
    return Outcome(**{"sealed": True, "tests_planned": 2, "test_results": results(PASSED, PASSED)} | facts)


EVERYTHING_WENT_WRONG = {
    "oom_kills": 1,
    "stopped_by": StoppedBy.WALL_TIME,
    "violation": "spoke",
    "tests_error": "tests",
    "load_error": "load",
    "program_end": ProgramEnd.SIGNALED,
    "program_exit": 9,
    "test_results": results(FAILED),
    "first_failure": FailureKind.WRONG_ANSWER,
}


def all_wrong(*, but: tuple[str, ...] = (), **facts: Any) -> Outcome:
    """Everything at once, except what is named in `but`: what is then said is what comes first."""
    return outcome(**{name: value for name, value in EVERYTHING_WENT_WRONG.items() if name not in but} | facts)


ABOVE_BOX = ("oom_kills", "stopped_by")
INSIDE = (*ABOVE_BOX, "violation")

TABLE: list[tuple[str, Outcome, Cause | ServiceErrorCode]] = [
    ("all passed", outcome(), Cause.ALL_TESTS_PASSED),
    ("one check", outcome(tests_planned=1, test_results=results(PASSED)), Cause.ALL_TESTS_PASSED),
    ("refused tasks, yet finished", outcome(process_limit_hits=3), Cause.ALL_TESTS_PASSED),
    # What failed first.
    (
        "an assertion",
        outcome(test_results=results(PASSED, FAILED), first_failure=FailureKind.WRONG_ANSWER),
        Cause.WRONG_ANSWER,
    ),
    ("raised", outcome(test_results=results(ERRORED, PASSED), first_failure=FailureKind.EXCEPTION), Cause.EXCEPTION),
    (
        "cannot cross",
        outcome(test_results=results(ERRORED, PASSED), first_failure=FailureKind.UNSUPPORTED_VALUE),
        Cause.UNSUPPORTED_VALUE,
    ),
    ("failed of an unknown kind", outcome(test_results=results(PASSED, ERRORED)), Cause.EXCEPTION),
    (
        "a failure and missing results",
        outcome(tests_planned=9, test_results=results(FAILED), first_failure=FailureKind.WRONG_ANSWER),
        Cause.WRONG_ANSWER,
    ),
    # What does not add up is no pass.
    ("nothing planned", outcome(tests_planned=0, test_results=()), ServiceErrorCode.TESTS_ERROR),
    ("no plan at all", outcome(tests_planned=None, test_results=()), ServiceErrorCode.TESTS_ERROR),
    ("nothing planned, one passed", outcome(tests_planned=0), ServiceErrorCode.TESTS_ERROR),
    ("no results", outcome(test_results=()), Cause.PROTOCOL_VIOLATION),
    ("a result is missing", outcome(test_results=results(PASSED)), Cause.PROTOCOL_VIOLATION),
    ("one result too many", outcome(test_results=results(PASSED, PASSED, PASSED)), Cause.PROTOCOL_VIOLATION),
    ("out of order", outcome(test_results=results(PASSED, PASSED)[::-1]), Cause.PROTOCOL_VIOLATION),
    ("one result twice", outcome(test_results=results(PASSED) * 2), Cause.PROTOCOL_VIOLATION),
    # Each fact alone, with every check passed.
    ("out of memory", outcome(oom_kills=1), Cause.MEMORY_LIMIT),
    ("CPU time", outcome(stopped_by=StoppedBy.CPU_TIME), Cause.CPU_TIME_LIMIT),
    ("wall time", outcome(stopped_by=StoppedBy.WALL_TIME), Cause.WALL_TIME_LIMIT),
    ("output", outcome(stopped_by=StoppedBy.OUTPUT), Cause.OUTPUT_LIMIT),
    ("out of turn", outcome(violation="spoke"), Cause.PROTOCOL_VIOLATION),
    ("an empty complaint is a complaint", outcome(violation=""), Cause.PROTOCOL_VIOLATION),
    ("broken tests", outcome(tests_error="SyntaxError"), ServiceErrorCode.TESTS_ERROR),
    ("broken tests without a word", outcome(tests_error=""), ServiceErrorCode.TESTS_ERROR),
    ("does not load", outcome(load_error="SyntaxError"), Cause.LOAD_ERROR),
    ("does not load, without a word", outcome(load_error=""), Cause.LOAD_ERROR),
    ("exited", outcome(program_end=ProgramEnd.EXITED), Cause.EXITED_EARLY),
    ("exited with 137", outcome(program_end=ProgramEnd.EXITED, program_exit=137), Cause.EXITED_EARLY),
    ("killed itself", outcome(program_end=ProgramEnd.SIGNALED, program_exit=9), Cause.SIGNALED),
    ("the box died", outcome(sealed=False), Cause.EXITED_EARLY),
    ("the box died of tasks", outcome(sealed=False, process_limit_hits=1), Cause.PROCESS_LIMIT),
    # What comes first when everything is wrong at once.
    ("memory before all", all_wrong(), Cause.MEMORY_LIMIT),
    ("memory before all, unsealed", all_wrong(sealed=False), Cause.MEMORY_LIMIT),
    ("then our stop", all_wrong(but=("oom_kills",)), Cause.WALL_TIME_LIMIT),
    (
        "our stop before refused tasks",
        all_wrong(but=("oom_kills",), sealed=False, process_limit_hits=1),
        Cause.WALL_TIME_LIMIT,
    ),
    ("refused tasks before words", all_wrong(but=ABOVE_BOX, sealed=False, process_limit_hits=1), Cause.PROCESS_LIMIT),
    ("then the violation", all_wrong(but=ABOVE_BOX), Cause.PROTOCOL_VIOLATION),
    ("the violation, unsealed", all_wrong(but=ABOVE_BOX, sealed=False), Cause.PROTOCOL_VIOLATION),
    ("an unsealed box's words count for nothing", all_wrong(but=INSIDE, sealed=False), Cause.EXITED_EARLY),
    ("then the tests' error", all_wrong(but=INSIDE), ServiceErrorCode.TESTS_ERROR),
    ("then the load error", all_wrong(but=(*INSIDE, "tests_error")), Cause.LOAD_ERROR),
    ("then the signal", all_wrong(but=(*INSIDE, "tests_error", "load_error")), Cause.SIGNALED),
    (
        "then the exit",
        all_wrong(but=(*INSIDE, "tests_error", "load_error"), program_end=ProgramEnd.EXITED),
        Cause.EXITED_EARLY,
    ),
    (
        "then the checks",
        all_wrong(but=(*INSIDE, "tests_error", "load_error", "program_end", "program_exit")),
        Cause.WRONG_ANSWER,
    ),
]


@pytest.mark.parametrize(("facts", "says"), [pytest.param(*row[1:], id=row[0]) for row in TABLE])
def test_the_table(facts: Outcome, says: Cause | ServiceErrorCode) -> None:
    assert judge(facts).says is says


def test_the_table_has_every_name_that_the_judge_can_give() -> None:
    # No language is compiled yet, and what a full disk does is an exception of the program's.
    never = {Cause.COMPILE_ERROR, Cause.DISK_LIMIT}
    # The other service errors are about jobs that came to no outcome.
    assert {says for _, _, says in TABLE} == set(Cause) - never | {ServiceErrorCode.TESTS_ERROR}


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        (outcome(violation="spoke for the judge"), "spoke for the judge"),
        (outcome(tests_error="SyntaxError: line 1"), "SyntaxError: line 1"),
        (outcome(load_error="ImportError: x"), "ImportError: x"),
        (outcome(test_results=results(PASSED, FAILED), first_failure=FailureKind.WRONG_ANSWER), "check 1"),
        (outcome(program_end=ProgramEnd.SIGNALED, program_exit=11), "killed by signal 11"),
        (outcome(program_end=ProgramEnd.EXITED, program_exit=3), "ended with exit code 3 before its tests did"),
        (outcome(test_results=results(PASSED)), "1 checks were reported of 2"),
        (outcome(), ""),
    ],
)
def test_the_message_says_what_is_known(facts: Outcome, message: str) -> None:
    assert judge(facts).message == message


@pytest.mark.parametrize(
    ("facts", "ambiguous"),
    [
        (outcome(sealed=False), True),
        (outcome(sealed=False, test_results=(), tests_planned=None), True),
        # Words of a box that died are no reason.
        (all_wrong(but=INSIDE, sealed=False), True),
        (outcome(sealed=False, oom_kills=1), False),
        (outcome(sealed=False, stopped_by=StoppedBy.OUTPUT), False),
        (outcome(sealed=False, process_limit_hits=1), False),
        (outcome(sealed=False, violation="spoke"), False),
        (outcome(), False),
        (outcome(test_results=()), False),
    ],
)
def test_only_a_death_without_a_reason_is_ambiguous(facts: Outcome, ambiguous: bool) -> None:
    assert is_ambiguous(facts) is ambiguous


SOMETIMES = st.none() | st.text(max_size=5)
RESULTS = st.lists(
    st.builds(TestResult, st.integers(0, 4), st.sampled_from(TestStatus), st.text(max_size=5)), max_size=5
).map(tuple)
OUTCOMES = st.builds(
    Outcome,
    sealed=st.booleans(),
    stopped_by=st.none() | st.sampled_from(StoppedBy),
    oom_kills=st.integers(0, 2),
    process_limit_hits=st.integers(0, 2),
    program_end=st.sampled_from(ProgramEnd),
    program_exit=st.integers(-(2**31), 2**31 - 1),
    load_error=SOMETIMES,
    tests_error=SOMETIMES,
    violation=SOMETIMES,
    tests_planned=st.none() | st.integers(0, 2**32 - 1),
    test_results=RESULTS,
    first_failure=st.none() | st.sampled_from(FailureKind),
)


@st.composite
def nearly_passed(draw: st.DrawFn) -> Outcome:
    """A pass with a few facts changed: pure chance comes near a pass too rarely."""
    planned = draw(st.integers(1, 4))
    base = outcome(tests_planned=planned, test_results=results(*[PASSED] * planned))
    other = draw(OUTCOMES)
    names = draw(st.sets(st.sampled_from([field.name for field in fields(Outcome)]), max_size=2))
    return replace(base, **{name: getattr(other, name) for name in names})


def deserves_a_pass(facts: Outcome) -> bool:
    """The definition, written once more and differently."""
    return (
        facts.sealed
        and facts.stopped_by is None
        and facts.oom_kills == 0
        and all(said is None for said in (facts.violation, facts.load_error, facts.tests_error))
        and facts.program_end is ProgramEnd.ALIVE
        and facts.tests_planned is not None
        and facts.tests_planned >= 1
        and len(facts.test_results) == facts.tests_planned
        and all(result.index == place and result.status is PASSED for place, result in enumerate(facts.test_results))
    )


@UNHURRIED
@given(OUTCOMES | nearly_passed())
def test_a_pass_is_complete_or_is_none(facts: Outcome) -> None:
    says = judge(facts).says
    assert (says is Cause.ALL_TESTS_PASSED) == deserves_a_pass(facts)
    if isinstance(says, Cause):
        assert (says.status is Status.PASSED) == deserves_a_pass(facts)


@UNHURRIED
@given(OUTCOMES | nearly_passed())
def test_what_overrules_the_box_makes_no_service_error(facts: Outcome) -> None:
    if facts.oom_kills or facts.stopped_by or facts.violation is not None or not facts.sealed:
        assert isinstance(judge(facts).says, Cause)


@UNHURRIED
@given(OUTCOMES)
def test_a_sealed_outcome_is_never_ambiguous(facts: Outcome) -> None:
    assert not (facts.sealed and is_ambiguous(facts))
    if is_ambiguous(facts):
        assert judge(facts).says is Cause.EXITED_EARLY
