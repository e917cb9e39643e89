"""Keeps with each pass what coverage measured of it, and gives it back where the pass is a hit.

Entries, version 1:

- ``lines-of <action> <inputs>``: ``[[settings, why, [part…]], …]``, newest first. ``why`` is empty, or says why
  the lines of that pass cannot be told from others'.
- ``lines <part>``, named by its content: ``[[[file, digest, [[context, numbers], …]], …], [[package, file], …]]``.
  Numbers are ``first, count, …`` for lines, and ``from, to, …`` for arcs. What importing a package runs is one
  part, which all modules that import it name.

Lines are counted by number, so a file of which lines are kept must have the same bytes as then: a comment
that moves them is a change here, though nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping

from pytest_gocache.core import codec
from pytest_gocache.core.action import Action
from pytest_gocache.core.attribution import Amounts, Owner, Shares, Unit
from pytest_gocache.core.cache import Cache, entry, lasting
from pytest_gocache.core.hashing import ABSENT, Digest, Hasher, digest_bytes
from pytest_gocache.core.model import Inputs, LinesID, Miss, Reason
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.project import Project
from pytest_gocache.core.values import field, frozen

ROWS_KEPT = 8
MOST = 1_000_000
"""No file has so many lines in a row."""


@frozen
class Row:
    """One recording of a pass: under which settings, and its parts or why there are none."""

    settings: Digest
    why: str
    parts: tuple[LinesID, ...]


@frozen
class FileLines:
    """What was run of one file, of which these were the bytes."""

    file: str
    digest: Digest
    contexts: tuple[tuple[str, tuple[int, ...]], ...]


@frozen
class Part:
    """What some owners ran."""

    files: tuple[FileLines, ...]
    packages: tuple[tuple[str, str], ...]
    """Packages to be measured whole that were imported, with their files."""


@frozen
class Brought:
    """All that the hits of a run bring in, by path."""

    amounts: Amounts
    packages: Mapping[str, str]


@frozen
class Covered:
    """The lines of one run under coverage. ``settings`` names all that decides what is measured."""

    cache: Cache
    project: Project
    settings: Digest
    arcs: bool
    start: str
    """The directory that relative names of measured files start from."""
    shares: Callable[[], Shares]
    packages: Callable[[Iterable[Owner]], Mapping[str, str]]
    """Which of the packages to be measured whole some owners imported, with their files."""
    doubt: Callable[[], str]
    """Why no lines of this run can be told from others'; empty where they can."""
    whole: bool = True
    _made: dict[frozenset[Owner], LinesID | str] = field(default_factory=dict)
    _read: dict[LinesID, Part | None] = field(default_factory=dict)
    _moved: dict[LinesID, str] = field(default_factory=dict)

    def of(self, action: Action, inputs: Inputs) -> tuple[LinesID, ...] | Miss:
        """The parts that this pass ran; or why there are none that hold now."""
        rows = self._rows(action, inputs)
        if not rows:
            return Miss(Reason.NO_COVERAGE)
        mine = [row for row in rows if row.settings == self.settings]
        if not mine:
            return Miss(Reason.COVERAGE_SETTINGS)
        answers = [self._holding(row) for row in mine]
        return next((answer for answer in answers if not isinstance(answer, Miss)), answers[0])

    def _holding(self, row: Row) -> tuple[LinesID, ...] | Miss:
        if row.why:
            return Miss(Reason.COVERAGE_INEXACT, row.why)
        if any(self._part(part) is None for part in row.parts):
            return Miss(Reason.DAMAGED_RECORD, "its lines are missing")
        moved = next(filter(None, map(self._other, row.parts)), "")
        return Miss(Reason.INPUT_CHANGED, f"lines {moved}") if moved else row.parts

    def _other(self, name: LinesID) -> str:
        """The first file of a part that is not as it was."""
        if name not in self._moved:
            part = self._part(name)
            digest, path = self.project.files.digest, self.project.places.path
            files = part.files if part else ()
            self._moved[name] = next((each.file for each in files if digest(path(each.file)) != each.digest), "")
        return self._moved[name]

    def brought(self, parts: Iterable[LinesID]) -> Brought:
        """What these parts ran, all together."""
        amounts: Amounts = {}
        packages: dict[str, str] = {}
        for part in filter(None, map(self._part, dict.fromkeys(parts))):
            for each in part.files:
                path = self.project.places.path(each.file)
                for context, numbers in each.contexts:
                    amounts.setdefault((context, path), set()).update(_units(numbers, self.arcs))
            packages.update((name, self.project.places.path(file)) for name, file in part.packages)
        return Brought(amounts, packages)

    def keep(
        self, path: str, conftests: Iterable[str], action: Action, inputs: Inputs, outputs: Outputs
    ) -> Miss | None:
        """Keeps the share of the module at ``path``, or why it cannot be told."""
        shares = self.shares()
        parts = shares.parts(f"module:{path}", (f"import:{each}" for each in conftests))
        why = self.doubt() or shares.doubt(parts)
        made = [] if why else [self._make(part, shares, outputs) for part in parts]
        why = why or next((each[1:] for each in made if each.startswith("?")), "")
        row = Row(self.settings, why, () if why else tuple(LinesID(each) for each in made if each))
        rows = [each for each in self._rows(action, inputs) if each != row]
        payload = [[each.settings, each.why, each.parts] for each in (row, *rows)]
        self.cache.put(_lines_of(action, inputs), codec.dump(payload[:ROWS_KEPT]))
        return Miss(Reason.COVERAGE_INEXACT, why) if why else None

    def _make(self, owners: frozenset[Owner], shares: Shares, outputs: Outputs) -> str:
        """The name of a part, now kept; empty if it ran nothing; ``?`` and why if it cannot be kept."""
        if owners not in self._made:
            self._made[owners] = self._put(shares.amounts(owners), self.packages(owners), outputs)
        return self._made[owners]

    def _put(self, amounts: Amounts, packages: Mapping[str, str], outputs: Outputs) -> str:
        by_file: dict[str, list[object]] = {}
        for (context, file), units in sorted(amounts.items()):
            by_file.setdefault(os.path.join(self.start, file), []).append([context, _numbers(units)])
        places, files = self.project.places, self.project.files
        rows = []
        for path, contexts in by_file.items():
            digest = files.digest(path)
            if digest == ABSENT or outputs.holds(path) or not files.unchanged(path):
                return f"?it measured a file that does not stay as it is: {places.name(path)}"
            rows.append([places.name(path), digest, contexts])
        if not rows and not packages:
            return ""
        payload = codec.dump([rows, [[name, places.name(file)] for name, file in sorted(packages.items())]])
        name = digest_bytes(payload)
        self.cache.put(entry("lines", name), payload)
        return name

    def _rows(self, action: Action, inputs: Inputs) -> tuple[Row, ...]:
        payload = self.cache.read(_lines_of(action, inputs))
        return (codec.load(payload, _decode_rows) if payload else None) or ()

    def _part(self, name: LinesID) -> Part | None:
        if name not in self._read:
            payload = self.cache.read(entry("lines", name))
            self._read[name] = codec.load(payload, self._decode) if payload else None
        return self._read[name]

    def _decode(self, value: list[list[list[object]]]) -> Part:
        files, packages = value
        rows = tuple(_file_lines(self.arcs, *row) for row in files)
        return Part(rows, tuple((_text(name), _text(file)) for name, file in packages))


