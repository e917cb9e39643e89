"""All that is known of one checkout in this run: its files, its import graph, its distributions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from typing import Final

from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.explain import shortened
from pytest_gocache.core.files import Files
from pytest_gocache.core.globs import found_by
from pytest_gocache.core.hashing import ABSENT, Digest, digest_text
from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.looks import LINKED
from pytest_gocache.core.model import Input, Op, SourceTable
from pytest_gocache.core.ops import NEEDS
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import Policy
from pytest_gocache.core.present import BY_THEMSELVES, Present
from pytest_gocache.core.sources import Sources
from pytest_gocache.core.values import field, frozen

MOST_NAMES: Final = 1000
"""Of longer listings it is not kept what stood in them."""
CHANGING: Final = frozenset({Op.IMPORT, Op.EXEC, Op.LINES, Op.METADATA, Op.UNTIL})
"""What may give another digest later in the same run."""


@frozen
class Project:
    """One checkout, looked at once."""

    places: Places
    files: Files
    sources: Sources
    graph: ImportGraph
    distributions: Distributions
    variables: Variables
    policy: Policy
    asked: Callable[[str], Digest]
    """Gives the digest of an option of this run."""
    modules: Collection[str] = ()
    """The paths of the test modules that this run comes by. Of a kind that finds one at once."""
    _digests: dict[Input, Digest] = field(default_factory=dict)
    """Of files, listings and variables: as they were at the first look in this run, whoever asks."""

    @cached_property
    def _known(self) -> Present:
        return Present(self.places, self.variables, self.policy, self.files.learnt, self.asked)

    def present(self, wanted: Input) -> Digest:
        """The digest of an input as it is now."""
        if wanted.op in CHANGING:
            return self._present(wanted)
        digest = self._digests.get(wanted)
        if digest is None:
            digest = self._digests[wanted] = self._present(wanted)
        return digest

    def names(self, wanted: Input) -> tuple[str, ...] | None:
        """The names that a listing gives; None where there are none, or too many to keep."""
        path = self.places.path(wanted.name)
        found = found_by(path) if wanted.op is Op.GLOB else self.files.listing(path)
        if found is None or len(found) > MOST_NAMES:
            return None
        if wanted.op is Op.GLOB:
            return tuple(map(self.places.name, found))
        return tuple(name for name in found if not name.endswith(LINKED))

    def source_digest(self, path: str) -> str:
        """What is remembered of a source, to tell later whether it changed; empty where there is none."""
        source = self.graph.source(path)
        return "" if source is None else shortened(source.facts.code, source.bytes)

    def source_digests(self, files: Iterable[str]) -> dict[str, str]:
        """The same of many, by portable name."""
        return {self.places.name(path): self.source_digest(path) for path in files}

    def table(self, files: Collection[str]) -> SourceTable:
        """All sources of the graph by number, ``files`` with their digests."""
        rows = ((self.places.name(path), path) for path in self.graph.numbered)
        digests = ((name, self.source_digest(path) if path in files else "") for name, path in rows)
        return SourceTable(tuple(digests), self.graph.roots)

    def _present(self, wanted: Input) -> Digest:
        if wanted.op is Op.IMPORT:
            return self._import(wanted.name)
        if wanted.op in NEEDS and self.places.path(wanted.name) not in self.modules:
            return ABSENT
        if wanted.op in BY_THEMSELVES or self.policy.ignores(wanted):
            return self._known(wanted)
        if wanted.op is Op.METADATA:
            return self.distributions.present(wanted.name)
        path = self.places.path(wanted.name)
        if wanted.op is Op.EXEC:
            return self.graph.closure((path,)).digest
        if wanted.op is Op.LINES:
            return self.graph.exact(path)
        return self.files.digest(path)

    def code_of(self, wanted: Input) -> frozenset[str]:
        """The sources that were loaded by a name, or ran; none for other inputs, and where others own them."""
        if wanted.op is Op.EXEC:
            return frozenset({self.places.path(wanted.name)})
        return self.graph.resolve(wanted.name) if wanted.op is Op.IMPORT else frozenset()

    def _import(self, name: str) -> Digest:
        resolved = self.graph.resolve(name)
        if resolved:
            own = self.graph.own_files(name)
            digest = self.graph.closure(resolved).digest
            return digest if len(own) < 2 else digest_text("\n".join((digest, *map(self.places.name, own))))
        lines = self.distributions.digest([name.partition(".")[0]])
        return digest_text("\n".join((*(" ".join(line) for line in lines), *self.graph.portions(name))))
