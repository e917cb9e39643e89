"""Portable names of paths: what a laptop, a second worktree and a CI container call alike.

::

    /home/me/project/tests/test_a.py                    tests/test_a.py
    /home/me/project/.venv/lib/.../networkx/x.py        {site}/networkx/x.py
    /usr/lib/python3.13/json/__init__.py                {stdlib}/json/__init__.py
    /home/me/shared/data.json                           ../shared/data.json
    /etc/hosts                                          /etc/hosts

A pair of paths (parted by ``AND``) has a pair of names. A name leads back to its path (``Places.path``).
Asked for every file of a run, so: string work and a memo, no ``Path``, no ``realpath``.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from pytest_gocache.core.ops import AND
from pytest_gocache.core.values import field, frozen

_LEVELS_UP = 2


@frozen
class Places:
    """Where things are for this run and this interpreter."""

    rootdir: Path
    site: tuple[str, ...] = ()
    """Directories of installed distributions."""
    stdlib: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    """Absolute directories that are first-party although they lie in ``site``: what ``--pyargs`` tests."""
    _names: dict[str, str] = field(default_factory=dict)
    _paths: dict[str, str] = field(default_factory=dict)
    _third: dict[str, bool] = field(default_factory=dict)

    @cached_property
    def _prefixes(self) -> tuple[tuple[str, str], ...]:
        return _prefixes(self.rootdir, self.site, self.stdlib)

    @classmethod
    def of_interpreter(cls, rootdir: Path, owned: Iterable[str] = ()) -> Places:
        """The places of the running interpreter."""
        return cls(rootdir, site_dirs(), stdlib_dirs(), tuple(owned))

    def name(self, path: str) -> str:
        """The portable name of ``path`` (absolute, or relative to rootdir)."""
        name = self._names.get(path)
        if name is None:
            each = [self._name(_normal(one, self.rootdir)) for one in path.split(AND)]
            name = self._names[path] = AND.join(each)
        return name

    def path(self, name: str) -> str:
        """Where the file of that name is here: the inverse of ``name``."""
        path = self._paths.get(name)
        if path is None:
            path = self._paths[name] = self._path(name)
        return path

    def _path(self, name: str) -> str:
        if AND in name:
            return AND.join(map(self.path, name.split(AND)))
        if name.startswith("{"):
            label, _, rest = name.partition("/")
            for prefix, its_label in self._prefixes:
                if its_label == label:
                    return _join(prefix, rest)
        return os.path.normpath(os.path.join(self.rootdir, name))

    def is_third_party(self, path: str) -> bool:
        """Whether ``path`` belongs to an installed distribution that is not the one under test."""
        answer = self._third.get(path)
        if answer is None:
            answer = self.name(path).startswith("{site") and not _under_any(path, self.owned)
            self._third[path] = answer
        return answer

    def package_of(self, path: str) -> str:
        """The top-level package (or module) in ``site`` that ``path`` belongs to; empty outside."""
        for directory in self.site:
            if path.startswith(directory + os.sep):
                return os.path.join(directory, path[len(directory) + 1 :].split(os.sep)[0])
        return ""

    def is_stdlib(self, path: str) -> bool:
        """Whether ``path`` came with the interpreter."""
        return self.name(path).startswith("{stdlib")

    def is_first_party(self, path: str) -> bool:
        """Whether ``path`` counts by content: neither third-party nor the interpreter's."""
        return not self.is_third_party(path) and not self.is_stdlib(path)

    def _name(self, path: str) -> str:
        for prefix, label in self._prefixes:
            if path == prefix:
                return label or "."
            if path.startswith(prefix) and path[len(prefix)] == os.sep:
                return _portable(label, path[len(prefix) + 1 :])
        return _slashes(path)


def site_dirs() -> tuple[str, ...]:
    """Where this interpreter finds installed distributions. (``sysconfig`` says it too, in 5 ms.)"""
    found = [*site.getsitepackages(), site.getusersitepackages()]
    found += [path for path in sys.path if os.path.basename(path) in ("site-packages", "dist-packages")]
    return tuple(dict.fromkeys(os.path.abspath(path) for path in found))


def stdlib_dirs() -> tuple[str, ...]:
    """Where the standard library is, its extension modules and its zip included."""
    home = os.path.dirname(os.path.abspath(os.__file__))
    others = [path for path in sys.path if os.path.basename(path) == "lib-dynload" or _is_stdlib_zip(path)]
    return tuple(dict.fromkeys([home, *others]))


def _is_stdlib_zip(path: str) -> bool:
    return os.path.basename(path) == f"python{sys.version_info[0]}{sys.version_info[1]}.zip"


def _prefixes(rootdir: Path, site: tuple[str, ...], stdlib: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Directories with their labels, the deepest first: a venv inside rootdir is a site, not rootdir."""
    labels: dict[str, str] = {}
    for kind, places in (("site", site), ("stdlib", stdlib)):
        for number, place in enumerate(places):
            label = f"{{{kind}{number + 1 if number else ''}}}"
            labels.setdefault(place, label)
            labels.setdefault(os.path.realpath(place), label)
    for root in (str(rootdir), os.path.realpath(rootdir)):
        labels.setdefault(root, "")
    for root in (str(rootdir), os.path.realpath(rootdir)):
        for level in range(1, _LEVELS_UP + 1):
            root = os.path.dirname(root)
            if os.path.dirname(root) != root:  # Relative to "/" is no more portable than absolute.
                labels.setdefault(root, "/".join([".."] * level))
    # The sort is stable: of one directory's spellings the first stays first, and leads back.
    return tuple(sorted(labels.items(), key=lambda item: -len(item[0])))


def _normal(path: str, rootdir: Path) -> str:
    if os.path.isabs(path) and "/." not in path and "//" not in path and not path.endswith(os.sep):
        return path
    return os.path.normpath(os.path.join(rootdir, path))


def _portable(label: str, rest: str) -> str:
    rest = _slashes(rest)
    if label:
        return f"{label}/{rest}"
    return f"./{rest}" if rest.startswith("{") else rest


def _slashes(path: str) -> str:
    return path if os.sep == "/" else path.replace(os.sep, "/")


def _join(directory: str, rest: str) -> str:
    return os.path.join(directory, *rest.split("/")) if rest else directory


def _under_any(path: str, directories: Iterable[str]) -> bool:
    return any(path == place or path.startswith(place + os.sep) for place in directories)
