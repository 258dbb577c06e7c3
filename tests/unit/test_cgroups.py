"""Both layouts of cgroups, imitated by files: what is written to limit a box, what is read of it, what is refused."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from sandbox.boxes import cgroups
from sandbox.boxes.box import Counters
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.errors import BackendError
from sandbox.limits import Limits

SPEC = BoxSpec(
    language="python",
    command=("agent",),
    environment=(),
    limits=Limits(
        cpu_time_ms=1,
        wall_time_ms=2,
        memory_bytes=1_000_000,
        processes_max=4,
        open_files_max=5,
        disk_bytes=6,
        output_bytes=7,
    ),
    rules=BoxRules(
        cpu_quota_percent=150,
        overhead_memory_bytes=500_000,
        host_tasks_max=77,
        shm_bytes=11,
        output_hard_bytes=12,
        uid=13,
        gid=14,
        start_timeout_ms=15,
    ),
)
V1 = ("cpu", "cpuacct", "cpuset", "memory", "pids")


def write(folder: Path, **files: str) -> None:
    """Write files; `__` in a name is a dot."""
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def read(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def v2(tmp_path: Path) -> Path:
    write(tmp_path, cgroup__controllers="cpuset cpu io memory hugetlb pids\n")
    return tmp_path


@pytest.fixture
def v1(tmp_path: Path) -> Path:
    for name in (*V1, "systemd", "unified"):
        (tmp_path / name).mkdir()
        if name != "unified":
            write(tmp_path / name, tasks="")
    write(tmp_path / "cpuset", cpuset__cpus="0-3\n", cpuset__mems="0\n")
    return tmp_path


# Which layout.


def test_the_layouts_are_told_apart(v2: Path) -> None:
    assert cgroups.detect("sandbox", v2).layout == "v2"


def test_version_1_is_found(v1: Path) -> None:
    assert cgroups.detect("sandbox", v1).layout == "v1"


@pytest.mark.parametrize(
    ("offered", "missing"),
    [
        ("", "cpu, memory, pids"),
        ("memory pids", "cpu"),
        ("cpu cpuset", "memory, pids"),
        ("cpuset pidsx memory cpu", "pids"),
    ],
)
def test_missing_controllers_of_version_2_are_named(tmp_path: Path, offered: str, missing: str) -> None:
    write(tmp_path, cgroup__controllers=offered)
    with pytest.raises(BackendError, match=f"no cgroup v2 controller {missing}:"):
        cgroups.detect("sandbox", tmp_path)


@pytest.mark.parametrize("missing", ["cpu", "cpuacct", "memory", "pids"])
def test_missing_controllers_of_version_1_are_named(v1: Path, missing: str) -> None:
    (v1 / missing / "tasks").unlink()
    (v1 / missing).rmdir()
    with pytest.raises(BackendError, match=f"no cgroup controller {missing} below"):
        cgroups.detect("sandbox", v1)


def test_no_cgroups_at_all(tmp_path: Path) -> None:
    with pytest.raises(BackendError, match="cpu, cpuacct, memory, pids"):
        cgroups.detect("sandbox", tmp_path)


# Version 2.


def test_controllers_are_passed_on_from_the_top(v2: Path) -> None:
    hierarchy = cgroups.detect("outer/sandbox", v2)
    hierarchy.prepare()
    for folder in (v2, v2 / "outer", v2 / "outer" / "sandbox"):
        assert (folder / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
    assert hierarchy.names() == []


@pytest.mark.parametrize("swap", [True, False])
def test_limits_of_version_2(v2: Path, swap: bool) -> None:
    hierarchy = cgroups.detect("sandbox", v2)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    assert cgroup.oci_path == "/sandbox/a-b"
    assert hierarchy.names() == ["a-b"]
    folder = v2 / "sandbox" / "a-b"
    if swap:
        write(folder, memory__swap__max="max\n")
    cgroup.limit(SPEC)
    assert read(folder) == {
        "cpu.max": "150000 100000",
        "memory.max": "1500000",
        "memory.oom.group": "1",
        "pids.max": "77",
    } | ({"memory.swap.max": "0"} if swap else {})


V2_FILES = {
    "cpu__stat": "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\nnr_periods 1\n",
    "memory__events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n",
    "memory__current": "4096\n",
    "memory__peak": "8192\n",
    "pids__events": "max 5\n",
}


def counters_of(root: Path) -> Counters:
    return cgroups.detect("sandbox", root).view("sandbox/a-b").counters()


def test_counters_of_version_2(v2: Path) -> None:
    cgroups.detect("sandbox", v2).prepare()
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir()
    write(folder, **V2_FILES)
    assert counters_of(v2) == Counters(cpu_time_us=123_456, memory_peak_bytes=8_192, oom_kills=2, process_limit_hits=5)
    # A kernel before 5.19.
    (folder / "memory.peak").unlink()
    assert counters_of(v2).memory_peak_bytes == 4_096


@pytest.mark.parametrize(
    ("file", "field"), [("memory__events", "oom_kill"), ("cpu__stat", "usage_usec"), ("pids__events", "max")]
)
def test_a_kernel_of_version_2_that_does_not_count_is_refused(v2: Path, file: str, field: str) -> None:
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir(parents=True)
    # A field of which the name is only the beginning of another's does not do.
    write(folder, **V2_FILES | {file: f"other 1\n{field}_more 2\n"})
    with pytest.raises(BackendError, match=f"has no field {field}:"):
        counters_of(v2)


def test_a_cgroup_of_version_2_that_cannot_be_limited(v2: Path) -> None:
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/absent")
    with pytest.raises(BackendError, match=r"cannot set cpu\.max"):
        cgroup.limit(SPEC)


def test_a_folder_that_cannot_be_made_says_what_to_do(v2: Path, v1: Path) -> None:
    # A file stands where the folder must be.
    write(v2, sandbox="")
    hierarchy = cgroups.detect("sandbox", v2)
    with pytest.raises(BackendError, match="run as root"):
        hierarchy.prepare()
    with pytest.raises(BackendError, match="cannot make the cgroup sandbox/a-b"):
        hierarchy.make("a-b")
    assert v1 == v2
    (v2 / "cgroup.controllers").unlink()
    write(v1 / "memory", sandbox="")
    with pytest.raises(BackendError, match="run as root"):
        cgroups.detect("sandbox", v1).prepare()


def test_processes_of_version_2_are_those_of_all_descendants(v2: Path) -> None:
    folder = v2 / "sandbox" / "a-b"
    (folder / "inner" / "most").mkdir(parents=True)
    write(folder, cgroup__procs="30\n10\n")
    write(folder / "inner", cgroup__procs="")
    # 0 is a process that this pid namespace cannot name.
    write(folder / "inner" / "most", cgroup__procs="10\n20\n0\n")
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/a-b")
    assert cgroup.pids() == [10, 20, 30]
    cgroup.signal_all()
    assert (folder / "cgroup.kill").read_text() == "1"


def test_a_cgroup_of_version_2_goes_with_its_descendants(v2: Path) -> None:
    hierarchy = cgroups.detect("sandbox", v2)
    (v2 / "sandbox" / "a-b" / "inner").mkdir(parents=True)
    cgroup = hierarchy.view("sandbox/a-b")
    cgroup.remove()
    assert hierarchy.names() == []
    # What is not there needs neither killing nor removing, and holds nobody.
    cgroup.remove()
    cgroup.signal_all()
    assert cgroup.pids() == []
    hierarchy.remove()
    assert not (v2 / "sandbox").exists()
    hierarchy.remove()


def test_our_folder_stays_while_a_box_is_in_it(v2: Path) -> None:
    hierarchy = cgroups.detect("sandbox", v2)
    (v2 / "sandbox" / "a-b").mkdir(parents=True)
    hierarchy.remove()
    assert hierarchy.names() == ["a-b"]


# Version 1.


def test_limits_of_version_1(v1: Path) -> None:
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    assert cgroup.oci_path == "/sandbox/a-b"
    assert hierarchy.names() == ["a-b"]
    cgroup.limit(SPEC)
    box = Path("sandbox") / "a-b"
    assert read(v1 / "cpu" / box) == {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "150000"}
    assert read(v1 / "memory" / box) == {"memory.limit_in_bytes": "1500000"}
    assert read(v1 / "pids" / box) == {"pids.max": "77"}
    assert (v1 / "cpuacct" / box).is_dir()
    # runsc joins systemd's named hierarchy too, so the folder there is ours to make and to remove.
    assert (v1 / "systemd" / box).is_dir()
    assert not (v1 / "unified" / "sandbox").exists()


def test_swap_of_version_1_is_no_way_out(v1: Path) -> None:
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    write(v1 / "memory" / "sandbox" / "a-b", memory__memsw__limit_in_bytes="9223372036854771712\n")
    cgroup.limit(SPEC)
    assert (v1 / "memory" / "sandbox" / "a-b" / "memory.memsw.limit_in_bytes").read_text() == "1500000"


def test_an_empty_cpuset_takes_what_the_one_above_has(v1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.mkdir

    def mkdir(path: Path, *args: object, **options: object) -> None:
        # As the kernel does: a new cpuset has its files, and they are empty.
        plain(path, *args, **options)  # type: ignore[arg-type]
        if path.is_relative_to(v1 / "cpuset"):
            write(path, cpuset__cpus="\n", cpuset__mems="\n")

    monkeypatch.setattr(Path, "mkdir", mkdir)
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    hierarchy.make("a-b")
    for folder in (v1 / "cpuset" / "sandbox", v1 / "cpuset" / "sandbox" / "a-b"):
        assert read(folder) == {"cpuset.cpus": "0-3\n", "cpuset.mems": "0\n"}


def test_controllers_of_version_1_that_are_links(v1: Path) -> None:
    # The usual way: cpu and cpuacct are links to one hierarchy of both.
    for name in ("cpu", "cpuacct"):
        (v1 / name / "tasks").unlink()
        (v1 / name).rmdir()
        (v1 / name).symlink_to("cpu,cpuacct")
    (v1 / "cpu,cpuacct").mkdir()
    write(v1 / "cpu,cpuacct", tasks="")
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    folder = v1 / "cpu,cpuacct" / "sandbox" / "a-b"
    write(folder, cgroup__procs="10\n")
    assert hierarchy.names() == ["a-b"]
    assert cgroup.pids() == [10]
    (folder / "cgroup.procs").unlink()
    cgroup.remove()
    assert hierarchy.names() == []


V1_FILES = {
    "cpuacct": {"cpuacct__usage": "123456789\n"},
    "memory": {
        "memory__max_usage_in_bytes": "8192\n",
        "memory__oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    },
    "pids": {"pids__events": "max 5\n"},
}


def version_1_box(v1: Path, **changes: dict[str, str]) -> None:
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    hierarchy.make("a-b")
    for controller, files in (V1_FILES | changes).items():
        write(v1 / controller / "sandbox" / "a-b", **files)


def test_counters_of_version_1(v1: Path) -> None:
    version_1_box(v1)
    assert counters_of(v1) == Counters(cpu_time_us=123_456, memory_peak_bytes=8_192, oom_kills=2, process_limit_hits=5)


def test_a_kernel_of_version_1_that_does_not_count_oom_kills_is_refused(v1: Path) -> None:
    old = {"memory__max_usage_in_bytes": "1\n", "memory__oom_control": "oom_kill_disable 0\nunder_oom 0\n"}
    version_1_box(v1, memory=old)
    with pytest.raises(BackendError, match="has no field oom_kill:"):
        counters_of(v1)


def test_a_cgroup_of_version_1_that_cannot_be_made_leaves_nothing(v1: Path) -> None:
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    write(v1 / "pids" / "sandbox", **{"a-b": ""})
    with pytest.raises(BackendError, match="cannot make the cgroup sandbox/a-b"):
        hierarchy.make("a-b")
    assert hierarchy.names() == []


def test_a_cgroup_of_version_1_that_cannot_be_limited(v1: Path) -> None:
    with pytest.raises(BackendError, match="cannot set"):
        cgroups.detect("sandbox", v1).view("sandbox/absent").limit(SPEC)


# Killing. No process is meant here but those that a test says.


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What was signalled; nothing really is."""
    done: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append((pid, number)))
    return done


