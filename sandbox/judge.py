"""Facts in, opinion out. The only place that decides what a job's end is called."""

from dataclasses import dataclass, field

from sandbox.outcome import FailureKind, Outcome, ProgramEnd, StoppedBy
from sandbox.verdict import Cause, Evidence, KilledBy, ServiceErrorCode, TestStatus

_STARVED_PERCENT_MAX = {StoppedBy.CPU_TIME: 20, StoppedBy.WALL_TIME: 5}
"""How much of its time a run may have been starved for its time-out to be believed.

CPU time hardly depends on the neighbours: by caches and shared cores, and the more the oftener they take turns. Wall
time does, as far as the kernel's figure of starvation, an average over the cores of a box, tells less than all.
"""

_STARVED_PERCENT_MAX_OOM = 20
"""The same for a death by memory.

gVisor gives back what a program has freed in a thread of its own. Where that thread has to wait for the CPU, a program
that takes and frees without end holds more than it ever asked for at once.
"""


@dataclass(frozen=True, slots=True)
class Opinion:
    """What is to be said: a cause, which implies the status, or a service error; and what it rests on."""

    says: Cause | ServiceErrorCode
    message: str
    evidence: Evidence = field(default_factory=Evidence)


_STOPS = {
    StoppedBy.CPU_TIME: (Cause.CPU_TIME_LIMIT, "cpu_time_ms", "used more CPU time than its limit"),
    StoppedBy.WALL_TIME: (Cause.WALL_TIME_LIMIT, "wall_time_ms", "ran longer than its limit"),
    StoppedBy.OUTPUT: (Cause.OUTPUT_LIMIT, "output_bytes", "wrote more output than the hard limit"),
}

_FAILURES = {
    FailureKind.WRONG_ANSWER: Cause.WRONG_ANSWER,
    FailureKind.EXCEPTION: Cause.EXCEPTION,
    FailureKind.UNSUPPORTED_VALUE: Cause.UNSUPPORTED_VALUE,
}


def is_ambiguous(outcome: Outcome) -> bool:
    """Tell whether the box died and no fact says why. Such a job runs once more; the second time it counts."""
    return not outcome.sealed and _known_cause(outcome) is None


def is_doubtful(outcome: Outcome) -> bool:
    """Tell whether a limit may have been the machine's to reach: such a job runs once more, alone, and that run counts.

    So it is when others had the CPU for much of the time, and when a program that was out of time had come to its end
    just above the limit. Where the kernel does not tell, all time that the box did not use may have been the others'.
    On the wall clock, whoever carries a box's bytes to it and back may have been late as well.
    """
    if outcome.oom_kills > 0:
        return _was_starved(outcome, _STARVED_PERCENT_MAX_OOM)
    if outcome.stop is None or outcome.stop.by not in _STARVED_PERCENT_MAX:
        return False
    if outcome.sealed or _was_starved(outcome, _STARVED_PERCENT_MAX[outcome.stop.by]):
        return True
    was_late = _is_much(outcome, outcome.carrier_starved_ms, _STARVED_PERCENT_MAX[StoppedBy.WALL_TIME])
    return outcome.stop.by is StoppedBy.WALL_TIME and was_late


def _was_starved(outcome: Outcome, percent_max: int) -> bool:
    usage, starved_ms = outcome.usage, outcome.starved_ms
    if starved_ms is None:
        starved_ms = usage.wall_time_ms - usage.cpu_time_ms
    return _is_much(outcome, starved_ms, percent_max)


def _is_much(outcome: Outcome, time_ms: int, percent_max: int) -> bool:
    return time_ms * 100 > outcome.usage.wall_time_ms * percent_max


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
        return Opinion(
            Cause.EXITED_EARLY, "the box died under the program, twice", Evidence(counter="box_deaths", value=2)
        )
    if outcome.tests_error is not None:
        return Opinion(ServiceErrorCode.TESTS_ERROR, outcome.tests_error)
    if outcome.load_error is not None:
        return Opinion(Cause.LOAD_ERROR, outcome.load_error)
    if outcome.program_end is ProgramEnd.SIGNALED:
        evidence = Evidence(counter="signal", value=outcome.program_exit, killed_by=KilledBy.PROGRAM)
        return Opinion(Cause.SIGNALED, f"killed by signal {outcome.program_exit}", evidence)
    if outcome.program_end is ProgramEnd.EXITED:
        evidence = Evidence(counter="exit_code", value=outcome.program_exit, killed_by=KilledBy.PROGRAM)
        return Opinion(
            Cause.EXITED_EARLY, f"ended with exit code {outcome.program_exit} before its tests did", evidence
        )
    return _count(outcome)


def _known_cause(outcome: Outcome) -> Opinion | None:
    """What overrules anything that was said inside the box."""
    if outcome.oom_kills > 0:
        evidence = Evidence(
            counter="oom_kills",
            value=outcome.oom_kills,
            limit_name="memory_bytes",
            limit=outcome.memory_limit_bytes,
            killed_by=KilledBy.KERNEL,
        )
        return Opinion(Cause.MEMORY_LIMIT, "used more memory than its limit", evidence)
    if (stop := outcome.stop) is not None:
        cause, counter, message = _STOPS[stop.by]
        evidence = Evidence(
            counter=counter,
            value=stop.value,
            limit_name=stop.limit_name,
            limit=stop.limit,
            killed_by=KilledBy.NOBODY if outcome.sealed else KilledBy.SERVICE,
        )
        return Opinion(cause, message, evidence)
    if not outcome.sealed and outcome.process_limit_hits > 0:
        evidence = Evidence(
            counter="process_limit_hits",
            value=outcome.process_limit_hits,
            limit_name="host_tasks_max",
            limit=outcome.host_tasks_max,
            killed_by=KilledBy.KERNEL,
        )
        return Opinion(Cause.PROCESS_LIMIT, "made more processes than its box can hold", evidence)
    if outcome.violation is not None:
        return Opinion(Cause.PROTOCOL_VIOLATION, outcome.violation, Evidence(counter="violations", value=1))
    return None


def _count(outcome: Outcome) -> Opinion:
    """Decide by the checks: all planned, all reported in order, all passed, and at least one."""
    planned, results = outcome.tests_planned, outcome.test_results
    for result in results:
        if result.status is not TestStatus.PASSED:
            kind = outcome.first_failure or FailureKind.EXCEPTION
            return Opinion(_FAILURES[kind], result.message, Evidence(counter="failed_test", value=result.index))
    if not planned:
        return Opinion(ServiceErrorCode.TESTS_ERROR, "the tests planned no check")
    # Never a list as long as the plan says: the plan is a number from inside the box.
    if len(results) != planned or any(result.index != index for index, result in enumerate(results)):
        evidence = Evidence(counter="tests_reported", value=len(results))
        return Opinion(Cause.PROTOCOL_VIOLATION, f"{len(results)} checks were reported of {planned}", evidence)
    return Opinion(Cause.ALL_TESTS_PASSED, "", Evidence(counter="tests_passed", value=len(results)))
