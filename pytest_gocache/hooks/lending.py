"""The directories that cached test modules put on ``sys.path``: whether others find there what they found before."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Set

from pytest_gocache.core.bases import Bases
from pytest_gocache.core.contested import top_name
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AND, NEEDS, PUTS, Op
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
        self._borrowed = {(path, self._project.places.path(each.name)) for path, each in among if each.op in NEEDS}
        self.put = [(path, each) for path, each in among if each.op in PUTS]
        """The lenders, with what they put there."""

    def comes_before(self, sooner: str, later: str) -> bool:
        """Whether the module at the one path is imported in this run, and before the other."""
        return sooner in self._places and self._places[sooner] < self._places.get(later, 0)

    def unlike(self, path: str, inputs: Collection[Input], needs: Collection[str]) -> Iterator[Input]:
        """What the module at ``path`` would find in another place than it did; ``needs`` are the modules it needs."""
        yield from self._found_too_early(path, inputs, needs)
        known = {directory for each in inputs if each.op in PUTS for directory in self._directories(each)}
        known.update(*(self._directories(put) for lender, put in self.put if lender in needs))
        for lender, put in self.put:
            if lender != path and lender not in needs and self.comes_before(lender, path):
                yield from self._found_there(path, put, known)

    def _found_there(self, path: str, put: Input, known: Set[str]) -> Iterator[Input]:
        """What the module imports that is to be found in directories that another put on ``sys.path``."""
        project = self._project
        if put.op is Op.PREPENDS:  # pytest puts the module's own directory in front of that
            names = self._imported(path) - self._names_in(self._base(path))
        else:
            names = self._not_found(path)
        for directory in (each for each in self._directories(put) if each not in known):
            for name in sorted(names & self._names_in(directory)):
                yield Input(Op.FIND, project.places.name(os.path.join(directory, name)))

    def _found_too_early(self, path: str, inputs: Collection[Input], needs: Collection[str]) -> Iterator[Input]:
        """What the module finds in a directory that is lent, and another imports by that name before it is lent: that
        one gets what else goes by the name (a directory, another module), which then is loaded for both."""
        for lender, directories in ((lender, self._directories(put)) for lender, put in self.put if lender in needs):
            lent = {top: each for each in inputs if each.op is Op.EXEC and (top := self._top_below(directories, each))}
            earlier = (other for other in self._places if other != path and self.comes_before(other, lender))
            for other in earlier if lent else ():
                if (other, lender) not in self._borrowed:  # else it met the same, which is asked of it for itself
                    yield from (lent[name] for name in lent.keys() & self._imported(other))

    def _top_below(self, directories: Iterable[str], executed: Input) -> str:
        """The name by which the file is imported from one of the directories; empty if it is in none of them."""
        file = self._project.places.path(executed.name)
        inside = (each for each in directories if file.startswith(each + os.sep))
        return next((top_name(os.path.relpath(file, each)) for each in inside), "")

    def _imported(self, path: str) -> set[str]:
        """The first parts of all names that the module's own code and what it reaches import."""
        graph = self._project.graph
        return self._not_found(path).union(*map(graph.names, graph.closure((path,)).files))

    def _not_found(self, path: str) -> set[str]:
        return {name.partition(".")[0] for name in self._project.graph.closure((path,)).absent}

    def _directories(self, put: Input) -> list[str]:
        return self._project.places.path(put.name).split(AND)

    def _names_in(self, directory: str) -> set[str]:
        return set(map(top_name, self._project.graph.entries(directory)))
