"""Conftests that act on more than the tests below them, and what comes of when pytest loads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator

from pytest_gocache.core.conditions import Late
from pytest_gocache.core.files import Files
from pytest_gocache.core.sources import Sources

EVERYWHERE = (
    rb"pytest_(addoption|cmdline|collection|configure|deselected|itemcollected|load_initial|plugin_registered"
    rb"|report|runtestloop|session|terminal_summary|unconfigure|warning_recorded|xdist)|import \*"
)
"""Hooks of a nested conftest that concern other tests than those below it."""
AT_START = (
    rb"pytest_(addoption|cmdline|collection\b|configure_node|load_initial|report_header|sessionstart|xdist)"
    rb"|import \*|pluginmanager|\.option\.\w+ *=[^=]|setattr\(config"
)
"""What comes too late in a conftest that is loaded when pytest collects: hooks that were called before, whether its
own or those of what it registers, and options that were asked for before."""
SOONER = rb"pytest_(addhooks|configure|plugin_registered)"
"""What pytest calls as soon as it has loaded a conftest: tests elsewhere were imported before that, or were not."""


def acting_everywhere(conftests: Iterable[str], sources: Sources, files: Files) -> Iterator[str]:
    """Those of the ``conftests`` that every module needs, wherever they lie: those that do something
    when they are loaded, and those with hooks that pytest calls for the whole session.

    The name of such a hook anywhere in a conftest counts, and so does a star import.
    """
    for path in conftests:
        source = sources(path)
        if source is not None and (source.facts.acts or re.search(EVERYWHERE, files.content(path) or b"")):
            yield path


def late_ones(
    conftests: Iterable[str], initial: Container[str], sources: Sources, files: Files, name: Callable[[str], str]
) -> Iterator[Late]:
    """Those of the ``conftests`` that pytest has not loaded at its start, where that makes a difference."""
    for path in conftests:
        if path in initial:
            continue
        content, source = files.content(path) or b"", sources(path)
        below = re.search(AT_START, content) is not None
        if below or source is None or source.facts.acts or re.search(SOONER, content):
            yield Late(path, f"{name(path)} is loaded when pytest collects", below)
