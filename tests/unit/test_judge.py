"""Facts in, one opinion out: every name the judge can give, every precedence, and no pass that is not complete."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.judge import _STARVED_PERCENT_MAX, _STARVED_PERCENT_MAX_OOM, is_ambiguous, is_doubtful, judge
from sandbox.limits import Limits
from sandbox.outcome import FailureKind, Outcome, ProgramEnd, Stop, StoppedBy
from sandbox.verdict import Cause, Evidence, KilledBy, ServiceErrorCode, Status, TestResult, TestStatus, Usage

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

PASSED, FAILED, ERRORED = TestStatus.PASSED, TestStatus.FAILED, TestStatus.ERRORED


def results(*statuses: TestStatus) -> tuple[TestResult, ...]:
    return tuple(TestResult(index, status, f"check {index}") for index, status in enumerate(statuses))


def outcome(**facts: Any) -> Outcome:
    """Two checks, both passed, unless the facts say otherwise."""
    return Outcome(**{"sealed": True, "tests_planned": 2, "test_results": results(PASSED, PASSED)} | facts)


CPU_STOP = Stop(by=StoppedBy.CPU_TIME, limit_name="test_cpu_time_ms", limit=300, value=301)
WALL_STOP = Stop(by=StoppedBy.WALL_TIME, limit_name="wall_time_hard_ms", limit=400, value=402)
OUTPUT_STOP = Stop(by=StoppedBy.OUTPUT, limit_name="output_hard_bytes", limit=500, value=503)

EVERYTHING_WENT_WRONG = {
    "oom_kills": 1,
    "stop": WALL_STOP,
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


ABOVE_BOX = ("oom_kills", "stop")
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
    ("CPU time", outcome(stop=CPU_STOP), Cause.CPU_TIME_LIMIT),
    ("wall time", outcome(stop=WALL_STOP), Cause.WALL_TIME_LIMIT),
    ("output", outcome(stop=OUTPUT_STOP), Cause.OUTPUT_LIMIT),
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


# What an opinion rests on.

SIGNAL_9 = {"program_end": ProgramEnd.SIGNALED, "program_exit": 9}
EXIT_3 = {"program_end": ProgramEnd.EXITED, "program_exit": 3}
SECOND_FAILED = results(PASSED, FAILED)

EVIDENCE: list[tuple[str, Outcome, Cause, Evidence]] = [
    ("a pass", outcome(), Cause.ALL_TESTS_PASSED, Evidence(counter="tests_passed", value=2)),
    (
        "memory",
        outcome(oom_kills=3, memory_limit_bytes=1 << 20),
        Cause.MEMORY_LIMIT,
        Evidence(counter="oom_kills", value=3, limit_name="memory_bytes", limit=1 << 20, killed_by=KilledBy.KERNEL),
    ),
    (
        "CPU time, killed",
        outcome(sealed=False, stop=CPU_STOP),
        Cause.CPU_TIME_LIMIT,
        Evidence(
            counter="cpu_time_ms", value=301, limit_name="test_cpu_time_ms", limit=300, killed_by=KilledBy.SERVICE
        ),
    ),
    (
        "CPU time, found at the end",
        outcome(stop=CPU_STOP),
        Cause.CPU_TIME_LIMIT,
        Evidence(counter="cpu_time_ms", value=301, limit_name="test_cpu_time_ms", limit=300),
    ),
    (
        "wall time",
        outcome(sealed=False, stop=WALL_STOP),
        Cause.WALL_TIME_LIMIT,
        Evidence(
            counter="wall_time_ms", value=402, limit_name="wall_time_hard_ms", limit=400, killed_by=KilledBy.SERVICE
        ),
    ),
    (
        "output",
        outcome(sealed=False, stop=OUTPUT_STOP),
        Cause.OUTPUT_LIMIT,
        Evidence(
            counter="output_bytes", value=503, limit_name="output_hard_bytes", limit=500, killed_by=KilledBy.SERVICE
        ),
    ),
    (
        "processes",
        outcome(sealed=False, process_limit_hits=7, host_tasks_max=64),
        Cause.PROCESS_LIMIT,
        Evidence(
            counter="process_limit_hits", value=7, limit_name="host_tasks_max", limit=64, killed_by=KilledBy.KERNEL
        ),
    ),
    ("a violation", outcome(violation="spoke"), Cause.PROTOCOL_VIOLATION, Evidence(counter="violations", value=1)),
    (
        "a check that was not reported",
        outcome(test_results=results(PASSED)),
        Cause.PROTOCOL_VIOLATION,
        Evidence(counter="tests_reported", value=1),
    ),
    (
        "a signal",
        outcome(**SIGNAL_9),
        Cause.SIGNALED,
        Evidence(counter="signal", value=9, killed_by=KilledBy.PROGRAM),
    ),
    (
        "an exit",
        outcome(**EXIT_3),
        Cause.EXITED_EARLY,
        Evidence(counter="exit_code", value=3, killed_by=KilledBy.PROGRAM),
    ),
    ("a death", outcome(sealed=False), Cause.EXITED_EARLY, Evidence(counter="box_deaths", value=2)),
    *[
        (
            kind.value,
            outcome(test_results=SECOND_FAILED, first_failure=kind),
            cause,
            Evidence(counter="failed_test", value=1),
        )
        for kind, cause in [
            (FailureKind.WRONG_ANSWER, Cause.WRONG_ANSWER),
            (FailureKind.EXCEPTION, Cause.EXCEPTION),
            (FailureKind.UNSUPPORTED_VALUE, Cause.UNSUPPORTED_VALUE),
        ]
    ],
    # The complaint itself is the evidence; nothing was counted.
    ("does not load", outcome(load_error="SyntaxError"), Cause.LOAD_ERROR, Evidence()),
]


@pytest.mark.parametrize(("facts", "cause", "evidence"), [pytest.param(*row[1:], id=row[0]) for row in EVIDENCE])
def test_an_opinion_says_what_it_rests_on(facts: Outcome, cause: Cause, evidence: Evidence) -> None:
    opinion = judge(facts)
    assert opinion.says is cause
    assert opinion.evidence == evidence


def test_each_cause_that_the_judge_can_give_has_its_evidence() -> None:
    assert {cause for _, _, cause, _ in EVIDENCE} == {says for _, _, says in TABLE if isinstance(says, Cause)}


def test_a_limit_in_evidence_is_known_by_its_name() -> None:
    of_the_policy = {"host_tasks_max", "output_hard_bytes", "wall_time_hard_ms"}
    names = {evidence.limit_name for _, _, _, evidence in EVIDENCE} - {""}
    assert names <= set(Limits.__slots__) | of_the_policy


@pytest.mark.parametrize(
    ("facts", "ambiguous"),
    [
        (outcome(sealed=False), True),
        (outcome(sealed=False, test_results=(), tests_planned=None), True),
        # Words of a box that died are no reason.
        (all_wrong(but=INSIDE, sealed=False), True),
        (outcome(sealed=False, oom_kills=1), False),
        (outcome(sealed=False, stop=OUTPUT_STOP), False),
        (outcome(sealed=False, process_limit_hits=1), False),
        (outcome(sealed=False, violation="spoke"), False),
        (outcome(), False),
        (outcome(test_results=()), False),
    ],
)
def test_only_a_death_without_a_reason_is_ambiguous(facts: Outcome, ambiguous: bool) -> None:
    assert is_ambiguous(facts) is ambiguous


NUMBERS = st.integers(0, 2**40)
SOMETIMES = st.none() | st.text(max_size=5)
RESULTS = st.lists(
    st.builds(TestResult, st.integers(0, 4), st.sampled_from(TestStatus), st.text(max_size=5)), max_size=5
).map(tuple)
OUTCOMES = st.builds(
    Outcome,
    sealed=st.booleans(),
    stop=st.none()
    | st.builds(Stop, by=st.sampled_from(StoppedBy), limit_name=st.text(max_size=5), limit=NUMBERS, value=NUMBERS),
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
    usage=st.builds(Usage, cpu_time_ms=NUMBERS, wall_time_ms=NUMBERS),
    starved_ms=st.none() | NUMBERS,
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
        and facts.stop is None
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
    if facts.oom_kills or facts.stop or facts.violation is not None or not facts.sealed:
        assert isinstance(judge(facts).says, Cause)


@UNHURRIED
@given(OUTCOMES)
def test_a_sealed_outcome_is_never_ambiguous(facts: Outcome) -> None:
    assert not (facts.sealed and is_ambiguous(facts))
    if is_ambiguous(facts):
        assert judge(facts).says is Cause.EXITED_EARLY


# Limits that may be the machine's to reach.

CPU_BEARABLE_MS = 10 * _STARVED_PERCENT_MAX[StoppedBy.CPU_TIME]
WALL_BEARABLE_MS = 10 * _STARVED_PERCENT_MAX[StoppedBy.WALL_TIME]
OOM_BEARABLE_MS = 10 * _STARVED_PERCENT_MAX_OOM
"""Of a run of a second."""


def timed_out(*, starved_ms: int | None, cpu_time_ms: int = 0, wall_time_ms: int = 1_000, **facts: Any) -> Outcome:
    usage = Usage(cpu_time_ms=cpu_time_ms, wall_time_ms=wall_time_ms)
    return outcome(**{"sealed": False, "stop": CPU_STOP, "starved_ms": starved_ms, "usage": usage} | facts)


@pytest.mark.parametrize(
    ("facts", "doubtful"),
    [
        # Killed, and nobody else had the CPU, or not for long enough to matter.
        (timed_out(starved_ms=0), False),
        (timed_out(starved_ms=CPU_BEARABLE_MS), False),
        (timed_out(starved_ms=0, stop=WALL_STOP), False),
        (timed_out(starved_ms=WALL_BEARABLE_MS, stop=WALL_STOP), False),
        (timed_out(starved_ms=0, wall_time_ms=0), False),
        # Others had it.
        (timed_out(starved_ms=CPU_BEARABLE_MS + 1), True),
        (timed_out(starved_ms=WALL_BEARABLE_MS + 1, stop=WALL_STOP), True),
        (timed_out(starved_ms=1, wall_time_ms=0), True),
        (timed_out(starved_ms=999_999), True),
        # Nobody can tell: whatever the box did not use may have been the others'.
        (timed_out(starved_ms=None, cpu_time_ms=1_000), False),
        (timed_out(starved_ms=None, cpu_time_ms=1_000 - CPU_BEARABLE_MS), False),
        (timed_out(starved_ms=None, cpu_time_ms=1_000 - CPU_BEARABLE_MS - 1), True),
        (timed_out(starved_ms=None, cpu_time_ms=1_000 - WALL_BEARABLE_MS - 1, stop=WALL_STOP), True),
        (timed_out(starved_ms=None, cpu_time_ms=0, stop=WALL_STOP), True),
        # On two cores it uses more than there is on the clock.
        (timed_out(starved_ms=None, cpu_time_ms=1_900), False),
        # Whoever carries its bytes may have been late, which only the wall clock sees.
        (timed_out(starved_ms=0, stop=WALL_STOP, carrier_starved_ms=WALL_BEARABLE_MS), False),
        (timed_out(starved_ms=0, stop=WALL_STOP, carrier_starved_ms=WALL_BEARABLE_MS + 1), True),
        (timed_out(starved_ms=0, carrier_starved_ms=1_000), False),
        (timed_out(starved_ms=0, stop=OUTPUT_STOP, carrier_starved_ms=1_000), False),
        (timed_out(starved_ms=0, stop=None, oom_kills=1, carrier_starved_ms=1_000), False),
        # It had come to its end.
        (timed_out(starved_ms=0, sealed=True), True),
        (timed_out(starved_ms=0, sealed=True, test_results=results(FAILED)), True),
        # Memory is what it is called, and what was freed may not have been given back in time.
        (timed_out(starved_ms=OOM_BEARABLE_MS, oom_kills=1), False),
        (timed_out(starved_ms=OOM_BEARABLE_MS, oom_kills=1, stop=WALL_STOP), False),
        (timed_out(starved_ms=OOM_BEARABLE_MS, oom_kills=1, stop=None), False),
        (timed_out(starved_ms=0, sealed=True, oom_kills=1), False),
        (timed_out(starved_ms=OOM_BEARABLE_MS + 1, oom_kills=1, stop=None), True),
        (timed_out(starved_ms=OOM_BEARABLE_MS + 1, oom_kills=1, stop=OUTPUT_STOP, sealed=True), True),
        (timed_out(starved_ms=None, oom_kills=1, stop=None, cpu_time_ms=1_000 - OOM_BEARABLE_MS), False),
        (timed_out(starved_ms=None, oom_kills=1, stop=None, cpu_time_ms=1_000 - OOM_BEARABLE_MS - 1), True),
        # Neither.
        (timed_out(starved_ms=None, stop=OUTPUT_STOP), False),
        (timed_out(starved_ms=None, stop=OUTPUT_STOP, sealed=True), False),
        (timed_out(starved_ms=None, stop=None), False),
        (timed_out(starved_ms=None, stop=None, sealed=True), False),
        (timed_out(starved_ms=None, stop=None, process_limit_hits=1), False),
        (timed_out(starved_ms=None, stop=None, violation="spoke"), False),
    ],
)
def test_only_a_limit_that_may_be_the_machines_is_doubtful(facts: Outcome, doubtful: bool) -> None:
    assert is_doubtful(facts) is doubtful


@UNHURRIED
@given(OUTCOMES | nearly_passed())
def test_what_is_doubtful_is_a_time_out_or_a_death_by_memory_and_nothing_else(facts: Outcome) -> None:
    says = judge(facts).says
    if is_doubtful(facts):
        assert isinstance(says, Cause)
        assert says.status is Status.TIMED_OUT or says is Cause.MEMORY_LIMIT
        # A run that is confirmed is not also one that is repeated for its death.
        assert not is_ambiguous(facts)


@UNHURRIED
@given(OUTCOMES | nearly_passed())
def test_only_a_box_that_was_stopped_was_killed_by_us(facts: Outcome) -> None:
    evidence = judge(facts).evidence
    if evidence.killed_by is KilledBy.SERVICE:
        assert facts.stop is not None
        assert not facts.sealed
        assert (evidence.limit_name, evidence.limit, evidence.value) == (
            facts.stop.limit_name,
            facts.stop.limit,
            facts.stop.value,
        )
