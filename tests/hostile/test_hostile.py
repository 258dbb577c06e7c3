"""Every program in `programs/` and in `examples/hostile/` gets exactly the label that its first lines expect.

Alone, and on a machine that has far more to do than it can. After each, a clean job passes and nothing is left behind:
whatever the program did, the house stands. What the first lines mean is in README.md beside this file.
"""

import itertools
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sandbox import Case, CaseTests, Client, Job, NoTests, RequestedLimits, SourceTests, Verdict, local
from sandbox.job import Tests
from sandbox.verdict import JobResult, KilledBy
from tests.leftovers import Server, leftovers, running_servers, wait_until_as_before

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted((ROOT / "tests/hostile/programs").glob("*.py"))
# Two at a time, which two cores carry with ease: the machine stays as good as idle, and the suite takes half as long.
PAIRS = [tuple(PROGRAMS[start : start + 2]) for start in range(0, len(PROGRAMS), 2)]
EXAMPLES = sorted((ROOT / "examples/hostile").glob("*.py"))
HEADER = re.compile(r"^# (expect|verdict|cause|fault|attack|limits|limit|tests|case): (.*)$", re.MULTILINE)
BACKENDS = [
    pytest.param("runsc", marks=pytest.mark.gvisor),
    pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.gvisor]),
]

# Each of these causes rests on a limit: which, unless the program's first lines name another, and who ends the box.
LIMITED = {
    "CPU_TIME_LIMIT": ("cpu_time_ms", KilledBy.SERVICE),
    "WALL_TIME_LIMIT": ("wall_time_ms", KilledBy.SERVICE),
    "OUTPUT_LIMIT": ("output_hard_bytes", KilledBy.SERVICE),
    "MEMORY_LIMIT": ("memory_bytes", KilledBy.KERNEL),
}

NIGHTLY = os.environ.get("SANDBOX_NIGHTLY") == "1"
SLOTS_PER_CORE = 8
# One job of plain work among so many others.
OTHERS_PER_SPINNER = 2
# Work for about two seconds, whatever else runs: an amount, not a time.
SPINNER = b"""
def f():
    total = 0
    for i in range(24_000_000):
        total += i & 3
    return total
"""
PATIENCE_S = 60.0
# What boxes may need of descriptors for a moment: nothing that adds up.
OPEN_FILES_SLACK = 8


@dataclass(frozen=True)
class Label:
    """All that a caller is told about a job's end."""

    verdict: str
    cause: str
    fault: str


@dataclass(frozen=True)
class Attack:
    """A hostile program and what has to become of it."""

    program: bytes
    label: Label
    tests: Tests
    limits: RequestedLimits
    limit_name: str

    def job(self, job_id: str) -> Job:
        return Job(id=job_id, program=self.program, tests=self.tests, limits=self.limits)


def read_attack(path: Path) -> Attack:
    program = path.read_bytes()
    found: dict[str, list[str]] = {}
    for key, value in HEADER.findall(program.decode("utf-8", "replace")):
        found.setdefault(key, []).append(value)

    def the_one(key: str) -> str:
        assert len(found.get(key, [])) == 1, f"{path}: one line '# {key}: ...' is needed"
        return found[key][0]

    strange = [line for line in _first_lines(program) if not HEADER.match(line) and not line.startswith("# coding:")]
    assert not strange, f"{path}: {strange[0]!r} among the first lines is none that anybody reads"
    assert the_one("attack"), f"{path}: the attack must be told"
    assert not (found.get("tests") and found.get("case")), f"{path}: tests or cases, not both"
    tests: Tests = NoTests()
    if "tests" in found:
        tests = SourceTests("\n".join(found["tests"]).encode())
    elif "case" in found:
        tests = CaseTests(tuple(_case(line) for line in found["case"]))
    pairs = [pair.split("=") for line in found.get("limits", []) for pair in line.split()]
    limits = RequestedLimits(**{name: int(value) for name, value in pairs})
    label = Label(the_one("verdict"), the_one("cause"), the_one("fault"))
    default_limit_name = LIMITED[label.cause][0] if label.cause in LIMITED else ""
    return Attack(program, label, tests, limits, found.get("limit", [default_limit_name])[0])


