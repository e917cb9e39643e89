"""Names that mean one source to a cached module and another to a module beside it.

``sys.modules`` keeps the first module of a name for everybody. So what is imported from a directory that came to
``sys.path`` on the way (or was loaded by its path) is found by its name only while nobody else had that imported from
elsewhere, and may be found by others in place of theirs. Where that may be, none of them is replayed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterator, Set

from pytest_gocache.core.bases import Bases
from pytest_gocache.core.contested import top_name
from pytest_gocache.core.loading import stated
from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.lending import Lending

CONFTEST = "conftest.py"


class Homonyms:
    """What the modules of a run import under such names.

    ``among`` is what hits have with other test modules, with the path of each, and ``modules`` are the paths of all;
    ``asked`` gives the names that a hit asked for while it ran.
    """

    def __init__(
        self,
        desk: Desk,
        among: Collection[tuple[str, Input]],
        modules: Collection[str],
        lending: Lending,
        asked: Callable[[str], Set[str]],
    ) -> None:
        self._project = desk.project
        self._modules = modules
        self._lending = lending
        self._asked = asked
        self._base = Bases()
        self._leading: dict[tuple[str, str], bool] = {}
        self.called = frozenset((path, *self._read(each)) for path, each in among if each.op is Op.CALLED)
        """The takers of such names, each with the name and the directory where it is found."""

    def _read(self, called: Input) -> tuple[str, str]:
        name, _, directory = called.name.partition(AND)
        return name, self._project.places.path(directory)

    def told(self, path: str, inputs: Collection[Input]) -> str:
        """What may be another for the module at ``path``, which is a hit by itself; empty if nothing is."""
        own = {self._read(each) for each in inputs if each.op is Op.CALLED}
        found = [f"called {name}: in {self._project.places.name(at)}" for name, at in self._doubtful(path, own)]
        return f"{min(found)}, or what another module finds under that name" if found else ""

    def _doubtful(self, path: str, own: Collection[tuple[str, str]]) -> Iterator[tuple[str, str]]:
        for taker, name, directory in self.called:
            if taker != path and (name, directory) not in own and self._differs(path, name, directory, taker):
                yield name, directory
        for name, directory in own:
            if any(self._differs(other, name, directory, path) for other in self._modules if other != path):
                yield name, directory

    def _differs(self, other: str, name: str, directory: str, taker: str) -> bool:
        """Whether ``other`` imports the name too, and may get something else for it than ``taker`` did."""
        if (other, name, directory) in self.called or not self._imports(other, name, taker):
            return False
        if self._lending.lends_another(name, directory):
            return True
        return not (self._lending.lends(name, directory, other) or self._is_led(other, directory))

    def _imports(self, other: str, name: str, taker: str) -> bool:
        """Whether it does, is imported under the name itself, or speaks of it; or a conftest that is loaded for it and
        not for ``taker`` imports it."""
        if name == top_name(os.path.relpath(other, self._base(other))) or name in self._asked(other):
            return True
        conftests = self._conftests_above(other) - self._conftests_above(taker)
        quoted = re.compile(rb"""["']%b["'.]""" % name.encode())
        return any(name in self._lending.imported(each) for each in (other, *conftests)) or bool(
            quoted.search(self._project.files.content(other) or b"")
        )

    def _conftests_above(self, path: str) -> set[str]:
        names = (os.path.join(each, CONFTEST) for each in upward(os.path.dirname(path)))
        return {each for each in names if CONFTEST in self._project.graph.entries(os.path.dirname(each))}

    def _is_led(self, other: str, directory: str) -> bool:
        """Whether the module itself, a conftest above it, or what these import, changes ``sys.path`` when it is loaded,
        and speaks of the directory, or lies below it: as likely as not it is that which leads there."""
        graph = self._project.graph
        files = {file for each in (other, *self._conftests_above(other)) for file in graph.closure((each,)).files}
        return any(self._leads(file, directory) for file in files)

    def _leads(self, file: str, directory: str) -> bool:
        if (file, directory) not in self._leading:
            content = self._project.files.content(file) or b""
            speaks = os.path.basename(directory).encode() in content or directory in upward(os.path.dirname(file))
            self._leading[file, directory] = speaks and stated(content).changes_path
        return self._leading[file, directory]
