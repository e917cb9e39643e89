"""What goes through the pipes between a run and the process that talks to a server for it (``apart.py``).

    request   number (4 bytes), b"g" or b"p", the name (64 bytes), length of the body (4 bytes), body
    answer    number (4 bytes), kind (1 byte), length of the body (4 bytes), body

Numbers are big-endian. The first request is b"o", open: its body says what, its name is empty. Kinds of answers: b"y"
with bytes, b"n" without (there is no such entry), b"e" trouble in one line, b"w" it is wrong to use this server at all.
"""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

OPEN, GET, PUT = b"o", b"g", b"p"
YES, NO, TROUBLE, WRONG = b"y", b"n", b"e", b"w"
_REQUEST = struct.Struct(">Ic64sI")
_ANSWER = struct.Struct(">IcI")


class Request(NamedTuple):
    """What is asked of the other process."""

    number: int
    verb: bytes
    name: str
    body: bytes


class Answer(NamedTuple):
    """What it says to the request of that number."""

    number: int
    kind: bytes
    body: bytes


def write_request(file: BinaryIO, request: Request) -> None:
    """Writes it whole. OSError where nobody reads."""
    head = _REQUEST.pack(request.number, request.verb, request.name.encode(), len(request.body))
    file.write(head + request.body)
    file.flush()


def read_request(file: BinaryIO) -> Request | None:
    """The next one; None at the end."""
    head = file.read(_REQUEST.size)
    if len(head) < _REQUEST.size:
        return None
    number, verb, name, length = _REQUEST.unpack(head)
    return Request(number, verb, name.rstrip(b"\0").decode(), file.read(length))


def write_answer(file: BinaryIO, answer: Answer) -> None:
    """Writes it whole. OSError where nobody reads."""
    file.write(_ANSWER.pack(answer.number, answer.kind, len(answer.body)) + answer.body)
    file.flush()


def read_answer(file: BinaryIO) -> Answer | None:
    """The next one; None at the end, or where it ends in the middle."""
    head = file.read(_ANSWER.size)
    if len(head) < _ANSWER.size:
        return None
    number, kind, length = _ANSWER.unpack(head)
    body = file.read(length)
    return Answer(number, kind, body) if len(body) == length else None
