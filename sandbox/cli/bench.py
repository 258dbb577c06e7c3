"""`sandbox bench`."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.bench import load as bench_load
from sandbox.bench import plot
from sandbox.bench.load import Load, quantile
from sandbox.cli.options import BACKENDS, connected
from sandbox.cli.run import read_file
from sandbox.client.info import ServerInfo
from sandbox.client.sync import Client
from sandbox.errors import SandboxError
from sandbox.job import Job, SourceTests
from sandbox.policy import DEFAULT_POLICY

if TYPE_CHECKING:
    from sandbox.bench.idle import Idle

_PROGRAM = b"def add(a, b):\n    return a + b\n"
_TESTS = b"assert add(1, 2) == 3\nassert add(-1, 1) == 0\n"
_SHARES = (0.5, 0.9, 0.99)
_BAR = 40


class InFlight(click.ParamType[tuple[int, ...]]):
    """Numbers of jobs at once: `1,2,4`."""

    name = "n,..."

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the numbers, each from 1 to 1,000, in rising order."""
        try:
            found = tuple(sorted({int(part) for part in str(value).split(",")}))
        except ValueError:
            self.fail(f"{value!r} is not a list of whole numbers such as 1,2,4", param, ctx)
        if not 1 <= found[0] <= found[-1] <= 1_000:
            self.fail("each number must be from 1 to 1,000", param, ctx)
        return found


@click.command()
@click.option(
    "--in-flight",
    type=InFlight(),
    metavar="N,...",
    help="How many jobs are unanswered at once, one figure for each. [default: 1, and up to twice the server's slots]",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.1, 3_600),
    default=10.0,
    show_default=True,
    help="How long each of them is measured.",
)
@click.option(
    "--program",
    "program_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="What each job runs; it must pass. [default: a function that adds]",
)
@click.option(
    "--tests",
    "tests_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Its tests. [default: two asserts]",
)
@click.option("--policy", default=DEFAULT_POLICY, show_default=True, help="A policy of the server.")
@click.option("--language", default="python", show_default=True, help="A language of the server.")
@click.option("--endpoint", metavar="HOST:PORT", help="A running server. Default: a private one.")
@click.option("--backend", type=BACKENDS, help="What makes the boxes of a private server. Default: runsc.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output, each latency in it.")
@click.option(
    "--plot",
    "plot_file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw it, as .png or .svg; needs matplotlib.",
)
def bench(
    *,
    in_flight: tuple[int, ...] | None,
    seconds: float,
    program_file: Path | None,
    tests_file: Path | None,
    policy: str,
    language: str,
    endpoint: str | None,
    backend: str | None,
    as_json: bool,
    plot_file: Path | None,
) -> None:
    """Measure how fast this machine judges: jobs a second, time from job to verdict, CPU and memory of a box.

    The same small job again and again, each in a box of its own, with more and more of them at once. What the CPU time
    of a job is, counts everything that runs on the machine: do it while nothing else does. With --endpoint the server
    may be elsewhere, so CPU and memory are not measured; nor is the memory of boxes that a Docker Engine has made.

    \b
    Examples:
      sudo sandbox bench
      sudo sandbox bench --in-flight 1,2,4,8,16 --plot bench.svg
      sandbox bench --endpoint localhost:50051 --program solution.py --tests tests.py
    """  # noqa: D301 (the backspace is click's mark for text that must not be wrapped)
    if plot_file is not None:
        # Before minutes are spent on what cannot be drawn.
        plot.check(plot_file)
    if (program_file is None) != (tests_file is None):
        raise click.UsageError("--program and --tests belong together")
    program = _PROGRAM if program_file is None else read_file(program_file)
    tests = SourceTests(_TESTS if tests_file is None else read_file(tests_file))
    job = Job(program=program, tests=tests, policy=policy, language=language)
    endpoints = [] if endpoint is None else [endpoint]
    with connected(endpoints, backend=backend, languages=[language], policy=policy, in_flight_max=1_000) as client:
        info = client.server_info()
        levels = in_flight or _levels(info.slots)
        loads = _measure(client, job, levels, seconds, is_here=endpoint is None)
    idle = None if endpoint is not None or backend == "docker" else _idle(job)
    if as_json:
        click.echo(json.dumps(_document(info, loads, idle), indent=1))
    else:
        _print(info, loads, idle)
    if plot_file is not None:
        plot.draw(loads, _where(info), plot_file)
        click.echo(f"drawn: {plot_file}", err=True)


def _levels(slots: int) -> tuple[int, ...]:
    """Return 1, 2, 4 and so on below twice the slots, and that."""
    powers = [1 << power for power in range(slots.bit_length() + 1)]
    return tuple(sorted({*(level for level in powers if level < 2 * slots), 2 * slots}))


