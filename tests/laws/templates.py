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
    # By computed names, of what somebody else may have loaded before.
    """\
def other():
    return __import__('.'.join(['shop', '{dep}'])).{dep}.value()
""",
    """\
NAMES = ['base', '{dep}']


def other():
    return getattr(__import__('shop', None, None, NAMES), NAMES[1]).value()
""",
    """\
def other():
    found, _ = map(__import__, ['shop.' + '{dep}', 'shop.' + 'base'])
    return found.{dep}.value()
""",
    """\
from shop.finder import found


def other():
    return found('.'.join(['shop', '{dep}'])).value()
""",
    # By attributes.
    """\
import shop
from shop.finder import found

found('shop.' + '{dep}')


def other():
    return shop.{dep}.value()
""",
    """\
import shop


def other():
    try:
        return shop.{dep}.value()
    except AttributeError:
        return __import__('shop.' + '{dep}').{dep}.value()
""",
    """\
import importlib.util
import re

SPEC = importlib.util.find_spec('.'.join(['shop', '{dep}']))


def other():
    with open(SPEC.origin) as source:
        return int(re.search(r'KNOB\\W+(\\d)', source.read())[1])
""",
)

VALUE = """\
KNOB = {knob}


def value():
    return KNOB + other() + seen()
"""
FINDER = """\
import importlib

FOUND = {}


def found(name):
    if name not in FOUND:
        FOUND[name] = importlib.import_module(name)
    return FOUND[name]
"""
"""A module of the product that finds others by their names, and keeps them: only the first who asks is seen to."""
LEAF = """\
KNOB = {knob}


def value():
    return KNOB


if __name__ == '__main__':
    print(value())
"""

# Test modules. ``sees`` tells the judge what a test saw, be it right or wrong.
SEES = """\
def sees(number):
    print('saw', number)
    return number % 9 != 0
"""
TEST_KINDS = (
    """\
import shop.{mod}

KNOB = 1


def test_value():
    assert sees(shop.{mod}.value() + KNOB)


def test_output(capsys, tmp_path):
    print(shop.{mod}.KNOB)
    (tmp_path / 'out').write_text('x')
""",
    """\
import pytest
from shop.{mod} import KNOB, value


@pytest.mark.parametrize('n', range(KNOB % 3 + 1))
def test_each(n):
    assert sees(value() + n)


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
        self.assertTrue(sees(self.seen))

    @unittest.skip('old')
    def test_skipped(self):
        raise AssertionError
""",
    """\
import pytest
from shop.{mod} import value


@pytest.mark.skipif(value() % 2, reason='odd')
def test_even():
    assert sees(value())


@pytest.mark.xfail(reason='by threes')
def test_threes():
    assert value() % 3


def test_late_skip():
    if value() % 3 == 1:
        pytest.skip(f'late {value()}')
""",
    """\
KNOB = 2


class TestFixtures:
    def test_number(self, number):
        assert sees(number + KNOB)

    def test_total(self, total, number):
        assert sees(total + number)
""",
    """\
import json
from pathlib import Path

HERE = Path(__file__).parent


def test_numbers():
    assert sees(json.loads((HERE / 'numbers.json').read_text()))
""",
    """\
import pytest

extra = pytest.importorskip('shop.extra')


def test_extra():
    assert sees(extra.value())
""",
    """\
try:
    from shop import extra
except ImportError:
    extra = None


def test_fallback():
    assert sees(extra is None or extra.value())
""",
    """\
try:
    from . import helper
except ImportError:
    import helper


def test_helper():
    assert sees(helper.KNOB)
""",
    """\
import colorsys

import tool


def test_tool():
    assert sees(tool.value())


def test_colour():
    assert colorsys.rgb_to_hsv(0, 0, 0)[2] == 0
""",
    """\
import importlib


def test_computed():
    module = importlib.import_module('.'.join(['shop', '{mod}']))
    assert sees(module.value())
""",
    """\
import space.part
from shop.{mod} import *


def test_both():
    assert sees(KNOB + space.part.value())
""",
    # What modules leave behind when they are imported, and others meet.
    """\
import os

KNOB = 4
os.environ['SHOP_LEFT'] = str(KNOB)


def test_left():
    pass
""",
    """\
import os


def test_meets():
    assert sees(int(os.environ.get('SHOP_LEFT', '3')))
""",
    """\
import os

FOUND = dict(os.environ).get('SHOP_LEFT', '5')


def test_met():
    assert sees(int(FOUND))
""",
    """\
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[str(pathlib.Path(__file__)).count('unit/')] / 'lent'))


def test_lends():
    pass
""",
    """\
import lent


def test_borrows():
    assert sees(lent.KNOB)
""",
    """\
def test_borrows_later():
    import lent

    assert sees(lent.KNOB)
""",
    # The same name, from another directory.
    """\
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[str(pathlib.Path(__file__)).count('unit/')] / 'lend'))

import lent


def test_lends_and_borrows():
    assert sees(lent.KNOB) and 'lend' in str(lent.__file__)
""",
    """\
import pathlib
import sys

sys.path.append(str(pathlib.Path(__file__).parents[str(pathlib.Path(__file__)).count('unit/')] / 'lend'))


def test_lends_last_and_borrows_later():
    import lent

    assert sees(lent.KNOB) and 'lent/' in str(lent.__file__)
""",
    # What another test module may have loaded before, by computed names, attributes, pickles and dotted names.
    """\
import pytest


@pytest.mark.parametrize('name', ['base', '{mod}'])
def test_by_name(name):
    assert sees(getattr(__import__('shop', None, None, [name]), name).value())


def test_of_package():
    assert sees(__import__('.'.join(['shop', '{mod}'])).{mod}.value())
""",
    """\
from shop import finder


def test_found():
    assert sees(finder.found('.'.join(['shop', '{mod}'])).value())
""",
    """\
import shop as s


def test_attribute():
    try:
        seen = s.{mod}.value()
    except AttributeError:
        seen = __import__('shop.' + '{mod}').{mod}.value()
    assert sees(seen)
""",
    """\
import pickle


def test_pickle():
    assert sees(pickle.loads(b'cshop.' + b'{mod}\\nvalue\\n.')())
""",
    """\
import sys


def test_dotted(monkeypatch):
    monkeypatch.setattr('.'.join(['shop', '{mod}', 'KNOB']), 3)
    assert sees(sys.modules['shop.' + '{mod}'].value())
""",
    # A file read by a session fixture, which only the first module that asks for it is seen to read.
    """\
def test_table(table):
    assert sees(table)
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
