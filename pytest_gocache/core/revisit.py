"""A module of which something is recorded, looked at again without a run: from the shell.

What only pytest knows (options, ini lines, plugins, which tests are asked for) cannot be held against the present
here. Files, variables, the interpreter and what is installed can, with the directories that the recorded run
imported from: as long as the same environment asks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from pytest_gocache.core import environment
from pytest_gocache.core.action import Candidate, conftests_of
from pytest_gocache.core.cache import Cache, entry, traces_in
from pytest_gocache.core.contrast import Apart, Told, of_key
from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.files import Files
from pytest_gocache.core.hashing import ABSENT, Digest, Hasher
from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.model import Input, Manifest, Op, Trace
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import ALLOWED, IGNORED, Policy
from pytest_gocache.core.project import Project
from pytest_gocache.core.recorded import Recorded
from pytest_gocache.core.sources import Sources
from pytest_gocache.stores.base import Store


class Revisit:
    """Opens the books of one module. Raises nothing for what they hold."""

    def __init__(self, store: Store, found: Recorded) -> None:
        self._found = found
        self._before: Manifest = found.manifest
        places = Places.of_interpreter(Path(found.project), found.owned)
        files = Files({})
        sources, path = Sources(files, {}), tuple(os.path.abspath(each) for each in sys.path)
        table = Cache(store, _nothing, found.project).table(self._before)
        graph = ImportGraph(table.roots, places, sources, path=path)
        installed = Distributions(places.site, elsewhere=path)
        variables = Variables(os.environ)
        self._project = Project(places, files, sources, graph, installed, variables, Policy(), _nothing)
        self._cache = Cache(store, self._project.present, found.project)
        self._table = table.of(self._before)
        self._path = places.path(found.module)
        conftests = conftests_of(self._path, found.project, os.path.isfile)
        self._candidate = Candidate(self._path, found.module, conftests)

    def lines(self) -> Iterator[str]:
        """What became of the module at its last run, and what has changed since."""
        before = self._before
        yield from self._found.heading()
        newest = self._found.passes[0] if self._found.passes and not before.refused else None
        yield before.became + (f": {newest.counts()}, {newest.took()}" if newest else "")
        since = list(self._since())
        known = "imported (what it read is not known)" if before.refused else "imported or read"
        yield "since then:" if since else f"nothing that it {known} has changed since then"
        for each in since:
            yield f"    {each.text}"
            if each.way:
                yield f"      {' -> '.join(each.way)}"

    def _since(self) -> Iterator[Told]:
        yield from of_key(self._before.lines, list(self._lines()))
        closure = self._project.graph.closure((self._path, *self._candidate.conftests))
        apart = Apart(self._project, self._cache, self._candidate, self._before)
        yield from apart.changed_files(self._table, self._digests(closure.files), closure.positions)
        traces = traces_in(self._cache.read(entry("traces", self._before.action)))
        yield from apart.nearest(map(_comparable, traces))

    def _digests(self, files: frozenset[str]) -> Mapping[str, str]:
        """Of what is imported now, and of what was imported then and is there still."""
        places = self._project.places
        then = (places.path(name) for name in self._table)
        return self._project.source_digests({*files, *(path for path in then if os.path.isfile(path))})

    def _lines(self) -> Iterator[str]:
        """The lines of the key as they would be now; as they were, where only pytest knows."""
        lines = [line.split(" ", 2) for line in self._before.lines]
        named = {part: [words[1] for words in lines if words[0] == part] for part in ("variable", "distribution")}
        now = Hasher("now")
        for each in environment.interpreter_lines():
            now.add("interpreter", *each)
        variables = dict(self._project.variables.lines(named["variable"]))
        for name in named["variable"]:
            now.add("variable", name, variables[name])
        now.add("module", self._found.module, self._project.files.digest(self._path))
        installed = self._project.distributions
        for line in installed.digest_of_names(each for each in named["distribution"] if not each.startswith("top:")):
            now.add("distribution", *line)
        yield from now.lines[1:]
        known = ("interpreter", "variable", "module", "distribution")
        yield from (" ".join(words) for words in lines if words[0] not in known or words[1].startswith("top:"))

    def ways(self, target: str) -> Iterator[tuple[str, ...]]:
        """How the module comes to depend on the file at ``target``: by imports, by name, by reading it."""
        graph, places = self._project.graph, self._project.places
        name = places.name(target)
        if way := graph.way((self._path, *self._candidate.conftests), target):
            yield tuple(map(places.name, way if way[0] == self._path else (self._path, *way)))
            return
        for wanted in self._inputs():
            starts = sorted(self._project.code_of(wanted))
            if starts and (way := graph.way(starts, target)):
                yield (self._found.module, f"({wanted})", *map(places.name, way))
                return
        yield from ((self._found.module, f"({wanted})") for wanted in self._inputs() if wanted.name == name)

    def _inputs(self) -> Iterator[Input]:
        seen = (wanted for one in self._found.passes for wanted, _ in one.inputs)
        return iter(dict.fromkeys(seen))


def _comparable(trace: Trace) -> Trace:
    """Without what the ini lines of that run excused, and what only pytest knows."""
    return Trace(tuple(pair for pair in trace.inputs if _is_told(*pair)), trace.result)


def _is_told(wanted: Input, digest: Digest) -> bool:
    return wanted.op is not Op.OPTION and digest not in (IGNORED, ALLOWED)


def _nothing(_wanted: Input | str) -> Digest:
    return ABSENT
