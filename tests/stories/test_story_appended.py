"""What was not there when it was opened without emptying it: the next run finds it, as it would without a cache."""

from __future__ import annotations

import pytest
from playground import Project

APPENDS = """
    def test_appends():
        with open("log.txt", "a") as file:
            file.write("line\\n")
        assert open("log.txt").read() == "line\\n"
"""
COUNTS = """
    import sqlite3

    def test_counts():
        base = sqlite3.connect("app.db")
        base.execute("create table if not exists t (a)")
        base.execute("insert into t values (1)")
        base.commit()
        assert base.execute("select count(*) from t").fetchone() == (1,)
        base.close()
"""
IN_A_CHILD = """
    import subprocess, sys

    def test_in_a_child():
        subprocess.run([sys.executable, "-c", "open('log.txt', 'a').write('line\\\\n')"], check=True)
        assert open("log.txt").read() == "line\\n"
"""


@pytest.mark.parametrize("test", [APPENDS, COUNTS, IN_A_CHILD], ids=["log", "database", "child"])
def test_a_second_run_finds_it(project: Project, test: str) -> None:
    """Without any edit. Taken away, it is as at first."""
    project.write({"test_it.py": test})
    assert project.run().code == 0
    assert project.run().code == 1
    project.remove(*(name for name in ("log.txt", "app.db") if (project.root / name).exists()))
    assert project.run().code == 0
