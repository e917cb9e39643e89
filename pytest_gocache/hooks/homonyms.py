"""Names that mean one source to a cached module and another to a module beside it.

``sys.modules`` keeps the first module of a name for everybody. So what is imported from a directory that came to
``sys.path`` on the way (or was loaded by its path) is found by its name only while nobody else had that imported from
elsewhere, and may be found by others in place of theirs. Where that may be, none of them is replayed.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from pytest_gocache.core.loading import stated
from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.lending import Lending

CONFTEST = "conftest.py"


class Homonyms:
    """What the modules of a run import under such names.

    ``among`` is what hits have with other test modules, with the path of each, and ``modules`` are the paths of all.
    """

    def __init__(
        self, desk: Desk, among: Collection[tuple[str, Input]], modules: Collection[str], lending: Lending
    ) -> None:
        self._project = desk.project
        self._modules = modules
        self._lending = lending
        self._changing: dict[str, bool] = {}
        self.called = frozenset((path, *self._read(each)) for path, each in among if each.op is Op.CALLED)
        """The takers of such names, each with the name and the path of its source."""

    def _read(self, called: Input) -> tuple[str, str]:
        name, _, file = called.name.partition(AND)
        return name, self._project.places.path(file)

    def told(self, path: str, inputs: Collection[Input]) -> str:
        """What may be another for the module at ``path``, which is a hit by itself; empty if nothing is."""
        own = {self._read(each) for each in inputs if each.op is Op.CALLED}
        found = [f"called {name}: {self._project.places.name(file)}" for name, file in self._doubtful(path, own)]
        return f"{min(found)}, or what another module finds under that name" if found else ""

    def _doubtful(self, path: str, own: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for taker, name, file in self.called:
            if taker != path and (name, file) not in own and self._differs(path, name, file, taker):
                yield name, file
        for name, file in own:
            if any(self._differs(other, name, file, path) for other in self._modules if other != path):
                yield name, file

    def _differs(self, other: str, name: str, file: str, taker: str) -> bool:
        """Whether ``other`` imports the name too, and may get something else for it than ``taker`` did."""
        if (other, name, file) in self.called or not self._imports(other, name, taker):
            return False
        known = file in self._project.graph.closure((other,)).files or self._lending.lends(file, other)
        return not (known or self._share_a_conftest(other, taker))

    def _imports(self, other: str, name: str, taker: str) -> bool:
        """Whether it does, or a conftest that is loaded for it and not for ``taker``."""
        conftests = self._conftests_above(other) - self._conftests_above(taker)
        return any(name in self._lending.imported(each) for each in (other, *conftests))

    def _conftests_above(self, path: str) -> set[str]:
        names = (os.path.join(each, CONFTEST) for each in upward(os.path.dirname(path)))
        return {each for each in names if CONFTEST in self._project.graph.entries(os.path.dirname(each))}

    def _share_a_conftest(self, other: str, taker: str) -> bool:
        """Whether a conftest that changes ``sys.path`` when it is loaded is there for both: as likely as not it is that
        which leads to the source."""
        return any(map(self._changes_path, self._conftests_above(other) & self._conftests_above(taker)))

    def _changes_path(self, conftest: str) -> bool:
        if conftest not in self._changing:
            self._changing[conftest] = stated(self._project.files.content(conftest) or b"").changes_path
        return self._changing[conftest]
