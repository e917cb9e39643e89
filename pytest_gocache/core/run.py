"""What one pytest run decides: a verdict for each module before, and what to keep of each after."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pytest_gocache.core.action import Action, Actions, Candidate, conftests_of
from pytest_gocache.core.cache import Cache, subset
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.model import (
    Hit,
    Input,
    Manifest,
    Miss,
    ModuleName,
    ModuleResult,
    Op,
    Reason,
    ResultID,
    SavedTest,
    Selection,
    Verdict,
)
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.project import Project
from pytest_gocache.core.reach import Reach

WHOLE = Selection()


@dataclass(frozen=True, slots=True)
class Ran:
    """A module that ran: what it left, or why that cannot be kept."""

    path: str
    selection: Selection
    outcome: ModuleResult | Miss
    owners: frozenset[Owner]
    """Itself and the wide fixtures its tests used: whose reads are its inputs."""


@dataclass
class Ledger:
    """The verdicts of this run and what came of them, by module path."""

    hits: dict[str, Hit] = field(default_factory=dict)
    misses: dict[str, Miss] = field(default_factory=dict)
    refused: dict[str, Miss] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    """Files that are no test modules and turned out to hold no tests."""
    stored: dict[str, Hit] = field(default_factory=dict)
    """What would now be a hit."""


class Run:
    """Decides for one pytest run. With ``bypass`` every module misses, and passes refresh the store.

    ``stale`` tells of a source whether Python ran older bytecode in its place.
    """

    def __init__(
        self,
        project: Project,
        cache: Cache,
        actions: Actions,
        top: str,
        bypass: bool,
        stale: Callable[[str], bool],
    ) -> None:
        self.ledger = Ledger()
        self.evicted = False
        self._project = project
        self._cache = cache
        self._actions = actions
        self._top = top
        self._bypass = bypass
        self._stale = stale
        self._unchanged: dict[str, bool] = {}
        self._tables: dict[int, dict[str, str]] = {}

    def candidate(self, path: str) -> Candidate:
        """The module at ``path`` with the conftests that apply to it."""
        name = ModuleName(self._project.places.name(path))
        return Candidate(path, name, conftests_of(path, self._top, self._exists))

    def _exists(self, path: str) -> bool:
        return os.path.basename(path) in (self._project.files.listing(os.path.dirname(path)) or ())

    def verdict(self, path: str, selection: Selection, chooses: Callable[[SavedTest], bool]) -> Verdict:
        """Whether the module's stored result may be shown. Digests its sources: call it before they are imported."""
        candidate = self.candidate(path)
        action = self._actions.of(candidate, selection)
        return self._bypassed(candidate) if self._bypass else self._look_up(candidate, action, selection, chooses)

    def note(self, path: str, verdict: Verdict) -> None:
        """Enters a verdict that was acted on."""
        if isinstance(verdict, Hit):
            self.ledger.hits[path] = verdict
        elif verdict.reason is Reason.INERT:
            self.refuse(path, verdict)  # what was collected is not the whole of it
        else:
            self.ledger.misses[path] = verdict

    def refuse(self, path: str, why: Miss) -> None:
        """Enters a module that runs and will not be stored."""
        self.ledger.misses[path] = self.ledger.refused[path] = why

    def _bypassed(self, candidate: Candidate) -> Miss:
        self._actions.of(candidate, WHOLE)
        return Miss(Reason.BYPASSED, "--count")

    def _look_up(
        self, candidate: Candidate, action: Action, selection: Selection, chooses: Callable[[SavedTest], bool]
    ) -> Verdict:
        verdict = self._cache.lookup(candidate.name, self._actions.of(candidate, WHOLE))
        if isinstance(verdict, Hit) and selection:
            part = subset(verdict.result, selection, chooses)
            verdict = Hit(part, ResultID(""), verdict.inputs) if part is not None else Miss(Reason.NO_RECORD)
        if isinstance(verdict, Miss) and selection:
            verdict = self._cache.lookup(candidate.name, action)
        if isinstance(verdict, Hit):
            return verdict
        return self._cache.why(candidate.name, action, self._sources(action), verdict)

    def _sources(self, action: Action) -> dict[str, str]:
        mask = action.closure.mask
        if mask not in self._tables:
            name = self._project.places.name
            self._tables[mask] = {name(path): self._code(path) for path in action.closure.files}
        return self._tables[mask]

    def _code(self, path: str) -> str:
        source = self._project.sources(path)
        return "" if source is None else source.facts.code[:12]

    def nothing_there(self, path: str) -> None:
        """Takes back the entry of a file that is no test module and held no tests."""
        self.ledger.misses.pop(path, None)
        self.ledger.refused.pop(path, None)
        self.ledger.empty.add(path)

    def settle(self, modules: Iterable[Ran], reach: Reach) -> None:
        """Stores what passed whole, and notes why the rest was not stored. Called once, after the tests."""
        modules = list(modules)
        every: dict[str, str] = {}
        settled: list[tuple[Ran, Action, Miss | None]] = []
        for ran in modules:
            action = self._actions.of(self.candidate(ran.path), ran.selection)
            every.update(self._sources(action))
            settled.append((ran, action, self._settle(ran, action, reach)))
        table = self._cache.remember_sources(every)
        for ran, action, refusal in settled:
            self._remember(ran, action, refusal, table)
        if not self._cache.flush():
            self.ledger.refused.update((path, Miss(Reason.STORE_FAILED)) for path in self.ledger.stored)

    def _settle(self, ran: Ran, action: Action, reach: Reach) -> Miss | None:
        if isinstance(ran.outcome, Miss):
            if ran.outcome.reason is Reason.FAILED:
                self._evict(ran, action)
            return ran.outcome
        inputs = reach.inputs(ran.path, ran.owners, action.closure)
        young = self._too_new(action, inputs)
        if young is not None:
            return young
        trace = tuple((wanted, self._project.present(wanted)) for wanted in inputs)
        try:
            result_id = self._cache.save(action, trace, ran.outcome)
        except (TypeError, ValueError) as error:
            return Miss(Reason.REPORT_NOT_PLAIN, str(error))
        self.ledger.stored[ran.path] = Hit(ran.outcome, result_id, inputs)
        return None

    def _evict(self, ran: Ran, action: Action) -> None:
        whole = self._actions.of(self.candidate(ran.path), WHOLE)
        for each in {action.id: action, whole.id: whole}.values():
            self.evicted = self._cache.evict(each) or self.evicted

    def _remember(self, ran: Ran, action: Action, refusal: Miss | None, table: Digest) -> None:
        if refusal is not None:
            self.ledger.refused[ran.path] = refusal
        reason, detail = (refusal.reason, refusal.detail) if refusal else ("", "")
        name = ModuleName(self._project.places.name(ran.path))
        self._cache.remember(name, Manifest(action.id, reason, detail, action.lines, table))

    def _too_new(self, action: Action, inputs: Iterable[Input]) -> Miss | None:
        """The first source or input that is not as it was when it was first looked at (Go's ``errFileTooNew``),
        or that is not what Python ran."""
        places = self._project.places
        opened = [(places.path(wanted.name), str(wanted)) for wanted in inputs if wanted.op in (Op.OPEN, Op.EXEC)]
        for path, what in [
            *((path, f"import {places.name(path)}") for path in action.closure.files),
            *opened,
        ]:
            if path not in self._unchanged:
                self._unchanged[path] = self._project.files.unchanged(path) and not self._stale(path)
            if not self._unchanged[path]:
                return Miss(Reason.TOO_NEW, what)
        return None

    def depends_on(self, path: str, hit: Hit) -> Iterable[str]:
        """Every file that the verdict on ``path`` looked at, as far as it is a file."""
        project = self._project
        closures = [self._actions.of(self.candidate(path), WHOLE).closure]
        closures += [project.graph.closure(project.graph.resolve(i.name)) for i in hit.inputs if i.op is Op.IMPORT]
        closures += [project.graph.closure((project.places.path(i.name),)) for i in hit.inputs if i.op is Op.EXEC]
        for closure in closures:
            yield from closure.files
        yield from (project.places.path(i.name) for i in hit.inputs if i.op is Op.OPEN)

    def files_of(self, path: str) -> frozenset[str]:
        """Portable names of the files in the module's closure."""
        closure = self._actions.of(self.candidate(path), WHOLE).closure
        return frozenset(map(self._project.places.name, closure.files))
