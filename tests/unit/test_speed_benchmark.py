"""The benchmark's own arithmetic: turns, ratios, what is met, and what is published."""

import itertools
import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.speed import contest as contest_module
from benchmarks.speed.contest import Contest, Turn, compete
from benchmarks.speed.measuring import MEASURES, QUICK, Measured, measure
from benchmarks.speed.peers import patience as patience_module
from benchmarks.speed.programs import IMPORTS, Work, human_eval, portions
from benchmarks.speed.report import lines, publish, unmet
from benchmarks.speed.rows import BY_KEY, ROWS
from sandbox.errors import SandboxError
from sandbox.job import NoTests, SourceTests

CLAIMED = {
    "date": "today",
    "facts": {
        "cores": 2,
        "memory_bytes": 2**30,
        "kernel": "6",
        "runsc_version": "v0",
        "python_version": "3",
        "code": "abc",
    },
}
MET = {row.key: Measured(figure=row.must, told="a | b\nc") for row in ROWS}


def turn(jobs_per_s: float) -> Turn:
    return Turn(jobs=10, time_s=10 / jobs_per_s, cpu_s=1.0)


def test_a_ratio_is_of_each_round_and_the_median_of_them() -> None:
    found = Contest((turn(10), turn(30), turn(5)), (turn(5), turn(5), turn(5)))

    assert found.ratios == pytest.approx((2, 6, 1))
    assert found.ratio == pytest.approx(2)
    assert found.ours[0].cpu_ms_per_job == pytest.approx(100)


def test_both_run_the_same_portions_and_take_turns_in_being_first(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()
    monkeypatch.setattr(contest_module.time, "monotonic", lambda: float(next(clock)))
    ran: list[tuple[str, tuple[bytes, ...]]] = []

    def way(name: str) -> contest_module.Way:
        def run(works: Sequence[Work]) -> None:
            ran.append((name, tuple(work.script for work in works)))

        return run

    found = compete(
        way("ours"), way("theirs"), 2, portions([Work(script=b"1"), Work(script=b"2"), Work(script=b"3")], 2)
    )

    assert [name for name, _ in ran] == ["ours", "theirs", "theirs", "ours"]
    assert ran[0][1] == ran[1][1] == (b"1", b"2")
    assert ran[2][1] == ran[3][1] == (b"3", b"1")
    assert len(found.ours) == len(found.theirs) == 2


def test_a_side_that_fails_is_no_contest() -> None:
    def fails(_: Sequence[Work]) -> None:
        raise SandboxError("no")

    with pytest.raises(SandboxError, match="no"):
        compete(fails, lambda _: None, 1, portions([Work(script=b"1")], 1))


def test_everybody_runs_the_same_program() -> None:
    works = human_eval()

    assert len(works) == 164
    for work in works[:5]:
        job = work.job()
        assert isinstance(job.tests, SourceTests)
        assert job.program in work.script
        assert work.problem is not None
        assert work.problem.test.encode() in job.tests.source
        assert work.problem.test.encode() in work.script
        namespace: dict[str, object] = {}
        exec(work.script, namespace)  # noqa: S102 - HumanEval's own solutions
    assert isinstance(Work(script=IMPORTS).job().tests, NoTests)


def test_each_row_is_measured_by_something_and_every_measure_is_a_rows() -> None:
    assert list(MEASURES) == list(BY_KEY)


def test_what_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: object, __: object) -> dict[str, Measured]:
        raise SandboxError("no gVisor here")

    for key in ("box-cpu", "box-memory"):
        monkeypatch.setitem(MEASURES, key, fails)  # type: ignore[arg-type]
    found = measure("box-cpu", QUICK, Path())

    assert found == dict.fromkeys(("box-cpu", "box-memory"), Measured(figure=None, told="no gVisor here"))


def test_a_ceiling_is_met_from_below_and_a_floor_from_above() -> None:
    assert BY_KEY["latency-p50"].is_met(18)
    assert not BY_KEY["latency-p50"].is_met(18.1)
    assert BY_KEY["ray"].is_met(1.5)
    assert not BY_KEY["ray"].is_met(1.49)


def test_a_row_without_a_figure_is_in_the_table_and_not_met() -> None:
    found = MET | {"ray": Measured(figure=None, told="no Ray here")}
    del found["data"]

    assert unmet(ROWS, found) == ["ray", "data"]
    table = lines(ROWS, found)
    assert len(table) == len(ROWS) + 2
    assert any("**not measured** | no Ray here" in line for line in table)
    assert any("**not measured** | not run" in line for line in table)
    # A cell that had a bar or a new line in it would be two.
    assert {line.count("|") for line in table} == {7}


def test_figures_are_published_all_or_none(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "benchmarks").mkdir()
    document = tmp_path / "docs" / "benchmarks.md"
    document.write_text("before\n<!-- figures: written by `make bench` -->old<!-- end of figures -->\nafter\n")
    some = dict(MET)
    del some["ray"]

    with pytest.raises(SandboxError, match="without ray"):
        publish(CLAIMED, some, tmp_path)
    assert not (tmp_path / "benchmarks" / "results.json").exists()

    publish(CLAIMED, MET, tmp_path)
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "2 cores" in text
    results = json.loads((tmp_path / "benchmarks" / "results.json").read_text())
    assert [row["key"] for row in results["rows"]] == [row.key for row in ROWS]
    with pytest.raises(SandboxError, match="quick"):
        publish(CLAIMED | {"facts": {"quick": True}}, MET, tmp_path)
    document.write_text("no place")
    with pytest.raises(SandboxError, match="no place"):
        publish(CLAIMED, MET, tmp_path)


def test_the_document_has_a_place_for_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text()

    assert text.count("<!-- figures: written by `make bench` -->") == text.count("<!-- end of figures -->") == 1


def test_a_peer_that_hangs_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "TURN_S", 0.05)
    with subprocess.Popen(["sleep", "1000"], stdout=subprocess.PIPE) as process, patience_module.patience(process):
        assert process.stdout is not None
        assert process.stdout.read() == b""
    assert process.returncode == -9
