"""The OCI spec of a box: a constant template plus what the policy decided. No client's text is in it."""

import json
from pathlib import Path
from typing import Any

from sandbox.boxspec import BoxSpec
from sandbox.seccomp.roles import around_the_box

_MOUNT_OPTIONS = ("nosuid", "nodev", "mode=1777")
_CAPABILITY_SETS = ("bounding", "effective", "inheritable", "permitted", "ambient")
_NAMESPACES = ("pid", "network", "ipc", "uts", "mount")

SHIFTED_TO = 2_000_000_000
"""The host's id of a box's root, where ids are shifted: no account's, nor one that a container manager gives out."""

SHIFTED_IDS = 65_536
_AGENT_OPEN_FILES_MAX = 4_096
HOSTNAME = "sandbox"


def oci_spec(spec: BoxSpec, *, erofs_image: Path, empty_root: Path, cgroup_path: str, shifted: bool) -> bytes:
    """Return the box's `config.json`.

    Args:
        spec: The box.
        erofs_image: Its root file system.
        empty_root: A folder with nothing in it, for runtimes that insist on one.
        cgroup_path: Its cgroup, which is there.
        shifted: Whether whoever breaks out of gVisor's kernel is nobody on the host: the box gets a user namespace
            whose ids are others there.

    The root file system is an EROFS image that gVisor's kernel maps by itself: no gofer process, nothing of the host's
    file system is reachable, and all boxes share its page cache. The only mounts are sized tmpfs.
    """
    limits, rules = spec.limits, spec.rules
    document: dict[str, Any] = {
        "ociVersion": "1.0.2",
        "hostname": HOSTNAME,
        "root": {"path": str(empty_root), "readonly": True},
        "annotations": {
            "dev.gvisor.spec.rootfs.source": str(erofs_image),
            "dev.gvisor.spec.rootfs.type": "erofs",
        },
        "process": {
            "user": {"uid": rules.uid, "gid": rules.gid},
            "args": list(spec.command),
            "env": [f"{name}={value}" for name, value in spec.environment],
            "cwd": "/",
            "noNewPrivileges": True,
            "capabilities": {name: [] for name in _CAPABILITY_SETS},
            # The agent's own; the program's are set inside, where they count its processes alone.
            "rlimits": [
                {"type": "RLIMIT_NOFILE", "soft": _AGENT_OPEN_FILES_MAX, "hard": _AGENT_OPEN_FILES_MAX},
                {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
            ],
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "nodev", "noexec"]},
            _tmpfs("/tmp", limits.disk_bytes),  # noqa: S108 (the box's own)
            _tmpfs("/dev/shm", rules.shm_bytes),  # noqa: S108
        ],
        "linux": {
            "namespaces": [{"type": name} for name in (*_NAMESPACES, *(("user",) if shifted else ()))],
            # The cgroup is made and limited beforehand: runsc finds it there, and neither changes nor removes it.
            "cgroupsPath": cgroup_path,
            "seccomp": around_the_box(spec.system_calls).as_oci(),
        },
    }
    if shifted:
        shift = {"containerID": 0, "hostID": SHIFTED_TO, "size": SHIFTED_IDS}
        document["linux"] |= {"uidMappings": [shift], "gidMappings": [shift]}
    return json.dumps(document).encode()


def _tmpfs(destination: str, size_bytes: int) -> dict[str, Any]:
    return {
        "destination": destination,
        "type": "tmpfs",
        "source": "tmpfs",
        "options": [*_MOUNT_OPTIONS, f"size={size_bytes}"],
    }
