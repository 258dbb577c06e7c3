"""The unbiased estimator pass@k of Chen et al. 2021 (arXiv 2107.03374), with the digits that their harness prints."""

from collections.abc import Iterable, Sequence


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the estimate for one problem.

    Args:
        n: Samples, at least k.
        c: Samples that passed.
        k: Samples that one may draw.

    Raises:
        ValueError: The numbers contradict each other.
    """
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"n={n}, c={c}, k={k}: needs 0 <= c <= n and 1 <= k <= n")
    if n - c < k:
        return 1.0
    # 1 - C(n-c, k) / C(n, k), as a product that neither overflows nor loses digits.
    product = 1.0
    for i in range(n - c + 1, n + 1):
        product *= 1.0 - k / i
    return 1.0 - product


def mean_pass_at_k(counts: Sequence[tuple[int, int]], ks: Iterable[int]) -> dict[str, float]:
    """Return `{"pass@k": mean}` for each k of which every problem has that many samples, as the original does.

    Args:
        counts: For each problem its samples and how many of them passed.
        ks: The numbers of draws.

    Raises:
        ValueError: A number contradicts another.
    """
    if not counts:
        return {}
    return {
        f"pass@{k}": _pairwise_sum([pass_at_k(n, c, k) for n, c in counts]) / len(counts)
        for k in ks
        if all(n >= k for n, _ in counts)
    }


def _pairwise_sum(values: Sequence[float]) -> float:
    """Add in the order in which numpy does, so that the last digit is the original harness's."""
    n = len(values)
    if n < 8:
        total = 0.0
        for value in values:
            total += value
        return total
    if n <= 128:
        lanes = list(values[:8])
        end = n - n % 8
        for start in range(8, end, 8):
            for lane in range(8):
                lanes[lane] += values[start + lane]
        a, b, c, d, e, f, g, h = lanes
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
        for value in values[end:]:
            total += value
        return total
    half = n // 2
    half -= half % 8
    return _pairwise_sum(values[:half]) + _pairwise_sum(values[half:])
