"""Lookup and save, with a store in a dict and a present that the test decides."""

from __future__ import annotations

import pytest

from pytest_gocache.core.action import Action
from pytest_gocache.core.cache import TRACES_KEPT, Cache, names, subset
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.imports import Closure, _Numbers
from pytest_gocache.core.model import (
    ActionID,
    Hit,
    Input,
    Manifest,
    Miss,
    ModuleName,
    ModuleResult,
    Op,
    Reason,
    SavedMark,
    SavedReport,
    SavedTest,
    SavedWarning,
    Selection,
    SourceTable,
)
from pytest_gocache.stores.memory import MemoryStore

NAME = ModuleName("tests/test_a.py")
DATA, OTHER = Input(Op.OPEN, "data.txt"), Input(Op.OPEN, "other.txt")


def action(name: str, *lines: str) -> Action:
    """An action of its own for each name."""
    closure = Closure(Digest(""), False, 0, frozenset(), frozenset(), _Numbers())
    return Action(ActionID(name), lines, closure)


def result(*tests: str, **more: tuple[object, ...]) -> ModuleResult:
    return ModuleResult(
        tuple(saved(test) for test in tests),
        more.get("deselected", ()),
        (),
        more.get("warnings", ()),
        1.0,  # type: ignore[arg-type]
    )


def saved(name: str, *marks: str) -> SavedTest:
    reports = tuple(SavedReport(when, "passed", 0.1) for when in ("setup", "call", "teardown"))
    words = tuple(name.split("::")[1:])
    return SavedTest(name, "", 1, words[-1], words, words, tuple(SavedMark(mark) for mark in marks), reports)


class World:
    """What the inputs are now."""

    def __init__(self) -> None:
        self.digests: dict[Input, str] = {}
        self.asked: list[Input] = []

    def __call__(self, wanted: Input) -> Digest:
        self.asked.append(wanted)
        return Digest(self.digests.get(wanted, "absent"))


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def cache(store: MemoryStore, world: World) -> Cache:
    return Cache(store, world, "/project")


def keep(cache: Cache, world: World, what: ModuleResult, *inputs: Input, of: str = "a") -> None:
    """Saves a result as of now."""
    cache.save(action(of), tuple((each, world(each)) for each in inputs), what)
    assert cache.flush()


def test_what_was_saved_is_found(cache: Cache, world: World) -> None:
    """The same action with the same inputs is a hit; another action is not."""
    assert cache.lookup(NAME, action("a")) == Miss(Reason.NO_RECORD)
    keep(cache, world, result("::test_a"), DATA)
    verdict = cache.lookup(NAME, action("a"))
    assert isinstance(verdict, Hit) and verdict.stored.load() == result("::test_a") and verdict.inputs == (DATA,)
    assert cache.lookup(NAME, action("b")) == Miss(Reason.NO_RECORD)


def test_a_changed_input_is_named(cache: Cache, world: World) -> None:
    """The first input that differs from the newest trace is the detail; changed back, it is a hit."""
    keep(cache, world, result("::test_a"), DATA, OTHER)
    world.digests[OTHER] = "changed"
    assert cache.lookup(NAME, action("a")) == Miss(Reason.INPUT_CHANGED, "open other.txt")
    del world.digests[OTHER]
    assert isinstance(cache.lookup(NAME, action("a")), Hit)


def test_many_traces_of_one_action(cache: Cache, world: World) -> None:
    """Runs that took other paths are all kept, newest first, up to a bound."""
    for number in range(TRACES_KEPT + 2):
        world.digests[DATA] = str(number)
        keep(cache, world, result(f"::test_{number}"), DATA)
    for number in range(2, TRACES_KEPT + 2):
        world.digests[DATA] = str(number)
        verdict = cache.lookup(NAME, action("a"))
        assert isinstance(verdict, Hit) and verdict.stored.load() == result(f"::test_{number}")
    for number in (0, 1):
        world.digests[DATA] = str(number)
        assert isinstance(cache.lookup(NAME, action("a")), Miss)


def test_the_nearest_trace_tells_what_changed(cache: Cache, world: World) -> None:
    """An edit that was taken back since is not what makes it run: not the newest trace, but the one least far away."""
    keep(cache, world, result("::test_a"), DATA, OTHER)
    world.digests[DATA] = "edited"
    keep(cache, world, result("::test_a"), DATA, OTHER)
    world.digests = {OTHER: "edited, too"}
    assert cache.lookup(NAME, action("a")) == Miss(Reason.INPUT_CHANGED, "open other.txt")


def test_the_same_inputs_keep_one_trace(cache: Cache, world: World) -> None:
    """A later run under equal inputs takes the earlier one's place."""
    keep(cache, world, result("::test_a"), DATA)
    keep(cache, world, result("::test_b"), DATA)
    verdict = cache.lookup(NAME, action("a"))
    assert isinstance(verdict, Hit) and verdict.stored.load() == result("::test_b")


