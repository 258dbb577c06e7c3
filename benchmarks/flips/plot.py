"""CPU time of each program, idle against loaded. Needs matplotlib, which nothing else here does."""

import importlib
from pathlib import Path
from typing import Any

from benchmarks.flips.phases import BOXES, IDLE, LOADED
from benchmarks.flips.report import Results
from sandbox.errors import SandboxError


def plot(results: Results, path: Path) -> None:
    """Draw a scatter of all programs that ran in boxes both times.

    Raises:
        SandboxError: There is no matplotlib, or nothing to draw.
    """
    pyplot = _pyplot()
    idle = {r["index"]: r for r in results.of(BOXES, IDLE) if "cpu_time_ms" in r}
    pairs = [(idle[r["index"]], r) for r in results.of(BOXES, LOADED) if "cpu_time_ms" in r and r["index"] in idle]
    if not pairs:
        raise SandboxError("nothing to draw: no program has run in boxes both idle and loaded")
    figure, axes = pyplot.subplots(figsize=(7, 7))
    for flipped, color, label in ((False, "tab:blue", "same verdict"), (True, "tab:red", "flip")):
        chosen = [pair for pair in pairs if (pair[0]["verdict"] != pair[1]["verdict"]) is flipped]
        axes.scatter(
            [max(1, before["cpu_time_ms"]) for before, _ in chosen],
            [max(1, after["cpu_time_ms"]) for _, after in chosen],
            s=9 if not flipped else 25,
            alpha=0.4 if not flipped else 1.0,
            color=color,
            label=f"{label}: {len(chosen)}",
        )
    for line in (axes.axvline, axes.axhline):
        line(results.limit_ms, color="black", linewidth=0.8, linestyle="--")
    axes.axline((1, 1), (10, 10), color="grey", linewidth=0.8)
    axes.set(xscale="log", yscale="log", xlabel="CPU time idle, ms", ylabel="CPU time loaded, ms")
    axes.set_title(f"{len(pairs)} programs; dashed: the limit of {results.limit_ms} ms")
    axes.legend()
    figure.savefig(path, dpi=150)


def _pyplot() -> Any:
    try:
        matplotlib = importlib.import_module("matplotlib")
        # No window: the machines this runs on have none.
        matplotlib.use("Agg")
        return importlib.import_module("matplotlib.pyplot")
    except ImportError:
        raise SandboxError("--plot needs matplotlib, which is not installed here: pip install matplotlib") from None
