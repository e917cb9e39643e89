"""Who asks which metadata of installed distributions, and what the answer is made of.

``importlib.metadata`` remembers the listings that it made, so audit events do not tell who looks for what:
``watch_metadata`` does. What is asked for has a name:

- ``attrs``, a normalised name: one distribution, present or absent;
- ``entry points of GROUP`` (or of ``*``): ``entry_points(group=…)``, which looks into every distribution, but
  gives what stands under that group only;
- ``*``: any other search of all distributions. What is read of each afterwards is an open of a file in its
  metadata, and counts as a look-up of that distribution (``owner_of``).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from types import FrameType, FunctionType
from typing import Any, Final

from pytest_gocache.core.audit import Metadata
from pytest_gocache.core.hashing import ABSENT, Digest, Hasher, digest_bytes
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.records import INFO_SUFFIXES, is_note, normalised, portable_digest, read
from pytest_gocache.core.standin import disguised

ALL: Final = "*"
ENTRY_POINTS: Final = "entry points of "

MODULES: Final = ("importlib.metadata", "importlib_metadata")
"""The standard library's, and its twin on PyPI, which takes its place when imported."""

_MACHINERY: Final = (*MODULES, "importlib._bootstrap_external", "pathlib", __name__)
"""Whose frames lie between a read and ``entry_points``."""


def watch_metadata(note: Callable[[str], None]) -> Callable[[], None]:
    """Calls ``note`` with what is asked for, from the frame that searches. Gives what ends that.

    ``importlib.metadata`` is not imported for this: until somebody does, the finder that will is watched.
    """
    finders = [getattr(sys.modules[name], "MetadataPathFinder", None) for name in MODULES if name in sys.modules]
    if MODULES[0] not in sys.modules:
        finders += [each for each in sys.meta_path if getattr(each, "__name__", "") == "PathFinder"]
    undo = [_watch(finder, note) for finder in finders if isinstance(finder, type)]

    def restore() -> None:
        for each in undo:
            each()

    return restore


def _watch(finder: Any, note: Callable[[str], None]) -> Callable[[], None]:
    original = vars(finder).get("find_distributions")
    wrap = _WRAPPERS.get(type(original))
    if wrap is None:
        return _nothing
    watched = wrap(original, note)
    finder.find_distributions = watched

    def restore() -> None:
        if vars(finder).get("find_distributions") is watched:
            finder.find_distributions = original

    return restore


class LookUps(Metadata):
    """Tells ``observer`` of look-ups between ``install`` and ``remove``. ``directories`` hold distributions."""

    def __init__(self, observer: Observer, directories: Iterable[str]) -> None:
        self._observer = observer
        self._directories = frozenset(directories)
        self._undo: Callable[[], None] = _nothing

    def install(self) -> None:
        """Begins."""
        self._undo = watch_metadata(self._asked)

    def remove(self) -> None:
        """Ends."""
        self._undo()

    def _asked(self, name: str) -> None:
        if self._observer.awake:
            self._observer.note(Op.METADATA, name, sys._getframe(2))

    def opened(self, path: str, frame: FrameType | None) -> bool:
        asked = looked_up(path, frame, self._directories)
        if asked:
            self._observer.note(Op.METADATA, asked, frame)
        return asked is not None

    def listed(self, directory: str, frame: FrameType | None) -> bool:
        return directory in self._directories and frame is not None and is_listing(frame)


def _nothing() -> None:
    """Nothing was watched."""


def _of_class(original: Any, note: Callable[[str], None]) -> Any:
    return classmethod(_of_instance(original.__func__, note))


def _of_instance(original: Any, note: Callable[[str], None]) -> Any:
    def find_distributions(cls: Any, context: Any = None) -> Any:
        note(_wanted(context, sys._getframe(1)))
        return original(cls, context)

    return disguised(find_distributions, original)


