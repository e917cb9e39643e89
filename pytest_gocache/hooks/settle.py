"""After the tests: hands core what each module left, once, in the one process that writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from pytest_gocache.core.cache import names
from pytest_gocache.core.model import Miss, ModuleResult, Reason, SavedTest, Selection
from pytest_gocache.core.observe import Owner
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.reach import Reach
from pytest_gocache.core.run import Ran
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.record import Recorder, module_part
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.testimony import Testimony
from pytest_gocache.hooks.watch import Seen

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
            self._settle()
        except Exception as error:
            self._trouble.note(error)

    def _settle(self) -> None:
        testimony = self._testify()
        modules = list(self._modules(testimony))
        reach = Reach(self._desk.project, testimony.reads, testimony.loaded, self._outputs())
        self._desk.run.settle(modules, reach)

    def _modules(self, testimony: Testimony) -> Iterator[Ran]:
        owners = _owners(testimony.seen)
        for nodeid, (path, selection) in testimony.ran.items():
            refused = self._desk.run.ledger.refused.get(path)
            if refused is not None:
                if refused.reason is Reason.NOT_A_TEST_MODULE and nodeid not in owners:
                    self._desk.run.nothing_there(path)
                continue
            used = owners.get(nodeid, frozenset())
            outcome = self._outcome(nodeid, path, selection, testimony, used)
            yield Ran(path, selection, outcome, used | {f"module:{path}"})

    def _outcome(
        self, nodeid: str, path: str, selection: Selection, testimony: Testimony, used: frozenset[Owner]
    ) -> ModuleResult | Miss:
        if lost := testimony.lost & self._recorder.modules[nodeid].workers:
            return Miss(Reason.WORKER_LOST, min(lost))
        if faults := [*testimony.faults, *self._trouble.told]:
            return Miss(Reason.INTERNAL_ERROR, faults[0])
        if path in testimony.seen.unfit:
            return testimony.seen.unfit[path]
        shared = any(owner.startswith(SHARED_SCOPES) for owner in used)
        if self._recorder.wide_failures and shared:
            # A fixture that this module used may be what failed there, in another module's teardown.
            return Miss(Reason.FAILED, f"teardown at {self._recorder.wide_failures[0]}")

        def expected(test: SavedTest) -> bool:
            return self._chooses(test) and not test.name.startswith(selection.deselect or ("\0",))

        tests = [name.removeprefix(nodeid) for name in testimony.seen.tests if module_part(name) == nodeid]
        if not all(any(names(wanted, test) for test in tests) for wanted in selection.node_ids):
            return Miss(Reason.INCOMPLETE, "no such test")
        files = self._desk.run.files_of(path)
        return self._recorder.outcome(nodeid, testimony.seen, files, expected)


def _owners(seen: Seen) -> dict[str, frozenset[Owner]]:
    """The wide fixtures that each module's tests use, by the module's node id."""
    found: dict[str, set[Owner]] = {}
    for nodeid, test in seen.tests.items():
        found.setdefault(module_part(nodeid), set()).update(test.owners)
    return {nodeid: frozenset(owners) for nodeid, owners in found.items()}
