"""What the import system looks for, directory by directory, where the import graph does not look.

The graph (``core/imports.py``) knows the directories of ``sys.path`` at the start and those that pytest adds. It
does not know those that tests and fixtures put there, nor the path of a child process. What such a directory
has, or has not, for the name of a module is an input: also of whoever finds the module loaded later.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.audit import beyond_importing
from pytest_gocache.core.frames import beyond_ours, caller
from pytest_gocache.core.learnt import ALL
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.standin import Replacements, disguised

_join, _dirname = os.path.join, os.path.dirname


class Searches:
    """Stands in for ``PathFinder.find_spec``, which all ways to import come to."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._near: dict[str, str] = {}
        """Entries of ``sys.path``: the directory where it is first-party."""
        self._loose: set[str] = set()
        """Top-level names found where the graph does not look: nor does it look into these packages."""
        self._places = Replacements()

    def install(self) -> None:
        """Puts it in its place."""
        finder: Any = sys.modules["_frozen_importlib_external"].PathFinder
        original = vars(finder)["find_spec"].__func__

        def find_spec(cls: Any, fullname: str, path: Any = None, target: Any = None) -> Any:
            spec = original(cls, fullname, path, target)
            if self._observer.awake:
                self._observer.quietly("find_spec", self._searched, fullname, path, spec)
            return spec

        self._places.put(finder, "find_spec", classmethod(disguised(find_spec, original)))

    def remove(self) -> None:
        """Puts the original back."""
        self._places.undo()

    def _searched(self, name: str, path: Iterable[object] | None, spec: Any) -> None:
        asker = caller()
        if path is None and asker is not None and self._observer.owner(filename_of(asker)) != Observer.IMPORTLIB:
            self._observer.note(Op.IMPORT, name, asker)  # of its own accord: no import tells
        top, _, below = name.partition(".")
        if below and top not in self._loose:
            return
        entries = [each for each in (sys.path if path is None else path) if isinstance(each, str)]
        if not any(map(self._is_near, entries)):
            return  # so it is mostly
        found = getattr(spec, "origin", None)
        origin = absolute(found) if isinstance(found, str) else ""
        looked_in = self._looked_in(entries, origin)
        frame = beyond_importing(caller(), self._observer)
        if looked_in and not _measures(frame):
            last = ALL if top in sys.stdlib_module_names and not below else name.rpartition(".")[2]
            self._tell([_join(each, last) for each in looked_in], origin, frame)
            if spec is not None and (not origin or _holds(looked_in[-1], origin)):
                self._loose.add(top)

    def _looked_in(self, entries: Iterable[str], origin: str) -> list[str]:
        """The directories, without that in which ``origin`` was found if whoever runs made it."""
        directories = [absolute(each) for each in _until(origin, entries) if self._is_near(each)]
        if origin and self._observer.is_output(origin):
            return [each for each in directories if not _holds(each, origin)]
        return directories

    def _tell(self, looked_for: list[str], origin: str, frame: FrameType | None) -> None:
        observer = self._observer
        owners = observer.owners(frame, Op.FIND)
        found = observer.owner(origin) if origin else ""
        if found.startswith("file:"):
            owners = {*owners, found}
        ways = (each for path in looked_for for each in observer.made.ways(path))
        for path in ways if owners else ():
            if not observer.is_output(path):
                observer.enter(owners, Op.FIND, path)

    def _is_near(self, entry: str) -> bool:
        """Whether it is first-party, and the graph does not look there."""
        known = entry if entry.startswith(os.sep) else absolute(entry)
        if known not in self._near:
            directory = absolute(entry)
            near = self._observer.owner(_join(directory, "module.py")).startswith("file:")
            self._near[known] = directory if near else ""
        directory = self._near[known]
        return bool(directory) and directory not in self._observer.rooted


def _measures(frame: FrameType | None) -> bool:
    """Whether coverage looks for what it is to measure, each time that ``sys.path`` is another."""
    frame = beyond_ours(frame)  # it stands in for what it called
    return frame is not None and str(frame.f_globals.get("__name__")).startswith("coverage.")


def _until(origin: str, entries: Iterable[str]) -> Iterator[str]:
    """The entries that were looked in: up to that in which something was found."""
    for entry in entries:
        yield entry
        if origin and _holds(absolute(entry), origin):
            return


def _holds(directory: str, origin: str) -> bool:
    """Whether a search in ``directory`` found ``origin``, a module or a package's ``__init__``."""
    above, name = os.path.split(origin)
    return directory == (_dirname(above) if name.startswith("__init__.") else above)
