"""What an input is now, as far as neither sources nor distributions have to be known for the answer.

The exact repeat of a cached run asks no more than this; the general way (``Project.present``) asks it for the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from pytest_gocache.core.environment import Variables
from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.machine import said
from pytest_gocache.core.model import Input
from pytest_gocache.core.ops import AMONG_MODULES, LOOKED_AT, UNSEEN, Op
from pytest_gocache.core.places import Places
from pytest_gocache.core.policy import ALLOWED, IGNORED, Policy
from pytest_gocache.core.values import frozen

BY_THEMSELVES = (LOOKED_AT - {Op.OPEN, Op.EXEC}) | {Op.GETENV, Op.SYSTEM, Op.OPTION, Op.UNTIL, *AMONG_MODULES, *UNSEEN}
"""The inputs that ``Present`` answers for."""

NOT_YET = Digest("not yet")
"""What is over equals nothing, not even what was over when it was stored: a run can outlast its ``max_age``."""
LEFT = Digest("left")
"""No matter of the present, but of the run: in a repeat it is the same, else see ``Project`` and ``Session``."""
MOMENT = "%Y-%m-%dT%H:%M:%SZ"


@frozen
class Present:
    """Gives the digest of an input. ``learnt`` tells what an operation tells of a path, ``asked`` what an option is."""

    places: Places
    variables: Variables
    policy: Policy
    learnt: Callable[[Op, str], Digest]
    asked: Callable[[str], Digest]

    def __call__(self, wanted: Input) -> Digest:
        if self.policy.ignores(wanted):
            return IGNORED
        if wanted.op in UNSEEN:
            return ALLOWED if self.policy.allows(wanted) else ABSENT
        if wanted.op in AMONG_MODULES:
            return LEFT
        if wanted.op is Op.UNTIL:
            return NOT_YET if moment() < wanted.name else Digest(f"over at {time.time_ns()}")
        if wanted.op is Op.OPTION:
            return self.asked(wanted.name)
        if wanted.op is Op.SYSTEM:
            return said(wanted.name)
        if wanted.op is Op.GETENV:
            return self.variables.digest(wanted.name, self.policy.ignores_variable)
        return self.learnt(wanted.op, self.places.path(wanted.name))


def moment(later: float = 0.0, clock: Callable[[], float] = time.time) -> str:
    """The moment ``later`` seconds from now; such texts sort by time."""
    return time.strftime(MOMENT, time.gmtime(clock() + later))
