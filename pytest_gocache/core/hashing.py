"""The one door into a key: a ``Hasher`` that can print what it was fed.

After Go's ``cmd/go/internal/cache/hash.go`` (``debugHash``): "why did this miss?" is then the
difference of two short texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NewType

Digest = NewType("Digest", str)
"""64 lower-case hex digits: a SHA-256."""

SALT = "pytest-gocache 5"
"""In every ID. Raise the number whenever what an ID or an entry means changes."""

ABSENT = Digest("absent")
"""Stands where a digest would, for what is not there. Absence is an input too."""


def digest_bytes(content: bytes) -> Digest:
    """The SHA-256 of ``content``, in hex."""
    return Digest(hashlib.sha256(content).hexdigest())


def digest_parts(parts: Iterable[bytes]) -> Digest:
    """The same of what these are together, one after the other."""
    hasher = hashlib.sha256()
    for part in parts:
        hasher.update(part)
    return Digest(hasher.hexdigest())


def digest_text(content: str) -> Digest:
    """The SHA-256 of ``content`` encoded as UTF-8 (lone surrogates kept), in hex."""
    return digest_bytes(content.encode("utf-8", "surrogatepass"))


class Hasher:
    """Makes one ID from named lines, and keeps them for whoever asks why."""

    def __init__(self, name: str) -> None:
        self.lines: list[str] = [f"{SALT} {name}"]

    def add(self, part: str, *values: str) -> None:
        """Feeds one line: the part's name, then its values, each quoted so that no two lines collide."""
        self.lines.append(" ".join([part, *(value if _plain(value) else repr(value) for value in values)]))

    def digest(self) -> Digest:
        """The ID of all that was fed so far."""
        return digest_text("\n".join(self.lines))

    def transcript(self) -> str:
        """What was fed, a line each: the text whose SHA-256 is the ID."""
        return "\n".join(self.lines)


def _plain(value: str) -> bool:
    return value.isprintable() and " " not in value and value[:1] not in ("", "'", '"')
