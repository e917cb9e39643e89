"""What a store holds of one module, read without a run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import PurePath

from pytest_gocache.core import codec
from pytest_gocache.core.cache import entry, latest, traces_in
from pytest_gocache.core.looks import upward
from pytest_gocache.core.model import Inputs, Json, Manifest, ModuleName, ModuleResult
from pytest_gocache.core.values import frozen
from pytest_gocache.core.verify import ended, told_of

Read = Callable[[str], "bytes | None"]
"""Gives the entry of that name."""


@frozen
class Pass:
    """One pass that is stored. ``result`` is None where it is gone."""

    inputs: Inputs
    result: ModuleResult | None

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

    @property
    def last(self) -> str:
        """What became of the last run: ``stored``, or why not."""
        refused = f"{self.manifest.refused}: {self.manifest.detail}".removesuffix(": ")
        return f"not stored: {refused}" if self.manifest.refused else "stored"

    def line(self) -> str:
        """In short."""
        newest = self.passes[0] if self.passes else None
        took = f" {newest.result.seconds:.2f}s" if newest and newest.result else ""
        return f"{self.module}: {self.last}; {len(self.passes)} pass{'' if len(self.passes) == 1 else 'es'}{took}"

    def differences(self) -> Iterator[str]:
        """How the newest pass differs from the one before: what it read, and what was another then."""
        newest, before = (dict(one.inputs) for one in self.passes[:2])
        yield from (f"+ {wanted}" for wanted in newest if wanted not in before)
        yield from (f"- {wanted}" for wanted in before if wanted not in newest)
        yield from (f"~ {wanted}" for wanted, digest in newest.items() if before.get(wanted, digest) != digest)

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.module}  (rootdir {self.project})"
        yield f"last run: {self.last}"
        for number, one in enumerate(self.passes, 1):
            took = f", {one.result.seconds:.2f}s" if one.result else ""
            yield f"pass {number}: {one.counts()}{took}, {len(one.inputs)} inputs beside its key"
            yield from (f"    {wanted}" for wanted, _ in one.inputs)
        if not self.passes:
            yield "no pass is stored"
        yield "its key, beside the code that it imports:"
        yield from (f"    {line}" for line in self.manifest.lines)

    def as_json(self) -> dict[str, Json]:
        """For programs."""
        passes: list[Json] = [
            {
                "tests": len(one.result.tests) if one.result else None,
                "seconds": one.result.seconds if one.result else None,
                "inputs": [{"op": str(wanted.op), "name": wanted.name} for wanted, _ in one.inputs],
            }
            for one in self.passes
        ]
        return {
            "rootdir": self.project,
            "module": self.module,
            "not_cacheable": self.manifest.refused or None,
            "not_cacheable_detail": self.manifest.detail or None,
            "key": list[Json](self.manifest.lines),
            "passes": passes,
        }


def recorded(read: Read, path: str) -> Recorded | None:
    """What is recorded of the module at ``path`` (absolute): of the nearest directory above that was a rootdir."""
    for project in upward(os.path.dirname(path)):
        module = ModuleName(PurePath(os.path.relpath(path, project)).as_posix())
        payload = read(latest(project, module))
        manifest = None if payload is None else codec.decode_manifest(payload)
        if manifest is not None:
            return Recorded(project, module, manifest, tuple(_passes(read, manifest)))
    return None


def _passes(read: Read, manifest: Manifest) -> Iterator[Pass]:
    for trace in traces_in(read(entry("traces", manifest.action))):
        result = read(entry("result", trace.result))
        yield Pass(trace.inputs, codec.decode_result(result) if result else None)
