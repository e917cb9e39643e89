"""What a test leaves on its item, put back: so that the item can run again as if for the first time.

pytest makes fixtures anew by itself. It does not do so with the instance of a test class, with the names that a
doctest runs in, and with what plugins put in the place of the test function.
"""

from __future__ import annotations

from typing import Any

import pytest

from pytest_gocache.core.values import frozen


@frozen
class _Before:
    """What an item had before it first ran."""

    function: object
    instance: object
    names: dict[str, Any] | None
    """Those in which a doctest runs."""


BEFORE = pytest.StashKey[_Before]()


def keep(item: pytest.Item) -> None:
    """Before a run: notes what the item has, once."""
    if BEFORE not in item.stash:
        names = getattr(getattr(item, "dtest", None), "globs", None)
        had = vars(item)
        kept = dict(names) if isinstance(names, dict) else None
        item.stash[BEFORE] = _Before(had.get("_obj"), had.get("_instance"), kept)


def make_new(item: pytest.Item) -> None:
    """After a run: the item is as it was."""
    had, before = vars(item), item.stash[BEFORE]
    if before.names is not None:
        item.dtest.globs.clear()  # type: ignore[attr-defined]
        item.dtest.globs.update(before.names)  # type: ignore[attr-defined]
    if had.get("_instance", item) is None:  # before pytest 8.3: a unittest test would not make another one
        del had["_instance"]
    if _is_method(item, before):
        had.pop("_instance", None)
        had.pop("_obj", None)
    elif before.instance is None and before.function is not None:
        had["_obj"] = before.function


def _is_method(item: pytest.Item, before: _Before) -> bool:
    """Whether pytest can get it anew from the class."""
    bound = getattr(before.function, "__self__", None) is before.instance
    name = getattr(item, "originalname", None)
    return before.instance is not None and bound and hasattr(type(before.instance), str(name))
