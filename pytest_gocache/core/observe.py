"""Watches what is read while tests run.

Go's ``internal/testlog`` has four verbs and one owner, the test binary. Here ``core/whose.py`` tells the owners.
What happens is told by audit events (``core/audit.py``, ``core/deeds.py``), by wrapped functions (``core/probes.py``,
``core/variables.py``) and by child processes (``core/children.py``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from pytest_gocache.core.alarms import Alarms
from pytest_gocache.core.looks import signature, stamp_of_now
from pytest_gocache.core.made import EVERYONE as EVERYONE
from pytest_gocache.core.made import Made
from pytest_gocache.core.made import Owner as Owner
from pytest_gocache.core.ops import LOOKED_AT, Op
from pytest_gocache.core.paths import links_towards, passed
from pytest_gocache.core.standing import Call, Event, Standing
from pytest_gocache.core.whose import Whose

# Private copies: tests replace these (pyfakefs, freezegun, monkeypatch, gevent).
_lexists, _get_ident = os.path.lexists, threading.get_ident

CACHE_DIR = "cache_dir"
"""The ini line that says where pytest's own cache lies."""
MODULE = "module:"
"""What the owner that is a test module begins with."""


class Observer(Whose):
    """Collects events by owner. ``owner_of`` names the owner that a source file stands for.

    ``look`` is told what is read, before it is read.
    """

    def __init__(self, owner_of: Callable[[str], Owner], look: Callable[[Op, str], object]) -> None:
        super().__init__(owner_of)
        self.reads: dict[Owner, set[Event]] = {}
        self.faults: list[str] = []
        self.active = False
        self.cache = "\0"
        """What the paths of all begin with that lies in pytest's own cache."""
        self.importing = False
        """Whether a test module is being imported."""
        self.look = look
        self.keep: Callable[[Collection[Owner], Event], None] = self._keep
        """Takes each event. A forked child hands them to its parent instead."""
        self.rooted: set[str] = set()
        """The directories of ``sys.path`` where the import graph looks by itself."""
        self.used_by: Callable[[Iterable[Owner]], Collection[Owner]] = frozenset
        """Gives the wide fixtures that some owners have used so far."""
        self.unsettled: list[Callable[[], None]] = []
        """What tells at the end of whoever runs now what could not be known before."""
        self.turns: list[Callable[[], None]] = []
        """What tells what was done until now: whenever somebody begins or ends to run, reads or writes."""
        self.doubt: Callable[[str], object] = str
        """Told of what may have been changed between its being read and our looking at it."""
        self._events: dict[Event, Event] = {}
        """Each event once: many modules read the same."""
        self.made = Made()
        self.on_link: Callable[[str, str], object] = _nobody
        """Told of each link that is made, and where it leads: a child tells its parent."""
        self._setters: dict[object, list[Owner]] = {}
        self.on_set: list[Callable[[object], None]] = []
        """Who is told of each variable before it is set, or taken away."""
        self._busy: set[int] = set()
        """The threads that are in our own looking. (Half the price of a ``threading.local``, at each event.)"""
        self.alarms = Alarms()
        self.began = stamp_of_now()
        """What is made from here on is stamped not earlier than this, in nanoseconds."""

    @property
    def awake(self) -> bool:
        """Whether what happens now is somebody's reading: not where it is our own looking."""
        return self.active and _get_ident() not in self._busy

    def quietly(self, at: str, look: Callable[..., object], *args: object) -> None:
        """Calls ``look``: our own looking at things is nobody's reading, and no fault of ours reaches the user."""
        busy, me = self._busy, _get_ident()
        is_first = me not in busy  # it may be in the middle of another
        try:
            busy.add(me)  # in here: Python calls handlers of signals behind a call, and one that raises ends this
            look(*args)
        except Exception as fault:
            self.faults.append(f"{at}: {fault!r}")
            if self.alarms.raised(fault):
                raise  # and nothing is stored: what we were about to note may be lost
        finally:
            if is_first:
                busy.discard(me)

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """What this thread does inside is nobody's reading."""
        busy, me = self._busy, _get_ident()
        is_first = me not in busy
        try:
            busy.add(me)
            yield
        finally:
            if is_first:
                busy.discard(me)

    def forget(self) -> None:
        """A forked process has none of the other threads, and may give one of its own the number of such a one."""
        super().forget()
        self._busy &= {_get_ident()}

    @property
    def runs(self) -> tuple[Owner, ...]:
        """Who runs now, the outermost first."""
        return tuple(self._running)

    @contextmanager
    def running(self, owner: Owner) -> Iterator[None]:
        """What is read inside belongs to ``owner`` (and to the owners around it)."""
        self._turn()
        self._running.append(owner)
        try:
            yield
        finally:
            while self.unsettled:
                self.quietly("later", self.unsettled.pop())
            self._turn()
            self._running.remove(owner)

    def _turn(self) -> None:
        for tell in self.turns:
            self.quietly("a turn", tell)

    def saw(self, op: Op, path: str, frame: FrameType | None) -> None:
        """``path`` is being read by the code in ``frame``. No event where what runs now made it itself."""
        while passed:
            self.saw(Op.LINK, passed.pop(), frame)
        standing = self._standing_of(op, path, frame)
        if (op, path) in standing.told and not self.made.touches(path):
            return
        if path.startswith(self.cache):
            if not any(each.startswith("file:") for each in standing.owners):
                return  # what plugins keep there is theirs
            self._tell(standing, Op.OPTION, CACHE_DIR)
        self._turn()
        for name in self.made.ways(path):
            if not self.is_output(name):
                if name in self.made:
                    self.look(Op.WRITE, name)  # it may be read as somebody else left it
                self._tell(standing, op, name)

    def entered(self, path: str, frame: FrameType | None) -> None:
        """``path`` becomes the current directory, of this process or another: from there on links are out of sight."""
        self.saw(Op.KIND, path, frame)
        for link in links_towards(path):
            self.saw(Op.LINK, link, frame)

    def _standing_of(self, op: Op, path: str, frame: FrameType | None) -> Standing:
        """The source of the test module that runs is shown by tracebacks and the like. That concerns who runs: for
        what shared code keeps of one test another finds only where both run."""
        is_own = op is Op.OPEN and f"{MODULE}{path}" in self._running
        return Standing(frozenset(self._running)) if is_own else self.standing(frame, op)

    def again(self, standing: Standing, call: Call, path: str) -> bool:
        """Whether ``call``, by the same code on the same stack, can tell nothing that was not told before."""
        return call in standing.calls and not self.made.touches(path)

    def linked(self, link: str, target: str, frame: FrameType | None) -> None:
        """A link is being made. pytest's own (to the latest ``tmp_path``) are nobody's way to a file."""
        self.wrote(link)
        if self.owners(frame, Op.OPEN):
            self.made.link(link, target)
            self.on_link(link, target)

    def wrote(self, path: str, surely: bool = True) -> None:
        """``path`` is being written; not ``surely`` where a program is to do that, which may fail."""
        running = self._running or [EVERYONE]
        if path == self.cache[:-1]:
            return  # pytest makes it for the first who needs it: what is put there later is not made by that
        if not self.made.was_by(path, running[-1]) or (surely and self.made.doubtful(path) == path):
            self._turn()
            self.look(Op.WRITE, path)
            self.made.by(path, running, surely)
            self.keep(running, (Op.WRITE, path))

    def touched(self, path: str) -> None:
        """``path`` is being written to, but what was in it stays: who reads it later reads that, too."""
        self.look(Op.OPEN, path)
        self.look(Op.WRITE, path)
        self.made.by(path, ())
        self.keep(self._running or [EVERYONE], (Op.TOUCH, path))

    def note(self, op: Op, name: str, frame: FrameType | None) -> None:
        """Keeps one event for everybody whose it is."""
        self._tell(self.standing(frame, op), op, name)

    def _tell(self, standing: Standing, op: Op, name: str) -> None:
        """Once, for many a test asks the same again and again."""
        event = (op, name)
        if standing.owners and event not in standing.told:
            self.enter(standing.owners, op, name)
            standing.tells(event)

    def enter(self, owners: Collection[Owner], op: Op, name: str) -> None:
        """Keeps one event for ``owners``, and what is there now."""
        if op in LOOKED_AT:
            self.look(op, name)
        event = (op, name)
        self.keep(owners, self._events.setdefault(event, event))

    def _keep(self, owners: Collection[Owner], event: Event) -> None:
        for owner in owners:
            if owner in self.reads:
                self.reads[owner].add(event)
            else:
                self.reads[owner] = {event}

    def is_output(self, name: str) -> bool:
        """Whether what runs now made ``name`` itself, or a directory that it lies in; or a wide fixture that it uses.

        To others it is an input, whoever made it: it may lie there still when they run alone.
        """
        return self._is_among(self.made.makers(name)) and not self._is_older(name) and not self._failed(name)

    def _failed(self, name: str) -> bool:
        """Whether it is not there, and who was to make it, or where it is to lie, may have failed."""
        doubtful = self.made.doubtful(name)
        return bool(doubtful) and not _lexists(doubtful)

    def _is_older(self, name: str) -> bool:
        """Whether what is there has been there since before the run, as it is: what it was told of was done elsewhere,
        by an ``opener`` or below a descriptor. (The time of an inode cannot be set.)"""
        seen = signature(name)
        return seen is not None and seen[2] < self.began

    def _is_among(self, makers: Collection[Owner]) -> bool:
        """Whether what runs now, or a wide fixture that it uses, is one of ``makers``."""
        if not makers:
            return False
        if any(each in makers for each in (*self._running, EVERYONE)):
            return True
        fixtures = {each for each in makers if each.startswith("fixture:")}
        return bool(fixtures) and not (self._running and fixtures.isdisjoint(self.used_by(self._running)))

    def sets(self, variable: object) -> None:
        """An environment variable (as ``os.environ`` keeps its name) is being set, or taken away."""
        if self.active:
            self._setters[variable] = self._running[:] or [EVERYONE]
            for listener in self.on_set:
                self.quietly("a variable", listener, variable)

    def variables_set(self) -> list[object]:
        """All that somebody set, or took away."""
        return list(self._setters)

    def met(self, variable: object, owners: Collection[Owner]) -> None:
        """``owners`` meet what test modules made of a variable: what these set follows from their code."""
        for module in self.modules_that_set(variable) if owners else ():
            self.enter(owners, Op.EXEC, module)
            self.enter(owners, Op.AFTER if self.importing else Op.BESIDE, module)

    def modules_that_set(self, variable: object) -> list[str]:
        """Paths of the test modules, but those that run now, that set the variable last."""
        setters = self._setters.get(variable, ())
        return [each[len(MODULE) :] for each in setters if each.startswith(MODULE) and each not in self._running]

    def is_own(self, variable: object) -> bool:
        """Whether what runs now, or a wide fixture that it uses, set the variable; so it is where nobody is known."""
        return variable not in self._setters or self._is_among(self._setters[variable])


def _nobody(_link: str, _target: str) -> None:
    """Nobody wants to know."""
