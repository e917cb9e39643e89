"""What a run said and wrote, without times, without the cached mark and, where workers ran, in one order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

TIMES = re.compile(r"\b\d+(?:\.\d+)?[mu]?s\b|\(\d+:\d\d:\d\d\)")
NOT_TESTS = re.compile(
    r"^(gocache: |rootdir: |plugins: |- generated |-+ (generated|Generated|JSON report)|report saved|"
    r"(created|initialized|ready): |\d+ workers? |scheduling tests|bringing up nodes|\[gw\d\] )"
)
OF_TIME = frozenset({"start", "stop", "duration", "created", "timestamp", "reportId"})
OF_ONE_PROCESS = frozenset(
    {"msecs", "relativeCreated", "thread", "process", "node", "worker_id", "testrun_uid", "item_index", "worker"}
)
MAY_BE_EMPTY = ("user_properties", "tags", "longrepr", "trace", "extra")
OF_NO_MATTER = OF_TIME | OF_ONE_PROCESS
ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}")
COLOURED = re.compile(r"\x1b\[(\d+)m([.sxXFEu-]+)\x1b\[0m")
UNITTEST_SUBTESTS = re.compile(r"^test_unit_sub\w*\.py::TestSub::\w+( SUB.*|\s*)\n", re.MULTILINE)
"""In a serial run pytest shows them into the captured output, where nobody sees them; xdist's controller does."""
DURATION = re.compile(r"^[\d.]+s (setup|call|teardown) +(.+)$")
WORD = "(?:PASSED|FAILED|SKIPPED|XFAIL|XPASS|ERROR|SUBPASSED|SUBFAILED|SUBSKIPPED)"


def screen(text: str, workers: bool) -> list[str]:
    """The lines of the terminal."""
    text = re.sub(r" ?\(cached\)", "", COLOURED.sub(one_by_one, ADDRESS.sub("0x", text)))
    text = of_workers(text) if workers else text
    text = UNITTEST_SUBTESTS.sub("", text) if text.startswith("=") else re.sub(r"^[.sxXFEu-]+ ", no_subtests, text)
    lines = text.splitlines()
    durations = sorted(DURATION.sub(r"\1 \2", line) for line in lines if DURATION.match(line))
    lines = [TIMES.sub("0s", line).rstrip() for line in lines if not DURATION.match(line)] + durations
    lines = [re.sub(r"\s+|[=_-]{3,}", " ", line).strip() for line in lines if not NOT_TESTS.match(line)]
    lines = [line for line in lines if line]
    return sorted({line for line in lines if not is_letters(line)}) + letters(lines) if workers else lines


def of_workers(text: str) -> str:
    """One form for the lines of a worker's test and of a replayed one; each worker warns of what it imports."""
    text = re.sub(rf"^\[gw\d\](?: \[ *\d+%\])? ({WORD})\S*(?: \(.*?\))? (\S+\.\w+::.*?) *$", r"\2 \1", text, flags=re.M)
    text = re.sub(rf"^(\S+\.\w+::.+? {WORD})\b.*$", r"\1", text, flags=re.M)
    text = re.sub(rf"^\S+\.\w+::(?!.*{WORD}$).*\n", "", text, flags=re.M)
    text = re.sub(r" *\[ *(\d+%|\d+/\d+)\]", "", text)
    text = re.sub(r"^.*[█-▏].*\n|\x1b\[\d+[AB]|^collect(ing|ed) .*\n", "", text, flags=re.M)  # pytest-sugar's
    text = re.sub(r"^\S+\.(py|txt) *\n", "", text, flags=re.M)  # pytest-instafail's
    return re.sub(r"^\[gw\d\] .*\n", "", re.sub(r"\d+ warnings?", "n warnings", text), flags=re.M)


def no_subtests(match: re.Match[str]) -> str:
    """Letters as under ``-q`` without those of subtests."""
    return match[0].replace("u", "").replace("-", "")


def one_by_one(match: re.Match[str]) -> str:
    """``<green>..</green>`` as ``<green>.</green><green>.</green>``."""
    return "".join(f"<{match[1]}>{letter}" for letter in match[2])


def is_letters(line: str) -> bool:
    """A progress line: with workers, which letter stands in which line is chance."""
    return re.fullmatch(r"(\S+\.(py|txt) )?[.sxXFEu,-]+", line) is not None


def letters(lines: Iterable[str]) -> list[str]:
    """All letters of progress, sorted."""
    return sorted("".join(line.split()[-1] for line in lines if is_letters(line)))


def junit(path: Path) -> Any:
    """A JUnit file."""
    root = ElementTree.parse(path).getroot()
    suite = next(root.iter("testsuite"))
    totals = {key: value for key, value in suite.attrib.items() if key not in ("time", "timestamp")}
    properties = [tuple(each.attrib.values()) for each in suite.findall("properties/property")]
    return totals, sorted(properties), sorted((case(each) for each in suite.iter("testcase")), key=repr)


def case(element: ElementTree.Element) -> Any:
    """One test of a JUnit file."""
    attributes = {key: value for key, value in element.attrib.items() if key != "time"}
    told = [tuple(p.attrib.values()) for p in element.iter("property") if p.attrib["name"] != "cached"]
    inside = [(each.tag, dict(each.attrib), plain(each.text)) for each in element if each.tag != "properties"]
    return attributes, told, inside


def plain(text: str | None) -> str:
    """Text without what a worker adds to it."""
    return re.sub(r"^\[gw\d\] .*\n?", "", ADDRESS.sub("0x", text or ""), flags=re.M)


def report_log(path: Path) -> Any:
    """A report log, without the collectors: nobody collects what is cached, as in xdist's controller."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    kept = [clean(row) for row in rows if row["$report_type"] != "CollectReport"]
    return in_order(kept)


def json_report(path: Path) -> Any:
    """pytest-json-report's, without the collectors."""
    report = clean(json.loads(path.read_text()))
    report.pop("collectors", None)
    report["tests"] = in_order(report["tests"])
    report["warnings"] = in_order(report.get("warnings", []))
    return report


def ctrf(path: Path) -> Any:
    """pytest-json-ctrf's."""
    report = clean(json.loads(path.read_text()))
    report["results"]["tests"] = in_order(report["results"]["tests"])
    return report


def html(path: Path) -> Any:
    """The data in a page of pytest-html."""
    blob = re.search(r'data-jsonblob="([^"]*)"', path.read_text())
    assert blob is not None
    report = clean(json.loads(unescape(blob[1])))
    counts = re.findall(r'<span class="(\w+)">\s*(\d+ [\w ]+)', path.read_text())
    text = re.sub(r"\d+ ms", "0 ms", json.dumps(report))
    return sorted(counts), {key: in_order(value) for key, value in sorted(json.loads(text)["tests"].items())}


def clean(value: Any) -> Any:
    """JSON without times and without the mark."""
    if isinstance(value, dict):
        kept = {key: clean(each) for key, each in value.items() if key not in OF_NO_MATTER and key != "gocache"}
        return {key: each for key, each in kept.items() if key not in MAY_BE_EMPTY or each}
    if isinstance(value, list):
        return [clean(each) for each in value if each not in ("cached", {"cached": "true"}, ["cached", "true"])]
    return plain(value).replace("No log output captured.", "").strip() if isinstance(value, str) else value


def in_order(rows: list[Any]) -> list[Any]:
    """Each row once (every worker warns of what it imports), in one order."""
    return [json.loads(row) for row in sorted({json.dumps(row, sort_keys=True) for row in rows})]
