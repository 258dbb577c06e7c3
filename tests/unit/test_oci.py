"""The OCI document of a box, read as its runtime reads it, and held byte for byte."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.boxes.oci import oci_spec
from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.limits import Limits
from sandbox.seccomp.profile import Action, Profile, Rule
from sandbox.seccomp.roles import RoleFilters, around_the_box

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

LIMITS = Limits(
    cpu_time_ms=3_000,
    wall_time_ms=6_000,
    memory_bytes=1 << 28,
    processes_max=32,
    open_files_max=256,
    disk_bytes=1 << 26,
    output_bytes=1 << 20,
    test_cpu_time_ms=3_000,
    test_wall_time_ms=6_000,
)
RULES = BoxRules(
    cpu_quota_percent=100,
    wall_time_hard_percent=1_000,
    overhead_memory_bytes=1 << 27,
    host_tasks_max=1024,
    shm_bytes=1 << 24,
    output_hard_bytes=1 << 26,
    uid=65_534,
    gid=65_533,
    start_timeout_ms=60_000,
    jobs_per_box=1,
)
PROFILE = Profile(default=Action.ERRNO, rules=(Rule(names=("read", "write"), action=Action.ALLOW),))
FILTERS = RoleFilters(program=b"p" * 8, tests=b"t" * 16)
SPEC = BoxSpec(
    policy="default",
    policy_digest="sha256:policy",
    language="python",
    command=("/usr/bin/env", "python3", "-I", "/opt/agent"),
    environment=(("HOME", "/tmp"), ("PATH", "/usr/bin:/bin")),
    limits=LIMITS,
    rules=RULES,
    system_calls=PROFILE,
    filters=FILTERS,
)


def document(spec: BoxSpec = SPEC, *, shifted: bool = True) -> Any:
    return json.loads(
        oci_spec(
            spec,
            erofs_image=Path("/state/python.erofs"),
            empty_root=Path("/run/empty"),
            cgroup_path="/sandbox/a-b",
            shifted=shifted,
        )
    )


GOLDEN: dict[str, Any] = {
    "ociVersion": "1.0.2",
    "hostname": "sandbox",
    "root": {"path": "/run/empty", "readonly": True},
    "annotations": {
        "dev.gvisor.spec.rootfs.source": "/state/python.erofs",
        "dev.gvisor.spec.rootfs.type": "erofs",
    },
    "process": {
        "user": {"uid": 65534, "gid": 65533},
        "args": ["/usr/bin/env", "python3", "-I", "/opt/agent"],
        "env": ["HOME=/tmp", "PATH=/usr/bin:/bin"],
        "cwd": "/",
        "noNewPrivileges": True,
        "capabilities": {"bounding": [], "effective": [], "inheritable": [], "permitted": [], "ambient": []},
        "rlimits": [
            {"type": "RLIMIT_NOFILE", "soft": 4096, "hard": 4096},
            {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
        ],
    },
    "mounts": [
        {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "nodev", "noexec"]},
        {
            "destination": "/tmp",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "nodev", "mode=1777", "size=67108864"],
        },
        {
            "destination": "/dev/shm",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "nodev", "mode=1777", "size=16777216"],
        },
    ],
    "linux": {
        "namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount", "user")],
        "uidMappings": [{"containerID": 0, "hostID": 2_000_000_000, "size": 65_536}],
        "gidMappings": [{"containerID": 0, "hostID": 2_000_000_000, "size": 65_536}],
        "cgroupsPath": "/sandbox/a-b",
        "seccomp": around_the_box(PROFILE).as_oci(),
    },
}


def test_where_ids_cannot_be_shifted_nothing_else_is_different() -> None:
    linux = {key: value for key, value in GOLDEN["linux"].items() if not key.endswith("Mappings")}
    linux["namespaces"] = [each for each in linux["namespaces"] if each != {"type": "user"}]
    assert document(shifted=False) == GOLDEN | {"linux": linux}


def test_the_whole_document() -> None:
    # Whoever changes a line here changes what every box is given: say why in the same commit.
    assert document() == GOLDEN


def test_nothing_of_the_host_is_mounted() -> None:
    mounts = document()["mounts"]
    assert {mount["type"] for mount in mounts} == {"proc", "tmpfs"}
    # A bind mount is known by its type or by its options, and has a path for a source.
    assert not [mount for mount in mounts if {"bind", "rbind"} & set(mount["options"]) or "/" in mount["source"]]
    assert all({"nosuid", "nodev"} <= set(mount["options"]) for mount in mounts)


def test_every_writable_place_has_a_size() -> None:
    sizes = {
        mount["destination"]: [int(option[5:]) for option in mount["options"] if re.fullmatch(r"size=\d+", option)]
        for mount in document()["mounts"]
        if mount["type"] != "proc"
    }
    assert sizes == {"/tmp": [LIMITS.disk_bytes], "/dev/shm": [RULES.shm_bytes]}
    assert document()["root"]["readonly"] is True


def test_nobody_in_the_box_can_become_somebody() -> None:
    process = document()["process"]
    assert process["user"]["uid"] > 0
    assert process["user"]["gid"] > 0
    assert process["noNewPrivileges"] is True
    # All five are there: what is left out, a runtime may fill in.
    assert set(process["capabilities"]) == {"bounding", "effective", "inheritable", "permitted", "ambient"}
    assert not any(process["capabilities"].values())


def test_the_environment_is_the_policys_and_nothing_else(monkeypatch: Any) -> None:
    monkeypatch.setenv("SECRET", "of the host")
    assert document()["process"]["env"] == [f"{name}={value}" for name, value in SPEC.environment]
    assert document(replace(SPEC, environment=()))["process"]["env"] == []


def test_no_devices_no_hooks_no_joined_namespaces() -> None:
    whole = document()
    assert "hooks" not in whole
    assert "devices" not in whole["linux"]
    assert "resources" not in whole["linux"]
    # Each is new: a path would be somebody else's.
    assert all(set(namespace) == {"type"} for namespace in whole["linux"]["namespaces"])
    assert {"network", "pid", "mount", "ipc", "uts", "user"} == {each["type"] for each in whole["linux"]["namespaces"]}


SIZES = st.integers(1, 2**40)


@UNHURRIED
@given(SIZES, SIZES, SIZES)
def test_limits_change_the_sizes_alone(disk: int, shm: int, others: int) -> None:
    limits = Limits(**dict.fromkeys(Limits.__slots__, others) | {"disk_bytes": disk})
    changed = document(replace(SPEC, limits=limits, rules=replace(RULES, shm_bytes=shm)))
    changed["mounts"][1]["options"][-1] = "size=67108864"
    changed["mounts"][2]["options"][-1] = "size=16777216"
    assert changed == GOLDEN
