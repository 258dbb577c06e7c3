"""The launcher: answers servers' requests, one connection for each server and one for each of its boxes.

What a server says decides which of the launcher's own policies and languages is used, and how far below that policy's
ceilings a box is held; nothing else. A server that goes away takes its boxes with it. A server may have been taken
over: nobody is waited for, every message gives others a turn, and no descriptor is taken from anybody.
"""

import asyncio
import contextlib
import os
import socket
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from sandbox import host
from sandbox.boxes.box import Backend, Box, HasPipes
from sandbox.boxes.pipes import Ends, Pipes, make_pipes
from sandbox.boxes.pool import Pool
from sandbox.boxes.shield import to_the_end
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError, SandboxError
from sandbox.language import Language
from sandbox.launcher import messages
from sandbox.launcher.channel import Channel
from sandbox.logs import logger
from sandbox.policy import Policy
from sandbox.version import VERSION

_POLICIES_KEPT = 64
"""Versions of policies that jobs which wait may still mean."""

_WORDS_WAITING_MAX = 4
"""A server asks one thing at a time, but may have been cancelled before it had the answer."""

_LIFETIME_SPARE_S = 60.0
"""What a box may live beyond all that its job may take; a server that keeps it longer has forgotten it, or worse."""

_PRESSURE_MAX = 40.0
"""Share of the last ten seconds in which somebody waited for a CPU; above it, nothing is made that nobody asked for."""

_EPITAPH_CHARS_MAX = 4_096
"""Each may take six bytes of a message, and a message has 64 KiB."""

_Words = asyncio.Queue[bytes]


