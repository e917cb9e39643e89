"""A snapshot vouches for the modules that need nothing of what changed, and for no others."""

from __future__ import annotations

import pytest

from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.installed import joined
from pytest_gocache.core.model import Brief, Input, ResultID
from pytest_gocache.core.needs import Needs, NeedsOf
from pytest_gocache.core.ops import Op
from pytest_gocache.core.snapshot import Compared, Snapshot
from pytest_gocache.core.vouched import Vouched, vouch

HOME, TERM = Input(Op.GETENV, "HOME"), Input(Op.GETENV, "TERM")
ONE, TWO = "/p/test_one.py", "/p/test_two.py"
NEEDS = {
    ONE: Needs(frozenset({"/p/a.py", "/p/b.py"}), frozenset({ONE, "/p/data.txt"}), frozenset({HOME})),
    TWO: Needs(frozenset({"/p/b.py"}), frozenset({TWO}), frozenset({HOME, TERM})),
}


def compared(files: set[str], inputs: set[Input]) -> Compared:
    modules = tuple(Brief(path, path[3:], ".", 0.0, 0, ResultID("r"), True) for path in (ONE, TWO))
    pairs = tuple((wanted, Digest("d")) for wanted in (HOME, TERM))
    return Compared(Snapshot(0.0, "e", {}, {}, pairs, modules), frozenset(files), frozenset(inputs))


@pytest.mark.parametrize(
    ("files", "inputs", "held"),
    [
        (set(), set(), {ONE, TWO}),
        ({ONE}, set(), {TWO}),
        ({"/p/data.txt"}, set(), {TWO}),
        ({"/p/a.py"}, set(), {TWO}),
        ({"/p/b.py"}, set(), set()),
        ({"/p/of-nobody.py"}, set(), {ONE, TWO}),
        ({"/p/elsewhere/conftest.py"}, set(), set()),
        (set(), {TERM}, {ONE}),
        (set(), {HOME}, set()),
        ({TWO}, {TERM}, {ONE}),
        ({ONE}, {TERM}, set()),
    ],
)
def test_what_touches_whom(files: set[str], inputs: set[Input], held: set[str]) -> None:
    """Its own file, what it imports, what it reads, what it looked at."""
    assert vouch(compared(files, inputs), NEEDS).modules.keys() == held


@pytest.mark.parametrize("needs", [{}, {TWO: NEEDS[TWO]}])
def test_whose_needs_are_lost_is_not_vouched_for(needs: NeedsOf) -> None:
    assert vouch(compared(set(), set()), needs).modules.keys() == needs.keys()


def test_two_witnesses_of_what_is_installed() -> None:
    """Together they tell of everything that one of them tells of; they must agree on the names that are there."""
    one, other = {"/s": ["n", {"/s/a": ["1", {}]}]}, {"/s": ["n", {"/s/b": ["2", {}]}], "/t": ["m", {}]}
    assert joined(one, other) == {"/s": ["n", {"/s/a": ["1", {}], "/s/b": ["2", {}]}], "/t": ["m", {}]}
    assert joined(one, {"/s": ["other names", {}]}) is None
    assert joined(one, {}) == one and joined(None, one) is None and joined(one, None) is None


HITS = ("/p/t/a/sub/test_1.py", "/p/t/a/test_2.py", "/p/t/a/__init__.py", "/p/t/b/test_3.py", "/p/t/test_4.py")


@pytest.mark.parametrize(
    ("missed", "others", "kept", "whole"),
    [
        ([], (), (), {"/p/t/a": HITS[2:3] + HITS[:2], "/p/t/b": HITS[3:4]}),
        (["/p/t/b/test_5.py"], (), (), {"/p/t/a": HITS[2:3] + HITS[:2]}),
        (["/p/t/a/test_5.py"], (), (), {"/p/t/a/sub": HITS[:1], "/p/t/b": HITS[3:4]}),
        ([], ("/p/t/a/sub/test.txt",), (), {"/p/t/b": HITS[3:4]}),
        ([], (), ("/p/t/b/conftest.py",), {"/p/t/a": HITS[2:3] + HITS[:2]}),
        ([], (), ("/p/t/a/sub",), {"/p/t/b": HITS[3:4]}),
    ],
)
def test_directories_where_nothing_is_to_be_collected(
    missed: list[str], others: tuple[str, ...], kept: tuple[str, ...], whole: dict[str, tuple[str, ...]]
) -> None:
    """Nothing that ran or has to run, and no conftest: the topmost below what was asked for."""
    briefs = {path: Brief(path, path[3:], ".", 0.0, 0, ResultID("r"), True) for path in (*HITS, *missed)}
    base = Snapshot(0.0, "e", {}, {}, (), tuple(briefs.values()), others=others)
    vouched = Vouched(base, {}, {path: briefs[path] for path in HITS})
    found = vouched.whole_directories(["/p/t", *kept])
    assert {directory: tuple(paths) for directory, paths in found.items()} == whole


def test_modules_that_lie_nowhere_below_what_was_asked_for() -> None:
    """Named by themselves: their directories are nobody's."""
    brief = Brief("/q/x/test_1.py", "x", ".", 0.0, 0, ResultID("r"), True)
    vouched = Vouched(Snapshot(0.0, "e", {}, {}, (), (brief,)), {}, {brief.path: brief})
    assert not vouched.whole_directories([brief.path])
