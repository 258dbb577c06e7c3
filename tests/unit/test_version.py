"""A runtime is known by what it says of itself, and told from another one that says the same."""

import asyncio
import os
from pathlib import Path

import pytest

from sandbox.boxes.version import runsc_identity, runsc_version
from sandbox.errors import BackendError


def binary(folder: Path, text: str) -> Path:
    path = folder / "runsc"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_version_is_what_it_says(tmp_path: Path) -> None:
    path = binary(tmp_path, "echo runsc version release-20991231.0; echo spec: 1.2.1")
    assert asyncio.run(runsc_version(path)) == "release-20991231.0"


@pytest.mark.parametrize("text", ["echo runc version 1.1", "echo runsc version 1; exit 1", "exit 0"])
def test_what_does_not_say_it_is_none(text: str, tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="does not say its version"):
        asyncio.run(runsc_version(binary(tmp_path, text)))


def test_what_is_not_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cannot run"):
        asyncio.run(runsc_version(tmp_path / "runsc"))
    with pytest.raises(BackendError, match="cannot look at"):
        runsc_identity(tmp_path / "runsc")


def test_another_binary_is_another_one(tmp_path: Path) -> None:
    path = binary(tmp_path, "echo 1")
    os.utime(path, ns=(1, 1))
    first = runsc_identity(path)
    assert runsc_identity(path) == first
    os.utime(path, ns=(1, 2))
    second = runsc_identity(path)
    path = binary(tmp_path, "echo 12")
    os.utime(path, ns=(1, 2))
    (tmp_path / "link").symlink_to(path)
    assert runsc_identity(tmp_path / "link") == runsc_identity(path)
    assert len({first, second, runsc_identity(path)}) == 3
