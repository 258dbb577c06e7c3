"""From what became of a probe's job to a finding. Pure functions.

Where the host can see, the host's word counts: the cause, the counter it rests on, what was used, and when the box was
gone. The probe's own word counts only for what nobody else can see.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.doctor.finding import Finding, FindingStatus, plain
from sandbox.verdict import Cause, JobResult, KilledBy, ServiceError, Status, Verdict

LATE_MS = 1_000
"""A box must be gone so soon after its limit was reached."""

# The kernel's bandwidth control gives out CPU time in periods of 100 ms: what is left of one, and one that has begun.
_QUOTA_SLACK_MS = 200
_QUOTA_TOLERANCE_PERCENT = 105
# A program waits for a CPU at most so many times as long as it has one; there are hardly more others at work.
_STARVED_PER_CPU = 20
# What a limit of memory may be exceeded by: gVisor's books about it.
_BOOKS_PERCENT = 5
_BOOKS_BYTES = 8 * 1024 * 1024
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was seen of one job.

    Attributes:
        result: The verdict, or the service error.
        stay_ms: From asking for its last box until nothing of that was left.
        throttled_us: How long the kernel held that box back because its quota was used up.
        remains: What is on the host of its boxes after they were removed.
    """

    result: JobResult
    stay_ms: int
    throttled_us: int = 0
    remains: tuple[str, ...] = ()


Judge = Callable[[Observation], tuple[Finding, ...]]


def unknown(names: tuple[str, ...], expected: str, seen: str) -> tuple[Finding, ...]:
    """Return that nothing is proven."""
    return tuple(
        Finding(name=name, expected=expected, seen=plain(seen), status=FindingStatus.UNKNOWN) for name in names
    )


def cpu_time(*, what: str, limit_name: str, limit_ms: int, cores: int) -> Judge:
    """Judge a job that spins: stopped by its limit of CPU time, soon after it."""

    def look(verdict: Verdict, _: Observation) -> tuple[FindingStatus, str]:
        usage, evidence = verdict.usage, verdict.evidence
        if verdict.cause is not Cause.CPU_TIME_LIMIT:
            # With others on its CPU a box may get to its wall time first; then this says nothing about the limit.
            busy = (
                verdict.cause is Cause.WALL_TIME_LIMIT
                and usage.cpu_time_ms <= limit_ms
                and usage.cpu_time_ms + usage.starved_time_ms >= usage.wall_time_ms * 4 // 5
            )
            return (
                FindingStatus.UNKNOWN if busy else FindingStatus.BROKEN,
                f"{_ended(verdict)}; {usage.cpu_time_ms} ms of CPU time were counted",
            )
        good = (
            (evidence.limit_name, evidence.limit) == (limit_name, limit_ms)
            and evidence.value > limit_ms
            and usage.cpu_time_ms <= limit_ms + _before_the_test_ms(limit_name) + LATE_MS * cores
        )
        return _status(good), f"stopped at {evidence.value} ms"

    return _judge("cpu_time_ms", f"{what} is stopped after {limit_ms} ms of CPU time", look)


def _before_the_test_ms(limit_name: str) -> int:
    """Return what may pass before a test begins, if it is a test that is limited: loading has its own clock."""
    return LATE_MS if limit_name.startswith("test_") else 0


def cpu_quota(*, quota_percent: int, spinners: int, host_cores: int) -> Judge:
    """Judge a job that spins on more cores than its quota pays for: the kernel held it back, and it got no more.

    That it got no more would not be enough: it may have been the neighbours.
    """

    def look(verdict: Verdict, observation: Observation) -> tuple[FindingStatus, str]:
        usage = verdict.usage
        seen = f"{usage.cpu_time_ms} ms of CPU time in {usage.wall_time_ms} ms"
        allowed_ms = (usage.wall_time_ms + _QUOTA_SLACK_MS) * quota_percent * _QUOTA_TOLERANCE_PERCENT // 10_000
        if usage.cpu_time_ms > allowed_ms:
            return FindingStatus.BROKEN, seen
        if host_cores * 100 <= quota_percent:
            return FindingStatus.NOTE, f"{seen}; the machine has no more cores than that"
        if verdict.cause is not Cause.CPU_TIME_LIMIT:
            return FindingStatus.NOTE, f"{seen}; not put to the test: {_ended(verdict)}"
        if observation.throttled_us == 0:
            # It got no more, but not because of the quota.
            return FindingStatus.NOTE, f"{seen}; not put to the test: others had the CPU: try it on an idle machine"
        return FindingStatus.OK, f"{seen}, held back by the kernel"

    return _judge("cpu_quota_percent", f"{spinners} processes at once get {quota_percent} % of a core", look)