def _first_lines(program: bytes) -> list[str]:
    lines = program.decode("utf-8", "replace").splitlines()
    return list(itertools.takewhile(lambda line: line.startswith("#"), lines))


def _case(line: str) -> Case:
    given, expected = (part.strip().encode().decode("unicode_escape").encode("latin-1") for part in line.split(" => "))
    return Case(given, expected)


def label_of(result: JobResult) -> Label:
    if isinstance(result, Verdict):
        return Label(result.status.value, result.cause.value, result.fault.value)
    return Label("NONE", result.code.value, result.fault.value)


def clean_job(job_id: str) -> Job:
    return Job(id=job_id, program=b"def f(): return 1", tests=SourceTests(b"assert f() == 1"))


def check_evidence(result: JobResult, attack: Attack) -> None:
    """What a limit's cause rests on must be there, and must say what the cause says."""
    if not isinstance(result, Verdict):
        return
    evidence = result.evidence
    if attack.label.cause not in LIMITED:
        assert (evidence.limit_name, evidence.limit) == ("", 0), evidence
        return
    assert (evidence.limit_name, evidence.killed_by) == (attack.limit_name, LIMITED[attack.label.cause][1]), evidence
    asked = getattr(attack.limits, attack.limit_name, None)
    assert evidence.limit > 0, evidence
    assert asked in (None, evidence.limit), evidence
    assert evidence.value >= (1 if attack.label.cause == "MEMORY_LIMIT" else evidence.limit), evidence


def describe(result: JobResult) -> str:
    """All that helps to see why a label is wrong."""
    if not isinstance(result, Verdict):
        return f"{label_of(result)} {result.message}"
    err = result.stderr.data[-2000:].decode("utf-8", "backslashreplace")
    return f"{label_of(result)} {result.message} {result.evidence} {result.usage} attempts={result.attempts}\n{err}"


@dataclass(frozen=True)
class House:
    """A server of the whole session, and its client."""

    client: Client
    server: Server


@pytest.fixture(scope="module", params=BACKENDS)
def house(request: pytest.FixtureRequest, servers: Callable[[str], Client]) -> Iterator[House]:
    """A server with each backend; after all attacks on it the machine is as it was, and the server is no bigger."""
    client = servers(request.param)
    assert client.run(clean_job("before")).passed
    (server,) = running_servers(request.param)
    before, open_files = leftovers(), server.open_files()
    yield House(client, server)
    wait_until_as_before(before)
    assert server.open_files() <= open_files + OPEN_FILES_SLACK


def test_a_box_that_runs_is_counted(house: House) -> None:
    # Otherwise nothing below that finds nothing left would mean anything.
    sleeper = Job(program=b"import time; time.sleep(60)", limits=RequestedLimits(wall_time_ms=4_000))
    before = leftovers()
    seen: set[str] = set()
    thread = threading.Thread(target=house.client.run, args=(sleeper,))
    thread.start()
    while thread.is_alive():
        seen |= {f"the server's {kind}" for kind, found in house.server.boxes().items() if found}
        seen |= {f"the machine's {kind}" for kind, found in leftovers().items() if set(found) - set(before[kind])}
        time.sleep(0.1)
    kinds = {"runsc": ("folders", "processes"), "docker": ("containers",)}[house.server.backend]
    assert {f"the server's {kind}" for kind in ("cgroups", *kinds)} <= seen
    assert {f"the machine's {kind}" for kind in ("cgroups", "processes", *kinds)} <= seen
    house.server.wait_until_no_box_is_left()


