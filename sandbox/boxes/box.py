"""What the runner needs of a box and of whatever makes boxes. Small on purpose; the consumer owns it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from sandbox.boxes.counters import Counters
from sandbox.boxes.pipes import Ends
from sandbox.boxspec import BoxSpec


class Box(Protocol):
    """One disposable sandbox. Made by a backend, used once, destroyed by leaving its context."""

    @property
    def id(self) -> str:
        """A name for logs; of no meaning to the job."""

    @property
    def restored(self) -> bool:
        """Whether it was restored from a checkpoint, not started."""

    @property
    def waited(self) -> bool:
        """Whether it was made before anybody asked for it."""

    async def send(self, data: bytes) -> None:
        """Write to the agent's standard input. A box that has died swallows it."""

    async def receive(self) -> bytes:
        """Return some bytes of the agent's standard output; none at its end."""

    async def settle(self, spec: BoxSpec) -> Counters:
        """Hold a box that is ready to the limits of its job, and return what it has used so far.

        Raises:
            BackendError: A limit cannot be set.
        """

    async def counters(self) -> Counters:
        """Read the counters, also after the box has died."""

    async def kill(self) -> None:
        """Kill everything in the box; on return nothing of it runs, or it is in quarantine. Idempotent."""

    async def end(self) -> Counters:
        """Read the counters for the last time, and have everything killed; it may be dying still on return."""

    async def epitaph(self) -> str:
        """Return what the box's own process left on its standard error and how it ended, capped, for the log."""


class Stuck(Protocol):
    """Boxes that would not die."""

    def report_to(self, on_change: Callable[[int], None]) -> None:
        """Have their number told, now and whenever it changes."""


@runtime_checkable
class HasPipes(Protocol):
    """A box whose streams are pipes, which another process can read and write as well as this one."""

    def hand_over(self) -> tuple[Ends, bytes]:
        """Give the ends away, and what was heard on them already. From then on `send` and `receive` do nothing here.

        Raises:
            BackendError: They were given away before.
        """


@runtime_checkable
class Reusable(Protocol):
    """A box that may serve another job after this one."""

    @property
    def jobs_before(self) -> int:
        """How many jobs it has served."""

    def retain(self) -> None:
        """Say that the job came to its own end, and that another one may follow. Then it is not killed."""


@runtime_checkable
class Waits(Protocol):
    """A box that can be kept until somebody has a job for it."""

    @property
    def has_ended(self) -> bool:
        """Whether it is known to have died."""

    async def wait_for_word(self) -> None:
        """Wait until the agent has said something. It is kept for whoever reads next.

        Raises:
            BackendError: It ended.
        """


class Backend(Protocol):
    """Makes boxes."""

    @property
    def name(self) -> str:
        """`runsc` or `docker`."""

    @property
    def runsc_version(self) -> str:
        """The version of the runtime that boxes run under."""

    @property
    def runsc_identity(self) -> str:
        """What tells the runtime's binary from another one."""

    @property
    def platform(self) -> str:
        """GVisor's platform, such as systrap."""

    @property
    def quarantine(self) -> Stuck:
        """Boxes that would not die."""

    def image_digest(self, language: str) -> str:
        """Return the digest of the image that boxes of a language are made from."""

    def language_version(self, language: str) -> str:
        """Return what the language's image says of its version."""

    async def start(self) -> None:
        """Check that boxes can be made here, and remove what an earlier server left behind.

        Raises:
            SandboxError: They cannot. The text says what to do.
        """

    def open(self, spec: BoxSpec) -> AbstractAsyncContextManager[Box]:
        """Make a box. Leaving the context destroys it, also when cancelled, and leaves nothing behind.

        Raises:
            BackendError: It could not be made.
        """

    async def remains(self, box_id: str) -> tuple[str, ...]:
        """List what is there of a box on this machine: processes, cgroups, files. Nothing, when it has been left."""

    async def close(self) -> None:
        """Remove what `start` made."""
