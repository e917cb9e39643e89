"""The garbage collector leaves out what is older than the run; nothing of the user's."""

from __future__ import annotations

import subprocess
import sys

import pytest
from playground import Project

EARLY = "class Kept:\n    pass\n\nHELD = Kept()\nHELD.itself = HELD\n"


@pytest.mark.parametrize("asks", ["gc.get_referrers(early.HELD)", "gc.get_objects()"])
def test_who_asks_for_referrers_gets_all(project: Project, asks: str) -> None:
    """And who asks for all objects gets those that are younger."""
    found = "" if "referrers" in asks else "not "
    project.write(
        {
            "early.py": EARLY,
            "test_a.py": f"""
                import gc

                import early

                def test_a():
                    own = [early]
                    assert {found}any(each is vars(early) for each in {asks})
                    assert any(each is own for each in gc.get_referrers(early))
            """,
        }
    )
    run = project.run("-pearly")
    assert run.code == 0, run.said


def test_what_the_users_code_makes_is_collected(project: Project) -> None:
    """What a conftest made, and what is older but is let go of."""
    project.write(
        {
            "early.py": EARLY,
            "conftest.py": "class Made:\n    pass\n\nMADE = Made()\nMADE.itself = MADE\n",
            "test_a.py": """
                import gc
                import weakref

                import conftest
                import early

                def test_made():
                    gone = weakref.ref(conftest.MADE)
                    del conftest.MADE
                    gc.collect()
                    assert gone() is None

                def test_older_without_a_cycle():
                    gone = weakref.ref(early.HELD)
                    del early.HELD.itself, early.HELD
                    assert gone() is None
            """,
        }
    )
    assert project.run("-pearly").code == project.plain("-pearly").code == 0


@pytest.mark.parametrize("asked", [["--gocache"], ["--gocache", "--pdb"], ["--gocache", "missing.py"]])
def test_in_a_process_that_goes_on(project: Project, asked: list[str]) -> None:
    """After the run nothing is set aside, however it went."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "drive.py": f"""
                import gc

                import pytest

                gc.unfreeze()
                for _ in range(3):
                    pytest.main(["-pgocache", *{asked}])
                    assert gc.get_freeze_count() == 0
            """,
        }
    )
    done = subprocess.run(
        [sys.executable, "drive.py"], cwd=project.root, env=project.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
