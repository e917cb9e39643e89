"""Whose code caused an audit event or a call of something that is wrapped: the first frame that is not ours."""

from __future__ import annotations

import os
import sys
from types import FrameType

_getframe = sys._getframe
HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def caller() -> FrameType | None:
    """The innermost frame outside this package's core."""
    frame: FrameType | None = _getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(HERE):
        frame = frame.f_back
    return frame
