"""What holds for every module of a run. Apart from ``core/action.py`` because an exact repeat needs no more."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_gocache.core.hashing import Digest, Hasher
from pytest_gocache.core.values import frozen


@frozen
class Late:
    """A conftest that pytest loads when it collects: had it been named on the command line, it would have been loaded
    at the start, and more of it would have been called."""

    path: str
    told: str
    """The line of the key."""
    below: bool
    """Whether the modules below it meet something else then, too; all others always may."""


@frozen
class Conditions:
    """What holds for every module of a run: interpreter, variables, flags, ini values, plugins."""

    lines: tuple[str, ...]
    digest: Digest
    plugin_files: tuple[str, ...]
    """First-party source files of active plugins: part of every closure."""
    plugins: tuple[str, ...] = ()
    """The distributions that active plugins come from: what they require counts, too, and edits in place."""
    plugin_tops: frozenset[str] = frozenset()
    """Top-level names of installed modules that are plugins, named by options or by other plugins."""
    exactly: bool = False
    """Whether sources count byte for byte in every key: a filter of warnings names a line."""
    late: tuple[Late, ...] = ()
    """Of the conftests that concern every module."""


def conditions(
    directory: str,
    interpreter: Iterable[tuple[str, str]],
    variables: Iterable[tuple[str, Digest]],
    flags: Iterable[tuple[str, str]],
    ini: Iterable[tuple[str, str]],
    plugins: Iterable[tuple[str, ...]],
    plugin_files: Iterable[str],
) -> Conditions:
    """The conditions of a run, each part one line a value.

    ``directory`` is the portable name of the current directory: relative paths start there.
    """
    hasher = Hasher("conditions")
    hasher.add("directory", directory)
    plugins = tuple(plugins)
    parts = (
        ("interpreter", interpreter),
        ("variable", variables),
        ("flag", flags),
        ("ini", ini),
        ("plugin", plugins),
    )
    for part, lines in parts:
        for line in lines:  # in order: a later -W outweighs an earlier one
            hasher.add(part, *line)
    return Conditions(
        tuple(hasher.lines), hasher.digest(), tuple(sorted(plugin_files)), tuple(line[0] for line in plugins)
    )
