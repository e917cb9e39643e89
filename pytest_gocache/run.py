"""``pytest-gocache run``: as ``pytest --gocache``, but an exact repeat is answered without starting pytest.

Everything else is pytest's: in this process, with the same arguments.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

from pytest_gocache import __version__
from pytest_gocache.core import answer
from pytest_gocache.core.hashing import Digest
from pytest_gocache.stores.place import LocalFiles, PlaceError, choose, prepare


def main(arguments: Sequence[str]) -> int:
    """Shows the answer, or runs pytest; its exit status."""
    began = time.perf_counter()
    try:
        directory = choose()
    except PlaceError:
        return _pytest(arguments, _nothing, {})  # which says what is wrong with it
    files = LocalFiles(str(directory))
    name = answer.name_of(arguments, os.environ, _terminal(), __version__)
    payload = files.read(name)
    known = None if payload is None else answer.decode(payload)
    if known is not None and answer.holds(known, LocalFiles(known.directory).read, os.environ, time.time()):
        return _show(known, began)
    first = answer.looked_at_first(arguments, os.environ.get("TZ", ""))  # before pytest looks at them

    def keep(made: bytes) -> None:
        if prepare(directory) is None:
            files.write(name, made)

    return _pytest(arguments, keep, first)


def _show(known: answer.Answer, began: float) -> int:
    return _piped(lambda: _write(f"{known.before}{time.perf_counter() - began:.2f}{known.after}"))


def _write(text: str) -> int:
    sys.stdout.write(text)
    return 0


def _piped(work: Callable[[], int]) -> int:
    """As pytest's own command: who stops reading is no reason to complain."""
    try:
        code = work()
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _pytest(arguments: Sequence[str], keep: Callable[[bytes], None], first: Mapping[str, Digest]) -> int:
    sys.argv[1:] = arguments  # what a test finds there
    import pytest

    from pytest_gocache.hooks.answering import Answering

    return _piped(lambda: int(pytest.main(["--gocache", *arguments], plugins=[Answering(keep, first)])))


def _nothing(_given: bytes) -> None:
    """There is nowhere to keep it."""


def _terminal() -> list[object]:
    """What the look of pytest's output follows from."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    looks: list[object] = [stream is not None and stream.isatty() for stream in streams]
    looks += [getattr(sys.stdout, "encoding", ""), getattr(sys.stdout, "errors", "")]
    with suppress(OSError, ValueError, AttributeError):
        looks += os.get_terminal_size(sys.stdout.fileno())
    return looks
