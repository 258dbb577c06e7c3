"""This service, as its clients use it."""

import time
from collections.abc import Sequence
from contextlib import closing

from benchmarks.speed.contest import Way
from benchmarks.speed.programs import Work
from sandbox import Client, Integrity, Verdict
from sandbox.errors import SandboxError

_POLL_S = 0.005


def ours(client: Client, in_flight: int, integrity: Integrity | None = None) -> Way:
    """Return our way: one box for each job.

    Args:
        client: Of a server.
        in_flight: Unanswered jobs at once; more than slots, so that none is ever empty.
        integrity: None for the default: tests apart from the program.
    """

    def run_all(works: Sequence[Work]) -> None:
        jobs = (work.job(integrity) for work in works)
        with closing(client.run_many(jobs, in_flight_max=in_flight)) as results:
            for result in results:
                if not isinstance(result, Verdict) or not result.passed:
                    what = result.cause if isinstance(result, Verdict) else result.code
                    raise SandboxError(f"a program that is right: {what.value} {result.message}")
        # A verdict does not wait until its box is gone. The others' turns end when theirs are.
        while client.server_info().jobs_running:
            time.sleep(_POLL_S)

    return run_all
