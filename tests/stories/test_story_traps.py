"""Traps that real suites set: old bytecode, modules found by a fixture's path, node ids that are not unique."""

import os
from pathlib import Path

import pytest
from playground import Project


@pytest.mark.long
def test_old_bytecode_is_never_stored_as_a_pass_of_the_new_source(shop: Project) -> None:
    """An edit of equal size within the second of the run before: Python runs the old code, and passes."""
    shop.python = ("-s",)  # a new interpreter each time: the forked ones write no bytecode
    shop.run(PYTHONDONTWRITEBYTECODE="")
    source = shop.root / "src/shop/prices.py"
    before = source.stat()
    shop.edit("src/shop/prices.py", "// 5", "- 55")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    fooled = shop.run(PYTHONDONTWRITEBYTECODE="")
    for path in list(shop.root.rglob("*.pyc")):
        path.unlink()
    after = shop.run()
    assert fooled.code == 0, fooled.said
    assert after.code == shop.plain().code == 1, (fooled.said, after.said)
    assert "too-new" in fooled.refused["tests/test_prices.py"]


def test_a_module_that_a_fixture_put_on_the_path(project: Project) -> None:
    """No root has it: that it ran is observed, and its content counts."""
    project.write(
        {
            "apps/app.py": "ANSWER = 42\n",
            "test_a.py": """
                import pathlib

                def test_a(monkeypatch):
                    monkeypatch.syspath_prepend(str(pathlib.Path(__file__).parent / "apps"))
                    import app
                    assert app.ANSWER == 42
            """,
            "test_b.py": "def test_b():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.edit("apps/app.py", "42", "41")
    run = project.run()
    assert run.code == 1 and run.modules == {"test_a.py"}
    assert run.reasons == {"test_a.py": "input-changed: exec apps/app.py"}


def test_two_modules_with_one_node_id(project: Project, tmp_path: Path) -> None:
    """Outside rootdir pytest's node ids need not be unique: counts are right, and neither is stored."""
    outside = tmp_path / "elsewhere"
    for name in ("one", "two"):
        (outside / name / "tests").mkdir(parents=True)
        for part in ("", "tests"):
            (outside / name / part / "__init__.py").write_text("")
        (outside / name / "tests/test_same.py").write_text(f"def test_{name}():\n    pass\n")
    args = (f"--rootdir={project.root}", str(outside / "one"), str(outside / "two"))
    for _ in range(2):
        run = project.run(*args)
        assert run.code == 0 and run.counts == {"passed": 2} and run.numbers == (0, 2, 2), run.said
    alone = [project.run(*args[:2]) for _ in range(2)]
    assert [run.numbers for run in alone] == [(0, 1, 0), (1, 0, 0)], alone[0].said
    assert project.run(*args).counts == {"passed": 2}


def test_two_modules_with_one_module_name(project: Project) -> None:
    """pytest reports the clash when it imports both; a cached one is imported for that."""
    project.write({"one/test_same.py": "def test_one():\n    pass\n", "test_other.py": "def test_o():\n    pass\n"})
    project.cold_and_warm()
    project.write({"two/test_same.py": "def test_two():\n    pass\n"})
    plain, run = project.plain(), project.run()
    assert run.code == plain.code == 2 and run.counts == plain.counts, run.said
    assert run.reasons["one/test_same.py"] == "inert: another test module has the same module name"
    importlib = project.run("--import-mode=importlib")
    assert importlib.code == 0 and importlib.numbers == (0, 3, 0)


XDIST = ("-pxdist", "-pxdist.looponfail", "-n2")
HELPERS = {
    "tests/helper.py": "WHERE = 'tests'\n",
    "tests/unit/helper.py": "WHERE = 'unit'\n",
    "tests/unit/test_unit.py": "import helper\n\ndef test_unit():\n    assert helper.WHERE == 'unit'\n",
    "tests/test_other.py": "def test_other():\n    pass\n",
    "tests/deep/test_deep.py": "def test_deep():\n    pass\n",
}
FIRST = "import helper\n\ndef test_first():\n    assert helper.WHERE == 'tests'\n"


def test_two_helpers_of_one_name(project: Project) -> None:
    """Who imports first decides for all: a new module changes what another one gets, and a cached one must run."""
    project.write(HELPERS)
    project.run()
    told = "inert: helper is tests/helper.py or tests/unit/helper.py"
    run = project.run()
    assert run.modules == {"tests/test_other.py", "tests/unit/test_unit.py"}, run.said
    assert run.reasons["tests/test_other.py"] == run.reasons["tests/unit/test_unit.py"] == told
    project.write({"tests/a_test.py": FIRST})
    plain, run = project.plain(), project.run()
    assert run.code == plain.code == 1 and run.counts == plain.counts == {"passed": 3, "failed": 1}
    project.edit("tests/unit/test_unit.py", "== 'unit'", "== 'tests'")
    for _ in range(2):
        project.edit("tests/unit/test_unit.py", "assert", "assert 1 and")
        assert project.run().counts == project.plain().counts == {"passed": 4}


def test_helpers_of_one_name_that_are_no_trap(project: Project) -> None:
    """Where it is the same one whoever runs: conftests, packages, one directory, another import mode."""
    project.write(
        {
            **dict.fromkeys(("tests/conftest.py", "tests/unit/conftest.py"), "X = 1\n"),
            "tests/test_a.py": "from conftest import X\n\ndef test_a():\n    assert X\n",
            "tests/unit/test_b.py": "from conftest import X\n\ndef test_b():\n    assert X\n",
            **dict.fromkeys(("pack/__init__.py", "pack/sub/__init__.py"), ""),
            **dict.fromkeys(("pack/helper.py", "pack/sub/helper.py"), "Y = 1\n"),
            "pack/test_c.py": "from .helper import Y\n\ndef test_c():\n    assert Y\n",
            "pack/sub/test_d.py": "from .helper import Y\n\ndef test_d():\n    assert Y\n",
            "src/common.py": "Z = 1\n",
            "more/common.py": "Z = 2\n",
            "more/test_e.py": "import common\n\ndef test_e():\n    assert common.Z == 2\n",
            "pytest.ini": "[pytest]\npythonpath = src\n",
        }
    )
    project.cold_and_warm()
    project.write(HELPERS)
    project.write({"tests/unit/test_unit.py": "def test_unit():\n    pass\n"})
    project.cold_and_warm()
    project.write(HELPERS | {"tests/unit/test_unit.py": "def test_unit():\n    import helper\n"})
    run = project.run("tests/unit")
    assert run.code == 0 and not project.run("tests/unit").bodies, "alone there is but one"
    project.run()
    beside = {"tests/test_a.py", "tests/test_other.py", "tests/unit/test_unit.py", "tests/unit/test_b.py"}
    assert project.run().modules == beside


def test_a_helper_that_lies_beside_other_modules_only(project: Project) -> None:
    """Whether it is found depends on which modules come before: whoever borrows it runs."""
    project.write(BESIDE | {"tests/a_sub/test_a.py": IMPORTS})
    told = "inert: helper is found beside other test modules only: tests/m_sub/helper.py"
    for args in (("tests/m_sub", "tests/a_sub"), ("tests",), ("tests/m_sub", "tests/a_sub")):
        plain, run = project.plain(*args), project.run(*args)
        assert (run.code, run.counts) == (plain.code, plain.counts), run.said
        assert run.reasons["tests/a_sub/test_a.py"] in (told, "collect-error: tests/a_sub/test_a.py")
    project.write({"tests/m_sub/conftest.py": ""})
    project.run("tests/m_sub", "tests/a_sub")
    assert project.run("tests").code == project.plain("tests").code == 2, "nor when it comes with another's conftest"
    project.write({"pytest.ini": "[pytest]\npythonpath = tests/m_sub\n"})
    project.cold_and_warm()
    by_package = "from tests.m_sub import helper\n\ndef test_it():\n    assert helper.X\n"
    project.write({"pytest.ini": "[pytest]\npythonpath = .\n", "tests/a_sub/test_a.py": by_package})
    project.cold_and_warm()


def test_packages_of_one_name(project: Project) -> None:
    """Two ``tests`` packages in one run: pytest finds the modules of one of them only, whoever is cached."""
    project.write(
        {
            **dict.fromkeys(("one/tests/__init__.py", "two/tests/__init__.py"), ""),
            "one/tests/test_one.py": "def test_one():\n    pass\n",
            "two/tests/test_two.py": "def test_two():\n    pass\n",
        }
    )
    for _ in range(3):
        plain, run = project.plain(), project.run()
        assert run.code == plain.code and run.counts == plain.counts, run.said
    project.cold_and_warm("one")


IMPORTLIB = ("--import-mode=importlib",)
BESIDE = {
    "tests/a_sub/test_a.py": "def test_a():\n    pass\n",
    "tests/m_sub/helper.py": "X = 1\n",
    "tests/m_sub/test_m.py": "def test_m():\n    pass\n",
    "tests/z_test.py": "def test_z():\n    pass\n",
}
IMPORTS = "import helper\n\ndef test_it():\n    assert helper.X\n"
WITHIN = "def test_it():\n    import helper\n\n    assert helper.X\n"


@pytest.mark.parametrize(
    "args",
    [(), *(pytest.param(each, marks=pytest.mark.long) for each in (("--import-mode=append",), IMPORTLIB, XDIST))],
)
@pytest.mark.parametrize("which", ["tests/a_sub/test_a.py", "tests/m_sub/test_m.py", "tests/z_test.py"])
@pytest.mark.parametrize("text", [IMPORTS, WITHIN], ids=["at its import", "in a test"])
def test_what_lies_beside_a_cached_module(project: Project, text: str, which: str, args: tuple[str, ...]) -> None:
    """Its directory is on the path when it would have been imported: not before, and not too late."""
    project.write(BESIDE)
    project.run(*args)
    project.write({which: text})
    plain, run = project.plain(*args), project.run(*args)
    assert (run.code, run.counts) == (plain.code, plain.counts), run.said
    assert not {*BESIDE} - {which} & run.modules, run.said


def test_the_path_is_that_of_a_full_run(project: Project) -> None:
    """In the same order, too."""
    shows = "import sys\n\ndef test_it():\n    print('|'.join(sys.path))\n"
    project.write(BESIDE)
    project.run("-s")
    for which in ("tests/z_test.py", "tests/a_sub/test_a.py", "tests/m_sub/test_m.py"):
        project.write({which: shows})
        outs = project.plain("-s").out, project.run("-s").out
        plain, cached = ([line for line in out.splitlines() if line.startswith(which)] for out in outs)
        assert plain == cached and plain[0].count("tests") > 3
        assert project.run("-s").code == 0


def test_a_directory_that_no_package_can_be(project: Project) -> None:
    """It has an ``__init__.py`` and a name that is none in Python: it is on the path itself."""
    odd = {"__init__.py": "", "helper.py": "X = 1\n", "test_n.py": "def test_n():\n    pass\n"}
    project.write({f"tests/no-name/{name}": text for name, text in odd.items()} | {"tests/z_test.py": ""})
    project.run()
    project.write({"tests/z_test.py": IMPORTS})
    assert project.plain().counts == project.run().counts == {"passed": 2}
    project.edit("tests/no-name/helper.py", "1", "0")
    assert project.plain().counts == project.run().counts == {"passed": 1, "failed": 1}


def test_a_skipped_module_is_told_beside_a_collection_error(project: Project) -> None:
    """What pytest says of the collection it says before it stops, cached or not."""
    skip = "import pytest\n\npytest.skip('all of it', allow_module_level=True)\n"
    project.write({"test_skip.py": skip, "test_a.py": "def test_a():\n    pass\n"})
    project.cold_and_warm()
    project.write({"test_bad.py": "import absent_module\n"})
    plain, run = project.plain(), project.run()
    assert run.counts == plain.counts == {"skipped": 1, "error": 1}, run.said


BREAKS = "raise RuntimeError('broken')\n"


def test_a_conftest_where_there_are_no_tests(project: Project) -> None:
    """pytest loads it on its way, and at its start where its directory is named: nobody needs it until it acts."""
    project.write(
        {
            "pytest.ini": "[pytest]\ntestpaths = t docs\npythonpath = .\n",
            "product.py": "ONE = 1\n",
            "t/test_a.py": "import product\n\ndef test_a():\n    assert product.ONE == 1\n",
            "docs/conftest.py": "X = 1\n",
            "docs/data/conftest.py": "X = 1\n",
        }
    )
    project.cold_and_warm()
    project.write({"docs/conftest.py": "import product\n\nproduct.ONE = 2\n"})
    assert project.run().code == project.plain().code == 1
    project.write({"docs/conftest.py": "X = 1\n"})
    assert not project.run().bodies
    project.write({"docs/data/conftest.py": BREAKS})
    assert project.run().code == project.plain().code != 0


def test_a_file_that_a_conftest_leaves_open(project: Project) -> None:
    """It is written when Python ends, in a run that replays everything, too."""
    opens = "def pytest_configure(config):\n    config.kept = open('kept.txt', 'w')\n    config.kept.write('hello')\n"
    project.write({"conftest.py": opens, "test_a.py": "def test_a():\n    pass\n"})
    project.python = ("-B",)
    for number in range(4):
        project.run()
        assert (project.root / "kept.txt").read_text() == "hello", number
