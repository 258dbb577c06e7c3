"""What to do about a limit that does not bind."""

from dataclasses import replace

from sandbox.doctor.finding import Finding, FindingStatus
from sandbox.doctor.gvisor import why_too_old
from sandbox.doctor.machine import Machine

_IMAGE = "the box's own kernel holds it: sandbox images build, so that image and package are of one version"
_CPU = "boxes must be in cgroups that this kernel counts: mount cgroup2, or cpu and cpuacct, below /sys/fs/cgroup"
_MEMORY = "boot with cgroup_enable=memory, and mount cgroup2, or memory, below /sys/fs/cgroup"
_SWAP = "swap is on and nothing keeps a box from it: swapoff -a, or boot with swapaccount=1"
_OUTPUT = "the agent in the image counts it: sandbox images build"
_FIXES = {
    "cpu_time_ms": _CPU,
    "cpu_quota_percent": "the kernel needs CONFIG_CFS_BANDWIDTH, and cgroup2, or cpu, below /sys/fs/cgroup",
    "wall_time_ms": "the machine may be too busy to be on time: fewer slots (--slots), or fewer other programs",
    "kill": "the machine may be too busy to be on time: fewer slots (--slots); needs cgroup2 to kill a box as a whole",
    "memory_bytes": _MEMORY,
    "processes_max": _IMAGE,
    "open_files_max": _IMAGE,
    "disk_bytes": _IMAGE,
    "shm_bytes": _IMAGE,
    "output_bytes": _OUTPUT,
    "output_hard_bytes": _OUTPUT,
    "network": "the runtime must have no network: remove --network=host from the Engine's settings of runsc",
    "read_only_root": "files of the image belong to the box's user or can be written: sandbox images build",
    "identity": "uid and gid in the policy must not be root's, and the runtime must be runsc",
    "system_calls": "the filters are not on. Docker: scripts/dev-docker gives the runtime --oci-seccomp. Else: "
    "sandbox images build, and a runsc whose kernel knows seccomp",
    "view": "programs see other cores or memory than they have: a newer runsc, and cgroups that it can read",
}
_OF_THE_RUNTIME = frozenset(_FIXES) - {"cpu_time_ms", "cpu_quota_percent", "wall_time_ms", "kill", "output_bytes"}
"""What an old runsc may be the reason for."""


def with_fix(finding: Finding, machine: Machine) -> Finding:
    """Return the finding with what to do about it on this machine."""
    # A note is about the machine's day, not about something to mend; except for what programs see of it.
    if finding.fix or finding.status is FindingStatus.OK:
        return finding
    if finding.status is FindingStatus.NOTE and finding.name != "view":
        return finding
    if finding.status is FindingStatus.UNKNOWN:
        return replace(finding, fix="what kept the probe from running comes first; then run this again")
    fixes = [_FIXES.get(finding.name, "see docs/doctor.md")]
    if finding.name == "memory_bytes" and machine.has_swap and not machine.swap_limited:
        fixes = [_SWAP]
    if finding.name in _OF_THE_RUNTIME and (why := why_too_old(machine.runsc_version)) is not None:
        fixes.append(f"this runsc {why}: scripts/install-gvisor")
    return replace(finding, fix="; ".join(fixes))
