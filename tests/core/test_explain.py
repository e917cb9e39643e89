"""Every miss has one reason and names the very thing."""

from __future__ import annotations

import pytest

from pytest_gocache.core.explain import changed_line, changed_source, shortened
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.model import ActionID, Manifest, Miss, Reason

LINES = (
    "interpreter flags x",
    "variable TZ abc",
    "flag '-W error'",
    "ini 'xfail_strict = true'",
    "plugin pytest 9.2.0 ''",
    "module tests/test_a.py abc",
    "distribution attrs 25.1 abc",
    "selection",
)
CHANGES = {
    "interpreter": ("interpreter flags x", "interpreter flags y", Miss(Reason.INTERPRETER_CHANGED, "flags")),
    "variable": ("variable TZ abc", "variable TZ def", Miss(Reason.ENVIRONMENT_CHANGED, "TZ")),
    "flag": ("flag '-W error'", "flag '-W ignore'", Miss(Reason.FLAGS_CHANGED, "-W ignore")),
    "flag gone": ("flag '-W error'", "", Miss(Reason.FLAGS_CHANGED, "no longer -W error")),
    "flag new": ("", "flag -s", Miss(Reason.FLAGS_CHANGED, "-s")),
    "ini": (
        "ini 'xfail_strict = true'",
        "ini 'xfail_strict = false'",
        Miss(Reason.FLAGS_CHANGED, "xfail_strict = false"),
    ),
    "plugin": (
        "plugin pytest 9.2.0 ''",
        "plugin pytest 9.3.0 ''",
        Miss(Reason.PLUGINS_CHANGED, "pytest 9.2.0 -> 9.3.0"),
    ),
    "module": (
        "module tests/test_a.py abc",
        "module tests/test_a.py d",
        Miss(Reason.MODULE_CHANGED, "tests/test_a.py"),
    ),
    "distribution": ("distribution attrs 25.1 abc", "", Miss(Reason.DISTRIBUTION_CHANGED, "attrs 25.1 gone")),
    "selection": ("selection", "selection ::test_a", Miss(Reason.SELECTION_CHANGED)),
}


@pytest.mark.parametrize(("old", "new", "told"), CHANGES.values(), ids=CHANGES.keys())
def test_the_line_that_changed_is_told(old: str, new: str, told: Miss) -> None:
    before = Manifest(ActionID("a"), "", "", tuple(line for line in (*LINES, old) if line), Digest(""))
    now = tuple(line for line in (*(line for line in LINES if line != old), new) if line)
    assert changed_line(before, now) == told


def test_nothing_changed_is_told_as_nothing() -> None:
    before = Manifest(ActionID("a"), "", "", LINES, Digest(""))
    assert changed_line(before, LINES) is None
    assert changed_source({"a.py": "1"}, {"a.py": "1"}) is None


def test_sources() -> None:
    """The first file in order that changed or came."""
    assert changed_source({"a.py": "1"}, {"a.py": "2", "b.py": "1"}) == Miss(
        Reason.INPUT_CHANGED, "import a.py"
    )
    assert changed_source({"a.py": "1"}, {"a.py": "1", "b.py": "1"}) == Miss(
        Reason.INPUT_CHANGED, "import b.py (new)"
    )


def test_a_source_that_is_gone() -> None:
    """A file that the closure no longer holds is the reason, where nothing else is."""
    gone = changed_source({"a.py": "1", "b.py": "1"}, {"a.py": "1"})
    assert gone == Miss(Reason.INPUT_CHANGED, "import b.py (gone)")
    assert changed_source({"a.py": "1", "b.py": "1"}, {"a.py": "2"}) == Miss(Reason.INPUT_CHANGED, "import a.py")


def test_a_source_that_must_be_exactly_the_same() -> None:
    """Where code asks for line numbers another comment is another input."""
    before, now = {"a.py": shortened("c" * 64, "1" * 64)}, {"a.py": shortened("c" * 64, "2" * 64)}
    assert changed_source(before, now) is None
    assert changed_source(before, now, exactly=True) == Miss(Reason.INPUT_CHANGED, "import a.py")
