"""The command ``pytest-gocache``: ``run`` by itself, for it has to be quick; everything else is in ``cli``."""

from __future__ import annotations

import sys


def main() -> int:
    """Runs one command and returns the exit code."""
    if sys.argv[1:2] == ["run"]:
        from pytest_gocache.run import main as run

        return run(sys.argv[2:])
    from pytest_gocache.cli import main as other

    return other()
