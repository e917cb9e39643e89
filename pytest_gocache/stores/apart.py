"""A server that another library talks to, in a process of its own, which is there while it is asked and no longer.

obstore keeps threads for the life of its process (a test that forks would be warned of them), redis-py imports 240
modules (what tests import of those would be no input of theirs any more), and both live in whatever tests and conftests
made of ``socket`` and the clock. None of that is in pytest's process. What hangs is ended with the process.

That process heeds no ``PYTHON...`` variables, loads no start-up files and imports nothing of the project's (``-I -S``);
its environment is that of before the first conftest: credentials are those that the user gave, not those that a
conftest or a test made up for a server of its own.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import BinaryIO, NamedTuple, cast

from pytest_gocache.stores.base import Trouble
from pytest_gocache.stores.pipe import (
    GET,
    NO,
    OPEN,
    PUT,
    WRONG,
    YES,
    Answer,
    Request,
    read_answer,
    write_request,
)

CODE = "import sys; sys.path += sys.argv[1:]; from pytest_gocache.stores.child import serve; serve()"
SECONDS = 2.5
"""So long one answer may take. The library's own limit is a little shorter: it knows better what went wrong."""
LIBRARIES = ("site-packages", "dist-packages")
HERE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Surroundings(NamedTuple):
    """What the process gets: as it was when this was made."""

    environ: Mapping[str, str]
    path: tuple[str, ...]
    directory: str


def surroundings(environ: Mapping[str, str]) -> Surroundings:
    """Those of now, with these variables."""
    libraries = (entry for entry in sys.path if os.path.basename(entry.rstrip(os.sep)) in LIBRARIES)
    return Surroundings(environ, (*libraries, HERE), os.getcwd())


class Apart:
    """``Blobs`` for any thread, at ``address``. ``kind`` is a class of ``child.KINDS``.

    ``seconds`` tells how long an answer may take now, and the process to be there.
    """

    def __init__(
        self, kind: str, address: str, around: Surroundings, seconds: Callable[[], float] = lambda: SECONDS
    ) -> None:
        self._opening = json.dumps([kind, address]).encode()
        self._around = around
        self._seconds = seconds
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, Future[Answer]] = {}
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    def open(self) -> None:
        """Starts the process. ValueError where it cannot do its work: an odd address, a library that is missing."""
        try:
            with self._lock:
                self._start()
        except Trouble as trouble:
            raise ValueError(str(trouble)) from None

    def get(self, name: str) -> bytes | None:
        """The bytes under ``name``; None where there are none."""
        answer = self._ask(GET, name, b"")
        return None if answer.kind == NO else answer.body

    def put(self, name: str, blob: bytes) -> None:
        """Has the server keep them."""
        self._ask(PUT, name, blob)

    def close(self) -> None:
        """Ends the process. It is started again when there is something to ask."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            cast(BinaryIO, process.stdin).close()
        try:
            process.wait(1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None:
            self._reader.join()
        cast(BinaryIO, process.stdout).close()

    def abort(self) -> None:
        """Ends what is being waited for."""
        if self._process is not None:
            self._process.kill()

    def _ask(self, verb: bytes, name: str, blob: bytes) -> Answer:
        with self._lock:
            if self._process is None:
                self._start()
            answer = self._send(verb, name, blob)
        return self._result(answer)

    def _start(self) -> None:
        command = [sys.executable, "-I", "-S", "-c", CODE, *self._around.path]
        self._process = process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._around.environ,
            cwd=self._around.directory,
            start_new_session=True,  # Ctrl-C is for pytest
        )
        answers = cast(BinaryIO, process.stdout)
        self._reader = threading.Thread(target=self._read, args=(answers,), name="pytest-gocache-apart", daemon=True)
        self._reader.start()
        try:
            self._result(self._send(OPEN, "", self._opening))
        except BaseException:
            self.close()
            raise

    def _send(self, verb: bytes, name: str, blob: bytes) -> Future[Answer]:
        assert self._process is not None
        number, answer = next(self._numbers), Future[Answer]()
        self._waiting[number] = answer
        try:
            write_request(cast(BinaryIO, self._process.stdin), Request(number, verb, name, blob))
        except (OSError, ValueError):  # ValueError: closed
            raise Trouble("the process that asks the server ended") from None
        return answer

    def _result(self, future: Future[Answer]) -> Answer:
        try:
            answer = future.result(min(SECONDS, self._seconds()))
        except TimeoutError:
            self.abort()
            raise Trouble("no answer in time") from None
        if answer.kind == WRONG:
            raise ValueError(answer.body.decode())
        if answer.kind not in (YES, NO):
            raise Trouble(answer.body.decode())
        return answer

    def _read(self, answers: BinaryIO) -> None:
        """Hands out answers until there are no more; who still waits then gets an error."""
        while (answer := read_answer(answers)) is not None:
            self._waiting.pop(answer.number).set_result(answer)
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(Trouble("the process that asks the server ended"))
