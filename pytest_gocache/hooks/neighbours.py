"""What plugins beside us need: modules whose tests have to run, and tests that are other ones each time."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator

import pytest

from pytest_gocache.core.ops import Op
from pytest_gocache.core.standing import Event
from pytest_gocache.hooks.conditions import active_packages
from pytest_gocache.hooks.guard import blame

FIXTURES = {"benchmark": ("pytest_benchmark", "pytest_codspeed"), "codspeed_benchmark": ("pytest_codspeed",)}
"""Fixtures that measure, and whose."""
MARKS = {
    "benchmark": "pytest_codspeed",
    "codspeed_benchmark": "pytest_codspeed",
    "limit_memory": "pytest_memray",
    "limit_leaks": "pytest_memray",
    "dependency": "pytest_dependency",
}
"""Marks by which a test is measured, or tells tests of other modules how it ended, and whose."""
EVERY_TEST = {"memray": "pytest_memray", "automark_dependency": "pytest_dependency"}
"""Ini values that do so for all tests."""
TOLD_OF_ALL = {"pytest_harvest"}
"""Plugins by which any test, or a hook at the end, may ask what became of all others."""


class Neighbours:
    """The plugins that are active in this process."""

    def __init__(self, config: pytest.Config) -> None:
        self._active = active_packages(config)
        self._config = config
        self._all = next(self._every_test(), "")
        self._fixtures = {name for name, packages in FIXTURES.items() if not self._active.isdisjoint(packages)}
        self._marks = {name for name, package in MARKS.items() if package in self._active}
        self._counts_snapshots = "syrupy" in self._active and not config.getoption("disable_unused_snapshots", False)
        self._may_be_told = bool(config.hook.pytest_gocache_cacheable.get_hookimpls())
        reasons = (self._all, self._fixtures, self._marks, self._may_be_told, self._counts_snapshots)
        self._need_nothing = not any(reasons)

    def _every_test(self) -> Iterator[str]:
        for name, package in EVERY_TEST.items():
            if package in self._active and self._config.getini(name):
                yield f"ini {name} of {package}"
        yield from (f"{package} keeps what became of every test" for package in TOLD_OF_ALL & self._active)

    @property
    def draw_or_count(self) -> bool:
        """Whether there may be ``events``. Tests that plugins add may be the first of Hypothesis'."""
        return self._counts_snapshots or "hypothesis" in sys.modules

    def need(self, item: pytest.Item) -> str:
        """Why this test has to run whenever it is asked for; or empty."""
        if self._need_nothing:
            return ""
        return self._all or next(self._needs(item), "")

    def _needs(self, item: pytest.Item) -> Iterator[str]:
        names = getattr(item, "fixturenames", ())
        for name in sorted(self._fixtures.intersection(names)):
            yield f"{item.nodeid} uses {name}"
        for name in sorted(self._marks):
            if item.get_closest_marker(name):
                yield f"{item.nodeid} is marked {name}"
        if self._counts_snapshots and ("snapshot" in names or os.path.exists(self._snapshots(item))):
            yield f"syrupy counts unused snapshots: {item.nodeid}"
        if self._may_be_told and (why := told_by_plugins(item)):
            yield f"{item.nodeid}: {why}"

    def _snapshots(self, item: pytest.Item) -> str:
        directory = self._config.getoption("snapshot_dirname", "__snapshots__")
        return os.path.join(os.path.dirname(item.path), directory)

    def events(self, item: pytest.Item) -> Iterator[Event]:
        """What counts as if the test's module had done it itself."""
        if draws_at_random(item):
            yield Op.RANDOM, item.nodeid
        if self._counts_snapshots:
            yield Op.KIND, self._snapshots(item)


def told_by_plugins(item: pytest.Item) -> str | None:
    """Why plugins want it to run. One that fails to say so has not said that it need not."""
    hook = item.ihook.pytest_gocache_cacheable
    try:
        why: str | None = hook(item=item)
        return why
    except Exception as error:
        return blame(hook, error)


def draws_at_random(item: pytest.Item) -> bool:
    """Whether Hypothesis gives this test other examples in each run."""
    test = getattr(item, "obj", None)
    if not getattr(test, "is_hypothesis_test", False):
        return False
    if item.config.getoption("hypothesis_seed", None) is not None:
        return False
    if getattr(test, "_hypothesis_internal_use_seed", None) is not None:
        return False
    from hypothesis import Phase, settings

    chosen = getattr(test, "_hypothesis_internal_use_settings", None) or getattr(
        getattr(item, "cls", None), "settings", None
    )
    if not isinstance(chosen, settings):
        chosen = settings.default
    return chosen is None or not (chosen.derandomize or Phase.generate not in chosen.phases)
