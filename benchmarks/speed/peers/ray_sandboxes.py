"""Ray Sandboxes (`ray` >= 2.60, Apache-2.0): a sandbox is created for each script, executes it, and is deleted."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.speed.contest import Way
from benchmarks.speed.peers.patience import TURN_S, patience
from benchmarks.speed.programs import Work
from sandbox.errors import SandboxError

_WORKER = Path(__file__).with_name("ray_worker.py")


@contextmanager
def ray_sandboxes(workers: int, environment: Path, image: Path, runsc: Path) -> Iterator[Way]:
    """Keep one process that has Ray.

    Args:
        workers: Sandboxes at once.
        environment: The folder that `benchmarks/speed/peers/get-ray` has made.
        image: An image's files as a tar, with python3.
        runsc: The same gVisor as ours.

    Raises:
        SandboxError: It does not run here; the text says why.
    """
    python = environment / "venv" / "bin" / "python"
    if not python.exists():
        raise SandboxError(f"no Ray in {environment}: run benchmarks/speed/peers/get-ray first")
    search = os.pathsep.join([str(environment / "bin"), str(runsc.parent), os.environ.get("PATH", os.defpath)])
    with subprocess.Popen(  # noqa: S603 - our own file, in an environment of our own making
        [str(python), str(_WORKER), str(workers), str(image)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=os.environ | {"PATH": search, "RAY_USAGE_STATS_ENABLED": "0"},
    ) as process:
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101
        requests, answers = process.stdin, process.stdout

        def run_all(works: Sequence[Work]) -> None:
            requests.write(json.dumps([work.script.decode() for work in works]).encode("ascii") + b"\n")
            requests.flush()
            with patience(process):
                line = answers.readline()
            if not line:
                raise SandboxError(f"Ray's process has ended, or has been killed after {TURN_S:.0f} s")
            if wrong := json.loads(line):
                raise SandboxError(f"Ray's sandbox: {wrong[0]}")

        # The first one unpacks the image, and may show that nothing works here.
        run_all([Work(script=b"pass")])
        yield run_all
        process.stdin.close()
