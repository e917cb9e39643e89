"""``gocache_store_output = false``: captured output is left out of what is stored, and a run that would show it runs.

Of a report that had output a mark stays: who printed nothing is replayed in every run.
"""

from __future__ import annotations

from typing import Final

import pytest

from pytest_gocache.core.brief import LEFT_OUT
from pytest_gocache.core.model import Gist, SavedReport

SHOWN_BY: Final = {".": "PA", "x": "xaA", "X": "XaA"}
"""Letters of ``-r`` that show the output of tests that ended so."""
WRITERS: Final = ("--report-log", "--html", "--json-report", "--ctrf", "--nunit-xml", "--beacon")
"""Options of plugins that write the output of passing tests into a file."""


def without_output(report: SavedReport) -> SavedReport:
    """The report with a mark in place of what was captured, if anything was."""
    return report._replace(sections=(LEFT_OUT,)) if report.sections else report


def sections_of(report: SavedReport) -> list[tuple[str, str]]:
    """What is there of a report's sections."""
    return [section for section in report.sections if section != LEFT_OUT]


def missed_by(gist: Gist, config: pytest.Config) -> str:
    """The option that would show output of these tests that was left out; empty if there is none."""
    return _shown_by(set(gist.left_out), config) if gist.left_out else ""


def _shown_by(letters: set[str], config: pytest.Config) -> str:
    if config.option.showcapture != "no":
        chars = {char for letter in letters for char in SHOWN_BY.get(letter, "PA")}
        if asked := sorted(chars.intersection(config.option.reportchars or "")):
            return f"-r{asked[0]}"
        if "x" in letters and config.getoption("--xfail-tb", False):
            return "--xfail-tb"
    logging = config.getini("junit_logging")  # with xdist, verdicts are wanted before pytest has made its writer
    if config.getoption("xmlpath", None) and logging != "no":
        return f"junit_logging={logging}"
    return next((flag for flag in WRITERS if config.getoption(flag, None)), "")
