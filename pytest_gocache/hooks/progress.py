"""What the terminal shows of repetitions while they run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter


def begins(session: pytest.Session, repetition: int, count: int | None) -> None:
    """Says which repetition begins (of ``count``, if that is known), and ends the line of the one before."""
    terminal: TerminalReporter | None = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is None or not session.items:
        return
    if repetition > 1:
        _end(terminal)
    if session.config.option.verbose >= 0:
        terminal.ensure_newline()
        terminal.write_line(f"repetition {repetition}{f' of {count}' if count else ''}")
        terminal.currentfspath = None


def _end(terminal: TerminalReporter) -> None:
    """The percentage behind the last line of dots, which from pytest 9.1 on comes when all is over; then from 0."""
    when_over = hasattr(type(terminal), "pytest_runtestloop")
    reported = getattr(terminal, "_progress_nodeids_reported", None)
    if not when_over:
        if terminal._tw.width_of_current_line:
            terminal._tw.line()
    elif terminal.verbosity == 0 and reported and terminal._show_progress_info:
        terminal._write_progress_information_filling_space()
    if isinstance(reported, set):
        reported.clear()
