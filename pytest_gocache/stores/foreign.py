"""A store that another package brings, by an entry point of the group ``pytest_gocache.stores``.

``--gocache-store=NAME:ADDRESS`` calls what the entry point NAME names with ADDRESS (a text, perhaps empty) and
expects a ``Blobs``: an object with ``get`` and ``put``. It is given sealed entries and names of 64 hex digits,
and what it gives back is believed only under its seal and its own name.

Whatever it raises, the tests run as they would without it. The first trouble leaves one notice, and the store
is not asked again in this run: a server that is down costs one time-out, not one for each module.

A name that was forgotten has an empty entry from then on; so two methods are enough.
"""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple, TypeVar

from pytest_gocache.stores.base import Blobs, check_name
from pytest_gocache.stores.seal import MAX_PAYLOAD, seal, unseal
from pytest_gocache.stores.signed import signed

T = TypeVar("T")

GROUP = "pytest_gocache.stores"
LOCAL = "disk"
"""The name of the local store, which is none of these."""
OWN = {"dir": "pytest_gocache.stores.directory:Directory"}
"""Those that we bring ourselves. No other package can bring one of these names."""

FAILED = "it is not used any more in this run; look there, or choose another --gocache-store"
OTHER = "choose another --gocache-store (ini gocache_store); this run goes without"


class Found(NamedTuple):
    """An entry point: its name, the distribution that has it, what it names, and how to get that."""

    name: str
    package: str
    target: str
    load: Callable[[], object]


class Refused(Exception):
    """There is no store to be had. The text is one line for the user."""


def installed() -> list[Found]:
    """All stores that other packages bring."""
    from importlib.metadata import entry_points  # takes 50 ms, and is needed only where somebody asks for one

    return [Found(e.name, e.dist.name if e.dist else "?", e.value, e.load) for e in entry_points(group=GROUP)]


class ForeignStore:
    """A ``Store`` for ``NAME`` or ``NAME:ADDRESS``. It is opened when it is first asked.

    ``plugins`` are packages whose reading counts for every test: a store in one of them would never be a hit.
    """

    def __init__(
        self, spec: str, find: Callable[[], list[Found]] = installed, plugins: Collection[str] = frozenset()
    ) -> None:
        self._name, _, self._address = spec.partition(":")
        self._find = find
        self._plugins = plugins
        self._package = ""
        self._blobs: Blobs | None = None
        self._usable = True
        self._pid = os.getpid()
        self._notices: list[str] = []

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know, one line each: what, where, what to do."""
        return tuple(self._notices)

    def get(self, name: str, here: bool = False) -> bytes | None:
        """The payload under ``name``, or None: absent, damaged, another's, or there is trouble."""
        check_name(name)
        blob = self._attempt("get", lambda blobs: _checked(blobs.get(name)))
        return (unseal(name, blob) or None) if blob else None

    def put(self, name: str, payload: bytes) -> bool:
        """Stores ``payload``; False when that failed, now or before."""
        check_name(name)
        if len(payload) > MAX_PAYLOAD:
            self._notice(f"a result of more than 64 MiB is not kept in the store {self._name!r}")
            return False
        return self._attempt("put", lambda blobs: _put(blobs, name, seal(name, payload))) or False

    def put_many(self, items: Iterable[tuple[str, bytes]], here: Collection[str] = ()) -> bool:
        """Stores all the items, in order; False when some of them could not be written."""
        stored = [self.put(name, payload) for name, payload in items]
        return all(stored)

    def delete(self, name: str) -> None:
        """Forgets ``name``."""
        if self.get(name) is not None:
            self.put(name, b"")

    def close(self) -> None:
        """Lets the other package let go, if it wants to."""
        if self._blobs is not None:
            self._attempt("close", lambda blobs: getattr(blobs, "close", _nothing)())
        self._usable = False

    def _attempt(self, doing: str, work: Callable[[Blobs], T]) -> T | None:
        """The answer of ``work``; None and a notice where it fails, and None from then on."""
        if not self._usable or os.getpid() != self._pid:
            return None
        at = [doing]
        try:
            return work(self._open(at))
        except Refused as refused:
            self._notice(str(refused))
        except Exception as error:
            why = f"{type(error).__name__}: {error}"
            self._notice(f"the store {self._name!r} of {self._package} failed in {at[-1]} ({why}): {FAILED}")
        self._usable = False
        return None

    def _open(self, at: list[str]) -> Blobs:
        """What the entry point gives. ``at`` is told what is being done, for when it fails."""
        if self._blobs is None:
            found = self._chosen()
            self._check_package(found)
            self._package = found.package
            at.append(f"loading {found.target}")
            make = found.load()
            at.append("open")
            self._blobs = signed(_with_methods(make(self._address)))  # type: ignore[operator]
            at.append(at[0])
        return self._blobs

    def _chosen(self) -> Found:
        if self._name == LOCAL:
            raise Refused(f"the store {LOCAL!r} takes no address: use --gocache-dir; this run goes without")
        if self._name in OWN:
            return Found(self._name, "pytest-gocache", OWN[self._name], lambda: _named(OWN[self._name]))
        every = self._find()
        chosen = [found for found in every if found.name == self._name]
        if not chosen:
            there = ", ".join(sorted({LOCAL, *OWN, *(found.name for found in every)}))
            raise Refused(
                f"no store is called {self._name!r} (there are {there}): install the package that brings it, or {OTHER}"
            )
        if len(chosen) > 1:
            whose = ", ".join(sorted(found.package for found in chosen))
            raise Refused(f"two packages bring a store {self._name!r} ({whose}): uninstall one, or {OTHER}")
        return chosen[0]

    def _check_package(self, found: Found) -> None:
        package = found.target.partition(":")[0].partition(".")[0]
        if self._name not in OWN and package in self._plugins:
            raise Refused(
                f"the store {self._name!r} of {found.package} lies in the package of a pytest plugin ({package}), and "
                f"what plugins read counts for every test: move it to a package of its own, or {OTHER}"
            )

    def _notice(self, line: str) -> None:
        line = "".join(char if char.isprintable() else " " for char in line)
        if line not in self._notices:
            self._notices.append(line)


def _named(target: str) -> object:
    module, _, name = target.partition(":")
    return getattr(importlib.import_module(module), name)


def _checked(blob: object) -> bytes | None:
    if blob is None or isinstance(blob, bytes):
        return blob
    raise TypeError(f"it gave back {type(blob).__name__}, not bytes or None")


def _with_methods(made: object) -> Blobs:
    if not all(callable(getattr(made, method, None)) for method in ("get", "put")):
        raise TypeError(f"it gave back {type(made).__name__}, which has no get and put")
    return made  # type: ignore[return-value]


def _put(blobs: Blobs, name: str, blob: bytes) -> bool:
    blobs.put(name, blob)
    return True


def _nothing() -> None:
    """A store that needs no end."""
