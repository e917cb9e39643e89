"""This machine's accelerators of one checkout: what files were, and what a wholly cached run looked like."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import pytest

from pytest_gocache.core import codec, snapshot
from pytest_gocache.core.conditions import Conditions
from pytest_gocache.core.flags import Place
from pytest_gocache.core.hashing import Digest, Hasher, digest_bytes, digest_text
from pytest_gocache.core.model import Input, ResultID, Titles
from pytest_gocache.core.needs import NeedsOf, decode, encode
from pytest_gocache.core.values import changed, frozen
from pytest_gocache.hooks import conditions
from pytest_gocache.stores.base import Store

NEUTRAL = (Place.PRESENTATION, Place.ORDER)


class LocalStore(Protocol):
    """Small files that only this machine can use. Never raises."""

    def read(self, name: str) -> bytes | None:
        """What was last written under ``name``; None if there is nothing whole."""

    def write(self, name: str, payload: bytes, level: int = 0) -> bool:
        """Writes whole or not at all; compressed with zlib's ``level``."""


@frozen
class Shelf:
    """Where results are kept, as the door chose."""

    directory: str
    local: LocalStore
    open_store: Callable[[str], Store]


class Accelerators:
    """Reads and writes them. Losing one costs time only."""

    def __init__(self, files: LocalStore, config: pytest.Config, of: Conditions) -> None:
        self._files = files
        key = _snapshot_key(config, of)[:32]
        self._snapshot, self._needs, self._titles = f"snapshot-{key}", f"needs-{key}", f"titles-{key}"
        self._memory = memory_of(config)
        self._epoch = snapshot.epoch_in(self._files.read)

    def compare(self, present: Callable[[Input], Digest], trusting: bool) -> snapshot.Compared | None:
        """The snapshot of this very command, beside the present; ``trusting`` time stamps."""
        payload = self._files.read(self._snapshot)
        kept = None if payload is None else snapshot.decode(payload)
        found = None if kept is None else snapshot.compare(kept, self._epoch, time.time(), present, trusting)
        if found is not None and found.same and found.snapshot is not kept:
            self._files.write(self._snapshot, snapshot.encode(found.snapshot))
        return found

    def needs(self, of: snapshot.Snapshot) -> NeedsOf:
        """What each module of the snapshot depends on; of none of them where that is lost."""
        payload = self._files.read(self._needs)
        if payload is None or digest_bytes(payload) != of.needs:
            return {}
        return decode(payload) or {}

    def write_snapshot(self, made: snapshot.Snapshot, needs: NeedsOf) -> None:
        """Keeps ``made`` for the next run of the same command."""
        payload = encode(needs)
        self._files.write(self._needs, payload)
        self._files.write(self._snapshot, snapshot.encode(changed(made, needs=digest_bytes(payload))))

    def titles(self) -> dict[ResultID, Titles]:
        """What ``-v`` showed of the snapshot's results, if it did."""
        payload = self._files.read(self._titles)
        return codec.decode_all_titles(payload) if payload else {}

    def write_titles(self, titles: Mapping[ResultID, Titles]) -> None:
        """Keeps them: to look them up one by one takes longer than to show them."""
        self._files.write(self._titles, codec.encode_all_titles(titles), level=1)  # names are much alike

    @property
    def name(self) -> str:
        """Of the snapshot of this very command."""
        return self._snapshot

    @property
    def epoch(self) -> str:
        """What a snapshot made in this run has to carry."""
        return self._epoch

    def new_epoch(self) -> None:
        """No snapshot made so far may be used again: a stored pass was taken back."""
        self._files.write(snapshot.EPOCH, os.urandom(16))
        self._epoch = snapshot.epoch_in(self._files.read)

    def memory(self) -> bytes | None:
        """What ``write_memory`` kept."""
        return self._files.read(self._memory)

    def write_memory(self, payload: bytes) -> None:
        """Keeps what was learnt of this checkout's files."""
        self._files.write(self._memory, payload)


def memory_of(config: pytest.Config) -> str:
    """The name of what is learnt of this checkout: every run that has something to decide leaves it."""
    return f"files-{digest_text(str(config.rootpath))[:32]}"


def _snapshot_key(config: pytest.Config, of: Conditions) -> str:
    hasher = Hasher("snapshot")
    hasher.add("conditions", of.digest, *of.plugin_files)
    hasher.add("path", *sys.path)
    hasher.add("where", str(config.rootpath), str(config.invocation_params.dir), *config.args)
    for flag in (*conditions.given_flags(config), *conditions.given_ini(config)):
        if flag.place not in NEUTRAL:
            hasher.add("flag", flag.text)
    return hasher.digest()
