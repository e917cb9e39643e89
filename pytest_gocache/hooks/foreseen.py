"""What a run will come by, told before pytest collects: its test modules, whether there is anything else,
and what pytest may leave out."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch

from pytest_gocache.core.model import Selection
from pytest_gocache.hooks.collect import Unchanged, nodeid_of
from pytest_gocache.hooks.conditions import hooked_by_others
from pytest_gocache.hooks.desk import Desk, other_names


def foreseen(desk: Desk) -> Iterator[tuple[str, Selection]]:
    """The files that look like test modules of this run, and which of their tests are asked for."""
    for path in dict.fromkeys([*desk.request.files(), *desk.project.modules]):
        selection = desk.request.selection(path, nodeid_of(desk.config, path))
        if selection is not None:
            yield path, selection


def others_collect(desk: Desk) -> bool:
    """Whether there are tests of other kinds than Python's: text files with doctests, a plugin's own."""
    if hooked_by_others(desk.config, "pytest_collect_file"):
        return True
    texts = desk.config.getoption("doctestglob", None) or ["test*.txt"]
    return any(
        fnmatch(name, text) for name in other_names(desk.config, desk.request, desk.project.files) for text in texts
    )


def unchanged_of(desk: Desk) -> Unchanged:
    """What pytest may leave out, all but conftests, new test modules and what was asked for by name."""
    vouched = desk.vouched
    asked = (argument.path for argument in desk.request.arguments)
    new = (path for path in desk.project.modules if path not in vouched.modules)
    directories = vouched.whole_directories((*asked, *desk.conftests, *new)) if vouched.modules else {}
    return Unchanged({path: brief.nodeid for path, brief in vouched.modules.items()}, directories)
