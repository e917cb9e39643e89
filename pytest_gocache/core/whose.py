"""Whose reading it is: told by who runs, and by the code on the stack.

pytest shares one process between modules, so a reading may belong to several owners:

- the test module that runs (or is being collected);
- every first-party file that has a frame on the stack: it may keep what was read (``lru_cache``, a
  module global), and the next test module that uses it will then read nothing;
- every third-party package that has a frame on the stack, for the same reason;
- the fixture wider than a function that is being set up;
- everyone, where a plugin reads for itself, or a part of the standard library that keeps what it reads.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from types import FrameType

from pytest_gocache.core.asks import filename_of, module_of
from pytest_gocache.core.made import EVERYONE, Owner
from pytest_gocache.core.ops import UNSEEN, Op
from pytest_gocache.core.standing import Standing

_get_ident = threading.get_ident
_MAIN = _get_ident()
"""The thread that loads this: it runs the tests."""
THREAD = "<thread>"
"""What the stack of another thread than the first begins with."""
MOST_STACKS = 10_000
"""For so many stacks of calls it is remembered whose reading they are."""
LOADER = "rewrite.py"
"""Where pytest has its own ``get_data`` (see ``_lends``)."""
CACHE = os.path.join("_pytest", "cacheprovider.py")
"""Where ``config.cache`` is."""
KEEPING = ("get", "set", "mkdir", "_mkdir")
"""What others call of it. The rest is pytest's own: to make the directory, what failed last."""
LENDING = ("get_data", "get_source", "get_code")
"""Functions by which loaders give others what they read."""
SESSION = os.path.join("_pytest", "config", "__init__.py")
"""Where ``pytest.main`` is. What else of it tests call reads nothing that counts."""
IMPORTING = (Op.IMPORT, Op.EXEC, Op.LINES, Op.FIND, Op.METADATA)
BY_IMPORTS = (Op.OPEN, Op.LIST)
"""What the import system does thousands of times for itself."""
_READING = (Op.OPEN, Op.LIST, Op.SCAN, Op.KIND, Op.STAT, Op.TIMES, Op.ACCESS, Op.LINK, Op.GETENV)
READS = "reads"
NOWHERE: dict[str, object] = {}
"""The globals of no code."""
ALIKE: Mapping[Op, str] = {
    **dict.fromkeys(_READING, READS),
    **dict.fromkeys(IMPORTING, "imports"),
    Op.SYSTEM: "asks the system",
}
"""Operations whose owners follow from the files of the code on the stack, with what they are to these."""


