"""Reading and writing the small files of a cgroup file system.

Names are plain strings where a box has dozens of them: putting them together as paths takes longer than reading.
"""

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from sandbox.errors import BackendError

_MAKE_TRIES = 10
_READ_BYTES = 65_536


def text(path: Path | str) -> str:
    """Return a file of a cgroup.

    By system calls alone: a dozen are read for each box, and Python's files cost more than the kernel's part.

    Raises:
        OSError: It cannot be read.
    """
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts = []
        # The kernel gives a page at a time.
        while part := os.read(fd, _READ_BYTES):
            parts.append(part)
    finally:
        os.close(fd)
    return b"".join(parts).decode()


def tell(path: Path | str, value: str) -> None:
    """Write to a file of a cgroup, in one piece.

    Raises:
        OSError: It cannot be written.
    """
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, value.encode())
    finally:
        os.close(fd)


def write(path: Path | str, value: str) -> None:
    """Set a file of a cgroup.

    Raises:
        BackendError: The kernel refuses it.
    """
    try:
        tell(path, value)
    except OSError as error:
        raise BackendError(f"cannot set {path} to {value}: {error}") from error


def field(path: Path | str, name: str) -> int:
    """Return a number from a file of lines `name number`.

    Raises:
        BackendError: There is no such line.
    """
    value = optional_field(path, name)
    if value is None:
        raise BackendError(f"{path} has no field {name}: this kernel cannot tell why a box died")
    return value


def optional_field(path: Path | str, name: str) -> int | None:
    """Return a number from a file of lines `name number`; None when there is no such line."""
    for line in text(path).splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return None


def without_cache(memory_bytes: int, stat: Path | str, *, cache: str) -> int:
    """Return memory without the cache of files, by a `memory.stat`. What is shared or in a tmpfs is no cache."""
    cached = field(stat, cache) - field(stat, "shmem")
    return memory_bytes - max(0, cached)


def pids(path: Path | str) -> set[int]:
    """Return the processes in a folder and those below it."""
    found: set[int] = set()
    for folder in (str(path), *_descendants(path)):
        with gone_is_empty():
            found |= {int(line) for line in text(f"{folder}/cgroup.procs").split()}
    # 0 is a process outside our view of pids; it cannot be ours.
    return found - {0}


@contextlib.contextmanager
def gone_is_empty() -> Iterator[None]:
    """A cgroup that is gone, or goes while it is read, has nobody in it. Any other error says nothing of the kind."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOENT, errno.ENODEV}:
            raise


def _descendants(path: Path | str) -> Iterator[str]:
    for name in folders(path):
        yield f"{path}/{name}"
        yield from _descendants(f"{path}/{name}")


def folders(path: Path | str) -> list[str]:
    """List the folders in a folder; none when it is not there."""
    try:
        return sorted(entry.name for entry in os.scandir(path) if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []


def exists(path: str) -> bool:
    """Tell whether something of this name is there."""
    return os.path.exists(path)  # noqa: PTH110 (a name, see above)


def make_one(path: str) -> None:
    """Make a folder in one that is there; it may be there already.

    Raises:
        OSError: It cannot be made.
    """
    try:
        os.mkdir(path)  # noqa: PTH102 (a name, see above)
    except FileExistsError:
        if not os.path.isdir(path):  # noqa: PTH112
            raise


def make_folder(path: Path) -> None:
    """Make a folder and the one above it, which another server that is just ending may take away in between."""
    for _ in range(_MAKE_TRIES):
        with contextlib.suppress(FileNotFoundError):
            path.mkdir(parents=True, exist_ok=True)
            return
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def remove_tree(path: Path | str) -> None:
    """Remove a cgroup and those in it."""
    for folder in [*reversed(list(_descendants(path))), path]:
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(folder)  # noqa: PTH106 (a name, see above)


def rmdir_empty_ones(folder: Path) -> None:
    """Remove the folders in a folder that are empty."""
    for name in folders(folder):
        with contextlib.suppress(OSError):
            (folder / name).rmdir()


def rmdir_if_empty(path: Path) -> None:
    """Remove a server's folder, and the one above it if no other server has one there."""
    with contextlib.suppress(OSError):
        path.rmdir()
        path.parent.rmdir()
