"""What is learnt of files without opening them: there or not, kind, size, rights, time, where links lead."""

from __future__ import annotations

import os
import shutil
import time

import pytest
from playground import Project

OTHER = "def test_other():\n    pass\n"


def asking(project: Project, *expressions: str, **named: str) -> None:
    """A module for each expression (``test_it.py``, or named), which asserts it; another asks nothing."""
    project.write({"data/a.txt": "abc\n", "data/b.txt": "abc\n", "bin/tool": "#!/bin/sh\n", "test_other.py": OTHER})
    (project.root / "data/link").symlink_to("a.txt")
    start = "import os, pathlib, shutil\n\ndef test_it():\n    assert "
    asked = {**dict(zip(("it", *range(1, 9)), expressions, strict=False)), **named}
    project.write({f"test_{name}.py": f"{start}{expression}\n" for name, expression in asked.items()})


ASKED = {
    "exists": ("os.path.exists('local.cfg')", "kind local.cfg"),
    "path_exists": ("pathlib.Path('local.cfg').exists()", "kind local.cfg"),
    "isfile": ("os.path.isfile('local.cfg')", "kind local.cfg"),
    "path_is_file": ("pathlib.Path('local.cfg').is_file()", "kind local.cfg"),
    "isdir": ("os.path.isdir('local.dir')", "kind local.dir"),
    "access_there": ("os.access('local.cfg', os.F_OK)", "kind local.cfg"),
    "access": ("os.access('local.cfg', os.R_OK)", "access local.cfg"),
    "lexists": ("os.path.lexists('local.cfg')", "kind local.cfg"),
}


def test_absent_then_present(project: Project) -> None:
    """What was not there is there: whoever asked runs, for this reason; gone again, nothing runs."""
    asking(project, **{ask: f"not {expression}" for ask, (expression, _) in ASKED.items()})
    project.cold_and_warm()
    project.write({"local.cfg": "", "local.dir/x": ""})
    run = project.run()
    assert run.reasons == {f"test_{ask}.py": f"input-changed: {reason}" for ask, (_, reason) in ASKED.items()}
    assert run.counts == {"failed": len(ASKED), "passed": 1}, run.said
    assert project.run().counts == run.counts
    shutil.rmtree(project.root / "local.dir")
    project.remove("local.cfg")
    assert not project.run().bodies


SIZE, MODE, TIME = "larger", 0o755, 10**9
CHANGED = {
    "getsize": ("os.path.getsize('data/a.txt') == 4", SIZE, "stat data/a.txt"),
    "stat_size": ("os.stat('data/a.txt').st_size == 4", SIZE, "stat data/a.txt"),
    "path_stat_size": ("pathlib.Path('data/a.txt').stat().st_size == 4", SIZE, "stat data/a.txt"),
    "scandir_size": ("[e.stat().st_size for e in os.scandir('data') if e.name == 'a.txt'] == [4]", SIZE, "scan data"),
    "stat_mode": ("not os.stat('data/a.txt').st_mode & 0o100", MODE, "stat data/a.txt"),
    "access_execute": ("not os.access('data/a.txt', os.X_OK)", MODE, "access data/a.txt"),
    "which": ("not shutil.which('./data/a.txt')", MODE, "access data/a.txt"),
    "getmtime": ("os.path.getmtime('data/a.txt') > 1.2e9", TIME, "times data/a.txt"),
    "stat_time": ("os.stat('data/a.txt').st_mtime > 1.2e9", TIME, "times data/a.txt"),
    "path_stat_time": ("pathlib.Path('data/a.txt').stat().st_mtime_ns > 12 * 10**17", TIME, "times data/a.txt"),
    "stat_time_by_index": ("os.stat('data/a.txt')[-2] > 1.2e9", TIME, "times data/a.txt"),
    "scandir_time": (
        "all(e.stat().st_mtime > 1.2e9 for e in os.scandir('data') if e.name == 'a.txt')",
        TIME,
        "times data/a.txt",
    ),
}


RIGHTS = pytest.param(MODE, marks=pytest.mark.long)


