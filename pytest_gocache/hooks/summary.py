"""Says at the end what was cached, what ran and what cannot be cached, and on request why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from pytest_gocache.core import flaky
from pytest_gocache.core.model import Miss, Reason
from pytest_gocache.core.plural import counted
from pytest_gocache.core.spans import duration

MANY = 10
"""So many modules that one input makes run are worth a line."""

if TYPE_CHECKING:
    from _pytest.terminal import TerminalReporter

    from pytest_gocache.core.ledger import Ledger
    from pytest_gocache.hooks.order import Order
    from pytest_gocache.hooks.settings import Settings
    from pytest_gocache.stores.base import Traffic


def summary_line(cached: int, saved_seconds: float, ran: int, refused: Iterable[Miss], remotely: str = "") -> str:
    """The line that always shows all three numbers."""
    reasons = Counter(str(miss.reason) for miss in refused)
    told = ", ".join(f"{reason}: {count}" for reason, count in sorted(reasons.items()))
    more = ", ".join(filter(None, (remotely, f"saved {duration(saved_seconds)}")))
    saved = f" ({more})" if cached else ""
    return f"gocache: {counted(cached, 'module')} cached{saved}, {ran} ran, {reasons.total()} not cacheable" + (
        f" ({told})" if told else ""
    )


def remotely(modules: int, traffic: Traffic | None) -> str:
    """What a server contributed to the modules that were cached."""
    if not modules or traffic is None:
        return ""
    return f"{modules} remotely: {_size(traffic.read_bytes)} in {traffic.read_seconds:.1f}s"


def traffic_line(modules: int, traffic: Traffic) -> str:
    """What went to and from a server and is not told of the ``modules`` it gave; empty if there is no more to it."""
    parts = []
    if traffic.written:
        parts.append(f"{traffic.written} written ({_size(traffic.written_bytes)}) in {traffic.written_seconds:.1f}s")
    if not modules:
        entries = counted(traffic.read, "entry", "entries")
        found = f"{entries} read ({_size(traffic.read_bytes)})" if traffic.read else "nothing found"
        parts.insert(0, f"{found} in {traffic.read_seconds:.1f}s")
    return f"remote: {', '.join(parts)}" if parts else ""


def _size(number: int) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 1e6 else f"{number / 1e3:.1f} kB"


def explanations(ledger: Ledger, name: Callable[[str], str]) -> Iterator[str]:
    """One line per module that ran: why it ran, and why it will run again if it was not stored."""
    for path, miss in ledger.misses.items():
        refusal = ledger.refused.get(path)
        again = f"; not cacheable: {refusal}" if refusal and refusal != miss else ""
        yield f"gocache: {name(path)}: {miss}{again}"


def litter(names: list[str]) -> str:
    """One line for all files that tests left in the source tree."""
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return f"tests wrote into the source tree: {names[0]}{more}"


def too_early(overtaken: Mapping[str, str], name: Callable[[str], str]) -> str:
    """One line for all hits whose inputs were changed by what ran."""
    path = min(overtaken)
    more = f" (and {len(overtaken) - 1} more)" if len(overtaken) > 1 else ""
    return f"tests changed {name(overtaken[path])}, which {name(path)} reads{more}: it was replayed before; run again"


def taken_away(nodeid: str) -> str:
    """One line for a plugin or conftest that chooses among the tests in a way that nobody knows."""
    return (
        f"a plugin or conftest.py took tests away ({nodeid}), perhaps by what else there was to run: "
        "nothing of this run is stored (gocache_allow = deselection, if it judges each test by itself)"
    )


def chain_line(names: Iterable[str]) -> str:
    """How a module comes to import what made it run."""
    return f"gocache:   {' -> '.join(names)}"


def blast(ledger: Ledger) -> str:
    """Which input made most of the modules run, where there are many; empty if none did."""
    every = len(ledger.misses) + len(ledger.cached())
    caused = Counter(miss.detail for miss in ledger.misses.values() if miss.reason is Reason.INPUT_CHANGED)
    if not caused:
        return ""
    thing, times = caused.most_common(1)[0]
    return f"{thing} made {times} of {every} modules run" if times >= MANY and 2 * times > every else ""


class Summary:
    """Writes the last lines before pytest's own."""

    def __init__(
        self,
        ledger: Ledger,
        settings: Settings,
        name: Callable[[str], str],
        chain: Callable[[str, Miss], Iterable[str]],
        told: Callable[[], Iterable[str]],
        traffic: Callable[[], Traffic | None],
    ) -> None:
        self._ledger = ledger
        self._explain = settings.explain
        self._deselection_allowed = "deselection" in settings.allow
        self._name = name
        self._chain = chain
        self._told = told
        self._traffic = traffic

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose < -1:
            return
        ledger = self._ledger
        if self._explain:
            self._explain_all(terminalreporter)
            if ledger.left:
                terminalreporter.write_line(f"gocache: {litter(ledger.left)}")
        if ledger.flaky:
            names = sorted(map(self._name, ledger.flaky))
            terminalreporter.write_line(f"gocache: {flaky.told(names)}", yellow=True)
        if ledger.overtaken:
            terminalreporter.write_line(f"gocache: {too_early(ledger.overtaken, self._name)}", yellow=True)
        if ledger.taken and not self._deselection_allowed:
            terminalreporter.write_line(f"gocache: {taken_away(ledger.taken)}", yellow=True)
        traffic, remote = self._traffic(), len(ledger.remote())
        if traffic and (line := traffic_line(remote, traffic)):
            terminalreporter.write_line(f"gocache: {line}")
        for told in self._told():
            terminalreporter.write_line(f"gocache: {told}", yellow=True)
        if told := blast(ledger):
            terminalreporter.write_line(f"gocache: {told}")
        cached = ledger.cached()
        terminalreporter.write_line(
            summary_line(
                len(cached),
                sum(cached.values()),
                len(ledger.misses),
                ledger.refused.values(),
                remotely(remote, traffic),
            )
        )

    def _explain_all(self, terminal: TerminalReporter) -> None:
        for line, (path, miss) in zip(explanations(self._ledger, self._name), self._ledger.misses.items(), strict=True):
            terminal.write_line(line)
            names = tuple(self._chain(path, miss)) if terminal.config.option.verbose > 0 else ()
            if names:
                terminal.write_line(chain_line(names))


class Header:
    """Says at the start that nothing is looked up, and on whose word."""

    def __init__(self, bypass: str) -> None:
        self._bypass = bypass

    def pytest_report_header(self) -> list[str]:
        return [f"gocache: bypassed ({self._bypass})"] if self._bypass else []


class Counts:
    """The same last line where everything is a hit."""

    def __init__(self, order: Order, traffic: Callable[[], Traffic | None]) -> None:
        self._order = order
        self._traffic = traffic

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose >= -1:
            replays = self._order.all
            seconds = sum(each.brief.seconds for each in replays)
            remote = remotely(sum(each.remote for each in replays), self._traffic())
            terminalreporter.write_line(summary_line(len(replays), seconds, 0, (), remote))


class Note:
    """Says one thing about the cache, where there is no cache in this run."""

    def __init__(self, text: str) -> None:
        self._text = text

    def pytest_terminal_summary(self, terminalreporter: TerminalReporter) -> None:
        if terminalreporter.config.option.verbose >= -1:
            terminalreporter.write_line(f"gocache: {self._text}")
