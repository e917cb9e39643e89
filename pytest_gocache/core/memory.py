"""What one machine remembers of one checkout between runs, only to be quicker: digests and facts of files.

Format: ``[version, {path: [size, mtime_ns, ctime_ns, inode, digest]}, {digest: facts}, {path: row}]``, with the
rows of ``recall.py``.
Losing it costs time, nothing else; nothing in it is believed for a file whose signature changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pytest_gocache.core import codec
from pytest_gocache.core.files import Remembered
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.model import Json
from pytest_gocache.core.source import FACTS_VERSION
from pytest_gocache.core.values import field, frozen


@frozen
class Memory:
    """Digests by path, facts (as text) by digest, and what ``Distributions`` knows of what is installed."""

    digests: Mapping[str, Remembered] = field(default_factory=dict)
    facts: Mapping[Digest, str] = field(default_factory=dict)
    installed: Mapping[str, Json] = field(default_factory=dict)


def encode(memory: Memory) -> bytes:
    """The memory as bytes."""
    digests = {path: [*old.signature, old.digest] for path, old in memory.digests.items()}
    facts: dict[str, Json] = dict(memory.facts.items())
    return codec.dump([FACTS_VERSION, digests, facts, dict(memory.installed)])


def decode(payload: bytes | None) -> Memory:
    """What ``encode`` wrote; an empty memory for anything else."""
    return (codec.load(payload, _memory) if payload else None) or Memory()


def _memory(row: list[Any]) -> Memory:
    version, digests, facts, installed = row
    if version != FACTS_VERSION:
        return Memory()
    return Memory(
        {
            str(path): Remembered((int(size), int(mtime), int(ctime), int(inode)), Digest(str(digest)))
            for path, (size, mtime, ctime, inode, digest) in digests.items()
        },
        {Digest(digest): str(each) for digest, each in facts.items()},
        dict(installed.items()),
    )
