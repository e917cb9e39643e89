"""What a test module leaves behind when it is imported, others meet: variables, directories on ``sys.path``."""

from __future__ import annotations

import pytest
from playground import Project, some

XDIST = ("-pxdist", "-pxdist.looponfail", "-n2")
LIBS = "str(pathlib.Path(__file__).parent / 'libs')"
NOBODY = "def test_nobody():\n    pass\n"


def puts(how: str, body: str = "pass") -> str:
    """A test module that changes ``sys.path`` when it is imported."""
    return f"import pathlib\nimport sys\n\n{how}\n\ndef test_puts():\n    {body}\n"


@pytest.fixture
def lending(project: Project) -> Project:
    """``test_a.py`` puts ``libs`` on the path, where ``test_b.py`` and ``test_c.py`` find their helpers."""
    project.write(
        {
            "test_a.py": puts(f"sys.path.insert(0, {LIBS})"),
            "test_b.py": "import helper\n\ndef test_b():\n    assert helper.A\n",
            "test_c.py": "def test_c():\n    from kit.tool import B\n    assert B\n",
            "test_d.py": NOBODY,
            "libs/helper.py": "A = 1\n",
            "libs/kit/__init__.py": "",
            "libs/kit/tool.py": "B = 1\n",
        }
    )
    return project


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
@pytest.mark.parametrize("how", some(["insert(0, ", "append("], 1))
def test_a_directory_that_a_cached_module_put_on_the_path(lending: Project, how: str, workers: tuple[str, ...]) -> None:
    """It is there for those that run, as in a full run."""
    lending.edit("test_a.py", "insert(0, ", how)
    lending.cold_and_warm(*workers)
    lending.edit("test_b.py", "helper.A", "helper.A == 1")
    run = lending.run(*workers)
    assert (run.code, run.modules) == (0, {"test_b.py"}), run.said
    lending.edit("libs/kit/tool.py", "1", "0")
    run = lending.run(*workers)
    assert (run.code, run.modules) == (1, {"test_c.py"}) and lending.plain(*workers).code == 1


def test_it_is_no_longer_put_there(lending: Project) -> None:
    """Those that found something there depend on who put it there."""
    lending.cold_and_warm()
    lending.edit("test_a.py", "sys.path.insert", "print")
    run = lending.run()
    assert run.code == lending.plain().code == 2, run.said
    lending.edit("test_a.py", "print", "sys.path.insert")
    assert not lending.run().bodies


@pytest.mark.parametrize("asked", some([("test_b.py",), ("test_d.py", "test_b.py"), ("test_b.py", "test_a.py")], 1))
def test_alone_nobody_puts_it_there(lending: Project, asked: tuple[str, ...]) -> None:
    """A pass among others is none where the others do not come first."""
    lending.cold_and_warm()
    run = lending.run(*asked)
    assert run.code == lending.plain(*asked).code == 2
    assert run.reasons["test_b.py"] == "input-changed: after test_a.py"
    assert not lending.run("test_a.py", "test_b.py").bodies


def test_a_variable_that_nobody_sets_alone(project: Project) -> None:
    """The same with what another module sets."""
    project.write(
        {
            "test_a.py": "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    pass\n",
            "test_b.py": "import os\n\ndef test_reads():\n    assert os.environ.get('COLOUR') == 'red'\n",
        }
    )
    project.cold_and_warm()
    run = project.run("test_b.py")
    assert run.code == project.plain("test_b.py").code == 1
    assert run.reasons["test_b.py"] == "input-changed: beside test_a.py"
    assert not project.run("test_a.py", "test_b.py").bodies


def test_everyone_puts_it_there(lending: Project) -> None:
    """Then nobody needs another: alone, and after an edit, as ever."""
    for name in ("test_b.py", "test_c.py"):
        text = (lending.root / name).read_text()
        lending.write({name: f"import pathlib\nimport sys\n\nsys.path.insert(0, {LIBS})\n{text}"})
    lending.cold_and_warm()
    lending.edit("test_a.py", "pass", "assert 1")
    assert lending.run().modules == {"test_a.py"}
    assert not lending.run("test_b.py").bodies
    assert not lending.run("test_c.py").bodies