def _of_nothing(original: Any, note: Callable[[str], None]) -> Any:
    def find_distributions(*args: Any, **kwargs: Any) -> Any:
        note(_wanted(kwargs.get("context", args[0] if args else None), sys._getframe(1)))
        return original.__func__(*args, **kwargs)

    return staticmethod(disguised(find_distributions, original.__func__))


_WRAPPERS: Final[dict[type, Callable[[Any, Callable[[str], None]], Any]]] = {
    classmethod: _of_class,
    staticmethod: _of_nothing,
    FunctionType: _of_instance,
}


def _wanted(context: Any, frame: FrameType | None) -> str:
    """What is asked for: a name, or what a search of all is for, told by who searches."""
    name = getattr(context, "name", None)
    if isinstance(name, str) and name:
        return normalised(name)
    return next(_groups(frame), ALL)


def _groups(frame: FrameType | None) -> Iterator[str]:
    """The group asked for, if ``entry_points`` is what searches."""
    while frame is not None and _is_machinery(frame):
        if frame.f_code.co_name == "entry_points" and "params" in frame.f_locals:
            group = frame.f_locals["params"].get("group", ALL)
            yield ENTRY_POINTS + (group if isinstance(group, str) else ALL)
        frame = frame.f_back


def _is_machinery(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).startswith(_MACHINERY)


def is_listing(frame: FrameType) -> bool:
    """Whether this frame is ``importlib.metadata`` listing a directory of ``sys.path``: noted by the search itself."""
    name = str(frame.f_globals.get("__name__", ""))
    return frame.f_code.co_name == "children" and name.startswith(MODULES)


def looked_up(path: str, frame: FrameType | None, directories: Container[str]) -> str | None:
    """Whose metadata are read by opening ``path``: a name, empty if a search has told it already; None if nobody's.

    ``directories`` hold distributions; notes that installers leave for themselves are ordinary files.
    """
    if "-info" not in path:  # asked at every open
        return None
    info, name = os.path.split(path)
    if not info.endswith(INFO_SUFFIXES) or is_note(path) != (name == "RECORD"):
        return None
    site, base = os.path.split(info)
    if site not in directories:
        return None
    if name == "entry_points.txt" and next(_groups(frame), None):
        return ""
    return normalised(os.path.splitext(base)[0].partition("-")[0])


def described(infos: Sequence[str]) -> Digest:
    """The digest of all that the metadata in these directories tell; ``ABSENT`` if there are none."""
    hasher = Hasher("metadata")
    for info in infos:
        hasher.add("of", os.path.basename(info))
        for name in _names_in(info):
            content = read(info, name)
            hasher.add("file", name, portable_digest(content) if name == "RECORD" else digest_bytes(content))
    return hasher.digest() if infos else ABSENT


def _names_in(info: str) -> list[str]:
    try:
        names = sorted(os.listdir(info))
    except OSError:
        return [""]  # an egg-info that is a file
    return [name for name in names if name == "RECORD" or not is_note(f"{info}/{name}")]


def inventory(found: Iterable[tuple[str, str]]) -> Digest:
    """The digest of all names and versions."""
    hasher = Hasher("distributions")
    for name, version in sorted(found):
        hasher.add("distribution", name, version)
    return hasher.digest()


def entry_points(wanted: str, found: Iterable[tuple[str, str]]) -> Digest:
    """The digest of the entry points of the group in ``wanted``, of distributions given by name and directory."""
    group = wanted.removeprefix(ENTRY_POINTS)
    hasher = Hasher("entry points")
    for line in sorted(line for name, info in found for line in _points(name, info) if group in (ALL, line[1])):
        hasher.add("point", *line)
    return hasher.digest()


def _points(name: str, info: str) -> Iterator[tuple[str, str, str]]:
    """Distribution, group and text of each entry point."""
    group = ""
    for line in read(info, "entry_points.txt").decode("utf-8", "replace").splitlines():
        text = line.strip()
        if text.startswith("[") and text.endswith("]"):
            group = text[1:-1]
        elif text and not text.startswith("#"):
            yield name, group, text
