"""Runs pytest many times, each in a forked child of a process that has imported pytest and no more.

Started as a script by ``judge.Pytest``. Each line of standard input is a JSON object with ``args``,
``cwd``, ``output`` and ``variables``; each line of standard output is the exit code of that run.
"""

import json
import os
import signal
import sys

import pytest


def child(job: dict) -> None:
    """What the ``pytest`` command does, with its output in a file."""
    signal.alarm(120)
    output = os.open(job["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.chdir(job["cwd"])
    os.environ.update(job["variables"])
    sys.argv[:] = ["pytest", *job["args"]]
    code = pytest.main(job["args"])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(int(code))


def main() -> None:
    sys.path[0] = os.path.dirname(sys.executable)
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            child(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
