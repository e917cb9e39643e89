"""What pytest's terminal shows of modules that are replayed: the same text, put together before it is written.

pytest asks for the width of the line at each test, and works out the path relative to the current directory at each
module. Here the width is counted along, a path is worked out once a directory, and what has one colour is one write.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator

import pytest
from _pytest._io.wcwidth import wcswidth
from _pytest.pathlib import bestrelpath
from _pytest.terminal import TerminalReporter

from pytest_gocache.core.model import Replay
from pytest_gocache.hooks.reported import report

COLOURS = {".": "green", "s": "yellow", "x": "yellow", "X": "yellow"}
IN_LOGFINISH = not hasattr(TerminalReporter, "_write_progress_information_if_past_edge")
"""pytest before 8.4 writes the final 100 % with the last test, not after the loop."""


class Screen:
    """Collects the lines of modules until they are ``shown``. Nobody else may write in between."""

    def __init__(self, config: pytest.Config, terminal: TerminalReporter) -> None:
        self._config = config
        self._terminal = terminal
        self._pieces: list[tuple[str, str]] = []
        """Texts with their colours."""
        self._width = 0
        """Of the line so far, those pieces included."""
        self._progress = ""
        """What pytest puts at the end of a line now: it changes with the number of tests reported, nothing else."""
        self._last = ""
        """The node id of the module whose line is the last one of these pieces."""
        self._prefixes: dict[str, str] = {}

    def add(self, replay: Replay) -> None:
        """One module: its place, a letter for each test, and that it is cached."""
        letters, mark = replay.brief.letters, f" {replay.mark}"
        if not letters:
            return
        if self._terminal.showfspath:
            self._begin(replay.brief.nodeid)
        elif not self._pieces:
            self._width = self._terminal._width_of_current_line
        progress, done = len(self._progress or self._terminal._get_progress_information_message()), 0
        while done < len(letters):
            room = max(1, self._terminal._screen_width - self._width - progress - 1)
            self._tests(letters[done : done + room])
            done += room
        if self._terminal.showfspath:
            if self._terminal._screen_width - self._width <= len(mark) + progress:
                self._end_line()
            self._put(mark)

    def shown(self) -> None:
        """Writes all that was added since."""
        terminal, pieces = self._terminal, self._pieces
        self._pieces = []
        if self._last:
            terminal.currentfspath = self._config.rootpath / self._last
        self._last = self._progress = ""  # others may write, and report, until the next module is added
        coloured = terminal._tw.hasmarkup
        for colour, those in itertools.groupby(pieces, lambda piece: piece[1] if coloured else ""):
            markup = {colour: True} if colour else {}
            texts = [text for text, _ in those]
            # What an encoding has no letters for is escaped by pytest, and with it the ends of lines.
            for text in ["".join(texts)] if all(map(str.isascii, texts)) else texts:
                terminal._tw.write(text, **markup)
        if IN_LOGFINISH and pieces and terminal._show_progress_info and terminal._is_last_item:
            terminal._write_progress_information_filling_space()

    def _begin(self, nodeid: str) -> None:
        """As ``write_fspath_result``, which knows the line only if nothing is waiting to be written."""
        terminal = self._terminal
        if not self._pieces:
            terminal.write_fspath_result(nodeid, "")
            self._width = terminal._width_of_current_line
            return
        if terminal._show_progress_info:
            fill = terminal._screen_width - self._width - 1
            self._put(self._progress.rjust(fill), terminal._get_main_color()[0])
        self._last = nodeid
        self._end_line()
        self._put(self._relative(nodeid) + " ")

    def _relative(self, nodeid: str) -> str:
        """The module's path from where pytest was started."""
        directory, _, name = nodeid.rpartition("/")
        if directory not in self._prefixes:
            found = bestrelpath(self._terminal.startpath, self._config.rootpath / directory)
            self._prefixes[directory] = os.path.join("" if found == os.curdir else found, "")
        return self._prefixes[directory] + name

    def _tests(self, letters: str) -> None:
        terminal = self._terminal
        report(terminal, len(letters))
        for letter, run in _runs(letters):
            self._put(run, COLOURS[letter])
        self._progress = message = terminal._get_progress_information_message()
        if not terminal._show_progress_info or terminal._is_last_item:
            return
        if self._width + len(message) + 1 >= terminal._screen_width:
            self._end_line(message, terminal._get_main_color()[0])

    def _put(self, text: str, colour: str = "") -> None:
        self._pieces.append((text, colour))
        self._width += len(text) if text.isascii() else wcswidth(text)

    def _end_line(self, text: str = "", colour: str = "") -> None:
        self._pieces.append((text + "\n", colour))
        self._width = 0


def _runs(letters: str) -> Iterator[tuple[str, str]]:
    """``..s`` as ``("." , "..")``, ``("s", "s")``: what has one colour."""
    if letters.count(letters[0]) == len(letters):
        yield letters[0], letters  # nearly always
        return
    for letter, run in itertools.groupby(letters):
        yield letter, "".join(run)