def wall_time(*, what: str, limit_name: str, limit_ms: int) -> Judge:
    """Judge a job that sleeps: stopped by its limit of wall time, soon after it."""

    def look(verdict: Verdict, _: Observation) -> tuple[FindingStatus, str]:
        usage, evidence = verdict.usage, verdict.evidence
        if verdict.cause is not Cause.WALL_TIME_LIMIT:
            # Another limit may be so small that it comes first; then this says nothing about the one that is meant.
            early = evidence.limit_name != "" and usage.wall_time_ms - usage.starved_time_ms <= limit_ms
            return FindingStatus.UNKNOWN if early else FindingStatus.BROKEN, _ended(verdict)
        late_ms = usage.wall_time_ms - usage.starved_time_ms - limit_ms - _before_the_test_ms(limit_name)
        # It slept: it cannot have wanted a CPU for longer than it takes to get there on a very busy machine.
        starved_ms_max = LATE_MS + _STARVED_PER_CPU * usage.cpu_time_ms
        # Where others have the CPU all the time it is the hard cap that stops.
        good = (
            evidence.limit_name in {limit_name, "wall_time_hard_ms"}
            and evidence.value >= evidence.limit >= limit_ms
            and late_ms <= LATE_MS
            and usage.starved_time_ms <= starved_ms_max
        )
        starved = f", {usage.starved_time_ms} ms of them without a CPU" if usage.starved_time_ms > LATE_MS else ""
        return _status(good), f"stopped after {usage.wall_time_ms} ms{starved}"

    return _judge("wall_time_ms", f"{what} is stopped after {limit_ms} ms", look)


def kill(*, limit_ms: int) -> Judge:
    """Judge a job that resists its end: all of it gone soon after the limit, and nothing left on the host."""

    def look(verdict: Verdict, observation: Observation) -> tuple[FindingStatus, str]:
        usage, remains = verdict.usage, observation.remains
        if verdict.cause is not Cause.WALL_TIME_LIMIT and not remains:
            # The limit that should have stopped it has a finding of its own.
            return FindingStatus.NOTE, f"not put to the test: {_ended(verdict)}"
        late_ms = max(0, observation.stay_ms - usage.box_start_ms - usage.starved_time_ms - limit_ms)
        left = f"{len(remains)} left, such as {remains[0]}" if remains else "nothing left"
        return _status(late_ms <= LATE_MS and not remains), f"gone {late_ms} ms after its limit, {left}"

    return _judge("kill", f"gone within {LATE_MS} ms of its limit, whatever it ignores; nothing of it is left", look)


def memory(*, what: str, limit_bytes: int) -> Judge:
    """Judge a job that touches more memory than its limit: killed by the kernel, at its limit."""

    def look(verdict: Verdict, _: Observation) -> tuple[FindingStatus, str]:
        peak_bytes, evidence = max(verdict.usage.memory_peak_bytes, _touched_bytes(verdict)), verdict.evidence
        if verdict.cause is not Cause.MEMORY_LIMIT:
            # It may have been stopped before it got there.
            early = verdict.status is Status.TIMED_OUT and peak_bytes <= limit_bytes
            return (
                FindingStatus.UNKNOWN if early else FindingStatus.BROKEN,
                f"{_ended(verdict)}; it had {_mib(peak_bytes)}",
            )
        most_bytes = limit_bytes + limit_bytes * _BOOKS_PERCENT // 100 + _BOOKS_BYTES
        good = evidence.killed_by is KilledBy.KERNEL and evidence.value >= 1 and peak_bytes <= most_bytes
        return _status(good), f"killed at {_mib(peak_bytes)}"

    return _judge("memory_bytes", f"{what} is killed by the kernel at {_mib(limit_bytes)}", look)


def _touched_bytes(verdict: Verdict) -> int:
    """Return how far the program says it got. With some backends the peak is older than the end; this can only add."""
    lines = verdict.stdout.data.splitlines() or [b""]
    return int(lines[-1]) * _MIB if lines[-1].isdigit() and len(lines[-1]) < 10 else 0


def memory_control(*, touched_bytes: int, limit_bytes: int) -> Judge:
    """Judge a job that stays below its limit of memory: it passes."""

    def look(verdict: Verdict, _: Observation) -> tuple[FindingStatus, str]:
        seen = "passed" if verdict.passed else f"{verdict.cause.value} {verdict.message}"
        return _status(verdict.passed), seen

    return _judge("memory_bytes", f"one that uses {_mib(touched_bytes)} of {_mib(limit_bytes)} passes", look)


