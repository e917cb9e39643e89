"""What is remembered of one installed distribution between runs, as plain data and back.

Row of a distribution: ``[stamp, name, version, digest, tops, requires, trees, state]``; a state, which strays
have alone: ``[signature of its trees, [[path, digest]…]]``. Nothing is believed of a row that has another form.
"""

from __future__ import annotations

import os

from pytest_gocache.core.edits import Edit
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.installed import TreeSignature
from pytest_gocache.core.looks import is_young, signature
from pytest_gocache.core.model import Json
from pytest_gocache.core.records import Distribution
from pytest_gocache.core.values import frozen


@frozen
class State:
    """The edits that were found in trees of that signature."""

    trees: TreeSignature
    edits: tuple[Edit, ...]


def stamp_of(info: str, now: int) -> list[int]:
    """What tells these metadata from others without reading them; empty if nothing safely does."""
    seen = [signature(os.path.join(info, name)) for name in ("RECORD", "METADATA")]
    if None in seen:  # an egg-info: a directory, or a file
        seen += [signature(os.path.join(info, name)) for name in ("PKG-INFO", "top_level.txt", "requires.txt")]
        seen.append(signature(info))
    if any(each is not None and is_young(each, now) for each in seen):
        return []
    return [number for each in seen for number in each or (-1, -1, -1, -1)]


def facts_to_json(one: Distribution, stamp: list[int]) -> list[Json]:
    """A row, but for its state."""
    facts: list[Json] = [one.name, one.version, one.digest, list(one.tops), list(one.requires), list(one.trees)]
    return [[*stamp], *facts]


def facts_from_json(row: object, stamp: list[int]) -> Distribution | None:
    """What the row tells of the distribution, if its metadata still have that stamp."""
    match row:
        case [list(was), str(name), str(version), str(digest), list(tops), list(requires), list(trees), _]:
            if was == stamp and all(isinstance(text, str) for text in (*tops, *requires, *trees)):
                return Distribution(name, version, Digest(digest), tuple(tops), tuple(requires), tuple(trees))
    return None


def state_to_json(state: State | None) -> Json:
    """A state, or that there is none."""
    return None if state is None else [state.trees, [list(edit) for edit in state.edits]]


def state_from_json(value: object) -> State | None:
    """What ``state_to_json`` made, or None."""
    match value:
        case [str(trees), list(found)] if all(_is_edit(each) for each in found):
            return State(TreeSignature(trees), tuple((path, Digest(digest)) for path, digest in found))
    return None


def _is_edit(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(isinstance(text, str) for text in value)
