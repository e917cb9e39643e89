"""One name, two sources: ``sys.modules`` keeps the one that was imported first, for everybody."""

from __future__ import annotations

import pytest
from playground import Project

OTHER = "import kit\n\ndef test_c():\n    assert kit\n"
PUTS = "import sys\n\nsys.path.insert(0, 'lent')\n"
TAKES = "def test_b():\n    import kit\n\n    assert kit.NAME == 'x'\n"
BY_PATH = """
    import importlib.util
    import sys

    def test_b():
        spec = importlib.util.spec_from_file_location("kit", "lent/kit.py")
        loaded = importlib.util.module_from_spec(spec)
        sys.modules.setdefault("kit", loaded)
        spec.loader.exec_module(loaded)
        import kit

        assert kit.NAME == "x"
"""
WAYS = {
    "another test module": {"tests/z/test_z.py": PUTS, "tests/test_b.py": TAKES},
    "itself": {"tests/test_b.py": PUTS + "import kit\n\ndef test_b():\n    assert kit.NAME == 'x'\n"},
    "its test": {"tests/test_b.py": "import sys\n\ndef test_b():\n    sys.path.insert(0, 'lent')\n    import kit\n\n"
                 "    assert kit.NAME == 'x'\n"},
    "a nested conftest": {"tests/z/conftest.py": PUTS, "tests/z/test_b.py": TAKES},
    "a fixture": {"tests/conftest.py": "import pytest, sys\n\n@pytest.fixture(scope='session')\ndef path():\n"
                  "    sys.path.insert(0, 'lent')\n",
                  "tests/test_b.py": TAKES.replace("()", "(path)")},
    "its path": {"tests/test_b.py": BY_PATH},
}  # fmt: skip
"""Who puts ``lent`` on ``sys.path``, from which ``test_b.py`` imports ``kit``."""
BORROWER = {way: next(path for path in files if path.endswith("test_b.py")) for way, files in WAYS.items()}


@pytest.fixture
def hidden(project: Project) -> Project:
    """The roots have another module of that name."""
    project.write({"lent/kit.py": "NAME = 'x'\n", "kit.py": "NAME = 'y'\n", "conftest.py": "", "test_d.py": OTHER[12:]})
    project.edit("test_d.py", "assert kit", "pass")
    return project


@pytest.mark.parametrize("way", WAYS)
def test_another_imports_that_name_first(hidden: Project, way: str) -> None:
    """Who comes later is given what that one found."""
    hidden.write(WAYS[way])
    hidden.run()
    assert hidden.run().modules == set()
    hidden.write({"tests/a/test_c.py": OTHER})
    run = hidden.run()
    assert run.counts["failed"] == hidden.plain().counts["failed"] == 1, run.said
    assert "inert: called kit: in lent, or what another" in run.reasons[BORROWER[way]], run.said
    hidden.remove("tests/a/test_c.py")
    assert hidden.run().modules == set()


@pytest.mark.parametrize("way", ["its test", "its path"])
def test_both_are_cached_each_by_itself(hidden: Project, way: str) -> None:
    """Run together, the first one's is the other's, too."""
    hidden.write({**WAYS[way], "tests/test_c.py": "def test_c():\n    import kit\n\n    assert kit.NAME == 'y'\n"})
    for alone in ("tests/test_b.py", "tests/test_c.py"):
        hidden.run(alone)
        assert hidden.run(alone).modules == set()
    run = hidden.run()
    assert run.counts["failed"] == hidden.plain().counts["failed"] == 1, run.said
    assert "flaky" not in run.said, run.said
    assert all(hidden.run(alone).modules == set() for alone in ("tests/test_b.py", "tests/test_c.py"))


@pytest.mark.parametrize("kit", ["kit/kit.py", "kit/inner/kit.py"])
def test_a_directory_of_that_name(project: Project, kit: str) -> None:
    """For others it is a package without ``__init__.py``; two that find the module do not stand in each other's way."""
    puts = f"import sys\n\nsys.path.insert(0, {kit.removesuffix('/kit.py')!r})\n\ndef test_z():\n    pass\n"
    project.write({kit: "NAME = 'x'\n", "tests/z/test_z.py": puts, "conftest.py": ""})
    project.write({"tests/test_b.py": TAKES, "tests/test_d.py": TAKES})
    project.run()
    assert project.run().modules == set()
    project.write({"tests/test_c.py": "import kit\n\ndef test_c():\n    assert kit.NAME == 'x'\n"})
    run = project.run()
    assert run.counts["failed"] == project.plain().counts["failed"] == 3, run.said


@pytest.mark.parametrize("way", ["another test module", "itself", "a nested conftest"])
def test_others_that_find_the_same(hidden: Project, way: str) -> None:
    """They may be edited, and come and go."""
    beside = BORROWER[way].replace("test_b", "test_e" if way != "another test module" else "z/test_zz")
    hidden.write({**WAYS[way], beside: TAKES.replace("test_b", "test_e")})
    hidden.run()
    assert hidden.run().modules == set()
    hidden.edit(beside, "assert", "assert 1 and")
    run = hidden.run()
    assert run.modules == {beside} and run.code == hidden.plain().code == 0, run.said


def test_a_conftest_that_imports_that_name(hidden: Project) -> None:
    """It is loaded for others, and before."""
    hidden.write(WAYS["its test"])
    hidden.write({"tests/a/test_c.py": "def test_c():\n    pass\n"})
    hidden.run()
    assert hidden.run().modules == set()
    hidden.write({"tests/a/conftest.py": "import kit\n"})
    run = hidden.run()
    assert run.counts["failed"] == hidden.plain().counts["failed"] == 1, run.said
