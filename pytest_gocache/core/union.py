"""Two stores become one: of what both have under one name, what is kept."""

from __future__ import annotations

from pytest_gocache.core import codec
from pytest_gocache.core.cache import TRACES_KEPT


def joined(here: bytes, there: bytes) -> bytes:
    """What is kept of two entries of one name.

    The traces of an action are those of both, ours first: shards and machines may have gone other ways. Anything else
    stays as it is here: results of one name are equal, and what the last run knew is nearest where it ran.
    """
    ours, theirs = codec.decode_traces(here), codec.decode_traces(there)
    if ours is None or theirs is None:
        return here
    known = {trace.inputs for trace in ours}
    return codec.encode_traces((*ours, *(trace for trace in theirs if trace.inputs not in known))[:TRACES_KEPT])
