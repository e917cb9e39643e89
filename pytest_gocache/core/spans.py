"""Spans of time in words."""

from __future__ import annotations

import time


def duration(seconds: float) -> str:
    """``4m 10s``, ``12.3s``, ``0.41s``."""
    if seconds >= 60:
        return f"{int(seconds) // 60}m {int(seconds) % 60}s"
    return f"{seconds:.1f}s" if seconds >= 1 else f"{seconds:.2f}s"


def when(seconds: float) -> str:
    """A moment in seconds since 1970, as a local time; one that is none is told as such."""
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    except (OverflowError, ValueError, OSError):
        return "at some time"
