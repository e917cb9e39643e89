"""A scenario: a test module that reads something, one edit of it, and what the cache must do about that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from edits import Change


class Expect(Enum):
    """What becomes of the scenario's test modules."""

    RUNS = "runs"
    """The edit makes them run, and their outcomes are plain pytest's."""
    CACHED = "cached"
    """They are stored, and the edit does not make them run."""
    REFUSED = "refused"
    """They are never stored, and the reason is said."""


@dataclass(frozen=True)
class Scenario:
    """Plain data. ``edits.py`` tells how names and texts are written."""

    name: str
    about: str
    test: str = ""
    """The text of ``test_THIS.py``. Without it all test modules are in ``files``."""
    edit: tuple[Change, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    before: tuple[Change, ...] = ()
    """What else there is at the beginning: links, times, archives, variables."""
    then: tuple[Change, ...] = ()
    """Altered after the first run, and kept: a second run then runs only a part."""
    expect: Expect = Expect.RUNS
    stays: tuple[str, ...] = ()
    """Test modules that stay cached although the edit makes the others run."""
    fails: bool = True
    """Whether the edit makes plain pytest fail, in each module that must run."""
    reasons: tuple[str, ...] = ()
    """One of these names is the reason of a refusal."""
    detail: str = ""
    """A part of what the refusal says after the reason."""
    red: bool = False
    """Whether plain pytest fails it from the beginning."""
    or_refused: bool = False
    """Whether never storing it, for the process that it started, is right too."""
    needless: str = ""
    """Why it is known to run needlessly: counted and listed, no fault."""
    kind: str = ""
    """Filled in by the table."""
    group: str = ""
    """Scenarios of one kind and group share a project."""
    together: bool = False
    """The edits of its group concern one another: they are made at once."""
    alone: bool = False
    """Its edit concerns every module: it has a project of its own, or is edited in turn with those of its group."""
    wants: str = ""
    """A program without which it is skipped."""

    @property
    def texts(self) -> dict[str, str]:
        """All text files that there are at the beginning, by name."""
        return {**self.files, **({"test_THIS.py": self.test} if self.test else {})}

    @property
    def modules(self) -> tuple[str, ...]:
        """The test modules, by their paths in the project."""
        names = [name.replace("THIS", self.name) for name in self.texts]
        tests = [name for name in names if name.rpartition("/")[2].startswith("test_") and name.endswith(".py")]
        return tuple(sorted(f"{self.name}/{name}" if not name.startswith("/") else name[1:] for name in tests))

    @property
    def remain(self) -> frozenset[str]:
        """The modules that stay cached whatever the edit does."""
        names = [name.replace("THIS", self.name) for name in self.stays]
        return frozenset(f"{self.name}/{name}" for name in names)
