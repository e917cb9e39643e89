"""The names of the modules that are loaded, looked through once for each question until others are loaded."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Set

_modules = sys.modules


def loaded_sources(owner_of: Callable[[str], str]) -> dict[str, str]:
    """The files of first-party modules that are loaded now, by module name. ``owner_of`` as ``Whose.owner``."""
    modules = ((name, getattr(module, "__file__", None)) for name, module in list(_modules.items()))
    return {name: file for name, file in modules if isinstance(file, str) and owner_of(file).startswith("file:")}


class LoadedNames:
    """``sys.modules``, as text. A suite may ask the same ten thousand times, and there are thousands of names."""

    def __init__(self) -> None:
        self._names: tuple[str, ...] = ()
        self._ending: dict[str, list[str]] = {}
        self._inside: dict[str, list[str]] = {}

    def ending(self, name: str) -> list[str]:
        """All that ``name`` may be relative to some package."""
        self._look()
        if name not in self._ending:
            self._ending[name] = [each for each in self._names if each.endswith(f".{name}")]
        return self._ending[name]

    def inside(self, package: str) -> list[str]:
        """The modules of ``package``, not those of packages in it."""
        self._look()
        if package not in self._inside:
            self._inside[package] = [each for each in self._names if each.rpartition(".")[0] == package]
        return self._inside[package]

    def meant(self, name: str, names: Iterable[str], level: int) -> Iterator[str]:
        """What an import statement may give. A relative one is below some package; nobody says which."""
        if level and not name:
            yield from (each for one in names for each in self.ending(one))
            return
        for module in self.ending(name) if level else [name]:
            yield module
            for one in names:
                yield from self.inside(module) if one == "*" else ()
            yield from [each for one in names if (each := f"{module}.{one}") in _modules]

    def reached(self, modules: Iterable[str], names: Set[str]) -> Iterator[str]:
        """What code that speaks of ``names`` may come to by attributes of ``modules``, and of modules so called."""
        waiting = [*modules, *(_modules.keys() & names)]
        while waiting:
            package = waiting.pop()
            below = [each for name in names if (each := f"{package}.{name}") in _modules]
            yield from below
            waiting += below

    def _look(self) -> None:
        names = tuple(_modules)  # at once: another thread may be importing
        if names != self._names:
            self._names = names
            self._ending.clear()
            self._inside.clear()
