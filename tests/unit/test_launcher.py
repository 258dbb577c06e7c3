"""The launcher does what its policies allow and nothing else, whatever arrives; who goes away leaves no box."""

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sandbox.boxes.batch import IDLE_S
from sandbox.boxes.counters import Counters
from sandbox.boxes.fake import FakeBackend, FakeBox, Script
from sandbox.boxes.pipes import Ends, make_pipes
from sandbox.errors import BackendError, PolicyError, SandboxError
from sandbox.job import Job
from sandbox.language import load_language
from sandbox.launcher import backend as backend_module
from sandbox.launcher import messages, service
from sandbox.launcher.backend import LaunchedBackend
from sandbox.launcher.channel import Channel
from sandbox.launcher.service import Launcher
from sandbox.paths import data_dir
from sandbox.policy import Policy, load_policy

POLICY = load_policy(data_dir("policies") / "default.toml")
LANGUAGE = load_language(data_dir("images") / "python")
SPEC = POLICY.plan(Job(program=b"pass"), LANGUAGE)
OPEN: dict[str, Any] = {
    "ask": "open",
    "policy": "default",
    "policy_digest": POLICY.digest,
    "language": "python",
    "limits": asdict(POLICY.defaults),
    "alone": False,
}
COUNTED = Counters(cpu_time_us=5, cpu_pressure_us=None, memory_bytes=7, oom_kills=1)
TALKS = Script(greeting=(b"ready",), answer=(b"answer", b""), counters=(COUNTED,), epitaph="exit 3")
SILENT = Script()
STDERR = 2


@dataclass
class Stage:
    """A launcher, and a server's backend that is connected to it."""

    launcher: Launcher
    boxes: FakeBackend
    server: LaunchedBackend


def run(
    play: Callable[[Stage], Awaitable[None]],
    *scripts: Script | BackendError,
    policies: Callable[[], Mapping[str, Policy]] = lambda: {"default": POLICY},
    boxes_max: int = 8,
) -> None:
    async def stage() -> None:
        async with asyncio.timeout(60):
            boxes = FakeBackend(scripts)
            launcher = Launcher(boxes, policies, {"python": LANGUAGE}, boxes_max=boxes_max)
            await launcher.start()
            async with connected(launcher) as server:
                await play(Stage(launcher, boxes, server))
            assert boxes.boxes_open == 0
            await launcher.close()

    descriptors = open_descriptors()
    asyncio.run(stage())
    assert open_descriptors() == descriptors


async def until(holds: Callable[[], bool]) -> None:
    # What happens at the other end tells nobody when it has happened.
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@asynccontextmanager
async def connected(launcher: Launcher) -> AsyncIterator[LaunchedBackend]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    attending = asyncio.create_task(launcher.attend(Channel(theirs)))
    server = LaunchedBackend(ours)
    await server.start()
    yield server
    await server.close()
    await attending


