"""The words of this program, as types. Who reads only this file knows the design.

An ``ActionID`` (running one test module under given conditions) finds the ``Trace``s of earlier
passing runs; the first one that still matches the present names a ``ModuleResult`` to replay.
The two levels are Go's (``cmd/go/internal/test/test.go``, ``tryCacheWithID``): what a module reads
is known only after it has run, so a key made beforehand cannot name a result by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple, NewType, TypeAlias

from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.ops import AND
from pytest_gocache.core.ops import Op as Op
from pytest_gocache.core.values import frozen

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

ActionID = NewType("ActionID", str)
"""64 hex digits: the key of one module's run, from everything known before it starts."""

ResultID = NewType("ResultID", str)
"""64 hex digits: names one stored ``ModuleResult``."""

LinesID = NewType("LinesID", str)
"""64 hex digits: names what coverage measured of one part of a run."""

ModuleName = NewType("ModuleName", str)
"""A test module's portable name: its path relative to rootdir, with forward slashes."""


class Reason(StrEnum):
    """Every "no" this program can say. Shared by code, output, docs (``docs/reasons.md``) and tests."""

    # Why a module was not answered from the cache.
    NO_RECORD = "no-record"
    MODULE_CHANGED = "module-changed"
    INPUT_CHANGED = "input-changed"
    FLAGS_CHANGED = "flags-changed"
    ENVIRONMENT_CHANGED = "environment-changed"
    INTERPRETER_CHANGED = "interpreter-changed"
    DISTRIBUTION_CHANGED = "distribution-changed"
    PLUGINS_CHANGED = "plugins-changed"
    SELECTION_CHANGED = "selection-changed"
    DAMAGED_RECORD = "damaged-record"
    EXPIRED = "expired"
    NO_COVERAGE = "no-coverage"
    COVERAGE_SETTINGS = "coverage-settings"
    COVERAGE_INEXACT = "coverage-inexact"
    OUTPUT_LEFT_OUT = "output-left-out"
    BYPASSED = "bypassed"
    VERIFIED = "verified"
    INERT = "inert"
    # Why a module that ran was not stored (and so will run again).
    FAILED = "failed"
    COLLECT_ERROR = "collect-error"
    INCOMPLETE = "incomplete"
    DESELECTED = "deselected"
    COLLECTED_TWICE = "collected-twice"
    RERUN = "rerun"
    TOO_NEW = "too-new"
    WROTE_ITS_INPUT = "wrote-its-input"
    NETWORK = "network"
    SUBPROCESS = "subprocess"
    RANDOM = "random"
    NATIVE = "native"
    MUST_RUN = "must-run"
    MARKED = "marked"
    FLAKY = "flaky"
    REPORT_NOT_PLAIN = "report-not-plain"
    NOT_A_TEST_MODULE = "not-a-test-module"
    WORKER_LOST = "worker-lost"
    STORE_FAILED = "store-failed"
    INTERNAL_ERROR = "internal-error"


class Input(NamedTuple):
    """One thing read while running. ``name`` is portable (see ``core/places.py``).

    A tuple, for there are modules times inputs of them, and tuples are hashed and compared in C.
    """

    op: Op
    name: str

    def __str__(self) -> str:
        return f"{self.op} {self.name.replace(AND, ' = ')}"


Inputs: TypeAlias = tuple[tuple[Input, Digest], ...]
"""What one run read, each with its digest then."""


@frozen
class Trace:
    """The inputs of one run, each with its digest then, and the result they led to."""

    inputs: Inputs
    result: ResultID


class SavedReport(NamedTuple):
    """One pytest report in plain data; times in seconds, ``longrepr`` and ``extra`` as pytest serialises them."""

    when: str
    outcome: str
    duration: float
    longrepr: Json = None
    sections: tuple[tuple[str, str], ...] = ()
    user_properties: tuple[tuple[str, Json], ...] = ()
    extra: tuple[tuple[str, Json], ...] = ()
    """Attributes that plugins put on the report (``wasxfail`` among them)."""


@frozen
class SavedMark:
    """One mark of a test, enough for ``-m "slow(level=2)"``."""

    name: str
    kwargs: tuple[tuple[str, Json], ...] = ()


class SavedTest(NamedTuple):
    """What one test left. ``name`` is its node id without the module's part (``::Class::test[1]``)."""

    name: str
    where: str
    """Portable name of the file that defines it, or empty where that is the module itself."""
    lineno: int | None
    domain: str
    keywords: tuple[str, ...]
    """``report.keywords``, in order."""
    matchable: tuple[str, ...]
    """The names that ``-k`` sees."""
    marks: tuple[SavedMark, ...]
    reports: tuple[SavedReport, ...]


@frozen
class SavedWarning:
    """One warning of the summary; ``name`` of the test it belongs to, or empty for collection."""

    name: str
    when: str
    category: str
    message: str
    filename: str
    lineno: int
    location: tuple[str, int, str] | None = None


