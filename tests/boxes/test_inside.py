"""What a box is like, asked of the kernel inside it, not of our configuration. Once with each backend."""

import json
from typing import Any

import pytest

from sandbox import Case, CaseTests, Client, Integrity, Job, NoTests, RequestedLimits, SourceTests, Verdict
from sandbox.paths import data_dir
from sandbox.policy import load_policies
from sandbox.verdict import KilledBy

DEFAULT = load_policies(data_dir("policies"))["default"]
CORES = DEFAULT.box.cores
POLICY_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "HOME": "/tmp",
    "PYTHONHASHSEED": "0",
}
THREAD_POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "GOMAXPROCS",
    "PYTHON_CPU_COUNT",
)


def ask(client: Client, program: str, **limits: int) -> Any:
    """Run a program that prints JSON, and return what it printed."""
    verdict = client.run(Job(program=program.encode(), limits=RequestedLimits(**limits)))
    assert verdict.passed, (verdict.cause, verdict.message, verdict.stderr.data)
    return json.loads(verdict.stdout.data)


def test_the_kernel_is_gvisors_and_not_the_hosts(client: Client) -> None:
    import os

    release = ask(client, "import os, json; print(json.dumps(os.uname().release))")

    assert "gvisor" in release
    assert release != os.uname().release


def test_nobody_without_capabilities_or_the_means_to_gain_any(client: Client) -> None:
    program = """
import json
fields = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
print(json.dumps(fields))
"""
    status = ask(client, program)

    assert status["Uid"].split() == ["65534"] * 4
    assert status["Gid"].split() == ["65534"] * 4
    assert status["Groups"].strip() in {"", "65534"}
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status[name], 16) == 0, name
    assert status["NoNewPrivs"] == "1"


def test_the_tests_role_has_no_capabilities_either(client: Client) -> None:
    tests = b"""
fields = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines() if ":\\t" in line)
assert f() == 1
assert fields["Uid"].split() == ["65534"] * 4, fields["Uid"]
assert int(fields["CapEff"], 16) == int(fields["CapPrm"], 16) == int(fields["CapBnd"], 16) == 0
assert fields["NoNewPrivs"] == "1"
"""
    verdict = client.run(Job(program=b"def f(): return 1", tests=SourceTests(tests)))

    assert verdict.passed, verdict.message


def test_exactly_the_documented_descriptors(client: Client) -> None:
    program = """
import json, os
found = {}
for name in os.listdir("/proc/self/fd"):
    try:
        found[name] = os.readlink("/proc/self/fd/" + name)
    except FileNotFoundError:
        pass  # the descriptor of the listing itself
print(json.dumps(found))
"""
    found = ask(client, program)

    assert sorted(found) == ["0", "1", "2", "3", "4"]
    assert found["0"] == "/dev/null"
    assert all(found[number].startswith("pipe:") for number in "1234"), found


def test_children_inherit_only_the_standard_descriptors(client: Client) -> None:
    program = """
import json, os, subprocess
print(subprocess.run(["ls", "/proc/self/fd"], capture_output=True, text=True, close_fds=False).stdout.split().__len__())
"""
    # 0, 1, 2, and the one that `ls` itself has open.
    assert ask(client, program) == 4


def test_exactly_the_policys_environment(client: Client) -> None:
    found = ask(client, "import json, os; print(json.dumps(dict(os.environ)))")

    found.pop("HOSTNAME", None)  # the Docker Engine adds it; it says "sandbox"
    assert found == POLICY_ENVIRONMENT | dict.fromkeys(THREAD_POOLS, str(CORES))


def test_strings_are_hashed_the_same_way_in_every_box(client: Client) -> None:
    program = "import json; print(json.dumps([hash('a'), hash(b'b'), list({'x', 'y', 'z'})]))"
    assert len({json.dumps(ask(client, program)) for _ in range(4)}) == 1
    # Boxes that are restored from one checkpoint would have one seed in any case.
    assert ask(client, "import sys; print(int(sys.flags.hash_randomization == 0))") == 1


def test_a_program_counts_the_cores_that_its_quota_pays_for(client: Client) -> None:
    program = """
import json, os
print(json.dumps([len(os.sched_getaffinity(0)), os.cpu_count()]))
"""
    usable, all_of_them = ask(client, program)

    assert usable == CORES
    # gVisor never shows fewer than two, and never all of a large machine's.
    assert usable <= all_of_them <= max(2, CORES)


def test_threads_and_children_count_the_same_cores(client: Client) -> None:
    program = """
import json, os, subprocess, sys, threading
count = "import os; print(len(os.sched_getaffinity(0)))"
found = [int(subprocess.run([sys.executable, "-c", count], capture_output=True, check=True).stdout)]
thread = threading.Thread(target=lambda: found.append(len(os.sched_getaffinity(0))))
thread.start()
thread.join()
print(json.dumps(found))
"""
    assert ask(client, program) == [CORES, CORES]


MIB = 1 << 20


