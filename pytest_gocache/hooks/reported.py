"""How many tests pytest's terminal has reported, for its progress: it keeps their node ids, and only asks how many."""

from __future__ import annotations

from typing import Any

from _pytest.terminal import TerminalReporter


class Reported(set[Any]):
    """Node ids, and beside them a number of tests without any: there may be 500,000."""

    nameless = 0

    def __len__(self) -> int:
        return super().__len__() + self.nameless

    def clear(self) -> None:
        """Nothing was reported."""
        super().clear()
        self.nameless = 0


def report(terminal: TerminalReporter, tests: int) -> int:
    """Counts so many more tests as reported, and gives how many there are now."""
    reported: set[Any] = terminal._progress_nodeids_reported
    if not isinstance(reported, Reported):
        reported = terminal._progress_nodeids_reported = Reported(reported)
    reported.nameless += tests
    return len(reported)
