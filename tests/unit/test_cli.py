"""The command line: units, texts, exit codes. The service behind it is a stand-in."""

import errno
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from sandbox.cli import evaluate as evaluate_module
from sandbox.cli import main as main_module
from sandbox.cli import run as run_module
from sandbox.cli.options import SECONDS, SIZE, requested_limits
from sandbox.cli.text import escaped
from sandbox.errors import UnreachableError
from sandbox.evaluate.results import ResultFile
from sandbox.job import Job, NoTests, SourceTests
from sandbox.limits import LIMIT_NAMES, Limits, RequestedLimits
from sandbox.rpc.server import AddressError, check_address
from sandbox.verdict import (
    Captured,
    Cause,
    Evidence,
    Integrity,
    KilledBy,
    Receipt,
    ServiceError,
    ServiceErrorCode,
    Usage,
    Verdict,
)

PROBLEM = {
    "task_id": "test/0",
    "prompt": "def return1():\n",
    "canonical_solution": "    return 1",
    "test": "def check(candidate):\n    assert candidate() == 1",
    "entry_point": "return1",
}


def judged(job: Job, cause: Cause, *, message: str = "", stdout: bytes = b"") -> Verdict:
    return Verdict(
        job_id=job.id,
        cause=cause,
        message=message,
        tests_planned=0,
        test_results=(),
        usage=Usage(),
        stdout=Captured(stdout),
        stderr=Captured(),
        integrity=Integrity.SEPARATE_PROCESS,
        receipt=Receipt(
            program_digest="",
            tests_digest="",
            image_digest="",
            policy_digest="",
            runsc_version="",
            harness_version="",
            backend="",
            limits=Limits(**dict.fromkeys(LIMIT_NAMES, 1)),
        ),
    )


Judge = Callable[[Job], Any]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Callable[[Judge], list[Job]]:
    """Puts a judge in the service's place; the jobs it saw are in the list, and answers come last job first."""

    def install(judge: Judge) -> list[Job]:
        seen: list[Job] = []

        class Stand:
            def run_many(self, jobs: Any) -> Iterator[Any]:
                asked = list(jobs)
                seen.extend(asked)
                for job in reversed(asked):
                    yield judge(job)

        @contextmanager
        def connected(*_: Any, **__: Any) -> Iterator[Stand]:
            yield Stand()

        monkeypatch.setattr(run_module, "connected", connected)
        monkeypatch.setattr(evaluate_module, "connected", connected)
        return seen

    return install


def sandbox(*arguments: object) -> Result:
    return CliRunner().invoke(main_module.cli, [str(argument) for argument in arguments])


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_bytes(b"print(1)")
    return path


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "-1", "0", "0.0001", "1e9", "three", ""])
def test_a_timeout_that_is_none_is_an_error(value: str) -> None:
    with pytest.raises(click.BadParameter):
        SECONDS.convert(value, None, None)
    assert sandbox("run", "--timeout", value, __file__).exit_code == 2


def test_a_timeout_is_cpu_time_and_the_server_has_wall_time_follow() -> None:
    seconds = SECONDS.convert("0.5", None, None)
    assert requested_limits(seconds) == RequestedLimits(cpu_time_ms=500)
    assert requested_limits(None) == RequestedLimits()
    both = requested_limits(seconds, 7, test_timeout_s=SECONDS.convert("0.0014", None, None))
    assert both == RequestedLimits(cpu_time_ms=500, memory_bytes=7, test_cpu_time_ms=1)


@pytest.mark.parametrize("value", ["nan", "-1", "0", "three"])
def test_a_timeout_of_each_test_is_one_too(value: str) -> None:
    assert sandbox("run", "--test-timeout", value, __file__).exit_code == 2
    assert sandbox("evaluate", "--test-timeout", value, __file__).exit_code == 2


def test_a_timeout_of_each_test_reaches_the_jobs(service: Any, program: Path, samples: tuple[Path, Path]) -> None:
    seen = service(right)
    assert sandbox("run", program, "--test-timeout", "0.25").exit_code == 1
    assert seen[0].limits == RequestedLimits(test_cpu_time_ms=250)
    seen.clear()
    problems, path = samples
    assert sandbox("evaluate", path, "--problems", problems, "--test-timeout", "0.25").exit_code == 0
    assert {job.limits for job in seen} == {RequestedLimits(cpu_time_ms=3000, test_cpu_time_ms=250)}


