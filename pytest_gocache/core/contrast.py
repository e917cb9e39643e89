"""What differs between the nearest stored record of a module and the present: all of it, for who asks.

A lookup stops at the first difference. Here nothing is stopped at, and nothing is decided: the disk is looked at
apart from the run's own looks, so that a run that is asked ends as one that is not.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pytest_gocache.core import explain
from pytest_gocache.core.action import Action, Candidate
from pytest_gocache.core.cache import Cache, entry, traces_in
from pytest_gocache.core.files import Files
from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.model import ActionID, Input, Inputs, Manifest, Op, SourceTable, Trace
from pytest_gocache.core.ops import AMONG_MODULES, LISTINGS, UNSEEN
from pytest_gocache.core.plural import counted
from pytest_gocache.core.project import Project
from pytest_gocache.core.spans import when
from pytest_gocache.core.values import changed, frozen

SHOWN = 20
"""So many differences of one kind are told, and so many names of a listing."""
NOT_OF_THE_PRESENT = frozenset({*AMONG_MODULES, *UNSEEN, Op.UNTIL})
CODE = (Op.IMPORT, Op.EXEC)
OTHER_CONTENT = "another content"


@frozen
class Told:
    """One thing that differs; ``way`` are the files by which a module comes to import it."""

    text: str
    way: tuple[str, ...] = ()


def of_key(before: Sequence[str], now: Sequence[str]) -> Iterator[Told]:
    """Every line of two transcripts that only one of them has. Of variables no more than the name is known."""
    old, new = frozenset(before), frozenset(now)
    for part, _ in explain.PARTS:
        came = _by_name(part, (line for line in now if line not in old))
        went = _by_name(part, (line for line in before if line not in new))
        for name in [*came, *(each for each in went if each not in came)]:
            yield Told(f"{_label(part)} {_changed(part, name, went.get(name), came.get(name))}")
    if any(line not in old and line.split(" ", 1)[0] in explain.SELECTIONS for line in now):
        yield Told("selection: other tests were asked for")


def _by_name(part: str, lines: Iterator[str]) -> dict[str, str]:
    """The rest of each line of that part, by the name in it: flags and ini lines are a name as they stand."""
    texts = (line.partition(" ")[2] for line in lines if line.split(" ", 1)[0] == part)
    if part in ("flag", "ini"):
        return {str(ast.literal_eval(text)) if text[:1] in "'\"" else text: "" for text in texts}
    return dict((*text.partition(" ")[::2],) for text in texts)


def _label(part: str) -> str:
    return {"directory": "current directory", "hidden": "Python's own, hidden:"}.get(part, part)


def _changed(part: str, name: str, old: str | None, new: str | None) -> str:
    if part in ("distribution", "plugin"):
        was, now = ((each or "").partition(" ")[0] for each in (old, new))
        if old is None or new is None:
            return f"{name} {now or was} ({explain.GONE if new is None else explain.NEW})"
        return f"{name} {was} -> {now}" if was != now else f"{name} {now}: other files than before"
    if part == "interpreter" and old and new:
        return f"{name}: {old} -> {new}"
    if part in ("variable", "module"):
        return f"{name}: {_how(old, new)}"
    return f"{name} ({explain.GONE if new is None else explain.NEW})"


def _how(old: str | None, new: str | None) -> str:
    if old in (None, ABSENT):
        return explain.NEW
    return explain.GONE if new in (None, ABSENT) else explain.CHANGED


@frozen
class Contrast:
    """Compares for one run."""

    project: Project
    cache: Cache

    def lines(self, candidate: Candidate, actions: Sequence[Action]) -> Iterator[str]:
        """What is to be told of a module that could be answered by any of ``actions``, with the nearest of these."""
        near = [(run, each) for each in actions if (run := self.cache.nearest_run(candidate.name, each))]
        before, action = min(near, key=lambda pair: pair[1].distance(pair[0]), default=(None, actions[0]))
        passes = [trace for each in actions for trace in self._traces(each.id)]
        apart = Apart(self.project, self.cache, candidate, before)
        if passes:
            yield from told(_same_key(len(passes)), apart.nearest(passes))
        elif before is not None:
            passes = self._traces(before.action)
            newest = before == self.cache.last_run(candidate.name)
            yield from told(_run(before, newest), [*apart.of_record(before, action), *apart.nearest(passes)])
        else:
            yield "nothing is recorded of it"

    def _traces(self, action: ActionID) -> list[Trace]:
        return list(traces_in(self.cache.read(entry("traces", action))))


def told(headline: str, found: Sequence[Told]) -> Iterator[str]:
    """With what it was compared, and what differs."""
    yield f"{headline}:" if found else f"{headline}: nothing differs"
    for each in found:
        yield f"  {each.text}"
        if each.way:
            yield f"    {' -> '.join(each.way)}"


def _same_key(passes: int) -> str:
    nearest = "its pass" if passes == 1 else f"the nearest of its {passes} passes"
    return f"compared with {nearest} with the same code, options and versions"


def _run(before: Manifest, newest: bool) -> str:
    which = f"its last run, {when(before.ended)}" if newest else f"its run of {when(before.ended)}, the nearest"
    return f"compared with {which}, {before.became}"


class Apart:
    """Compares one module, with looks of its own. ``before`` is its last run, where one is known."""

    def __init__(self, project: Project, cache: Cache, candidate: Candidate, before: Manifest | None) -> None:
        self._project = changed(project, files=Files({}), _digests={})
        self._cache = cache
        self._candidate = candidate
        self._table = cache.table(before) if before else SourceTable(())
        self._told: set[str] = set()
        """Names of the sources that were told."""

    def of_record(self, before: Manifest, action: Action) -> Iterator[Told]:
        """What the module's key is made of that was otherwise in that run."""
        yield from of_key(before.lines, action.lines)
        if old := self._table.of(before):
            now = self._project.source_digests(action.closure.files)
            yield from self.changed_files(old, now, action.closure.positions)

    def changed_files(self, before: Mapping[str, str], now: Mapping[str, str], exactly: bool) -> Iterator[Told]:
        """The sources that are not as they were, with the way to each; the module itself is told by its key."""
        found = list(explain.changed_sources(before, now, exactly))
        self._told.update(name for name, _ in found)
        starts = (self._candidate.path, *self._candidate.conftests)
        yield from self._sources([each for each in found if each[0] != self._candidate.name], starts)

    def nearest(self, passes: Iterable[Trace]) -> list[Told]:
        """The inputs that are not as they were, of the pass of which fewest are."""
        return min((list(_few(self._inputs(trace.inputs))) for trace in passes), key=len, default=[])

    def _sources(self, found: Iterable[tuple[str, str]], starts: Sequence[str]) -> Iterator[Told]:
        yield from _few([Told(f"file {name}: {how}", self._way(starts, name)) for name, how in found])

    def _way(self, starts: Sequence[str], name: str) -> tuple[str, ...]:
        places = self._project.places
        way = self._project.graph.way(starts, places.path(name))
        conftest = self._candidate.path in starts and way[:1] not in ((), (self._candidate.path,))
        way = (self._candidate.path, *way) if conftest else way
        return tuple(map(places.name, way)) if len(way) > 1 else ()

    def _inputs(self, inputs: Inputs) -> Iterator[Told]:
        known = set(self._told)  # several names lead to one source; first come imported names, with the way to it
        for wanted, digest in sorted(inputs, key=lambda each: each[0].op is not Op.IMPORT):
            now = digest if wanted.op in NOT_OF_THE_PRESENT else self._project.present(wanted)
            if now != digest:
                loaded = list(self._loaded(wanted, known)) if wanted.op in CODE else []
                if loaded or wanted.op is not Op.EXEC or not known:
                    yield Told(f"{wanted}: {self._other(wanted, digest, now)}")
                yield from loaded

    def _loaded(self, wanted: Input, known: set[str]) -> Iterator[Told]:
        """The sources behind a name that no import statement leads to, as far as the last run had them."""
        starts = sorted(self._project.code_of(wanted))
        files = self._project.graph.closure(starts).files if starts else frozenset()
        old = {name: digest for name, digest in self._table.files if digest}
        now = {name: digest for name, digest in self._project.source_digests(files).items() if name in old}
        changes = explain.changed_sources({name: old[name] for name in now}, now)
        found = [each for each in changes if each[0] not in known]
        known.update(name for name, _ in found)
        yield from self._sources(found, starts)

    def _other(self, wanted: Input, old: Digest, now: Digest) -> str:
        if ABSENT in (old, now) or wanted.op is Op.GETENV:
            return _how(old, now)
        if wanted.op in LISTINGS:
            return _listing(self._cache.listing(old), self._project.names(wanted))
        return OTHER_CONTENT if wanted.op is Op.OPEN else explain.CHANGED


def _listing(before: tuple[str, ...] | None, now: tuple[str, ...] | None) -> str:
    """The entries that came or went."""
    if before is None or now is None:
        return explain.CHANGED
    signs: tuple[tuple[str, Callable[[], set[str]]], ...] = (
        ("+", lambda: {*now} - {*before}),
        ("-", lambda: {*before} - {*now}),
    )
    names = [f"{sign} {name}" for sign, some in signs for name in sorted(some())]
    more = [f"and {counted(len(names) - SHOWN, 'other')}"] if len(names) > SHOWN else []
    return ", ".join([*names[:SHOWN], *more]) or "an entry has another size, kind or mode"


def _few(some: Iterable[Told]) -> list[Told]:
    found = list(some)
    more = [Told(f"and {counted(len(found) - SHOWN, 'other')}")] if len(found) > SHOWN else []
    return [*found[:SHOWN], *more]
