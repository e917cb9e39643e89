"""The books of one run: what ran and what it left, and what became of each module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_gocache.core.model import Hit, Miss, ModuleResult, Replay, Selection
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.values import field, frozen, record


@frozen
class Ran:
    """A module that ran: what it left, or why that cannot be kept."""

    path: str
    selection: Selection
    outcome: ModuleResult | Miss
    owners: frozenset[Owner]
    """Itself and the wide fixtures its tests used: whose reads are its inputs."""
    allowed: tuple[str, ...] = ()
    """What its marks allow although nobody can see it."""
    times: int = 1
    """How often all its tests passed, one after the other (``--count``)."""


@record
class Ledger:
    """The verdicts of this run and what came of them, by module path."""

    hits: dict[str, Hit] = field(default_factory=dict)
    unchanged: dict[str, Replay] = field(default_factory=dict)
    """Hits too."""
    misses: dict[str, Miss] = field(default_factory=dict)
    refused: dict[str, Miss] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    """Files that are no test modules and turned out to hold no tests."""
    stored: dict[str, Hit] = field(default_factory=dict)
    """What would now be a hit."""
    flaky: list[str] = field(default_factory=list)
    """Modules that failed with nothing changed since they passed."""
    taken: str = ""
    """A test that something unknown took out of the collection."""
    left: list[str] = field(default_factory=list)
    """Files in the source tree that tests wrote and left there."""
    overtaken: Mapping[str, str] = field(default_factory=dict)
    """Hits with something that they read, and that was another when the run ended (``core/overtaken.py``)."""

    def cached(self) -> dict[str, float]:
        """How long each of the hits took when it ran, in seconds."""
        looked_up = {path: hit.gist.seconds for path, hit in self.hits.items()}
        return {path: each.brief.seconds for path, each in self.unchanged.items()} | looked_up

    def remote(self) -> set[str]:
        """Those of the hits that a server gave in this run."""
        every: dict[str, Hit | Replay] = {**self.unchanged, **self.hits}
        return {path for path, hit in every.items() if hit.remote}

    def verdicts(self) -> Iterator[tuple[str, Miss | None]]:
        """Each module once, hits first: its path, and why it ran; None for a hit."""
        yield from ((path, None) for path in self.cached() if path not in self.misses)
        yield from self.misses.items()
