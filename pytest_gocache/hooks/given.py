"""What was given to pytest itself, as far as it concerns us, and the little that we change of it."""

from __future__ import annotations

import pytest

DEFAULTS = pytest.StashKey[dict[str, object]]()
"""The options' defaults, taken before the command line was applied to them."""
GIVEN = pytest.StashKey[dict[str, object]]()
"""The options as parsed, taken before plugins derive anything from them (seeds, worker ids)."""

INITIAL = pytest.StashKey[frozenset[object]]()
"""The conftests that pytest loads at its start, whatever is collected."""


def distributes(config: pytest.Config) -> bool:
    """Whether xdist will start workers (its own test, which it makes a moment later)."""
    return config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None))


ALONE = pytest.StashKey[bool]()
"""There were to be workers, and none was started: what a controller does not tell is not told."""


def stay_alone(config: pytest.Config) -> None:
    """Keeps xdist from starting workers. Before its own ``pytest_configure``."""
    config.option.dist, config.option.tx = "no", []
    config.stash[ALONE] = True


def by_failures(config: pytest.Config) -> bool:
    """Whether earlier failures choose today's tests."""
    return bool(config.getoption("lf", False) or config.getoption("stepwise", False))
