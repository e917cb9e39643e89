"""JUnit cases of cached modules, written as text.

pytest makes an element of each test and has it written by ElementTree: for 50,000 tests that passed, thirty times
what else a replay takes. Their text is known beforehand; so a module is put in as one element without a tag, which
ElementTree leaves out, and a text that it does not quote.
"""

from __future__ import annotations

import functools
import re
import sys
from typing import TYPE_CHECKING, Final, cast
from xml.etree import ElementTree

import pytest
from _pytest import junitxml
from _pytest.junitxml import LogXML, bin_xml_escape, mangle_test_address, xml_key

from pytest_gocache.hooks.conditions import is_builtin, module_of
from pytest_gocache.hooks.reports import CACHED, REMOTELY

if TYPE_CHECKING:
    from _pytest.junitxml import _NodeReporter

    from pytest_gocache.core.model import Replay, ResultID, Stored, Timing

_FUNCTION: Final = re.compile(r"::\w+(?:\[[^\[\]:]*\])?", re.ASCII)
"""The name of a function in no class, perhaps with plain parameters."""
_QUOTED: Final = re.compile(r"""[&<>"\r\n\t]""")
"""What ElementTree quotes in attributes."""
_MODULE: Final = "\0"
"""Stands for the module's name: one result may be shown under several."""
_PROPERTIES: Final = "\1"
"""Stands for the marks of a replay."""


class Cases:
    """Texts of modules whose tests all passed and left nothing but their durations. ``total``: of all phases."""

    def __init__(self, config: pytest.Config, prefix: str, total: bool) -> None:
        self._config = config
        self._prefix = _attribute(f"{prefix}." if prefix else "")
        self._total = total
        self._texts: dict[ResultID, str] = {}

    def take(self, stored: Stored) -> bool:
        """Whether this result can be written so; then its text is kept."""
        if stored.id and stored.id not in self._texts:
            self._texts[stored.id] = "".join(map(self._case, stored.timings()))
        return bool(self._texts.get(stored.id))

    def add(self, replay: Replay) -> None:
        """Puts in the cases of a module that was taken."""
        xml = self._config.stash.get(xml_key, None)
        if xml is not None:
            module = _attribute(".".join(mangle_test_address(replay.nodeid)))
            properties = _properties((CACHED, REMOTELY) if replay.remote else (CACHED,))
            text = self._texts[replay.stored.id].replace(_MODULE, module).replace(_PROPERTIES, properties)
            xml.stats["passed"] += len(replay.brief.letters)
            xml.node_reporters_ordered.append(cast("_NodeReporter", Written(text)))

    def _case(self, test: Timing) -> str:
        seconds = test.setup + test.call + test.teardown if self._total else test.call
        above, name = _names_of(test.name)
        place = f'classname="{self._prefix}{_MODULE}{above}" name="{name}"'
        return f'<testcase {place} time="{seconds:.3f}">{_PROPERTIES}</testcase>'


def _names_of(name: str) -> tuple[str, str]:
    """What a test is called behind its module: the classes that it is in, each behind a dot, and itself; quoted."""
    if _FUNCTION.fullmatch(name):
        classes, last = [], name[2:]
    else:
        _, *classes, last = mangle_test_address("x" + name)
    legal = last.isascii() and last.isprintable()
    return _attribute("".join(f".{each}" for each in classes)), _attribute(last if legal else bin_xml_escape(last))


def _attribute(text: str) -> str:
    """The text as ElementTree quotes it in an attribute."""
    if _QUOTED.search(text) is None:
        return text
    written = ElementTree.tostring(ElementTree.Element("x", y=text), encoding="unicode")
    return written.removeprefix('<x y="').removesuffix('" />')


@functools.cache
def _properties(pairs: tuple[tuple[str, str], ...]) -> str:
    properties = ElementTree.Element("properties")
    for name, value in pairs:
        properties.append(ElementTree.Element("property", name=name, value=value))
    return ElementTree.tostring(properties, encoding="unicode")


class Written:
    """Stands for the cases of one module among those that pytest keeps."""

    def __init__(self, text: str) -> None:
        self._text = text

    def to_xml(self) -> ElementTree.Element:
        """What pytest writes."""
        element = ElementTree.Element(cast(str, None))
        element.text = _Unquoted(self._text)
        return element


class _Unquoted(str):
    """A text in which nothing is found that would have to be quoted."""

    __slots__ = ()

    def __contains__(self, _part: object) -> bool:
        return False


@functools.cache
def _can_be_written() -> bool:
    """Whether this Python writes a text as it is."""
    suite = ElementTree.Element("suite")
    suite.append(Written('<a b="&lt;" /><c />').to_xml())
    try:
        return ElementTree.tostring(suite, encoding="unicode") == '<suite><a b="&lt;" /><c /></suite>'
    except (TypeError, AttributeError, ValueError):
        return False


CASES = pytest.StashKey["Cases | None"]()


def cases_for(config: pytest.Config) -> Cases | None:
    """For runs that write a JUnit file in which nothing is to be seen of a test but that it passed, and how long it
    took; None for others, and where somebody else has got hold of what pytest writes."""
    if CASES not in config.stash:
        quiet = config.getini("junit_family") == "xunit2" and config.getini("junit_logging") == "no"
        total = config.getini("junit_duration_report") in ("total", "")
        fits = quiet and _can_be_written() and not _is_held(config)
        config.stash[CASES] = Cases(config, config.option.junitprefix or "", total) if fits else None
    return config.stash[CASES]


def _is_held(config: pytest.Config) -> bool:
    """Whether a plugin or a conftest knows pytest's writer, or the module it comes from, by name."""
    plugins = (each for each in config.pluginmanager.get_plugins() if not is_builtin(module_of(each)))
    modules = (sys.modules.get(module_of(each)) for each in plugins)
    values = {id(value) for module in modules if module for value in vars(module).values()}
    return not values.isdisjoint(map(id, (xml_key, LogXML, junitxml)))
