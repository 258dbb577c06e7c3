"""All layouts of cgroups, imitated by files: what is written to limit a box, what is read of it, what is refused."""

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox.boxes import cgroups
from sandbox.boxes.cgroups import alarm as alarm_module
from sandbox.boxes.cgroups import ending, files
from sandbox.boxes.cgroups.unified import UnifiedFolder
from sandbox.boxes.counters import Counters
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.errors import BackendError
from sandbox.limits import Limits
from sandbox.seccomp.profile import Action, Profile, Rule
from sandbox.seccomp.roles import RoleFilters

PROFILE = Profile(default=Action.ERRNO, rules=(Rule(names=("read", "write"), action=Action.ALLOW),))
FILTERS = RoleFilters(program=b"p" * 8, tests=b"t" * 16)
SPEC = BoxSpec(
    policy="default",
    policy_digest="sha256:policy",
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
        test_cpu_time_ms=1,
        test_wall_time_ms=2,
    ),
    rules=BoxRules(
        cpu_quota_percent=150,
        wall_time_hard_percent=1_000,
        overhead_memory_bytes=500_000,
        host_tasks_max=77,
        shm_bytes=11,
        output_hard_bytes=12,
        uid=13,
        gid=14,
        start_timeout_ms=15,
        jobs_per_box=1,
    ),
    system_calls=PROFILE,
    filters=FILTERS,
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


@pytest.fixture
def mixed(v1: Path) -> Path:
    """The controllers on v1; in the unified hierarchy beside them there are none left."""
    write(v1 / "unified", cgroup__controllers="\n", cgroup__procs="")
    return v1


@pytest.fixture(params=["v2", "v1", "mixed"])
def any_root(request: pytest.FixtureRequest) -> Path:
    root: Path = request.getfixturevalue(request.param)
    return root


# Which layout.


def test_the_layouts_are_told_apart(v2: Path) -> None:
    assert cgroups.detect("sandbox", v2).layout == "v2"


def test_version_1_is_found(v1: Path) -> None:
    assert cgroups.detect("sandbox", v1).layout == "v1"


def test_a_unified_hierarchy_beside_version_1_is_found_and_can_be_left_alone(mixed: Path) -> None:
    assert cgroups.detect("sandbox", mixed).layout == "mixed"
    # Where somebody else manages it.
    assert cgroups.detect("sandbox", mixed, unified=False).layout == "v1"
    # It replaces no controller.
    (mixed / "memory" / "tasks").unlink()
    (mixed / "memory").rmdir()
    with pytest.raises(BackendError, match="no cgroup controller memory below"):
        cgroups.detect("sandbox", mixed)


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


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_what_killed_servers_have_left_is_removed(version: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(version)
    roots = [root] if version == "v2" else [root / name for name in ("cpu", "memory", "pids")]
    for controller in roots:
        (controller / "sandbox" / "left").mkdir(parents=True)
        (controller / "sandbox" / "lives" / "box").mkdir(parents=True)
        (controller / "others").mkdir()
    cgroups.detect("sandbox/mine", root).remove_empty_ones()
    for controller in roots:
        assert [path.name for path in (controller / "sandbox").iterdir()] == ["lives"]
        assert (controller / "others").is_dir()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_folder_that_another_server_found_empty_is_made_again(version: str, request: pytest.FixtureRequest) -> None:
    root: Path = request.getfixturevalue(version)
    hierarchy = cgroups.detect("sandbox/mine", root)
    hierarchy.make("a-b")
    assert hierarchy.names() == ["a-b"]


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
        "memory.max": "1000000",
        "memory.oom.group": "1",
        "pids.max": "77",
    } | ({"memory.swap.max": "0"} if swap else {})
    # Once it is known what the box itself takes.
    cgroup.limit_memory(1_234_567)
    assert read(folder)["memory.max"] == "1234567"
    assert read(folder).get("memory.swap.max") == ("0" if swap else None)


V2_FILES = {
    "cpu__stat": "usage_usec 123456\nuser_usec 100000\nsystem_usec 23456\nnr_periods 1\nthrottled_usec 777\n",
    "cpu__pressure": "some avg10=0.00 avg60=0.00 avg300=0.0 total=99\nfull avg10=0.00 avg60=0.00 avg300=0.0 total=88\n",
    "memory__events": "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n",
    "memory__current": "4096\n",
    "memory__peak": "8192\n",
    "pids__events": "max 5\n",
}


