"""pytest's reports as plain data and back.

JSON turns tuples into lists, so what pytest wants as tuples is made so again here. Paths in a
report are kept by portable name, so that a replay in another checkout names that checkout's files.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any, cast

import pytest
from _pytest.junitxml import xml_key

from pytest_gocache.core.brief import LEFT_OUT
from pytest_gocache.core.model import Gist, Json, SavedReport, SavedTest
from pytest_gocache.core.places import Places
from pytest_gocache.hooks.output import sections_of, without_output

CACHED = ("cached", "true")
"""The user property that marks a replayed test in junit and JSON reports."""

REMOTELY = ("cached_remotely", "true")
"""Stands beside it where a server gave the result in this run."""

STANDARD = frozenset(
    {
        "nodeid", "_id", "location", "keywords", "outcome", "longrepr", "when", "user_properties", "sections",
        "duration", "start", "stop", "_report_type", "$report_type", "node", "worker_id", "testrun_uid",
        "item_index", "result",
    }
)  # fmt: skip
"""Attributes that have a place of their own, or belong to one run only."""

OF_ONE_RUN = frozenset({"node", "worker_id", "testrun_uid", "item_index", "start", "stop"})
FOREIGN = "serialised"
"""Stands as ``when`` of a report that its own plugin has to make again."""

OUTCOMES = frozenset({"passed", "skipped"})


class NotPlain(Exception):
    """A report holds something that cannot be kept as data; the message names it."""


def save_report(
    report: pytest.TestReport | pytest.CollectReport, places: Places, config: pytest.Config, output: bool = True
) -> SavedReport:
    """The report as plain data, with its ``output`` or without. Raises NotPlain for what is no plain data."""
    if type(report) is pytest.TestReport and _is_bare(report):
        return SavedReport(report.when or "", report.outcome, report.duration)
    if report.outcome not in OUTCOMES:
        raise NotPlain(f"outcome {report.outcome}")
    if type(report) not in (pytest.TestReport, pytest.CollectReport):
        return _save_foreign(report, config, output)
    saved = SavedReport(
        when=report.when or "collect",
        outcome=report.outcome,
        duration=getattr(report, "duration", 0.0),
        longrepr=_save_longrepr(report, places),
        sections=tuple((str(title), str(text)) for title, text in report.sections),
        user_properties=tuple((str(k), _plain(v, str(k))) for k, v in getattr(report, "user_properties", ())),
        extra=tuple((k, _plain(vars(report)[k], k)) for k in sorted(vars(report).keys() - STANDARD)),
    )
    return saved if output else without_output(saved)


def _is_bare(report: pytest.TestReport) -> bool:
    """Whether there is nothing to it but that it passed, and how long it took. So it is with nearly all."""
    nothing = report.longrepr is None and not report.sections and not report.user_properties
    return nothing and report.outcome == "passed" and vars(report).keys() <= STANDARD


def _save_foreign(
    report: pytest.TestReport | pytest.CollectReport, config: pytest.Config, output: bool
) -> SavedReport:
    """A report of somebody else's type (subtests), as its own plugin writes it for xdist."""
    data = config.hook.pytest_report_to_serializable(config=config, report=report)
    if not isinstance(data, dict):
        raise NotPlain(type(report).__name__)
    kept = {key: json.loads(json.dumps(value)) for key, value in data.items() if key not in OF_ONE_RUN}
    duration, extra = getattr(report, "duration", 0.0), ((FOREIGN, kept),)
    if output:
        return SavedReport(FOREIGN, report.outcome, duration, extra=extra)
    had = bool(kept.get("sections"))
    kept["sections"] = []
    return SavedReport(FOREIGN, report.outcome, duration, sections=(LEFT_OUT,) if had else (), extra=extra)


def _save_longrepr(report: pytest.TestReport | pytest.CollectReport, places: Places) -> Json:
    longrepr = report.longrepr
    if isinstance(longrepr, tuple):
        path, lineno, reason = longrepr
        return ["skip", places.name(str(path)), _plain(lineno, "longrepr"), str(reason)]
    if longrepr is None or isinstance(longrepr, str):
        return longrepr
    return cast(Json, report._to_json()["longrepr"])


