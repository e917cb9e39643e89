"""The part of a key that is the machine: interpreter, platform, and the variables the runtime itself reads."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable, Mapping

from pytest_gocache.core.hashing import ABSENT, Digest, digest_text

RUNTIME_VARIABLES = (
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_NUMERIC",
    "LC_TIME",
    "LC_COLLATE",
    "LC_MONETARY",
    "LC_MESSAGES",
)
"""Read by the C library and Python start-up, where nobody can observe it."""

IGNORED_PYTHON_VARIABLES = frozenset(
    {
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSTARTUP",
        "PYTHONHISTFILE",
        "PYTHONBREAKPOINT",
        "PYTHON_COLORS",
        "PYTHONPATH",
    }
)
"""Of the ``PYTHON*`` variables these change no outcome. ``PYTHONPATH`` counts by what imports resolve to."""


def interpreter_lines() -> tuple[tuple[str, str], ...]:
    """What the interpreter and the machine are, as (name, value)."""
    return (
        ("implementation", sys.implementation.name),
        ("version", sys.version),
        ("abi", getattr(sys, "abiflags", "") + (sys.implementation.cache_tag or "")),
        ("platform", sys.platform),
        ("machine", platform.machine()),
        ("flags", repr(tuple(sys.flags))),
    )


def variable_lines(environ: Mapping[str, str], chosen: Iterable[str]) -> tuple[tuple[str, Digest], ...]:
    """The variables in every key, each with the digest of its value, never the value itself."""
    names = {name for name in environ if name.startswith("PYTHON")} - IGNORED_PYTHON_VARIABLES
    wanted = sorted(names.union(RUNTIME_VARIABLES, chosen))
    return tuple((name, digest_text(environ[name]) if name in environ else ABSENT) for name in wanted)


def process_environment() -> Mapping[str, str]:
    """The variables as they are now, copied: tests change them later."""
    return dict(os.environ)
