"""Submodules that a source reaches by attributes: ``import shop``, then ``shop.orders.total()``.

That works where somebody imported ``shop.orders`` before, another test module perhaps. So it counts as an import. It is
looked for in the text, strings and comments included: what is no submodule resolves to nothing (``core/imports.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pytest_gocache.core.refs import ImportRef

DEEPEST: Final = 8
"""So many attributes of one name are followed."""
_ELSEWHERE: Final = frozenset(
    {
        *("abc", "asyncio", "collections", "contextlib", "copy", "csv", "dataclasses", "datetime", "enum"),
        *("functools", "gc", "inspect", "io", "itertools", "json", "logging", "math", "operator", "os"),
        *("pathlib", "pickle", "random", "re", "shutil", "string", "subprocess", "sys", "tempfile", "textwrap"),
        *("threading", "time", "typing", "unittest", "warnings", "pytest"),
    }
)
"""Often imported, and never the project's own, whose parts would count: it saves the time to look for them."""
_NAME: Final = rb"[A-Za-z_\x80-\xff][\w\x80-\xff]*"
_PART: Final = re.compile(rb"[\w.\x80-\xff]")
_GAP: Final = rb"(?:\s|\\\n|\#[^\n]*\n)"
"""What may stand around a dot, if the line goes on."""
_ATTRIBUTES: Final = re.compile(rb"(?:%b*\.%b*%b)+" % (_GAP, _GAP, _NAME))
_GAPS: Final = re.compile(_GAP + rb"+")


class Binding(NamedTuple):
    """A name, and what an import statement bound it to: ``below`` some module."""

    name: str
    module: str
    below: str = ""
    level: int = 0


def bindings(ref: ImportRef, names: Iterable[tuple[str, str]]) -> Iterator[Binding]:
    """What one statement binds. ``names`` are those of an ``import``, or those imported from ``ref``, each with what it
    is to be called; empty for its own name."""
    for name, called in names:
        if ref.names:
            yield Binding(called or name, ref.module, name, ref.level)
        else:
            yield Binding(called, name) if called else Binding(name.partition(".")[0], name.partition(".")[0])


def chain_refs(bound: Iterable[Binding], content: bytes) -> Iterator[ImportRef]:
    """What may be submodules, one reference for each module that they would be in."""
    found: dict[tuple[str, int], set[str]] = {}
    for each in set(bound):
        if each.level or each.module.partition(".")[0] not in _ELSEWHERE:
            names = {".".join([each.below, *chain]).lstrip(".") for chain in _chains(each.name, content)}
            if names:
                found.setdefault((each.module, each.level), set()).update(names)
    for (module, level), names in found.items():
        yield ImportRef(module, tuple(sorted(names)), level, True)


def _chains(name: str, content: bytes) -> Iterator[list[str]]:
    for attributes in set(_attributes(name.encode(), content)):
        yield _GAPS.sub(b"", attributes).decode(errors="replace").split(".")[1 : DEEPEST + 1]


def _attributes(name: bytes, content: bytes) -> Iterator[bytes]:
    """What stands behind the name, wherever that is. (A pattern for each name would take longer to make than this.)"""
    start = content.find(name)
    while start >= 0:
        end = start + len(name)
        found = _ATTRIBUTES.match(content, end)
        if found and _begins(start, content):
            yield found.group()
        start = content.find(name, end)  # not behind the attributes: the next line may begin with the name


def _begins(start: int, content: bytes) -> bool:
    """Whether it is the name, and not the end of another or part of an import statement. (After ``from``, it may be
    that of ``yield from`` or of ``raise``.)"""
    return not (start and _PART.match(content, start - 1)) and not content.endswith(b"import ", 0, start)
