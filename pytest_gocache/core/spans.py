"""Spans of time in words."""

from __future__ import annotations


def duration(seconds: float) -> str:
    """``4m 10s``, ``12.3s``, ``0.41s``."""
    if seconds >= 60:
        return f"{int(seconds) // 60}m {int(seconds) % 60}s"
    return f"{seconds:.1f}s" if seconds >= 1 else f"{seconds:.2f}s"
