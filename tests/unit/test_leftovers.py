"""A server's folder is its own as long as it lives, however it dies, and nobody's afterwards."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.boxes import leftovers
from sandbox.errors import BackendError

HOLDER = """
import sys
from pathlib import Path
from sandbox.boxes.leftovers import claim
print(claim(Path(sys.argv[1])).name, flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def holder(run_dir: Path) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """Another server: a process that holds a folder. Yields the folder's name."""
    command = [sys.executable, "-c", HOLDER, str(run_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


def abandoned(run_dir: Path) -> list[str]:
    return [folder.name for folder in leftovers.abandoned(run_dir)]


def test_a_folder_is_its_servers_alone(tmp_path: Path) -> None:
    run_dir = tmp_path / "run" / "sandbox"
    first, second = leftovers.claim(run_dir), leftovers.claim(run_dir)
    try:
        assert first.name != second.name
        assert first.folder == run_dir / first.name
        assert run_dir.stat().st_mode & 0o777 == 0o700
        assert first.folder.stat().st_mode & 0o777 == 0o700
        # Nothing that the server starts holds its lock after it.
        assert not os.get_inheritable(first.lock_fd)
        assert abandoned(run_dir) == []
    finally:
        first.release()
        second.release()
    assert list(run_dir.iterdir()) == []


def test_releasing_takes_everything_along(tmp_path: Path) -> None:
    instance = leftovers.claim(tmp_path)
    box = instance.folder / "box"
    box.mkdir()
    (box / "config.json").write_text("{}")
    instance.release()
    assert not instance.folder.exists()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(instance.lock_fd)


def test_a_server_that_was_killed_has_abandoned_its_folder(tmp_path: Path) -> None:
    with holder(tmp_path) as (name, process):
        assert (tmp_path / name).is_dir()
        assert abandoned(tmp_path) == []
        # As kill -9 does: it has no chance to clean up.
        process.kill()
        process.wait()
        assert abandoned(tmp_path) == [name]
        # Looking takes nothing away.
        assert abandoned(tmp_path) == [name]
    leftovers.remove(tmp_path / name)
    assert abandoned(tmp_path) == []


def test_a_living_server_among_dead_ones_is_left_alone(tmp_path: Path) -> None:
    with holder(tmp_path) as (living, _):
        with holder(tmp_path) as (dead, process):
            process.kill()
            process.wait()
        assert abandoned(tmp_path) == [dead]
        for folder in leftovers.abandoned(tmp_path):
            leftovers.remove(folder)
        assert [path.name for path in tmp_path.iterdir()] == [living]


def test_a_folder_is_swept_by_one_server_at_a_time(tmp_path: Path) -> None:
    with holder(tmp_path) as (name, process):
        process.kill()
        process.wait()
    sweeping = leftovers.abandoned(tmp_path)
    assert next(sweeping).name == name
    assert abandoned(tmp_path) == []
    assert list(sweeping) == []
    assert abandoned(tmp_path) == [name]


def test_a_sweep_that_is_given_up_lets_go(tmp_path: Path) -> None:
    with holder(tmp_path) as (name, process):
        process.kill()
        process.wait()
    sweeping = leftovers.abandoned(tmp_path)
    next(sweeping)
    sweeping.close()
    assert abandoned(tmp_path) == [name]


def test_what_is_no_servers_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "somebodys").mkdir()
    (tmp_path / "file").write_text("")
    assert abandoned(tmp_path) == []
    assert abandoned(tmp_path / "absent") == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "somebodys"]
    leftovers.remove(tmp_path / "absent")


def test_a_place_that_cannot_be_used_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BackendError, match="SANDBOX_RUN_DIR"):
        leftovers.claim(tmp_path / "file")
