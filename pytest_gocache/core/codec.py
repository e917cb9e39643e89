"""Stored values as bytes and back: JSON lists, so that an entry holds data and nothing else.

Formats, version 1 (the version is in the salt and in the seal, so an old entry is simply not found):

- traces: ``[[inputs, result], …]``, newest first; inputs: ``[[op, name, digest], …]``
- result: three lines; its gist, ``[letters, seconds, deselected, plain, properties, left_out]``, by which most are
  shown, its titles, and all of it, ``[tests, deselected, collect_reports, warnings, seconds]``
- test: ``[name, where, lineno, domain, keywords, matchable, marks, reports]``
- report: ``[when, outcome, duration]``, then, where there is any,
  ``longrepr, sections, user_properties, extra``
- manifests: ``[[action, refused, detail, lines, sources, files, why, ended], …]``, newest first
- source table: ``[[[name, digest]…], roots]``
- names: the names in a directory
- titles of many results: ``[[result…], [titles…]]``, kept on one machine only
- passes: the number of passes in a row of a flaky action

Decoders return None for anything else; they never raise and never build anything but these types.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pytest_gocache.core.brief import gist_of, timings_of, titles_of
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.model import (
    ActionID,
    Gist,
    Input,
    Manifest,
    ModuleResult,
    Op,
    ResultID,
    SavedMark,
    SavedReport,
    SavedTest,
    SavedWarning,
    SourceTable,
    Timing,
    Titles,
    Trace,
)

T = TypeVar("T")
LINE_END = b"\n"
"""Not in what ``dump`` gives."""
MALFORMED = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError, OverflowError)


def dump(value: object) -> bytes:
    """Compact JSON. Raises TypeError or ValueError for what is no plain data."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("utf-8", "surrogatepass")


def load(payload: bytes, decode: Callable[[Any], T]) -> T | None:
    """``decode`` applied to the JSON in ``payload``; None for anything malformed."""
    try:
        return decode(json.loads(payload.decode("utf-8", "surrogatepass")))
    except MALFORMED:
        return None


def encode_traces(traces: tuple[Trace, ...]) -> bytes:
    """Traces, newest first."""
    return dump([[[[i.op, i.name, d] for i, d in trace.inputs], trace.result] for trace in traces])


def decode_traces(payload: bytes) -> tuple[Trace, ...] | None:
    """What ``encode_traces`` wrote, or None."""
    return load(payload, lambda rows: tuple(_trace(*row) for row in rows))


def _trace(inputs: list[Any], result: str) -> Trace:
    return Trace(
        tuple((Input(Op(op), _text(name)), Digest(_text(d))) for op, name, d in inputs),
        ResultID(_text(result)),
    )


def encode_result(result: ModuleResult) -> bytes:
    """A result. Raises TypeError or ValueError where a plugin left something that is no plain data."""
    gist = gist_of(result)
    head = dump([*gist._replace(seconds=round(gist.seconds, 4))])
    return (
        head
        + LINE_END
        + dump(titles_of(result, gist))
        + LINE_END
        + dump(
            [
                [_test_row(test) for test in result.tests],
                list(result.deselected),
                [_report_row(report) for report in result.collect_reports],
                [[w.name, w.when, w.category, w.message, w.filename, w.lineno, w.location] for w in result.warnings],
                round(result.seconds, 4),
            ]
        )
    )


def decode_result(payload: bytes) -> ModuleResult | None:
    """What ``encode_result`` wrote, or None."""
    return load(payload.rpartition(LINE_END)[2], lambda row: _result(*row))


def decode_gist(payload: bytes) -> Gist | None:
    """The gist of what ``encode_result`` wrote, or None."""
    return load(payload.partition(LINE_END)[0], lambda row: _gist(*row))


def decode_titles(payload: bytes) -> Titles:
    """The titles of what ``encode_result`` wrote; none for anything else."""
    return decode_names(payload.partition(LINE_END)[2].partition(LINE_END)[0]) or ()


def encode_all_titles(titles: Mapping[ResultID, Titles]) -> bytes:
    """The titles of many results."""
    return dump([[*titles], [*titles.values()]])


def decode_all_titles(payload: bytes) -> dict[ResultID, Titles]:
    """What ``encode_all_titles`` wrote; none for anything else."""
    return load(payload, lambda row: _all_titles(*row)) or {}


def _all_titles(results: list[Any], titles: list[Any]) -> dict[ResultID, Titles]:
    names = (tuple(map(_text, each)) for each in titles)
    return {ResultID(_text(result)): each for result, each in zip(results, names, strict=True)}


def decode_timings(payload: bytes) -> tuple[Timing, ...]:
    """The timings of what ``encode_result`` wrote; none for anything else."""
    return load(payload.rpartition(LINE_END)[2], lambda row: _timings(*row)) or ()


