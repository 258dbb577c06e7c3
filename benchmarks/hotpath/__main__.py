"""`python -m benchmarks.hotpath`."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import psutil

from benchmarks import machine
from benchmarks.hotpath.phases import samples, tabulate
from benchmarks.speed.ours import ours
from benchmarks.speed.programs import Work, human_eval
from sandbox import Integrity, local
from sandbox.boxes.version import runsc_version
from sandbox.errors import BackendError, SandboxError

_HZ = 997
_MS_PER_S = 1000
_WARM_UP_JOBS = 12
_PERF_STARTS_S = 1.0
_LEAST_SHARE = 0.003


@click.command(name="hotpath")
@click.option("--policy", default="default", show_default=True, help="Whose boxes.")
@click.option(
    "--integrity",
    type=click.Choice([each.value for each in Integrity]),
    help="How tests are kept apart. [default: SEPARATE_PROCESS]",
)
@click.option("--jobs", "jobs_count", default=328, show_default=True, help="How many of HumanEval's own solutions.")
@click.option(
    "--runsc",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One that has its symbols: scripts/install-gvisor --symbols --prefix build/symbols. Without them, gVisor's "
    "phases have no names.",
)
def main(*, policy: str, integrity: str | None, jobs_count: int, runsc: Path | None) -> None:
    """Show where the CPU time of one job goes, by process and by phase.

    Needs `perf` (linux-perf) and root, and a machine that does nothing else. What is counted is the server, its
    launcher, and everything that they start, all of a box included; the client is not.
    """
    if os.geteuid() != 0 or shutil.which("perf") is None:
        click.echo("hotpath: needs root, and perf: apt install linux-perf", err=True)
        sys.exit(3)
    try:
        _run(policy, None if integrity is None else Integrity(integrity), jobs_count, runsc)
    except SandboxError as error:
        click.echo(f"hotpath: {error}", err=True)
        sys.exit(3)


def _run(policy: str, integrity: Integrity | None, jobs_count: int, runsc: Path | None) -> None:
    works = [Work(script=work.script, problem=work.problem, policy=policy) for work in human_eval()]
    works = [works[number % len(works)] for number in range(jobs_count)]
    extra = [] if runsc is None else ["--runsc", str(runsc.absolute())]
    with TemporaryDirectory() as folder, local(backend="runsc", policies=[policy], extra_args=extra) as client:
        info = client.server_info()
        way = ours(client, 2 * info.slots, integrity)
        way(works[:_WARM_UP_JOBS])
        recorded, names = Path(folder) / "perf.data", _our_processes()
        with _recording(recorded, names):
            begun = time.monotonic()
            way(works)
            took_s = time.monotonic() - begun
        lines = _script(recorded)
    table = tabulate(samples(lines), names, "runsc" if runsc is None else runsc.name)
    facts = machine.look().facts()
    if runsc is not None:
        facts["runsc_version"] = asyncio.run(runsc_version(runsc))
    click.echo(f"machine: {machine.told(facts)}")
    per_job = _MS_PER_S / _HZ / jobs_count
    total = sum(sum(phases.values()) for phases in table.values())
    told = f"{jobs_count} jobs, policy {policy}, {jobs_count / took_s:.1f} a second"
    click.echo(f"{told}, {total * per_job:.1f} ms of CPU a job\n\n|   ms |    % | |\n|---|---|---|")
    for process, phases in sorted(table.items(), key=lambda item: -sum(item[1].values())):
        _row(sum(phases.values()), total, per_job, f"**{process}**")
        for phase, count in phases.most_common():
            if count >= _LEAST_SHARE * total and len(phases) > 1:
                _row(count, total, per_job, phase)


def _row(count: int, total: int, per_job: float, text: str) -> None:
    click.echo(f"| {count * per_job:4.1f} | {100 * count / total:4.1f} | {text} |")


def _our_processes() -> Mapping[int, str]:
    """Return the server and its launcher; boxes that they have already are not among them."""
    servers = [child for child in psutil.Process().children() if "serve" in child.cmdline()]
    launchers = [child for server in servers for child in server.children() if child.cmdline() == server.cmdline()]
    return {server.pid: "server" for server in servers} | {launcher.pid: "launcher" for launcher in launchers}


@contextmanager
def _recording(target: Path, names: Mapping[int, str]) -> Iterator[None]:
    """Record these processes, and all that they start meanwhile."""
    pids = ",".join(map(str, names))
    command = ["perf", "record", "--quiet", "--event=cpu-clock", f"--freq={_HZ}", "-g", f"--pid={pids}"]
    command.append(f"--output={target}")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as perf:  # noqa: S603 (our own)
        time.sleep(_PERF_STARTS_S)
        try:
            yield
        finally:
            perf.send_signal(signal.SIGINT)
            said = perf.communicate()[1].decode(errors="replace")
    if not target.exists():
        raise BackendError(f"perf has recorded nothing: {said[-500:]}")


def _script(recorded: Path) -> list[str]:
    command = ["perf", "script", f"--input={recorded}", "--fields=comm,pid,tid,ip,sym,dso"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 (our own)
    if done.returncode != 0:
        raise BackendError(f"perf script: {done.stderr[-500:]}")
    return done.stdout.splitlines()


if __name__ == "__main__":
    main()
