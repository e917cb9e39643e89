"""Names that are not under first-party roots: found as Python would find them, without importing them.

``sys.path`` and the data of setuptools' editable installs are read here; of other finders on
``sys.meta_path`` (meson-python's, scikit-build's) only ``find_spec`` of a top-level name is asked.
"""

from __future__ import annotations

import os
import sys
import zipimport
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from typing import Final, Protocol

from pytest_gocache.core.places import Places
from pytest_gocache.core.resolve import NOWHERE, Located, Tree, locate

_ELSEWHERE: Final = Located(elsewhere=True)
_UNASKED: Final = ("_frozen_importlib", "_pytest", "pytest_gocache", "_distutils_hack", "__editable__", "six")
"""Finders of these modules: Python's own are re-enacted here, the others find nothing new or have effects."""


class SpecFinder(Protocol):
    """What stands on ``sys.meta_path``."""

    def find_spec(self, name: str, path: None) -> ModuleSpec | None: ...


class Outside:
    """Asked for each name once by ``Finder``."""

    def __init__(
        self,
        places: Places,
        tree: Tree,
        path: Iterable[str] | None = None,
        finders: Iterable[object] | None = None,
    ) -> None:
        self._places = places
        self._tree = tree
        entries = dict.fromkeys(os.path.abspath(entry) for entry in (sys.path if path is None else path))
        self._near = [entry for entry in entries if places.is_first_party(entry)]
        self._site = [entry for entry in entries if places.is_third_party(entry)]
        given = sys.meta_path if finders is None else finders
        self._finders = [finder for finder in given if not _module_of(finder).startswith(_UNASKED)]
        self._editable = dict(_editable_locations(given))

    def __call__(self, name: str) -> Located:
        """Where ``name`` is; a dotted name only if a finder maps it, for its parents are known."""
        mapped = self._at(self._editable[name]) if name in self._editable else NOWHERE
        if "." in name:
            return mapped
        found = [mapped, *(self._in(entry, name) for entry in self._near)]
        if name in sys.stdlib_module_names or name in sys.builtin_module_names or name == "__main__":
            return _merged([*found, _ELSEWHERE])
        if name == "distutils":  # Gone in 3.12; setuptools' finder brings its own.
            return _merged([*found, Located(third_party=True)])
        found += [self._in(entry, name) for entry in self._site]
        found += [self._asked(finder, name) for finder in self._finders]
        return _merged(found)

    def _in(self, entry: str, name: str) -> Located:
        if entry.endswith((".zip", ".egg", ".whl", ".pyz")) and os.path.isfile(entry):
            return self._owner(Located((entry,))) if _in_zip(entry, name) else NOWHERE
        return self._owner(locate(self._tree, entry, name))

    def _at(self, locations: tuple[str, ...]) -> Located:
        """Paths that a finder maps a name to: package directories or module files."""
        found = []
        for location in locations:
            directory, base = os.path.split(location)
            here = locate(self._tree, directory, base)
            if not here and self._tree.entries(directory).get(base) is False:
                here = Located((location,))
            found.append(self._owner(here))
        return _merged(found)

    def _asked(self, finder: object, name: str) -> Located:
        try:
            spec: ModuleSpec | None = finder.find_spec(name, None)  # type: ignore[attr-defined]
            paths = [*(spec.submodule_search_locations or ()), spec.origin or ""] if spec else []
        except Exception:  # a stranger's finder: whatever it raises, it has not found the name
            return NOWHERE
        return self._at(tuple(path for path in paths if os.path.isabs(path)))

    def _owner(self, located: Located) -> Located:
        """First-party as it is; of anything else only the fact that it is there."""
        for path in (*located.files, *located.dirs)[:1]:
            if self._places.is_third_party(path):
                return Located(third_party=True)
            if self._places.is_stdlib(path):
                return _ELSEWHERE
        return located


def _merged(found: Iterable[Located]) -> Located:
    found = [one for one in found if one]
    if len(found) <= 1:
        return found[0] if found else NOWHERE
    return Located(
        tuple(dict.fromkeys(file for one in found for file in one.files)),
        tuple(dict.fromkeys(directory for one in found for directory in one.dirs)),
        any(one.third_party for one in found),
        any(one.elsewhere for one in found),
    )


def _in_zip(path: str, name: str) -> bool:
    try:
        return zipimport.zipimporter(path).find_spec(name) is not None
    except zipimport.ZipImportError:
        return False


def _module_of(finder: object) -> str:
    """Where a finder is defined; finders are classes or instances."""
    kind = finder if isinstance(finder, type) else type(finder)
    return kind.__module__


def _editable_locations(finders: Iterable[object]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Dotted names that setuptools' editable finders map, and to what."""
    for name in dict.fromkeys(map(_module_of, finders)):
        module = sys.modules.get(name) if name.startswith("__editable__") else None
        mapping: object = getattr(module, "MAPPING", None)
        namespaces: object = getattr(module, "NAMESPACES", None)
        if isinstance(mapping, dict):
            yield from ((str(key), (str(path),)) for key, path in mapping.items())
        if isinstance(namespaces, dict):
            yield from ((str(key), tuple(map(str, paths))) for key, paths in namespaces.items())
