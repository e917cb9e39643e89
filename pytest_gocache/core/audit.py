"""Audit events: what Python itself says of files opened, directories listed and modules that run.

The hook sits in ``sys.addaudithook``, which cannot be removed: ``Observer.active`` switches it off.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FrameType

from pytest_gocache.core.frames import beyond_monkeypatch, caller, looks_for_itself
from pytest_gocache.core.libraries import Libraries
from pytest_gocache.core.looks import archive_of, path_of
from pytest_gocache.core.observe import Observer, absolute
from pytest_gocache.core.ops import Op

_fspath, _fsdecode, _getframe = os.fspath, os.fsdecode, sys._getframe
_exists, _lexists, _isdir, _dirname = os.path.exists, os.path.lexists, os.path.isdir, os.path.dirname

OF_FILES = frozenset({"open", "os.listdir", "os.scandir"})
"""Events of which there are thousands where we look for ourselves: at sources, at what is installed."""
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


class Metadata:
    """Nobody's: every file is a file. ``core/metadata.py`` knows better."""

    def opened(self, path: str, frame: FrameType | None) -> bool:
        """Whether opening ``path`` is a look-up of a distribution's metadata, and told as such."""
        return False

    def listed(self, directory: str, frame: FrameType | None) -> bool:
        """Whether listing ``directory`` is part of such a look-up."""
        return False


