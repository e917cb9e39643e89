"""What a call of ``os.stat`` or one of its family is about, told by the code that makes it.

``os.path.exists`` and ``Path.is_dir`` want to know the kind of a thing and no more; they call ``os.stat``
all the same. Their modules are part of Python, so who calls is known by module and name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Final, TypeAlias

from pytest_gocache.core.frames import beyond_ours
from pytest_gocache.core.ops import Op

Asked: TypeAlias = tuple[Op, ...]
"""In the order in which they are told."""

KIND: Final = (Op.KIND,)
STAT: Final = (Op.STAT,)
TIMES: Final = (Op.TIMES,)
LINK: Final = (Op.LINK,)
WHERE: Final = (Op.LINK, Op.KIND)
"""Where it leads, and whether there is anything at all."""
CONTENT: Final = (Op.OPEN,)
"""A cache decides by the stat whether to read the file: if it does not, this is all that is seen of it."""
NOTHING: Final[Asked] = ()
FURTHER: Final = None
"""The caller of this function knows."""

BY_CALLER: Final[Mapping[str, Mapping[str, Asked | None]]] = {
    "genericpath": {
        **dict.fromkeys(("exists", "isfile", "isdir"), KIND),
        **dict.fromkeys(("lexists", "samefile"), WHERE),
        **dict.fromkeys(("getmtime", "getatime", "getctime"), TIMES),
        "islink": LINK,
    },
    "posixpath": {"lexists": WHERE, "ismount": WHERE, "islink": LINK, "realpath": LINK, "_joinrealpath": LINK},
    "pathlib": {
        **dict.fromkeys(("stat", "lstat"), FURTHER),
        **dict.fromkeys(("exists", "is_file", "is_dir", "is_fifo", "is_socket"), KIND),
        **dict.fromkeys(("is_block_device", "is_char_device"), KIND),
        **dict.fromkeys(("is_mount", "samefile"), WHERE),
        **dict.fromkeys(("is_symlink", "resolve"), LINK),
        **dict.fromkeys(("owner", "group"), TIMES),
    },
    "glob": {"lexists": WHERE, "select_exists": WHERE},
    "linecache": {**dict.fromkeys(("checkcache", "updatecache"), CONTENT)},
    "filecmp": {"cmp": (Op.TIMES, Op.OPEN)},
    "zipfile": {"from_file": TIMES},
    "tarfile": {"gettarinfo": TIMES},
    "importlib.metadata": {"mtime": NOTHING},
}
"""By module, then function. ``zipfile`` and ``tarfile`` put times into what they write."""

HOME: Final = os.path.dirname(os.path.abspath(os.__file__)) + os.sep

OF_OPEN: Final[Mapping[str, Mapping[str, Asked]]] = {
    "fileinput": {"_readline": STAT},
    "http.server": {"send_head": TIMES},
    "netrc": {"_security_check": TIMES},
    "tarfile": {"gettarinfo": TIMES},
}
"""Of the standard library: who asks more of an open file than what its content tells."""

COMPARED: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "genericpath": {"samefile": ("f1", "f2"), "sameopenfile": ("fp1", "fp2")},
    "pathlib": {"samefile": ("self", "other_path")},
    "shutil": {"_samefile": ("src", "dst")},
}
"""Functions that compare two files, with the names of their arguments."""

_modules: dict[str, str] = {}


def filename_of(frame: FrameType) -> str:
    """The source file of the code in ``frame``. Not by ``f_code``: to read that is an audit event, and slow."""
    name = frame.f_globals.get("__file__")
    return name if type(name) is str else frame.f_code.co_filename


def module_of(filename: str) -> str:
    """The name of the standard library's module in ``filename`` (private parts cut); empty for other files."""
    known = _modules.get(filename)
    if known is None:
        known = _modules[filename] = _module_of(filename)
    return known


def _module_of(filename: str) -> str:
    if filename.startswith("<frozen "):
        return filename[len("<frozen ") : -1]
    rest = filename.removeprefix(HOME)
    if rest == filename or rest.startswith(("site-packages", "dist-packages")):
        return ""
    name = rest.removesuffix(".py").replace(os.sep, ".")
    head, _, last = name.rpartition(".")
    return head if head and last.startswith("_") else name


