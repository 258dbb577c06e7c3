"""What a job may ask for and what each box is given: files in `policies/`, read once, and refused when incomplete."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.diagnostics import Diagnostics
from sandbox.errors import JobRefusedError, PolicyError
from sandbox.job import CallTests, CaseTests, Job, SourceTests
from sandbox.language import Language
from sandbox.limits import JOB_LIMIT_NAMES, LIMIT_NAMES, TEST_LIMITS, Limits
from sandbox.verdict import Integrity

_VALUE_MAX = 2**63 - 1
# What the kernel and the wire keep in 32 bits.
_COUNT_MAX = 2**31 - 1
# Two streams, and 100,000 results, in a message of 16 MiB.
_OUTPUT_BYTES_MAX = 6 * 1024 * 1024
_WHOLE_PERCENT = 100
_DIAGNOSTICS_NAMES = [level.value for level in Diagnostics]
_INTEGRITY_NAMES = ", ".join(level.value for level in Integrity)
# Who counts the host's cores starts a thread for each. These tell OpenMP, OpenBLAS, MKL, numexpr, Rayon, Go and Python
# (3.13 on) how many the quota pays for.
_THREAD_POOLS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_MAX_THREADS",
    "RAYON_NUM_THREADS",
    "GOMAXPROCS",
    "PYTHON_CPU_COUNT",
)
_COUNTS = frozenset(
    {"processes_max", "open_files_max", "host_tasks_max", "uid", "gid", "cases_max", "cpu_quota_percent"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRules:
    """Ceilings on the job's own bytes."""

    program_bytes_max: int
    tests_bytes_max: int
    cases_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrityRules:
    """How strongly tests are kept apart from programs.

    Attributes:
        default: What a job gets that does not ask.
        allowed: All that a job may ask for.
    """

    default: Integrity
    allowed: tuple[Integrity, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One policy file.

    Attributes:
        name: The file's name without its ending; what jobs say.
        digest: `sha256:<hex>` of the file.
        description: One line for people.
        defaults: Limits of a job that asks for none.
        ceilings: Limits that no job may exceed.
        job: Ceilings on the job's own bytes.
        integrity: How strongly tests are kept apart from programs.
        diagnostics_max: How much a verdict tells who does not ask for less.
        box: What every box is given.
        environment: The whole environment of a box.
    """

    name: str
    digest: str
    description: str
    defaults: Limits
    ceilings: Limits
    job: JobRules
    integrity: IntegrityRules
    diagnostics_max: Diagnostics
    box: BoxRules
    environment: tuple[tuple[str, str], ...]

    def plan(self, job: Job, language: Language) -> BoxSpec:
        """Decide the box for a job.

        Raises:
            JobRefusedError: The job asks for more than the policy allows. Nothing is clamped silently.
        """
        self.diagnostics_of(job)
        self._check_size("job.program", len(job.program), self.job.program_bytes_max)
        if isinstance(job.tests, SourceTests):
            self._check_size("job.source_tests.source", len(job.tests.source), self.job.tests_bytes_max)
        elif isinstance(job.tests, CaseTests):
            if len(job.tests.cases) > self.job.cases_max:
                raise JobRefusedError(
                    "job.case_tests.cases", f"{len(job.tests.cases)} are too many: at most {self.job.cases_max}"
                )
            size = sum(len(case.input) + len(case.expected_output) for case in job.tests.cases) + len(job.tests.checker)
            self._check_size("job.case_tests", size, self.job.tests_bytes_max)
        elif isinstance(job.tests, CallTests):
            if len(job.tests.cases) > self.job.cases_max:
                raise JobRefusedError(
                    "job.call_tests.cases", f"{len(job.tests.cases)} are too many: at most {self.job.cases_max}"
                )
            size = sum(len(case.arguments) + len(case.expected) for case in job.tests.cases) + len(job.tests.function)
            self._check_size("job.call_tests", size, self.job.tests_bytes_max)
        return BoxSpec(
            language=language.name,
            command=language.command,
            warm=language.warm,
            environment=self._environment(),
            limits=self._limits(job),
            rules=self.box,
            integrity=self._integrity(job),
        )

    def diagnostics_of(self, job: Job) -> Diagnostics:
        """Return how much the job's verdict tells.

        Raises:
            JobRefusedError: It asks for more than the policy allows.
        """
        if job.diagnostics is None:
            return self.diagnostics_max
        if job.diagnostics.rank > self.diagnostics_max.rank:
            raise JobRefusedError(
                "job.diagnostics",
                f"{job.diagnostics.value} is more than policy {self.name!r} tells: {self.diagnostics_max.value}",
            )
        return job.diagnostics

    def _integrity(self, job: Job) -> Integrity:
        if job.integrity is None:
            return self.integrity.default
        if job.integrity not in self.integrity.allowed:
            allowed = ", ".join(level.value for level in self.integrity.allowed)
            raise JobRefusedError(
                "job.integrity", f"{job.integrity.value} is refused by policy {self.name!r}, which allows {allowed}"
            )
        return job.integrity

    def _environment(self) -> tuple[tuple[str, str], ...]:
        """The policy's variables, and those by which libraries size their thread pools, unless the policy has them."""
        cores = str(self.box.cores)
        return tuple(sorted((dict.fromkeys(_THREAD_POOLS, cores) | dict(self.environment)).items()))

    def _check_size(self, field: str, size: int, ceiling: int) -> None:
        if size > ceiling:
            raise JobRefusedError(field, f"{size} bytes are too many: policy {self.name!r} allows {ceiling}")

    def _limits(self, job: Job) -> Limits:
        chosen = {name: getattr(self.defaults, name) for name in JOB_LIMIT_NAMES}
        asked = {name: value for name in LIMIT_NAMES if (value := getattr(job.limits, name)) is not None}
        for name, value in asked.items():
            if type(value) is not int or value <= 0:
                raise JobRefusedError(f"job.limits.{name}", f"must be a positive whole number, not {value!r}")
        if "cpu_time_ms" in asked:
            # Who asks for more CPU time means more time; the backstop keeps its distance.
            chosen["wall_time_ms"] = min(self._wall_time_ms(asked["cpu_time_ms"]), self.ceilings.wall_time_ms)
        for name in JOB_LIMIT_NAMES:
            chosen[name] = asked.get(name, chosen[name])
            ceiling = getattr(self.ceilings, name)
            if chosen[name] > ceiling:
                raise JobRefusedError(
                    f"job.limits.{name}", f"{chosen[name]} is above the ceiling {ceiling} of policy {self.name!r}"
                )
        if "test_cpu_time_ms" in asked:
            chosen["test_wall_time_ms"] = min(self._wall_time_ms(asked["test_cpu_time_ms"]), chosen["wall_time_ms"])
        for name, job_name in TEST_LIMITS.items():
            chosen[name] = asked.get(name, chosen.get(name, chosen[job_name]))
            if chosen[name] > chosen[job_name]:
                raise JobRefusedError(
                    f"job.limits.{name}",
                    f"{chosen[name]} is more than the whole job has, {job_name} = {chosen[job_name]}: raise that too",
                )
        return Limits(**chosen)

    def _wall_time_ms(self, cpu_time_ms: int) -> int:
        """Return the wall time for a CPU time, in the proportion of the defaults."""
        return max(1, cpu_time_ms * self.defaults.wall_time_ms // self.defaults.cpu_time_ms)


def load_policies(folder: Path) -> dict[str, Policy]:
    """Read every policy in `folder`, by name.

    Raises:
        PolicyError: A policy is broken, or there is no `default`.
    """
    found = {path.stem: load_policy(path) for path in sorted(folder.glob("*.toml"))}
    if "default" not in found:
        raise PolicyError(f"{folder}: no default.toml; every server needs the policy 'default'")
    return found


def load_policy(path: Path) -> Policy:
    """Read one policy file.

    Raises:
        PolicyError: A key is missing, unknown or impossible. The text names the file and the key.
    """
    try:
        text = path.read_bytes()
        raw = tomllib.loads(text.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError(f"{path}: {error}") from error
    wanted = {"description", "diagnostics_max", "defaults", "ceilings", "job", "integrity", "box", "environment"}
    _check_keys(path, "", raw, wanted)
    if not isinstance(raw["description"], str):
        raise PolicyError(f"{path}: description must be a text")
    if raw["diagnostics_max"] not in _DIAGNOSTICS_NAMES:
        raise PolicyError(
            f"{path}: diagnostics_max: {raw['diagnostics_max']!r} is none of {', '.join(_DIAGNOSTICS_NAMES)}"
        )
    policy = Policy(
        name=path.stem,
        digest="sha256:" + hashlib.sha256(text).hexdigest(),
        description=raw["description"],
        defaults=_read_limits(path, "defaults", raw),
        ceilings=_read_limits(path, "ceilings", raw),
        job=JobRules(**_read(path, "job", raw, _names(JobRules))),
        diagnostics_max=Diagnostics(raw["diagnostics_max"]),
        integrity=_read_integrity(path, raw["integrity"]),
        box=BoxRules(**_read(path, "box", raw, _names(BoxRules))),
        environment=_read_environment(path, raw["environment"]),
    )
    for name in LIMIT_NAMES:
        if getattr(policy.defaults, name) > getattr(policy.ceilings, name):
            raise PolicyError(f"{path}: defaults.{name} is above ceilings.{name}")
    if policy.ceilings.output_bytes > _OUTPUT_BYTES_MAX:
        raise PolicyError(
            f"{path}: ceilings.output_bytes must be at most {_OUTPUT_BYTES_MAX}: two streams share one message"
        )
    if policy.ceilings.output_bytes > policy.box.output_hard_bytes:
        raise PolicyError(f"{path}: ceilings.output_bytes is above box.output_hard_bytes, so that it could not be kept")
    if policy.box.wall_time_hard_percent < _WHOLE_PERCENT:
        raise PolicyError(f"{path}: box.wall_time_hard_percent must be at least {_WHOLE_PERCENT}: nothing is excluded")
    return policy


def _names(section: type[JobRules | BoxRules]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(section))


def _read_limits(path: Path, section: str, raw: Mapping[str, Any]) -> Limits:
    """Read limits of whole jobs; those of tests follow from each job's."""
    values = _read(path, section, raw, JOB_LIMIT_NAMES)
    return Limits(**values, **{name: values[job_name] for name, job_name in TEST_LIMITS.items()})


def _read(path: Path, section: str, raw: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, int]:
    values = raw[section]
    if not isinstance(values, dict):
        raise PolicyError(f"{path}: [{section}] must be a table")
    _check_keys(path, f"{section}.", values, set(names))
    for key, value in values.items():
        if type(value) is not int or value <= 0:
            raise PolicyError(f"{path}: {section}.{key} must be a positive whole number, not {value!r}")
        most = _COUNT_MAX if key in _COUNTS else _VALUE_MAX
        if value > most:
            raise PolicyError(f"{path}: {section}.{key} must be at most {most}, not {value}")
    return values


def _read_integrity(path: Path, raw: object) -> IntegrityRules:
    if not isinstance(raw, dict):
        raise PolicyError(f"{path}: [integrity] must be a table")
    _check_keys(path, "integrity.", raw, {"default", "allowed"})
    names = raw["allowed"]
    if not isinstance(names, list) or not names:
        raise PolicyError(f"{path}: integrity.allowed must be a list of {_INTEGRITY_NAMES}, and not empty")
    allowed = tuple(_level(path, "integrity.allowed", name) for name in names)
    default = _level(path, "integrity.default", raw["default"])
    if default not in allowed:
        raise PolicyError(f"{path}: integrity.default is not among integrity.allowed")
    if default is Integrity.IN_PROCESS:
        # A pass that can be forged is for who asks for it.
        raise PolicyError(f"{path}: integrity.default must not be IN_PROCESS: jobs have to ask for that by themselves")
    return IntegrityRules(default=default, allowed=allowed)


def _level(path: Path, key: str, name: object) -> Integrity:
    try:
        return Integrity(name)
    except ValueError:
        raise PolicyError(f"{path}: {key}: {name!r} is none of {_INTEGRITY_NAMES}") from None


def _read_environment(path: Path, raw: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(raw, dict) or not all(isinstance(value, str) and "\0" not in value for value in raw.values()):
        raise PolicyError(f"{path}: [environment] must be a table of texts")
    for name in raw:
        if not name or "=" in name or "\0" in name:
            raise PolicyError(f"{path}: environment.{name!r} cannot be the name of a variable")
    return tuple(sorted(raw.items()))


def _check_keys(path: Path, prefix: str, found: Mapping[str, object], wanted: set[str]) -> None:
    for key in sorted(wanted - set(found)):
        raise PolicyError(
            f"{path}: {prefix}{key} is missing; every key must be there, see the comments of default.toml"
        )
    for key in sorted(set(found) - wanted):
        raise PolicyError(f"{path}: {prefix}{key} is unknown; known are {', '.join(sorted(wanted))}")
