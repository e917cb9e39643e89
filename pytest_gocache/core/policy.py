"""What a project decides about inputs: what is allowed although nobody can see it, and what does not count.

Both are decided anew in each run. An input that was allowed or ignored stays in the trace with that word as its
digest, so a pass that was stored by leave of the ini file is no hit once the line is gone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from fnmatch import fnmatchcase

from pytest_gocache.core.environment import SET
from pytest_gocache.core.globs import expression
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.machine import INPUTS
from pytest_gocache.core.model import Input, Miss, Reason
from pytest_gocache.core.ops import LOOKED_AT, UNSEEN, Op
from pytest_gocache.core.values import frozen

ALLOWED = Digest("allowed")
IGNORED = Digest("ignored")

REASONS = {
    Op.NETWORK: Reason.NETWORK,
    Op.CHILD: Reason.SUBPROCESS,
    Op.RANDOM: Reason.RANDOM,
    Op.DESELECTION: Reason.DESELECTED,
    Op.NATIVE: Reason.NATIVE,
    Op.UNTIL: Reason.EXPIRED,
}
"""Why a module with such an input is not stored, or runs again. For all other inputs: ``input-changed``."""

ENV, SYSTEM = "env:", "system:"
"""What such words in ``gocache_ignore`` begin with; others are patterns of paths."""
MAY_BE_ALLOWED = "network, network:HOST, subprocess, subprocess:NAME, random, deselection or native"
BY_THE_WORD = (Op.RANDOM, Op.DESELECTION, Op.NATIVE)
"""What is allowed as a whole or not at all."""
NO_INPUT = (LOOKED_AT - {Op.EXEC, Op.FIND, Op.GLOB}) | {Op.GETENV, Op.SYSTEM}
"""What ``gocache_ignore`` may concern: code that ran always counts, and so does what was declared."""


@frozen
class Policy:
    """The ini lines ``gocache_allow`` and ``gocache_ignore`` as they apply to this run."""

    allowed: tuple[str, ...] = ()
    paths: re.Pattern[str] | None = None
    """Portable names that are no inputs."""
    variables: tuple[str, ...] = ()
    """Patterns of variables that are none."""
    system: tuple[str, ...] = ()
    """What the system may say without being an input (``core/machine.py``)."""

    def ignores(self, wanted: Input) -> bool:
        """Whether this does not count, whatever becomes of it."""
        if not (self.paths or self.variables or self.system) or wanted.op not in NO_INPUT:
            return False
        if wanted.op is Op.SYSTEM:
            return wanted.name in self.system
        if wanted.op is Op.GETENV:
            return self.ignores_variable(wanted.name.removesuffix(SET))
        return self.paths is not None and self.paths.fullmatch(wanted.name) is not None

    def ignores_variable(self, name: str) -> bool:
        """Whether this variable does not count; nor does it where all are copied."""
        return any(fnmatchcase(name, pattern) for pattern in self.variables)

    def allows(self, wanted: Input) -> bool:
        """Whether what nobody can see (a connection, a child process) may be stored all the same."""
        return allows(self.allowed, wanted)

    def refusal(self, inputs: Iterable[Input]) -> Miss | None:
        """Why what was done cannot be stored: the first thing that nothing later can be compared with."""
        wanted = next((each for each in inputs if each.op in UNSEEN and not self.allows(each)), None)
        return None if wanted is None else Miss(REASONS[wanted.op], wanted.name)


def allows(words: Collection[str], wanted: Input) -> bool:
    """Whether one of ``words`` (``network``, ``subprocess:git``, ``subprocess:python -S``) allows it."""
    return any(_allows(*word.partition(":")[::2], wanted) for word in words)


def _allows(kind: str, which: str, wanted: Input) -> bool:
    if kind != wanted.op:
        return False
    if which in ("", wanted.name):  # what the output names, word for word: it may look like a pattern
        return True
    if wanted.op is Op.CHILD:
        program = wanted.name.partition(" ")[0]  # options may follow
        return fnmatchcase(wanted.name if " " in which else program.rpartition("/")[2], which)
    host = re.sub(r":\d+$", "", wanted.name)
    return fnmatchcase(wanted.name, which) or fnmatchcase(host.strip("[]"), which.strip("[]"))


def left_by(words: Collection[str], inputs: Iterable[Input]) -> tuple[Input, ...]:
    """``inputs`` without what a module's own marks allow; of several ends of its validity, the first."""
    kept = [each for each in inputs if each.op not in UNSEEN or not allows(words, each)]
    ends = sorted(each for each in kept if each.op is Op.UNTIL)
    return tuple(each for each in kept if each.op is not Op.UNTIL or each == ends[0])


def as_miss(wanted: Input) -> Miss:
    """The miss because of an input that is not as it was."""
    if wanted.op in REASONS:
        return Miss(REASONS[wanted.op], f"until {wanted.name}" if wanted.op is Op.UNTIL else wanted.name)
    return Miss(Reason.INPUT_CHANGED, str(wanted))


def policy_of(allow: Iterable[str], ignore: Iterable[str], name: Callable[[str], str]) -> Policy:
    """The policy of these ini lines, which were found to be right. ``name`` gives the portable name of a path."""
    variables = tuple(word.removeprefix(ENV) for word in ignore if word.startswith(ENV))
    system = tuple(word.removeprefix(SYSTEM) for word in ignore if word.startswith(SYSTEM))
    patterns = (word for word in ignore if not word.startswith((ENV, SYSTEM)))
    paths = (word if word.startswith("{") else name(word) for word in patterns)
    return Policy(tuple(allow), expression(paths), variables, system)


def wrong_allowance(word: str) -> str:
    """What is wrong with a word that allows something; empty if nothing is."""
    kind, colon, which = word.partition(":")
    if kind not in UNSEEN or (colon and (not which or kind in BY_THE_WORD)):
        cut = " (what has blanks stands in quotation marks)" if word.startswith("-") else ""
        return f"{word!r} is nothing that can be allowed: write {MAY_BE_ALLOWED}{cut}"
    program = which.partition(" ")[0]
    if kind == Op.CHILD and "/" in program:
        return f"{word!r} is a path: write the program's name alone, subprocess:{program.rpartition('/')[2]}"
    return ""


def wrong_ignorance(word: str) -> str:
    """What is wrong with a word that names something to ignore; empty if nothing is."""
    if word.startswith(ENV):
        return wrong_variable(word.removeprefix(ENV)) and f"{word!r} names no variable: write env:NAME or env:PREFIX_*"
    if word.startswith(SYSTEM):
        asked = f"{word!r} is nothing that the system is asked: write system: and one of {', '.join(sorted(INPUTS))}"
        return "" if word.removeprefix(SYSTEM) in INPUTS else asked
    try:
        expression([word])
    except ValueError as error:
        return f"{word!r} is no pattern of paths ({error}): write one like build/** or *.log"
    return ""


def wrong_variable(name: str) -> str:
    """What is wrong with a variable's name; empty if nothing is."""
    return f"{name!r} is no name of a variable: write NAME" if not name or "=" in name or "\0" in name else ""
