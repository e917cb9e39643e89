"""Which tests pytest puts before all others: those that failed (``--ff``), new ones (``--nf``). Replays come later."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection

import pytest

from pytest_gocache.hooks.order import Order

First = Callable[[pytest.Item], bool]


def chosen_first(config: pytest.Config) -> First:
    """Tells them. To be asked before the collection: then pytest's books are those of the last run."""
    known = _names(config, "newfirst", "nfplugin", "cached_nodeids")
    # With both options those that failed are put first, and then all are sorted by age.
    failed = (_names(config, "failedfirst", "lfplugin", "lastfailed") if known is None else None) or ()

    def first(item: pytest.Item) -> bool:
        names = {item.nodeid, getattr(item, "id", item.nodeid)}  # pytest has both
        return not names.isdisjoint(failed) or (known is not None and names.isdisjoint(known))

    return first


def failed_modules(config: pytest.Config) -> frozenset[str]:
    """The node ids of modules with tests that ``--ff`` puts first: replayed, they come first, too."""
    if config.getoption("newfirst", False):
        return frozenset()
    failed = _names(config, "failedfirst", "lfplugin", "lastfailed") or ()
    return frozenset(str(name).partition("::")[0] for name in failed)


def _names(config: pytest.Config, option: str, plugin: str, books: str) -> Collection[object] | None:
    if not config.getoption(option, False):
        return None
    return frozenset(getattr(config.pluginmanager.get_plugin(plugin), books, ()))


def sort_newest_first(config: pytest.Config, order: Order) -> None:
    """As ``--nf`` sorts all that runs: by the times of files."""
    if config.getoption("newfirst", False):
        order.sort(_age)


def _age(path: str) -> tuple[int, ...]:
    try:
        return (-os.stat(path).st_mtime_ns,)
    except OSError:
        return (0,)