def _lines_of(action: Action, inputs: Inputs) -> str:
    hasher = Hasher("inputs")
    for wanted, digest in lasting(inputs):
        hasher.add("input", wanted.op, wanted.name, digest)
    return entry("lines-of", action.id, hasher.digest())


def _decode_rows(rows: list[list[object]]) -> tuple[Row, ...]:
    return tuple(_row(*row) for row in rows)


def _row(settings: object, why: object, parts: object) -> Row:
    if not isinstance(parts, list) or not all(isinstance(each, str) for each in (settings, why, *parts)):
        raise TypeError("no row")
    return Row(Digest(str(settings)), str(why), tuple(map(LinesID, parts)))


def _file_lines(arcs: bool, file: object, digest: object, contexts: object) -> FileLines:
    if not isinstance(contexts, list):
        raise TypeError("no contexts")
    rows = tuple((_text(context), tuple(map(_number, numbers))) for context, numbers in contexts)
    for _, numbers in rows:
        if len(numbers) % 2 or not (arcs or all(0 < count <= MOST for count in numbers[1::2])):
            raise ValueError("no lines")
    return FileLines(_text(file), Digest(_text(digest)), rows)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value


def _number(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"not a number: {value!r}")
    return value


def _numbers(units: Iterable[Unit]) -> list[int]:
    """Arcs one after the other; lines as first and count of each unbroken row."""
    flat: list[int] = []
    for unit in sorted(units):
        if isinstance(unit, tuple):
            flat += unit
        elif flat and unit == flat[-2] + flat[-1]:
            flat[-1] += 1
        else:
            flat += (unit, 1)
    return flat


def _units(numbers: tuple[int, ...], arcs: bool) -> Iterable[Unit]:
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return pairs if arcs else (line for first, count in pairs for line in range(first, first + count))
