"""A proof that is kept: a small file that says for what exactly all limits were found to bind.

A server of somebody's own, which lives as long as one command, relies on it instead of proving everything each time.
It holds for this boot, and for the very same runtime, policy, image, backend, package and machine; a failed proof is
never kept. Only its owner can write it: it lies where only root, or whoever runs the server, can write.
"""

import contextlib
import json
import os
import stat
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from sandbox.boxes.box import Backend
from sandbox.doctor.machine import swap_is_on
from sandbox.language import Language
from sandbox.policy import Policy
from sandbox.version import VERSION

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BYTES_MAX = 4_096
_KEPT_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a proof is about; it holds as long as all of this is the same."""

    boot_id: str
    runsc: str
    runsc_version: str
    policy: str
    policy_digest: str
    image_digest: str
    backend: str
    package_version: str
    cgroup_layout: str
    has_swap: bool


def proof_of(*, backend: Backend, policy: Policy, language: Language, layout: str) -> Proof:
    """Return what a proof would be about, here and now."""
    return Proof(
        boot_id=_BOOT_ID.read_text().strip(),
        runsc=backend.runsc_identity,
        runsc_version=backend.runsc_version,
        policy=policy.name,
        policy_digest=policy.digest,
        image_digest=backend.image_digest(language.name),
        backend=backend.name,
        package_version=VERSION,
        cgroup_layout=layout,
        has_swap=swap_is_on(),
    )


def is_kept(proof: Proof, folder: Path) -> bool:
    """Tell whether just this was proven before."""
    path = _path(proof, folder)
    try:
        if not _is_ours_alone(folder.lstat()):
            return False
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            return _is_ours_alone(os.fstat(descriptor)) and file.read(_BYTES_MAX) == _text(proof)
    except OSError:
        return False


def keep(proof: Proof, folder: Path) -> None:
    """Write a proof down; that it cannot be is no harm, it is only made again."""
    with contextlib.suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Whole or not at all: another server may read it at any time.
        descriptor, name = tempfile.mkstemp(prefix=".proof-", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_text(proof))
            Path(name).rename(_path(proof, folder))
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        # One for each policy that was ever tried would be many.
        by_age = sorted(folder.glob("proof-*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in by_age[_KEPT_MAX:]:
            path.unlink(missing_ok=True)


def forget(proof: Proof, folder: Path) -> None:
    """Remove what was kept about this policy on this backend."""
    with contextlib.suppress(OSError):
        _path(proof, folder).unlink(missing_ok=True)


def _path(proof: Proof, folder: Path) -> Path:
    return folder / f"proof-{proof.backend}-{proof.policy_digest.removeprefix('sha256:')[:16]}.json"


def _text(proof: Proof) -> bytes:
    return json.dumps(asdict(proof), indent=1, sort_keys=True).encode() + b"\n"


def _is_ours_alone(status: os.stat_result) -> bool:
    return status.st_uid == os.geteuid() and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
