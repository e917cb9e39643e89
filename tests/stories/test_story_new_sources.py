"""A source that comes or goes: no matter, unless somebody asks for its name."""

from __future__ import annotations

import pytest
from playground import LOADS, Project

OPTIONAL = """
    try:
        import {name}
    except ImportError:
        VALUE = "old"
    else:
        VALUE = {name}.VALUE
"""
BY_NAME = """
    import importlib

    try:
        VALUE = importlib.import_module("ex" + "tra").VALUE
    except ImportError:
        VALUE = "old"
"""
RELATIVE = "try:\n    from .extra import VALUE\nexcept ImportError:\n    VALUE = 'old'\n"
FINDS = "from importlib.util import find_spec\n\nVALUE = 'new' if find_spec"
ASKS = "from shop import VALUE\n\ndef test_asks():\n    assert VALUE == 'old'\n"
OTHER = "import other\n\ndef test_other():\n    assert other.X\n"


def laid(project: Project, shop: str) -> None:
    """A project of two test modules; an exact repeat says that it has no graph."""
    project.write({"conftest.py": LOADS, "shop/__init__.py": shop, "other.py": "X = 1\n"})
    project.write({"test_asks.py": ASKS, "test_other.py": OTHER})
    project.python = ("-B",)  # an interpreter of its own, where nothing is imported beforehand
    project.cold_and_warm("-s")


def repeats(project: Project, *args: str) -> bool:
    """Whether a run is an exact repeat."""
    run = project.run("-s", *args)
    assert run.code == 0, run.said
    return "graph: False" in run.out and not run.bodies


def test_nobody_asks_for_it(project: Project) -> None:
    """It comes, is edited, and goes. So it is with a module beside one that is edited meanwhile."""
    laid(project, "VALUE = 'old'\n")
    assert repeats(project)
    for name in ("note.py", "shop/note.py", "fresh.py"):
        project.write({name: "X = 1\n"})
        assert repeats(project), name
        project.edit(name, "1", "2")
        assert repeats(project), name
    project.remove("note.py", "shop/note.py")
    assert repeats(project)
    project.write({"newer.py": ""})
    project.edit("other.py", "1", "2")
    assert project.run("-s").modules == {"test_other.py"}
    assert repeats(project)


@pytest.mark.parametrize(
    ("shop", "name"),
    [
        (OPTIONAL.format(name="extra"), "extra.py"),
        (OPTIONAL.format(name="shop.extra"), "shop/extra.py"),
        (BY_NAME, "extra.py"),
        (RELATIVE, "shop/extra.py"),
        (f"{FINDS}('extra') else 'old'\n", "extra.py"),
        ("import glob\n\nVALUE = 'new' if glob.glob('shop/e*.py') else 'old'\n", "shop/extra.py"),
    ],
    ids=["import", "submodule", "by name", "relative", "looked for", "listed"],
)
def test_somebody_asks_for_it(project: Project, shop: str, name: str) -> None:
    """Who asks runs; also where others ran in between, and nobody has asked for it since."""
    laid(project, shop)
    assert repeats(project)
    for number in "23":
        project.write({name: "VALUE = 'new'\n"})
        run = project.run("-s")
        assert run.modules == {"test_asks.py"} and run.counts == {"failed": 1, "passed": 1}, run.said
        project.remove(name)
        assert not project.run("-s").bodies
        project.edit("other.py", "X = ", f"X = {number}")
        assert project.run("-s").modules == {"test_other.py"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("test_new.py", "def test_new(): assert 0\n"), ("shop/conftest.py", "raise ValueError\n"), ("profile.py", "")],
)
def test_pytest_or_python_ask_for_it(project: Project, name: str, text: str) -> None:
    """Test modules, conftests, and what hides Python's own."""
    laid(project, "VALUE = 'old'\n")
    project.write({name: text})
    run, plain = project.run("-s", "shop", "."), project.plain("-s", "shop", ".")
    assert run.counts == plain.counts and run.code == plain.code, run.said
    assert "graph: True" in project.run("-s").out


def test_doctests_of_all_modules(project: Project) -> None:
    """Any source may hold some."""
    laid(project, "VALUE = 'old'\n")
    for _ in range(3):
        project.run("-s", "--doctest-modules")
    project.write({"note.py": '"""\n>>> 1\n2\n"""\n'})
    assert project.run("-s", "--doctest-modules").counts == project.plain("--doctest-modules").counts
