"""One product file of a real project, chosen by a fixed rule and edited for a while.

The rule: of the product files that some test modules import, directly or through others, and other test modules do not,
ordered by how many do and then by path, the one in the middle. If there are none, for all import all, the one in the
middle of all. What a module imports is what ``pytest-gocache show`` tells of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import first  # noqa: F401 - it makes tests/ importable

from tests.downstream import common

EDIT = "\n\n_touched = 1\n"
SHOW = """
import sys
from pytest_gocache.cli import main
for module in sys.argv[2:]:
    main(["show", "--json", "--gocache-dir", sys.argv[1], module])
    print(end=chr(0))
"""
"""``pytest-gocache show`` for many modules, by the project's own Python."""


@dataclass(frozen=True)
class Edited:
    """The file, by how many test modules it is imported, and what there was to choose from."""

    file: str
    imported_by: int
    by_some: int
    """How many product files some test modules import, and others do not."""
    by_all: int


@contextmanager
def one_file_edited(place: common.Workspace, modules: Sequence[str]) -> Iterator[Edited]:
    """Adds an assignment that nobody reads, and takes it away."""
    counts = importers(place, modules)
    some = sorted((count, file) for file, count in counts.items() if count < len(modules))
    every = sorted((count, file) for file, count in counts.items() if count == len(modules))
    count, file = (some or every)[len(some or every) // 2]
    source = file.read_bytes()
    file.write_bytes(source + EDIT.encode())
    try:
        yield Edited(file.relative_to(place.live("")).as_posix(), count, len(some), len(every))
    finally:
        file.write_bytes(source)


def importers(place: common.Workspace, modules: Sequence[str]) -> Counter[Path]:
    """By how many test modules each product file is imported; those that none imports are left out."""
    product = set(common.product_files(place))
    names = [str(_there(place, module)) for module in modules]
    shown = common.sh(place.python, "-c", SHOW, place.store, *names, cwd=place.cwd)
    imported = (_there(place, file) for each in shown.split("\0")[:-1] for file in json.loads(each)["files"])
    return Counter(file for file in imported if file in product)


def _there(place: common.Workspace, name: str) -> Path:
    """A file, by the name that the cache has for it."""
    return (place.cwd / name.replace("{site}", str(place.site_packages()))).resolve()
