"""Result lines: the sample as it was, what the original harness says about it, and what we know besides."""

import json
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.errors import ResultFileError
from sandbox.evaluate.samples import Sample
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode, Status, TestStatus

_FIELDS = frozenset(
    (
        "result",
        "passed",
        "job_id",
        "verdict",
        "cause",
        "service_error",
        "fault",
        "message",
        "field",
        "evidence",
        "tests_planned",
        "tests_passed",
        "cpu_time_ms",
        "wall_time_ms",
        "starved_time_ms",
        "memory_peak_bytes",
        "queue_time_ms",
        "box_start_ms",
        "box_restored",
        "box_waited",
        "attempts",
        "unenforced",
        "integrity",
        "receipt",
        "fallback_reason",
    )
)
"""All that a line of ours may have beside what is the sample's."""


def is_unfit(result: JobResult) -> bool:
    """Tell whether the sample itself was refused, as too large: no other try can change that, and it has not passed."""
    return (
        isinstance(result, ServiceError) and result.code is ServiceErrorCode.REFUSED and result.field == "job.program"
    )


def result_text(result: JobResult) -> str:
    """Return the original harness's word: `passed`, `timed out` or `failed: ...`; or `service error: ...`."""
    if isinstance(result, ServiceError):
        if is_unfit(result):
            return f"failed: refused: {result.message}"
        return f"service error: {result.code.value}: {result.message}"
    match result.status:
        case Status.PASSED:
            return "passed"
        case Status.TIMED_OUT:
            return "timed out"
        case Status.FAILED:
            return f"failed: {result.message or result.cause.value}"


def result_fields(result: JobResult) -> dict[str, Any]:
    """Return what is known about a job, for JSON. Units are in the names."""
    if isinstance(result, ServiceError):
        return {
            "job_id": result.job_id,
            "verdict": None,
            "cause": None,
            "service_error": result.code.value,
            "fault": result.fault.value,
            "message": result.message,
            "field": result.field,
        }
    receipt = result.receipt
    return {
        "job_id": result.job_id,
        "verdict": result.status.value,
        "cause": result.cause.value,
        "fault": result.fault.value,
        "evidence": {
            "counter": result.evidence.counter,
            "value": result.evidence.value,
            "limit_name": result.evidence.limit_name,
            "limit": result.evidence.limit,
            "killed_by": result.evidence.killed_by.value,
        },
        "message": result.message,
        "tests_planned": result.tests_planned,
        "tests_passed": sum(test.status is TestStatus.PASSED for test in result.test_results),
        "cpu_time_ms": result.usage.cpu_time_ms,
        "wall_time_ms": result.usage.wall_time_ms,
        "starved_time_ms": result.usage.starved_time_ms,
        "memory_peak_bytes": result.usage.memory_peak_bytes,
        "queue_time_ms": result.usage.queue_time_ms,
        "box_start_ms": result.usage.box_start_ms,
        "box_restored": result.usage.box_restored,
        "box_waited": result.usage.box_waited,
        "attempts": result.attempts,
        "unenforced": list(result.unenforced),
        "integrity": result.integrity.value,
        "receipt": {
            "program_digest": receipt.program_digest,
            "tests_digest": receipt.tests_digest,
            "image_digest": receipt.image_digest,
            "policy_digest": receipt.policy_digest,
            "runsc_version": receipt.runsc_version,
            "harness_version": receipt.harness_version,
            "backend": receipt.backend,
            "box_jobs_before": receipt.box_jobs_before,
        },
    }


def result_line(sample: Sample, result: JobResult, fallback_reason: str | None = None) -> dict[str, Any]:
    """Return one line of a result file.

    `passed` is null after a service error: neither true nor false would be.

    Args:
        sample: The sample.
        result: What became of it.
        fallback_reason: Why its tests were run in the program's process, if they were and nobody had asked for it.
    """
    passed = (False if is_unfit(result) else None) if isinstance(result, ServiceError) else result.passed
    line = _without_ours(sample.record) | {"result": result_text(result), "passed": passed} | result_fields(result)
    return line if fallback_reason is None else line | {"fallback_reason": fallback_reason}


def _without_ours(record: dict[str, Any]) -> dict[str, Any]:
    """Return the sample alone where its line was a result: what it said of another run is not true of this one."""
    if not {"job_id", "verdict", "fault"} <= record.keys():
        return record
    return {key: value for key, value in record.items() if key not in _FIELDS}


class ResultFile:
    """A result file while it grows: lines are there as soon as they are known, and in input order in the end.

    Args:
        path: The file; what was in it is gone with the first result.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        # Without a buffer: what does not fit on the disk must not be tried again when the file is closed.
        self._file = path.open("ab", buffering=0)
        self._places: dict[int, tuple[int, int]] = {}
        self._bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, index: int, line: dict[str, Any]) -> None:
        """Add the line of the sample with the given index, and hand it to the operating system at once.

        Raises:
            ResultFileError: There is no room for it. Of this line, nothing is in the file.
        """
        data = json.dumps(line).encode("ascii") + b"\n"
        try:
            if not self._places:
                self._file.truncate(0)
            written = 0
            while written < len(data):
                written += self._file.write(data[written:])
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(self._bytes)
            text = f"{self._path}: cannot be written: {error.strerror or error}"
            raise ResultFileError(f"{text}; it has the {len(self._places)} results that came before") from error
        self._places[index] = (self._bytes, len(data))
        self._bytes += len(data)

    def sort(self) -> None:
        """Rewrite the file in the order of the samples. Whoever looks sees the old one or the new one, never half.

        Raises:
            OSError: There is no room for a second one. All results are in the file, in the order in which they came.
        """
        self._file.close()
        if not self._places:
            # What is in it is another run's.
            return
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", suffix=".tmp", dir=self._path.parent)
        draft = Path(name)
        try:
            with self._path.open("rb") as source, os.fdopen(handle, "wb") as target:
                for index in sorted(self._places):
                    start, size = self._places[index]
                    source.seek(start)
                    target.write(source.read(size))
                target.flush()
                os.fsync(target.fileno())
            # The draft is as private as what it replaces.
            shutil.copymode(self._path, draft)
            draft.replace(self._path)
        finally:
            draft.unlink(missing_ok=True)
