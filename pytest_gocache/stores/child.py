"""The process that talks to a server for a run (``apart.py``): reads requests, has them done, writes answers.

What does them is a ``Backend``: one that takes many at once says how many (``BATCH``), one that can be asked by several
threads says by how many (``THREADS``).
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from queue import SimpleQueue
from typing import BinaryIO, Protocol

from pytest_gocache.stores.pipe import (
    NO,
    OPEN,
    PUT,
    TROUBLE,
    WRONG,
    YES,
    Answer,
    Request,
    read_request,
    write_answer,
)

KINDS = {
    "bucket": "pytest_gocache.stores.bucket:Bucket",
    "redis": "pytest_gocache.stores.redis:Redis",
}


class Backend(Protocol):
    """What talks to a server. It raises ``Refusal`` with a text for the user; of other errors only the name is told."""

    THREADS: int
    BATCH: int

    def __init__(self, address: str) -> None:
        """Makes ready. ``Refusal`` where the address, the library or a file is not as it should be."""

    def get_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """What lies under each of the names; None where there is nothing."""

    def put_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        """Keeps them all."""


class Refusal(Exception):
    """What went wrong, in one line without secrets."""


def serve() -> None:
    """The life of the process. It ends with its requests: when the other side closes the pipe, or is gone."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the libraries may say
    Desk(answers).work(iter(lambda: read_request(requests), None))
    os._exit(0)  # there is nothing to end in order, and nobody to wait for


class Desk:
    """Takes requests to a backend, and answers back."""

    def __init__(self, answers: BinaryIO) -> None:
        self._answers = answers
        self._lock = threading.Lock()
        self._queue: SimpleQueue[Request] = SimpleQueue()

    def work(self, requests: Iterator[Request | None]) -> None:
        """Does all there are."""
        for request in requests:
            if request is not None and request.verb == OPEN:
                self._open(request)
            elif request is not None:
                self._queue.put(request)

    def _open(self, request: Request) -> None:
        try:
            backend = _made(*json.loads(request.body))
        except Refusal as refusal:
            self._tell(Answer(request.number, WRONG, str(refusal).encode()))
        except Exception as error:
            self._tell(Answer(request.number, WRONG, type(error).__name__.encode()))
        else:
            for _ in range(backend.THREADS):
                threading.Thread(target=self._serve, args=(backend,), daemon=True).start()
            self._tell(Answer(request.number, NO, b""))

    def _serve(self, backend: Backend) -> None:
        while True:
            batch = [self._queue.get()]
            while len(batch) < backend.BATCH and not self._queue.empty():
                batch.append(self._queue.get())
            for answer in done(backend, batch):
                self._tell(answer)

    def _tell(self, answer: Answer) -> None:
        with self._lock:
            try:
                write_answer(self._answers, answer)
            except OSError:
                os._exit(1)  # the other side is gone


def done(backend: Backend, batch: Sequence[Request]) -> Iterator[Answer]:
    """The answers to a batch: what is to be put first, then what is asked for."""
    puts = [request for request in batch if request.verb == PUT]
    gets = [request for request in batch if request.verb != PUT]
    if puts:
        yield from _answers(puts, lambda: _put(backend, puts))
    if gets:
        yield from _answers(gets, lambda: backend.get_many([request.name for request in gets]))


def _put(backend: Backend, puts: Sequence[Request]) -> Sequence[bytes | None]:
    backend.put_many([(request.name, request.body) for request in puts])
    return [None] * len(puts)


def _answers(requests: Sequence[Request], work: Callable[[], Sequence[bytes | None]]) -> Iterator[Answer]:
    try:
        bodies = work()
    except Exception as error:
        text = str(error) if isinstance(error, Refusal) else type(error).__name__
        return iter([Answer(request.number, TROUBLE, text.encode()) for request in requests])
    pairs = zip(requests, bodies, strict=True)
    return iter([Answer(r.number, NO if body is None else YES, body or b"") for r, body in pairs])


def _made(kind: str, address: str) -> Backend:
    module, _, name = KINDS[kind].partition(":")
    make: Callable[[str], Backend] = getattr(import_module(module), name)
    return make(address)
