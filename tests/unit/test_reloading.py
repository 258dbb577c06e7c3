"""New policies are proven before anybody has them, and whatever goes wrong, the old ones stay."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from sandbox.errors import BackendError, PolicyError
from sandbox.paths import data_dir
from sandbox.policy import Policy, load_policy
from sandbox.reloading import Reloader

DEFAULT = load_policy(data_dir("policies") / "default.toml")
OLD = {"default": DEFAULT}
NEW = {"default": replace(DEFAULT, digest="sha256:new"), "other": replace(DEFAULT, name="other", digest="sha256:other")}


class Bench:
    """A reloader, what it reads next, and what it proved."""

    def __init__(self) -> None:
        self.dispatcher: Any = SimpleNamespace(policies=OLD)
        self.next: Mapping[str, Policy] | Exception = OLD
        self.broken: set[str] = set()
        self.proven: list[list[str]] = []
        self.in_place_while_proving: list[Mapping[str, Policy]] = []
        self.reloader = Reloader(self.dispatcher, self.read, self.prove)

    async def read(self) -> Mapping[str, Policy]:
        if isinstance(self.next, Exception):
            raise self.next
        return self.next

    async def prove(self, policies: Mapping[str, Policy]) -> None:
        self.proven.append(sorted(policies))
        self.in_place_while_proving.append(self.dispatcher.policies)
        await asyncio.sleep(0)
        if self.broken & {policy.digest for policy in policies.values()}:
            raise BackendError("memory_bytes does not bind")

    async def after(self, *reads: Mapping[str, Policy] | Exception) -> Mapping[str, Policy]:
        running = asyncio.create_task(self.reloader.run())
        for each in reads:
            self.next = each
            self.reloader.ask()
            for _ in range(5):
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.wait([running])
        found: Mapping[str, Policy] = self.dispatcher.policies
        return found


def test_new_policies_are_in_place_only_after_their_proof() -> None:
    bench = Bench()
    assert asyncio.run(bench.after(NEW)) == NEW
    assert bench.proven == [["default", "other"]]
    assert bench.in_place_while_proving == [OLD]
    assert (bench.reloader.reloads, bench.reloader.refusals) == (1, 0)


def test_what_was_proven_is_not_proven_again() -> None:
    bench = Bench()
    assert asyncio.run(bench.after(OLD, NEW, OLD, NEW, {"default": NEW["default"]})) == {"default": NEW["default"]}
    assert bench.proven == [["default", "other"]]
    assert bench.reloader.reloads == 5


def test_the_old_ones_stay_when_the_new_ones_cannot_be_read() -> None:
    bench = Bench()
    assert asyncio.run(bench.after(PolicyError("default.toml:3: ..."), OSError("gone"))) == OLD
    assert (bench.reloader.reloads, bench.reloader.refusals) == (0, 2)


def test_one_that_does_not_bind_keeps_all_from_being_changed() -> None:
    bench = Bench()
    bench.broken = {"sha256:other"}
    assert asyncio.run(bench.after(NEW)) == OLD
    # Nothing of it counts as proven: the next time it is attacked again.
    bench.broken = set()
    assert asyncio.run(bench.after(NEW)) == NEW
    assert bench.proven == [["default", "other"]] * 2
