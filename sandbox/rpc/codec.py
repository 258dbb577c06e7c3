"""Wire to domain and back, by tables. A test proves that the tables are whole."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType

from sandbox.diagnostics import Diagnostics
from sandbox.errors import JobRefusedError
from sandbox.job import CallCase, CallTests, Case, CaseTests, Comparator, Job, NoTests, SourceTests, Tests
from sandbox.limits import LIMIT_NAMES, TEST_LIMITS, Limits, RequestedLimits
from sandbox.v1 import sandbox_pb2 as pb
from sandbox.verdict import (
    Captured,
    Cause,
    Evidence,
    Integrity,
    JobResult,
    KilledBy,
    Receipt,
    ServiceError,
    ServiceErrorCode,
    Status,
    TestResult,
    TestStatus,
    Usage,
    Verdict,
)

# One wire name per domain name. A member that the wire lacks stops the import, and a test looks for the opposite.
STATUS_TO_WIRE: Mapping[Status, pb.Status.ValueType] = MappingProxyType(
    {member: pb.Status.Value(f"STATUS_{member.name}") for member in Status}
)
CAUSE_TO_WIRE: Mapping[Cause, pb.Cause.ValueType] = MappingProxyType(
    {member: pb.Cause.Value(f"CAUSE_{member.name}") for member in Cause}
)
INTEGRITY_TO_WIRE: Mapping[Integrity, pb.Integrity.ValueType] = MappingProxyType(
    {member: pb.Integrity.Value(f"INTEGRITY_{member.name}") for member in Integrity}
)
DIAGNOSTICS_TO_WIRE: Mapping[Diagnostics, pb.Diagnostics.ValueType] = MappingProxyType(
    {member: pb.Diagnostics.Value(f"DIAGNOSTICS_{member.name}") for member in Diagnostics}
)
KILLED_BY_TO_WIRE: Mapping[KilledBy, pb.KilledBy.ValueType] = MappingProxyType(
    {member: pb.KilledBy.Value(f"KILLED_BY_{member.name}") for member in KilledBy}
)
TEST_STATUS_TO_WIRE: Mapping[TestStatus, pb.TestStatus.ValueType] = MappingProxyType(
    {member: pb.TestStatus.Value(f"TEST_STATUS_{member.name}") for member in TestStatus}
)
CODE_TO_WIRE: Mapping[ServiceErrorCode, pb.ServiceErrorCode.ValueType] = MappingProxyType(
    {member: pb.ServiceErrorCode.Value(f"SERVICE_ERROR_CODE_{member.name}") for member in ServiceErrorCode}
)

# The zero of each enum is in none of these, so UNSPECIFIED and numbers of a newer server are never understood.
STATUS_FROM_WIRE = MappingProxyType({number: member for member, number in STATUS_TO_WIRE.items()})
CAUSE_FROM_WIRE = MappingProxyType({number: member for member, number in CAUSE_TO_WIRE.items()})
INTEGRITY_FROM_WIRE = MappingProxyType({number: member for member, number in INTEGRITY_TO_WIRE.items()})
DIAGNOSTICS_FROM_WIRE = MappingProxyType({number: member for member, number in DIAGNOSTICS_TO_WIRE.items()})
KILLED_BY_FROM_WIRE = MappingProxyType({number: member for member, number in KILLED_BY_TO_WIRE.items()})
COMPARATOR_TO_WIRE: Mapping[Comparator, pb.Comparator.ValueType] = MappingProxyType(
    {member: pb.Comparator.Value(f"COMPARATOR_{member.name}") for member in Comparator}
)
# A client that says nothing gets what there was before there was a choice.
COMPARATOR_FROM_WIRE: Mapping[pb.Comparator.ValueType, Comparator] = MappingProxyType(
    {pb.COMPARATOR_UNSPECIFIED: Comparator.LINES} | {number: member for member, number in COMPARATOR_TO_WIRE.items()}
)
TEST_STATUS_FROM_WIRE = MappingProxyType({number: member for member, number in TEST_STATUS_TO_WIRE.items()})
CODE_FROM_WIRE = MappingProxyType({number: member for member, number in CODE_TO_WIRE.items()})


def safe_text(text: str) -> str:
    """Return `text` as the wire can carry it: a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def limits_to_wire(limits: Limits) -> pb.Limits:
    """Translate a full set of limits."""
    return pb.Limits(**asdict(limits))


def limits_from_wire(message: pb.Limits) -> Limits:
    """Translate a full set of limits.

    Raises:
        ValueError: A limit is missing or not positive.
    """
    chosen = {name: getattr(message, name) for name in LIMIT_NAMES}
    for name, job_name in TEST_LIMITS.items():
        # A server that is older has limits for whole jobs only.
        chosen[name] = chosen[name] or chosen[job_name]
    return Limits(**chosen)


