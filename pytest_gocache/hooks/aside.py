"""Objects that are as old as the run, set aside from the rounds of the garbage collector.

pytest, its plugins and what we need ourselves are tens of thousands of objects that live to the end. Each full
collection goes round all of them, and pytest itself asks for some. Nothing of the user's is among them: what a conftest
or a test makes comes later. ``gc.get_objects`` does not tell of what is set aside; whoever asks for referrers gets all.
"""

from __future__ import annotations

import gc

import pytest

FOR_GOOD = pytest.StashKey[bool]()
"""There if what is set aside is to stay there: Python ends with this run, and need not look either."""


def set_aside(config: pytest.Config) -> None:
    """Sets aside what there is now, to the end of the run: after the cleanups of all that is configured later."""
    gc.freeze()
    config.add_cleanup(lambda: take_back() if FOR_GOOD not in config.stash else None)


def take_back(*_asked: object) -> None:
    """Sets nothing aside any more."""
    gc.unfreeze()
