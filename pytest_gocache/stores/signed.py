"""Entries that only those who know a key can have made, for stores that others may write to.

``PYTEST_GOCACHE_HMAC_KEY`` has one key or several, parted by white space, or ``PYTEST_GOCACHE_HMAC_KEY_FILE`` names a
file with them. What was signed with any of them counts; the first one signs. So a key is changed in two steps: put the
new one in front everywhere, and take the old one away when its entries are no longer wanted.

The format: ``b"GoPyS\\x01"``, 32 bytes HMAC-SHA-256 of the name and the sealed entry, the sealed entry.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping, Sequence

from pytest_gocache.stores.base import Around, Blobs

KEY, KEY_FILE = "PYTEST_GOCACHE_HMAC_KEY", "PYTEST_GOCACHE_HMAC_KEY_FILE"
LEAST = 16
"""Characters of a key, at least: a shorter one can be guessed."""
_MAGIC = b"GoPyS\x01"
_BODY = len(_MAGIC) + 32


class Signed(Around):
    """``Blobs`` that signs what it puts, and gives only what was signed with one of the ``keys``."""

    def __init__(self, blobs: Blobs, keys: Sequence[bytes]) -> None:
        super().__init__(blobs)
        self._keys = keys

    def get(self, name: str) -> bytes | None:
        """The bytes without their signature; None also for those without a good one."""
        blob = self._blobs.get(name)
        if not isinstance(blob, bytes) or not blob.startswith(_MAGIC):
            return None
        given, body = blob[len(_MAGIC) : _BODY], blob[_BODY:]
        return body if any(hmac.compare_digest(given, _tag(key, name, body)) for key in self._keys) else None

    def put(self, name: str, blob: bytes) -> None:
        """Signs with the first key."""
        self._blobs.put(name, _MAGIC + _tag(self._keys[0], name, blob) + blob)


def signed(blobs: Blobs, environ: Mapping[str, str] = os.environ) -> Blobs:
    """``blobs``, signed if there are keys. ValueError for one that is too short, OSError for a file that is none."""
    if KEY not in environ and KEY_FILE not in environ:
        return blobs
    text = environ.get(KEY, "")
    if not text and (path := environ.get(KEY_FILE)):
        with open(path, encoding="utf-8") as file:
            text = file.read()
    keys = text.split()
    if not keys:  # a secret that is not there must not mean that anything is believed
        raise ValueError(f"{KEY} or {KEY_FILE} is set, and there is no key in it")
    if any(len(key) < LEAST for key in keys):
        raise ValueError(f"a key in {KEY} has less than {LEAST} characters")
    return Signed(blobs, [key.encode() for key in keys])


def _tag(key: bytes, name: str, body: bytes) -> bytes:
    return hmac.digest(key, name.encode() + b"\0" + body, "sha256")
