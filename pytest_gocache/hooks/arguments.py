"""What the command line asks for: directories, files, and which tests of a file."""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from importlib.machinery import ModuleSpec
from typing import Any, cast

import pytest
from _pytest.mark.expression import Expression

from pytest_gocache.core.model import SavedMark, SavedTest, Selection
from pytest_gocache.core.places import Places
from pytest_gocache.core.values import frozen


@frozen
class Argument:
    """One positional argument: the path it leads to, and the node-id part behind it (``::Class::test``)."""

    text: str
    path: str
    part: str


@frozen
class Request:
    """All that was asked for, by path."""

    arguments: tuple[Argument, ...]
    keyword: str
    mark: str
    deselect: tuple[str, ...]
    overlapping: frozenset[str] = frozenset()
    """Files that more than one argument reaches: how often pytest runs them is pytest's affair."""

    def selection(self, path: str, nodeid: str) -> Selection | None:
        """Which tests of the module at ``path`` were asked for; None where we cannot tell."""
        if path in self.overlapping or (self.deselect and not nodeid):
            return None
        parts = tuple(arg.part for arg in self.arguments if arg.path == path)
        whole = not parts or "" in parts
        deselect = tuple(text[len(nodeid) :] for text in self.deselect if text.startswith(nodeid))
        if any(nodeid.startswith(text) for text in self.deselect):
            return None
        return _selection(() if whole else tuple(dict.fromkeys(parts)), self.keyword, self.mark, deselect)

    def reaches(self, path: str) -> bool:
        """Whether ``path`` was asked for. On its way to a named file pytest also looks at the files beside it."""
        return any(arg.path == path or _contains(arg.path, path) for arg in self.arguments)

    def argument_of(self, path: str) -> int:
        """The place of the first argument that reaches ``path``."""
        reached = (arg.path == path or _contains(arg.path, path) for arg in self.arguments)
        return next((number for number, reaches in enumerate(reached) if reaches), len(self.arguments))

    def files(self) -> tuple[str, ...]:
        """The files named directly, in order."""
        return tuple(dict.fromkeys(arg.path for arg in self.arguments if os.path.isfile(arg.path)))

    def directories(self) -> tuple[str, ...]:
        """The directories named, in order."""
        return tuple(dict.fromkeys(arg.path for arg in self.arguments if os.path.isdir(arg.path)))


@functools.cache
def _selection(node_ids: tuple[str, ...], keyword: str, mark: str, deselect: tuple[str, ...]) -> Selection:
    """Most modules have the same."""
    return Selection(node_ids, keyword, mark, deselect)


def read_request(config: pytest.Config) -> Request:
    """The positional arguments and selecting options of this run."""
    arguments = named_arguments(config.args, str(config.invocation_params.dir), bool(config.option.pyargs))
    return Request(
        arguments,
        str(config.option.keyword or "").strip(),
        str(config.option.markexpr or "").strip(),
        tuple(config.option.deselect or ()),
        _overlapping(arguments),
    )


def named_arguments(texts: Sequence[str], start: str, pyargs: bool) -> tuple[Argument, ...]:
    """Positional arguments as given in the directory ``start``."""
    return tuple(_argument(text, start, pyargs) for text in texts)


def _argument(text: str, start: str, pyargs: bool) -> Argument:
    base, bracket, rest = text.partition("[")
    name, *parts = base.split("::")
    part = "".join("::" + word for word in parts) + bracket + rest
    path = os.path.normpath(os.path.join(start, name))
    if pyargs and not os.path.exists(path):
        path = _module_path(name) or path
    return Argument(text, path, part)


def _module_path(name: str) -> str:
    """Where a module named with ``--pyargs`` lies; empty if it cannot be found."""
    try:
        spec = _spec(name)
    except (ImportError, AttributeError, ValueError):
        return ""
    if spec is None or spec.origin in (None, "namespace"):
        return "" if spec is None else next(iter(spec.submodule_search_locations or ()), "")
    origin = str(spec.origin)
    return os.path.dirname(origin) if spec.submodule_search_locations is not None else origin


