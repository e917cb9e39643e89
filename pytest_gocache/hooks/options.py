"""What the user asked of us: our options and ini lines, read once into ``Settings``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

GROUP = "gocache"

DEFAULTS = pytest.StashKey[dict[str, object]]()
"""The options' defaults, taken before the command line was applied to them."""
GIVEN = pytest.StashKey[dict[str, object]]()
"""The options as parsed, taken before plugins derive anything from them (seeds, worker ids)."""

INITIAL = pytest.StashKey[frozenset[object]]()
"""The conftests that pytest loads at its start, whatever is collected."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Our own options, as they apply to this run."""

    on: bool
    directory: str
    """As given by the option, or empty."""
    ini_directory: str
    """As given in the ini file, or empty."""
    variables: tuple[str, ...]
    explain: bool
    count: int | None
    """How often each test runs; None where nobody said (or another plugin owns ``--count``)."""
    bypass: bool
    """Run everything; passes refresh the store."""


def add_options(parser: pytest.Parser) -> None:
    """Registers our options and ini lines, all but ``--count``."""
    group = parser.getgroup(GROUP, "result cache (pytest-gocache)")
    group.addoption(
        "--gocache",
        action="store_true",
        dest="gocache",
        default=None,
        help="Replay test modules that passed and whose inputs are unchanged, marked (cached).",
    )
    group.addoption(
        "--no-gocache",
        action="store_false",
        dest="gocache",
        default=None,
        help="Switch the result cache off.",
    )
    group.addoption(
        "--gocache-dir",
        metavar="DIR",
        default=None,
        help="Where results are kept. Default: $PYTEST_GOCACHE_DIR, ini gocache_dir, or a per-user directory.",
    )
    group.addoption(
        "--gocache-explain",
        action="store_true",
        default=False,
        help="One line per module that ran or could not be cached: the reason and the very thing.",
    )
    parser.addini("gocache", "Replay cached results (as --gocache).", type="bool", default=False)
    parser.addini("gocache_dir", "Where cached results are kept (as --gocache-dir).", default="")
    parser.addini("gocache_env", "Environment variables that are part of every key.", type="args", default=[])


def add_count(config: pytest.Config, parser: pytest.Parser) -> None:
    """Registers ``--count`` unless another plugin did: two of them would abort every run."""
    if "--count" in option_dests(config):
        return
    parser.getgroup(GROUP).addoption(
        "--count",
        dest="gocache_count",
        metavar="N",
        type=_count,
        default=None,
        help="1: run everything and refresh the cache. N: run each selected test N times.",
    )


def option_dests(config: pytest.Config) -> Mapping[str, str]:
    """The ``dest`` of each option string that is registered so far (pytest 8 and 9 keep it in two places)."""
    kept: Mapping[str, str] | None = getattr(config, "_opt2dest", None)
    return kept if kept is not None else getattr(config._parser, "_opt2dest", {})


def _count(text: str) -> int:
    try:
        count = int(text)
    except ValueError:
        count = 0
    if count < 1:
        raise pytest.UsageError(f"--count takes a whole number from 1, not {text!r}")
    return count


def read_settings(config: pytest.Config) -> Settings:
    """Our settings in this run: the command line wins over the ini file."""
    count = config.getoption("gocache_count", None)
    theirs = config.getoption("count", None) if not hasattr(config.option, "gocache_count") else None
    return Settings(
        on=is_on(config, config.getoption("gocache")),
        directory=str(config.getoption("gocache_dir") or ""),
        ini_directory=str(config.getini("gocache_dir")),
        variables=tuple(config.getini("gocache_env")),
        explain=bool(config.getoption("gocache_explain")),
        count=count,
        bypass=count is not None or _repeats(config, theirs),
    )


def is_on(config: pytest.Config, asked: bool | None) -> bool:
    """Whether the cache is on: off unless asked for, and the command line has the last word."""
    return bool(config.getini("gocache")) if asked is None else asked


def _repeats(config: pytest.Config, theirs: object) -> bool:
    """Whether the user gave another plugin's ``--count``: its default (1) is no request."""
    return theirs is not None and any(str(arg).split("=")[0] == "--count" for arg in config.invocation_params.args)


def distributes(config: pytest.Config) -> bool:
    """Whether xdist will start workers (its own test, which it makes a moment later)."""
    return config.getoption("dist", "no") != "no" and bool(config.getoption("tx", None))
