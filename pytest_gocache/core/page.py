"""One page that shows a run: what was cached, what ran and why. HTML that needs nothing else."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from html import escape

from pytest_gocache.core.account import Account, ModuleAccount
from pytest_gocache.core.plural import counted
from pytest_gocache.core.spans import duration

WORST = 10
"""So many inputs of one reason are named."""

STYLE = """
:root { color-scheme: light dark; --ran: #b45309; --cached: #15803d; --bad: #b91c1c; --line: #d4d4d8; --soft: #f4f4f5; }
@media (prefers-color-scheme: dark) {
  :root { --ran: #f59e0b; --cached: #4ade80; --bad: #f87171; --line: #3f3f46; --soft: #27272a; }
}
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
.tiles { display: flex; flex-wrap: wrap; gap: .75rem; padding: 0; list-style: none; }
.tiles li { background: var(--soft); border-radius: .5rem; padding: .5rem 1rem; min-width: 7rem; }
.tiles b { display: block; font-size: 1.5rem; }
.time { display: flex; height: 2rem; border-radius: .25rem; overflow: hidden; gap: 1px; background: var(--line); }
.time i { min-width: 1px; }
.ran { background: var(--ran); } .cached { background: var(--cached); } .bad { background: var(--bad); }
.key { display: inline-block; width: .8em; height: .8em; border-radius: .2em; margin: 0 .3em 0 0; }
.words { margin-right: 1em; white-space: nowrap; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number, th.number { text-align: right; white-space: nowrap; }
summary { cursor: pointer; }
@media (max-width: 40rem) {
  table, tbody, tr, td { display: block; } thead { display: none; }
  td, td.number { border: 0; padding: 0; text-align: left; }
  td[data-of]::after { content: " " attr(data-of); }
  tr { border-bottom: 1px solid var(--line); padding: .4rem 0; }
}
"""


def page(account: Account, title: str) -> str:
    """The text of the page."""
    parts = (section(account) for section in SECTIONS)
    body = "\n".join(part for some in parts for part in some)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _tiles(account: Account) -> Iterator[str]:
    took = sum(each.seconds or 0.0 for each in account.run)
    tiles = {
        "modules cached": len(account.cached),
        "saved": duration(account.saved),
        "ran": len(account.run),
        "took": duration(took),
        "not cacheable": account.not_stored,
    }
    yield '<ul class="tiles">'
    yield from (f"<li><b>{escape(str(value))}</b>{escape(name)}</li>" for name, value in tiles.items())
    yield "</ul>"


def _timeline(account: Account) -> Iterator[str]:
    """All modules side by side, as wide as they take long."""
    if not account.modules:
        return
    yield '<h2>Time</h2>\n<div class="time">'
    for each in account.modules:
        told = f"{each.module}: {each.told}"
        width = max(1000 * (each.seconds or 0.0), 1.0)  # below 1 in all they would not fill the line
        yield f'<i class="{_kind(each)}" style="flex-grow:{width:.0f}" title="{escape(told, quote=True)}"></i>'
    yield "</div>\n<p>" + "".join(
        f'<span class="words"><span class="key {kind}"></span>{text}</span> '
        for kind, text in (("cached", "cached"), ("ran", "ran, and was stored"), ("bad", "ran, and was not stored"))
    )
    yield "</p>"


def _kind(each: ModuleAccount) -> str:
    return "cached" if each.why is None else "ran" if each.refused is None else "bad"


def _causes(account: Account) -> Iterator[str]:
    """Why modules ran: by reason, and within it by the very thing, the most frequent first."""
    yield from _grouped("Why modules ran", [(each.why, each) for each in account.run])


def _refusals(account: Account) -> Iterator[str]:
    yield from _grouped("Why modules were not stored", [(each.refused, each) for each in account.run if each.refused])


def _flaky(account: Account) -> Iterator[str]:
    names = [each.module for each in account.modules if each.flaky]
    if names:
        yield "<h2>Flaky modules</h2>\n<p>They failed with nothing changed since they passed.</p>\n<ul>"
        yield from (f"<li><code>{escape(name)}</code></li>" for name in names)
        yield "</ul>"


def _biggest(account: Account) -> Iterator[str]:
    """Which modules import most: an edit makes these run soonest."""
    known = [(each.files, each.module) for each in account.modules if each.files]
    if len(known) < 2:
        return
    yield "<h2>Biggest closures</h2>\n<p>How many files of the project a module imports, itself with them.</p>\n<table>"
    yield '<thead><tr><th>module</th><th class="number">files</th></tr></thead><tbody>'
    for files, module in sorted(known, key=lambda row: (-row[0], row[1]))[:WORST]:
        yield f"<tr><td><code>{escape(module)}</code></td>{_number(files, 'file')}</tr>"
    yield "</tbody></table>"


def _grouped(title: str, found: list[tuple[object, ModuleAccount]]) -> Iterator[str]:
    if not found:
        return
    things: dict[str, list[ModuleAccount]] = defaultdict(list)
    for miss, each in found:
        things[str(miss)].append(each)
    yield f"<h2>{title}</h2>\n<table>"
    yield '<thead><tr><th>reason and input</th><th class="number">modules</th></tr></thead><tbody>'
    ranked = sorted(things.items(), key=lambda item: (-len(item[1]), item[0]))
    for thing, modules in ranked[:WORST]:
        names = "<br>".join(f"<code>{escape(each.module)}</code>" for each in modules)
        told = f"<details><summary><code>{escape(thing)}</code></summary>{names}</details>"
        yield f"<tr><td>{told}</td>{_number(len(modules), 'module')}</tr>"
    yield "</tbody></table>"
    if len(ranked) > WORST:
        yield f"<p>and {counted(len(ranked) - WORST, 'other')}: see below</p>"


def _number(number: int, thing: str) -> str:
    """A cell that also says what is counted, for narrow screens: tables have no headings there."""
    things = thing if number == 1 else f"{thing}s"
    return f'<td class="number" data-of="{things}">{number}</td>'


def _table(account: Account) -> Iterator[str]:
    """Every module: those that ran first, the longest first."""
    yield "<h2>Modules</h2>\n<table>"
    yield '<thead><tr><th>module</th><th>verdict</th><th class="number">time</th></tr></thead><tbody>'
    for each in sorted(account.modules, key=lambda each: (each.why is None, -(each.seconds or 0.0), each.module)):
        verdict = each.told if each.why is None else f"<code>{escape(each.told)}</code>"
        if each.refused is not None and each.refused != each.why:
            verdict += f"<br>not cacheable: <code>{escape(str(each.refused))}</code>"
        took = "" if each.seconds is None else duration(each.seconds)
        yield f'<tr><td><code>{escape(each.module)}</code></td><td>{verdict}</td><td class="number">{took}</td></tr>'
    yield "</tbody></table>"


SECTIONS = (_tiles, _timeline, _causes, _refusals, _flaky, _biggest, _table)
