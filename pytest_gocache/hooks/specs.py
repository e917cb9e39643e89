"""Hooks for authors of plugins, and for a conftest.py: what only they know of their tests (docs/for-plugins.md)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest


def pytest_gocache_key(config: pytest.Config) -> str | None:
    """A text that is part of every key: another text, another result. Called before ``pytest_configure``."""


@pytest.hookspec(firstresult=True)
def pytest_gocache_cacheable(item: pytest.Item) -> str | None:
    """Why this test has to run whenever it is asked for, and its module with it; None if it need not."""


def pytest_gocache_inputs(item: pytest.Item) -> Iterable[str] | None:
    """Patterns of files, relative to rootdir, that are inputs of the test's module although nobody sees them read."""


def pytest_gocache_verdict(config: pytest.Config, path: Path, cached: bool, reason: str, detail: str) -> None:
    """What was decided on the test module ``path``: it was replayed, or it ran for a reason of ``docs/reasons.md``.

    Called for each module, once, when the session ends. Nothing that is done there changes a verdict.
    """
