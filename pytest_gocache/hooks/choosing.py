"""Tells an ``Attribution`` for which item a hook that sees all items works.

``for item in items:`` in ``pytest_collection_modifyitems`` runs lines for each module's items; in a cached
run those of cached modules are not there. So ``session.items`` is a list that knows whose turn it is.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import pytest

from pytest_gocache.core.attribution import Attribution, Owner

CHOOSING: Owner = "choosing"
HOOKS = ("pytest_collection_modifyitems", "pytest_collection_finish")


class Items(list[pytest.Item]):
    """The items of a session; goes through them in their modules' names while hooks choose."""

    def __init__(self, books: Attribution, items: list[pytest.Item]) -> None:
        super().__init__(items)
        self._books = books

    def __iter__(self) -> Iterator[pytest.Item]:
        return self._one_by_one() if CHOOSING in self._books.running_now else super().__iter__()

    def _one_by_one(self) -> Generator[pytest.Item, None, None]:
        owner = ""
        try:
            for item in super().__iter__():
                if owner != f"module:{item.path}":
                    self._books.leave(owner)
                    owner = f"module:{item.path}"
                    self._books.enter(owner)
                yield item
        finally:
            self._books.leave(owner)

    def sort(self, *, key: Callable[[pytest.Item], Any] | None = None, reverse: bool = False) -> None:
        books = self._books

        def keyed(item: pytest.Item) -> Any:
            assert key is not None
            with books.running(f"module:{item.path}"):
                return key(item)

        super().sort(key=key and keyed, reverse=reverse)


class SessionItems:
    """Stands for ``Session.items`` while a run collects."""

    def __init__(self, books: Attribution) -> None:
        self._books = books

    def __get__(self, session: pytest.Session | None, _owner: type) -> Any:
        return self if session is None else vars(session)["items"]

    def __set__(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        vars(session)["items"] = Items(self._books, items)

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        """For as long as a run collects."""
        pytest.Session.items = self  # type: ignore[assignment]
        try:
            yield
        finally:
            delattr(pytest.Session, "items")


def of_nobody(config: pytest.Config, books: Attribution) -> str:
    """The first file of which a hook ran lines that belong to no item and are not the hook's own; or empty.

    A hook runs in a cached run, too, so that its own lines are there; what it calls may depend on what it finds.
    """
    own: dict[str, set[int]] = {}
    for name in HOOKS:
        for impl in getattr(config.hook, name).get_hookimpls():
            code: CodeType | None = getattr(impl.function, "__code__", None)
            if code is not None:
                own.setdefault(code.co_filename, set()).update(line for *_, line in code.co_lines() if line)
    for (_, file), units in sorted(books.amounts.get(CHOOSING, {}).items()):
        for unit in units:
            numbers = unit if isinstance(unit, tuple) else (unit,)
            if not {abs(number) for number in numbers} <= own.get(file, set()):
                return file
    return ""
