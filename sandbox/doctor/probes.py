"""The attacks: which job is sent for which limit, and how its end is judged."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sandbox.doctor import judging, programs
from sandbox.job import Job, NoTests, SourceTests, Tests
from sandbox.language import Language
from sandbox.limits import LIMIT_NAMES, RequestedLimits
from sandbox.policy import Policy
from sandbox.seccomp.numbers import numbers_of
from sandbox.seccomp.roles import AROUND, INSIDE

_SECONDS_MAX = 30
"""After this the probes that never end do end: on a machine where nothing stops them."""

# What the probes ask for; less where the policy's ceiling is below. Large enough to be told from noise, small enough to
# be quick. Time is what probes of other limits must not run out of, on a machine that is ten times slower either.
_WANTED = RequestedLimits(
    cpu_time_ms=60_000,
    wall_time_ms=120_000,
    memory_bytes=64 * 1024 * 1024,
    processes_max=8,
    open_files_max=64,
    disk_bytes=1024 * 1024,
    output_bytes=65_536,
)
_CPU_TIME_MS = 200
_QUOTA_CPU_TIME_MS = 800
_WALL_TIME_MS = 500
# How long a probe of CPU time may take that is not stopped by it.
_BACKSTOP_MS = 1_500
_CHILDREN = 3
_FLOOD_MORE_BYTES = 4 * 1024 * 1024
_REFUSAL_SECONDS_MAX = 2

# What numerical libraries ask how many threads to start; the cores of the quota, unless the policy says otherwise.
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_TELLTALES = ("ptrace", "keyctl", "process_vm_readv", "io_uring_setup", "inotify_init1", "shmget", "personality")

_COMFORT = frozenset({"view"})
"""Checks that no limit rests on: a program that counts too many cores is slow, and stopped all the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One attack.

    Attributes:
        names: The limits that it is about.
        job: What is run.
        judge: What its end means.
        alone: Whether nothing may run beside it.
    """

    names: tuple[str, ...]
    job: Job
    judge: judging.Judge
    alone: bool = False


def all_probes(policy: Policy, language: Language, *, host_kernel: str, host_cores: int) -> tuple[Probe, ...]:
    """Return every attack there is, each in a box of its own."""
    maker = _Maker(policy, language, host_kernel)
    return (
        maker.cpu_time("a program that spins", spinners=1),
        maker.cpu_time("one that spins in two processes", spinners=2),
        maker.cpu_time_of_a_test(),
        maker.cpu_quota(host_cores),
        maker.wall_time(),
        maker.wall_time_of_a_test(),
        maker.kill(),
        maker.memory("a program that uses more"),
        maker.memory("one that uses more in a child", child=True),
        maker.memory_control(),
        *maker.guest_each(),
        maker.output("stdout"),
        maker.output("stderr"),
    )


def short_probes(policy: Policy, language: Language, *, host_kernel: str) -> tuple[Probe, ...]:
    """Return one attack for each limit, in as few boxes as can be."""
    maker = _Maker(policy, language, host_kernel)
    return (
        # The longest first: they run side by side.
        maker.guest_all(),
        maker.kill(),
        maker.memory("a program that uses more"),
        maker.cpu_time("a program that spins in two processes", spinners=2),
        maker.output("stdout"),
    )


class _Maker:
    """Makes probes for one policy."""

    def __init__(self, policy: Policy, language: Language, host_kernel: str) -> None:
        self._policy = policy
        self._language = language
        self._host_kernel = host_kernel
        self._cores = policy.box.cores

    def _limits(self, **wanted: int) -> RequestedLimits:
        """Return what to ask for: what is wanted, or the ceiling if that is lower."""
        asked = replace(_WANTED, **wanted)
        lowered = {
            name: min(value, ceiling)
            for name in LIMIT_NAMES
            if (value := getattr(asked, name)) is not None
            and (ceiling := getattr(self._policy.ceilings, name)) is not None
        }
        return replace(asked, **lowered)

    def _job(self, program: bytes, limits: RequestedLimits, tests: Tests | None = None) -> Job:
        return Job(
            program=program,
            tests=tests or NoTests(),
            language=self._language.name,
            policy=self._policy.name,
            limits=limits,
        )

    def cpu_time(self, what: str, *, spinners: int) -> Probe:
        limits = self._limits(cpu_time_ms=_CPU_TIME_MS, wall_time_ms=_BACKSTOP_MS)
        program = programs.program(programs.SPIN, {"spinners": spinners, "seconds_max": _SECONDS_MAX})
        judge = judging.cpu_time(
            what=what, limit_name="cpu_time_ms", limit_ms=_asked(limits.cpu_time_ms), cores=self._cores
        )
        return Probe(names=("cpu_time_ms",), job=self._job(program, limits), judge=judge)

    def cpu_time_of_a_test(self) -> Probe:
        limits = self._limits(wall_time_ms=_BACKSTOP_MS, test_cpu_time_ms=_CPU_TIME_MS, test_wall_time_ms=_BACKSTOP_MS)
        program = programs.program(programs.FUNCTIONS, {"seconds_max": _SECONDS_MAX})
        tests = SourceTests(b"def test_spin(): spin()\n")
        judge = judging.cpu_time(
            what="a test that spins",
            limit_name="test_cpu_time_ms",
            limit_ms=_asked(limits.test_cpu_time_ms),
            cores=self._cores,
        )
        return Probe(names=("cpu_time_ms",), job=self._job(program, limits, tests), judge=judge)

    def cpu_quota(self, host_cores: int) -> Probe:
        quota, spinners = self._policy.box.cpu_quota_percent, self._cores + 1
        limits = self._limits(cpu_time_ms=_QUOTA_CPU_TIME_MS * self._cores, wall_time_ms=4 * _BACKSTOP_MS)
        program = programs.program(programs.SPIN, {"spinners": spinners, "seconds_max": _SECONDS_MAX})
        judge = judging.cpu_quota(quota_percent=quota, spinners=spinners, host_cores=host_cores)
        return Probe(names=("cpu_quota_percent",), job=self._job(program, limits), judge=judge, alone=True)

    def wall_time(self) -> Probe:
        limits = self._limits(wall_time_ms=_WALL_TIME_MS)
        program = programs.program(programs.SLEEP, {"seconds_max": _SECONDS_MAX})
        judge = judging.wall_time(
            what="a program that sleeps", limit_name="wall_time_ms", limit_ms=_asked(limits.wall_time_ms)
        )
        return Probe(names=("wall_time_ms",), job=self._job(program, limits), judge=judge)

    def wall_time_of_a_test(self) -> Probe:
        limits = self._limits(test_wall_time_ms=_WALL_TIME_MS)
        program = programs.program(programs.FUNCTIONS, {"seconds_max": _SECONDS_MAX})
        tests = SourceTests(b"def test_sleep(): sleep()\n")
        judge = judging.wall_time(
            what="a test that sleeps", limit_name="test_wall_time_ms", limit_ms=_asked(limits.test_wall_time_ms)
        )
        return Probe(names=("wall_time_ms",), job=self._job(program, limits, tests), judge=judge)

    def kill(self) -> Probe:
        limits = self._limits(wall_time_ms=_WALL_TIME_MS)
        program = programs.program(programs.STUBBORN, {"children": _CHILDREN})
        limit_ms = _asked(limits.wall_time_ms)
        stopped = judging.wall_time(
            what="a program that ignores all signals", limit_name="wall_time_ms", limit_ms=limit_ms
        )
        gone = judging.kill(limit_ms=limit_ms)
        return Probe(
            names=("wall_time_ms", "kill"),
            job=self._job(program, limits),
            judge=lambda observation: stopped(observation) + gone(observation),
        )

    def memory(self, what: str, *, child: bool = False) -> Probe:
        limits = self._limits()
        limit_bytes = _asked(limits.memory_bytes)
        program = programs.program(programs.TOUCH, {"memory_bytes": limit_bytes * 3 // 2, "child": child})
        judge = judging.memory(what=what, limit_bytes=limit_bytes)
        return Probe(names=("memory_bytes",), job=self._job(program, limits), judge=judge)

    def memory_control(self) -> Probe:
        limits = self._limits()
        limit_bytes = _asked(limits.memory_bytes)
        touched_bytes = limit_bytes * 4 // 5
        program = programs.program(programs.TOUCH, {"memory_bytes": touched_bytes, "child": False})
        judge = judging.memory_control(touched_bytes=touched_bytes, limit_bytes=limit_bytes)
        return Probe(names=("memory_bytes",), job=self._job(program, limits), judge=judge)

    def output(self, stream: str) -> Probe:
        limits = self._limits()
        hard_bytes = self._policy.box.output_hard_bytes
        want = {"output_bytes": hard_bytes + _FLOOD_MORE_BYTES, "stream": {"stdout": 1, "stderr": 2}[stream]}
        kept = judging.output_kept(stream=stream, kept_bytes=_asked(limits.output_bytes))
        stopped = judging.output_stopped(stream=stream, hard_bytes=hard_bytes)
        return Probe(
            names=("output_bytes", "output_hard_bytes"),
            job=self._job(programs.program(programs.FLOOD, want), limits),
            judge=lambda observation: kept(observation) + stopped(observation),
        )

    def guest_each(self) -> Iterator[Probe]:
        for check in programs.CHECKS:
            yield self._guest((check,))

    def guest_all(self) -> Probe:
        return self._guest(tuple(programs.CHECKS))

    def _guest(self, checks: tuple[str, ...]) -> Probe:
        policy, limits = self._policy, self._limits()
        # With the policy's usual memory, which the view is about.
        limits = replace(limits, memory_bytes=policy.defaults.memory_bytes)
        rules, chosen = policy.box, dict(policy.environment)
        want: dict[str, object] = {
            "processes_max": limits.processes_max,
            "open_files_max": limits.open_files_max,
            "disk_bytes": limits.disk_bytes,
            "fill_bytes_max": policy.defaults.memory_bytes // 2,
            "shm_bytes": rules.shm_bytes,
            "uid": rules.uid,
            "gid": rules.gid,
            "host_kernel": self._host_kernel,
            "cores": self._cores,
            "threads": {name: chosen.get(name, str(self._cores)) for name in _THREADS},
            "visible_memory_bytes": max(policy.defaults.memory_bytes, rules.overhead_memory_bytes),
            "refusal_seconds_max": _REFUSAL_SECONDS_MAX,
            "denied_calls": _denied_calls(policy),
        }
        expected = {
            "open_files_max": f"EMFILE at {limits.open_files_max} open files",
            "disk_bytes": f"ENOSPC on /tmp at {limits.disk_bytes} bytes",
            "shm_bytes": f"ENOSPC on /dev/shm at {rules.shm_bytes} bytes",
            "view": f"{self._cores} of the cores to use, {want['visible_memory_bytes']} bytes of memory",
            "identity": f"uid {rules.uid}, gid {rules.gid}, no capabilities, no_new_privs, gVisor's kernel",
            "network": "no interface but lo, nobody reached, refused at once",
            "read_only_root": "nothing can be written but /tmp and /dev/shm",
            "processes_max": f"EAGAIN at {limits.processes_max} processes, and the box lives on",
            "system_calls": "filters are on, around the box and inside; what the policy denies: EPERM",
        }
        names = tuple(name for check in checks for name in _names_of(check))
        return Probe(
            names=names,
            job=self._job(programs.checks(checks, want), limits),
            judge=judging.guest({name: expected[name] for name in names}, notes=_COMFORT),
        )


def _denied_calls(policy: Policy) -> dict[str, int]:
    """Return the numbers of some calls that programs may not make. Without a filter none of them would be EPERM."""
    numbers = numbers_of(os.uname().machine)
    denied = [name for name in _TELLTALES if name not in policy.system_calls.allowed()]
    return {name: numbers[name] for name in (AROUND, INSIDE, *denied)}


def _names_of(check: str) -> tuple[str, ...]:
    return (check, "shm_bytes") if check == "disk_bytes" else (check,)


def _asked(value: int | None) -> int:
    if value is None:
        raise ValueError("a probe must say what it asks for")
    return value
