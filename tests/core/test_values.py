"""Values and records behave as dataclasses do."""

from __future__ import annotations

import copy
import pickle

import pytest

from pytest_gocache.core.values import changed, field, fields_of, frozen, record


@frozen
class Point:
    """A value with a default and a field that is no part of it."""

    x: int
    y: int = 0
    _seen: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.x > 0


@record
class Book:
    """A record with a list of its own."""

    title: str = ""
    pages: list[str] = field(default_factory=list)


def test_fields_are_given_by_place_or_by_name() -> None:
    """As to any dataclass."""
    assert (Point(1).x, Point(1).y, Point(1, 2).y, Point(1, y=3).y, Point(x=4).x) == (1, 0, 2, 3, 4)


def test_values_are_compared_and_hashed_by_their_fields() -> None:
    """So they can be keys. Private fields are no part of them."""
    assert Point(1, 2, [1]) == Point(1, 2) != Point(1, 3)
    assert len({Point(1, 2, [1]), Point(1, 2), Point(2)}) == 2
    assert Point(1) != (1, 0)


def test_a_value_never_changes() -> None:
    """Neither set nor deleted."""
    point = Point(1)
    with pytest.raises(AttributeError, match=r"Point\.x never changes"):
        point.x = 2  # type: ignore[misc]
    with pytest.raises(AttributeError, match=r"Point\.x never changes"):
        del point.x


def test_a_record_changes_and_has_no_hash() -> None:
    """What is made anew for each is not shared."""
    one, other = Book(), Book(title="b")
    one.pages.append("p")
    one.title = "a"
    assert (one.title, one.pages, other.pages) == ("a", ["p"], [])
    assert one == Book("a", ["p"])
    with pytest.raises(TypeError, match="unhashable"):
        hash(one)


@pytest.mark.parametrize(
    ("given", "named"), [((), {}), ((), {"y": 1}), ((1, 2, [], 4), {}), ((1,), {"x": 2}), ((1,), {"z": 2})]
)
def test_a_call_that_does_not_fit_is_refused(given: tuple[int, ...], named: dict[str, int]) -> None:
    """Too few, too many, twice, unknown."""
    with pytest.raises(TypeError):
        Point(*given, **named)  # type: ignore[arg-type]


def test_methods_of_its_own_stay() -> None:
    """What a class says itself counts."""
    assert Point(1)
    assert not Point(0)


def test_it_shows_its_fields() -> None:
    """But for the private ones."""
    assert repr(Point(1, 2)) == "Point(x=1, y=2)"


def test_a_changed_copy() -> None:
    """All but the given fields is as it was."""
    assert changed(Point(1, 2), y=5) == Point(1, 5)
    assert fields_of(Book("a")) == {"title": "a", "pages": []}


def test_it_matches_by_place() -> None:
    """In a ``match`` statement."""
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)


def test_it_can_be_copied_and_pickled() -> None:
    """Although it cannot be changed."""
    assert copy.deepcopy(Point(1, 2)) == pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)
