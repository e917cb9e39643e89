"""Whose code caused an audit event or a call of something that is wrapped: the first frame that is not ours."""

from __future__ import annotations

import os
import sys
from types import FrameType

_getframe = sys._getframe
HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
PACKAGE = os.path.dirname(os.path.dirname(HERE)) + os.sep
_BETWEEN = ("standin", "machine", "probes", "named", "searches", "variables", "children", "metadata")
STAND_INS = frozenset(f"{HERE}{name}.py" for name in _BETWEEN)
"""Ours that stand between the user's code and what it called."""
STANDS_IN = f"{HERE}standin.py"
UNKNOWN = object()


def caller() -> FrameType | None:
    """The innermost frame outside this package's core. Not told by ``f_code``: to read that is an audit event."""
    return beyond_ours(_getframe(1))


def beyond_ours(frame: FrameType | None) -> FrameType | None:
    """The innermost one from ``frame`` on that is not ours."""
    while frame is not None and _is_ours(frame.f_globals.get("__file__")):
        frame = frame.f_back
    return frame


def given(option: str) -> object:
    """An option of the call that a stand-in of ours is making right now; ``UNKNOWN`` where none makes it."""
    frame: FrameType | None = _getframe(1)
    while frame is not None and _is_ours(name := frame.f_globals.get("__file__")) and name != STANDS_IN:
        frame = frame.f_back
    options = {} if frame is None else frame.f_locals
    is_known = frame is not None and frame.f_globals.get("__file__") == STANDS_IN
    return options["options"].get(option) if is_known else UNKNOWN


def may_give(frame: FrameType | None, option: str) -> bool:
    """Whether the code in ``frame`` speaks of ``option``, as it does where it calls something with it."""
    constants = () if frame is None else frame.f_code.co_consts
    return any(option == each or (type(each) is tuple and option in each) for each in constants)


def looks_for_itself(frame: FrameType | None) -> bool:
    """Whether code of this package looks at something, and not for somebody whose call it stands in for."""
    filename = None if frame is None else frame.f_globals.get("__file__")
    return type(filename) is str and filename.startswith(PACKAGE) and filename not in STAND_INS


def _is_ours(filename: object) -> bool:
    return type(filename) is str and filename.startswith(HERE)


def beyond_monkeypatch(frame: FrameType | None) -> FrameType | None:
    """Who asked pytest's ``monkeypatch``, which acts for the test."""
    while frame is not None and frame.f_globals.get("__name__") == "_pytest.monkeypatch":
        frame = frame.f_back
    return frame
