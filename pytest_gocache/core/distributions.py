"""Installed distributions: which one provides a top-level name, and what state it is in.

A distribution counts by its RECORD, which lists the hash of each of its files. Lines that differ from one
venv to the next are left out: scripts (their first line names the interpreter), bytecode, and the notes that
installers leave. So two machines with the same wheels agree. Files edited by hand in site-packages go
unseen, as in Go's module cache. ``importlib.metadata`` says the same, but takes 50 ms to import.

What is learnt of a distribution is remembered between runs (``remembered``), by the size, times and inode of
its RECORD, unless that was written too short a while ago to be told from a second write.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pytest_gocache.core.hashing import ABSENT, Digest, Hasher, digest_bytes
from pytest_gocache.core.model import Json

_RACY_NS: Final = 2_000_000_000
_NOTES: Final = frozenset({"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"})
_SCRIPT: Final = re.compile(rb"\.\./.*(?:bin|Scripts)/")
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_EXTRA: Final = re.compile(r"""extra\s*==\s*['"]([^'"]+)""")
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


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    digest: Digest
    tops: tuple[str, ...]
    """Top-level names that it provides."""
    requires: tuple[str, ...]
    """Normalised names, those of extras among them, for only what is installed is followed."""


class Distributions:
    """All distributions of some directories, each read when it is first needed."""

    def __init__(self, site_dirs: Iterable[str], remembered: object = None, now_ns: int | None = None) -> None:
        self._site_dirs = tuple(dict.fromkeys(site_dirs))
        self._old = remembered if isinstance(remembered, Mapping) else {}
        self._new: dict[str, Json] = {}
        self._now = time.time_ns() if now_ns is None else now_ns
        self._names: dict[str, list[Distribution]] | None = None
        self._by_top: dict[str, list[Distribution]] = {}
        self._unowned: dict[str, Digest] = {}

    def by_name(self, name: str) -> Distribution | None:
        """The distribution called ``name`` in any spelling; of several, the first on the path."""
        found = self._index().get(normalised(name))
        return found[0] if found else None

    def by_top(self, top: str) -> tuple[str, ...]:
        """Names of the distributions that provide the importable ``top``; a namespace may have several."""
        self._index()
        return tuple(sorted({one.name for one in self._by_top.get(top, ())}))

    def digest(self, tops: Iterable[str]) -> tuple[tuple[str, str, Digest], ...]:
        """Name, version and digest of all that provide ``tops``, and of what they require, transitively.

        A module in site-packages that belongs to nothing counts by its content: ``("top:x", "", ...)``.
        """
        tops = sorted(set(tops))
        owned = {top: self.by_top(top) for top in tops}
        found = self.digest_of_names(name for names in owned.values() for name in names)
        strays = tuple((f"top:{top}", "", self._stray(top)) for top in tops if not owned[top])
        return (*found, *strays)

    def digest_of_names(self, names: Iterable[str]) -> tuple[tuple[str, str, Digest], ...]:
        """The same for distributions given by name (active plugins)."""
        index, todo, seen = self._index(), [normalised(name) for name in names], set[str]()
        while todo:
            name = todo.pop()
            if name not in seen and name in index:
                seen.add(name)
                todo += [required for one in index[name] for required in one.requires]
        return tuple(sorted((one.name, one.version, one.digest) for name in seen for one in index[name]))

    def remembered(self) -> dict[str, Json]:
        """What a later run may be given; plain data."""
        self._index()
        return self._new

    def _index(self) -> dict[str, list[Distribution]]:
        if self._names is None:
            self._names = {}
            for path in self._metadata_dirs():
                one = self._distribution(path)
                self._names.setdefault(one.name, []).append(one)
                for top in one.tops:
                    self._by_top.setdefault(top, []).append(one)
        return self._names

    def _metadata_dirs(self) -> Iterator[str]:
        for directory in self._site_dirs:
            for name in _listed(directory):
                if name.endswith((".dist-info", ".egg-info")):
                    yield f"{directory}{os.sep}{name}"

    def _distribution(self, path: str) -> Distribution:
        stamp = _stamp(path, self._now)
        known = _from_json(self._old.get(path), stamp) if stamp else None
        found = known or read_distribution(path)
        if stamp:
            self._new[path] = _to_json(found, stamp)
        return found

    def _stray(self, top: str) -> Digest:
        if top not in self._unowned:
            hasher = Hasher("stray module")
            for directory in self._site_dirs:
                for name in _listed(directory):
                    if name.partition(".")[0] == top:
                        _add_content(hasher, directory, name)
            self._unowned[top] = hasher.digest() if len(hasher.lines) > 1 else ABSENT
        return self._unowned[top]


