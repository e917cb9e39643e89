"""What a store is: bytes under 64-hex names, sealed so that a damaged entry is a miss.

A new store is one file beside this one that implements ``Store``, or a ``Blobs`` in another package; only the doors
pick one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

_HEX = "0123456789abcdef"


class Store(Protocol):
    """Bytes under names. Never raises for what lies in it: trouble is a miss, or a write that did not happen.

    A name that is not 64 lower-case hex digits is a mistake in our own code: ``ValueError``.
    """

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, one line each: what, where, what to do."""

    def get(self, name: str, here: bool = False) -> bytes | None:
        """The payload stored under ``name`` (64 hex digits), or None: absent, damaged or foreign.

        ``here``: it is of use on this machine only, so nobody else need be asked.
        """

    def put(self, name: str, payload: bytes) -> bool:
        """Stores ``payload`` whole or not at all; False when it could not be written."""

    def put_many(self, items: Iterable[tuple[str, bytes]], here: Collection[str] = ()) -> bool:
        """Stores all the items, in order; False when some of them could not be written.

        Those named in ``here`` are of use on this machine only, and need not be given to others.
        """

    def delete(self, name: str) -> None:
        """Forgets ``name``; nothing happens where there is none."""

    def close(self) -> None:
        """Lets go of files and connections. The store is not used afterwards."""


class Traffic(NamedTuple):
    """What went to and from a server so far; seconds are those that the run waited."""

    read: int
    read_bytes: int
    read_seconds: float
    written: int
    written_bytes: int
    written_seconds: float


class Blobs(Protocol):
    """What another package has to bring (``foreign.py``). It may raise: that ends its use in this run, no more.

    Called from one thread. A ``close()`` is called at the end, if there is one.
    """

    def get(self, name: str) -> bytes | None:
        """What was put under ``name`` (64 hex digits), byte for byte, or None."""

    def put(self, name: str, blob: bytes) -> object:
        """Keeps ``blob`` under ``name``, whole or not at all, in place of what was there."""


def is_name(name: object) -> bool:
    """Whether ``name`` can name an entry: a str of 64 lower-case hex digits."""
    return type(name) is str and len(name) == 64 and not name.strip(_HEX)


def check_name(name: str) -> None:
    """Raises ``ValueError`` unless ``name`` is 64 lower-case hex digits."""
    if not is_name(name):
        raise ValueError(f"not the name of an entry (64 lower-case hex digits): {name!r}")


class Trouble(Exception):
    """A server could not be asked, or said something that is neither yes nor no. The text has no secrets."""


class Around:
    """What stands around other ``Blobs``: it ends, and ends what is under way, as they do."""

    def __init__(self, blobs: Blobs) -> None:
        self._blobs = blobs

    def close(self) -> None:
        """Lets go of what is below."""
        getattr(self._blobs, "close", _nothing)()

    def abort(self) -> None:
        """Ends what is being waited for below."""
        getattr(self._blobs, "abort", _nothing)()


def _nothing() -> None:
    """Nothing to do below."""
