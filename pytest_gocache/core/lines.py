"""What a run asks of a hit beyond its result: nothing, or under coverage the lines that it ran."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pytest_gocache.core.action import Action
from pytest_gocache.core.model import Inputs, LinesID, Miss, Reason
from pytest_gocache.core.outputs import Outputs


class Lines(Protocol):
    """Stands beside every stored pass."""

    @property
    def whole(self) -> bool:
        """Whether a module's record answers only for the tests that it was made with."""

    def of(self, action: Action, inputs: Inputs) -> tuple[LinesID, ...] | Miss:
        """What has to be brought in with this pass; or why it cannot be shown."""

    def keep(
        self, path: str, conftests: Iterable[str], action: Action, inputs: Inputs, outputs: Outputs
    ) -> Miss | None:
        """Keeps what the module at ``path``, just passed, has run; or says why that cannot be told."""


class NoLines:
    """A run without coverage."""

    whole = False

    def of(self, action: Action, inputs: Inputs) -> tuple[LinesID, ...]:
        """Nothing."""
        return ()

    def keep(self, path: str, conftests: Iterable[str], action: Action, inputs: Inputs, outputs: Outputs) -> None:
        """Nothing was measured."""


NO_LINES = NoLines()


class Untold:
    """A run under coverage of which no lines can be told from others', so that everything has to run."""

    whole = True

    def __init__(self, why: str) -> None:
        self._miss = Miss(Reason.COVERAGE_INEXACT, why)

    def of(self, action: Action, inputs: Inputs) -> Miss:
        """The same for all."""
        return self._miss

    def keep(self, path: str, conftests: Iterable[str], action: Action, inputs: Inputs, outputs: Outputs) -> None:
        """Only the result is kept, for runs without coverage."""
