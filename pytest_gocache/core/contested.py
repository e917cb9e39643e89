"""Names that several directories have a module for: who imports first decides which of them all others get.

pytest puts the directories of test modules on ``sys.path``, one after the other as it comes by them, and
``sys.modules`` keeps the first module of a name for everybody. So what ``import helper`` gives one test module
depends on which others ran before it. A cached one does not run; where two directories have a ``helper``, those
that it may concern all run.

``conftest`` is no such name: pytest loads each of them itself, whatever is cached.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping

from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.places import Places

INIT = "__init__"


def clashing(bases: Mapping[str, str]) -> frozenset[str]:
    """Those modules that would be imported under one name: pytest reports that, if it imports both.

    ``bases`` has the base directory of each module, by path.
    """
    named: dict[str, list[str]] = {}
    for path, base in bases.items():
        named.setdefault(os.path.relpath(path, base), []).append(path)
    return frozenset(path for same in named.values() if len(same) > 1 for path in same)


def contested(bases: Mapping[str, str], graph: ImportGraph, places: Places) -> dict[str, str]:
    """What may be one file or another to a module, by the module's path, where that depends on who runs."""
    found: dict[str, str] = {}
    for name, files in _ambiguous(frozenset(bases.values()), graph):
        told = f"{name} is {' or '.join(sorted(map(places.name, files)))}"
        for path in _concerned(files, bases, graph):
            found.setdefault(path, told)
    return found


def _ambiguous(bases: frozenset[str], graph: ImportGraph) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Names that one of the ``bases`` and some other directory have, with the files."""
    names = {root: {entry.partition(".")[0] for entry in graph.entries(root)} for root in graph.roots}
    often = Counter(name for some in names.values() for name in some)
    of_bases = {name for base in bases for name in names.get(base, ())}
    for name in sorted(of_bases - {INIT, "conftest"}):
        files = graph.own_files(name) if often[name] > 1 else ()
        if len(files) > 1:
            yield name, files


def _concerned(files: tuple[str, ...], bases: Mapping[str, str], graph: ImportGraph) -> frozenset[str]:
    """The modules that import one of the ``files``, and those whose directories come to have them found."""
    importing = [path for path in bases if _imports(path, files, graph)]
    given_by = {_directory(file) for file in files} & set(bases.values())
    if len(given_by) == 1 and given_by.issuperset(bases[path] for path in importing):
        return frozenset()  # theirs comes first on the path whenever one of them is imported
    beside = {path for path, base in bases.items() if base in given_by}
    concerned = frozenset({*importing, *beside}) if importing else frozenset[str]()
    return concerned if len(concerned) > 1 else frozenset()


def _imports(path: str, files: tuple[str, ...], graph: ImportGraph) -> bool:
    """An absolute import stands for all of them; what lies in a package has imported that."""
    inside = any(path.startswith(os.path.dirname(file) + os.sep) for file in files if _is_init(file))
    return inside or len(graph.closure((path,)).files.intersection(files)) > 1


def _directory(file: str) -> str:
    """The directory on ``sys.path`` where a top-level module was found."""
    return os.path.dirname(os.path.dirname(file) if _is_init(file) else file)


def _is_init(file: str) -> bool:
    return os.path.basename(file).partition(".")[0] == INIT
