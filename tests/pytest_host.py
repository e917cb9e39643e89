"""Runs pytest many times, each in a forked process of its own, from one that has imported it.

Started as a script by ``playground.Host``. Each line of standard input is a JSON object (``args``, ``cwd``,
``env``, ``first``, ``out``, ``err``); each line of standard output is the exit code of that run.
"""

import contextlib
import gc
import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Callable

import pytest
from _pytest.config import default_plugins

import pytest_gocache

LATER = ("_pytest._argcomplete", "code", "email.parser", "faulthandler", "nursery", "pdb", "platform", "queue", "uuid")
"""What pytest and its workers import when they run. Not xdist: it keeps the path of its import."""


def warm_up() -> None:
    """Imports what a run imports, and lets no collection of garbage look at it in each run again."""
    for name in (*(f"_pytest.{name}" for name in default_plugins), *LATER):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for module in pkgutil.walk_packages(pytest_gocache.__path__, "pytest_gocache."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


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
