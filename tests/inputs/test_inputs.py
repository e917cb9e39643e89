"""Every input counts: for each scenario of the table plain pytest is the judge (see ``stage.py``)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playground import Host
from scenario import Scenario
from stage import Fault, Stage
from table import every, possible, project_of, projects

TABLE = every()
LONG = ("children", "code", "configuration", "installed", "native", "network", "races", "results")
"""Kinds that ``scripts/test-long`` plays: most of their edits start processes, or concern the whole project. The
stories tell the same with fewer of them."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory, host: Host) -> Callable[[Scenario], list[Fault]]:
    """The faults of a scenario. Its whole project is judged when the first of it is asked for."""
    plays = projects(TABLE)
    known: dict[str, dict[str, list[Fault]]] = {}

    def faults(scenario: Scenario) -> list[Fault]:
        project = project_of(scenario)
        if project not in known:
            known[project] = {}
            home: Path = tmp_path_factory.mktemp(project)
            known[project] = Stage(home, host, plays[project]).judge()
        return known[project].get(scenario.name, [Fault("scenario", "its project could not be played: see the first")])

    return faults


def as_parameter(scenario: Scenario) -> object:
    marks = [pytest.mark.long] if scenario.kind in LONG else []
    return pytest.param(scenario, marks=marks, id=f"{scenario.kind}-{scenario.name}")


@pytest.mark.parametrize("scenario", [as_parameter(each) for each in TABLE])
def test_scenario(scenario: Scenario, judged: Callable[[Scenario], list[Fault]]) -> None:
    """Runs if what it reads was edited, and only then."""
    if not possible(scenario):
        pytest.skip(f"no {scenario.wants} here")
    faults = [each for each in judged(scenario) if not (each.kind == "needless" and scenario.needless)]
    if faults:
        pytest.fail("\n".join([scenario.about, *map(str, faults)]), pytrace=False)


def test_the_table() -> None:
    """At least 150 scenarios, each with a name of its own, each telling what it is about."""
    names = [each.name for each in TABLE]
    assert len(names) >= 150
    assert len(set(names)) == len(names)
    assert all(name.isidentifier() and name.islower() for name in names)
    assert all(each.about and each.modules for each in TABLE)
