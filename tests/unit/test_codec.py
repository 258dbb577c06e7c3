"""The codec says the same in both directions, and takes nothing unknown for a pass."""

from dataclasses import fields
from enum import Enum
from typing import Any

import pytest
from google.protobuf.descriptor import EnumDescriptor
from hypothesis import given
from hypothesis import strategies as st

from sandbox.diagnostics import Diagnostics
from sandbox.errors import JobRefusedError
from sandbox.job import CallCase, CallTests, Case, CaseTests, Comparator, Job, NoTests, SourceTests
from sandbox.limits import LIMIT_NAMES, TEST_LIMITS, Limits, RequestedLimits
from sandbox.rpc import codec
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

LIMITS = Limits(**{name: number for number, name in enumerate(LIMIT_NAMES, 1)})
RECEIPT = Receipt(
    program_digest="sha256:1",
    tests_digest="sha256:2",
    image_digest="sha256:3",
    policy_digest="sha256:4",
    runsc_version="r",
    harness_version="h",
    backend="fake",
    limits=LIMITS,
)
TABLES: list[tuple[type[Enum], Any, Any, EnumDescriptor]] = [
    (Status, codec.STATUS_TO_WIRE, codec.STATUS_FROM_WIRE, pb.Status.DESCRIPTOR),
    (Cause, codec.CAUSE_TO_WIRE, codec.CAUSE_FROM_WIRE, pb.Cause.DESCRIPTOR),
    (Integrity, codec.INTEGRITY_TO_WIRE, codec.INTEGRITY_FROM_WIRE, pb.Integrity.DESCRIPTOR),
    (Diagnostics, codec.DIAGNOSTICS_TO_WIRE, codec.DIAGNOSTICS_FROM_WIRE, pb.Diagnostics.DESCRIPTOR),
    (KilledBy, codec.KILLED_BY_TO_WIRE, codec.KILLED_BY_FROM_WIRE, pb.KilledBy.DESCRIPTOR),
    (TestStatus, codec.TEST_STATUS_TO_WIRE, codec.TEST_STATUS_FROM_WIRE, pb.TestStatus.DESCRIPTOR),
    (ServiceErrorCode, codec.CODE_TO_WIRE, codec.CODE_FROM_WIRE, pb.ServiceErrorCode.DESCRIPTOR),
]

texts = st.text(st.characters(exclude_categories=["Cs"]))
i64 = st.integers(-(2**63), 2**63 - 1)
limit_values = st.none() | i64
programs = st.binary(min_size=1).filter(bytes.strip)
cases = st.lists(st.builds(Case, st.binary(), st.binary()), min_size=1).map(tuple)
jobs = st.builds(
    Job,
    id=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    program=programs,
    tests=st.builds(NoTests)
    | st.builds(SourceTests, programs)
    | st.builds(CaseTests, cases, st.sampled_from(Comparator), st.floats(0, 1e300))
    | st.builds(CaseTests, cases, tolerance=st.floats(0, 1e300), checker=st.binary())
    | st.builds(
        CallTests,
        st.sampled_from(["f", "größer"]),
        st.lists(st.builds(CallCase, st.binary(), st.binary()), min_size=1).map(tuple),
        st.floats(0, 1e300),
    ),
    language=texts.filter(bool),
    policy=texts.filter(bool),
    limits=st.builds(RequestedLimits, **dict.fromkeys(LIMIT_NAMES, limit_values)),
    integrity=st.sampled_from([None, Integrity.SEPARATE_PROCESS, Integrity.SEPARATE_SANDBOX]),
    diagnostics=st.none() | st.sampled_from(Diagnostics),
)
u32 = st.integers(0, 2**32 - 1)
verdicts = st.builds(
    Verdict,
    job_id=texts,
    cause=st.sampled_from([cause for cause in Cause if cause is not Cause.ALL_TESTS_PASSED]),
    message=texts,
    tests_planned=u32,
    test_results=st.lists(st.builds(TestResult, u32, st.sampled_from(TestStatus), texts)).map(tuple),
    usage=st.builds(
        Usage,
        **{field.name: u32 for field in fields(Usage)} | dict.fromkeys(("box_restored", "box_waited"), st.booleans()),
    ),
    stdout=st.builds(Captured, st.binary(), st.booleans()),
    stderr=st.builds(Captured, st.binary(), st.booleans()),
    integrity=st.sampled_from(Integrity),
    receipt=st.just(RECEIPT),
    evidence=st.builds(
        Evidence,
        counter=texts,
        value=i64,
        limit_name=texts,
        limit=i64,
        killed_by=st.sampled_from(KilledBy),
    ),
    attempts=u32,
    unenforced=st.lists(texts).map(tuple),
)
service_errors = st.builds(
    ServiceError, job_id=texts, code=st.sampled_from(ServiceErrorCode), message=texts, field=texts
)


