"""What the user asked of us: our options and ini lines, read once into ``Settings``."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from random import SystemRandom
from typing import Any

import pytest

from pytest_gocache.core.values import frozen

GROUP = "gocache"

DEFAULTS = pytest.StashKey[dict[str, object]]()
"""The options' defaults, taken before the command line was applied to them."""
GIVEN = pytest.StashKey[dict[str, object]]()
"""The options as parsed, taken before plugins derive anything from them (seeds, worker ids)."""

INITIAL = pytest.StashKey[frozenset[object]]()
"""The conftests that pytest loads at its start, whatever is collected."""


@frozen
class Settings:
    """Our own options, as they apply to this run."""

    on: bool
    directory: str
    """As given by the option, or empty."""
    ini_directory: str
    """As given in the ini file, or empty."""
    store: str
    """The name, and perhaps address, of a store that another package brings; empty for our own."""
    remote: str
    """The URL of a server behind the local store; empty for none."""
    remote_writes: bool
    """Whether what is stored goes there, too."""
    variables: tuple[str, ...]
    allow: tuple[str, ...]
    ignore: tuple[str, ...]
    inputs: tuple[str, ...]
    """Patterns of files that are inputs of every module."""
    explain: bool
    count: int | None
    """How often each test runs; None where nobody said (or another plugin owns ``--count``)."""
    count_seconds: float | None
    """For how long tests are repeated."""
    count_order: str
    """``selection``, ``module``, ``test`` or ``random:SEED``."""
    bypass: bool
    """Run everything; passes refresh the store."""
    verify: float | None
    """How many hits of a hundred are run and compared; None where that was not asked for."""
    plan: bool
    """Say what would be done, and do nothing."""
    json: str
    """Where the account of the run goes, as given; empty for nowhere."""
    report: str
    """Where the page about it goes."""


INI_LINES = {
    "gocache_env": "Environment variables that are part of every key.",
    "gocache_inputs": "Patterns of files (data/**) that are inputs of every module, whoever reads them.",
    "gocache_allow": "What nobody can see and may be stored all the same: network, network:HOST, "
    "subprocess, subprocess:NAME, random, deselection.",
    "gocache_ignore": "What is no input: patterns of paths (build/**), and of variables (env:CI_*).",
}
"""Our ini lines of several words, with their help."""

MARK = (
    'gocache(False, reason="..."): always run this module. gocache(inputs=["data/**"], env=["NAME"], '
    'allow=["network", "subprocess:git"], max_age="1d"): inputs of its own that nobody sees being read, what it may '
    "do although nobody can see it, how long a pass counts."
)
"""The line of ``--markers``."""


MARK_OF_COUNT = "count(N): run this test N times, each time with fresh fixtures (pytest-gocache)."


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
        "--gocache-store",
        metavar="NAME[:ADDRESS]",
        default=None,
        help="The store that results are kept in: 'disk' (default), or one that an installed package brings.",
    )
    group.addoption(
        "--gocache-remote",
        metavar="URL",
        default=None,
        help="A server that shares results: it is asked for what is not here. "
        "Also $PYTEST_GOCACHE_REMOTE, ini gocache_remote.",
    )
    group.addoption(
        "--gocache-remote-mode",
        metavar="MODE",
        default=None,
        help="read (default), or readwrite: what passes goes to the server, too. "
        "Also $PYTEST_GOCACHE_REMOTE_MODE, ini gocache_remote_mode.",
    )
    group.addoption(
        "--gocache-explain",
        action="store_true",
        default=False,
        help="One line per module that ran or could not be cached: the reason and the very thing.",
    )
    group.addoption(
        "--gocache-verify",
        action=_AlsoOn,
        nargs="?",
        const=100.0,
        default=None,
        type=_percentage,
        metavar="PCT",
        help="Run hits all the same (PCT of a hundred, drawn at random; default: all), and tell those that end "
        "otherwise than they were stored. Exit code 1 if there are any.",
    )
    group.addoption(
        "--gocache-plan",
        action=_AlsoOn,
        nargs=0,
        const=True,
        default=False,
        help="Say what is cached and what would run, why, and how long that may take; import and run nothing. "
        "Exit code 0 if all is cached, else 1.",
    )
    group.addoption(
        "--gocache-json",
        metavar="PATH",
        default=None,
        help="Write what became of each module (or, with --gocache-plan, would) to this file, for programs.",
    )
    group.addoption(
        "--gocache-report",
        metavar="PATH",
        default=None,
        help="Write an HTML page about the run (or the plan): what was cached, what ran, and which inputs were why.",
    )
    parser.addini("gocache", "Replay cached results (as --gocache).", type="bool", default=False)
    parser.addini("gocache_dir", "Where cached results are kept (as --gocache-dir).", default="")
    parser.addini("gocache_store", "The store that results are kept in (as --gocache-store).", default="")
    parser.addini("gocache_remote", "A server that shares results (as --gocache-remote).", default="")
    parser.addini("gocache_remote_mode", "read or readwrite (as --gocache-remote-mode).", default="")
    for name, text in INI_LINES.items():
        parser.addini(name, text, type="args", default=[])


class _AlsoOn(argparse.Action):
    """Keeps a value and switches the cache on."""

    def __call__(
        self, _parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, _option: str | None = None
    ) -> None:
        setattr(namespace, self.dest, self.const if self.nargs == 0 else values)
        namespace.gocache = True


