"""``pytest.mark.gocache``, and what the ini file declares for every module: inputs that nobody sees being read.

Declared inputs are entered as if the module had read them while it was collected, so everything else treats them
like any other: they are checked at look-up, and again when the module is stored.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pytest

from pytest_gocache.core.globs import expression, found_by
from pytest_gocache.core.model import Miss, Reason
from pytest_gocache.core.observe import EVERYONE, Observer, Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.core.policy import wrong_allowance, wrong_variable
from pytest_gocache.core.present import moment
from pytest_gocache.core.standing import Event
from pytest_gocache.core.values import field, record
from pytest_gocache.hooks.guard import blame
from pytest_gocache.hooks.spelled import files_read

if TYPE_CHECKING:
    from pytest_gocache.hooks.seen import Seen

NAME = "gocache"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
SAY = 'write False, reason="..." or some of inputs=["data/**"], env=["NAME"], allow=["network"], max_age="1d"'


class Misuse(Exception):
    """What is wrong with a mark, and what to write instead."""


@record
class Declared:
    """What the marks of one module say together."""

    never: str | None = None
    """Why it is never stored."""
    untold: str = ""
    """Which plugin failed to say what it reads."""
    inputs: list[str] = field(default_factory=list)
    env: list[str] = field(default_factory=list)
    allow: list[str] = field(default_factory=list)
    max_age: list[int] = field(default_factory=list)
    """In seconds."""


def declare(config: pytest.Config, items: Iterable[pytest.Item], observer: Observer, seen: Seen) -> None:
    """Notes in ``seen`` what the marks of ``items`` say, and enters declared inputs: theirs, the ini file's, and files
    that options have opened.

    A usage error for the first mark that means nothing.
    """
    rootdir = str(config.rootpath)
    for path, declared in read(items).items():
        if declared.never is not None:
            seen.unfit.setdefault(path, Miss(Reason.MARKED, declared.never))
        if declared.untold:
            seen.unfit.setdefault(path, Miss(Reason.MUST_RUN, declared.untold))
        if declared.allow:
            seen.allowed[path] = tuple(declared.allow)
        observer.quietly(f"{NAME} mark", _enter, observer, rootdir, f"module:{path}", declared)
    if patterns := list(config.getini("gocache_inputs")):
        observer.quietly("gocache_inputs", _enter, observer, rootdir, EVERYONE, Declared(inputs=patterns))
    for path in files_read(config, vars(config.option).values()):
        observer.enter({EVERYONE}, Op.OPEN, path)


def read(items: Iterable[pytest.Item]) -> dict[str, Declared]:
    """What the marks say, by module."""
    found: dict[str, Declared] = {}
    above: dict[object, Above] = {}
    for item in items:
        if item.parent not in above:
            above[item.parent] = Above.of(item)
        marked, asked = above[item.parent]
        if marked or asked or any(mark.name == NAME for mark in item.own_markers):
            _add_marks(item, found)
        if asked:
            _ask(item, found.setdefault(str(item.path), Declared()))
    return found


class Above(NamedTuple):
    """What all tests below a class or a module have in common: there may be thousands, and few are marked."""

    marked: bool
    asked: bool
    """Plugins want to be asked about their inputs. They may add marks when they are."""

    @classmethod
    def of(cls, item: pytest.Item) -> Above:
        """What stands above ``item``."""
        marked = item.parent is not None and item.parent.get_closest_marker(NAME) is not None
        return cls(marked, bool(item.ihook.pytest_gocache_inputs.get_hookimpls()))


def _add_marks(item: pytest.Item, found: dict[str, Declared]) -> None:
    for mark in item.iter_markers(NAME):
        try:
            add(found.setdefault(str(item.path), Declared()), mark, item.nodeid)
        except Misuse as wrong:
            raise pytest.UsageError(f"{item.nodeid}: pytest.mark.{NAME}: {wrong}") from None


def _ask(item: pytest.Item, declared: Declared) -> None:
    """Adds what plugins say. Where one fails to, it is not known what the test reads."""
    hook = item.ihook.pytest_gocache_inputs
    try:
        for patterns in hook(item=item):
            if patterns is not None:
                declared.inputs.extend(_told(patterns))
    except Exception as error:
        declared.untold = declared.untold or f"{item.nodeid}: {blame(hook, error)}"


def _told(patterns: Iterable[str]) -> list[str]:
    if isinstance(patterns, str):
        raise TypeError(f"{patterns!r} is one text: give back a list of them")
    texts = list(patterns)
    if wrong := next(filter(None, map(_wrong_pattern, texts)), ""):
        raise ValueError(wrong)
    return texts


def _enter(observer: Observer, rootdir: str, owner: Owner, declared: Declared) -> None:
    """Keeps the declared inputs as reads of ``owner``."""
    events: list[Event] = [(Op.GETENV, name) for name in declared.env]
    for pattern in declared.inputs:
        at = os.path.normpath(os.path.join(rootdir, pattern))
        events += [(Op.GLOB, at), *((Op.OPEN, path) for path in found_by(at))]
    if declared.max_age:
        events.append((Op.UNTIL, moment(min(declared.max_age))))
    for op, name in events:
        observer.enter({owner}, op, name)


def add(declared: Declared, mark: pytest.Mark, nodeid: str) -> None:
    """Adds what one mark says. Raises ``Misuse`` if it says nothing, or what nobody understands."""
    given = dict(mark.kwargs)
    if not mark.args and not given:
        raise Misuse(f"it says nothing: {SAY}")
    if mark.args:
        _add_word(declared, mark.args, given.pop("reason", nodeid))
    for name, value in given.items():
        if name not in READERS:
            raise Misuse(f"there is no {name!r}: {SAY}")
        getattr(declared, name).extend(READERS[name](value))


def _add_word(declared: Declared, words: tuple[object, ...], reason: object) -> None:
    if len(words) > 1:
        raise Misuse(f"it takes one value without a name, not {len(words)}: {SAY}")
    if not isinstance(words[0], bool):
        raise Misuse(f"{words[0]!r} is neither True nor False: {SAY}")
    if not isinstance(reason, str) or not reason.strip():
        raise Misuse(f'reason={reason!r} is no text: write reason="..."')
    if words[0] is False and declared.never is None:
        declared.never = " ".join(reason.split())


def _texts(name: str, like: str, value: object, wrong: Callable[[str], str]) -> list[str]:
    if not isinstance(value, (list, tuple, set, frozenset)) or not all(isinstance(each, str) for each in value):
        raise Misuse(f"{name}={value!r} is no list of texts: write {name}=[{like}]")
    for each in value:
        if told := wrong(each):
            raise Misuse(f"{told}, as in {name}=[{like}]")
    return sorted(value)


def _inputs(value: object) -> list[str]:
    return _texts("inputs", '"data/**"', value, _wrong_pattern)


def _wrong_pattern(pattern: str) -> str:
    try:
        expression([pattern])
    except ValueError as error:
        return f"{pattern!r} is no pattern of files ({error}): write a path relative to rootdir"
    return "" if pattern.strip() else f"{pattern!r} names no files: write a path relative to rootdir"


def _env(value: object) -> list[str]:
    return _texts("env", '"NAME"', value, wrong_variable)


def _allow(value: object) -> list[str]:
    return _texts("allow", '"network", "subprocess:git"', value, wrong_allowance)


def _max_age(value: object) -> list[int]:
    matched = re.fullmatch(r"\s*(\d+)\s*([smhdw])\s*", value) if isinstance(value, str) else None
    if matched is None or not int(matched[1]):
        raise Misuse(f"max_age={value!r} is no length of time: write one like '30m', '12h', '1d' or '2w'")
    return [int(matched[1]) * UNITS[matched[2]]]


READERS: Mapping[str, Callable[[object], list[str] | list[int]]] = {
    "inputs": _inputs,
    "env": _env,
    "allow": _allow,
    "max_age": _max_age,
}
"""What each keyword takes. (``reason`` goes with False.)"""
