"""What a run makes for itself is no input."""

from __future__ import annotations

import os
from pathlib import Path

from pytest_gocache.core.looks import stamp_of_now
from pytest_gocache.core.outputs import Outputs


def test_what_belongs_to_the_run(tmp_path: Path) -> None:
    """Own directories whole; in the shared one what is new; in the project only the usual leftovers."""
    for name in ("base", "shared", "shared/project"):
        (tmp_path / name).mkdir()
    for name in ("base/x", "shared/old", "shared/project/data"):
        (tmp_path / name).write_text("")
    began = os.stat(tmp_path / "shared/project/data").st_ctime_ns + 1
    shared, project = str(tmp_path / "shared"), str(tmp_path / "shared/project")
    outputs = Outputs((str(tmp_path / "base"),), (shared,), project, began, frozenset({f"{shared}/app-x1y2"}))
    assert outputs.holds(f"{tmp_path}/base") and outputs.holds(f"{tmp_path}/base/x")
    assert not outputs.holds(f"{tmp_path}/base2/x") and not outputs.holds("/etc/hosts")
    assert not outputs.holds(f"{shared}/old") and not outputs.holds(f"{project}/data")
    assert outputs.holds(f"{shared}/app-x1y2") and outputs.holds(f"{shared}/app-x1y2/in/it")
    assert not outputs.holds(f"{shared}/never there") and not outputs.holds(f"{shared}/never/there")
    for left in (
        "__pycache__/a.pyc",
        ".pytest_cache/v/x",
        ".coverage",
        ".coverage.host.1",
        ".hypothesis/x",
    ):
        assert outputs.holds(f"{project}/{left}"), left
    assert not outputs.holds(f"{project}/x.pyc") and not outputs.holds(f"{project}/.coveragerc")
    assert outputs.holds("/proc/self/status") and outputs.holds("/dev/null")
    assert not Outputs((), (), "/dev/shm/project", began).holds("/dev/shm/project/data")


def test_what_is_made_during_the_run(tmp_path: Path) -> None:
    """A temporary file that a test made outside ``tmp_path``."""
    outputs = Outputs((), (str(tmp_path),), str(tmp_path / "project"), began=0)
    (tmp_path / "made").write_text("")
    assert outputs.holds(str(tmp_path / "made"))


def test_what_is_made_at_once(tmp_path: Path) -> None:
    """Files are stamped by a clock that ticks every few milliseconds: what a conftest makes first is the run's, too."""
    for name in map(str, range(10)):
        outputs = Outputs((), (str(tmp_path),), str(tmp_path / "project"), began=stamp_of_now())
        (tmp_path / name).write_text("")
        assert outputs.holds(str(tmp_path / name))
