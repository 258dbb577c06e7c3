"""Policies' files and their folders, of which not all are what they should be."""

import os
import re
import stat
from pathlib import Path

NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")
"""What a policy may be called: its file's name, without the ending."""

_BYTES_MAX = 1_048_576


def by_name(folder: Path, ending: str = ".toml") -> dict[str, Path]:
    """Return the files of a folder by name, in order. What is hidden is an editor's."""
    return {path.stem: path for path in sorted(folder.glob(f"*{ending}")) if not path.name.startswith(".")}


def read_bytes(path: Path) -> bytes:
    """Read a file whole.

    Raises:
        OSError: It cannot be read, is no regular file, or is far larger than any policy.
    """
    # Without blocking: whoever opens a pipe waits until somebody writes into it.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("is no regular file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(_BYTES_MAX + 1)
    finally:
        os.close(descriptor)
    if len(data) > _BYTES_MAX:
        raise OSError(f"has more than {_BYTES_MAX} bytes")
    return data
