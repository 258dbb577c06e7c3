"""pass@k has the original harness's digits."""

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.evaluate.passk import mean_pass_at_k, pass_at_k


def test_the_example_of_the_original_harness() -> None:
    assert str(mean_pass_at_k([(6, 3)], [1])) == "{'pass@1': 0.4999999999999999}"


@pytest.mark.parametrize(
    ("n", "c", "k", "expected"),
    [(1, 0, 1, 0.0), (1, 1, 1, 1.0), (10, 0, 10, 0.0), (10, 1, 10, 1.0), (5, 5, 1, 1.0), (2, 1, 2, 1.0)],
)
def test_the_corners(n: int, c: int, k: int, expected: float) -> None:
    assert pass_at_k(n, c, k) == expected


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n))))
def test_it_is_one_minus_the_chance_to_draw_only_failures(numbers: tuple[int, int, int]) -> None:
    n, c, k = numbers
    assert pass_at_k(n, c, k) == pytest.approx(1 - comb(n - c, k) / comb(n, k), abs=1e-12)


@pytest.mark.parametrize(("n", "c", "k"), [(1, 2, 1), (1, -1, 1), (1, 0, 0), (1, 0, 2)])
def test_numbers_that_contradict_each_other(n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match="needs"):
        pass_at_k(n, c, k)


def test_only_k_that_every_problem_has_samples_for() -> None:
    assert mean_pass_at_k([(10, 5), (9, 0)], [1, 10]) == {"pass@1": 0.25}
    assert mean_pass_at_k([], [1]) == {}


@pytest.mark.parametrize("size", [1, 7, 8, 9, 100, 128, 129, 164, 1000])
def test_the_mean_has_numpys_digits(size: int) -> None:
    np = pytest.importorskip("numpy", reason="numpy is the original's; ours must not need it")
    counts = [(7, i % 8) for i in range(size)]
    values = np.array([1.0 if 7 - c < 2 else 1.0 - np.prod(1.0 - 2 / np.arange(7 - c + 1, 8)) for _, c in counts])
    assert mean_pass_at_k(counts, [2])["pass@2"] == float(values.mean())
