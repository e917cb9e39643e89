"""The import graph: for a test module, every first-party file that importing it may execute.

It is made anew in each run from remembered facts (``source``) and present listings (``resolve``), so that
absence needs no bookkeeping: a file that appears, and would be imported, is an edge that was not there.
A closure's digest is a Merkle digest, computed once per strongly connected component: names and code
digests of the members, then the digests of the components they import. All modules of a run together
cost one pass over the graph.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable
from typing import TypeAlias

from pytest_gocache.core.hashing import ABSENT, Digest, Hasher
from pytest_gocache.core.outside import Outside
from pytest_gocache.core.places import Places
from pytest_gocache.core.refs import EVERY, ImportRef
from pytest_gocache.core.resolve import DiskTree, Finder, Found, Located, RememberedTree, Tree
from pytest_gocache.core.scc import Components
from pytest_gocache.core.source import SourceFile
from pytest_gocache.core.values import frozen

Sources: TypeAlias = "Callable[[str], SourceFile | None]"
"""Path to file; None if it cannot be read."""


@frozen
class Edges:
    """What one file imports."""

    files: frozenset[str] = frozenset()
    tops: frozenset[str] = frozenset()
    """Top-level names that installed distributions provide."""
    absent: frozenset[str] = frozenset()
    """Dotted names that no file provides: there is nothing, or nothing but a directory (a namespace package)."""
    several: frozenset[tuple[str, ...]] = frozenset()
    """The files of names that several directories have, in the order of these: which one is meant depends on that."""


class _Numbers:
    """Numbers strings in order of appearance, so that a set of them is one int (bit by bit)."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._number: dict[str, int] = {}
        self._sets: dict[int, frozenset[str]] = {}

    def number(self, name: str) -> int:
        known = self._number.setdefault(name, len(self.names))
        if known == len(self.names):
            self.names.append(name)
        return known

    def mask(self, names: Iterable[str]) -> int:
        bits = 0
        for name in names:
            bits |= 1 << self.number(name)
        return bits

    def set_of(self, mask: int) -> frozenset[str]:
        known = self._sets.get(mask)
        if known is None:
            bits = bin(mask)[:1:-1]
            known = self._sets[mask] = frozenset(self.names[at] for at, bit in enumerate(bits) if bit == "1")
        return known

    def rest(self) -> None:
        """Lets go of the sets."""
        self._sets.clear()


@frozen
class _Part:
    """All that is to be known of one component and everything below it."""

    code: Digest
    bytes: Digest
    positions: bool
    files: int
    tops: int
    absent: int


@frozen
class Closure:
    """All that some files import, transitively, themselves included."""

    digest: Digest
    positions: bool
    """Some file asks for line positions, so the bytes of all count."""
    mask: int
    """``files`` as a number: bit i is the graph's i-th file. For unions without sets."""
    tops: frozenset[str]
    absent: frozenset[str]
    _names: _Numbers

    @property
    def files(self) -> frozenset[str]:
        """Absolute paths; made when asked for, once per set."""
        return self._names.set_of(self.mask)


