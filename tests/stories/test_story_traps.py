"""Traps that real suites set: old bytecode, modules found by a fixture's path, node ids that are not unique."""

import os
from pathlib import Path

from playground import Project


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


def test_a_skipped_module_is_told_beside_a_collection_error(project: Project) -> None:
    """What pytest says of the collection it says before it stops, cached or not."""
    skip = "import pytest\n\npytest.skip('all of it', allow_module_level=True)\n"
    project.write({"test_skip.py": skip, "test_a.py": "def test_a():\n    pass\n"})
    project.cold_and_warm()
    project.write({"test_bad.py": "import absent_module\n"})
    plain, run = project.plain(), project.run()
    assert run.counts == plain.counts == {"skipped": 1, "error": 1}, run.said
