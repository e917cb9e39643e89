"""Watches what is read while tests run, and whose reading it is.

Go's ``internal/testlog`` has four verbs and one owner, the test binary. pytest shares one process
between modules, so a read may belong to several owners:

- the test module that runs (or is being collected);
- every first-party file that has a frame on the stack: it may keep what was read (``lru_cache``, a
  module global), and the next test module that uses it will then read nothing;
- every third-party package that has a frame on the stack, for the same reason;
- the fixture wider than a function that is being set up;
- everyone, where a plugin reads for itself, or a part of the standard library that keeps what it reads.

What happens is told by audit events (``core/audit.py``, ``core/deeds.py``), by wrapped functions (``core/probes.py``,
``core/variables.py``) and by child processes (``core/children.py``).
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from types import FrameType

from pytest_gocache.core.asks import filename_of, module_of
from pytest_gocache.core.looks import signature, stamp_of_now
from pytest_gocache.core.made import EVERYONE as EVERYONE
from pytest_gocache.core.made import Made
from pytest_gocache.core.made import Owner as Owner
from pytest_gocache.core.ops import LOOKED_AT, UNSEEN, Op
from pytest_gocache.core.standing import Call, Event, Standing

# Private copies: tests replace these (pyfakefs, freezegun, monkeypatch).
_getcwd, _fspath, _fsdecode = os.getcwd, os.fspath, os.fsdecode
_normpath, _join, _isabs = os.path.normpath, os.path.join, os.path.isabs
POSIX = os.sep == "/"
_DOTS = ("/.", "/..")

_get_ident = threading.get_ident
_MAIN = _get_ident()
"""The thread that loads this: it runs the tests."""
THREAD = "<thread>"
"""What the stack of another thread than the first begins with."""
MOST_STACKS = 10_000
"""For so many stacks of calls it is remembered whose reading they are."""
MODULE = "module:"
"""What the owner that is a test module begins with."""
LOADER = "rewrite.py"
"""Where pytest has its own ``get_data`` (see ``_lends``)."""
LENDING = ("get_data", "get_source", "get_code")
"""Functions by which loaders give others what they read."""
IMPORTING = (Op.IMPORT, Op.EXEC, Op.FIND, Op.METADATA)
_READING = (Op.OPEN, Op.LIST, Op.SCAN, Op.KIND, Op.STAT, Op.TIMES, Op.ACCESS, Op.LINK, Op.GETENV)
ALIKE: Mapping[Op, str] = {
    **dict.fromkeys(_READING, "reads"),
    **dict.fromkeys(IMPORTING, "imports"),
    Op.SYSTEM: "asks the system",
}
"""Operations whose owners follow from the files of the code on the stack, with what they are to these."""


class Observer:
    """Collects events by owner. ``owner_of`` names the owner that a source file stands for.

    It gives ``""`` for files that own nothing (the standard library), ``IMPORTLIB`` for the import
    system, ``PYTEST`` for pytest's own and ``EVERYONE`` for what keeps what it reads for all. ``look``
    is told what is read, before it is read.
    """

    IMPORTLIB = "importlib"
    PYTEST = "pytest"

    def __init__(self, owner_of: Callable[[str], Owner], look: Callable[[Op, str], object]) -> None:
        self.reads: dict[Owner, set[Event]] = {}
        self.faults: list[str] = []
        self.active = False
        self.importing = False
        """Whether a test module is being imported."""
        self.look = look
        self.keep: Callable[[Collection[Owner], Event], None] = self._keep
        """Takes each event. A forked child hands them to its parent instead."""
        self.plugins: frozenset[Owner] = frozenset()
        """The packages of active plugins: what they read for themselves may matter to every module."""
        self.entrances: Mapping[str, range] = {}
        """Functions, as lines of their files, above which the stack is pytest's own: there nobody keeps anything."""
        self.may_keep: Callable[[FrameType], bool] = bool
        """Whether code on the stack has a place for what a child or a connection gave (``core/keepers.py``)."""
        self.may_hold: Callable[[FrameType], bool] = bool
        """The same, in more doubt: for what a child said that tells what it reads. It costs no more than a run."""
        self.rooted: set[str] = set()
        """The directories of ``sys.path`` where the import graph looks by itself."""
        self.used_by: Callable[[Iterable[Owner]], Collection[Owner]] = frozenset
        """Gives the wide fixtures that some owners have used so far."""
        self.unsettled: list[Callable[[], None]] = []
        """What tells at the end of whoever runs now what could not be known before."""
        self._owner_of = owner_of
        self._owners_by_file: dict[str, Owner] = {}
        self._events: dict[Event, Event] = {}
        """Each event once: many modules read the same."""
        self._standings: dict[tuple[str, ...], Standing] = {}
        self._running: list[Owner] = []
        self.made = Made()
        self._setters: dict[object, list[Owner]] = {}
        self.on_set: list[Callable[[object], None]] = []
        """Who is told of each variable before it is set, or taken away."""
        self._busy = threading.local()
        self.began = stamp_of_now()
        """What is made from here on is stamped not earlier than this, in nanoseconds."""
        self.bottom = self._bottom()
        """Where pytest begins, on the stack: who called ``pytest.main`` is not who reads."""

    def _bottom(self) -> FrameType | None:
        bottom, frame = None, sys._getframe()
        while frame is not None:
            owner = self.owner(filename_of(frame))
            if owner is self.PYTEST:
                bottom = frame
            elif owner not in ("", self.IMPORTLIB):
                break
            frame = frame.f_back  # type: ignore[assignment]
        return bottom

    @property
    def awake(self) -> bool:
        """Whether what happens now is somebody's reading: not where it is our own looking."""
        return self.active and not getattr(self._busy, "now", False)

    def quietly(self, at: str, look: Callable[..., object], *args: object) -> None:
        """Calls ``look``: our own looking at things is nobody's reading, and no fault of ours reaches the user."""
        self._busy.now = True
        try:
            look(*args)
        except Exception as fault:
            self.faults.append(f"{at}: {fault!r}")
        finally:
            self._busy.now = False

    @contextmanager
    def unwatched(self) -> Iterator[None]:
        """What this thread does inside is nobody's reading."""
        before = getattr(self._busy, "now", False)
        self._busy.now = True
        try:
            yield
        finally:
            self._busy.now = before

    @property
    def runs(self) -> tuple[Owner, ...]:
        """Who runs now, the outermost first."""
        return tuple(self._running)

    @contextmanager
    def running(self, owner: Owner) -> Iterator[None]:
        """What is read inside belongs to ``owner`` (and to the owners around it)."""
        self._running.append(owner)
        try:
            yield
        finally:
            while self.unsettled:
                self.quietly("later", self.unsettled.pop())
            self._running.remove(owner)

    def saw(self, op: Op, path: str, frame: FrameType | None) -> None:
        """``path`` is being read by the code in ``frame``. No event where what runs now made it itself."""
        standing = self._standing_of(op, path, frame)
        if (op, path) in standing.told and not self.made.touches(path):
            return
        for name in self.made.ways(path):
            if not self.is_output(name):
                if name in self.made:
                    self.look(Op.WRITE, name)  # it may be read as somebody else left it
                self._tell(standing, op, name)

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

    def wrote(self, path: str) -> None:
        """``path`` is being written."""
        running = self._running or [EVERYONE]
        if not self.made.was_by(path, running[-1]):
            self.look(Op.WRITE, path)
            self.made.by(path, running)
            self.keep(running, (Op.WRITE, path))

    def touched(self, path: str) -> None:
        """``path`` is being written to, but what was in it stays: who reads it later reads that, too."""
        self.look(Op.OPEN, path)
        self.look(Op.WRITE, path)
        self.made.by(path, ())
        self.keep(self._running or [EVERYONE], (Op.WRITE, path))

    def forget(self) -> None:
        """What was told is not remembered: a forked process tells for itself, and may work for others than it was
        made for."""
        self._standings.clear()

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
        return self._is_among(self.made.makers(name)) and not self._is_older(name)

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

    def owners(self, frame: FrameType | None, op: Op) -> Set[Owner]:
        """Everyone who may keep what is read; nobody where the import system or pytest reads for itself."""
        return self.standing(frame, op).owners

    def holders(self, frame: FrameType | None) -> Set[Owner]:
        """Everyone who may keep what an observed child says."""
        return self._owners(frame, Op.CHILD, self.may_hold)

    def standing(self, frame: FrameType | None, op: Op) -> Standing:
        """The owners, with what is remembered of them; anew each time where they do not follow from the stack."""
        if op not in ALIKE:
            return Standing(self._owners(frame, op))
        stack = self._stack(frame, ALIKE[op])
        known = self._standings.get(stack)
        if known is None:
            known = Standing(self._owners(frame, op))
            if self._says_all(stack):
                self._standings[stack] = known
        return known

    def _stack(self, frame: FrameType | None, does: str) -> tuple[str, ...]:
        """What is done, who runs, and the files of the code on the stack as ``_frames`` gives them, each once in a row.

        Written out, without calls: each event walks up the stack.
        """
        entrances, bottom = self.entrances, self.bottom
        stack, last = [does, *self._running, "" if _get_ident() == _MAIN else THREAD], ""
        while frame is not None and frame is not bottom:
            filename = frame.f_globals.get("__file__")
            if type(filename) is not str:
                filename = frame.f_code.co_filename
            if filename in entrances and frame.f_lineno in entrances[filename]:
                break
            if filename is not last:
                stack.append(filename)
                last = filename
            frame = frame.f_back
        return tuple(stack)

    def _frames(self, frame: FrameType | None) -> Iterator[tuple[FrameType, str]]:
        """The stack with the files of its code, as far as somebody there may keep what is read."""
        entrances = self.entrances
        while frame is not None and frame is not self.bottom:
            filename = filename_of(frame)
            if filename in entrances and frame.f_lineno in entrances[filename]:
                return
            yield frame, filename
            frame = frame.f_back

    def _says_all(self, stack: tuple[str, ...]) -> bool:
        """Whether the owners follow from the files alone: loaders are asked for their function, too."""
        files = stack[len(self._running) + 2 :]
        first = next((each for each in files if self.owner(each) not in ("", EVERYONE)), "")
        loads = first.endswith(LOADER) or self.owner(first) is self.IMPORTLIB
        return not loads and len(self._standings) < MOST_STACKS

    def _owners(self, frame: FrameType | None, op: Op, keeps: Callable[[FrameType], bool] | None = None) -> set[Owner]:
        owners, keeps = set(self._running), keeps or self.may_keep
        innermost = True
        for at, filename in self._frames(frame):
            owner = self.owner(filename)
            if owner in (self.IMPORTLIB, self.PYTEST) and innermost and self._lends(at, owner):
                owner = ""
            if owner and innermost and owner in (self.IMPORTLIB, self.PYTEST) and op not in IMPORTING:
                return set()
            if owner and owner is not self.IMPORTLIB:
                innermost = innermost and owner is EVERYONE
                if owner is not self.PYTEST and (op not in UNSEEN or keeps(at)):
                    owners.add(owner)
        anybodys = _get_ident() != _MAIN and op not in (*UNSEEN, Op.SYSTEM)
        if anybodys and not (_hands_on(frame) or any(map(_is_code, owners))):
            owners.add(EVERYONE)  # it may be anybody's: what a pool runs is handed to it elsewhere
        if self.plugins and not self.plugins.isdisjoint(owners) and not any(o.startswith("file:") for o in owners):
            owners.update(() if op is Op.SYSTEM else (EVERYONE,))  # reports name the machine, xdist counts processors
        return owners

    def _lends(self, frame: FrameType, loader: Owner) -> bool:
        """Whether a loader only reads for somebody else (``pkgutil.get_data``, ``loader.get_source``)."""
        caller = frame.f_back
        if frame.f_code.co_name not in LENDING or caller is None:
            return False
        return self.owner(filename_of(caller)) is not loader or self._lends(caller, loader)

    def owner(self, filename: str) -> Owner:
        """The owner that a source file stands for."""
        known = self._owners_by_file.get(filename)
        if known is None:
            known = self._owners_by_file[filename] = self._owner_of(filename)
        return known


def _is_code(owner: Owner) -> bool:
    """Whether it stands for a file of the project, or for a package."""
    return owner.startswith(("file:", "top:"))


def _hands_on(frame: FrameType | None) -> bool:
    """Whether it is a thread of ``multiprocessing`` itself, which gives the objects of other processes to who waits."""
    return frame is not None and module_of(filename_of(frame)).startswith("multiprocessing.")


def absolute(path: object) -> str:
    """``path`` as an absolute, normalised string; links stay as they are (where they lead is content)."""
    name = str(_fsdecode(_fspath(path)))  # type: ignore[call-overload]
    return name if is_normal(name) else str(_normpath(name if _isabs(name) else _join(_getcwd(), name)))


def is_normal(path: str) -> bool:
    """Whether ``path`` is absolute, and as ``normpath`` would leave it. In doubt, it is not."""
    plain = POSIX and path[:1] == "/" and "//" not in path and path[-1] != "/"
    return plain and ("/." not in path or ("/./" not in path and "/../" not in path and not path.endswith(_DOTS)))
