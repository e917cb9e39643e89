"""All that is known of one checkout in this run: its files, its import graph, its distributions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cached_property
from typing import Final

from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.files import Files
from pytest_gocache.core.hashing import ABSENT, Digest, digest_text
from pytest_gocache.core.imports import ImportGraph
from pytest_gocache.core.model import Input, Op
from pytest_gocache.core.ops import NEEDS
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import Policy
from pytest_gocache.core.present import BY_THEMSELVES, Present
from pytest_gocache.core.sources import Sources
from pytest_gocache.core.values import field, frozen

CHANGING: Final = frozenset({Op.IMPORT, Op.EXEC, Op.METADATA, Op.UNTIL})
"""What may give another digest later in the same run."""


@frozen
class Project:
    """One checkout, looked at once."""

    places: Places
    files: Files
    sources: Sources
    graph: ImportGraph
    distributions: Distributions
    variables: Variables
    policy: Policy
    modules: frozenset[str] = frozenset()
    """The paths of the test modules that this run comes by."""
    _digests: dict[Input, Digest] = field(default_factory=dict)
    """Of files, listings and variables: as they were at the first look in this run, whoever asks."""

    @cached_property
    def _known(self) -> Present:
        return Present(self.places, self.variables, self.policy, self.files.learnt)

    def present(self, wanted: Input) -> Digest:
        """The digest of an input as it is now."""
        if wanted.op in CHANGING:
            return self._present(wanted)
        digest = self._digests.get(wanted)
        if digest is None:
            digest = self._digests[wanted] = self._present(wanted)
        return digest

    def _present(self, wanted: Input) -> Digest:
        if wanted.op is Op.IMPORT:
            return self._import(wanted.name)
        if wanted.op in NEEDS and self.places.path(wanted.name) not in self.modules:
            return ABSENT
        if wanted.op in BY_THEMSELVES or self.policy.ignores(wanted):
            return self._known(wanted)
        if wanted.op is Op.METADATA:
            return self.distributions.present(wanted.name)
        path = self.places.path(wanted.name)
        if wanted.op is Op.EXEC:
            return self.graph.closure((path,)).digest
        return self.files.digest(path)

    def _import(self, name: str) -> Digest:
        resolved = self.graph.resolve(name)
        if resolved:
            return self.graph.closure(resolved).digest
        lines = self.distributions.digest([name.partition(".")[0]])
        return digest_text("\n".join(" ".join(line) for line in lines))


def basedir(path: str) -> str:
    """The directory that pytest puts on ``sys.path`` for this module: the first one up that is no package."""
    directory = os.path.dirname(path)
    while os.path.isfile(os.path.join(directory, "__init__.py")) and os.path.basename(directory).isidentifier():
        directory = os.path.dirname(directory)
    return directory


class Bases:
    """Gives the base directories of modules; each directory is looked at once."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def __call__(self, path: str) -> str:
        """The one of the module at ``path``."""
        directory = os.path.dirname(path)
        if directory not in self._known:
            self._known[directory] = basedir(path)
        return self._known[directory]


def bases_of(paths: Iterable[str]) -> dict[str, str]:
    """The base directory of each of these modules."""
    base = Bases()
    return {path: base(path) for path in paths}
