"""A mistake of ours is never the user's failure: it is noted, said once, and nothing is stored.

Nor is one in a hook of ours that another plugin has: it is told by the plugin's name.

Under our own tests ``PYTEST_GOCACHE_STRICT=1`` lets it fail at once, which is a kindness there.
"""

from __future__ import annotations

import os
import traceback

import pluggy

from pytest_gocache.core.model import Miss, Reason


class Trouble:
    """What went wrong inside the cache in this run."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self._strict = bool(os.environ.get("PYTEST_GOCACHE_STRICT"))

    def note(self, error: Exception) -> Miss:
        """Notes a mistake of ours, as the reason why a module runs."""
        if self._strict:
            raise error
        self.told.append(f"{type(error).__name__}: {error}")
        return Miss(Reason.INTERNAL_ERROR, self.told[0])


def blame(hook: pluggy.HookCaller, error: Exception) -> str:
    """Which plugin failed in which hook, and how, in one line."""
    names = {getattr(impl.function, "__code__", None): impl.plugin_name for impl in hook.get_hookimpls()}
    whose = (names[frame.f_code] for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code in names)
    plugin = next(whose, " or ".join(names.values()))  # what it gave back is wrong: nobody is on the stack
    conftest = os.sep.join(plugin.split(os.sep)[-2:])  # pytest names one by its path
    return " ".join(f"{hook.name} of {conftest}: {type(error).__name__}: {error}".split())
