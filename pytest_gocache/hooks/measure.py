"""Takes what coverage has measured at each boundary, so that it is known whose lines they are.

``Coverage`` sums up a whole process. Between ``begin`` and ``end`` a ``Tee`` stands where its collector
delivers: it books everything for whoever is running, and passes it on unchanged. At a boundary the
collector is emptied, so that a line which ran for one owner is seen again for the next.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from pytest_gocache.core.attribution import Amounts, Attribution, Unit
from pytest_gocache.core.covered import Brought
from pytest_gocache.core.hashing import Digest, Hasher
from pytest_gocache.hooks.offspring import Offspring

if TYPE_CHECKING:
    from coverage import Coverage, CoverageData

SETTINGS = (
    "source", "source_pkgs", "source_dirs", "run_include", "run_omit", "cover_pylib", "branch", "context",
    "dynamic_context", "concurrency", "plugins", "plugin_options", "patch", "timid", "relative_files",
    "include_namespace_packages", "_include", "_omit",
)  # fmt: skip
"""Of coverage's configuration: what decides which lines are measured, and how."""


class Sink:
    """Stands where the collector delivers, for the moment of a boundary."""

    def __init__(self, books: Attribution) -> None:
        self.context = ""
        self._books = books

    def add_lines(self, measured: Mapping[str, Collection[Unit]]) -> None:
        self._books.note(self.context, measured)

    def add_arcs(self, measured: Mapping[str, Collection[Unit]]) -> None:
        self._books.note(self.context, measured)

    def add_file_tracers(self, tracers: Mapping[str, str]) -> None:
        """Asked for when all is done."""


def give(data: CoverageData, amounts: Amounts, deliver: Callable[[Any], None]) -> None:
    """Adds ``amounts`` to ``data``, context by context."""
    by_context: dict[str, dict[str, set[Unit]]] = {}
    for (context, file), units in amounts.items():
        if units:
            by_context.setdefault(context, {})[file] = units
    for context, measured in by_context.items():
        data.set_context(context)
        deliver(measured)


class Measure:
    """One running ``Coverage``, with its books kept."""

    def __init__(self, cov: Coverage, books: Attribution, alone: bool) -> None:
        self.cov = cov
        self.books = books
        self.branch = bool(cov.config.branch)
        self.start = os.getcwd()
        collector: Any = cov._collector
        self._collector = collector
        self._data: CoverageData = collector.covdata
        self._live: dict[str, set[Unit]] = collector.data
        self._taken: dict[str, set[Unit]] = {}
        """What was taken since coverage itself last asked for its data."""
        self._sink = Sink(books)
        self._in_or_out: Any = cov._inorout
        self._offspring = Offspring(cov, self._data, books, alone)
        self._monitors = collector.tracer_name() == "SysMonitor"
        self._over = False

    def begin(self) -> None:
        """What was measured so far is nobody's: it runs in every run."""
        self._collector._activity = self._asked
        self.take()
        self.books.take = self.take
        self._offspring.begin()
        os.register_at_fork(after_in_child=self._forked)

    def end(self) -> None:
        """Coverage goes on as if nobody had stood there."""
        if not self._over:
            self._over = True
            self.take()
            self._give_back()
            self.books.rest()
            self._offspring.end()
            del self._collector._activity

    def _forked(self) -> None:
        """A forked child writes what it runs itself, and what its parent was just running."""
        if not self._over:
            self.books.rest()
            self._taken.clear()

    def take(self) -> None:
        """Empties the collector into the books."""
        try:
            self._take()
        except Exception as error:
            self.books.distrust(error)

    def _take(self) -> None:
        ran = {file: set(units) for file, units in list(self._live.items()) if units}
        for file, units in ran.items():
            # Not ``clear``: another thread may have added a line meanwhile.
            self._live[file].difference_update(units)
            self._taken.setdefault(file, set()).update(units)
        if ran:
            self._book(ran)
        if self._monitors:  # which is told of each line once, until it asks again
            sys.monitoring.restart_events()  # type: ignore[attr-defined,unused-ignore]

    def _book(self, ran: dict[str, set[Unit]]) -> None:
        """Lets coverage put ``ran`` into its own form: line numbers may be packed, file names are mapped."""
        collector, self._sink.context = self._collector, getattr(self._data, "_current_context", "") or ""
        collector.covdata, collector.data, collector._activity = self._sink, ran, _always
        try:
            collector.flush_data()
        finally:
            collector.covdata, collector.data, collector._activity = self._data, self._live, self._asked

    def _asked(self) -> bool:
        """Coverage is about to take its data, and asks whether there are any."""
        self.take()
        self._give_back()
        return True

    def _give_back(self) -> None:
        for file, units in self._taken.items():
            self._live[file].update(units)
        self._taken = {}

    def packages(self) -> tuple[str, ...]:
        """The packages that are to be measured whole, if anybody imports them."""
        return tuple(self._in_or_out.source_pkgs)

    def bring_in(self, brought: Brought) -> None:
        """Adds to coverage's data what the hits ran, and says which files they could have run."""
        mapped, data = self._collector.cached_mapped_file, self._data
        amounts = {(context, mapped(path)): units for (context, path), units in brought.amounts.items()}
        deliver: Callable[[Any], None] = data.add_arcs if self.branch else data.add_lines
        context = getattr(data, "_current_context", None)
        deliver({})
        give(data, amounts, deliver)
        data.set_context(context)
        data.touch_files(sorted(file for (_, file), units in amounts.items() if not units))
        self._not_run(data, brought.packages)

    def _not_run(self, data: CoverageData, packages: Mapping[str, str]) -> None:
        """What coverage does itself for packages that this process has imported."""
        from coverage.files import canonical_filename

        unmatched: list[str] = self._in_or_out.source_pkgs_unmatched
        unmatched[:] = [name for name in unmatched if name not in packages]
        for name, file in packages.items():
            if name not in sys.modules:
                top = os.path.dirname(file) if os.path.basename(file) == "__init__.py" else file
                found = self._in_or_out._find_executable_files(canonical_filename(top))
                data.touch_files([self._collector.cached_mapped_file(path) for path, _ in found])

    def hush(self) -> None:
        """That nothing was measured here is no news where cached modules were left out."""
        self.cov._warn_no_data = self.cov._warn_unimported_source = False

    def doubt(self) -> str:
        """Why no lines of this run can be told apart; empty where they can."""
        if self._monitors and self.branch:
            return "the sysmon core's branches depend on what ran before"
        if self._collector.file_tracers:
            return f"a plugin of coverage measured {min(self._collector.file_tracers)}"
        return self.books.doubted

    def settings(self, contexts: str, root: str) -> Digest:
        """The name of all that decides what is measured."""
        import coverage

        config = self.cov.config
        hasher = Hasher("coverage")
        hasher.add("version", coverage.__version__, self._collector.tracer_name(), contexts)
        for name in SETTINGS:
            hasher.add(name, repr(getattr(config, name, None)).replace(root, "{root}"))
        return hasher.digest()


def _always() -> bool:
    return True