def a_verdict(**changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "job_id": "a",
        "cause": Cause.ALL_TESTS_PASSED,
        "message": "",
        "tests_planned": 1,
        "test_results": (TestResult(0, TestStatus.PASSED, ""),),
        "usage": Usage(),
        "stdout": Captured(),
        "stderr": Captured(),
        "integrity": Integrity.SEPARATE_PROCESS,
        "receipt": RECEIPT,
    }
    return Verdict(**fields | changes)


@pytest.mark.parametrize(("domain", "to_wire", "from_wire", "wire"), TABLES)
def test_each_table_is_whole(domain: type[Enum], to_wire: Any, from_wire: Any, wire: EnumDescriptor) -> None:
    assert set(to_wire) == set(domain)
    assert set(to_wire.values()) == {value.number for value in wire.values} - {0}
    assert all(from_wire[number] is member for member, number in to_wire.items())
    assert 0 not in from_wire


@given(jobs)
def test_a_job_survives_the_wire(job: Job) -> None:
    assert codec.job_from_wire(pb.Job.FromString(codec.job_to_wire(job).SerializeToString())) == job


@given(verdicts | service_errors)
def test_a_result_survives_the_wire(result: JobResult) -> None:
    assert codec.result_from_wire(pb.Result.FromString(codec.result_to_wire(result).SerializeToString())) == result


def test_a_pass_survives_the_wire() -> None:
    assert codec.result_from_wire(codec.result_to_wire(a_verdict())) == a_verdict()


def test_everything_that_a_verdict_has_is_on_the_wire() -> None:
    # Or a field that somebody adds would be lost in silence: the strategies above build only what they know.
    wire = {field.name for field in pb.Verdict.DESCRIPTOR.fields}
    assert {field.name for field in fields(Verdict)} - {"job_id"} | {"status"} == wire
    assert {field.name for field in fields(Evidence)} == {field.name for field in pb.Evidence.DESCRIPTOR.fields}
    assert {field.name for field in fields(Usage)} == {field.name for field in pb.Usage.DESCRIPTOR.fields}
    assert set(LIMIT_NAMES) == {field.name for field in pb.Limits.DESCRIPTOR.fields}
    assert set(LIMIT_NAMES) == {field.name for field in pb.RequestedLimits.DESCRIPTOR.fields}


def of_an_older_server(verdict: Verdict) -> pb.Result:
    """A message of a server that knows nothing of evidence, of limits of tests, and of starvation."""
    message = codec.result_to_wire(verdict)
    for part, names in [
        (message.verdict, ("evidence", "unenforced")),
        (message.verdict.usage, ("starved_time_ms",)),
        (message.verdict.receipt.limits, tuple(TEST_LIMITS)),
    ]:
        for name in names:
            part.ClearField(name)
    return pb.Result.FromString(message.SerializeToString())


def test_an_older_server_is_understood() -> None:
    sent = a_verdict(evidence=Evidence(counter="x", value=1), unenforced=("x",), usage=Usage(starved_time_ms=1))
    result = codec.result_from_wire(of_an_older_server(sent))
    assert isinstance(result, Verdict), result
    assert result.passed
    assert (result.evidence, result.unenforced, result.usage) == (Evidence(), (), Usage())
    # It had no limits of tests: they were the whole job's.
    limits = result.receipt.limits
    for name, job_name in TEST_LIMITS.items():
        assert getattr(limits, name) == getattr(limits, job_name) == getattr(LIMITS, job_name)


@pytest.mark.parametrize("number", [0, 99])
def test_a_killer_that_only_a_newer_server_knows_is_nobody(number: int) -> None:
    message = codec.result_to_wire(a_verdict(evidence=Evidence(counter="x", value=7, killed_by=KilledBy.KERNEL)))
    message.verdict.evidence.killed_by = number  # type: ignore[assignment]
    result = codec.result_from_wire(message)
    assert isinstance(result, Verdict)
    assert result.evidence == Evidence(counter="x", value=7, killed_by=KilledBy.NOBODY)