@pytest.mark.parametrize(
    "how",
    some(
        [
            f"sys.path[0:0] = [{LIBS}, '/nowhere']",
            f"sys.path[:] = [{LIBS}, *reversed(sys.path)]",
            f"sys.path += [{LIBS}, '/nowhere']",
        ],
        2,
    ),
)
def test_several_directories_or_other_changes(lending: Project, how: str) -> None:
    """They are put there in their order; where something was taken away, the module itself is imported."""
    lending.write({"test_a.py": puts(how)})
    lending.cold_and_warm()
    lending.edit("test_b.py", "helper.A", "helper.A == 1")
    run = lending.run()
    assert run.code == lending.plain().code == 0, run.said
    assert run.modules == (set(lending.plain().modules) if "reversed" in how else {"test_b.py"})


@pytest.mark.parametrize("reads", some(["os.environ.get('COLOUR')", "dict(os.environ).get('COLOUR')"], 1))
def test_a_variable_that_others_set_now(project: Project, reads: str) -> None:
    """A pass alone, or from before, is none where others set the variable; and the other way round."""
    sets = "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    pass\n"
    project.write({"test_b.py": f"import os\n\ndef test_reads():\n    assert {reads} is None\n"})
    project.cold_and_warm()
    project.write({"test_a.py": sets})
    project.run("test_a.py")
    run = project.run()
    assert run.code == project.plain().code == 1, run.said
    assert run.reasons["test_b.py"] == f"input-changed: getenv {'*' if 'dict' in reads else 'COLOUR'}"
    assert project.run("test_b.py").code == 0
    project.edit("test_b.py", "is None", "== 'red'")
    assert project.run().code == 0
    assert not project.run().bodies
    project.edit("test_a.py", "'red'", "'blue'")
    assert project.run().code == project.plain().code == 1


def test_everyone_sets_the_variable(project: Project) -> None:
    """The last one's value is met by all, in a run of all; alone it is one's own."""
    sets = "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    assert os.environ['COLOUR'] == 'red'\n"
    project.write({"test_a.py": sets, "test_b.py": sets, "test_c.py": sets})
    project.cold_and_warm()
    project.cold_and_warm("test_a.py")
    assert not project.run().bodies
    project.edit("test_c.py", "= 'red'", "= 'blue'")
    assert project.run().code == project.plain().code == 1


@pytest.mark.parametrize(
    ("how", "found"),
    [("insert(0, ", "find libs/helper"), ("insert(0, ", "find libs/tool"), ("append(", "find libs/helper")],
)
def test_names_that_others_provide_now(lending: Project, how: str, found: str) -> None:
    """A pass from before, when there was no helper (or another tool), is none where somebody leads to one."""
    there = "helper" in found
    imports = (
        "try:\n    import helper\nexcept ImportError:\n    helper = None\n" if there else "import tool as helper\n"
    )
    before = "helper is None" if there else "helper.A"
    lending.write({"test_b.py": f"{imports}\ndef test_b():\n    assert {before}\n", "src/tool.py": "A = 1\n"})
    lending.write({"pytest.ini": "[pytest]\npythonpath = src\n"})
    lending.write({"libs/tool.py": "A = 0\n", "test_a.py": puts(f"sys.path.{how}{LIBS})")})
    lending.cold_and_warm("test_b.py")
    lending.run("test_a.py")
    run = lending.run()
    assert run.code == lending.plain().code == 1, run.said
    assert run.reasons["test_b.py"] == f"input-changed: {found}"


def test_a_module_that_begins_to_set_a_variable(project: Project) -> None:
    """In the same run others are no longer hits, if they read it."""
    project.write(
        {
            "test_a.py": "import os\n\ndef test_a():\n    pass\n",
            "test_b.py": "import os\n\ndef test_reads():\n    assert os.environ.get('COLOUR') is None\n",
            "test_c.py": "import os\n\ndef test_reads():\n    assert os.environ.get('SHAPE') is None\n",
        }
    )
    project.cold_and_warm()
    project.edit("test_a.py", "import os", "import os\n\nos.environ['COLOUR'] = 'red'")
    run = project.run()
    assert run.code == project.plain().code == 1 and run.modules == {"test_a.py", "test_b.py"}, run.said
    assert run.reasons["test_b.py"] == "input-changed: getenv COLOUR"


