"""What is to be said of a project's modules by who looks after its cache: which never stay cached, and what to do.

It speaks of the account of a plan (``core/account.py``), for each module why it would run now, and of why it ran last.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, Literal, TypeAlias

from pytest_gocache.core.model import Json, Reason
from pytest_gocache.core.plural import counted
from pytest_gocache.core.values import frozen

Level: TypeAlias = Literal["ok", "look", "wrong"]
"""``look``: it works, and could be better; ``wrong``: there is no cache, or not as somebody wanted it."""
SHOWN: Final = 3
"""So many modules of each kind are named."""

ADVICE: Final[Mapping[Reason, str]] = {
    Reason.FLAGS_CHANGED: "use the same options everywhere, best in the ini file",
    Reason.ENVIRONMENT_CHANGED: "set the variable alike everywhere, or take it out of gocache_env",
    Reason.INTERPRETER_CHANGED: "passes are kept for each Python by itself: the other one's stay",
    Reason.DISTRIBUTION_CHANGED: "pin versions, so that machines share passes",
    Reason.PLUGINS_CHANGED: "install the same plugins everywhere",
    Reason.SELECTION_CHANGED: "run the whole module once: its record then answers every part",
    Reason.DAMAGED_RECORD: "if it comes back: pytest-gocache clean, and look at the disk",
    Reason.EXPIRED: "a longer max_age in the mark, if it runs too often",
    Reason.OUTPUT_LEFT_OUT: "leave the option away, or gocache_store_output = false",
    Reason.DESELECTED: "skip tests instead of taking them away; or gocache_allow = deselection",
    Reason.COLLECTED_TWICE: "name each file once",
    Reason.RERUN: "repair the test that passes only at a later attempt",
    Reason.TOO_NEW: "if it comes back, a test writes into the source tree: use tmp_path",
    Reason.WROTE_ITS_INPUT: "let it write to tmp_path; if the file does not matter, name it in gocache_ignore",
    Reason.NETWORK: "use a server on this machine; or allow it: gocache_allow = network:HOST",
    Reason.SUBPROCESS: "gocache_allow = subprocess:NAME, if it reads nothing but what the test gives it",
    Reason.NATIVE: "raise fs.inotify.max_user_watches; or gocache_inputs, and gocache_allow = native",
    Reason.RANDOM: "derandomise Hypothesis; or gocache_allow = random",
    Reason.FLAKY: "repair it: pytest --count=100 hunts it; 3 passes in a row and it is stored again",
    Reason.REPORT_NOT_PLAIN: "a plugin puts objects on reports: tell its authors",
    Reason.WORKER_LOST: "look for the crash of the worker",
    Reason.STORE_FAILED: "make room, or choose another --gocache-dir",
    Reason.INTERNAL_ERROR: "a mistake of ours: report it, with the line of pytest --gocache --gocache-explain",
}
"""What can be done where something can be. (docs/reasons.md says more of each.)"""
EACH_TIME: Final = "it was so the last time, too: if a run changes this itself, name it in gocache_ignore"


@frozen
class Finding:
    """One line of a diagnosis, with lines below it."""

    level: Level
    topic: str
    text: str
    below: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """For people."""
        yield f"{self.level:<6} {self.topic:<10} {self.text}"
        yield from (f"{'':18}{line}" for line in self.below)


def of_modules(account: Mapping[str, Json], why_last: Callable[[str], str]) -> Iterator[Finding]:
    """Findings on the modules of a plan. ``why_last`` gives why a module ran last, as a miss is written; or empty."""
    rows = account.get("modules")
    modules = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    cached = sum(row.get("cached") is True for row in modules)
    counts = f"{len(modules)}: {cached} cached, {len(modules) - cached} to run"
    yield Finding("ok" if modules else "look", "modules", counts)
    waiting: dict[Reason, list[tuple[str, str]]] = {}
    for row in modules:
        reason = str(row.get("reason"))
        if reason in list(Reason):
            told = str(row.get("module")), str(row.get("detail") or "")
            waiting.setdefault(Reason(reason), []).append(told)
    for reason, those in sorted(waiting.items()):
        yield from _of_reason(reason, those, why_last)


def _of_reason(reason: Reason, those: list[tuple[str, str]], why_last: Callable[[str], str]) -> Iterator[Finding]:
    again = [(name, what) for name, what in those if what and why_last(name) == f"{reason}: {what}"]
    if reason is Reason.INPUT_CHANGED and again:
        yield Finding("look", "each time", _counted(reason, len(again)), (*_named(again), f"-> {EACH_TIME}"))
        those = [each for each in those if each not in again]
    advice = ADVICE.get(reason)
    level: Level = "look" if advice else "ok"
    if those:
        below = (*_named(those), *([f"-> {advice}"] if advice else []))
        yield Finding(level, "why", _counted(reason, len(those)), below)


def _counted(reason: Reason, count: int) -> str:
    return f"{reason}: {counted(count, 'module')}"


def _named(those: Iterable[tuple[str, str]]) -> list[str]:
    every = [f"{name}: {what}" if what else name for name, what in those]
    return [*every[:SHOWN], *([f"and {len(every) - SHOWN} more"] if len(every) > SHOWN else [])]
