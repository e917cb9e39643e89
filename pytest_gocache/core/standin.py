"""What stands in for a function of ``os``, and how things are put in others' places and back."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

_getframe = sys._getframe
INHERITED = object()
"""Stands for what a class has from another."""


class Probe:
    """Stands in for a function of ``module`` and looks like it. ``tell`` is called first, for who is heeded."""

    def __init__(
        self,
        original: Callable[..., Any],
        tell: Callable[..., None],
        heeds: Callable[[FrameType], bool],
        module: str = "os",
    ) -> None:
        self._original, self._tell, self._heeds = original, tell, heeds
        self.__doc__ = original.__doc__
        self.__module__ = module  # where pickle finds it; the original says "posix"

    def __call__(self, *args: object, **options: object) -> Any:
        __tracebackhide__ = True
        frame = _getframe(1)
        if self._heeds(frame):
            self._tell(args, options, frame)
        return self._original(*args, **options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return self._original.__class__

    def __repr__(self) -> str:
        return repr(self._original)

    def __eq__(self, other: object) -> bool:
        return other is self or bool(self._original == other)

    def __hash__(self) -> int:
        return hash(self._original)  # so that it is in ``os.supports_fd``, as the original is

    def __reduce__(self) -> str:
        return str(self._original.__name__)

    def __reduce_ex__(self, protocol: object) -> str:
        return self.__reduce__()


class Replacements:
    """Puts things in the places of others, for a while."""

    def __init__(self) -> None:
        self._put: list[tuple[Any, str, object, object]] = []
        """Holder, name, what was put there, and what was there before."""

    def put(self, holder: Any, name: str, new: object) -> None:
        """Makes ``new`` the attribute of that name."""
        self._put.append((holder, name, new, vars(holder).get(name, INHERITED)))
        setattr(holder, name, new)

    def undo(self) -> None:
        """Puts the originals back, where nobody else has put something there since."""
        while self._put:
            holder, name, new, original = self._put.pop()
            if vars(holder).get(name) is not new:
                continue
            if original is INHERITED:
                delattr(holder, name)
            else:
                setattr(holder, name, original)


def disguised(wrapper: Any, original: Any) -> Any:
    """The wrapper with everything of the original that users can see. (Children load no ``functools`` for it.)"""
    for name in ("__module__", "__name__", "__qualname__", "__doc__", "__annotations__", "__defaults__"):
        setattr(wrapper, name, getattr(original, name))
    return wrapper