def asked(frame: FrameType | None) -> Asked:
    """What the code in ``frame`` asks of a path."""
    while frame is not None:
        callers = BY_CALLER.get(module_of(filename_of(frame)))
        if callers is None:
            return STAT
        name = frame.f_code.co_name
        found = callers.get(name, STAT)
        if found is LINK and "realpath" in name and frame.f_locals.get("strict"):
            return WHERE
        if found is TIMES and _only_reloads(frame.f_back):
            return CONTENT
        if found is not None:
            return found
        frame = frame.f_back
    return STAT


def asked_of_open(frame: FrameType) -> Asked:
    """What the code in ``frame`` asks of an open file."""
    module = module_of(filename_of(frame))
    return OF_OPEN.get(module, {}).get(frame.f_code.co_name, NOTHING) if module else STAT


def compared(frame: FrameType | None) -> tuple[object, ...]:
    """The two files that the code in ``frame``, or behind its ``stat``, compares; nothing where it does not."""
    if frame is not None and frame.f_code.co_name == "stat":
        frame = frame.f_back
    if frame is None or "same" not in frame.f_code.co_name:
        return ()
    names = COMPARED.get(module_of(filename_of(frame)), {}).get(frame.f_code.co_name, ())
    return tuple(frame.f_locals[name] for name in names)


OF_OWNERS: Final = frozenset({("pathlib", "owner"), ("pathlib", "group"), ("tarfile", "gettarinfo")})


def asks_for_owner(frame: FrameType | None) -> bool:
    """Whether a function of the standard library asks whose a file is."""
    return not OF_OWNERS.isdisjoint(standard(frame))


def standard(frame: FrameType | None) -> Iterator[tuple[str, str]]:
    """The functions of the standard library, with their modules, between the system and who wants to know."""
    while frame is not None and (module := module_of(filename_of(frame))):
        yield module, frame.f_code.co_name
        frame = beyond_ours(frame.f_back)


RELOADERS: Final = frozenset({"jinja2.loaders", "mako.lookup", "mako.template"})
"""They ask for the time of a file to read it again when it changes: what they give depends on its content."""


def _only_reloads(frame: FrameType | None) -> bool:
    return frame is not None and frame.f_globals.get("__name__") in RELOADERS


TIMES_IN_TEXT: Final = re.compile(
    rb"\b(?:st_[mac]time|st_birthtime|ST_[MAC]TIME|st_[ug]id|ST_[UG]ID)(?:_ns)?\b"
    rb"|stat\((?:[^()]|\([^()]*\))*\)\s*\[(?!\s*[01236]\s*\])"  # ``os.stat(path)[-2]``, not its mode or size
    rb"|,[^=\n]*=\s*[\w.]*stat\("  # ``mode, inode, *rest = os.stat(path)``
)

_TIMES_HINTS: Final = (
    *(b"stat(", b"t_atime", b"t_mtime", b"t_ctime", b"t_birthtime", b"T_ATIME", b"T_MTIME", b"T_CTIME"),
    *(b"t_uid", b"t_gid", b"T_UID", b"T_GID"),
)
"""One of them stands wherever ``TIMES_IN_TEXT`` matches. Most files hold none, and the pattern is slow."""

RIGHTS: Final = (b"st_mode", b"ST_MODE", b"filemode")
OWNERS: Final = (b"st_uid", b"st_gid", b"ST_UID", b"ST_GID")
NODES_IN_TEXT: Final = re.compile(rb"\b(?:st_ino|st_nlink|ST_INO|ST_NLINK|samestat)\b")


def speaks_of_nodes(source: bytes) -> bool:
    """Whether this code asks whether two names are of one file, or how many a file has."""
    return NODES_IN_TEXT.search(source) is not None


def speaks_of_owners(source: bytes) -> bool:
    """Whether this code reads from stat results whose a file is."""
    return any(word in source for word in OWNERS)


def speaks_of_rights(source: bytes) -> bool:
    """Whether this code reads from stat results what may be done with a file."""
    return any(word in source for word in RIGHTS)


def speaks_of_times(source: bytes) -> bool:
    """Whether this code reads from stat results what a checkout does not keep: time stamps, owners."""
    return any(hint in source for hint in _TIMES_HINTS) and TIMES_IN_TEXT.search(source) is not None