def test_version_1_kills_each_process_of_each_controller(v1: Path, killed: list[tuple[int, int]]) -> None:
    version_1_box(v1)
    write(v1 / "cpu" / "sandbox" / "a-b", cgroup__procs="10\n20\n")
    write(v1 / "pids" / "sandbox" / "a-b", cgroup__procs="20\n30\n0\n")
    cgroups.detect("sandbox", v1).view("sandbox/a-b").signal_all()
    assert killed == [(pid, signal.SIGKILL) for pid in (10, 20, 30)]


def test_version_1_does_not_mind_a_process_that_has_just_gone(v1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    version_1_box(v1)
    write(v1 / "cpu" / "sandbox" / "a-b", cgroup__procs="10\n")
    monkeypatch.setattr(os, "kill", gone)
    cgroups.detect("sandbox", v1).view("sandbox/a-b").signal_all()


class Dying:
    """A cgroup of which the processes die one by one, each time that it is killed."""

    oci_path = "/sandbox/a-b"

    def __init__(self, lives: int) -> None:
        self.lives = lives
        self.signals = 0

    def signal_all(self) -> None:
        self.signals += 1
        self.lives -= 1

    def pids(self) -> list[int]:
        return [1000] if self.lives > 0 else []


@pytest.mark.parametrize("lives", [0, 1, 5])
def test_killing_is_repeated_until_nothing_is_left(lives: int) -> None:
    cgroup = Dying(lives)
    asyncio.run(cgroups.kill_all(cgroup))  # type: ignore[arg-type]
    # Signalled before it is looked at: what was forked meanwhile is seen by the look.
    assert cgroup.signals == max(lives, 1)


def test_what_does_not_die_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "_KILL_TIMEOUT_S", -1.0)
    with pytest.raises(BackendError, match=r"cgroup /sandbox/a-b do not die"):
        asyncio.run(cgroups.kill_all(Dying(10)))  # type: ignore[arg-type]


def test_killing_can_be_cancelled() -> None:
    async def work() -> None:
        task = asyncio.create_task(cgroups.kill_all(Dying(10**9)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(work())
