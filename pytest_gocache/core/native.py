"""Files of the project that C code opens by itself (``polars``, ``lxml``, ``pyarrow``): no audit event tells of them.

So once such code is loaded the kernel is asked (``core/kernel.py``) what this process opened, and what Python had told
of is taken away. What is left counts for who ran meanwhile, and for all who import the package: nobody knows what was
on the stack, and whoever has the package may keep what was read.

Nothing tells of what C code looks for and does not find, nor of files outside the project.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from types import SimpleNamespace
from typing import NoReturn

from pytest_gocache.core.audit import OF_FILES, named
from pytest_gocache.core.frames import caller
from pytest_gocache.core.kernel import ACCESSED, LINUX, LOST, MODIFIED, NEW, OF_DIRECTORY, Watch, begin
from pytest_gocache.core.looks import NOISE, path_of, signature, stamp_of_now
from pytest_gocache.core.observe import EVERYONE, Observer, Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute, is_below

_real = SimpleNamespace(scandir=os.scandir)
_isabs, _realpath, _dirname = os.path.isabs, os.path.realpath, os.path.dirname

BY_PYTHON = frozenset(
    {
        *("_pytest", "_yaml", "aiohttp", "bcrypt", "charset_normalizer", "contourpy", "coverage"),
        *("cryptography", "cython", "frozenlist", "google_crc32c", "greenlet", "httptools", "hypothesis", "jiter"),
        *("kiwisolver", "lazy_object_proxy", "markupsafe", "matplotlib", "msgpack", "msgspec", "multidict", "mypy"),
        *("nacl", "numpy", "orjson", "pandas", "propcache", "pydantic_core", "regex", "rpds", "ruamel"),
        *("scipy", "simplejson", "sklearn", "sqlalchemy", "tornado", "ujson", "uvloop"),
        *("websockets", "wrapt", "yaml", "yarl", "zope"),
    }
)
"""Compiled packages of which it is known that they open files through Python, or none: nobody need be asked."""
BY_PATH = frozenset({"_tkinter"})
"""Of Python itself: what it runs (Tcl) opens files. For others that open some see ``core/opening.py``."""
COMPILED = "__mypyc"
"""What mypyc made of Python code does as Python does."""
OF_OTHERS = ("", Observer.PYTEST, Observer.IMPORTLIB)
LIBRARIES = (".so", ".pyd")
"""What C code opens to load it: it counts by other ways."""
UNKNOWN = "native: it is not known any more what C code opened"
MOST_DIRECTORIES = 20_000
"""More are not looked through: a link may lead to the root of the system."""
VENV = "pyvenv.cfg"
PASSED_OVER = frozenset({*NOISE, "node_modules"})


class Native:
    """Tells ``observer`` of what C code opens below ``top``."""

    def __init__(self, observer: Observer, top: str, alone: bool = False) -> None:
        """``alone`` is a process in which nobody takes turns: all is one owner's, and it may end at any moment."""
        self._observer = observer
        self._alone = alone
        self._top = top
        self._watch: Watch = Watch()
        self._owners: set[Owner] = set()
        """Those who have such code: whoever imports one may keep what it read."""
        self._known: set[str] = set()
        """The extension modules that were looked at."""
        self._told: set[str] = set()
        """What Python told of since the last time that the kernel was asked."""
        self._links: dict[str, list[str]] = {}
        """The links of the project, by where they lead."""
        self._directories: list[str] = []
        self._waiting: Mapping[str, int] = {}
        """What happened while we looked at what had happened before."""
        self._since = 0
        self._stays = self._listens = False

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {"import": self._on_import, "ctypes.dlopen": self._on_load}

    def _on_import(self, _module: object, filename: object = None, *_: object) -> None:
        if isinstance(filename, str):
            self.loaded(filename, self._observer.owners(caller(), Op.IMPORT))

    def _on_load(self, name: object) -> None:
        if isinstance(name, str):
            self.loaded(name, self._observer.owners(caller(), Op.IMPORT))

    def install(self) -> None:
        """Begins where such code is loaded already; again, after ``remove``."""
        if not self._stays:
            self._stays = True
            self._stay()
        if self._owners:
            self._begin()
        for module in list(sys.modules.values()):
            filename = getattr(module, "__file__", None)
            if isinstance(filename, str) and filename.endswith(LIBRARIES):
                self.loaded(filename, {EVERYONE})

    def _stay(self) -> None:
        """What is there for the life of the process."""
        os.register_at_fork(after_in_child=self._forked)
        if self._alone:
            self._end_well()

    def remove(self) -> None:
        """Ends."""
        self._close()
        self._observer.turns = [each for each in self._observer.turns if each != self.settle]

    def _close(self) -> None:
        self._watch.close()
        self._watch = Watch()

    def loaded(self, filename: str, by: Set[Owner]) -> None:
        """An extension module or a library is loaded by ``by``: not always by the package that it is of."""
        if filename in self._known:
            return
        self._known.add(filename)
        package = self._observer.owner(filename) if os.sep in filename else EVERYONE
        if not _opens_by_path(filename) and (package in OF_OTHERS or _opens_by_python(package)):
            return
        if not self._owners:
            self._begin()
        packages = {each for each in {package, *by} if each.startswith("top:")}
        owners = packages if packages and EVERYONE not in by else {EVERYONE}
        self._owners |= owners
        if LINUX and not self._watch.sees:  # elsewhere it is known that nothing is seen
            self._observer.enter(owners, Op.NATIVE, _name_of(package, filename))

    def _begin(self) -> None:
        self._observer.quietly("native", self._mark)
        if not self._watch.sees:
            return
        if not self._listens:  # an audit hook stays
            self._listens = True
            sys.addaudithook(self._hook())
        self._observer.turns.append(self.settle)

    def _end_well(self) -> None:
        """What was opened last is told before the process ends."""
        import atexit  # part of the interpreter

        atexit.register(self._last)
        end = os._exit

        def _exit(status: int) -> NoReturn:
            self._last()
            end(status)

        os._exit = _exit

    def _last(self) -> None:
        self._observer.quietly("native", self.settle)

    def _mark(self) -> None:
        self._directories = self._directories or list(self._walk(self._top))
        self._watch = begin(self._directories)
        self._pass_over()

    def _pass_over(self) -> None:
        """What happened meanwhile was our own looking, which Python tells of, too; the rest was another thread's."""
        meanwhile = self._watch.read()
        self._waiting = {path: what for path, what in meanwhile.items() if path not in self._told}
        self._told.clear()
        self._since = stamp_of_now()

    def _walk(self, top: str) -> Iterator[str]:
        """The directories of the project, from ``top`` on, that hold what tests may read."""
        waiting, outside, met = [top], list[str](), set[str]()
        real = _realpath(self._top)
        while (waiting or outside) and len(met) < MOST_DIRECTORIES:
            directory = (waiting or outside).pop()
            if directory in met:
                continue  # links may lead in a circle
            met.add(directory)
            inner: list[str] = []
            for entry in _entries(directory):
                if _is_passed_over(entry.name):
                    continue
                if entry.is_symlink():
                    leads = _realpath(entry.path)
                    if is_below(leads, real):  # by the name that the project's directory was given by
                        leads = self._top + leads[len(real) :]
                    self._links.setdefault(leads, []).append(entry.path)
                    if not is_below(leads, self._top):
                        inner += [leads] if entry.is_dir() else []
                        yield from [] if entry.is_dir() else [_dirname(leads)]
                elif entry.is_dir():
                    inner.append(entry.path)
                elif entry.name == VENV and directory != self._top:
                    break
            else:
                yield directory
                for each in inner:
                    (waiting if is_below(each, self._top) else outside).append(each)

    def _hook(self) -> Callable[[str, tuple[object, ...]], None]:
        observer, tell = self._observer, self._tell

        def hook(event: str, args: tuple[object, ...]) -> None:
            if event in OF_FILES and observer.active:
                if self._alone and observer.awake:
                    self._last()
                tell(*args)

        hook.__cantrace__ = False  # type: ignore[attr-defined]
        return hook

    def _tell(self, path: object = None, mode: object = "", *_: object) -> None:
        try:
            where = "." if path is None else path
            self._told.add(path_of(where) if isinstance(where, int) else named(where, mode) or absolute(where))
        except (OSError, TypeError, ValueError):  # the user's code will hear of it
            return

    def settle(self) -> None:
        """Enters what was opened for those who ran so far."""
        happened = {**self._waiting, **self._watch.read()}
        if not happened:
            self._told.clear()
            return
        if LOST in happened:
            self._observer.faults.append(UNKNOWN)
            self._close()
            return
        told, since = frozenset(self._told), self._since
        self._told.clear()
        self._waiting = {}
        made = {_dirname(path) for path, what in happened.items() if what & (NEW | MODIFIED)}
        for path, what in happened.items():
            if _isabs(path) and path not in told and not path.endswith(LIBRARIES):
                self._enter(path, what, path in made, since)
        self._pass_over()

    def _enter(self, path: str, what: int, is_changed: bool, since: int) -> None:
        observer = self._observer
        if what & OF_DIRECTORY:
            if what & NEW:
                self._watch_too(path)
            elif not is_changed:  # one in which something is made is opened for that, too (by sqlite)
                self._read(Op.LIST, path, 0, self._owners)
        elif what & NEW or what & (MODIFIED | ACCESSED) == MODIFIED:
            observer.wrote(path)
        else:
            if what & MODIFIED:  # before or after it was read, or in part: nobody knows
                observer.keep(observer.runs or (EVERYONE,), (Op.TOUCH, path))
            self._read(Op.OPEN, path, since, () if what & MODIFIED else self._owners)

    def _watch_too(self, directory: str) -> None:
        """``directory`` is new, whoever made it; in a child it may be gone again."""
        for each in self._walk(directory):
            self._directories.append(each)
            if not self._watch.add(each):
                self._observer.faults.append(UNKNOWN)

    def _read(self, op: Op, path: str, since: int, others: Iterable[Owner]) -> None:
        observer = self._observer
        owners = {*(observer.runs or (EVERYONE,)), *others}
        for name in self._names(path):
            if not observer.is_output(name):
                observer.enter(owners, op, name)
                seen = signature(name)
                if since and seen is not None and max(seen[1:3]) >= since:
                    observer.doubt(name)  # it may have been read before it was changed

    def _names(self, path: str) -> Iterable[str]:
        """``path``, and the names that it has by links of the project."""
        yield path
        for leads, links in self._links.items() if self._links else ():
            if is_below(path, leads):
                yield from (f"{link}{path[len(leads) :]}" for link in links)

    def _forked(self) -> None:
        """The queue is the parent's: what the child opens is another's."""
        if not self._observer.active:
            return
        if self._watch.sees:
            self._watch.close()
            self._observer.quietly("native", self._mark)
        if not self._alone:
            self._alone = True
            self._end_well()


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name in PASSED_OVER


def _opens_by_path(filename: str) -> bool:
    return _stem(filename) in BY_PATH


def _stem(filename: str) -> str:
    return os.path.basename(filename).partition(".")[0]


def _name_of(package: Owner, filename: str) -> str:
    return package.removeprefix("top:").partition(".")[0] or _stem(filename)


def _opens_by_python(package: Owner) -> bool:
    name = package.removeprefix("top:").partition(".")[0]
    return name in BY_PYTHON or name.endswith(COMPILED)


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with _real.scandir(directory) as entries:
            return list(entries)
    except OSError:
        return []
