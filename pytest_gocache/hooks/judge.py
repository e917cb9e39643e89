"""The verdict on each module: by itself first, then beside the others of the run."""

from __future__ import annotations

import functools
from collections.abc import Callable

import pytest

from pytest_gocache.core.brief import at_hand
from pytest_gocache.core.cache import Fits, any_fits
from pytest_gocache.core.model import Hit, Miss, Reason, Replay, SavedTest, Selection, Verdict
from pytest_gocache.core.run import untellable
from pytest_gocache.core.values import changed
from pytest_gocache.hooks.arguments import chooser
from pytest_gocache.hooks.bulk import Bulk, bulk_for
from pytest_gocache.hooks.company import Company
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.foreseen import foreseen
from pytest_gocache.hooks.guard import Trouble
from pytest_gocache.hooks.output import missed_by
from pytest_gocache.hooks.replay import replay_in_brief
from pytest_gocache.hooks.reports import would_warn
from pytest_gocache.hooks.results import Results


class Judge:
    """Decides on a module: always the same in one run."""

    def __init__(self, desk: Desk, trouble: Trouble) -> None:
        self._desk = desk
        self._trouble = trouble
        self._results = Results(lambda: desk.store)
        self.chooses = chooser(desk.request)
        """Whether a stored test is chosen by ``-k`` and ``-m``; None where they cannot be understood."""
        self.configured = False
        """Before every plugin is configured it is not known who listens."""
        self.heed: Callable[[str, Selection, Verdict], Verdict] = _as_it_is
        """What becomes of a verdict: under ``--gocache-verify`` hits run."""
        self.tell: Callable[[str, Selection, Verdict], None] = _nobody
        """Told each verdict, once."""
        self._decided: dict[tuple[str, Selection], Verdict] = {}
        """Under xdist verdicts are wanted before it is known who acts on them."""
        self._judged: dict[tuple[str, Selection], Verdict] = {}
        """The same of each module by itself, whatever the others do."""
        self._asked = False
        """Whether a server was asked for what it has, if there is one."""
        self._company = Company(desk, self.found, self._judge)

    def __call__(self, path: str, selection: Selection) -> Verdict:
        """The verdict on a module: always the same in one run."""
        if (path, selection) not in self._decided:
            self._decided[path, selection] = verdict = self._in_company(path, selection)
            self.tell(path, selection, verdict)
        return self._decided[path, selection]

    def _in_company(self, path: str, selection: Selection) -> Verdict:
        try:
            return self.heed(path, selection, self._company(path, selection))
        except Exception as error:
            return self._trouble.note(error)

    def found(self, path: str, selection: Selection) -> Verdict:
        """The verdict on the module by itself."""
        if (path, selection) not in self._judged:
            self._judged[path, selection] = self._judge(path, selection)
        return self._judged[path, selection]

    def _ask_server(self) -> None:
        """If there is one: for all that is foreseen, at once."""
        if hasattr(self._desk.store, "prefetch"):
            wanted = (each for each in foreseen(self._desk) if each[0] not in self._desk.vouched.modules)
            self._desk.run.prefetch(wanted)

    def _judge(self, path: str, selection: Selection, fits: Fits = any_fits) -> Verdict:
        if told := untellable(self._desk.project.places.name(path)):
            return told
        inert = self._inert if self.configured else self._why_inert()
        if path in self._desk.together:
            return Miss(Reason.INERT, self._desk.together[path])
        if inert or self.chooses is None:
            return Miss(Reason.INERT, inert or "-k or -m cannot be read")
        try:
            vouched = self._vouched(path) if fits is any_fits else None
            return vouched or self._looked_up(path, selection, self.chooses, fits)
        except Exception as error:
            return self._trouble.note(error)

    @functools.cached_property
    def _inert(self) -> str:
        return self._why_inert()

    def _why_inert(self) -> str:
        overlapping = self._desk.request.overlapping
        return "asked for in more than one way" if overlapping else why_inert(self._desk.config)

    def _looked_up(self, path: str, selection: Selection, chooses: Callable[[SavedTest], bool], fits: Fits) -> Verdict:
        if not self._asked:
            self._asked = True
            self._ask_server()
        return self._shown(self._desk.run.verdict(path, selection, chooses, fits))

    def _vouched(self, path: str) -> Replay | None:
        """The verdict on a module that the snapshot vouches for, if its result can be shown."""
        brief = self._desk.vouched.modules.get(path)
        bulk = self._bulk if self.configured else None
        return replay_in_brief(brief, self._results, bulk, self._desk.config) if brief else None

    @functools.cached_property
    def _bulk(self) -> Bulk | None:
        return bulk_for(self._desk.config, self._desk.project.places)

    def _shown(self, verdict: Verdict) -> Verdict:
        """The verdict, unless a run would say something now that it did not say then, or that was not stored."""
        if not isinstance(verdict, Hit):
            return verdict
        if would_warn(verdict.gist, self._desk.config):
            return Miss(Reason.INERT, "record_property with this junit_family warns")
        if shown := missed_by(verdict.gist, self._desk.config):
            return Miss(Reason.OUTPUT_LEFT_OUT, shown)
        bulk = self._bulk if self.configured else None
        if bulk is not None and bulk.shows(verdict.gist, verdict.stored):
            return verdict
        return _at_hand(verdict)


def _at_hand(hit: Hit) -> Hit | Miss:
    """The hit with all of its result, which will be shown test by test."""
    whole = hit.stored.load()
    if whole is None:
        return Miss(Reason.DAMAGED_RECORD, "its result is missing")
    return changed(hit, stored=at_hand(whole, hit.gist, hit.stored.id))


def why_inert(config: pytest.Config) -> str:
    """The option by which earlier failures choose today's tests, so that nothing can be looked up; or empty."""
    failed = getattr(config.pluginmanager.get_plugin("lfplugin"), "lastfailed", None)
    if config.getoption("lf", False) and (failed or config.getoption("last_failed_no_failures", "") == "none"):
        return "--lf"
    if config.getoption("stepwise", False):
        return "--sw"  # it also counts what was collected, from one run to the next
    return ""


def _as_it_is(_path: str, _selection: Selection, verdict: Verdict) -> Verdict:
    return verdict


def _nobody(_path: str, _selection: Selection, _verdict: Verdict) -> None:
    """Nobody asked."""
