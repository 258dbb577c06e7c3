"""From a file to a policy that can be trusted to be whole."""

import hashlib
import os
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

from sandbox.boxspec import BoxRules
from sandbox.diagnostics import Diagnostics
from sandbox.errors import PolicyError
from sandbox.limits import JOB_LIMIT_NAMES, TEST_LIMITS, Limits
from sandbox.paths import data_dir
from sandbox.policy.files import NAME, by_name, read_bytes
from sandbox.policy.keys import ENVIRONMENT
from sandbox.policy.model import IntegrityRules, JobRules, Policy
from sandbox.policy.reading import Draft, Problem, read
from sandbox.seccomp.profile import parse
from sandbox.seccomp.roles import AROUND, INSIDE
from sandbox.verdict import Integrity

DEFAULT_POLICY = "default"
"""What jobs get that name no policy."""

# gVisor itself needs some thirty tasks of the host, and a program's process takes one or two more.
_HOST_TASKS_OF_GVISOR = 64
_HOST_TASKS_OF_PROCESS = 2
# More would not fit into a filter of 4,096 instructions, and runsc's own way to compile them grows with their square.
_CONDITIONS_MAX = 256


def load_policies(folder: Path) -> dict[str, Policy]:
    """Read every policy in `folder`, by name.

    Raises:
        PolicyError: A policy is broken, or there is no `default`.
    """
    found = {name: load_policy(path) for name, path in by_name(folder).items()}
    if DEFAULT_POLICY not in found:
        raise PolicyError(no_default(folder))
    return found


def no_default(folder: Path) -> str:
    """Return what is wrong with a folder that has no policy for jobs that name none."""
    return (
        f"{folder}: no {DEFAULT_POLICY}.toml; every server needs the policy {DEFAULT_POLICY!r}. One that has "
        f'`extends = "{DEFAULT_POLICY}"` and nothing else is that of the package'
    )


def choose_policies(folder: Path, names: Sequence[str]) -> dict[str, Policy]:
    """Read the policies of these names in `folder`; without a name, all.

    Raises:
        PolicyError: A policy is broken, or there is none of this name.
    """
    if folder.is_dir() and not os.access(folder, os.R_OK | os.X_OK):
        raise PolicyError(f"{folder}: user {os.geteuid()}, who is to read the policies, may not enter it")
    if not names:
        return load_policies(folder)
    known = by_name(folder)
    for name in names:
        if name not in known:
            raise PolicyError(f"{folder}: no policy {name!r}; known are {', '.join(known) or 'none'}")
    return {name: load_policy(known[name]) for name in names}


def load_policy(path: Path) -> Policy:
    """Read one policy file.

    Raises:
        PolicyError: A key is missing, unknown or impossible. The text has a line for each problem: the file, the line
            and the key.
    """
    draft = draft_policy(path)
    draft.refuse_if_wrong()
    return build(draft)


def draft_policy(path: Path) -> Draft:
    """Read one policy file, and note all that is wrong with it or strange about it."""
    shipped = data_dir("policies")
    draft = read(path, shipped=shipped)
    if NAME.fullmatch(path.stem) is None:
        allowed = "at most 64 of a-z, 0-9, _ and -, and a letter first"
        draft.problems.append(Problem(path, 0, f"a policy is called as its file is: {allowed}"))
    if not draft.is_wrong:
        _read_profile(draft, shipped)
    if not draft.is_wrong:
        _check_together(draft)
        _advise(draft)
    return draft


def _read_profile(draft: Draft, shipped: Path) -> None:
    """Find the seccomp profile, beside the file that names it or in the package, and note what is wrong with it."""
    key = "seccomp.profile"
    name = draft.settings[key].value
    folders = [folder / "seccomp" for folder in (draft.file.parent, draft.settings[key].file.parent, shipped)]
    known = {name: path for folder in reversed(folders) for name, path in by_name(folder, ".json").items()}
    if name not in known:
        draft.complain(f"{key}: {name!r} is none of {', '.join(sorted(known))}", key)
        return
    try:
        draft.profile = read_bytes(known[name])
    except OSError as error:
        draft.problems.append(Problem(known[name], 0, str(error)))
        return
    profile, mistakes = parse(draft.profile)
    text = draft.profile.decode("utf-8", "replace")
    for mistake in mistakes:
        line = text[: text.find(mistake.needle)].count("\n") + 1 if mistake.needle in text and mistake.needle else 0
        draft.problems.append(Problem(known[name], line, mistake.text))
    if profile is not None and (conditions := profile.conditions()) > _CONDITIONS_MAX:
        text_of_it = f"{conditions} calls with conditions: gVisor takes too long for more than {_CONDITIONS_MAX}"
        draft.problems.append(Problem(known[name], 0, text_of_it))
    # What tells whether the filters are on must not depend on a policy.
    told_by = f"{AROUND} and {INSIDE} are what the filters are told by"
    if AROUND in text or INSIDE in text:
        draft.problems.append(Problem(known[name], 0, told_by))
    for override in ("seccomp.allow", "seccomp.deny"):
        if {AROUND, INSIDE} & set(draft.settings[override].value):
            draft.complain(told_by, override)


