"""One cgroup per box, made by us, limited by us, read by us, on every layout that Linux machines have.

`v2`: one hierarchy with everything. `v1`: one hierarchy for each controller. `mixed`: the controllers on v1, and beside
them the unified hierarchy without any, as systemd's hybrid mode has it; from there come CPU time, pressure and the kill
that misses nobody. Everything here is a handful of small reads and writes on a kernel file system, so it is
synchronous; only waiting for the end of a box is not.
"""

from sandbox.boxes.cgroups.alarm import Alarm
from sandbox.boxes.cgroups.detect import detect
from sandbox.boxes.cgroups.ending import StuckError, kill_all, remove
from sandbox.boxes.cgroups.protocol import Cgroup, Hierarchy

__all__ = ["Alarm", "Cgroup", "Hierarchy", "StuckError", "detect", "kill_all", "remove"]
