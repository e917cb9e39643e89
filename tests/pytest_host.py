"""Runs ``python -m pytest`` many times, each in a forked process of its own, from one that has imported it.

Started as a script by ``playground.Host``. Each line of standard input is a JSON object (``args``, ``cwd``,
``env``, ``out``, ``err``); each line of standard output is the exit code of that run.
"""

import importlib
import json
import os
import pkgutil
import signal
import sys
import traceback

import pytest
from _pytest.config import default_plugins

import pytest_gocache

for name in default_plugins:
    importlib.import_module(f"_pytest.{name}")
for module in pkgutil.walk_packages(pytest_gocache.__path__, "pytest_gocache."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)


def child(job: dict) -> None:
    """What the ``pytest`` command does, with its output in files."""
    signal.alarm(60)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(job["out"], flags), 1)
    os.dup2(os.open(job["err"], flags), 2)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    sys.path[0:1] = [job["cwd"], *job["env"].get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv[:] = [os.path.join(os.path.dirname(pytest.__file__), "__main__.py"), *job["args"]]
    code = 70
    try:
        code = int(pytest.main())
    except SystemExit as stop:
        code = int(stop.code or 0)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            child(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
