"""From a dotted name to the files that importing it executes. Listings only; nothing is opened or imported.

Which of several directories of ``sys.path`` wins depends on what pytest and conftests inserted before,
and ``sys.modules`` is shared by all test directories. So a name is looked for in *all* first-party roots
and means everything that was found: more than one run uses, never less. Only within one directory is
there an order (Python's own: package, extension module, source, bytecode, then namespace).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.machinery import BYTECODE_SUFFIXES, EXTENSION_SUFFIXES, SOURCE_SUFFIXES
from typing import Final, NamedTuple, Protocol

_SUFFIXES: Final = (*EXTENSION_SUFFIXES, *SOURCE_SUFFIXES, *BYTECODE_SUFFIXES)


class Tree(Protocol):
    """Lists directories."""

    def entries(self, directory: str) -> Mapping[str, bool]:
        """Names in ``directory``, each with whether it is a directory; empty if it cannot be listed."""


class DiskTree:
    """The file system."""

    def entries(self, directory: str) -> Mapping[str, bool]:
        try:
            with os.scandir(directory or ".") as found:
                return {entry.name: _is_dir(entry) for entry in found}
        except OSError:
            return {}


class ListedTree(DiskTree):
    """The same, where each directory is given to ``listing`` as well, and first: a snapshot keeps what was there when
    somebody looked, and not what is there at the end."""

    def __init__(self, listing: Callable[[str], object]) -> None:
        self._listing = listing

    def entries(self, directory: str) -> Mapping[str, bool]:
        self._listing(directory or ".")
        return super().entries(directory)


class RememberedTree:
    """A tree whose directories are listed once, and that knows which were."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self.seen: dict[str, Mapping[str, bool]] = {}

    def entries(self, directory: str) -> Mapping[str, bool]:
        known = self.seen.get(directory)
        if known is None:
            known = self.seen[directory] = self._tree.entries(directory)
        return known


class Located(NamedTuple):
    """Where one name was found."""

    files: tuple[str, ...] = ()
    """First-party files: a module, or a package's ``__init__``."""
    dirs: tuple[str, ...] = ()
    """Where submodules are looked for."""
    third_party: bool = False
    elsewhere: bool = False
    """The standard library, or built in."""

    def __bool__(self) -> bool:
        return bool(self.files or self.dirs or self.third_party or self.elsewhere)


NOWHERE: Final = Located()


class Found(NamedTuple):
    """What importing one dotted name means."""

    files: frozenset[str] = frozenset()
    """All first-party files it executes, those of its parent packages included."""
    own: tuple[str, ...] = ()
    """Only the name's own files."""
    dirs: tuple[str, ...] = ()
    tops: frozenset[str] = frozenset()
    absent: frozenset[str] = frozenset()
    elsewhere: bool = False
    """Part of it may lie outside first-party code, so nothing below it is known to be absent."""

    @property
    def is_bare(self) -> bool:
        """Whether there are directories of that name, and nothing in them that importing it would execute."""
        return bool(self.dirs) and not (self.own or self.elsewhere)


def locate(tree: Tree, directory: str, name: str) -> Located:
    """What ``directory`` on ``sys.path`` (or on a package's path) has under ``name``."""
    entries = tree.entries(directory)
    path = f"{directory}{os.sep}{name}"
    is_dir = entries.get(name, False)
    if is_dir:
        inside = tree.entries(path)
        for suffix in _SUFFIXES:
            if inside.get(f"__init__{suffix}") is False:
                return Located((f"{path}{os.sep}__init__{suffix}",), (path,))
    for suffix in _SUFFIXES:
        if entries.get(name + suffix) is False:
            return Located((path + suffix,))
    return Located((), (path,)) if is_dir else NOWHERE


class Finder:
    """Resolves dotted names, each once."""

    def __init__(self, roots: Iterable[str], tree: Tree, outside: Callable[[str], Located]) -> None:
        self.roots = tuple(dict.fromkeys(roots))
        self._tree = tree
        self._outside = outside
        self.asked: set[str] = set()
        """Each part of a name that was looked for: files of other names make no difference."""
        self._asked: set[str] = set()
        """The absolute names among these, undivided."""
        self._absolute: dict[str, Found] = {}
        self._below: dict[tuple[tuple[str, ...], str], Found] = {}

    def absolute(self, name: str) -> Found:
        """``import a.b.c`` executes ``a``, ``a.b`` and ``a.b.c``."""
        if name not in self._asked:
            self._asked.add(name)
            self.asked.update(name.split("."))
        return self.present(name)

    def present(self, name: str) -> Found:
        """What ``absolute`` gives, for who does not depend on it."""
        if name in self._absolute:
            return self._absolute[name]
        found, prefix = Found(dirs=self.roots), ""
        for part in name.split("."):
            prefix = f"{prefix}.{part}" if prefix else part
            known = self._absolute.get(prefix)
            if known is None:
                known = self._absolute[prefix] = self._step(found, part, prefix)
            found = known
        return found

    def below(self, dirs: tuple[str, ...], name: str) -> Found:
        """``name`` looked for in a package that has ``dirs``; the package itself is not among the files."""
        found = Found(dirs=dirs)
        if not name:
            return found
        known = self._below.get((dirs, name))
        if known is None:
            self.asked.update(name.split("."))
            for part in name.split("."):
                found = self._step(found, part, "")
            known = self._below[(dirs, name)] = found
        return known

    def rest(self) -> None:
        """Names are resolved anew from here on, with the same answers."""
        self._absolute.clear()
        self._below.clear()

    def package_dirs(self, directory: str) -> tuple[str, ...]:
        """All portions of the package that ``directory`` is, or is a portion of."""
        dirs = [directory]
        for root in self.roots:
            if directory.startswith(root + os.sep):
                dirs += self.absolute(directory[len(root) + 1 :].replace(os.sep, ".")).dirs
        return tuple(dict.fromkeys(dirs))

    def package_files(self, directory: str) -> frozenset[str]:
        """The ``__init__`` files that run before a module in ``directory`` does."""
        files: list[str] = []
        top = max((len(root) for root in self.roots if directory.startswith(root + os.sep)), default=None)
        while len(directory) > 1:
            init = self._init_of(directory)
            # Above a gap (a namespace package inside a regular one) look on, as far as the root.
            if init is None and (top is None or len(directory) <= top):
                break
            files += [init] if init else []
            directory = os.path.dirname(directory)
        return frozenset(files)

    def _init_of(self, directory: str) -> str | None:
        inside = self._tree.entries(directory)
        for suffix in _SUFFIXES:
            if inside.get(f"__init__{suffix}") is False:
                return f"{directory}{os.sep}__init__{suffix}"
        return None

    def _step(self, parent: Found, part: str, dotted: str) -> Found:
        """``dotted`` is the whole name if it is absolute: only then may finders know it."""
        places = [locate(self._tree, directory, part) for directory in parent.dirs] if part else []
        if dotted:
            places.append(self._outside(dotted))
        places = [place for place in places if place]
        own = _unique(place.files for place in places)
        elsewhere = parent.elsewhere or any(place.third_party or place.elsewhere for place in places)
        is_absent = not (places or elsewhere or parent.absent) and bool(dotted)
        top = dotted.partition(".")[0]
        return Found(
            files=parent.files.union(own),
            own=own,
            dirs=_unique(place.dirs for place in places),
            tops=parent.tops | {top} if any(place.third_party for place in places) else parent.tops,
            absent=frozenset({dotted}) if is_absent else parent.absent,
            elsewhere=elsewhere,
        )


def _unique(groups: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False
