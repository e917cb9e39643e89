"""Asks for a verdict on each module that pytest is about to collect, and drops the hits.

The question is asked at ``pytest_collect_file``, when pytest and every plugin have said what they
would make of a file: so python_files, norecursedirs, ignores and conftest rules are obeyed without
being written again here. Making the collector does not import the module.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Generator, Mapping, Sequence
from typing import Any, Protocol

import pytest
from _pytest.doctest import DoctestModule

from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Hit, Miss, Reason, Selection, Verdict
from pytest_gocache.core.pause import paused
from pytest_gocache.core.values import field, frozen
from pytest_gocache.hooks.arguments import Request
from pytest_gocache.hooks.conftests import plugins_choose
from pytest_gocache.hooks.order import Order, replay_of
from pytest_gocache.hooks.path import SearchPath


@frozen
class Asked:
    """A module that runs: the module's part of its node ids, and which of its tests were asked for."""

    nodeid: str
    selection: Selection


class Decide(Protocol):
    """Gives the verdict on the module at ``path``."""

    def __call__(self, path: str, selection: Selection) -> Verdict: ...


class Books(Protocol):
    """Where verdicts that were acted on are entered (``core/run.py``)."""

    def note(self, path: str, verdict: Verdict) -> None: ...

    def refuse(self, path: str, why: Miss) -> None: ...


@frozen
class Unchanged:
    """What a snapshot vouches for: all that chooses among files is as it was, so pytest need not come by it."""

    nodeids: Mapping[str, str] = field(default_factory=dict)
    """Of the modules, by path."""
    directories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Those where nothing else is to be found, with the modules in them in pytest's order."""


DROPPED = object()
"""Stands for the node of a hit until pytest's answers are at hand."""


