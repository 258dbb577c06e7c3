"""What a server takes upon itself."""

import pytest

from sandbox.host import Host
from sandbox.paths import data_dir
from sandbox.policy import load_policies
from sandbox.server import slots_for

POLICIES = load_policies(data_dir("policies"))


@pytest.mark.parametrize(
    ("name", "cores", "boxes_of_memory", "slots"),
    [
        ("default", 8, 100, 8),
        ("default", 8, 5, 5),
        ("default", 1, 0, 1),
        # Two boxes for a job, each with its memory; one of them computes while the other one waits.
        ("strict", 8, 100, 8),
        ("strict", 8, 5, 2),
    ],
)
def test_how_many_jobs_a_machine_carries_at_once(name: str, cores: int, boxes_of_memory: int, slots: int) -> None:
    policy = POLICIES[name]
    box_bytes = policy.defaults.memory_bytes + policy.box.overhead_memory_bytes
    quota = policy.box.cpu_quota_percent
    available = box_bytes * boxes_of_memory
    machine = Host(
        cores=cores * quota // 100, memory_bytes=2 * available, memory_available_bytes=available, load_1min=0
    )
    assert slots_for(machine, policy) == slots
