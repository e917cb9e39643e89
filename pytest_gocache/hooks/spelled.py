"""Values of options that are objects: how they are told from others, and which are files that somebody will read.

An object need not say what it was made from, or says another thing each time (``<conftest.Level object at 0x7f…>``).
So the words of the command line are noted.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterable, Iterator

import pytest

PLAIN = (str, bytes, int, float, os.PathLike, type(None))
"""What says all that it is."""
ADDRESS = " at 0x"
"""In what an object says that has no text of its own."""


class Spelled:
    """What stood on the command line for objects, as options' types made them of it."""

    def __init__(self) -> None:
        self._made: list[tuple[object, str]] = []
        self._defaults: list[object] = []

    def listen(self, parser: pytest.Parser) -> None:
        """Has the types of all options note what they make of what."""
        for group in dict.fromkeys((*parser._groups, parser._anonymous)):
            for option in group.options:
                attributes = option.attrs()
                self._defaults.append(attributes.get("default"))
                if callable(attributes.get("type")) and not isinstance(attributes["type"], Noting):
                    attributes["type"] = Noting(attributes["type"], self._made)

    def text(self, value: object) -> str:
        """What tells a value from others of its option. (The code that makes it is in the key for itself.)"""
        if isinstance(value, PLAIN):
            return os.fspath(value) if isinstance(value, os.PathLike) else str(value)
        says = str(value)
        words = next((words for made, words in self._made if made is value), None)
        if words is None:
            return "(its default)" if ADDRESS in says and any(value is each for each in self._defaults) else says
        return words if ADDRESS in says or isinstance(value, io.IOBase) or says == words else f"{words} ({says})"


class Noting:
    """The type of an option, which notes the objects that it makes."""

    def __init__(self, make: Callable[[str], object], made: list[tuple[object, str]]) -> None:
        self.__name__ = getattr(make, "__name__", repr(make))  # messages have it
        self._make = make
        self._made = made

    def __call__(self, text: str) -> object:
        """What the type makes of a text."""
        value = self._make(text)
        if not isinstance(value, PLAIN):
            self._made.append((value, text))
        return value


SPELLED = pytest.StashKey[Spelled]()


def files_read(config: pytest.Config, values: Iterable[object]) -> Iterator[str]:
    """The paths of the open files among the ``values`` of options, but of those that are to be written. An empty one
    stands for what is no file of a name (standard input)."""
    for value in values:
        if isinstance(value, (list, tuple)):
            yield from files_read(config, value)
        elif isinstance(value, io.IOBase) and _is_read(value):
            path = os.path.normpath(os.path.join(config.invocation_params.dir, _name(value)))
            yield path if os.path.isfile(path) else ""


def _is_read(file: io.IOBase) -> bool:
    writes = str(getattr(file, "mode", "r"))[:1] in ("w", "a", "x")
    return not writes and (file.closed or file.readable())


def _name(file: io.IOBase) -> str:
    name = getattr(file, "name", None)
    return os.fsdecode(name) if isinstance(name, (str, bytes)) else ""
