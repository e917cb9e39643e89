"""pytest's record of node ids (``.pytest_cache/v/cache/nodeids``), read and written only where something is new.

pytest reads all ids at every start and writes all of them at every end, for ``--nf``: with 50,000 tests that is half of
what an exact repeat costs, and a third of a run after an edit. Where each collected test is among them already, and so
where nothing is collected, it would write what it read.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterable
from typing import Any

import pytest
from _pytest import cacheprovider

NAME = "nfplugin"
Plugin = Callable[[pytest.Config], Any]


class Later:
    """In the place of pytest's plugin, which is made when there is something for it to write."""

    def __init__(self, config: pytest.Config, make: Plugin) -> None:
        self._config = config
        self._make = make
        self._made: list[Any] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> Generator[None, Any, Any]:
        if _are_known((item.nodeid for item in items), self._config):
            return (yield)
        self._made.append(self._make(self._config))
        return (yield from self._made[0].pytest_collection_modifyitems(items))

    def pytest_sessionfinish(self) -> None:
        for made in self._made:
            made.pytest_sessionfinish()


def put_off(config: pytest.Config) -> None:
    """Keeps pytest from reading its node ids, where they are not asked for.

    Has to be called before pytest's own ``pytest_configure``, which is where they are read.
    """
    manager = config.pluginmanager
    if config.getoption("newfirst", False) or not manager.hasplugin("cacheprovider") or manager.hasplugin(NAME):
        return
    module: Any = cacheprovider
    real: Plugin = module.NFPlugin

    def put_back() -> None:
        module.NFPlugin = real

    def instead(config: pytest.Config) -> Later:
        put_back()
        return Later(config, real)

    module.NFPlugin = instead
    config.add_cleanup(put_back)


def _are_known(nodeids: Iterable[str], config: pytest.Config) -> bool:
    """Whether all of them are in pytest's record. As text: to parse it is what takes long."""
    wanted = [json.dumps(each, ensure_ascii=False) for each in nodeids]
    if not wanted:
        return True
    if len(wanted) > MOST_SOUGHT:
        return False  # many of many are better left to sets
    cache: Any = config.cache
    try:
        text = cache._getvaluepath("cache/nodeids").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return False
    return all(each in text for each in wanted)


MOST_SOUGHT = 500
"""So many texts are sought one by one."""