@asynccontextmanager
async def stranger(launcher: Launcher) -> AsyncIterator[Channel]:
    """A connection that says what it likes."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    attending = asyncio.create_task(launcher.attend(Channel(theirs)))
    channel = Channel(ours)
    yield channel
    channel.close()
    await attending


async def box_of(control: Channel) -> Channel:
    """Ask for a box; its pipes are closed."""
    control.send(json.dumps(OPEN).encode())
    said, (descriptor,) = await control.receive(descriptors_max=1)
    assert json.loads(said) == {"channel": True}
    channel = Channel(socket.socket(fileno=descriptor))
    _, descriptors = await channel.receive(descriptors_max=2)
    for descriptor in descriptors:
        os.close(descriptor)
    return channel


def test_a_server_learns_what_there_is() -> None:
    async def play(stage: Stage) -> None:
        assert (stage.server.name, stage.server.platform, stage.server.runsc_version) == ("fake", "none", "none")
        assert stage.server.image_digest("python") == stage.boxes.image_digest("python")
        assert stage.server.language_version("python") == "no python"
        assert await stage.server.remains("ab12cd34-ab12cd34") == ()

    run(play)


@pytest.mark.parametrize("character", ["\0", "\udcff", "x"])
def test_last_words_of_a_box_fit_an_answer_whatever_they_are(character: str) -> None:
    async def play(stage: Stage) -> None:
        async with stage.server.open(SPEC) as box:
            words = await box.epitaph()
            assert words == character * len(words)
            assert len(words) > 1_000

    run(play, Script(greeting=(b"ready",), epitaph=character * 16_384))


def test_a_box_is_talked_to_counted_killed_and_destroyed() -> None:
    async def play(stage: Stage) -> None:
        async with stage.server.open(SPEC) as box:
            assert stage.boxes.specs == [SPEC]
            assert (box.id, box.restored) == ("fake-0", False)
            assert await box.receive() == b"ready"
            assert await box.settle(SPEC) == COUNTED
            await box.send(b"job")
            assert await box.receive() == b"answer"
            assert await box.receive() == b""
            assert await box.counters() == COUNTED
            await box.kill()
            assert stage.boxes.boxes[0].killed
            assert await box.epitaph() == "exit 3"
            assert stage.boxes.boxes_open == 1
        assert stage.boxes.boxes_open == 0

    run(play, TALKS)


def test_a_box_that_has_spoken_is_held_to_its_limits_when_it_is_handed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = []

    def hand_over(_: FakeBox) -> tuple[Ends, bytes]:
        ends, others = make_pipes()
        ours.append(others)
        return ends, b"ready"

    monkeypatch.setattr(FakeBox, "hand_over", hand_over, raising=False)
    looks = tuple(Counters(cpu_time_us=number) for number in range(3))

    async def play(stage: Stage) -> None:
        async with stage.server.open(SPEC) as box:
            # Nobody has asked for it yet.
            assert await stage.boxes.boxes[0].counters() == looks[1]
            assert await box.settle(SPEC) == looks[0]
            # What serves a second job is asked about it.
            assert await box.settle(SPEC) == looks[2]
        ours.pop().close()

    run(play, Script(counters=looks))


def test_the_last_counters_do_not_wait_for_a_box_to_die(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(stage: Stage) -> None:
        may_die, plain = asyncio.Event(), FakeBox.kill

        async def kill(box: FakeBox) -> None:
            await may_die.wait()
            await plain(box)

        monkeypatch.setattr(FakeBox, "kill", kill)
        async with stage.server.open(SPEC) as box:
            assert await box.end() == COUNTED
            assert not stage.boxes.boxes[0].killed
            may_die.set()
            await until(lambda: stage.boxes.boxes[0].killed)

    run(play, TALKS)


def test_what_was_asked_by_somebody_who_was_cancelled_is_no_answer_to_the_next() -> None:
    async def play(stage: Stage) -> None:
        async with stage.server.open(SPEC) as box:
            for _ in range(20):
                asking = asyncio.create_task(box.epitaph())
                await asyncio.sleep(0)
                asking.cancel()
                await asyncio.wait([asking])
                assert await box.counters() == COUNTED

    run(play, TALKS)


def test_a_box_that_cannot_be_made_is_an_error_with_its_text() -> None:
    async def play(stage: Stage) -> None:
        with pytest.raises(BackendError, match="no room for it"):
            async with stage.server.open(SPEC):
                pass
        async with stage.server.open(SPEC) as box:
            assert await box.receive() == b"ready"

    run(play, BackendError("no room for it"), TALKS)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"policy": "strict"}, "has another policy 'strict'"),
        ({"policy_digest": "sha256:" + "0" * 64}, "has another policy 'default'"),
        ({"language": "cobol"}, "has no language 'cobol'"),
        ({"limits": replace(SPEC.limits, memory_bytes=POLICY.ceilings.memory_bytes + 1)}, "above the ceiling"),
        ({"limits": replace(SPEC.limits, test_wall_time_ms=SPEC.limits.wall_time_ms + 1)}, "more than the whole job"),
    ],
)
def test_nothing_is_made_that_no_policy_of_the_launcher_allows(change: dict[str, Any], text: str) -> None:
    async def play(stage: Stage) -> None:
        with pytest.raises(BackendError, match=text):
            async with stage.server.open(replace(SPEC, **change)):
                pass
        assert stage.boxes.specs == []

    run(play, SILENT)


def test_what_a_server_makes_of_a_spec_beyond_names_and_limits_is_of_no_use() -> None:
    changed = replace(
        SPEC,
        command=("/bin/sh",),
        environment=(("LD_PRELOAD", "/x"),),
        rules=replace(SPEC.rules, uid=0, gid=0, overhead_memory_bytes=1 << 40),
        warm=("os",),
    )

    async def play(stage: Stage) -> None:
        async with stage.server.open(changed):
            assert stage.boxes.specs == [SPEC]

    run(play, SILENT)


def test_one_box_too_many_is_refused() -> None:
    async def play(stage: Stage) -> None:
        async with stage.server.open(SPEC), stage.server.open(SPEC):
            with pytest.raises(BackendError, match="has 2 boxes already: raise --boxes-max"):
                async with stage.server.open(SPEC):
                    pass
        async with stage.server.open(SPEC):
            assert stage.boxes.boxes_open == 1

    run(play, SILENT, SILENT, SILENT, boxes_max=2)


def test_a_server_that_goes_away_takes_its_boxes_with_it() -> None:
    async def play(stage: Stage) -> None:
        async with stranger(stage.launcher) as channel:
            ends = [await box_of(channel) for _ in range(2)]
            assert stage.boxes.boxes_open == 2
        assert stage.boxes.boxes_open == 0
        for end in ends:
            assert (await end.receive())[0] == b""
            end.close()

    run(play, SILENT, SILENT)


def test_a_task_that_is_cancelled_leaves_no_box() -> None:
    async def play(stage: Stage) -> None:
        async def hold() -> None:
            async with stage.server.open(SPEC):
                await asyncio.sleep(60)

        holding = asyncio.create_task(hold())
        await until(lambda: stage.boxes.boxes_open == 1)
        holding.cancel()
        await asyncio.wait([holding])
        assert stage.boxes.boxes_open == 0

    run(play, SILENT)


def test_a_word_that_no_box_knows_is_the_end_of_the_box() -> None:
    async def play(stage: Stage) -> None:
        async with stranger(stage.launcher) as channel:
            box = await box_of(channel)
            box.send(b'{"number":1,"ask":"mount"}')
            assert json.loads((await box.receive())[0])["error"] == "no such request"
            assert (await box.receive())[0] == b""
            assert stage.boxes.boxes_open == 0
            box.close()

    run(play, SILENT)


def test_a_launcher_that_goes_away_is_noticed() -> None:
    async def play(stage: Stage) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        attending = asyncio.create_task(stage.launcher.attend(Channel(theirs)))
        server, gone = LaunchedBackend(ours), asyncio.Event()
        server.on_gone = lambda _: gone.set()
        await server.start()
        attending.cancel()
        await asyncio.wait([attending])
        await gone.wait()
        for ask in (server.reload(), server.remains("ab12")):
            with pytest.raises(BackendError, match="the launcher is gone"):
                await ask
        with pytest.raises(BackendError, match="the launcher is gone"):
            async with server.open(SPEC):
                pass
        await server.close()

    run(play)


def test_policies_are_read_again_and_jobs_that_wait_keep_theirs() -> None:
    other = replace(POLICY, digest="sha256:" + "e" * 64)
    reads: list[Mapping[str, Policy] | SandboxError] = [{"default": POLICY}, PolicyError("line 3"), {"default": other}]

    def read() -> Mapping[str, Policy]:
        if isinstance(found := reads.pop(0), SandboxError):
            raise found
        return found

    async def play(stage: Stage) -> None:
        with pytest.raises(BackendError, match="line 3"):
            await stage.server.reload()
        assert await stage.server.reload() == {"default": other.digest}
        for digest in (POLICY.digest, other.digest):
            async with stage.server.open(replace(SPEC, policy_digest=digest)):
                assert stage.boxes.specs[-1].policy_digest == digest

    run(play, SILENT, SILENT, policies=read)


def test_boxes_that_do_not_die_are_told_of() -> None:
    async def play(stage: Stage) -> None:
        told: list[int] = []
        stage.server.quarantine.report_to(told.append)
        stage.launcher._tell_withheld(2)
        await until(lambda: len(told) == 2)
        assert told == [0, 2]

    run(play)


def test_what_is_no_request_is_refused_and_the_next_one_is_answered() -> None:
    async def play(stage: Stage) -> None:
        async with stranger(stage.launcher) as channel:
            for message in (b"\0", b"[" * 4_000, b"x" * 100_000, json.dumps(OPEN | {"policy": "strict"}).encode()):
                channel.send(message)
                assert "error" in json.loads((await channel.receive())[0])
            channel.send(b'{"ask":"hello"}')
            assert json.loads((await channel.receive())[0])["backend"] == "fake"
        assert stage.boxes.specs == []

    run(play)


def test_no_descriptor_is_taken_and_none_is_left_open() -> None:
    async def play(stage: Stage) -> None:
        async with stranger(stage.launcher) as channel:
            channel.send(b'{"ask":"hello"}')
            await channel.receive()
            before = open_descriptors()
            for count in (1, 2, 100):
                # This kernel may refuse them, or close them over there.
                with contextlib.suppress(PermissionError):
                    channel.send(b'{"ask":"hello"}', [STDERR] * count)
                    await channel.receive()
                assert open_descriptors() == before
            box = await box_of(channel)
            with contextlib.suppress(PermissionError):
                box.send(b'{"number":1,"ask":"counters"}', [STDERR] * 3)
                await box.receive()
            box.close()

    run(play, SILENT)


def test_a_server_that_ends_right_after_asking_leaves_nothing() -> None:
    async def play(stage: Stage) -> None:
        for _ in range(10):
            async with stranger(stage.launcher) as channel:
                for _ in range(4):
                    channel.send(json.dumps(OPEN).encode())
        assert stage.boxes.boxes_open == 0

    run(play, *[SILENT] * 40)


def test_who_asks_more_than_a_server_asks_loses_the_box_and_who_does_not_read_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def ask_for_ever(*_: object) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(service, "_ask", ask_for_ever)

    async def play(stage: Stage) -> None:
        async with stranger(stage.launcher) as channel:
            box = await box_of(channel)
            for number in range(20):
                box.send(json.dumps({"number": number, "ask": "counters"}).encode())
            while (await box.receive())[0]:
                pass
            box.close()
            await until(lambda: stage.boxes.boxes_open == 0)
        async with stranger(stage.launcher) as channel:
            sent = 0
            with contextlib.suppress(ConnectionError):
                while sent < 10_000:
                    channel.send(b'{"ask":"hello"}')
                    sent += 1
                    await asyncio.sleep(0)
            assert sent < 10_000
        # Others are served meanwhile and afterwards.
        assert await stage.server.remains("ab12") == ()

    run(play, SILENT)


def test_a_box_that_is_kept_too_long_is_destroyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_lifetime_s", lambda _: 0.05)

    async def play(stage: Stage) -> None:
        async with stranger(stage.launcher) as channel:
            box = await box_of(channel)
            assert (await box.receive())[0] == b""
            assert stage.boxes.boxes_open == 0
            box.close()

    run(play, SILENT)


def test_a_box_may_live_as_long_as_its_job_may_take() -> None:
    rules, limits = SPEC.rules, SPEC.limits
    longest_ms = 2 * rules.start_timeout_ms + limits.wall_time_ms * rules.wall_time_hard_percent // 100
    assert service._lifetime_s(SPEC) > longest_ms / 1000


def test_a_box_of_several_jobs_may_live_as_long_as_all_of_them() -> None:
    job_ms = SPEC.limits.wall_time_ms * SPEC.rules.wall_time_hard_percent // 100
    of_many = replace(SPEC, rules=replace(SPEC.rules, jobs_per_box=100))
    assert service._lifetime_s(of_many) > 100 * (job_ms / 1000 + IDLE_S)


def test_a_launcher_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend_module, "_START_TIMEOUT_S", 0.05)

    async def work() -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        server, why = LaunchedBackend(ours), []
        server.on_gone = why.append
        with theirs, pytest.raises(BackendError, match="does not answer"):
            await server.start()
        assert len(why) > 0
        await server.close()

    asyncio.run(work())


@pytest.mark.parametrize("answer", [b"{}", b"zz", b"[]", b'{"withheld":1,"backend":"x"}'])
def test_who_is_no_launcher_is_found_out(answer: bytes) -> None:
    assert "no launcher" in refusal_of(answer)


def test_a_launcher_of_another_version_is_found_out() -> None:
    said = dict.fromkeys(("backend", "platform", "runsc_version", "runsc_identity"), "x") | {"version": "0.0.9"}
    nothing = {"images": {}, "versions": {}, "policies": {}, "withheld": 0}
    assert "the launcher is 0.0.9" in refusal_of(json.dumps(said | nothing).encode())


def refusal_of(answer: bytes) -> str:
    """Return what a server says that starts with this for the answer to its first question."""

    async def work() -> str:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        other = Channel(theirs)
        server = LaunchedBackend(ours)
        starting = asyncio.create_task(server.start())
        await other.receive()
        other.send(answer)
        with pytest.raises(BackendError) as raised:
            await starting
        await server.close()
        other.close()
        return str(raised.value)

    return asyncio.run(work())


# --- messages ---

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.binary(max_size=5_000) | JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"ask":"hello","ask":"hello"}')
@example(b'{"ask":"hello","path":"/"}')
@example(b"9" * 4_096)
def test_whatever_arrives_is_a_request_or_none(data: bytes) -> None:
    try:
        request = messages.read_request(data)
    except messages.MessageError:
        return
    assert request in (messages.Hello(), messages.Reload())


HOSTILE = st.sampled_from(
    [
        *("../default", "/etc/passwd", "default\n", "default,rw", "dev.gvisor.flag.debug", "--network=host", "", "é"),
        *("default\0", "a" * 65, "Default", {"name": "default"}, ["default"], None, 1, True, -1, 0, 1.5, 2**53 + 1),
        *(10**400, "64", float("inf")),
    ]
)


@given(st.sampled_from([*OPEN]), HOSTILE)
def test_a_request_has_names_and_nothing_else(field: str, value: object) -> None:
    assume(field != "alone" or type(value) is not bool)
    with pytest.raises(messages.MessageError):
        messages.read_request(json.dumps(OPEN | {field: value}).encode())


@given(st.sampled_from([*OPEN["limits"]]), HOSTILE.filter(lambda value: type(value) is not int or value != 1))
def test_a_limit_is_a_positive_whole_number(name: str, value: object) -> None:
    with pytest.raises(messages.MessageError):
        messages.read_request(json.dumps(OPEN | {"limits": OPEN["limits"] | {name: value}}).encode())


@given(st.text(min_size=1), JSON)
def test_a_request_has_no_room_for_more(name: str, value: object) -> None:
    if name not in OPEN:
        with pytest.raises(messages.MessageError):
            messages.read_request(json.dumps(OPEN | {name: value}).encode())


@pytest.mark.parametrize("box_id", ["", "ab", "../..", "/proc", "abcd-", "ABCD", "abcd/abcd", "a" * 65, 7])
def test_a_box_is_asked_for_by_its_id_alone(box_id: object) -> None:
    with pytest.raises(messages.MessageError):
        messages.read_request(json.dumps({"ask": "remains", "box_id": box_id}).encode())


def test_requests_and_counters_arrive_as_they_were() -> None:
    limits = POLICY.defaults
    for request in (
        messages.Hello(),
        messages.Reload(),
        messages.Remains("ab12cd34-00ff"),
        messages.Open(policy="default", policy_digest=POLICY.digest, language="python-numpy", limits=limits),
        messages.Open(policy="p", policy_digest=POLICY.digest, language="python", limits=limits, alone=True),
    ):
        assert messages.read_request(messages.encode_request(request)) == request
    assert messages.decode_counters(json.loads(json.dumps(messages.encode_counters(COUNTED)))) == COUNTED
