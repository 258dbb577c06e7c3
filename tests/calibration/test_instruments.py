"""The benchmarks' own arithmetic, on made-up records: a measure that cannot show a flip has not shown that none is."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.deadline.lateness import allowed_ms, at_least_ms, at_most_ms, quantile, stopped_late_ms
from benchmarks.flips.compare import compare, safe_by_cpu_time, time_taken_s
from benchmarks.flips.data import cut
from benchmarks.records import Records, claim, read
from sandbox.errors import SandboxError

LIMIT_MS = 1_000


def label(
    index: int, verdict: str = "PASSED", cause: str = "ALL_TESTS_PASSED", cpu_time_ms: int = 10
) -> dict[str, Any]:
    return {"index": index, "part": "samples", "verdict": verdict, "cause": cause, "cpu_time_ms": cpu_time_ms}


def test_flips_are_counted_by_what_was_used_on_the_idle_machine() -> None:
    idle = [label(0), label(1), label(2, cpu_time_ms=799), label(3, cpu_time_ms=800), label(4)]
    loaded = [
        label(0),
        label(1, "FAILED", "WRONG_ANSWER", cpu_time_ms=990),
        label(2, "TIMED_OUT", "CPU_TIME_LIMIT", cpu_time_ms=1_001),
        label(3, "TIMED_OUT", "CPU_TIME_LIMIT", cpu_time_ms=1_001),
    ]

    found = compare(idle, loaded, safe_by_cpu_time(idle, LIMIT_MS))

    assert [flip.idle["index"] for flip in found.flips_safe] == [1, 2]
    assert [flip.idle["index"] for flip in found.flips_rest] == [3]
    # The fifth has not run under load.
    assert (found.safe["samples"], found.rest["samples"], found.compared) == (3, 1, 4)


def test_another_cause_of_the_same_status_is_a_flip_of_cause_alone() -> None:
    idle, loaded = [label(0, "FAILED", "WRONG_ANSWER")], [label(0, "FAILED", "EXCEPTION")]

    (flip,) = compare(idle, loaded, {0: True}).flips_safe

    assert not flip.is_of_status


def test_a_service_error_is_no_label_and_is_not_lost() -> None:
    idle, loaded = [label(0), label(1)], [label(0, "SERVICE_ERROR", "BOX_LOST"), label(1)]

    found = compare(idle, loaded, safe_by_cpu_time(idle, LIMIT_MS))

    assert [flip.idle["index"] for flip in found.unjudged] == [0]
    assert found.compared == 1
    assert not found.flips_safe
    assert not found.flips_rest


def test_the_time_taken_is_that_of_all_sessions() -> None:
    records = [{"session": 1, "at_s": 2.0}, {"session": 1, "at_s": 5.0}, {"session": 2, "at_s": 1.5}]

    assert time_taken_s(records) == 6.5


@pytest.mark.parametrize(
    ("sample", "kept"),
    [
        ("    return 1\n", "    return 1\n"),
        ("    return 1\n\nprint(f())\ndef g(): pass", "    return 1\n"),
        ("    return 1\n# done\nclass A: pass", "    return 1"),
        ("\ndef f(): pass", ""),
    ],
)
def test_a_sample_is_cut_at_the_first_of_the_published_stops(sample: str, kept: str) -> None:
    assert cut(sample) == kept


def test_a_record_that_a_kill_cut_short_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    path.write_bytes(b'{"index": 0}\n{"index": 1, "ver')

    assert list(read(path)) == [{"index": 0}]
    with Records(path) as records:
        records.add({"index": 1})
        assert list(records) == [{"index": 0}, {"index": 1}]


def test_results_of_two_runs_are_not_mixed(tmp_path: Path) -> None:
    claim(tmp_path, {"cores": 2, "code": "a"}, "today")
    claim(tmp_path, {"cores": 2, "code": "a"}, "tomorrow")

    with pytest.raises(SandboxError, match="code was 'a' and is 'b'"):
        claim(tmp_path, {"cores": 2, "code": "b"}, "tomorrow")


def time_out(cause: str, limit_name: str, limit: int, **others: Any) -> dict[str, Any]:
    return {
        "cause": cause,
        "limit_name": limit_name,
        "limit": limit,
        "attempts": 1,
        "cpu_time_ms": 0,
        "wall_time_ms": 0,
        "starved_time_ms": 0,
        "queue_time_ms": 0,
        "box_start_ms": 0,
        "sent_to_verdict_ms": 0,
        "start_to_verdict_ms": None,
    } | others


def test_a_sleepers_deadline_is_its_limit_and_the_time_that_does_not_count() -> None:
    record = time_out("WALL_TIME_LIMIT", "wall_time_ms", 1_000, starved_time_ms=200, wall_time_ms=1_230)
    record |= {"queue_time_ms": 50, "box_start_ms": 400, "sent_to_verdict_ms": 1_750, "start_to_verdict_ms": 1_280}

    assert allowed_ms(record) == 1_200
    assert stopped_late_ms(record) == 30
    assert at_most_ms(record) == 100
    assert at_least_ms(record) == 80


def test_the_hard_cap_is_a_deadline_as_it_is() -> None:
    record = time_out("WALL_TIME_LIMIT", "wall_time_hard_ms", 10_000, starved_time_ms=9_500, wall_time_ms=10_040)

    assert stopped_late_ms(record) == 40


def test_a_spinners_deadline_is_when_its_cpu_time_was_used_up() -> None:
    # Half a core: 500 ms of CPU time were used after 1,000 ms, and another 10 ms until the end.
    record = time_out("CPU_TIME_LIMIT", "cpu_time_ms", 500, cpu_time_ms=510, wall_time_ms=1_020, starved_time_ms=500)

    assert allowed_ms(record) == pytest.approx(1_000)
    assert stopped_late_ms(record) == pytest.approx(20)


def test_of_two_boxes_only_the_last_ones_start_is_known() -> None:
    record = time_out("WALL_TIME_LIMIT", "wall_time_ms", 1_000, attempts=2, sent_to_verdict_ms=9_000)

    assert at_most_ms(record) is None
    assert at_least_ms(record) is None


def test_a_quantile_is_one_of_the_values() -> None:
    values = [float(value) for value in range(100, 0, -1)]

    assert (quantile(values, 0.5), quantile(values, 0.99), quantile(values, 1.0)) == (50, 99, 100)
    assert quantile([7.0], 0.99) == 7
