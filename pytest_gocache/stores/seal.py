"""Sealed entries: bytes that prove they are whole and belong to the name they were asked for by.

The format, version 1 (numbers big-endian):

    offset  length  what
    0       4       magic, ``b"GoPy"``
    4       1       version of this format, 1
    5       4       length of the payload before compression
    9       32      SHA-256 of: bytes 0 to 9, the length of the name (4 bytes), the name in UTF-8, the body
    41      rest    the body: the payload as one zlib stream, nothing after it

The digest covers the body as it lies there, not the payload inside: deflate has padding bits that
change nothing when flipped, and no byte reaches zlib before it has been checked. The name is in the
digest, not in the entry, so an entry copied under another name is damaged.

A digest finds damage, not forgery: whoever can write the store can seal what they like. That is why
a payload is data only, and nothing in it is ever run.

Version 1: the first.
"""

from __future__ import annotations

import hashlib
import zlib

MAX_PAYLOAD = 64 * 1024 * 1024
"""The largest payload that is sealed or unsealed. A module's result is some kilobytes; this bounds memory."""

MAX_BLOB = MAX_PAYLOAD + MAX_PAYLOAD // 512 + 1024
"""No sealed entry is longer than this (zlib adds 5 bytes in 16 KiB where it cannot compress)."""

_MAGIC = b"GoPy\x01"
_HEAD = len(_MAGIC) + 4
_BODY = _HEAD + 32


def seal(name: str, payload: bytes, level: int = 1) -> bytes:
    """The sealed entry for ``payload`` under ``name``; ``level`` is zlib's (0: not compressed, quickest).

    ``ValueError`` where ``payload`` is longer than ``MAX_PAYLOAD``.
    """
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"an entry may hold {MAX_PAYLOAD} bytes, not {len(payload)}")
    head = _MAGIC + len(payload).to_bytes(4, "big")
    body = zlib.compress(payload, level)
    return head + _digest(head, name, body) + body


def unseal(name: str, blob: bytes) -> bytes | None:
    """The payload sealed under ``name``, or None for anything else: damage, another name, another version."""
    head, body = blob[:_HEAD], blob[_BODY:]
    if len(blob) < _BODY or len(blob) > MAX_BLOB or not head.startswith(_MAGIC):
        return None
    if blob[_HEAD:_BODY] != _digest(head, name, body):
        return None
    return _inflate(body, int.from_bytes(head[len(_MAGIC) :], "big"))


def _digest(head: bytes, name: str, body: bytes) -> bytes:
    raw_name = name.encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(head + len(raw_name).to_bytes(4, "big") + raw_name)
    digest.update(body)
    return digest.digest()


def _inflate(body: bytes, length: int) -> bytes | None:
    """Exactly ``length`` bytes, or None. Never makes more than one byte too many: a bomb is a miss."""
    if length > MAX_PAYLOAD:
        return None
    stream = zlib.decompressobj()
    try:
        payload = stream.decompress(body, length + 1)
    except (zlib.error, MemoryError):
        return None
    whole = len(payload) == length and stream.eof and not stream.unused_data
    return payload if whole else None
