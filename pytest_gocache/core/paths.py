"""Paths as texts: as user code gives them, made absolute without a look at the disk, but where ``..`` stands behind a
link."""

from __future__ import annotations

import os
from collections.abc import Iterator

from pytest_gocache.core.looks import upward
from pytest_gocache.core.made import MOST_LINKS

# Private copies: tests replace these (pyfakefs, freezegun, monkeypatch).
_getcwd, _fspath, _fsdecode, _readlink = os.getcwd, os.fspath, os.fsdecode, os.readlink
_normpath, _join, _isabs, _dirname = os.path.normpath, os.path.join, os.path.isabs, os.path.dirname
POSIX = os.sep == "/"
_DOTS = ("/.", "/..")
_BACK = os.sep + os.pardir
passed: list[str] = []
"""Links that ``absolute`` led out of, until somebody sees the path: where they lead is an input, too."""


def absolute(path: object) -> str:
    """``path`` as an absolute, normalised string; links stay as they are (where they lead is content), but for those
    that ``..`` leads out of again."""
    name = str(_fsdecode(_fspath(path)))  # type: ignore[call-overload]
    if is_normal(name):
        return name
    whole = name if _isabs(name) else _join(_getcwd(), name)
    return str(_normpath(_without_way_back(whole) if _BACK in whole else whole))


def is_below(path: str, directory: str) -> bool:
    """Whether ``path`` is ``directory``, or lies in it."""
    return path == directory or path.startswith(directory.rstrip(os.sep) + os.sep)


def _without_way_back(path: str, links: int = 0) -> str:
    """``path`` without ``..``: behind a link that is above where the link leads, and not beside the link."""
    at = ""
    for part in path.split(os.sep):
        while part == os.pardir and links < MOST_LINKS and (target := _target(at)):
            passed.append(at)
            links += 1
            at = _without_way_back(_join(_dirname(at), target), links)
        at = _dirname(at) if part == os.pardir else at if part in ("", os.curdir) else f"{at}{os.sep}{part}"
    return at or os.sep


def _target(path: str) -> str:
    """Where a link leads; empty for what is none."""
    try:
        return str(_readlink(path))
    except (OSError, ValueError):
        return ""


def links_towards(path: str) -> Iterator[str]:
    """The links on the way from the current directory to ``path``."""
    here = _join(_getcwd(), "")
    for each in upward(path):
        if here.startswith(_join(each, "")):
            return
        if _target(each):
            yield each


def is_normal(path: str) -> bool:
    """Whether ``path`` is absolute, and as ``normpath`` would leave it. In doubt, it is not."""
    plain = POSIX and path[:1] == "/" and "//" not in path and path[-1] != "/"
    return plain and ("/." not in path or ("/./" not in path and "/../" not in path and not path.endswith(_DOTS)))
