"""Stored values as bytes and back; whatever else the bytes are, the answer is None."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pytest_gocache.core import codec, memory, needs, snapshot
from pytest_gocache.core.brief import at_hand, gist_of, titles_of
from pytest_gocache.core.files import Remembered
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.listings import Counting
from pytest_gocache.core.model import (
    ActionID,
    Brief,
    Input,
    Manifest,
    ModuleResult,
    Op,
    ResultID,
    SavedMark,
    SavedReport,
    SavedTest,
    SavedWarning,
    SourceTable,
    Timing,
    Trace,
)
from pytest_gocache.core.needs import Needs
from pytest_gocache.core.snapshot import Snapshot
from pytest_gocache.core.vouched import vouch

D = Digest("d" * 64)
REPORTS = (
    SavedReport("setup", "passed", 0.25),
    SavedReport(
        "call",
        "skipped",
        0.5,
        ["skip", "tests/test_a.py", 3, "größe \ud800"],
        (("Captured stdout call", "out\n\x00"),),
        (("colour", "green"), ("number", 7)),
        (("wasxfail", "reason: known"),),
    ),
)
TEST = SavedTest(
    "::TestA::test_b[a::b]",
    "tests/base.py",
    None,
    "TestA.test_b",
    ("test_b", "a::b"),
    ("test_a.py", "TestA", "test_b"),
    (SavedMark("level", (("value", 2), ("name", None))),),
    REPORTS,
)
WARNING = SavedWarning(
    "::test_b", "runtest", "UserWarning", "careful", "tests/test_a.py", 7, ("tests/test_a.py", 7, "test_b")
)
RESULT = ModuleResult((TEST,), ("::test_c",), (SavedReport("collect", "skipped", 0.0),), (WARNING,), 1.5)
TRACES = (
    Trace(((Input(Op.OPEN, "data.txt"), D), (Input(Op.IMPORT, "a.b"), D)), ResultID("r" * 64)),
    Trace((), ResultID("")),
)
LINES = ("flag '-W error'", "module x y")
MANIFEST = Manifest(ActionID("a" * 64), "failed", "test_a.py::test_b", LINES, D, "5", "no-record", 7.5)
SOURCES = SourceTable((("src/a.py", "abc"), ("src/b.py", "")), ("/p/src",))
SNAPSHOT = Snapshot(
    12.5,
    "epoch",
    {"/p": D},
    {"/p/a.py": Remembered((1, 2, 3, 4), D)},
    ((Input(Op.GETENV, "HOME"), D),),
    (Brief("/p/a.py", "a.py", "..s", 0.5, 1, ResultID("r"), True),),
    counting=Counting(("*.so",), ("a",), ("test_*.py",)),
    without_modules={"/p": D},
)
NEEDS = {"/p/a.py": Needs(frozenset({"/p/b.py"}), frozenset({"/p/a.py"}), frozenset({Input(Op.GETENV, "HOME")}))}
MEMORY = memory.Memory({"/p/a.py": Remembered((1, 2, 3, 4), D)}, {})
PASSED = tuple(SavedReport(when, "passed", 0.25) for when in ("setup", "call", "teardown"))
SHORT = ModuleResult((TEST._replace(reports=PASSED), TEST._replace(name="::test_c", reports=PASSED)), (), (), (), 1.5)
TIMINGS = (Timing(TEST.name, 0.25, 0.25, 0.25), Timing("::test_c", 0.25, 0.25, 0.25))
ALL_TITLES = {ResultID("1"): ("::test_a", "::test_b[größe]"), ResultID("2"): ()}
GIST, TITLES, WHOLE = codec.encode_result(RESULT).split(b"\n")

Codec = tuple[object, bytes, Callable[[bytes], object]]
CODECS: dict[str, Codec] = {
    "traces": (TRACES, codec.encode_traces(TRACES), codec.decode_traces),
    "result": (RESULT, WHOLE, lambda payload: codec.decode_result(b"\n" + payload)),
    "gist": (gist_of(RESULT), GIST, codec.decode_gist),
    "titles": (titles_of(RESULT, gist_of(RESULT)), TITLES, lambda payload: codec.decode_titles(b"\n" + payload)),
    "timings": (
        TIMINGS,
        codec.encode_result(SHORT).rpartition(b"\n")[2],
        lambda payload: codec.decode_timings(b"\n" + payload),
    ),
    "all titles": (ALL_TITLES, codec.encode_all_titles(ALL_TITLES), codec.decode_all_titles),
    "manifests": ((MANIFEST,), codec.encode_manifests((MANIFEST,)), codec.decode_manifests),
    "sources": (SOURCES, codec.encode_sources(SOURCES), codec.decode_sources),
    "names": (("a", "b/"), codec.encode_names(("a", "b/")), codec.decode_names),
    "snapshot": (SNAPSHOT, snapshot.encode(SNAPSHOT), snapshot.decode),
    "needs": (NEEDS, needs.encode(NEEDS), needs.decode),
    "memory": (MEMORY, memory.encode(MEMORY), memory.decode),
}
NOTHING = {"manifests": (), "titles": (), "all titles": {}, "timings": (), "memory": memory.Memory()}
"""What a decoder gives for bytes that say nothing."""

every_codec = pytest.mark.parametrize("name", CODECS)


@every_codec
def test_round_trip(name: str) -> None:
    """What was encoded comes back equal."""
    value, payload, decode = CODECS[name]
    assert decode(payload) == value


def test_timings_are_all_there_is_to_tell() -> None:
    """Output is left to whoever shows it; anything else of a test, and there are none for the whole module."""
    loud = PASSED[1]._replace(sections=(("Captured stdout call", "said"),))
    assert len(timings(PASSED[0], loud, PASSED[2])) == 2
    for other in (
        (PASSED[0], PASSED[1]),
        (PASSED[0], PASSED[1]._replace(outcome="skipped"), PASSED[2]),
        (PASSED[0], PASSED[1]._replace(user_properties=(("a", 1),)), PASSED[2]),
        (PASSED[0], PASSED[1], PASSED[2]._replace(extra=(("wasxfail", ""),))),
        (PASSED[0], PASSED[1]._replace(when="serialised"), PASSED[2]),
        REPORTS,
    ):
        assert timings(*other) == ()


def timings(*reports: SavedReport) -> tuple[Timing, ...]:
    """Of a module with one test that left these reports, beside one that left the usual ones."""
    result = ModuleResult((SHORT.tests[0], TEST._replace(reports=reports)), (), (), (), 1.5)
    found = codec.decode_timings(codec.encode_result(result))
    assert found == at_hand(result, gist_of(result)).timings()
    return found


GARBAGE = (
    b"",
    b"\x00",
    b"garbage",
    b"null",
    b"1",
    b'"x"',
    b"{}",
    b"[[]]",
    b"[1,2,3]",
    b"\xff\xfe",
    b"[" * 100_000,
    b"[1e999]",
)


@every_codec
@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage[:9]))
def test_garbage_says_nothing(name: str, garbage: bytes) -> None:
    """Any bytes are an empty value or none at all, and never an error (law 5)."""
    _, _, decode = CODECS[name]
    assert decode(garbage) in (NOTHING.get(name), (), None)


@every_codec
def test_no_byte_can_raise(name: str) -> None:
    """Cut anywhere, or with one byte gone: still no error."""
    _, payload, decode = CODECS[name]
    for at in range(len(payload)):
        assert decode(payload[:at]) in (NOTHING.get(name), None)
        decode(payload[:at] + payload[at + 1 :])


STRANGE = (None, True, -1, 1e999, "x", "\x00", [], {}, [[]], {"a": 1})


@every_codec
def test_no_value_can_raise(name: str) -> None:
    """Any part replaced by a value of another kind: decoded or refused, never an error, then or later."""
    _, payload, decode = CODECS[name]
    tree = json.loads(payload.decode("utf-8", "surrogatepass"))
    for place in places(tree):
        for strange in STRANGE:
            found = decode(json.dumps(replaced(tree, place, strange)).encode())
            if isinstance(found, Snapshot):
                compared = snapshot.compare(found, "epoch", 13.0, lambda wanted: D)
                if compared is not None:
                    vouch(compared, NEEDS)


def test_titles_that_are_cut() -> None:
    """A part of a file tells nothing, and not some of the titles."""
    packed = codec.encode_all_titles(ALL_TITLES)
    assert codec.decode_all_titles(packed) == ALL_TITLES
    assert not any(codec.decode_all_titles(packed[:at]) for at in range(len(packed)))


def places(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a JSON tree."""
    yield at
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inside:
        yield from places(value, (*at, key))


def replaced(tree: Any, place: tuple[Any, ...], value: Any) -> Any:
    """The tree with another value in one place."""
    if not place:
        return value
    copy = dict(tree) if isinstance(tree, dict) else list(tree)
    copy[place[0]] = replaced(copy[place[0]], place[1:], value)
    return copy


def test_what_is_no_plain_data_is_refused() -> None:
    """An object that a plugin left on a report raises, so that it is never half kept."""
    odd = SavedReport("call", "passed", 0.0, extra=(("x", object()),))  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        codec.encode_result(ModuleResult((), (), (odd,), (), 0.0))
    with pytest.raises(ValueError):
        codec.encode_result(ModuleResult((), (), (), (), float("nan")))
