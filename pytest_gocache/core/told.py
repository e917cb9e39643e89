"""What children told, read from their journals."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Set
from typing import TypeAlias

from pytest_gocache.core.journal import FAULT, JOURNAL, LEADS, SILENT, SPAWN, START, parse
from pytest_gocache.core.observe import EVERYONE, Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.core.values import field, frozen, record


@frozen
class Child:
    """A Python child that was asked to tell: who started it, and which variables it was given anew."""

    name: str
    anew: frozenset[str]
    starters: tuple[Owner, ...]


@frozen
class Told:
    """One event of a child: what was seen then, and whose it is."""

    op: Op
    name: str
    look: str
    owners: tuple[Owner, ...]
    late: bool = False
    """Told after a module that started the child had ended: the child may work for any other by then."""


@record
class Journals:
    """All that the children of a process told."""

    children: dict[Owner, Child] = field(default_factory=dict)
    began: set[Owner] = field(default_factory=set)
    events: list[Told] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    """Those that were made, each with where it leads."""
    silent: frozenset[Owner] = frozenset()
    """For whom a child should have told more, and could not."""

    def starters(self, owners: Iterable[Owner]) -> frozenset[Owner]:
        """The owners of the process that runs tests for whom a child of theirs acted."""
        found: set[Owner] = set()
        waiting, done = list(owners), set[Owner]()
        while waiting:
            owner = waiting.pop()
            if owner in done:
                continue
            done.add(owner)
            if not owner.startswith("child:"):
                found.add(owner)
            else:
                waiting += self.children[owner].starters if owner in self.children else (EVERYONE,)
        return frozenset(found)

    def anew(self, owners: Iterable[Owner]) -> frozenset[str]:
        """The variables that were set on the way to a child."""
        found: set[str] = set()
        waiting = [self.children[owner] for owner in owners if owner in self.children]
        while waiting:
            child = waiting.pop()
            found |= child.anew
            waiting += [self.children[owner] for owner in child.starters if owner in self.children]
        return frozenset(found)


Ends: TypeAlias = "Mapping[Owner, Mapping[str, int]]"
"""How long each journal was when a module ended: what stands behind that was told later."""


def ended(directory: str) -> dict[str, int]:
    """How long each journal is now, at the end of a module; nothing of it counts where its process lives on.

    For that one may do for others what it did for this module, and tells what it did already only once.
    """
    return {name: 0 if _lives(name) else size for name, size in sizes(directory).items()}


def _lives(journal: str) -> bool:
    try:
        os.kill(int(journal.partition("-")[0]), 0)
    except ProcessLookupError:
        return False
    except (OSError, ValueError, OverflowError):
        return True  # somebody else's by now, or no number: in doubt it does
    return True


def sizes(directory: str) -> dict[str, int]:
    """How long each journal is now."""
    try:
        with os.scandir(directory) as entries:
            return {entry.name: entry.stat().st_size for entry in entries if entry.name.endswith(JOURNAL)}
    except OSError:
        return {}


def read(directory: str, ends: Ends) -> Journals:
    """All journals so far. A child that still runs, or was killed, told up to some line."""
    found = Journals()
    for name in sorted(sizes(directory)):
        at = 0
        with open(os.path.join(directory, name), "rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    past = {owner for owner, lengths in ends.items() if at >= lengths.get(name, 0)}
                    _enter(found, parse(line.decode("utf-8", "surrogatepass")), past)
                at += len(line)
    found.silent = _silent(directory)
    return found


def _silent(directory: str) -> frozenset[Owner]:
    """For whom a child should have told more, and could not."""
    try:
        links = [each for each in os.listdir(directory) if each.endswith(SILENT)]
    except OSError:
        return frozenset()
    return frozenset(owner for each in links for owner in parse(os.readlink(os.path.join(directory, each))))


def forget(directory: str) -> None:
    """Removes the journals. A child that still runs tells nobody from now on."""
    shutil.rmtree(directory, ignore_errors=True)


def _enter(found: Journals, fields: list[str], past: Set[Owner]) -> None:
    kind, first, *rest = fields
    if kind == START:
        found.began.add(f"child:{first}")
    elif kind == FAULT:
        found.faults.append(first)
    elif kind == LEADS:
        found.links.append((first, rest[0]))
    elif kind == SPAWN:
        found.children[f"child:{first}"] = Child(rest[0], frozenset(rest[1].split("=")), tuple(rest[2:]))
    else:
        late = not past.isdisjoint(found.starters(rest[1:])) if past else False
        found.events.append(Told(Op(kind), first, rest[0], tuple(rest[1:]), late))
