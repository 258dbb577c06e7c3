"""`sandbox bench` measures real boxes, and finds what an idle one costs."""

import json

import pytest
from click.testing import CliRunner

from sandbox.cli import main as main_module
from tests.leftovers import leftovers, wait_until_as_before

pytestmark = pytest.mark.gvisor


def test_a_machine_is_measured_from_one_command() -> None:
    before = leftovers()
    done = CliRunner().invoke(main_module.cli, ["bench", "--seconds", "1", "--in-flight", "1,2", "--json"])

    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["server"]["backend"] == "runsc"
    for load, in_flight in zip(document["loads"], (1, 2), strict=True):
        assert load["in_flight"] == in_flight
        assert load["jobs"] == len(load["latencies_ms"]) >= in_flight
        # A box took its time, and all of the job's own: nothing here answers from memory.
        assert all(
            0 < start < latency for start, latency in zip(load["box_start_ms"], load["latencies_ms"], strict=True)
        )
        assert load["cpu_ms_per_job"] > 1
    # gVisor's kernel and a Python in it, and not a whole machine.
    assert 4 * 2**20 < document["idle_box"]["memory_bytes"] < 256 * 2**20
    assert document["idle_box"]["cpu_percent"] < 50
    wait_until_as_before(before)
