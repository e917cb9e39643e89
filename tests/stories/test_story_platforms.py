"""Other platforms, as far as they can be pretended (``docs/platforms.md``)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PRETENDING = Path(__file__).parents[1] / "elsewhere.py"
PASSES = "def test_it():\n    assert True\n"
READS_AND_REMOVES = """
import pathlib, shutil

def test_it(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "data.txt").write_text("of the test's own")
    shutil.rmtree(tmp_path / "a")
    assert pathlib.Path(__file__).with_name("data.txt").read_text() == "good"
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it is pretended on Linux only")


def _summaries(platform: str, directory: Path) -> list[str]:
    """Our last lines of two runs there."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = (sys.executable, str(PRETENDING), platform, str(directory))
    done = subprocess.run(command, capture_output=True, text=True, env=environ, cwd=directory)
    assert " modules imported\n" in done.stdout, done.stdout + done.stderr
    return [line for line in done.stdout.splitlines() if line.startswith("gocache: ")]


@pytest.mark.long
def test_windows_has_everything_that_is_imported_and_no_cache(tmp_path: Path) -> None:
    """Nothing is replayed where it is known that too little is seen."""
    (tmp_path / "test_it.py").write_text(PASSES)
    assert [line[:21] for line in _summaries("win32", tmp_path)] == ["gocache: off (Windows"] * 2


@pytest.mark.long
def test_macos_tells_where_a_descriptor_leads(tmp_path: Path) -> None:
    """What a test removes below a descriptor is no file of the same name in the current directory."""
    (tmp_path / "test_it.py").write_text(READS_AND_REMOVES)
    (tmp_path / "data.txt").write_text("good")
    cold, warm = _summaries("darwin", tmp_path)
    assert cold.endswith("0 modules cached, 1 ran, 0 not cacheable") and ", 0 ran, 0 not" in warm
    (tmp_path / "data.txt").write_text("bad!")
    assert "(failed: 1)" in _summaries("darwin", tmp_path)[0]
