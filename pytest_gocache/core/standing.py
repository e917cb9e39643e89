"""What is remembered of a place in the code: whose reading is done there, and what was told of it before."""

from __future__ import annotations

from collections.abc import Set
from typing import Any, Final, TypeAlias

from pytest_gocache.core.made import Owner
from pytest_gocache.core.ops import Op

Event: TypeAlias = tuple[Op, str]
"""What was done, and to which absolute path (dotted module, variable, host)."""
Call: TypeAlias = tuple[object, ...]
"""What was called, with what, and from which lines."""

NONE: Final[frozenset[Any]] = frozenset()
"""One for all: each call of ``frozenset()`` makes another."""


class Standing:
    """Whose reading it is while some code is on the stack, and what was kept for them there before.

    ``calls`` are calls that led to nothing but ``told`` events, so that a further one need not be looked at.
    Of most there are none of either, so the empty set is one for all.
    """

    __slots__ = ("calls", "owners", "told")

    def __init__(self, owners: Set[Owner]) -> None:
        self.owners: Set[Owner] = owners or NONE
        self.told: set[Event] | frozenset[Event] = NONE
        self.calls: set[Call] | frozenset[Call] = NONE

    def tells(self, event: Event) -> None:
        """``event`` was kept for the owners."""
        if isinstance(self.told, frozenset):
            self.told = set()
        self.told.add(event)

    def tells_by(self, call: Call) -> None:
        """All that ``call`` leads to was told."""
        if isinstance(self.calls, frozenset):
            self.calls = set()
        self.calls.add(call)
