"""Running the tools that images are made with, and saying why one failed."""

import errno
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sandbox.errors import ImageError

_CLEAN_ENV = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", "LC_ALL": "C.UTF-8"}


def run(command: Sequence[str], what: str, advice: str) -> str:
    """Run a tool, return its stdout, and raise its last lines when it fails."""
    env = {**os.environ, **_CLEAN_ENV} if command[0] != "docker" else None
    # To files, not pipes: some tools write megabytes.
    with tempfile.TemporaryFile() as out:
        try:
            done = subprocess.run(  # noqa: S603 - no shell, our own arguments
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, check=False
            )
        except OSError as error:
            raise ImageError(f"{what} failed: {command[0]}: {error.strerror}. {advice}") from error
        size = out.tell()
        out.seek(max(0, size - 8192))
        text = out.read().decode(errors="replace")
    if done.returncode == 0:
        return text
    if "No space left on device" in text:
        advice = "The disk is full: an image needs about 600 MB while it is built."
    last = "\n".join(f"  {line}" for line in text.strip().splitlines()[-12:])
    raise ImageError(f"{what} failed (exit code {done.returncode}):\n{last}\n{advice}")


def explain(error: OSError, state_dir: Path) -> str:
    """Say what an error of the file system means for whoever builds an image."""
    if error.errno == errno.ENOSPC:
        return f"the disk of {state_dir} is full: an image needs about 600 MB while it is built"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"cannot write to {state_dir} ({error.strerror}): build images as root, or set SANDBOX_STATE_DIR"
    return f"building the image failed: {error}"
