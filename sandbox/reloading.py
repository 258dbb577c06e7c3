"""Policies that change while the server serves: read, proven, and only then put in place, all at once."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from sandbox.dispatcher import Dispatcher
from sandbox.errors import SandboxError
from sandbox.logs import logger
from sandbox.policy import Policy

Read = Callable[[], Awaitable[Mapping[str, Policy]]]
"""Reads all policies, or raises SandboxError."""

Prove = Callable[[Mapping[str, Policy]], Awaitable[None]]
"""Attacks the limits of policies, and raises SandboxError if one does not bind."""

OnReload = Callable[[Mapping[str, Policy] | None], None]
"""Is told what a reload came to: the policies now in force, or None when the last good ones stay."""


class Reloader:
    """Reads the policies again when asked. Until the new ones are proven, and if they are not, the old ones stay."""

    def __init__(self, dispatcher: Dispatcher, read: Read, prove: Prove, on_reload: OnReload | None = None) -> None:
        """Prepare. The policies that are in place are proven.

        Args:
            dispatcher: Whose policies are replaced.
            read: Reads them.
            prove: Proves those that were not proven yet.
            on_reload: Is told what each reload came to.
        """
        self._dispatcher = dispatcher
        self._read = read
        self._prove = prove
        self._on_reload = on_reload
        self._asked = asyncio.Event()
        self._proven = {policy.digest for policy in dispatcher.policies.values()}
        self.reloads = 0
        self.refusals = 0

    def ask(self) -> None:
        """Ask for a reload. Asked several times before it begins, it is one."""
        self._asked.set()

    async def run(self) -> None:
        """Reload whenever asked, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            await self._reload()

    async def _reload(self) -> None:
        try:
            policies = dict(await self._read())
            unproven = {name: policy for name, policy in policies.items() if policy.digest not in self._proven}
            if unproven:
                await self._prove(unproven)
        except (SandboxError, OSError) as error:
            self.refusals += 1
            logger().error("policies were not reloaded; the last good ones stay", error=str(error))
            self._tell(None)
            return
        self._proven |= {policy.digest for policy in unproven.values()}
        # One assignment: a job finds either all of the old or all of the new.
        self._dispatcher.policies = policies
        self.reloads += 1
        logger().info("policies reloaded", policies={name: policy.digest for name, policy in policies.items()})
        self._tell(policies)

    def _tell(self, policies: Mapping[str, Policy] | None) -> None:
        if self._on_reload is not None:
            self._on_reload(policies)
