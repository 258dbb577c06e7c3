"""What a porter carries, in a process of its own: everything, in order, and neither direction waits for the other."""

import contextlib
import fcntl
import os
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from sandbox.guest import frames, porter

ROOT = Path(__file__).parents[2]
SIDE = """
import sys
sys.path.insert(0, sys.argv[1])
from sandbox.guest.porter import Porter
numbers = [int(argument) for argument in sys.argv[2:]]
source, sink, reader, writer, own, onward = numbers
Porter(source, sink, readers={1: reader}, writers={3: writer}, own=own, onward=onward).run()
"""


FROM_IT = {"sink", "writer", "onward"}


@contextlib.contextmanager
def carried() -> Iterator[dict[str, int]]:
    """A porter: `source` and `sink` are the host's ends, `in`, `out` and `own` the ends of who is carried for."""
    pipes = {name: os.pipe() for name in ("source", "sink", "reader", "writer", "own", "onward")}
    theirs = [pipes[name][name in FROM_IT] for name in pipes]
    process = subprocess.Popen([sys.executable, "-c", SIDE, str(ROOT), *map(str, theirs)], pass_fds=theirs)
    for fd in theirs:
        os.close(fd)
    ours = {name: ends[name not in FROM_IT] for name, ends in pipes.items()}
    try:
        yield ours
        assert process.poll() is None
    finally:
        os.close(ours.pop("source"))
        assert process.wait() == 0
        for fd in ours.values():
            with contextlib.suppress(OSError):
                os.close(fd)


def channel(number: int, data: bytes) -> bytes:
    body = frames.CHANNEL_BODY.pack(number) + data
    return frames.HEADER.pack(len(body), frames.CHANNEL) + body


def test_bytes_go_both_ways() -> None:
    with carried() as ends:
        os.write(ends["reader"], b"a call")
        assert frames.read_frame(ends["sink"]) == (frames.CHANNEL, b"\x01a call")
        os.write(ends["source"], channel(3, b"an ") + channel(3, b"answer"))
        assert frames.read_exactly(ends["writer"], 9) == b"an answer"


def test_what_the_host_says_to_who_is_carried_for_goes_on_as_it_is() -> None:
    with carried() as ends:
        frame = frames.HEADER.pack(0, frames.NEXT)
        os.write(ends["source"], channel(3, b"x") + frame[:2])
        os.write(ends["source"], frame[2:] + channel(3, b"y"))
        assert frames.read_frame(ends["onward"]) == (frames.NEXT, b"")
        assert frames.read_exactly(ends["writer"], 2) == b"xy"


def test_own_frames_stay_whole() -> None:
    with carried() as ends:
        frame = frames.HEADER.pack(4, frames.PLAN) + b"plan"
        os.write(ends["own"], frame[:7])
        os.write(ends["reader"], b"between")
        assert frames.read_frame(ends["sink"]) == (frames.CHANNEL, b"\x01between")
        os.write(ends["own"], frame[7:])
        assert frames.read_frame(ends["sink"]) == (frames.PLAN, b"plan")


def test_an_end_that_is_closed_is_told_and_made() -> None:
    with carried() as ends:
        os.close(ends.pop("reader"))
        assert frames.read_frame(ends["sink"]) == (frames.CHANNEL, b"\x01")
        os.write(ends["source"], channel(3, b"last") + channel(3, b""))
        assert frames.read_exactly(ends["writer"], 4) == b"last"
        assert os.read(ends["writer"], 1) == b""


def test_channels_that_nobody_has_are_dropped() -> None:
    with carried() as ends:
        os.write(ends["source"], channel(9, b"lost") + channel(3, b"found"))
        assert frames.read_exactly(ends["writer"], 5) == b"found"


def test_a_reader_that_is_gone_stops_nobody() -> None:
    with carried() as ends:
        os.close(ends.pop("writer"))
        os.write(ends["source"], channel(3, b"for nobody"))
        os.write(ends["reader"], b"still here")
        assert frames.read_frame(ends["sink"]) == (frames.CHANNEL, b"\x01still here")


def test_a_full_direction_does_not_stop_the_other() -> None:
    flood = b"x" * (4 * porter._PENDING_BYTES_MAX)
    with carried() as ends:
        flooding = threading.Thread(target=frames.write_all, args=(ends["source"], channel(3, flood)))
        flooding.start()
        os.write(ends["reader"], b"meanwhile")
        assert frames.read_frame(ends["sink"]) == (frames.CHANNEL, b"\x01meanwhile")
        assert frames.read_exactly(ends["writer"], len(flood)) == flood
        flooding.join()


def test_what_nobody_reads_is_not_kept_without_end() -> None:
    with carried() as ends:
        os.set_blocking(ends["reader"], False)
        written = 0
        with contextlib.suppress(BlockingIOError):
            while written < 64 * porter._PENDING_BYTES_MAX:
                written += os.write(ends["reader"], b"x" * 65_536)
                # A full pipe is full until the porter has had its turn.
        assert written < 8 * porter._PENDING_BYTES_MAX


