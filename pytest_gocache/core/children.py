"""Child processes: forked ones go on watching, Python ones are asked to, others are judged by what is known of them.

A Python child gets two variables, which its start-up hook (``child/sitecustomize.py``) takes away again before
anything of the user's runs. Who started it has what it reads. The parent's own variables stay as they are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FrameType
from typing import Any

from pytest_gocache.core.asks import filename_of, module_of
from pytest_gocache.core.frames import caller
from pytest_gocache.core.journal import SPAWN, Faults, Journal
from pytest_gocache.core.observe import EVERYONE, Observer, Owner
from pytest_gocache.core.ops import LOOKED_AT, Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.programs import Known, Look

_putenv, _unsetenv = os.putenv, os.unsetenv
_getcwd, _urandom, _fsdecode, _fsencode, _fspath = os.getcwd, os.urandom, os.fsdecode, os.fsencode, os.fspath

VARIABLE, PATH = b"PYTEST_GOCACHE_CHILD", b"PYTHONPATH"
LOADED = "_posixsubprocess"
SHARED = ("from multiprocessing.forkserver import", "from multiprocessing.resource_tracker import")
"""Helpers that multiprocessing starts once for whoever comes."""
HIDING = frozenset("EIS")
"""Options by which an interpreter heeds no variables or loads no start-up hook."""
WITH_VALUE = frozenset("WX")
ENDING = frozenset("cm")


BEFORE_IT_STARTS = 21
"""Where among the arguments of ``fork_exec`` the function is that is called in the child first."""


class Children:
    """Sees processes start. ``same`` says whether a variable's value is what it was at first."""

    def __init__(
        self, observer: Observer, journal: Journal, same: Callable[[str, str | None], bool], start: Callable[[], str]
    ) -> None:
        """``start`` gives the directory of the start-up hook, with everything it needs in its place."""
        self._observer = observer
        self._journal = journal
        self._same = same
        self._start = start
        self._undo: list[Callable[[], None]] = []
        self.is_child = False
        """Whether this is itself a process that tells by a journal."""

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {
            "os.system": self._on_system,
            "os.posix_spawn": self._on_program,
            "os.exec": self._on_program,
            "subprocess.Popen": self._on_popen,
        }

    def install(self) -> None:
        """Starts watching. What is called at a fork stays for the life of the process."""
        if LOADED in sys.modules:
            self.loading(LOADED)
        if "subprocess" in sys.modules:
            self._wrap(sys.modules["subprocess"], "_fork_exec")
        os.register_at_fork(after_in_child=self._forked)

    def loading(self, module: object) -> None:
        """``module`` is being imported. What starts all processes is replaced before anybody has it."""
        if module == LOADED and not self._undo:
            import _posixsubprocess

            self._wrap(_posixsubprocess, "fork_exec")

    def remove(self) -> None:
        """Puts the originals back."""
        while self._undo:
            self._undo.pop()()

    def _wrap(self, module: Any, name: str) -> None:
        original = getattr(module, name, None)
        if original is None:
            return

        def fork_exec(*args: Any) -> Any:
            __tracebackhide__ = True
            if not self._observer.awake:
                return original(*args)
            told, lent = list(args), dict[bytes, bytes | None]()
            self._observer.quietly("fork_exec", self._on_fork_exec, told, lent)
            try:
                return original(*told)
            finally:
                _take_back(lent)

        setattr(module, name, fork_exec)
        self._undo.append(lambda: setattr(module, name, original))

    def _forked(self) -> None:
        if self._observer.active:
            self.is_child = True
            self._journal.forked()
            self._observer.forget()
            self._observer.keep = self._journal.keep
            self._observer.on_link = self._journal.leads
            self._observer.faults = Faults(self._journal)
            self._observer.look = self._seen_too(self._observer.look)

    def becoming(self, call: str) -> None:
        """By ``call`` this process becomes somebody who may not write where it tells."""
        if self.is_child:
            owners = self._observer.owners(caller(), Op.CHILD)
            self._observer.enter(owners or {EVERYONE}, Op.CHILD, f"python after {call}")

    def _seen_too(self, look: Callable[[Op, str], object]) -> Callable[[Op, str], object]:
        def both(op: Op, name: str) -> None:
            look(op, name)
            self._journal.seen(op, name)

        return both

    def _on_fork_exec(self, told: list[Any], lent: dict[bytes, bytes | None]) -> None:
        """``told`` are the arguments: argv, executables to try, ..., current directory, variables, ...

        A child that is given no variables inherits those that C knows, of which ``os.environ`` need not know
        all. It gets ours through there: ``lent`` is for the moment in which it starts.
        """
        frame = caller()
        if _describes_machine(frame) or not self._observer.owners(frame, Op.OPEN):
            return
        cwd = _getcwd() if told[4] is None else _starts_in(told[4])
        if told[4] is not None:
            self._observer.entered(absolute(cwd), frame)  # without it nothing starts
        given = None if told[5] is None else [bytes(each) for each in told[5]]
        pairs = dict(os.environb) if given is None else dict(each.partition(b"=")[::2] for each in given)
        known = self._known(told[0], told[1], cwd, _fsdecode(pairs.get(b"PATH", b"")), frame)
        python = known.python if known.python is not None and not self._hides(known.python) else None
        if python is None and _may_move(told):
            known.unseen = known.unseen or os.path.basename(_text(told[0][0]))
        if known.unseen:
            self._observer.enter(self._observer.owners(frame, Op.CHILD), Op.CHILD, known.unseen)
        changed = self._changed(pairs)
        if python is None and not changed:
            return  # who may have what it says takes its time to tell
        owners = self._observer.owners(frame, Op.CHILD) if python is None else self._observer.holders(frame)
        if any(_text(each).startswith(SHARED) for each in told[0]):
            owners = {EVERYONE}
        for variable in changed:
            self._observer.met(variable, owners)
        if python is None:
            return
        asking = self._asking(pairs, owners, _called(python))
        if given is None:
            for name, value in asking.items():
                lent[name] = pairs.get(name)
                _putenv(name, value)
        else:
            kept = [each for each in given if each.partition(b"=")[0] not in asking]
            told[5] = [*kept, *(b"=".join(pair) for pair in asking.items())]

    def _changed(self, pairs: Mapping[bytes, bytes]) -> list[bytes]:
        """The variables that are not as at first, because of other test modules than those that run."""
        theirs = (each for each in self._observer.variables_set() if self._observer.modules_that_set(each))
        return [each for each in theirs if isinstance(each, bytes) and not self._is_as_at_first(each, pairs.get(each))]

    def _is_as_at_first(self, variable: bytes, value: bytes | None) -> bool:
        return self._same(_fsdecode(variable), None if value is None else _fsdecode(value))

    def _known(
        self,
        argv: Iterable[Any],
        candidates: Iterable[Any],
        cwd: str,
        path: str,
        frame: FrameType | None,
    ) -> Known:
        """Notes all that is known of a program. That it is not all (``unseen``), the caller has to note."""
        words = [_text(each) for each in argv] or [""]
        known = Look(cwd, path or os.defpath).at(words, [_text(each) for each in candidates])
        if known.python is not None and self._hides(known.python):
            known.unseen = " ".join([os.path.basename(words[0]), *_options(known.python)])
        for op, name in known.events:
            if op is Op.WRITE:
                self._observer.wrote(name, surely=name not in known.makes)
            elif op is Op.TOUCH:
                self._observer.touched(name)
            elif op in LOOKED_AT:
                self._observer.saw(op, name, frame)
            else:
                self._observer.note(op, name, frame)
        return known

    @staticmethod
    def _hides(arguments: Sequence[str]) -> bool:
        return any(not HIDING.isdisjoint(each) for each in _options(arguments) if not each.startswith("--"))

    def _asking(self, pairs: Mapping[bytes, bytes], owners: Iterable[Owner], name: str) -> dict[bytes, bytes]:
        """The variables by which a child is asked to tell what it reads."""
        number = _urandom(8).hex()
        others = [k for k, v in pairs.items() if not self._is_as_at_first(k, v)]
        anew = [_fsdecode(k) for k in others if self._observer.is_own(k)]
        self._journal.tell(SPAWN, number, name, "=".join(anew), *sorted(owners))
        before = pairs.get(PATH)
        path = _fsencode(self._start()) + (os.pathsep.encode() + before if before else b"")
        return {PATH: path, VARIABLE: _fsencode(f"{number} {before is not None:d} {self._journal.directory}")}

    def _on_popen(self, *_: object) -> None:
        """About to start something. The other way is as good, and is not watched (Python 3.13 prefers it)."""
        module: Any = sys.modules["subprocess"]
        if getattr(module, "_USE_POSIX_SPAWN", False):
            module._USE_POSIX_SPAWN = False
            self._undo.append(lambda: setattr(module, "_USE_POSIX_SPAWN", True))

    def _on_system(self, command: object) -> None:
        path = os.environ.get("PATH", "")
        self._unasked(["sh", "-c", _text(command)], ["/bin/sh"], path)

    def _on_program(self, path: object, argv: Iterable[Any] = (), env: object = None) -> None:
        """Started without us being able to ask it anything."""
        self._unasked([_text(each) for each in argv], [_text(path)], os.environ.get("PATH", ""))

    def _unasked(self, argv: list[str], candidates: list[str], path: str) -> None:
        frame = caller()
        if users := self._observer.owners(frame, Op.CHILD):
            known = self._known(argv, candidates, _getcwd(), path, frame)
            if known.unseen:
                self._observer.enter(users, Op.CHILD, known.unseen)
            if known.python is not None and not self._hides(known.python):
                self._observer.enter(users, Op.CHILD, os.path.basename(argv[0] if argv else candidates[0]))