def counters_of(root: Path) -> Counters:
    return cgroups.detect("sandbox", root).view("sandbox/a-b", "a-b").counters()


def test_counters_of_version_2(v2: Path) -> None:
    cgroups.detect("sandbox", v2).prepare()
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir()
    write(folder, **V2_FILES)
    expected = Counters(
        cpu_time_us=123_456,
        cpu_pressure_us=88,
        cpu_throttled_us=777,
        memory_bytes=4_096,
        memory_peak_bytes=8_192,
        oom_kills=2,
        process_limit_hits=5,
    )
    assert counters_of(v2) == expected
    # A kernel before 5.19, without pressure, and without a quota.
    (folder / "memory.peak").unlink()
    (folder / "cpu.pressure").unlink()
    write(folder, cpu__stat="usage_usec 123456\n")
    assert counters_of(v2) == replace(expected, memory_peak_bytes=4_096, cpu_pressure_us=None, cpu_throttled_us=0)


def test_a_peak_counted_anew_in_version_2(v2: Path) -> None:
    cgroups.detect("sandbox", v2).prepare()
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir()
    write(folder, **V2_FILES)
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/a-b", "a-b")
    cgroup.restart_peak()
    assert read(folder)["memory.peak"].startswith("restart")
    write(folder, memory__peak="5000\n")
    (folder / "memory.peak").rename(folder / "another")
    write(folder, memory__peak="9000\n")
    # What other readers are told is the peak since the cgroup was made.
    assert cgroup.counters().memory_peak_bytes == 5_000
    cgroup.close()


def test_a_peak_counted_anew_in_version_1(v1: Path) -> None:
    cgroup = cgroups.detect("sandbox", v1).view("sandbox/a-b", "a-b")
    (v1 / "memory" / "sandbox" / "a-b").mkdir(parents=True)
    cgroup.restart_peak()
    assert read(v1 / "memory" / "sandbox" / "a-b") == {"memory.max_usage_in_bytes": "0"}


def test_a_kernel_of_version_2_without_a_peak(v2: Path) -> None:
    cgroups.detect("sandbox", v2).prepare()
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir()
    write(folder, **V2_FILES)
    (folder / "memory.peak").unlink()
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/a-b", "a-b")
    cgroup.restart_peak()
    assert cgroup.counters().memory_peak_bytes == 4_096
    cgroup.close()


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
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/absent", "absent")
    with pytest.raises(BackendError, match=r"cannot set .*/sandbox/absent/cpu\.max to 150000 100000"):
        cgroup.limit(SPEC)
    with pytest.raises(BackendError, match=r"cannot set .*/memory\.max to 7"):
        cgroup.limit_memory(7)


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
    write(folder, cgroup__kill="")
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/a-b", "a-b")
    assert cgroup.pids() == [10, 20, 30]
    assert cgroup.has_kill
    # A runtime finds its own way in, and everything is in the one folder.
    assert cgroup.entrance is None
    cgroup.adopt()
    cgroup.release()
    assert cgroup.pids() == [10, 20, 30]
    cgroup.signal_all()
    assert (folder / "cgroup.kill").read_text() == "1"


def test_a_kernel_of_version_2_that_cannot_kill_a_cgroup(v2: Path, killed: list[tuple[int, int]]) -> None:
    folder = v2 / "sandbox" / "a-b"
    (folder / "inner").mkdir(parents=True)
    write(folder, cgroup__procs="30\n10\n")
    write(folder / "inner", cgroup__procs="20\n0\n")
    hierarchy = cgroups.detect("sandbox", v2)
    cgroup = hierarchy.view("sandbox/a-b", "a-b")
    assert not cgroup.has_kill
    assert not hierarchy.has_kill
    cgroup.signal_all()
    assert killed == [(pid, signal.SIGKILL) for pid in (10, 20, 30)]
    assert not (folder / "cgroup.kill").exists()


def test_a_cgroup_of_version_2_goes_with_its_descendants(v2: Path) -> None:
    hierarchy = cgroups.detect("sandbox", v2)
    (v2 / "sandbox" / "a-b" / "inner").mkdir(parents=True)
    cgroup = hierarchy.view("sandbox/a-b", "a-b")
    cgroup.remove()
    assert hierarchy.names() == []
    # What is not there needs neither killing nor removing, and holds nobody.
    cgroup.remove()
    cgroup.signal_all()
    assert cgroup.pids() == []
    assert cgroup.is_empty()
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
    assert read(v1 / "memory" / box) == {"memory.limit_in_bytes": "1000000"}
    assert read(v1 / "pids" / box) == {"pids.max": "77"}
    assert (v1 / "cpuacct" / box).is_dir()
    # runsc joins systemd's named hierarchy too, so the folder there is ours to make and to remove.
    assert (v1 / "systemd" / box).is_dir()
    assert not (v1 / "unified" / "sandbox").exists()
    assert (cgroup.entrance, cgroup.has_kill) == (None, False)
    assert (hierarchy.has_kill, hierarchy.has_pressure) == (False, False)


