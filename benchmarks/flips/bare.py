"""The host's side of the unsandboxed harness: starts it confined, feeds it, and ends all of it."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.flips.data import Item
from sandbox.errors import SandboxError

# The harness itself gives up on a program a second after its time; on a machine this busy, many times as late.
_SILENCE_S = 120.0
_TRIES = 2
_MESSAGE_CHARACTERS = 200
# For each process. Each thread of the harness reserves a stack of 8 MiB and some more, which its children inherit.
_MEMORY_BYTES = 1 << 30
_THREAD_BYTES = 16 << 20
_NAMESPACES = ("--net", "--mount", "--pid", "--ipc", "--uts", "--fork", "--kill-child", "--propagation", "private")
_HERE = Path(__file__).parent


class _SilentError(Exception):
    """The harness has not answered for a long time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BareHarness:
    """Labels items without boxes.

    Attributes:
        workers: Programs that run at the same time.
        most_workers: The most in any phase: what a process may have must not depend on the phase.
        timeout_s: Seconds of wall time for each program, the only limit that this harness has.
    """

    workers: int
    most_workers: int
    timeout_s: float

    def label(self, items: Sequence[Item]) -> Iterator[tuple[Item, dict[str, Any]]]:
        """Yield each item with its answer, in order of completion.

        Raises:
            SandboxError: The harness does not start.
        """
        left = deque(items)
        tries: dict[int, int] = {}
        while left:
            running: dict[int, Item] = {}
            process = self._start()
            try:
                yield from self._converse(process, left, running)
            except _SilentError:
                for item in running.values():
                    tries[item.index] = tries.get(item.index, 0) + 1
                    if tries[item.index] < _TRIES:
                        left.appendleft(item)
                    else:
                        yield item, {"verdict": "HUNG", "cause": "", "message": "", "wall_time_ms": 0}
            finally:
                # The group has `unshare`; the kernel ends whatever else is in the namespaces with their first process.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start(self) -> subprocess.Popen[bytes]:
        memory_bytes = _MEMORY_BYTES + self.most_workers * _THREAD_BYTES
        confined = [sys.executable, "-I", str(_HERE / "confine.py"), str(memory_bytes)]
        harness = [sys.executable, "-I", str(_HERE / "harness.py"), str(self.workers), str(self.timeout_s)]
        return subprocess.Popen(  # noqa: S603 - our own files, no shell
            ["unshare", *_NAMESPACES, *confined, *harness],  # noqa: S607 - util-linux, wherever it is
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LANG": "C.UTF-8",
                "HOME": "/dev/shm",  # noqa: S108 - its only writable place, a tmpfs of its own
                "TMPDIR": "/dev/shm",  # noqa: S108
                # Each arena would reserve 64 MiB for each thread.
                "MALLOC_ARENA_MAX": "2",
            },
            start_new_session=True,
        )

    def _converse(
        self, process: subprocess.Popen[bytes], left: deque[Item], running: dict[int, Item]
    ) -> Iterator[tuple[Item, dict[str, Any]]]:
        assert process.stdin is not None  # noqa: S101 - we asked for pipes
        answers = _answers(process)
        first = _next(answers)
        if "ready" not in first:
            raise SandboxError(f"the unsandboxed harness does not start: {first.get('broken', 'it ended')}")
        while left or running:
            while left and len(running) < self.workers:
                item = left.popleft()
                running[item.index] = item
                process.stdin.write(json.dumps(_request(item)).encode("ascii") + b"\n")
            process.stdin.flush()
            answer = _next(answers)
            if "index" not in answer:
                raise _SilentError
            yield running.pop(answer["index"]), _facts(answer)


def _request(item: Item) -> dict[str, Any]:
    problem = {name: getattr(item.problem, name) for name in ("task_id", "prompt", "entry_point", "test")}
    return {"index": item.index, "problem": problem, "completion": item.completion}


def _facts(answer: dict[str, Any]) -> dict[str, Any]:
    result = str(answer["result"])
    verdict = {"passed": "PASSED", "timed out": "TIMED_OUT"}.get(result, "FAILED")
    return {
        "verdict": verdict,
        # It has none.
        "cause": "",
        "message": result[:_MESSAGE_CHARACTERS],
        "wall_time_ms": answer["elapsed_ms"],
    }


def _answers(process: subprocess.Popen[bytes]) -> "queue.SimpleQueue[dict[str, Any]]":
    """Read in a thread, so that silence can be noticed. An empty answer is the end."""
    found: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    stream = process.stdout
    assert stream is not None  # noqa: S101 - we asked for pipes

    def read() -> None:
        for line in stream:
            found.put(json.loads(line))
        found.put({})

    threading.Thread(target=read, name="bare-answers", daemon=True).start()
    return found


def _next(answers: "queue.SimpleQueue[dict[str, Any]]") -> dict[str, Any]:
    try:
        return answers.get(timeout=_SILENCE_S)
    except queue.Empty:
        raise _SilentError from None
