"""The part of a key that is the machine."""

from __future__ import annotations

from pathlib import Path

from pytest_gocache.core.environment import variable_lines, zone


def test_the_time_zone_counts_by_its_rules(tmp_path: Path) -> None:
    """Not by where they lie; and only where ``TZ`` does not say it."""
    here, there, copy = tmp_path / "here", tmp_path / "there", tmp_path / "copy"
    for path, rules in ((here, "CET"), (there, "UTC"), (copy, "CET")):
        path.write_text(rules)
    assert zone(str(here)) == zone(str(copy)) != zone(str(there))
    assert zone(str(tmp_path / "nowhere")), "a system without such a file"
    assert dict(variable_lines({}, ()))["TZ"] == zone() != dict(variable_lines({"TZ": "UTC"}, ()))["TZ"]
