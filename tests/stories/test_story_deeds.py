"""What a wide fixture tries to write or remove, and cannot: it stays what it was, and others' input."""

from __future__ import annotations

import pytest
from playground import Project, some

READS = """
    import os

    def test_b():
        print(os.path.exists("data/x") and open("data/x/c.txt").read())
        print(os.path.exists("none/x"))
        assert not os.path.exists("data/x/bad.txt") and not os.path.exists("none/x")
"""


@pytest.mark.parametrize(
    "deed",
    some(
        [
            "os.rmdir('data/x')",
            "os.remove('data/x')",
            "os.mkdir('none/x')",
            "os.mkdir('data/x')",
            "os.rename('none/x', 'data/x')",
            "os.rename('data/y', 'data/x')",
            "os.rename('data/y', 'none/x')",
            "os.symlink('y', 'none/x')",
            "os.link('data/y/c.txt', 'none/x')",
            "open('none/x', 'w')",
            "open('none/x', 'a')",
            "open('data/x', 'w')",
            "open('none/x', 'r+')",
            "os.rename('data/y', 'data/x/c.txt')",
            "os.truncate('none/x', 0)",
            "os.chmod('none/x', 0o600)",
        ],
        at_once=6,
    ),
)
def test_what_fails_writes_nothing(project: Project, deed: str) -> None:
    """The directory of which it was is taken away, made or filled later: who looked at it runs."""
    project.write(
        {
            "data/x/c.txt": "1",
            "data/y/c.txt": "1",
            "test_a.py": f"""
                import os
                import pytest

                @pytest.fixture(scope="module")
                def wide():
                    with pytest.raises(OSError):
                        {deed}

                def test_a(wide):
                    pass
            """,
            "test_b.py": READS,
        }
    )
    project.cold_and_warm()
    project.write({"data/x/bad.txt": "1"} if "data/x" in deed else {"none/x": "1"})
    run = project.run("test_b.py")
    assert run.code == project.plain("test_b.py").code == 1
    assert run.modules == {"test_b.py"}


@pytest.mark.parametrize("scope", ["module", "session"])
def test_what_anothers_fixture_made(project: Project, scope: str) -> None:
    """It made what was not there. It is there now, and who reads it without that fixture reads what it has become."""
    project.write(
        {
            "test_a.py": f"""
                import os
                import pytest

                @pytest.fixture(scope="{scope}")
                def settings():
                    if not os.path.exists("settings.txt"):
                        with open("settings.txt", "w") as file:
                            file.write("good")
                    return "settings.txt"

                def test_a(settings):
                    assert open(settings).read()
            """,
            "test_b.py": "def test_b():\n    assert open('settings.txt').read() == 'good'\n",
        }
    )
    project.run()
    project.write({"settings.txt": "bad"})
    run = project.run()
    assert run.code == project.plain().code == 1
    assert run.reasons["test_b.py"] == "input-changed: open settings.txt"


def test_a_tree_that_is_removed(project: Project) -> None:
    """Its files are named below a descriptor: files of the same name elsewhere are not meant."""
    project.write(
        {
            "data.txt": "1",
            "test_a.py": """
                import shutil

                def test_a(tmp_path):
                    (tmp_path / "q").mkdir()
                    (tmp_path / "q" / "data.txt").write_text("2")
                    shutil.rmtree(tmp_path / "q")
                    assert open("data.txt").read() == "1"
            """,
        }
    )
    project.cold_and_warm()
    project.write({"data.txt": "3"})
    assert project.run().code == project.plain().code == 1


BELOW = {
    "remove": "os.remove('data.txt', dir_fd=there)",
    "mkdir": "os.mkdir('data', dir_fd=there)",
    "rmdir": "os.rmdir('empty', dir_fd=there)",
    "open": "os.close(os.open('data.txt', os.O_WRONLY | os.O_CREAT | os.O_TRUNC, dir_fd=there))",
    "opener": "open('data.txt', 'w', opener=lambda name, how: os.open(name, how, dir_fd=there)).close()",
    "update": "os.close(os.open('data.txt', os.O_RDWR, dir_fd=there))",
    "append": "os.close(os.open('data.txt', os.O_WRONLY | os.O_APPEND, dir_fd=there))",
    "rename": "os.rename('new.txt', 'data.txt', src_dir_fd=there, dst_dir_fd=there)",
    "rename from": "os.rename('data.txt', tmp_path / 'x', src_dir_fd=there)",
    "rename to": "os.rename(tmp_path / 'new.txt', 'data.txt', dst_dir_fd=there)",
    "link": "os.link('data.txt', 'linked.txt', src_dir_fd=there, dst_dir_fd=there)",
    "symlink": "os.symlink('new.txt', 'linked.txt', dir_fd=there)",
    "chmod": "os.chmod('data.txt', 0o600, dir_fd=there)",
    "utime": "os.utime('data.txt', (1, 1), dir_fd=there)",
}


@pytest.mark.parametrize("named", [True, False], ids=["", "the system does not tell where"])
@pytest.mark.parametrize("deed", some(BELOW, 3))
def test_a_deed_below_a_descriptor(project: Project, deed: str, named: bool) -> None:
    """It is done in the directory that is open there: what has the same name in the current one stays an input."""
    done = BELOW[deed]
    blind = "from pytest_gocache.core import audit, deeds, probes\n\nfor each in (audit, deeds, probes):\n"
    blind += "    each.path_of = lambda descriptor: ''\n"
    (project.home / "lib" / "blind.py").write_text("" if named else blind)
    files = {"data.txt": "1", "new.txt": "1", "data/a.txt": "1", "empty/a.txt": "1"}
    if "linked" in done:
        files["linked.txt"] = "1"
    project.write(
        {
            **files,
            "test_a.py": f"""
                import os
                import pathlib

                HERE = pathlib.Path(__file__).parent

                def test_a(tmp_path):
                    (tmp_path / "data.txt").write_text("2")
                    (tmp_path / "new.txt").write_text("2")
                    (tmp_path / "empty").mkdir()
                    there = os.open(tmp_path, os.O_RDONLY)
                    {done}
                    os.close(there)
                    for name in {list(files)}:
                        assert (HERE / name).read_text() == "1"
            """,
        }
    )
    run = project.run("-pblind")
    assert run.code == 0 and not run.refused, run.said
    assert not project.run("-pblind").bodies
    for name in files:
        project.write({name: "3"})
        assert project.run("-pblind").code == project.plain("-pblind").code == 1, name
        project.write({name: "1"})
