"""What the statements of a source do to variables and to the path."""

from __future__ import annotations

import pytest

from pytest_gocache.core.loading import stated

SETTING = {
    "import os\nos.environ['A'] = '1'\n": {"A"},
    "from os import environ\nif 1:\n    environ.setdefault('A', '1')\n": {"A"},
    "try:\n    del os.environ['A']\nexcept KeyError:\n    os.environ.pop('B', None)\n": {"A", "B"},
    "os.environ.update({'A': '1'}, B='2')\n": {"A", "B"},
    "os.environ.update(them)\nos.environ[name] = '1'\n": {"*"},
    "os.environ |= them\n": {"*"},
    "os.putenv('A', '1')\n": {"*"},
    "class A:\n    os.environb[b'A'] = b'1'\n": {"*"},
    "X = os.environ['A'], os.environ.get('B')\n": set(),
    "def f():\n    os.environ['A'] = '1'\n": set(),
    "environ = (\n": set(),
    "env = os.environ\nenv['A'] = '1'\n": {"*"},
    "from os import environ as e\ne['A'] = '1'\n": {"*"},
    "os.environ.__setitem__('A', '1')\nf(os.environ)\n": {"*"},
    "if 'A' in os.environ and os.environ['B']:\n    pass\n": set(),
}


@pytest.mark.parametrize("text", SETTING)
def test_variables_that_a_body_sets(text: str) -> None:
    """Those that it names; any, where it works out the name."""
    assert stated(text.encode()).variables == SETTING[text]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("sys.path.insert(0, HERE)\n", True),
        ("if HERE not in sys.path:\n    sys.path.append(HERE)\n", True),
        ("sys.path += [HERE]\n", True),
        ("sys.path[0:0] = [HERE]\n", True),
        ("del sys.path[0]\n", True),
        ("print(sys.path, len(sys.path))\n", False),
        ("def f():\n    sys.path.insert(0, HERE)\n", False),
    ],
)
def test_a_body_that_changes_the_path(text: str, changes: bool) -> None:
    """By its own statements; most only add to it."""
    assert stated(text.encode()).changes_path is changes
    assert stated(text.encode()).takes_from_path is (changes and "insert" not in text and "append" not in text)
