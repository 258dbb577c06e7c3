"""E15, E19, E20, E21: the server has no privilege; the launcher makes boxes by its template, whatever it is sent."""

import asyncio
import contextlib
import json
import os
import pty
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from sandbox import CallTests, CaseTests, Client, Job, RequestedLimits, SandboxError, SourceTests, local
from sandbox.boxes.pipes import Ends, Pipes
from sandbox.job import CallCase, Case
from sandbox.launcher import process
from sandbox.launcher.channel import Channel
from sandbox.launcher.privileges import NOBODY_ELSE, look
from sandbox.paths import data_dir
from sandbox.policy import load_policy
from tests.leftovers import leftovers, wait_until_as_before

pytestmark = [pytest.mark.gvisor, pytest.mark.timeout(1_200)]

MESSAGES = 100_000 if os.environ.get("SANDBOX_NIGHTLY") == "1" else 10_000
POLICY = load_policy(data_dir("policies") / "default.toml")
TRUE = json.dumps(
    {
        "ask": "open",
        "policy": "default",
        "policy_digest": POLICY.digest,
        "language": "python",
        "limits": asdict(POLICY.defaults),
        "alone": False,
    }
).encode()
JOB = Job(program=b"def f(): return 1", tests=SourceTests(b"assert f() == 1"))


def the_two() -> tuple[psutil.Process, psutil.Process]:
    """The server that this process started last, and its launcher. Those of other tests may be there too."""
    children = [child for child in psutil.Process().children() if "serve" in child.cmdline()]
    server = max(children, key=lambda child: (child.create_time(), child.pid))
    (launcher,) = [child for child in server.children() if child.cmdline() == server.cmdline()]
    return server, launcher


def test_the_server_has_no_privilege_and_the_launcher_no_network() -> None:
    with local(backend="runsc") as client:
        assert client.run(JOB).passed
        server, launcher = the_two()
        held = look(server.pid)
        assert held.is_none
        assert held.uids == held.gids == {NOBODY_ELSE}
        # Of every thread: some of these are attributes of threads, not of processes.
        for thread in Path(f"/proc/{server.pid}/task").iterdir():
            assert look(f"{server.pid}/task/{thread.name}").is_none
        assert server.net_connections("inet") == []
        assert launcher.net_connections("inet") == []
        assert look(launcher.pid).uids == {0}
        # It holds nothing by which it could get more: no folder, no device, no Engine's socket.
        targets = {str(path.readlink()) for path in Path(f"/proc/{server.pid}/fd").iterdir()}
        kinds = ("pipe:", "socket:", "anon_inode:", "/dev/null", "/tmp/sandbox-")
        assert [target for target in targets if not target.startswith(kinds)] == []


@pytest.mark.parametrize("restored", [False, True])
def test_whoever_breaks_out_of_a_box_is_nobody_on_the_host(restored: bool) -> None:
    templates = "--templates" if restored else "--no-templates"
    with local(backend="runsc", extra_args=[templates]) as client, ThreadPoolExecutor() as beside:
        _, launcher = the_two()
        sleeper = Job(program=b"import time; time.sleep(2)", limits=RequestedLimits(wall_time_ms=60_000))
        # The third one at the latest is restored, if any is.
        for _ in range(3):
            wait_for(lambda: not launcher.children())
            running = beside.submit(client.run, sleeper)
            wait_for(lambda: len(sentries(launcher)) > 0)
            for sentry in sentries(launcher):
                held = look(sentry.pid)
                assert min(held.uids) == 2_000_000_000, held
                assert min(held.gids) == 2_000_000_000, held
                assert held.groups <= {2_000_000_000}
            verdict = running.result(timeout=60)
            assert verdict.passed
        assert verdict.usage.box_restored is restored


def sentries(launcher: psutil.Process) -> list[psutil.Process]:
    """gVisor's kernels, which are what a program would break out of."""
    found = []
    for child in launcher.children(recursive=True):
        with contextlib.suppress(psutil.Error):
            if child.cmdline()[:1] == ["runsc-sandbox"] and "boot" in child.cmdline():
                found.append(child)
    return found


def test_a_server_that_is_killed_takes_its_boxes_and_its_launcher_with_it() -> None:
    before = leftovers()
    with local(backend="runsc") as client, ThreadPoolExecutor() as beside:
        server, launcher = the_two()
        sleeper = Job(program=b"import time; time.sleep(60)", limits=RequestedLimits(wall_time_ms=60_000))
        running = beside.submit(client.run, sleeper)
        wait_for(lambda: len(launcher.children()) > 0)
        server.kill()
        assert isinstance(running.exception(timeout=60), SandboxError)
    # Whoever adopts it may take his time to bury it.
    assert not launcher.is_running() or launcher.status() == psutil.STATUS_ZOMBIE
    wait_until_as_before(before)


