"""Plays scenarios in one project and judges each: cold, warm, a half of the edits, the other half, all undone.

While one half is edited the other half are the bystanders: they must stay cached, and so is proved that an
edit makes only its own scenario run. Plain pytest runs on every edited tree, and is compared test by test.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from edits import Conditions, Scene, Undo
from playground import DIARY, Host, Project, Run
from scenario import Expect, Scenario

AS_A_COMMAND = """
import sys

import pytest.__main__

sys.modules["__main__"] = pytest.__main__  # what a process started by multiprocessing looks at
"""
BYSTANDER = "bystander/test_bystander.py"
ROOT_CONFTEST = "/conftest.py"
"""Scenarios of one project may each have a piece of it."""
ALWAYS = ("-v", "--tb=line", "--continue-on-collection-errors")
OLD_ENOUGH = 2.1
"""Seconds after which a file's signature is believed."""


@dataclass(frozen=True)
class Fault:
    """One thing that went wrong.

    ``stale``: it did not run, and plain pytest says otherwise; ``unnoticed``: it did not run, and plain pytest
    happens to say the same; ``needless``: it ran; ``different``: it ran, and plain pytest says otherwise;
    ``policy``: it was stored and should not be, or for another reason; ``scenario``: the scenario itself is wrong.
    """

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind.upper()} {self.text}"


class Stage:
    """A project with some scenarios."""

    def __init__(self, home: Path, host: Host, scenarios: Sequence[Scenario]) -> None:
        self.project = Project(home, host)
        self.scenarios = scenarios
        path = f"{self.project.root}/bin{os.pathsep}{self.project.root}/bin2{os.pathsep}{os.environ['PATH']}"
        library = f"{home}/lib{os.pathsep}{home}/site-packages"
        self.conditions = Conditions({"PATH": path, "PYTHONPATH": library})
        self.scenes = {each.name: Scene(each.name, home, self.conditions) for each in scenarios}
        self.faults: dict[str, list[Fault]] = {each.name: [] for each in scenarios}
        (home / "site-packages").mkdir()
        (home / "lib" / "diary.py").write_text(DIARY + AS_A_COMMAND)
        self.project.write({BYSTANDER: "def test_bystander():\n    pass\n"})
        for each in scenarios:
            self._build(each)

    def _build(self, scenario: Scenario) -> None:
        scene = self.scenes[scenario.name]
        scene.path("../").mkdir(parents=True)
        for name, text in scenario.texts.items():
            shared = scene.path(name).read_text() if name == ROOT_CONFTEST and scene.path(name).exists() else ""
            scene.write(name, f"{shared}\n{scene.text(text)}" if shared else text)
        for change in scenario.before:
            change.apply(scene)

    def run(self, *only: str, plain: bool = False) -> Run:
        """One pytest process on the whole project or on some directories, with the cache or without."""
        start = self.project.plain if plain else self.project.run
        now = self.conditions
        self.project.python = now.python
        return start(*ALWAYS, *now.args, *only, cwd=now.cwd, **now.environ)

    def edit(self, scenarios: Iterable[Scenario]) -> list[Undo]:
        """Makes the edits of these scenarios; gives what undoes them."""
        return [change.apply(self.scenes[each.name]) for each in scenarios for change in each.edit]

    def judge(self) -> dict[str, list[Fault]]:
        """The faults of every scenario, by its name."""
        if any(type(change).__name__ == "Disguise" for each in self.scenarios for change in each.edit):
            time.sleep(OLD_ENOUGH)
        cold = self.run()
        for each in self.scenarios:
            self.faults[each.name] += first_faults(each, cold)
        parts = [change.apply(self.scenes[each.name]) for each in self.scenarios for change in each.then]
        if parts:
            self.run()
        steps = steps_of(self.scenarios)
        self._judge_still(self.scenarios, self.run(), "warm")
        for step in steps:
            self._judge_step(step, cold)
        if steps:
            self._judge_still(self.scenarios, self.run(), "all undone")
        return self.faults

    def _judge_step(self, step: Sequence[Scenario], cold: Run) -> None:
        """Edits some scenarios, runs all with the cache and without, and undoes the edits."""
        undo = self.edit(step)
        in_turn = step[0].alone and len(self.scenarios) > 1 and not self.conditions.cwd
        only = (step[0].name,) if in_turn else ()
        cached, plain = self.run(*only), self.run(*only, plain=True)
        for each in step if in_turn else self.scenarios:
            self.faults[each.name] += outcome_faults(each, cached, plain)
        for each in step:
            self.faults[each.name] += edit_faults(each, cold, cached, plain)
        if not step[0].alone:
            self._judge_still([each for each in self.scenarios if each not in step], cached, "another was edited")
            self._judge_bystander(step, cached)
        for back in reversed(undo):
            back()

    def _judge_still(self, scenarios: Iterable[Scenario], run: Run, when: str) -> None:
        for each in scenarios:
            self.faults[each.name] += still_faults(each, run, when)

    def _judge_bystander(self, step: Sequence[Scenario], run: Run) -> None:
        if BYSTANDER in ran(run):
            names = ", ".join(each.name for each in step)
            fault = Fault("needless", f"the bystander ran ({why(run, BYSTANDER)}) at the edits of {names}")
            self.faults[step[0].name].append(fault)


