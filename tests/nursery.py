"""Forks xdist's workers from a process that has imported pytest, where execnet would start an interpreter for each.

The nursery is forked before pytest begins, so that a worker has nothing of its controller: no audit hook, no
plugin, no thread. It is told the variables of each worker, and given its pipes; it answers with its number.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from types import ModuleType

from execnet import gateway_io
from execnet.gateway_base import Popen2IO

TakeOn = Callable[[dict[str, str], str], None]


def open_for(take_on: TakeOn) -> Callable[[], None]:
    """From now on workers of this process come from here. Call what it gives when there will be no more."""
    ours, theirs = socket.socketpair()
    process = os.fork()
    if process == 0:
        ours.close()
        attend(theirs, take_on)
        os._exit(0)
    theirs.close()

    def close() -> None:
        ours.close()
        os.waitpid(process, 0)

    class Forked(Popen2IO):
        """execnet's end of a worker's pipes."""

        def __init__(self, execmodel: object) -> None:
            self.pid, stdin, stdout, self.alive = ask(ours)
            super().__init__(os.fdopen(stdin, "wb"), os.fdopen(stdout, "rb"), execmodel=execmodel)

        def wait(self) -> None:
            """Until nobody has the other end any more."""
            os.read(self.alive, 1)

        def kill(self) -> None:
            os.kill(self.pid, signal.SIGKILL)

    start = gateway_io.create_io
    gateway_io.create_io = lambda spec, execmodel: Forked(execmodel) if spec.popen else start(spec, execmodel)
    return close


def ask(nursery: socket.socket) -> tuple[int, int, int, int]:
    """A new worker: its number, where it reads, where it writes, and what ends when it does."""
    stdin, write = os.pipe()
    read, stdout = os.pipe()
    ended, alive = os.pipe()
    socket.send_fds(nursery, [b"+"], [stdin, stdout, alive])
    for theirs in (stdin, stdout, alive):
        os.close(theirs)
    with nursery.makefile("rw") as talk:
        talk.write(json.dumps(dict(os.environ)) + "\n")
        talk.flush()
        return int(talk.readline()), write, read, ended


def attend(controller: socket.socket, take_on: TakeOn) -> None:
    """Forks workers while the controller asks for them, and waits for their ends."""
    while pipes := socket.recv_fds(controller, 1, 3)[1]:
        with controller.makefile("rw") as talk:
            env = json.loads(talk.readline())
            worker = os.fork()
            if worker == 0:
                controller.close()
                work(pipes, env, take_on)
            talk.write(f"{worker}\n")
            talk.flush()
        for each in pipes:
            os.close(each)
    with contextlib.suppress(ChildProcessError):
        while True:
            os.wait()


def work(pipes: list[int], env: dict[str, str], take_on: TakeOn) -> None:
    """What ``python -u -c`` does with execnet's first line, which imports and serves."""
    os.dup2(pipes[0], 0)
    os.dup2(pipes[1], 1)
    for each in pipes[:2]:
        os.close(each)
    take_on(env, "")
    sys.argv[:] = ["-c"]
    sys.modules["__main__"] = main = ModuleType("__main__")
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    try:
        exec(eval(sys.stdin.readline()), vars(main))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(0)