@pytest.mark.parametrize("change", [SIZE, RIGHTS, TIME], ids=["size", "rights", "time"])
def test_size_rights_and_time(change: str | int, project: Project) -> None:
    """Each counts for who asked for it, comes back with its old value, and is nothing to the others."""
    asked = {ask: (expression, why) for ask, (expression, minds, why) in CHANGED.items() if minds == change}
    asking(project, **{ask: expression for ask, (expression, _) in asked.items()})
    file = project.root / "data/a.txt"
    os.utime(file, (1.5e9, 1.5e9))
    if change == TIME:
        time.sleep(2.1)  # the times of entries are looked at after the run: not of files as young as it
    project.cold_and_warm()
    if change == SIZE:
        file.write_text("longer than that\n")
        os.utime(file, (1.5e9, 1.5e9))
    elif change == TIME:
        os.utime(file, (TIME, TIME))
    else:
        file.chmod(MODE)
    run = project.run()
    assert run.reasons == {f"test_{ask}.py": f"input-changed: {why}" for ask, (_, why) in asked.items()}
    assert run.counts == {"failed": len(asked), "passed": 1}, run.said
    file.write_text("abc\n")
    file.chmod(0o644)
    os.utime(file, (1.5e9, 1.5e9))
    assert not project.run().bodies


def test_what_was_not_asked(project: Project) -> None:
    """Whoever asks whether a file is there does not mind its content, size, time or mode, nor its neighbours."""
    asking(
        project,
        "os.path.exists('data/a.txt')",
        "pathlib.Path('data/a.txt').is_file()",
        "os.path.isdir('data')",
        "pathlib.Path('data/a.txt').resolve().name == 'a.txt'",
        "not os.path.lexists('data/c.txt')",
        "os.access('data/a.txt', os.F_OK)",
    )
    cold, _ = project.cold_and_warm()
    assert cold.counts == {"passed": 7}
    project.write({"data/a.txt": "longer than that\n", "data/d.txt": ""})
    (project.root / "data/a.txt").chmod(0o755)
    assert not project.run().bodies


LINKS = {
    "readlink": ("os.readlink('data/link') == 'a.txt'", "link data/link"),
    "path_readlink": ("str(pathlib.Path('data/link').readlink()) == 'a.txt'", "link data/link"),
    "realpath": ("os.path.realpath('data/link').endswith('a.txt')", "link data/link"),
    "resolve": ("pathlib.Path('data/link').resolve().name == 'a.txt'", "link data/link"),
    "samefile": ("os.path.samefile('data/link', 'data/a.txt')", "link data/link"),
    "path_samefile": ("pathlib.Path('data/link').samefile('data/a.txt')", "link data/link"),
}


def test_a_link_is_turned(project: Project) -> None:
    """Another target, of the same kind, size and content."""
    asking(project, **{ask: expression for ask, (expression, _) in LINKS.items()})
    project.cold_and_warm()
    link = project.root / "data/link"
    link.unlink()
    link.symlink_to("b.txt")
    run = project.run()
    assert run.reasons == {f"test_{ask}.py": f"input-changed: {reason}" for ask, (_, reason) in LINKS.items()}
    assert run.counts == {"failed": len(LINKS), "passed": 1}, run.said
    link.unlink()
    link.symlink_to("a.txt")
    assert not project.run().bodies


def test_links_that_come_and_go(project: Project) -> None:
    """A file that becomes a link; a link in the middle of a path; one that leads nowhere."""
    asking(project, "not os.path.islink('data/a.txt')")
    project.write({"one/x": "1", "two/x": "2"})
    (project.root / "way").symlink_to("one")
    (project.root / "nowhere").symlink_to("not/there")
    project.write(
        {
            "test_way.py": "import os\n\ndef test_way():\n    assert 'one' in os.path.realpath('way/x')\n",
            "test_broken.py": """
                import os

                def test_broken():
                    assert os.path.lexists("nowhere") and os.lstat("nowhere") and not os.path.exists("nowhere")
            """,
        }
    )
    project.cold_and_warm()
    for name in ("way", "nowhere", "data/a.txt"):
        (project.root / name).unlink()
    (project.root / "way").symlink_to("two")
    (project.root / "data/a.txt").symlink_to("b.txt")
    run = project.run()
    assert run.counts == {"failed": 3, "passed": 1}
    assert run.reasons["test_way.py"] == "input-changed: link way"
    assert run.reasons["test_it.py"] == "input-changed: link data/a.txt"
    assert run.modules == {"test_it.py", "test_way.py", "test_broken.py"}


def test_two_checkouts_agree(project: Project) -> None:
    """Where the project lies is nobody's input, however it is resolved."""
    asking(
        project,
        "pathlib.Path('data/a.txt').resolve().exists() and os.path.realpath(os.path.dirname(__file__))"
        " and os.path.getsize(os.path.abspath('data/a.txt')) and shutil.which('./bin/tool') is None",
    )
    project.cold_and_warm()
    copy = project.copied("elsewhere")
    assert not copy.run().bodies


