"""All scenarios, and how they share projects."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Iterable
from dataclasses import replace

from scenario import Scenario

KINDS = (
    "files",
    "stat",
    "environment",
    "moments",
    "owners",
    "code",
    "children",
    "touched",
    "native",
    "installed",
    "configuration",
    "effects",
    "network",
    "races",
    "results",
)
"""Each is a file, ``scenarios_<kind>.py``, with a list ``SCENARIOS``."""


def every() -> list[Scenario]:
    """The whole table, in order."""
    found: list[Scenario] = []
    for kind in KINDS:
        module = importlib.import_module(f"scenarios_{kind}")
        found += [replace(each, kind=kind) for each in module.SCENARIOS]
    return found


def project_of(scenario: Scenario) -> str:
    """The name of the project that it plays in, with others."""
    if scenario.alone and not scenario.group:
        return f"{scenario.kind}-{scenario.name}"
    return f"{scenario.kind}-{scenario.group}" if scenario.group else scenario.kind


def projects(scenarios: Iterable[Scenario]) -> dict[str, list[Scenario]]:
    """Scenarios by project, without those that want a program that is not there."""
    found: dict[str, list[Scenario]] = {}
    for each in scenarios:
        if possible(each):
            found.setdefault(project_of(each), []).append(each)
    return found


def possible(scenario: Scenario) -> bool:
    """Whether the program it wants is there."""
    return not scenario.wants or shutil.which(scenario.wants) is not None
