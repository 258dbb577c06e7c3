"""Facts in, opinion out. The only place that decides what a job's end is called."""

from dataclasses import dataclass

from sandbox.outcome import FailureKind, Outcome, ProgramEnd, StoppedBy
from sandbox.verdict import Cause, ServiceErrorCode, TestStatus


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is to be said: a cause, which implies the status, or a service error."""

    says: Cause | ServiceErrorCode
    message: str


_STOPS = {
    StoppedBy.CPU_TIME: (Cause.CPU_TIME_LIMIT, "used more CPU time than its limit"),
    StoppedBy.WALL_TIME: (Cause.WALL_TIME_LIMIT, "ran longer than its limit"),
    StoppedBy.OUTPUT: (Cause.OUTPUT_LIMIT, "wrote more output than the hard limit"),
}

_FAILURES = {
    FailureKind.WRONG_ANSWER: Cause.WRONG_ANSWER,
    FailureKind.EXCEPTION: Cause.EXCEPTION,
    FailureKind.UNSUPPORTED_VALUE: Cause.UNSUPPORTED_VALUE,
}


def is_ambiguous(outcome: Outcome) -> bool:
    """Tell whether the box died and no fact says why. Such a job runs once more; the second time it counts."""
    return not outcome.sealed and _known_cause(outcome) is None


def judge(outcome: Outcome) -> Opinion:  # noqa: PLR0911 (one return per rule, in order)
    """Decide what a run of a job means.

    The order is the argument: what the kernel counted comes before what we did, that before what the box said, and a
    pass needs every check to be planned, reported and passed. A failure of the tests is the tests' only as long as they
    had not reached for the program.
    """
    known = _known_cause(outcome)
    if known is not None:
        return known
    if not outcome.sealed:
        return Opinion(Cause.EXITED_EARLY, "the box died under the program, twice")
    if outcome.tests_error is not None:
        return Opinion(ServiceErrorCode.TESTS_ERROR, outcome.tests_error)
    if outcome.load_error is not None:
        return Opinion(Cause.LOAD_ERROR, outcome.load_error)
    if outcome.program_end is ProgramEnd.SIGNALED:
        return Opinion(Cause.SIGNALED, f"killed by signal {outcome.program_exit}")
    if outcome.program_end is ProgramEnd.EXITED:
        return Opinion(Cause.EXITED_EARLY, f"ended with exit code {outcome.program_exit} before its tests did")
    return _count(outcome)


def _known_cause(outcome: Outcome) -> Opinion | None:
    """What overrules anything that was said inside the box."""
    if outcome.oom_kills > 0:
        return Opinion(Cause.MEMORY_LIMIT, "used more memory than its limit")
    if outcome.stopped_by is not None:
        return Opinion(*_STOPS[outcome.stopped_by])
    if not outcome.sealed and outcome.process_limit_hits > 0:
        return Opinion(Cause.PROCESS_LIMIT, "made more processes than its box can hold")
    if outcome.violation is not None:
        return Opinion(Cause.PROTOCOL_VIOLATION, outcome.violation)
    return None


def _count(outcome: Outcome) -> Opinion:
    """Decide by the checks: all planned, all reported in order, all passed, and at least one."""
    planned, results = outcome.tests_planned, outcome.test_results
    for result in results:
        if result.status is not TestStatus.PASSED:
            kind = outcome.first_failure or FailureKind.EXCEPTION
            return Opinion(_FAILURES[kind], result.message)
    if not planned:
        return Opinion(ServiceErrorCode.TESTS_ERROR, "the tests planned no check")
    # Never a list as long as the plan says: the plan is a number from inside the box.
    if len(results) != planned or any(result.index != index for index, result in enumerate(results)):
        return Opinion(Cause.PROTOCOL_VIOLATION, f"{len(results)} checks were reported of {planned}")
    return Opinion(Cause.ALL_TESTS_PASSED, "")
