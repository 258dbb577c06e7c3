"""`sandbox run`: programs from files."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sandbox.cli.options import (
    BACKENDS,
    INTEGRITY_HELP,
    MEMORY_HELP,
    SECONDS,
    SIZE,
    TEST_TIMEOUT_HELP,
    TIMEOUT_HELP,
    connected,
    requested_limits,
)
from sandbox.cli.text import decoded, escaped
from sandbox.errors import InputFileError, JobRefusedError
from sandbox.evaluate.results import result_fields
from sandbox.job import Job, NoTests, SourceTests
from sandbox.policy import DEFAULT_POLICY
from sandbox.rpc.options import MESSAGE_BYTES_MAX
from sandbox.verdict import Captured, Integrity, JobResult, KilledBy, ServiceError, ServiceErrorCode, Verdict

_EXPECT = re.compile(rb"^(?:#|//|--|;)\s*expect:\s*([A-Za-z_]+)\s*$", re.MULTILINE)
_EXPECT_LINES = 5


@click.command()
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--tests",
    "tests_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Test code. Without it a program passes when it ends with exit code 0.",
)
@click.option("--timeout", type=SECONDS, help=TIMEOUT_HELP + " Default: the policy's, 3 s.")
@click.option("--test-timeout", type=SECONDS, help=TEST_TIMEOUT_HELP)
@click.option("--memory", type=SIZE, help=MEMORY_HELP)
@click.option("--json", "as_json", is_flag=True, help="One JSON object per file, in the order of the files.")
@click.option("--endpoint", multiple=True, metavar="HOST:PORT", help="A running server. Default: a private one.")
@click.option("--backend", type=BACKENDS, help="What makes the boxes of a private server. Default: runsc.")
@click.option("--policy", default=DEFAULT_POLICY, show_default=True, help="A policy of the server.")
@click.option("--integrity", type=click.Choice([level.value for level in Integrity]), help=INTEGRITY_HELP)
@click.option("--language", default="python", show_default=True, help="A language of the server.")
def run(
    *,
    files: tuple[Path, ...],
    tests_file: Path | None,
    timeout: float | None,
    test_timeout: float | None,
    memory: int | None,
    as_json: bool,
    endpoint: tuple[str, ...],
    backend: str | None,
    policy: str,
    integrity: str | None,
    language: str,
) -> None:
    """Run programs, each in a box of its own, and say what became of them.

    Of one file everything is shown. Of several, one line each; a file with `# expect: CAUSE` in its first five lines is
    as it should be when that is its cause, any other file when it passes.

    Exit code: 0 when all is as it should be, 1 when not, 2 for wrong usage, 3 when the service failed.
    """
    tests = NoTests() if tests_file is None else SourceTests(read_file(tests_file))
    limits = requested_limits(timeout, memory, test_timeout_s=test_timeout)
    programs = [read_file(path) for path in files]
    level = None if integrity is None else Integrity(integrity)
    jobs = [
        _job(path, program, index, tests=tests, language=language, policy=policy, limits=limits, integrity=level)
        for index, (path, program) in enumerate(zip(files, programs, strict=True))
    ]
    slots = 1 if len(jobs) == 1 else None
    with connected(endpoint, backend=backend, slots=slots, languages=[language], policy=policy) as client:
        results = {int(result.job_id): result for result in client.run_many(jobs)}
    expected = [_expected(program) if len(files) > 1 else None for program in programs]
    if as_json:
        for index, path in enumerate(files):
            click.echo(json.dumps(_as_json(path, results[index], expected[index])))
    elif len(files) == 1:
        show_one(results[0])
    else:
        _show_table(files, results, expected)
    sys.exit(max(_exit_code(results[index], expected[index]) for index in range(len(files))))


def _job(path: Path, program: bytes, index: int, **fields: Any) -> Job:
    try:
        return Job(id=str(index), program=program, **fields)
    except JobRefusedError as error:
        raise JobRefusedError(f"{path}: {error.field}", error.reason) from error


def read_file(path: Path) -> bytes:
    """Return a file's bytes, capped just above what any server takes, so that an endless one ends.

    Raises:
        InputFileError: It cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(MESSAGE_BYTES_MAX + 1)
    except OSError as error:
        raise InputFileError(str(path), 0, f"cannot be read: {error.strerror or error}") from error


def _expected(program: bytes) -> str | None:
    """Return the cause that a program's first lines announce."""
    match = _EXPECT.search(b"\n".join(program.splitlines()[:_EXPECT_LINES]))
    return match[1].decode("ascii") if match else None


