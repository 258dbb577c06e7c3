"""Input/output cases: every comparator, and a checker that the program cannot reach."""

import pytest

from sandbox import Case, CaseTests, Client, Comparator, Job, ServiceError, Verdict
from sandbox.verdict import ServiceErrorCode, TestStatus

PROGRAM = b"for line in open(0): print(float(line) / 3)"
CHECKER = b"""
def check(given, expected, output):
    assert float(output) * 3 == float(given), "not a third"
    return expected == "third"
"""


def statuses(client: Client, tests: CaseTests, program: bytes = PROGRAM) -> list[str]:
    verdict = client.run(Job(program=program, tests=tests))
    assert isinstance(verdict, Verdict), verdict
    return [result.status.value for result in verdict.test_results]


def test_each_comparator_decides(client: Client) -> None:
    cases = (Case(b"6", b"2.0"), Case(b"1", b"0.33333"), Case(b"3\n9", b"3.0 1.0"), Case(b"3\n9", b"3.0\n1.0"))
    decided = {comparator: statuses(client, CaseTests(cases, comparator, 1e-3)) for comparator in Comparator}

    assert decided == {
        Comparator.LINES: ["PASSED", "FAILED", "FAILED", "FAILED"],
        Comparator.EXACT: ["FAILED", "FAILED", "FAILED", "FAILED"],
        Comparator.TOKENS: ["PASSED", "FAILED", "FAILED", "FAILED"],
        Comparator.NUMBERS: ["PASSED", "PASSED", "FAILED", "FAILED"],
        Comparator.UNORDERED_LINES: ["PASSED", "FAILED", "FAILED", "PASSED"],
    }


def test_a_checker_decides_and_may_say_why(client: Client) -> None:
    tests = CaseTests((Case(b"6", b"third"), Case(b"6", b"half")), checker=CHECKER)

    assert statuses(client, tests) == ["PASSED", "FAILED"]
    verdict = client.run(Job(program=b"print(1)", tests=tests))
    assert verdict.test_results[0].status is TestStatus.FAILED
    assert "not a third" in verdict.message


@pytest.mark.parametrize("checker", [b"def check(:", b"1 / 0", b"import nothing", b"x = 1", b"import sys; sys.exit(0)"])
def test_a_checker_that_is_none_is_the_tests_fault(client: Client, checker: bytes) -> None:
    result = next(iter(client.run_many([Job(program=PROGRAM, tests=CaseTests((Case(b"1", b"1"),), checker=checker))])))

    assert isinstance(result, ServiceError)
    assert result.code is ServiceErrorCode.TESTS_ERROR


def test_a_checker_that_fails_on_an_output_has_not_passed_it(client: Client) -> None:
    fails = b"def check(given, expected, output): return int(output) == 1"
    exits = b"import sys\ndef check(given, expected, output): sys.exit(0)"
    agrees = b"def check(given, expected, output): return output"
    for checker in (fails, exits, agrees):
        assert statuses(client, CaseTests((Case(b"", b""),), checker=checker), b"print('x')") != ["PASSED"]
