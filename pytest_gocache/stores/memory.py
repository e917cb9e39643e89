"""A store in a dict: what tests pass where the program wants a ``Store``."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from pytest_gocache.stores.base import check_name


class MemoryStore:
    """Bytes under names while the process lives. A test may look at ``entries``, and spoil them."""

    def __init__(self) -> None:
        self.entries: dict[str, bytes] = {}
        self.notices: tuple[str, ...] = ()

    def get(self, name: str, here: bool = False) -> bytes | None:
        """The payload, or None."""
        check_name(name)
        return self.entries.get(name)

    def put(self, name: str, payload: bytes) -> bool:
        """Keeps ``payload``; always True."""
        check_name(name)
        self.entries[name] = payload
        return True

    def put_many(self, items: Iterable[tuple[str, bytes]], here: Collection[str] = ()) -> bool:
        """Keeps every item; always True."""
        for name, payload in items:
            self.put(name, payload)
        return True

    def delete(self, name: str) -> None:
        """Forgets ``name``."""
        check_name(name)
        self.entries.pop(name, None)

    def close(self) -> None:
        """Does nothing: a test may look at ``entries`` afterwards."""
