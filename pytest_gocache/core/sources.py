"""The facts of source files, looked for only where the content was never seen before."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from pytest_gocache.core.files import Files
from pytest_gocache.core.hashing import ABSENT, Digest, digest_bytes
from pytest_gocache.core.source import SourceFacts, SourceFile, facts_from_text, facts_of, facts_to_text

CONFTEST: Final = "conftest.py"


class Sources:
    """Gives a source file's digest and facts. ``remembered`` are facts of earlier runs by content, as text."""

    def __init__(self, files: Files, remembered: Mapping[Digest, str]) -> None:
        self._files = files
        self._remembered = remembered
        self.used: dict[Digest, str] = {}
        """Facts as text, by content."""
        self.computed: set[str] = set()
        """Paths of the sources that import by computed names."""
        self.hands: set[str] = set()
        """Paths of the sources by which others may do so."""
        self.times: set[str] = set()
        """Paths of the sources that read time stamps from stat results."""

    def __call__(self, path: str) -> SourceFile | None:
        """The file as it was at its first look in this run; None if it cannot be read."""
        digest = self._files.digest(path)
        if digest is ABSENT:
            return None
        facts = self._known(path, digest) or self._found(path, digest)
        if facts is None:
            return None
        if facts.computed:
            self.computed.add(path)
        if facts.hands:
            self.hands.add(path)
        if facts.times:
            self.times.add(path)
        return SourceFile(digest, facts)

    def _known(self, path: str, digest: Digest) -> SourceFacts | None:
        text = self.used.get(digest) or self._remembered.get(digest)
        facts = facts_from_text(text)
        if facts is None or text is None:
            return None
        if (_is_conftest(path) and not facts.judged) or not (facts.parsed or _is_test(path)):
            return None
        self.used[digest] = text
        return facts

    def _found(self, path: str, digest: Digest) -> SourceFacts | None:
        content = self._files.content(path)
        if content is None or digest_bytes(content) != digest:
            return None  # edited between two looks: facts of one content never go under another's digest
        facts = _scanned(content, digest) if _is_test(path) else None
        facts = facts or facts_of(content, digest, _is_conftest(path))
        self.used[digest] = facts_to_text(facts)
        return facts


def _scanned(content: bytes, digest: Digest) -> SourceFacts | None:
    from pytest_gocache.core.scan import scanned_facts  # needed by runs that meet new sources

    return scanned_facts(content, digest)


def _is_conftest(path: str) -> bool:
    """Only of these it is asked what loading them does."""
    return os.path.basename(path) == CONFTEST


def _is_test(path: str) -> bool:
    """Whether it is taken for a test module, whose bytes count for the module itself: by the usual names. Where
    others import it, its bytes count, too."""
    name = os.path.basename(path)
    return name.startswith("test_") or name.endswith("_test.py")
