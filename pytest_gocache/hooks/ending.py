"""The end of a run in which nothing of the user's runs any more."""

from __future__ import annotations

import gc

import pytest

from pytest_gocache.hooks.aside import FOR_GOOD
from pytest_gocache.hooks.conftests import ends_here


class Ending:
    """pytest looks for unreachable objects five times there, and Python once more. What there is when nothing of the
    user's runs any more stays to the end of pytest's looks, and is let go of after them.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._collecting = False
        self._begun = self._frozen = self._for_good = False
        config.add_cleanup(self._end)  # after those of all plugins that are configured later

    def begin(self) -> None:
        """From here on nothing of the user's runs."""
        if not self._begun:
            self._begun, self._collecting = True, gc.isenabled()
            gc.disable()

    def freeze(self) -> None:
        """pytest is about to look; the plugins are still there."""
        if self._begun and not self._frozen:
            self._frozen, self._for_good = True, ends_here(self._config)
            gc.freeze()

    def _end(self) -> None:
        """It has looked. A file that hangs on something unreachable is written when Python ends, as ever; unless there
        can be none, and Python ends, too."""
        if self._for_good:
            self._config.stash[FOR_GOOD] = True
        if self._begun and self._collecting:
            gc.enable()
        self._begun = self._frozen = False
