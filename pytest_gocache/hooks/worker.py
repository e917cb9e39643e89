"""The worker's side of pytest-xdist: it drops what it is told, watches and reports.

Imported by every worker, and so without what only a controller needs: the import graph, the store, the replay.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import pytest

from pytest_gocache.core.brief import hit_of
from pytest_gocache.core.model import Hit, Input, Miss, ModuleResult, Reason, Selection, Verdict
from pytest_gocache.core.ops import Op
from pytest_gocache.hooks.arguments import read_request
from pytest_gocache.hooks.collect import Collector, Unchanged
from pytest_gocache.hooks.conftests import of_conftests
from pytest_gocache.hooks.early import EARLY, stop
from pytest_gocache.hooks.nodeids import put_off
from pytest_gocache.hooks.order import Order
from pytest_gocache.hooks.path import SearchPath
from pytest_gocache.hooks.testimony import Testimony, to_json
from pytest_gocache.hooks.watch import Watcher

KEY = "gocache"
"""What the controller tells its workers under, and they the controller."""
NOTHING = ModuleResult((), (), (), (), 0.0)


class Worker:
    """A worker's part."""

    def __init__(self, config: pytest.Config, hits: Mapping[str, Hit], unchanged: Unchanged) -> None:
        self._config = config
        self._hits = hits
        self._early = config.stash[EARLY]
        self._refused: dict[str, Miss] = {}
        self._order = Order()
        request = read_request(config)
        self._watcher = Watcher(self._early)
        path = SearchPath(config, self._early.observer.rooted, str)
        self._collector = Collector(config, request, self._decide, self, self._order, unchanged, path)

    def register(self) -> None:
        """Hands the pieces to pytest."""
        for name, piece in (("watch", self._watcher), ("collect", self._collector), ("worker", self)):
            self._config.pluginmanager.register(piece, f"gocache-{name}")

    def _decide(self, path: str, selection: Selection) -> Verdict:
        return self._hits.get(path, Miss(Reason.NO_RECORD))

    def note(self, path: str, verdict: Verdict) -> None:
        """The controller has decided, and keeps the books."""

    def refuse(self, path: str, why: Miss) -> None:
        """Is told to the controller at the end."""
        self._refused[path] = why

    def pytest_sessionfinish(self) -> None:
        observer = self._watcher.observer
        observer.quietly("children", self._watcher.hear, self._early.files)
        told = Testimony(
            self._watcher.seen,
            observer.reads,
            self._watcher.loaded(),
            self._watcher.unwatched(),
            list(self._early.files.looks()),
            list(self._early.files.everything_learnt()),
            observer.faults,
            self._collector.ran,
            [(replay.nodeid, replay.brief.path) for replay in self._order.all],
            self._refused,
            conftests=of_conftests(self._config),
        )
        self._config.workeroutput[KEY] = to_json(told)  # type: ignore[attr-defined]


def register_worker(config: pytest.Config) -> None:
    """What a worker needs, if its controller has a cache."""
    put_off(config)
    told = config.workerinput.get(KEY)  # type: ignore[attr-defined]
    if told is None:
        stop(config)
    else:
        hits, *unchanged = json.loads(told)
        Worker(config, {path: _told(puts) for path, puts in hits.items()}, Unchanged(*unchanged)).register()


def _told(puts: Iterable[tuple[str, str]]) -> Hit:
    """What a worker knows of a hit: what it does to ``sys.path``."""
    return hit_of(NOTHING, tuple(Input(Op(op), path) for op, path in puts))
