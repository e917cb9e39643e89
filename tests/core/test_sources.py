"""The facts of files: what is parsed, what is remembered, and what only conftests are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_gocache.core import sources as module
from pytest_gocache.core.files import Files
from pytest_gocache.core.refs import ImportRef
from pytest_gocache.core.sources import Sources

QUIET = "import os\n\nROOT = os.getcwd()\n"


def acts(sources: Sources, path: Path) -> bool:
    """What is known of the file at ``path``."""
    found = sources(str(path))
    assert found is not None
    return found.facts.acts


def test_what_loading_does_is_asked_of_conftests_alone(tmp_path: Path) -> None:
    """In doubt it does something; a conftest with the content of another file is looked at all the same."""
    other, conftest = tmp_path / "other.py", tmp_path / "conftest.py"
    for path in (other, conftest):
        path.write_text(QUIET)
    sources = Sources(Files({}), {})
    assert acts(sources, other)
    assert not acts(sources, conftest)
    assert not acts(sources, other)


def test_what_was_looked_at_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the next run nothing is parsed, neither for a conftest nor for another file."""
    paths = [tmp_path / "other.py", tmp_path / "conftest.py"]
    for number, path in enumerate(paths):
        path.write_text(f"{QUIET}N = {number}\n")
    first = Sources(Files({}), {})
    known = [first(str(path)) for path in paths]
    monkeypatch.setattr(module, "facts_of", None)
    again = Sources(Files({}), first.used)
    assert [again(str(path)) for path in paths] == known


def test_a_test_module_is_not_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its bytes count anyway. Under another name, or where it is not plain, it is."""
    paths = [tmp_path / name for name in ("test_a.py", "a_test.py", "a.py", "test_b.py")]
    for path in paths:
        path.write_text("import a  # why\n" if path.name != "test_b.py" else "__import__(a)\n")
    sources = Sources(Files({}), {})
    found = {path.name: sources(str(path)) for path in paths}
    assert {name: file.facts.parsed for name, file in found.items() if file} == {
        "test_a.py": False,
        "a_test.py": False,
        "a.py": True,
        "test_b.py": True,
    }
    assert all(file and file.facts.imports == (ImportRef("a"),) for name, file in found.items() if name != "test_b.py")
    monkeypatch.setattr(module, "_scanned", None)
    monkeypatch.setattr(module, "facts_of", None)
    again = Sources(Files({}), sources.used)
    assert {path.name: again(str(path)) for path in paths[2:]} == {name: found[name] for name in ("a.py", "test_b.py")}