class Launcher:
    """Makes boxes for servers."""

    def __init__(
        self,
        backend: Backend,
        read_policies: Callable[[], Mapping[str, Policy]],
        languages: Mapping[str, Language],
        *,
        boxes_max: int,
        ready_max: int = 0,
    ) -> None:
        """Prepare.

        Args:
            backend: Makes the boxes; not started.
            read_policies: Reads all policies; called at the start and whenever a server asks for it.
            languages: By name.
            boxes_max: Boxes of all servers at once; one more is refused.
            ready_max: Boxes that are made before anybody asks for them, and wait.
        """
        self._backend = backend
        self._pool = None
        if ready_max:
            self._pool = Pool(backend.open, ready_max=ready_max, cores=host.look().cores, has_room=_has_room)
        self._read_policies = read_policies
        self._languages = languages
        self._boxes_max = boxes_max
        self._boxes = 0
        self._withheld = 0
        self._current: Mapping[str, Policy] = {}
        self._known: OrderedDict[tuple[str, str], Policy] = OrderedDict()
        self._reading = asyncio.Lock()
        self._controls: set[Channel] = set()

    async def start(self) -> None:
        """Start the backend and read the policies.

        Raises:
            SandboxError: Boxes cannot be made here, or a policy is wrong. The text says what to do.
        """
        await self._read()
        await self._backend.start()
        self._backend.quarantine.report_to(self._tell_withheld)

    async def close(self) -> None:
        """Stop the backend. No server is attended any more."""
        if self._pool is not None:
            await self._pool.close()
        await self._backend.close()

    async def attend(self, control: Channel) -> None:
        """Answer one server until it is gone; then its boxes are destroyed."""
        tasks: set[asyncio.Task[None]] = set()
        control.refuse_descriptors()
        self._controls.add(control)
        try:
            while data := (await control.receive(bytes_max=messages.REQUEST_BYTES_MAX + 1))[0]:
                try:
                    request = messages.read_request(data)
                    if isinstance(request, messages.Open):
                        tasks.add(task := self._open(request, control))
                        task.add_done_callback(tasks.discard)
                    else:
                        control.send(messages.encode(await self._answer(request)))
                except (SandboxError, OSError) as error:
                    if isinstance(error, ConnectionError):
                        raise
                    logger().warning("a server was refused", error=str(error))
                    control.send(messages.encode(messages.encode_error(error)))
                # Who sends without a pause must not have all turns.
                await asyncio.sleep(0)
        except ConnectionError as error:
            logger().warning("a server was left", error=str(error))
        finally:
            self._controls.discard(control)
            control.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, request: messages.Request) -> dict[str, Any]:
        if isinstance(request, messages.Remains):
            return {"remains": list(await self._backend.remains(request.box_id))[:100]}
        if isinstance(request, messages.Reload):
            await self._read()
        return {
            "version": VERSION,
            "backend": self._backend.name,
            "runsc_version": self._backend.runsc_version,
            "runsc_identity": self._backend.runsc_identity,
            "platform": self._backend.platform,
            "images": {name: self._backend.image_digest(name) for name in self._languages},
            "versions": {name: self._backend.language_version(name) for name in self._languages},
            "policies": {name: policy.digest for name, policy in self._current.items()},
            "withheld": self._withheld,
        }

    async def _read(self) -> None:
        async with self._reading:
            policies = await asyncio.to_thread(self._read_policies)
            for policy in policies.values():
                self._known[policy.name, policy.digest] = policy
                self._known.move_to_end((policy.name, policy.digest))
            while len(self._known) > max(_POLICIES_KEPT, len(policies)):
                self._known.popitem(last=False)
            self._current = policies

    def _tell_withheld(self, boxes: int) -> None:
        self._withheld = boxes
        for control in self._controls:
            # One that is full is found out when it is to have an answer.
            with contextlib.suppress(ConnectionError):
                control.send(messages.encode({"withheld": boxes}))

    def _open(self, request: messages.Open, control: Channel) -> asyncio.Task[None]:
        """Send the channel of a box, and begin to make it.

        Raises:
            BackendError: There is no such box, or there are too many.
            OSError: There are no more descriptors.
            ConnectionError: The server does not read.
        """
        spec = self._spec(request)
        if self._boxes >= self._boxes_max:
            raise BackendError(f"the launcher has {self._boxes} boxes already: raise --boxes-max, or lower --slots")
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        channel = Channel(ours)
        channel.refuse_descriptors()
        try:
            with theirs:
                control.send(messages.encode({"channel": True}), [theirs.fileno()])
        except OSError:
            channel.close()
            raise
        # From here on, for a task that is cancelled before it has begun does not begin.
        self._boxes += 1
        task = asyncio.create_task(self._serve_box(spec, channel))
        task.add_done_callback(lambda _: self._give_up(channel))
        return task

    def _give_up(self, channel: Channel) -> None:
        self._boxes -= 1
        channel.close()

    def _spec(self, request: messages.Open) -> BoxSpec:
        policy = self._known.get((request.policy, request.policy_digest))
        if policy is None:
            raise BackendError(
                f"the launcher has another policy {request.policy!r} than the server: give both the same policies, and "
                "reload the server when they have changed"
            )
        language = self._languages.get(request.language)
        if language is None:
            raise BackendError(f"the launcher has no language {request.language!r}: give both the same --language")
        return replace(policy.box_for(language, request.limits), alone=request.alone)

    async def _serve_box(self, spec: BoxSpec, channel: Channel) -> None:
        """Make one box and answer on its channel, until the server hangs up or is gone."""
        words, opened = _Words(_WORDS_WAITING_MAX), asyncio.Event()
        work = asyncio.create_task(self._work(spec, channel, words, opened))
        ear = asyncio.create_task(_hear(channel, words))
        try:
            async with asyncio.timeout(_lifetime_s(spec)):
                await asyncio.wait({work, ear}, return_when=asyncio.FIRST_COMPLETED)
                if opened.is_set() and ear.done() and ear.exception() is None:
                    await asyncio.wait({work})
        except TimeoutError:
            logger().error("a server keeps a box too long: destroyed")
        finally:
            work.cancel()
            ear.cancel()
            await asyncio.gather(work, ear, return_exceptions=True)

    async def _work(self, spec: BoxSpec, channel: Channel, words: _Words, opened: asyncio.Event) -> None:
        try:
            open_box = self._backend.open if self._pool is None else self._pool.open
            async with open_box(spec) as box, _pipes_of(box) as (ends, heard):
                opened.set()
                first = {
                    "box_id": box.id,
                    "restored": box.restored,
                    "waited": box.waited,
                    "heard": heard.decode("latin-1"),
                    # What has spoken is ready for its job: held to its limits now, it need not be asked for.
                    "counters": messages.encode_counters(await box.settle(spec)) if heard else None,
                }
                try:
                    channel.send(messages.encode(first), [ends.source, ends.sink])
                finally:
                    ends.close()
                while data := await words.get():
                    number, word = messages.read_word(data)
                    answer = await _ask(box, spec, word)
                    channel.send(messages.encode({"number": number} | answer))
                    if word is messages.Word.END:
                        await box.kill()
        except ConnectionError:
            # It went away, or does not read what it asked for.
            pass
        except (SandboxError, OSError) as error:
            with contextlib.suppress(ConnectionError):
                channel.send(messages.encode(messages.encode_error(error)))
        except Exception as error:
            logger().error("a box was given up", error=repr(error))
            raise