class ImportGraph:
    """Who imports whom among the first-party files; grows as it is asked, and holds for one run."""

    def __init__(
        self,
        roots: Iterable[str],
        places: Places,
        sources: Sources,
        tree: Tree | None = None,
        outside: Callable[[str], Located] | None = None,
        path: Iterable[str] | None = None,
    ) -> None:
        """``path`` stands for ``sys.path``, which tests may change while they run."""
        self._tree = RememberedTree(tree or DiskTree())
        # For ``--pyargs`` pytest puts site-packages itself in front; ``Outside`` judges what lies there.
        near = [root for root in roots if places.is_first_party(root)]
        self._finder = Finder(near, self._tree, outside or Outside(places, self._tree, path))
        self._places = places
        self._read = sources
        self._sources: dict[str, SourceFile | None] = {}
        self._edges: dict[str, Edges] = {}
        self._imported: dict[str, frozenset[str]] = {}
        self._files, self._tops, self._absent = _Numbers(), _Numbers(), _Numbers()
        self._components = Components(self._successors)
        self._parts: list[_Part] = []
        self._closures: dict[tuple[int, ...], Closure] = {}
        """By their components, in order. (Tuples of numbers the garbage collector leaves alone.)"""

    @property
    def roots(self) -> tuple[str, ...]:
        """The first-party directories where names are looked for."""
        return self._finder.roots

    def entries(self, directory: str) -> Collection[str]:
        """The names in a directory."""
        return self._tree.entries(directory).keys()

    def own_files(self, name: str) -> tuple[str, ...]:
        """The first-party files that a top-level name may mean, one for each directory that has it."""
        return self._finder.absolute(name).own

    def names(self, path: str) -> frozenset[str]:
        """The first parts of all absolute names that the file at ``path`` imports itself."""
        known = self._imported.get(path)
        if known is None:
            source = self.source(path)
            refs = source.facts.imports if source else ()
            names = (ref.module.partition(".")[0] for ref in refs if not ref.level)
            known = self._imported[path] = frozenset(names)
        return known

    @property
    def probed_dirs(self) -> frozenset[str]:
        """Directories whose listing the answers so far depend on."""
        return frozenset(self._tree.seen)

    @property
    def asked(self) -> frozenset[str]:
        """The names that were looked for, part by part; ``*`` is among them where all that a package has counts."""
        return frozenset(self._finder.asked)

    def rest(self) -> None:
        """Lets go of what can be worked out again: most of it is not asked for while tests run, and they may look at
        all objects there are."""
        self._finder.rest()
        self._edges.clear()
        self._imported.clear()
        self._sources.clear()
        for numbers in (self._files, self._tops, self._absent):
            numbers.rest()

    def source(self, path: str) -> SourceFile | None:
        """The file as it was when the graph first looked at it."""
        if path not in self._sources:
            self._sources[path] = self._read(path)
        return self._sources[path]

    def found(self, name: str) -> Found:
        """Where importing the absolute dotted ``name`` leads."""
        return self._finder.absolute(name)

    def present(self, name: str) -> Found:
        """The same, for who does not depend on it."""
        return self._finder.present(name)

    def resolve(self, name: str) -> frozenset[str]:
        """The first-party files that importing the absolute dotted ``name`` executes."""
        return self._finder.absolute(name).files

    def portions(self, name: str) -> tuple[str, ...]:
        """The directories of a namespace package, in portable names: there is no code in it that would tell of another
        one. Empty for all else."""
        found = self._finder.absolute(name)
        return tuple(map(self._places.name, found.dirs)) if found.is_bare else ()

    def misses(self, name: str) -> bool:
        """Whether part of the dotted ``name`` is nowhere to be found."""
        return bool(self._finder.absolute(name).absent)

    def edges(self, path: str) -> Edges:
        """What ``path`` imports itself, and the packages it lies in."""
        known = self._edges.get(path)
        if known is None:
            known = self._edges[path] = self._edges_of(path)
        return known

    def chain(self, start: str, end: str) -> tuple[str, ...]:
        """The shortest way by imports from one file to another, both of them with it; empty if there is none."""
        came: dict[str, str] = {start: ""}
        waiting = deque([start])
        while waiting and end not in came:
            path = waiting.popleft()
            for further in sorted(self.edges(path).files):
                if further not in came:
                    came[further] = path
                    waiting.append(further)
        way = [end] if end in came else []
        while way and came[way[-1]]:
            way.append(came[way[-1]])
        return tuple(reversed(way))

    def way(self, starts: Iterable[str], end: str) -> tuple[str, ...]:
        """The ``chain`` from the first of ``starts`` that leads there by way of others, else from one that is next."""
        ways = [way for start in starts if (way := self.chain(start, end))]
        return next((way for way in ways if len(way) > 2), ways[0] if ways else ())

    @property
    def numbered(self) -> Collection[str]:
        """The paths of all files met so far; a closure's ``mask`` has bit i for the i-th."""
        return self._files.names

    def closure(self, paths: Iterable[str], exactly: bool = False) -> Closure:
        """The closure of ``paths`` together: give a module with its conftests, they share ``positions``. ``exactly``:
        as if there were some."""
        parts = tuple(sorted({self._component(path) for path in paths}))
        known = self._closures.get((exactly, *parts))
        if known is None:
            known = self._closures[exactly, *parts] = self._joint(parts, exactly)
        return known

    def asks(self, path: str) -> bool:
        """Whether the file at ``path``, or one that it imports, asks for line positions."""
        return self._parts[self._component(path)].positions

    def exact(self, path: str) -> Digest:
        """What stands, byte for byte, in the file at ``path`` and all that it imports."""
        return self._parts[self._component(path)].bytes

    def _joint(self, parts: Collection[int], exactly: bool) -> Closure:
        positions = exactly or any(self._parts[part].positions for part in parts)
        hasher = Hasher("closure")
        hasher.add("positions", str(positions))
        for digest in sorted(self._digest(part, positions) for part in parts):
            hasher.add("part", digest)
        mask = tops = absent = 0
        for part in (self._parts[number] for number in parts):
            mask, tops, absent = mask | part.files, tops | part.tops, absent | part.absent
        names = self._tops.set_of(tops), self._absent.set_of(absent)
        return Closure(hasher.digest(), positions, mask, *names, self._files)

    def _edges_of(self, path: str) -> Edges:
        source = self.source(path)
        refs = source.facts.imports if source else ()
        found = [one for ref in refs for one in self._found(path, ref)]
        packages = self._finder.package_files(os.path.dirname(path))
        bare = frozenset(ref.module for ref in refs if not ref.level and self._finder.absolute(ref.module).is_bare)
        return Edges(
            packages.union(*(one.files for one in found)) - {path},
            frozenset[str]().union(*(one.tops for one in found)),
            bare.union(*(one.absent for one in found)),
            frozenset(one.own for one in found if len(one.own) > 1),
        )

    def _found(self, path: str, ref: ImportRef) -> list[Found]:
        """The module that ``ref`` names, then those of its names that are submodules."""
        finder = self._finder
        if ref.level:
            directory = os.path.dirname(path)
            for _ in range(ref.level - 1):
                directory = os.path.dirname(directory)
            module = finder.below(finder.package_dirs(directory), ref.module)
        else:
            module = finder.absolute(ref.module)
        if not module.dirs or not ref.names:
            return [module]
        names = self._exports(module, path) if "*" in ref.names else ref.names
        return [module, *(finder.below(module.dirs, name) for name in names)]

    def _exports(self, module: Found, path: str) -> tuple[str, ...]:
        """What a star import asks for. Names that are no submodules resolve to nothing, and do no harm."""
        # A package's own ``from . import *`` names no file in ``own``: its ``__init__`` is the importer.
        files = module.own or self._finder.package_files(os.path.dirname(path))
        sources = [self.source(file) for file in files]
        names = {name for source in sources if source for name in source.facts.exports}
        if EVERY in names:
            self._finder.asked.add(EVERY)
            dirs = module.dirs or (os.path.dirname(path),)
            names |= {name.partition(".")[0] for directory in dirs for name in self._tree.entries(directory)}
        return tuple(sorted(names - {EVERY, "__init__"}))

    def _successors(self, number: int) -> list[int]:
        return [self._files.number(file) for file in sorted(self.edges(self._files.names[number]).files)]

    def _component(self, path: str) -> int:
        component = self._components.of(self._files.number(path))
        while len(self._parts) < len(self._components.members):
            self._parts.append(self._part(len(self._parts)))
        return component

    def _digest(self, component: int, positions: bool) -> Digest:
        return self._parts[component].bytes if positions else self._parts[component].code

    def _part(self, component: int) -> _Part:
        """Components below are complete: ``Components`` numbers them first."""
        paths = sorted(self._files.names[number] for number in self._components.members[component])
        below = [self._parts[number] for number in self._components.successors[component]]
        sources = [(path, self.source(path)) for path in paths]
        files, tops, absent = self._files.mask(paths), 0, 0
        for edges in map(self.edges, paths):
            tops |= self._tops.mask(edges.tops)
            absent |= self._absent.mask(edges.absent)
        own_tops, own_absent = tops, absent
        for part in below:
            files, tops, absent = files | part.files, tops | part.tops, absent | part.absent
        code = Hasher("component")
        exact = Hasher("component, exact")
        for path, source in sources:
            name = self._places.name(path)
            code.add("file", name, source.facts.code if source else ABSENT)
            exact.add("file", name, source.bytes if source else ABSENT)
        several = frozenset[tuple[str, ...]]().union(*(self.edges(path).several for path in paths))
        orders = sorted(tuple(map(self._places.name, files)) for files in several)
        for hasher, digests in ((code, [p.code for p in below]), (exact, [p.bytes for p in below])):
            hasher.add("tops", *sorted(self._tops.set_of(own_tops)))
            for name in sorted(self._absent.set_of(own_absent)):
                hasher.add("absent", name, *self.portions(name))
            for order in orders:
                hasher.add("several", *order)
            hasher.add("imports", *sorted(digests))
        positions = any(s.facts.positions for _, s in sources if s) or any(part.positions for part in below)
        return _Part(code.digest(), exact.digest(), positions, files, tops, absent)
