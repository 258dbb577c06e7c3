"""Which layout this machine has."""

from pathlib import Path

from sandbox.boxes.cgroups.protocol import Hierarchy
from sandbox.boxes.cgroups.v1 import HierarchyV1, v1_controllers
from sandbox.boxes.cgroups.v2 import HierarchyV2
from sandbox.errors import BackendError

_ROOT = Path("/sys/fs/cgroup")
_V1_NEEDED = ("cpu", "cpuacct", "memory", "pids")


def detect(parent: str, root: Path = _ROOT, *, unified: bool = True) -> Hierarchy:
    """Find out how this machine has cgroups.

    Args:
        parent: Folder for the boxes' cgroups, below the root of the hierarchy, such as `sandbox/<instance>`.
        root: Where cgroups are mounted.
        unified: Whether to use the unified hierarchy beside v1 controllers; not when somebody else manages it.

    Raises:
        BackendError: There is no way to limit a box here.
    """
    controllers = root / "cgroup.controllers"
    if controllers.is_file():
        missing = {"cpu", "memory", "pids"} - set(controllers.read_text().split())
        if missing:
            raise BackendError(
                f"the kernel offers no cgroup v2 controller {', '.join(sorted(missing))}: boxes cannot be limited"
            )
        return HierarchyV2(root, parent)
    missing = {name for name in _V1_NEEDED if not (root / name).is_dir()}
    if missing:
        raise BackendError(
            f"no cgroup controller {', '.join(sorted(missing))} below {root}: boxes cannot be limited; mount cgroup2"
        )
    beside = root / "unified"
    has_unified = unified and (beside / "cgroup.controllers").is_file()
    return HierarchyV1(v1_controllers(root), beside if has_unified else None, parent)