@frozen
class ModuleResult:
    """What a passing module left behind, whole: replaying it must look like running it."""

    tests: tuple[SavedTest, ...]
    deselected: tuple[str, ...]
    """Names of tests that the selection left out."""
    collect_reports: tuple[SavedReport, ...]
    """Collectors that were skipped (``importorskip``, ``allow_module_level``)."""
    warnings: tuple[SavedWarning, ...]
    seconds: float
    """What running it took, all phases and its import."""


class Gist(NamedTuple):
    """What is asked of a stored result where it is not shown test by test. Kept in front of it."""

    letters: str
    """One per test, in order: ``.`` passed, ``s`` skipped, ``x`` xfailed, ``X`` xpassed; ``?`` for anything else."""
    seconds: float
    deselected: int
    """How many tests the selection left out."""
    plain: bool
    """Nothing is lost by showing only this: no warnings, no skipped collectors, no reports of a plugin's own."""
    properties: bool = False
    """Some test recorded properties."""
    left_out: str = ""
    """The letters of tests whose output was not stored."""


Titles: TypeAlias = tuple[str, ...]
"""The names of a module's tests as ``-v`` shows them, behind the module's; none where it may show more than that."""


class Timing(NamedTuple):
    """How long the phases of a test took, in seconds, of which there is nothing to tell but that it passed, and what
    it may have printed."""

    name: str
    setup: float
    call: float
    teardown: float


class Brief(NamedTuple):
    """As much of a stored result as the terminal shows by default: one line of a module."""

    path: str
    nodeid: str
    """The module's part of the node ids in this run."""
    letters: str
    seconds: float
    deselected: int
    result: ResultID
    plain: bool


@frozen
class Manifest:
    """What the last run of a module knew, kept only to tell why the next one misses."""

    action: ActionID
    refused: str
    """The ``Reason`` why nothing was stored, or empty."""
    detail: str
    lines: tuple[str, ...]
    """The transcript of the action, without its closure."""
    sources: Digest
    """Names the entry with the ``SourceTable`` of that run."""
    files: str = ""
    """Which of the table's files are in its closure: a number in hex, bit i is the i-th file."""
    why: str = ""
    """Why it ran: a ``Miss`` as text."""
    ended: float = 0.0
    """When that run stored its results, in seconds since 1970."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """The lines that do not come from the module's own code and what it imports."""
        return tuple(line for line in self.lines if not line.startswith(("module ", "distribution ")))

    @property
    def became(self) -> str:
        """``stored``, or why it was not."""
        return "not stored: " + f"{self.refused}: {self.detail}".removesuffix(": ") if self.refused else "stored"


@frozen
class SourceTable:
    """The first-party sources of one run, and where it looked for them."""

    files: tuple[tuple[str, str], ...]
    """Portable names, each with the digests of its code and of its bytes, shortened; none where nobody asked."""
    roots: tuple[str, ...] = ()
    """Absolute directories that imports started from."""

    def of(self, manifest: Manifest) -> dict[str, str]:
        """The files that a module of that run imported, itself and its conftests included, with their digests."""
        bits = f"{int(manifest.files or '0', 16):b}"[::-1]
        return {name: digest for (name, digest), bit in zip(self.files, bits, strict=False) if bit == "1"}


@frozen
class Selection:
    """Which tests of a module were asked for. Empty: all of them."""

    node_ids: tuple[str, ...] = ()
    """Names after the module's part, as given on the command line (``::TestA::test_b``)."""
    keyword: str = ""
    mark: str = ""
    deselect: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.node_ids or self.keyword or self.mark or self.deselect)


class Stored(NamedTuple):
    """A result in the store, of which as much is read as is asked for."""

    id: ResultID
    """Empty where it is not in the store as it is."""
    load: Callable[[], ModuleResult | None]
    """Gives the whole; None if it is gone from the store."""
    titles: Callable[[], Titles]
    timings: Callable[[], tuple[Timing, ...]]
    """Of all tests; none where more is to be told of some."""


@frozen
class Hit:
    """The stored result may be shown instead of running. ``inputs`` are those of the trace that matched."""

    gist: Gist
    stored: Stored
    inputs: tuple[Input, ...] = ()
    lines: tuple[LinesID, ...] = ()
    """Under coverage: what it ran."""
    remote: bool = False
    """Whether a server gave it in this run."""


class Replay(NamedTuple):
    """One module to replay: in brief, and how to get more.

    As a verdict: a hit that the snapshot vouches for, as nothing that the module depends on changed since it was one.
    """

    brief: Brief
    stored: Stored
    remote: bool = False
    """Whether a server gave it in this run."""

    @property
    def mark(self) -> str:
        """What stands behind it on the screen."""
        return "(cached remotely)" if self.remote else "(cached)"

    @property
    def nodeid(self) -> str:
        """The module's part of the node ids in this run."""
        return self.brief.nodeid


@frozen
class Miss:
    """The module has to run. ``detail`` names the very thing (``import src/pkg/core.py``)."""

    reason: Reason
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else str(self.reason)


Verdict: TypeAlias = "Hit | Replay | Miss"
