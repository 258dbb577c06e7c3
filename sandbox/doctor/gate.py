"""What a server must pass before it serves: the short form of the examination, for each of its policies."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from sandbox.boxes.box import Backend
from sandbox.doctor import proof
from sandbox.doctor.examine import examine
from sandbox.doctor.finding import Finding, FindingStatus
from sandbox.doctor.fixes import with_fix
from sandbox.doctor.machine import look
from sandbox.doctor.programs import LANGUAGE
from sandbox.errors import BackendError
from sandbox.language import Language
from sandbox.logs import logger
from sandbox.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """On what terms a server is let through.

    Attributes:
        proofs: The folder where proofs are kept.
        slots: Boxes at the same time.
        rely_on_kept: Whether a proof that an earlier server made will do.
        allow_unenforced: Whether to serve though a limit does not bind.
    """

    proofs: Path
    slots: int
    rely_on_kept: bool = False
    allow_unenforced: bool = False


async def pass_gate(
    backend: Backend, policies: Mapping[str, Policy], languages: Mapping[str, Language], terms: Terms
) -> tuple[str, ...]:
    """Prove that limits bind, and return the names of those that do not and are put up with.

    Args:
        backend: Makes the boxes; started.
        policies: Each is proven by itself.
        languages: What boxes are made for; among them the one that the probes are written in.
        terms: What will do.

    Raises:
        BackendError: A limit does not bind, or could not be proven. The text names it and says what to do.
    """
    language = languages.get(LANGUAGE)
    if language is None:
        raise BackendError(f"the probes are written in {LANGUAGE}, and there is no such language here")
    machine = replace(await look(None, ()), runsc_version=backend.runsc_version)
    unproven: list[Finding] = []
    for policy in policies.values():
        about = proof.proof_of(backend=backend, policy=policy, language=language, layout=machine.layout)
        if terms.rely_on_kept and proof.is_kept(about, terms.proofs):
            continue
        examination = await examine(backend, policy, language, slots=terms.slots, short=True)
        logger().info(
            "limits examined",
            policy=policy.name,
            time_ms=examination.time_ms,
            findings={finding.name: finding.status.value for finding in examination.findings},
        )
        if examination.unproven:
            proof.forget(about, terms.proofs)
            unproven += [
                replace(with_fix(finding, machine), expected=f"{finding.expected} (policy {policy.name})")
                for finding in examination.unproven
            ]
        else:
            proof.keep(about, terms.proofs)
    return _judge(unproven, allow_unenforced=terms.allow_unenforced)


def _judge(unproven: list[Finding], *, allow_unenforced: bool) -> tuple[str, ...]:
    broken = [finding for finding in unproven if finding.status is FindingStatus.BROKEN]
    # What nobody could examine cannot be labelled either: a verdict says that a limit does not bind, not that it might.
    refused = [finding for finding in unproven if finding not in broken] if allow_unenforced else unproven
    if refused:
        advice = "sandbox doctor looks closer"
        if len(broken) == len(unproven):
            advice += "; sandbox serve --allow-unenforced serves all the same, and marks every verdict"
        raise BackendError("\n".join(["nothing is served here:", *map(_line, refused), advice]))
    for finding in broken:
        logger().warning(
            "a limit does not bind, and --allow-unenforced was given: every verdict says so",
            limit=finding.name,
            expected=finding.expected,
            seen=finding.seen,
            fix=finding.fix,
        )
    return tuple(sorted({finding.name for finding in broken}))


def _line(finding: Finding) -> str:
    word = "does not bind" if finding.status is FindingStatus.BROKEN else "could not be proven"
    return f"  {finding.name} {word}: expected {finding.expected}; seen: {finding.seen}\n    fix: {finding.fix}"
