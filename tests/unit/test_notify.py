"""Systemd is told once a service is ready, where it wants to be told."""

import socket
from pathlib import Path

import pytest

from sandbox import notify


@pytest.mark.parametrize("in_file_system", [True, False])
def test_who_asked_to_be_told_is_told(in_file_system: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = str(tmp_path / "notify") if in_file_system else "@sandbox-test-notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name.replace("@", "\0", 1) if not in_file_system else name)
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", name)
        notify.ready()
        assert manager.recv(100) == b"READY=1"


def test_nobody_is_told_who_did_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.ready()
