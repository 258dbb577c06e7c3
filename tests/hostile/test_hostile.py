"""Every program in `programs/` and in `examples/hostile/` gets exactly the cause that its first lines expect.

After each, a clean job still passes: whatever the program did, the house stands.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox import Client, Job, NoTests, RequestedLimits, SourceTests

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted((ROOT / "tests/hostile/programs").glob("*.py"))
EXAMPLES = sorted((ROOT / "examples/hostile").glob("*.py"))
HEADER = re.compile(r"^# (expect|attack|limits|tests): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Attack:
    program: bytes
    cause: str
    tests: str
    limits: RequestedLimits


def read_attack(path: Path) -> Attack:
    program = path.read_bytes()
    found: dict[str, list[str]] = {}
    for key, value in HEADER.findall(program.decode("utf-8", "replace")):
        found.setdefault(key, []).append(value)
    assert len(found.get("expect", [])) == 1, f"{path}: one line '# expect: CAUSE' is needed"
    assert found.get("attack"), f"{path}: a line '# attack: ...' is needed"
    pairs = [pair.split("=") for line in found.get("limits", []) for pair in line.split()]
    limits = RequestedLimits(**{name: int(value) for name, value in pairs})
    return Attack(program, found["expect"][0], "\n".join(found.get("tests", [])), limits)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_attack_gets_the_expected_cause_and_a_clean_job_passes_after_it(client: Client, path: Path) -> None:
    attack = read_attack(path)
    tests = SourceTests(attack.tests.encode()) if attack.tests else NoTests()

    verdict = client.run(Job(program=attack.program, tests=tests, limits=attack.limits))

    assert (verdict.cause.value, verdict.attempts) == (attack.cause, 1), (verdict.message, verdict.stderr.data)
    clean = client.run(Job(program=b"def f(): return 1", tests=SourceTests(b"assert f() == 1")))
    assert clean.passed, clean


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_gets_what_it_promises(client: Client, path: Path) -> None:
    attack = read_attack(path)
    limits = RequestedLimits(cpu_time_ms=2_000, wall_time_ms=4_000)

    verdict = client.run(Job(program=attack.program, limits=limits))

    assert verdict.cause.value == attack.cause, (verdict.message, verdict.stderr.data)
