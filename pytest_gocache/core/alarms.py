"""Exceptions that others raised while we were looking: they are meant for who set an alarm, or for this thread."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any, Final

_OWN: Final = __name__.partition(".")[0]


class Alarms:
    """Knows the handlers that are in place. (It keeps what it needs: when Python ends, modules are emptied.)"""

    def __init__(self) -> None:
        self._modules = sys.modules
        self._ours = sys.stdlib_module_names | {_OWN}

    def raised(self, fault: BaseException) -> bool:
        """Whether the code of some handler raised it, or called what did; or another thread did (``_is_thrown``)."""
        codes, traceback, innermost = [*self._codes()], fault.__traceback__, ""
        while traceback is not None:
            if traceback.tb_frame.f_code in codes:
                return True
            innermost = str(traceback.tb_frame.f_globals.get("__name__"))
            traceback = traceback.tb_next
        return self._is_thrown(fault, innermost)

    def _is_thrown(self, fault: BaseException, innermost: str) -> bool:
        """Whether a class of the user's came up in code that has none: ``PyThreadState_SetAsyncExc``."""
        return self._is_ours(innermost) and not self._is_ours(str(type(fault).__module__))

    def _is_ours(self, module: str) -> bool:
        return module.partition(".")[0] in self._ours

    def _codes(self) -> Iterator[object]:
        signals: Any = self._modules.get("signal")  # children need not load it for this
        for number in () if signals is None else signals.valid_signals():
            handler = signals.getsignal(number)
            yield from filter(None, [getattr(getattr(handler, "__func__", handler), "__code__", None)])
