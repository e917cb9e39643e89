"""The static key of one module's run: everything known before it starts, through one ``Hasher``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from typing import Final

from pytest_gocache.core.conditions import Conditions
from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.files import Files
from pytest_gocache.core.hashing import Hasher
from pytest_gocache.core.imports import Closure, ImportGraph
from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import ActionID, Manifest, ModuleName, Selection
from pytest_gocache.core.values import frozen


@frozen
class Candidate:
    """A test module that may be answered from the cache.

    ``conftests`` apply to it, outermost first; among them are the packages that pytest sets up for it.
    """

    path: str
    name: ModuleName
    conftests: tuple[str, ...]


@frozen
class Action:
    """One module's key, with what it was made from."""

    id: ActionID
    lines: tuple[str, ...]
    closure: Closure
    distributions: frozenset[str] = frozenset()
    """Names of those that it was made from."""

    def distance(self, run: Manifest) -> int:
        """By how many lines the key of a run differed; less than none where it was the same."""
        return -1 if run.action == self.id else len({*self.lines} ^ {*run.lines})


class Actions:
    """Makes the actions of one run."""

    def __init__(self, conditions: Conditions, graph: ImportGraph, distributions: Distributions, files: Files) -> None:
        self.conditions = conditions
        self.graph = graph
        self._distributions = distributions
        self._files = files
        self._made: dict[tuple[str, Selection], Action] = {}
        self._hidden = tuple(hiding(graph))
        self._dist_lines: dict[frozenset[str], tuple[list[tuple[str, ...]], frozenset[str]]] = {}

    def of(self, candidate: Candidate, selection: Selection) -> Action:
        """The action of running ``selection`` of ``candidate``'s tests, as the disk is now."""
        made = self._made.get((candidate.path, selection))
        if made is None:
            made = self._made[candidate.path, selection] = self._make(candidate, selection)
        return made

    def starts(self, candidate: Candidate) -> tuple[str, ...]:
        """The files that the closure of ``candidate`` is made from."""
        return (candidate.path, *candidate.conftests, *self.conditions.plugin_files)

    def _make(self, candidate: Candidate, selection: Selection) -> Action:
        closure = self.graph.closure(self.starts(candidate), self.conditions.exactly)
        hasher = Hasher("action")
        hasher.add("conditions", self.conditions.digest)
        hasher.add("module", candidate.name, self._files.digest(candidate.path))
        third_party, distributions = self._third_party(closure.tops | self.conditions.plugin_tops)
        for line in third_party:
            hasher.add("distribution", *line)
        for name in self._hidden:
            hasher.add("hidden", name)
        for late in self.conditions.late:
            if late.below or late.path not in candidate.conftests:
                hasher.add("flag", late.told)
        hasher.add("selection", *selection.node_ids)
        hasher.add("selection-expressions", selection.keyword, selection.mark, *selection.deselect)
        lines = (*self.conditions.lines, *hasher.lines[2:])
        hasher.add("closure", closure.digest)
        return Action(ActionID(hasher.digest()), lines, closure, distributions)

    def _third_party(self, tops: frozenset[str]) -> tuple[list[tuple[str, ...]], frozenset[str]]:
        """The lines for the key, and the names of the distributions."""
        known = self._dist_lines.get(tops)
        if known is None:
            found = {*self._distributions.digest(tops), *self._distributions.digest_of_names(self.conditions.plugins)}
            known = self._dist_lines[tops] = sorted(found), frozenset(line[0] for line in found)
        return known


def hiding(graph: ImportGraph) -> Iterator[str]:
    """The names of first-party modules that hide those of the standard library, for whoever imports these there."""
    for root in graph.roots:
        stems = {name.partition(".")[0] for name in graph.entries(root)}
        yield from (name for name in sorted(stems & sys.stdlib_module_names) if graph.own_files(name))


BESIDE: Final = ("__init__.py", "conftest.py")


def conftests_of(path: str, top: str, exists: Callable[[str], bool]) -> tuple[str, ...]:
    """The conftest.py files above the module at ``path`` that pytest loads, and the ``__init__.py`` that it imports for
    what these set up, outermost first. It leaves out only directories that ``top`` lies in: where a module lies
    elsewhere, all others count."""
    above = {*upward(top)} - {top}
    found: list[str] = []
    for directory in upward(os.path.dirname(path)):
        if directory not in above:
            found += [name for each in BESIDE if exists(name := os.path.join(directory, each))]
    return tuple(reversed(found))