def test_a_limit_of_memory_reaches_the_samples_and_the_references(service: Any, samples: tuple[Path, Path]) -> None:
    seen = service(only_in_process)
    problems, path = samples
    assert sandbox("evaluate", path, "--problems", problems, "--memory", "1GiB").exit_code == 0
    assert {job.limits for job in seen} == {RequestedLimits(cpu_time_ms=3000, memory_bytes=2**30)}
    assert Integrity.IN_PROCESS in {job.integrity for job in seen}


@pytest.mark.parametrize(("text", "size"), [("1", 1), ("256MiB", 2**28), ("1 gib", 2**30), ("3kB", 3000), ("12B", 12)])
def test_sizes(text: str, size: int) -> None:
    assert SIZE.convert(text, None, None) == size


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5MiB", "MiB", "1 MiX", "9" * 30, "9999999999GiB", "nan"])
def test_a_size_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(click.BadParameter):
        SIZE.convert(text, None, None)


def test_nothing_that_a_terminal_obeys_is_shown() -> None:
    assert escaped("a\x1b[2J\x07\r\n\u202e\u2028\x9b\ud800b\té") == r"a\x1b[2J\x07\r\n\u202e\u2028\x9b\ud800b\té"
    assert escaped("a\n\tb\r", lines=True) == "a\n\tb\\r"


@pytest.mark.parametrize(
    ("cause", "code"),
    [(Cause.ALL_TESTS_PASSED, 0), (Cause.WRONG_ANSWER, 1), (Cause.CPU_TIME_LIMIT, 1)],
)
def test_run_one_file(service: Any, program: Path, cause: Cause, code: int) -> None:
    seen = service(lambda job: judged(job, cause, message="oh\x1b[1m", stdout=b"hi\n"))
    result = sandbox("run", program, "--memory", "1MiB")
    assert result.exit_code == code
    assert f"{cause.status.value}: {cause.value}" in result.stdout
    assert r"oh\x1b[1m" in result.stdout
    assert "hi\n" in result.stdout
    assert seen[0].tests == NoTests()
    assert seen[0].limits == RequestedLimits(memory_bytes=2**20)


def test_run_says_what_a_verdict_rests_on(service: Any, program: Path) -> None:
    evidence = Evidence(
        counter="cpu_time_ms", value=301, limit_name="test_cpu_time_ms", limit=300, killed_by=KilledBy.SERVICE
    )
    usage = Usage(cpu_time_ms=301, wall_time_ms=900, starved_time_ms=55, memory_peak_bytes=3 << 20)

    def timed_out(job: Job) -> Verdict:
        verdict = judged(job, Cause.CPU_TIME_LIMIT)
        return replace(verdict, evidence=evidence, usage=usage, attempts=2, unenforced=("memory_bytes", "disk_bytes"))

    service(timed_out)
    shown = sandbox("run", program).stdout
    assert "because: cpu_time_ms = 301, limit test_cpu_time_ms = 300, ended by service" in shown
    assert "301 ms CPU, 900 ms wall (55 ms of it waiting for a CPU), 3.0 MiB" in shown
    assert "boxes:   2" in shown
    assert "WARNING: limits that do not bind on this server: memory_bytes, disk_bytes" in shown
    line = json.loads(sandbox("run", "--json", program).stdout)
    assert (line["fault"], line["unenforced"]) == ("PROGRAM", ["memory_bytes", "disk_bytes"])
    assert line["evidence"]["killed_by"] == "SERVICE"


def test_run_is_short_where_there_is_nothing_to_say(service: Any, program: Path) -> None:
    service(
        lambda job: replace(judged(job, Cause.ALL_TESTS_PASSED), evidence=Evidence(counter="tests_passed", value=2))
    )
    shown = sandbox("run", program).stdout
    assert "because: tests_passed = 2\n" in shown
    for word in ("limit", "ended by", "waiting for a CPU", "boxes:", "WARNING"):
        assert word not in shown


def test_run_says_when_the_service_failed(service: Any, program: Path) -> None:
    service(lambda job: ServiceError(job_id=job.id, code=ServiceErrorCode.BOX_LOST, message="gone"))
    result = sandbox("run", program, "--tests", program)
    assert result.exit_code == 3
    assert "service error: BOX_LOST: gone" in result.stdout


