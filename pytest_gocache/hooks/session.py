"""The general way: hands the pieces to pytest at the start, and keeps what was learnt at the end."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pytest_gocache.core.cache import Fits, any_fits
from pytest_gocache.core.lines import NoLines
from pytest_gocache.core.model import Hit, Miss, Reason, Replay, SavedTest, Selection, Verdict
from pytest_gocache.core.ops import LEFT_BEHIND
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.pause import paused
from pytest_gocache.hooks.arguments import chooser
from pytest_gocache.hooks.bulk import bulk_for
from pytest_gocache.hooks.collect import Collector
from pytest_gocache.hooks.company import Company
from pytest_gocache.hooks.conftests import of_conftests
from pytest_gocache.hooks.desk import Desk, outputs_of
from pytest_gocache.hooks.early import EARLY
from pytest_gocache.hooks.foreseen import foreseen, unchanged_of
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.keep import keep_snapshot
from pytest_gocache.hooks.order import Order
from pytest_gocache.hooks.output import missed_by
from pytest_gocache.hooks.path import SearchPath
from pytest_gocache.hooks.record import Recorder
from pytest_gocache.hooks.replay import Replayer, replay_in_brief
from pytest_gocache.hooks.reports import would_warn
from pytest_gocache.hooks.results import Results
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
        self._began = desk.config.stash[EARLY].began
        self._chooses = chooser(desk.request)
        self._order = Order()
        self._results = Results(lambda: desk.store)
        self._trouble = Trouble()
        self._exitstatus: int = pytest.ExitCode.INTERNAL_ERROR
        self._in_order = True
        """Whether modules come to ``_order`` as pytest runs them."""
        self._conftests: Callable[[], frozenset[str]] = functools.partial(of_conftests, desk.config)
        """What the conftests of this run do."""
        self._configured = False
        """Before every plugin is configured it is not known who listens."""
        self._pieces: dict[str, object] = {}
        self._decided: dict[tuple[str, Selection], Verdict] = {}
        """Under xdist verdicts are wanted before it is known who acts on them."""
        self._judged: dict[tuple[str, Selection], Verdict] = {}
        """The same of each module by itself, whatever the others do."""
        self._asked = False
        """Whether a server was asked for what it has, if there is one."""
        self._company = Company(desk, self._found, self._judge)
        self._verifier: Verifier | None = None
        self._about = self._asked_about()

    @property
    def desk(self) -> Desk:
        """What it works with."""
        return self._desk

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
            "settle": Settler(desk, recorder, testify, self._chooses or _all, self._outputs, self._trouble),
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

        return About(desk.settings.about, desk.project.places.name, desk.run.tells.differences)

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
        early.journal.looked = desk.project.files.told
        watcher = Watcher(early)
        known = unchanged_of(desk.vouched, desk.request, desk.conftests)
        path = SearchPath(desk.config, early.observer.rooted, desk.project.places.path)
        collector = Collector(desk.config, desk.request, self.decide, desk.run, self._order, known, path)

        def testify() -> Testimony:
            observer = watcher.observer
            watcher.hear(desk.project.files)
            return Testimony(watcher.seen, observer.reads, watcher.loaded(), faults=observer.faults, ran=collector.ran)

        return {"watch": watcher, "collect": collector}, testify, _nothing

    def _needs_workers(self) -> bool:
        if not self._workers:
            return False
        from pytest_gocache.hooks.xdist import spare_workers

        return not spare_workers(self._desk, self.decide)

    def _distributed(self) -> Parts:
        from pytest_gocache.hooks.xdist import Controller

        self._in_order = False
        controller = Controller(self._desk, self.decide, self._order)
        self._conftests = controller.conftests
        return {"controller": controller}, controller.testify, controller.learn

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        self._configured = True

    def pytest_collection_finish(self) -> None:
        self._desk.project.graph.rest()

    def begin(self) -> None:
        """Starts watching, where the session has begun already."""
        self._configured = True
        for piece in self._pieces.values():
            if isinstance(piece, (Watcher, Replayer)):
                piece.pytest_sessionstart()

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._exitstatus = exitstatus

    def pytest_unconfigure(self) -> None:
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
        return ledger.stored.get(path) or ledger.misses.get(path) or self._found(path, selection)

    def decide(self, path: str, selection: Selection) -> Verdict:
        """The verdict on a module: always the same in one run."""
        if (path, selection) not in self._decided:
            self._decided[path, selection] = verdict = self._in_company(path, selection)
            if self._about is not None:
                self._about.note(path, selection, verdict)
        return self._decided[path, selection]

    def _in_company(self, path: str, selection: Selection) -> Verdict:
        try:
            verdict = self._company(path, selection)
            return verdict if self._verifier is None else self._verifier.heeded(path, selection, verdict)
        except Exception as error:
            return self._trouble.note(error)

    def _found(self, path: str, selection: Selection) -> Verdict:
        if (path, selection) not in self._judged:
            self._judged[path, selection] = self._judge(path, selection)
        return self._judged[path, selection]

    def _ask_server(self) -> None:
        """If there is one: for all that is foreseen, at once."""
        if hasattr(self._desk.store, "prefetch"):
            wanted = (each for each in foreseen(self._desk) if each[0] not in self._desk.vouched.modules)
            self._desk.run.prefetch(wanted)

    def _judge(self, path: str, selection: Selection, fits: Fits = any_fits) -> Verdict:
        inert = "asked for in more than one way" if self._desk.request.overlapping else why_inert(self._desk.config)
        if path in self._desk.together:
            return Miss(Reason.INERT, self._desk.together[path])
        if inert or self._chooses is None:
            return Miss(Reason.INERT, inert or "-k or -m cannot be read")
        try:
            vouched = self._vouched(path) if fits is any_fits else None
            return vouched or self._looked_up(path, selection, self._chooses, fits)
        except Exception as error:
            return self._trouble.note(error)

    def _looked_up(self, path: str, selection: Selection, chooses: Callable[[SavedTest], bool], fits: Fits) -> Verdict:
        if not self._asked:
            self._asked = True
            self._ask_server()
        return self._shown(self._desk.run.verdict(path, selection, chooses, fits))

    def _vouched(self, path: str) -> Replay | None:
        """The verdict on a module that the snapshot vouches for, if its result can be shown."""
        brief = self._desk.vouched.modules.get(path)
        in_bulk = self._configured and self._in_bulk
        return replay_in_brief(brief, self._results, in_bulk, self._desk.config) if brief else None

    @functools.cached_property
    def _in_bulk(self) -> bool:
        return bulk_for(self._desk.config, self._desk.project.places) is not None

    def _shown(self, verdict: Verdict) -> Verdict:
        """The verdict, unless a run would say something now that it did not say then, or that was not stored."""
        if isinstance(verdict, Hit) and would_warn(verdict.result, self._desk.config):
            return Miss(Reason.INERT, "record_property with this junit_family warns")
        if isinstance(verdict, Hit) and (shown := missed_by(verdict.result, self._desk.config)):
            return Miss(Reason.OUTPUT_LEFT_OUT, shown)
        return verdict

    def _outputs(self) -> Outputs:
        return outputs_of(self._desk.config, self._directory, self._began)


def why_inert(config: pytest.Config) -> str:
    """The option by which earlier failures choose today's tests, so that nothing can be looked up; or empty."""
    failed = getattr(config.pluginmanager.get_plugin("lfplugin"), "lastfailed", None)
    if config.getoption("lf", False) and (failed or config.getoption("last_failed_no_failures", "") == "none"):
        return "--lf"
    if config.getoption("stepwise", False):
        return "--sw"  # it also counts what was collected, from one run to the next
    return ""


def _nothing() -> None:
    """Nothing to learn: a serial run has been there. Nothing to send: there is no server."""


def _all(_test: object) -> bool:
    return True