class Collector:
    """Drops what is cached from the collection."""

    def __init__(
        self,
        config: pytest.Config,
        request: Request,
        decide: Decide,
        books: Books,
        order: Order,
        unchanged: Unchanged,
        search_path: SearchPath,
    ) -> None:
        self.ran: dict[str, Asked] = {}
        """The modules that run, by path. (Node ids of modules outside rootdir need not be unique.)"""
        self._hits: set[str] = set()
        """pytest may come by a file more than once, on its way to others."""
        self._config = config
        self._request = request
        self._decide = decide
        self._books = books
        self._order = order
        self._unchanged = unchanged
        self._search_path = search_path
        self._came: dict[str, int] = {}
        """When pytest came to each directory and file: those that lie in one place in the order it runs them."""
        self._ways: dict[str, tuple[int, ...]] = {}
        """The way down to a directory, as far as pytest came to it."""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, Any, Any]:
        if plugins_choose(self._config):
            self._unchanged = Unchanged()  # they are asked about each file, and may count them
        given = self._config.args
        self._config.args = self._narrowed(session, list(given))
        try:
            result = yield
        finally:
            self._config.args = given
            self._order.sort(self._position)
        self._search_path.end()
        return result

    def _position(self, path: str) -> tuple[int, ...]:
        """Where a module stands in the run. All files of a directory are looked at before its sub-directories are."""
        directory = os.path.dirname(path)
        if directory not in self._ways:
            way = [self._came[at] for at in upward(directory) if at in self._came]
            self._ways[directory] = tuple(reversed(way))
        own = (self._came[path],) if path in self._came else ()
        return (self._request.argument_of(path), *self._ways[directory], *own)

    def _come_to(self, directory: str) -> None:
        if directory not in self._came:
            self._came[directory] = len(self._came)
            self._ways.clear()

    def _narrowed(self, session: pytest.Session, given: list[str]) -> list[str]:
        """The arguments without the files that are hits: a file named directly must not vanish from under pytest."""
        for path in self._request.files():
            nodeid = nodeid_of(session.config, path)
            selection = self._request.selection(path, nodeid)
            if nodeid and path.endswith(".py") and selection is not None:
                self._verdict(path, nodeid, selection)
        kept = zip(given, self._request.arguments, strict=True)
        return [text for text, argument in kept if argument.path not in self._hits]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        path = str(collector.path)
        # Before the conftest of a directory is loaded, too; but what leads to a named file has no place in the run.
        if isinstance(collector, pytest.File) or (
            isinstance(collector, pytest.Directory) and self._request.reaches(path)
        ):
            # Registered after ``Watcher``, and so called before it: what others put there is not this module's.
            self._search_path.come_to(self._position(path))
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path: Any) -> None:
        self._come_to(str(path))

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Any) -> bool | None:
        path = str(collection_path)
        if path in self._unchanged.directories:
            inside = self._unchanged.directories[path]
            if path not in self._came and self._enters(inside):
                self._come_to(path)
            return True if self._hits.issuperset(inside) else None
        if path not in self._unchanged.nodeids or not self._request.reaches(path) or path in self._files:
            return None
        if path not in self._hits and path not in self.ran:
            self._enters([path])
        return True if path in self._hits else None

    def _enters(self, paths: Sequence[str]) -> bool:
        """Whether these unchanged modules are hits, all of them; then they are entered."""
        with paused():
            hits = [(path, selection) for path in paths if (selection := self._hit(path)) is not None]
            if len(hits) < len(paths):
                return False
            for path, selection in hits:
                self._came.setdefault(path, len(self._came))
                self._verdict(path, self._unchanged.nodeids[path], selection)
            return True

    def _hit(self, path: str) -> Selection | None:
        """What was asked for of an unchanged module; None if it is no hit."""
        selection = self._request.selection(path, self._unchanged.nodeids[path])
        return None if selection is None or isinstance(self._decide(path, selection), Miss) else selection

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Any) -> Any:
        """Drops a hit before pytest makes a node of it, where nobody but pytest makes anything of files."""
        path = str(module_path)
        if not self._alone or path in self._hits or path in self.ran or not self._request.reaches(path):
            return None
        nodeid = nodeid_of(self._config, path)
        selection = self._request.selection(path, nodeid)
        if not nodeid or not path.endswith(".py") or selection is None or path in self._files:
            return None
        self._came.setdefault(path, len(self._came))
        return None if isinstance(self._verdict(path, nodeid, selection), Miss) else DROPPED

    @functools.cached_property
    def _alone(self) -> bool:
        return not self._config.getoption("doctestmodules", False) and not plugins_choose(self._config)

    def pytest_plugin_registered(self) -> None:
        vars(self).pop("_alone", None)  # the conftest of a directory, for one

    @functools.cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(self._request.files())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collect_file(self, file_path: Any, parent: pytest.Collector) -> Generator[None, Any, Any]:
        collectors = yield
        path = str(file_path)
        self._came.setdefault(path, len(self._came))
        if not collectors or not self._request.reaches(path):
            return collectors
        if path in self._hits:
            return []
        if path in self.ran:
            return collectors
        nodeid = str(collectors[0].nodeid)
        if not path.endswith(".py") or not _are_one_module(collectors):
            self._runs(path, nodeid, Selection(), Miss(Reason.NOT_A_TEST_MODULE, _collected_as(collectors)))
            return collectors
        selection = self._request.selection(path, nodeid)
        if selection is None or path in self._files:
            # A file that is named, and was not judged before the collection, must not vanish in it.
            self._runs(path, nodeid, Selection(), Miss(Reason.INERT, "asked for in more than one way"))
            return collectors
        return collectors if isinstance(self._verdict(path, nodeid, selection), Miss) else []

    def _verdict(self, path: str, nodeid: str, selection: Selection) -> Verdict:
        with paused():
            verdict = self._decide(path, selection)
        self._books.note(path, verdict)
        if isinstance(verdict, Miss):
            self._order.runs(path, nodeid)
            self.ran[path] = Asked(nodeid, selection)
        else:
            self._hits.add(path)
            self._search_path.left_out(path, self._position(path), verdict.inputs if isinstance(verdict, Hit) else ())
            self._order.cached(replay_of(path, nodeid, verdict))
        return verdict

    def _runs(self, path: str, nodeid: str, selection: Selection, why: Miss) -> None:
        self._order.runs(path, nodeid)
        self.ran[path] = Asked(nodeid, selection)
        self._books.refuse(path, why)


def nodeid_of(config: pytest.Config, path: str) -> str:
    """The node id pytest gives the module at ``path``; empty outside rootdir, where only pytest knows."""
    root = os.path.join(config.rootpath, "")
    if path.startswith(root):  # there are thousands, and ``relative_to`` takes its time
        return path[len(root) :].replace(os.sep, "/")
    try:
        return type(config.rootpath)(path).relative_to(config.rootpath).as_posix()
    except ValueError:
        return ""


def _collected_as(collectors: Sequence[pytest.Collector]) -> str:
    """What pytest or a plugin makes of a file, in the words of a reason."""
    names = [type(each).__name__ for each in collectors]
    others = [type(each).__name__ for each in collectors if not isinstance(each, pytest.Module)]
    return f"collected as {others[0]}, too" if others and len(others) < len(names) else names[0]


def _are_one_module(collectors: Sequence[pytest.Collector]) -> bool:
    """Whether all of them collect one module in Python's way: its tests, or its doctests, or both."""
    kinds = [type(each) for each in collectors]
    return kinds in ([DoctestModule, pytest.Module], [pytest.Module, DoctestModule]) or (
        len(kinds) == 1 and issubclass(kinds[0], pytest.Module)
    )
