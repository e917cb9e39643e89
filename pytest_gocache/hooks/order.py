"""The modules of a run in their order, and what stands for those that are replayed."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pytest_gocache.core.brief import brief_of
from pytest_gocache.core.model import Hit, Replay


def replay_of(path: str, nodeid: str, hit: Hit | Replay) -> Replay:
    """A replay of a result that is at hand, or can be had."""
    if isinstance(hit, Replay):
        return hit
    return Replay(brief_of(path, nodeid, hit.stored.id, hit.gist), hit.stored, hit.remote)


class Order:
    """The modules of this run in the order in which pytest runs them."""

    def __init__(self) -> None:
        self._waiting: list[Replay | str] = []
        self.all: list[Replay] = []
        self.sequence: list[tuple[str, str]] = []
        """Path and node id of every module."""

    def cached(self, replay: Replay) -> None:
        """This module comes next, and is to be replayed."""
        self._waiting.append(replay)
        self.all.append(replay)
        self.sequence.append((replay.brief.path, replay.nodeid))

    def runs(self, path: str, nodeid: str) -> None:
        """This module comes next, and runs."""
        self._waiting.append(nodeid)
        self.sequence.append((path, nodeid))

    def sort(self, key: Callable[[str], tuple[int, ...]]) -> None:
        """After the collection: by a key of the module's path."""
        positions = {path: key(path) for path, _ in self.sequence}
        paths = {nodeid: path for path, nodeid in self.sequence}
        self._waiting.sort(key=lambda each: positions[each.brief.path if isinstance(each, Replay) else paths[each]])
        self.all.sort(key=lambda replay: positions[replay.brief.path])
        self.sequence.sort(key=lambda each: positions[each[0]])

    def before(self, nodeid: str) -> list[Replay]:
        """The replays that come before the module ``nodeid``; each is given once."""
        if nodeid not in self._waiting:
            return []
        position = self._waiting.index(nodeid)
        earlier, self._waiting = self._waiting[:position], self._waiting[position:]
        # Modules that ran stay findable: items of one module need not come together.
        self._waiting += [each for each in earlier if isinstance(each, str)]
        return [each for each in earlier if isinstance(each, Replay)]

    def take(self, nodeids: Collection[str], before: str = "") -> list[Replay]:
        """The replays of these modules, or those that come before the module ``before``; the others wait."""
        if not nodeids:
            return []
        until = self._waiting.index(before) if before in self._waiting else len(self._waiting)
        due = [each for each in self._waiting[:until] if isinstance(each, Replay) and each.nodeid in nodeids]
        self._waiting = [each for each in self._waiting if each not in due]
        return due

    def rest(self) -> list[Replay]:
        """All replays that were not given yet."""
        due = [each for each in self._waiting if isinstance(each, Replay)]
        self._waiting = []
        return due

    def count(self) -> int:
        """How many tests are replayed."""
        return sum(len(replay.brief.letters) for replay in self.all)

    def deselected(self) -> int:
        """How many tests of replayed modules were not selected."""
        return sum(replay.brief.deselected for replay in self.all)
