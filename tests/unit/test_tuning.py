"""What a trace says, the least profile that follows from it, and what two policies make of the same jobs."""

import asyncio
import json
import os
import socket
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.boxes import tracing
from sandbox.boxes.tracing import CallTrace
from sandbox.errors import BackendError
from sandbox.paths import data_dir
from sandbox.policy import load_policy
from sandbox.seccomp.numbers import numbers_of
from sandbox.seccomp.profile import parse, text_of
from sandbox.tuning.comparing import Change, changed, changes
from sandbox.tuning.learning import EXAMINED, RARE, least, names_of

PRCTL, READ, WRITE, MKDIR, PTRACE = 157, 0, 1, 83, 101


def varint(value: int) -> bytes:
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def message(process: int, number: int, first: int = 0, *, lost: int = 0, kind: int = 6) -> bytes:
    """A call as gVisor reports it: fields that are zero are left out."""
    context = b"\x20" + varint(process) if process else b""
    body = b"\x0a" + varint(len(context)) + context
    body += b"\x20" + varint(number) if number else b""
    body += b"\x28" + varint(first) if first else b""
    return struct.pack("<HHI", 8, kind, lost) + body


FILTER_ON = (PRCTL, 22)


def traced(folder: Path, *boxes: list[bytes]) -> CallTrace:
    """What a trace says after boxes have sent these messages."""

    async def main() -> CallTrace:
        trace = CallTrace(folder, filter_call=PRCTL)
        trace.start()
        for messages in boxes:
            with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as box:
                box.connect(str(folder / "trace.sock"))
                box.send(b"\x08\x01")
                await asyncio.sleep(0.01)
                assert box.recv(100) == b"\x08\x01"
                for each in messages:
                    box.send(each)
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.01)
        trace.close()
        return trace

    return asyncio.run(main())


def test_what_the_agent_calls_before_its_roles_have_a_filter_does_not_count(tmp_path: Path) -> None:
    agent, keeper, program, child = 1, 2, 3, 4
    box = [
        message(agent, PTRACE),
        message(keeper, PTRACE),
        message(agent, *FILTER_ON),
        message(agent, READ),
        message(keeper, MKDIR),  # never filtered: no role
        message(program, PTRACE),  # before its own filter
        message(program, *FILTER_ON),
        message(program, *FILTER_ON),
        message(program, WRITE),
        message(child, MKDIR + 1),  # of the program: it was not there before
    ]
    assert traced(tmp_path, box).calls == {READ, WRITE, MKDIR + 1}


def test_boxes_add_up_and_pids_are_each_boxs_own(tmp_path: Path) -> None:
    one = [message(1, *FILTER_ON), message(1, READ)]
    other = [message(1, PTRACE), message(2, *FILTER_ON), message(2, WRITE)]
    assert traced(tmp_path, one, other).calls == {READ, WRITE}


def test_what_was_lost_is_counted(tmp_path: Path) -> None:
    box = [message(1, *FILTER_ON, lost=1), message(1, READ, lost=1), message(1, READ, lost=4)]
    assert traced(tmp_path, box, [message(1, READ, lost=2)]).lost == 6


def test_other_kinds_of_messages_are_not_calls(tmp_path: Path) -> None:
    assert traced(tmp_path, [message(1, *FILTER_ON), message(1, READ, kind=7)]).calls == set()


@given(st.binary(max_size=40))
def test_no_message_breaks_the_reader(body: bytes) -> None:
    try:
        number, first, process = tracing._syscall(body)
    except (BackendError, IndexError):
        return
    assert min(number, first, process) >= 0


def test_the_runtime_is_told_to_report_every_number(tmp_path: Path) -> None:
    traced(tmp_path)
    session = json.loads((tmp_path / "trace.json").read_text(encoding="utf-8"))["trace_session"]
    assert {point["name"] for point in session["points"]} >= {
        f"syscall/sysno/{number}/enter" for number in numbers_of(os.uname().machine).values()
    }
    # A box whose calls cannot be seen must not run as if it made none.
    assert session["sinks"][0]["ignore_setup_error"] is False


def test_the_least_profile_is_what_was_used_and_what_goes_wrong_rarely() -> None:
    base = load_policy(data_dir("policies") / "default.toml").system_calls
    proposal = least(base, {"mkdir", "ptrace", "prctl"})
    # What the base denies was not needed: it was denied when the corpus ran.
    assert proposal.allowed() == ({"mkdir", "prctl"}.union(RARE, EXAMINED)) & base.allowed()
    assert set(RARE) <= base.allowed()
    # Of the latter the base may deny some, as of other machines.
    assert {"openat", "clone", "uname"} <= proposal.allowed()
    # Conditions and comments stay.
    kept = [rule for rule in proposal.rules if rule.arguments]
    assert kept == [rule for rule in base.rules if rule.names == ("prctl",)]
    again, mistakes = parse(text_of(proposal, "why").encode())
    assert (again, mistakes) == (proposal, [])


@pytest.mark.parametrize("path", sorted((data_dir("policies") / "seccomp").glob("*.json")), ids=lambda path: path.stem)
def test_a_shipped_profile_is_written_as_a_proposal_would_be(path: Path) -> None:
    # So that the difference between the two is the difference in what they say.
    source = path.read_bytes()
    profile, _ = parse(source)
    assert profile is not None
    assert text_of(profile, json.loads(source)["comment"]).encode() == source


def test_names_are_those_of_the_machine() -> None:
    assert names_of({0, 1, 83, 499}, "x86_64") == {"read", "write", "mkdir"}


def test_a_change_is_told_from_a_whim() -> None:
    before = {0: "ALL_TESTS_PASSED", 1: "ALL_TESTS_PASSED", 2: "WRONG_ANSWER", 3: "EXCEPTION"}
    after = {0: "ALL_TESTS_PASSED", 1: "LOAD_ERROR", 2: "CPU_TIME_LIMIT", 3: "BOX_LOST"}
    assert changed(before, after) == [1, 2, 3]
    again = (
        {1: "ALL_TESTS_PASSED", 2: "WRONG_ANSWER", 3: "WRONG_ANSWER"},
        {1: "LOAD_ERROR", 2: "WRONG_ANSWER", 3: "BOX_LOST"},
    )
    names = {index: f"problem {index}" for index in before}
    assert changes(names, before, after, again) == [
        Change("problem 1", "ALL_TESTS_PASSED", "LOAD_ERROR", is_steady=True),
        Change("problem 2", "WRONG_ANSWER", "CPU_TIME_LIMIT", is_steady=False),
        Change("problem 3", "EXCEPTION", "BOX_LOST", is_steady=False),
    ]
    assert changed(before, before) == []