def normalised(name: str) -> str:
    """PEP 503: ``Foo.Bar_baz`` and ``foo-bar-baz`` are one name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_distribution(path: str) -> Distribution:
    """Reads one ``*.dist-info`` or ``*.egg-info``; files that are not there say nothing."""
    base, _, _ = os.path.basename(path).rpartition(".")
    name, _, version = base.partition("-")
    record = _read(path, "RECORD")
    metadata = _read(path, "METADATA") or _read(path, "PKG-INFO") or _read(path)
    fields = list(_header(metadata))
    listed = _tops_of_record(record) | set(_read(path, "top_level.txt").decode("utf-8", "replace").split())
    return Distribution(
        normalised(next((value for key, value in fields if key == "name"), name)),
        next((value for key, value in fields if key == "version"), version.partition("-")[0]),
        portable_digest(record) if record else digest_bytes(metadata),
        tuple(sorted(listed)),
        tuple(sorted({*_requires(fields), *_egg_requires(_read(path, "requires.txt"))})),
    )


def portable_digest(record: bytes) -> Digest:
    """A RECORD without order, and without what depends on the venv rather than on the distribution."""
    return digest_bytes(b"\n".join(sorted(line for line in record.splitlines() if _counts(line))))


def _counts(line: bytes) -> bool:
    file = line.partition(b",")[0]
    if not file or file.endswith((b".pyc", b".pyo")) or _SCRIPT.match(file):
        return False
    directory, _, name = file.rpartition(b"/")
    return not (directory.endswith(b".dist-info") and name.decode("utf-8", "replace") in _NOTES)


def _tops_of_record(record: bytes) -> set[str]:
    firsts = {line.partition(b",")[0].partition(b"/")[::2] for line in record.splitlines()}
    names = {first if rest else first.partition(b".")[0] for first, rest in firsts if _importable(first, rest)}
    return {name.decode("utf-8", "replace") for name in names}


def _importable(first: bytes, rest: bytes) -> bool:
    if rest:
        return first.decode("utf-8", "replace").isidentifier() and first != b"__pycache__"
    return first.endswith((b".py", b".so", b".pyd", b".pyc"))


def _header(metadata: bytes) -> Iterator[tuple[str, str]]:
    for line in metadata.decode("utf-8", "replace").splitlines():
        if not line:
            return
        key, colon, value = line.partition(":")
        if colon:
            yield key.lower(), value.strip()


def _requires(fields: Iterable[tuple[str, str]]) -> Iterator[str]:
    for key, value in fields:
        match = _REQUIREMENT.match(value) if key == "requires-dist" else None
        extras = {normalised(extra) for extra in _EXTRA.findall(value)}
        if match and (not extras or extras - _FOR_DEVELOPERS):
            yield normalised(match[0])


def _egg_requires(text: bytes) -> Iterator[str]:
    for line in text.decode("utf-8", "replace").splitlines():
        match = _REQUIREMENT.match(line)
        if match:
            yield normalised(match[0])


def _stamp(path: str, now: int) -> list[int]:
    """What tells one RECORD from another without reading it; empty if nothing safely does."""
    for name in ("RECORD", "METADATA", "PKG-INFO", ""):
        try:
            found = os.stat(os.path.join(path, name) if name else path)
        except OSError:
            continue
        if now - max(found.st_mtime_ns, found.st_ctime_ns) < _RACY_NS:
            return []
        return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    return []


def _to_json(one: Distribution, stamp: list[int]) -> Json:
    return [[*stamp], one.name, one.version, one.digest, list(one.tops), list(one.requires)]


def _from_json(value: object, stamp: list[int]) -> Distribution | None:
    match value:
        case [list(was), str(name), str(version), str(digest), list(tops), list(requires)]:
            if was == stamp and all(isinstance(text, str) for text in (*tops, *requires)):
                return Distribution(name, version, Digest(digest), tuple(tops), tuple(requires))
    return None


def _add_content(hasher: Hasher, directory: str, name: str) -> None:
    path = f"{directory}{os.sep}{name}"
    if not os.path.isdir(path):
        hasher.add("file", name, digest_bytes(_read(path)))
        return
    for parent, below, files in os.walk(path):
        below[:] = sorted(one for one in below if one != "__pycache__")
        for file in sorted(files):
            inner = os.path.relpath(os.path.join(parent, file), directory).replace(os.sep, "/")
            hasher.add("file", inner, digest_bytes(_read(parent, file)))


def _listed(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))
    except OSError:
        return []


def _read(*parts: str) -> bytes:
    try:
        with open(os.path.join(*parts), "rb") as file:
            return file.read()
    except OSError:
        return b""
