"""Files that tests write into the source tree and leave there are named once."""

from __future__ import annotations

import pytest
from playground import Project, Run


def told(run: Run) -> list[str]:
    return [line for line in run.out.splitlines() if "source tree" in line]


@pytest.mark.parametrize("workers", [(), ("-p", "xdist", "-n2")], ids=["serial", "xdist"])
def test_one_line(project: Project, workers: tuple[str, ...]) -> None:
    """The first by name and how many more; not what was taken away again, nor what is temporary or a tool's."""
    if workers:
        pytest.importorskip("xdist")
    project.write(
        {
            "conftest.py": """
                import pathlib
                import pytest

                @pytest.fixture(scope="session")
                def wide():
                    pathlib.Path("wide.txt").write_text("1")
            """,
            "tests/test_a.py": """
                import pathlib

                HERE = pathlib.Path(__file__).parent

                def test_a(tmp_path, wide):
                    for name in ("out.txt", "gone.txt", "__pycache__/x", ".coverage.1"):
                        (HERE / name).parent.mkdir(exist_ok=True)
                        (HERE / name).write_text("1")
                    (HERE / "gone.txt").unlink()
                    (tmp_path / "temporary").write_text("1")
            """,
            "tests/test_b.py": "def test_b():\n    pass\n",
        }
    )
    report = project.root / "report.xml"
    run = project.run(f"--junitxml={report}", *workers)
    assert told(run) == ["gocache: tests wrote into the source tree: tests/out.txt (and 1 more)"], run.out
    assert not told(project.run(*workers)), "nothing ran, nothing wrote"
    assert not told(project.plain("--gocache", "--count=1", *workers)), "only with --gocache-explain"


def test_a_temporary_directory_of_the_run(project: Project) -> None:
    """One that a conftest makes when pytest starts, and takes away when it ends: it is made anew each time."""
    project.write(
        {
            "conftest.py": """
                import os, shutil, tempfile
                import pytest

                @pytest.hookimpl(tryfirst=True)
                def pytest_configure(config):
                    os.environ["PLACE"] = tempfile.mkdtemp(dir="/tmp", prefix="place-")

                def pytest_unconfigure(config):
                    shutil.rmtree(os.environ["PLACE"])
            """,
            "test_a.py": "import os\n\ndef test_a():\n    assert os.path.exists(os.environ['PLACE'])\n",
        }
    )
    cold = project.run()
    assert not cold.refused, cold.out
    assert not project.run().bodies
