"""After the tests: hands core what each module left, once, in the one process that writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from pytest_gocache.core.cache import names
from pytest_gocache.core.deeds import TEMPFILE
from pytest_gocache.core.ledger import Ran
from pytest_gocache.core.litter import left_behind
from pytest_gocache.core.model import Miss, ModuleResult, Reason, SavedTest, Selection
from pytest_gocache.core.observe import EVERYONE, MODULE, Owner
from pytest_gocache.core.ops import PUTS, Op
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.overtaken import overtaken
from pytest_gocache.core.pause import paused
from pytest_gocache.core.reach import Reach
from pytest_gocache.core.values import changed
from pytest_gocache.hooks.describe import CollectedTest
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.record import Recorder
from pytest_gocache.hooks.testimony import Testimony

SHARED_SCOPES = ("fixture:session:", "fixture:package:")


class Settler:
    """Stores at the end of the session."""

    def __init__(
        self,
        desk: Desk,
        recorder: Recorder,
        testify: Callable[[], Testimony],
        chooses: Callable[[SavedTest], bool],
        outputs: Callable[[], Outputs],
        trouble: Trouble,
    ) -> None:
        self._desk = desk
        self._recorder = recorder
        self._testify = testify
        self._chooses = chooses
        self._outputs = outputs
        self._trouble = trouble

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR):
            return
        try:
            with paused():
                self._settle()
        except Exception as error:
            self._trouble.note(error)

    def _settle(self) -> None:
        testimony = self._testify()
        modules = list(self._modules(testimony))
        self._taken_away(modules, testimony)
        self._put_by_hits(testimony)
        outputs = changed(self._outputs(), drawn=frozenset(name for _, name in testimony.reads.get(TEMPFILE, ())))
        reach = Reach(self._desk.project, testimony.reads, testimony.loaded, testimony.unwatched, outputs)
        self._desk.run.settle(modules, reach)
        self._overtake(reach)
        if self._desk.settings.explain:
            self._desk.run.ledger.left = left_behind(reach.reads, reach.outputs, self._desk.project.places)

    def _overtake(self, reach: Reach) -> None:
        desk, ledger = self._desk, self._desk.run.ledger
        written = {path for path in reach.written(reach.reads) if not reach.outputs.holds(path)}
        if written and ledger.cached():
            ledger.overtaken = overtaken(ledger, desk.vouched, written, desk.project.files, desk.project.places)

    def _taken_away(self, modules: list[Ran], testimony: Testimony) -> None:
        """Who takes tests away may have looked at all of them (a shard, every other test): it concerns every module."""
        outcomes = (ran.outcome for ran in modules)
        taken = [each.detail for each in outcomes if isinstance(each, Miss) and each.reason is Reason.DESELECTED]
        if taken:
            testimony.reads.setdefault(EVERYONE, set()).add((Op.DESELECTION, taken[0]))
            self._desk.run.ledger.taken = taken[0]

    def _put_by_hits(self, testimony: Testimony) -> None:
        """What cached modules would have put on ``sys.path`` was there, too, for those that ran."""
        for path, hit in self._desk.run.ledger.hits.items():
            puts = {(each.op, self._desk.project.places.path(each.name)) for each in hit.inputs if each.op in PUTS}
            if puts:
                testimony.reads.setdefault(f"{MODULE}{path}", set()).update(puts)

    def _modules(self, testimony: Testimony) -> Iterator[Ran]:
        tests = testimony.seen.by_module()
        shared = Counter(asked.nodeid for asked in testimony.ran.values())
        for path, asked in testimony.ran.items():
            nodeid, refused = asked.nodeid, self._desk.run.ledger.refused.get(path)
            if shared[nodeid] > 1 and refused is None:
                # Outside rootdir: the reports of two modules cannot be told apart.
                yield Ran(path, asked.selection, Miss(Reason.COLLECTED_TWICE, nodeid), frozenset())
            elif refused is None:
                yield self._ran(nodeid, path, asked.selection, testimony, tests.get(nodeid, []))
            elif refused.reason is Reason.NOT_A_TEST_MODULE and nodeid not in tests:
                self._desk.run.nothing_there(path)

    def _ran(
        self, nodeid: str, path: str, selection: Selection, testimony: Testimony, tests: list[CollectedTest]
    ) -> Ran:
        owners = testimony.seen.used_by({f"module:{path}", *(owner for test in tests for owner in test.owners)})
        refusal = self._refusal(nodeid, path, selection, testimony, tests, owners)
        outcome = refusal or self._left(nodeid, path, selection, testimony, tests)
        allowed = testimony.seen.allowed.get(path, ())
        return Ran(path, selection, outcome, owners, allowed, self._recorder.times(nodeid))

    def _refusal(
        self,
        nodeid: str,
        path: str,
        selection: Selection,
        testimony: Testimony,
        tests: list[CollectedTest],
        owners: frozenset[Owner],
    ) -> Miss | None:
        """Why the module cannot be stored, as far as it does not depend on its own reports."""
        if lost := testimony.lost.intersection(self._recorder.modules[nodeid].workers):
            return Miss(Reason.WORKER_LOST, min(lost))
        if faults := [*testimony.faults, *self._trouble.told]:
            return Miss(Reason.INTERNAL_ERROR, faults[0])
        told = self._recorder.modules[nodeid].refusal
        if path in testimony.seen.unfit and (told is None or told.reason is not Reason.FAILED):
            return testimony.seen.unfit[path]
        if nodeid not in testimony.seen.collected:
            return told or Miss(Reason.INCOMPLETE, "not collected")
        if self._recorder.wide_failures and any(owner.startswith(SHARED_SCOPES) for owner in owners):
            # A fixture that this module used may be what failed there, in another module's teardown.
            return Miss(Reason.FAILED, f"teardown at {self._recorder.wide_failures[0]}")
        ran = [test.nodeid[len(nodeid) :] for test in tests]
        if not all(any(names(wanted, test) for test in ran) for wanted in selection.node_ids):
            return Miss(Reason.INCOMPLETE, "no such test")
        return None

    def _left(
        self, nodeid: str, path: str, selection: Selection, testimony: Testimony, tests: list[CollectedTest]
    ) -> ModuleResult | Miss:
        def expected(test: SavedTest) -> bool:
            return self._chooses(test) and not test.name.startswith(selection.deselect or ("\0",))

        files = self._desk.run.files_of(path)
        return self._recorder.outcome(nodeid, tests, testimony.seen.selected, files, expected)
