"""pytest-xdist: the controller decides, records and stores (``worker.py`` is the other side).

The controller does not collect. It judges every file that looks like a test module before workers
start, tells them which are hits, and learns at the end which of those pytest really came to.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

import pytest

from pytest_gocache.core.model import Hit, Miss, Reason, Replay, Selection, Verdict
from pytest_gocache.core.ops import PUTS, REPEATED
from pytest_gocache.core.values import fields_of
from pytest_gocache.hooks.conftests import CHOOSES, of_conftests
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.early import stop
from pytest_gocache.hooks.foreseen import foreseen, others_collect, unchanged_of
from pytest_gocache.hooks.given import by_failures, stay_alone
from pytest_gocache.hooks.order import Order, replay_of
from pytest_gocache.hooks.testimony import Testimony, from_json, joined
from pytest_gocache.hooks.worker import KEY

UNSEEN = Miss(Reason.INCOMPLETE, "not known before the workers started")


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
        known = unchanged_of(self._desk)
        hits = {path: self._repeated(each) for path, each in self._verdicts.items() if not isinstance(each, Miss)}
        return json.dumps([hits, *fields_of(known).values()])

    def _repeated(self, hit: Hit | Replay) -> list[tuple[str, str]]:
        """What is to be done in its place, with paths as they are here."""
        done = (each for each in hit.inputs if each.op in REPEATED) if isinstance(hit, Hit) else ()
        path = self._desk.project.places.path
        return [(each.op, path(each.name) if each.op in PUTS else each.name) for each in done]

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
