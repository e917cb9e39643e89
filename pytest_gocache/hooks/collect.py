"""Asks for a verdict on each module that pytest is about to collect, and drops the hits.

The question is asked at ``pytest_collect_file``, when pytest and every plugin have said what they
would make of a file: so python_files, norecursedirs, ignores and conftest rules are obeyed without
being written again here. Making the collector does not import the module.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Protocol

import pytest

from pytest_gocache.core.model import Hit, Miss, Reason, Selection, Verdict
from pytest_gocache.hooks.arguments import Request
from pytest_gocache.hooks.replay import Order, replay_of


class Decide(Protocol):
    """Gives the verdict on the module at ``path``; remembers it."""

    def __call__(self, path: str, selection: Selection) -> Verdict: ...


class Collector:
    """Drops what is cached from the collection. ``inert`` says why nothing is looked up in this run."""

    def __init__(
        self,
        config: pytest.Config,
        request: Request,
        decide: Decide,
        refuse: Callable[[str, Miss], None],
        order: Order,
    ) -> None:
        self.ran: dict[str, tuple[str, Selection]] = {}
        """By node id of each module that runs: its path and the selection."""
        self._named: set[str] = set()
        """Hits that were named directly: pytest comes by them again on its way to others."""
        self._config = config
        self._request = request
        self._decide = decide
        self._refuse = refuse
        self._order = order

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, Any, Any]:
        given = self._config.args
        self._config.args = self._narrowed(session, list(given))
        try:
            return (yield)
        finally:
            self._config.args = given

    def _narrowed(self, session: pytest.Session, given: list[str]) -> list[str]:
        """The arguments without the files that are hits: a file named directly must not vanish from under pytest."""
        hits = self._named
        for path in self._request.files():
            nodeid = nodeid_of(session.config, path)
            selection = self._request.selection(path, nodeid)
            if (
                path.endswith(".py")
                and selection is not None
                and isinstance(self._verdict(path, nodeid, selection), Hit)
            ):
                hits.add(path)
        kept = zip(given, self._request.arguments, strict=True)
        return [text for text, argument in kept if argument.path not in hits]

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collect_file(self, file_path: Any, parent: pytest.Collector) -> Generator[None, Any, Any]:
        collectors = yield
        path = str(file_path)
        if not collectors or not self._request.reaches(path):
            return collectors
        if path in self._named:
            return []
        nodeid = str(collectors[0].nodeid)
        if nodeid in self.ran:
            return collectors
        if len(collectors) != 1 or not isinstance(collectors[0], pytest.Module) or not path.endswith(".py"):
            self._runs(path, nodeid, Selection(), Miss(Reason.NOT_A_TEST_MODULE, type(collectors[0]).__name__))
            return collectors
        selection = self._request.selection(path, nodeid)
        if selection is None:
            self._runs(path, nodeid, Selection(), Miss(Reason.SELECTION_CHANGED, "asked for in more than one way"))
            return collectors
        return [] if isinstance(self._verdict(path, nodeid, selection), Hit) else collectors

    def _verdict(self, path: str, nodeid: str, selection: Selection) -> Verdict:
        verdict = self._decide(path, selection)
        if isinstance(verdict, Hit):
            self._order.cached(replay_of(path, nodeid, verdict))
        else:
            self._order.runs(nodeid)
            self.ran[nodeid] = (path, selection)
        return verdict

    def _runs(self, path: str, nodeid: str, selection: Selection, why: Miss) -> None:
        self._order.runs(nodeid)
        self.ran[nodeid] = (path, selection)
        self._refuse(path, why)


def nodeid_of(config: pytest.Config, path: str) -> str:
    """The node id pytest gives the module at ``path``."""
    from _pytest.pathlib import bestrelpath

    root = config.rootpath
    candidate = type(root)(path)
    try:
        return candidate.relative_to(root).as_posix()
    except ValueError:
        return bestrelpath(root, candidate).replace("\\", "/")