def test_nothing_is_written_before_flush(cache: Cache, store: MemoryStore, world: World) -> None:
    """Results come first and traces last: whoever finds a trace finds its result."""
    cache.save(action("a"), ((DATA, world(DATA)),), result("::test_a"))
    assert not store.entries
    cache.flush()
    assert len(store.entries) == 2
    first, last = store.entries
    del store.entries[first]
    assert cache.lookup(NAME, action("a")) == Miss(Reason.DAMAGED_RECORD, "its result is missing")
    store.entries[last] = b"garbage"
    assert cache.lookup(NAME, action("a")) == Miss(Reason.DAMAGED_RECORD, NAME)


def test_evict_takes_back_what_matches_now(cache: Cache, world: World) -> None:
    """A failure forgets the passes under the same inputs, and leaves the others."""
    keep(cache, world, result("::test_a"), DATA)
    world.digests[DATA] = "other"
    keep(cache, world, result("::test_a"), DATA)
    assert cache.evict(action("a")) and cache.flush()
    assert isinstance(cache.lookup(NAME, action("a")), Miss)
    del world.digests[DATA]
    assert isinstance(cache.lookup(NAME, action("a")), Hit)
    assert cache.evict(action("a")) and not cache.evict(action("a"))
    assert cache.flush() and isinstance(cache.lookup(NAME, action("a")), Miss)


def test_why(cache: Cache) -> None:
    """Without a record the last run's manifest tells what changed since, one thing only."""
    lines = ("flag '-W error'", "module tests/test_a.py abc")
    none = Miss(Reason.NO_RECORD)
    assert cache.why(NAME, action("a", *lines), dict, none) == none, "never ran"
    table = cache.remember_sources(SourceTable((("src/a.py", "1"),)))
    cache.remember(NAME, Manifest(ActionID("a"), "failed", "::test_b", lines, table, "1"))
    cache.flush()
    assert cache.why(NAME, action("a", *lines), lambda: {"src/a.py": "1"}, none) == Miss(Reason.FAILED, "::test_b")
    assert cache.why(NAME, action("b", *lines), lambda: {"src/a.py": "2"}, none) == Miss(
        Reason.INPUT_CHANGED, "import src/a.py"
    )
    fewer = action("b", lines[1])
    assert cache.why(NAME, fewer, lambda: {"src/a.py": "1"}, none) == Miss(Reason.FLAGS_CHANGED, "no longer -W error")
    known = Miss(Reason.INPUT_CHANGED, "open data.txt")
    assert cache.why(NAME, fewer, dict, known) == known, "a better answer is left alone"


WHOLE = ModuleResult(
    (
        saved("::test_a"),
        saved("::test_b", "slow"),
        saved("::TestC::test_d"),
        saved("::test_p[x]"),
        saved("::test_p[y]"),
    ),
    (),
    (),
    (SavedWarning("::test_b", "runtest", "W", "m", "f", 1), SavedWarning("", "collect", "W", "m", "f", 1)),
    1.0,
)


def everything(_: SavedTest) -> bool:
    return True


def test_subset_by_node_id() -> None:
    """A class means its tests, a name its parameters; what is absent is not answered."""
    for wanted, found in (
        ("::test_a", ["::test_a"]),
        ("::TestC", ["::TestC::test_d"]),
        ("::test_p", ["::test_p[x]", "::test_p[y]"]),
        ("::test_p[x]", ["::test_p[x]"]),
    ):
        part = subset(WHOLE, Selection((wanted,)), everything)
        assert part is not None and [test.name for test in part.tests] == found
        assert part.deselected == (), "what a node id leaves out is not counted as deselected"
    for absent in ("::test_absent", "::test_p[z]", "::test", "::TestC::test"):
        assert subset(WHOLE, Selection((absent,)), everything) is None
    assert subset(WHOLE, Selection(("::test_a", "::absent")), everything) is None


def test_subset_by_expression_and_deselect() -> None:
    """What an expression leaves out is counted; warnings go with their tests."""
    part = subset(WHOLE, Selection(keyword="a"), lambda test: test.name == "::test_a")
    assert part is not None and len(part.tests) == 1 and len(part.deselected) == 4
    assert [warning.name for warning in part.warnings] == [""]
    part = subset(WHOLE, Selection(deselect=("::test_p",)), everything)
    assert part is not None and part.deselected == ("::test_p[x]", "::test_p[y]")


def test_names() -> None:
    """A node id names a test, its class, or all its parameters, and no test with a longer name."""
    assert (
        names("::test_a", "::test_a")
        and names("::TestA", "::TestA::test")
        and names("::test_a", "::test_a[1]")
    )
    assert not names("::test_a", "::test_ab") and not names("::test_a[1]", "::test_a[1][2]")
