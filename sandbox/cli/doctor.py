"""`sandbox doctor`. Imports late: `sandbox --help` must work on machines that can serve nothing."""
# ruff: noqa: PLC0415

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from sandbox.cli.options import BACKENDS
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from sandbox.doctor import Examination, Finding
    from sandbox.language import Language
    from sandbox.policy import Policy

EXIT_NOT_BOUND = 1
EXIT_NOT_RUN = 3
_WORDS = {
    "OK": ("binds", "green"),
    "NOTE": ("note", "yellow"),
    "BROKEN": ("DOES NOT BIND", "red"),
    "UNKNOWN": ("not proven", "red"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """Everything that is shown. Without an examination: why there is none."""

    backend: str
    policy: str
    short: bool
    machine: "tuple[Finding, ...]"
    examination: "Examination | None" = None
    problem: str = ""

    @property
    def limits(self) -> "tuple[Finding, ...]":
        return self.examination.findings if self.examination is not None else ()

    @property
    def exit_code(self) -> int:
        if self.examination is None or self.examination.is_blind:
            return EXIT_NOT_RUN
        return EXIT_NOT_BOUND if self.examination.unproven else 0


@click.command()
@click.option(
    "--backend", type=BACKENDS, default="runsc", show_default=True, help="What makes the boxes, as for sandbox serve."
)
@click.option(
    "--policy", "policy_name", default="default", show_default=True, help="The policy whose limits to attack."
)
@click.option(
    "--policies",
    "policies_dir",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Policy files. [default: those of the package]",
)
@click.option(
    "--runsc",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="The gVisor binary. [default: found in /usr/local/bin or /usr/bin]",
)
@click.option(
    "--language", "language_name", default="python", show_default=True, help="The language, with Python in its image."
)
@click.option(
    "--short", is_flag=True, help="One attack for each limit, in about 2 s: what sandbox serve does at start."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def doctor(
    *,
    backend: str,
    policy_name: str,
    policies_dir: Path | None,
    runsc: Path | None,
    language_name: str,
    short: bool,
    as_json: bool,
) -> None:
    """Attack every limit on this very machine, and say which ones bind.

    Each probe is a real job in a real box, made as the server makes them: one that spins, one that sleeps, one that
    touches more memory than it may, one that forks, opens, writes, prints, connects, mounts more than it may. Where the
    host can see what happens, the host's counters decide, not the probe.

    \b
    What the last column says:
      binds          it was attacked, and it held
      note           nothing escapes, but you should know
      DOES NOT BIND  it was attacked, and it gave way; what to do is below the table
      not proven     the attack could not be made

    \b
    The exit code is
      0  when every limit binds
      1  when one does not, or is not proven
      3  when no box could be made at all

    \b
    Examples:
      sudo sandbox doctor
      sudo sandbox doctor --backend docker --policies ./policies --policy strict
      sudo sandbox doctor --json | jq '.limits[] | select(.status != "OK")'
    """  # noqa: D301 (the backspaces are click's mark for text that must not be wrapped)
    from sandbox import logs, paths
    from sandbox.language import load_languages
    from sandbox.policy import load_policies

    logs.configure()
    languages = load_languages(paths.data_dir("images"))
    policies = load_policies(policies_dir or paths.data_dir("policies"))
    policy = _named(policies, policy_name, "--policy")
    language = _named(languages, language_name, "--language")
    report = asyncio.run(_examine(backend, policy, language, runsc, short=short))
    if as_json:
        _print_json(report)
    else:
        _print_tables(report)
    raise click.exceptions.Exit(report.exit_code)


_Item = TypeVar("_Item")


def _named(known: Mapping[str, _Item], name: str, option: str) -> _Item:
    if name not in known:
        raise click.BadParameter(f"{name!r} is none of {', '.join(sorted(known))}", param_hint=option)
    return known[name]


async def _examine(
    backend_name: str, policy: "Policy", language: "Language", runsc: Path | None, *, short: bool
) -> _Report:
    """Look at the machine, then attack; what keeps us from attacking becomes part of the report."""
    from sandbox import doctor, host, paths
    from sandbox.cli.backends import make_backend
    from sandbox.doctor.fixes import with_fix
    from sandbox.doctor.machine import look, machine_findings
    from sandbox.server import find_runsc, slots_for

    slots = slots_for(host.look(), policy)
    problem, binary = "", None
    try:
        binary = find_runsc(runsc)
    except SandboxError as error:
        problem = str(error)
    machine = await look(binary, (paths.run_dir(), paths.state_dir()))
    report = _Report(
        backend=backend_name,
        policy=policy.name,
        short=short,
        machine=machine_findings(machine, backend=backend_name, slots=slots),
        problem=problem,
    )
    if binary is None:
        return report
    try:
        backend = make_backend(backend_name, {language.name: language}, binary)
        await backend.start()
        try:
            with _progress() as on_progress:
                examination = await doctor.examine(
                    backend,
                    policy,
                    language,
                    slots=slots,
                    short=short,
                    on_progress=on_progress,
                )
        finally:
            await backend.close()
    except SandboxError as error:
        return replace(report, problem=str(error))
    findings = tuple(with_fix(finding, machine) for finding in examination.findings)
    return replace(report, examination=replace(examination, findings=findings))


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Give a function that shows how many probes are done: a bar on a terminal, one line elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:

        def line(done: int, total: int) -> None:
            if done == 0:
                click.echo(f"attacking every limit of this machine: {total} probes", err=True)

        yield line
        return
    columns = (TextColumn("probes"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("probes", total=None)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield update


def _print_json(report: _Report) -> None:
    document = {
        "backend": report.backend,
        "policy": report.policy,
        "form": "short" if report.short else "full",
        "all_bind": report.exit_code == 0,
        "problem": report.problem,
        "time_ms": report.examination.time_ms if report.examination is not None else 0,
        "limits": [_fields(finding) for finding in report.limits],
        "machine": [_fields(finding) for finding in report.machine],
    }
    click.echo(json.dumps(document, indent=1))


def _fields(finding: "Finding") -> dict[str, str]:
    return asdict(finding) | {"status": finding.status.value}


def _print_tables(report: _Report) -> None:
    # Into a file or a pipe: wider than the 80 columns of a terminal that is not there.
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(_table("machine", report.machine))
    if report.examination is not None:
        console.print(_table("limit", report.limits))
    for finding in (*report.machine, *report.limits):
        if finding.fix:
            console.print(f"{finding.name}: {finding.fix}", markup=False, soft_wrap=True)
    if report.problem:
        click.echo(f"sandbox: {report.problem}", err=True)
        return
    statuses = [finding.status.value for finding in report.limits]
    others = "".join(f", {statuses.count(status)} {_WORDS[status][0]}" for status in sorted({*statuses} - {"OK"}))
    where = f"backend {report.backend}, policy {report.policy}"
    console.print(f"{statuses.count('OK')} of {len(statuses)} limits bind{others} ({where})", markup=False)


def _table(kind: str, findings: "tuple[Finding, ...]") -> Table:
    table = Table(kind, "expected", "seen", "", box=None, pad_edge=False, header_style="bold")
    for finding in findings:
        word, style = _WORDS[finding.status.value]
        table.add_row(Text(finding.name), Text(finding.expected), Text(finding.seen), Text(word, style=style))
    return table
