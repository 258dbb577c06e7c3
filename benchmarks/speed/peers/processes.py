"""Programs that get a script on standard input and end with 0: a bare interpreter, and `docker run`."""

import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.speed.contest import Way
from benchmarks.speed.programs import Work
from sandbox.errors import SandboxError

_TIMEOUT_S = 60


def bare_python(workers: int) -> Way:
    """Run each script in a process of this very interpreter, without any sandbox."""
    return _one_command_each([sys.executable, "-"], workers)


def docker_run(workers: int, image: str) -> Way:
    """Run each script in a container of its own, under gVisor.

    Args:
        workers: Containers at once.
        image: One with python3.

    Raises:
        SandboxError: It does not run here.
    """
    run = ["docker", "run", "--rm", "--interactive", "--runtime=runsc", "--network=none", "--entrypoint=python3"]
    way = _one_command_each([*run, image, "-"], workers)
    way([Work(script=b"pass")])
    return way


def _one_command_each(command: Sequence[str], workers: int) -> Way:
    def run(work: Work) -> None:
        try:
            done = subprocess.run(  # noqa: S603 - the command is ours, the scripts are HumanEval's own solutions
                command, input=work.script, capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise SandboxError(f"{command[0]} does not run here: {error}") from error
        if done.returncode != 0:
            raise SandboxError(
                f"{command[0]} ended with {done.returncode}: {done.stderr[-500:].decode(errors='replace')}"
            )

    def run_all(works: Sequence[Work]) -> None:
        with ThreadPoolExecutor(workers) as pool:
            for _ in pool.map(run, works):
                pass

    return run_all