def job_from_wire(message: pb.Job) -> Job:
    """Translate a job as a client sent it.

    Raises:
        JobRefusedError: A field cannot be right under any policy.
    """
    requested = message.limits
    return Job(
        id=message.job_id,
        program=message.program,
        tests=_tests_from_wire(message),
        language=message.language or "python",
        policy=message.policy or "default",
        limits=RequestedLimits(
            **{name: getattr(requested, name) for name in LIMIT_NAMES if requested.HasField(name)}  # type: ignore[arg-type]
        ),
        integrity=_integrity_from_wire(message.integrity),
        diagnostics=_diagnostics_from_wire(message.diagnostics),
    )


def _integrity_from_wire(number: "pb.Integrity.ValueType") -> Integrity | None:
    if number == pb.INTEGRITY_UNSPECIFIED:
        return None
    if number not in INTEGRITY_FROM_WIRE:
        raise JobRefusedError("job.integrity", f"{number} is none that this server knows")
    return INTEGRITY_FROM_WIRE[number]


def _diagnostics_from_wire(number: "pb.Diagnostics.ValueType") -> Diagnostics | None:
    if number == pb.DIAGNOSTICS_UNSPECIFIED:
        return None
    if number not in DIAGNOSTICS_FROM_WIRE:
        raise JobRefusedError("job.diagnostics", f"{number} is none that this server knows")
    return DIAGNOSTICS_FROM_WIRE[number]


def _tests_from_wire(message: pb.Job) -> Tests:
    match message.WhichOneof("tests"):
        case "source_tests":
            return SourceTests(message.source_tests.source)
        case "case_tests":
            return _case_tests_from_wire(message.case_tests)
        case "call_tests":
            tests = message.call_tests
            calls = tuple(CallCase(case.arguments, case.expected) for case in tests.cases)
            return CallTests(tests.function, calls, tests.tolerance)
        case None:
            return NoTests()


def _case_tests_from_wire(tests: pb.CaseTests) -> CaseTests:
    if tests.comparator not in COMPARATOR_FROM_WIRE:
        raise JobRefusedError("job.case_tests.comparator", f"{tests.comparator} is none that this server knows")
    cases = tuple(Case(case.input, case.expected_output) for case in tests.cases)
    comparator = COMPARATOR_FROM_WIRE[tests.comparator]
    if not tests.HasField("tolerance"):
        return CaseTests(cases, comparator, checker=tests.checker)
    return CaseTests(cases, comparator, tests.tolerance, tests.checker)


def job_to_wire(job: Job) -> pb.Job:
    """Translate a job for sending.

    Raises:
        JobRefusedError: A limit is no whole number, or none that the wire can carry.
    """
    message = pb.Job(job_id=job.id, program=job.program, language=safe_text(job.language), policy=safe_text(job.policy))
    if job.integrity is not None:
        message.integrity = INTEGRITY_TO_WIRE[job.integrity]
    if job.diagnostics is not None:
        message.diagnostics = DIAGNOSTICS_TO_WIRE[job.diagnostics]
    match job.tests:
        case SourceTests(source):
            message.source_tests.source = source
        case CaseTests(cases, comparator, tolerance, checker):
            # Present even if it were empty: no cases is not the same as no tests.
            message.case_tests.SetInParent()
            message.case_tests.cases.extend(
                pb.Case(input=case.input, expected_output=case.expected_output) for case in cases
            )
            message.case_tests.comparator = COMPARATOR_TO_WIRE[comparator]
            message.case_tests.tolerance = tolerance
            message.case_tests.checker = checker
        case CallTests(function, calls, tolerance):
            message.call_tests.SetInParent()
            message.call_tests.function = safe_text(function)
            message.call_tests.cases.extend(
                pb.CallCase(arguments=case.arguments, expected=case.expected) for case in calls
            )
            message.call_tests.tolerance = tolerance
        case NoTests():
            pass
    for name in LIMIT_NAMES:
        value = getattr(job.limits, name)
        if value is None:
            continue
        try:
            setattr(message.limits, name, value)
        except (TypeError, ValueError) as error:
            raise JobRefusedError(f"job.limits.{name}", f"{value!r} is not a whole number of 64 bits") from error
    return message


def result_to_wire(result: JobResult) -> pb.Result:
    """Translate a verdict or a service error for sending."""
    message = pb.Result(job_id=safe_text(result.job_id))
    if isinstance(result, ServiceError):
        message.service_error.code = CODE_TO_WIRE[result.code]
        message.service_error.message = safe_text(result.message)
        message.service_error.field = safe_text(result.field)
        message.service_error.retryable = result.retryable
    else:
        message.verdict.CopyFrom(_verdict_to_wire(result))
    return message


