"""The texts that generated projects are made of. ``{mod}`` and ``{dep}`` stand for a product module."""

# How a product module gets ``other()``: from the module before it, or from somewhere else.
IMPORT_FORMS = (
    """\
import shop.{dep}


def other():
    return shop.{dep}.value()
""",
    """\
from shop import {dep}


def other():
    return {dep}.value()
""",
    """\
from shop.{dep} import value as other
""",
    """\
from . import {dep} as near


def other():
    return near.value()
""",
    """\
from .{dep} import *

other = value
""",
    """\
def other():
    from shop.{dep} import value

    return value()
""",
    """\
import importlib

NAME = 'shop.' + '{dep}'


def other():
    return importlib.import_module(NAME).value()
""",
    """\
try:
    from shop.extra import value as other
except ImportError:
    from shop.{dep} import value as other
""",
    """\
other = __import__('shop.{dep}', fromlist=['value']).value
""",
    """\
import typing

if typing.TYPE_CHECKING:
    import shop.extra
from shop.{dep} import value as other
""",
    """\
from space.part import value as other
""",
    """\
import tool


def other():
    return tool.value()
""",
    """\
from pathlib import Path

NUMBER = int(Path(__file__).with_name('number.txt').read_text())


def other():
    return NUMBER
""",
)

# Effects that take more than files and imports: a memoised read, a probe, a listing.
HARD_FORMS = (
    """\
from functools import lru_cache
from pathlib import Path


@lru_cache
def other():
    return int(Path(__file__).with_name('number.txt').read_text())
""",
    """\
import importlib.util


def other():
    return 1 if importlib.util.find_spec('shop.extra') else 2
""",
    """\
from pathlib import Path


def other():
    return len(list(Path(__file__).parent.glob('*.py')))
""",
)

VALUE = """\
KNOB = {knob}


def value():
    return KNOB + other()
"""
LEAF = """\
KNOB = {knob}


def value():
    return KNOB
"""

# Test modules.
TEST_KINDS = (
    """\
import shop.{mod}

KNOB = 1


def test_value():
    assert (shop.{mod}.value() + KNOB) % 5 != 0


def test_output(capsys, tmp_path):
    print(shop.{mod}.KNOB)
    (tmp_path / 'out').write_text('x')
""",
    """\
import pytest
from shop.{mod} import KNOB, value


@pytest.mark.parametrize('n', range(KNOB % 3 + 1))
def test_each(n):
    assert (value() + n) % 7 != 0


@pytest.mark.parametrize('s', ['a b', 'x/y', '[', '\\u00e9', ''])
def test_odd_names(s):
    pass
""",
    """\
import unittest

from shop import {mod}


class TestOld(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.seen = {mod}.value()

    def test_seen(self):
        self.assertNotEqual(self.seen % 5, 0)

    @unittest.skip('old')
    def test_skipped(self):
        raise AssertionError
""",
    """\
import pytest
from shop.{mod} import value


@pytest.mark.skipif(value() % 2, reason='odd')
def test_even():
    pass


@pytest.mark.xfail(reason='by threes')
def test_threes():
    assert value() % 3


def test_late_skip():
    if value() % 3 == 1:
        pytest.skip('late')
""",
    """\
KNOB = 2


class TestFixtures:
    def test_number(self, number):
        assert (number + KNOB) % 5 != 0

    def test_total(self, total, number):
        assert (total + number) % 7 != 0
""",
    """\
import json
from pathlib import Path

HERE = Path(__file__).parent


def test_numbers():
    assert json.loads((HERE / 'numbers.json').read_text()) % 5 != 0
""",
    """\
import pytest

extra = pytest.importorskip('shop.extra')


def test_extra():
    assert extra.value() % 5 != 0
""",
    """\
try:
    from shop import extra
except ImportError:
    extra = None


def test_fallback():
    assert extra is None or extra.value() % 5 != 0
""",
    """\
try:
    from . import helper
except ImportError:
    import helper


def test_helper():
    assert helper.KNOB % 5 != 0
""",
    """\
import colorsys

import tool


def test_tool():
    assert tool.value() % 5 != 0


def test_colour():
    assert colorsys.rgb_to_hsv(0, 0, 0)[2] == 0
""",
    """\
import importlib


def test_computed():
    module = importlib.import_module('.'.join(['shop', '{mod}']))
    assert module.value() % 5 != 0
""",
    """\
import space.part
from shop.{mod} import *


def test_both():
    assert (KNOB + space.part.value()) % 5 != 0
""",
)

# A file read by a session fixture, which only the first module that asks for it is seen to read.
HARD_KINDS = (
    """\
def test_table(table):
    assert table % 5 != 0
""",
)

ROOT_CONFTEST = """\
import pytest

KNOB = 1


@pytest.fixture(scope='session')
def total():
    from shop import {mod}

    return {mod}.value() + KNOB
"""
TESTS_CONFTEST = """\
from pathlib import Path

import pytest

KNOB = 1


@pytest.fixture
def number():
    return KNOB


@pytest.fixture(scope='session')
def table():
    return int((Path(__file__).parent / 'numbers.json').read_text())
"""
UNIT_CONFTEST = """\
import pytest

KNOB = 3


@pytest.fixture
def number():
    return KNOB * 2
"""
