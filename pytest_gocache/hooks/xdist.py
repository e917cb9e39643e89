"""pytest-xdist: the controller decides, records and stores; workers drop what they are told, watch and report.

The controller does not collect. It judges every file that looks like a test module before workers
start, tells them which are hits, and learns at the end which of those pytest really came to.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest

from pytest_gocache.core.model import Hit, Input, Miss, ModuleResult, Reason, Replay, Selection, Verdict
from pytest_gocache.core.ops import PUTS, Op
from pytest_gocache.core.values import fields_of
from pytest_gocache.hooks.arguments import read_request
from pytest_gocache.hooks.collect import Collector, Unchanged, unchanged_of
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.early import EARLY, stop
from pytest_gocache.hooks.foreseen import foreseen, others_collect
from pytest_gocache.hooks.given import by_failures, stay_alone
from pytest_gocache.hooks.path import SearchPath
from pytest_gocache.hooks.quick import CHOOSES, of_conftests
from pytest_gocache.hooks.replay import Order, replay_of
from pytest_gocache.hooks.testimony import Testimony, from_json, joined, to_json
from pytest_gocache.hooks.watch import Watcher

KEY = "gocache"
UNSEEN = Miss(Reason.INCOMPLETE, "not known before the workers started")
NOTHING = ModuleResult((), (), (), (), 0.0)


class Controller:
    """The controller's part: verdicts before the workers start, replays after they end."""

    def __init__(self, desk: Desk, decide: Callable[[str, Selection], Verdict], order: Order) -> None:
        self._desk = desk
        self._decide = decide
        self._order = order
        self._verdicts: dict[str, Verdict] = {}
        self._told: list[Testimony] = []
        self._lost: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Before xdist starts its workers: sources are digested before anybody imports them."""
        stop(self._desk.config)
        self._verdicts = {path: self._decide(path, selection) for path, selection in foreseen(self._desk)}

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        node.workerinput[KEY] = self._for_workers

    @functools.cached_property
    def _for_workers(self) -> str:
        """What each worker is told: the hits, and what pytest may leave out."""
        known = unchanged_of(self._desk.vouched, self._desk.request, self._desk.conftests)
        hits = {path: self._puts(each) for path, each in self._verdicts.items() if not isinstance(each, Miss)}
        return json.dumps([hits, *fields_of(known).values()])

    def _puts(self, hit: Hit | Replay) -> list[tuple[str, str]]:
        """What it does to ``sys.path``, with paths as they are here."""
        puts = (each for each in hit.inputs if each.op in PUTS) if isinstance(hit, Hit) else ()
        return [(each.op, self._desk.project.places.path(each.name)) for each in puts]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        told = getattr(node, "workeroutput", {}).get(KEY)
        if told is None:
            self._lost.add(node.gateway.id)
        else:
            self._told.append(from_json(told))

    def learn(self) -> None:
        """After the workers ended: which of the hits pytest really came to, in its order."""
        told = self.testimony()
        if told.seen.misuse:
            raise pytest.UsageError(told.seen.misuse)
        for nodeid, path in told.cached:
            verdict = self._verdicts[path]
            if not isinstance(verdict, Miss):
                self._desk.run.note(path, verdict)
                self._order.cached(replay_of(path, nodeid, verdict))

    def testimony(self) -> Testimony:
        """What all workers saw."""
        return joined(self._told, frozenset(self._lost))

    def conftests(self) -> frozenset[str]:
        """What conftests do in the workers; the worst, where some cannot tell."""
        if self._lost or not self._told:
            return frozenset({CHOOSES})
        return of_conftests(self._desk.config) | frozenset[str]().union(*(told.conftests for told in self._told))

    def testify(self) -> Testimony:
        """The same at the end of the session, with the books brought up to date."""
        whole = self.testimony()
        self._desk.project.files.take_over(whole.looks, whole.learnt)
        for path, miss in whole.refused.items():
            self._desk.run.refuse(path, miss)
        for path, asked in whole.ran.items():
            self._order.runs(path, asked.nodeid)  # somewhere: workers run them side by side
            if path not in whole.refused:
                self._enter(path)
        return whole

    def _enter(self, path: str) -> None:
        verdict = self._verdicts.get(path)
        if isinstance(verdict, Miss):
            self._desk.run.note(path, verdict)
        else:
            self._desk.run.refuse(path, UNSEEN)


def spare_workers(desk: Desk, decide: Callable[[str, Selection], Verdict]) -> bool:
    """Keeps workers from starting where all that is foreseen is a hit, and nobody collects anything else.

    What is met all the same (a nested conftest may bring its own kinds of tests) runs in this process.
    """
    config = desk.config
    if by_failures(config) or desk.settings.bypass or others_collect(desk):
        return False
    # Those first that may be a miss: one is enough.
    modules = sorted(foreseen(desk), key=lambda each: each[0] in desk.vouched.modules)
    if not modules or any(isinstance(decide(*each), Miss) for each in modules):
        return False
    stay_alone(config)
    return True


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
    told = config.workerinput.get(KEY)  # type: ignore[attr-defined]
    if told is None:
        stop(config)
    else:
        hits, *unchanged = json.loads(told)
        Worker(config, {path: _told(puts) for path, puts in hits.items()}, Unchanged(*unchanged)).register()


def _told(puts: Iterable[tuple[str, str]]) -> Hit:
    """What a worker knows of a hit: what it does to ``sys.path``."""
    return Hit(NOTHING, inputs=tuple(Input(Op(op), path) for op, path in puts))
