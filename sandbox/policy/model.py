"""A policy: what a job may ask for and what each box is given. Plain values; where they come from is elsewhere."""

import os
from dataclasses import dataclass

from sandbox.boxspec import BoxRules, BoxSpec
from sandbox.diagnostics import Diagnostics
from sandbox.errors import JobRefusedError
from sandbox.job import CallTests, CaseTests, Job, SourceTests
from sandbox.language import Language
from sandbox.limits import JOB_LIMIT_NAMES, LIMIT_NAMES, TEST_LIMITS, Limits
from sandbox.seccomp.profile import Profile
from sandbox.seccomp.roles import on_the_roles
from sandbox.verdict import Integrity

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

_BATCH = "batch"
"""The word behind the agent's command that tells it that several jobs will come."""


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
        digest: `sha256:<hex>` of the file and of those that it extends.
        description: One line for people.
        defaults: Limits of a job that asks for none.
        ceilings: Limits that no job may exceed.
        job: Ceilings on the job's own bytes.
        integrity: How strongly tests are kept apart from programs.
        diagnostics_max: How much a verdict tells who does not ask for less.
        system_calls: What programs may call.
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
    system_calls: Profile
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
        return self.box_for(language, self._limits(job), self._integrity(job))

    def box_for(self, language: Language, limits: Limits, integrity: Integrity | None = None) -> BoxSpec:
        """Return the box for limits that are decided already.

        Args:
            language: What the box is for.
            limits: Checked against the ceilings once more.
            integrity: The policy's default if None.

        Raises:
            JobRefusedError: A limit is above its ceiling.
        """
        for name in JOB_LIMIT_NAMES:
            self._check_ceiling(name, getattr(limits, name))
        for name, job_name in TEST_LIMITS.items():
            self._check_test_limit(name, getattr(limits, name), getattr(limits, job_name))
        return BoxSpec(
            policy=self.name,
            policy_digest=self.digest,
            language=language.name,
            command=(*language.command, *((_BATCH,) if self.box.jobs_per_box > 1 else ())),
            warm=language.warm,
            environment=self._environment(),
            limits=limits,
            rules=self.box,
            system_calls=self.system_calls,
            filters=on_the_roles(self.system_calls, os.uname().machine),
            integrity=integrity or self.integrity.default,
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
            self._check_ceiling(name, chosen[name])
        if "test_cpu_time_ms" in asked:
            chosen["test_wall_time_ms"] = min(self._wall_time_ms(asked["test_cpu_time_ms"]), chosen["wall_time_ms"])
        for name, job_name in TEST_LIMITS.items():
            chosen[name] = asked.get(name, chosen.get(name, chosen[job_name]))
            self._check_test_limit(name, chosen[name], chosen[job_name])
        return Limits(**chosen)

    def _check_ceiling(self, name: str, value: int) -> None:
        ceiling = getattr(self.ceilings, name)
        if value > ceiling:
            reason = f"{value} is above the ceiling {ceiling} of policy {self.name!r}"
            raise JobRefusedError(f"job.limits.{name}", reason)

    def _check_test_limit(self, name: str, value: int, job_value: int) -> None:
        if value > job_value:
            raise JobRefusedError(
                f"job.limits.{name}",
                f"{value} is more than the whole job has, {TEST_LIMITS[name]} = {job_value}: raise that too",
            )

    def _wall_time_ms(self, cpu_time_ms: int) -> int:
        """Return the wall time for a CPU time, in the proportion of the defaults."""
        return max(1, cpu_time_ms * self.defaults.wall_time_ms // self.defaults.cpu_time_ms)
