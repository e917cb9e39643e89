"""How often each test passed and failed in a run that repeats them, and what its failures have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pytest_gocache.core.chances import percent
from pytest_gocache.core.model import Json
from pytest_gocache.core.plural import counted
from pytest_gocache.core.values import field, frozen, record

VARYING = re.compile(r"0x[0-9a-fA-F]+|\d+")
"""What differs between messages of one kind: numbers, addresses."""
DOCTEST = ("UNEXPECTED EXCEPTION: ", "Expected", "Differences")
"""With these words a doctest begins to say why it fails."""
SHOWN = 10
"""So many repetitions of a kind of failure are named, and so many kinds of a test."""
LONGEST = 150
"""So much of a message is shown."""


def kind_of(message: str) -> str:
    """What messages of one kind have in common."""
    return VARYING.sub("#", message)


def in_one_line(text: str) -> str:
    """The first line of what a failure says."""
    return " ".join((text.strip().splitlines() or [""])[0].split())


def of_doctest(text: str) -> str:
    """What the text of a failed doctest says: its lines begin with those of the source. Another text as it is."""
    lines = text.splitlines()
    at = next((at for at, line in enumerate(lines) if line.startswith(DOCTEST)), 0)
    told = lines[at : at + 1] if at == 0 or lines[at].startswith(DOCTEST[0]) else lines[at:-1]
    return " ".join(" ".join(told).split())[:200]


@record
class Outcomes:
    """What became of one test. Repetitions are numbered from 1, in the order in which they began."""

    runs: int = 0
    skipped: int = 0
    """In how many of them it was skipped."""
    failures: dict[str, list[int]] = field(default_factory=dict)
    """The repetitions that failed, by the first message of each kind."""
    begun: int = 0
    """How many there were, with those that run."""

    def of_kind(self, message: str) -> list[int]:
        """The repetitions that failed with such a message: numbers in it may differ."""
        kind = kind_of(message)
        known = next((each for each in self.failures if kind_of(each) == kind), message)
        return self.failures.setdefault(known, [])

    @property
    def failed(self) -> list[int]:
        """The repetitions that failed, sorted. One that fails twice (in its teardown, too) counts once."""
        return sorted({one for some in self.failures.values() for one in some})

    def as_json(self) -> dict[str, Json]:
        """For the account of the run."""
        failures: list[Json] = [
            {"message": message, "repetitions": list[Json](sorted(some))} for message, some in self.failures.items()
        ]
        return {"runs": self.runs, "failed": len(self.failed), "skipped": self.skipped, "failures": failures}


@frozen
class Line:
    """A line of the report; ``bad`` ones tell of failures."""

    text: str
    bad: bool = False


def report(name: str, outcomes: Outcomes) -> Iterator[Line]:
    """A test that failed at least once: how often, and its kinds of failure, the most frequent first."""
    runs, failed = outcomes.runs, len(outcomes.failed)
    passed = max(runs - failed - outcomes.skipped, 0)
    skipped = f", {outcomes.skipped} skipped" if outcomes.skipped else ""
    yield Line(f"{name}  {passed} passed, {failed} failed{skipped} of {runs} ({percent(failed, runs)})", bad=True)
    kinds = sorted(outcomes.failures.items(), key=lambda kind: -len(kind[1]))
    for message, repetitions in kinds[:SHOWN]:
        shown = ", ".join(map(str, sorted(repetitions)[:SHOWN])) + (" ..." if len(repetitions) > SHOWN else "")
        told = message if len(message) <= LONGEST else f"{message[:LONGEST]}..."
        yield Line(f"    {len(repetitions)} x {told}  (repetition{'' if len(repetitions) == 1 else 's'} {shown})")
    if len(kinds) > SHOWN:
        yield Line(f"    and {counted(len(kinds) - SHOWN, 'other message')}")
    if lingers(outcomes):
        yield Line(
            f"    it failed in every repetition from number {outcomes.failed[0]} on: "
            "something stays from one repetition to the next"
        )


def lingers(outcomes: Outcomes) -> bool:
    """Whether a test passed at first and then never again."""
    failed = outcomes.failed
    return failed[0] > 1 and len(failed) > 1 and failed == list(range(failed[0], outcomes.runs + 1))