def build(draft: Draft) -> Policy:
    """Return the policy of a draft that has no problems."""
    values = {path: setting.value for path, setting in draft.settings.items()}

    def section(name: str) -> dict[str, object]:
        return {path.removeprefix(f"{name}."): value for path, value in values.items() if path.startswith(f"{name}.")}

    profile, _ = parse(draft.profile)
    if profile is None:
        raise PolicyError(f"{draft.file}: its seccomp profile is broken")
    return Policy(
        name=draft.file.stem,
        digest=_digest([*draft.sources, draft.profile]),
        description=values["description"],
        defaults=_limits(values, "defaults"),
        ceilings=_limits(values, "ceilings"),
        job=JobRules(**{item.name: values[f"job.{item.name}"] for item in fields(JobRules)}),
        integrity=IntegrityRules(
            default=Integrity(values["integrity.default"]),
            allowed=tuple(Integrity(name) for name in values["integrity.allowed"]),
        ),
        diagnostics_max=Diagnostics(values["diagnostics_max"]),
        system_calls=profile.overridden(allow=values["seccomp.allow"], deny=values["seccomp.deny"]),
        box=BoxRules(**{item.name: values[f"box.{item.name}"] for item in fields(BoxRules)}),
        environment=tuple(sorted((name, str(value)) for name, value in section(ENVIRONMENT).items())),
    )


def _digest(sources: list[bytes]) -> str:
    """The digest of the digests: of the file, of those that it extends, nearest first, and of the seccomp profile."""
    return f"sha256:{hashlib.sha256(b''.join(hashlib.sha256(source).digest() for source in sources)).hexdigest()}"


def _limits(values: dict[str, int], section: str) -> Limits:
    """Limits of whole jobs; those of tests follow from each job's."""
    own = {name: values[f"{section}.{name}"] for name in JOB_LIMIT_NAMES}
    return Limits(**own, **{name: own[job_name] for name, job_name in TEST_LIMITS.items()})


def _check_together(draft: Draft) -> None:
    """Note values that contradict each other."""
    values = {path: setting.value for path, setting in draft.settings.items()}
    for name in JOB_LIMIT_NAMES:
        default, ceiling = f"defaults.{name}", f"ceilings.{name}"
        if values[default] > values[ceiling]:
            draft.complain(f"{default} is above {ceiling}", default, ceiling)
    kept, drained = "ceilings.output_bytes", "box.output_hard_bytes"
    if values[kept] > values[drained]:
        draft.complain(f"{kept} is above {drained}, so that it could not be kept", kept, drained)
    default, allowed = "integrity.default", "integrity.allowed"
    if values[default] == Integrity.IN_PROCESS.value:
        # A pass that can be forged is for who asks for it.
        draft.complain(f"{default} must not be IN_PROCESS: jobs have to ask for that by themselves", default)
    if values[default] not in values[allowed]:
        draft.complain(f"{default} is not among {allowed}", default, allowed)


def _advise(draft: Draft) -> None:
    """Note values that are allowed and yet not what people mean."""
    values = {path: setting.value for path, setting in draft.settings.items()}
    for section in ("defaults", "ceilings"):
        disk, memory = f"{section}.disk_bytes", f"{section}.memory_bytes"
        if values[disk] > values[memory]:
            text = f"{disk} is above {memory}, which files in /tmp count against: it never binds"
            draft.complain(text, disk, memory, is_advice=True)
        wall, cpu = f"{section}.wall_time_ms", f"{section}.cpu_time_ms"
        if values[wall] < values[cpu]:
            text = f"{wall} is below {cpu}, which then binds for programs of several processes alone"
            draft.complain(text, wall, cpu, is_advice=True)
    processes, tasks = "ceilings.processes_max", "box.host_tasks_max"
    enough = _HOST_TASKS_OF_GVISOR + _HOST_TASKS_OF_PROCESS * values[processes]
    if values[tasks] < enough:
        text = f"{tasks} may end a box before a program has its {processes}: {enough} are enough"
        draft.complain(text, tasks, processes, is_advice=True)