def test_whose_it_is(project: Project) -> None:
    """A conftest, a session fixture, what a product module asks when imported or keeps: all who use them run."""
    project.write(
        {
            "part/conftest.py": """
                import os
                import pytest

                @pytest.fixture(scope="session")
                def settings():
                    return os.path.exists("settings.cfg")
            """,
            "imported.py": "import os\n\nTHERE = os.path.isfile('imported.cfg')\n",
            "kept.py": """
                import functools
                import pathlib

                @functools.lru_cache
                def there():
                    return pathlib.Path("kept.cfg").exists()
            """,
            **{f"part/test_settings_{n}.py": "def test_it(settings):\n    assert not settings\n" for n in (1, 2)},
            **{f"test_imported_{n}.py": "import imported\n\ndef test_it():\n    pass\n" for n in (1, 2)},
            **{f"test_kept_{n}.py": "import kept\n\ndef test_it():\n    assert not kept.there()\n" for n in (1, 2)},
            "test_other.py": OTHER,
        }
    )
    project.cold_and_warm()
    for name, where in {"settings": "part/", "imported": "", "kept": ""}.items():
        project.write({f"{name}.cfg": ""})
        run = project.run()
        reason = f"input-changed: kind {name}.cfg"
        assert run.reasons == {f"{where}test_{name}_{n}.py": reason for n in (1, 2)}, run.reasons
        project.remove(f"{name}.cfg")
        assert not project.run().bodies


def test_conftest_asks_when_loaded(project: Project) -> None:
    """Everything below that conftest depends on it, and nothing else."""
    project.write(
        {
            "part/conftest.py": "import os\n\nDATA = os.path.isdir('part/data')\n",
            "part/test_a.py": OTHER,
            "part/test_b.py": OTHER,
            "test_other.py": OTHER,
        }
    )
    project.cold_and_warm()
    project.write({"part/data/x": ""})
    assert project.run().modules == {"part/test_a.py", "part/test_b.py"}


def test_the_parts_of_the_library_that_ask(project: Project) -> None:
    """``find_spec`` for an optional module, ``linecache``'s cache, a zip of files with their times."""
    project.write(
        {
            "shown.txt": "one\n",
            "packed.txt": "one\n",
            "test_optional.py": """
                from importlib.util import find_spec

                def test_optional():
                    assert find_spec("optional") is None
            """,
            **{
                f"test_shown_{n}.py": """
                import linecache

                def test_shown():
                    linecache.checkcache("shown.txt")
                    assert linecache.getline("shown.txt", 1) == "one\\n"
                """
                for n in (1, 2)
            },
            "test_packed.py": """
                import zipfile

                def test_packed(tmp_path):
                    with zipfile.ZipFile(tmp_path / "x.zip", "w") as pack:
                        pack.write("packed.txt")
            """,
        }
    )
    project.cold_and_warm()
    project.write({"optional.py": ""})
    assert project.run().modules == {"test_optional.py"}
    project.write({"shown.txt": "two\n"})
    assert project.run().modules == {"test_optional.py", "test_shown_1.py", "test_shown_2.py"}
    project.write({"shown.txt": "one\n"})
    project.remove("optional.py")
    os.utime(project.root / "packed.txt", (10**9, 10**9))
    assert project.run().reasons == {"test_packed.py": "input-changed: times packed.txt"}


def test_what_a_test_made_itself(project: Project) -> None:
    """Asking for one's own files is no input, wherever they lie."""
    project.write(
        {
            "test_made.py": """
                import os
                import pathlib

                def test_made(tmp_path):
                    (tmp_path / "x").write_text("x")
                    assert (tmp_path / "x").exists() and (tmp_path / "x").resolve().stat().st_mtime
                    made = pathlib.Path("made.txt")
                    made.write_text("x")
                    assert made.is_file() and made.stat().st_size == 1 and os.access(made, os.R_OK)
                    made.unlink()
                    assert not made.exists()
            """
        }
    )
    project.cold_and_warm()


def test_with_workers(project: Project) -> None:
    """Workers tell the controller."""
    asking(project, "not os.path.exists('local.cfg')")
    project.cold_and_warm("-pxdist", "-n2")
    project.write({"local.cfg": ""})
    run = project.run("-pxdist", "-n2")
    assert run.code == 1 and run.reasons == {"test_it.py": "input-changed: kind local.cfg"}, run.reasons
    project.remove("local.cfg")
    assert not project.run("-pxdist").bodies


