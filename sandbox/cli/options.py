"""Options that several commands share, and the units that people write."""

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click

from sandbox.client.local import local
from sandbox.client.sync import Client
from sandbox.errors import JobRefusedError
from sandbox.language import load_languages
from sandbox.limits import RequestedLimits
from sandbox.paths import data_dir
from sandbox.policy import DEFAULT_POLICY

_TIMEOUT_MAX_S = 86_400
_UNITS = {"": 1, "B": 1, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "KB": 10**3, "MB": 10**6, "GB": 10**9}
_SIZE = re.compile(r"([0-9]+)\s*([A-Za-z]*)", re.ASCII)


class Seconds(click.ParamType[float]):
    """A number of seconds, given to limits as whole milliseconds."""

    name = "seconds"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; NaN, infinity, what is too small for a millisecond and what is over a day are errors."""
        try:
            seconds = float(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a number of seconds", param, ctx)
        # A NaN is neither smaller nor larger than anything, so it is asked for by name.
        if not math.isfinite(seconds) or not 0.001 <= seconds <= _TIMEOUT_MAX_S:
            self.fail(f"{value} must be between 0.001 and {_TIMEOUT_MAX_S} seconds", param, ctx)
        return seconds


class Size(click.ParamType[int]):
    """A number of bytes, with a unit if you like."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        match = _SIZE.fullmatch(str(value).strip())
        if match is None or match[2].upper() not in _UNITS or len(match[1]) > 18:
            self.fail(f"{value!r} is not a size such as 256MiB", param, ctx)
        size = int(match[1]) * _UNITS[match[2].upper()]
        if not 0 < size < 2**63:
            self.fail(f"{value!r} is no size that any machine has", param, ctx)
        return size


SECONDS = Seconds()
SIZE = Size()
BACKENDS = click.Choice(["runsc", "docker"])

TIMEOUT_HELP = (
    "Seconds of CPU time a program may use. CPU time, so that a busy machine does not change labels; the wall clock is "
    "only the backstop against sleepers, at twice as much."
)
TEST_TIMEOUT_HELP = (
    "Seconds of CPU time each test may use: each test function, each input/output case. Default: no limit of its own."
)
MEMORY_HELP = "Memory of the program, such as 256MiB. Default: the policy's."
INTEGRITY_HELP = (
    "How the tests are kept apart from the program: a box each (SEPARATE_SANDBOX), a process each, or not at all "
    "(IN_PROCESS), where a program can forge its verdict. Default: as the policy says, SEPARATE_PROCESS."
)


def requested_limits(
    timeout_s: float | None, memory_bytes: int | None = None, *, test_timeout_s: float | None = None
) -> RequestedLimits:
    """Return the limits to ask for; the server has wall time follow CPU time.

    Args:
        timeout_s: Seconds of CPU time of the whole job; None for the policy's default.
        memory_bytes: Bytes of memory; None for the policy's default.
        test_timeout_s: Seconds of CPU time of each test; None for none of its own.
    """
    return RequestedLimits(
        cpu_time_ms=_milliseconds(timeout_s), memory_bytes=memory_bytes, test_cpu_time_ms=_milliseconds(test_timeout_s)
    )


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else max(1, round(seconds * 1000))


@contextmanager
def connected(
    endpoints: Sequence[str],
    *,
    backend: str | None,
    slots: int | None = None,
    languages: Sequence[str] = (),
    policy: str = DEFAULT_POLICY,
    in_flight_max: int = 64,
    ready_max: int = 0,
) -> Iterator[Client]:
    """Give a client of the named servers, or of a private one when none is named, which keeps so many boxes ready.

    Raises:
        click.UsageError: Both servers and a backend are named.
        JobRefusedError: A private server would not have one of the languages, or the policy.
        BackendError: The private server did not start.
    """
    if endpoints and backend:
        raise click.UsageError("--backend is for a server of one's own; the servers at --endpoint have theirs")
    if not all(endpoint.strip() for endpoint in endpoints):
        raise click.UsageError("--endpoint is empty: HOST:PORT or unix:PATH")
    if endpoints:
        with Client(list(endpoints), in_flight_max=in_flight_max) as client:
            yield client
    else:
        known = load_languages(data_dir("images"))
        if not known.keys() >= set(languages):
            raise JobRefusedError("job.language", f"unknown; known are {', '.join(sorted(known))}")
        policies = sorted(path.stem for path in data_dir("policies").glob("*.toml"))
        if policy not in policies:
            raise JobRefusedError("job.policy", f"unknown; known are {', '.join(policies)}")
        with local(
            backend=backend or "runsc",
            slots=slots,
            languages=languages,
            policies=[policy],
            in_flight_max=in_flight_max,
            extra_args=["--ready-max", str(ready_max)],
        ) as client:
            yield client
