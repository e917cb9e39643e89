"""Which environment variables a test module leaves behind when it is imported.

All modules meet them, for pytest imports every module before it runs a test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.frames import caller
from pytest_gocache.core.observe import Observer, Owner
from pytest_gocache.core.ops import Op


class LeftBehind:
    """Watches imports for variables that first-party code sets. What libraries set for themselves is theirs."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._before: dict[str, str | None] = {}

    @contextmanager
    def by(self, owner: Owner) -> Iterator[None]:
        """What is set inside, and is another in the end, is told of ``owner``."""
        self._before.clear()
        self._observer.on_set.append(self._sets)
        try:
            yield
        finally:
            self._observer.on_set.remove(self._sets)
            self._observer.quietly("variables left", self._tell, owner)

    def _tell(self, owner: Owner) -> None:
        for name, value in self._before.items():
            if os.environ.get(name) != value:
                self._observer.enter({owner}, Op.SETS, name)

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