def test_there_and_back(project: Project) -> None:
    """Somebody sets it, nobody does, somebody does again: each time it is known what came of that."""
    sets = "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    pass\n"
    reads = "import os\n\ndef test_reads():\n    assert os.environ.get('COLOUR') in (None, 'red')\n"
    project.write({"test_a.py": sets, "test_b.py": reads})
    project.run()
    project.write({"test_a.py": sets.replace("os.environ", "#")})
    assert project.run().modules == {"test_a.py", "test_b.py"}
    project.write({"test_a.py": sets})
    assert not project.run().bodies
    project.write({"test_a.py": sets.replace("os.environ", "#")})
    assert not project.run().bodies


def test_the_order_of_the_arguments(project: Project) -> None:
    """Who comes first in one order may come last in another."""
    put = "str(pathlib.Path(__file__).parents[1] / 'libs')"
    project.write(
        {
            "d1/test_z.py": puts(f"sys.path.insert(0, {put})"),
            "d0/test_c.py": "import helper\n\ndef test_c():\n    assert helper.A\n",
            "libs/helper.py": "A = 1\n",
        }
    )
    project.cold_and_warm("d1", "d0")
    for args in ((), ("d0", "d1")):
        run = project.run(*args)
        assert run.code == project.plain(*args).code == 2, run.said
        assert run.reasons["d0/test_c.py"] == "input-changed: after d1/test_z.py"


@pytest.mark.parametrize("given", some(["", ", env=dict(os.environ)"], 1))
def test_a_child_that_meets_a_variable(project: Project, given: str) -> None:
    """Which another module set, and which is handed on to it."""
    asserts = "import os; assert os.environ['COLOUR'] == 'red'"
    starts = f"subprocess.run([sys.executable, '-c', {asserts!r}], check=True{given})"
    project.write(
        {
            "test_a.py": "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    pass\n",
            "test_b.py": f"import os, subprocess, sys\n\ndef test_starts():\n    {starts}\n",
        }
    )
    project.cold_and_warm()
    assert project.run("test_b.py").code == project.plain("test_b.py").code == 1
    project.run()
    project.edit("test_a.py", "'red'", "'blue'")
    assert project.run().code == project.plain().code == 1


def test_another_directory_in_front(lending: Project) -> None:
    """A module that begins to put one there: who found something in another has to look again."""
    lending.cold_and_warm()
    lending.write({"others/helper.py": "A = 0\n"})
    others = LIBS.replace("libs", "others")
    lending.write({"test_ab.py": puts(f"sys.path.insert(0, {others})")})
    run = lending.run()
    assert run.code == lending.plain().code == 1, run.said
    assert lending.run().code == 1


@pytest.mark.parametrize(
    "sets",
    some(
        [
            "def f():\n    os.environ['COLOUR'] = 'red'\n\nf()",
            "env = os.environ\nenv['COLOUR'] = 'red'",
            "from os import environ as e\ne['COLOUR'] = 'red'",
        ],
        1,
    ),
)
def test_variables_set_in_odd_ways(project: Project, sets: str) -> None:
    """Seen at once, or, where a function does it, in the run after that."""
    reads = "import os\n\ndef test_reads():\n    assert os.environ.get('COLOUR') is None\n"
    project.write({"test_a.py": "import os\n\ndef test_a():\n    pass\n", "test_b.py": reads})
    project.cold_and_warm()
    project.write({"test_a.py": f"import os\n\n{sets}\n\ndef test_a():\n    pass\n"})
    run = project.run()
    assert run.code == (0 if "def f" in sets else 1) and project.plain().code == 1, run.said
    assert project.run().code == 1
    assert project.run().code == 1


SETTINGS = "import os\n\nos.environ['COLOUR'] = 'red'\n"
CONTEXT = f"import pathlib\nimport sys\n\nsys.path.insert(0, {LIBS})\n"


@pytest.mark.parametrize("kind", some(["variable", "directory"], 1))
def test_several_that_bring_it(project: Project, kind: str) -> None:
    """The file that sets it is loaded for the first, and would be for each other one. One is enough to run."""
    meets = {
        "variable": "import os\n\ndef test_c():\n    assert os.environ.get('COLOUR') == 'red'\n",
        "directory": "import helper\n\ndef test_c():\n    assert helper.A\n",
    }
    imports = "import context\n\ndef test_it():\n    pass\n"
    project.write({f"test_{name}.py": imports for name in ("a", "b", "bb")})
    project.write({"context.py": SETTINGS if kind == "variable" else CONTEXT, "test_c.py": meets[kind]})
    project.write({"libs/helper.py": "A = 1\n", "test_d.py": "def test_d():\n    pass\n"})
    project.cold_and_warm()
    project.write({"test_a.py": "def test_it():\n    pass\n"})
    for _ in range(2):
        run = project.run()
        assert run.code == project.plain().code == 0, run.said
    project.edit("test_d.py", "pass", "assert 1")
    run = project.run()
    assert run.code == 0 and run.modules == {"test_d.py", *(["test_b.py"] if kind == "variable" else [])}, run.said
    project.edit(
        "context.py", "'red'" if kind == "variable" else "insert(0, ", "'blue'" if kind == "variable" else "count("
    )
    run = project.run()
    assert run.code == project.plain().code != 0