@pytest.mark.parametrize(
    ("house", "pair"),
    [
        pytest.param(
            *backend.values, pair, marks=backend.marks, id="+".join((*backend.values, *(path.stem for path in pair)))
        )
        for backend in BACKENDS
        # With Docker a sixth of them, and all in the nightly tier: what labels is the same.
        for pair in PAIRS[:: 6 if backend.values == ("docker",) and not NIGHTLY else 1]
    ],
    indirect=["house"],
)
def test_attacks_get_their_labels_and_leave_nothing(house: House, pair: tuple[Path, ...]) -> None:
    attacks = {path.stem: read_attack(path) for path in pair}

    results = list(house.client.run_many(attack.job(name) for name, attack in attacks.items()))

    assert sorted(result.job_id for result in results) == sorted(attacks)
    for result in results:
        attack = attacks[result.job_id]
        assert label_of(result) == attack.label, f"{result.job_id}: {describe(result)}"
        check_evidence(result, attack)
        if isinstance(result, Verdict):
            # These may have been confirmed by a run alone; nothing else is ever run twice.
            confirmed = attack.label.verdict == "TIMED_OUT" or attack.label.cause == "MEMORY_LIMIT"
            assert result.attempts in ((1, 2) if confirmed else (1,)), describe(result)
            assert result.unenforced == ()
    assert house.client.run(clean_job("after")).passed
    house.server.wait_until_no_box_is_left()


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_gets_what_it_promises(house: House, path: Path) -> None:
    program = path.read_bytes()
    headers = dict(HEADER.findall(program.decode()))
    limits = RequestedLimits(cpu_time_ms=2_000, wall_time_ms=4_000)

    verdict = house.client.run(Job(program=program, limits=limits))

    assert verdict.cause.value == headers["expect"], describe(verdict)


