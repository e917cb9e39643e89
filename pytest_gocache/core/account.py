"""What became of each module in a run, or would in the next: for people as lines, for programs as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from pytest_gocache.core.counts import Outcomes
from pytest_gocache.core.ledger import Ledger
from pytest_gocache.core.model import Hit, Json, Miss, Reason, Replay, Verdict
from pytest_gocache.core.spans import duration
from pytest_gocache.core.values import frozen
from pytest_gocache.core.verify import Verified
from pytest_gocache.stores.base import Traffic

SCHEMA = 1
"""Raised when a field changes its meaning or goes. New fields may come at any time."""


@frozen
class ModuleAccount:
    """One module. ``why`` it ran (None: it is cached), ``refused`` why it was not stored then."""

    module: str
    """Its portable name (``tests/test_a.py``)."""
    why: Miss | None
    refused: Miss | None = None
    seconds: float | None = None
    """What running it took, this time or when it was stored; None where nobody knows."""
    remote: bool = False
    """Whether a server gave the result in this run."""
    flaky: bool = False
    """It failed with nothing changed since it passed, now or lately."""
    files: int | None = None
    """How many files of the project it imports, with itself; None where nobody had to look."""

    @property
    def told(self) -> str:
        """The verdict in words."""
        return str(self.why or ("cached remotely" if self.remote else "cached"))

    def as_json(self) -> dict[str, Json]:
        """The fields of the schema."""
        return {
            "module": self.module,
            "cached": self.why is None,
            "remote": self.remote,
            "reason": str(self.why.reason) if self.why else None,
            "detail": self.why.detail if self.why else None,
            "not_cacheable": str(self.refused.reason) if self.refused else None,
            "not_cacheable_detail": self.refused.detail if self.refused else None,
            "seconds": None if self.seconds is None else round(self.seconds, 6),
            "flaky": self.flaky,
            "files": self.files,
        }


@frozen
class Account:
    """All modules of a run (``kind`` is ``run``), or of one that is to come (``plan``)."""

    kind: str
    modules: tuple[ModuleAccount, ...]
    verified: Verified | None = None
    """Under ``--gocache-verify``: what came of that."""
    counts: Mapping[str, Outcomes] | None = None
    """Under ``--count=N``: what became of each test, by node id."""
    traffic: Traffic | None = None
    """What went to and from a server, if there is one."""

    @property
    def cached(self) -> list[ModuleAccount]:
        """The hits."""
        return [each for each in self.modules if each.why is None]

    @property
    def remote(self) -> int:
        """How many of the hits a server gave."""
        return sum(each.remote for each in self.modules)

    @property
    def run(self) -> list[ModuleAccount]:
        """The others."""
        return [each for each in self.modules if each.why is not None]

    @property
    def not_stored(self) -> int:
        """How many of those that ran were not stored."""
        return sum(each.refused is not None for each in self.modules)

    @property
    def saved(self) -> float:
        """What the hits took when they ran, in seconds."""
        return sum(each.seconds or 0.0 for each in self.cached)

    def to_json(self, exit_status: int, version: str) -> str:
        """The text of a JSON file; ``docs/json.md`` has its fields."""
        fields: dict[str, Json] = {
            "schema": SCHEMA,
            "kind": self.kind,
            "pytest_gocache": version,
            "exit_status": exit_status,
            "cached": len(self.cached),
            "cached_remotely": self.remote,
            "ran": len(self.run),
            "not_cacheable": self.not_stored,
            "saved_seconds": round(self.saved, 6),
            "modules": [each.as_json() for each in self.modules],
        }
        if self.verified is not None:
            fields["verified"] = self.verified.as_json()
        if self.traffic is not None:
            fields["traffic"] = {name: round(value, 6) for name, value in self.traffic._asdict().items()}
        if self.counts is not None:
            fields["tests"] = {name: each.as_json() for name, each in sorted(self.counts.items())}
        return json.dumps(fields, indent=1) + "\n"


def of_books(
    ledger: Ledger,
    name: Callable[[str], str],
    took: Callable[[str], float | None],
    files: Callable[[str], int | None],
    verified: Verified | None,
    counts: Mapping[str, Outcomes] | None,
    traffic: Traffic | None,
) -> Account:
    """The account of a run that keeps books. ``took`` is how long the tests of a module ran that was not stored."""
    seconds, remote = ledger.cached(), ledger.remote()

    def of(path: str, miss: Miss | None) -> ModuleAccount:
        if miss is None:
            return ModuleAccount(name(path), None, seconds=seconds[path], remote=path in remote, files=files(path))
        stored, refused = _seconds(ledger.stored.get(path)), ledger.refused.get(path)
        flaky = path in ledger.flaky or (refused is not None and refused.reason is Reason.FLAKY)
        known = took(path) if stored is None else stored
        return ModuleAccount(name(path), miss, refused, known, flaky=flaky, files=files(path))

    return Account("run", tuple(of(*verdict) for verdict in ledger.verdicts()), verified, counts, traffic)


def of_replays(replays: Sequence[Replay], name: Callable[[str], str], traffic: Traffic | None) -> Account:
    """The account of an exact repeat."""
    hits = (
        ModuleAccount(name(each.brief.path), None, seconds=each.brief.seconds, remote=each.remote) for each in replays
    )
    return Account("run", tuple(hits), traffic=traffic)


def foretold(module: str, verdict: Verdict, last: Callable[[], float | None]) -> ModuleAccount:
    """What a verdict says of the next run; ``last`` tells what a module that runs took when it last passed."""
    if isinstance(verdict, Miss):
        return ModuleAccount(module, verdict, seconds=last())
    return ModuleAccount(module, None, seconds=_seconds(verdict), remote=verdict.remote)


def _seconds(verdict: Hit | Replay | None) -> float | None:
    if verdict is None:
        return None
    return verdict.gist.seconds if isinstance(verdict, Hit) else verdict.brief.seconds


def plan_lines(account: Account, all_of_them: bool) -> Iterator[str]:
    """One line for each module that would run (and for the others, if ``all_of_them``), then one for all."""
    for each in account.modules:
        took = "" if each.seconds is None else f" ({duration(each.seconds)})"
        if each.why is not None:
            yield f"{each.module}: {each.why}{took}"
        elif all_of_them:
            yield f"{each.module}: {each.told}{took}"
    run, known = account.run, [each.seconds for each in account.run if each.seconds is not None]
    unknown = len(run) - len(known)
    expected = f"about {duration(sum(known))}" if known or not run else ""
    open_end = f"{unknown} of them nobody knows how long" if unknown else ""
    told = " and ".join(filter(None, (expected, open_end)))
    saved = duration(account.saved)
    yield f"plan: {len(account.cached)} cached (saves {saved}), {len(run)} to run" + (f" ({told})" if run else "")
