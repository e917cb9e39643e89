"""Which modules depend on what: the part of a snapshot that is read only when something has changed.

Most modules of a project import much the same files, so what they share is kept once: all files of a module's
import closures but the module itself.

Format: ``[paths, [[op, name]…], [shared…], {module: [shared, own, looked at]}]``; a *shared* is a list of numbers
of paths, and in a module's row the number of such a list; *own* are numbers of paths, *looked at* of inputs.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias

from pytest_gocache.core import codec
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import Op


class Needs(NamedTuple):
    """All that the verdict on one module depends on, beside listings and what is installed."""

    shared: frozenset[str]
    """Paths of what it imports."""
    own: frozenset[str]
    """Paths of itself, and of the files that its tests read."""
    looked_at: frozenset[Input]

    @property
    def files(self) -> frozenset[str]:
        """Paths of all files."""
        return self.shared | self.own

    def touched(self, files: Collection[str], inputs: Collection[Input]) -> bool:
        """Whether one of these is among them."""
        return not (
            self.own.isdisjoint(files) and self.shared.isdisjoint(files) and self.looked_at.isdisjoint(inputs)
        )


NeedsOf: TypeAlias = "Mapping[str, Needs]"
"""By the module's path."""


class _Numbers:
    """Numbers what it is given, in order of appearance."""

    def __init__(self) -> None:
        self.known: dict[Any, int] = {}

    def of(self, each: object) -> int:
        return self.known.setdefault(each, len(self.known))

    def all(self, some: Iterable[object]) -> list[int]:
        return sorted(map(self.of, some))


def encode(needs: NeedsOf) -> bytes:
    """The needs of some modules as bytes."""
    paths, inputs, shared = _Numbers(), _Numbers(), _Numbers()
    rows = {
        module: [shared.of(each.shared), paths.all(each.own), inputs.all(each.looked_at)]
        for module, each in needs.items()
    }
    lists = [paths.all(each) for each in shared.known]
    return codec.dump([list(paths.known), [[one.op, one.name] for one in inputs.known], lists, rows])


def decode(payload: bytes) -> NeedsOf | None:
    """What ``encode`` wrote, or None."""
    return codec.load(payload, lambda row: _needs(*row))


def _needs(paths: list[Any], looks: list[Any], shared: list[Any], rows: dict[str, Any]) -> NeedsOf:
    names = [str(path) for path in paths]
    inputs = [Input(Op(op), str(name)) for op, name in looks]
    lists = [frozenset(names[at] for at in numbers) for numbers in shared]
    return {
        module: Needs(lists[at], frozenset(names[n] for n in own), frozenset(inputs[n] for n in looked))
        for module, (at, own, looked) in rows.items()
    }
