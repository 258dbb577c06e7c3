"""Asks a runsc binary for its version, and tells it from others."""

import asyncio
import re
from pathlib import Path

from sandbox.errors import BackendError

_VERSION = re.compile(r"runsc version (\S+)")


def runsc_identity(runsc: Path) -> str:
    """Return what tells this binary from another one, also of the same version: its place, size and time of change.

    Raises:
        BackendError: It is not there.
    """
    try:
        path = runsc.resolve()
        status = path.stat()
    except OSError as error:
        raise BackendError(f"cannot look at {runsc}: {error}: install gVisor with scripts/install-gvisor") from error
    return f"{path} {status.st_size} {status.st_mtime_ns}"


async def runsc_version(runsc: Path) -> str:
    """Return what `runsc --version` says.

    Raises:
        BackendError: The binary does not run or does not say.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            str(runsc), "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
    except OSError as error:
        raise BackendError(f"cannot run {runsc}: {error}: install gVisor with scripts/install-gvisor") from error
    found = _VERSION.search(output.decode("utf-8", "replace"))
    if process.returncode != 0 or found is None:
        raise BackendError(f"{runsc} does not say its version: install gVisor with scripts/install-gvisor")
    return found.group(1)
