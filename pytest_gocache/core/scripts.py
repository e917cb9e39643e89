"""What stands in a script: its interpreter, and the commands of one for a shell, if they are simple."""

from __future__ import annotations

import os

_open, _read, _close = os.open, os.read, os.close

META = frozenset("$`|&;<>(){}[]*?~!\\\n")
LARGEST = 65536
"""Of a script so many bytes are read."""


def shebang(path: str) -> list[str]:
    """The interpreter that a script's first line names, with its argument."""
    first = read_text(path, 256).partition("\n")[0]
    return first[2:].strip().split(None, 1) if first.startswith("#!") else []


def read_text(path: str, size: int = LARGEST) -> str:
    """The beginning of a file; empty if it cannot be read."""
    try:
        at = _open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError):
        return ""
    try:
        return _read(at, size).decode("utf-8", "replace")
    except OSError:
        return ""
    finally:
        _close(at)


def commands_of(text: str) -> list[list[str]] | None:
    """The commands of a shell script that has nothing but simple ones; None for anything else."""
    found = []
    for line in text.split("\n"):
        plain = line.strip()
        if not plain or plain.startswith("#"):
            continue
        words = _words(plain)
        if not words or "=" in words[0]:
            return None
        found.append(words)
    return found


def _words(line: str) -> list[str] | None:
    """The words of a simple command; quotes may stand around whole words only."""
    parts = line.split("'")
    if len(parts) % 2 == 0 or '"' in line:
        return None
    words: list[str] = []
    for number, part in enumerate(parts):
        if number % 2:
            words.append(part)
        elif not META.isdisjoint(part) or not _parts(part, number > 0, number < len(parts) - 1):
            return None
        else:
            words += part.split()
    return words


def _parts(text: str, after: bool, before: bool) -> bool:
    """Whether ``text`` parts the quoted words that it stands after and before."""
    if not text:
        return not (after and before)
    return not (after and not text[0].isspace()) and not (before and not text[-1].isspace())
