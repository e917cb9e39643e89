"""Keeps what this run looked like, for the next one of the same command (``core/snapshot.py``)."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    BuiltinImporter,
    FrozenImporter,
    PathFinder,
)

import pytest

from pytest_gocache.core.brief import brief_of
from pytest_gocache.core.files import Remembered
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.installed import joined
from pytest_gocache.core.listings import Counting, Listings, Names
from pytest_gocache.core.looks import signature
from pytest_gocache.core.model import Brief, Hit, Input
from pytest_gocache.core.needs import Needs
from pytest_gocache.core.refs import EVERY
from pytest_gocache.core.snapshot import Snapshot
from pytest_gocache.hooks.conditions import hooked_by_others
from pytest_gocache.hooks.conftests import ACTS, CHOOSES, initial_conftests, plugins_choose
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.early import measured

IMPORTED = (
    *(f"*{suffix}" for suffix in (*EXTENSION_SUFFIXES, *BYTECODE_SUFFIXES)),
    *("*.pth", "*.egg", "*.egg-link", "*.zip", "*.whl"),
)
"""Beside sources, of which the names count that somebody asks for."""
CONFIGURING = ("*.ini", "*.toml", "*.cfg")
OF_ENVIRONMENTS = ("history", "[Aa]ctivate*")
"""Files by which pytest tells a virtual environment, where it collects nothing: conda's, and before 8.3 any."""
FINDERS = ("_pytest.", "pytest_gocache.", "_distutils_hack", "__editable__", "six")
"""Modules whose finders look for names with Python's own suffixes, or look nowhere."""
HOOKS = ["_frozen_importlib_external", "zipimport"]
ENDED_WELL = (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def keep_snapshot(
    desk: Desk,
    sequence: list[tuple[str, str]],
    in_order: bool,
    settled: bool,
    conftests: frozenset[str],
    exitstatus: int,
) -> None:
    """Keeps the modules that are hits now; ``sequence`` has path and node id of all, in pytest's order or in any.

    Unless it is ``settled`` that they are hits beside each other, they make no exact repeat. ``conftests`` is what
    conftests do (``quick.of_conftests``), wherever they were loaded.

    Under coverage, or with a store of another package's, nothing is repeated in that way.
    """
    if exitstatus not in (*ENDED_WELL, pytest.ExitCode.TESTS_FAILED):
        return
    if desk.settings.store or measured() or CHOOSES in conftests:
        return
    paths = [path for path, _ in sequence]
    if len(set(paths)) == len(paths):
        base = desk.vouched.base  # only one of all modules is certain to be in pytest's order
        before = {brief.path: at for at, brief in enumerate(base.modules)} if base.whole else {}
        if not in_order and before.keys() >= set(paths):
            sequence, in_order = sorted(sequence, key=lambda each: before[each[0]]), True
        alone = ACTS not in conftests and not plugins_choose(desk.config)
        Picture(desk, in_order and alone and settled and exitstatus in ENDED_WELL).keep(sequence)


class Picture:
    """This run's modules and what they need, put together from what it found out and what was vouched for."""

    def __init__(self, desk: Desk, repeatable: bool) -> None:
        self._desk = desk
        self._repeatable = repeatable
        ledger = desk.run.ledger
        hits = {path: hit for path, hit in ledger.hits.items() if path not in ledger.misses}
        self._good: dict[str, Hit] = {path: hit for path, hit in {**hits, **ledger.stored}.items() if hit.stored.id}
        self._vouched = desk.vouched
        self._known = {path for path in ledger.unchanged if path not in ledger.misses and path not in self._good}

    def keep(self, sequence: list[tuple[str, str]]) -> None:
        """Keeps it, unless it is the one that this run began with."""
        modules = tuple(self._briefs(sequence))
        whole = self._repeatable and self._is_whole({path for path, _ in sequence})
        base = self._vouched.base
        there = {brief.path for brief in modules}
        others = tuple(path for path, _ in sequence if path not in there)
        moved = self._vouched.moved
        same = not (self._good or moved) and (modules, whole, others) == (base.modules, base.whole, base.others)
        if not modules or same:
            return
        needs = {path: self._desk.run.needs(path, hit) for path, hit in self._good.items()}
        needs |= {path: self._vouched.needs[path] for path in self._known}
        installed = joined(self._desk.project.distributions.witness(), base.installed if self._known else {})
        files, directories = self._files(needs), self._directories()
        if installed is None or files is None or directories is None:
            return
        listings = Listings(self._counting)
        apart = {directory: listings.without_modules(names) for directory, names in directories.items()}
        written = min(base.written, time.time()) if self._known else time.time()
        made = Snapshot(
            written,
            self._desk.local.epoch,
            {directory: listings.digest(names) for directory, names in directories.items()},
            files,
            self._looked_at(),
            modules,
            installed,
            whole,
            others=others,
            counting=self._counting,
            without_modules={each: digest for each, digest in apart.items() if digest},
        )
        self._desk.local.write_snapshot(made, needs)

    def _briefs(self, sequence: Iterable[tuple[str, str]]) -> Iterable[Brief]:
        for path, nodeid in sequence:
            if path in self._known:
                yield self._vouched.modules[path]
            elif path in self._good:
                yield brief_of(path, nodeid, self._good[path].stored.id, self._good[path].gist)

    def _is_whole(self, paths: set[str]) -> bool:
        """Whether an exact repeat would replay everything that this run came to."""
        ledger = self._desk.run.ledger
        every = self._good.keys() | self._known
        return paths == every | ledger.empty and ledger.misses.keys() <= every

    def _directories(self) -> dict[str, Names] | None:
        """All listings; None where one is another than when modules were vouched for, and not by test modules only."""
        project = self._desk.project
        listed = {*project.files.listed(), *project.graph.probed_dirs, *project.places.site}
        base = self._vouched.base
        before = base.directories if self._known else {}
        if before and base.counting.globs != self._counting.globs:
            return None
        found = {directory: project.files.listing(directory) for directory in (*listed, *before)}
        counted = Listings(base.counting)
        for each in before:
            apart = base.without_modules.get(each)
            if counted.digest(found[each]) != before[each] and counted.without_modules(found[each]) != apart:
                return None
        return found

    @cached_property
    def _counting(self) -> Counting:
        """Which names of listings can make a difference by being there."""
        config = self._desk.config
        modules, texts = config.getini("python_files"), config.getoption("doctestglob", None) or ["test*.txt"]
        odd = hooked_by_others(config, "pytest_collect_file") or any(os.sep in glob for glob in (*modules, *texts))
        if odd or _others_find():
            return Counting()  # a plugin collects by other names
        return Counting((*IMPORTED, *CONFIGURING, *OF_ENVIRONMENTS, *texts), self._asked, tuple(modules))

    @cached_property
    def _asked(self) -> tuple[str, ...]:
        """The names that somebody asked for as modules, or may have; none where all sources count."""
        config, project = self._desk.config, self._desk.project
        base = self._vouched.base.counting
        asked = project.graph.asked
        if config.getoption("doctestmodules", False) or EVERY in asked or (self._known and not base.asked):
            return ()
        return tuple(sorted(asked | project.distributions.tops | (set(base.asked) if self._known else set())))

    def _files(self, needs: Mapping[str, Needs]) -> dict[str, Remembered] | None:
        """All files that somebody needs, and all conftests; None where one was another for those who ran than for
        those vouched for."""
        recorded = self._desk.project.files.recorded
        base = self._vouched.base.files
        before = {path: base[path] for module in self._known for path in needs[module].files}
        needed = frozenset[str]().union(*(needs[module].files for module in self._good))
        now = {path: recorded(path) for path in needed | self._desk.run.ledger.empty}
        now |= {path: recorded(path) for path in self._desk.project.modules if signature(path) is None}  # links
        # Nobody may need them, and they may break, or come to do something, wherever they lie.
        now |= {path: recorded(path) for path in {*self._desk.conftests, *initial_conftests(self._desk.config)}}
        if any(now[path].digest != before[path].digest for path in now.keys() & before.keys()):
            return None
        return {**before, **now}

    def _looked_at(self) -> tuple[tuple[Input, Digest], ...]:
        known = {wanted for path in self._known for wanted in self._vouched.needs[path].looked_at}
        before = {pair for pair in self._vouched.base.looked_at if pair[0] in known}
        return tuple(sorted(before | {pair for hit in self._good.values() for pair in self._desk.run.looked_at(hit)}))


def _others_find() -> bool:
    """Whether somebody finds modules in ways of their own, under whatever names."""
    own = (BuiltinImporter, FrozenImporter, PathFinder)
    others = [each for each in sys.meta_path if each not in own]
    places = [each.__module__ if isinstance(each, type) else type(each).__module__ for each in others]
    hooks = [getattr(each, "__module__", "") for each in sys.path_hooks]
    return not all(place.startswith(FINDERS) for place in places) or sorted(hooks) != HOOKS