def _timings(tests: list[Any], *_others: object) -> tuple[Timing, ...]:
    found = timings_of((test[0], test[-1]) for test in tests)
    for each in found:
        _text(each.name)
        math.fsum(each[1:])
    return found


def _gist(letters: str, seconds: float, deselected: int, plain: bool, properties: bool, left_out: str) -> Gist:
    flags = plain is True, properties is not False
    return Gist(_text(letters), float(seconds), int(deselected), *flags, _text(left_out))


def _test_row(test: SavedTest) -> list[object]:
    marks = [[mark.name, [list(pair) for pair in mark.kwargs]] for mark in test.marks]
    reports = [_report_row(report) for report in test.reports]
    return [test.name, test.where, test.lineno, test.domain, test.keywords, test.matchable, marks, reports]


def _report_row(report: SavedReport) -> list[object]:
    row: list[object] = [report.when, report.outcome, round(report.duration, 6)]
    rest: list[object] = [report.longrepr, report.sections, report.user_properties, report.extra]
    return row + rest if any(rest) else row


def _result(
    tests: list[Any], deselected: list[Any], collects: list[Any], warned: list[Any], seconds: float
) -> ModuleResult:
    return ModuleResult(
        tuple(_test(*row) for row in tests),
        tuple(_text(name) for name in deselected),
        tuple(_report(*row) for row in collects),
        tuple(_warning(*row) for row in warned),
        float(seconds),
    )


def _test(
    name: str,
    where: str,
    lineno: int | None,
    domain: str,
    keywords: list[Any],
    matchable: list[Any],
    marks: list[Any],
    reports: list[Any],
) -> SavedTest:
    return SavedTest(
        _text(name),
        _text(where),
        None if lineno is None else int(lineno),
        _text(domain),
        tuple(_text(word) for word in keywords),
        tuple(_text(word) for word in matchable),
        tuple(SavedMark(_text(mark), tuple((_text(k), v) for k, v in pairs)) for mark, pairs in marks),
        tuple(_report(*row) for row in reports),
    )


def _report(
    when: str,
    outcome: str,
    duration: float,
    longrepr: Any = None,
    sections: Any = (),
    properties: Any = (),
    extra: Any = (),
) -> SavedReport:
    return SavedReport(
        _text(when),
        _text(outcome),
        float(duration),
        longrepr,
        tuple((_text(title), _text(text)) for title, text in sections),
        tuple((_text(key), value) for key, value in properties),
        tuple((_text(key), value) for key, value in extra),
    )


def _warning(
    name: str, when: str, category: str, message: str, filename: str, lineno: int, location: list[Any] | None
) -> SavedWarning:
    where = None if location is None else (_text(location[0]), int(location[1]), _text(location[2]))
    return SavedWarning(_text(name), _text(when), _text(category), _text(message), _text(filename), int(lineno), where)


def encode_manifests(manifests: Iterable[Manifest]) -> bytes:
    """Manifests, newest first."""
    return dump([_manifest_row(each) for each in manifests])


def _manifest_row(manifest: Manifest) -> list[object]:
    last = [manifest.sources, manifest.files, manifest.why, round(manifest.ended, 3)]
    return [manifest.action, manifest.refused, manifest.detail, manifest.lines, *last]


def decode_manifests(payload: bytes) -> tuple[Manifest, ...]:
    """What ``encode_manifests`` wrote; none for anything else."""
    return load(payload, lambda rows: tuple(_manifest(*row) for row in rows)) or ()


def _manifest(
    action: str, refused: str, detail: str, lines: list[Any], sources: str, files: str, why: str, ended: float
) -> Manifest:
    int(files or "0", 16)
    return Manifest(
        ActionID(_text(action)),
        _text(refused),
        _text(detail),
        tuple(_text(line) for line in lines),
        Digest(_text(sources)),
        _text(files),
        _text(why),
        float(ended),
    )


def encode_sources(table: SourceTable) -> bytes:
    """The sources of one run."""
    return dump([table.files, table.roots])


def decode_sources(payload: bytes) -> SourceTable | None:
    """What ``encode_sources`` wrote, or None."""
    return load(payload, lambda row: _table(*row))


def _table(files: list[Any], roots: list[Any]) -> SourceTable:
    return SourceTable(
        tuple((_text(name), _text(digest)) for name, digest in files), tuple(_text(root) for root in roots)
    )


def encode_names(names: Iterable[str]) -> bytes:
    """Some names."""
    return dump(list(names))


def decode_names(payload: bytes) -> tuple[str, ...] | None:
    """What ``encode_names`` wrote, or None."""
    return load(payload, lambda names: tuple(_text(name) for name in names) if isinstance(names, list) else None)


def encode_passes(passes: int) -> bytes:
    """A number of passes."""
    return dump(passes)


def decode_passes(payload: bytes) -> int | None:
    """What ``encode_passes`` wrote, or None."""
    return load(payload, lambda number: number if type(number) is int and number >= 0 else None)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value
