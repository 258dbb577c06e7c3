"""`python -m benchmarks.speed`."""

import os
import sys
from pathlib import Path

import click

from benchmarks import machine, records
from benchmarks.progress import progress
from benchmarks.records import Records
from benchmarks.speed import report
from benchmarks.speed.measuring import FULL, QUICK, Measured, measure
from benchmarks.speed.rows import BY_KEY, ROWS
from sandbox.errors import SandboxError

_ROOT = Path(__file__).parents[2]


@click.command(name="speed")
@click.option("--row", "keys", type=click.Choice(list(BY_KEY)), multiple=True, help="Only these rows. [default: all]")
@click.option("--quick", is_flag=True, help="A few jobs of each, to see that all of it runs; never published.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where results are kept, and where an interrupted run goes on. [default: build/speed, build/speed-quick]",
)
@click.option(
    "--ray",
    "ray_environment",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT / "build" / "ray",
    help="What benchmarks/speed/peers/get-ray has made. [default: build/ray]",
)
@click.option(
    "--publish", is_flag=True, help="Write benchmarks/results.json and the table in docs/benchmarks.md. All rows only."
)
@click.option("--report", "report_only", is_flag=True, help="Run nothing; print the table of what is kept in --out.")
def main(
    *, keys: tuple[str, ...], quick: bool, out: Path | None, ray_environment: Path, publish: bool, report_only: bool
) -> None:
    """Measure how fast this service judges, beside what people use today, on this machine and in turns.

    Takes about half an hour, and the long run as much as an hour more. The others run from their published packages or
    from the plain `docker` command; what cannot run here is in the table with the reason.

    Exit code: 0 when each row is as it must be, 1 otherwise, 3 when something failed.
    """
    if os.geteuid() != 0 and not report_only:
        click.echo("speed: boxes need root: run it with sudo", err=True)
        sys.exit(3)
    if publish and (quick or keys):
        raise click.UsageError("figures are published of a full run only: neither --quick nor --row")
    out = out or _ROOT / "build" / ("speed-quick" if quick else "speed")
    rows = [BY_KEY[key] for key in keys] or list(ROWS)
    try:
        if not report_only:
            here = machine.look()
            records.claim(out, here.facts() | {"quick": quick}, here.date)
            _measure([row.key for row in rows], out / "rows.jsonl", ray_environment, quick=quick)
        claimed, found = records.claimed(out), _kept(out / "rows.jsonl")
        click.echo(f"machine: {machine.told(claimed['facts'])}, {claimed['date']}\n")
        for line in report.lines(rows, found):
            click.echo(line)
        if publish:
            report.publish(claimed, found, _ROOT)
        unmet = report.unmet(rows, found)
        click.echo(f"\n{len(rows) - len(unmet)} of {len(rows)} rows are as they must be")
        sys.exit(1 if unmet else 0)
    except SandboxError as error:
        click.echo(f"speed: {error}", err=True)
        sys.exit(3)


def _measure(keys: list[str], path: Path, ray_environment: Path, *, quick: bool) -> None:
    done = {key for key, measured in _kept(path).items() if measured.figure is not None}
    wanted = [key for key in keys if key not in done]
    with Records(path) as kept, progress("rows", len(wanted)) as step:
        for key in wanted:
            if key not in done:
                for each, measured in measure(key, QUICK if quick else FULL, ray_environment).items():
                    kept.add({"key": each, "figure": measured.figure, "told": measured.told})
                    done.add(each)
            step()


def _kept(path: Path) -> dict[str, Measured]:
    """Return the last word on each row."""
    return {
        record["key"]: Measured(figure=record["figure"], told=record["told"])
        for record in records.read(path)
        if record["key"] in BY_KEY
    }


if __name__ == "__main__":
    main()
