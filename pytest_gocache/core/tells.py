"""What a run can tell of a module beside its verdict, for who asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pytest_gocache.core import explain
from pytest_gocache.core.action import Actions, Candidate
from pytest_gocache.core.cache import Cache
from pytest_gocache.core.model import Miss, Op, Reason, Selection
from pytest_gocache.core.project import Project
from pytest_gocache.core.values import frozen

WHOLE = Selection()


@frozen
class Tells:
    """Answers for the modules of one run, by path. ``candidate`` gives each with its conftests."""

    project: Project
    cache: Cache
    actions: Actions
    candidate: Callable[[str], Candidate]

    def chain(self, path: str, miss: Miss) -> tuple[str, ...]:
        """Portable names on the way from a module to the source that made it run; empty where there is none between."""
        op, _, rest = miss.detail.partition(" ")
        if miss.reason is not Reason.INPUT_CHANGED or op != Op.IMPORT:
            return ()
        places = self.project.places
        end = places.path(rest.removesuffix(f" ({explain.NEW})"))
        way = self.project.graph.way((path, *self.candidate(path).conftests), end)
        return tuple(map(places.name, way)) if len(way) > 2 else ()

    def differences(self, path: str, selection: Selection) -> Iterable[str]:
        """All that is not as it was when the module was last stored, or last ran; lines."""
        from pytest_gocache.core.contrast import Contrast  # for few runs

        candidate = self.candidate(path)
        actions = [self.actions.of(candidate, each) for each in dict.fromkeys((WHOLE, selection))]
        return Contrast(self.project, self.cache).lines(candidate, actions)

    def last_seconds(self, path: str) -> float | None:
        """What the module took when it last passed as it was then, if that is known."""
        return self.cache.last_seconds(self.candidate(path).name)

    def closure_size(self, path: str) -> int:
        """How many files are in the module's closure."""
        return self.actions.of(self.candidate(path), WHOLE).closure.mask.bit_count()