def _exit_code(result: JobResult, expected: str | None) -> int:
    if isinstance(result, ServiceError):
        return 2 if result.code is ServiceErrorCode.REFUSED else 3
    good = result.passed if expected is None else result.cause.value == expected
    return 0 if good else 1


def _as_json(path: Path, result: JobResult, expected: str | None) -> dict[str, Any]:
    fields: dict[str, Any] = {"file": str(path)} | result_fields(result)
    if expected is not None:
        fields["expected_cause"] = expected
    if isinstance(result, Verdict):
        fields["test_results"] = [
            {"index": test.index, "status": test.status.value, "message": test.message} for test in result.test_results
        ]
        for name, captured in (("stdout", result.stdout), ("stderr", result.stderr)):
            fields[name] = captured.data.decode("utf-8", "backslashreplace")
            fields[f"{name}_truncated"] = captured.truncated
    return fields


def _usage(verdict: Verdict) -> str:
    usage = verdict.usage
    starved = f" ({usage.starved_time_ms} ms of it waiting for a CPU)" if usage.starved_time_ms else ""
    return (
        f"{usage.cpu_time_ms} ms CPU, {usage.wall_time_ms} ms wall{starved}, "
        f"{usage.memory_peak_bytes / 2**20:.1f} MiB memory at most"
    )


def _evidence(verdict: Verdict) -> str:
    evidence = verdict.evidence
    limit = f", limit {evidence.limit_name} = {evidence.limit}" if evidence.limit_name else ""
    killed = "" if evidence.killed_by is KilledBy.NOBODY else f", ended by {evidence.killed_by.value.lower()}"
    return f"{evidence.counter} = {evidence.value}{limit}{killed}"


def show_one(result: JobResult) -> None:
    """Print all that there is to say about one result."""
    if isinstance(result, ServiceError):
        where = f"{result.field}: " if result.field else ""
        click.echo(f"service error: {result.code.value}: {where}{escaped(result.message)}")
        return
    click.echo(f"{result.status.value}: {result.cause.value}")
    if result.message:
        click.echo(f"message: {escaped(result.message)}")
    passed = result_fields(result)["tests_passed"]
    click.echo(f"tests:   {passed} of {result.tests_planned} passed, {result.integrity.value}")
    if result.evidence.counter:
        click.echo(f"because: {_evidence(result)}")
    click.echo(f"usage:   {_usage(result)}")
    if result.attempts > 1:
        click.echo(f"boxes:   {result.attempts}")
    if result.unenforced:
        click.echo(f"WARNING: limits that do not bind on this server: {', '.join(result.unenforced)}")
    _show_output("standard output", result.stdout)
    _show_output("standard error", result.stderr)


def _show_output(name: str, captured: Captured) -> None:
    if not captured.data:
        return
    click.echo(f"--- {name}{' (there was more)' if captured.truncated else ''}")
    text = decoded(captured.data)
    click.echo(text, nl=not text.endswith("\n"))


def _show_table(files: tuple[Path, ...], results: dict[int, JobResult], expected: list[str | None]) -> None:
    expectations = any(expected)
    table = Table("file", "verdict", "cause")
    if expectations:
        table.add_column("expected")
    for name in ("CPU ms", "wall ms", "MiB"):
        table.add_column(name, justify="right")
    table.add_column("what became of it", overflow="fold")
    for index, path in enumerate(files):
        result = results[index]
        if isinstance(result, ServiceError):
            cells = ["service error", result.code.value]
            numbers = ["", "", ""]
            message = f"{result.field}: {result.message}" if result.field else result.message
        else:
            cells = [result.status.value, result.cause.value]
            usage = result.usage
            numbers = [str(usage.cpu_time_ms), str(usage.wall_time_ms), f"{usage.memory_peak_bytes / 2**20:.0f}"]
            message = _summary(result)
        if expectations:
            wanted = expected[index]
            cells.append("" if wanted is None else "as expected" if wanted == cells[1] else f"MISMATCH: {wanted}")
        # Text, not str: a program's words are not markup.
        table.add_row(*(Text(escaped(cell)) for cell in (str(path), *cells, *numbers, message)))
    console = Console(highlight=False)
    if not console.is_terminal:
        # Nobody's window: do not break lines at a width that nobody set.
        console.width = 200
    console.print(table)


def _summary(verdict: Verdict) -> str:
    """Return the message, or the last line of output, which says more about a program that passed."""
    if verdict.message and not verdict.passed:
        return verdict.message
    lines = verdict.stdout.data[-4096:].decode("utf-8", "backslashreplace").split("\n")
    return next((line for line in reversed(lines) if line.strip()), verdict.message)[:200]
