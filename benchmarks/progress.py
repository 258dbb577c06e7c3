"""How far a measurement is: a bar on a terminal, a line now and then elsewhere. On standard error."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_LINES = 20


@contextmanager
def progress(what: str, total: int, done: int = 0) -> Iterator[Callable[[], None]]:
    """Give a function to call after each of `total` steps, of which `done` are done already."""
    console = Console(stderr=True)
    if console.is_terminal:
        columns = (BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
        with Progress(TextColumn("{task.description}"), *columns, console=console) as bar:
            task = bar.add_task(what, total=total, completed=done)
            yield lambda: bar.advance(task)
        return
    step = max(1, total // _LINES)

    def line() -> None:
        nonlocal done
        done += 1
        if done % step == 0 or done == total:
            click.echo(f"{what}: {done} of {total}", err=True)

    yield line
