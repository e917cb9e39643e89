"""Registers what a cached run needs, or one note that says why there is no cache in this run."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import pytest

from pytest_gocache.core.model import Hit, Miss, Reason, Selection, Verdict
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.hooks import conditions, session
from pytest_gocache.hooks.arguments import Request, chooser, read_request
from pytest_gocache.hooks.collect import Collector
from pytest_gocache.hooks.record import Recorder
from pytest_gocache.hooks.replay import CachedWord, Order, Replayer, ThroughHooks
from pytest_gocache.hooks.session import Desk
from pytest_gocache.hooks.settle import Settler, Testimony
from pytest_gocache.hooks.summary import Note, Summary
from pytest_gocache.hooks.watch import Watcher
from pytest_gocache.stores import place

if TYPE_CHECKING:
    from pytest_gocache.hooks.options import Settings


def register(config: pytest.Config, settings: Settings) -> None:
    """The one place that knows all the pieces of a run."""
    why_off = conditions.turned_off(config)
    if why_off:
        _note(config, f"off ({why_off})")
        return
    request = read_request(config)
    try:
        directory = str(place.choose(config.getoption("gocache_dir"), str(config.getini("gocache_dir")), ini_base=config.rootpath))
    except place.PlaceError as error:
        raise pytest.UsageError(str(error)) from None
    trouble = place.prepare(directory)
    if trouble:
        _note(config, trouble)
        return
    from pytest_gocache.stores.disk import DiskStore

    desk = session.open_desk(config, settings, request, DiskStore(directory), place.LocalFiles(directory))
    Serial(desk, directory).register()


def _note(config: pytest.Config, text: str) -> None:
    config.pluginmanager.register(Note(text), "gocache-note")


class Serial:
    """A run in one process: collects, watches, records, replays and stores."""

    def __init__(self, desk: Desk, directory: str) -> None:
        self._desk = desk
        self._directory = directory
        self._began = time.time_ns()
        self._chooses = chooser(desk.request)
        self._notes: list[str] = []

    def register(self) -> None:
        """Hands the pieces to pytest."""
        desk, config = self._desk, self._desk.config
        order = Order()
        places = desk.project.places
        watcher = Watcher(Observer(desk.project.owner_of, desk.project.files.look))
        recorder = Recorder(config, places)
        collector = Collector(config, desk.request, self._decide, self._refuse, order)

        def testify() -> Testimony:
            observer = watcher.observer
            return Testimony(watcher.seen, observer.reads, observer.faults)

        pieces = {
            "watch": watcher,
            "record": recorder,
            "collect": collector,
            "replay": Replayer(config, order, ThroughHooks(config, places), places),
            "word": CachedWord(),
            "settle": Settler(desk, recorder, collector.ran, testify, self._chooses or _all, self._outputs),
            "summary": Summary(desk.run.ledger, desk.settings.explain, Names(desk), self._notes),
            "end": self,
        }
        for name, piece in pieces.items():
            config.pluginmanager.register(piece, f"gocache-{name}")

    def pytest_unconfigure(self) -> None:
        self._desk.close()

    def _decide(self, path: str, selection: Selection) -> Verdict:
        run = self._desk.run
        if self._chooses is None:
            verdict = Miss(Reason.INERT, "-k or -m cannot be read")
            self._refuse(path, verdict)
            return verdict
        inert = why_inert(self._desk.config)
        if inert:
            verdict = Miss(Reason.INERT, inert)
            self._refuse(path, verdict)
            return verdict
        return run.verdict(path, selection, self._chooses)

    def _refuse(self, path: str, why: Miss) -> None:
        ledger = self._desk.run.ledger
        ledger.misses[path] = why
        ledger.refused[path] = why

    def _outputs(self) -> Outputs:
        return session.outputs_of(self._desk.config, self._directory, self._began)


def why_inert(config: pytest.Config) -> str:
    """The option by which earlier failures choose today's tests, so that nothing can be looked up; or empty."""
    failed = getattr(config.pluginmanager.get_plugin("lfplugin"), "lastfailed", None)
    if config.getoption("lf", False) and (failed or config.getoption("last_failed_no_failures", "") == "none"):
        return "--lf"
    stepwise = config.pluginmanager.get_plugin("stepwiseplugin")
    if config.getoption("stepwise", False) and _stopped_at(stepwise):
        return "--sw"
    return ""


def _stopped_at(stepwise: object) -> object:
    cached = getattr(stepwise, "cached_info", None)
    return getattr(cached, "last_failed", None) or getattr(stepwise, "lastfailed", None)


def _all(_test: object) -> bool:
    return True


class Names(Mapping[str, str]):
    """Portable names by path, for showing."""

    def __init__(self, desk: Desk) -> None:
        self._places = desk.project.places

    def __getitem__(self, path: str) -> str:
        return self._places.name(path)

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(())

    def __len__(self) -> int:
        return 0


__all__ = ["Hit", "Request", "register"]
