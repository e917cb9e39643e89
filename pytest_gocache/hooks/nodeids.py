"""pytest's record of node ids (``.pytest_cache/v/cache/nodeids``), left alone by an exact repeat.

pytest reads all ids at every start and writes all of them at every end, for ``--nf``: with 50,000 tests
that is half of what an exact repeat costs. Such a repeat collects nothing, so it would write what it read.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from _pytest import cacheprovider

NAME = "nfplugin"
Plugin = Callable[[pytest.Config], object]


class Untouched:
    """In the place of pytest's plugin: neither reads nor writes."""


def leave_alone(config: pytest.Config) -> Callable[[], None]:
    """Keeps pytest from reading its node ids, where they are not asked for. Gives what undoes it.

    Has to be called before pytest's own ``pytest_configure``, which is where they are read.
    """
    manager = config.pluginmanager
    if config.getoption("newfirst", False) or not manager.hasplugin("cacheprovider") or manager.hasplugin(NAME):
        return _nothing
    module: Any = cacheprovider
    real: Plugin = module.NFPlugin

    def put_back() -> None:
        module.NFPlugin = real

    def instead(_config: pytest.Config) -> Untouched:
        put_back()
        return Untouched()

    def undo() -> None:
        put_back()
        if isinstance(manager.get_plugin(NAME), Untouched):
            manager.unregister(name=NAME)
            manager.register(real(config), NAME)

    module.NFPlugin = instead
    config.add_cleanup(put_back)
    return undo


def _nothing() -> None:
    """Nothing was changed."""
