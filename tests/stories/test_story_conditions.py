"""What holds for the whole run: flags, ini lines, variables, interpreter, plugins. Each says its reason."""

from __future__ import annotations

import re

import pytest
from playground import Project

ONE = "def test_a():\n    pass\n"


@pytest.fixture
def one(project: Project) -> Project:
    project.write({"test_a.py": ONE})
    project.run()
    return project


def test_flags_that_are_in_the_key(one: Project) -> None:
    """Each is told by name, cached in its turn, and the run without it is a hit as before."""
    for args, detail in (
        (("-W", "error"), "-W error"),
        (("-s",), "-s"),
        (("-o", "usefixtures=tmp_path"), "usefixtures = tmp_path"),
        (("-o", "markers=x"), "markers = x"),
        (("--strict-markers",), "--strict-markers"),
        (("--runxfail",), "--runxfail"),
        (("-p", "no:logging"), "-p no:logging"),
    ):
        cold, warm = one.cold_and_warm(*args)
        reason = cold.reasons["test_a.py"]
        assert reason.startswith("flags-changed: ") and (detail in reason or "no longer" in reason), (
            args,
            reason,
        )
        assert warm.numbers == (1, 0, 0)
    assert not one.run().bodies


def test_flags_that_are_not(one: Project) -> None:
    """How things are shown, and when to stop, changes nothing."""
    for args in (
        ("-v",),
        ("-ra",),
        ("-x",),
        ("--maxfail=3",),
        ("--tb=short",),
        ("--color=yes",),
        ("--durations=2",),
        ("-l",),
        ("--no-header",),
        ("--basetemp=" + str(one.home / "base"),),
        ("-o", "console_output_style=classic"),
        ("--full-trace", "--show-capture=no"),
    ):
        run = one.run(*args)
        assert not run.bodies and run.code == 0, (args, run.reasons)


def test_addopts_count_like_the_command_line(one: Project) -> None:
    """``PYTEST_ADDOPTS`` and ini ``addopts`` mean the same as flags typed."""
    cold = one.run(PYTEST_ADDOPTS="-W error")
    assert cold.reasons == {"test_a.py": "flags-changed: -W error"}
    assert not one.run("-W", "error").bodies
    one.write({"pytest.ini": "[pytest]\naddopts = -W error\n"})
    assert not one.run().bodies
    one.write({"pytest.ini": "[pytest]\naddopts = --gocache -q\n"})
    run = one.plain()
    assert not run.bodies and run.numbers == (1, 0, 0)


def test_ini_lines(one: Project) -> None:
    """An ini line that can change an outcome is in the key, one that cannot is not; comments never."""
    one.write({"pytest.ini": "# why\n[pytest]\nconsole_output_style = classic\n"})
    assert not one.run().bodies
    one.write({"pytest.ini": "[pytest]\npython_functions = test\n"})
    assert one.run().reasons == {"test_a.py": "flags-changed: python_functions = test"}
    (one.root / "pytest.ini").unlink()
    one.write({"pyproject.toml": "[tool.pytest.ini_options]\npython_functions = 'test'\n"})
    assert one.run().code == 0 and not one.run().bodies


def test_environment_variables(one: Project) -> None:
    """What the runtime reads, and what ``gocache_env`` names, is in the key by value; nothing else is."""
    assert not one.run(SOMETHING="else").bodies
    assert one.run(TZ="Asia/Tokyo").reasons == {"test_a.py": "environment-changed: TZ"}
    one.write({"pytest.ini": "[pytest]\ngocache_env = STAGE OTHER\n"})
    assert one.run().reasons["test_a.py"].startswith("environment-changed: ")
    assert one.run(STAGE="test").reasons == {"test_a.py": "environment-changed: STAGE"}
    assert not one.run(STAGE="test").bodies
    secret = one.run(STAGE="hush-hush")
    assert secret.bodies and "hush" not in secret.out
    held = b"".join(path.read_bytes() for path in one.store.rglob("*") if path.is_file())
    assert b"hush" not in held


@pytest.mark.long
def test_hash_seed_and_interpreter_flags(one: Project) -> None:
    """Another interpreter state is another key; these runs start an interpreter each."""
    cold = one.run(PYTHONHASHSEED="1")
    assert re.match(
        r"(environment-changed: PYTHONHASHSEED|interpreter-changed: flags)", cold.reasons["test_a.py"]
    )
    assert not one.run(PYTHONHASHSEED="1").bodies
    assert one.run(PYTHONHASHSEED="2").bodies
    one.python = ("-O",)
    assert one.run().reasons == {"test_a.py": "interpreter-changed: flags"}


def test_a_plugin_of_the_project(one: Project) -> None:
    """``-p`` of a file of one's own: its code counts, for every module."""
    (one.home / "lib" / "helper.py").write_text("A = 1\n")
    cold, _ = one.cold_and_warm("-p", "helper")
    assert cold.reasons == {"test_a.py": "flags-changed: -p pgocache diary no:cacheprovider helper"} or (
        "helper" in cold.reasons["test_a.py"]
    )
    (one.home / "lib" / "helper.py").write_text("A = 2\n")
    assert one.run("-p", "helper").reasons["test_a.py"].startswith("input-changed: import ")
    (one.home / "lib" / "helper.py").write_text("A = 2  # two\n")
    assert not one.run("-p", "helper").bodies


def test_cacheprovider_off_and_on(project: Project) -> None:
    """With and without pytest's own cache, cold and warm are alike."""
    project.write({"test_a.py": ONE})
    project.cold_and_warm("-pcacheprovider")
    project.cold_and_warm()


def test_warnings_of_the_interpreter_count(project: Project) -> None:
    """``python -W error`` is no option of pytest."""
    project.write({"test_a.py": "import warnings\n\ndef test_a():\n    warnings.warn('x')\n"})
    project.cold_and_warm()
    project.python = ("-W", "error")
    run = project.run()
    assert run.code == project.plain().code == 1 and run.modules == {"test_a.py"}, run.out
    assert run.reasons["test_a.py"].startswith("interpreter-changed"), run.reasons


def test_what_python_loads_when_it_starts(project: Project) -> None:
    """``sitecustomize`` of the project's own, and what that imports."""
    project.write({"dev/sitecustomize.py": "import builtins\nimport answers\n\nbuiltins.ANSWER = answers.ANSWER\n"})
    project.write({"dev/answers.py": "ANSWER = 42\n", "test_a.py": "def test_a():\n    assert ANSWER == 42\n"})
    path = str(project.root / "dev")

    def codes(*args: str) -> tuple[int, str]:
        env = project.environment(PYTHONPATH=path)
        code, out, err = project.real(["-p", "gocache", *args], str(project.root), env)
        return code, out + err

    assert codes("--gocache")[0] == 0 and ", 0 ran" in codes("--gocache")[1]
    project.edit("dev/answers.py", "42", "43")
    code, said = codes("--gocache")
    assert code == 1, said
