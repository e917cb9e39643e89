"""Hits that were overtaken: what ran in the same run wrote what they read, and left something else there.

Whether it would, nobody could know when they were replayed. The next run finds that their inputs have changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from pytest_gocache.core.files import Files
from pytest_gocache.core.ledger import Ledger
from pytest_gocache.core.looks import read_digest
from pytest_gocache.core.ops import LOOKED_AT
from pytest_gocache.core.places import Places
from pytest_gocache.core.vouched import Vouched


def overtaken(ledger: Ledger, vouched: Vouched, written: Set[str], files: Files, places: Places) -> Mapping[str, str]:
    """The paths of such modules, each with the first of the ``written`` paths that is another to it now."""
    found: dict[str, str] = {}
    for path, hit in ledger.hits.items():
        inputs = ((each.op, places.path(each.name)) for each in hit.inputs if each.op in LOOKED_AT)
        others = [name for op, name in inputs if name in written and not files.still(op, name)]
        if others:
            found[path] = min(others)
    for path in ledger.unchanged:
        known = vouched.base.files
        others = [each for each in vouched.needs[path].files & written if read_digest(each) != known[each].digest]
        if others:
            found[path] = min(others)
    return found
