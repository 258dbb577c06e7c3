"""Checkpoints of boxes that wait for their job, from which other boxes are restored instead of started.

A checkpoint is made before any byte of a job arrived. Boxes restored from the same one have the layout of their memory
and the seed of Python's hashes in common, and nothing else: what a program takes as random, the kernel gives it anew.
"""

import asyncio
import hashlib
import shutil
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import wire
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.logs import logger

_KINDS_MAX = 16
"""Kinds of boxes that are remembered; a checkpoint takes some 10 MB of memory."""

_STARTS_BEFORE = 2
"""A kind of box that was wanted only once is not worth a checkpoint: a client may ask for any memory limit."""

_PATIENCE = 4
"""After each failure, so many times more starts are waited for: a machine that was busy once gets its checkpoint, and
one that cannot make any tries less and less."""

_FAILURES_MAX = 3

Make = Callable[[BoxSpec, Path], Awaitable[None]]
"""Starts a box, checkpoints it into the folder that it is given, and destroys it. Raises BackendError, OSError."""


@dataclass(slots=True)
class _Kind:
    starts: int = 0
    tries: int = 0
    failures: int = 0
    ready: bool = False
    making: "asyncio.Task[None] | None" = field(default=None, repr=False)


class Templates:
    """The checkpoints of one server, by kind of box."""

    def __init__(self, folder: Path, make: Make) -> None:
        """Start without any.

        Args:
            folder: Where they are kept; removed with all that is in it by whoever owns it. Best in memory.
            make: Makes one.
        """
        self._folder = folder
        self._make = make
        self._kinds: OrderedDict[str, _Kind] = OrderedDict()
        self._turn = asyncio.Lock()

    def find(self, spec: BoxSpec, config: bytes) -> Path | None:
        """Return the folder of a checkpoint for such a box; None when there is none, or none yet.

        Args:
            spec: The box.
            config: All that its runtime is told of it and that differs between kinds.
        """
        kind = self._kinds.get(_name(spec, config))
        return self._folder / _name(spec, config) if kind is not None and kind.ready else None

    def was_started(self, spec: BoxSpec, config: bytes) -> None:
        """Take note that such a box had to be started, and is gone. If it was not the first, a checkpoint is made."""
        name = _name(spec, config)
        kind = self._kinds.setdefault(name, _Kind())
        self._kinds.move_to_end(name)
        kind.starts += 1
        due = kind.starts >= _STARTS_BEFORE * _PATIENCE**kind.tries
        if due and not kind.ready and kind.making is None:
            kind.tries += 1
            kind.making = asyncio.create_task(self._make_one(spec, name, kind))
        while len(self._kinds) > _KINDS_MAX:
            self._forget(next(iter(self._kinds)))

    def was_restored(self, folder: Path, error: BackendError | None = None) -> None:
        """Take note that a box was restored, or why not. A checkpoint that fails thrice in a row is thrown away."""
        kind = self._kinds.get(folder.name)
        if kind is None:
            return
        self._kinds.move_to_end(folder.name)
        if error is None:
            kind.failures = 0
            return
        kind.failures += 1
        logger().warning("restore failed", template=folder.name, failures=kind.failures, error=str(error))
        if kind.ready and kind.failures >= _FAILURES_MAX:
            kind.ready = False
            shutil.rmtree(folder, ignore_errors=True)

    async def close(self) -> None:
        """Stop making any."""
        making = [kind.making for kind in self._kinds.values() if kind.making is not None]
        for task in making:
            task.cancel()
        await asyncio.gather(*making, return_exceptions=True)

    async def _make_one(self, spec: BoxSpec, name: str, kind: _Kind) -> None:
        folder = self._folder / name
        try:
            # One at a time: each is a box that no slot was given for.
            async with self._turn:
                folder.mkdir(parents=True)
                await self._make(spec, folder)
        except (BackendError, OSError) as error:
            logger().warning("no template", template=name, language=spec.language, error=str(error))
            shutil.rmtree(folder, ignore_errors=True)
        else:
            kind.ready, kind.failures = True, 0
        kind.making = None

    def _forget(self, name: str) -> None:
        kind = self._kinds.pop(name)
        if kind.making is not None:
            kind.making.cancel()
        shutil.rmtree(self._folder / name, ignore_errors=True)


def _name(spec: BoxSpec, config: bytes) -> str:
    # The ceiling under which a box starts is what gVisor shows as the machine's memory; the limits are what it is
    # prepared for.
    text = b"%d %s %s" % (spec.start_memory_bytes, wire.encode_limits(spec), config)
    return hashlib.sha256(text).hexdigest()[:16]
