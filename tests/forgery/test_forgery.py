"""No program of the corpus earns a pass that it does not deserve, and none of the controls loses one that it does.

Without anything said, more than a thousand attacks: most with both roles in one box, every fourth file with two boxes.
In boxes of one job each, in boxes that serve one job after the other, and in boxes that waited for their job.
`SANDBOX_FORGERY_TRIALS` says how many to try at least at each level instead; nightly: 30,000.
`SANDBOX_FORGERY_SEED` chooses other variants: without it they are the same each time.
"""

import itertools
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from benchmarks.progress import progress
from sandbox import Client, Integrity, Job, RequestedLimits, ServiceError, SourceTests, Verdict, local
from sandbox.verdict import Fault, JobResult
from tests.forgery import corpus
from tests.leftovers import leftovers, wait_until_as_before

SEED = int(os.environ.get("SANDBOX_FORGERY_SEED", "0"))
TRIALS = int(os.environ.get("SANDBOX_FORGERY_TRIALS", "0"))


@dataclass(frozen=True)
class Boxes:
    """Which boxes to try, and with how many attacks."""

    trials: int
    integrity: Integrity = Integrity.SEPARATE_PROCESS
    policy: str = "default"
    ready_max: int = 0


# Two boxes run the same code as one, at twice the time; and one that waited is one that did not.
KINDS = {
    "one-job": Boxes(TRIALS or 120),
    "two-boxes": Boxes(TRIALS or 1, integrity=Integrity.SEPARATE_SANDBOX),
    "batch": Boxes(TRIALS or 810, policy="batch"),
    "waiting": Boxes(TRIALS or 1, ready_max=2),
}
PAUSE_S = 0.15
# Of what takes long, one variant where others have so many.
COSTLY_EVERY = 4
# A language by what its image has beyond the standard library.
LANGUAGES = {frozenset[str](): "python", frozenset({"numpy"}): "python-numpy"}


def chosen(files: list[corpus.Attack], trials: int) -> Iterator[tuple[corpus.Attack, corpus.Variant]]:
    if trials < len(files):
        files = files[SEED % 4 :: 4]
    turns = ((turn, place) for turn in itertools.count() for place in range(len(files)))
    due = (place for turn, place in turns if turn % COSTLY_EVERY == 0 or not files[place].costly)
    counts = Counter(itertools.islice(due, max(trials, len(files))))
    for place, file in enumerate(files):
        for variant in corpus.variants(file, seed=SEED, count=counts[place]):
            yield file, variant


def job(attack: corpus.Attack, variant: corpus.Variant, boxes: Boxes) -> Job:
    return Job(
        id=variant.id[:64],
        program=variant.program,
        tests=SourceTests(variant.tests),
        language=LANGUAGES[attack.needs],
        limits=RequestedLimits(**variant.limits),
        integrity=boxes.integrity,
        policy=boxes.policy,
    )


def wrong_with(result: JobResult, attack: corpus.Attack, variant: corpus.Variant) -> str:
    """Say what is wrong with a verdict; nothing when all is as it must be."""
    if isinstance(result, ServiceError):
        return f"{result.code.value}: {result.message}"
    told = f"{result.cause.value}: {result.message[:300]} {result.stderr.data[-300:]!r}"
    if attack.is_benign:
        return "" if result.passed else told
    if result.passed:
        return f"FORGED {told}"
    if result.fault is not Fault.PROGRAM or result.cause.value not in variant.causes:
        return told
    return "the canary came out" if variant.canary.encode() in everything_told(result, attack, variant) else ""


def everything_told(verdict: Verdict, attack: corpus.Attack, variant: corpus.Variant) -> bytes:
    """Return all that came out of a box, but for what its tests themselves put into the message of an assertion."""
    messages = b""
    if not attack.tests and b"unittest" not in variant.tests:
        texts = [verdict.message, *(result.message for result in verdict.test_results)]
        messages = "\n".join(texts).encode("utf-8", "replace")
    return verdict.stdout.data + verdict.stderr.data + messages


@pytest.fixture(scope="module")
def languages() -> list[str]:
    """All languages that the corpus needs, their images built."""
    names = list(LANGUAGES.values())
    subprocess.run([sys.executable, "-m", "sandbox", "images", "build", *names], check=True)
    return names


def one_by_one(client: Client, jobs: Iterable[Job]) -> Iterator[JobResult]:
    """Run jobs with a pause before each: boxes are made ready by a server that is not busy."""
    for each in jobs:
        time.sleep(PAUSE_S)
        yield client.run(each)


@contextmanager
def told(capsys: pytest.CaptureFixture[str], kind: str, total: int) -> Iterator[Callable[[], None]]:
    """Say how far a run is that takes an hour."""
    if not TRIALS:
        yield lambda: None
        return
    with capsys.disabled(), progress(kind, total) as step:
        yield step


@pytest.mark.gvisor
@pytest.mark.timeout(24 * 3600 if TRIALS else 1_800)
@pytest.mark.parametrize("kind", KINDS)
def test_no_verdict_is_forged_and_no_honest_program_is_blamed(
    kind: str, languages: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    boxes, before = KINDS[kind], leftovers()
    tried = {
        variant.id[:64]: (attack, variant)
        for attack, variant in (
            *chosen(corpus.attacks(), boxes.trials),
            *chosen(corpus.benign(), boxes.trials // 10),
        )
    }
    wrong: dict[str, str] = {}
    seen: Counter[str] = Counter()
    of_this_kind = 0
    ready = ["--ready-max", str(boxes.ready_max)]
    server = local(backend="runsc", languages=languages, policies=[boxes.policy], extra_args=ready)
    with server as client, told(capsys, kind, len(tried)) as step:
        jobs = (job(attack, variant, boxes) for attack, variant in tried.values())
        for result in one_by_one(client, jobs) if boxes.ready_max else client.run_many(jobs):
            seen[result.job_id] += 1
            of_this_kind += isinstance(result, Verdict) and {
                "batch": result.receipt.box_jobs_before > 0,
                "waiting": result.usage.box_waited,
            }.get(kind, True)
            attack, variant = tried[result.job_id]
            step()
            if problem := wrong_with(result, attack, variant):
                wrong[result.job_id] = f"{problem}\n{variant.tests.decode('utf-8', 'replace')[:600]}"
    wait_until_as_before(before)

    assert seen == dict.fromkeys(tried, 1)
    assert wrong == {}, "\n\n".join(f"{name}: {text}" for name, text in wrong.items())
    # Kinds of limits alternate, and many attacks cost the box; still most boxes are what is to be tried.
    assert of_this_kind > len(tried) / 3
