"""What an installer left of one distribution: its RECORD, its METADATA, and what they say.

``importlib.metadata`` says the same, but takes 50 ms to import.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from pytest_gocache.core.hashing import Digest, digest_bytes
from pytest_gocache.core.values import frozen

INFO_SUFFIXES: Final = (".dist-info", ".egg-info")
_NOTES: Final = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json", "uv_cache.json", "uv_build.json"})
# Compiled at their first use: an exact repeat of a run has none.
_SCRIPT: Final = r"\.\./.*(?:bin|Scripts)/"
_REQUIREMENT: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*"
_EXTRA: Final = r"""extra\s*==\s*['"]([^'"]+)"""
_FOR_DEVELOPERS: Final = frozenset(
    {
        *("dev", "develop", "development", "devel", "developer", "test", "tests", "testing", "tests-mypy"),
        *("test-extras", "cov", "coverage", "benchmark", "check", "checks", "lint", "linting", "typing"),
        *("type", "types", "mypy", "doc", "docs", "documentation", "release", "ci", "build", "enabler"),
        "cover",
    }
)
"""Extras with which a distribution is developed, not used. Followed, they would join everything that imports
pytest with hypothesis, tox and half of what is installed."""


@frozen
class Distribution:
    """One installed distribution, as its metadata tell."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    digest: Digest
    """Of its RECORD, or of its metadata where it has none."""
    tops: tuple[str, ...]
    """Top-level names that it provides."""
    requires: tuple[str, ...]
    """Normalised names, those of extras among them, for only what is installed is followed."""
    trees: tuple[str, ...]
    """The files and directories that it owns (maybe with others), relative to where it is installed."""


class Entry(NamedTuple):
    """One line of a RECORD. ``sum`` is ``sha256=…`` or empty."""

    path: str
    sum: str
    size: int


def normalised(name: str) -> str:
    """PEP 503: ``Foo.Bar_baz`` and ``foo-bar-baz`` are one name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_distribution(path: str) -> Distribution:
    """Reads one ``*.dist-info`` or ``*.egg-info``; files that are not there say nothing."""
    base, _, _ = os.path.basename(path).rpartition(".")
    name, _, version = base.partition("-")
    record = read(path, "RECORD")
    metadata = read(path, "METADATA") or read(path, "PKG-INFO") or read(path)
    fields = list(_header(metadata))
    listed = list(entries(record))
    paths = [entry.path for entry in listed]
    tops = tuple(sorted(_tops(paths) | set(read(path, "top_level.txt").decode("utf-8", "replace").split())))
    return Distribution(
        normalised(next((value for key, value in fields if key == "name"), name)),
        next((value for key, value in fields if key == "version"), version.partition("-")[0]),
        digest_of(listed) if record else digest_bytes(metadata),
        tops,
        tuple(sorted({*_requires(fields), *_egg_requires(read(path, "requires.txt"))})),
        tuple(sorted({os.path.basename(path), *(_trees(paths) if record else trees_of_tops(path, tops))})),
    )


def entries(record: bytes) -> Iterator[Entry]:
    """The files that a RECORD lists, without those that differ from one environment to the next."""
    for line in record.decode("utf-8", "surrogateescape").splitlines():
        if "__pycache__/" in line:  # half of all lines; bytecode names its source's time
            continue
        fields = line.rsplit(",", 2)
        if len(fields) != 3 or not _counts(fields[0]):
            continue
        path, sum_, size = fields
        if path.startswith('"'):
            path = path[1:-1].replace('""', '"')
        yield Entry(path, sum_, int(size) if size.isdecimal() else -1)


def is_note(path: str) -> bool:
    """Whether an installer wrote this for itself."""
    directory, _, name = path.rpartition("/")
    return directory.endswith(INFO_SUFFIXES) and name in _NOTES


def portable_digest(record: bytes) -> Digest:
    """A RECORD without order, and without what depends on the venv rather than on the distribution."""
    return digest_of(entries(record))


def digest_of(listed: Iterable[Entry]) -> Digest:
    """The same of a RECORD that was read already."""
    lines = sorted(f"{each.path},{each.sum},{each.size}" for each in listed)
    return digest_bytes("\n".join(lines).encode("utf-8", "surrogateescape"))


def _counts(path: str) -> bool:
    """Scripts name the interpreter in their first line."""
    if path.startswith("../") and re.match(_SCRIPT, path):
        return False
    return "-info/" not in path or not is_note(path)


def _tops(paths: Iterable[str]) -> set[str]:
    parts = {path.partition("/")[:2] for path in paths}
    return {first if inside else first.partition(".")[0] for first, inside in parts if _importable(first, inside)}


def _importable(first: str, inside: str) -> bool:
    return first.isidentifier() if inside else first.endswith((".py", ".so", ".pyd", ".pyc"))


def _trees(paths: Iterable[str]) -> set[str]:
    """The first part of each path; the whole of those that lead out of the directory."""
    return {path if path.startswith(("../", "/")) else path.partition("/")[0] for path in paths}


def trees_of_tops(info: str, tops: Iterable[str]) -> set[str]:
    """Where only names are known: what the directory of ``info`` holds under them."""
    wanted = set(tops)
    return {name for name in names_of(os.path.dirname(info)) if name.partition(".")[0] in wanted}


def names_of(directory: str) -> list[str]:
    """The names in ``directory`` that may be modules or packages."""
    try:
        return [name for name in os.listdir(directory) if not name.endswith((*INFO_SUFFIXES, ".pth"))]
    except OSError:
        return []


def _header(metadata: bytes) -> Iterator[tuple[str, str]]:
    for line in metadata.decode("utf-8", "replace").splitlines():
        if not line:
            return
        key, colon, value = line.partition(":")
        if colon:
            yield key.lower(), value.strip()


def _requires(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    for key, value in fields:
        match = re.match(_REQUIREMENT, value) if key == "requires-dist" else None
        extras = {normalised(extra) for extra in re.findall(_EXTRA, value)}
        if match and (not extras or extras - _FOR_DEVELOPERS):
            yield normalised(match[0])


def _egg_requires(text: bytes) -> Iterator[str]:
    for line in text.decode("utf-8", "replace").splitlines():
        match = re.match(_REQUIREMENT, line)
        if match:
            yield normalised(match[0])


def read(*parts: str) -> bytes:
    """The bytes of a file; none if it cannot be read."""
    try:
        with open(os.path.join(*parts), "rb", buffering=0) as file:
            return file.readall()
    except OSError:
        return b""