def _verdict_to_wire(verdict: Verdict) -> pb.Verdict:
    receipt = asdict(verdict.receipt) | {"limits": limits_to_wire(verdict.receipt.limits)}
    return pb.Verdict(
        status=STATUS_TO_WIRE[verdict.status],
        cause=CAUSE_TO_WIRE[verdict.cause],
        message=safe_text(verdict.message),
        tests_planned=verdict.tests_planned,
        test_results=[
            pb.TestResult(
                index=result.index,
                status=TEST_STATUS_TO_WIRE[result.status],
                message=safe_text(result.message),
            )
            for result in verdict.test_results
        ],
        usage=pb.Usage(**asdict(verdict.usage)),
        stdout=pb.Captured(data=verdict.stdout.data, truncated=verdict.stdout.truncated),
        stderr=pb.Captured(data=verdict.stderr.data, truncated=verdict.stderr.truncated),
        integrity=INTEGRITY_TO_WIRE[verdict.integrity],
        receipt=pb.Receipt(**receipt),
        evidence=pb.Evidence(
            **asdict(verdict.evidence) | {"killed_by": KILLED_BY_TO_WIRE[verdict.evidence.killed_by]},
        ),
        attempts=verdict.attempts,
        unenforced=verdict.unenforced,
    )


def result_from_wire(message: pb.Result) -> JobResult:
    """Translate what a server said about a job.

    An answer that cannot be understood, or that contradicts itself, becomes a service error: BOX_LOST, "malformed
    answer". It never becomes a verdict, so it never becomes a pass.
    """
    try:
        match message.WhichOneof("outcome"):
            case "verdict":
                return _verdict_from_wire(message.job_id, message.verdict)
            case "service_error":
                fault = message.service_error
                return ServiceError(
                    job_id=message.job_id,
                    code=CODE_FROM_WIRE[fault.code],
                    message=fault.message,
                    field=fault.field,
                )
            case None:
                reason = "neither a verdict nor a service error"
    except KeyError as error:
        reason = f"unknown enum number {error}"
    except ValueError as error:
        reason = str(error)
    return ServiceError(job_id=message.job_id, code=ServiceErrorCode.BOX_LOST, message=f"malformed answer: {reason}")


def _verdict_from_wire(job_id: str, message: pb.Verdict) -> Verdict:
    status = STATUS_FROM_WIRE[message.status]
    cause = CAUSE_FROM_WIRE[message.cause]
    if cause.status is not status:
        raise ValueError(f"the cause {cause.name} does not go with the status {status.name}")
    results = tuple(
        TestResult(result.index, TEST_STATUS_FROM_WIRE[result.status], result.message)
        for result in message.test_results
    )
    if status is Status.PASSED and any(result.status is not TestStatus.PASSED for result in results):
        raise ValueError("PASSED, with a check that did not pass")
    usage = message.usage
    receipt = message.receipt
    return Verdict(
        job_id=job_id,
        cause=cause,
        message=message.message,
        tests_planned=message.tests_planned,
        test_results=results,
        usage=Usage(
            cpu_time_ms=usage.cpu_time_ms,
            wall_time_ms=usage.wall_time_ms,
            starved_time_ms=usage.starved_time_ms,
            memory_peak_bytes=usage.memory_peak_bytes,
            queue_time_ms=usage.queue_time_ms,
            box_start_ms=usage.box_start_ms,
            box_restored=usage.box_restored,
            box_waited=usage.box_waited,
        ),
        stdout=Captured(message.stdout.data, message.stdout.truncated),
        stderr=Captured(message.stderr.data, message.stderr.truncated),
        integrity=INTEGRITY_FROM_WIRE[message.integrity],
        receipt=Receipt(
            program_digest=receipt.program_digest,
            tests_digest=receipt.tests_digest,
            image_digest=receipt.image_digest,
            policy_digest=receipt.policy_digest,
            runsc_version=receipt.runsc_version,
            harness_version=receipt.harness_version,
            backend=receipt.backend,
            limits=limits_from_wire(receipt.limits),
            box_jobs_before=receipt.box_jobs_before,
        ),
        evidence=_evidence_from_wire(message.evidence),
        attempts=message.attempts,
        unenforced=tuple(message.unenforced),
    )


def _evidence_from_wire(message: pb.Evidence) -> Evidence:
    """Translate what a cause rests on. An older server says nothing; a newer one may name other killers."""
    return Evidence(
        counter=message.counter,
        value=message.value,
        limit_name=message.limit_name,
        limit=message.limit,
        killed_by=KILLED_BY_FROM_WIRE.get(message.killed_by, KilledBy.NOBODY),
    )
