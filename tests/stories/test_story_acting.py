"""Parts of pytest that act for a test: what they read is the test's."""

from __future__ import annotations

import pytest
from playground import Project

PLUGIN = "import os\n\npytest_plugins = 'pytester'\nos.environ['PYTHONPATH'] = os.path.dirname(__file__)\n"
EXAMPLE = "def test_example(pytester):\n    {call}\n"
CALLS = {
    "copy_example": "pytester.copy_example('sample.py')\n    assert (pytester.path / 'sample.py').read_text() == 'v1'",
    "run": "done = pytester.run('cat', '@/data/sample.py')\n    assert done.outlines == ['v1']",
    "py.path": "from _pytest._py.path import local\n    assert local('@/data/sample.py').read() == 'v1'",
}
ASKS = {
    "fspath": "def test_reads(request):\n    assert request.fspath.dirpath('data', 'sample.py').read() == 'v1'\n",
    "exists": "def test_reads(request):\n    assert request.fspath.dirpath('data', 'sample.py').check()\n",
    "lists": "def test_reads(request):\n    assert len(request.fspath.dirpath('data').listdir()) == 1\n",
    "visits": "def test_reads(request):\n    assert len(list(request.fspath.dirpath('data').visit('*.py'))) == 1\n",
    "size": "def test_reads(request):\n    assert request.fspath.dirpath('data', 'sample.py').size() == 2\n",
    "imports": "def test_reads(request):\n    request.fspath.dirpath('data', 'sample.py').pyimport()\n",
}


@pytest.mark.parametrize("how", [*CALLS, *ASKS])
def test_files(project: Project, how: str) -> None:
    """Of an example, of a path as pytest had them before ``pathlib``."""
    text = ASKS[how] if how in ASKS else EXAMPLE.format(call=CALLS[how].replace("@", str(project.root)))
    project.write({"conftest.py": PLUGIN, "test_a.py": text, "data/sample.py": "v1"})
    if how == "imports":
        project.write({"data/sample.py": "v1 = 1"})
    project.write({"pytest.ini": "[pytest]\npytester_example_dir = data\ngocache_allow = subprocess:cat\n"})
    project.cold_and_warm()
    if how in ("exists", "lists", "visits"):
        project.remove("data/sample.py")
    else:
        project.write({"data/sample.py": "v2x" if how != "imports" else "assert 0"})
    run = project.run()
    assert run.code == project.plain().code == 1, run.said


def test_children(project: Project) -> None:
    """They are watched as others are."""
    inner = "def test(): import shop; assert shop.A"
    call = f"pytester.makepyfile({inner!r})\n    assert pytester.runpytest_subprocess().ret == 0"
    project.write({"conftest.py": PLUGIN, "test_a.py": EXAMPLE.format(call=call), "shop.py": "A = 1\n"})
    project.cold_and_warm()
    project.edit("shop.py", "1", "0")
    run = project.run()
    assert run.code == project.plain().code == 1, run.said