def test_run_compares_many_files_with_what_they_announce(service: Any, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.py", tmp_path / "bad.py"
    good.write_text("#!/usr/bin/python\n# expect: LOAD_ERROR\n# attack: none\nx")
    bad.write_text("# expect: SIGNALED\nx")
    service(lambda job: judged(job, Cause.LOAD_ERROR, message="[bold]no[/bold]"))
    result = sandbox("run", good, bad)
    assert result.exit_code == 1
    assert result.stdout.count("as expected") == 1
    assert "MISMATCH: SIGNALED" in result.stdout
    assert "[bold]no[/bold]" in result.stdout
    assert sandbox("run", good, good).exit_code == 0


def test_run_in_json(service: Any, program: Path) -> None:
    service(lambda job: judged(job, Cause.ALL_TESTS_PASSED, stdout=b"\xff"))
    result = sandbox("run", "--json", program, program)
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(line["file"], line["verdict"], line["stdout"]) for line in lines] == [
        (str(program), "PASSED", "\\xff")
    ] * 2


def test_our_errors_are_one_line(service: Any, program: Path) -> None:
    def unreachable(_: Job) -> Any:
        raise UnreachableError("no server answers")

    service(unreachable)
    result = sandbox("run", program)
    assert (result.exit_code, result.stderr) == (3, "sandbox: no server answers\n")