def _measure(client: Client, job: Job, levels: Sequence[int], seconds: float, *, is_here: bool) -> list[Load]:
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[jobs]} jobs"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        # Boxes of a kind are restored from a checkpoint, which is made when the kind is known to be wanted.
        bench_load.run(client, job, in_flight=2, time_s=min(2.0, seconds), machine_cpu_s=None)
        loads = []
        for level in levels:
            task = bar.add_task(f"{level} in flight", total=None, jobs=0)
            answered = 0

            def step() -> None:
                nonlocal answered
                answered += 1
                bar.update(task, jobs=answered)  # noqa: B023 - called while this level runs

            if not console.is_terminal:
                click.echo(f"measuring {level} in flight for {seconds:g} s", err=True)
            cpu = _machine_cpu_s() if is_here else None
            loads.append(
                bench_load.run(client, job, in_flight=level, time_s=seconds, machine_cpu_s=cpu, on_answer=step)
            )
            bar.remove_task(task)
    return loads


def _machine_cpu_s() -> Callable[[], float]:
    # Only where servers run is it installed.
    import psutil  # noqa: PLC0415

    def used() -> float:
        times = psutil.cpu_times()
        return float(times.user + times.nice + times.system + times.irq + times.softirq)

    return used


def _idle(job: Job) -> "Idle | None":
    from sandbox.bench import idle  # noqa: PLC0415

    # A server of its own: boxes that are made ready would take from what was measured before.
    try:
        with connected([], backend=None, languages=[job.language], policy=job.policy, ready_max=idle.BOXES) as client:
            return idle.measure(client, job)
    except SandboxError as error:
        click.echo(f"sandbox: idle boxes were not measured: {error}", err=True)
        return None


def _where(info: ServerInfo) -> str:
    return (
        f"{info.cores} cores, {info.memory_bytes / 2**30:.1f} GiB, backend {info.backend}, "
        f"{info.runsc_version}, {info.slots} slots"
    )


def _document(info: ServerInfo, loads: Sequence[Load], idle: "Idle | None") -> dict[str, Any]:
    return {
        "server": {
            "version": info.server_version,
            "backend": info.backend,
            "runsc_version": info.runsc_version,
            "slots": info.slots,
            "cores": info.cores,
            "memory_bytes": info.memory_bytes,
        },
        "loads": [
            {
                "in_flight": load.in_flight,
                "jobs": load.jobs,
                "time_s": round(load.time_s, 3),
                "jobs_per_s": round(load.jobs_per_s, 3),
                "cpu_ms_per_job": None if load.cpu_ms_per_job is None else round(load.cpu_ms_per_job, 1),
                "restored": load.restored,
                "latencies_ms": [round(latency, 1) for latency in load.latencies_ms],
                "box_start_ms": list(load.box_start_ms),
            }
            for load in loads
        ],
        "idle_box": None
        if idle is None
        else {"boxes": idle.boxes, "memory_bytes": idle.memory_bytes, "cpu_percent": round(idle.cpu_percent, 3)},
    }


def _print(info: ServerInfo, loads: Sequence[Load], idle: "Idle | None") -> None:
    console = Console(width=None if sys.stdout.isatty() else 120, highlight=False)
    console.print(_where(info), markup=False)
    names = (
        "in flight",
        "jobs",
        "jobs/s",
        "CPU ms a job",
        *(f"p{share * 100:g} ms" for share in _SHARES),
        "box p50 ms",
    )
    table = Table(*names, box=None, pad_edge=False, header_style="bold")
    for column in table.columns:
        column.justify = "right"
    for load in loads:
        cpu_ms = load.cpu_ms_per_job
        figures = [quantile(load.latencies_ms, share) for share in _SHARES]
        start_ms = quantile(tuple(map(float, load.box_start_ms)), 0.5)
        table.add_row(
            str(load.in_flight),
            str(load.jobs),
            f"{load.jobs_per_s:.1f}",
            "-" if cpu_ms is None else f"{cpu_ms:.0f}",
            *(f"{figure:.0f}" for figure in figures),
            f"{start_ms:.0f}",
        )
    console.print(table)
    fresh = [load for load in loads if load.restored < load.jobs]
    if fresh:
        started = sum(load.jobs - load.restored for load in fresh)
        console.print(f"{started} boxes were started and not restored from a checkpoint", markup=False)
    console.print(f"\nfrom job to verdict, {loads[0].in_flight} in flight:", markup=False)
    for line in histogram(loads[0].latencies_ms):
        console.print(line, markup=False)
    if idle is not None:
        console.print(
            f"\na box that waits: {idle.memory_bytes / 2**20:.1f} MiB, {idle.cpu_percent:.2f} % of a core "
            f"(mean of {idle.boxes})",
            markup=False,
        )


def histogram(latencies_ms: Sequence[float], rows: int = 10) -> list[str]:
    """Return lines of text: how many latencies lie in each of a few ranges of equal width."""
    least, most = min(latencies_ms), max(latencies_ms)
    width = max((most - least) / rows, 1.0)
    counts = [0] * rows
    for latency in latencies_ms:
        counts[min(rows - 1, int((latency - least) / width))] += 1
    while len(counts) > 1 and counts[-1] == 0:
        counts.pop()
    return [
        f"{least + row * width:8.0f} ms {count:6d} {'#' * (-(-count * _BAR // max(counts)))}"
        for row, count in enumerate(counts)
    ]
