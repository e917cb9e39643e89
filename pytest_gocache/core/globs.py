"""Patterns of paths: which files one finds on disk, and which names it means. ``**`` is any number of directories."""

from __future__ import annotations

import os
import re
import stat as _stat
from collections.abc import Iterable

# Private copies: tests replace these (pyfakefs, monkeypatch), and we wrap them ourselves.
_os_stat, _join = os.stat, os.path.join

PASSED_BY = frozenset({"__pycache__", ".pytest_cache", ".hypothesis", ".mypy_cache", ".ruff_cache", ".git"})
"""Directories that no pattern of inputs means."""

_TOKENS = r"(?s)\*\*/|/\*\*$|\*\*|\*|\?|\[!?\]?[^]/]*\]|."
_MEANINGS = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def found_by(pattern: str) -> tuple[str, ...]:
    """The files that an absolute pattern finds now, sorted. What exists under a pattern's very name is meant."""
    import glob  # not needed by who declares nothing

    base, rest = split(pattern)
    names = glob.glob(rest, root_dir=base, recursive=True, include_hidden=True) if rest else [""]
    wanted = (name for name in names if PASSED_BY.isdisjoint(name.split(os.sep)))
    return tuple(sorted(path for path in (_join(base, name) if name else base for name in wanted) if _is_file(path)))


def split(pattern: str) -> tuple[str, str]:
    """The directory (or file) up to which every part of ``pattern`` exists as it is written, and the rest."""
    parts = pattern.split(os.sep)
    known = 1
    while known < len(parts) and _exists(os.sep.join(parts[: known + 1])):
        known += 1
    return os.sep.join(parts[:known]) or os.sep, os.sep.join(parts[known:])


def expression(patterns: Iterable[str]) -> re.Pattern[str] | None:
    """What matches the names that one of ``patterns`` means; None for no patterns. Raises ValueError for rubbish.

    ``build/**`` means ``build`` itself, too: what is in it is its listing.
    """
    texts = [_translated(pattern) for pattern in patterns]
    return re.compile("|".join(f"(?:{text})" for text in texts), re.DOTALL) if texts else None


def _translated(pattern: str) -> str:
    text = "".join(_meaning(token) for token in re.findall(_TOKENS, pattern))
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(str(error)) from None
    return text


def _meaning(token: str) -> str:
    if token in _MEANINGS:
        return _MEANINGS[token]
    if len(token) > 2 and token.startswith("["):
        return "[^" + token[2:].replace("\\", "\\\\") if token[1] == "!" else token.replace("\\", "\\\\")
    return re.escape(token)


def _exists(path: str) -> bool:
    try:
        _os_stat(path)
    except (OSError, ValueError):
        return False
    return True


def _is_file(path: str) -> bool:
    try:
        return _stat.S_ISREG(_os_stat(path).st_mode)
    except (OSError, ValueError):
        return False
