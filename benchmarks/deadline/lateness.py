"""From what is known about a time-out to how late its verdict came. Pure: a record in, milliseconds out.

The moment at which a box got its job is on no clock of ours, so the deadline is held between two others:

* Not before: the client sent the job, and the server says how long it then waited in the queue and how long its box
  took to start. Counted from there, the verdict came *at most* so late: delivery, both ways, is in it. Known only for
  jobs of one box, as the server tells these times of the last one alone.
* Not after: the program said what time it was as its first deed, by a clock that gVisor takes from the host. Counted
  from there, the verdict came *at least* so late: the first steps in the box are not in it.

Of a time-out that was confirmed by a run alone, the deadline is that run's.

The deadline itself is a time after that moment. For wall time that is the limit and the time in which others had the
CPU, which does not count; or the hard cap, as it is. For CPU time it is when the CPU time was used up, and nobody saw
when that was. It is taken as if the box had used CPU time evenly until its end.
"""

import math
from collections.abc import Sequence

from benchmarks.records import Record


def allowed_ms(record: Record) -> float:
    """Return how long after its start the job's deadline was."""
    if record["cause"] == "CPU_TIME_LIMIT":
        return float(record["wall_time_ms"] * record["limit"] / max(record["cpu_time_ms"], record["limit"]))
    if record["limit_name"] == "wall_time_ms":
        return float(record["limit"] + record["starved_time_ms"])
    return float(record["limit"])


def stopped_late_ms(record: Record) -> float:
    """Return how long after its deadline the box was dead, by the server's own clock."""
    return float(record["wall_time_ms"] - allowed_ms(record))


def at_most_ms(record: Record) -> float | None:
    """Return the most that the verdict's arrival can have been late; None when nobody can say."""
    if record["attempts"] > 1:
        return None
    before = record["queue_time_ms"] + record["box_start_ms"]
    return float(record["sent_to_verdict_ms"] - before - allowed_ms(record))


def at_least_ms(record: Record) -> float | None:
    """Return the least; None when the program did not say what time it was."""
    since_start_ms = record["start_to_verdict_ms"]
    return None if since_start_ms is None else float(since_start_ms - allowed_ms(record))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that so large a share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
