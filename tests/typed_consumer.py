"""A user's module: ``mypy --strict`` of ``scripts/release-check`` reads it beside the installed wheel.

It fails there if the package says nothing of its types (``py.typed``), or other things than these.
"""

from __future__ import annotations

from pathlib import Path
from typing import assert_type

import pytest

import pytest_gocache
from pytest_gocache.core.model import Reason
from pytest_gocache.hooks import specs
from pytest_gocache.stores.base import Blobs
from pytest_gocache.stores.place import choose


class TeamStore:
    """A store of a team's own, as in ``docs/store.md``."""

    def __init__(self, address: str) -> None:
        self.base = Path(address)

    def get(self, name: str) -> bytes | None:
        """What lies under ``name``."""
        path = self.base / name
        return path.read_bytes() if path.exists() else None

    def put(self, name: str, blob: bytes) -> None:
        """Takes the place of what was there."""
        (self.base / name).write_bytes(blob)


def opened(address: str) -> Blobs:
    """A store is one by its shape."""
    return TeamStore(address)


def key(config: pytest.Config) -> str:
    """What a plugin gets from a hook of ours."""
    return assert_type(specs.pytest_gocache_key(config), str | None) or ""


assert_type(pytest_gocache.__version__, str)
assert_type(Reason("failed"), Reason)
assert_type(choose("cache"), Path)