def _plain(value: Any, what: str) -> Json:
    if value is None or type(value) in (bool, int, float, str):
        return cast(Json, value)
    if type(value) is list:
        return [_plain(item, what) for item in value]
    if type(value) is dict and all(type(key) is str for key in value):
        return {key: _plain(item, what) for key, item in value.items()}
    raise NotPlain(f"attribute {what}: {type(value).__name__}")


def load_reports(
    test: SavedTest, nodeid: str, places: Places, config: pytest.Config, remote: bool
) -> list[pytest.TestReport]:
    """The test's reports as pytest made them, marked as cached; times are the original durations, from now on."""
    where = os.path.relpath(places.path(test.where), places.rootdir) if test.where else nodeid.partition("::")[0]
    location = (where, test.lineno, test.domain)
    keywords = dict.fromkeys(test.keywords, 1)
    reports, start = [], time.time()
    for saved in test.reports:
        if saved.when == FOREIGN:
            reports.append(_load_foreign(saved, nodeid, start, config))
        else:
            reports.append(_load(saved, nodeid, location, keywords, start, places))
            start += saved.duration
    for report in reports:
        report.user_properties += [CACHED, REMOTELY] if remote else [CACHED]
    return reports


def _load_foreign(saved: SavedReport, nodeid: str, start: float, config: pytest.Config) -> pytest.TestReport:
    data = dict(cast(Any, dict(saved.extra)[FOREIGN]))
    data |= {"nodeid": nodeid, "start": start, "stop": start + saved.duration}
    data["location"] = tuple(data["location"])
    for name in ("sections", "user_properties"):
        data[name] = [tuple(pair) for pair in data.get(name, ())]
    if isinstance(data["longrepr"], list):
        data["longrepr"] = tuple(data["longrepr"])
    report = config.hook.pytest_report_from_serializable(config=config, data=data)
    if "_subtest.context" in data:
        # pytest 9 takes the repr of a subtest's arguments once more whenever it reads them.
        object.__setattr__(report.context, "kwargs", data["_subtest.context"]["kwargs"])
    report.gocache = True
    return cast(pytest.TestReport, report)


def _load(
    saved: SavedReport,
    nodeid: str,
    location: tuple[str, int | None, str],
    keywords: dict[str, int],
    start: float,
    places: Places,
) -> pytest.TestReport:
    report = pytest.TestReport._from_json(
        {
            "nodeid": nodeid,
            "location": location,
            "keywords": keywords,
            "outcome": saved.outcome,
            "longrepr": load_longrepr(saved.longrepr, places),
            "when": saved.when,
            "sections": sections_of(saved),
            "duration": saved.duration,
            "start": start,
            "stop": start + saved.duration,
            "user_properties": list(saved.user_properties),
            **_marked(dict(saved.extra)),
        }
    )
    report.gocache = True  # type: ignore[attr-defined]
    return report


def warns_of_properties(config: pytest.Config) -> bool:
    """Whether ``record_property`` warns in this run: in a serial one, with a JUnit family that has no properties."""
    xml = config.stash.get(xml_key, None)
    return xml is not None and xml.family not in ("xunit1", "legacy") and not config.getoption("numprocesses", None)


def would_warn(gist: Gist, config: pytest.Config) -> bool:
    """Whether these tests, which may have used ``record_property``, would warn in this run."""
    return gist.properties and warns_of_properties(config)


def _marked(extra: dict[str, Json]) -> dict[str, Json]:
    """What plugins put on a report, with the mark for pytest-json-ctrf, which has no properties but tags."""
    ctrf = extra.get("_ctrf_metadata")
    if isinstance(ctrf, dict):
        tags = ctrf.get("tags")
        extra["_ctrf_metadata"] = {**ctrf, "tags": [*(tags if isinstance(tags, list) else ()), CACHED[0]]}
    return extra


def load_longrepr(longrepr: Json, places: Places) -> Any:
    """A stored ``longrepr``, tuples and paths restored."""
    if isinstance(longrepr, list) and longrepr[:1] == ["skip"]:
        return (places.path(str(longrepr[1])), longrepr[2], longrepr[3])
    return longrepr


def load_collect_report(saved: SavedReport, nodeid: str, places: Places) -> pytest.CollectReport:
    """A collector that was skipped, as pytest reported it."""
    report = pytest.CollectReport(
        nodeid, cast(Any, saved.outcome), load_longrepr(saved.longrepr, places), [], sections_of(saved)
    )
    report.gocache = True  # type: ignore[attr-defined]
    return report
