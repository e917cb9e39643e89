"""The end of a run in which nothing of the user's runs any more."""

from __future__ import annotations

import gc

import pytest

from pytest_gocache.hooks.aside import ASIDE


class Ending:
    """No collections but those that are asked for. pytest asks for some, and Python does when it ends: what there is by
    then is set aside as well, where nothing of the user's was ever loaded.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._begun = self._collecting = False
        config.add_cleanup(self._end)  # after those of all plugins that are configured later

    def begin(self) -> None:
        """From here on nothing of the user's runs."""
        if not self._begun:
            self._begun, self._collecting = True, gc.isenabled()
            gc.disable()

    def freeze(self) -> None:
        """pytest is about to look; the plugins are still there."""
        if self._begun:
            self._config.stash[ASIDE].add()

    def _end(self) -> None:
        if self._begun and self._collecting:
            gc.enable()
        self._begun = False
