"""What tests print need not be stored."""

from __future__ import annotations

import sqlite3
import zlib
from pathlib import Path

import pytest
from playground import Project

WITHOUT = ("-o", "gocache_store_output=false")
SECRET = "the-word-that-opens"
PRINTS = """
    import logging, sys, pytest

    WORD = "-".join(["the", "word", "that", "opens"])

    @pytest.fixture
    def loud():
        yield
        print(WORD, file=sys.stderr)

    def test_prints(loud):
        print(WORD)
        logging.warning(WORD)

    @pytest.mark.xfail
    def test_xfails():
        print(WORD)
        assert False
"""


@pytest.fixture
def talking(project: Project) -> Project:
    """A module that prints, and one that does not."""
    project.write({"test_prints.py": PRINTS, "test_quiet.py": "def test_quiet():\n    pass\n"})
    return project


def stored(store: Path) -> bytes:
    """All payloads of a local store."""
    with sqlite3.connect(store / "v1" / "cache.db") as connection:
        rows = connection.execute("SELECT value FROM Cache").fetchall()
    connection.close()
    return b"\n".join(zlib.decompress(value[41:]) for (value,) in rows)


def test_it_is_stored_by_default(talking: Project) -> None:
    """And shown again where a run shows it."""
    talking.run()
    assert SECRET.encode() in stored(talking.store)
    run = talking.run("-rP")
    assert not run.bodies and run.out.count(SECRET) == 3


def test_it_is_left_out(talking: Project) -> None:
    """Nothing of it lies in the store; a run that would show none is answered from there, an exact repeat, too."""
    talking.cold_and_warm(*WITHOUT)
    assert SECRET.encode() not in stored(talking.store)
    assert not talking.run(*WITHOUT).bodies
    assert not talking.run(*WITHOUT, "-v").bodies and not talking.run(*WITHOUT, "-v").bodies
    assert not talking.run(*WITHOUT, "-rs", f"--junit-xml={talking.home / 'junit.xml'}").bodies


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (("-rP",), "-rP"),
        pytest.param(("-rA",), "-rA", marks=pytest.mark.long),
        pytest.param(("-rx",), "-rx", marks=pytest.mark.long),
        (("--junit-xml=../junit.xml", "-o", "junit_logging=all"), "junit_logging=all"),
    ],
)
def test_who_would_show_it_runs(talking: Project, flags: tuple[str, ...], named: str) -> None:
    """Each time, and says why; who printed nothing is cached all the same. The store is as it was."""
    talking.run(*WITHOUT)
    for _ in range(2):
        run = talking.run(*WITHOUT, *flags)
        assert run.reasons == {"test_prints.py": f"output-left-out: {named}"} and not run.refused, run.out
        assert len(run.bodies) == 2
    assert SECRET.encode() not in stored(talking.store)
    assert not talking.run(*WITHOUT).bodies and not talking.run().bodies


def test_a_file_that_would_show_it_with_workers(talking: Project) -> None:
    """Their controller decides before pytest has made its writer."""
    pytest.importorskip("xdist")
    without = (*WITHOUT, "-pxdist")
    talking.run(*without)
    flags = ("-n2", "--junit-xml=../junit.xml", "-o", "junit_logging=all")
    assert talking.run(*without, *flags).reasons == {"test_prints.py": "output-left-out: junit_logging=all"}
    assert not talking.run(*without, "-n2").bodies


def test_a_report_without_what_was_left_out(talking: Project) -> None:
    """No empty sections where there was output: a plugin that looks finds none."""
    looks = "def pytest_runtest_logreport(report):\n    assert ('', '') not in report.sections\n"
    talking.write({"conftest.py": looks})
    talking.cold_and_warm(*WITHOUT, "-v")


def test_nothing_of_it_leaves_the_machine(talking: Project) -> None:
    """Nor lies in a directory that others read."""
    place = talking.home / "shared"
    store = f"--gocache-store=dir:{place}"
    talking.cold_and_warm(store, *WITHOUT)
    blobs = [path.read_bytes() for path in place.rglob("*") if path.is_file()]
    assert blobs and not any(SECRET.encode() in zlib.decompress(blob[41:]) for blob in blobs)
