"""Policies of one's own, tried out and served as somebody would who sits before a terminal."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox import Cause, Integrity, Job, Verdict
from sandbox.client.local import local

pytestmark = pytest.mark.gvisor


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_policy_of_ones_own_is_tried_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "hungry.py").write_text("a = bytearray(100 << 20)\n", encoding="utf-8")
    for mebibytes, code, said in ((64, 1, "FAILED: MEMORY_LIMIT"), (160, 0, "PASSED")):
        policy = tmp_path / "mine.toml"
        policy.write_text(f'extends = "default"\n[defaults]\nmemory_bytes = {mebibytes << 20}\n', encoding="utf-8")
        done = command("policy", "try", str(policy), str(tmp_path / "hungry.py"))
        assert done.stdout.startswith(said), done.stderr
        assert done.returncode == code


def test_a_broken_policy_is_not_tried(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('extends = "default"\nnetwork = true\n', encoding="utf-8")
    done = command("policy", "try", str(tmp_path / "mine.toml"), __file__)
    assert done.returncode == 3
    assert f"{tmp_path / 'mine.toml'}:2: network is unknown" in done.stderr


def test_a_server_of_strict_jobs_does_nothing_weaker(tmp_path: Path) -> None:
    hello = tmp_path / "hello.py"
    hello.write_text("print('hi')\n", encoding="utf-8")
    with local(slots=1, policies=["strict"]) as client:
        verdict = client.run(Job(program=hello.read_bytes(), policy="strict"))
        assert isinstance(verdict, Verdict)
        assert verdict.cause is Cause.ALL_TESTS_PASSED
        assert verdict.integrity is Integrity.SEPARATE_SANDBOX
        # COUNTS: nothing of the program's output is told.
        assert verdict.stdout.data == b""
        weaker = Job(program=b"1", policy="strict", integrity=Integrity.SEPARATE_PROCESS)
        for refused, field in ((weaker, "job.integrity"), (Job(program=b"1"), "job.policy")):
            (result,) = client.run_many([refused])
            assert not isinstance(result, Verdict)
            assert result.field == field
