"""Ray's sandboxes, in the environment that has Ray. Started by ray_sandboxes.py.

    python ray_worker.py WORKERS IMAGE.tar

Reads one request per line from standard input, a JSON list of scripts; answers with one line, a JSON list of what went
wrong. For each script a sandbox is created, the script is executed in it, and the sandbox is deleted.
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor

from ray.experimental.sandbox.runtime import SandboxRuntime  # type: ignore[import-not-found,unused-ignore]


def main() -> int:
    """Answer until standard input ends."""
    workers, image = int(sys.argv[1]), sys.argv[2]
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    runtime = SandboxRuntime()

    def run(script: str) -> str:
        # A plain tar of files has no configuration that could say where programs are.
        box = runtime.create(image, env={"PATH": "/usr/local/bin:/usr/bin:/bin"})
        try:
            done = runtime.exec(box, ["python3", "-c", script], timeout=60.0)
        finally:
            runtime.delete(box)
        return "" if done.exit_code == 0 else f"exit code {done.exit_code}: {done.stderr[-500:]}"

    with ThreadPoolExecutor(workers) as pool:
        for line in sys.stdin.buffer:
            try:
                wrong = [text for text in pool.map(run, json.loads(line)) if text]
            except Exception as error:  # noqa: BLE001 - whatever Ray raises is its answer
                wrong = [f"{type(error).__name__}: {error}"]
            answers.write(json.dumps(wrong).encode("ascii") + b"\n")
            answers.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
