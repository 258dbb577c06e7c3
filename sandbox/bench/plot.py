"""The figures as a picture. Needs matplotlib, which nothing else in the package does."""

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.bench.load import Load, quantile
from sandbox.errors import SandboxError


def check(path: Path) -> None:
    """Refuse what cannot be drawn, before anything is measured for it.

    Raises:
        SandboxError: There is no matplotlib, no such kind of picture, or no such folder.
    """
    kinds = _pyplot().figure().canvas.get_supported_filetypes()
    if path.suffix.removeprefix(".") not in kinds:
        raise SandboxError(f"{path}: no such kind of picture; known are {', '.join(sorted(kinds))}")
    if not path.absolute().parent.is_dir():
        raise SandboxError(f"{path}: there is no such folder")


def _pyplot() -> Any:
    try:
        matplotlib = importlib.import_module("matplotlib")
        # No window: the machines this runs on have none.
        matplotlib.use("Agg")
        return importlib.import_module("matplotlib.pyplot")
    except ImportError:
        raise SandboxError("--plot needs matplotlib, which is not installed here: pip install matplotlib") from None


def draw(loads: Sequence[Load], title: str, path: Path) -> None:
    """Draw throughput over concurrency, and how latencies are spread at each of them.

    Args:
        loads: One at least.
        title: Where it was measured, and with what.
        path: Its ending says what kind of picture: .png, .svg, .pdf.

    Raises:
        SandboxError: There is no matplotlib, or the file cannot be written.
    """
    pyplot = _pyplot()
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(12, 5))
    at_once = [load.in_flight for load in loads]
    left.plot(at_once, [load.jobs_per_s for load in loads], marker="o")
    left.set_xticks(at_once)
    left.set(xlabel="jobs in flight", ylabel="jobs/s", ylim=(0, None), title="throughput")
    for load in loads:
        latencies_ms = tuple(sorted(load.latencies_ms))
        share = [(rank + 1) / len(latencies_ms) for rank in range(len(latencies_ms))]
        right.plot(latencies_ms, share, label=f"{load.in_flight} in flight, p50 {quantile(latencies_ms, 0.5):.0f} ms")
    right.set(xscale="log", xlabel="from job to verdict, ms", ylabel="share of jobs", ylim=(0, 1), title="latency")
    right.legend()
    figure.suptitle(title, fontsize=9)
    figure.tight_layout()
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise SandboxError(f"cannot draw {path}: {error}") from error
