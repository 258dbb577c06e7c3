"""What programs may not call they cannot call: every number is tried in a box, not only those somebody thought of."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox import Cause, Client, Integrity, Job, SourceTests
from sandbox.client.local import local
from sandbox.errors import BackendError
from sandbox.paths import data_dir
from sandbox.policy import load_policy
from sandbox.seccomp.numbers import numbers_of
from sandbox.seccomp.roles import AROUND

POLICIES = data_dir("policies")
ALL_NUMBERS = 1_200

TRY_THEM_ALL = """
import ctypes, errno

libc = ctypes.CDLL(None, use_errno=True)

def tried(number):
    return errno.errorcode.get(ctypes.get_errno()) if libc.syscall(number, 0, 0, 0, 0, 0, 0) < 0 else "done"

def all_that_are_not_denied():
    return {number: word for number in NUMBERS if (word := tried(number)) != "EPERM"}
"""

USUAL = b"""
import asyncio, tempfile, threading
asyncio.run(asyncio.sleep(0))
thread = threading.Thread(target=print)
thread.start()
thread.join()
tempfile.TemporaryFile().write(b"x")
"""

FORGETFUL = """#!/bin/sh
for word do
  shift
  [ "$word" = --oci-seccomp ] || set -- "$@" "$word"
done
exec /usr/local/bin/runsc "$@"
"""
"""A runtime that puts no filters on, as every runsc is that is not told to."""


def denied_numbers(policy: str) -> list[int]:
    """The numbers that no program may call under a policy, whether there is such a call or not."""
    numbers = numbers_of(os.uname().machine)
    allowed = load_policy(POLICIES / f"{policy}.toml").system_calls.allowed()
    # clone3 is ENOSYS, so that the C library falls back; AROUND is denied around the box.
    kept = {number for name, number in numbers.items() if name in allowed or name == "clone3"}
    return [number for number in range(ALL_NUMBERS) if number not in kept]


def attempt(policy: str, integrity: Integrity) -> Job:
    program = f"NUMBERS = {denied_numbers(policy)}\n{TRY_THEM_ALL}"
    tests = b"assert all_that_are_not_denied() == {}\n"
    return Job(program=program.encode(), tests=SourceTests(tests), policy=policy, integrity=integrity)


@pytest.mark.parametrize("integrity", list(Integrity))
def test_a_program_cannot_call_what_its_policy_denies(client: Client, integrity: Integrity) -> None:
    assert len(denied_numbers("default")) > ALL_NUMBERS - 250
    verdict = client.run(attempt("default", integrity))
    assert verdict.passed, verdict.message
    assert verdict.integrity is integrity


def test_nor_can_the_tests(client: Client) -> None:
    # Of those that the tests' side never needs itself.
    names = (
        "ptrace",
        "unshare",
        "setns",
        "mount",
        "pivot_root",
        "keyctl",
        "bpf",
        "capset",
        "seccomp",
        "io_uring_setup",
    )
    numbers = [numbers_of(os.uname().machine)[name] for name in names]
    check = "assert f() == 1 and all_that_are_not_denied() == {}\n"
    tests = f"NUMBERS = {numbers}\n{TRY_THEM_ALL}\n{check}"
    verdict = client.run(Job(program=b"def f():\n    return 1\n", tests=SourceTests(tests.encode())))
    assert verdict.passed, verdict.message


@pytest.mark.gvisor
def test_a_program_under_strict_cannot_call_more() -> None:
    with local(slots=1, policies=["strict"]) as client:
        verdict = client.run(attempt("strict", Integrity.SEPARATE_SANDBOX))
        assert verdict.passed, verdict.cause
        for program in (
            b"import subprocess\nsubprocess.run(['true'])",
            b"import socket\nsocket.socket()",
            b"import os\nos.symlink('/tmp', '/tmp/a')",
        ):
            assert client.run(Job(program=program, policy="strict")).cause is Cause.LOAD_ERROR
        # What programs do that compute and print.
        verdict = client.run(Job(program=USUAL, policy="strict"))
        assert verdict.passed, verdict.cause


@pytest.mark.gvisor
def test_a_policy_denies_a_harmless_call_and_the_program_sees_eperm(tmp_path: Path) -> None:
    policy = 'extends = "default"\n[seccomp]\ndeny = ["mkdir", "mkdirat"]\n'
    (tmp_path / "tuned.toml").write_text(policy, encoding="utf-8")
    program = b"""
import os
try:
    os.mkdir("/tmp/a")
except PermissionError as error:
    print(error.errno)
"""
    with local(slots=1, policies=["tuned"], policies_dir=tmp_path) as client:
        verdict = client.run(Job(program=program, policy="tuned"))
        assert (verdict.passed, verdict.stdout.data) == (True, b"1\n")


@pytest.mark.gvisor
def test_no_service_where_the_filter_is_not_around_the_box(tmp_path: Path) -> None:
    runsc = tmp_path / "runsc"
    runsc.write_text(FORGETFUL, encoding="utf-8")
    runsc.chmod(0o755)
    with (
        pytest.raises(BackendError, match=f"(?s)system_calls does not bind.*{AROUND}: ENOSYS"),
        local(slots=1, extra_args=["--runsc", str(runsc), "--no-templates"]),
    ):
        pass


@pytest.mark.gvisor
@pytest.mark.parametrize(("machine", "arch"), [("x86_64", "amd64"), ("aarch64", "arm64")])
def test_the_numbers_are_those_of_the_installed_runsc(machine: str, arch: str) -> None:
    done = subprocess.run(
        ["/usr/local/bin/runsc", "help", "syscalls", "-format", "json"], capture_output=True, check=True, timeout=60
    )
    known = json.loads(done.stdout)["linux"][arch]["syscalls"]
    ours = numbers_of(machine)
    assert {entry["name"]: ours.get(entry["name"]) for entry in known.values()} == {
        entry["name"]: int(number) for number, entry in known.items()
    }