@pytest.fixture
def samples(tmp_path: Path) -> tuple[Path, Path]:
    problems, path = tmp_path / "problems.jsonl", tmp_path / "samples.jsonl"
    problems.write_text(json.dumps(PROBLEM))
    lines = [{"task_id": "test/0", "completion": f"    return {number}"} for number in (1, 2, 1, 3, 1, 4)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return problems, path


def right(job: Job) -> Verdict:
    return judged(job, Cause.ALL_TESTS_PASSED if job.program.endswith(b"1") else Cause.WRONG_ANSWER)


def test_evaluate_prints_what_the_original_prints(service: Any, samples: tuple[Path, Path]) -> None:
    seen = service(right)
    problems, path = samples
    result = sandbox("evaluate", path, "--problems", problems, "--k", "1,100")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[-1] == "{'pass@1': 0.4999999999999999}"
    assert "WRONG_ANSWER" in result.stdout
    assert isinstance(seen[0].tests, SourceTests)
    assert seen[0].tests.source.endswith(b"def check(candidate):\n    assert candidate() == 1\ncheck(return1)")
    assert seen[0].limits == RequestedLimits(cpu_time_ms=3000)
    lines = [json.loads(line) for line in (path.parent / "samples.jsonl_results.jsonl").read_text().splitlines()]
    assert [line["passed"] for line in lines] == [True, False] * 3


def test_evaluate_canonical_solutions(service: Any, samples: tuple[Path, Path]) -> None:
    service(right)
    result = sandbox("evaluate", "--canonical", "--problems", samples[0])
    assert result.stdout.splitlines()[-1] == "{'pass@1': 1.0}"


def evaluated(path: Path, problems: Path, *options: str) -> tuple[Result, list[dict[str, Any]]]:
    result = sandbox("evaluate", path, "--problems", problems, *options)
    out = path.parent / "samples.jsonl_results.jsonl"
    return result, [json.loads(line) for line in out.read_text().splitlines()]


def only_in_process(job: Job) -> Verdict:
    if job.integrity is not Integrity.IN_PROCESS:
        return judged(job, Cause.UNSUPPORTED_VALUE, message="a value of type 'T'")
    return replace(right(job), integrity=Integrity.IN_PROCESS)


def test_tests_that_cannot_be_split_are_not(service: Any, samples: tuple[Path, Path]) -> None:
    seen = service(only_in_process)
    problems, path = samples
    result, lines = evaluated(path, problems)
    assert result.exit_code == 0, result.output
    assert [line["passed"] for line in lines] == [True, False] * 3
    assert {line["integrity"] for line in lines} == {"IN_PROCESS"}
    assert {line["fallback_reason"] for line in lines} == {"UNSUPPORTED_VALUE: a value of type 'T'"}
    assert "test/0 (UNSUPPORTED_VALUE: a value of type 'T')" in result.stderr
    assert result.stdout.splitlines()[-1] == "{'pass@1': 0.4999999999999999}"
    # Six samples and the reference, both ways.
    assert [job.integrity for job in seen] == [None] * 7 + [Integrity.IN_PROCESS] * 7
    assert "fallback_reason" in lines[0]


def test_nothing_falls_back_unless_it_may(service: Any, samples: tuple[Path, Path]) -> None:
    service(only_in_process)
    problems, path = samples
    result, lines = evaluated(path, problems, "--integrity", "SEPARATE_PROCESS")
    assert result.exit_code == 0
    assert [line["passed"] for line in lines] == [False] * 6
    assert "fallback_reason" not in lines[0]


def test_a_sample_that_passes_keeps_no_other_from_its_right(service: Any, samples: tuple[Path, Path]) -> None:
    def by_heart(job: Job) -> Verdict:
        # Only the sample that returns 4 passes split, whatever the tests ask.
        split = job.integrity is not Integrity.IN_PROCESS
        return judged(job, Cause.ALL_TESTS_PASSED if split == job.program.endswith(b"4") else Cause.WRONG_ANSWER)

    service(by_heart)
    problems, path = samples
    result, lines = evaluated(path, problems)
    assert result.exit_code == 0, result.output
    assert [line["passed"] for line in lines] == [True] * 6
    assert ["fallback_reason" in line for line in lines] == [True] * 5 + [False]


def test_a_reference_that_passes_split_needs_no_other_way(service: Any, samples: tuple[Path, Path]) -> None:
    def never_together(job: Job) -> Verdict:
        assert job.integrity is None
        return right(job)

    seen = service(never_together)
    problems, path = samples
    assert evaluated(path, problems)[0].exit_code == 0
    assert len(seen) == 6 + 1


def test_a_fault_of_ours_is_no_reason_for_one_process(service: Any, samples: tuple[Path, Path]) -> None:
    def lost(job: Job) -> Any:
        assert job.integrity is None
        if job.program.endswith(b"    return 1") and len(seen) > 6:
            return ServiceError(job_id=job.id, code=ServiceErrorCode.BOX_LOST, message="")
        return judged(job, Cause.WRONG_ANSWER)

    seen = service(lost)
    problems, path = samples
    result, _ = evaluated(path, problems)
    # Nor for a figure: samples that failed may have passed in one process.
    assert result.exit_code == 3
    assert "pass@1" not in result.stdout
    assert "The own solutions of test/0 ended in a service error" in result.stderr
    assert "Run the evaluation again." in result.stderr
    assert len(seen) == 6 + 1


def test_a_fault_of_ours_in_one_process_is_not_the_solutions(service: Any, samples: tuple[Path, Path]) -> None:
    def lost(job: Job) -> Any:
        if job.integrity is Integrity.IN_PROCESS:
            return ServiceError(job_id=job.id, code=ServiceErrorCode.OVERLOADED, message="")
        return judged(job, Cause.WRONG_ANSWER)

    service(lost)
    problems, path = samples
    result, _ = evaluated(path, problems)
    assert result.exit_code == 3
    assert "pass neither split nor in one process" not in result.stderr
    assert "ended in a service error" in result.stderr


def test_tests_that_do_not_load_are_named_and_no_other_run_is_advised(service: Any, samples: tuple[Path, Path]) -> None:
    service(lambda job: ServiceError(job_id=job.id, code=ServiceErrorCode.TESTS_ERROR, message="SyntaxError"))
    problems, path = samples
    result, _ = evaluated(path, problems)
    assert result.exit_code == 3
    assert "Another run will not help test/0" in result.stderr
    assert "Run the evaluation again" not in result.stderr


@pytest.mark.parametrize(
    ("field", "exit_code", "judged_count"),
    [("job.policy", 2, 0), ("job.limits.disk_bytes", 2, 0), ("job.tests", 3, 6), ("job", 3, 6), ("job.program", 0, 6)],
)
def test_what_is_refused_of_one_job_ends_no_evaluation(
    service: Any, samples: tuple[Path, Path], field: str, exit_code: int, judged_count: int
) -> None:
    def refuse(job: Job) -> Any:
        if not job.id.endswith("-3"):
            return right(job)
        return ServiceError(job_id=job.id, code=ServiceErrorCode.REFUSED, message="no", field=field)

    service(refuse)
    problems, path = samples
    result, lines = evaluated(path, problems)
    assert result.exit_code == exit_code, result.output
    # Answers come last job first; those that came are kept, and sorted.
    assert len(lines) == (judged_count or 2)
    assert [line["completion"] for line in lines][-2:] == ["    return 1", "    return 4"]


def test_a_full_disk_in_the_end_costs_no_figure(
    service: Any, samples: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: ResultFile) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(ResultFile, "sort", full)
    service(right)
    problems, path = samples
    result, lines = evaluated(path, problems)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == "{'pass@1': 0.4999999999999999}"
    assert "in the order in which they came: No space left on device" in result.stderr
    assert len(lines) == 6


def test_results_that_there_were_outlive_an_evaluation_that_does_not_begin(
    service: Any, samples: tuple[Path, Path]
) -> None:
    def unreachable(_: Job) -> None:
        raise UnreachableError("no server answers")

    problems, path = samples
    out = path.parent / "samples.jsonl_results.jsonl"
    out.write_text("{}\n")
    service(unreachable)
    assert sandbox("evaluate", path, "--problems", problems).exit_code == 3
    assert out.read_text() == "{}\n"


def test_a_solution_that_is_wrong_either_way_proves_nothing(service: Any, samples: tuple[Path, Path]) -> None:
    service(lambda job: judged(job, Cause.WRONG_ANSWER))
    problems, path = samples
    result, lines = evaluated(path, problems)
    assert result.exit_code == 0
    assert "the own solutions of test/0 pass neither split nor in one process" in result.stderr
    assert {line["integrity"] for line in lines} == {"SEPARATE_PROCESS"}


def test_a_policy_that_refuses_one_process_is_obeyed(service: Any, samples: tuple[Path, Path]) -> None:
    def refuse(job: Job) -> Any:
        if job.integrity is Integrity.IN_PROCESS:
            code = ServiceErrorCode.REFUSED
            return ServiceError(job_id=job.id, code=code, message="IN_PROCESS is refused", field="job.integrity")
        return judged(job, Cause.UNSUPPORTED_VALUE)

    service(refuse)
    problems, path = samples
    result, lines = evaluated(path, problems)
    assert result.exit_code == 0, result.output
    assert "the own solutions of test/0 do not pass; IN_PROCESS is refused" in result.stderr
    assert {line["cause"] for line in lines} == {"UNSUPPORTED_VALUE"}


def test_evaluate_prints_no_number_over_a_service_error(service: Any, samples: tuple[Path, Path]) -> None:
    def lose_one(job: Job) -> Any:
        lost = job.id.endswith("-3")
        return ServiceError(job_id=job.id, code=ServiceErrorCode.BOX_LOST, message="") if lost else right(job)

    service(lose_one)
    problems, path = samples
    result = sandbox("evaluate", path, "--problems", problems)
    assert result.exit_code == 3
    assert "pass@1" not in result.stdout
    assert "no pass@k: 1 samples" in result.stderr
    assert "BOX_LOST" in result.stdout


def test_ctrl_c_leaves_what_is_done(service: Any, samples: tuple[Path, Path]) -> None:
    def interrupt(job: Job) -> Any:
        if job.id.endswith("-3"):
            raise KeyboardInterrupt
        return right(job)

    service(interrupt)
    problems, path = samples
    result = sandbox("evaluate", path, "--problems", problems)
    assert result.exit_code == 130
    out = path.parent / "samples.jsonl_results.jsonl"
    assert f"interrupted after 2 of 6 samples; their results are in {out}" in result.stderr
    assert len(out.read_text().splitlines()) == 2


def test_evaluate_names_file_and_line_before_it_starts(service: Any, samples: tuple[Path, Path]) -> None:
    seen = service(right)
    problems, path = samples
    path.write_text(path.read_text() + "{\n")
    result = sandbox("evaluate", path, "--problems", problems)
    assert result.exit_code == 2
    assert f"sandbox: {path}:7: not JSON" in result.stderr
    assert not seen


@pytest.mark.parametrize("arguments", [[], ["x", "--canonical"], ["x", "--k", "0"], ["x", "--k", "a"]])
def test_evaluate_used_wrongly(arguments: list[str]) -> None:
    assert sandbox("evaluate", *arguments).exit_code == 2


def test_help_imports_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def importing(name: str) -> None:
        raise AssertionError(name)

    monkeypatch.setattr("importlib.import_module", importing)
    result = sandbox("--help")
    assert result.exit_code == 0
    assert all(name in result.stdout for name in main_module.COMMANDS)


@pytest.mark.parametrize("grace", ["nan", "inf", "-1", "1e99"])
def test_a_grace_that_is_no_time_is_bad_input(grace: str) -> None:
    assert sandbox("serve", "--grace", grace).exit_code == 2


def test_an_empty_endpoint_is_bad_input(program: Path) -> None:
    result = sandbox("run", "--endpoint", "", program)
    assert result.exit_code == 2
    assert "HOST:PORT" in result.stderr


@pytest.mark.parametrize(
    "address", ["127.0.0.1:99999", "localhost:-1", "unix:", "foo", "127.0.0.1:", ":50051", "[::1]:5\u0661", "0.0.0.0:5"]
)
def test_an_address_that_nobody_can_listen_on_is_refused_at_once(address: str) -> None:
    with pytest.raises(AddressError):
        check_address(address, allow_remote=False)


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:50051", "[::1]:65535", "unix:/run/x.sock"])
def test_an_address_of_this_machine_is_good(address: str) -> None:
    check_address(address, allow_remote=False)
