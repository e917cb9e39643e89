"""``--gocache-explain=MODULE``: all that differs from the nearest stored record, for whom somebody asks about."""

from __future__ import annotations

import pytest
from playground import Project, Run

XDIST = ("-pxdist", "-pxdist.looponfail", "-n2")


def explained(project: Project, module: str, *args: str, **env: str | None) -> tuple[Run, list[str]]:
    """A run that asks about one module, and what it said of it, without what it was compared with."""
    run = project.plain("--gocache", f"--gocache-explain={module}", *args, **env)
    lines = [line.removeprefix("gocache:") for line in run.out.splitlines() if line.startswith("gocache:")]
    return run, [line for line in lines if line.startswith("     ")]


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_files_with_the_way_to_them(shop: Project, workers: tuple[str, ...]) -> None:
    """Each that changed, came or went; of the others modules nothing is said."""
    shop.run(*workers)
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    shop.edit("src/shop/orders.py", "shop.prices import gross", "shop.prices import gross\nfrom shop import more")
    shop.write({"src/shop/more.py": "MORE = 1\n"})
    run, lines = explained(shop, "tests/test_orders.py", *workers)
    assert "gocache: tests/test_orders.py: input-changed: import src/shop/more.py (new)\n" in run.out, run.out
    assert "gocache:   compared with its last run, 20" in run.out and ", stored:\n" in run.out
    assert lines == [
        "     file src/shop/more.py: new",
        "       tests/test_orders.py -> src/shop/orders.py -> src/shop/more.py",
        "     file src/shop/orders.py: changed",
        "       tests/test_orders.py -> src/shop/orders.py",
        "     file src/shop/prices.py: changed",
        "       tests/test_orders.py -> src/shop/orders.py -> src/shop/prices.py",
    ]
    assert "tests/test_prices.py:" not in run.out and run.numbers == (1, 2, 0)
    shop.edit("src/shop/orders.py", "\nfrom shop import more", "")
    shop.remove("src/shop/more.py")
    shop.edit("src/shop/prices.py", "net // 4", "net // 5")
    assert explained(shop, "tests/test_orders.py", *workers)[0].numbers == (3, 0, 0), "changed back"


def test_a_file_that_is_gone(project: Project) -> None:
    """It is named, where nothing else says why."""
    project.write({"test_a.py": "try:\n    import extra\nexcept ImportError:\n    pass\n\ndef test_a():\n    pass\n"})
    project.write({"extra.py": "A = 1\n"})
    project.run()
    project.remove("extra.py")
    assert project.run("--gocache-plan").reasons["test_a.py"].startswith("input-changed: import extra.py (gone)")
    assert explained(project, "test_a.py")[1] == ["     file extra.py: gone"]


READS = """
    import os, pathlib

    def test_a():
        here = pathlib.Path(__file__).parent
        assert sorted(each.name for each in here.joinpath("data").iterdir())
        assert here.joinpath("data.txt").read_text() and os.environ.get("COLOUR") != "bad"
        assert not here.joinpath("absent").exists()
"""


def test_inputs(project: Project) -> None:
    """Not the first alone: contents, names in a directory, what is there now, variables by name only."""
    project.write({"test_a.py": READS, "data.txt": "1", "data/a": "", "data/old": "", "data/z": ""})
    project.run()
    project.write({"data.txt": "2", "data/new": "", "absent": ""})
    project.remove("data/old")
    run, lines = explained(project, "test_a.py::test_a", COLOUR="s3cret")
    assert "compared with its pass with the same code, options and versions:\n" in run.out
    assert sorted(lines) == [
        "     getenv COLOUR: new",
        "     kind absent: new",
        "     list data: + new, - old",
        "     open data.txt: another content",
    ]
    assert "s3cret" not in run.out and run.code == 1 and run.bodies, "what it says now is that it fails"
    run, lines = explained(project, "test_a.py")
    assert "not stored" not in run.out and len(lines) == 3, "the pass is what it is compared with, not the failure"


def test_the_nearest_of_several(project: Project) -> None:
    """That of which the fewest inputs differ."""
    project.write({"test_a.py": READS, "data.txt": "1", "data/a": ""})
    project.run()
    project.write({"data.txt": "2", "data/b": ""})
    project.run()
    project.write({"data.txt": "1", "data/c": ""})
    project.run()
    project.remove("data/b")
    project.write({"data.txt": "2"})
    run, lines = explained(project, "test_a.py")
    assert "compared with the nearest of its 3 passes" in run.out
    assert lines in (
        ["     list data: - b"],
        ["     list data: + c, - b"],
        ["     list data: - b", "     open data.txt: another content"],
    ), lines


def test_the_nearest_of_several_runs(shop: Project) -> None:
    """Who works with two sets of options in turn hears of the edit, not of the options."""
    shop.run("-Werror")
    shop.run("--import-mode=append")
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    run, lines = explained(shop, "tests/test_prices.py", "-Werror")
    assert "gocache: tests/test_prices.py: input-changed: import src/shop/prices.py\n" in run.out, run.out
    assert "compared with its run of 20" in run.out and "the nearest, stored:" in run.out
    assert lines == ["     file src/shop/prices.py: changed", "       tests/test_prices.py -> src/shop/prices.py"]


