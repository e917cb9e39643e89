"""Installed distributions: which one provides a top-level name, and what state it is in.

A distribution counts by its RECORD, which lists the sum of each of its files. Lines that differ from one
venv to the next are left out: scripts (their first line names the interpreter), bytecode, and the notes that
installers leave. So two machines with the same wheels agree. To that is added what its files are not as
RECORD says (``edits.py``). A distribution without RECORD counts by the content of its files.

What is learnt of a distribution is remembered between runs (``remembered``): its metadata by the signatures
of RECORD and METADATA, its edits by the signature of its trees (``installed.py``). Nothing is remembered of
files written too short a while ago to be told from a second write.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, TypeAlias

from pytest_gocache.core import metadata
from pytest_gocache.core.edits import Edit, edits
from pytest_gocache.core.hashing import ABSENT, Digest, Hasher
from pytest_gocache.core.installed import names_in
from pytest_gocache.core.model import Json
from pytest_gocache.core.recall import State, facts_from_json, facts_to_json, stamp_of, state_from_json, state_to_json
from pytest_gocache.core.records import INFO_SUFFIXES, Distribution, entries, normalised, read, read_distribution
from pytest_gocache.core.trees import Trees
from pytest_gocache.core.values import frozen

Line: TypeAlias = tuple[str, str, Digest]
"""Name, version and digest."""

_TREES: Final = "trees"
_FOREIGN: Final = 5000
"""How many rows are kept that this run had no need of."""


@frozen
class Installed:
    """A distribution in its place: the directory ``site`` and the name of its metadata in it."""

    site: str
    info: str
    facts: Distribution

    @property
    def path(self) -> str:
        """Where its metadata lie."""
        return os.path.join(self.site, self.info)


class Distributions:
    """All distributions of some directories, each read when it is first needed.

    ``elsewhere`` are further directories that hold metadata only (``src/shop.egg-info``).
    """

    def __init__(
        self,
        site_dirs: Iterable[str],
        remembered: object = None,
        now_ns: int | None = None,
        elsewhere: Iterable[str] = (),
    ) -> None:
        self._site_dirs = tuple(dict.fromkeys(site_dirs))
        self._elsewhere = tuple(each for each in dict.fromkeys(elsewhere) if each not in self._site_dirs)
        self._looked_in = {*self._site_dirs, *self._elsewhere}
        self._old: Mapping[str, Json] = remembered if isinstance(remembered, Mapping) else {}
        self._rows: dict[str, list[Json]] = {}
        self._states: dict[str, State] = {}
        self._lines: dict[str, Line] = {}
        self._trees = Trees(now_ns, self._old.get(_TREES))
        self._names: dict[str, list[Installed]] | None = None
        self._by_top: dict[str, list[Installed]] = {}

    def by_name(self, name: str) -> Distribution | None:
        """The distribution called ``name`` in any spelling; of several, the first on the path."""
        found = self._index().get(normalised(name))
        return found[0].facts if found else None

    def by_top(self, top: str) -> tuple[str, ...]:
        """Names of the distributions that provide the importable ``top``; a namespace may have several."""
        self._index()
        return tuple(sorted({one.facts.name for one in self._by_top.get(top, ())}))

    @property
    def tops(self) -> frozenset[str]:
        """All importable names that distributions provide."""
        self._index()
        return frozenset(self._by_top)

    def digest(self, tops: Iterable[str]) -> tuple[Line, ...]:
        """Name, version and digest of all that provide ``tops``, and of what they require, transitively.

        A module in site-packages that belongs to nothing counts by its content: ``("top:x", "", ...)``.
        """
        tops = sorted(set(tops))
        owned = {top: self.by_top(top) for top in tops}
        found = self.digest_of_names(name for names in owned.values() for name in names)
        return (*found, *(self._stray(top) for top in tops if not owned[top]))

    def digest_of_names(self, names: Iterable[str]) -> tuple[Line, ...]:
        """The same for distributions given by name (active plugins)."""
        index, todo, seen = self._index(), [normalised(name) for name in names], set[str]()
        while todo:
            name = todo.pop()
            if name not in seen and name in index:
                seen.add(name)
                todo += [required for one in index[name] for required in one.facts.requires]
        return tuple(sorted(self._line(one) for name in seen for one in index[name]))

    def present(self, wanted: str) -> Digest:
        """What a look-up of metadata gives now: of one distribution by its name, or of all (see ``metadata.py``)."""
        placed = [*(one for each in self._index().values() for one in each), *self._placed(self._elsewhere)]
        if wanted == metadata.ALL:
            return metadata.inventory((one.facts.name, one.facts.version) for one in placed)
        if wanted.startswith(metadata.ENTRY_POINTS):
            for one in placed:
                self._trees.rows(one.site, f"{one.info}/entry_points.txt")
            return metadata.entry_points(wanted, ((one.facts.name, one.path) for one in placed))
        named = [one for one in placed if one.facts.name == wanted]
        for one in named:
            self._trees.rows(one.site, one.info)
        return metadata.described([one.path for one in named])

    def changed(self) -> frozenset[str]:
        """Which of the distributions asked for (``top:x`` for strays) are no longer as they were at first."""
        again = Distributions(self._site_dirs, self.remembered())
        known = {line[0] for line in self._lines.values()}
        now = again.digest_of_names(known) + tuple(again._stray(name[4:]) for name in known if name.startswith("top:"))
        return frozenset(line[0] for line in set(now) ^ set(self._lines.values()) if line[0] in known)

    def witness(self) -> Json:
        """For ``installed.holds``: all files that were looked at here. None if some are too young."""
        return self._trees.witness()

    def remembered(self) -> dict[str, Json]:
        """What a later run may be given; plain data."""
        if self._names is None:
            return dict(self._old)
        kept = self._may_return(self._old)
        kept |= {path: state_to_json(state) for path, state in self._states.items()}
        kept |= {path: [*row, state_to_json(self._states.get(path))] for path, row in self._rows.items()}
        old = self._old.get(_TREES)
        trees = self._may_return(old if isinstance(old, dict) else {})
        for site in self._looked_in:
            trees |= self._trees.to_json(site)
        return kept | {_TREES: trees} if trees else kept

    def _may_return(self, old: Mapping[str, Json]) -> dict[str, Json]:
        """What this run had no need of, as far as it still is there, or belongs to another environment."""
        there = {directory: frozenset(names_in(directory)) for directory in self._looked_in}
        kept: dict[str, Json] = {}
        for path, row in old.items():
            directory, name = os.path.split(path)
            if path != _TREES and (directory not in there or name in there[directory]):
                kept[path] = row
        return kept if len(kept) < _FOREIGN else {}

    def _index(self) -> dict[str, list[Installed]]:
        if self._names is None:
            self._names = {}
            for one in self._placed(self._site_dirs):
                self._names.setdefault(one.facts.name, []).append(one)
                for top in one.facts.tops:
                    self._by_top.setdefault(top, []).append(one)
        return self._names

    def _placed(self, directories: Iterable[str]) -> Iterator[Installed]:
        for site in directories:
            for name in self._trees.names(site):
                if name.endswith(INFO_SUFFIXES):
                    yield Installed(site, name, self._facts(os.path.join(site, name)))

    def _facts(self, path: str) -> Distribution:
        stamp, row = stamp_of(path, self._trees.began), self._old.get(path)
        found = (facts_from_json(row, stamp) if stamp else None) or read_distribution(path)
        if stamp:
            self._rows[path] = facts_to_json(found, stamp)
            state = state_from_json(row[-1]) if isinstance(row, list) and row else None
            if state is not None:
                self._states.setdefault(path, state)
        return found

    def _line(self, one: Installed) -> Line:
        if one.path not in self._lines:
            found, digest = self._edits(one), one.facts.digest
            line = (one.facts.name, one.facts.version, _edited(digest, found) if found else digest)
            self._lines[one.path] = line
        return self._lines[one.path]

    def _edits(self, one: Installed) -> tuple[Edit, ...]:
        joint = self._trees.joint(one.site, one.facts.trees)
        known = self._states.get(one.path)
        if known is not None and known.trees == joint:
            return known.edits
        record = {entry.path: entry for entry in entries(read(one.path, "RECORD"))}
        rows = [row for tree in one.facts.trees for row in self._trees.rows(one.site, tree)]
        found = edits(one.site, one.info, record, rows, self._trees.began, lambda: self._files_beside(one))
        self._keep(one.path, State(joint, found), self._trees.is_young(one.site, one.facts.trees))
        return found

    def _keep(self, path: str, state: State, is_young: bool) -> None:
        if is_young:
            self._states.pop(path, None)
        else:
            self._states[path] = state

    def _files_beside(self, one: Installed) -> frozenset[str]:
        """What the distributions that share a directory with ``one`` list as theirs."""
        mine = set(one.facts.trees)
        others = [each for found in self._index().values() for each in found if each.site == one.site and each != one]
        sharing = [each for each in others if not mine.isdisjoint(each.facts.trees)]
        return frozenset(entry.path for each in sharing for entry in entries(read(each.path, "RECORD")))

    def _stray(self, top: str) -> Line:
        key = f"top:{top}"
        if key not in self._lines:
            found = tuple(edit for site in self._site_dirs for edit in self._stray_files(site, top))
            self._lines[key] = (key, "", _edited(ABSENT, found) if found else ABSENT)
        return self._lines[key]

    def _stray_files(self, site: str, top: str) -> tuple[Edit, ...]:
        trees = [name for name in self._trees.names(site) if name.partition(".")[0] == top]
        if not trees:
            return ()
        path, joint = os.path.join(site, f"{top}.stray"), self._trees.joint(site, trees)
        known = state_from_json(self._old.get(path))
        rows = [row for tree in trees for row in self._trees.rows(site, tree)]
        found = known.edits if known and known.trees == joint else edits(site, "", {}, rows, 0, frozenset)
        self._keep(path, State(joint, found), self._trees.is_young(site, trees))
        return found


def _edited(digest: Digest, found: Iterable[Edit]) -> Digest:
    hasher = Hasher("edited distribution")
    hasher.add("installed", digest)
    for path, content in found:
        hasher.add("file", path, content)
    return hasher.digest()
