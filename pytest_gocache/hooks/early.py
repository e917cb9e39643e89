"""Begins to watch before the first conftest is loaded: what it reads there belongs to it, too."""

from __future__ import annotations

import functools
import os
import sys
import tempfile
from types import FrameType
from typing import Protocol

import pytest

from pytest_gocache.core.audit import Audit, both
from pytest_gocache.core.calls import Calls
from pytest_gocache.core.children import Children
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.files import Files
from pytest_gocache.core.journal import Journal
from pytest_gocache.core.machine import Machine
from pytest_gocache.core.metadata import LookUps
from pytest_gocache.core.named import Named
from pytest_gocache.core.native import Native
from pytest_gocache.core.network import Network
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.opening import Opening
from pytest_gocache.core.owners import PYTEST_PACKAGES, owner_of
from pytest_gocache.core.probes import Probes
from pytest_gocache.core.searches import Searches
from pytest_gocache.core.values import frozen
from pytest_gocache.core.variables import Reader
from pytest_gocache.hooks.arguments import named_arguments, places_for
from pytest_gocache.hooks.aside import ASIDE, Aside
from pytest_gocache.hooks.asked import Asked
from pytest_gocache.hooks.attribute import Attributes
from pytest_gocache.hooks.before import look_at_loaded
from pytest_gocache.hooks.cache_dir import cache_of
from pytest_gocache.hooks.conditions import active_packages
from pytest_gocache.hooks.dotted import Dotted
from pytest_gocache.hooks.workerinput import WorkerInput

if sys.platform != "win32":
    import _posixsubprocess  # noqa: F401  watched from the start


class StandIn(Protocol):
    """Stands in for something between ``install`` and ``remove``."""

    def install(self) -> None:
        """Begins."""

    def remove(self) -> None:
        """Ends."""


@frozen
class Early:
    """The observer of this process, with what it looked at before core was put together."""

    observer: Observer
    files: Files
    variables: Variables
    """As they were before the first conftest."""
    probes: tuple[StandIn, ...]
    """What stands in for parts of ``os``, ``importlib`` and ``subprocess`` until ``stop``."""
    journal: Journal
    """Where children tell what they do."""
    calls: Calls
    """What sees computed imports."""


EARLY = pytest.StashKey[Early]()


def watch(config: pytest.Config) -> None:
    """Starts the observer of this process."""
    known = config.known_args_namespace
    start = str(config.invocation_params.dir)
    places = places_for(config, named_arguments(known.file_or_dir, start, bool(known.pyargs)))
    files = Files({}, trusting=bool(config.getini("gocache_trust_stat")))
    variables = Variables(os.environ)
    observer = Observer(lambda filename: owner_of(filename, places), files.see)
    observer.plugins = frozenset(f"top:{name}" for name in active_packages(config) - PYTEST_PACKAGES)
    observer.may_keep, observer.may_hold = _may_keep, functools.partial(_may_hold, observer)
    observer.doubt = files.doubt
    observer.rooted.update(map(os.path.abspath, sys.path))
    if cache := cache_of(config):
        observer.cache = os.path.join(cache, "")
    journal = Journal(_directory(), files.told)
    top = str(places.rootdir)

    def hook() -> str:
        from pytest_gocache.core import startup  # needed by runs that start children

        return startup.prepare(journal.directory, top)

    children = Children(observer, journal, variables.same, hook)
    calls = Calls(observer)
    look_ups = LookUps(observer, {*places.site, *(os.path.abspath(entry) for entry in sys.path)})
    machine = Machine(observer)
    machine.becoming = children.becoming
    native, opening = Native(observer, top), Opening(observer)
    watching = (Network(observer), machine, children, calls, native)
    handlers = {event: handler for each in watching for event, handler in each.handlers().items()}
    handlers["import"] = both(handlers["import"], opening.on_import)
    aside = config.stash[ASIDE] = Aside(config)
    handlers["gc.get_referrers"] = aside.take_back
    Audit(observer, handlers, look_ups).install()
    probing = Probes(observer, top)
    probing.opening = machine.opening
    asked = Asked(observer, config)
    own: tuple[StandIn, ...] = (
        probing,
        Named(observer),
        machine,
        Reader(observer, variables),
        look_ups,
        children,
        Searches(observer),
        calls,
        Dotted(observer),
        asked,
        Attributes(config, {**asked.attributes(), **WorkerInput(observer).attributes()}),
        native,
        opening,
    )
    probes = (*own, *_measuring(config))
    config.stash[EARLY] = Early(observer, files, variables, probes, journal, calls)
    for each in probes:
        each.install()
    config.add_cleanup(lambda: stop(config))
    observer.quietly("loaded before", look_at_loaded, config, observer, files)
    aside.add()


def _measuring(config: pytest.Config) -> tuple[StandIn, ...]:
    """What keeps the books of coverage, where it is asked for or runs already."""
    if not measured() and not getattr(config.known_args_namespace, "cov_source", None):
        return ()
    from pytest_gocache.hooks.cov import Measuring  # needed by runs under coverage

    return (Measuring(config),)


def _may_keep(frame: FrameType) -> bool:
    from pytest_gocache.core.keepers import may_keep  # needed by few runs

    return may_keep(frame)


def _may_hold(observer: Observer, frame: FrameType) -> bool:
    from pytest_gocache.core.keepers import may_hold  # needed by few runs

    return may_hold(frame, lambda filename: observer.owner(filename).startswith("file:"))


def _directory() -> str:
    """A name for the directory of this run's journals; it is made when there is something to tell."""
    return os.path.join(tempfile.gettempdir(), f"pytest-gocache-{os.urandom(8).hex()}")


def measured() -> bool:
    """Whether this process runs under coverage."""
    current = getattr(sys.modules.get("coverage"), "Coverage", None)
    return current is not None and current.current() is not None


def stop(config: pytest.Config) -> None:
    """Nobody in this process asks what is read from here on."""
    if EARLY in config.stash:
        config.stash[EARLY].observer.active = False
        for each in reversed(config.stash[EARLY].probes):
            each.remove()
