"""JUnit files of runs that repeat tests: one case for each test, with how often it ran and failed.

pytest would write a case for each repetition. Who reads such a file tells cases by their names, and takes the last of
one name, or the first: a failure would be lost. So the repetitions of a test are one case: its times added up, the
first failure of each kind, and two properties, ``runs`` and ``failed``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from _pytest.junitxml import LogXML, xml_key

from pytest_gocache.core.counts import Outcomes, in_one_line, kind_of

if TYPE_CHECKING:
    from _pytest.junitxml import _NodeReporter

BAD = ("failure", "error")
OUTPUT = ("system-out", "system-err")


class OneCase:
    """Adds each repetition to the case of the first, when it ends."""

    def __init__(self, config: pytest.Config, counts: Callable[[], Mapping[str, Outcomes]]) -> None:
        self._config = config
        self._counts = counts
        self._open: dict[object, list[_NodeReporter]] = {}
        """By test and worker: what was begun for the repetition that runs."""
        self._cases: dict[str, ElementTree.Element] = {}

    def _xml(self) -> LogXML | None:
        return self._config.stash.get(xml_key, None)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Generator[None, Any, Any]:
        xml = self._xml()
        begun = len(xml.node_reporters_ordered) if xml else 0
        result = yield
        if xml is not None:
            key = report.nodeid, getattr(report, "node", None)
            self._open.setdefault(key, []).extend(xml.node_reporters_ordered[begun:])
            if report.when == "teardown":
                self._ended(xml, report.nodeid, self._open.pop(key))
        return result

    def _ended(self, xml: LogXML, name: str, reporters: list[_NodeReporter]) -> None:
        """A repetition of a test is over, and what was begun for it is written as it will be."""
        first = self._cases.get(name)
        if first is None and reporters:
            self._cases[name] = reporters[0].to_xml()
        elif first is not None:
            for reporter in reporters:
                add(first, reporter.to_xml())
                _remove(xml.node_reporters_ordered, reporter)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, Any, Any]:
        xml = self._xml()
        if xml is not None:
            for name, outcomes in self._counts().items():
                if outcomes.runs > 1 and name in self._cases:
                    tell(self._cases[name], {"runs": outcomes.runs, "failed": len(outcomes.failed)})
            recount(xml)
        return (yield)


def add(case: ElementTree.Element, again: ElementTree.Element) -> None:
    """Adds to a case what another repetition of the test gave: of what is known already, only the time."""
    case.set("time", f"{float(case.get('time', 0)) + float(again.get('time', 0)):.3f}")
    known = {_kind(each) for each in case}
    fresh = [each for each in again if each.tag in BAD and _kind(each) not in known]
    if fresh and not any(each.tag in BAD for each in case):  # what it printed when it failed says more
        for each in [each for each in case if each.tag in OUTPUT]:
            case.remove(each)
        case.extend([*fresh, *(each for each in again if each.tag in OUTPUT)])
    else:
        at = sum(each.tag not in OUTPUT for each in case)
        case[at:at] = fresh


def _kind(one: ElementTree.Element) -> tuple[str, str]:
    return one.tag, kind_of(in_one_line(one.get("message", "")))


def tell(case: ElementTree.Element, numbers: Mapping[str, int]) -> None:
    """Gives a case more properties."""
    properties = case.find("properties")
    if properties is None:
        properties = ElementTree.Element("properties")
        case.insert(0, properties)
    for name, number in numbers.items():
        properties.append(ElementTree.Element("property", name=name, value=str(number)))


def recount(xml: LogXML) -> None:
    """Has the totals count cases, each once."""
    kinds = ("failure", "error", "skipped")
    tags = [{each.tag for each in reporter.to_xml()} for reporter in xml.node_reporters_ordered]
    whole = [next((kind for kind in kinds if kind in some), "passed") for some in tags]
    xml.stats.update({kind: whole.count(kind) for kind in ("passed", *kinds)})
    xml.cnt_double_fail_tests = 0


def _remove(reporters: list[_NodeReporter], gone: _NodeReporter) -> None:
    """It was begun lately, so from the end."""
    at = next(at for at in range(len(reporters) - 1, -1, -1) if reporters[at] is gone)
    del reporters[at]