@pytest.mark.parametrize("memory_bytes", [16 * MIB, 96 * MIB, 256 * MIB, 300 * MIB])
def test_all_the_memory_there_is_is_the_jobs_own(client: Client, memory_bytes: int) -> None:
    program = """
import json
fields = dict(line.split(":") for line in open("/proc/meminfo").read().splitlines())
print(json.dumps(int(fields["MemTotal"].split()[0]) * 1024))
"""
    # What a box needs to start is never less than the policy gives it for itself.
    assert ask(client, program, memory_bytes=memory_bytes) == max(memory_bytes, DEFAULT.box.overhead_memory_bytes)


def test_nothing_is_mounted_but_what_is_documented(client: Client) -> None:
    program = """
import json
print(json.dumps([line.split()[1:4] for line in open("/proc/mounts")]))
"""
    mounts = ask(client, program)

    for path, kind, options in mounts:
        if path in {"/tmp", "/dev/shm"}:
            assert kind == "tmpfs", (path, kind)
            assert {"rw", "nosuid"} <= set(options.split(",")), (path, options)
            assert "size=" in options, (path, options)
        elif path == "/":
            assert "ro" in options.split(","), options
        else:
            # The Docker Engine also mounts the three files of a container's network, of which it has none.
            assert path.startswith(("/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf")), path


def test_nothing_is_writable_but_tmp_and_shm(client: Client) -> None:
    program = """
import json, os, stat
writable = []
for folder, folders, files in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys")]
    for path in [folder, *(os.path.join(folder, name) for name in files)]:
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            if os.access(path, os.W_OK):
                writable.append(path)
print(json.dumps(writable))
"""
    assert set(ask(client, program, cpu_time_ms=30_000, wall_time_ms=60_000)) == {"/tmp", "/dev/shm"}


def test_no_file_raises_privileges_and_no_device_reaches_the_host(client: Client) -> None:
    program = """
import json, os, stat
found = {"setuid": [], "devices": [], "sockets": []}
for folder, folders, files in os.walk("/"):
    if folder == "/":
        folders[:] = [name for name in folders if name not in ("proc", "sys")]
    for name in files:
        path = os.path.join(folder, name)
        try:
            mode = os.lstat(path).st_mode
        except OSError:
            continue
        if mode & (stat.S_ISUID | stat.S_ISGID) and stat.S_ISREG(mode):
            found["setuid"].append(path)
        if stat.S_ISBLK(mode) or stat.S_ISCHR(mode):
            found["devices"].append(path)
        if stat.S_ISSOCK(mode):
            found["sockets"].append(path)
print(json.dumps(found))
"""
    found = ask(client, program, cpu_time_ms=30_000, wall_time_ms=60_000)

    assert found["setuid"] == []
    assert found["sockets"] == []
    # gVisor's own, which exist in its kernel alone.
    own = {"null", "zero", "full", "random", "urandom", "tty", "ptmx", "console", "tun", "net", "fuse", "pts"}
    assert {path.removeprefix("/dev/").split("/")[0] for path in found["devices"]} <= own


def test_no_network_but_loopback(client: Client) -> None:
    program = """
import json, socket
print(json.dumps(sorted(name for _, name in socket.if_nameindex())))
"""
    assert set(ask(client, program)) <= {"lo"}


def test_the_host_has_no_name_here(client: Client) -> None:
    import socket

    program = "import json, socket; print(json.dumps(socket.gethostname()))"

    assert ask(client, program) == "sandbox" != socket.gethostname()


def test_other_processes_are_not_seen(client: Client) -> None:
    program = """
import json, os
print(json.dumps(sorted(int(name) for name in os.listdir("/proc") if name.isdigit())))
"""
    # The keeper and the program itself: not the tests.
    assert ask(client, program) == [1, 2]


WAITING = b"""
import os
try:
    os.wait()
except ChildProcessError:
    pass
else:
    raise AssertionError("the tests have no child")
if os.fork() == 0:
    os._exit(7)
assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
assert f() == 1
"""


@pytest.mark.parametrize("level", [Integrity.SEPARATE_PROCESS, Integrity.SEPARATE_SANDBOX])
def test_tests_that_wait_for_their_own_children_get_those_alone(client: Client, level: Integrity) -> None:
    verdict = client.run(Job(program=b"def f(): return 1", tests=SourceTests(WAITING), integrity=level))
    assert verdict.passed, (verdict.cause, verdict.message)


def test_what_a_child_raises_is_not_what_its_parent_raises(client: Client) -> None:
    program = b"""
import os
if os.fork() == 0:
    raise ValueError("a child's")
assert os.waitstatus_to_exitcode(os.wait()[1]) == 1
print("fine")
def f(): return 1
"""
    for tests in (NoTests(), SourceTests(b"assert f() == 1"), CaseTests((Case(b"", b"fine"),))):
        verdict = client.run(Job(program=program, tests=tests))
        assert verdict.passed, (verdict.cause, verdict.message)
        assert b"a child's" in verdict.stderr.data


