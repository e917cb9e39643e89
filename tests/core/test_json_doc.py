"""docs/json.md has one row for every field of the account."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pytest_gocache.core.account import Account, ModuleAccount
from pytest_gocache.core.counts import Outcomes
from pytest_gocache.core.model import Miss, Reason
from pytest_gocache.core.verify import Difference, Verified
from pytest_gocache.stores.base import Traffic

TRAFFIC = Traffic(1, 2, 0.1, 3, 4, 0.2)
PAGE = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")


def test_every_field_has_a_row() -> None:
    """In the order of the code, table by table."""
    module = ModuleAccount("test_a.py", Miss(Reason.NO_RECORD))
    verified = Verified((), {"test_a.py": (Difference("::test", "passed", "failed"),)})
    outcomes = Outcomes(1, 0, {"no": [1]})
    whole = json.loads(Account("run", (module,), verified, {"test_a.py::test": outcomes}, TRAFFIC).to_json(1, "0.1"))
    tables = [whole, *whole["modules"], whole["verified"], whole["traffic"], *whole["tests"].values()]
    assert re.findall(r"^\| `([a-z_]+)` \|", PAGE, flags=re.MULTILINE) == [name for table in tables for name in table]
    within = [*whole["verified"]["false"][0], *whole["tests"]["test_a.py::test"]["failures"][0]]
    assert all(f"`{name}`" in PAGE for name in within)
