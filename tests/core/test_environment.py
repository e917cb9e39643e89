"""The part of a key that is the machine."""

from __future__ import annotations

from pathlib import Path

from pytest_gocache.core.environment import interpreter_lines, zone


def test_the_time_zone_counts_by_its_rules(tmp_path: Path) -> None:
    """Not by where they lie; a variable stands for itself, as all that the runtime reads."""
    here, there, copy = tmp_path / "here", tmp_path / "there", tmp_path / "copy"
    for path, rules in ((here, "CET"), (there, "UTC"), (copy, "CET")):
        path.write_text(rules)
    assert zone({}, str(here)) == zone({}, str(copy)) != zone({}, str(there))
    assert zone({"TZ": "UTC"}, str(here)) == zone({"TZ": "CET"}, str(there)) == "TZ"
    assert zone({}, str(tmp_path / "nowhere")), "a system without such a file"
    assert "zone" in dict(interpreter_lines())
