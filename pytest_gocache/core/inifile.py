"""The ini file of a project as pytest finds it, for commands that do not start pytest.

Where pytest finds none, it has no value of ours. (``pytest.toml`` and ``[tool.pytest]`` are pytest 9's; pytest 8 does
not know them, and then they are not there.)
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_gocache.core.looks import upward
from pytest_gocache.core.values import frozen

NAMES: Final = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")
"""In pytest's order."""
OPTION: Final = "--gocache-dir"
OF_A_STORE: Final = "://"
"""What such an option names is no directory of ours, but another store."""


@frozen
class Place:
    """Where the cache lies, as far as the project says it."""

    option: str = ""
    """``--gocache-dir``, of the arguments or of ``addopts``."""
    ini: str = ""
    base: str = ""
    """What ``ini`` is relative to."""


def place_of(arguments: Sequence[str], environ: Mapping[str, str]) -> Place:
    """What ``pytest ARGUMENTS``, started here, would find. ``ValueError`` tells what is wrong with an ini file."""
    base, lines = _found(_start(arguments))
    words = [*_words(lines.get("addopts", "")), *_words(environ.get("PYTEST_ADDOPTS", "")), *arguments]
    named = [each for each in _named(words) if OF_A_STORE not in each]
    return Place(named[-1] if named else "", str(lines.get("gocache_dir", "")), base)


def _start(arguments: Sequence[str]) -> str:
    """Where pytest begins to look: in the directory that all of its arguments lie in."""
    paths = [each.partition("::")[0] for each in arguments]
    there = [os.path.abspath(path) for path in paths if os.path.exists(path)]
    start = os.path.commonpath(there or [os.getcwd()])
    return start if os.path.isdir(start) else os.path.dirname(start)


def _found(start: str) -> tuple[str, Mapping[str, Any]]:
    """The first directory upward with an ini file of pytest's, and what that says."""
    for directory in upward(start):
        for name in NAMES:
            path = os.path.join(directory, name)
            if os.path.isfile(path) and (lines := _read(path, name)) is not None:
                return directory, lines
    return "", {}


def _read(path: str, name: str) -> Mapping[str, Any] | None:
    """The lines that are pytest's; None where the file is not for pytest."""
    try:
        return _of_toml(path, name) if name.endswith(".toml") else _of_ini(path, name)
    except (ValueError, AttributeError, TypeError) as error:  # the latter two: a value stands where a table is wanted
        raise ValueError(f"{path} cannot be read: {error}") from None


def _of_toml(path: str, name: str) -> Mapping[str, Any] | None:
    import tomllib

    with open(path, "rb") as file:
        text = tomllib.load(file)
    if name != "pyproject.toml":
        return dict(text.get("pytest", {}))
    lines = dict(text.get("tool", {}).get("pytest", {}))
    of_ini = lines.pop("ini_options", None)
    return lines or of_ini


def _of_ini(path: str, name: str) -> Mapping[str, Any] | None:
    from iniconfig import IniConfig, ParseError  # pytest's own reader

    try:
        sections = IniConfig(path).sections
    except ParseError as error:
        raise ValueError(f"line {error.lineno + 1}: {error.msg}") from None
    section = sections.get("tool:pytest" if name == "setup.cfg" else "pytest")
    return {} if section is None and name.endswith("pytest.ini") else section


def _words(options: Any) -> list[str]:
    """Options as they are given: a text, or a list in TOML."""
    try:
        return [str(each) for each in options] if isinstance(options, list) else shlex.split(str(options))
    except ValueError as error:
        raise ValueError(f"addopts cannot be read: {error}") from None


def _named(words: Sequence[str]) -> Iterator[str]:
    """The values of our option."""
    for at, word in enumerate(words):
        name, is_whole, value = word.partition("=")
        if name == OPTION and (is_whole or at + 1 < len(words)):
            yield value if is_whole else words[at + 1]
