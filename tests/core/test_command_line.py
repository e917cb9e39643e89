"""Who reads the command line by itself."""

from __future__ import annotations

import pytest

from pytest_gocache.core.command_line import reads_command_line


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("import sys\nslow = '--slow' in sys.argv\n", True),
        ("from sys import argv\n", True),
        ("import sys as s\nprint(s.argv)\n", True),
        ("code = 'import sys; print(sys.argv)'\n", False),
        ("import os\n", False),
        ("def main(argv):\n    return argv\n", False),
        ("import sys\nprint sys.argv\n", True),
    ],
)
def test_what_counts(source: str, reads: bool) -> None:
    """Code, not texts that speak of it; what cannot be parsed is doubtful."""
    assert reads_command_line(source.encode()) is reads
