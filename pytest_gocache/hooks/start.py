"""Registers what a cached run needs, or one note that says why there is no cache in this run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pytest_gocache.core.model import Miss, Reason, Selection, Verdict
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.owners import owner_of
from pytest_gocache.hooks import conditions, session
from pytest_gocache.hooks.arguments import chooser, read_request
from pytest_gocache.hooks.collect import Collector
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.record import Recorder
from pytest_gocache.hooks.replay import CachedWord, Order, Replayer
from pytest_gocache.hooks.session import Desk
from pytest_gocache.hooks.settle import Settler
from pytest_gocache.hooks.summary import Note, Summary
from pytest_gocache.hooks.testimony import Testimony
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
    Session(desk, directory).register()


def _note(config: pytest.Config, text: str) -> None:
    config.pluginmanager.register(Note(text), "gocache-note")


Parts: TypeAlias = "tuple[dict[str, object], Callable[[], Testimony], Callable[[], None]]"
"""Plugins to register, what gives the testimony at the end, what to do when the test loop has ended."""


class Session:
    """A run that may write: serial, or xdist's controller."""

    def __init__(self, desk: Desk, directory: str) -> None:
        self._desk = desk
        self._directory = directory
        self._began = time.time_ns()
        self._chooses = chooser(desk.request)
        self._order = Order()
        self._trouble = Trouble()

    def register(self) -> None:
        """Hands the pieces to pytest."""
        desk, config = self._desk, self._desk.config
        places = desk.project.places
        recorder = Recorder(places, self._trouble)
        distributed = config.pluginmanager.hasplugin("xdist") and _distributes(config)
        pieces, testify, learn = self._distributed() if distributed else self._serial()
        pieces |= {
            "record": recorder,
            "replay": Replayer(config, self._order, places, learn),
            "word": CachedWord(),
            "settle": Settler(desk, recorder, testify, self._chooses or _all, self._outputs, self._trouble),
            "summary": Summary(desk.run.ledger, desk.settings.explain, places.name, self._trouble.told),
            "end": self,
        }
        for name, piece in pieces.items():
            config.pluginmanager.register(piece, f"gocache-{name}")

    def _serial(self) -> Parts:
        desk = self._desk
        places, files = desk.project.places, desk.project.files
        watcher = Watcher(Observer(lambda filename: owner_of(filename, places), files.look))
        collector = Collector(desk.config, desk.request, self._decide_and_note, desk.run.refuse, self._order)

        def testify() -> Testimony:
            observer = watcher.observer
            return Testimony(watcher.seen, observer.reads, faults=observer.faults, ran=collector.ran)

        return {"watch": watcher, "collect": collector}, testify, _nothing

    def _distributed(self) -> Parts:
        from pytest_gocache.hooks.xdist import Controller

        controller = Controller(self._desk, self._decide, self._order)
        return {"controller": controller}, controller.testify, controller.learn

    def pytest_unconfigure(self) -> None:
        try:
            self._desk.close()
        except Exception as error:
            self._trouble.note(error)

    def _decide(self, path: str, selection: Selection) -> Verdict:
        inert = why_inert(self._desk.config)
        if inert or self._chooses is None:
            return Miss(Reason.INERT, inert or "-k or -m cannot be read")
        try:
            return self._desk.run.verdict(path, selection, self._chooses)
        except Exception as error:
            return self._trouble.note(error)

    def _decide_and_note(self, path: str, selection: Selection) -> Verdict:
        verdict = self._decide(path, selection)
        self._desk.run.note(path, verdict)
        return verdict

    def _outputs(self) -> Outputs:
        return session.outputs_of(self._desk.config, self._directory, self._began)


def _distributes(config: pytest.Config) -> bool:
    """Whether xdist will start workers (its own test, which it makes a moment later)."""
    return config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None)) and not config.option.collectonly


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


def _nothing() -> None:
    """Nothing to learn: a serial run has been there."""


def _all(_test: object) -> bool:
    return True
