"""Asks a runsc binary for its version."""

import asyncio
import re
from pathlib import Path

from sandbox.errors import BackendError

_VERSION = re.compile(r"runsc version (\S+)")


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
