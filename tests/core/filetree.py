"""A file tree in memory, written as indented text, for whatever reads directories and sources."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.places import Places
from pytest_gocache.core.resolve import NOWHERE, Located
from pytest_gocache.core.source import SourceFile, read_source


class FakeFiles:
    """Files below ``/p``. ``tree`` has a name a line, directories ending in ``/``, sources after a ``:``."""

    def __init__(self, tree: str = "") -> None:
        self.texts: dict[str, str] = {}
        stack = ["/p"]
        for line in textwrap.dedent(tree).splitlines():
            if not line.strip():
                continue
            depth = (len(line) - len(line.lstrip())) // 4
            name, _, text = line.strip().partition(":")
            stack[depth + 1 :] = [f"{stack[depth]}/{name.strip('/')}"]
            if not name.endswith("/"):
                self.texts[stack[-1]] = text.strip().replace("; ", "\n") + "\n"

    def entries(self, directory: str) -> Mapping[str, bool]:
        start = directory + "/"
        below = [path[len(start) :] for path in self.texts if path.startswith(start)]
        return {path.split("/")[0]: "/" in path for path in below}

    def source(self, path: str) -> SourceFile | None:
        text = self.texts.get(path)
        return None if text is None else read_source(text.encode())

    def write_to(self, directory: Path) -> None:
        for path, text in self.texts.items():
            target = directory / os.path.relpath(path, "/p")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)


def graph_of(
    files: FakeFiles, roots: Iterable[str] = ("/p",), outside: Mapping[str, Located] | None = None
) -> ImportGraph:
    """A graph over fake files; names not under ``roots`` are looked up in ``outside``."""
    known = outside or {}
    places = Places(Path("/p"), site=("/site",))
    return ImportGraph(roots, places, files.source, files, lambda name: known.get(name, NOWHERE))
