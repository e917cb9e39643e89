"""The general way: hands the pieces to pytest at the start, and keeps what was learnt at the end."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pytest_gocache.core.lines import NoLines
from pytest_gocache.core.model import Miss, Reason, Selection, Verdict
from pytest_gocache.core.ops import LEFT_BEHIND
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.pause import paused
from pytest_gocache.hooks.collect import Collector
from pytest_gocache.hooks.company import Company
from pytest_gocache.hooks.conftests import of_conftests
from pytest_gocache.hooks.desk import Desk, outputs_of
from pytest_gocache.hooks.early import EARLY
from pytest_gocache.hooks.ending import Ending
from pytest_gocache.hooks.foreseen import foreseen, unchanged_of
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.judge import Judge
from pytest_gocache.hooks.keep import keep_snapshot
from pytest_gocache.hooks.order import Order
from pytest_gocache.hooks.path import SearchPath
from pytest_gocache.hooks.record import Recorder
from pytest_gocache.hooks.replay import Replayer
from pytest_gocache.hooks.settle import Settler
from pytest_gocache.hooks.summary import Header, Summary
from pytest_gocache.hooks.testimony import Testimony
from pytest_gocache.hooks.verdicts import Verdicts
from pytest_gocache.hooks.watch import Watcher

if TYPE_CHECKING:
    from pytest_gocache.core.account import Account
    from pytest_gocache.hooks.about import About
    from pytest_gocache.hooks.verify import Verifier
    from pytest_gocache.stores.base import Traffic

Parts: TypeAlias = "tuple[dict[str, object], Callable[[], Testimony], Callable[[], None]]"
"""Plugins to register, what gives the testimony at the end, what to do when the test loop has ended."""


class Session:
    """A run that may write: serial, or xdist's controller."""

    def __init__(self, desk: Desk, directory: str, workers: bool) -> None:
        self._desk = desk
        self._workers = workers
        self._directory = directory
        self._began = desk.config.stash[EARLY].observer.began
        self._order = Order()
        self._trouble = Trouble()
        self._judge = Judge(desk, self._trouble)
        self._exitstatus: int = pytest.ExitCode.INTERNAL_ERROR
        self._in_order = True
        """Whether modules come to ``_order`` as pytest runs them."""
        self._conftests: Callable[[], frozenset[str]] = functools.partial(of_conftests, desk.config)
        """What the conftests of this run do."""
        self._pieces: dict[str, object] = {}
        self._ending = Ending(desk.config)
        self._verifier: Verifier | None = None
        self._about = self._asked_about()

    @property
    def desk(self) -> Desk:
        """What it works with."""
        return self._desk

    @property
    def decide(self) -> Judge:
        """What gives the verdict on each module."""
        return self._judge

    def register(self) -> None:
        """Hands the pieces to pytest."""
        desk, config = self._desk, self._desk.config
        places, ledger, chain = desk.project.places, desk.run.ledger, desk.run.tells.chain
        recorder = Recorder(config, places, self._trouble, desk.settings.store_output)
        asked = self._verifying()
        pieces, testify, learn = self._distributed() if self._needs_workers() else self._serial()
        pieces |= self._booking() | self._accounting() | asked  # whoever comes later ends sooner
        pieces |= {
            "record": recorder,
            "replay": Replayer(config, self._order, places, learn),
            "settle": Settler(desk, recorder, testify, self._judge.chooses or _all, self._outputs, self._trouble),
            "verdicts": Verdicts(config, ledger.verdicts),  # after the books are closed
            "summary": Summary(ledger, desk.settings, places.name, chain, self._told, self._traffic),
            "end": self,
            "header": Header(desk.settings.bypass),
            **self.asking(),
        }
        self._pieces = pieces
        for name, piece in pieces.items():
            config.pluginmanager.register(piece, f"gocache-{name}")

    def _asked_about(self) -> About | None:
        desk = self._desk
        if not desk.settings.about:
            return None
        from pytest_gocache.hooks.about import About

        about = About(desk.settings.about, desk.project.places.name, desk.run.tells.differences)
        self._judge.tell = about.note
        return about

    def asking(self) -> dict[str, object]:
        """Under ``--gocache-explain=MODULE``: what tells of these modules."""
        return {} if self._about is None else {"about": self._about}

    def _booking(self) -> dict[str, object]:
        """Under coverage: what keeps the books of lines. Before the replays, whose lines it brings in."""
        if isinstance(self._desk.lines, NoLines):
            return {}
        from pytest_gocache.hooks.cov import booking

        return booking(self._desk.config, self._desk.lines, self._desk.run.ledger.hits)

    def _verifying(self) -> dict[str, object]:
        """Under ``--gocache-verify``: what runs hits."""
        percent = self._desk.settings.verify
        if percent is None:
            return {}
        from pytest_gocache.hooks.verify import Verifier

        self._verifier = Verifier(percent, self._order, self._desk.run, self._trouble)
        self._judge.heed = self._verifier.heeded
        return {"verify": self._verifier}

    def _accounting(self) -> dict[str, object]:
        """Under ``--gocache-json`` and ``--gocache-report``: what writes the files."""
        settings = self._desk.settings
        if not settings.accounts:
            return {}
        from pytest_gocache.hooks.account import Accountant

        accountant = Accountant(self._desk.config, settings, lambda: self._account(accountant.took))
        return {"account": accountant}

    def _account(self, took: Mapping[str, float]) -> Account:
        from pytest_gocache.core.account import of_books

        run, nodeids = self._desk.run, dict(self._order.sequence)
        verified = self._verifier.verified if self._verifier else None
        tally = self._desk.config.pluginmanager.get_plugin("gocache-tally")
        counts = None if tally is None else tally.tests
        name = self._desk.project.places.name

        def ran(path: str) -> float | None:
            return took.get(nodeids.get(path, ""))

        def files(path: str) -> int | None:
            return None if path in run.ledger.unchanged else run.tells.closure_size(path)

        return of_books(run.ledger, name, ran, files, verified, counts, self._traffic())

    def _traffic(self) -> Traffic | None:
        """What went to and from a server, if there is one. What is to be sent is sent now."""
        getattr(self._desk.store, "send", _nothing)()
        return getattr(self._desk.store, "traffic", None)

    def _told(self) -> Iterator[str]:
        """At most one line of trouble: the store's, or a mistake of ours."""
        mistakes = [f"a mistake of ours, nothing was stored ({told})" for told in self._trouble.told]
        yield from [*mistakes, *self._desk.store.notices][:1]

    def _serial(self) -> Parts:
        desk = self._desk
        early = desk.config.stash[EARLY]
        desk.project.files.take_over(early.files.looks(), early.files.everything_learnt())
        early.observer.look = desk.project.files.see
        early.observer.doubt = desk.project.files.doubt
        early.journal.looked = desk.project.files.told
        watcher = Watcher(early)
        known = unchanged_of(desk)
        path = SearchPath(desk.config, early.observer.rooted, desk.project.places.path)
        collector = Collector(desk.config, desk.request, self._judge, desk.run, self._order, known, path)

        def testify() -> Testimony:
            reads, loaded, unwatched = watcher.observer.reads, watcher.loaded(), watcher.unwatched()
            watcher.hear(desk.project.files)
            faults = watcher.observer.faults
            return Testimony(watcher.seen, reads, loaded, unwatched, faults=faults, ran=collector.ran)

        return {"watch": watcher, "collect": collector}, testify, _nothing

    def _needs_workers(self) -> bool:
        if not self._workers:
            return False
        from pytest_gocache.hooks.xdist import spare_workers

        return not spare_workers(self._desk, self._judge)

    def _distributed(self) -> Parts:
        from pytest_gocache.hooks.xdist import Controller

        self._in_order = False
        controller = Controller(self._desk, self._judge, self._order)
        self._conftests = controller.conftests
        return {"controller": controller}, controller.testify, controller.learn

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self._judge.configured = True

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._desk.project.graph.rest()
        if self._in_order and not session.items and len(self._order.all) == len(self._order.sequence):
            self._ending.begin()  # there is nothing to run

    def begin(self) -> None:
        """Starts watching, where the session has begun already."""
        self._judge.configured = True
        for piece in self._pieces.values():
            if isinstance(piece, (Watcher, Replayer)):
                piece.pytest_sessionstart()

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._exitstatus = exitstatus

    def pytest_unconfigure(self) -> None:
        self._ending.freeze()
        try:
            with paused():
                self._keep()
        except Exception as error:
            self._trouble.note(error)

    def _keep(self) -> None:
        if not self._trouble.told:
            order = self._order.sequence
            settled = not self._unsettled()
            keep_snapshot(self._desk, order, self._in_order, settled, self._conftests(), self._exitstatus)
        if self._desk.run.evicted:
            self._desk.local.new_epoch()
        self._desk.close()

    def _unsettled(self) -> bool:
        """Whether what ran left something behind that makes a hit of this run none in the next."""
        ledger = self._desk.run.ledger
        left = (each.op in LEFT_BEHIND for hit in ledger.stored.values() for each in hit.inputs)
        if not any(left):
            return False
        hits = [each for each in foreseen(self._desk) if each[0] in ledger.hits or each[0] in ledger.unchanged]
        company = Company(self._desk, self._afterwards, lambda *_: Miss(Reason.NO_RECORD))
        return any(isinstance(company.meeting(*each), Miss) for each in hits)

    def _afterwards(self, path: str, selection: Selection) -> Verdict:
        """What would be found of a module now."""
        ledger = self._desk.run.ledger
        return ledger.stored.get(path) or ledger.misses.get(path) or self._judge.found(path, selection)

    def _outputs(self) -> Outputs:
        return outputs_of(self._desk.config, self._directory, self._began)


def _nothing() -> None:
    """Nothing to learn: a serial run has been there. Nothing to send: there is no server."""


def _all(_test: object) -> bool:
    return True
