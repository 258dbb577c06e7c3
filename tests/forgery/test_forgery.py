"""No program of the corpus earns a pass that it does not deserve, and none of the controls loses one that it does.

Without anything said, a thousand attacks: most with both roles in one box, every second file with a box for each.
`SANDBOX_FORGERY_TRIALS` says how many to try at least at each level instead; nightly: 30,000.
`SANDBOX_FORGERY_SEED` chooses other variants: without it they are the same each time.
"""

import math
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

from sandbox import Integrity, Job, RequestedLimits, ServiceError, SourceTests, Verdict, local
from sandbox.verdict import Fault, JobResult
from tests.forgery import corpus
from tests.leftovers import leftovers, wait_until_as_before

SEED = int(os.environ.get("SANDBOX_FORGERY_SEED", "0"))
TRIALS = int(os.environ.get("SANDBOX_FORGERY_TRIALS", "0"))
# Two boxes run the same code as one, at twice the time.
LEVELS = {Integrity.SEPARATE_PROCESS: TRIALS or 850, Integrity.SEPARATE_SANDBOX: TRIALS or 1}
# A language by what its image has beyond the standard library.
LANGUAGES = {frozenset[str](): "python", frozenset({"numpy"}): "python-numpy"}


def chosen(files: list[corpus.Attack], trials: int) -> Iterator[tuple[corpus.Attack, corpus.Variant]]:
    if trials < len(files):
        files = files[SEED % 2 :: 2]
    count = max(1, math.ceil(trials / len(files)))
    for file in files:
        for variant in corpus.variants(file, seed=SEED, count=count):
            yield file, variant


def job(attack: corpus.Attack, variant: corpus.Variant, integrity: Integrity) -> Job:
    return Job(
        id=variant.id[:64],
        program=variant.program,
        tests=SourceTests(variant.tests),
        language=LANGUAGES[attack.needs],
        limits=RequestedLimits(**variant.limits),
        integrity=integrity,
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


@pytest.mark.gvisor
@pytest.mark.timeout(24 * 3600 if TRIALS > 10_000 else 1_800)
@pytest.mark.parametrize("integrity", LEVELS)
def test_no_verdict_is_forged_and_no_honest_program_is_blamed(integrity: Integrity, languages: list[str]) -> None:
    before = leftovers()
    tried = {
        variant.id[:64]: (attack, variant)
        for attack, variant in (
            *chosen(corpus.attacks(), LEVELS[integrity]),
            *chosen(corpus.benign(), LEVELS[integrity] // 10),
        )
    }
    wrong: dict[str, str] = {}
    seen: Counter[str] = Counter()
    with local(backend="runsc", languages=languages) as client:
        for result in client.run_many(job(attack, variant, integrity) for attack, variant in tried.values()):
            seen[result.job_id] += 1
            attack, variant = tried[result.job_id]
            if problem := wrong_with(result, attack, variant):
                wrong[result.job_id] = f"{problem}\n{variant.tests.decode('utf-8', 'replace')[:600]}"
    wait_until_as_before(before)

    assert seen == dict.fromkeys(tried, 1)
    assert wrong == {}, "\n\n".join(f"{name}: {text}" for name, text in wrong.items())
