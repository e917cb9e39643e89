"""What children did, entered among the events of those who started them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from itertools import product

from pytest_gocache.core.environment import Variables
from pytest_gocache.core.files import Files, Look
from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.learnt import SUFFIXES, learn
from pytest_gocache.core.looks import signature, upward
from pytest_gocache.core.made import Made
from pytest_gocache.core.observe import EVERYONE, Owner
from pytest_gocache.core.ops import AND, CONTENT, LOOKED_AT, Op
from pytest_gocache.core.standing import Event
from pytest_gocache.core.told import Journals, Told
from pytest_gocache.core.values import changed

OF_LINKS = (Op.STAT, Op.TIMES, Op.LINK)
"""What they tell of a link is what it says, too."""
OF_WHAT_IS_THERE = (Op.KIND, Op.STAT, Op.TIMES, Op.ACCESS, Op.NAMES, Op.LIST)
"""They tell of whatever is there."""
UNTOLD = "python that cannot tell"
"""What a child is called that lost the means to tell what it does."""
OWN = ("file:", "top:")
"""Owners that may keep what they read for whoever comes next."""


def merge(
    told: Journals,
    reads: dict[Owner, set[Event]],
    files: Files,
    variables: Variables,
    began: int,
    links: Made,
) -> None:
    """Enters what children did among the events of those who started them.

    What one of them wrote in this run, and another looked at only then, is nobody's input. ``began`` is when
    the run did, in nanoseconds; ``links`` knows what led elsewhere.
    """
    for link, target in told.links:
        links.led(link, target)
    made = _made(told, reads, links)
    _forget_outputs(told, reads, files, began)
    for event in told.events:
        whose = told.starters(event.owners)
        if event.late and not any(owner.startswith("fixture:") for owner in whose):
            whose |= {EVERYONE}
        if event.op is Op.GETENV and _was_given(event, told, variables):
            continue
        for each in (event, *_behind(event, links, began)):
            owners = whose
            if each.op in LOOKED_AT:
                if _is_new(each, began):  # to each by itself: what one made is another's input
                    owners = frozenset(owner for owner in whose if not _is_made(each, made.get(owner, ())))
                if owners:
                    _adopt(each, files)
            for owner in owners:
                reads.setdefault(owner, set()).add((each.op, each.name))
    for starter, name in _unseen(told):
        reads.setdefault(starter, set()).add((Op.CHILD, name))


def _unseen(told: Journals) -> Iterator[tuple[Owner, str]]:
    """Who started children of which nobody knows what they did."""
    yield from ((starter, UNTOLD) for starter in told.starters(told.silent))
    for owner, child in told.children.items():
        if owner not in told.began:
            yield from ((starter, child.name) for starter in told.starters(child.starters))


def _behind(event: Told, links: Made, began: int) -> Iterator[Told]:
    """The same, of what lies behind links that were made here: who made a link made nothing of that."""
    if event.op is Op.SAME:
        pairs = product(*({each, *links.behind(each)} for each in event.name.split(AND)))
        yield from (changed(event, name=AND.join(pair)) for pair in pairs if AND.join(pair) != event.name)
    elif event.op in LOOKED_AT:
        tells_more = event.op in OF_LINKS and links.is_link(event.name)
        for name in links.behind(event.name):
            is_old = _is_old(name, began)
            if not (is_old and _saw_nothing(event)):  # else it was asked for before the link was made
                yield changed(event, name=name, look=learn(event.op, name) if is_old and tells_more else event.look)


def _is_old(path: str, began: int) -> bool:
    """Whether what is there has been there since before the run, and is as it was; directories are taken to be."""
    seen = signature(path)
    return seen is not None and (seen[2] < began or os.path.isdir(path))


def _saw_nothing(event: Told) -> bool:
    """Whether nothing at all was there."""
    return not event.look if event.op in CONTENT else event.op in OF_WHAT_IS_THERE and Digest(event.look) == ABSENT


def _made(told: Journals, reads: Mapping[Owner, set[Event]], links: Made) -> dict[Owner, set[str]]:
    """What each owner wrote, itself or by a child; also where it lies if that was behind a link."""
    made = {owner: {name for op, name in events if op is Op.WRITE} for owner, events in reads.items()}
    for owner, names in _made_by_children(told).items():
        made.setdefault(owner, set()).update(names)
    for names in made.values():
        names.update(*[links.behind(name) for name in names if not links.is_link(name)])
    return made


def _made_by_children(told: Journals) -> dict[Owner, set[str]]:
    """What the children of each owner wrote."""
    made: dict[Owner, set[str]] = {}
    for event in told.events:
        if event.op is Op.WRITE:
            for owner in told.starters(event.owners):
                made.setdefault(owner, set()).add(event.name)
    return made


def _forget_outputs(told: Journals, reads: Mapping[Owner, set[Event]], files: Files, began: int) -> None:
    """Takes out what was read after a child had written it."""
    by_owner = _made_by_children(told)
    every = set[str]().union(*by_owner.values())
    for owner, events in reads.items() if every else ():
        by_children = every if owner is EVERYONE or owner.startswith(OWN) else by_owner.get(owner, set())
        outputs = {(op, name) for op, name in events if op in LOOKED_AT and _within(name, by_children)}
        # That nothing was in the way is an input; what is there now was put there.
        kept = {(op, name) for op, name in outputs if files.was_absent(op, name)}
        events -= {(op, name) for op, name in outputs - kept if files.appeared_since(name, began)}


def _within(path: str, made: Collection[str]) -> bool:
    """Whether ``path``, or a directory that it lies in, is one of ``made``."""
    return any(each in made for each in upward(path))


def _is_made(event: Told, made: Collection[str]) -> bool:
    """Whether what a child came to was made before. A module is looked for without its suffix."""
    names = event.name.split(AND)
    if event.op is Op.FIND:
        names += [f"{event.name}{between}{suffix}" for between in ("", f"{os.sep}__init__") for suffix in SUFFIXES]
    return any(_within(name, made) for name in names)


def _was_given(event: Told, told: Journals, variables: Variables) -> bool:
    """Whether the value that a child found was set by those who started it."""
    if event.look == "unset":
        return event.name in variables
    return event.name in told.anew(event.owners)


def _is_new(event: Told, began: int) -> bool:
    """Whether nothing was there before this run, as far as was seen."""
    if event.op not in CONTENT:
        # Those who looked made it, of its times nothing is known; but that nothing was in the way is an input.
        return event.op in (Op.FIND, Op.SAME) or Digest(event.look) != ABSENT
    return bool(event.look) and max(map(int, event.look.split(" ")[1:3])) >= began


def _adopt(event: Told, files: Files) -> None:
    if event.op not in CONTENT:
        files.adopt_learnt(event.op, event.name, Digest(event.look))
    elif not event.look:
        files.adopt(event.name, Look(None, False), ABSENT)
    else:
        size, mtime, ctime, inode, *digest = event.look.split(" ")
        look = Look((int(size), int(mtime), int(ctime), int(inode)), bool(digest))
        files.adopt(event.name, look, Digest(digest[0]) if digest else None)
