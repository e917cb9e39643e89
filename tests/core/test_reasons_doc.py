"""docs/reasons.md has one row for every reason, and none that the code does not know."""

from __future__ import annotations

import re
from pathlib import Path

from pytest_gocache.core.diagnosis import ADVICE
from pytest_gocache.core.model import Reason

PAGE = (Path(__file__).parents[2] / "docs" / "reasons.md").read_text(encoding="utf-8")


def test_every_reason_has_one_row_in_the_order_of_the_code() -> None:
    """Each "no" that users meet can be looked up."""
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, flags=re.MULTILINE) == [str(reason) for reason in Reason]


def test_every_row_says_what_it_means_and_what_to_do() -> None:
    """No cell is empty."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| `")]
    assert [row for row in rows if not all(cell.strip() for cell in row.strip("|").split("|"))] == []


def test_the_doctor_knows_each_reason() -> None:
    """It says what to do, or it is decided here that there is nothing to say in a line."""
    silent = {
        *(Reason.NO_RECORD, Reason.MODULE_CHANGED, Reason.INPUT_CHANGED, Reason.FAILED, Reason.COLLECT_ERROR),
        *(Reason.NO_COVERAGE, Reason.COVERAGE_SETTINGS, Reason.COVERAGE_INEXACT, Reason.INCOMPLETE),
        *(Reason.BYPASSED, Reason.VERIFIED, Reason.INERT, Reason.MUST_RUN, Reason.MARKED, Reason.NOT_A_TEST_MODULE),
    }
    assert {*ADVICE, *silent} == set(Reason) and silent.isdisjoint(ADVICE)
