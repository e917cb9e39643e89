"""What a process that ran tests saw, told to the process that writes: as it is, or as JSON from a worker."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pytest_gocache.core.files import Look
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.model import Miss, Op, Reason, SavedMark, Selection
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.standing import Event
from pytest_gocache.core.values import field, fields_of, record
from pytest_gocache.hooks.collect import Asked
from pytest_gocache.hooks.describe import CollectedTest
from pytest_gocache.hooks.seen import Seen


@record
class Testimony:
    """What was collected, read and dropped; of several workers, all together."""

    seen: Seen = field(default_factory=Seen)
    reads: dict[Owner, set[Event]] = field(default_factory=dict)
    loaded: dict[str, str] = field(default_factory=dict)
    """The file of each first-party module that was loaded at the end, by module name."""
    unwatched: set[str] = field(default_factory=set)
    """Those of these files whose calls of ``__import__`` were not seen."""
    looks: list[tuple[str, Look, Digest | None]] = field(default_factory=list)
    learnt: list[tuple[Op, str, Digest]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ran: Mapping[str, Asked] = field(default_factory=dict)
    """The modules that were collected, by path."""
    cached: list[tuple[str, str]] = field(default_factory=list)
    """Node id and path of each module that was dropped because it is a hit, in pytest's order."""
    refused: dict[str, Miss] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    """Workers that went away without a word."""
    conftests: frozenset[str] = frozenset()
    """What conftests do (``quick.of_conftests``)."""


def to_json(testimony: Testimony) -> str:
    """The testimony of a worker, for its output."""
    seen = testimony.seen
    return json.dumps(
        {
            "tests": [
                [t.nodeid, t.path, t.matchable, [[m.name, m.kwargs] for m in t.marks], t.owners]
                for t in map(CollectedTest._make, seen.tests.values())
            ],
            "selected": sorted(seen.selected),
            "collected": sorted(seen.collected),
            "unfit": [[path, miss.reason, miss.detail] for path, miss in seen.unfit.items()],
            "allowed": seen.allowed,
            "misuse": seen.misuse,
            "uses": {owner: sorted(used) for owner, used in seen.uses.items()},
            "reads": {owner: sorted(events) for owner, events in testimony.reads.items()},
            "loaded": testimony.loaded,
            "unwatched": sorted(testimony.unwatched),
            "looks": [[path, look.signature, look.racy, digest] for path, look, digest in testimony.looks],
            "learnt": testimony.learnt,
            "faults": testimony.faults,
            "ran": [[path, each.nodeid, fields_of(each.selection)] for path, each in testimony.ran.items()],
            "cached": testimony.cached,
            "conftests": sorted(testimony.conftests),
            "refused": [[path, miss.reason, miss.detail] for path, miss in testimony.refused.items()],
        }
    )


def from_json(text: str) -> Testimony:
    """What ``to_json`` wrote. It comes from our own worker: anything else is our mistake, and raises."""
    told = json.loads(text)
    return Testimony(
        _seen(told),
        {owner: {(Op(op), name) for op, name in events} for owner, events in told["reads"].items()},
        told["loaded"],
        set(told["unwatched"]),
        [(path, Look(tuple(s) if s else None, racy), digest) for path, s, racy, digest in told["looks"]],
        [(Op(op), path, digest) for op, path, digest in told["learnt"]],
        told["faults"],
        {path: Asked(nodeid, _selection(**selection)) for path, nodeid, selection in told["ran"]},
        [(nodeid, path) for nodeid, path in told["cached"]],
        _misses(told["refused"]),
        conftests=frozenset(told["conftests"]),
    )


def _seen(told: Any) -> Seen:
    selected, collected, unfit = set(told["selected"]), set(told["collected"]), _misses(told["unfit"])
    allowed = {path: tuple(words) for path, words in told["allowed"].items()}
    uses = {owner: set(used) for owner, used in told["uses"].items()}
    return Seen(_tests(told["tests"]), selected, collected, unfit, allowed, told["misuse"], uses)


def _misses(rows: Iterable[Any]) -> dict[str, Miss]:
    return {path: Miss(Reason(reason), detail) for path, reason, detail in rows}


def _tests(rows: Iterable[Any]) -> dict[str, tuple[Any, ...]]:
    return {
        nodeid: (
            nodeid,
            path,
            tuple(matchable),
            tuple(SavedMark(name, tuple((key, value) for key, value in kwargs)) for name, kwargs in marks),
            tuple(owners),
        )
        for nodeid, path, matchable, marks, owners in rows
    }


def _selection(node_ids: list[str], keyword: str, mark: str, deselect: list[str]) -> Selection:
    return Selection(tuple(node_ids), keyword, mark, tuple(deselect))


def joined(testimonies: Iterable[Testimony], lost: frozenset[str]) -> Testimony:
    """One testimony of several workers. Their collections are equal (xdist sees to that); their reads add up."""
    whole = Testimony(lost=lost)
    for each in testimonies:
        whole.seen.tests.update(each.seen.tests)
        whole.seen.selected |= each.seen.selected
        whole.seen.collected |= each.seen.collected
        whole.seen.unfit.update(each.seen.unfit)
        whole.seen.allowed.update(each.seen.allowed)
        whole.seen.misuse = whole.seen.misuse or each.seen.misuse
        for owner, used in each.seen.uses.items():
            whole.seen.uses.setdefault(owner, set()).update(used)
        for owner, events in each.reads.items():
            whole.reads.setdefault(owner, set()).update(events)
        whole.loaded.update(each.loaded)
        whole.unwatched |= each.unwatched
        whole.looks += each.looks
        whole.learnt += each.learnt
        whole.faults += each.faults
        whole.ran = {**whole.ran, **each.ran}
        whole.cached = whole.cached or each.cached
        whole.refused.update(each.refused)
        whole.conftests |= each.conftests
    return whole