def test_a_launcher_that_is_killed_is_the_end_of_the_server(common: Path) -> None:
    before = leftovers()
    with (common / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "serve", "--listen", f"unix:{common}/s"],
            stdin=subprocess.DEVNULL,
            stderr=log,
        )
    wait_for(lambda: '"serving"' in (common / "log").read_text())
    (launcher,) = psutil.Process(server.pid).children()
    launcher.kill()
    assert server.wait(60) == 3
    assert "the launcher is gone: no box can be made; start the server anew" in (common / "log").read_text()
    # As after any server that died: the next one removes what is left.
    with local(backend="runsc") as client:
        assert client.run(JOB).passed
    wait_until_as_before(before)


@contextlib.contextmanager
def launcher_at(path: Path, *arguments: str) -> Iterator["subprocess.Popen[bytes]"]:
    with (path.parent / "launcher.log").open("ab") as log:
        launcher = subprocess.Popen(
            [sys.executable, "-m", "sandbox", "launcher", "--socket", str(path), *arguments],
            stdin=subprocess.DEVNULL, stderr=log,
        )  # fmt: skip
    try:
        wait_for(path.exists)
        yield launcher
    finally:
        launcher.send_signal(signal.SIGTERM)
        assert launcher.wait(60) == 0
    assert not path.exists()


@pytest.fixture
def roots(common: Path) -> Path:
    """A folder that everybody may enter and nobody else may write to, as a launcher's socket needs it."""
    folder = common / "roots"
    folder.mkdir(mode=0o755)
    return folder


def as_user(uid: int, *command: str) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", "--bounding-set=-all", *command]


