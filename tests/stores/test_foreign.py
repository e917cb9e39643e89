"""A store that somebody else brings, on good days and on bad ones: a hit or a miss, and at most one line."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from pytest_gocache.stores.foreign import ForeignStore, Found
from pytest_gocache.stores.seal import MAX_PAYLOAD, seal

ONE, TWO = "11" * 32, "22" * 32


@dataclass
class Shelf:
    """The least that somebody can bring."""

    address: str = ""
    blobs: dict[str, Any] = field(default_factory=dict)

    def get(self, name: str) -> bytes | None:
        return self.blobs.get(name)

    def put(self, name: str, blob: bytes) -> None:
        self.blobs[name] = blob


def brought(make: object, name: str = "team", package: str = "team-store") -> Found:
    """An installed entry point that gives ``make``."""
    return Found(name, package, "team_store:Shelf", lambda: make)


def opened(shelf: object, **more: Any) -> ForeignStore:
    return ForeignStore("team:there", lambda: [brought(lambda address: shelf)], **more)


def test_two_methods_are_enough() -> None:
    """What is put is got, sealed; what is deleted is gone; the address is handed over."""
    shelves: list[Shelf] = []

    def make(address: str) -> Shelf:
        shelves.append(Shelf(address))
        return shelves[-1]

    store = ForeignStore("team:https://there:80", lambda: [brought(make), brought(None, "other")])
    assert not shelves, "nobody asked yet"
    assert store.get(ONE) is None
    assert store.put(ONE, b"payload") and store.put_many([(TWO, b"two")])
    assert (store.get(ONE), store.get(TWO)) == (b"payload", b"two")
    assert [shelf.address for shelf in shelves] == ["https://there:80"]
    assert shelves[0].blobs[ONE] == seal(ONE, b"payload")
    store.delete(ONE)
    assert (store.get(ONE), store.get(TWO), store.notices) == (None, b"two", ())
    store.close()
    store.close()
    assert store.get(TWO) is None, "it is not used afterwards"


def test_what_it_gives_back_is_not_believed() -> None:
    """Another's entry, a changed or a cut one, the bare payload: absent, and no word of it."""
    shelf = Shelf()
    store = opened(shelf)
    blob = seal(ONE, b"payload")
    lies = (seal(TWO, b"payload"), blob[:-1], blob[:-1] + b"x", blob + b"x", b"payload", b"", bytes(MAX_PAYLOAD * 2))
    for lie in lies:
        shelf.blobs[ONE] = lie
        assert store.get(ONE) is None
    shelf.blobs[ONE] = blob
    assert store.get(ONE) == b"payload" and store.notices == ()


@pytest.mark.parametrize("wrong", ["text", bytearray(b"x"), 5, [b"x"]], ids=repr)
def test_what_is_no_bytes(wrong: object) -> None:
    """Said once; it is not asked again."""
    shelf = Shelf(blobs={ONE: wrong, TWO: seal(TWO, b"two")})
    store = opened(shelf)
    assert (store.get(ONE), store.get(TWO)) == (None, None)
    (line,) = store.notices
    assert line == (
        f"the store 'team' of team-store failed in get (TypeError: it gave back {type(wrong).__name__}, not bytes or "
        "None): it is not used any more in this run; look there, or choose another --gocache-store"
    )


class Broken(Shelf):
    """Fails where its address says."""

    def __init__(self, where: str) -> None:
        super().__init__(where)
        self.asked = 0
        self.fail("open")

    def fail(self, where: str) -> None:
        if where == self.address:
            raise OSError("the line\nis \x1b[31m dead")

    def get(self, name: str) -> bytes | None:
        self.asked += 1
        self.fail("get")
        return super().get(name)

    def put(self, name: str, blob: bytes) -> None:
        self.asked += 1
        self.fail("put")
        super().put(name, blob)

    def close(self) -> None:
        self.fail("close")


@pytest.mark.parametrize("where", ["open", "get", "put", "close"])
def test_one_that_raises(where: str) -> None:
    """One clear line, and it is left alone: a dead server is not asked a thousand times."""
    stores: list[Broken] = []

    def make(address: str) -> Broken:
        stores.append(Broken(address))
        return stores[-1]

    store = ForeignStore(f"team:{where}", lambda: [brought(make)])
    for _ in range(3):
        assert store.get(ONE) is None or where == "close"
        assert store.put(ONE, b"payload") is (where == "close")
        assert store.put_many([(ONE, b"payload")]) is (where == "close")
        store.delete(TWO)
    store.close()
    (line,) = store.notices
    assert line.startswith(f"the store 'team' of team-store failed in {where} (OSError: the line is  [31m dead): ")
    assert where in ("open", "close") or stores[0].asked == {"get": 1, "put": 2}[where]


def fails() -> object:
    raise ImportError("no module named 'requests'")


@pytest.mark.parametrize(
    ("spec", "found", "line"),
    [
        ("tea", [brought(Shelf), brought(Shelf, "b")], "no store is called 'tea' (there are b, dir, disk, team): "),
        ("tea:pot", [], "no store is called 'tea' (there are dir, disk): "),
        ("team", [brought(Shelf), brought(Shelf, package="b")], "two packages bring a store 'team' (b, team-store): "),
        ("disk:/tmp", [brought(Shelf, "disk")], "the store 'disk' takes no address: "),
        (
            "team",
            [Found("team", "team-store", "team_store:Shelf", fails)],
            "the store 'team' of team-store failed in loading team_store:Shelf (ImportError: no module named 're",
        ),
        ("team", [brought(None)], "the store 'team' of team-store failed in open (TypeError: "),
        ("team", [brought(lambda _: 5)], "the store 'team' of team-store failed in open (TypeError: it gave back int,"),
    ],
)
def test_one_that_is_not_to_be_had(spec: str, found: list[Found], line: str) -> None:
    """What, where, what to do; and a store that has nothing and keeps nothing."""
    store = ForeignStore(spec, lambda: found)
    assert store.get(ONE) is None and not store.put(ONE, b"payload")
    (said,) = store.notices
    assert said.startswith(line) and "--gocache-" in said.removeprefix(line), said


def test_a_payload_that_is_too_large() -> None:
    """It alone is left out."""
    shelf = Shelf()
    store = opened(shelf)
    assert not store.put_many([(ONE, bytes(MAX_PAYLOAD + 1)), (TWO, b"two")])
    assert store.get(TWO) == b"two"
    assert store.notices == ("a result of more than 64 MiB is not kept in the store 'team'",)


def test_a_name_that_is_none() -> None:
    """A mistake of ours, as with every store."""
    with pytest.raises(ValueError, match="not the name of an entry"):
        opened(Shelf()).get("../up")


def test_entry_points_are_looked_for_when_one_is_asked() -> None:
    """``importlib.metadata`` takes 50 ms to import."""
    code = (
        "import sys; from pytest_gocache.stores.foreign import ForeignStore\n"
        "store = ForeignStore('none'); assert 'importlib.metadata' not in sys.modules\n"
        f"assert store.get({ONE!r}) is None and 'importlib.metadata' in sys.modules; print(store.notices)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, encoding="utf-8")
    assert "no store is called 'none' (there are dir, disk)" in done.stdout