def test_nothing_is_left_behind(project: Project) -> None:
    """After the tests the functions are the originals again, and in between nobody sees a difference."""
    project.write(
        {
            "conftest.py": """
                import importlib
                import os
                import posix

                def pytest_unconfigure():
                    assert os.stat is posix.stat and os.readlink is posix.readlink
                    assert "gocache" not in importlib.import_module.__code__.co_filename
                    assert type(os.environ._data) is dict and os.environ._data is os.environb._data
            """,
            "test_seen.py": """
                import os
                import shutil

                def test_seen(tmp_path):
                    assert os.stat in os.supports_fd and repr(os.stat) == "<built-in function stat>"
                    assert shutil._use_fd_functions
                    (tmp_path / "a").mkdir()
                    (tmp_path / "a" / "b").write_text("x")
                    shutil.rmtree(tmp_path / "a")
                    assert not os.listdir(tmp_path)

                def test_patched(monkeypatch):
                    monkeypatch.setattr(os, "stat", lambda path: 1 / 0)
                    try:
                        os.path.exists("x")
                    except ZeroDivisionError:
                        pass
            """,
        }
    )
    cold, _ = project.cold_and_warm()
    assert cold.counts == {"passed": 2} and not cold.err, cold.said


@pytest.mark.parametrize(
    ("body", "edit"),
    [
        ("os.mkdir('data/new'); os.rmdir('data/new')", "data/new/x"),
        ("open('data/new', 'x').close(); os.remove('data/new')", "data/new"),
        ("os.rename('data/a', 'data/b'); os.rename('data/b', 'data/a')", "-data/a"),
        ("os.rmdir('out'); os.mkdir('out')", "out/x"),
        ("open('out/x', 'w').close(); os.remove('out/x')", "-out"),
        ("os.chdir('out'); os.chdir('..')", "-out"),
        ("subprocess.run([sys.executable, '-c', ''], cwd='out', check=True)", "-out"),
    ],
)
def test_a_deed_that_depends_on_what_is_there(project: Project, body: str, edit: str) -> None:
    """It fails when something is in its way, or what it needs is gone."""
    project.write({"data/a": "1\n", "test_deed.py": f"import os, subprocess, sys\n\ndef test_deed():\n    {body}\n"})
    (project.root / "out").mkdir()
    project.cold_and_warm()
    gone = project.root / edit.removeprefix("-")
    if gone.is_dir():
        gone.rmdir()
    elif edit.startswith("-"):
        gone.unlink()
    else:
        project.write({edit: ""})
    assert project.run().code == 1


def test_a_link_that_leads_nowhere_is_in_the_way(project: Project) -> None:
    """``mkdir`` fails where something lies, also if it does not "exist"."""
    project.write({
        "test_m.py": """
            import os

            def test_makes_it():
                os.mkdir("made")
                os.rmdir("made")
        """,
    })  # fmt: skip
    project.cold_and_warm()
    (project.root / "made").symlink_to("nowhere")
    assert project.run().counts == {"failed": 1}
    (project.root / "made").unlink()
    assert project.run().numbers == (1, 0, 0)


def test_a_file_in_the_way_of_a_child(project: Project) -> None:
    """What only a forked child makes must have been absent, too."""
    project.write({
        "test_m.py": """
            import multiprocessing
            import os

            def makes_it():
                os.mkdir("made")
                os.rmdir("made")

            def test_child():
                with multiprocessing.get_context("fork").Pool(1) as pool:
                    pool.apply(makes_it)
        """,
    })  # fmt: skip
    project.cold_and_warm()
    (project.root / "made").write_text("in the way")
    assert project.run().counts == {"failed": 1}
    (project.root / "made").unlink()
    assert project.run().numbers == (1, 0, 0)


def test_a_file_that_a_child_would_have_made(project: Project) -> None:
    """It was there, so the child made nothing: that it is there is what the pass depends on."""
    project.write({
        "test_m.py": """
            import multiprocessing
            import os

            def makes_it():
                try:
                    open("made", "x").close()
                except FileExistsError:
                    return "there"
                os.remove("made")
                return "made"

            def test_child():
                with multiprocessing.get_context("fork").Pool(1) as pool:
                    assert pool.apply(makes_it) == "there"
        """,
        "made": "",
    })  # fmt: skip
    project.cold_and_warm()
    project.remove("made")
    assert project.run().counts == {"failed": 1}
    project.write({"made": ""})
    assert not project.run().bodies
