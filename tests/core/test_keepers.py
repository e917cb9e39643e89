"""Which functions have a place to keep what is obtained below them."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import pytest

from pytest_gocache.core.keepers import may_hold, may_keep

KNOWN: dict[str, bool] = {}
SAID: bool | None = None


def ask() -> bool:
    """About the code that calls this."""
    return may_keep(sys._getframe(1))


def uses_it() -> bool:
    found = {}
    found["it"] = ask()
    parts = []
    parts.append(found["it"])
    return parts[0]


def perhaps(kept: dict[str, bool] | None = None) -> bool:
    said = ask()
    if kept is not None:
        kept["it"] = said
    return said


def in_a_global() -> bool:
    global SAID
    SAID = ask()
    return SAID


def in_a_global_mapping() -> bool:
    KNOWN["it"] = ask()
    return KNOWN["it"]


def by_another_name() -> bool:
    known = KNOWN
    known["it"] = ask()
    return known["it"]


@functools.lru_cache
def in_a_cache() -> bool:
    return ask()


def around() -> Callable[[], bool]:
    kept: list[bool] = []

    def inner() -> bool:
        kept.append(ask())
        return kept[0]

    return inner


class Thing:
    """Some object."""

    def in_itself(self) -> bool:
        self.said = ask()
        return self.said

    @classmethod
    def in_its_class(cls) -> bool:
        cls.told = ask()  # type: ignore[attr-defined]
        return bool(cls.told)  # type: ignore[attr-defined]

    @functools.cached_property
    def once(self) -> bool:
        return ask()


THE_THING = Thing()


@pytest.mark.parametrize(
    ("function", "keeps"),
    [
        (uses_it, False),
        (perhaps, False),
        (lambda: perhaps(KNOWN), True),
        (Thing().in_itself, False),  # nobody holds that thing
        (THE_THING.in_itself, True),
        (in_a_global, True),
        (in_a_global_mapping, True),
        (by_another_name, True),
        (in_a_cache, True),
        (around(), True),
        (Thing.in_its_class, True),
        (lambda: Thing().once, True),
    ],
)
def test_who_keeps(function: Callable[[], Any], keeps: bool) -> None:
    assert function() is keeps


def test_a_body_keeps() -> None:
    """What a module or a class obtains while it is made stays in it."""
    space: dict[str, Any] = {"ask": ask}
    exec("said = ask()", space)
    assert space["said"]


class Box:
    """An object that keeps what it was told."""

    def __init__(self) -> None:
        self.said: dict[str, bool] = {}

    def fill(self, looking: Callable[[], bool]) -> bool:
        said = self.said
        said["it"] = looking()
        return said["it"]


    def note(self, looking: Callable[[], bool]) -> bool:
        self.last = looking()
        return self.last


HELD = {"deep": [Box()]}


def ask_deeper() -> bool:
    """About the code that calls this; this file is the project's."""
    return may_hold(sys._getframe(1), lambda filename: filename == __file__)


def test_what_a_module_holds_in_few_steps() -> None:
    """By items and attributes; not a dictionary that only a test has, nor anything deep for what cannot be seen."""
    held, own = HELD["deep"][0], Box()
    assert held.fill(ask_deeper) and not held.fill(ask)
    assert not own.fill(ask_deeper)
    assert own.note(ask_deeper) and not own.note(ask), "an object may be held by anybody"
