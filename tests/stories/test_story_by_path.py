"""Functions of Python's own that open a file by its path in C: no audit event tells of it."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from playground import Project

ZONES = Path("/usr/share/zoneinfo")


def ran(project: Project, edit: Callable[[], object], reason: str, **env: str) -> None:
    """The first run's pass is found again until the edit."""
    project.cold_and_warm(**env)
    edit()
    run = project.run(**env)
    assert run.code == 1 and reason in run.reasons["test_a.py"], run.said


@pytest.mark.parametrize("name", ["shared", pytest.param("test_a", marks=pytest.mark.long)])
def test_a_history_of_readline(project: Project, name: str) -> None:
    """Also one that is not there at first; what a test wrote itself is its own."""
    project.write(
        {
            "hist": "a\n",
            f"{name}.py": """
                import readline

                def lines(path):
                    readline.clear_history()
                    try:
                        readline.read_history_file(path)
                    except FileNotFoundError:
                        pass
                    return readline.get_current_history_length()
            """,
        }
    )
    test = """
        def test_a(tmp_path):
            assert lines("hist") == 1 and lines("absent") == 0
            readline.add_history("x")
            readline.write_history_file("own")
            assert lines("own") == 1
    """
    with (project.root / "test_a.py").open("a") as file:
        file.write(f"\nimport readline\n{'from shared import lines' * (name == 'shared')}\n")
        file.write("\n".join(line[8:] for line in test.splitlines()) + "\n")
    ran(project, lambda: project.write({"hist": "a\nb\n"}), "open hist")
    project.write({"hist": "a\n"})
    assert project.run().bodies == ()
    project.write({"absent": "a\n"})
    assert project.run().reasons == {"test_a.py": "input-changed: open absent"}


def test_a_history_that_a_child_reads(project: Project) -> None:
    """It is observed as its parent is."""
    code = "import readline; readline.read_history_file('hist'); print(readline.get_current_history_length())"
    project.write(
        {
            "hist": "a\n",
            "test_a.py": f"""
                import subprocess, sys

                def test_a():
                    assert subprocess.check_output([sys.executable, "-c", {code!r}], text=True) == "1\\n"
            """,
        }
    )
    ran(project, lambda: project.write({"hist": "a\nb\n"}), "open hist")


def test_readline_is_loaded_by_pytest(project: Project) -> None:
    """That is no reason to ask the kernel for every file that is opened."""
    project.write(
        {
            "test_a.py": "import cmd, pdb, readline\n\ndef test_a():\n    pass\n",
            "conftest.py": """
                from pytest_gocache.core.native import Native
                from pytest_gocache.hooks.early import EARLY

                def pytest_unconfigure(config):
                    [native] = [each for each in config.stash[EARLY].probes if isinstance(each, Native)]
                    print("asks for", native._owners)
            """,
        }
    )
    assert "asks for set()" in project.run().out


def test_a_zone_that_is_a_file(project: Project) -> None:
    """A variable names it, and ``tzset`` has it read."""
    if not (ZONES / "Asia" / "Tokyo").exists():
        pytest.skip("no time zones here")
    shutil.copy(ZONES / "Europe" / "Berlin", project.root / "zone")
    project.write(
        {
            "test_a.py": """
                import os, time

                def test_a(monkeypatch):
                    monkeypatch.setenv("TZ", ":" + os.path.abspath("zone"))
                    time.tzset()
                    assert time.localtime(0).tm_hour == 1
            """
        }
    )
    ran(project, lambda: shutil.copy(ZONES / "Asia" / "Tokyo", project.root / "zone"), "open zone")


@pytest.mark.parametrize("when", ["import ssl", pytest.param("import urllib.request", marks=pytest.mark.long)])
def test_certificates(project: Project, when: str) -> None:
    """By file, and by directory."""
    project.write(
        {
            "ca.pem": "x",
            "ca/a.pem": "x",
            "test_a.py": f"""
                {when}
                import ssl

                def fails(**where):
                    try:
                        ssl.create_default_context().load_verify_locations(**where)
                    except ssl.SSLError as error:
                        return error.reason

                def test_a():
                    assert fails(cafile="ca.pem") == "NO_CERTIFICATE_OR_CRL_FOUND"
                    assert fails(capath="ca") is None
            """,
        }
    )
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    ran(project, lambda: project.write({"ca.pem": pem}), "open ca.pem")
    project.write({"ca.pem": "x", "ca/a.pem": "y"})
    assert project.run().reasons == {"test_a.py": "input-changed: open ca/a.pem"}
    project.write({"ca/b.pem": "y"})
    assert project.run().bodies


def test_what_is_wrong_is_said_by_the_function_itself(project: Project) -> None:
    """And the module is stored all the same."""
    project.write(
        {
            "test_a.py": """
                import readline, ssl
                import pytest

                def test_a():
                    for wrong in (3, "\\0", object()):
                        with pytest.raises((OSError, TypeError, ValueError)):
                            readline.read_history_file(wrong)
                        with pytest.raises((OSError, TypeError, ValueError)):
                            ssl.create_default_context().load_verify_locations(wrong)
                    with pytest.raises(TypeError):
                        ssl.create_default_context().load_cert_chain()
                    with pytest.raises(TypeError):
                        readline.read_history_file("a", "b")
            """
        }
    )
    project.cold_and_warm()


def test_catalogues(project: Project) -> None:
    """C decides by the language which of them it reads: each counts."""
    project.write(
        {
            "texts/de/LC_MESSAGES/shop.mo": "1",
            "test_a.py": """
                import locale

                def test_a():
                    assert locale.bindtextdomain("shop", "texts").endswith("texts")
                    assert len(open("texts/de/LC_MESSAGES/shop.mo").name) and locale.dgettext("shop", "a") == "a"
            """,
        }
    )
    project.cold_and_warm()
    project.write({"texts/fr/LC_MESSAGES/shop.mo": "1"})
    assert project.run().bodies


DATABASES = {"dbm.ndbm": "_dbm", "dbm.gnu": "_gdbm"}


@pytest.mark.parametrize("kind", DATABASES)
@pytest.mark.parametrize("flag", ["r", "c"])
def test_a_database(project: Project, kind: str, flag: str) -> None:
    """Also one that is there, or is not, when it is opened to be written to."""
    if not importlib.util.find_spec(DATABASES[kind]):
        pytest.skip("this Python has none")

    def put(value: str) -> None:
        make = f"import {kind} as kind\nwith kind.open('n', 'c') as f: f['x'] = {value!r}"
        subprocess.run([sys.executable, "-c", make], cwd=project.root, check=True)

    if flag == "r":
        put("1")
    found = b"1" if flag == "r" else None
    project.write(
        {
            "test_a.py": f"""
                import dbm, {kind}

                def test_a():
                    with {"dbm" if flag == "r" else kind}.open("n", {flag!r}) as file:
                        assert file.get("x") == {found!r}
            """
        }
    )
    if flag == "c":
        project.run()  # finds none, and makes one
    ran(project, lambda: put("2"), "open n")
