"""Two entries as one, where they are always read one after the other: so a server is asked once for both.

The format: a zero byte, the length of the first payload (4 bytes, big-endian), that payload, the name of the second
entry (64 bytes), its payload. No payload of ours begins with a zero byte.
"""

from __future__ import annotations

from pytest_gocache.stores.base import is_name

SMALL = 1 << 20
"""A second entry that is larger goes alone."""
_HEAD = 5


def paired(payload: bytes, name: str, second: bytes | None) -> bytes:
    """Both as one; the first alone where there is no second, or it is too large."""
    if not payload or second is None or len(second) > SMALL:
        return payload
    return b"\0" + len(payload).to_bytes(4, "big") + payload + name.encode() + second


def parted(payload: bytes) -> tuple[bytes, str, bytes]:
    """The first entry, and name and payload of the second; an empty name where it is alone.

    What has another form is one entry, and its reader will not understand it.
    """
    end = _HEAD + int.from_bytes(payload[1:_HEAD], "big")
    name = payload[end : end + 64].decode("ascii", "replace")
    if payload[:1] != b"\0" or not is_name(name):
        return payload, "", b""
    return payload[_HEAD:end], name, payload[end + 64 :]