def test_what_is_absent_has_a_default() -> None:
    job = codec.job_from_wire(pb.Job(job_id="a", program=b"x"))
    assert job == Job(id="a", program=b"x", tests=NoTests(), language="python", policy="default")
    assert job.limits == RequestedLimits()


def test_a_limit_of_zero_is_not_an_absent_limit() -> None:
    job = codec.job_from_wire(pb.Job(job_id="a", program=b"x", limits=pb.RequestedLimits(memory_bytes=0)))
    assert job.limits.memory_bytes == 0


@pytest.mark.parametrize(
    ("message", "field"),
    [
        (pb.Job(program=b"x"), "job.job_id"),
        (pb.Job(job_id="../x", program=b"x"), "job.job_id"),
        (pb.Job(job_id="a" * 65, program=b"x"), "job.job_id"),
        (pb.Job(job_id="a"), "job.program"),
        (pb.Job(job_id="a", program=b"x", source_tests=pb.SourceTests()), "job.source_tests.source"),
        (pb.Job(job_id="a", program=b"x", case_tests=pb.CaseTests()), "job.case_tests.cases"),
    ],
)
def test_a_malformed_job_is_refused_by_field(message: pb.Job, field: str) -> None:
    with pytest.raises(JobRefusedError) as caught:
        codec.job_from_wire(message)
    assert caught.value.field == field


@pytest.mark.parametrize("value", [2**63, 0.5, float("nan"), "3"])
def test_a_limit_that_is_no_whole_number_is_refused(value: Any) -> None:
    with pytest.raises(JobRefusedError) as caught:
        codec.job_to_wire(Job(program=b"x", limits=RequestedLimits(cpu_time_ms=value)))
    assert caught.value.field == "job.limits.cpu_time_ms"


def test_lone_surrogates_do_not_stop_a_result() -> None:
    result = codec.result_from_wire(codec.result_to_wire(a_verdict(message="\ud800!")))
    assert isinstance(result, Verdict)
    assert result.message == "?!"


@given(st.integers(-5, 99), st.integers(-5, 99), st.integers(-5, 99), st.integers(-5, 99))
def test_only_the_one_honest_answer_is_a_pass(status: int, cause: int, integrity: int, check: int) -> None:
    message = codec.result_to_wire(a_verdict())
    message.verdict.status = status  # type: ignore[assignment]
    message.verdict.cause = cause  # type: ignore[assignment]
    message.verdict.integrity = integrity  # type: ignore[assignment]
    message.verdict.test_results[0].status = check  # type: ignore[assignment]
    result = codec.result_from_wire(message)
    honest = (status, cause, check) == (1, 1, 1) and integrity in {1, 2, 3}
    assert (isinstance(result, Verdict) and result.passed) is honest


@pytest.mark.parametrize(
    "message",
    [
        pb.Result(job_id="a"),
        pb.Result(job_id="a", verdict=pb.Verdict()),
        pb.Result(job_id="a", verdict=pb.Verdict(status=pb.STATUS_PASSED)),
        pb.Result(job_id="a", verdict=pb.Verdict(status=pb.STATUS_PASSED, cause=pb.CAUSE_WRONG_ANSWER)),
        pb.Result(job_id="a", verdict=pb.Verdict(cause=pb.CAUSE_ALL_TESTS_PASSED)),
        # No receipt: it rests on nothing.
        pb.Result(
            job_id="a",
            verdict=pb.Verdict(
                status=pb.STATUS_PASSED, cause=pb.CAUSE_ALL_TESTS_PASSED, integrity=pb.INTEGRITY_IN_PROCESS
            ),
        ),
        pb.Result(job_id="a", service_error=pb.ServiceError()),
        pb.Result(job_id="a", service_error=pb.ServiceError(code=77)),  # type: ignore[arg-type]
    ],
)
def test_an_answer_that_makes_no_sense_is_a_service_error(message: pb.Result) -> None:
    result = codec.result_from_wire(message)
    assert isinstance(result, ServiceError)
    assert result.job_id == "a"
    assert result.code is ServiceErrorCode.BOX_LOST
    assert result.message.startswith("malformed answer")


@pytest.mark.parametrize("name", ["integrity", "diagnostics"])
def test_a_level_that_nobody_knows_is_refused(name: str) -> None:
    message = codec.job_to_wire(Job(program=b"p"))
    setattr(message, name, 99)
    with pytest.raises(JobRefusedError, match=f"job.{name}"):
        codec.job_from_wire(message)
