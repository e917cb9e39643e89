"""Exceptions that a handler of a signal raised while we were looking: they are meant for who set the alarm."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import CodeType, TracebackType
from typing import Any


def is_of_a_handler(fault: BaseException) -> bool:
    """Whether the code of some handler that is in place raised it, or called what did."""
    codes = frozenset(_handlers())
    return bool(codes) and any(code in codes for code in _codes(fault.__traceback__))


def _handlers() -> Iterator[CodeType]:
    signals: Any = sys.modules.get("signal")  # children need not load it for this
    for number in () if signals is None else signals.valid_signals():
        handler = signals.getsignal(number)
        code = getattr(getattr(handler, "__func__", handler), "__code__", None)
        if isinstance(code, CodeType):
            yield code


def _codes(traceback: TracebackType | None) -> Iterator[CodeType]:
    while traceback is not None:
        yield traceback.tb_frame.f_code
        traceback = traceback.tb_next
