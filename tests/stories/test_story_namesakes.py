"""One name, two sources: who else may lead to another, and what is no reason to run."""

from __future__ import annotations

import pytest
from playground import Project, Run

N2 = ("-pxdist", "-pxdist.looponfail", "-n2")
NOBODY = "def test_nobody():\n    pass\n"
TAKES = "def test_b():\n    import kit\n\n    assert kit.NAME == 'x'\n"
ITS = "import sys\n\ndef test_b():\n    sys.path.insert(0, 'lent')\n    import kit\n\n    assert kit.NAME == 'x'\n"
OTHER = "import kit\n\ndef test_c():\n    assert kit.NAME == 'y'\n"
KITS = {"lent/kit.py": "NAME = 'x'\n", "kit.py": "NAME = 'y'\n", "conftest.py": "", "test_d.py": NOBODY}
ROOT = "import pathlib\nimport sys\n\nsys.path.insert(0, str(pathlib.Path(__file__).parents[1]))\n"
A, B, C = "tests/test_a.py", "tests/test_b.py", "tests/test_c.py"


def agree(project: Project, *args: str) -> Run:
    """Ends as without the cache."""
    run, plain = project.run(*args), project.plain(*args)
    ours, theirs = ({word: one.counts.get(word, 0) for word in ("failed", "error")} for one in (run, plain))
    assert (run.code, ours) == (plain.code, theirs), (run.reasons, run.said, plain.said)
    return run


def cached(project: Project, files: dict[str, str]) -> None:
    project.write({**KITS, **files})
    project.run()
    assert not project.run().bodies


def each_alone(project: Project, files: dict[str, str], one: str = B, two: str = A) -> None:
    """Both are cached in runs of their own; then they run together."""
    project.write(files)
    for _ in range(2):
        agree(project, one)
        agree(project, two)
    agree(project)


LENDS = "import sys\nsys.path.insert(0, 'lent')\n\ndef test_z():\n    pass\n"
NAMED = [
    ("tests/a/test_a.py", "tests/b/test_b.py"),
    ("tests/a/test_a.py::test_a", "tests/b/test_b.py::test_z"),
    ("tests/a", "tests/b/test_b.py"),
]


@pytest.mark.parametrize("args", NAMED)
def test_what_leads_to_a_named_file_has_no_place_in_the_run(project: Project, args: tuple[str, ...]) -> None:
    """Plain: kit is not to be found, for who lends it comes later."""
    project.write({"conftest.py": "", "lent/kit.py": "NAME = 'x'\n"})
    project.write({"tests/a/test_a.py": "def test_a():\n    pass\n", "tests/b/test_b.py": LENDS})
    agree(project, *args)
    project.write({"tests/a/test_a.py": "import kit\n\ndef test_a():\n    assert kit.NAME == 'x'\n"})
    agree(project, *args)


@pytest.mark.parametrize("args", NAMED)
def test_nor_where_the_root_has_the_name(project: Project, args: tuple[str, ...]) -> None:
    """Plain: kit is that of the root."""
    project.write({**KITS, "tests/a/test_a.py": "def test_a():\n    pass\n", "tests/b/test_b.py": LENDS})
    agree(project, *args)
    project.write({"tests/a/test_a.py": "import kit\n\ndef test_a():\n    assert kit.NAME == 'y'\n"})
    agree(project, *args)


def test_the_root_conftest_puts_another_directory_on_the_path(project: Project) -> None:
    cached(project, {"conftest.py": "import sys\nsys.path.insert(0, 'src')\n", "src/p.py": "", B: ITS})
    project.write({"tests/a/test_c.py": OTHER})
    agree(project)


def test_an_earlier_module_lends_a_directory_above(project: Project) -> None:
    """There the name is found by another way only."""
    cached(project, {A: ROOT + NOBODY, B: ITS})
    project.write({C: OTHER})
    agree(project)


def test_the_other_lends_a_directory_above(project: Project) -> None:
    each_alone(project, {**KITS, B: ITS, A: ROOT + OTHER})


def test_an_earlier_module_appends_it(project: Project) -> None:
    """It leads nobody there who finds another in front."""
    cached(project, {A: "import sys\nsys.path.append('lent')\n" + NOBODY, B: ITS})
    project.write({C: OTHER})
    agree(project)


def test_the_other_imports_the_source_by_another_name_too(project: Project) -> None:
    cached(project, {B: ITS})
    project.write({C: "import lent.kit\n" + OTHER})
    agree(project)


COMPUTED = {
    "mock": "from unittest import mock\n\ndef test_a():\n    with mock.patch('kit.NAME', 'q'):\n        pass\n",
    "monkeypatch": "def test_a(monkeypatch):\n    monkeypatch.setattr('kit.NAME', 'q')\n",
}


@pytest.mark.parametrize("how", COMPUTED)
def test_the_other_names_it_in_no_statement(project: Project, how: str) -> None:
    """It speaks of it."""
    each_alone(project, {**KITS, B: ITS, A: COMPUTED[how]})


def test_a_new_module_names_it_in_no_statement(project: Project) -> None:
    cached(project, {B: ITS})
    project.write({A: "from unittest import mock\n\n@mock.patch('kit.NAME', 'q')\ndef test_a():\n    pass\n"})
    agree(project)
    agree(project)  # nor is it seen once there is a record of that one


