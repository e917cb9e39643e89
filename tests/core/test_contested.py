"""Names that mean one module or another by who runs: whom they concern, and whom they do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from filetree import FakeFiles, graph_of

from pytest_gocache.core.contested import Layout, clashing, contested
from pytest_gocache.core.places import Places

A, B, C = "/p/a/test_a.py", "/p/b/test_b.py", "/p/c/test_c.py"
BASES = {A: "/p/a", B: "/p/b", C: "/p/c"}


def concerned(tree: str, bases: dict[str, str] = BASES, path: str = "/p/src", conftests: str = "") -> dict[str, str]:
    """Why who has to run, in a project of these files; conftests lie in a directory that is no package."""
    layout = Layout(bases, frozenset({path}), {conftests: conftests} if conftests else {})
    graph = graph_of(FakeFiles(tree), (path, *dict.fromkeys(bases.values())))
    found = contested(layout, graph, Places(Path("/p"), site=("/site",)))
    return {module[3:]: told for module, told in found.items()}


MODULES = """
    a/
        test_a.py: {a}
        {in_a}
    b/
        test_b.py: {b}
        {in_b}
    c/
        test_c.py: {c}
        {in_c}
    src/
        {in_src}
"""


def tree(**parts: str) -> str:
    names = ("a", "b", "c", "in_a", "in_b", "in_c", "in_src")
    return MODULES.format(**({name: "" if len(name) == 1 else "x.txt" for name in names} | parts))


TWO, LENT = "helper is a/helper.py or b/helper.py", "helper is found beside other test modules only: b/helper.py"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, {}),
        ({"in_a": "helper.py", "in_b": "helper.py"}, {}),
        (
            {"in_a": "helper.py", "in_b": "helper.py", "a": "import helper"},
            dict.fromkeys(["a/test_a.py", "b/test_b.py"], TWO),
        ),
        (
            {"in_a": "helper.py", "in_b": "helper.py", "c": "from helper import x"},
            dict.fromkeys(["a/test_a.py", "b/test_b.py", "c/test_c.py"], TWO),
        ),
        (
            {"in_a": "helper.py", "in_b": "helper.py", "in_src": "tool.py: import helper", "c": "import tool"},
            dict.fromkeys(["a/test_a.py", "b/test_b.py", "c/test_c.py"], TWO),
        ),
        ({"in_a": "conftest.py", "in_b": "conftest.py", "a": "import conftest"}, {}),
        ({"in_b": "helper.py", "b": "import helper"}, {}),
        ({"in_b": "helper.py", "a": "import helper"}, {"a/test_a.py": LENT}),
        ({"in_b": "helper.py", "a": "import b.helper"}, {}),
        ({"in_src": "helper.py", "a": "import helper"}, {}),
        ({"in_src": "helper.py", "in_b": "helper.py", "b": "import helper"}, {}),
        (
            {"in_src": "helper.py", "in_b": "helper.py", "a": "import helper"},
            dict.fromkeys(["a/test_a.py", "b/test_b.py"], "helper is b/helper.py or src/helper.py"),
        ),
    ],
)
def test_whom_a_name_concerns(parts: dict[str, str], expected: dict[str, str]) -> None:
    assert concerned(tree(**parts)) == expected


def test_what_is_surely_on_the_path() -> None:
    """A conftest above the module that borrows puts its directory there; one beside it does not."""
    borrows = tree(in_b="helper.py", a="import helper")
    assert concerned(borrows, conftests="/p/b") == {"a/test_a.py": LENT}
    assert not concerned(tree(in_b="helper.py", b="import helper"), conftests="/p/b")
    assert not concerned(borrows, path="/p/b")


def test_one_module_alone_meets_no_other() -> None:
    both = tree(in_a="helper.py", in_src="helper.py", a="import helper")
    assert not concerned(both, bases={A: "/p/a"})


def test_modules_of_one_name() -> None:
    """By their names below the directories that pytest puts on the path."""
    assert clashing({"/p/a/test_x.py": "/p/a", "/p/b/test_x.py": "/p/b"}) == {"/p/a/test_x.py", "/p/b/test_x.py"}
    assert not clashing({"/p/a/test_x.py": "/p", "/p/b/test_x.py": "/p"})
