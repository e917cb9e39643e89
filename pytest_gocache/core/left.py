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
from pytest_gocache.core.observe import Observer, Owner, absolute
from pytest_gocache.core.ops import AND, Op


class LeftBehind:
    """Watches imports for variables that first-party code sets, and for ``sys.path``.

    Variables that libraries set for themselves are theirs.
    """

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._before: dict[str, str | None] = {}

    @contextmanager
    def by(self, owner: Owner, base: str) -> Iterator[None]:
        """What is another in the end is told of ``owner``, but for ``base``, which pytest puts on ``sys.path``."""
        self._before.clear()
        observer, path = self._observer, list(sys.path)
        observer.on_set.append(self._sets)
        observer.importing = True
        try:
            yield
        finally:
            observer.importing = False
            observer.on_set.remove(self._sets)
            observer.quietly("variables left", self._tell_variables, owner)
            if sys.path != path:
                observer.quietly("sys.path left", self._tell_path, owner, base, path)

    def _tell_variables(self, owner: Owner) -> None:
        for name, value in self._before.items():
            if os.environ.get(name) != value:
                self._observer.enter({owner}, Op.SETS, name)

    def _tell_path(self, owner: Owner, base: str, before: Sequence[str]) -> None:
        put = _put(before, sys.path, base)
        if put is None:
            self._observer.enter({owner}, Op.SETS, "sys.path")
            return
        for op, directories in zip((Op.PREPENDS, Op.APPENDS), put, strict=True):
            if directories:
                self._observer.enter({owner}, op, AND.join(map(absolute, directories)))

    def _sets(self, variable: object) -> None:
        name = os.fsdecode(variable) if isinstance(variable, (bytes, str)) else ""
        if name and name not in self._before and self._is_ours():
            self._before[name] = os.environ.get(name)

    def _is_ours(self) -> bool:
        """Whether the innermost code that is neither Python's nor ours is the project's."""
        frame, owner = caller(), ""
        while frame is not None and not owner:
            owner = self._observer.owner(filename_of(frame))
            frame = frame.f_back
        return owner.startswith("file:")


def _put(before: Sequence[str], after: Sequence[str], base: str) -> tuple[Sequence[str], Sequence[str]] | None:
    """What was put in front and at the end; None where something was moved or taken away."""
    for at in range(len(after) - len(before) + 1):
        end = at + len(before)
        if after[at:end] == before:
            first, last = after[:at], after[end:]
            return first[:-1] if first[-1:] == [base] else first, last[1:] if last[:1] == [base] else last
    return None
