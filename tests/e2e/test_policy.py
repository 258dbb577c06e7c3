"""Policies of one's own, tried out and served as somebody would who sits before a terminal."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from sandbox import Cause, Client, Integrity, Job, Verdict
from sandbox.client.local import local
from sandbox.paths import data_dir
from sandbox.policy import load_policy
from sandbox.seccomp.profile import parse

pytestmark = pytest.mark.gvisor


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        capture_output=True, text=True, timeout=300, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_policy_of_ones_own_is_tried_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "hungry.py").write_text("a = bytearray(100 << 20)\n", encoding="utf-8")
    for mebibytes, code, said in ((90, 1, "FAILED: MEMORY_LIMIT"), (160, 0, "PASSED")):
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


PROBLEM = {"task_id": "own/0", "prompt": "", "entry_point": "f", "test": "def check(f):\n    assert f() == 1\n"}


def corpus(folder: Path, *bodies: str) -> list[str]:
    """Files of one problem and of samples that are whole programs."""
    (folder / "problems.jsonl").write_text(
        json.dumps(PROBLEM | {"canonical_solution": bodies[0]}) + "\n", encoding="utf-8"
    )
    lines = [json.dumps({"task_id": "own/0", "completion": body}) + "\n" for body in bodies]
    (folder / "samples.jsonl").write_text("".join(lines), encoding="utf-8")
    return ["--problems", str(folder / "problems.jsonl"), "--samples", str(folder / "samples.jsonl")]


def test_a_policy_is_learnt_from_a_corpus_and_tried_on_another(tmp_path: Path) -> None:
    quiet = "def f():\n    return 1\n"
    makes = "import os\ndef f():\n    os.mkdir('/tmp/a')\n    return 1\n"
    (tmp_path / "seccomp").mkdir()
    learnt = tmp_path / "seccomp" / "learnt.json"
    (tmp_path / "tight.toml").write_text('extends = "default"\n[seccomp]\nprofile = "learnt"\n', encoding="utf-8")
    options = corpus(tmp_path, quiet, makes)

    done = command("policy", "learn", "default", *options, "--out", str(learnt))
    assert done.returncode == 0, done.stderr
    assert "2 samples (0 of them failed)" in done.stderr
    profile, mistakes = parse(learnt.read_bytes())
    assert mistakes == []
    assert profile is not None
    assert "mkdir" in profile.allowed()
    assert {"symlink", "socket", "rmdir"} & profile.allowed() == set()
    # What the agent needs to set its roles apart is not the programs'.
    assert {"mount", "unshare", "memfd_create"} & profile.allowed() == set()

    done = command("policy", "canary", "default", str(tmp_path / "tight.toml"), *options)
    assert (done.returncode, done.stdout) == (0, "2 samples: 0 change, 0 are unsteady\n"), done.stderr

    links = "import os\ndef f():\n    os.symlink('/tmp', '/tmp/b')\n    return 1\n"
    done = command("policy", "canary", "default", str(tmp_path / "tight.toml"), *corpus(tmp_path, quiet, links, makes))
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines() == [
        "own/0, sample 1: ALL_TESTS_PASSED -> EXCEPTION",
        "3 samples: 1 change, 0 are unsteady",
    ]


RELOADS = 1_000 if os.environ.get("SANDBOX_NIGHTLY") == "1" else 40
MEMORY = {"a": 128 << 20, "b": 160 << 20}


def test_a_reload_changes_all_or_nothing_while_jobs_run(common: Path) -> None:
    policy, log = common / "default.toml", common / "log"

    def write(memory_bytes: int | str) -> str:
        text = f'extends = "default"\n[defaults]\nmemory_bytes = {memory_bytes}\n'
        # As an editor does, and a careful script: nobody sees half a file.
        (common / "new").write_text(text, encoding="utf-8")
        (common / "new").replace(policy)
        return load_policy(policy).digest if isinstance(memory_bytes, int) else ""

    digests = {write(memory_bytes): memory_bytes for memory_bytes in MEMORY.values()}
    endpoint = f"unix:{common / 's'}"
    with log.open("wb") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--die-with-stdin",
             "--listen", endpoint, "--policies", str(common)],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip
    try:
        wait_for(log, '"serving"', 1)
        with Client(endpoint, in_flight_max=8) as client:
            done, results = threading.Event(), []

            def keep_busy() -> None:
                results.extend(client.run_many(iter(lambda: None if done.is_set() else Job(program=b"x = 1"), None)))

            busy = threading.Thread(target=keep_busy)
            busy.start()
            for index in range(1, RELOADS + 1):
                write(MEMORY["ab"[index % 2]])
                server.send_signal(signal.SIGHUP)
                wait_for(log, '"policies reloaded"', index)
            # One that is wrong changes nothing.
            write('"much"')
            server.send_signal(signal.SIGHUP)
            wait_for(log, '"policies were not reloaded', 1)
            last = client.run(Job(program=b"x = 1"))
            done.set()
            busy.join()
    finally:
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait(60) == 0
    assert last.receipt.limits.memory_bytes == MEMORY["ab"[RELOADS % 2]]
    assert f"{policy}:3: defaults.memory_bytes must be" in log.read_text(encoding="utf-8")
    verdicts = [result for result in results if isinstance(result, Verdict)]
    assert len(verdicts) == len(results) > RELOADS / 20
    # Each job had the one or the other as a whole, and its receipt says which.
    assert {(each.receipt.policy_digest, each.receipt.limits.memory_bytes) for each in verdicts} <= set(digests.items())
    assert len({each.receipt.policy_digest for each in verdicts}) == 2


ODD: tuple[Callable[[Path], object], ...] = (
    lambda path: path.mkdir(),
    lambda path: path.symlink_to("nowhere"),
    # Whoever opens it waits for whoever writes.
    os.mkfifo,
    lambda path: path.symlink_to("/dev/zero"),
    lambda path: path.write_text("a = " + "1" * 5_000),
    lambda path: path.write_text("a = " + "[" * 100_000),
    # Gone.
    lambda _: None,
)


def test_whatever_becomes_of_a_policys_file_the_server_goes_on_with_the_last_good_one(common: Path) -> None:
    base, log, endpoint = common / "base.toml", common / "log", f"unix:{common / 's'}"
    good = (data_dir("policies") / "default.toml").read_text(encoding="utf-8")
    base.write_text(good, encoding="utf-8")
    (common / "default.toml").write_text('extends = "base"\n', encoding="utf-8")
    with log.open("wb") as stderr:
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--die-with-stdin", "--slots", "1",
             "--listen", endpoint, "--policies", str(common), "--policy", "default"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip
    try:
        # A signal that comes before it serves is remembered.
        while not psutil.Process(server.pid).children():
            time.sleep(0.01)
        server.send_signal(signal.SIGHUP)
        wait_for(log, '"policies reloaded"', 1)
        with Client(endpoint) as client:
            for refusals, spoil in enumerate(ODD, start=1):
                base.unlink()
                spoil(base)
                server.send_signal(signal.SIGHUP)
                wait_for(log, '"policies were not reloaded', refusals)
                result = client.run(Job(program=b"x = 1"))
                assert isinstance(result, Verdict), result
                assert result.passed
                if base.is_dir():
                    base.rmdir()
                base.unlink(missing_ok=True)
                base.touch()
            base.write_text(good.replace("wall_time_ms = 6_000", "wall_time_ms = 6_001"), encoding="utf-8")
            server.send_signal(signal.SIGHUP)
            wait_for(log, '"policies reloaded"', 2)
            result = client.run(Job(program=b"x = 1"))
            assert isinstance(result, Verdict)
            assert result.receipt.limits.wall_time_ms == 6_001
    finally:
        assert server.stdin is not None
        server.stdin.close()
        assert server.wait(60) == 0
    assert "Traceback" not in log.read_text(encoding="utf-8")


def test_a_profile_that_cannot_be_written_is_not_lost(tmp_path: Path) -> None:
    done = command("policy", "learn", "default", "--limit", "1", "--out", str(tmp_path / "nowhere" / "mine.json"))
    assert done.returncode == 2
    assert f"no file can be written in {tmp_path / 'nowhere'}" in done.stderr
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4k", "full", str(tmp_path)], check=True, timeout=60)
    try:
        (tmp_path / "mine.json").write_text("what was there")
        done = command("policy", "learn", "default", "--limit", "1", "--out", str(tmp_path / "mine.json"))
        assert done.returncode == 1, done
        assert "the profile was printed instead" in done.stderr
        profile, _ = parse(done.stdout.encode())
        assert profile is not None
        assert [path.name for path in tmp_path.iterdir()] == ["mine.json"]
        assert (tmp_path / "mine.json").read_text() == "what was there"
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True, timeout=60)


def wait_for(log: Path, text: str, times: int) -> None:
    deadline = time.monotonic() + 120
    while log.read_text(encoding="utf-8").count(text) < times:
        assert time.monotonic() < deadline, log.read_text(encoding="utf-8")[-2000:]
        time.sleep(0.01)
