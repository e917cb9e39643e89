"""Audit events of what is written, made, moved and removed.

The event comes before the deed, which may fail. What fails writes nothing: then what stood in its way is an
input, and what is there stays one for whoever looks at it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from pytest_gocache.core.frames import caller
from pytest_gocache.core.looks import path_of
from pytest_gocache.core.observe import Observer, Owner
from pytest_gocache.core.ops import Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.standing import Event

# Private copies: tests replace these, and some are wrapped while tests run.
_fspath, _fsdecode, _fsencode, _listdir, _access = os.fspath, os.fsdecode, os.fsencode, os.listdir, os.access
_exists, _lexists, _isdir, _islink, _dirname = (
    os.path.exists,
    os.path.lexists,
    os.path.isdir,
    os.path.islink,
    os.path.dirname,
)
_join, _isabs, _walk = os.path.join, os.path.isabs, os.walk

TEMPORARY: int = getattr(os, "O_TMPFILE", -1)
"""A file without a name, in the directory that is opened."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
TEMPFILE: Owner = "tempfile"
"""Stands for who makes names that nobody finds again."""


class Deeds:
    """Tells ``observer`` of them."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {
            "sqlite3.connect": self._on_database,
            "os.mkdir": self._on_made,
            "os.remove": self._on_removed,
            "os.rmdir": self._on_emptied,
            "os.truncate": self._on_truncated,
            "os.utime": self._on_touched,
            "os.chmod": self._on_touched,
            "os.chown": self._on_touched,
            "os.rename": self._on_moved,
            "os.link": self._on_linked,
            "os.symlink": self._on_symlinked,
            "tempfile.mkdtemp": self._on_drawn,
            "tempfile.mkstemp": self._on_drawn,
        }

    def _on_drawn(self, path: object) -> None:
        self._observer.keep((TEMPFILE,), (Op.WRITE, absolute(path)))

    def opened(self, name: str, how: int) -> None:
        """A file is opened for writing. Unless it is emptied first, what was in it stays, and may be read: at once
        or later."""
        if _isdir(name):
            if how & TEMPORARY != TEMPORARY:
                self._wants(name)
            return
        there, needs = _lexists(name), not how & os.O_CREAT
        asked = how & os.O_EXCL or needs or not how & os.O_TRUNC  # what was not there begins empty
        self._wants(_dirname(name), *([name] if asked else []))
        if (there and how & os.O_EXCL) or (needs and not there) or not self._may_write(name):
            return
        if how & os.O_TRUNC or not there:
            self._observer.wrote(name)
        elif how & os.O_RDWR:
            self._update(name)
        else:
            self._observer.touched(name)

    def _may_write(self, name: str) -> bool:
        return self._is_granted(name, os.W_OK) if _exists(name) else self._has_room(name)

    def _has_room(self, name: str) -> bool:
        """Whether something may be made, or removed, under this name."""
        directory = _dirname(name)
        return _isdir(directory) and self._is_granted(directory, os.W_OK | os.X_OK)

    def _is_granted(self, path: str, mode: int) -> bool:
        """That it is granted counts, too: the next user may not write there."""
        self._observer.saw(Op.ACCESS, path, caller())
        return _access(path, mode)

    def _on_database(self, path: object, *_: object) -> None:
        name: str = _fsdecode(_fspath(path))  # type: ignore[call-overload]
        options = ""
        if name.startswith("file:"):
            name, options = name.removeprefix("file:").partition("?")[::2]
            name = _unescaped(name)
        if not name or name == ":memory:":
            return
        name, has_mode = absolute(name), "mode=" in options
        if has_mode:
            self._wants(name)
        there = _lexists(name)
        if not there:
            self._wants(name)
        if not has_mode or there:
            for beside_it in (f"{name}-wal", f"{name}-journal"):  # what was not written back
                if there:
                    self._observer.saw(Op.OPEN, beside_it, caller())
                self._observer.wrote(beside_it)
            self._update(name)

    def _update(self, name: str) -> None:
        """Read and written. If it changes, that shows when it is stored."""
        if _lexists(name):
            self._observer.saw(Op.OPEN, name, caller())
        self._observer.wrote(name)

    def _on_made(self, path: object, _mode: object = 0, directory: object = -1, *_: object) -> None:
        """A directory that is there already is not made (``makedirs(exist_ok=True)`` tries all the same)."""
        name = beside(directory, path)
        if not name:
            return
        self._wants(_dirname(name), name)
        if not _lexists(name) and self._has_room(name):
            self._observer.wrote(name)

    def _on_removed(self, path: object, directory: object = -1, *_: object) -> None:
        name = beside(directory, path)
        if not name:
            return
        self._wants(name)
        if _lexists(name) and self._has_room(name) and (_islink(name) or not _isdir(name)):
            self._observer.wrote(name)

    def _on_emptied(self, path: object, directory: object = -1, *_: object) -> None:
        """Only an empty directory can be removed."""
        name = beside(directory, path)
        if not name:
            return
        self._observer.saw(Op.LIST, name, caller())
        self._wants(name)
        if _is_empty(name) and self._has_room(name):
            self._observer.wrote(name)

    def _wants(self, *paths: str) -> None:
        """Whether the deed succeeds depends on what is there, or is not; a link that leads nowhere is there, too."""
        frame = caller()
        for path in paths:
            self._observer.saw(Op.KIND, path, frame)
            if not _exists(path):
                self._observer.saw(Op.LINK, path, frame)

    def _on_touched(self, path: object, *rest: object) -> None:
        """The last that such an event tells is the descriptor of a directory, or -1."""
        if name := self._found(path, rest[-1] if rest else None):
            self._observer.touched(name)

    def _on_truncated(self, path: object, *_: object) -> None:
        if name := self._found(path):
            self._update(name)

    def _found(self, path: object, directory: object = None) -> str:
        """The name of what is there; empty where nothing is, for a descriptor, and where nobody knows."""
        name = "" if isinstance(path, int) else beside(directory, path)
        if name:
            self._wants(name)
        return name if name and _exists(name) else ""

    def _on_moved(self, source: object, target: object, here: object = -1, there: object = -1, *_: object) -> None:
        """What is found under the new name is what lay under the old one, if anything did. Where only the old one is
        known, it is read, and may be anywhere then."""
        name, new = beside(here, source), beside(there, target)
        if name and new:
            self._move(name, new)
        elif name:
            self._observer.saw(Op.OPEN, name, caller())
            self._take_along(name)

    def _move(self, name: str, new: str) -> None:
        self._wants(name, _dirname(new))
        if not _lexists(name):
            return
        if _is_in_the_way(new, name):
            self._wants(new)
            self._observer.saw(Op.LIST, new, caller())
        elif self._has_room(new):
            self._take_along(name)
            self._update(name)
            self._observer.wrote(new)

    def _take_along(self, name: str) -> None:
        """What moves with a directory is found under other names: its files, what it lists, where its links lead."""
        frame = caller()
        for op, each in _below(name):
            self._observer.saw(op, each, frame)

    def _on_linked(self, source: object, target: object, here: object = -1, there: object = -1, *_: object) -> None:
        new = beside(there, target)
        if new:
            self._wants(new)
        if not new or not _lexists(new):
            self._on_moved(source, target, here, there)

    def _on_symlinked(self, leads_to: object, link: object, directory: object = -1, *_: object) -> None:
        name, target = beside(directory, link), _fsdecode(_fspath(leads_to))  # type: ignore[call-overload]
        if not name:
            return
        self._wants(_dirname(name), name)
        if not _lexists(name) and self._has_room(name):
            self._observer.linked(name, absolute(_join(_dirname(name), target)), caller())


def beside(descriptor: object, path: object) -> str:
    """``path``, absolute. Relative, it starts at the directory that is open as ``descriptor``, if there is one.

    Empty where the system does not tell which that is, and then nothing may be done by this name: a file of the
    same name elsewhere would no longer be an input.
    """
    name = _fsdecode(_fspath(path))  # type: ignore[call-overload]
    if descriptor in (None, -1) or _isabs(name):
        return absolute(name)
    directory = path_of(descriptor) if isinstance(descriptor, int) else ""
    return absolute(_join(directory, name)) if directory else ""


def _is_dir(name: str) -> bool:
    return _isdir(name) and not _islink(name)


def _is_empty(name: str) -> bool:
    """Whether it is a directory with nothing in it; in doubt it is not."""
    try:
        return _is_dir(name) and not _listdir(name)
    except OSError:
        return False


def _is_in_the_way(there: str, moved: str) -> bool:
    """Whether what is ``there`` cannot give way to what is ``moved``: a file does to a file, an empty directory to a
    directory."""
    if not _lexists(there) or not (_is_dir(there) or _is_dir(moved)):
        return False
    return not (_is_dir(moved) and _is_empty(there))


def _below(path: str) -> Iterator[Event]:
    """What is read of a directory and all below it; of a file nothing, of a link where it leads, too."""
    if _islink(path):
        yield Op.LINK, path
    for directory, subdirectories, names in _walk(path):
        yield Op.LIST, directory
        inside = [_join(directory, name) for name in (*subdirectories, *names)]
        yield from ((Op.LINK, each) for each in inside if _islink(each))
        yield from ((Op.OPEN, each) for each in inside[len(subdirectories) :])


def _unescaped(name: str) -> str:
    """As a URI has it (``%20``). What is no such number stays as it stands."""
    first, *others = _fsencode(name).split(b"%")
    for each in others:
        try:
            first += bytes.fromhex(each[:2].decode("ascii")) + each[2:]
        except ValueError:
            first += b"%" + each
    return _fsdecode(first)