def steps_of(scenarios: Sequence[Scenario]) -> list[list[Scenario]]:
    """Which scenarios are edited at once: every other one and then the rest.

    Those whose edits concern every module are edited in turn; those whose edits concern one another, all at once.
    """
    edited = [each for each in scenarios if each.edit]
    if any(each.alone for each in edited):
        return [[each] for each in edited]
    if any(each.together for each in edited):
        return [edited]
    return [half for half in (edited[::2], edited[1::2]) if half]


# --- What a run tells ----------------------------------------------------------------------------


def ran(run: Run) -> set[str]:
    """The modules that were not replayed: a body ran, or the reason why is said."""
    return run.modules | run.reasons.keys()


def outcomes(run: Run, modules: Iterable[str]) -> dict[str, list[str]]:
    """What was said of each test of these modules, and of those that could not be collected."""
    wanted = set(modules)
    said = {
        node: sorted(word.removesuffix(" (cached)") for word in words)
        for node, words in run.verdicts().items()
        if node.partition("::")[0] in wanted
    }
    broken = re.findall(r"^_+ ERROR collecting (\S+) _+$", run.out, re.MULTILINE)
    return said | {module: ["NOT COLLECTED"] for module in broken if module in wanted}


def refusal(run: Run, module: str) -> str:
    """Why it was not stored. Refused again for the same reason, that is the reason why it ran."""
    return run.refused.get(module) or run.reasons.get(module, "")


def why(run: Run, module: str) -> str:
    """Why the module ran; if that was not said, the last words about the cache."""
    told = [line for line in run.said.splitlines() if line.startswith("gocache: ")]
    return run.reasons.get(module) or "; ".join([*told[-2:], run.err[-300:]])


def failing(said: dict[str, list[str]]) -> bool:
    """Whether anything went wrong there."""
    return any(word in ("FAILED", "ERROR", "NOT COLLECTED", "SUBFAILED") for words in said.values() for word in words)


# --- Judgements ----------------------------------------------------------------------------------


def first_faults(scenario: Scenario, cold: Run) -> Iterator[Fault]:
    """Everything passes at first, unless the scenario says otherwise; nothing else is worth judging."""
    for module in scenario.modules:
        said = outcomes(cold, [module])
        if not said and not scenario.red and module not in ran(cold):
            yield Fault("scenario", f"{module}: no tests\n{excerpt(cold, module)}")
        elif failing(said) and not scenario.red:
            yield Fault("scenario", f"{module}: fails from the beginning\n{excerpt(cold, module)}")


def still_faults(scenario: Scenario, run: Run, when: str) -> Iterator[Fault]:
    """Nothing of this scenario is edited now: hits, or refused again."""
    for module in scenario.modules:
        if scenario.expect is Expect.REFUSED:
            yield from refusal_faults(scenario, module, run, when)
        elif module in ran(run) and not (scenario.or_refused and refusal(run, module).startswith("subprocess: ")):
            refused = f"; refused: {run.refused[module]}" if module in run.refused else ""
            yield Fault("needless", f"{when}: {module} ran: {why(run, module)}{refused}")


def refusal_faults(scenario: Scenario, module: str, run: Run, when: str) -> Iterator[Fault]:
    if module not in ran(run):
        yield Fault("policy", f"{when}: {module} was stored")
        return
    reason, _, detail = refusal(run, module).partition(": ")
    if reason not in scenario.reasons or scenario.detail.replace("THIS", scenario.name) not in detail:
        wanted = " or ".join(scenario.reasons)
        yield Fault("policy", f"{when}: {module} refused as '{reason}: {detail}', not '{wanted}: {scenario.detail}'")


def outcome_faults(scenario: Scenario, cached: Run, plain: Run) -> Iterator[Fault]:
    """Every test ended as in plain pytest, whatever was edited."""
    for module in scenario.modules:
        wanted, got = outcomes(plain, [module]), outcomes(cached, [module])
        if wanted != got:
            yield Fault("different" if module in ran(cached) else "stale", f"{module}: plain {wanted}, cached {got}")


def edit_faults(scenario: Scenario, cold: Run, cached: Run, plain: Run) -> Iterator[Fault]:
    """The scenario was edited: who must run ran, and nobody else."""
    for module in scenario.modules:
        wanted = outcomes(plain, [module])
        must_run = scenario.expect is Expect.RUNS and module not in scenario.remain
        did_run = module in ran(cached)
        if must_run and scenario.fails and wanted == outcomes(cold, [module]):
            yield Fault("scenario", f"{module}: plain pytest does not mind the edit")
        if must_run and not did_run and wanted == outcomes(cached, [module]):
            yield Fault("unnoticed", module)
        elif scenario.expect is not Expect.REFUSED and not must_run and did_run:
            yield Fault("needless", f"edited: {module} ran: {why(cached, module)}")


def excerpt(run: Run, module: str) -> str:
    """The lines of pytest's output that tell why."""
    lines = [line for line in run.out.splitlines() if module in line]
    return "\n".join([*lines[:30], run.err[-500:]])