class Audit:
    """Tells ``observer`` of audit events. ``more`` are handlers for events that others want."""

    def __init__(
        self,
        observer: Observer,
        more: dict[str, Callable[..., None]] | None = None,
        metadata: Metadata = Metadata(),  # noqa: B008  it has no state
    ) -> None:
        self._observer = observer
        self._metadata = metadata
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._on_open,
            "import": self._on_import,
            "exec": self._on_exec,
            "sqlite3.connect": self._on_database,
            "os.listdir": self._on_list,
            "os.scandir": self._on_scan,
            "os.mkdir": self._on_made,
            "os.remove": self._on_removed,
            "os.rmdir": self._on_emptied,
            "os.truncate": self._on_truncated,
            "os.utime": self._on_touched,
            "os.chmod": self._on_touched,
            "os.chown": self._on_touched,
            "os.chdir": self._on_entered,
            "os.rename": self._on_moved,
            "os.link": self._on_linked,
            "os.symlink": self._on_symlinked,
            **Libraries(observer).handlers(),
            **(more or {}),
        }

    def install(self) -> None:
        """Starts watching. Audit hooks stay for the life of the process."""
        observer, handler_of = self._observer, self._handlers.get

        def hook(event: str, args: tuple[object, ...]) -> None:
            # A plain function: a bound method costs three times as much, at each of many events.
            handler = handler_of(event)
            if handler is None or not observer.awake or (event in OF_FILES and looks_for_itself(_getframe().f_back)):
                return  # what runs inside our own looking (finders, others' hooks) is looked at all the same
            observer.quietly(event, handler, *args)

        observer.active = True
        sys.addaudithook(hook)

    def _on_open(self, path: object, mode: object = None, flags: object = 0) -> None:
        if isinstance(path, int) or path is None:
            return
        name = absolute(path)
        how = flags if isinstance(flags, int) else 0
        if not how & WRITING:
            frame = caller()
            if not self._metadata.opened(name, frame):
                self._observer.saw(Op.OPEN, name, frame)
        elif not _isdir(name):  # there, only a temporary file without a name can be meant
            self._on_writing(name, how)

    def _on_writing(self, name: str, how: int) -> None:
        """Unless it is emptied first, what was in a file stays, and may be read: at once or later."""
        self._wants(_dirname(name), *([name] if how & os.O_EXCL else []))
        if how & os.O_EXCL and _lexists(name):
            return  # it fails, and writes nothing
        if how & os.O_TRUNC or not _lexists(name):
            self._observer.wrote(name)
        elif how & os.O_RDWR:
            self._update(name)
        else:
            self._observer.touched(name)

    def _on_database(self, path: object, *_: object) -> None:
        name: str = _fsdecode(_fspath(path))  # type: ignore[call-overload]
        if name.startswith("file:"):
            name = name.removeprefix("file:").partition("?")[0]
        if name and name != ":memory:":
            self._update(absolute(name))

    def _update(self, name: str) -> None:
        """Read and written. If it changes, that shows when it is stored."""
        if _lexists(name):
            self._observer.saw(Op.OPEN, name, caller())
        self._observer.wrote(name)

    def _on_list(self, path: object = None) -> None:
        name, frame = _directory(path), caller()
        if name and not self._metadata.listed(name, frame):
            self._observer.saw(Op.LIST, name, frame)

    def _on_scan(self, path: object = None) -> None:
        name, frame = _directory(path), caller()
        op = Op.LIST if frame is not None and _only_names(frame) else Op.SCAN
        if name:
            self._observer.saw(op, name, frame)

    def _on_import(self, module: object, filename: object = None, *_: object) -> None:
        if isinstance(module, str):
            frame = caller()
            self._observer.note(Op.IMPORT, module, frame)
            if isinstance(filename, str):  # an extension module: it counts by content wherever it lies
                self._observer.saw(Op.OPEN, absolute(filename), beyond_importing(frame, self._observer))

    def _on_exec(self, code: object, *_: object) -> None:
        """A module body runs: the only sign of a file found in a directory that a fixture put on ``sys.path``,
        and of what ``importlib.import_module`` found, where somebody kept that function."""
        if not isinstance(code, CodeType) or code.co_name != "<module>":
            return
        owner = self._observer.owner(code.co_filename)
        if owner.startswith("file:"):
            name = absolute(code.co_filename)
            # Templates carry the names of their files, too: what was compiled is not what stands in them.
            self._observer.saw(Op.EXEC if name.endswith(".py") else Op.OPEN, name, caller())
            if archive := archive_of(name):
                self._observer.look(Op.OPEN, archive)
        elif owner.startswith("top:"):
            self._observer.note(Op.IMPORT, owner.removeprefix("top:"), caller())

    def _on_made(self, path: object, *_: object) -> None:
        """A directory that is there already is not made (``makedirs(exist_ok=True)`` tries all the same)."""
        name = absolute(path)
        self._wants(_dirname(name), name)
        if not _lexists(name):
            self._observer.wrote(name)

    def _on_removed(self, path: object, *_: object) -> None:
        name = absolute(path)
        self._wants(name)
        if _lexists(name):
            self._observer.wrote(name)

    def _on_emptied(self, path: object, *_: object) -> None:
        """Only an empty directory can be removed."""
        self._observer.saw(Op.LIST, absolute(path), caller())
        self._on_removed(path)

    def _on_entered(self, path: object) -> None:
        if not isinstance(path, int):
            self._observer.saw(Op.KIND, absolute(path), beyond_monkeypatch(caller()))

    def _wants(self, *paths: str) -> None:
        """Whether the deed succeeds depends on what is there, or is not; a link that leads nowhere is there, too."""
        frame = caller()
        for path in paths:
            self._observer.saw(Op.KIND, path, frame)
            if not _exists(path):
                self._observer.saw(Op.LINK, path, frame)

    def _on_touched(self, path: object, *_: object) -> None:
        if not isinstance(path, int):
            self._observer.touched(absolute(path))

    def _on_truncated(self, path: object, *_: object) -> None:
        if not isinstance(path, int):
            self._update(absolute(path))

    def _on_moved(self, source: object, target: object, *_: object) -> None:
        """What is found under the new name is what lay under the old one, if anything did."""
        name = absolute(source)
        self._wants(name, _dirname(absolute(target)))
        if _lexists(name):
            frame = caller()
            for below in _files_below(name):
                self._observer.saw(Op.OPEN, below, frame)
            self._update(name)
            self._observer.wrote(absolute(target))

    def _on_linked(self, source: object, target: object, *_: object) -> None:
        self._wants(absolute(target))
        if not _lexists(absolute(target)):
            self._on_moved(source, target)

    def _on_symlinked(self, leads_to: object, link: object, *_: object) -> None:
        name, target = absolute(link), _fsdecode(_fspath(leads_to))  # type: ignore[call-overload]
        self._wants(_dirname(name), name)
        if not _lexists(name):
            self._observer.linked(name, absolute(os.path.join(_dirname(name), target)), caller())


def _files_below(path: str) -> Iterator[str]:
    """What moves with a directory; nothing for a file."""
    for directory, _, names in os.walk(path):
        for name in names:
            yield os.path.join(directory, name)


def _directory(path: object) -> str:
    """The directory that is listed: by name, by descriptor, or the current one."""
    return path_of(path) if isinstance(path, int) else absolute("." if path is None else path)


def beyond_importing(frame: FrameType | None, observer: Observer) -> FrameType | None:
    """Who asked the import system for it."""
    while frame is not None and observer.owner(frame.f_code.co_filename) is observer.IMPORTLIB:
        frame = frame.f_back
    return frame


NAMES_ONLY = frozenset({"<frozen os>", "os.py", "glob.py", "pathlib.py", "_abc.py", "_local.py", "pkgutil.py"})
"""Of the standard library: these ask a directory's entries for names and kinds, no more."""


def _only_names(frame: FrameType) -> bool:
    return os.path.basename(frame.f_code.co_filename) in NAMES_ONLY
