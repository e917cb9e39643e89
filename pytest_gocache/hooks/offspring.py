"""Finds out for whom a measured child process ran lines: by the name of the data file that it writes.

Children write files of their own beside coverage's, which are combined at the end. They learn that file's
name from a variable (``patch = subprocess``, pytest-cov 6) or inherit it (``fork``); so while an owner runs,
the name carries the owner's number.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pytest_gocache.core.attribution import Amounts, Attribution, Owner

if TYPE_CHECKING:
    from coverage import Coverage, CoverageData

CONFIG, FILE = "COVERAGE_PROCESS_CONFIG", "COV_CORE_DATAFILE"
"""The first is coverage's; the second is set by pytest-cov 6."""

START = "COVERAGE_PROCESS_START"
"""Children that heed this, or ``concurrency = multiprocessing``, read the file's name from a configuration file."""

STRANGER = "a child process was measured that nobody is known to have started"


class Offspring:
    """Gives each owner's children a data file name of their own between ``begin`` and ``end``.

    ``alone``: no other process of this run is measured, so that all other new files are children's.
    """

    def __init__(self, cov: Coverage, data: CoverageData, books: Attribution, alone: bool) -> None:
        self._config = cov.config
        self._data = data
        self._alone = alone
        self._books = books
        self._plain: str = os.path.abspath(cov.config.data_file)
        self._mark = f".gocache-{os.urandom(4).hex()}-"
        self._owners: dict[Owner, int] = {}
        self._values: dict[Owner, dict[str, str]] = {}
        self._given = {name: os.environ[name] for name in (CONFIG, FILE) if name in os.environ}
        self._original = dict(self._given), cov.config.data_file, data._basename
        self._before = self._files()

    def begin(self) -> None:
        """Starts naming."""
        if not self._alone and ("multiprocessing" in self._config.concurrency or START in os.environ):
            self._books.doubted = STRANGER
        self._books.turn = self.turn
        self.turn(self._books.current)

    def turn(self, owner: Owner) -> None:
        """Whatever is started from here on is started by ``owner``."""
        number = self._owners.setdefault(owner, len(self._owners))
        name = f"{self._plain}{self._mark}{number}"
        self._config.data_file = self._data._basename = name
        if self._given:
            if owner not in self._values:
                self._values[owner] = {CONFIG: self._config.serialize() if CONFIG in self._given else "", FILE: name}
            self._set({each: self._values[owner][each] for each in self._given})

    def _set(self, values: dict[str, str]) -> None:
        """Variables are changed only where they are as coverage, or this, left them."""
        for name, value in values.items():
            if os.environ.get(name) == self._given[name]:
                os.environ[name] = self._given[name] = value

    def end(self) -> None:
        """Books what children wrote. They may go on writing: coverage itself will not wait for them either."""
        try:
            self._book()
        except Exception as error:
            self._books.distrust(error)

    def _book(self) -> None:
        values, self._config.data_file, self._data._basename = self._original
        self._set(values)
        owners = {str(number): owner for owner, number in self._owners.items()}
        for name in sorted(self._files() - self._before - {self._data.data_filename()}):
            at = name.find(self._mark)
            number = name[at + len(self._mark) :].partition(".")[0] if at > 0 else ""
            if number in owners:
                self._books.book(owners[number], amounts_in(name))
            elif self._alone:
                self._books.doubted = STRANGER

    def _files(self) -> set[str]:
        directory, base = os.path.split(self._plain)
        try:
            names = os.listdir(directory)
        except OSError:
            return set()
        return {os.path.join(directory, name) for name in names if name.startswith(f"{base}.")}


def amounts_in(path: str) -> Amounts:
    """What a data file holds: units by context and file."""
    from coverage import CoverageData

    data = CoverageData(path)
    data.read()
    found: Amounts = {}
    for context in data.measured_contexts():
        data.set_query_context(context)
        for file in data.measured_files():
            units = (data.arcs(file) if data.has_arcs() else data.lines(file)) or ()
            found[context, file] = set(units)
    return found
