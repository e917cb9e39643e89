"""The directories that cached test modules put on ``sys.path``: whether others find there what they found before."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Set

from pytest_gocache.core.bases import Bases, base_of
from pytest_gocache.core.contested import top_name
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AND, PUTS, Op
from pytest_gocache.hooks.desk import Desk


class Lending:
    """Who puts directories on ``sys.path`` when it is imported, and who finds something there.

    ``among`` is what hits have with other test modules, with the path of each; ``places`` has the place of each module
    of the run in pytest's order.
    """

    def __init__(self, desk: Desk, among: Collection[tuple[str, Input]], places: Mapping[str, int]) -> None:
        self._project = desk.project
        self._places = places
        self._base = Bases()
        self.put = [(path, each) for path, each in among if each.op in PUTS]
        """The lenders, with what they put there."""
        self._in_front = [(path, each) for path, each in self.put if each.op is Op.PREPENDS]

    def comes_before(self, sooner: str, later: str) -> bool:
        """Whether the module at the one path is imported in this run, and before the other."""
        return sooner in self._places and self._places[sooner] < self._places.get(later, 0)

    def lends(self, name: str, directory: str, taker: str) -> bool:
        """Whether a module that is ``taker``, or comes before it, puts the directory on the path, so that the name is
        found there: at the end of the path it is, if nowhere else."""
        puts = self.put if not self._project.graph.own_files(name) else self._in_front
        lenders = (lender for lender, put in puts if directory in self._directories(put))
        return any(lender == taker or self.comes_before(lender, taker) for lender in lenders)

    def lends_another(self, name: str, directory: str) -> bool:
        """Whether somebody puts some other directory on the path where the name is found."""
        others = {each for _, put in self.put for each in self._directories(put)} - {directory}
        return any(name in self._names_in(each) for each in others)

    def unlike(self, path: str, inputs: Collection[Input], needs: Collection[str]) -> Iterator[Input]:
        """What the module at ``path`` would find in another place than it did; ``needs`` are the modules it needs."""
        known = {directory for each in inputs if each.op in PUTS for directory in self._directories(each)}
        known.update(*(self._directories(put) for lender, put in self.put if lender in needs))
        for lender, put in self.put:
            if lender != path and lender not in needs:  # later ones, too: what a test imports comes last
                yield from self._found_there(path, put, known)

    def _found_there(self, path: str, put: Input, known: Set[str]) -> Iterator[Input]:
        """What the module imports that is to be found in directories that another put on ``sys.path``."""
        project = self._project
        if put.op is Op.PREPENDS:  # pytest puts the module's own directory in front of that
            names = self.imported(path) - self._names_in(self._base(path))
        else:
            names = self._not_found(path)
        for directory in (each for each in self._directories(put) if each not in known):
            for name in sorted(names & self._names_in(directory)):
                if self._found_first(name) != directory:
                    yield Input(Op.FIND, project.places.name(os.path.join(directory, name)))

    def _found_first(self, name: str) -> str:
        """The directory where the roots lead to for it; empty if nowhere, or to a directory without a source."""
        own = self._project.graph.own_files(name)
        return base_of(own[0]) if own else ""

    def imported(self, path: str) -> set[str]:
        """The first parts of all names that the module's own code and what it reaches import."""
        graph = self._project.graph
        return self._not_found(path).union(*map(graph.names, graph.closure((path,)).files))

    def _not_found(self, path: str) -> set[str]:
        return {name.partition(".")[0] for name in self._project.graph.closure((path,)).absent}

    def _directories(self, put: Input) -> list[str]:
        return self._project.places.path(put.name).split(AND)

    def _names_in(self, directory: str) -> set[str]:
        return set(map(top_name, self._project.graph.entries(directory)))
