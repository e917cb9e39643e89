"""The body of an entry on a server that looks into what lies under ``/ac/``, as Bazel's do.

There an entry is an ``ActionResult`` of Bazel's remote execution protocol, and bazel-remote refuses anything else
(``server/http.go``: ``addWorkerMetadataHTTP``, ``validate.ActionResult``). So ours is one that ran, left no files, and
wrote the sealed entry to its standard output:

    message ActionResult {
      ...
      bytes stdout_raw = 5;    // remote_execution.proto in bazelbuild/remote-apis, package ...execution.v2
      ...
    }

That is the byte 0x2a (field 5, wire type 2), the length as a varint, the entry. bazel-remote adds a field of its own
(who sent it), so what comes back is read field by field. Anything else is given on as it stands, and its seal decides.
"""

from __future__ import annotations

from pytest_gocache.stores.base import Around

_TAG = 5 << 3 | 2
"""Of ``stdout_raw``."""
_FIXED = {1: 8, 5: 4}
"""Lengths of the wire types that have one."""


class ActionResults(Around):
    """``Blobs`` whose bodies are ``ActionResult`` on the way."""

    def get(self, name: str) -> bytes | None:
        """The entry inside the body."""
        body = self._blobs.get(name)
        return None if body is None else unwrapped(body)

    def put(self, name: str, blob: bytes) -> None:
        """Puts a body around it."""
        self._blobs.put(name, wrapped(blob))


def wrapped(blob: bytes) -> bytes:
    """An ``ActionResult`` with ``blob`` as its standard output."""
    return bytes([_TAG]) + _varint(len(blob)) + blob


def unwrapped(body: bytes) -> bytes:
    """The standard output of an ``ActionResult``; ``body`` itself where it is none, or has none."""
    try:
        found = _output(body)
    except (ValueError, IndexError):
        return body
    return body if found is None else found


def _output(body: bytes) -> bytes | None:
    found, at = None, 0
    while at < len(body):
        tag, at = _number(body, at)
        kind = tag & 7
        if kind == 0:
            _, at = _number(body, at)
            continue
        length, at = _number(body, at) if kind == 2 else (_length(kind), at)
        if at + length > len(body):
            raise ValueError("a field goes beyond the end")
        if tag == _TAG:
            found = body[at : at + length]
        at += length
    return found


def _length(kind: int) -> int:
    if kind not in _FIXED:
        raise ValueError(f"there is no wire type {kind}")
    return _FIXED[kind]


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _number(body: bytes, at: int) -> tuple[int, int]:
    """The varint at ``at``, and where it ends. ValueError or IndexError where there is none."""
    number = 0
    for count in range(10):
        byte = body[at + count]
        number |= (byte & 127) << 7 * count
        if byte < 128:
            return number, at + count + 1
    raise ValueError("a number goes on and on")
