"""Data cases: a function, arguments, what it must return; decided apart from the program."""

import pytest

from sandbox import CallCase, CallTests, Cause, Client, Job, ServiceError, ServiceErrorCode, Verdict

PROGRAM = b"""
def third(x, by=3):
    if x < 0:
        raise ValueError("negative")
    return {"third": [x / by]}

class Liar:
    def __eq__(self, other):
        return True

def lie(x):
    return Liar()
"""


def judged(client: Client, tests: CallTests) -> Verdict:
    verdict = client.run(Job(program=PROGRAM, tests=tests))
    assert isinstance(verdict, Verdict), verdict
    return verdict


def test_each_case_is_a_check(client: Client) -> None:
    cases = (
        CallCase.of(1.0, expected={"third": [0.333333333]}),
        CallCase.of(6, expected={"third": [2.0]}),
        CallCase.of(-1, expected=None),
        CallCase.of(6, 2, expected={"third": [2.0]}),
        CallCase(b"[10 ** 20]", b"{'third': [1e20 / 3]}"),
    )
    verdict = judged(client, CallTests("third", cases, 1e-6))

    statuses = [result.status.value for result in verdict.test_results]
    assert statuses == ["PASSED", "PASSED", "ERRORED", "FAILED", "PASSED"]
    assert "ValueError: negative" in verdict.test_results[2].message
    assert "returned {'third': [3.0]} instead of {'third': [2.0]}" in verdict.test_results[3].message
    assert judged(client, CallTests("third", cases[:2], 1e-6)).passed


@pytest.mark.parametrize(("function", "cause"), [("lie", Cause.WRONG_ANSWER), ("nothing", Cause.EXCEPTION)])
def test_no_lie_is_a_result(client: Client, function: str, cause: Cause) -> None:
    assert judged(client, CallTests(function, (CallCase.of(1, expected=1),))).cause is cause


@pytest.mark.parametrize("case", [CallCase(b"1", b"1"), CallCase(b"(1", b"1"), CallCase(b"()", b"nothing")])
def test_a_case_that_is_none_is_the_tests_fault(client: Client, case: CallCase) -> None:
    result = next(iter(client.run_many([Job(program=PROGRAM, tests=CallTests("third", (case,)))])))

    assert isinstance(result, ServiceError)
    assert result.code is ServiceErrorCode.TESTS_ERROR