def _percentage(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = 0.0
    if not 0 < percent <= 100:
        raise pytest.UsageError(
            f"--gocache-verify takes a percentage above 0 and up to 100, not {text!r} "
            "(before a path write --gocache-verify=100)"
        )
    return percent


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
    parser.getgroup(GROUP).addoption(
        "--count-for",
        dest="gocache_count_for",
        metavar="TIME",
        type=_seconds,
        default=None,
        help="Repeat the selected tests until a time is up (30s, 10m, 1h), or --count is reached.",
    )
    parser.getgroup(GROUP).addoption(
        "--count-order",
        dest="gocache_count_order",
        metavar="ORDER",
        type=_count_order,
        default="selection",
        help="What is repeated: all tests again and again (selection, the default), each module (module), each test "
        "(test); or all tests, in another order each time (random, or random:SEED for those of an earlier run).",
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


def _count_order(text: str) -> str:
    word, colon, seed = text.partition(":")
    if word == "random" and (seed.isdecimal() or not colon):
        return text if colon else f"random:{SystemRandom().randrange(2**32)}"
    if text not in ("selection", "module", "test"):
        raise pytest.UsageError(f"--count-order takes selection, module, test, random or random:SEED, not {text!r}")
    return text


def _seconds(text: str) -> float:
    """``10m`` and the like, in seconds."""
    number, unit = text[:-1], {"s": 1, "m": 60, "h": 3600}.get(text[-1:])
    if unit is None or not number.isdecimal() or int(number) == 0:
        raise pytest.UsageError(f"--count-for takes a time such as 30s, 10m or 1h, not {text!r}")
    return float(int(number) * unit)


def read_settings(config: pytest.Config) -> Settings:
    """Our settings in this run: the command line wins over the ini file."""
    count = config.getoption("gocache_count", None)
    seconds: float | None = config.getoption("gocache_count_for", None)
    theirs = config.getoption("count", None) if not hasattr(config.option, "gocache_count") else None
    on = is_on(config, config.getoption("gocache"))
    if on:
        check_ini(config)
    elif config.getoption("gocache") is None:
        for option in ("gocache_json", "gocache_report"):
            if config.getoption(option):
                name = f"--{option.replace('_', '-')}"
                raise pytest.UsageError(f"{name} tells of the cache, which is off: give --gocache, too")
    return Settings(
        on=on,
        directory=str(config.getoption("gocache_dir") or ""),
        ini_directory=str(config.getini("gocache_dir")),
        store=_store(config),
        remote=_first(config, "gocache_remote", "PYTEST_GOCACHE_REMOTE"),
        remote_writes=_remote_writes(config),
        variables=tuple(config.getini("gocache_env")),
        allow=tuple(config.getini("gocache_allow")),
        ignore=tuple(config.getini("gocache_ignore")),
        inputs=tuple(config.getini("gocache_inputs")),
        explain=bool(config.getoption("gocache_explain")),
        count=count,
        count_seconds=seconds,
        count_order=_order(config, seconds),
        bypass=count is not None or seconds is not None or _repeats(config, theirs),
        verify=_verify(config, count is not None or seconds is not None),
        plan=bool(config.getoption("gocache_plan")),
        json=str(config.getoption("gocache_json") or ""),
        report=str(config.getoption("gocache_report") or ""),
    )


def _order(config: pytest.Config, seconds: float | None) -> str:
    order = str(config.getoption("gocache_count_order", "selection"))
    if seconds is not None and order in ("module", "test"):
        raise pytest.UsageError(f"--count-for repeats all tests until the time is up: not with --count-order={order}")
    return order


def _verify(config: pytest.Config, counts: bool) -> float | None:
    percent: float | None = config.getoption("gocache_verify")
    if percent is not None and counts:
        raise pytest.UsageError("--gocache-verify compares what is cached, --count looks nothing up: give one of them")
    return percent


def _first(config: pytest.Config, name: str, variable: str) -> str:
    """Option, variable, ini line: the first that says something."""
    given = config.getoption(name) or os.environ.get(variable) or config.getini(name)
    return str(given or "").strip()


def _remote_writes(config: pytest.Config) -> bool:
    mode = _first(config, "gocache_remote_mode", "PYTEST_GOCACHE_REMOTE_MODE") or "read"
    if mode not in ("read", "readwrite"):
        raise pytest.UsageError(f"--gocache-remote-mode (ini gocache_remote_mode) is read or readwrite, not {mode!r}")
    return mode == "readwrite"


def _store(config: pytest.Config) -> str:
    given = str(config.getoption("gocache_store") or config.getini("gocache_store")).strip()
    return "" if given == "disk" else given


def check_ini(config: pytest.Config) -> None:
    """A usage error for the first word of our ini lines that means nothing."""
    from pytest_gocache.core.policy import wrong_allowance, wrong_ignorance, wrong_variable

    checks = {"gocache_allow": wrong_allowance, "gocache_ignore": wrong_ignorance, "gocache_env": wrong_variable}
    for line, check in checks.items():
        for word in config.getini(line):
            if wrong := check(word):
                raise pytest.UsageError(f"ini line {line}: {wrong}")


def is_on(config: pytest.Config, asked: bool | None) -> bool:
    """Whether the cache is on: off unless asked for, and the command line has the last word."""
    return bool(config.getini("gocache")) if asked is None else asked


def _repeats(config: pytest.Config, theirs: object) -> bool:
    """Whether the user gave another plugin's ``--count``: its default (1) is no request."""
    return theirs is not None and any(str(arg).split("=")[0] == "--count" for arg in config.invocation_params.args)


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
