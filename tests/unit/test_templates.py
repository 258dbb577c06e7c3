"""Which boxes are restored: those of a kind that is wanted again, as long as it can be done."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.boxes import templates
from sandbox.boxes.templates import Templates
from sandbox.boxspec import BoxSpec
from sandbox.errors import BackendError
from sandbox.job import Job
from sandbox.language import load_languages
from sandbox.limits import RequestedLimits
from sandbox.paths import data_dir
from sandbox.policy import load_policies

POLICY = load_policies(data_dir("policies"))["default"]
PYTHON = load_languages(data_dir("images"))["python"]


def spec(**limits: int) -> BoxSpec:
    return POLICY.plan(Job(program=b"p", limits=RequestedLimits(**limits)), PYTHON)


async def made(_: BoxSpec, folder: Path) -> None:
    (folder / "checkpoint").touch()


async def until_made(one: Templates, what: BoxSpec, config: bytes = b"") -> Path:
    """Start such boxes until there is a checkpoint."""
    async with asyncio.timeout(5):
        while (found := one.find(what, config)) is None:
            one.was_started(what, config)
            await asyncio.sleep(0)
    return found


def run(folder: Path, play: Callable[[Templates], Awaitable[None]], make: templates.Make = made) -> None:
    async def all_of_it() -> None:
        one = Templates(folder, make)
        try:
            await play(one)
        finally:
            await one.close()

    asyncio.run(all_of_it())


def test_a_kind_of_box_that_is_wanted_again_gets_a_template(tmp_path: Path) -> None:
    made_for = []

    async def make(what: BoxSpec, folder: Path) -> None:
        made_for.append((what, folder))

    async def play(one: Templates) -> None:
        one.was_started(spec(), b"")
        await asyncio.sleep(0.01)
        assert one.find(spec(), b"") is None
        assert made_for == []
        folder = await until_made(one, spec())
        assert made_for == [(spec(), folder)]
        assert one.find(spec(), b"") == folder
        assert made_for == [(spec(), folder)]

    run(tmp_path, play, make)


@pytest.mark.parametrize(
    ("limits", "config"),
    [
        ({"memory_bytes": 512 << 20}, b""),
        ({"disk_bytes": 1 << 20}, b""),
        ({"output_bytes": 1_000}, b""),
        ({}, b"another command"),
    ],
)
def test_another_kind_of_box_gets_another_one(tmp_path: Path, limits: dict[str, int], config: bytes) -> None:
    async def play(one: Templates) -> None:
        folder = await until_made(one, spec())
        assert one.find(spec(**limits), config) is None
        assert await until_made(one, spec(**limits), config) != folder

    run(tmp_path, play)


def test_times_make_no_other_kind(tmp_path: Path) -> None:
    async def play(one: Templates) -> None:
        folder = await until_made(one, spec())
        assert one.find(spec(cpu_time_ms=500, wall_time_ms=700), b"") == folder

    run(tmp_path, play)


@pytest.mark.parametrize("error", [BackendError("no"), OSError("full"), TimeoutError()])
def test_what_cannot_be_made_is_tried_less_and_less(tmp_path: Path, error: Exception) -> None:
    tries = []

    async def make(_: BoxSpec, folder: Path) -> None:
        tries.append(folder)
        raise error

    async def play(one: Templates) -> None:
        for start in range(1, 41):
            assert one.find(spec(), b"") is None
            one.was_started(spec(), b"")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if len(tries) > len(tried_at):
                tried_at.append(start)

    tried_at: list[int] = []
    run(tmp_path, play, make)
    assert tried_at == [2, 8, 32]
    assert not tries[0].exists()


def test_a_machine_that_was_busy_once_gets_its_checkpoint(tmp_path: Path) -> None:
    tries = []

    async def make(what: BoxSpec, folder: Path) -> None:
        tries.append(folder)
        if len(tries) == 1:
            raise BackendError("no checkpoint within 30 s")
        await made(what, folder)

    async def play(one: Templates) -> None:
        folder = await until_made(one, spec())
        assert tries == [folder, folder]
        assert (folder / "checkpoint").exists()

    run(tmp_path, play, make)


def test_what_fails_again_and_again_is_not_used_any_more(tmp_path: Path) -> None:
    async def play(one: Templates) -> None:
        folder = await until_made(one, spec())
        for _ in range(2):
            for _ in range(templates._FAILURES_MAX - 1):
                one.was_restored(folder, BackendError("no"))
                assert one.find(spec(), b"") == folder
            one.was_restored(folder)
        for _ in range(templates._FAILURES_MAX):
            one.was_restored(folder, BackendError("no"))
        assert one.find(spec(), b"") is None
        assert not folder.exists()
        one.was_started(spec(), b"")
        await asyncio.sleep(0.01)
        assert one.find(spec(), b"") is None
        # Another one may be good, and begins with a clean slate.
        folder = await until_made(one, spec())
        one.was_restored(folder, BackendError("no"))
        assert one.find(spec(), b"") == folder

    run(tmp_path, play)


def test_only_so_many_are_kept_and_those_used_last(tmp_path: Path) -> None:
    async def play(one: Templates) -> None:
        first = await until_made(one, spec())
        others = [replace(spec(), language=f"l{number}") for number in range(templates._KINDS_MAX)]
        folders = []
        for number, other in enumerate(others):
            folders.append(await until_made(one, other, b"%d" % number))
            one.was_restored(first)
        assert len([folder for folder in (first, *folders) if folder.exists()]) == templates._KINDS_MAX
        assert first.exists()
        assert not folders[0].exists()

    run(tmp_path, play)


def test_one_is_made_at_a_time(tmp_path: Path) -> None:
    at_work: list[Path] = []
    most = []

    async def make(_: BoxSpec, folder: Path) -> None:
        at_work.append(folder)
        most.append(len(at_work))
        await asyncio.sleep(0.01)
        at_work.remove(folder)

    async def play(one: Templates) -> None:
        for config in (b"1", b"2", b"3"):
            one.was_started(spec(), config)
            one.was_started(spec(), config)
        for config in (b"1", b"2", b"3"):
            await until_made(one, spec(), config)

    run(tmp_path, play, make)
    assert most == [1, 1, 1]


def test_nothing_is_made_after_the_end(tmp_path: Path) -> None:
    ended = []

    async def make(_: BoxSpec, folder: Path) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(folder)

    async def play(one: Templates) -> None:
        one.was_started(spec(), b"")
        one.was_started(spec(), b"")
        await asyncio.sleep(0.01)

    run(tmp_path, play, make)
    assert len(ended) == 1
