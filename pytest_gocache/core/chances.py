"""What a few observations say of a rate."""

from __future__ import annotations

from math import comb, sqrt

Z = 1.959964
"""Of the normal distribution, for 95 %."""


def interval(times: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a rate that was seen ``times`` in ``of`` tries: two numbers from 0 to 1.

    Wilson's score interval (1927), which holds near 0 and 1 and for few tries, where the usual one does not.
    """
    if of == 0:
        return 0.0, 1.0
    rate, weight = times / of, Z * Z / of
    middle = rate + weight / 2
    reach = Z * sqrt(rate * (1 - rate) / of + weight / (4 * of))
    low, high = (middle - reach) / (1 + weight), (middle + reach) / (1 + weight)
    return (0.0 if times == 0 else low), (1.0 if times == of else high)


def chance(bad: int, of: int, all_bad: int, every: int) -> float:
    """How likely so many bad ones (or more) are among ``of`` that are drawn where ``all_bad`` of ``every`` are bad."""
    some = range(bad, min(of, all_bad) + 1)
    return sum(comb(all_bad, each) * comb(every - all_bad, of - each) for each in some) / comb(every, of)


def percent(times: int, of: int) -> str:
    """``3 %, 95 % interval 0.6-8.5 %``."""
    low, high = interval(times, of)
    rate = times / of if of else 0.0
    return f"{_short(rate)} %, 95 % interval {_short(low)}-{_short(high)} %"


def _short(rate: float) -> str:
    """Two digits that say something."""
    return f"{100 * rate:.2g}" if rate < 0.95 else f"{100 * rate:.4g}"