def test_calls_in_turn_come_through() -> None:
    with carried() as ends:
        for number in range(300):
            call, answer = f"call {number}".encode(), f"answer {number}".encode() * (1 + number % 3 * 9_000)
            os.write(ends["reader"], call)
            assert frames.read_frame(ends["sink"]) == (frames.CHANNEL, b"\x01" + call)
            frames.write_all(ends["source"], channel(3, answer))
            assert frames.read_exactly(ends["writer"], len(answer)) == answer


def test_the_end_of_a_program_does_not_leave_before_what_it_said() -> None:
    said, answered, ended, (source, _), (from_porter, sink) = (os.pipe() for _ in range(5))
    readers = {porter.REPORTS: ended[0], porter.ANSWERS: answered[0], porter.STDOUT: said[0]}
    carrier = porter.Porter(source, sink, readers=readers, writers={})
    os.write(said[1], b"x" * 60_000)
    os.write(answered[1], b"raised")
    os.write(ended[1], b"the end")
    carrier._turn()
    size = len(os.read(from_porter, 1 << 16))
    expected = channel(porter.STDOUT, b"x" * 60_000), channel(porter.ANSWERS, b"raised")
    assert size == sum(map(len, (*expected, channel(porter.REPORTS, b"the end"))))
    os.write(said[1], b"more")
    os.write(ended[1], b"again")
    carrier._turn()
    last = [frames.read_frame(from_porter)[1][0] for _ in range(2)]
    assert last == [porter.STDOUT, porter.REPORTS]


def test_the_end_of_a_program_does_not_arrive_before_what_it_said() -> None:
    said, answered, ended, (source, to_porter), (_, sink) = (os.pipe() for _ in range(5))
    writers = {porter.REPORTS: ended[1], porter.ANSWERS: answered[1], porter.STDOUT: said[1]}
    carrier = porter.Porter(source, sink, readers={}, writers=writers)
    fcntl.fcntl(to_porter, fcntl.F_SETPIPE_SZ, 1 << 18)
    # Three times what the pipe holds, nearly.
    data = b"x" * 170_000
    os.write(to_porter, channel(porter.STDOUT, data) + channel(porter.REPORTS, b"the end"))
    for _ in range(len(data) // porter._READ_BYTES + 1):
        carrier._turn()
    assert select.select([ended[0]], [], [], 0)[0] == []
    size = len(os.read(said[0], 1 << 16))
    carrier._turn()
    assert select.select([ended[0]], [], [], 0)[0] == []
    size += len(os.read(said[0], 1 << 16))
    carrier._turn()
    size += len(os.read(said[0], 1 << 16))
    assert (size, os.read(ended[0], 100)) == (len(data), b"the end")


def test_an_answer_does_not_leave_before_the_output_that_was_written_before_it() -> None:
    said, complained, answered, (source, _), (from_porter, sink) = (os.pipe() for _ in range(5))
    readers = {porter.ANSWERS: answered[0], porter.STDOUT: said[0], porter.STDERR: complained[0]}
    carrier = porter.Porter(source, sink, readers=readers, writers={})
    os.write(said[1], b"x" * 40_000)
    os.write(complained[1], b"warned")
    os.write(answered[1], b"42")
    # As if the answer alone had been seen: the output was written between the look at its pipe and the one at this.
    carrier._take_all({answered[0]})
    carrier._turn()
    seen = []
    while select.select([from_porter], [], [], 0)[0]:
        _, body = frames.read_frame(from_porter)
        seen.append((body[0], len(body) - 1))
    assert sorted(seen[:-1]) == [(porter.STDOUT, 40_000), (porter.STDERR, 6)]
    assert seen[-1] == (porter.ANSWERS, 2)


def test_an_answer_does_not_wait_for_an_output_without_end() -> None:
    said, answered, (source, _), (_, sink) = (os.pipe() for _ in range(4))
    carrier = porter.Porter(source, sink, readers={porter.ANSWERS: answered[0], porter.STDOUT: said[0]}, writers={})
    os.write(answered[1], b"42")

    def flood() -> None:
        with contextlib.suppress(BrokenPipeError):
            while True:
                os.write(said[1], b"x" * 60_000)

    thread = threading.Thread(target=flood)
    thread.start()
    carrier._take_all({answered[0]})
    assert bytes(carrier._to_host).endswith(channel(porter.ANSWERS, b"42"))
    assert len(carrier._to_host) < 2 * porter._PIPE_BYTES_MAX
    os.close(said[0])
    thread.join()


def test_an_answer_does_not_arrive_before_the_output_that_was_written_before_it() -> None:
    said, answered, (source, to_porter), (_, sink) = (os.pipe() for _ in range(4))
    # In this order: what is given first is chosen by what it is.
    writers = {porter.ANSWERS: answered[1], porter.STDOUT: said[1]}
    carrier = porter.Porter(source, sink, readers={}, writers=writers)
    fcntl.fcntl(to_porter, fcntl.F_SETPIPE_SZ, 1 << 18)
    data = b"x" * 70_000
    os.write(to_porter, channel(porter.STDOUT, data) + channel(porter.ANSWERS, b"42"))
    for _ in range(len(data) // porter._READ_BYTES + 1):
        carrier._turn()
    assert select.select([answered[0]], [], [], 0)[0] == []
    size = len(os.read(said[0], 1 << 16))
    carrier._turn()
    size += len(os.read(said[0], 1 << 16))
    assert (size, os.read(answered[0], 100)) == (len(data), b"42")