def test_swap_of_version_1_is_no_way_out(v1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    folder = v1 / "memory" / "sandbox" / "a-b"
    memory, with_swap = folder / "memory.limit_in_bytes", folder / "memory.memsw.limit_in_bytes"
    for path in (memory, with_swap):
        path.write_text("9223372036854771712\n")
    plain = files.write

    def like_the_kernel(path: Path, value: str) -> None:
        plain(path, value)
        if path in {memory, with_swap} and int(memory.read_text()) > int(with_swap.read_text()):
            raise AssertionError("memory with swap may never be less than memory alone")

    monkeypatch.setattr(files, "write", like_the_kernel)
    cgroup.limit(SPEC)
    assert (memory.read_text(), with_swap.read_text()) == ("1000000", "1000000")
    for value in ("3000000", "2000000", "2000000"):
        cgroup.limit_memory(int(value))
        assert (memory.read_text(), with_swap.read_text()) == (value, value)


def test_an_empty_cpuset_takes_what_the_one_above_has(v1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.mkdir

    def mkdir(path: Path, *args: object, **options: object) -> None:
        # As the kernel does: a new cpuset has its files, and they are empty.
        plain(path, *args, **options)  # type: ignore[arg-type]
        if path.is_relative_to(v1 / "cpuset"):
            write(path, cpuset__cpus="\n", cpuset__mems="\n")

    def make_one(path: str) -> None:
        Path(path).mkdir()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(files, "make_one", make_one)
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
    "cpu": {"cpu__stat": "nr_periods 9\nnr_throttled 3\nthrottled_time 777123\n"},
    "cpuacct": {"cpuacct__usage": "123456789\n"},
    "memory": {
        "memory__usage_in_bytes": "4096\n",
        "memory__max_usage_in_bytes": "8192\n",
        "memory__oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n",
    },
    "pids": {"pids__events": "max 5\n"},
}
UNIFIED_FILES = {
    "cpu__stat": "usage_usec 654321\nuser_usec 1\nsystem_usec 2\n",
    "cpu__pressure": V2_FILES["cpu__pressure"],
    "cgroup__events": "populated 0\nfrozen 0\n",
    "cgroup__kill": "",
    "cgroup__procs": "",
}
COUNTED_BY_VERSION_1 = Counters(
    cpu_time_us=123_456,
    cpu_pressure_us=None,
    cpu_throttled_us=777,
    memory_bytes=4_096,
    memory_peak_bytes=8_192,
    oom_kills=2,
    process_limit_hits=5,
)


def version_1_box(v1: Path, **changes: dict[str, str]) -> cgroups.Cgroup:
    hierarchy = cgroups.detect("sandbox", v1)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    for controller, texts in (V1_FILES | changes).items():
        write(v1 / controller / "sandbox" / "a-b", **texts)
    return cgroup


def mixed_box(mixed: Path, **changes: str) -> cgroups.Cgroup:
    return version_1_box(mixed, unified=UNIFIED_FILES | changes)


def test_counters_of_version_1(v1: Path) -> None:
    cgroup = version_1_box(v1)
    assert counters_of(v1) == cgroup.counters() == COUNTED_BY_VERSION_1
    # A kernel without quotas.
    (v1 / "cpu" / "sandbox" / "a-b" / "cpu.stat").write_text("")
    assert counters_of(v1) == replace(COUNTED_BY_VERSION_1, cpu_throttled_us=0)


def test_a_kernel_of_version_1_that_does_not_count_oom_kills_is_refused(v1: Path) -> None:
    version_1_box(v1, memory=V1_FILES["memory"] | {"memory__oom_control": "oom_kill_disable 0\nunder_oom 0\n"})
    with pytest.raises(BackendError, match="has no field oom_kill:"):
        counters_of(v1)


def test_a_cgroup_that_cannot_be_made_leaves_nothing(any_root: Path) -> None:
    hierarchy = cgroups.detect("sandbox", any_root)
    hierarchy.prepare()
    last = {"v2": any_root, "v1": any_root / "pids", "mixed": any_root / "unified"}[hierarchy.layout]
    write(last / "sandbox", **{"a-b": ""})
    with pytest.raises(BackendError, match="cannot make the cgroup sandbox/a-b"):
        hierarchy.make("a-b")
    assert hierarchy.names() == []


def test_a_cgroup_of_version_1_that_cannot_be_limited(v1: Path) -> None:
    with pytest.raises(BackendError, match="cannot set"):
        cgroups.detect("sandbox", v1).view("sandbox/absent", "absent").limit(SPEC)


# Version 1 with the unified hierarchy beside it.


def test_a_box_has_a_folder_in_each_hierarchy(mixed: Path) -> None:
    hierarchy = cgroups.detect("outer/sandbox", mixed)
    hierarchy.prepare()
    cgroup = hierarchy.make("a-b")
    folders = [mixed / name / "outer" / "sandbox" / "a-b" for name in (*V1, "systemd", "unified")]
    assert all(folder.is_dir() for folder in folders)
    assert hierarchy.names() == ["a-b"]
    # A runtime would not go in by itself.
    assert cgroup.entrance == folders[-1] / "cgroup.procs"
    cgroup.remove()
    assert hierarchy.names() == []
    hierarchy.remove()
    assert not any((mixed / name / "outer").exists() for name in (*V1, "systemd", "unified"))


def test_limits_are_set_where_there_are_controllers(mixed: Path) -> None:
    mixed_box(mixed).limit(SPEC)
    box = Path("sandbox") / "a-b"
    assert (mixed / "memory" / box / "memory.limit_in_bytes").read_text() == "1000000"
    assert (mixed / "cpu" / box / "cpu.cfs_quota_us").read_text() == "150000"
    assert (mixed / "pids" / box / "pids.max").read_text() == "77"
    assert set(read(mixed / "unified" / box)) == {name.replace("__", ".") for name in UNIFIED_FILES}


def test_a_folder_that_is_left_in_any_hierarchy_is_found(mixed: Path) -> None:
    hierarchy = cgroups.detect("sandbox", mixed)
    (mixed / "unified" / "sandbox" / "a").mkdir(parents=True)
    (mixed / "pids" / "sandbox" / "b").mkdir(parents=True)
    assert hierarchy.names() == ["a", "b"]


def test_time_comes_from_the_unified_hierarchy_and_the_rest_from_version_1(mixed: Path) -> None:
    mixed_box(mixed)
    assert counters_of(mixed) == replace(COUNTED_BY_VERSION_1, cpu_time_us=654_321, cpu_pressure_us=88)


def test_somebody_elses_cgroup_is_in_our_folder_of_the_unified_hierarchy(mixed: Path) -> None:
    cgroup = cgroups.detect("sandbox/server", mixed).view("docker/0123", "0123")
    assert cgroup.oci_path == "/docker/0123"
    assert cgroup.entrance == mixed / "unified" / "sandbox" / "server" / "0123" / "cgroup.procs"


def test_a_cgroup_is_killed_as_a_whole_and_who_is_not_in_it_one_by_one(
    mixed: Path, killed: list[tuple[int, int]]
) -> None:
    cgroup = mixed_box(mixed)
    assert cgroup.has_kill
    unified = mixed / "unified" / "sandbox" / "a-b"
    write(unified, cgroup__procs="10\n")
    # One that a runtime has forked from outside just now.
    write(mixed / "pids" / "sandbox" / "a-b", cgroup__procs="10\n20\n")
    assert cgroup.pids() == [10, 20]
    cgroup.signal_all()
    assert (unified / "cgroup.kill").read_text() == "1"
    assert (20, signal.SIGKILL) in killed


@pytest.mark.parametrize(
    ("populated", "procs", "empty"), [(0, "", True), (1, "", False), (0, "20\n", False), (1, "20\n", False)]
)
def test_empty_is_what_is_empty_in_each_hierarchy(mixed: Path, populated: int, procs: str, empty: bool) -> None:
    cgroup = mixed_box(mixed, cgroup__events=f"populated {populated}\nfrozen 0\n")
    write(mixed / "memory" / "sandbox" / "a-b", cgroup__procs=procs)
    assert cgroup.is_empty() is empty


# Taking in what somebody else has started.


class Kernel:
    """Lets processes into the folders of hierarchies, as a kernel does; here they are lines of a file."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moved: list[int] = []
        self.ended: set[int] = set()
        self.on_move: Callable[[int], None] = lambda _: None
        plain = Path.write_text

        def write_text(path: Path, text: str, *args: Any, **options: Any) -> int:
            if path.name != "cgroup.procs":
                return plain(path, text, *args, **options)
            pid = int(text)
            if pid in self.ended:
                raise ProcessLookupError(errno.ESRCH, "No such process")
            with path.open("a") as file:
                file.write(f"{pid}\n")
            self.moved.append(pid)
            self.on_move(pid)
            return len(text)

        monkeypatch.setattr(Path, "write_text", write_text)


def container(mixed: Path, pids: str) -> tuple[cgroups.Cgroup, Path]:
    """A container that a Docker Engine has made: its folders in the controllers, and the list of its processes."""
    for controller, texts in V1_FILES.items():
        folder = mixed / controller / "docker" / "0123"
        folder.mkdir(parents=True)
        write(folder, **texts)
    source = mixed / "pids" / "docker" / "0123" / "cgroup.procs"
    with source.open("w") as file:
        file.write(pids)
    return cgroups.detect("sandbox", mixed).view("docker/0123", "0123"), source


def test_all_processes_of_a_container_are_taken_in(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cgroup, _ = container(mixed, "30\n10\n20\n")
    kernel = Kernel(monkeypatch)
    cgroup.adopt()
    assert sorted(kernel.moved) == [10, 20, 30]
    folder = mixed / "unified" / "sandbox" / "0123"
    write(folder, cpu__stat="usage_usec 654321\n", cpu__pressure="full total=88\n")
    assert cgroup.counters() == replace(COUNTED_BY_VERSION_1, cpu_time_us=654_321, cpu_pressure_us=88)
    # Again, and there is nothing to do.
    cgroup.adopt()
    assert len(kernel.moved) == 3


def test_what_is_forked_meanwhile_is_taken_in_too(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cgroup, source = container(mixed, "10\n20\n")
    kernel = Kernel(monkeypatch)

    def fork(pid: int) -> None:
        # By one that is still outside: the child is outside too.
        if pid == 10:
            with source.open("a") as file:
                file.write("40\n")

    kernel.on_move = fork
    cgroup.adopt()
    assert sorted(kernel.moved) == [10, 20, 40]


def test_who_ends_meanwhile_is_no_loss(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cgroup, source = container(mixed, "10\n20\n")
    kernel = Kernel(monkeypatch)
    kernel.ended = {20}

    def end(_: int) -> None:
        with source.open("w") as file:
            file.write("10\n")

    kernel.on_move = end
    cgroup.adopt()
    assert kernel.moved == [10]


def test_who_never_holds_still_is_refused(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cgroup, source = container(mixed, "10\n")
    kernel = Kernel(monkeypatch)

    def fork(pid: int) -> None:
        with source.open("a") as file:
            file.write(f"{pid + 1}\n")

    kernel.on_move = fork
    with pytest.raises(BackendError, match="do not hold still"):
        cgroup.adopt()


def test_a_unified_hierarchy_that_lets_nobody_in_is_refused(mixed: Path) -> None:
    cgroup, _ = container(mixed, "10\n")
    with (mixed / "unified" / "sandbox").open("w"):
        pass
    with pytest.raises(BackendError, match="cannot count the box in"):
        cgroup.adopt()


@pytest.mark.parametrize("pids", ["0\n0\n", ""])
def test_processes_that_have_no_number_here_stay_with_version_1(
    mixed: Path, monkeypatch: pytest.MonkeyPatch, pids: str
) -> None:
    # The Engine's boxes, seen from a server that is itself in a container.
    cgroup, _ = container(mixed, pids)
    kernel = Kernel(monkeypatch)
    cgroup.adopt()
    assert kernel.moved == []
    assert not (mixed / "unified" / "sandbox").exists()
    assert cgroup.counters() == COUNTED_BY_VERSION_1
    assert (cgroup.entrance, cgroup.has_kill) == (None, False)
    # There is nothing to take away either.
    cgroup.release()


def test_what_was_made_for_a_container_is_removed_and_the_rest_is_the_engines(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cgroup, source = container(mixed, "10\n")
    Kernel(monkeypatch)
    cgroup.adopt()
    folder = mixed / "unified" / "sandbox" / "0123"
    assert folder.is_dir()
    # The kernel's files go with the folder.
    (folder / "cgroup.procs").unlink()
    cgroup.release()
    assert not folder.exists()
    assert source.exists()


def test_version_1_alone_has_nothing_to_take_in(v1: Path) -> None:
    cgroup, _ = container(v1, "10\n")
    cgroup.adopt()
    cgroup.release()
    assert cgroup.counters() == COUNTED_BY_VERSION_1
    assert not (v1 / "unified" / "sandbox").exists()


# What the unified hierarchy tells.


@pytest.mark.parametrize(
    ("text", "pressure_us"),
    [
        ("some avg10=1.00 avg60=0.50 avg300=0.10 total=99\nfull avg10=0.90 avg60=0.40 avg300=0.09 total=88\n", 88),
        ("full avg10=0.90 avg60=0.40 avg300=0.09 total=0\nsome avg10=1.00 avg60=0.50 avg300=0.10 total=99\n", 0),
        # A kernel before 5.13.
        ("some avg10=1.00 avg60=0.50 avg300=0.10 total=99\n", 99),
        ("some avg10=0.00 avg60=0.00 avg300=0.00 total=18446744073709551615\n", 2**64 - 1),
        ("", None),
        (None, None),
    ],
)
def test_pressure_is_the_time_in_which_all_waited(tmp_path: Path, text: str | None, pressure_us: int | None) -> None:
    if text is not None:
        write(tmp_path, cpu__pressure=text)
    assert UnifiedFolder(tmp_path).pressure_us() == pressure_us


def raising(error: OSError) -> Callable[..., Any]:
    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    return refuse


def test_pressure_that_is_switched_off_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The file is there, and cannot be read.
    write(tmp_path, cpu__pressure="")
    monkeypatch.setattr(Path, "read_text", raising(OSError(errno.EOPNOTSUPP, "Operation not supported")))
    assert UnifiedFolder(tmp_path).pressure_us() is None


def test_a_hierarchy_says_whether_it_tells_of_pressure_and_can_kill(any_root: Path) -> None:
    hierarchy = cgroups.detect("sandbox", any_root)
    assert (hierarchy.has_pressure, hierarchy.has_kill) == (False, False)
    root = any_root if hierarchy.layout == "v2" else any_root / "unified"
    write(root, cpu__pressure=V2_FILES["cpu__pressure"])
    # The root itself cannot be killed; any folder can tell.
    (root / "system").mkdir(exist_ok=True)
    write(root / "system", cgroup__kill="")
    can = hierarchy.layout != "v1"
    assert (hierarchy.has_pressure, hierarchy.has_kill) == (can, can)


@pytest.mark.parametrize("populated", [0, 1])
def test_empty_is_what_the_kernel_says(v2: Path, populated: int) -> None:
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir(parents=True)
    # The list of processes does not show a dying one any more.
    write(folder, cgroup__events=f"populated {populated}\nfrozen 0\n", cgroup__procs="")
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/a-b", "a-b")
    assert cgroup.is_empty() is (populated == 0)


def test_empty_is_what_is_gone_and_not_what_cannot_be_read(v2: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cgroup = cgroups.detect("sandbox", v2).view("sandbox/absent", "absent")
    assert cgroup.is_empty()
    # It goes while it is read.
    monkeypatch.setattr(files, "text", raising(OSError(errno.ENODEV, "No such device")))
    assert cgroup.is_empty()
    assert cgroup.pids() == []
    monkeypatch.setattr(files, "text", raising(PermissionError(errno.EACCES, "Permission denied")))
    with pytest.raises(PermissionError):
        cgroup.is_empty()
    with pytest.raises(PermissionError):
        cgroup.pids()


# The alarm.


def test_version_1_calls_when_memory_is_refused(mixed: Path) -> None:
    cgroup = mixed_box(mixed)
    called: list[bool] = []

    async def work() -> None:
        alarm = cgroup.alarm(lambda: called.append(True))
        # What the kernel is told: where to write, and of what.
        event, control = (mixed / "memory" / "sandbox" / "a-b" / "cgroup.event_control").read_text().split()
        assert event != control
        for calls in (1, 2):
            os.eventfd_write(int(event), 1)
            while len(called) < calls:  # noqa: ASYNC110 (the alarm rings by itself)
                await asyncio.sleep(0)
        # It does not go on ringing.
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(called) == 2
        alarm.close()
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(int(event))

    asyncio.run(asyncio.wait_for(work(), 60))


def test_version_1_is_looked_at_for_refused_tasks(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm_module, "_LOOK_S", 0)
    cgroup = mixed_box(mixed)
    events = mixed / "pids" / "sandbox" / "a-b" / "pids.events"
    called: list[bool] = []

    async def work() -> None:
        alarm = cgroup.alarm(lambda: called.append(True))
        for calls in (1, 2):
            events.write_text(f"max {calls}\n")
            while len(called) < calls:  # noqa: ASYNC110 (the alarm looks by itself)
                await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(called) == 2
        alarm.close()
        events.write_text("max 3\n")
        for _ in range(5):
            await asyncio.sleep(0)
        assert len(called) == 2

    asyncio.run(asyncio.wait_for(work(), 60))


def test_a_kernel_that_cannot_call_is_put_up_with(any_root: Path) -> None:
    called: list[bool] = []
    open_before = len(list(Path("/proc/self/fd").iterdir()))

    async def work() -> None:
        cgroup = cgroups.detect("sandbox", any_root).view("sandbox/absent", "absent")
        alarm = cgroup.alarm(lambda: called.append(True))
        for _ in range(5):
            await asyncio.sleep(0)
        alarm.close()

    asyncio.run(asyncio.wait_for(work(), 60))
    assert called == []
    assert len(list(Path("/proc/self/fd").iterdir())) == open_before


# Killing. No process is meant here but those that a test says.


@pytest.fixture
def killed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """What was signalled; nothing really is."""
    done: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: done.append((pid, number)))
    return done


def test_version_1_kills_each_process_of_each_controller(v1: Path, killed: list[tuple[int, int]]) -> None:
    cgroup = version_1_box(v1)
    write(v1 / "cpu" / "sandbox" / "a-b", cgroup__procs="10\n20\n")
    write(v1 / "pids" / "sandbox" / "a-b", cgroup__procs="20\n30\n0\n")
    assert not cgroup.is_empty()
    cgroup.signal_all()
    assert killed == [(pid, signal.SIGKILL) for pid in (10, 20, 30)]
    write(v1 / "cpu" / "sandbox" / "a-b", cgroup__procs="")
    write(v1 / "pids" / "sandbox" / "a-b", cgroup__procs="0\n")
    assert cgroup.is_empty()


def test_version_1_does_not_mind_a_process_that_has_just_gone(v1: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    cgroup = version_1_box(v1)
    write(v1 / "cpu" / "sandbox" / "a-b", cgroup__procs="10\n")
    monkeypatch.setattr(os, "kill", gone)
    cgroup.signal_all()


BUSY = OSError(errno.EBUSY, "Device or resource busy")


class Dying:
    """A cgroup of which the processes die one by one, each time that it is killed."""

    oci_path = "/sandbox/a-b"
    events = None

    def __init__(self, lives: int, *refusals: OSError) -> None:
        self.lives = lives
        self.signals = 0
        self.removals = 0
        self._refusals = list(refusals)

    def signal_all(self) -> None:
        self.signals += 1
        self.lives -= 1

    def pids(self) -> list[int]:
        return [1000] if self.lives > 0 else []

    def is_empty(self) -> bool:
        return self.lives <= 0

    def remove(self) -> None:
        self.removals += 1
        if self._refusals:
            raise self._refusals.pop(0)
        if self.lives > 0:
            raise BUSY


@pytest.mark.parametrize("lives", [0, 1, 5])
def test_killing_is_repeated_until_nothing_is_left(lives: int) -> None:
    cgroup = Dying(lives)
    asyncio.run(cgroups.kill_all(cgroup))  # type: ignore[arg-type]
    # Signalled before it is looked at: what was forked meanwhile is seen by the look.
    assert cgroup.signals == max(lives, 1)


def test_what_does_not_die_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_KILL_TIMEOUT_S", -1.0)
    with pytest.raises(cgroups.StuckError, match=r"processes \[1000\] of cgroup /sandbox/a-b do not die"):
        asyncio.run(cgroups.kill_all(Dying(10)))  # type: ignore[arg-type]


def test_what_does_not_die_as_a_whole_is_killed_one_by_one(
    monkeypatch: pytest.MonkeyPatch, killed: list[tuple[int, int]]
) -> None:
    asyncio.run(cgroups.kill_all(Dying(3)))  # type: ignore[arg-type]
    assert killed == []
    monkeypatch.setattr(ending, "_SINGLY_AFTER_S", -1.0)
    asyncio.run(cgroups.kill_all(Dying(3)))  # type: ignore[arg-type]
    assert killed == [(1000, signal.SIGKILL)] * 2


def test_killing_can_be_cancelled() -> None:
    async def work() -> None:
        task = asyncio.create_task(cgroups.kill_all(Dying(10**9)))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(work())


def test_a_cgroup_that_is_still_held_is_removed_a_moment_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_REMOVE_PAUSE_S", 0.0)
    cgroup = Dying(2, BUSY, BUSY)
    asyncio.run(cgroups.remove(cgroup))  # type: ignore[arg-type]
    assert cgroup.removals == 3
    # Killed anew before each other try: somebody may have come in since.
    assert cgroup.signals == 2 + 1


def test_a_cgroup_that_nobody_is_in_is_not_looked_through_again() -> None:
    cgroup = Dying(0)
    asyncio.run(cgroups.remove(cgroup))  # type: ignore[arg-type]
    assert (cgroup.removals, cgroup.signals) == (1, 0)


def test_what_still_lives_is_killed_and_then_removed() -> None:
    cgroup = Dying(3)
    asyncio.run(cgroups.remove(cgroup))  # type: ignore[arg-type]
    assert (cgroup.removals, cgroup.signals) == (2, 3)


@pytest.mark.parametrize(("refusal", "timeout_s"), [(BUSY, -1.0), (PermissionError(errno.EPERM, "no"), 60.0)])
def test_a_cgroup_that_is_not_let_go_of_is_stuck(
    monkeypatch: pytest.MonkeyPatch, refusal: OSError, timeout_s: float
) -> None:
    monkeypatch.setattr(ending, "_KILL_TIMEOUT_S", timeout_s)
    cgroup = Dying(1, refusal, refusal)
    with pytest.raises(cgroups.StuckError, match="cannot remove the cgroup /sandbox/a-b"):
        asyncio.run(cgroups.remove(cgroup))  # type: ignore[arg-type]
    # Once before it was killed, and once after.
    assert cgroup.removals == 2


def test_what_cannot_be_killed_is_not_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_KILL_TIMEOUT_S", 0.01)
    cgroup = Dying(10**9)
    with pytest.raises(cgroups.StuckError, match="do not die"):
        asyncio.run(cgroups.remove(cgroup))  # type: ignore[arg-type]
    # The kernel has refused once, and was not asked again.
    assert cgroup.removals == 1


# Our folder, which another server may just be taking away.


def test_a_folder_above_ours_that_goes_away_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = Path.mkdir
    refusals = [FileNotFoundError(), FileNotFoundError()]

    def mkdir(path: Path, *args: Any, **options: Any) -> None:
        if refusals:
            raise refusals.pop()
        plain(path, *args, **options)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    files.make_folder(tmp_path / "sandbox" / "a")
    assert (tmp_path / "sandbox" / "a").is_dir()
    monkeypatch.setattr(Path, "mkdir", raising(FileNotFoundError()))
    with pytest.raises(FileNotFoundError, match="b"):
        files.make_folder(tmp_path / "sandbox" / "b")


# Memory that a box holds.


def test_cache_of_files_is_not_held(v2: Path, v1: Path) -> None:
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir(parents=True)
    # 3,000 of file pages, of which 1,000 are a tmpfs's.
    write(folder, memory__current="10000\n", memory__stat="anon 7000\nfile 3000\nfile_mapped 5\nshmem 1000\n")
    assert cgroups.detect("sandbox", v2).view("sandbox/a-b", "a-b").held_memory_bytes() == 8_000
    (v2 / "cgroup.controllers").unlink()
    memory = v1 / "memory" / "sandbox" / "a-b"
    memory.mkdir(parents=True)
    write(memory, memory__usage_in_bytes="10000\n", memory__stat="cache 3000\nrss 7000\nshmem 1000\ntotal_cache 9000\n")
    assert cgroups.detect("sandbox", v1).view("sandbox/a-b", "a-b").held_memory_bytes() == 8_000


def test_a_kernel_whose_figures_do_not_fit_together_takes_nothing_off(v2: Path) -> None:
    folder = v2 / "sandbox" / "a-b"
    folder.mkdir(parents=True)
    # Figures of different moments: more of a tmpfs than of files altogether.
    write(folder, memory__current="10000\n", memory__stat="file 1000\nshmem 3000\n")
    assert cgroups.detect("sandbox", v2).view("sandbox/a-b", "a-b").held_memory_bytes() == 10_000
