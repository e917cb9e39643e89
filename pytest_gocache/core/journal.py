"""What a child process tells its parent: one file per process, one line per event.

::

    start   <number>                              a Python child began to watch
    spawn   <number> <name> <variables> <owners>  somebody started a child; the variables it was given anew
    fault   <text>                                a mistake of ours in a child
    leads   <link> <target>                       a link was made
    <op>    <name> <look> <owners>                an event, with what was seen of the path before the child saw it

Fields are parted by tabs. ``child:<number>`` is an owner that stands for those who started the child.

A process that cannot write any more makes a link whose target are the owners of what it does not tell.

Children often end by ``os._exit`` or are killed, so each line is written at once. The file is opened for each
line: a descriptor that stayed open could be counted, closed, or its number given to a file of the user's.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection

from pytest_gocache.core.observe import Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.core.standing import Event

_open, _write, _close, _mkdir, _urandom, _getpid = os.open, os.write, os.close, os.mkdir, os.urandom, os.getpid
_symlink = os.symlink
APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
STDLIB = sys.stdlib_module_names

START, SPAWN, FAULT, LEADS = "start", "spawn", "fault", "leads"


JOURNAL, SILENT = ".journal", ".silent"
"""How the names of journals end, and those of links that stand for what could not be told."""


class Journal:
    """Writes for one process and what is forked from it. ``looked`` tells what is seen of a path now.

    With ``owner`` everything is that owner's.
    """

    def __init__(self, directory: str, looked: Callable[[Op, str], str], owner: Owner = "") -> None:
        self.directory = directory
        self.looked = looked
        self._owner = owner
        self._told: set[tuple[Event, tuple[Owner, ...]]] = set()
        self._file = ""

    def forked(self) -> None:
        """This is a new process now, with a file of its own."""
        self._file = ""
        self._told.clear()

    def keep(self, owners: Collection[Owner], event: Event) -> None:
        """Tells of an event, once."""
        op, name = event
        whose = (self._owner,) if self._owner else tuple(sorted(owners))
        if (event, whose) in self._told or (op is Op.IMPORT and _goes_without_saying(name, owners)):
            return
        self._told.add((event, whose))
        self.tell(op, name, self.looked(op, name), *whose)

    def seen(self, op: Op, name: str) -> None:
        """Tells how a path is now, in case that somebody's reading of it turns out to be about its times."""
        event = (op, name)
        if op is Op.TIMES and (event, ()) not in self._told:
            self._told.add((event, ()))
            self.tell(op, name, self.looked(op, name))

    def leads(self, link: str, target: str) -> None:
        """Tells of a link that is being made."""
        self.tell(LEADS, link, target)

    def tell(self, *fields: str) -> None:
        """Appends one line. Where that cannot be done, it is shown for whom more should have been told."""
        try:
            self._append(*fields)
        except OSError:
            self._fall_silent((self._owner,) if self._owner else fields[3:])
            raise

    def _fall_silent(self, owners: Collection[Owner]) -> None:
        """A link can be made where nothing can be opened or written any more: its target names the owners."""
        try:  # noqa: SIM105 - as below
            _symlink("\t".join(map(_escaped, owners)), self._path(SILENT))
        except OSError:  # The run may have ended, and its directory with it.
            pass

    def _path(self, ending: str) -> str:
        return os.path.join(self.directory, f"{_getpid()}-{_urandom(6).hex()}{ending}")

    def _append(self, *fields: str) -> None:
        if not self._file:
            make(self.directory)
            self._file = self._path(JOURNAL)
        line = "\t".join(map(_escaped, fields)) + "\n"
        at = _open(self._file, APPEND, 0o600)
        try:
            if _write(at, (text := line.encode("utf-8", "surrogatepass"))) < len(text):
                raise OSError("there is no room")
        finally:
            _close(at)


class Faults(list[str]):
    """Mistakes of ours in a child: there is nobody but the journal to tell."""

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal

    def append(self, fault: str) -> None:
        try:  # noqa: SIM105 - contextlib is not imported in children
            self._journal.tell(FAULT, fault)
        except OSError:  # The run may have ended, and its directory with it.
            pass


def make(directory: str) -> None:
    """The directory of this run's journals, for nobody else's eyes."""
    try:  # noqa: SIM105 - as above
        _mkdir(directory, 0o700)
    except FileExistsError:
        pass


def parse(line: str) -> list[str]:
    """The fields of a line that ``tell`` wrote."""
    return [_plain(field) for field in line.removesuffix("\n").split("\t")]


def _goes_without_saying(name: str, owners: Collection[Owner]) -> bool:
    """The standard library's modules, and what a package imports of itself."""
    top = name.partition(".")[0]
    return top in STDLIB or (f"top:{top}" in owners and "." in name)


def _escaped(field: str) -> str:
    return field.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _plain(field: str) -> str:
    if "\\" not in field:
        return field
    return "\\".join(part.replace("\\t", "\t").replace("\\n", "\n") for part in field.split("\\\\"))
