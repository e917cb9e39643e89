"""pytest's door: options, then choose once what to register in this process.

Imported by every pytest run of everyone who has this installed, so nothing heavy stands at the top.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest

from pytest_gocache.hooks import given, options, specs
from pytest_gocache.hooks.settings import WATCHES, Settings, directory_in, is_on, read_settings

if TYPE_CHECKING:
    from pytest_gocache.stores.base import Store


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """What other plugins may tell us."""
    pluginmanager.add_hookspecs(specs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Our options, all but ``--count``."""
    options.add_options(parser)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, Any, Any]:
    """Watches what the first conftests read, and registers ``--count`` when everybody had a chance to do so."""
    options.spell_out(early_config, parser, args)
    early_config.stash[given.DEFAULTS] = dict(vars(early_config.option))
    watching = WATCHES and is_on(early_config, early_config.known_args_namespace.gocache)
    if watching:
        _watch_early(early_config)
    result = yield
    options.add_count(early_config, parser)
    if watching:
        _listen_to_options(early_config, parser)
    return result


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Keeps the options as given, before plugins derive anything from them, and the conftests of the start."""
    config.stash[given.GIVEN] = dict(vars(config.option))
    config.stash[given.INITIAL] = frozenset(getattr(config.pluginmanager, "_conftest_plugins", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Chooses what this process needs."""
    config.addinivalue_line("markers", options.MARK)
    settings = read_settings(config)
    config.addinivalue_line("markers", options.MARK_OF_COUNT)
    if (settings.count or 1) > 1 or settings.count_seconds is not None:
        from pytest_gocache.hooks import repeat

        repeat.register(config, settings)
    if hasattr(config, "workerinput"):
        from pytest_gocache.hooks.worker import register_worker

        register_worker(config)
    elif settings.on:
        _register_cache(config, settings)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Looks for tests that are marked to run more than once."""
    marked = [item for item in session.items if "count" in item.keywords]
    if marked:
        from pytest_gocache.hooks import repeat

        repeat.register_marked(session.config, marked)


def _watch_early(config: pytest.Config) -> None:
    from pytest_gocache.core.pause import paused

    with paused():
        from pytest_gocache.hooks import early

        # Needed a little later. Loaded while somebody watches, each module would be several events.
        if "PYTEST_XDIST_WORKER" in os.environ:
            from pytest_gocache.hooks import worker  # noqa: F401
        else:
            from pytest_gocache.hooks import start  # noqa: F401

            if _is_new(config):
                from pytest_gocache.hooks import desk, session  # noqa: F401

    early.watch(config)


def _is_new(config: pytest.Config) -> bool:
    """Whether no run of this checkout is known here. Then there is no exact repeat, and all that decides is needed."""
    from pytest_gocache.hooks.local import memory_of
    from pytest_gocache.stores import place

    try:
        directory = _choose(config, directory_in(config.known_args_namespace))
    except place.PlaceError:
        return False  # it will be said
    return not place.LocalFiles(directory).has(memory_of(config))


def _choose(config: pytest.Config, given: str) -> str:
    from pytest_gocache.stores import place

    return str(place.choose(given, str(config.getini("gocache_dir")), ini_base=config.rootpath))


def _listen_to_options(config: pytest.Config, parser: pytest.Parser) -> None:
    from pytest_gocache.hooks.spelled import SPELLED, Spelled

    config.stash[SPELLED] = spelled = Spelled()
    spelled.listen(parser)


def _register_cache(config: pytest.Config, settings: Settings) -> None:
    from pytest_gocache.hooks import start
    from pytest_gocache.hooks.local import Shelf
    from pytest_gocache.stores import place

    try:
        directory = _choose(config, settings.directory)
    except place.PlaceError as error:
        raise pytest.UsageError(str(error)) from None
    trouble = place.prepare(directory)
    if trouble:
        start.say(config, trouble)
    else:
        start.register(config, settings, Shelf(directory, place.LocalFiles(directory), _opener(config, settings)))


def _opener(config: pytest.Config, settings: Settings) -> Callable[[str], Store]:
    """What opens the store that was asked for. Other packages' are looked for only where one is."""
    if settings.remote and not settings.store:
        return lambda directory: _open_tiered(config, settings, directory)
    if not settings.store:
        return _open_store
    from pytest_gocache.hooks.conditions import active_packages
    from pytest_gocache.stores.foreign import ForeignStore

    return lambda _directory: ForeignStore(settings.store, plugins=active_packages(config))


def _open_store(directory: str) -> Store:
    # Needed only where the session snapshot does not answer: sqlite3 is not imported before.
    from pytest_gocache.stores.disk import DiskStore

    return DiskStore(directory)


def _open_tiered(config: pytest.Config, settings: Settings, directory: str) -> Store:
    from pytest_gocache.hooks.early import EARLY
    from pytest_gocache.stores import remote
    from pytest_gocache.stores.patience import Patience
    from pytest_gocache.stores.tiered import Tiered

    early, patience = config.stash[EARLY], Patience()
    environ = {os.fsdecode(name): os.fsdecode(value) for name, value in early.variables.raw.items()}
    opener = remote.opener(settings.remote, patience.left, environ)
    shown = remote.shown(settings.remote)
    return Tiered(_open_store(directory), opener, shown, settings.remote_writes, early.observer.unwatched, patience)
