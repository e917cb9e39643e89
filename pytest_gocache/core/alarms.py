"""Exceptions that a handler of a signal raised while we were looking: they are meant for who set the alarm."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


class Alarms:
    """Knows the handlers that are in place. (It keeps what it needs: when Python ends, modules are emptied.)"""

    def __init__(self) -> None:
        self._modules = sys.modules

    def raised(self, fault: BaseException) -> bool:
        """Whether the code of some handler raised it, or called what did."""
        codes, traceback = [*self._codes()], fault.__traceback__
        while codes and traceback is not None:
            if traceback.tb_frame.f_code in codes:
                return True
            traceback = traceback.tb_next
        return False

    def _codes(self) -> Iterator[object]:
        signals: Any = self._modules.get("signal")  # children need not load it for this
        for number in () if signals is None else signals.valid_signals():
            handler = signals.getsignal(number)
            yield from filter(None, [getattr(getattr(handler, "__func__", handler), "__code__", None)])
