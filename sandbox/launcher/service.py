"""The launcher: answers servers' requests, one connection for each server and one for each of its boxes.

What a server says decides which of the launcher's own policies and languages is used, and how far below that policy's
ceilings a box is held; nothing else. A server that goes away takes its boxes with it.
"""

import asyncio
import contextlib
import os
import socket
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sandbox.boxes.box import Backend, Box, HasPipes
from sandbox.boxes.pipes import Ends, Pipes, make_pipes
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError, SandboxError
from sandbox.language import Language
from sandbox.launcher import messages
from sandbox.launcher.channel import Channel
from sandbox.logs import logger
from sandbox.policy import Policy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_POLICIES_KEPT = 64
"""Versions of policies that jobs which wait may still mean."""

_WORDS_WAITING_MAX = 4


class Launcher:
    """Makes boxes for servers."""

    def __init__(
        self,
        backend: Backend,
        read_policies: Callable[[], Mapping[str, Policy]],
        languages: Mapping[str, Language],
        *,
        boxes_max: int,
    ) -> None:
        """Prepare.

        Args:
            backend: Makes the boxes; not started.
            read_policies: Reads all policies; called at the start and whenever a server asks for it.
            languages: By name.
            boxes_max: Boxes of all servers at once; one more is refused.
        """
        self._backend = backend
        self._read_policies = read_policies
        self._languages = languages
        self._boxes_max = boxes_max
        self._boxes = 0
        self._withheld = 0
        self._current: Mapping[str, Policy] = {}
        self._known: OrderedDict[tuple[str, str], Policy] = OrderedDict()
        self._controls: set[Channel] = set()

    async def start(self) -> None:
        """Start the backend and read the policies.

        Raises:
            SandboxError: Boxes cannot be made here, or a policy is wrong. The text says what to do.
        """
        self._read()
        await self._backend.start()
        self._backend.quarantine.report_to(self._tell_withheld)

    async def close(self) -> None:
        """Stop the backend. No server is attended any more."""
        await self._backend.close()

    async def attend(self, control: Channel) -> None:
        """Answer one server until it is gone; then its boxes are destroyed."""
        tasks: set[asyncio.Task[None]] = set()
        self._controls.add(control)
        try:
            while True:
                data, descriptors = await control.receive(bytes_max=messages.REQUEST_BYTES_MAX + 1, descriptors_max=1)
                if not data:
                    break
                try:
                    request = messages.read_request(data)
                    if isinstance(request, messages.Open) and descriptors:
                        task = asyncio.create_task(self._serve_box(request, descriptors[0]))
                        descriptors = ()
                        tasks.add(task)
                        task.add_done_callback(tasks.discard)
                        continue
                    answer = await self._answer(request)
                except (SandboxError, OSError) as error:
                    logger().warning("a server was refused", error=str(error))
                    answer = messages.encode_error(error)
                finally:
                    for descriptor in descriptors:
                        os.close(descriptor)
                await control.send(messages.encode(answer))
        except ConnectionError:
            pass
        finally:
            self._controls.discard(control)
            control.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _answer(self, request: messages.Request) -> dict[str, Any]:
        if isinstance(request, messages.Hello):
            return {
                "backend": self._backend.name,
                "runsc_version": self._backend.runsc_version,
                "platform": self._backend.platform,
                "images": {name: self._backend.image_digest(name) for name in self._languages},
                "versions": {name: self._backend.language_version(name) for name in self._languages},
                "policies": {name: policy.digest for name, policy in self._current.items()},
                "withheld": self._withheld,
            }
        if isinstance(request, messages.Reload):
            self._read()
            return {"policies": {name: policy.digest for name, policy in self._current.items()}}
        if isinstance(request, messages.Remains):
            return {"remains": list(await self._backend.remains(request.box_id))[:100]}
        raise messages.MessageError("a box needs a channel of its own")

    def _read(self) -> None:
        policies = self._read_policies()
        for policy in policies.values():
            self._known[policy.name, policy.digest] = policy
            self._known.move_to_end((policy.name, policy.digest))
        while len(self._known) > max(_POLICIES_KEPT, len(policies)):
            self._known.popitem(last=False)
        self._current = policies

    def _tell_withheld(self, boxes: int) -> None:
        self._withheld = boxes
        for control in self._controls:
            # A server that does not listen is not waited for.
            control.send_at_once(messages.encode({"withheld": boxes}))

    def _spec(self, request: messages.Open) -> BoxSpec:
        policy = self._known.get((request.policy, request.policy_digest))
        if policy is None:
            raise BackendError(f"the launcher has another policy {request.policy!r} than the server: reload both")
        language = self._languages.get(request.language)
        if language is None:
            raise BackendError(f"the launcher has no language {request.language!r}: start both with the same ones")
        return policy.box_for(language, request.limits)

    async def _serve_box(self, request: messages.Open, descriptor: int) -> None:
        """Make one box and answer on its channel, until the server hangs up or is gone."""
        try:
            channel = Channel(socket.socket(fileno=descriptor))
        except OSError as error:
            os.close(descriptor)
            logger().warning("a server was refused", error=f"its channel is no socket: {error}")
            return
        words: asyncio.Queue[bytes] = asyncio.Queue(_WORDS_WAITING_MAX)
        opened = asyncio.Event()
        work = asyncio.create_task(self._work(request, channel, words, opened))
        ear = asyncio.create_task(_hear(channel, words))
        try:
            await asyncio.wait({work, ear}, return_when=asyncio.FIRST_COMPLETED)
            if opened.is_set():
                await asyncio.wait({work})
        finally:
            work.cancel()
            ear.cancel()
            await asyncio.gather(work, ear, return_exceptions=True)
            channel.close()

    async def _work(
        self, request: messages.Open, channel: Channel, words: "asyncio.Queue[bytes]", opened: asyncio.Event
    ) -> None:
        try:
            spec = self._spec(request)
            async with self._place(), self._backend.open(spec) as box, _pipes_of(box) as (ends, heard):
                first = {"box_id": box.id, "restored": box.restored, "heard": heard.decode("latin-1")}
                opened.set()
                try:
                    await channel.send(messages.encode(first), [ends.source, ends.sink])
                finally:
                    ends.close()
                while data := await words.get():
                    number, word = messages.read_word(data)
                    answer = await _ask(box, spec, word)
                    await channel.send(messages.encode({"number": number} | answer))
        except SandboxError as error:
            with contextlib.suppress(ConnectionError):
                await channel.send(messages.encode(messages.encode_error(error)))
        except ConnectionError:
            pass
        except Exception as error:
            logger().error("a box was given up", error=repr(error))
            raise

    @asynccontextmanager
    async def _place(self) -> "AsyncIterator[None]":
        if self._boxes >= self._boxes_max:
            raise BackendError(f"the launcher has {self._boxes} boxes already: raise --boxes-max, or lower --slots")
        self._boxes += 1
        try:
            yield
        finally:
            self._boxes -= 1


async def _hear(channel: Channel, words: "asyncio.Queue[bytes]") -> None:
    """Pass on what is asked of a box; nothing, at the end."""
    while True:
        data, _ = await channel.receive(bytes_max=messages.REQUEST_BYTES_MAX + 1)
        await words.put(data)
        if not data:
            return


async def _ask(box: Box, spec: BoxSpec, word: messages.Word) -> dict[str, Any]:
    if word is messages.Word.KILL:
        await box.kill()
        return {}
    if word is messages.Word.EPITAPH:
        return {"epitaph": await box.epitaph()}
    counters = await (box.settle(spec) if word is messages.Word.SETTLE else box.counters())
    return {"counters": messages.encode_counters(counters)}


@asynccontextmanager
async def _pipes_of(box: Box) -> "AsyncIterator[tuple[Ends, bytes]]":
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
    try:
        yield ends, b""
    finally:
        for task in carrying:
            task.cancel()
        await asyncio.gather(*carrying, return_exceptions=True)
        pipes.close()
