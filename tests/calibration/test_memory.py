"""A program that has 90 % of its memory is never killed; one that takes 110 % always is, however it takes it.

The job's memory is more than what a program asks for: the interpreter's own pages come first. How much they are is
measured here, with a program that does nothing. 90 % is counted with the most of these measurements and 110 % with the
least, so that 90 % is that or less, and 110 % that or more.

They are more in a box that was started than in one that was restored, where most of them were there before the job. The
first boxes of a kind are started; so all runs here are in restored ones, where the backend restores any.
`SANDBOX_TEMPLATES=0` in the environment makes them all started ones.
"""

import os
import time
from collections.abc import Callable

import pytest

from sandbox import Client, Verdict

Repeat = Callable[..., list[Verdict]]

MIB = 2**20
# The largest takes seconds a run.
SIZES = [64 * MIB, 256 * MIB, *([1024 * MIB] if os.environ.get("SANDBOX_NIGHTLY") == "1" else [])]
# Touching a gigabyte takes seconds, and these tests are not about time.
ROOM = {"cpu_time_ms": 30_000, "disk_bytes": 512 * MIB}

UNTIL_RESTORED_S = 600

# Each defines take(size): take so much memory in all, touch all of it, and keep it.
ONE_BLOCK = """
def take(size):
    block = bytearray(size)
    for start in range(0, size, 4096):
        block[start] = 1
    return block
"""
# 133 bytes as Python counts them: 144 in its allocator and 8 in the list; 113 of them to 16,384 bytes. Each list is of
# its own size, so that none has to grow.
SMALL_OBJECTS = """
def take(size):
    return [[bytes(100) for _ in range(1000)] for _ in range(size // 153_000)]
"""
# What does not fit /tmp, whose size is limited apart, is taken as a block.
IN_TMP = (
    ONE_BLOCK
    + """
def take(size, take_block=take):
    left = in_tmp = min(size, 500 << 20)
    with open("/tmp/file", "wb") as file:
        while left:
            left -= file.write(bytes(min(1 << 20, left)))
    return take_block(size - in_tmp)
"""
)
SHAPES = [
    pytest.param(ONE_BLOCK, id="one_block"),
    pytest.param(SMALL_OBJECTS, id="small_objects"),
    pytest.param(IN_TMP, id="in_tmp"),
]


Measured = dict[tuple[Client, int], tuple[int, int]]


@pytest.fixture(scope="module")
def measured() -> Measured:
    """What has been measured already, for each server and limit."""
    return {}


@pytest.fixture
def own_memory(client: Client, repeat: Repeat, measured: Measured, limit_bytes: int) -> tuple[int, int]:
    """The least and the most memory of a job whose program takes none, in boxes of the kind that is tested next."""
    if (client, limit_bytes) not in measured:
        restores = client.server_info().backend == "runsc" and os.environ.get("SANDBOX_TEMPLATES") != "0"
        until = time.monotonic() + UNTIL_RESTORED_S
        verdicts = nothing(repeat, limit_bytes)
        while any(verdict.usage.box_restored is not restores for verdict in verdicts):
            assert time.monotonic() < until, "boxes of this kind are started again and again"
            verdicts = nothing(repeat, limit_bytes)
        peaks = [verdict.usage.memory_peak_bytes for verdict in verdicts]
        measured[client, limit_bytes] = min(peaks), max(peaks)
    return measured[client, limit_bytes]


def nothing(repeat: Repeat, limit_bytes: int) -> list[Verdict]:
    return repeat(ONE_BLOCK + "kept = take(0)", memory_bytes=limit_bytes, **ROOM)


@pytest.mark.parametrize("limit_bytes", SIZES, ids=lambda size: f"{size // MIB}MiB")
@pytest.mark.parametrize("shape", SHAPES)
def test_memory_below_its_limit_is_given(
    repeat: Repeat,
    own_memory: tuple[int, int],
    all_pass: Callable[[list[Verdict]], None],
    shape: str,
    limit_bytes: int,
) -> None:
    least, most = own_memory
    size = limit_bytes * 90 // 100 - most

    verdicts = repeat(f"{shape}\nkept = take({size})", memory_bytes=limit_bytes, **ROOM)

    all_pass(verdicts)
    # It did take what its name says, and that is most of its limit: otherwise this would prove nothing.
    assert min(verdict.usage.memory_peak_bytes for verdict in verdicts) - least >= size * 95 // 100
    assert least + size >= limit_bytes * 80 // 100


@pytest.mark.parametrize("limit_bytes", SIZES, ids=lambda size: f"{size // MIB}MiB")
@pytest.mark.parametrize("shape", SHAPES)
def test_memory_above_its_limit_is_refused(
    repeat: Repeat, own_memory: tuple[int, int], all_trip: Callable[..., None], shape: str, limit_bytes: int
) -> None:
    least, _ = own_memory
    size = limit_bytes * 110 // 100 - least

    verdicts = repeat(f"{shape}\nkept = take({size})", memory_bytes=limit_bytes, **ROOM)

    all_trip(verdicts, "MEMORY_LIMIT", "memory_bytes", limit_bytes)