def crowd(paths: Sequence[Path]) -> Iterator[tuple[Job, Attack | None]]:
    """Each attack with a clean job beside it, and between them plain work that keeps all cores busy."""
    spinners = 0

    def spinner() -> tuple[Job, None]:
        nonlocal spinners
        spinners += 1
        limits = RequestedLimits(cpu_time_ms=30_000, wall_time_ms=60_000)
        tests = SourceTests(b"assert f() == 36_000_000")
        return Job(id=f"spinner-{spinners}", program=SPINNER, tests=tests, limits=limits), None

    for index, path in enumerate(paths):
        if index % (OTHERS_PER_SPINNER // 2) == 0:
            yield spinner()
        attack = read_attack(path)
        yield attack.job(path.stem), attack
        yield clean_job(f"clean-{index}"), None
    # The last attacks have company too.
    for _ in range(SLOTS_PER_CORE):
        yield spinner()


def part_of_them(backend: str, first: int) -> Sequence[Path]:
    """Return what is tried in one kind of run: what labels is the same with both, so few are tried with Docker."""
    if NIGHTLY:
        return PROGRAMS
    return PROGRAMS[first::12] if backend == "runsc" else PROGRAMS[first + 1 :: 24]


@pytest.mark.timeout(1_500)
# With Docker in the nightly tier: who labels, and who waits for the machine, is the same.
@pytest.mark.parametrize("backend", BACKENDS if NIGHTLY else BACKENDS[:1])
def test_every_label_is_the_same_on_a_saturated_machine(backend: str) -> None:
    before = leftovers()
    jobs = {job.id: (job, attack) for job, attack in crowd(part_of_them(backend, 0))}
    cores = len(os.sched_getaffinity(0))
    with local(backend=backend, slots=SLOTS_PER_CORE * cores) as client:
        (server,) = [one for one in running_servers(backend) if str(one.folder) not in before["folders"]]
        results = list(client.run_many(job for job, _ in jobs.values()))
        server.wait_until_no_box_is_left()
    wait_until_as_before(before)

    assert sorted(result.job_id for result in results) == sorted(jobs)
    wrong = {}
    for result in results:
        attack = jobs[result.job_id][1]
        if label_of(result) != (attack.label if attack else Label("PASSED", "ALL_TESTS_PASSED", "NONE")):
            wrong[result.job_id] = describe(result)
    assert wrong == {}, "\n".join(f"{job_id}: {text}" for job_id, text in wrong.items())
    for result in results:
        if (attack := jobs[result.job_id][1]) is not None:
            check_evidence(result, attack)
    waits = [waiting_share(result) for result in results if result.job_id.startswith("spinner")]
    assert sorted(waits)[len(waits) // 2] > 0.6, f"the machine had time to spare, nothing was shown: {sorted(waits)}"


def until_one_waits(client: Client) -> None:
    """Wait until boxes are made ready: none is while the machine is as busy as the test before has left it."""
    deadline = time.monotonic() + PATIENCE_S
    while not client.run(clean_job("before")).usage.box_waited:
        assert time.monotonic() < deadline, "no box was made ready"
        time.sleep(0.5)


@pytest.mark.timeout(1_500)
@pytest.mark.parametrize("kind", ["batch", "waiting"])
# With Docker in the nightly tier, as above.
@pytest.mark.parametrize("backend", BACKENDS if NIGHTLY else BACKENDS[:1])
def test_every_label_is_the_same_in_other_boxes(backend: str, kind: str) -> None:
    """In boxes that serve one job after the other, and in boxes that waited for their job."""
    before = leftovers()
    policy = "batch" if kind == "batch" else "default"
    jobs: dict[str, tuple[Job, Attack | None]] = {}
    attacks = {path: read_attack(path) for path in part_of_them(backend, 2 if kind == "batch" else 4)}
    # By their limits, for boxes are made ready, and shared, for jobs of one kind.
    for path, attack in sorted(attacks.items(), key=lambda item: repr(item[1].limits)):
        clean = clean_job(f"clean-after-{path.stem}"[:64])
        jobs[path.stem] = replace(attack.job(path.stem), policy=policy), attack
        jobs[clean.id] = replace(clean, policy=policy, limits=attack.limits), None
    ready = ["--ready-max", "2"] if kind == "waiting" else []
    with local(backend=backend, slots=1, policies=[policy], extra_args=ready) as client:
        if kind == "waiting":
            until_one_waits(client)
        # One after the other: so a box that has just been attacked serves the clean job, if it serves any. Boxes of one
        # stream serve no other; and none is made ready beside a job that took one, but in the pause after it.
        streams = [[job for job, _ in jobs.values()]] if kind == "batch" else [[job] for job, _ in jobs.values()]
        results: list[JobResult] = []
        for stream in streams:
            time.sleep(0.2 if kind == "waiting" else 0)
            results += client.run_many(stream, in_flight_max=1)
    wait_until_as_before(before)

    assert sorted(result.job_id for result in results) == sorted(jobs)
    wrong = {}
    seen = 0
    for result in results:
        attack = jobs[result.job_id][1]
        if label_of(result) != (attack.label if attack else Label("PASSED", "ALL_TESTS_PASSED", "NONE")):
            wrong[result.job_id] = describe(result)
        if isinstance(result, Verdict):
            seen += result.usage.box_waited if kind == "waiting" else result.receipt.box_jobs_before > 0
    assert wrong == {}, "\n".join(f"{job_id}: {text}" for job_id, text in wrong.items())
    for result in results:
        if (attack := jobs[result.job_id][1]) is not None:
            check_evidence(result, attack)
    # Many attacks cost the box, and kinds with limits of their own are asked for too seldom to be kept ready.
    assert seen >= len(results) / 4, f"{seen} of {len(results)} jobs had such a box"


def waiting_share(result: JobResult) -> float:
    """Return which part of its time a job waited for a CPU that others had."""
    assert isinstance(result, Verdict), describe(result)
    return result.usage.starved_time_ms / result.usage.wall_time_ms
