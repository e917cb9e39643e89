"""Why a module misses: the difference between two short texts, told as one reason and the very thing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from pytest_gocache.core.model import Manifest, Miss, Reason

PARTS = (
    ("interpreter", Reason.INTERPRETER_CHANGED),
    ("directory", Reason.ENVIRONMENT_CHANGED),
    ("variable", Reason.ENVIRONMENT_CHANGED),
    ("flag", Reason.FLAGS_CHANGED),
    ("ini", Reason.FLAGS_CHANGED),
    ("plugin", Reason.PLUGINS_CHANGED),
    ("module", Reason.MODULE_CHANGED),
    ("distribution", Reason.DISTRIBUTION_CHANGED),
    ("hidden", Reason.INTERPRETER_CHANGED),
)
"""The parts of a transcript in the order in which a change is told: who changed a flag wants to read that."""

NEW, CHANGED, GONE = "new", "changed", "gone"
SHORT = 12

SELECTIONS = ("selection", "selection-expressions")


def changed_line(before: Manifest, lines: tuple[str, ...]) -> Miss | None:
    """The first part of the transcript that differs, as a miss; None if none does."""
    old, new = set(before.lines), set(lines)
    for part, reason in PARTS:
        came = [line for line in lines if line not in old and line.split(" ", 1)[0] == part]
        went = [line for line in before.lines if line not in new and line.split(" ", 1)[0] == part]
        if came or went:
            return Miss(reason, _thing(part, came, went))
    if any(line not in old and line.split(" ", 1)[0] in SELECTIONS for line in lines):
        return Miss(Reason.SELECTION_CHANGED)
    return None


def _thing(part: str, came: list[str], went: list[str]) -> str:
    text = (came or went)[0].partition(" ")[2]
    words = text.split(" ")
    if part in ("flag", "ini"):
        shown = ast.literal_eval(text) if text[:1] in "'\"" else text
        return str(shown) if came else f"no longer {shown}"
    if part in ("distribution", "plugin"):
        before = [line.split(" ")[2:3] for line in went if line.split(" ")[1] == words[0]] if came else []
        version = " ".join(words[1:2])
        if before and before[0] not in ([], [version]):
            return f"{words[0]} {before[0][0]} -> {version}"
        return " ".join(words[:2]) + ("" if came else " gone")
    if part == "hidden":
        return f"Python's own {words[0]} is {'' if came else 'no longer '}hidden by a module of the project"
    return f"current directory {text}" if part == "directory" else words[0]


def changed_source(before: Mapping[str, str], now: Mapping[str, str], exactly: bool = False) -> Miss | None:
    """The first source file of the closure that changed or appeared, else the first that went; None if none did."""
    for name, how in changed_sources(before, now, exactly):
        return Miss(Reason.INPUT_CHANGED, f"import {name}" + ("" if how == CHANGED else f" ({how})"))
    return None


def changed_sources(
    before: Mapping[str, str], now: Mapping[str, str], exactly: bool = False
) -> Iterator[tuple[str, str]]:
    """Each of them, with ``changed``, ``new`` or ``gone``. ``exactly``: comments and layout count, too."""
    for name in sorted(now):
        if name not in before:
            yield name, NEW
        elif not _same(before[name], now[name], exactly):
            yield name, CHANGED
    yield from ((name, GONE) for name in sorted(before.keys() - now.keys()))


def shortened(code: str, text: str) -> str:
    """What is kept of a source's two digests: of its code, and of its bytes."""
    return code[:SHORT] + text[:SHORT]


def _same(before: str, now: str, exactly: bool) -> bool:
    return before == now if exactly else before[:SHORT] == now[:SHORT]
