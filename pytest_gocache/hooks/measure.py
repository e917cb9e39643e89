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

from pytest_gocache.core.attribution import Amounts, Attribution, Owner, Unit
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


class Tee:
    """Takes what the collector delivers; ``real`` gets it when coverage itself asks for it."""

    def __init__(self, real: CoverageData, books: Attribution) -> None:
        self.real = real
        self.boundary = False
        self._books = books
        self.context = ""
        self.waiting: Amounts = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)

    def set_context(self, context: str | None) -> str | None:
        old, self.context = self.context, context or ""
        self.real.set_context(context)
        return old

    def add_lines(self, measured: Mapping[str, Collection[Unit]]) -> None:
        self._add(measured, self.real.add_lines)

    def add_arcs(self, measured: Mapping[str, Collection[Unit]]) -> None:
        self._add(measured, self.real.add_arcs)

    def _add(self, measured: Mapping[str, Collection[Unit]], deliver: Callable[[Any], None]) -> None:
        self._books.note(self.context, measured)
        for file, units in measured.items():
            self.waiting.setdefault((self.context, file), set()).update(units)
        if not self.boundary:
            self._deliver(deliver)

    def _deliver(self, deliver: Callable[[Any], None]) -> None:
        """Many boundaries, one writing: each would cost a transaction."""
        waiting, self.waiting = self.waiting, {}
        deliver({})  # as coverage does where nothing ran: now it is known which kind of data this is
        give(self.real, waiting, deliver)
        self.real.set_context(self.context)


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

    def __init__(self, cov: Coverage, books: Attribution) -> None:
        self.cov = cov
        self.books = books
        self.branch = bool(cov.config.branch)
        self.start = os.getcwd()
        collector: Any = cov._collector
        self._collector = collector
        self._tee = Tee(collector.covdata, books)
        self._live: dict[str, set[Unit]] = collector.data
        self._in_or_out: Any = cov._inorout
        self._offspring = Offspring(cov, self._tee.real, books)
        self._monitors = collector.tracer_name() == "SysMonitor"

    def begin(self) -> None:
        """What was measured so far is nobody's: it runs in every run."""
        self._tee.context = self._collector.static_context or ""
        self._collector.covdata = self._tee
        self._collector._activity = _always
        self.take()
        self.books.take = self.take
        self._offspring.begin()
        os.register_at_fork(after_in_child=self._forked)

    def _forked(self) -> None:
        """A forked child writes what it runs itself, and what its parent was just running."""
        if self._collector.covdata is self._tee:
            self.books.take, self.books.turn = _nothing, _nobody
            self._tee.waiting.clear()

    def end(self) -> None:
        """Coverage goes on as if nobody had stood there."""
        if self._collector.covdata is self._tee:
            self.books.take = _nothing
            self._offspring.end()
            self._collector.flush_data()
            self._restart()
            self._collector.covdata = self._tee.real
            del self._collector._activity

    def take(self) -> None:
        """Empties the collector into the books."""
        ran = {file: set(units) for file, units in list(self._live.items()) if units}
        if ran:
            for file, units in ran.items():
                # Not ``clear``: another thread may have added a line meanwhile.
                self._live[file].difference_update(units)
            self._flush(ran)
        self._restart()

    def _restart(self) -> None:
        """The sysmon core is told of each line once, until it asks again."""
        if self._monitors:
            sys.monitoring.restart_events()  # type: ignore[attr-defined,unused-ignore]

    def _flush(self, ran: dict[str, set[Unit]]) -> None:
        """Lets coverage put ``ran`` into its own form: line numbers may be packed, file names are mapped."""
        collector = self._collector
        self._tee.boundary, collector.data = True, ran
        try:
            collector.flush_data()
        finally:
            self._tee.boundary, collector.data = False, self._live

    def doubt(self) -> str:
        """Why no lines of this run can be told apart; empty where they can."""
        if self._monitors and self.branch:
            return "the sysmon core's branches depend on what ran before"
        if self._collector.file_tracers:
            return f"a plugin of coverage measured {min(self._collector.file_tracers)}"
        return self.books.doubted

    def packages(self) -> tuple[str, ...]:
        """The packages that are to be measured whole, if anybody imports them."""
        return tuple(self._in_or_out.source_pkgs)

    def bring_in(self, brought: Brought) -> None:
        """Adds to coverage's data what the hits ran, and says which files they could have run."""
        mapped = self._collector.cached_mapped_file
        amounts = {(context, mapped(path)): units for (context, path), units in brought.amounts.items()}
        data = self._tee.real
        touched = {file for (_, file), units in amounts.items() if not units}
        deliver: Callable[[Any], None] = data.add_arcs if self.branch else data.add_lines
        deliver({})
        give(data, amounts, deliver)
        data.set_context(self._tee.context)
        data.touch_files(sorted(touched))
        self._not_run(data, brought.packages)

    def _not_run(self, data: CoverageData, packages: Mapping[str, str]) -> None:
        """What coverage does itself for packages that this process has imported."""
        from coverage.files import canonical_filename

        in_or_out = self._in_or_out
        for name, file in packages.items():
            if name in in_or_out.source_pkgs_unmatched:
                in_or_out.source_pkgs_unmatched.remove(name)
            if name not in sys.modules:
                top = os.path.dirname(file) if os.path.basename(file) == "__init__.py" else file
                found = in_or_out._find_executable_files(canonical_filename(top))
                data.touch_files([self._collector.cached_mapped_file(path) for path, _ in found])

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


def _nothing() -> None:
    """Nothing is measured any more."""


def _nobody(_owner: Owner) -> None:
    """Nobody asks."""
