"""What a store holds of one module, read without a run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from pytest_gocache.core import codec
from pytest_gocache.core.cache import entry, latest, traces_in
from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Inputs, Json, Manifest, ModuleName, ModuleResult
from pytest_gocache.core.places import Places
from pytest_gocache.core.plural import counted
from pytest_gocache.core.spans import when
from pytest_gocache.core.values import frozen
from pytest_gocache.core.verify import ended, told_of

Read = Callable[[str], "bytes | None"]
"""Gives the entry of that name."""


@frozen
class Pass:
    """One pass that is stored. ``result`` is None where it is gone."""

    inputs: Inputs
    result: ModuleResult | None
    size: int = 0
    """Of its result in the store, in bytes."""

    def took(self) -> str:
        """How long it took, so what a hit saves; empty where its result is gone."""
        return "" if self.result is None else f"{self.result.seconds:.2f}s"

    def counts(self) -> str:
        """``3 passed, 1 skipped``."""
        if self.result is None:
            return "its result is gone"
        words = Counter(ended(told_of(test.reports)) for test in self.result.tests)
        return ", ".join(f"{number} {word}" for word, number in sorted(words.items())) or "no tests"


@frozen
class Recorded:
    """One module of one project, as its last run left it."""

    project: str
    """The project's rootdir."""
    module: ModuleName
    manifest: Manifest
    passes: tuple[Pass, ...]
    """Newest first, of the module as it was then, with the options of then."""
    files: tuple[str, ...] = ()
    """Portable names of what it imported, itself included."""
    owned: tuple[str, ...] = ()
    """Directories that are first-party although they are installed (``--pyargs``)."""

    def line(self) -> str:
        """In short."""
        newest = self.passes[0] if self.passes else None
        took = f" {newest.took()}".rstrip() if newest else ""
        passes = counted(len(self.passes), "pass", "passes")
        return f"{self.module}: {self.manifest.became}; {passes}{took}"

    def differences(self) -> Iterator[str]:
        """How the newest pass differs from the one before: what it read, and what was another then."""
        newest, before = (dict(one.inputs) for one in self.passes[:2])
        yield from (f"+ {wanted}" for wanted in newest if wanted not in before)
        yield from (f"- {wanted}" for wanted in before if wanted not in newest)
        yield from (f"~ {wanted}" for wanted, digest in newest.items() if before.get(wanted, digest) != digest)

    def heading(self) -> Iterator[str]:
        """Which module it is, when it last ran, and why."""
        yield f"{self.module}  (rootdir {self.project})"
        yield f"last ran {when(self.manifest.ended)}, because: {self.manifest.why or 'not known'}"

    def lines(self) -> Iterator[str]:
        """For people."""
        yield from self.heading()
        yield f"last run: {self.manifest.became}"
        for number, one in enumerate(self.passes, 1):
            took = f" in {one.took()}" if one.result else ""
            inputs = counted(len(one.inputs), "input")
            yield f"pass {number}: {one.counts()}{took}, {inputs} beside its key, {one.size:,} bytes"
            yield from (f"    {wanted}" for wanted, _ in one.inputs)
        if not self.passes:
            yield "no pass is stored"
        yield "code in its key:"
        yield from (f"    {name}" for name in self.files)
        yield "the rest of its key:"
        yield from (f"    {line}" for line in self.manifest.lines)

    def as_json(self) -> dict[str, Json]:
        """For programs."""
        passes: list[Json] = [
            {
                "tests": len(one.result.tests) if one.result else None,
                "seconds": one.result.seconds if one.result else None,
                "bytes": one.size,
                "inputs": [{"op": str(wanted.op), "name": wanted.name} for wanted, _ in one.inputs],
            }
            for one in self.passes
        ]
        return {
            "rootdir": self.project,
            "last_ran": self.manifest.ended,
            "reason": self.manifest.why,
            "module": self.module,
            "not_cacheable": self.manifest.refused or None,
            "not_cacheable_detail": self.manifest.detail or None,
            "files": list[Json](self.files),
            "key": list[Json](self.manifest.lines),
            "passes": passes,
        }


def recorded(read: Read, path: str, start: str = "") -> Recorded | None:
    """What is recorded of the module at ``path`` (absolute): of the nearest directory above that was a rootdir.

    A module that lies elsewhere (``--pyargs``) is looked for in the projects around ``start``.
    """
    for project in dict.fromkeys((*upward(os.path.dirname(path)), *(upward(start) if start else ()))):
        places = _places(project)
        module = ModuleName(places.name(path))
        payload = read(latest(project, module))
        runs = codec.decode_manifests(payload) if payload else ()
        if runs:
            manifest = runs[0]
            package = places.package_of(path)
            passes, files = tuple(_passes(read, manifest)), tuple(sorted(_files(read, manifest)))
            return Recorded(project, module, manifest, passes, files, (package,) if package else ())
    return None


@lru_cache
def _places(project: str) -> Places:
    """Asked for each file of a listing."""
    return Places.of_interpreter(Path(project))


def _files(read: Read, manifest: Manifest) -> Iterable[str]:
    payload = read(entry("sources", manifest.sources))
    table = codec.decode_sources(payload) if payload else None
    return () if table is None else table.of(manifest)


def _passes(read: Read, manifest: Manifest) -> Iterator[Pass]:
    for trace in traces_in(read(entry("traces", manifest.action))):
        result = read(entry("result", trace.result))
        yield Pass(trace.inputs, codec.decode_result(result) if result else None, len(result or b""))