@pytest.mark.long
def test_a_directory_that_is_taken_away(lending: Project) -> None:
    """Which a conftest had put there: who comes later does not find it."""
    lending.write({"conftest.py": f"import pathlib\nimport sys\n\nsys.path.insert(0, {LIBS})\n"})
    lending.write({"test_a.py": "def test_a():\n    pass\n"})
    lending.cold_and_warm()
    lending.write({"test_a.py": puts(f"sys.path.remove({LIBS})")})
    for _ in range(3):
        run = lending.run()
        assert run.code == lending.plain().code == 2, run.said


def test_another_that_sets_it_too(project: Project) -> None:
    """The last one's value is met."""
    sets = "import os\n\nos.environ['COLOUR'] = 'red'\n\ndef test_sets():\n    pass\n"
    reads = "import os\n\ndef test_reads():\n    assert dict(os.environ)['COLOUR'] == 'red'\n"
    project.write({"test_a.py": sets, "test_z.py": reads})
    project.cold_and_warm()
    project.write({"test_b.py": sets.replace("red", "blue")})
    for _ in range(2):
        assert project.run().code == project.plain().code == 1
    project.remove("test_b.py")
    assert project.run().code == 0


@pytest.mark.parametrize("workers", [(), XDIST], ids=["serial", "n2"])
def test_plugins_that_a_module_registers(project: Project, workers: tuple[str, ...]) -> None:
    """Others may use what they bring."""
    project.write(
        {
            "plug.py": "import pytest\n\n@pytest.fixture\ndef brought():\n    return 1\n",
            "test_a.py": "pytest_plugins = 'plug'\n\ndef test_a():\n    pass\n",
            "test_b.py": "def test_b(brought):\n    assert brought\n",
        }
    )
    project.cold_and_warm(*workers)
    project.edit("test_b.py", "brought\n", "brought == 1\n")
    run = project.run(*workers)
    assert run.code == project.plain(*workers).code == 0, run.said
    assert run.modules == {"test_b.py"}
    assert not project.run(*workers).bodies


def test_a_module_that_says_it_lies_where_nothing_is(project: Project) -> None:
    """No fault of ours, and no reason to store nothing."""
    made = "import sys\nimport types\n\nmade = types.ModuleType('made')\nmade.__file__ = '/virtual/made.py'\n"
    project.write({"shop.py": f"{made}sys.modules['made'] = made\n", "tests/test_a.py": "def test_a():\n    pass\n"})
    project.write({"more/test_b.py": "import shop\n\ndef test_b():\n    pass\n"})
    project.write({"pytest.ini": "[pytest]\npythonpath = .\n"})
    project.cold_and_warm()


def test_what_somebody_else_puts_there_who_may_have_been_asked_for(project: Project) -> None:
    """Code that finds modules by computed names may have found any. What these put on ``sys.path`` is put there when
    their own turn comes, not that of all who have such code. (The fuzzer found it: seed 64050.)"""
    project.write(
        {
            "shop.py": "V = 1\n",
            "finder.py": "def found(name):\n    return [*map(__import__, [name])][0]\n",
            "tests/lent/lent.py": "V = 1\n",
            "tests/test_0.py": "import finder\n\ndef test_0():\n    assert finder.found('sh' + 'op').V\n",
            "tests/test_1.py": "import lent\n\ndef test_1():\n    assert lent.V\n",
            "tests/unit/test_2.py": """
                import pathlib
                import sys

                sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "lent"))

                def test_2():
                    pass
            """,
        }
    )
    project.write({"pytest.ini": "[pytest]\npythonpath = .\n"})
    for _ in range(3):
        run, plain = project.run(), project.plain()
        assert run.code == plain.code == 1 and run.counts == plain.counts, run.said
