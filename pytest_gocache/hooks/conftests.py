"""What conftests and plugins have a say in, so that a snapshot of the run cannot tell what the next one comes by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import pytest

from pytest_gocache.hooks.conditions import hooked_by_others, is_builtin, module_of
from pytest_gocache.hooks.given import INITIAL

HARMLESS = frozenset(
    {
        "pytest_generate_tests", "pytest_runtest_setup", "pytest_runtest_call", "pytest_runtest_teardown",
        "pytest_runtest_makereport", "pytest_runtest_protocol", "pytest_fixture_setup", "pytest_fixture_post_finalizer",
        "pytest_assertrepr_compare", "pytest_make_parametrize_id", "pytest_pyfunc_call", "pytest_plugins",
        "pytest_collection_modifyitems", "pytest_itemcollected", "pytest_pycollect_makeitem",
    }
)  # fmt: skip
"""Hooks of a conftest that have nothing to do in a run that collects and runs nothing."""

NEVER = (
    "collect_ignore",
    "collect_ignore_glob",
    "pytest_ignore_collect",
    "pytest_collect_file",
    "pytest_collect_directory",
    "pytest_pycollect_makemodule",
)
"""What a conftest decides with these may change without any file changing."""


CHOOSES, ACTS = "chooses", "acts"


def of_conftests(config: pytest.Config) -> frozenset[str]:
    """What is in the way of a snapshot: a conftest ``chooses`` what is collected; a nested one, which would not be
    loaded in a repeat, ``acts`` on the session or on reports."""
    initial = config.stash.get(INITIAL, frozenset())
    found: set[str] = set()
    for conftest in loaded_conftests(config):
        names = vars(conftest).keys()
        hooks = {name for name in names if name.startswith("pytest_")}
        found |= {CHOOSES} if not names.isdisjoint(NEVER) else set()
        found |= {ACTS} if conftest not in initial and hooks - HARMLESS else set()
    return frozenset(found)


BY_NAME: Final = frozenset({"_hypothesis_pytestplugin"})
"""Plugins that leave out directories by their names (``.hypothesis``), and look at nothing else."""


def plugins_choose(config: pytest.Config) -> bool:
    """Whether somebody beside pytest has a say in which files are collected, and as what."""
    return any(hooked_by_others(config, name, but=BY_NAME) for name in NEVER if name.startswith("pytest_"))


KNOWN: Final = frozenset(
    {"xdist", "pytest_cov", "anyio", "pytest_asyncio", "pytest_mock", "pytest_timeout", "_hypothesis_pytestplugin"}
)
"""Packages of plugins that do nothing at all in a run without tests, unless an option asks for it."""
AT_START: Final = frozenset({"pytest_addoption", "pytest_addhooks"})
FOR_TESTS: Final = HARMLESS - {"pytest_collection_modifyitems"}
"""Hooks that are not called where there are no tests."""


def doings(config: pytest.Config) -> Iterator[str]:
    """The hooks of conftests, and of plugins that are not known to rest, that are called in a run without tests."""
    for plugin in config.pluginmanager.get_plugins():
        module = module_of(plugin)
        if is_builtin(module) or module.partition(".")[0] in KNOWN:
            continue
        callers = config.pluginmanager.get_hookcallers(plugin) or ()
        yield from (f"{module}: {caller.name}" for caller in callers if caller.name not in FOR_TESTS | AT_START)


def initial_conftests(config: pytest.Config) -> frozenset[str]:
    """The files of those that pytest loaded at its start."""
    files = (getattr(conftest, "__file__", None) for conftest in config.stash.get(INITIAL, frozenset()))
    return frozenset(file for file in files if file)


def loaded_conftests(config: pytest.Config) -> Iterable[object]:
    """All that pytest has loaded so far."""
    return getattr(config.pluginmanager, "_conftest_plugins", ())
