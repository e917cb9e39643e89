"""The garbage collector leaves out what is older than the run, where nothing of the user's is among it.

In processes of their own: the one that these tests fork has set aside objects itself.
"""

from __future__ import annotations

import subprocess
import sys

import pytest
from playground import Project

NOBODY = "def test_nobody():\n    pass\n"
BOX = "class Box:\n    pass\n\nBOX = Box()\nBOX.itself = BOX\n"
WAYS: list[list[str]] = [[], ["--gocache"], ["--gocache"]]
PYTEST = ("-m", "pytest", "-pgocache", "-pno:cacheprovider")


def real(project: Project, *args: str) -> subprocess.CompletedProcess[str]:
    """A process that is started, not forked."""
    command = [sys.executable, *args]
    return subprocess.run(command, cwd=project.root, env=project.environment(), capture_output=True, text=True)


def codes(project: Project, *args: str) -> list[int]:
    """How pytest ends plainly, a first time with the cache, and a second time."""
    return [real(project, *PYTEST, *args, *way).returncode for way in WAYS]


def test_who_asks_for_referrers_gets_all(project: Project) -> None:
    """Of what is older, too."""
    test = """
        import gc
        import json

        def test_a():
            assert gc.get_freeze_count() > 10_000
            assert any(each is vars(json) for each in gc.get_referrers(json.JSONDecoder))
            assert gc.get_freeze_count() < 1_000
    """
    project.write({"test_a.py": test})
    assert codes(project) == [1, 0, 0]


@pytest.mark.parametrize(
    ("ends", "then"),
    [
        ("pass", "    gone = weakref.ref(early.BOX)\n    del early.BOX\n    gc.collect()\n    assert gone() is None\n"),
        ("def __del__(self):\n        raise ValueError", "    del early.BOX\n    gc.collect()\n"),
    ],
    ids=["collected", "warns"],
)
def test_a_plugin_of_the_users_is_older(project: Project, ends: str, then: str) -> None:
    """Then nothing is set aside: what its objects say when they go is said."""
    project.write({"early.py": BOX.replace("pass", ends, 1)})
    project.write({"test_a.py": f"import gc, weakref\nimport early\n\ndef test_a():\n{then}"})
    found = codes(project, "-pearly", "-Werror")
    assert found == [found[0]] * 3


def test_what_a_conftest_makes_is_collected(project: Project) -> None:
    """It is younger."""
    test = "import conftest, gc, weakref\n\ndef test_a():\n    gone = weakref.ref(conftest.BOX)\n    del conftest.BOX\n"
    project.write({"conftest.py": BOX, "test_a.py": f"{test}    gc.collect()\n    assert gone() is None\n"})
    assert codes(project) == [0, 0, 0]


@pytest.mark.parametrize("who", ["conftest", "early", "driver"])
def test_a_file_in_a_cycle_is_written_at_exit(project: Project, who: str) -> None:
    """Where all are hits, too."""
    opens = BOX + "BOX.file = open('out.txt', 'w')\nBOX.file.write('x')\n"
    drive = "import sys\n\nimport pytest\n\ncode = pytest.main(sys.argv[1:])\ndel BOX\nsys.exit(code)\n"
    project.write({"test_a.py": NOBODY, f"{who}.py": opens + drive if who == "driver" else opens})
    command = ["driver.py", *PYTEST[2:]] if who == "driver" else [*PYTEST, *(["-pearly"] if who == "early" else [])]
    for way in WAYS:
        (project.root / "out.txt").unlink(missing_ok=True)
        done = real(project, *command, *way)
        assert done.returncode == 0, done.stdout + done.stderr
        assert (project.root / "out.txt").read_text() == "x", done.stdout


def test_what_conftests_let_go_of_at_the_end_warns(project: Project) -> None:
    """Also where all are hits."""
    raises = BOX.replace("pass", "def __del__(self):\n        raise ValueError", 1)
    lets_go = f"{raises}\ndef pytest_unconfigure():\n    global BOX\n    del BOX\n"
    project.write({"conftest.py": lets_go, "test_a.py": NOBODY})
    assert codes(project, "-Werror") == [1, 1, 1]


@pytest.mark.parametrize("asked", [["--gocache"], ["--gocache", "--pdb"], ["--gocache", "missing.py"]])
@pytest.mark.parametrize("before", ["gc.unfreeze()", "gc.freeze()"])
def test_in_a_process_that_goes_on(project: Project, asked: list[str], before: str) -> None:
    """Nothing is set aside, and what somebody else did stays."""
    drive = f"""
        import gc

        import pytest

        {before}
        frozen = gc.get_freeze_count() > 10_000
        for _ in range(3):
            pytest.main(["-pgocache", *{asked}])
            assert (gc.get_freeze_count() > 10_000) == frozen
    """
    project.write({"test_a.py": NOBODY, "drive.py": drive})
    done = real(project, "drive.py")
    assert done.returncode == 0, done.stdout + done.stderr
