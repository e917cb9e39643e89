"""Whether hits told the truth: what they would have shown, held against what running them gave."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_gocache.core.chances import percent
from pytest_gocache.core.model import Hit, Json, SavedReport
from pytest_gocache.core.plural import counted
from pytest_gocache.core.values import frozen

ABSENT = "was not there"
MOST_INPUTS = 40
"""So many inputs of a false hit are told."""


@frozen
class Told:
    """One report, as far as it counts."""

    when: str
    outcome: str
    expected: bool
    """Whether the test was marked to fail (``xfail``)."""

    @property
    def word(self) -> str:
        """As pytest counts it; empty for what it does not."""
        if self.expected:
            return {"skipped": "xfailed", "passed": "xpassed"}.get(self.outcome, self.outcome)
        if self.when != "call" and self.outcome == "passed":
            return ""
        return "error" if self.when != "call" and self.outcome == "failed" else self.outcome


@frozen
class Difference:
    """A test that did not end as it had when it was stored."""

    name: str
    stored: str
    now: str

    def __str__(self) -> str:
        return f"{self.stored} when it was stored, {self.now} now"


@frozen
class Verified:
    """What became of the hits that ran to be verified."""

    same: tuple[str, ...]
    """Names of the modules that ended as they were stored."""
    false: Mapping[str, tuple[Difference, ...]]
    """The others."""
    unknown: tuple[str, ...] = ()
    """Those that did not run to their end."""

    @property
    def known(self) -> int:
        """How many ran to their end."""
        return len(self.same) + len(self.false)

    def as_json(self) -> dict[str, Json]:
        """For the account of the run."""
        false: list[Json] = [
            {"module": module, "test": each.name, "stored": each.stored, "now": each.now}
            for module, found in self.false.items()
            for each in found
        ]
        return {"modules": self.known, "false_modules": len(self.false), "false": false, "unknown": list(self.unknown)}

    def line(self) -> str:
        """One line for all."""
        known = self.known
        cut = f", {len(self.unknown)} did not run to the end" if self.unknown else ""
        return (
            f"verified {counted(known, 'cached module')}: {len(self.false)} false "
            f"({percent(len(self.false), known)}){cut}"
        )


def told_of(saved: Iterable[SavedReport]) -> list[Told]:
    """What the stored reports of one test say."""
    return [Told(each.when, each.outcome, any(name == "wasxfail" for name, _ in each.extra)) for each in saved]


def ended(reports: Iterable[Told]) -> str:
    """How a test ended, in a word: ``passed``. Where its subtests ended otherwise, or its teardown, in several."""
    return ", ".join(sorted({each.word for each in reports} - {""})) or ABSENT


def stored_ends(hit: Hit) -> dict[str, str]:
    """How each test of the hit ended, by name. (Hits that are verified have their result at hand.)"""
    whole = hit.stored.load()
    return {test.name: ended(told_of(test.reports)) for test in whole.tests} if whole else {}


def differences(hit: Hit, now: Mapping[str, Sequence[Told]], whole: bool) -> Iterator[Difference]:
    """The tests of the module that ended otherwise. Unless it ran ``whole``, those that did not run are left out."""
    stored = stored_ends(hit)
    for name in dict.fromkeys([*stored, *now]):
        before, after = stored.get(name, ABSENT), ended(now.get(name, ()))
        if before != after and (whole or name in now):
            yield Difference(name, before, after)


def believed(hit: Hit) -> Iterator[str]:
    """What a false hit was taken to depend on beside its key, one line each."""
    yield from (str(each) for each in hit.inputs[:MOST_INPUTS])
    if len(hit.inputs) > MOST_INPUTS:
        yield f"and {len(hit.inputs) - MOST_INPUTS} more"
    if not hit.inputs:
        yield "nothing beside its own text, its imports, options and versions"