def _spec(name: str) -> ModuleSpec | None:
    """As ``find_spec``, which imports the packages that a module lies in: nobody would see what they run and read."""
    spec, where = None, None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        full = ".".join(parts[:end])
        try:
            found = (finder.find_spec(full, where) for finder in sys.meta_path if hasattr(finder, "find_spec"))
            spec = next(filter(None, found), None)
        except KeyError:  # a namespace package below another one: where it lies is known once that is imported
            return importlib.util.find_spec(name)
        where = spec.submodule_search_locations if spec else None
        if spec is None or (where is None and end < len(parts)):
            return None
    return spec


def _overlapping(arguments: Sequence[Argument]) -> frozenset[str]:
    found = set()
    for position, argument in enumerate(arguments):
        others = [*arguments[:position], *arguments[position + 1 :]]
        twice = any(other.path == argument.path and not (other.part and argument.part) for other in others)
        inside = any(other.path != argument.path and _contains(other.path, argument.path) for other in others)
        nested = any(other.part and argument.part and _same_tests(other, argument) for other in others)
        if twice or inside or nested:
            found.add(argument.path)
    return frozenset(found)


def _contains(directory: str, path: str) -> bool:
    return path.startswith(directory.rstrip(os.sep) + os.sep)


def _same_tests(one: Argument, other: Argument) -> bool:
    if one.path != other.path:
        return False
    return one.part.startswith(other.part) or other.part.startswith(one.part)


def chooser(request: Request) -> Callable[[SavedTest], bool] | None:
    """Whether a stored test is chosen by ``-k`` and ``-m``, judged by pytest's own expressions.

    None where they cannot be understood: then pytest itself is left to say so.
    """
    try:
        keyword = Expression.compile(request.keyword) if request.keyword else None
        mark = Expression.compile(request.mark) if request.mark else None
        chooses = _chooser(keyword, mark)
        chooses(NO_TEST)
    except Exception:  # each pytest version has its own ParseError
        return None
    return chooses


NO_TEST = SavedTest("", "", None, "", (), (), (), ())


def _chooser(keyword: Expression | None, mark: Expression | None) -> Callable[[SavedTest], bool]:
    def chooses(test: SavedTest) -> bool:
        return (keyword is None or _named(keyword, test.matchable)) and (mark is None or marked(test.marks))

    marked = _marked(mark) if mark is not None else bool
    return chooses


def _named(keyword: Expression, names: Iterable[str]) -> bool:
    lowered = [name.lower() for name in names]

    def has_name(word: str, /) -> bool:
        return any(word.lower() in name for name in lowered)

    return keyword.evaluate(cast(Any, has_name))


def _marked(mark: Expression) -> Callable[[tuple[SavedMark, ...]], bool]:
    """Whether ``mark`` is true of some marks. The tests of a function stand in a row, and share theirs."""
    last: list[tuple[tuple[SavedMark, ...], bool]] = []

    def marked(marks: tuple[SavedMark, ...]) -> bool:
        def has_mark(word: str, /, **wanted: object) -> bool:
            named = (own for own in marks if own.name == word)
            return any(all((key, value) in own.kwargs for key, value in wanted.items()) for own in named)

        if not last or last[0][0] is not marks:
            last[:] = [(marks, mark.evaluate(cast(Any, has_mark)))]
        return last[0][1]

    return marked


def places_for(config: pytest.Config, arguments: Sequence[Argument]) -> Places:
    """Names of paths for this run. What ``--pyargs`` tests is first-party, although it is installed."""
    plain = Places.of_interpreter(config.rootpath)
    owned = {top for argument in arguments if (top := plain.package_of(argument.path))}
    return Places.of_interpreter(config.rootpath, sorted(owned)) if owned else plain
