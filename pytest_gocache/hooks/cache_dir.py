"""Where pytest's own cache lies."""

from __future__ import annotations

import os

import pytest


def cache_of(config: pytest.Config) -> str:
    """Its directory, which need not be there; empty where pytest has none in this run."""
    try:
        given = str(config.getini("cache_dir"))
    except (KeyError, ValueError):  # -p no:cacheprovider
        return ""
    given = os.path.expandvars(os.path.expanduser(given))
    return os.path.normpath(os.path.join(config.rootpath, given))
