"""How far an evaluation is: a bar on a terminal, a line now and then elsewhere. On standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from sandbox.evaluate.report import Tally

# Without a terminal: lines per evaluation, so that a log of ten samples and one of a million are both readable.
_LINES = 20


@contextmanager
def progress(total: int) -> Iterator[Callable[[Tally], None]]:
    """Give a function that shows a tally; call it after each result.

    Args:
        total: Samples in all.
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        step = max(1, total // _LINES)

        def line(tally: Tally) -> None:
            if tally.samples % step == 0 or tally.samples == total:
                click.echo(f"{tally.samples}/{total} samples, {tally.passed} passed", err=True)

        yield line
        return
    columns = (
        TextColumn("samples"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[passed]} passed"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("samples", total=total, passed=0)

        def update(tally: Tally) -> None:
            bar.update(task, completed=tally.samples, passed=tally.passed)

        yield update
