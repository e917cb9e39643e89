"""The local store before a server: what is not here is asked for there, and kept here.

The server is ``Blobs``, asked by several threads at once. It is trusted no more than the disk: entries count under
their seal and their own name. The first trouble ends its use in this run, with one notice; how long that may take,
``patience.py`` says.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from threading import Thread
from typing import TypeVar

from pytest_gocache.stores.base import Blobs, Store, Traffic, check_name
from pytest_gocache.stores.paired import paired, parted
from pytest_gocache.stores.patience import Patience
from pytest_gocache.stores.seal import MAX_PAYLOAD, seal, unseal

T = TypeVar("T")

FEW, MANY = 32, 128
"""So many questions are under way at once: the more there are to ask, the more. Each has a connection of its own."""


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
        patience: Patience,
    ) -> None:
        self._local = local
        self._open_remote = open_remote
        self._name = name
        self._writes = writes
        self._unwatched = unwatched
        self._patience = patience
        self._remote: Blobs | None = None
        self._usable = True
        self._pid = os.getpid()
        self.fetched: set[str] = set()
        """The names of what came from there in this run."""
        self._known: dict[str, bytes | None] = {}
        """What the server said, by name; None: it has none."""
        self._fresh: dict[str, bytes] = {}
        """What came from there, and is to be kept here."""
        self._offered: dict[str, bytes] = {}
        """What came unasked beside something else. It counts when it is asked for: a server may offer anything."""
        self._outgoing: dict[str, bytes] = {}
        self._beside: dict[str, str] = {}
        """The name of an entry that goes with another, by that one's."""
        self._notices: list[str] = []
        self._read, self._written = Tally(), Tally()

    @property
    def notices(self) -> tuple[str, ...]:
        """Those of both."""
        return (*self._local.notices, *self._notices)

    @property
    def traffic(self) -> Traffic:
        """What went over the wire so far."""
        read, written = self._read, self._written
        return Traffic(read.entries, read.bytes, read.seconds, written.entries, written.bytes, written.seconds)

    def get(self, name: str, here: bool = False) -> bytes | None:
        """The payload under ``name``: from here, else from there."""
        payload = self._local.get(name)
        if payload is not None or here:
            return payload or None  # an empty one was forgotten
        if name not in self._known:
            self.prefetch([name])
        return self._known.get(name)

    def prefetch(self, names: Collection[str], more: bool = False) -> None:
        """Asks the server for all of these that are not here, at once. ``more``: there will be more to ask for."""
        wanted = [name for name in dict.fromkeys(names) if name not in self._known and self._local.get(name) is None]
        for name in set(wanted) & self._offered.keys():
            self._came(name, self._offered[name])
        asked = [name for name in wanted if name not in self._known]
        for name, (payload, size) in self._at_once(self._fetch, asked, self._read):
            self._known[name] = None
            if payload is not None:
                payload, second, content = parted(payload)
                self._came(name, payload)
                self._offered[second] = content
                self._read.add(size)
        if not more:
            self._let_go()

    def _came(self, name: str, payload: bytes) -> None:
        self._known[name] = self._fresh[name] = payload
        self.fetched.add(name)

    def together(self, first: str, second: str) -> None:
        """Who asks for ``first`` will ask for ``second``: the server gives both at once."""
        self._beside[first] = second

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
        every, self._outgoing = self._outgoing, {}
        outgoing = {name: payload for name, payload in every.items() if len(payload) <= MAX_PAYLOAD}

        def work(remote: Blobs, name: str) -> tuple[None, int]:
            blob = seal(name, self._paired(name, outgoing))
            remote.put(name, blob)
            return None, len(blob)

        for _, (_, size) in self._at_once(work, [*outgoing], self._written):
            self._written.add(size)
        self._let_go()

    def _paired(self, name: str, outgoing: Mapping[str, bytes]) -> bytes:
        second = self._beside.get(name, "")
        return paired(outgoing[name], second, outgoing.get(second))

    def _at_once(
        self, work: Callable[[Blobs, str], tuple[T, int]], names: Sequence[str], tally: Tally
    ) -> Iterator[tuple[str, tuple[T, int]]]:
        """What ``work`` gave for each of the names (with its size), as far as it came to that."""
        if not names or not self._usable or os.getpid() != self._pid:
            return
        before = self._patience.waited
        self._patience.begin()
        answers: Sequence[Future[tuple[str, tuple[T, int]] | None]] = ()
        try:
            answers = self._asked(work, names)
        except Exception as error:  # no thread can be started, by the system or for what tests left
            self._give_up(f"failed ({_told(error)})")
        finally:
            self._patience.end()
            tally.seconds += self._patience.waited - before
        yield from (answer for answer in (each.result() for each in answers) if answer is not None)

    def _asked(
        self, work: Callable[[Blobs, str], tuple[T, int]], names: Sequence[str]
    ) -> Sequence[Future[tuple[str, tuple[T, int]] | None]]:
        """The answers, when no thread is left running."""
        remote = self._opened()
        if remote is None:
            return []

        def one(name: str) -> tuple[str, tuple[T, int]] | None:
            if not self._usable:
                return None
            with self._unwatched():
                try:
                    answer = work(remote, name)
                except Exception as error:
                    self._give_up(f"failed ({_told(error)})")
                    getattr(remote, "abort", _nothing)()
                    return None
            self._patience.earn(answer[1])
            return name, answer

        threads = min(len(names), max(FEW, min(MANY, len(names) // 4)))
        with ThreadPoolExecutor(threads, "pytest-gocache-remote") as pool:
            answers = [pool.submit(one, name) for name in names]
            while wait(answers, timeout=self._patience.left()).not_done:
                if not self._patience.left():
                    entries = "1 entry" if len(names) == 1 else f"{len(names)} entries"
                    self._give_up(f"is too slow ({entries}, {self._patience.waited:.1f} seconds)")
                    with self._unwatched():
                        getattr(remote, "abort", _nothing)()
                    break
        return answers

    def _let_go(self) -> None:
        """Ends the connections: tests may take a long time, and look at what is open."""
        if self._remote is not None and os.getpid() == self._pid:
            with self._unwatched():
                getattr(self._remote, "close", _nothing)()

    def _opened(self) -> Blobs | None:
        """The server. To look up its name may take longer than anybody waits, and cannot be ended: so it is left."""
        if self._remote is None:
            opening = Thread(target=self._open, name="pytest-gocache-remote", daemon=True)
            opening.start()
            opening.join(self._patience.left())
            if self._remote is None:
                self._give_up("was not found in time")
        return self._remote

    def _open(self) -> None:
        with self._unwatched():
            try:
                self._remote = self._open_remote()
            except (ValueError, OSError) as error:  # what we say ourselves, and what the system says
                self._give_up(f"cannot be used ({error})")
            except Exception as error:
                self._give_up(f"cannot be used ({type(error).__name__})")

    def _give_up(self, why: str) -> None:
        self._usable = False
        line = f"the remote cache {self._name} {why}: it is not used any more in this run"
        if not self._notices:
            self._notices.append("".join(char if char.isprintable() else " " for char in line))

    def _fetch(self, remote: Blobs, name: str) -> tuple[bytes | None, int]:
        check_name(name)
        blob = remote.get(name)
        return ((unseal(name, blob) or None), len(blob)) if blob else (None, 0)


class Tally:
    """What went one way."""

    def __init__(self) -> None:
        self.entries = self.bytes = 0
        self.seconds = 0.0

    def add(self, size: int) -> None:
        """One more entry, of so many bytes."""
        self.entries += 1
        self.bytes += size


def _told(error: Exception) -> str:
    """What went wrong; of errors that may quote what they were given, headers and passwords, only their name."""
    ours = isinstance(error, OSError) or type(error).__module__.startswith("pytest_gocache.")
    return f"{type(error).__name__}: {error}" if ours else type(error).__name__


def _nothing() -> None:
    """Nothing to let go of."""
