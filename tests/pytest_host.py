"""Runs pytest many times, each in a forked process of its own, from one that has imported it.

Started as a script by ``playground.Host``. Each line of standard input is a JSON object (``args``, ``cwd``,
``env``, ``first``, ``out``, ``err``); each line of standard output is the exit code of that run.
"""

import contextlib
import gc
import importlib
import inspect
import json
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Callable
from types import ModuleType

import pytest
from _pytest import fixtures
from _pytest.config import default_plugins
from pluggy import _manager as hooks

import pytest_gocache

LATER = ("_pytest._argcomplete", "code", "email.parser", "faulthandler", "nursery", "pdb", "platform", "queue", "uuid")
"""What pytest and its workers import when they run. Not xdist: it keeps the path of its import."""
A_FIXTURE = type(pytest.fixture(lambda: None))
"""A class of its own, or before pytest 8.4 a function with an attribute."""


def warm_up() -> None:
    """Imports what a run imports, and lets no collection of garbage look at it in each run again."""
    for name in (*(f"_pytest.{name}" for name in default_plugins), *LATER):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for module in pkgutil.walk_packages(pytest_gocache.__path__, "pytest_gocache."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    hooks.dir = names_of_hooks
    inspect.getmodule(compile("", "nowhere", "exec"))  # It remembers where each module lies: each traceback asks.
    look_at_fixtures_only()
    gc.collect()
    gc.freeze()


def names_of_hooks(holder: object) -> list[str]:
    """Of pytest's plugins and ours no other names are hooks."""
    whose = holder.__name__ if isinstance(holder, ModuleType) else type(holder).__module__
    own = whose.startswith(("_pytest.", "pytest_gocache"))
    return [name for name in dir(holder) if name.startswith("pytest_") or not own]


def look_at_fixtures_only() -> None:
    """Half of a run would be a look at every name of every plugin: which of pytest's and ours are fixtures is known."""
    own = [module for name, module in sys.modules.items() if name.startswith(("_pytest.", "pytest_gocache"))]
    classes = {each for module in own for each in vars(module).values() if isinstance(each, type)}
    known = {holder: [name for name in dir(holder) if is_fixture(holder, name)] for holder in (*own, *classes)}

    def names(holder: object) -> list[str]:
        key = holder if isinstance(holder, ModuleType) else type(holder)
        return known[key] if key in known else dir(holder)

    fixtures.dir = names


def is_fixture(holder: object, name: str) -> bool:
    value = getattr(holder, name, None)
    return type(value) is A_FIXTURE or "_pytestfixturefunction" in getattr(value, "__dict__", ())


def child(job: dict) -> None:
    """What the ``pytest`` command does, with its output in files."""
    signal.alarm(120)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(job["out"], flags), 1)
    os.dup2(1 if job["err"] == job["out"] else os.open(job["err"], flags), 2)
    os.chdir(job["cwd"])
    take_on(job["env"], job["first"])
    sys.argv[:] = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py"), *job["args"]]
    with contextlib.ExitStack() as ends:
        if any("xdist" in arg for arg in job["args"]):
            import nursery

            ends.callback(nursery.open_for(take_on))
        code = code_of(lambda: int(pytest.main()))
    os._exit(code)


def take_on(env: dict[str, str], first: str) -> None:
    """The variables, and what a new interpreter would make of them."""
    os.environ.clear()
    os.environ.update(env)
    sys.dont_write_bytecode = "PYTHONDONTWRITEBYTECODE" in env
    path = env.get("PYTHONPATH", "")
    sys.path[0:1] = [first, *(path.split(os.pathsep) if path else ())]


def code_of(run: Callable[[], int]) -> int:
    """The exit code that an interpreter would give."""
    try:
        return run()
    except SystemExit as stop:
        return int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def main() -> None:
    warm_up()
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            child(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
