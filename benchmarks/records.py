"""Results as JSON lines that survive a kill: what is in the file is done, what is not there was in flight."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from sandbox.errors import InputFileError, SandboxError

Record = dict[str, Any]

_CLAIM = "run.json"


class Records:
    """One file of records, added to and never rewritten.

    Args:
        path: The file; made when it is not there.

    Raises:
        InputFileError: A line of it is no record.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = path.open("a+b")
        # A kill may have left half a line. It counts as not written.
        self._file.seek(0)
        content = self._file.read()
        self._file.truncate(content.rfind(b"\n") + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __iter__(self) -> Iterator[Record]:
        yield from read(self._path)

    def add(self, record: Record) -> None:
        """Add one record, and hand it to the operating system at once."""
        self._file.write(json.dumps(record).encode("ascii") + b"\n")
        self._file.flush()


def read(path: Path) -> Iterator[Record]:
    """Yield the records of a file, without a last half line. A file that is not there has none.

    Raises:
        InputFileError: A line is no record.
    """
    if not path.exists():
        return
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.endswith(b"\n"):
                return
            try:
                record = json.loads(line)
            except ValueError as error:
                raise InputFileError(str(path), number, f"not JSON: {error}") from error
            if not isinstance(record, dict):
                raise InputFileError(str(path), number, "not a record")
            yield record


def claim(folder: Path, facts: Record, date: str) -> None:
    """Make `folder` the place for results under these facts, or check that it is.

    Raises:
        SandboxError: It has results under other facts; a figure made of both would mean nothing.
    """
    path = folder / _CLAIM
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"date": date, "facts": facts}, indent=1) + "\n")
        return
    found = claimed(folder)["facts"]
    others = [name for name in sorted(found.keys() | facts.keys()) if found.get(name) != facts.get(name)]
    if others:
        told = "; ".join(f"{name} was {found.get(name)!r} and is {facts.get(name)!r}" for name in others)
        raise SandboxError(f"{folder} has results of another run: {told}. Name another --out, or remove it")


def claimed(folder: Path) -> Record:
    """Return when the results in `folder` were begun, and under which facts.

    Raises:
        SandboxError: There are none.
    """
    try:
        found = json.loads((folder / _CLAIM).read_text())
    except FileNotFoundError:
        raise SandboxError(f"{folder} has no results") from None
    assert isinstance(found, dict)  # noqa: S101 - we wrote it
    return found
