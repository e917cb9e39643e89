"""Everything one run works with, put together from pytest's configuration."""

from __future__ import annotations

import fnmatch
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType

import pytest
from _pytest.assertion.rewrite import PYC_TAIL, _rewrite_test
from _pytest.main import _in_venv

from pytest_gocache.core import memory
from pytest_gocache.core.action import Actions, conftests_of
from pytest_gocache.core.bases import bases_of
from pytest_gocache.core.bytecode import bytecode_of, compile_plain, is_stale
from pytest_gocache.core.cache import Cache
from pytest_gocache.core.conditions import Conditions
from pytest_gocache.core.contested import Layout, clashing, contested
from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.files import Files
from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.lines import NO_LINES, Lines
from pytest_gocache.core.listings import any_of
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import Policy
from pytest_gocache.core.project import Project
from pytest_gocache.core.resolve import ListedTree
from pytest_gocache.core.run import Run
from pytest_gocache.core.sources import CONFTEST, Sources
from pytest_gocache.core.values import changed, frozen
from pytest_gocache.core.vouched import Vouched
from pytest_gocache.hooks.acting import acting_everywhere, late_ones
from pytest_gocache.hooks.arguments import Request
from pytest_gocache.hooks.asked import answers
from pytest_gocache.hooks.cache_dir import cache_of
from pytest_gocache.hooks.conftests import initial_conftests
from pytest_gocache.hooks.early import measured
from pytest_gocache.hooks.local import Accelerators
from pytest_gocache.hooks.settings import Settings
from pytest_gocache.stores.base import Store


@frozen
class Desk:
    """Everything one run works with."""

    config: pytest.Config
    settings: Settings
    request: Request
    project: Project
    run: Run
    store: Store
    local: Accelerators
    remembered: memory.Memory
    lines: Lines
    together: Mapping[str, str]
    """Test modules that run whatever is known of them, by path, with the reason: what they import depends on others."""
    vouched: Vouched
    conftests: tuple[str, ...]
    """All that this run may load, as far as it is known beforehand."""

    def close(self) -> None:
        """Keeps what makes the next run quicker, and lets go of the store."""
        files, sources = self.project.files, self.project.sources
        installed = self.project.distributions.remembered()
        fresh = memory.Memory(dict(files.believable()), dict(sources.used), installed)
        digests, facts = {**self.remembered.digests, **fresh.digests}, {**self.remembered.facts, **fresh.facts}
        merged = memory.Memory(digests, facts, installed)
        # A run that had no need to look at most modules is no measure of what is in use.
        grown = not self.vouched.modules and len(merged.digests) > 4 * len(fresh.digests) + 1000
        kept = fresh if grown else merged
        if kept != self.remembered:
            self.local.write_memory(memory.encode(kept))
        self.store.close()


def open_desk(
    config: pytest.Config,
    settings: Settings,
    request: Request,
    places: Places,
    conditions: Conditions,
    variables: Variables,
    policy: Policy,
    store: Store,
    local: Accelerators,
    vouched: Vouched,
) -> Desk:
    """Puts the pieces of this run together."""
    remembered = memory.decode(local.memory())
    files = Files(remembered.digests, trusting=settings.trust_stat)
    sources = Sources(files, remembered.facts)
    modules = [*candidates(config, request, files), *request.files()]
    conftests = tuple(dict.fromkeys(conftests_for(config, request, files)))
    everywhere = tuple(acting_everywhere(conftests, sources, files))
    late = tuple(late_ones(everywhere, initial_conftests(config), sources, files, places.name))
    conditions = changed(conditions, plugin_files=(*conditions.plugin_files, *everywhere), late=late)
    path = tuple(os.path.abspath(entry) for entry in sys.path)
    bases = bases_of(modules)
    graph = ImportGraph(roots(places, bases, files), places, sources, ListedTree(files.listing), path=path)
    installed = Distributions(places.site, remembered.installed, elsewhere=path)
    asked, there = answers(config), dict.fromkeys(modules)
    project = Project(places, files, sources, graph, installed, variables, policy, asked, there)
    actions = Actions(conditions, graph, project.distributions, files)
    cache = Cache(store, project.present, str(config.rootpath))
    lines = lines_of(config, cache, project)
    run = Run(project, cache, actions, top_directory(config), bool(settings.bypass), StaleBytecode(config), lines)
    named = {os.path.dirname(conftest): base for conftest, base in bases_of(conftests).items()}
    layout = Layout(bases, frozenset(path), named)
    together = {} if config.getoption("importmode") == "importlib" else run_together(layout, graph, places)
    return Desk(config, settings, request, project, run, store, local, remembered, lines, together, vouched, conftests)


