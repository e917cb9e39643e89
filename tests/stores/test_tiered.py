"""A server behind the local store: how long it is waited for, and what is asked of it. No clock but a fake one."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from pytest_gocache.stores import patience
from pytest_gocache.stores.http import Http
from pytest_gocache.stores.memory import MemoryStore
from pytest_gocache.stores.paired import paired
from pytest_gocache.stores.patience import Patience
from pytest_gocache.stores.seal import seal
from pytest_gocache.stores.signed import Signed
from pytest_gocache.stores.tiered import MANY, Tiered

ONE, TWO, THREE, FOUR = ("1" * 64, "2" * 64, "3" * 64, "4" * 64)


class Clock:
    """Goes when it is told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Blobs in a dict. ``before`` is called at each question."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.closed = 0
        self._before = before

    def get(self, name: str) -> bytes | None:
        self.asked.append(name)
        self._before()
        return self.kept.get(name)

    def put(self, name: str, blob: bytes) -> None:
        self._before()
        self.kept[name] = blob

    def close(self) -> None:
        self.closed += 1


def tiered(server: Server, clock: Clock | None = None, local: MemoryStore | None = None) -> Tiered:
    waits = Patience(clock or Clock())
    return Tiered(local or MemoryStore(), lambda: server, "https://x", True, contextlib.nullcontext, waits)


def test_patience_is_two_seconds_in_all() -> None:
    """Time between two waits costs nothing; the waits add up."""
    clock = Clock()
    waits = Patience(clock)
    for _ in range(2):
        waits.begin()
        clock.now += 0.75
        waits.end()
        clock.now += 60
    assert waits.left() == pytest.approx(0.5) and waits.waited == pytest.approx(1.5)
    waits.begin()
    clock.now += 5
    assert waits.left() == 0


def test_who_delivers_is_waited_for() -> None:
    """But not for ever; and no credit is given for later."""
    clock = Clock()
    waits = Patience(clock)
    waits.begin()
    for _ in range(20):
        clock.now += 0.4
        for _ in range(200):
            waits.earn(1000)
    assert waits.left() == pytest.approx(patience.SECONDS)
    clock.now += 1.9
    assert 0 < waits.left() <= 0.1 + 1e-6
    clock.now += 0.2
    assert waits.left() == 0, "ten seconds in all"


def test_a_server_that_gives_nothing() -> None:
    """When the patience is out what is under way is ended, and it is not used again."""
    clock, going = Clock(), threading.Event()

    def slow() -> None:
        clock.now += 3
        going.wait(5)

    class Aborted(Server):
        def abort(self) -> None:
            going.set()

    server = Aborted(slow)
    store = tiered(server, clock)
    assert store.get(ONE) is None
    assert store.notices == (
        "the remote cache https://x is too slow (1 entry, 3.0 seconds): it is not used any more in this run",
    )
    assert store.get(TWO) is None and server.asked == [ONE]


def test_a_signed_server_is_ended_as_well() -> None:
    """What stands before it hands that on."""
    ended: list[str] = []

    class Endable(Server):
        def abort(self) -> None:
            ended.append("abort")

    for blobs in (Signed(Endable(), [b"k" * 16]), Signed(Server(), [b"k" * 16])):
        blobs.abort()
        blobs.close()
    assert ended == ["abort"]


def test_a_name_that_is_looked_up_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for it longer than for anything else."""
    monkeypatch.setattr(patience, "SECONDS", 0.05)
    never = threading.Event()

    def opened() -> Server:
        never.wait(5)
        return Server()

    store = Tiered(MemoryStore(), opened, "https://x", True, contextlib.nullcontext, Patience())
    assert store.get(ONE) is None and store.notices == (
        "the remote cache https://x was not found in time: it is not used any more in this run",
    )
    never.set()


def test_an_answer_has_as_long_as_is_left() -> None:
    """A socket's time-out is never longer than the patience, nor nothing, which would mean for ever."""
    left = iter((1.5, 0.0, 60.0))
    http = Http("http://127.0.0.1:9/x", lambda: next(left))
    assert [http._connection().timeout for _ in range(3)] == [1.5, 0.05, 2.0]


