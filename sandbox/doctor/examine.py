"""Runs the probes, side by side, on a backend, and collects what they found."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sandbox import host
from sandbox.boxes.box import Backend
from sandbox.doctor import judging
from sandbox.doctor.finding import Finding, FindingStatus, merged
from sandbox.doctor.probes import Probe, all_probes, short_probes
from sandbox.doctor.recorder import Recorder
from sandbox.errors import JobRefusedError
from sandbox.language import Language
from sandbox.policy import Policy
from sandbox.runner import Assignment, Runner

# A box whose limits do not bind is still made to go: after its probe's own end, with room for a busy machine.
_PROBE_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What became of all probes for one policy on one backend."""

    findings: tuple[Finding, ...]
    time_ms: int

    @property
    def broken(self) -> tuple[Finding, ...]:
        """Limits that do not bind."""
        return tuple(finding for finding in self.findings if finding.status is FindingStatus.BROKEN)

    @property
    def is_blind(self) -> bool:
        """Whether nobody knows of any limit: no box did what it was made for."""
        return all(finding.status is FindingStatus.UNKNOWN for finding in self.findings)

    @property
    def unproven(self) -> tuple[Finding, ...]:
        """Limits that do not bind, or of which nobody knows."""
        return tuple(finding for finding in self.findings if not finding.is_proof)


def _ignore(done: int, total: int) -> None:
    """Show nothing."""


async def examine(
    backend: Backend,
    policy: Policy,
    language: Language,
    *,
    slots: int,
    short: bool = False,
    on_progress: Callable[[int, int], None] = _ignore,
) -> Examination:
    """Attack every limit.

    What does not hold at first is attacked once more, with nothing beside it, and that counts: a limit that does not
    bind does not bind then either, and a busy machine is no finding.

    Args:
        backend: Makes the boxes; started.
        policy: Whose limits.
        language: What the probes run in; it must be able to run Python.
        slots: Boxes at the same time.
        short: One attack for each limit instead of all.
        on_progress: Called with how many probes are done, of how many.

    Raises:
        NotGvisorError: The boxes made here are none.
    """
    begun = time.monotonic()
    kernel = host.kernel_release()
    probes = (
        short_probes(policy, language, host_kernel=kernel)
        if short
        else all_probes(policy, language, host_kernel=kernel, host_cores=host.look().cores)
    )
    bench = _Bench(backend, policy, language)
    places = asyncio.Semaphore(slots)
    found: dict[int, tuple[Finding, ...]] = {}

    async def attack(number: int) -> None:
        async with places:
            found[number] = await bench.attack(probes[number])
        on_progress(len(found), len(probes))

    on_progress(0, len(probes))
    try:
        async with asyncio.TaskGroup() as tasks:
            for number, probe in enumerate(probes):
                if not probe.alone:
                    tasks.create_task(attack(number))
    except ExceptionGroup as group:
        raise group.exceptions[0] from group
    for number, probe in enumerate(probes):
        if probe.alone:
            await attack(number)
    for number, probe in enumerate(probes):
        if not all(finding.is_proof for finding in found[number]):
            found[number] = _second_opinion(found[number], await bench.attack(probe))
    in_order = (finding for number in range(len(probes)) for finding in found[number])
    return Examination(findings=merged(in_order), time_ms=round((time.monotonic() - begun) * 1000))


def _second_opinion(first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Take the second findings; what held only the second time is worth a note."""
    before = {finding.name: finding for finding in first}
    return tuple(
        replace(
            finding,
            status=FindingStatus.NOTE,
            seen=f"{finding.seen} (alone; with other boxes beside it: {before[finding.name].seen})",
        )
        if finding.is_proof and not before[finding.name].is_proof
        else finding
        for finding in second
    )


class _Bench:
    """Runs single probes."""

    def __init__(self, backend: Backend, policy: Policy, language: Language) -> None:
        self._backend = backend
        self._policy = policy
        self._language = language

    async def attack(self, probe: Probe) -> tuple[Finding, ...]:
        recorder = Recorder(self._backend)
        runner = Runner(recorder, host_kernel=host.kernel_release())
        try:
            spec = self._policy.plan(probe.job, self._language)
            assignment = Assignment(job=probe.job, spec=spec)
            async with asyncio.timeout(_PROBE_TIMEOUT_S):
                result = await runner.run(assignment)
        except JobRefusedError as error:
            return judging.unknown(probe.names, "the policy allows the probe", str(error))
        except TimeoutError:
            return judging.unknown(probe.names, "the probe ends", f"it ran for more than {_PROBE_TIMEOUT_S:.0f} s")
        remains: list[str] = []
        if "kill" in probe.names:
            for stay in recorder.stays:
                remains += await self._backend.remains(stay.box_id)
        return probe.judge(
            judging.Observation(
                result=result,
                stay_ms=recorder.stays[-1].time_ms if recorder.stays else 0,
                throttled_us=recorder.stays[-1].throttled_us if recorder.stays else 0,
                remains=tuple(remains),
            )
        )
