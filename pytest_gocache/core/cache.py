"""Lookup and save: the two levels, in one place.

A lookup goes like this. The action ID, made from all that is known beforehand, finds the traces of
earlier passing runs, newest first. Each trace lists what that run read, with digests; it is held
against the present. The first one that matches names the result, which is replayed.

Traces are many per action because a run may take another path for another value of something it
reads (ccache's direct mode keeps manifests for the same reason); Go keeps one and misses.

Saving writes the result first and the trace last: whoever finds a trace finds its result. Two
processes that save the same action at once may lose one trace; that costs a run, nothing else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias, TypeVar

from pytest_gocache.core import codec, explain
from pytest_gocache.core.action import Action
from pytest_gocache.core.hashing import Digest, Hasher, digest_bytes
from pytest_gocache.core.lines import NO_LINES, Lines
from pytest_gocache.core.model import (
    Gist,
    Hit,
    Input,
    Inputs,
    LinesID,
    Manifest,
    Miss,
    ModuleName,
    ModuleResult,
    Op,
    Reason,
    ResultID,
    SavedTest,
    Selection,
    SourceTable,
    Stored,
    Timing,
    Titles,
    Trace,
)
from pytest_gocache.core.policy import as_miss
from pytest_gocache.core.values import changed
from pytest_gocache.stores.base import Store

T = TypeVar("T")
Fits: TypeAlias = "Callable[[Sequence[Input]], bool]"
"""Whether a trace with these inputs will do."""
TRACES_KEPT = 16
RUNS_KEPT = 3
"""Of so many conditions (other options, another interpreter) the last run of a module is remembered."""
COVERAGE = (Reason.NO_COVERAGE, Reason.COVERAGE_SETTINGS, Reason.COVERAGE_INEXACT)
"""What may be in the way of a pass under coverage."""


def any_fits(_inputs: Sequence[Input]) -> bool:
    """Each one will do."""
    return True


class Cache:
    """Answers for actions from a store. ``present`` gives the digest of an input as it is now."""

    def __init__(self, store: Store, present: Callable[[Input], Digest], project: str) -> None:
        self._store = store
        self._present = present
        self._project = project
        self._pending: dict[str, bytes] = {}
        self._here: set[str] = set()
        """Names of pending entries that are of use on this machine only."""

    def flush(self) -> bool:
        """Writes what was saved since the last flush, in order and in one go; False if some of it did not get in."""
        pending, self._pending = self._pending, {}
        here, self._here = self._here, set()
        if self._store.put_many(pending.items(), here):
            return True
        # One entry that is too large must not take the others with it.
        stored = [self._store.put_many([each], here) for each in pending.items()]
        return all(stored)

    def put(self, name: str, payload: bytes) -> None:
        """Keeps an entry for ``flush``."""
        self._pending[name] = payload

    def _keep_here(self, name: str, payload: bytes) -> None:
        self._pending[name] = payload
        self._here.add(name)

    def _read_here(self, name: str) -> bytes | None:
        return self._pending.get(name) or self._store.get(name, here=True)

    def read(self, name: str) -> bytes | None:
        """What is kept under ``name``, or will be."""
        return self._pending.get(name) or self._store.get(name)

    def prefetch(self, actions: Iterable[Action], results: bool) -> None:
        """Has a store with a server behind it ask for the traces of these actions, all at once, and for ``results``."""
        ask = getattr(self._store, "prefetch", None)
        if ask is None:
            return
        names = [entry("traces", action.id) for action in actions]
        ask(names, results)
        if results:
            wanted = (trace for name in names for trace in self._likely(traces_in(self._store.get(name))))
            ask([entry("result", trace.result) for trace in wanted])

    def _likely(self, traces: Sequence[Trace]) -> Iterable[Trace]:
        """Those whose results may be shown. A single one is not worth a look."""
        return traces if len(traces) < 2 else (trace for trace in traces if self.mismatch(trace) is None)

    def lookup(self, name: ModuleName, action: Action, lines: Lines = NO_LINES, fits: Fits = any_fits) -> Hit | Miss:
        """The verdict on running this action now. ``fits`` is asked of a trace that matches the present."""
        payload = self.read(entry("traces", action.id))
        if payload is None:
            return Miss(Reason.NO_RECORD)
        traces = codec.decode_traces(payload)
        if traces is None:
            return Miss(Reason.DAMAGED_RECORD, name)
        misses: list[tuple[int, Miss]] = []
        for trace in traces:
            mismatch = self.mismatch(trace)
            if mismatch is None and not fits([wanted for wanted, _ in trace.inputs]):
                continue
            ran = as_miss(mismatch) if mismatch else lines.of(action, trace.inputs)
            if not isinstance(ran, Miss):
                return self._replayable(action, trace, ran)
            misses.append((self._distance(trace) if mismatch and len(traces) > 1 else 0, ran))
        return min(misses, key=_telling)[1] if misses else Miss(Reason.NO_RECORD)

    def _distance(self, trace: Trace) -> int:
        """How many inputs are not as they were."""
        return sum(self._present(name) != digest for name, digest in trace.inputs)

    def mismatch(self, trace: Trace) -> Input | None:
        """The first input that is not as it was; None if the trace matches the present."""
        return next((name for name, digest in trace.inputs if self._present(name) != digest), None)

    def _replayable(self, action: Action, trace: Trace, ran: tuple[LinesID, ...]) -> Hit | Miss:
        names = entry("traces", action.id), entry("result", trace.result)
        gist = load_gist(self._store, trace.result)
        if gist is None:
            return Miss(Reason.DAMAGED_RECORD, "its result is missing")
        inputs = tuple(name for name, _ in trace.inputs)
        load = functools.partial(load_result, self._store, trace.result)
        titles = functools.cache(functools.partial(load_titles, self._store, trace.result))
        stored = Stored(trace.result, load, titles, functools.partial(load_timings, self._store, trace.result))
        return Hit(gist, stored, inputs, ran, came_from_server(self._store, *names))

    def save(self, action: Action, inputs: Inputs, result: ModuleResult) -> ResultID:
        """Keeps a pass for ``flush``. Raises TypeError or ValueError for what is no plain data."""
        payload = codec.encode_result(result)
        result_id = ResultID(digest_bytes(payload))
        self._pending[entry("result", result_id)] = payload
        name = entry("traces", action.id)
        older = traces_in(self.read(name))
        kept = [trace for trace in older if lasting(trace.inputs) != lasting(inputs)][: TRACES_KEPT - 1]
        self._pending[name] = codec.encode_traces((Trace(inputs, result_id), *kept))
        together = getattr(self._store, "together", None)
        if together is not None:
            together(name, entry("result", result_id))
        return result_id

    def evict(self, action: Action) -> bool:
        """Forgets the passes of this action that match the present. True if there were any."""
        name = entry("traces", action.id)
        traces = traces_in(self.read(name))
        kept = tuple(trace for trace in traces if self.mismatch(trace) is not None)
        if len(kept) == len(traces):
            return False
        if kept:
            self._pending[name] = codec.encode_traces(kept)
        else:
            self._pending.pop(name, None)
            self._store.delete(name)
        return True

    def passes(self, action: Action) -> int | None:
        """How often in a row this flaky action has passed; None if it is not known to be flaky."""
        payload = self._read_here(entry("flaky", action.id))
        return None if payload is None else codec.decode_passes(payload)

    def count_passes(self, action: Action, passes: int | None) -> None:
        """Keeps that number for ``flush``; None: the action is trusted again."""
        name = entry("flaky", action.id)
        if passes is None:
            self._pending.pop(name, None)
            self._store.delete(name)
        else:
            self._keep_here(name, codec.encode_passes(passes))

    def remember(self, name: ModuleName, manifest: Manifest) -> None:
        """Keeps what the next miss of this module will be compared with, and the last runs under other conditions."""
        older = [each for each in self._runs(name) if each.conditions != manifest.conditions]
        kept = codec.encode_manifests((manifest, *older[: RUNS_KEPT - 1]))
        self._keep_here(latest(self._project, name), kept)

    def remember_listing(self, digest: Digest, names: Iterable[str]) -> None:
        """Keeps the names in a directory under the digest that a trace has of them."""
        self._keep_here(entry("listing", digest), codec.encode_names(names))

    def listing(self, digest: Digest) -> tuple[str, ...] | None:
        """What ``remember_listing`` kept."""
        payload = self._read_here(entry("listing", digest))
        return None if payload is None else codec.decode_names(payload)

    def remember_sources(self, table: SourceTable) -> Digest:
        """Keeps the sources of a run, and gives their name."""
        payload = codec.encode_sources(table)
        name = digest_bytes(payload)
        self._keep_here(entry("sources", name), payload)
        return name

    def why(self, name: ModuleName, action: Action, sources: Callable[[], Mapping[str, str]], miss: Miss) -> Miss:
        """``miss`` told by what changed since the nearest run of the module that is known.

        ``sources`` gives the digests of the closure, as ``SourceTable.of``.
        """
        if miss.reason is not Reason.NO_RECORD:
            return miss
        before = self.nearest_run(name, action)
        if before is None:
            return miss
        if before.action == action.id:
            return Miss(Reason(before.refused), before.detail) if before.refused in list(Reason) else miss
        old = self.table(before).of(before)
        return (
            explain.changed_line(before, action.lines)
            or (explain.changed_source(old, sources(), action.closure.positions) if old else None)
            or Miss(Reason.INPUT_CHANGED, "import: a name leads elsewhere")
        )

    def table(self, before: Manifest) -> SourceTable:
        """The sources of that run; without any where they are gone."""
        kept = self._read_here(entry("sources", before.sources))
        return (codec.decode_sources(kept) if kept else None) or SourceTable(())

    def last_run(self, name: ModuleName) -> Manifest | None:
        """What the last run of a module knew; None where nothing is known of one."""
        return next(iter(self._runs(name)), None)

    def nearest_run(self, name: ModuleName, action: Action) -> Manifest | None:
        """The run that differed least from this action, of several the last."""
        return min(self._runs(name), key=action.distance, default=None)

    def _runs(self, name: ModuleName) -> tuple[Manifest, ...]:
        """Newest first."""
        payload = self._read_here(latest(self._project, name))
        return codec.decode_manifests(payload) if payload else ()

    def last_seconds(self, name: ModuleName) -> float | None:
        """How long the module took in the last run that is known of it, if it passed; in seconds."""
        before = self.last_run(name)
        traces = traces_in(self.read(entry("traces", before.action))) if before else ()
        gist = load_gist(self._store, traces[0].result) if traces else None
        return gist.seconds if gist else None


def traces_in(payload: bytes | None) -> tuple[Trace, ...]:
    """The traces of an entry; none where there is no entry, or none that can be read."""
    return (codec.decode_traces(payload) if payload else None) or ()


def load_result(store: Store, result: ResultID) -> ModuleResult | None:
    """The stored result; None if it is missing or damaged."""
    return _decoded(store, result, codec.decode_result)


def load_gist(store: Store, result: ResultID) -> Gist | None:
    """Its gist; None if it is missing or damaged."""
    return _decoded(store, result, codec.decode_gist)


def load_titles(store: Store, result: ResultID) -> Titles:
    """Its titles; none if it has none, or is missing or damaged."""
    return _decoded(store, result, codec.decode_titles) or ()


def load_timings(store: Store, result: ResultID) -> tuple[Timing, ...]:
    """Its timings; none if it has none, or is missing or damaged."""
    return _decoded(store, result, codec.decode_timings) or ()


def _decoded(store: Store, result: ResultID, decode: Callable[[bytes], T | None]) -> T | None:
    payload = store.get(entry("result", result))
    return None if payload is None else decode(payload)


def came_from_server(store: Store, *names: str) -> bool:
    """Whether a server behind the store gave any of these entries in this run."""
    return not getattr(store, "fetched", frozenset[str]()).isdisjoint(names)


def subset(result: ModuleResult, selection: Selection, chooses: Callable[[SavedTest], bool]) -> ModuleResult | None:
    """The part of a whole module's result that ``selection`` asks for.

    None where it asks for a test that the module does not have: pytest itself should say so.
    """
    named = [test for test in result.tests if _named(test.name, selection.node_ids)]
    asked = all(any(names(wanted, test.name) for test in result.tests) for wanted in selection.node_ids)
    if not asked:
        return None
    kept = tuple(test for test in named if chooses(test) and not _deselected(test.name, selection.deselect))
    left = {test.name for test in kept}
    gone = tuple(test.name for test in named if test.name not in left)
    already = tuple(name for name in result.deselected if _named(name, selection.node_ids))
    warned = tuple(w for w in result.warnings if not w.name or w.name in left)
    return changed(result, tests=kept, deselected=gone + already, warnings=warned)


def lasting(inputs: Inputs) -> Inputs:
    """All but the end of its validity, which is another each time."""
    return tuple(pair for pair in inputs if pair[0].op is not Op.UNTIL)


def _named(name: str, node_ids: tuple[str, ...]) -> bool:
    return not node_ids or any(names(wanted, name) for wanted in node_ids)


def names(wanted: str, name: str) -> bool:
    """Whether the node-id part ``wanted`` means the test ``name``, as pytest understands it."""
    if name == wanted or name.startswith(wanted + "::"):
        return True
    return "[" not in wanted and name.startswith(wanted + "[")


def _deselected(name: str, prefixes: tuple[str, ...]) -> bool:
    return bool(prefixes) and name.startswith(prefixes)


def latest(project: str, module: ModuleName) -> str:
    """The name of the entry with what the last run of a module knew. ``project`` is its rootdir."""
    return entry("latest", project, module)


def entry(kind: str, *words: str) -> str:
    """The name of an entry in the store: 64 hex digits."""
    hasher = Hasher(kind)
    hasher.add("name", *words)
    return hasher.digest()


def _telling(miss: tuple[int, Miss]) -> tuple[int, int]:
    """Sorts what says most to the front. Where all inputs are as they were, coverage alone is in the way: that is
    said, and the most of it. Else it is the pass from which the least has changed: the first edit of today, not of
    all that have been taken back since another."""
    distance, why = miss
    return -COVERAGE.index(why.reason) if why.reason in COVERAGE else 1, distance