def test_two_entries_as_one() -> None:
    """Who asks for the first has both; each lies here under its own name, and the second one there, too."""
    server, local = Server(), MemoryStore()
    writer = tiered(server)
    writer.put_many([(TWO, b"result"), (ONE, b"traces")])
    writer.together(ONE, TWO)
    writer.close()
    assert server.kept[TWO] == seal(TWO, b"result") and server.closed == 1
    reader = tiered(server, local=local)
    assert (reader.get(ONE), reader.get(TWO)) == (b"traces", b"result") and server.asked == [ONE]
    assert reader.fetched == {ONE, TWO} and reader.traffic[:2] == (1, len(server.kept[ONE]))
    reader.close()
    assert local.entries == {ONE: b"traces", TWO: b"result"}


def test_what_nobody_asks_for_is_not_kept() -> None:
    """A server may offer anything beside an entry: it takes no place here, not even that of what is not there."""
    server, local = Server(), MemoryStore()
    local.entries[THREE] = b"mine"
    for name, second in ((ONE, TWO), (FOUR, THREE)):
        server.kept[name] = seal(name, paired(b"traces", second, b"planted"))
    store = tiered(server, local=local)
    assert store.get(ONE) == store.get(FOUR) == b"traces"
    assert store.get(TWO, here=True) is None and store.get(THREE) == b"mine" and store.fetched == {ONE, FOUR}
    store.close()
    assert local.entries == {ONE: b"traces", FOUR: b"traces", THREE: b"mine"}


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\0", b"\xff\xff\xff\xff" + b"a" * 99, b"\0\0\0\1x" + b"G" * 64])
def test_two_that_are_none(payload: bytes) -> None:
    """Sealed garbage is one entry, which its reader will not understand."""
    server = Server()
    server.kept[ONE] = seal(ONE, b"\0" + payload)
    assert tiered(server).get(ONE) == b"\0" + payload


def test_what_was_taken_back_is_not_sent_with_another() -> None:
    """An empty entry stands alone."""
    server = Server()
    store = tiered(server)
    store.put_many([(TWO, b"result"), (ONE, b"traces")])
    store.together(ONE, TWO)
    store.delete(ONE)
    store.close()
    assert server.kept[ONE] == seal(ONE, b"") and tiered(server).get(ONE) is None


def test_many_are_asked_at_once() -> None:
    """Not more than so many; and the connections are ended when nothing more is to come."""
    together, most, lock = 0, 0, threading.Lock()

    def counted() -> None:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        threading.Event().wait(0.001)
        with lock:
            together -= 1

    server = Server(counted)
    store = tiered(server)
    names = [f"{number:064x}" for number in range(1000)]
    store.prefetch(names, more=True)
    assert 1 < most <= MANY and len(server.asked) == 1000 and not server.closed
    store.prefetch([], more=False)
    assert server.closed == 1 and not [each for each in threading.enumerate() if "remote_" in each.name]


def test_no_room_here() -> None:
    """What could not be kept at home counts in this run, and is sent."""

    class Full(MemoryStore):
        def put_many(self, *_: object) -> bool:  # type: ignore[override]
            return False

    server = Server()
    server.kept[ONE] = seal(ONE, b"there")
    store = tiered(server, local=Full())
    assert store.get(ONE) == b"there" and not store.put(TWO, b"new")
    store.close()
    assert server.kept[TWO] == seal(TWO, b"new")


def test_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the system, or for what tests made of it: one line."""

    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    store = tiered(Server())
    monkeypatch.setattr(threading.Thread, "start", refused)
    assert store.get(ONE) is None and store.put(TWO, b"new")
    store.close()
    assert store.notices == ("the remote cache https://x failed (RuntimeError): it is not used any more in this run",)


def test_a_clock_that_was_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests freeze and replace it; the one of before counts."""
    monkeypatch.setattr(time, "monotonic", lambda: 1 / 0)
    waits = Patience()
    waits.begin()
    assert 0 < waits.left() <= patience.SECONDS
