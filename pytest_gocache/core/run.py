"""What one pytest run decides: a verdict for each module before, and what to keep of each after."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from pytest_gocache.core.action import Action, Actions, Candidate, conftests_of
from pytest_gocache.core.brief import hit_of
from pytest_gocache.core.cache import Cache, Fits, any_fits, subset
from pytest_gocache.core.changes import Changes
from pytest_gocache.core.command_line import reads_command_line
from pytest_gocache.core.exact import with_lines
from pytest_gocache.core.flaky import Flakes
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.ledger import Ledger, Ran
from pytest_gocache.core.lines import Lines
from pytest_gocache.core.model import (
    Hit,
    Input,
    Inputs,
    Manifest,
    Miss,
    ModuleName,
    Op,
    Reason,
    Replay,
    SavedTest,
    Selection,
    Verdict,
)
from pytest_gocache.core.needs import Needs
from pytest_gocache.core.ops import LISTINGS
from pytest_gocache.core.policy import left_by
from pytest_gocache.core.present import BY_THEMSELVES
from pytest_gocache.core.project import Project
from pytest_gocache.core.reach import Reach
from pytest_gocache.core.tells import WHOLE, Tells

COMMAND_LINE: Final = Input(Op.OPTION, "argv")


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
        lines: Lines,
    ) -> None:
        self._lines = lines
        self.ledger = Ledger()
        self._project = project
        self._cache = cache
        self._flakes = Flakes(cache)
        self._actions = actions
        self._top = top
        self._bypass = bypass
        self._fresh = Changes(project, stale)
        self._present: dict[Input, Digest] = {}
        self._listed: set[Digest] = set()
        self._reading: dict[str, bool] = {}
        self.tells = Tells(project, cache, actions, self.candidate)

    @property
    def evicted(self) -> bool:
        """Whether some stored pass was taken back."""
        return self._flakes.evicted

    def prefetch(self, modules: Iterable[tuple[str, Selection]]) -> None:
        """Asks a server, if there is one, for all that is known of these modules, at once."""
        if not self._bypass:
            actions = (self._actions.of(self.candidate(path), each) for path, part in modules for each in {WHOLE, part})
            self._cache.prefetch(actions, results=True)

    def candidate(self, path: str) -> Candidate:
        """The module at ``path`` with the conftests that apply to it."""
        name = ModuleName(self._project.places.name(path))
        return Candidate(path, name, conftests_of(path, self._top, self._project.files.has))

    def verdict(
        self, path: str, selection: Selection, chooses: Callable[[SavedTest], bool], fits: Fits = any_fits
    ) -> Verdict:
        """Whether the module's stored result may be shown. Digests its sources: call it before they are imported."""
        candidate = self.candidate(path)
        action = self._actions.of(candidate, selection)
        if self._bypass:
            return self._bypassed(candidate)
        return self._look_up(candidate, action, selection, chooses, fits)

    def note(self, path: str, verdict: Verdict) -> None:
        """Enters a verdict that was acted on."""
        if isinstance(verdict, Hit):
            self.ledger.hits[path] = verdict
        elif isinstance(verdict, Replay):
            self.ledger.unchanged[path] = verdict
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
        self,
        candidate: Candidate,
        action: Action,
        selection: Selection,
        chooses: Callable[[SavedTest], bool],
        fits: Fits,
    ) -> Hit | Miss:
        verdict: Hit | Miss = Miss(Reason.NO_RECORD)
        if not (selection and self._lines.whole):
            verdict = self._cache.lookup(candidate.name, self._actions.of(candidate, WHOLE), self._lines, fits)
        if isinstance(verdict, Hit) and selection:
            whole = verdict.stored.load()
            part = subset(whole, selection, chooses) if whole else None
            verdict = hit_of(part, verdict.inputs, remote=verdict.remote) if part else Miss(Reason.NO_RECORD)
        if isinstance(verdict, Miss) and selection:
            verdict = self._cache.lookup(candidate.name, action, self._lines, fits)
        if isinstance(verdict, Hit):
            return verdict
        sources, files = self._project.source_digests, action.closure.files
        return self._cache.why(candidate.name, action, lambda: sources(files), verdict)

    def _asks(self, path: str) -> Iterable[Input]:
        """The command line, if the module, a conftest or a plugin of the project speaks of it."""
        return (COMMAND_LINE,) if any(map(self._reads_command_line, self._sources(path))) else ()

    def _sources(self, path: str) -> tuple[str, ...]:
        return self._actions.starts(self.candidate(path))

    def _reads_command_line(self, path: str) -> bool:
        if path not in self._reading:  # the conftests are those of many modules
            self._reading[path] = reads_command_line(self._project.files.content(path) or b"")
        return self._reading[path]

    def take_back(self, path: str, selection: Selection) -> None:
        """Forgets a pass that proved to be none, unless this run put another in its place."""
        if path not in self.ledger.stored:
            self._cache.evict(self._actions.of(self.candidate(path), selection))
            self._cache.evict(self._actions.of(self.candidate(path), WHOLE))
            self._cache.flush()
        self._flakes.evicted = True

    def nothing_there(self, path: str) -> None:
        """Takes back the entry of a file that is no test module and held no tests."""
        self.ledger.misses.pop(path, None)
        self.ledger.refused.pop(path, None)
        self.ledger.empty.add(path)

    def settle(self, modules: Iterable[Ran], reach: Reach) -> None:
        """Stores what passed whole, and notes why the rest was not stored. Called once, after the tests."""
        modules = list(modules)
        actions = [self._actions.of(self.candidate(ran.path), ran.selection) for ran in modules]
        self._cache.prefetch(actions, results=False)  # new passes stand before those
        every: set[str] = set()
        settled: list[tuple[Ran, Action, Miss | None]] = []
        for ran, action in zip(modules, actions, strict=True):
            every.update(action.closure.files)
            settled.append((ran, action, self._settle(ran, action, reach)))
            every.update(self._loaded(ran.path))
        table = self._cache.remember_sources(self._project.table(every))
        for ran, action, refusal in settled:
            self._remember(ran, action, refusal, table)
        if not self._cache.flush():
            self.ledger.refused.update((path, Miss(Reason.STORE_FAILED)) for path in self.ledger.stored)

    def _loaded(self, path: str) -> Iterable[str]:
        """The sources that a module which is stored came to by names that no import statement has."""
        stored = self.ledger.stored.get(path)
        loaded = (self._project.code_of(wanted) for wanted in (stored.inputs if stored else ()))
        return (file for files in loaded if files for file in self._project.graph.closure(files).files)

    def _settle(self, ran: Ran, action: Action, reach: Reach) -> Miss | None:
        if told := untellable(self._project.places.name(ran.path)):
            return told
        if isinstance(ran.outcome, Miss):
            if ran.outcome.reason is Reason.FAILED:
                self._failed(ran, action, reach)
            return ran.outcome
        read = reach.inputs(ran.path, ran.owners, action.closure)
        read = with_lines(self._project, self._sources(ran.path), action.closure, read)
        inputs = left_by(ran.allowed, (*read, *self._asks(ran.path)))
        refusal = self._project.policy.refusal(inputs) or self._fresh.since(action, inputs, reach.written(ran.owners))
        refusal = refusal or self._flakes.passed(action, self._whole(ran), ran.times)
        if refusal is not None:
            return refusal
        trace = tuple((wanted, self._now(wanted)) for wanted in inputs)
        try:
            result_id = self._cache.save(action, trace, ran.outcome)
            self._keep_names(trace)
        except (TypeError, ValueError) as error:
            return Miss(Reason.REPORT_NOT_PLAIN, str(error))
        self.ledger.stored[ran.path] = hit_of(ran.outcome, inputs, result_id)
        return self._lines.keep(ran.path, self.candidate(ran.path).conftests, action, trace, reach.outputs)

    def _keep_names(self, trace: Inputs) -> None:
        """What stood in the directories that were listed: so that it can be told what came or went."""
        for wanted, digest in trace:
            if wanted.op not in LISTINGS or digest in self._listed:
                continue
            self._listed.add(digest)
            names = self._project.names(wanted)
            if names is not None:
                self._cache.remember_listing(digest, names)

    def _now(self, wanted: Input) -> Digest:
        """What an input is after the tests: the same for all modules that are stored then."""
        if wanted not in self._present:
            self._present[wanted] = self._project.present(wanted)
        return self._present[wanted]

    def _failed(self, ran: Ran, action: Action, reach: Reach) -> None:
        def nothing_changed() -> bool:
            inputs = reach.inputs(ran.path, ran.owners, action.closure)
            return self._fresh.since(action, inputs, reach.written(ran.owners)) is None

        if self._flakes.failed(action, self._whole(ran), nothing_changed):
            self.ledger.flaky.append(ran.path)

    def _whole(self, ran: Ran) -> Action:
        return self._actions.of(self.candidate(ran.path), WHOLE)

    def _remember(self, ran: Ran, action: Action, refusal: Miss | None, table: Digest) -> None:
        if refusal is not None:
            self.ledger.refused[ran.path] = refusal
        reason, detail = (refusal.reason, refusal.detail) if refusal else ("", "")
        name, why = ModuleName(self._project.places.name(ran.path)), str(self.ledger.misses.get(ran.path, ""))
        files = f"{action.closure.mask:x}"
        self._cache.remember(name, Manifest(action.id, reason, detail, action.lines, table, files, why, time.time()))

    def needs(self, path: str, hit: Hit) -> Needs:
        """What the verdict on ``path`` depends on."""
        project = self._project
        closures = [self._actions.of(self.candidate(path), WHOLE).closure]
        closures += [project.graph.closure(project.graph.resolve(i.name)) for i in hit.inputs if i.op is Op.IMPORT]
        closures += [project.graph.closure((project.places.path(i.name),)) for i in hit.inputs if i.op is Op.EXEC]
        shared = frozenset[str]().union(*(closure.files for closure in closures)) - {path}
        opened = (i for i in hit.inputs if i.op is Op.OPEN and not project.policy.ignores(i))
        own = frozenset((path, *(project.places.path(i.name) for i in opened)))
        return Needs(shared, own, frozenset(each for each, _ in self.looked_at(hit)))

    def looked_at(self, hit: Hit) -> Iterable[tuple[Input, Digest]]:
        """What a verdict looked at that is neither a source nor the content of a file, and what it is now."""
        project = self._project
        asked = (each for each in hit.inputs if each.op in BY_THEMSELVES or project.policy.ignores(each))
        return ((each, project.present(each)) for each in asked)

    def files_of(self, path: str) -> frozenset[str]:
        """Portable names of the files in the module's closure."""
        closure = self._actions.of(self.candidate(path), WHOLE).closure
        return frozenset(map(self._project.places.name, closure.files))


def untellable(name: str) -> Miss | None:
    """Why the tests of the module with this portable name cannot be told from those of others; None if they can."""
    return Miss(Reason.INERT, "there is '::' in its path, which node ids have behind it") if "::" in name else None
