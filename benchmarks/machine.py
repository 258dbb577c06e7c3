"""Where something was measured, and with what: a figure without it is worth nothing."""

import asyncio
import datetime as dt
import hashlib
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sandbox
from sandbox import host
from sandbox.boxes.version import runsc_version
from sandbox.server import find_runsc


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """The machine and the software of a measurement.

    Attributes:
        cores: Those that we may use.
        memory_bytes: All of it.
        kernel: The host's release.
        runsc_version: gVisor's.
        python_version: The interpreter outside of boxes.
        code: A digest of the package's source, policies and images, so that results of two versions are never mixed.
        date: When the measurement began, UTC.
    """

    cores: int
    memory_bytes: int
    kernel: str
    runsc_version: str
    python_version: str
    code: str
    date: str

    def facts(self) -> dict[str, Any]:
        """Everything but the date: what must be the same for results to belong together."""
        facts = asdict(self)
        del facts["date"]
        return facts


def told(facts: Mapping[str, Any]) -> str:
    """Return a machine's facts as one line for a report."""
    return (
        f"{facts['cores']} cores, {facts['memory_bytes'] / 2**30:.1f} GiB, Linux {facts['kernel']}, "
        f"runsc {facts['runsc_version']}, Python {facts['python_version']}, code {facts['code'][:12]}"
    )


def look() -> Machine:
    """Look at this machine.

    Raises:
        BackendError: There is no gVisor here.
    """
    seen = host.look()
    return Machine(
        cores=seen.cores,
        memory_bytes=seen.memory_bytes,
        kernel=host.kernel_release(),
        runsc_version=asyncio.run(runsc_version(find_runsc(None))),
        python_version=platform.python_version(),
        code=_code_digest(),
        date=dt.datetime.now(dt.UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def _code_digest() -> str:
    package = Path(sandbox.__file__).parent
    files = [*package.rglob("*.py"), *(package.parent / "policies").rglob("*"), *(package.parent / "images").rglob("*")]
    digest = hashlib.sha256()
    for path in sorted(path for path in files if path.is_file() and "__pycache__" not in path.parts):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package.parent)} {len(content)}\n".encode() + content)
    return digest.hexdigest()