@pytest.mark.parametrize("kept", [True, False])
def test_two_roots_have_it(project: Project, kept: bool) -> None:
    """The first one is found."""
    files = {
        "pytest.ini": "[pytest]\npythonpath = one two\n",
        "one/kit.py": "NAME = 'y'\n",
        "two/kit.py": "NAME = 'x'\n",
        B: ITS.replace("lent", "two"),
    }
    if kept:
        each_alone(project, {**files, A: OTHER})
        return
    project.write(files)
    project.run()
    project.write({"tests/a/test_c.py": OTHER})
    agree(project)


def test_a_later_module_lends_another_of_the_name(project: Project) -> None:
    """All are hits, and the import stands in a test: by then all is on the path."""
    later = LENDS.replace("lent", "lent2")
    project.write({"lent/kit.py": "NAME = 'x'\n", "lent2/kit.py": "NAME = 'z'\n"})
    project.write({A: LENDS, B: TAKES, "tests/test_z.py": later})
    for _ in range(2):
        agree(project, A, B)
        agree(project, "tests/test_z.py")
    agree(project)


def test_a_later_module_lends_another_than_the_roots(project: Project) -> None:
    project.write({"lent/kit.py": "NAME = 'z'\n", "kit.py": "NAME = 'x'\n", "conftest.py": ""})
    each_alone(project, {B: TAKES, "tests/test_z.py": LENDS}, two="tests/test_z.py")


def test_who_loaded_it_first_is_cached_and_another_runs(project: Project) -> None:
    """That one would find another, which a third one lends in front."""
    last = "import sys\nsys.path.append('tests/lent')\n\n" + TAKES
    project.write({"conftest.py": "", "tests/kit/kit.py": "NAME = 'x'\n", "tests/lent/kit.py": "NAME = 'z'\n"})
    project.write(
        {A: LENDS.replace("lent", "tests/lent") + "\nimport kit\n", B: LENDS.replace("lent", "tests/kit"), C: last}
    )
    for _ in range(3):
        agree(project)


SRC = "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path(__file__).parents[{}] / 'src'))\n"


@pytest.fixture
def twice(project: Project) -> Project:
    """Two nested conftests that put the one ``src`` on the path."""
    project.write({"src/app/__init__.py": "", "src/app/core.py": "NAME = 'x'\n"})
    for kind in ("unit", "integration"):
        project.write({f"tests/{kind}/conftest.py": SRC.format(2)})
        for which in "ab":
            takes = "from app.core import NAME\n\ndef test_a():\n    assert NAME\n"
            project.write({f"tests/{kind}/test_{kind}_{which}.py": takes})
    return project


def test_two_conftests_lend_one_directory_with_workers(twice: Project) -> None:
    """Which worker loaded the package first is all the same."""
    for _ in range(4):
        run = twice.run(*N2)
    assert not run.bodies, run.reasons


def test_two_conftests_lend_one_directory(twice: Project) -> None:
    """Whoever finds the same is no reason to run."""
    twice.cold_and_warm()
    twice.edit("tests/unit/test_unit_a.py", "assert", "assert 1 and")
    run = twice.run()
    assert run.modules == {"tests/unit/test_unit_a.py"}, run.reasons


@pytest.mark.parametrize("how", ["edited", "new"])
def test_each_module_lends_it_to_itself(project: Project, how: str) -> None:
    """So does the one that runs, as it says."""
    takes = SRC.format(1) + "import kit\n\ndef test_it():\n    assert kit\n"
    project.write({"src/kit.py": "NAME = 'x'\n", B: takes, C: takes, "tests/test_d.py": takes})
    project.cold_and_warm()
    first = B if how == "edited" else A
    project.write({first: takes.replace("assert", "assert 1 and")})
    run = project.run()
    assert run.modules == {first}, run.reasons


def test_a_nested_conftest_imports_what_changes_the_path(project: Project) -> None:
    """It leads there as well."""
    context = "import pathlib, sys\nsys.path.insert(0, str(pathlib.Path(__file__).parent / 'helpers'))\n"
    project.write({"tests/unit/context.py": context, "tests/unit/helpers/kit.py": "NAME = 'x'\n"})
    project.write({"tests/unit/conftest.py": "import context\n"})
    project.write({f"tests/unit/test_{which}.py": TAKES for which in "ab"})
    project.cold_and_warm()
    project.edit("tests/unit/test_a.py", "assert", "assert 1 and")
    run = project.run()
    assert run.modules == {"tests/unit/test_a.py"}, run.reasons


def test_one_that_found_the_same_runs_for_another_reason(project: Project) -> None:
    """Who loaded the name for it then runs, too."""
    project.write({"conftest.py": "", "tests/kit/kit.py": "NAME = 'x'\n", "tests/lent/kit.py": "NAME = 'z'\n"})
    takes = "def test_b():\n    import kit\n\n    assert kit.NAME == 'z'\n"
    front = LENDS.replace("lent", "tests/kit")
    project.write({A: takes, B: LENDS.replace("lent", "tests/lent") + "\nimport kit\n", "tests/unit/test_z.py": front})
    for _ in range(2):
        agree(project)
    project.write({"tests/unit/conftest.py": ""})
    agree(project)