def output_kept(*, stream: str, kept_bytes: int) -> Judge:
    """Judge what was kept of a flood."""

    def look(verdict: Verdict, _: Observation) -> tuple[FindingStatus, str]:
        if verdict.cause is Cause.PROTOCOL_VIOLATION:
            # The host takes no more than the limit, so whatever passed more on broke the protocol.
            return FindingStatus.BROKEN, f"more was passed on, and refused: {verdict.message}"
        captured = verdict.stdout if stream == "stdout" else verdict.stderr
        good = len(captured.data) <= kept_bytes and captured.truncated
        return _status(good), f"{len(captured.data)} bytes kept, {'' if captured.truncated else 'not '}marked as cut"

    return _judge("output_bytes", f"at most {kept_bytes} bytes are kept of {stream}", look)


def output_stopped(*, stream: str, hard_bytes: int) -> Judge:
    """Judge a job that floods: stopped at the hard limit."""

    def look(verdict: Verdict, _: Observation) -> tuple[FindingStatus, str]:
        if verdict.cause is Cause.PROTOCOL_VIOLATION:
            # What was passed on too much has a finding of its own.
            return FindingStatus.NOTE, "not put to the test: stopped before it got there"
        if verdict.status is Status.TIMED_OUT:
            # A policy may allow more output than its jobs have time for.
            return FindingStatus.NOTE, f"not put to the test: {_ended(verdict)}"
        stopped = verdict.cause is Cause.OUTPUT_LIMIT and verdict.evidence.killed_by is KilledBy.SERVICE
        return _status(stopped), "stopped" if stopped else _ended(verdict)

    return _judge("output_hard_bytes", f"a flood on {stream} is stopped after {hard_bytes} bytes", look)


def guest(expected: Mapping[str, str], *, notes: frozenset[str] = frozenset()) -> Judge:
    """Judge a job that looked for itself, and said what it saw.

    Args:
        expected: What must be, by the name of the check.
        notes: Checks that are about comfort: nothing escapes a limit when they fail.
    """

    def judge(observation: Observation) -> tuple[Finding, ...]:
        result = observation.result
        said = {} if isinstance(result, ServiceError) else _said(result.stdout.data)
        why = _not_run(result) or f"the probe did not say: {_ended(result)}"
        return tuple(_heard(name, text, said.get(name, ("", why)), notes) for name, text in expected.items())

    return judge


def _said(stdout: bytes) -> dict[str, tuple[str, str]]:
    """Return the word and what was seen, by the name of the check."""
    lines = (line.split("\t", 2) for line in stdout.decode("utf-8", "backslashreplace").splitlines())
    return {line[0]: (line[1], line[2]) for line in lines if len(line) == 3}


def _heard(name: str, expected: str, said: tuple[str, str], notes: frozenset[str]) -> Finding:
    word, seen = said
    status = {"ok": FindingStatus.OK, "bad": FindingStatus.NOTE if name in notes else FindingStatus.BROKEN}
    return Finding(name=name, expected=expected, seen=plain(seen), status=status.get(word, FindingStatus.UNKNOWN))


def _judge(name: str, expected: str, look: Callable[[Verdict, Observation], tuple[FindingStatus, str]]) -> Judge:
    """Make a judge of one limit from what to say about a verdict; without one nothing is proven."""

    def judge(observation: Observation) -> tuple[Finding, ...]:
        why, result = _not_run(observation.result), observation.result
        if why is not None or isinstance(result, ServiceError):
            return unknown((name,), expected, why or "")
        status, seen = look(result, observation)
        return (Finding(name=name, expected=expected, seen=plain(seen), status=status),)

    return judge


def _not_run(result: JobResult) -> str | None:
    """Return why a job proves nothing: the service failed, or the probe's program did."""
    if isinstance(result, ServiceError):
        return f"the probe could not run: {result.code.value} {result.message}"
    if result.cause is Cause.LOAD_ERROR:
        return f"the probe's program failed: {result.message}"
    return None


def _ended(result: JobResult) -> str:
    word = result.code if isinstance(result, ServiceError) else result.cause
    return f"ended as {word.value} {result.message}".rstrip()


def _status(good: bool) -> FindingStatus:
    return FindingStatus.OK if good else FindingStatus.BROKEN


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / _MIB:.0f} MiB"
