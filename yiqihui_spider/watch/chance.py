"""How surprising a count is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, lgamma, log
from statistics import median

SURPRISE = 1e-5
"""What happens by chance less often than this is no chance. An hourly crawl is judged by a dozen
monitors 100,000 times a year, mostly far from here."""


def tail(count: int, of: int, rate: float) -> float:
    """The chance of at least so many out of ``of``, each with the same chance.

    >>> round(tail(2, 2, 0.5), 3), tail(0, 5, 0.1), round(tail(1, 10, 0.1), 3)
    (0.25, 1.0, 0.651)
    """
    if count <= 0:
        return 1.0
    if count > of:
        return 0.0
    rate = min(max(rate, 1e-12), 1 - 1e-12)
    if count < rate * of:
        return 1.0  # nothing that is less than expected is a surprise here
    ways = lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1)
    whole = term = exp(ways + count * log(rate) + (of - count) * log(1 - rate))
    odds = rate / (1 - rate)
    for each in range(count, of):
        term *= odds * (of - each) / (each + 1)
        whole += term
        if term < whole * 1e-9:
            break
    return min(1.0, whole)


def most(of: int, rate: float, surprise: float = SURPRISE) -> int:
    """The highest count out of ``of`` that is no surprise.

    >>> most(20, 0.01), most(3, 0.01)
    (4, 2)
    """
    low, high = 0, of
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if tail(middle, of, rate) >= surprise else (low, middle - 1)
    return low


def rate(pairs: Iterable[tuple[int, int]]) -> float:
    """What share the past leads to expect; after few observations a cautious one. A crawl of thousands
    of pages counts for no more than three ordinary ones: it tells of other pages, and of one hour.

    >>> rate([(0, 8), (0, 10)]), round(rate([(5, 500), (1, 3), (1, 3), (0, 3)]), 3)
    (0.05, 0.154)
    """
    counts = [(count, of) for count, of in pairs if of]
    most = 3 * median(of for _, of in counts) if counts else 0
    weights = [min(1.0, most / of) for _, of in counts]
    whole = sum(weight * of for weight, (_, of) in zip(weights, counts, strict=True))
    return (sum(weight * count for weight, (count, _) in zip(weights, counts, strict=True)) + 1) / (whole + 2)


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies.

    >>> quantile([1, 2, 3, 4, 10], 0.5), quantile([1, 2], 0.9)
    (3, 2)
    """
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
