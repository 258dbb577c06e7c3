"""Output: 90 % of what is kept is kept as it was, 110 % is cut and said to be; the hard limit ends the program."""

from collections.abc import Callable

import pytest

from sandbox import Verdict
from sandbox.paths import data_dir
from sandbox.policy import Policy, load_policy

Repeat = Callable[..., list[Verdict]]

WRITE = """
import os
left = SIZE
while left:
    left -= os.write(STREAM, b"x" * min(65536, left))
"""
# Tens of megabytes through a pipe take their time, and these tests are not about it.
ROOM = {"cpu_time_ms": 30_000}
STREAMS = pytest.mark.parametrize("stream", [1, 2], ids=["stdout", "stderr"])


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(data_dir("policies") / "default.toml")


def program(stream: int, size: int) -> str:
    return WRITE.replace("STREAM", str(stream)).replace("SIZE", str(size))


@STREAMS
@pytest.mark.parametrize("percent", [90, 110])
def test_output_is_cut_above_its_limit_and_only_then(
    repeat: Repeat, policy: Policy, all_pass: Callable[[list[Verdict]], None], stream: int, percent: int
) -> None:
    limit_bytes = policy.defaults.output_bytes
    size = limit_bytes * percent // 100

    verdicts = repeat(program(stream, size))

    all_pass(verdicts)
    for verdict in verdicts:
        captured, other = (verdict.stdout, verdict.stderr) if stream == 1 else (verdict.stderr, verdict.stdout)
        assert captured.data == b"x" * min(size, limit_bytes)
        assert captured.truncated is (size > limit_bytes)
        assert (other.data, other.truncated) == (b"", False)


@STREAMS
def test_output_below_the_hard_limit_ends_nobody(
    repeat: Repeat, policy: Policy, all_pass: Callable[[list[Verdict]], None], stream: int
) -> None:
    all_pass(repeat(program(stream, policy.box.output_hard_bytes * 90 // 100), **ROOM))


@STREAMS
def test_output_above_the_hard_limit_ends_the_program(
    repeat: Repeat, policy: Policy, all_trip: Callable[..., None], stream: int
) -> None:
    limit_bytes = policy.box.output_hard_bytes

    verdicts = repeat(program(stream, limit_bytes * 110 // 100), **ROOM)

    all_trip(verdicts, "OUTPUT_LIMIT", "output_hard_bytes", limit_bytes)
