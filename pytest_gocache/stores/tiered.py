"""The local store before a server: what is not here is asked for there, and kept here.

The server is ``Blobs``, asked by several threads at once. It is trusted no more than the disk: entries count under
their seal and their own name. The first trouble ends its use in this run, with one notice: a server that is down
costs one time-out.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from typing import NamedTuple, TypeVar

from pytest_gocache.stores.base import Blobs, Store, check_name
from pytest_gocache.stores.seal import seal, unseal

T = TypeVar("T")

THREADS = 32
SECONDS = 10.0
"""So long a run waits for all that it asks of the server, and again for all that it writes there."""


class Traffic(NamedTuple):
    """What went over the wire."""

    read: int
    read_bytes: int
    written: int
    written_bytes: int
    seconds: float

    def line(self) -> str:
        """For the summary."""
        parts = []
        if self.read:
            parts.append(f"{self.read} entries read ({_size(self.read_bytes)})")
        if self.written:
            parts.append(f"{self.written} written ({_size(self.written_bytes)})")
        return f"remote: {', '.join(parts) or 'nothing found'} in {self.seconds:.1f}s"


class Tiered:
    """A ``Store``. ``writes``: whether what is stored goes to the server, too. ``unwatched`` is entered around all
    that is done with the server, in whichever thread.
    """

    def __init__(
        self,
        local: Store,
        open_remote: Callable[[], Blobs],
        name: str,
        writes: bool,
        unwatched: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._local = local
        self._open_remote = open_remote
        self._name = name
        self._writes = writes
        self._unwatched = unwatched
        self._remote: Blobs | None = None
        self._usable = True
        self._pid = os.getpid()
        self._known: dict[str, bytes | None] = {}
        """What the server said, by name; None: it has none."""
        self._fresh: dict[str, bytes] = {}
        """What came from there, and is to be kept here."""
        self._outgoing: dict[str, bytes] = {}
        self._notices: list[str] = []
        self._read, self._written = [0, 0], [0, 0]
        self._seconds = 0.0

    @property
    def notices(self) -> tuple[str, ...]:
        """Those of both."""
        return (*self._local.notices, *self._notices)

    @property
    def traffic(self) -> Traffic:
        """What went over the wire so far."""
        (read, bytes_read), (written, bytes_written) = self._read, self._written
        return Traffic(read, bytes_read, written, bytes_written, self._seconds)

    def get(self, name: str, here: bool = False) -> bytes | None:
        """The payload under ``name``: from here, else from there."""
        payload = self._local.get(name)
        if payload is not None or here:
            return payload or None  # an empty one was forgotten
        if name not in self._known:
            self.prefetch([name])
        return self._known.get(name)

    def prefetch(self, names: Collection[str]) -> None:
        """Asks the server for all of these that are not here, at once."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._known and self._local.get(name) is None]
        for name, payload in self._at_once(self._fetch, wanted):
            self._known[name] = payload
            if payload is not None:
                self._fresh[name] = payload
                self._read[0] += 1
                self._read[1] += len(payload)

    def put(self, name: str, payload: bytes) -> bool:
        """Stores it here, and later there."""
        return self.put_many([(name, payload)])

    def put_many(self, items: Iterable[tuple[str, bytes]], here: Collection[str] = ()) -> bool:
        """Stores them all here; there when the run ends."""
        items = list(items)
        if self._writes:
            self._outgoing.update((name, payload) for name, payload in items if name not in here)
        for name, _ in items:
            self._fresh.pop(name, None)
            self._known.pop(name, None)
        return self._local.put_many(items)

    def delete(self, name: str) -> None:
        """Forgets it: an empty entry takes its place, here, too, for the server may not let itself be written to."""
        self._local.put(name, b"")
        self._known[name] = None
        self._fresh.pop(name, None)
        if self._writes:
            self._outgoing[name] = b""

    def close(self) -> None:
        """Keeps here what came from there, sends what is to be sent, and lets go of both."""
        if self._fresh and os.getpid() == self._pid:
            self._local.put_many(self._fresh.items())
        self.send()
        self._local.close()

    def send(self) -> None:
        """Writes to the server what was stored in this run. Bounded in time: what is not sent then, is not."""
        outgoing, self._outgoing = self._outgoing, {}
        sent = self._at_once(lambda remote, name: _send(remote, name, outgoing[name]), [*outgoing])
        lengths = [length for _, length in sent]
        self._written = [self._written[0] + len(lengths), self._written[1] + sum(lengths)]

    def _at_once(self, work: Callable[[Blobs, str], T], names: Sequence[str]) -> Iterator[tuple[str, T]]:
        """What ``work`` gave for each of the names, as far as it came to that. Afterwards nothing is left running."""
        if not names or not self._usable or os.getpid() != self._pid:
            return
        began = time.monotonic()
        with self._unwatched():
            remote = self._open()
        if remote is None:
            return

        def one(name: str) -> tuple[str, T] | None:
            if not self._usable:
                return None
            with self._unwatched():
                try:
                    return name, work(remote, name)
                except Exception as error:
                    self._give_up(f"failed ({_told(error)})")
                    return None

        with ThreadPoolExecutor(min(THREADS, len(names)), "pytest-gocache-remote") as pool:
            answers = [pool.submit(one, name) for name in names]
            if wait(answers, timeout=SECONDS).not_done:
                self._give_up(f"took more than {SECONDS:.0f} seconds for {len(names)} entries")
                with self._unwatched():
                    getattr(remote, "abort", _nothing)()
        with self._unwatched():
            getattr(remote, "close", _nothing)()
        self._seconds += time.monotonic() - began
        yield from (answer for answer in (each.result() for each in answers) if answer is not None)

    def _open(self) -> Blobs | None:
        if self._remote is None:
            try:
                self._remote = self._open_remote()
            except (ValueError, OSError) as error:  # what we say ourselves, and what the system says
                self._give_up(f"cannot be used ({error})")
            except Exception as error:
                self._give_up(f"cannot be used ({type(error).__name__})")
        return self._remote

    def _give_up(self, why: str) -> None:
        self._usable = False
        line = f"the remote cache {self._name} {why}: it is not used any more in this run"
        if not self._notices:
            self._notices.append("".join(char if char.isprintable() else " " for char in line))

    def _fetch(self, remote: Blobs, name: str) -> bytes | None:
        check_name(name)
        blob = remote.get(name)
        return (unseal(name, blob) or None) if blob else None


def _told(error: Exception) -> str:
    """What went wrong; of errors that may quote what they were given, headers and passwords, only their name."""
    ours = isinstance(error, OSError) or type(error).__module__.startswith("pytest_gocache.")
    return f"{type(error).__name__}: {error}" if ours else type(error).__name__


def _send(remote: Blobs, name: str, payload: bytes) -> int:
    blob = seal(name, payload)
    remote.put(name, blob)
    return len(blob)


def _nothing() -> None:
    """Nothing to let go of."""


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"
