"""Whether a hit holds beside the other test modules of the run, for what a module leaves behind others meet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Set
from functools import cached_property

from pytest_gocache.core.cache import Fits
from pytest_gocache.core.environment import ALL, SET
from pytest_gocache.core.loading import Stated, stated
from pytest_gocache.core.model import Hit, Input, Miss, Reason, Replay, Selection, Verdict
from pytest_gocache.core.ops import AMONG_MODULES, AND, LEFT_BEHIND, NEEDS, Op
from pytest_gocache.core.vouched import as_collected
from pytest_gocache.hooks.desk import Desk
from pytest_gocache.hooks.foreseen import foreseen, others_collect
from pytest_gocache.hooks.homonyms import Homonyms
from pytest_gocache.hooks.lending import Lending


class Company:
    """The test modules of a run, as far as they are foreseen.

    ``found`` gives the verdict on one by itself, ``again`` one by a pass whose inputs fit.
    """

    def __init__(
        self,
        desk: Desk,
        found: Callable[[str, Selection], Verdict],
        again: Callable[[str, Selection, Fits], Verdict],
    ) -> None:
        self._desk = desk
        self._found = found
        self._again = again

    def __call__(self, path: str, selection: Selection) -> Verdict:
        """The verdict on the module at ``path``, unless it does not meet what it met before, or others may need it."""
        verdict = self.meeting(path, selection)
        left = [each for each in verdict.inputs if each.op is Op.SETS] if isinstance(verdict, Hit) else []
        wanted = [each for each in left if self._is_wanted(path, each)] if left and self._somebody_runs else []
        if wanted:
            what = min(wanted).name.partition(AND)[0]
            return Miss(Reason.INERT, f"sets {what} when it is imported, which others may read")
        return verdict

    def _is_wanted(self, path: str, left: Input) -> bool:
        """Whether nobody else brings what this module leaves."""
        _, shared, _ = left.name.partition(AND)
        return not shared or self._bringers.get(left, path) == path

    @cached_property
    def _bringers(self) -> dict[Input, str]:
        """Who is to bring a variable that a file sets: it does so for all of its importers, and one of them is enough.

        That is one that runs, of which it is not asked here (empty), or the first of the hits.
        """
        graph, places = self._desk.project.graph, self._desk.project.places
        loaded = frozenset[str]().union(*(graph.closure((path,)).files for path in self._running))
        found: dict[Input, str] = {}
        for path, each in sorted(self._leaving, key=lambda one: self._place(one[0])):
            _, shared, file = each.name.partition(AND)
            if each.op is Op.SETS and shared:
                found.setdefault(each, "" if places.path(file) in loaded else path)
        return found

    def _place(self, path: str) -> int:
        return self._modules.get(path, len(self._modules))

    def meeting(self, path: str, selection: Selection) -> Verdict:
        """The verdict, unless the module meets something else now than it met then, in each pass there is."""
        verdict = self._found(path, selection)
        if isinstance(verdict, Miss):
            return verdict  # before anything is read for the others' sake: at first all are misses
        if isinstance(verdict, Replay) and not self._something_is_left:
            return verdict
        inputs = verdict.inputs if isinstance(verdict, Hit) else sorted(self._desk.vouched.needs[path].looked_at)
        unlike = next(self._unlike(path, inputs), None)
        if unlike is None:
            doubt = self._homonyms.told(path)
            return Miss(Reason.INERT, doubt) if doubt else verdict
        other = self._again(path, selection, lambda inputs: next(self._unlike(path, inputs), None) is None)
        return Miss(Reason.INPUT_CHANGED, str(unlike)) if isinstance(other, Miss) else other

    def _unlike(self, path: str, inputs: Collection[Input]) -> Iterator[Input]:
        """Modules that it needs and that come later; variables and names that others set, or provide, now."""
        project = self._desk.project
        needs = {project.places.path(each.name): each for each in inputs if each.op in NEEDS}
        sooner = {at: each for at, each in needs.items() if each.op is Op.AFTER}
        yield from (each for at, each in sooner.items() if not self._lending.comes_before(at, path))
        if needs and any(each != path for each in self._changing_path):
            yield from needs.values()
        familiar = {path, *needs}
        for taker in self._taking_from_path:
            if taker not in familiar and self._lending.comes_before(taker, path):
                yield Input(Op.SETS, "sys.path")
        for each in inputs if self._left else ():
            if each.op is Op.GETENV and not project.policy.ignores(each):
                setters = self._setters(each.name.removesuffix(SET))
                if needs and sooner == needs:  # it was read at once
                    setters = [some for some in setters if self._first(some) < self._place(path)]
                last: Set[str] = max(setters, key=self._first, default=frozenset())
                if last and familiar.isdisjoint(last):
                    yield each
        if self._lending.put:
            yield from self._lending.unlike(path, inputs, needs)

    @cached_property
    def _foreseen(self) -> tuple[tuple[str, Selection], ...]:
        return tuple(foreseen(self._desk))

    @cached_property
    def _modules(self) -> dict[str, int]:
        """In pytest's order: argument by argument, and by name."""
        request, paths = self._desk.request, {path for path, _ in self._foreseen}
        ordered = sorted(paths, key=lambda path: (request.argument_of(path), as_collected(path)))
        return {path: at for at, path in enumerate(ordered)}

    @cached_property
    def _somebody_runs(self) -> bool:
        """Whether any module is no hit, as far as is foreseen."""
        if self._desk.settings.verify is not None:
            return True
        found = (self.meeting(path, selection) for path, selection in self._foreseen)
        return any(isinstance(each, Miss) for each in found) or others_collect(self._desk)

    def _first(self, modules: Set[str]) -> int:
        """Where the first of them stands: a file is loaded for that one."""
        return min(map(self._place, modules))

    def _setters(self, variable: str) -> list[Set[str]]:
        """Those that set the variable when they are imported; such as have one file do it stand together.

        Of those that run it is known as far as their own text tells.
        """
        return [modules for name, modules in self._left.items() if variable == ALL or name[0] in (variable, ALL)]

    @cached_property
    def _left(self) -> dict[tuple[str, str], Set[str]]:
        """Those that leave a variable behind, by its name and the file that sets it."""
        left: dict[tuple[str, str], set[str]] = {}
        for path, each in self._leaving:
            if each.op is Op.SETS:
                variable, _, file = each.name.partition(AND)
                left.setdefault((variable, file), set()).add(path)
        for path, said in self._stated.items():
            for variable in said.variables:
                left.setdefault((variable, self._desk.project.places.name(path)), set()).add(path)
        return dict(left)

    @cached_property
    def _running(self) -> list[str]:
        """Those that are no hits by themselves."""
        every = self._foreseen
        return [path for path, selection in every if isinstance(self._found(path, selection), Miss)]

    @cached_property
    def _something_is_left(self) -> bool:
        left = self._left or self._lending.put or self._homonyms.called
        return bool(left or self._changing_path or self._taking_from_path)

    @cached_property
    def _stated(self) -> dict[str, Stated]:
        """What those that run say of themselves."""
        content = self._desk.project.files.content
        return {path: stated(content(path) or b"") for path in self._running}

    @cached_property
    def _changing_path(self) -> list[str]:
        """Those that run, and change ``sys.path`` by their own statements: who knows for whom."""
        return [path for path, said in self._stated.items() if said.changes_path]

    @cached_property
    def _taking_from_path(self) -> list[str]:
        """Those that do more to ``sys.path`` than to add to it: whatever comes later may be found elsewhere."""
        hits = [path for path, each in self._leaving if each == Input(Op.SETS, "sys.path")]
        return hits + [path for path, said in self._stated.items() if said.takes_from_path]

    @cached_property
    def _lending(self) -> Lending:
        return Lending(self._desk, self._among, self._modules)

    @cached_property
    def _homonyms(self) -> Homonyms:
        inputs = {path: hit.inputs for path, hit in self._hits}

        def runs(path: str) -> bool:
            return next(self._unlike(path, inputs[path]), None) is not None

        return Homonyms(self._desk, self._among, self._modules, self._lending, runs)

    @cached_property
    def _leaving(self) -> list[tuple[str, Input]]:
        """What hits leave behind."""
        return [(path, each) for path, each in self._among if each.op in LEFT_BEHIND]

    @cached_property
    def _among(self) -> list[tuple[str, Input]]:
        """What hits have with other test modules."""
        return [(path, each) for path, hit in self._hits for each in hit.inputs if each.op in AMONG_MODULES]

    @cached_property
    def _hits(self) -> list[tuple[str, Hit]]:
        """Those that are hits by themselves."""
        found = ((path, self._found(path, selection)) for path, selection in self._foreseen)
        return [(path, verdict) for path, verdict in found if isinstance(verdict, Hit)]
