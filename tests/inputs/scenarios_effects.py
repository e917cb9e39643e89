"""Effects that are no inputs: what a module makes itself, it may read, list and ask about, and stay cacheable."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from edits import Change, Remove, Setenv, Write
from scenario import Expect, Scenario


def stays(
    name: str,
    about: str,
    test: str,
    edit: Change | None = None,
    files: Mapping[str, str] | None = None,
    needless: str = "",
) -> Scenario:
    """A module that is stored, and that the edit does not make run."""
    edits = (edit,) if edit else ()
    return Scenario(name, about, test, edits, files or {}, expect=Expect.CACHED, needless=needless)


def refused(name: str, about: str, test: str, detail: str, files: Mapping[str, str] | None = None) -> Scenario:
    """A module that changes its own input: storing it would be for nothing, for ever."""
    return Scenario(name, about, test, (), files or {}, expect=Expect.REFUSED, reasons=CHANGES_ITS_INPUT, detail=detail)


CHANGES_ITS_INPUT = ("wrote-its-input", "too-new")

OWN = [
    stays("writes_then_reads", "a file in the source tree, written and then read", """
          import pathlib

          def test_THIS():
              pathlib.Path("THIS/out.txt").write_text("1")
              assert pathlib.Path("THIS/out.txt").read_text() == "1"
          """, Remove("out.txt")),
    stays("odd_constant", "code with a constant that cannot be hashed", """
          def test_THIS():
              code = compile("X = (1, 2)", "<text>", "exec")
              constants = tuple([1, 2] if each == (1, 2) else each for each in code.co_consts)
              space = {}
              exec(code.replace(co_consts=constants), space)
              assert space["X"] == [1, 2]
          """),
    stays("writes_by_descriptor", "written by os.open, then read", """
          import os

          def test_THIS():
              number = os.open("THIS/out.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
              os.write(number, b"1")
              os.close(number)
              assert open("THIS/out.txt").read() == "1"
          """, Write("out.txt", "2")),
    stays("makes_directory", "a directory made, filled and listed", """
          import os

          def test_THIS():
              os.makedirs("THIS/out/deep", exist_ok=True)
              open("THIS/out/deep/a.txt", "w").close()
              assert os.listdir("THIS/out/deep") == ["a.txt"]
          """, needless="the directory was not there at the first run; it is from the second on"),
    stays("takes_it_away", "written, read and deleted", """
          import os

          def test_THIS():
              with open("THIS/out.txt", "w") as file:
                  file.write("1")
              assert open("THIS/out.txt").read() == "1"
              os.unlink("THIS/out.txt")
              assert not os.path.exists("THIS/out.txt")
          """),
    stays("moves_into_place", "written beside, and moved into its place", """
          import os

          def test_THIS():
              with open("THIS/out.part", "w") as file:
                  file.write("1")
              os.replace("THIS/out.part", "THIS/out.txt")
              assert open("THIS/out.txt").read() == "1"
          """),
    stays("asks_about_its_own", "exists and size of its own file", """
          import os

          def test_THIS():
              with open("THIS/out.txt", "w") as file:
                  file.write("1")
              assert os.path.exists("THIS/out.txt") and os.path.getsize("THIS/out.txt") == 1
          """),
    stays("own_database", "an sqlite database made anew each time", """
          import sqlite3

          def test_THIS(tmp_path):
              base = sqlite3.connect(tmp_path / "own.db")
              base.execute("create table t (a)")
              base.execute("insert into t values (1)")
              assert base.execute("select a from t").fetchall() == [(1,)]
          """),
    stays("only_appends", "a log in the source tree, appended to and never read", """
          def test_THIS():
              with open("THIS/log.txt", "a") as file:
                  file.write("again\\n")
          """, files={"log.txt": "begin\n"}),
    stays("own_module", "writes a module, and imports it", """
          import importlib

          def test_THIS(tmp_path, monkeypatch):
              monkeypatch.syspath_prepend(tmp_path)
              (tmp_path / "THIS_made.py").write_text("VALUE = 1")
              assert importlib.import_module("THIS_made").VALUE == 1
          """),
]  # fmt: skip

TEMPORARY = [
    stays("in_tmp_path", "tmp_path: written, listed, asked about, read", """
          def test_THIS(tmp_path):
              assert not (tmp_path / "a").exists()
              (tmp_path / "a").write_text("1")
              assert [each.read_text() for each in tmp_path.iterdir()] == ["1"]
              assert (tmp_path / "a").stat().st_size == 1
          """),
    stays("in_tmp_path_factory", "tmp_path_factory in a session fixture", """
          import pytest

          @pytest.fixture(scope="session")
          def place(tmp_path_factory):
              path = tmp_path_factory.mktemp("THIS")
              (path / "a").write_text("1")
              return path

          def test_THIS(place):
              assert (place / "a").read_text() == "1"
          """),
    stays("in_tempfile", "tempfile, of all kinds", """
          import os
          import tempfile

          def test_THIS():
              with tempfile.NamedTemporaryFile("w+") as file, tempfile.TemporaryDirectory() as place:
                  file.write("1")
                  file.flush()
                  assert open(file.name).read() == "1" and os.listdir(place) == []
              number, name = tempfile.mkstemp()
              os.close(number)
              assert os.path.exists(name)
              os.unlink(name)
          """),
    stays("chdir_to_tmp_path", "relative names below tmp_path", """
          import os

          def test_THIS(tmp_path, monkeypatch):
              monkeypatch.chdir(tmp_path)
              open("a", "w").close()
              assert os.listdir() == ["a"] and os.path.exists("a") and os.getcwd() == str(tmp_path)
          """),
    stays("linked_in_tmp_path", "links below tmp_path", """
          import os

          def test_THIS(tmp_path):
              (tmp_path / "a").write_text("1")
              (tmp_path / "b").symlink_to("a")
              assert os.readlink(tmp_path / "b") == "a" and (tmp_path / "b").resolve().name == "a"
          """),
    stays("child_writes", "a child process writes what the test reads", """
          import subprocess
          import sys

          def test_THIS(tmp_path):
              code = "import sys; open(sys.argv[1], 'w').write('1')"
              subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True)
              assert (tmp_path / "a").read_text() == "1"
          """),
    stays("child_reads_own", "a child process reads what the test wrote", """
          import subprocess
          import sys

          def test_THIS(tmp_path):
              (tmp_path / "a").write_text("1")
              code = "import sys; assert open(sys.argv[1]).read() == '1'"
              subprocess.run([sys.executable, "-c", code, str(tmp_path / "a")], check=True)
          """),
    stays("process_state", "pytest's own variables, the process and the clock", """
          import os
          import time

          def test_THIS():
              assert "test_THIS" in os.environ["PYTEST_CURRENT_TEST"] and os.getpid() and time.time()
          """, Setenv("THIS_x", "new")),
    stays("captured", "capsys, capfd, caplog and recwarn", """
          import logging
          import warnings

          def test_THIS(capsys, caplog, recwarn):
              print("a")
              logging.warning("b")
              warnings.warn("c")
              assert capsys.readouterr().out == "a\\n" and caplog.messages == ["b"] and len(recwarn) == 1
          """),
]  # fmt: skip

COUNTERS = [
    refused("counter", "a counter in the source tree, read and then raised", """
            import pathlib

            def test_THIS():
                path = pathlib.Path("THIS/counter.txt")
                path.write_text(str(int(path.read_text()) + 1))
            """, "THIS/counter.txt", {"counter.txt": "1"}),
    refused("counter_in_database", "a row added to a database of the source tree at each run", """
            import sqlite3

            def test_THIS():
                base = sqlite3.connect("THIS/count.db")
                base.execute("create table if not exists t (a)")
                base.execute("insert into t values (1)")
                base.commit()
                assert base.execute("select a from t").fetchall()
            """, "THIS/count.db", {"count.db": ""}),
    refused("log_appended", "a log in the source tree, appended to and read", """
            def test_THIS():
                with open("THIS/log.txt", "a+") as file:
                    file.write("again\\n")
                    file.seek(0)
                    assert file.read()
            """, "THIS/log.txt", {"log.txt": "begin\n"}),
]  # fmt: skip

def of_fixture(name: str, about: str, body: str) -> Scenario:
    """A session fixture of the conftest that makes something and takes it away. The last module does not use it."""
    conftest = "import os\nimport pathlib\nimport shutil\nimport sqlite3\nimport tempfile\n\nimport pytest\n\n"
    conftest += "HERE = pathlib.Path(__file__).parent\n\n@pytest.fixture(scope='session')\ndef made():\n"
    return Scenario(name, about, edit=(Write("other.txt"),), expect=Expect.CACHED, files={
        "conftest.py": conftest + textwrap.indent(textwrap.dedent(body).strip(), "    ") + "\n",
        "test_THIS_1.py": "def test_THIS(made):\n    assert made\n",
        "test_THIS_2.py": "def test_THIS():\n    pass\n"})  # fmt: skip


TAKEN_AWAY = [
    of_fixture("fixture_makes_a_file", "a file in the project, for the session", """
        (HERE / "made.txt").write_text("1")
        yield 1
        os.remove(HERE / "made.txt")
    """),
    of_fixture("fixture_makes_a_directory", "a directory in the project, for the session", """
        (HERE / "made").mkdir()
        yield 1
        shutil.rmtree(HERE / "made")
    """),
    of_fixture("fixture_with_a_prefix", "a temporary directory with a name of its own", """
        with tempfile.TemporaryDirectory(prefix="THIS-") as directory:
            open(directory + "/f", "w").close()
            yield directory
    """),
    of_fixture("fixture_in_temp", "a file in the system's temporary directory", """
        path = os.path.join(tempfile.gettempdir(), str(HERE).replace(os.sep, "-") + ".txt")
        open(path, "w").close()
        yield path
        os.remove(path)
    """),
    of_fixture("fixture_with_a_database", "a database with a log of its own", """
        path = HERE / "THIS.db"
        base = sqlite3.connect(path)
        base.execute("pragma journal_mode=wal")
        base.execute("create table t (a)")
        base.commit()
        yield base
        base.close()
        os.remove(path)
    """),
]  # fmt: skip

SCENARIOS = [*TAKEN_AWAY, *OWN, *TEMPORARY, *COUNTERS]
