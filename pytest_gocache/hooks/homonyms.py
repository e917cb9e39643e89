"""Names that mean one source to a cached module and another to a module beside it.

``sys.modules`` keeps the first module of a name for everybody. So what is imported from a directory that came to
``sys.path`` on the way (or was loaded by its path) is found by its name only while nobody else had that imported from
elsewhere, and may be found by others in place of theirs. Where that may be, none of them is replayed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from typing import Final, TypeAlias

from pytest_gocache.core.bases import Bases
from pytest_gocache.core.contested import top_name
from pytest_gocache.core.loading import stated
from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.core.sources import CONFTEST
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.lending import Lending

Called: TypeAlias = "tuple[str, str]"
"""A name, and the directory where it is found."""
_PATCHED: Final = re.compile(rb"""\b(?:patch(?:\.\w+)?|setattr|delattr)\(\s*["'](\w+)\.\w""")
"""What ``mock.patch`` and ``monkeypatch.setattr`` are told to import."""


class Homonyms:
    """What the modules of a run import under such names.

    ``among`` is what hits have with other test modules, with the path of each, and ``modules`` are the paths of all;
    ``runs`` tells of a hit whether it runs all the same.
    """

    def __init__(
        self,
        desk: Desk,
        among: Collection[tuple[str, Input]],
        modules: Collection[str],
        lending: Lending,
        runs: Callable[[str], bool],
    ) -> None:
        self._project = desk.project
        self._modules = modules
        self._lending = lending
        self._runs = runs
        self._base = Bases()
        self._names: dict[str, frozenset[str]] = {}
        self._leading: dict[tuple[str, str], bool] = {}
        self._differing: dict[Called, frozenset[str]] = {}
        self.called: dict[Called, set[str]] = {}
        """Who takes such a name from which directory."""
        for path, each in among:
            if each.op is Op.CALLED:
                self.called.setdefault(self._read(each), set()).add(path)

    def _read(self, called: Input) -> Called:
        name, _, directory = called.name.partition(AND)
        return name, self._project.places.path(directory)

    def told(self, path: str) -> str:
        """What may be another for the module at ``path``, which is a hit by itself; empty if nothing is."""
        found = [
            f"called {name}: in {self._project.places.name(directory)}"
            for (name, directory), takers in self.called.items()
            if (differing := self._differ((name, directory))) and (path in takers or path in differing)
        ]
        return f"{min(found)}, or what another module finds under that name" if found else ""

    def _differ(self, called: Called) -> frozenset[str]:
        """The modules that import the name, too, and may get something else for it than its takers did."""
        if called not in self._differing:
            name, directory = called
            takers, doubtful = self.called[called], self._lending.lends_another(name, directory)
            others = (path for path in self._modules if path not in takers or self._runs(path))
            importing = (path for path in others if name in self._imported(path))
            differing = (path for path in importing if doubtful or not self._finds_it(path, name, directory))
            self._differing[called] = frozenset(differing)
        return self._differing[called]

    def _finds_it(self, path: str, name: str, directory: str) -> bool:
        return self._lending.lends(name, directory, path) or self._is_led(path, directory)

    def _imported(self, path: str) -> frozenset[str]:
        """What it imports, or the conftests above it do; its own name; and what it patches."""
        if path not in self._names:
            own = top_name(os.path.relpath(path, self._base(path)))
            spoken = _PATCHED.findall(self._project.files.content(path) or b"")
            sources = (path, *self._conftests_above(path))
            names = {own, *(word.decode(errors="replace") for word in spoken)}
            self._names[path] = frozenset(names.union(*map(self._lending.imported, sources)))
        return self._names[path]

    def _conftests_above(self, path: str) -> set[str]:
        names = (os.path.join(each, CONFTEST) for each in upward(os.path.dirname(path)))
        return {each for each in names if CONFTEST in self._project.graph.entries(os.path.dirname(each))}

    def _is_led(self, path: str, directory: str) -> bool:
        """Whether the module itself, a conftest above it, or what these import, changes ``sys.path`` when it is loaded,
        and speaks of the directory, or lies below it: as likely as not it is that which leads there."""
        graph = self._project.graph
        files = {file for each in (path, *self._conftests_above(path)) for file in graph.closure((each,)).files}
        return any(self._leads(file, directory) for file in files)

    def _leads(self, file: str, directory: str) -> bool:
        if (file, directory) not in self._leading:
            content = self._project.files.content(file) or b""
            speaks = os.path.basename(directory).encode() in content or directory in upward(os.path.dirname(file))
            self._leading[file, directory] = speaks and stated(content).changes_path
        return self._leading[file, directory]
