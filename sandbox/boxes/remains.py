"""Looks for what a box may have left on the host: processes, cgroups, files."""

import os
from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")


def remains_of(box_id: str, run_dir: Path, cgroups: Path = _CGROUPS) -> tuple[str, ...]:
    """List what is there of a box, by its id, which processes carry in their command line and folders in their name.

    Args:
        box_id: The box; on a Docker Engine the first characters of its container's id.
        run_dir: Where running servers have their folders.
        cgroups: Where cgroups are mounted.
    """
    found = [
        f"process {process.pid}"
        for process in psutil.process_iter(["cmdline"])
        if any(box_id in argument for argument in process.info["cmdline"] or ())
    ]
    for root in (cgroups, run_dir):
        # os.walk: what goes away while it is being listed is not an error.
        for folder, folders, files in os.walk(root):
            found += [str(Path(folder, name)) for name in (*folders, *files) if box_id in name]
    return tuple(found)
