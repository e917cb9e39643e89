"""Our options, ini lines and marks: what can be given, and what a value may look like."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from copy import copy
from random import SystemRandom
from typing import Any

import pytest

GROUP = "gocache"
EXPLAIN = "--gocache-explain"

INI_LINES = {
    "gocache_env": "Environment variables that are part of every key.",
    "gocache_inputs": "Patterns of files (data/**) that are inputs of every module, whoever reads them.",
    "gocache_allow": "What nobody can see and may be stored all the same: network, network:HOST, "
    "subprocess, subprocess:NAME, random, deselection.",
    "gocache_ignore": "What is no input: patterns of paths (build/**) and of variables (env:CI_*), system:gethostname.",
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
        help="What shares results, and is asked for what is not here: http(s)://, s3://, gs://, az://, redis(s)://. "
        "Also $PYTEST_GOCACHE_REMOTE, ini gocache_remote.",
    )
    group.addoption(
        "--gocache-remote-mode",
        metavar="MODE",
        default=None,
        help="read (default); readwrite: what passes goes to the server, too; off: it is not asked. "
        "Also $PYTEST_GOCACHE_REMOTE_MODE, ini gocache_remote_mode.",
    )
    group.addoption(
        EXPLAIN,
        action="append",
        nargs="?",
        const="",
        default=None,
        metavar="MODULE",
        help="One line per module that ran or could not be cached: the reason and the very thing. "
        f"{EXPLAIN}=MODULE (a path or a node id): all that differs, for this module only.",
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
    parser.addini("gocache_remote_mode", "read, readwrite or off (as --gocache-remote-mode).", default="")
    parser.addini(
        "gocache_store_output",
        "Whether what passing tests printed is stored with their results, and replayed.",
        type="bool",
        default=True,
    )
    parser.addini(
        "gocache_trust_stat",
        "Whether a file of the same size, times and inode is taken to be unchanged; if not, each is read.",
        type="bool",
        default=True,
    )
    for name, text in INI_LINES.items():
        parser.addini(name, text, type="args", default=[])


def spell_out(config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """What stands behind ``--gocache-explain`` is no value of it, but a place with tests: argparse must not take it.

    With an equals sign there is a value. ``args`` are parsed once more when the first conftests are loaded.
    """
    if EXPLAIN in args:
        args[:] = [f"{each}=" if each == EXPLAIN else each for each in args]
        again = parser.parse_known_args(args, namespace=copy(config.option))
        for name in ("file_or_dir", "gocache_explain"):
            setattr(config.known_args_namespace, name, getattr(again, name))


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
