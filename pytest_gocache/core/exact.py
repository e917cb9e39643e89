"""Where somebody asks for line numbers, comments count: in what no import statement names, too.

Of what import statements name the key tells (``Closure.positions``). What else was loaded may ask in its turn: then
all that the module imports counts exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pytest_gocache.core.imports import Closure
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import OF_ALL, Op
from pytest_gocache.core.project import Project

BY_TEXT: Final = Input(Op.LINES, OF_ALL)


def with_lines(
    project: Project, starts: Iterable[str], closure: Closure, inputs: Iterable[Input]
) -> tuple[Input, ...]:
    """``inputs`` of a module whose key has ``closure``, made from ``starts``, with those that count exactly."""
    told = tuple(inputs)
    inputs = tuple(each for each in told if each != BY_TEXT)
    loaded = {path for wanted in inputs for path in project.code_of(wanted)} - closure.files
    by_text = len(inputs) < len(told)
    if not loaded and not by_text:
        return inputs
    wanted = set[str]()
    if by_text or closure.positions or any(map(project.graph.asks, loaded)):
        wanted.update(_tops(project, loaded), () if closure.positions else starts)
    return (*inputs, *(Input(Op.LINES, project.places.name(path)) for path in sorted(wanted)))


def _tops(project: Project, paths: Iterable[str]) -> Iterator[str]:
    """Those of ``paths`` that no other one before them imports."""
    covered: set[str] = set()
    for path in sorted(paths):
        if path not in covered:
            covered |= project.graph.closure((path,)).files
            yield path
