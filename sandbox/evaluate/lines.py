"""JSON objects, one per line, in files that may be gzipped and may be wrong."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sandbox.errors import InputFileError


def read_objects(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield each line's number (from 1) and object. Empty lines do not count. The file is never held as a whole.

    Raises:
        InputFileError: The file cannot be read, or a line is not a JSON object.
    """
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _parse(path, number, line)
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputFileError(str(path), number, f"cannot be read: {reason}") from error


def _parse(path: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputFileError(str(path), number, f"not JSON: {error}") from error
    if not isinstance(value, dict):
        raise InputFileError(str(path), number, f"not a JSON object but {type(value).__name__}")
    return value


def text_field(path: Path, number: int, record: dict[str, Any], name: str) -> str:
    """Return a field that must be there and must be a string.

    Raises:
        InputFileError: It is not.
    """
    value = record.get(name)
    if name not in record:
        raise InputFileError(str(path), number, f"the field {name!r} is missing")
    if not isinstance(value, str):
        raise InputFileError(str(path), number, f"the field {name!r} must be a string, not {type(value).__name__}")
    return value
