"""The shell's door, as a user meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_gocache.cli import main
from pytest_gocache.stores.disk import DiskStore

NAME = "ab" * 32


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """A cache with one entry."""
    store = DiskStore(tmp_path)
    assert store.put(NAME, b"payload")
    store.close()
    return tmp_path


def test_stats_says_where_and_how_much(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A few aligned lines."""
    assert main(["stats", "--gocache-dir", str(cache)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [f"directory   {cache}", "entries     1"]
    assert [line[:12].rstrip() for line in lines[2:]] == ["size", "oldest use"]


def test_stats_for_machines(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One JSON object with the same facts."""
    assert main(["stats", "--json", "--gocache-dir", str(cache)]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["directory"], shown["entries"]) == (str(cache), 1)
    assert shown["bytes"] > 40
    assert shown["oldest_use"] > 0


def test_looking_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No cache is an empty cache, and stays none."""
    for command in ("stats", "clean", "trim"):
        assert main([command, "--gocache-dir", str(tmp_path / "none")]) == 0
    assert not (tmp_path / "none").exists()
    assert "entries     0" in capsys.readouterr().out


def test_the_variable_names_the_directory(
    cache: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for pytest itself."""
    monkeypatch.setenv("PYTEST_GOCACHE_DIR", str(cache))
    assert main(["stats"]) == 0
    assert f"directory   {cache}\n" in capsys.readouterr().out


def test_clean_deletes_entries_and_nothing_else(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A foreign file in the directory stays; the entry is gone."""
    (cache / "thesis.txt").write_text("mine")
    (cache / "v1" / "thesis.txt").write_text("mine")
    assert main(["clean", "--gocache-dir", str(cache)]) == 0
    assert capsys.readouterr().out.startswith("deleted 1 entry (")
    store = DiskStore(cache)
    assert store.get(NAME) is None
    store.close()
    assert (cache / "thesis.txt").exists()
    assert (cache / "v1" / "thesis.txt").exists()


def test_clean_also_deletes_what_was_moved_aside(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged database is moved aside by the command itself, told once, and deleted by it."""
    (cache / "v1" / "cache.db").write_bytes(b"garbage" * 100)
    assert main(["clean", "--gocache-dir", str(cache)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert not list((cache / "v1").glob("*damaged*"))


def test_trim_by_age_and_by_size(cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A new entry is kept by age, and goes when the limit is smaller than it."""
    trim = ["trim", "--gocache-dir", str(cache)]
    assert main([*trim, "--max-age", "1", "--max-size", "500MB"]) == 0
    assert main([*trim, "--max-size", "1KB"]) == 0
    assert main([*trim, "--max-size", "10"]) == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["0", "0", "1"]


@pytest.mark.parametrize(
    "argv",
    [
        ["trim", "--max-age", "soon"],
        ["trim", "--max-age", "-1"],
        ["trim", "--max-age", "nan"],
        ["trim", "--max-size", "5 parsecs"],
        ["trim", "--max-size", "-5MB"],
        ["stats", "--gocache-dir", "\0"],
        ["stats", "--gocache-dir", __file__],
        ["stats", "--jsn"],
        ["dance"],
        [],
    ],
)
def test_bad_input_gets_one_clear_line(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """On stderr, with exit code 2."""
    assert _exit_code(lambda: main(argv)) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("pytest-gocache")
    assert err.count("\n") == 1


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    """What there is to say, in one screen."""
    assert _exit_code(lambda: main(["--help"])) == 0
    shown = capsys.readouterr().out
    assert all(f"\n    {command}  " in shown for command in ("stats", "clean", "trim"))


def _exit_code(run: Callable[[], int]) -> object:
    try:
        return run()
    except SystemExit as stop:
        return stop.code
