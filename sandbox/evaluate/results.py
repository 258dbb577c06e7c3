"""Result lines: the sample as it was, what the original harness says about it, and what we know besides."""

import json
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from sandbox.evaluate.samples import Sample
from sandbox.verdict import JobResult, ServiceError, ServiceErrorCode, Status, TestStatus


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
    line = sample.record | {"result": result_text(result), "passed": passed} | result_fields(result)
    return line if fallback_reason is None else line | {"fallback_reason": fallback_reason}


class ResultFile:
    """A result file while it grows: lines are there as soon as they are known, and in input order in the end.

    Args:
        path: The file; what was in it is gone.

    Raises:
        OSError: It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO = path.open("wb")
        self._places: dict[int, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def append(self, index: int, line: dict[str, Any]) -> None:
        """Add the line of the sample with the given index, and hand it to the operating system at once."""
        data = json.dumps(line).encode("ascii") + b"\n"
        self._places[index] = (self._file.tell(), len(data))
        self._file.write(data)
        self._file.flush()

    def sort(self) -> None:
        """Rewrite the file in the order of the samples. Whoever looks sees the old one or the new one, never half."""
        self._file.close()
        draft = self._path.with_name(f".{self._path.name}.{os.getpid()}.tmp")
        try:
            with self._path.open("rb") as source, draft.open("xb") as target:
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