def test_who_has_closed_the_way_to_the_tests_ends_as_it_would_have(client: Client) -> None:
    verdict = client.run(Job(program=b"import os\nos.closerange(3, 100)\nraise ValueError(1)", tests=NoTests()))
    assert (verdict.cause.value, verdict.evidence.value) == ("EXITED_EARLY", 1)


@pytest.mark.parametrize(
    ("limits", "program", "seen"),
    [
        (
            {"processes_max": 12},
            "import json,resource as r; print(json.dumps(r.getrlimit(r.RLIMIT_NPROC)[1] - 2))",
            12,
        ),
        (
            {"open_files_max": 77},
            "import json,resource as r; print(json.dumps(r.getrlimit(r.RLIMIT_NOFILE)))",
            [77, 77],
        ),
        (
            {"disk_bytes": 3 << 20},
            "import json,os; s=os.statvfs('/tmp'); print(json.dumps(s.f_blocks * s.f_bsize))",
            3 << 20,
        ),
        ({}, "import json,os; s=os.statvfs('/dev/shm'); print(json.dumps(s.f_blocks * s.f_bsize))", 16 << 20),
        ({}, "import json,resource as r; print(json.dumps(r.getrlimit(r.RLIMIT_CORE)))", [0, 0]),
    ],
    ids=["processes", "open_files", "disk", "shm", "core"],
)
def test_each_limit_is_what_the_kernel_inside_says(
    client: Client, limits: dict[str, int], program: str, seen: object
) -> None:
    assert ask(client, program, **limits) == seen


def run(client: Client, program: str, **limits: int) -> Verdict:
    return client.run(Job(program=program.encode(), limits=RequestedLimits(**limits)))


def test_cpu_time_and_memory_bind(client: Client) -> None:
    spinner = run(client, "while True: pass", cpu_time_ms=400)
    assert spinner.cause.value == "CPU_TIME_LIMIT"
    assert spinner.usage.cpu_time_ms >= 400
    assert (spinner.evidence.counter, spinner.evidence.limit_name) == ("cpu_time_ms", "cpu_time_ms")
    assert spinner.evidence.value > spinner.evidence.limit == 400
    assert spinner.evidence.killed_by is KilledBy.SERVICE

    hog = run(client, "x = b'1' * (300 << 20)", memory_bytes=64 << 20, cpu_time_ms=20_000, wall_time_ms=40_000)
    assert hog.cause.value == "MEMORY_LIMIT"
    assert (hog.evidence.counter, hog.evidence.limit_name) == ("oom_kills", "memory_bytes")
    assert hog.evidence.value >= 1
    assert hog.evidence.limit == 64 << 20
    assert hog.evidence.killed_by is KilledBy.KERNEL
    frugal = run(client, "x = b'1' * (30 << 20)", memory_bytes=64 << 20)
    assert frugal.passed, frugal


def test_each_test_has_a_clock_of_its_own(client: Client) -> None:
    program = b"""
def work():
    for _ in range(5_000_000):
        pass
    return 1
def work_for_ever():
    while True:
        pass
"""
    tests = b"".join(b"def test_%d(): assert work() == 1\n" % number for number in range(8))

    def judged(tests: bytes, test_cpu_time_ms: int | None = None) -> Verdict:
        limits = RequestedLimits(cpu_time_ms=30_000, test_cpu_time_ms=test_cpu_time_ms)
        return client.run(Job(program=program, tests=SourceTests(tests), limits=limits))

    # How fast this machine is: less for each test than all of them use, and far more than any of them does.
    limit = judged(tests).usage.cpu_time_ms * 6 // 10
    patient = judged(tests, limit)
    assert patient.passed, patient
    assert patient.usage.cpu_time_ms > limit

    verdict = judged(tests + b"def test_slow(): assert work_for_ever() == 1\n", limit)
    assert verdict.cause.value == "CPU_TIME_LIMIT"
    assert (verdict.evidence.limit_name, verdict.evidence.limit) == ("test_cpu_time_ms", limit)
    assert (len(verdict.test_results), verdict.tests_planned) == (8, 9)
    assert verdict.usage.cpu_time_ms < 30_000


def test_output_is_cut_where_the_limit_says_and_says_so(client: Client) -> None:
    verdict = run(client, "import sys; print('a' * 5000); print('b' * 10, file=sys.stderr)", output_bytes=1000)

    assert verdict.stdout.data == b"a" * 1000
    assert verdict.stdout.truncated
    assert verdict.stderr.data == b"b" * 10 + b"\n"
    assert not verdict.stderr.truncated


def test_what_tests_print_is_kept_and_never_becomes_a_frame(client: Client) -> None:
    tests = b"""
import os, subprocess
print("from the tests")
os.write(1, b"raw bytes that are no frame")
subprocess.run(["echo", "from a child of the tests"])
assert f() == 1
"""
    verdict = client.run(Job(program=b"def f(): return 1", tests=SourceTests(tests)))

    assert verdict.passed, verdict
    assert verdict.stdout.data == b"from the tests\n"