def run_together(layout: Layout, graph: ImportGraph, places: Places) -> dict[str, str]:
    """Modules that depend on which others run, by path: there are two of one name, or of what they import."""
    same = dict.fromkeys(clashing(layout.bases), "another test module has the same module name")
    return contested(layout, graph, places) | same


def lines_of(config: pytest.Config, cache: Cache, project: Project) -> Lines:
    """What this run asks of a hit beyond its result."""
    if not measured():
        return NO_LINES
    from pytest_gocache.hooks.cov import covered  # needed by runs under coverage

    return covered(config, cache, project)


class StaleBytecode:
    """Whether older bytecode ran in place of a source: Python's own, or pytest's with rewritten assertions."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def __call__(self, path: str) -> bool:
        plain = bytecode_of(path)
        if not plain:
            return False
        rewritten = os.path.join(os.path.dirname(plain), os.path.basename(path)[:-3] + PYC_TAIL)
        return is_stale(path, plain, compile_plain) or is_stale(path, rewritten, self._rewritten)

    def _rewritten(self, path: str) -> CodeType:
        return _rewrite_test(Path(path), self._config)[1]


def top_directory(config: pytest.Config) -> str:
    """The highest directory whose conftest.py counts."""
    return str(getattr(config.pluginmanager, "_confcutdir", None) or config.rootpath)


def roots(places: Places, bases: Mapping[str, str], files: Files) -> tuple[str, ...]:
    """First-party directories that imports start from: ``sys.path``, and what pytest will put on it: the ``bases`` of
    the modules, by path, and those of the conftests beside them."""
    on_path = [os.path.abspath(entry) for entry in sys.path]
    found = [*on_path, *bases.values(), *bases_of(_conftests(bases, files)).values()]
    return tuple(entry for entry in dict.fromkeys(found) if os.path.isdir(entry) and places.is_first_party(entry))


def _conftests(modules: Iterable[str], files: Files) -> Iterator[str]:
    for directory in dict.fromkeys(os.path.dirname(path) for path in modules):
        if files.has(path := os.path.join(directory, CONFTEST)):
            yield path


def candidates(config: pytest.Config, request: Request, files: Files) -> Iterator[str]:
    """The files below the directories asked for that look like test modules. pytest has the last word on each."""
    is_module = any_of(config.getini("python_files"))
    for directory, name in _names(config, request, files):
        if name.endswith(".py") and is_module(name):
            yield os.path.join(directory, name)


def conftests_for(config: pytest.Config, request: Request, files: Files) -> Iterator[str]:
    """The conftests in the directories asked for, those above all that was asked for, and those that pytest has
    loaded."""
    names = _names(config, request, files)
    yield from (os.path.join(directory, name) for directory, name in names if name == CONFTEST)
    top = top_directory(config)
    for argument in request.arguments:
        above = conftests_of(argument.path, top, files.has)
        yield from (path for path in above if os.path.basename(path) == CONFTEST)
    yield from sorted(initial_conftests(config))


def other_names(config: pytest.Config, request: Request, files: Files) -> Iterator[str]:
    """The names of all files there that are no Python."""
    return (name for _, name in _names(config, request, files) if not name.endswith((".py", "/")))


def _names(config: pytest.Config, request: Request, files: Files) -> Iterator[tuple[str, str]]:
    skipped = config.getini("norecursedirs")
    leaves_out = (lambda _: False) if config.getoption("collect_in_virtualenv", False) else _in_venv
    for top in request.directories():
        for directory in _walk(top, skipped, leaves_out, files):
            for name in files.listing(directory) or ():
                yield directory, name


def _walk(top: str, skipped: list[str], leaves_out: Callable[[Path], bool], files: Files) -> Iterator[str]:
    """What pytest goes through at most. It never leaves out what it was asked for."""
    waiting = [top]
    while waiting:
        directory = waiting.pop()
        names = files.listing(directory) or ()
        if "pyvenv.cfg" in names and directory != top and leaves_out(Path(directory)):
            continue
        yield directory
        below = (name[:-1] for name in names if name.endswith("/"))
        waiting += [os.path.join(directory, n) for n in below if not any(fnmatch.fnmatch(n, p) for p in skipped)]


def outputs_of(config: pytest.Config, directory: str, began: int) -> Outputs:
    """What this run writes for itself."""
    factory = getattr(config, "_tmp_path_factory", None)
    basetemp = getattr(factory, "_basetemp", None)
    own = [directory, *([str(basetemp)] if basetemp else [])]
    for account in (config.getoption("gocache_json", None), config.getoption("gocache_report", None)):
        if account:
            own.append(os.path.normpath(os.path.join(config.invocation_params.dir, account)))
    shared = (tempfile.gettempdir(), os.path.realpath(tempfile.gettempdir()))
    return Outputs(tuple(own), shared, str(config.rootpath), began, cache=cache_of(config))