def test_options_variables_and_what_is_installed(project: Project) -> None:
    """All of the key that differs; a variable's value is never shown."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    project.write({"pytest.ini": "[pytest]\ngocache_env = TOKEN\nxfail_strict = true\n"})
    project.run("-Werror", TOKEN="one")
    project.write({"pytest.ini": "[pytest]\ngocache_env = TOKEN\nxfail_strict = false\n"})
    project.edit("test_a.py", "pass", "assert True")
    run, lines = explained(project, "test_a.py", "--import-mode=append", TOKEN="two")
    assert [line.strip() for line in lines] == [
        "variable TOKEN: changed",
        "flag --import-mode append (new)",
        "flag -W error (gone)",
        "ini xfail_strict = false (new)",
        "ini xfail_strict = true (gone)",
        "module test_a.py: changed",
    ]
    assert "two" not in run.out


LOADS = """
    import importlib

    def test_a():
        assert importlib.import_module("plug" + "in").A
"""


def test_code_that_no_import_statement_leads_to(project: Project) -> None:
    """The name, and what is behind it."""
    project.write({"test_a.py": LOADS, "plugin.py": "from below import A\n", "below.py": "A = 1\n"})
    project.run()
    project.write({"below.py": "A = 2\n"})
    lines = explained(project, "test_a.py")[1]
    assert lines == ["     import below: changed", "     file below.py: changed", "     import plugin: changed"]


def test_what_is_cached_and_what_is_not_known(project: Project) -> None:
    """One line each; of what never ran there is nothing to compare with."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    assert (
        "gocache: test_a.py: no-record\ngocache:   nothing is recorded of it\n"
        in explained(project, "test_a.py")[0].out
    )
    run = explained(project, "test_a.py")[0]
    assert not run.bodies and "gocache: test_a.py: cached (saves 0." in run.out
    plan = explained(project, "test_a.py", "--gocache-plan")[0]
    assert plan.code == 0 and "gocache: test_a.py: cached (saves" in plan.out
    project.edit("test_a.py", "pass", "assert 0")
    assert "     module test_a.py: changed" in explained(project, "test_a.py", "--gocache-plan")[1]
    explained(project, "test_a.py")
    again = explained(project, "test_a.py")[0]
    assert "not stored: failed: test_a.py::test_a: nothing differs" in again.out


def test_asking_changes_nothing(shop: Project) -> None:
    """No key, no verdict, nothing of what is stored."""
    shop.run()
    assert not explained(shop, "tests/test_orders.py")[0].bodies
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    explained(shop, "tests/test_orders.py")
    assert not shop.run().bodies and not shop.plain("--gocache").bodies


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("tests", "--gocache-explain=tests: a directory: give a module, or --gocache-explain alone for all"),
        ("nowhere.py", "--gocache-explain=nowhere.py: there is no such file"),
    ],
)
def test_wrong_questions(shop: Project, asked: str, told: str) -> None:
    """One line, at once."""
    run = explained(shop, asked)[0]
    assert run.code == 4 and told in run.said and "Traceback" not in run.said and not run.bodies
    assert shop.plain("--gocache-explain=tests/test_alone.py").code == 4, "the cache is off"


def test_no_module_of_the_run(shop: Project) -> None:
    """A file that is there and was not asked to run, or holds no tests: said at the end."""
    for asked in ("tests/test_alone.py", "src/shop/prices.py"):
        run = explained(shop, asked, "tests/test_prices.py")[0]
        assert run.code == 0 and f"gocache: --gocache-explain={asked}: no test module of this run\n" in run.out


def test_what_stands_behind_it_is_to_be_run(shop: Project) -> None:
    """Only an equals sign gives it a value, on the command line and in ``addopts``."""
    run = shop.plain("--gocache", "--gocache-explain", "tests/test_alone.py")
    assert run.modules == {"tests/test_alone.py"} and "gocache: tests/test_alone.py: no-record\n" in run.out
    shop.write({"pytest.ini": "[pytest]\npythonpath = src\naddopts = --gocache --gocache-explain\n"})
    shop.write({"tests/conftest.py": "import pytest\n\n@pytest.fixture\ndef odd():\n    return 1\n"})
    run = shop.plain("tests/test_prices.py", *XDIST)
    assert run.modules == {"tests/test_prices.py"} and run.code == 0, run.said


def test_from_another_directory(shop: Project) -> None:
    """As pytest takes a path, or as it shows one."""
    shop.run()
    shop.edit("tests/test_alone.py", "1 + 1", "2")
    for asked in ("test_alone.py", "tests/test_alone.py"):
        run = shop.plain("--gocache", "--gocache-plan", f"--gocache-explain={asked}", cwd="tests")
        assert "gocache:     module tests/test_alone.py: changed\n" in run.out, run.said
    assert "gocache:" not in shop.plain("--gocache", "--gocache-explain=tests/test_alone.py", "-qq").out
