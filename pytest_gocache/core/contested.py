"""Names that mean one module or another, or none, by which other test modules run, and in what order.

pytest puts the directories of test modules on ``sys.path``, one after the other as it comes by them, and
``sys.modules`` keeps the first module of a name for everybody. So what ``import helper`` gives one test module may
depend on which others ran before it: where two directories have a ``helper``, and where only the directory of
other modules has one. A cached module does not run; those that it may concern all do.

``conftest`` is no such name: pytest loads each of them itself, whatever is cached.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from pytest_gocache.core.bases import base_of
from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.looks import upward
from pytest_gocache.core.places import Places
from pytest_gocache.core.values import frozen

INIT = "__init__"
NO_HELPERS = frozenset({INIT, "conftest", "__pycache__", ""})


def clashing(bases: Mapping[str, str]) -> frozenset[str]:
    """Those modules that would be imported under one name: pytest reports that, if it imports both.

    ``bases`` has the base directory of each module, by path.
    """
    named: dict[str, list[str]] = {}
    for path, base in bases.items():
        named.setdefault(_below(base, path), []).append(path)
    return frozenset(path for same in named.values() if len(same) > 1 for path in same)


@frozen
class Layout:
    """Where the modules of a run lie."""

    bases: Mapping[str, str]
    """The directory that pytest puts on ``sys.path`` for each module, by path."""
    path: frozenset[str]
    """What is on ``sys.path`` before the first module is imported."""
    conftests: Mapping[str, str]
    """What it puts there for each conftest, by the directory of that."""

    def sure(self, module: str) -> set[str]:
        """Directories that are on the path when ``module`` is imported, whoever ran before."""
        above = (self.conftests[each] for each in upward(os.path.dirname(module)) if each in self.conftests)
        return {*self.path, self.bases[module], *above}

    def loose(self) -> dict[str, set[str]]:
        """Directories that come to the path with the modules in them, each with the names of those."""
        found: dict[str, set[str]] = {}
        for path, base in self.bases.items():
            if base not in self.path:
                found.setdefault(base, set()).add(top_name(_below(base, path)))
        return found


def contested(layout: Layout, graph: ImportGraph, places: Places) -> dict[str, str]:
    """What depends on who runs, by the path of the module that imports it or comes to have it found."""
    found: dict[str, str] = {}
    names = {name: graph.own_files(name) for name in (*_ambiguous(layout, graph), *_lent(layout, graph))}
    imports = _imports(layout, graph) if any(names.values()) else {}
    for name, files in names.items():
        importing = [path for path in layout.bases if name in imports.get(path, ()) or _lies_in(path, files)]
        if len(files) > 1:
            told = f"{name} is {' or '.join(sorted(map(places.name, files)))}"
            found |= dict.fromkeys(_concerned(importing, files, layout), told)
        elif files:
            told = f"{name} is found beside other test modules only: {places.name(files[0])}"
            found |= {path: told for path in importing if base_of(files[0]) not in layout.sure(path)}
    return found


def _ambiguous(layout: Layout, graph: ImportGraph) -> list[str]:
    """Names that a directory of modules and some other one have."""
    names = {root: {*map(top_name, graph.entries(root))} for root in graph.roots}
    often = Counter(name for some in names.values() for name in some)
    of_modules = {name for base in {*layout.bases.values()} for name in names.get(base, ()) if often[name] > 1}
    return sorted(of_modules - NO_HELPERS)


def _lent(layout: Layout, graph: ImportGraph) -> list[str]:
    """Names that somebody may borrow. Test modules are left out: few import another."""
    return sorted(
        {
            name
            for base, modules in layout.loose().items()
            for name in {*map(top_name, graph.entries(base))} - modules - NO_HELPERS
        }
    )


def _concerned(importing: Sequence[str], files: Collection[str], layout: Layout) -> frozenset[str]:
    """The modules that import one of the ``files``, and those whose directories come to have them found."""
    bases = layout.bases
    given_by = {base_of(file) for file in files} & {*bases.values()}
    if len(given_by) == 1 and given_by.issuperset(bases[path] for path in importing):
        return frozenset()  # theirs comes first on the path whenever one of them is imported
    beside = {path for path, base in bases.items() if base in given_by}
    concerned = frozenset({*importing, *beside}) if importing else frozenset[str]()
    return concerned if len(concerned) > 1 else frozenset()


def _imports(layout: Layout, graph: ImportGraph) -> dict[str, frozenset[str]]:
    """The absolute names that each module imports, itself and through others."""
    files = {path: graph.closure((path,)).files for path in layout.bases}
    return {path: frozenset[str]().union(*map(graph.names, some)) for path, some in files.items()}


def _lies_in(path: str, files: Collection[str]) -> bool:
    """Whether one of the ``files`` is a package that the module belongs to."""
    return path.startswith(tuple(os.path.dirname(file) + os.sep for file in files if _is_init(file)))


def _below(base: str, path: str) -> str:
    """The path within a directory that it lies in. There are thousands, and ``relpath`` takes its time."""
    return path[len(base) :].lstrip(os.sep)


def top_name(entry: str) -> str:
    """The name that importing what lies at ``entry``, a path within a directory, begins with."""
    return entry.partition(os.sep)[0].partition(".")[0]


def _is_init(file: str) -> bool:
    return os.path.basename(file).partition(".")[0] == INIT