def _has_room(spec: BoxSpec) -> bool:
    """Tell whether the machine has twice the memory of a box of this kind, and CPUs that are not fought for."""
    return (
        host.look().memory_available_bytes >= 2 * spec.start_memory_bytes
        and host.cpu_pressure_percent() < _PRESSURE_MAX
    )


def _lifetime_s(spec: BoxSpec) -> float:
    """Return how long a box may be there: two starts, for two boxes of a job wait for each other, and its jobs."""
    job_ms = spec.limits.wall_time_ms * spec.rules.wall_time_hard_percent // 100
    jobs = spec.rules.jobs_per_box
    return 2 * spec.rules.start_timeout_ms / 1000 + jobs * (job_ms / 1000 + _LIFETIME_SPARE_S)


async def _hear(channel: Channel, words: _Words) -> None:
    """Pass on what is asked of a box; nothing, at the end.

    Raises:
        asyncio.QueueFull: More is asked than a server asks. What is not read would keep alive what came with it.
    """
    while True:
        data, _ = await channel.receive(bytes_max=messages.REQUEST_BYTES_MAX + 1)
        words.put_nowait(data)
        if not data:
            return
        await asyncio.sleep(0)


async def _ask(box: Box, spec: BoxSpec, word: messages.Word) -> dict[str, Any]:
    if word is messages.Word.KILL:
        await box.kill()
        return {}
    if word is messages.Word.EPITAPH:
        return {"epitaph": (await box.epitaph())[:_EPITAPH_CHARS_MAX]}
    counters = await (box.settle(spec) if word is messages.Word.SETTLE else box.counters())
    return {"counters": messages.encode_counters(counters)}


@asynccontextmanager
async def _pipes_of(box: Box) -> AsyncIterator[tuple[Ends, bytes]]:
    """Give the ends for the server, to be sent and closed: the box's own, or of pipes that are carried to and from."""
    if isinstance(box, HasPipes):
        yield box.hand_over()
        return
    ends, ours = make_pipes()
    os.set_blocking(ours.source, False)
    os.set_blocking(ours.sink, False)
    pipes = Pipes(ours)

    async def carry_in() -> None:
        while data := await pipes.receive():
            await box.send(data)

    async def carry_out() -> None:
        while data := await box.receive():
            await pipes.send(data)
        pipes.hang_up()

    carrying = [asyncio.create_task(carry_in()), asyncio.create_task(carry_out())]

    async def stop() -> None:
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
        pipes.close()

    try:
        yield ends, b""
    finally:
        await to_the_end(stop())