class Whose:
    """Tells the owners of a reading. ``owner_of`` names the owner that a source file stands for.

    It gives ``""`` for files that own nothing (the standard library), ``IMPORTLIB`` for the import
    system, ``PYTEST`` for pytest's own and ``EVERYONE`` for what keeps what it reads for all.
    """

    IMPORTLIB = "importlib"
    PYTEST = "pytest"

    def __init__(self, owner_of: Callable[[str], Owner]) -> None:
        self.plugins: frozenset[Owner] = frozenset()
        """The packages of active plugins: what they read for themselves may matter to every module."""
        self._entrances: Mapping[str, range] = {}
        """Functions, as lines of their files, above which the stack is pytest's own: there nobody keeps anything."""
        self._keepers: set[str] = set()
        """Files that keep what they read for everyone."""
        self._marks: set[str] = set()
        """Files in which the way up the stack may end."""
        self.may_keep: Callable[[FrameType], bool] = bool
        """Whether code on the stack has a place for what a child or a connection gave (``core/keepers.py``)."""
        self.may_hold: Callable[[FrameType], bool] = bool
        """The same, in more doubt: for what a child said that tells what it reads. It costs no more than a run."""
        self._owner_of = owner_of
        self._owners_by_file: dict[str, Owner] = {}
        self._standings: dict[tuple[str, ...], Standing] = {}
        self._running: list[Owner] = []
        self.bottom = self._bottom()
        """Where pytest begins, on the stack: who called ``pytest.main`` is not who reads."""
        self._marks.update([] if self.bottom is None else [filename_of(self.bottom)])

    def enters_by(self, entrances: Mapping[str, range]) -> None:
        """Tells the functions, as lines of their files, by which pytest goes from its own loop to what it runs."""
        self._entrances = entrances
        self._marks |= entrances.keys()

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

    def owners(self, frame: FrameType | None, op: Op) -> Set[Owner]:
        """Everyone who may keep what is read; nobody where the import system or pytest reads for itself."""
        return self.standing(frame, op).owners

    def holders(self, frame: FrameType | None) -> Set[Owner]:
        """Everyone who may keep what an observed child says."""
        return self._owners(frame, Op.CHILD, self.may_hold)

    def standing(self, frame: FrameType | None, op: Op) -> Standing:
        """The owners, with what is remembered of them; anew each time where they do not follow from the stack."""
        if op not in ALIKE or (op in BY_IMPORTS and self._imports(frame)):
            return Standing(self._owners(frame, op))
        stack = self._stack(frame, ALIKE[op])
        known = self._standings.get(stack)
        if known is None:
            known = Standing(self._owners(frame, op))
            if self._says_all(stack):
                self._standings[stack] = known
        return known

    def _imports(self, frame: FrameType | None) -> bool:
        """Whether the import system reads: for itself, or lent, and in no case remembered (``_says_all``)."""
        return frame is not None and self.owner(filename_of(frame)) is self.IMPORTLIB

    def _stack(self, frame: FrameType | None, does: str) -> tuple[str, ...]:
        """What is done, who runs, and the files of the code on the stack as ``_frames`` gives them, each once in a row;
        but for imports no further than who asks for what is kept for everyone.

        Written out, without calls: each event walks up the stack.
        """
        marks, stack, last = self._marks, [does, *self._running, "" if _get_ident() == _MAIN else THREAD], NOWHERE
        begin, kept = len(stack), False
        while frame is not None:
            if (where := frame.f_globals) is not last:
                filename, last = where.get("__file__"), where
                if type(filename) is not str:
                    filename, last = frame.f_code.co_filename, NOWHERE
                if filename in marks:
                    if self._is_end(frame, filename):
                        break
                    last = NOWHERE
                    kept = kept or (does is READS and self._is_kept(filename, stack[begin:]))
                stack.append(filename)
                if kept and self._tells_who(filename):
                    break
            frame = frame.f_back
        return tuple(stack)

    def _is_end(self, frame: FrameType, filename: str) -> bool:
        """Whether nobody who keeps what is read is further up."""
        entrance = self._entrances.get(filename, ())
        return frame is self.bottom or (bool(entrance) and frame.f_lineno in entrance)

    def _is_kept(self, filename: str, below: list[str]) -> bool:
        """Whether what is read is kept there for everyone, as code ``below`` does not. (``gettext`` asks for four
        variables at each text.)"""
        return filename in self._keepers and not any(map(self.owner, below))

    def _tells_who(self, filename: str) -> bool:
        """Whether who reads is known there. The import system may have asked for itself, and so may pytest: a keeper
        that is being imported (``zoneinfo``) asks for what tells of the machine only."""
        return self.owner(filename) not in ("", EVERYONE, self.IMPORTLIB, self.PYTEST)

    def _frames(self, frame: FrameType | None) -> Iterator[tuple[FrameType, str]]:
        """The stack with the files of its code, as far as somebody there may keep what is read."""
        while frame is not None:
            filename = filename_of(frame)
            if filename in self._marks and self._is_end(frame, filename):
                return
            yield frame, filename
            frame = frame.f_back

    def _says_all(self, stack: tuple[str, ...]) -> bool:
        """Whether the owners follow from the files alone: loaders are asked for their function, too."""
        files = stack[len(self._running) + 2 :]
        first = next((each for each in files if self.owner(each) not in ("", EVERYONE)), "")
        loads = first.endswith((LOADER, CACHE)) or self.owner(first) is self.IMPORTLIB
        return not loads and len(self._standings) < MOST_STACKS

    def _owners(self, frame: FrameType | None, op: Op, keeps: Callable[[FrameType], bool] | None = None) -> set[Owner]:
        owners, keeps = set(self._running), keeps or self.may_keep
        innermost = op not in IMPORTING
        for at, filename in self._frames(frame):
            owner = self.owner(filename)
            if owner in (self.IMPORTLIB, self.PYTEST) and innermost and self._lends(at, owner):
                owner = ""
            if owner and innermost and owner in (self.IMPORTLIB, self.PYTEST):
                if owner is self.IMPORTLIB or not self._is_asked(filename for _, filename in self._frames(at)):
                    return set()
                owner = ""
            if owner and owner is not self.IMPORTLIB:
                innermost = innermost and owner is EVERYONE
                if owner is not self.PYTEST and (op not in UNSEEN or keeps(at)):
                    owners.add(owner)
                if op in _READING and EVERYONE in owners and not innermost:
                    break  # there is nobody else who would not have it
        anybodys = _get_ident() != _MAIN and op not in (*UNSEEN, Op.SYSTEM)
        if anybodys and not (_hands_on(frame) or any(map(_is_code, owners))):
            owners.add(EVERYONE)  # it may be anybody's: what a pool runs is handed to it elsewhere
        if self.plugins and not self.plugins.isdisjoint(owners) and not any(o.startswith("file:") for o in owners):
            owners.update(() if op is Op.SYSTEM else (EVERYONE,))  # reports name the machine, xdist counts processors
        return owners

    def _is_asked(self, files: Iterable[str]) -> bool:
        """Whether pytest works for somebody who called ``pytest.main``, and not for itself.

        ``files`` are those of the code on the stack, the innermost first.
        """
        sessions = False
        for filename in files:
            if sessions and self.owner(filename) not in ("", self.IMPORTLIB, self.PYTEST):
                return True
            sessions = sessions or filename.endswith(SESSION)
        return False

    def _lends(self, frame: FrameType, loader: Owner) -> bool:
        """Whether a loader only reads for somebody else (``pkgutil.get_data``, ``loader.get_source``)."""
        if filename_of(frame).endswith(CACHE):
            return frame.f_code.co_name in KEEPING and self._for_project(frame.f_back)
        caller = frame.f_back
        if frame.f_code.co_name not in LENDING or caller is None:
            return False
        return self.owner(filename_of(caller)) is not loader or self._lends(caller, loader)

    def _for_project(self, frame: FrameType | None) -> bool:
        """Whether code of the project asks for what is kept in pytest's cache, and not pytest or a plugin."""
        for _, filename in self._frames(frame):
            owner = self.owner(filename)
            if owner.startswith("file:") or (owner is self.PYTEST and not filename.endswith(CACHE)):
                return owner is not self.PYTEST
        return False

    def owner(self, filename: str) -> Owner:
        """The owner that a source file stands for."""
        known = self._owners_by_file.get(filename)
        if known is None:
            known = self._owners_by_file[filename] = self._owner_of(filename)
            if known is EVERYONE:
                self._keepers.add(filename)
                self._marks.add(filename)
        return known

    def forget(self) -> None:
        """What was told is not remembered: a forked process tells for itself, and may work for others than it was
        made for."""
        self._standings.clear()


def _is_code(owner: Owner) -> bool:
    """Whether it stands for a file of the project, or for a package."""
    return owner.startswith(("file:", "top:"))


def _hands_on(frame: FrameType | None) -> bool:
    """Whether it is a thread of ``multiprocessing`` itself, which gives the objects of other processes to who waits."""
    return frame is not None and module_of(filename_of(frame)).startswith("multiprocessing.")
