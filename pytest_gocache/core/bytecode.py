"""Bytecode that Python took for current although its source has changed.

Python believes a ``.pyc`` that carries the source's size and its modification time in whole seconds. An
edit that keeps both (a quick one, or one whose time was put back) runs the old code, and the pass would
be stored under the digest of the new source. So before a pass is stored, bytecode older than the last
change of its source is compared with what the source compiles to.
"""

from __future__ import annotations

import importlib.util
import marshal
import os
from collections.abc import Callable
from types import CodeType
from typing import TypeAlias

HEADER = 16
Recompile: TypeAlias = "Callable[[str], CodeType]"


def compile_plain(path: str) -> CodeType:
    """What Python makes of the source at ``path``. Raises OSError, SyntaxError or ValueError."""
    with open(path, "rb") as file:
        return compile(file.read(), path, "exec", dont_inherit=True)


def is_stale(path: str, bytecode: str, recompile: Recompile) -> bool:
    """Whether Python would run (or has run) bytecode that is not what the source says."""
    try:
        source, cached = os.stat(path), os.stat(bytecode)
        if source.st_ctime_ns <= cached.st_mtime_ns and source.st_mtime_ns <= cached.st_mtime_ns:
            return False
        with open(bytecode, "rb") as file:
            content = file.read()
        if not _is_believed(content[:HEADER], source):
            return False
        return bool(marshal.loads(content[HEADER:]) != recompile(path))
    except FileNotFoundError:
        return False
    except Exception:  # unreadable, malformed, or it does not compile: nothing vouches for it
        return True


def _is_believed(header: bytes, source: os.stat_result) -> bool:
    """Python's own test for bytecode that is checked by time (PEP 552: flags 0)."""
    stamp = int(source.st_mtime) & 0xFFFFFFFF
    size = source.st_size & 0xFFFFFFFF
    expected = importlib.util.MAGIC_NUMBER + bytes(4) + stamp.to_bytes(4, "little") + size.to_bytes(4, "little")
    return header == expected


def bytecode_of(path: str) -> str:
    """Where Python keeps the bytecode of the source at ``path``; empty where it keeps none."""
    try:
        return importlib.util.cache_from_source(path) if path.endswith(".py") else ""
    except NotImplementedError:
        return ""
