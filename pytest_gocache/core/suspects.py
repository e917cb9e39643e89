"""Which tests a failing one may depend on: what had run before it where it failed, and where it passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from pytest_gocache.core.chances import chance
from pytest_gocache.core.counts import Outcomes

COMPARED = 200
"""So many repetitions are looked at of each kind."""
SHOWN = 3
LIKELY = 0.01
"""Of a hundred suites in which the order does not matter, so many hear that it may: one."""

Order: TypeAlias = "Callable[[int], Sequence[str]]"
"""Gives the names of all tests in the order of a repetition."""


def suspicions(name: str, outcomes: Outcomes, order: Order) -> Iterator[str]:
    """What is to be said of the order, if anything."""
    failed, passed = _repetitions(outcomes)
    if len(failed) < 2 or len(passed) < 2:
        return
    bad, good = ([_before(name, order(one)) for one in some] for some in (failed, passed))
    polluters = sorted(frozenset.intersection(*bad) - frozenset.union(*good))
    helpers = sorted(frozenset.intersection(*good) - frozenset.union(*bad))
    if polluters:
        yield f"it failed exactly when this had run before: {', '.join(polluters[:SHOWN])}"
    if helpers:
        yield f"it failed exactly when this had not run before: {', '.join(helpers[:SHOWN])}"
    if not (polluters or helpers):
        yield from _leaning(bad, good)


def _repetitions(outcomes: Outcomes) -> tuple[list[int], list[int]]:
    failed = outcomes.failed
    every = frozenset(failed)
    return failed[:COMPARED], [one for one in range(1, outcomes.runs + 1) if one not in every][:COMPARED]


def _leaning(bad: Sequence[frozenset[str]], good: Sequence[frozenset[str]]) -> Iterator[str]:
    """The test that makes the greatest difference, if that is none of chance (Fisher's exact test, 1922).

    It is looked for among many tests and in both directions, so it must be so much less likely (Bonferroni).
    """
    wrong, runs = len(bad), len(bad) + len(good)
    of_bad = Counter(one for some in bad for one in some)
    of_all = of_bad + Counter(one for some in good for one in some)
    found = []
    for one, before in of_all.items():
        for failed, of, word in ((of_bad[one], before, "had"), (wrong - of_bad[one], runs - before, "had not")):
            found.append((chance(failed, of, wrong, runs), one, failed, of, word))
    least, one, failed, of, word = min(found, default=(1.0, "", 0, 0, ""))
    if least * len(found) < LIKELY:
        rest = f"else {wrong - failed} of {runs - of}"
        yield f"it failed more often when this {word} run before: {one} ({failed} of {of}, {rest})"


def _before(name: str, order: Sequence[str]) -> frozenset[str]:
    return frozenset(order[: order.index(name)])
