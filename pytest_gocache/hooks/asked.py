"""Options that are in no key, and that code asks for all the same: to it they are inputs.

Which tests are selected, in what order, and how they are shown is nobody's business but pytest's: a whole record
answers for a part, and ``-v`` for ``-q``. But a hook may skip slow tests unless ``-m`` names them.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, Final, SupportsIndex

import pytest
from _pytest.terminal import TerminalReporter

from pytest_gocache.core.asks import filename_of
from pytest_gocache.core.flags import OPTIONS, Place
from pytest_gocache.core.hashing import ABSENT, Digest, digest_text
from pytest_gocache.core.observe import CACHE_DIR, Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.hooks.attribute import Attribute, Tell, listing, values_of
from pytest_gocache.hooks.cache_dir import cache_of
from pytest_gocache.hooks.given import GIVEN

NAMES: Final[Mapping[str, str]] = {
    dest: placed.flag
    for dest, placed in OPTIONS.items()
    if placed.place not in (Place.KEY, Place.OFF) and not dest.startswith("gocache")
}
"""The options that are in no key: how users write each, by what code asks for."""
PATHS: Final = NAMES["file_or_dir"]
OURS: Final = "--gocache"
ARGV: Final = "argv"
"""The whole command line."""
CHOOSING: Final = frozenset({NAMES["markexpr"], NAMES["keyword"]})
"""What a plugin that is installed asks for because it acts on it. Others it asks for to show something."""
ALL: Final = "__dict__"
OF_PYTEST = ("terminal", "runner", "assertion", "assertion.util", "assertion.truncate", "logging", "main", "python")
BY_THEMSELVES: Final = frozenset(f"_pytest.{name}" for name in OF_PYTEST)
"""Modules of pytest's that ask for nobody else."""
_getframe: Final = sys._getframe
ATTRIBUTES: Final = ("args", "args_source", "invocation_params")
"""Of a configuration."""


class Asked:
    """Tells ``observer`` who asks for them, between ``install`` and ``remove``."""

    def __init__(self, observer: Observer, config: pytest.Config) -> None:
        self._observer = observer
        self._config = config
        self._kind = telling(self._tell)

    def install(self) -> None:
        """Begins."""
        for options in self._options():
            if type(options) is argparse.Namespace:
                options.__class__ = self._kind

    def remove(self) -> None:
        """Ends."""
        for options in self._options():
            if type(options) is self._kind:
                options.__class__ = argparse.Namespace

    def attributes(self) -> dict[str, Tell]:
        """What is to be listened to beside the options."""
        return dict.fromkeys(ATTRIBUTES, self._tell_of_arguments)

    def _options(self) -> Iterator[argparse.Namespace]:
        yield self._config.option
        yield from filter(None, [getattr(self._config, "known_args_namespace", None)])

    def _tell(self, dest: str, frame: FrameType | None) -> None:
        for name in NAMES.values() if dest == ALL else (NAMES[dest],):
            self._note(name, frame)

    def _tell_of_arguments(self, name: str, frame: FrameType | None) -> None:
        if name != "invocation_params":
            self._note(PATHS, frame)
        elif frame is not None and "args" in (*frame.f_code.co_names, *frame.f_code.co_consts):  # not only ``dir``
            self._note(ARGV, frame)

    def _note(self, name: str, frame: FrameType | None) -> None:
        observer, frame = self._observer, asker(frame)
        owner = "" if frame is None else observer.owner(filename_of(frame))
        if owner != Observer.PYTEST and observer.awake and (owner not in observer.plugins or name in CHOOSING):
            observer.quietly("an option", observer.note, Op.OPTION, name, frame)


def telling(tell: Callable[[str, FrameType | None], None]) -> type[argparse.Namespace]:
    """A class for ``config.option`` that tells what is asked of it. A copy tells once, of all."""

    def asked(name: str, here: FrameType) -> None:
        frame = None if for_itself(here) else asker(here)
        if frame is not None and name_of(frame) not in BY_THEMSELVES:
            tell(name, frame)

    values = values_of(argparse.Namespace)

    class Namespace(argparse.Namespace):
        __dir__ = listing(argparse.Namespace, NAMES)

        @property
        def __dict__(self) -> dict[str, Any]:  # type: ignore[override]
            asked(ALL, _getframe(1))
            return values(self)

        def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[object, ...]:
            tell(ALL, _getframe(1))
            return argparse.Namespace, (), dict(values(self))

    for name in NAMES:
        setattr(Namespace, name, Attribute(name, asked, values))
    return Namespace


def for_itself(frame: FrameType) -> bool:
    """Whether it is seen at once that pytest asks, and for itself, as it does many times for each test: not by the code
    in ``frame`` (to read that is an audit event), but by who calls it, where it may be ``config.getoption`` or a
    reporter's ``verbosity``."""
    at, name = frame, name_of(frame)
    while name == CONFIGURATION and (back := at.f_back) is not None:
        at, name = back, name_of(back)
    if name == TERMINAL and at.f_back is not None:
        name = name_of(at.f_back)
        return name in BY_THEMSELVES or name in CALLERS
    return name in BY_THEMSELVES


def name_of(frame: FrameType) -> object:
    """The name of the module whose code is in ``frame``."""
    return frame.f_globals.get("__name__")


def asker(frame: FrameType | None) -> FrameType | None:
    """The code that asks by way of pytest's configuration, or of a reporter."""
    while frame is not None:
        file = frame.f_globals.get("__file__")
        if file != CONFIG and (file != REPORTER or frame.f_code is not VERBOSITY):
            break
        frame = frame.f_back
    return frame


VERBOSITY: Final = getattr(TerminalReporter.verbosity, "fget", len).__code__
"""What gives a reporter's ``verbosity`` to whoever asks."""
CALLERS: Final = frozenset(name for name in sys.modules if name.startswith("pluggy."))
"""Who calls a reporter's hooks, and never its ``verbosity``."""
CONFIGURATION: Final = pytest.Config.__module__
TERMINAL: Final = TerminalReporter.__module__
REPORTER: Final = sys.modules[TERMINAL].__file__
CONFIG: Final = os.path.abspath(str(sys.modules[CONFIGURATION].__file__))


def answers(config: pytest.Config) -> Callable[[str], Digest]:
    """Gives the digest of an option, by the name of its input, as the user gave it."""
    root = str(config.rootpath)
    given: dict[str, Any] = config.stash.get(GIVEN, {}) or dict(vars(config.option))
    named = {name: dest for dest, name in NAMES.items()}

    def digest(name: str) -> Digest:
        if name == ARGV:
            words = (*map(str, config.invocation_params.args), os.environ.get("PYTEST_ADDOPTS", ""))
            value: object = [word for word in words if not word.startswith(OURS)]
        elif name == PATHS:
            value = [*given[named[name]], *config.getini("testpaths")]
        elif name == CACHE_DIR:
            value = cache_of(config)
        elif named.get(name) in given:
            value = given[named[name]]
        else:
            return ABSENT
        return digest_text(repr(value).replace(root, "{root}"))

    return digest
