"""What is no longer as the tests saw it when they are done: then nobody knows which state it was that passed.

Go's test cache calls that ``errFileTooNew``. One change is no doubt: what was absent when it was first asked
for, and what the module then made itself. It saw the absence, and that is what is stored.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property

from pytest_gocache.core.action import Action
from pytest_gocache.core.globs import found_by
from pytest_gocache.core.hashing import ABSENT
from pytest_gocache.core.model import Input, Miss, Reason
from pytest_gocache.core.ops import LOOKED_AT, Op
from pytest_gocache.core.project import Project


class Changes:
    """Asked once for each module. ``stale`` tells of a source whether Python ran older bytecode in its place."""

    def __init__(self, project: Project, stale: Callable[[str], bool]) -> None:
        self._project = project
        self._stale = stale
        self._ran: dict[str, bool] = {}
        self._same: dict[Input, bool] = {}

    def since(self, action: Action, inputs: Iterable[Input], written: frozenset[str]) -> Miss | None:
        """The first source, distribution or input that is not as it was when this run first looked at it.

        ``written`` are the paths that the module and its fixtures wrote.
        """
        places = self._project.places
        inputs = list(inputs)
        for path in action.closure.files:
            if not self._ran_as_it_is(path):
                reason = Reason.WROTE_ITS_INPUT if path in written else Reason.TOO_NEW
                return Miss(reason, f"import {places.name(path)}")
        if edited := sorted(self._edited(action, inputs)):
            return Miss(Reason.TOO_NEW, f"distribution {edited[0]}")
        for wanted in inputs:
            if wanted.op in LOOKED_AT and not (self._same.get(wanted) or self._accepted(wanted, written)):
                return Miss(self._whose(wanted, written), str(wanted))
        return None

    def _accepted(self, wanted: Input, written: frozenset[str]) -> bool:
        return self._project.policy.ignores(wanted) or self._as_it_was(wanted) or self._made(wanted, written)

    def _edited(self, action: Action, inputs: Iterable[Input]) -> frozenset[str]:
        """The installed distributions that are no longer as they were."""
        if not self._moved:
            return frozenset()
        tops = (each.name.partition(".")[0] for each in inputs if each.op is Op.IMPORT)
        imported = self._project.distributions.digest(tops)
        return self._moved & {*action.distributions, *(line[0] for line in imported)}

    @cached_property
    def _moved(self) -> frozenset[str]:
        return self._project.distributions.changed()

    def _ran_as_it_is(self, path: str) -> bool:
        if path not in self._ran:
            self._ran[path] = self._project.files.unchanged(path) and not self._stale(path)
        return self._ran[path]

    def _as_it_was(self, wanted: Input) -> bool:
        if wanted not in self._same:
            path = self._project.places.path(wanted.name)
            ran = wanted.op is not Op.EXEC or self._ran_as_it_is(path)
            self._same[wanted] = ran and self._project.files.still(wanted.op, path)
        return self._same[wanted]

    def _made(self, wanted: Input, written: frozenset[str]) -> bool:
        """Whether nothing else happened than that the module made what it had found absent."""
        path = self._project.places.path(wanted.name)
        if wanted.op is Op.LIST:
            return self._project.files.only_gained(path, written)
        return path in written and wanted.op is not Op.EXEC and self._project.present(wanted) == ABSENT

    def _whose(self, wanted: Input, written: frozenset[str]) -> Reason:
        path = self._project.places.path(wanted.name)
        below = wanted.op in (Op.LIST, Op.SCAN) and any(os.path.dirname(each) == path for each in written)
        mine = path in written or below or (wanted.op is Op.GLOB and not written.isdisjoint(found_by(path)))
        return Reason.WROTE_ITS_INPUT if mine else Reason.TOO_NEW
