"""The table, on a terminal, in docs/benchmarks.md and in benchmarks/results.json."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.speed.measuring import Measured
from benchmarks.speed.rows import ROWS, Row
from sandbox.errors import SandboxError

_BEGIN, _END = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"


def lines(rows: Sequence[Row], found: Mapping[str, Measured]) -> list[str]:
    """Return the table as Markdown: one line for each row, whether it was measured or not."""
    head = ["| figure | measured | must reach | stretch | | made of |", "|---|---|---|---|---|---|"]
    return head + [_line(row, found.get(row.key)) for row in rows]


def _line(row: Row, measured: Measured | None) -> str:
    sign = "<= " if row.less_is_better else ""
    must = f"{sign}{row.must:g} {row.unit}"
    stretch = "" if row.stretch is None else f"{sign}{row.stretch:g} {row.unit}"
    if measured is None or measured.figure is None:
        why = "not run" if measured is None else measured.told
        return f"| {row.text} | - | {must} | {stretch} | **not measured** | {_cell(why)} |"
    word = "met" if row.is_met(measured.figure) else "**not met**"
    return f"| {row.text} | {measured.figure:.2f} {row.unit} | {must} | {stretch} | {word} | {_cell(measured.told)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "/").split())[:300]


def unmet(rows: Sequence[Row], found: Mapping[str, Measured]) -> list[str]:
    """Return the keys of rows that are not measured, or not as they must be."""
    figures = {row: found[row.key].figure if row.key in found else None for row in rows}
    return [row.key for row, figure in figures.items() if figure is None or not row.is_met(figure)]


def publish(claimed: Mapping[str, Any], found: Mapping[str, Measured], root: Path) -> None:
    """Write `benchmarks/results.json`, and the table into `docs/benchmarks.md`.

    Raises:
        SandboxError: The figures are of a quick look, a row has not been run, or the document has no place for a table.
    """
    if claimed["facts"].get("quick"):
        raise SandboxError("figures of a quick look are not published: run without --quick")
    if missing := [row.key for row in ROWS if row.key not in found]:
        raise SandboxError(f"nothing is published without {', '.join(missing)}: run all rows")
    document = root / "docs" / "benchmarks.md"
    text = document.read_text()
    before, begin, rest = text.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise SandboxError(f"{document} has no place for the table: {_BEGIN} ... {_END}")
    told = f"{machine.told(claimed['facts'])}, {claimed['date']}"
    table = "\n".join(lines(ROWS, found))
    document.write_text(f"{before}{begin}\n\nOf one machine: {told}.\n\n{table}\n\n{end}{after}")
    rows = [
        {
            "key": row.key,
            "text": row.text,
            "unit": row.unit,
            "figure": found[row.key].figure,
            "must_reach": row.must,
            "stretch": row.stretch,
            "less_is_better": row.less_is_better,
            "told": found[row.key].told,
        }
        for row in ROWS
    ]
    results = {"machine": claimed["facts"], "date": claimed["date"], "rows": rows}
    (root / "benchmarks" / "results.json").write_text(json.dumps(results, indent=1) + "\n")
