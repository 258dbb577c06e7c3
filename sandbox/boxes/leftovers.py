"""A folder for each running server, held by a lock; and the removal of what servers that died have left.

`/run/sandbox/<backend>/<instance>/` holds a lock file and one folder per box. The kernel drops the lock when its holder
dies in any way, so a folder whose lock can be taken belongs to nobody.
"""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import BackendError

_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Instance:
    """One running server's place."""

    name: str
    folder: Path
    lock_fd: int

    def release(self) -> None:
        """Remove the folder and give the lock up."""
        remove(self.folder)
        os.close(self.lock_fd)


def claim(run_dir: Path) -> Instance:
    """Make a folder for this server.

    Raises:
        BackendError: It cannot be made.
    """
    name = secrets.token_hex(4)
    folder = run_dir / name
    # Locked before it has its name: another server that starts now must not take it for abandoned.
    unnamed = run_dir / f".{name}"
    try:
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        unnamed.mkdir(mode=0o700)
        lock_fd = os.open(unnamed / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unnamed.rename(folder)
        except OSError:
            os.close(lock_fd)
            raise
    except OSError as error:
        remove(unnamed)
        raise BackendError(f"cannot make {folder}: {error}: run as root, or set SANDBOX_RUN_DIR") from error
    return Instance(name, folder, lock_fd)


def abandoned(run_dir: Path) -> Iterator[Path]:
    """Yield the folders of servers that are gone, each locked while it is yielded."""
    if not run_dir.is_dir():
        return
    for folder in sorted(run_dir.iterdir()):
        if folder.name.startswith("."):
            continue
        try:
            lock_fd = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield folder
        finally:
            os.close(lock_fd)


def remove(folder: Path) -> None:
    """Remove a server's folder. No box ever wrote into it: nothing in it was made by a job."""
    shutil.rmtree(folder, ignore_errors=True)
