"""pytest-xdist: the controller decides, records and stores; workers watch and report."""

from __future__ import annotations

import pytest


def register_worker(config: pytest.Config) -> None:
    """What a worker needs."""