def _describes_machine(frame: FrameType | None) -> bool:
    """Whether ``platform`` asks ``file`` or ``uname`` of the interpreter and the machine: these are in each key."""
    while frame is not None and module_of(filename_of(frame)) == "subprocess":
        frame = frame.f_back
    return frame is not None and module_of(filename_of(frame)) == "platform"


def _options(arguments: Sequence[str]) -> list[str]:
    """The interpreter's own options: those before the script, ``-c`` or ``-m``."""
    found: list[str] = []
    at = 0
    while at < len(arguments) and len(arguments[at]) > 1 and arguments[at].startswith("-"):
        option = arguments[at]
        letters = "" if option.startswith("--") else option[1:]
        stop = next((n for n, letter in enumerate(letters) if letter in ENDING or letter in WITH_VALUE), None)
        if stop is None:
            found.append(option)
        else:
            if stop:
                found.append("-" + letters[:stop])
            if letters[stop] in ENDING:
                break
            at += 1 if stop == len(letters) - 1 else 0
        at += 1
    return found


def _called(arguments: Sequence[str]) -> str:
    """What a Python child is called when it told nothing: by its first argument that is not an option."""
    words = [each for each in arguments if each not in _options(arguments)]
    return " ".join(["python", *words[:2]]).partition("\n")[0][:60]


def _starts_in(directory: Any) -> str:
    """Where a child starts. ``..`` stays: behind a link it leads elsewhere than the names say."""
    path = os.path.join(_getcwd(), _fsdecode(directory))
    return path if os.pardir in path.split(os.sep) else absolute(path)


def _take_back(lent: Mapping[bytes, bytes | None]) -> None:
    for name, value in lent.items():
        if value is None:
            _unsetenv(name)
        else:
            _putenv(name, value)


def _text(value: Any) -> str:
    return _fsdecode(_fspath(value))


def _may_move(told: Sequence[Any]) -> bool:
    """Whether a function of the user's is called before the program starts: it may go to another directory."""
    first = told[BEFORE_IT_STARTS] if len(told) > BEFORE_IT_STARTS else None
    return first is not None and first not in (getattr(os, "setsid", None), getattr(os, "setpgrp", None))
