"""What tests made themselves: paths and links, and whose they are. To whoever made it, it is no input."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Set
from typing import TypeAlias

from pytest_gocache.core.looks import upward

_normpath = os.path.normpath  # a private copy: tests replace it

Owner: TypeAlias = str
"""``module:<path>``, ``file:<path>``, ``top:<package>``, ``fixture:<id>``, ``child:<number>`` or ``everyone``."""

EVERYONE: Owner = "everyone"
NOBODY: frozenset[Owner] = frozenset()
MOST_LINKS = 40
"""So many in a row are a circle (as Linux has it)."""


class Made:
    """The paths that were written, with their makers, and where the links lead that were made."""

    def __init__(self) -> None:
        self._makers: dict[str, set[Owner]] = {}
        self._makers_above: dict[str, frozenset[Owner]] = {}
        """Of directories that were asked for: forgotten whenever something is made."""
        self._doubtful: set[str] = set()
        """What somebody was to make who may have failed."""
        self._links: dict[str, str] = {}
        """Through a link of its own, a test may read what is not its own."""
        self._led: dict[str, set[str]] = {}
        """All that each of them led to, one after another."""
        self._link_names: tuple[str, ...] = ()

    def __contains__(self, path: str) -> bool:
        return path in self._makers

    def was_by(self, path: str, maker: Owner) -> bool:
        """Whether ``maker`` is known to have written ``path``."""
        return maker in self._makers.get(path, ())

    def by(self, path: str, makers: Collection[Owner], surely: bool = True) -> None:
        """``makers`` write ``path``; none where it is written to, and what was in it stays. Not ``surely`` if they may
        fail."""
        if surely:
            self._doubtful.discard(path)
        elif path not in self._makers:
            self._doubtful.add(path)
        self._makers.setdefault(path, set()).update(makers)
        self._makers_above.clear()

    def doubtful(self, path: str) -> str:
        """``path``, or the first directory above it that somebody made, if it may not have come to that; or empty."""
        if not self._doubtful:
            return ""
        made = next((each for each in upward(path) if each in self._makers), "")
        return made if made in self._doubtful else ""

    def link(self, name: str, target: str) -> None:
        """A link ``name`` leads to ``target``."""
        self._links[name] = target
        self.led(name, target)
        self._link_names = tuple(self._links)

    def led(self, name: str, target: str) -> None:
        """A link ``name`` led to ``target`` at some time."""
        self._led.setdefault(name, set()).add(target)

    def is_link(self, path: str) -> bool:
        """Whether a link of that name was made here, at some time."""
        return path in self._led

    def ways(self, path: str) -> Iterator[str]:
        """``path``, and where it leads by way of links made here."""
        yield path
        for _ in range(MOST_LINKS - 1 if self._links else 0):
            link = next((each for each in upward(path) if each in self._links), "")
            if not link:
                return
            path = _normpath(self._links[link] + path[len(link) :])
            yield path

    def behind(self, path: str) -> set[str]:
        """Where ``path`` may have led at some time by way of links made here: a child does not tell when it went."""
        found, ends = set[str](), {path}
        for _ in range(MOST_LINKS if self._led else 0):
            ends = {end for each in ends for end in self._next(each)} - found
            found |= ends
        return found - {path}

    def _next(self, path: str) -> Iterator[str]:
        link = next((each for each in upward(path) if each in self._led), "")
        for target in self._led.get(link, ()):
            yield _normpath(target + path[len(link) :])

    def touches(self, path: str) -> bool:
        """Whether somebody wrote ``path``, or a link that may lie on the way to it."""
        return path in self._makers or path.startswith(self._link_names)

    def makers(self, path: str) -> Set[Owner]:
        """Who made ``path`` itself, or a directory that it lies in."""
        if not self._makers:
            return NOBODY
        own, above = self._makers.get(path), self._above(path.rpartition(os.sep)[0])
        return above | own if own else above

    def _above(self, directory: str) -> frozenset[Owner]:
        """Who made it, or one above: remembered, for many files of one are read."""
        known = self._makers_above.get(directory)
        if known is None:
            found, at = set[Owner](), directory
            while at:
                found |= self._makers.get(at, found)
                at = at.rpartition(os.sep)[0]
            known = self._makers_above[directory] = frozenset(found)
        return known
