"""What a test module leaves behind when it is imported: environment variables, directories on ``sys.path``.

All modules meet them, for pytest imports every module before it runs a test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.frames import caller
from pytest_gocache.core.observe import Observer, Owner
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.core.paths import absolute

FILE = "file:"
"""What the owner that is a source file begins with."""


class LeftBehind:
    """Watches imports for variables that first-party code sets, and for ``sys.path``.

    Variables that libraries set for themselves are theirs.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._before: dict[str, str | None] = {}
        self._setters: dict[str, Owner] = {}
        """Which file set them: it does so for each module that imports it, and is loaded for the first only."""

    @contextmanager
    def by(self, owner: Owner, base: str) -> Iterator[None]:
        """What is another in the end is told of ``owner``, but for ``base``, which pytest puts on ``sys.path``."""
        self._before.clear()
        observer, path, loaded = self._observer, list(sys.path), len(sys.modules)
        observer.on_set.append(self._sets)
        observer.importing = True
        try:
            yield
        finally:
            observer.importing = False
            observer.on_set.remove(self._sets)
            observer.quietly("variables left", self._tell_variables, owner)
            if sys.path != path:
                observer.quietly("sys.path left", self._tell_path, owner, base, path, loaded)

    def _tell_variables(self, owner: Owner) -> None:
        for name, value in self._before.items():
            if os.environ.get(name) != value:
                setter = self._setters[name]
                self._observer.enter({owner, setter}, Op.SETS, name + AND + setter.removeprefix(FILE))

    def _tell_path(self, owner: Owner, base: str, before: Sequence[str], loaded: int) -> None:
        put = _put(before, sys.path, base)
        if put is None:
            self._observer.enter({owner}, Op.SETS, "sys.path")
            return
        owners = {owner, *self._that_speak_of_it(loaded)}
        for op, directories in zip((Op.PREPENDS, Op.APPENDS), put, strict=True):
            if directories:
                self._observer.enter(owners, op, AND.join(map(absolute, directories)))

    def _that_speak_of_it(self, loaded: int) -> Iterator[Owner]:
        """The project's files that were loaded meanwhile and may have done it: for all who import them."""
        for module in list(sys.modules.values())[loaded:]:
            file = getattr(module, "__file__", None)
            owner = self._observer.owner(file) if isinstance(file, str) else ""
            if owner.startswith(FILE) and _speaks_of_it(str(file)):
                yield owner

    def _sets(self, variable: object) -> None:
        name = os.fsdecode(variable) if isinstance(variable, (bytes, str)) else ""
        setter = self._setter()
        if name and setter.startswith(FILE):
            self._setters[name] = setter
            self._before.setdefault(name, os.environ.get(name))

    def _setter(self) -> Owner:
        """Whose the innermost code is that is neither Python's nor ours."""
        frame, owner = caller(), ""
        while frame is not None and not owner:
            owner = self._observer.owner(filename_of(frame))
            frame = frame.f_back
        return owner


def _speaks_of_it(file: str) -> bool:
    """In doubt it does: a module may be in an archive, or say that it is where nothing is."""
    try:
        with open(file, "rb") as source:
            return b"sys.path" in source.read()
    except OSError:
        return True


def _put(before: Sequence[str], after: Sequence[str], base: str) -> tuple[Sequence[str], Sequence[str]] | None:
    """What was put in front and at the end; None where something was moved or taken away."""
    for at in range(len(after) - len(before) + 1):
        end = at + len(before)
        if after[at:end] == before:
            first, last = after[:at], after[end:]
            return first[:-1] if first[-1:] == [base] else first, last[1:] if last[:1] == [base] else last
    return None
