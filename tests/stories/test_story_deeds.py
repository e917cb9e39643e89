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