def test_a_server_of_another_user_is_served_by_a_launcher_of_its_own(common: Path, roots: Path) -> None:
    before, path = leftovers(), roots / "launcher"
    with launcher_at(path, "--user", "64999:64999"):
        log = common / "server.log"
        with log.open("wb") as stderr:
            server = subprocess.Popen(
                as_user(64_999, sys.executable, "-m", "sandbox", "serve", "--launcher", str(path),
                        "--listen", f"unix:{common}/s"),
                stdin=subprocess.DEVNULL, stderr=stderr,
            )  # fmt: skip
        try:
            wait_for(lambda: '"serving"' in log.read_text() or server.poll() is not None)
            assert server.poll() is None, log.read_text()
            with Client(f"unix:{common}/s") as client:
                assert client.run(JOB).passed
        finally:
            server.terminate()
            assert server.wait(60) == 0

        stranger = subprocess.run(
            as_user(64_998, sys.executable, "-m", "sandbox", "serve", "--launcher", str(path)),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert stranger.returncode == 3
        assert "no launcher at" in stranger.stderr
        assert "Permission denied" in stranger.stderr
    wait_until_as_before(before)


def test_a_stranger_who_gets_at_the_socket_is_turned_away(roots: Path) -> None:
    path = roots / "launcher"
    with launcher_at(path, "--user", "64999:64999"):
        path.chmod(0o777)
        said = subprocess.run(
            as_user(64_998, sys.executable, "-c",
                    "import socket, sys; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET);"
                    "s.connect(sys.argv[1]); s.send(b'{\"ask\":\"hello\"}'); print(s.recv(100))", str(path)),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert "b''" in said.stdout or "ConnectionReset" in said.stderr or "BrokenPipe" in said.stderr, said
        assert "a stranger was turned away" in (roots / "launcher.log").read_text()


@pytest.mark.parametrize(
    "who",
    [
        [],
        ["setpriv", "--reuid=64999", "--regid=64999", "--clear-groups", "--inh-caps=+net_admin,+sys_admin",
         "--ambient-caps=+net_admin,+sys_admin"],
    ],
    ids=["root", "a user with capabilities"],
)  # fmt: skip
def test_a_server_that_is_started_by_itself_gives_up_what_it_has(
    common: Path, roots: Path, tmp_path: Path, who: list[str]
) -> None:
    path = roots / "launcher"
    with launcher_at(path, "--user", "64999:64999"), (tmp_path / "secret").open("wb") as secret:
        server = subprocess.Popen(
            [*who, sys.executable, "-m", "sandbox", "serve", "--launcher", str(path), "--listen", f"unix:{common}/s"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=[secret.fileno()],
        )  # fmt: skip
        try:
            wait_for(lambda: b"a server has connected" in (roots / "launcher.log").read_bytes())
            wait_for(lambda: look(server.pid).no_new_privileges)
            wait_for(lambda: "Seccomp:\t2" in Path(f"/proc/{server.pid}/status").read_text())
            wait_for(lambda: Path(f"/proc/{server.pid}/cwd").readlink() == Path("/"))
            has = look(server.pid)
            assert not has.capabilities
            assert 0 not in has.uids | has.gids
            assert has.is_none == (not who)
            # What whoever started it had open is no longer open here.
            for link in Path(f"/proc/{server.pid}/fd").iterdir():
                # It goes on opening and closing others.
                with contextlib.suppress(FileNotFoundError):
                    assert link.readlink() != tmp_path / "secret"
        finally:
            server.kill()
            server.wait()


def refused_launcher(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "launcher", "--socket", str(path)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_a_socket_where_others_could_put_their_own_is_refused(common: Path, roots: Path) -> None:
    assert "others than root may write to its folder" in refused_launcher(common / "launcher")
    os.chown(roots, 64_999, 0)
    assert "others than root may write to its folder" in refused_launcher(roots / "launcher")


def test_the_socket_of_somebody_who_lives_is_nobody_elses(roots: Path) -> None:
    path = roots / "launcher"
    with launcher_at(path) as launcher:
        # It is no reason to end, and nothing is read again.
        launcher.send_signal(signal.SIGHUP)
        assert "another launcher does" in refused_launcher(path)
        launcher.send_signal(signal.SIGSTOP)
        try:
            with contextlib.ExitStack() as crowd:
                with contextlib.suppress(BlockingIOError):
                    while True:
                        one = crowd.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET))
                        one.setblocking(False)
                        one.connect(str(path))
                # It has no more room for who asks, and lives all the same.
                assert "does not answer" in refused_launcher(path)
        finally:
            launcher.send_signal(signal.SIGCONT)
        # As soon as it has seen that the crowd is gone.
        wait_for(lambda: is_served(path))
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as another_service:
        another_service.bind(str(path))
        another_service.listen()
        assert "does not answer" in refused_launcher(path)
        assert path.exists()


def is_served(path: Path) -> bool:
    # The second: the crowd has gone, but the launcher has not yet been through all that it asked.
    with contextlib.suppress(ConnectionError, BlockingIOError):
        return asyncio.run(ask_for_a_box(path, TRUE))
    return False


def test_a_launcher_that_ends_takes_no_other_socket_with_it(roots: Path) -> None:
    path = roots / "launcher"
    with launcher_at(path) as first:
        path.unlink()
        with launcher_at(path):
            first.terminate()
            assert first.wait(60) == 0
            assert asyncio.run(ask_for_a_box(path, TRUE))


LISTEN = """
import socket, sys
listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
listener.bind(sys.argv[1])
listener.listen()
input()
"""


def test_a_server_asks_nobody_who_is_not_root(common: Path) -> None:
    path = common / "launcher"
    # It ends when its standard input does.
    with subprocess.Popen(as_user(64_998, sys.executable, "-c", LISTEN, str(path)), stdin=subprocess.PIPE):
        wait_for(path.exists)
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "serve", "--launcher", str(path)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 3, done
    assert "user 64998 listens there, who is not root" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--launcher", "/nowhere/at/all"], 3, "start sandbox launcher first"),
        (["--launcher", "/nowhere", "--backend", "docker"], 2, "--backend is the launcher's to know"),
        (["--launcher", "/nowhere", "--no-templates"], 2, "--templates or --no-templates is the launcher's to know"),
        (["--user", "root"], 3, "must not be root"),
        (["--user", "0:0"], 3, "must not be root"),
        (["--user", "99999999999:5"], 3, "is no UID:GID"),
        (["--user", "5:4294967295"], 3, "is no UID:GID"),
        (["--user", "nobody-of-this-name"], 3, "no account"),
    ],
)
def test_what_makes_no_sense_is_refused_at_once(arguments: list[str], code: int, text: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "serve", "--listen", "127.0.0.1:0", *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == code, done
    assert text in done.stderr


def test_a_root_that_may_not_become_anybody_else_says_what_to_do() -> None:
    done = subprocess.run(
        ["setpriv", "--bounding-set=-setuid,-setgid", sys.executable, "-m", "sandbox", "serve"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 3, done
    assert "start sandbox launcher and, as that user, sandbox serve --launcher" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_launcher_removes_nothing_that_is_no_socket(roots: Path) -> None:
    (roots / "precious").write_text("mine")
    (roots / "link").symlink_to(roots / "precious")
    for name in ("precious", "link"):
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "launcher", "--socket", str(roots / name)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 3, done
        assert "something else is there" in done.stderr
    assert (roots / "link").read_text() == "mine"


def test_the_two_must_have_the_same_policies(roots: Path) -> None:
    path = roots / "launcher"
    with launcher_at(path, "--user", "64999:64999"):
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", "serve", "--launcher", str(path), "--policy", "strict"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 3, done
    assert "the launcher has other policies than this server (default, strict)" in done.stderr


IN_A_TERMINAL = """
import errno, fcntl, os, sys, termios
from sandbox.launcher.privileges import User, drop
fcntl.ioctl(0, termios.TIOCSTI, b"a")
drop(User(64999, 64999))
for request in (termios.TIOCSTI, termios.TIOCSTI | 1 << 40, 0x541C):
    try:
        fcntl.ioctl(0, request & 0xFFFFFFFF, b"b")
        print("typed")
    except OSError as error:
        print(errno.errorcode[error.errno])
print(os.getcwd())
"""


def test_a_server_cannot_type_into_the_terminal_that_it_was_started_from() -> None:
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", IN_A_TERMINAL])  # noqa: S606 (there is none in between)
    said = b""
    with contextlib.suppress(OSError):
        while data := os.read(terminal, 4_096):
            said += data
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    if b"PermissionError" in said or b"Input/output" in said:
        pytest.skip("this kernel lets nobody type into terminals (dev.tty.legacy_tiocsti)")
    assert status == 0, said
    # The first letter was root's.
    assert said.decode().removeprefix("a").split() == ["EPERM", "EPERM", "EPERM", "/"]


def test_a_private_server_needs_no_temporary_folder_of_everybodys(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text("print(1)")
    (tmp_path / "own").mkdir(mode=0o700)
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "run", str(program)], env=os.environ | {"TMPDIR": str(tmp_path / "own")},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done


def test_a_server_that_cannot_write_where_it_listens_says_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "serve", "--listen", f"unix:{tmp_path}/s"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=110,
    )  # fmt: skip
    assert done.returncode == 3, done
    assert f"must be able to write to {tmp_path}" in done.stderr


# --- E21: a hundred thousand messages ---


def fuzzed(chance: random.Random) -> bytes:
    """A message that is noise, or a true one with something in it changed."""
    true: dict[str, Any] = json.loads(TRUE)
    limits = true["limits"]
    strange: list[Any] = [
        *(-1, 0, 2**31, 2**63, 2**64, 1.5, None, True, [], {}, "", "../../etc", "strict", "x" * 3_000, "\0", "é"),
        *("--network=host", "dev.gvisor.spec.mount", {"path": "/"}, "/var/run/docker.sock", "root", ["/:/host:rw"]),
    ]
    kind = chance.randrange(6)
    if kind == 0:
        return chance.randbytes(chance.randrange(1, 6_000))
    if kind == 1:
        text = bytearray(TRUE)
        for _ in range(chance.randrange(1, 8)):
            text[chance.randrange(len(text))] = chance.randrange(256)
        return bytes(text)
    if kind == 2:
        limits[chance.choice(list(limits))] = chance.choice(strange)
    elif kind == 3:
        true[chance.choice(list(true))] = chance.choice(strange)
    elif kind == 4:
        more = ("mounts", "privileged", "image", "command", "runtime", "annotations", "user", "cap_add")
        true[chance.choice(more)] = chance.choice(strange)
    else:
        ask = chance.choice(["hello", "reload", "remains", "exec", "shutdown"])
        return json.dumps({"ask": ask, "box_id": chance.choice(strange)}).encode()
    return json.dumps(true).encode()


# Writes down each box's document, then is the real runtime.
SPY = """#!/bin/sh
bundle=
for each in "$@"; do case "$each" in --bundle=*) bundle=${{each#--bundle=}};; esac; done
if [ -n "$bundle" ]; then
    # Whole or not at all: a box may be killed at any moment.
    part=$(mktemp {parts}/XXXXXXXX)
    cp "$bundle/config.json" "$part"
    mv "$part" {folder}/
fi
exec {runsc} "$@"
"""


@pytest.fixture
def spy(tmp_path: Path) -> tuple[Path, Path]:
    """A runtime that writes down the document of each box, and the folder where it does."""
    seen, parts, path = tmp_path / "seen", tmp_path / "parts", tmp_path / "runsc"
    seen.mkdir()
    parts.mkdir()
    path.write_text(SPY.format(folder=seen, parts=parts, runsc="/usr/local/bin/runsc"))
    path.chmod(0o755)
    tmp_path.chmod(0o755)
    tmp_path.parent.chmod(0o755)
    tmp_path.parent.parent.chmod(0o755)
    return path, seen


def documents(seen: Path, *, sizes: bool = True) -> set[str]:
    """The documents that boxes were made from, without what differs by design: the box's own cgroup, and the folder
    of its server. Without sizes, also without those of its tmpfs, which a request may lower.
    """
    found = set()
    for path in seen.iterdir():
        document = json.loads(path.read_text())
        document["linux"]["cgroupsPath"] = document["root"]["path"] = ""
        for mount in [] if sizes else document["mounts"]:
            mount["options"] = [option for option in mount["options"] if not option.startswith("size=")]
        found.add(json.dumps(document))
    return found


HOSTILE = (
    *("--network=host", "-rootfs=/", "\n", "a,rw", "/:/host:rw", "dev.gvisor.flag.debug=true", '"},"mounts":[{"'),
    *("../../../etc/shadow", "$(id)", "`id`", "%s%n", "\u202e", "é" * 20, "A" * 64, "{}", "\x7f"),
)


def hostile_jobs() -> Iterator[Job]:
    """Jobs with hostile text in every field that is the client's."""
    for text in HOSTILE:
        data = f"{text}\nx = 1".encode()
        yield Job(program=data, tests=SourceTests(data))
        yield Job(program=data, tests=CaseTests((Case(data, data),), checker=data))
        yield Job(program=data, tests=CallTests("f", (CallCase(data, data),)))


def test_whatever_a_client_says_boxes_are_made_from_the_same_document(spy: tuple[Path, Path]) -> None:
    runsc, seen = spy
    with local(backend="runsc", extra_args=["--runsc", str(runsc), "--no-templates"]) as client:
        for path in seen.iterdir():
            # Those of the examination, which asks for limits of its own.
            path.unlink()
        assert client.run(JOB).passed
        golden = documents(seen)
        assert len(golden) == 1
        results = list(client.run_many(hostile_jobs()))
        assert len(results) == 3 * len(HOSTILE)
        for text in HOSTILE:
            for refused in (Job(program=b"x = 1", policy=text), Job(program=b"x = 1", language=text)):
                with pytest.raises(SandboxError):
                    client.run(refused)
        assert len(list(seen.iterdir())) > len(HOSTILE)
        assert documents(seen) == golden


def test_no_message_makes_a_box_outside_the_template_and_none_ends_the_launcher(
    roots: Path, spy: tuple[Path, Path]
) -> None:
    before, path, (runsc, seen) = leftovers(), roots / "launcher", spy
    with launcher_at(path, "--runsc", str(runsc), "--user", "64999:64999", "--no-templates"):
        asyncio.run(ask_for_a_box(path, TRUE))
        golden = documents(seen, sizes=False)
        assert len(golden) == 1
        asyncio.run(attack(path))
        # It lives, and serves.
        assert asyncio.run(ask_for_a_box(path, TRUE))
        assert documents(seen, sizes=False) == golden
    wait_until_as_before(before)


async def ask_for_a_box(path: Path, message: bytes) -> bool:
    """Tell whether one is made. It is destroyed at once."""
    control = Channel(process.connect(path))
    control.send(message)
    _, descriptors = await control.receive(descriptors_max=1)
    if descriptors:
        channel = Channel(socket.socket(fileno=descriptors[0]))
        _, ends = await channel.receive(descriptors_max=2)
        pipes = Pipes(Ends(*ends))
        # Until its agent says that it is ready.
        assert await pipes.receive()
        pipes.close()
        channel.hang_up()
        while (await channel.receive())[0]:
            pass
        channel.close()
    control.close()
    return bool(descriptors)


async def attack(path: Path) -> None:
    chance = random.Random(20_260_101)  # noqa: S311 (the same each time)
    control = Channel(process.connect(path))
    for number in range(MESSAGES):
        message = fuzzed(chance)
        # Some bring a descriptor, which no true request does.
        with contextlib.suppress(PermissionError):
            control.send(message, [0] if number % 3 == 0 else [])
            answer, descriptors = await control.receive(descriptors_max=2)
            assert answer, f"the launcher hung up after message {number}: {message[:300]!r}"
            # A true one, by chance: the box goes with its channel.
            for descriptor in descriptors:
                os.close(descriptor)
    control.close()


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 100
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
