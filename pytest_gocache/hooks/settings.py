"""What the user asked of us, read once: the command line wins over variables, those over the ini file."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
from collections.abc import Mapping
from typing import Final

import pytest

from pytest_gocache.core.values import frozen
from pytest_gocache.hooks import options

WATCHES: Final = sys.platform != "win32"
"""Whether it can be seen here what tests do (``docs/platforms.md``)."""


@frozen
class Settings:
    """Our own options, as they apply to this run."""

    on: bool
    directory: str
    """As given by the option, or empty."""
    store: str
    """The name, and perhaps address, of a store that another package brings; empty for our own."""
    remote: str
    """The address of a server behind the local store; empty for none."""
    remote_writes: bool
    """Whether what is stored goes there, too."""
    store_output: bool
    """Whether captured output is stored."""
    trust_stat: bool
    """Whether files are taken to be unchanged that have the same size, times and inode."""
    variables: tuple[str, ...]
    allow: tuple[str, ...]
    ignore: tuple[str, ...]
    inputs: tuple[str, ...]
    """Patterns of files that are inputs of every module."""
    explain: bool
    about: Mapping[str, str]
    """The test modules that are to be explained in full: paths, each with how it was written."""
    count: int | None
    """How often each test runs; None where nobody said (or another plugin owns ``--count``)."""
    count_seconds: float | None
    """For how long tests are repeated."""
    count_order: str
    """``selection``, ``module``, ``test`` or ``random:SEED``."""
    bypass: str
    """What says that everything is to run (``--count=1``), and passes refresh the store; empty for nothing."""
    verify: float | None
    """How many hits of a hundred are run and compared; None where that was not asked for."""
    plan: bool
    """Say what would be done, and do nothing."""
    json: str
    """Where the account of the run goes, as given; empty for nowhere."""
    report: str
    """Where the page about it goes."""

    @property
    def accounts(self) -> bool:
        """Whether anything is to be written about the run."""
        return bool(self.json or self.report)


def read_settings(config: pytest.Config) -> Settings:
    """Our settings in this run: the command line wins over the ini file."""
    count = config.getoption("gocache_count", None)
    seconds: float | None = config.getoption("gocache_count_for", None)
    theirs = config.getoption("count", None) if not hasattr(config.option, "gocache_count") else None
    on = is_on(config, config.getoption("gocache"))
    asked: list[str] = config.getoption(options.EXPLAIN) or []
    if on:
        check_ini(config)
    elif config.getoption("gocache") is None:
        if any(asked):
            raise pytest.UsageError(f"{options.EXPLAIN}=MODULE asks about the cache, which is off: give --gocache, too")
        for option in ("gocache_json", "gocache_report"):
            if config.getoption(option):
                name = f"--{option.replace('_', '-')}"
                raise pytest.UsageError(f"{name} tells of the cache, which is off: give --gocache, too")
    _check_words(config)
    mode = _remote_mode(config)
    return Settings(
        on=on,
        directory=directory_in(config.option),
        store=_store(config),
        remote="" if mode == "off" else _first(config, "gocache_remote", "PYTEST_GOCACHE_REMOTE"),
        remote_writes=mode == "readwrite",
        store_output=bool(config.getini("gocache_store_output")),
        trust_stat=bool(config.getini("gocache_trust_stat")),
        variables=tuple(config.getini("gocache_env")),
        allow=tuple(config.getini("gocache_allow")),
        ignore=tuple(config.getini("gocache_ignore")),
        inputs=tuple(config.getini("gocache_inputs")),
        explain="" in asked,
        about={_asked_about(config, text): text for text in asked if text},
        count=count,
        count_seconds=seconds,
        count_order=_order(config, seconds),
        bypass=_bypass(count, seconds, theirs if _repeats(config, theirs) else None),
        verify=_verify(config, count is not None or seconds is not None),
        plan=bool(config.getoption("gocache_plan")),
        json=str(config.getoption("gocache_json") or ""),
        report=str(config.getoption("gocache_report") or ""),
    )


WITH_PATHS = ("--gocache-dir", "--gocache-json", "--gocache-report")


def _check_words(config: pytest.Config) -> None:
    """A usage error for a path elsewhere in a word of its own: pytest, which does not know our options yet when it
    looks for rootdir and the ini file, takes it for one of tests, and looks above it."""
    words, start = [*map(str, config.invocation_params.args)], str(config.invocation_params.dir)
    if config.option.rootdir is not None or config.option.inifilename is not None:
        return
    for option, word in itertools.pairwise(words):
        path = os.path.normpath(os.path.join(start, word))
        if option in WITH_PATHS and os.path.exists(path) and not path.startswith(os.path.join(start, "")):
            why = f"pytest takes a path that stands alone for one of tests, so that rootdir is {config.rootpath}"
            raise pytest.UsageError(f"{option} {word}: {why}. Write {option}={word}")


def _asked_about(config: pytest.Config, text: str) -> str:
    """The path of a module that is given as pytest takes it, or as it names it (from rootdir)."""
    name = text.partition("[")[0].partition("::")[0]
    starts = (config.invocation_params.dir, config.rootpath)
    paths = [os.path.normpath(os.path.join(start, name)) for start in starts]
    path = next((each for each in paths if os.path.isfile(each)), "")
    if not path:
        known = any(map(os.path.isdir, paths))
        wrong = f"a directory: give a module, or {options.EXPLAIN} alone for all" if known else "there is no such file"
        raise pytest.UsageError(f"{options.EXPLAIN}={text}: {wrong}")
    return path


def _bypass(count: int | None, seconds: float | None, theirs: object) -> str:
    """As it is given; ``theirs`` is the value of another plugin's ``--count``."""
    if count is None and theirs is None:
        return "" if seconds is None else f"--count-for={seconds:.0f}s"
    return f"--count={theirs if count is None else count}"


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


def _remote_mode(config: pytest.Config) -> str:
    mode = _first(config, "gocache_remote_mode", "PYTEST_GOCACHE_REMOTE_MODE") or "read"
    if mode not in ("read", "readwrite", "off"):
        words = "read, readwrite or off"
        raise pytest.UsageError(f"--gocache-remote-mode (ini gocache_remote_mode) is {words}, not {mode!r}")
    return mode


OF_FILES = "dir://"
"""``--gocache-dir=dir://PATH`` is ``--gocache-store=dir:PATH``: a directory of files, in place of the local store."""


def _store(config: pytest.Config) -> str:
    directory = str(config.getoption("gocache_dir") or "")
    given = str(config.getoption("gocache_store") or "").strip()
    if directory.startswith(OF_FILES):
        if given:
            twice = f"--gocache-dir={directory} is a store, and so is --gocache-store={given}: give one"
            raise pytest.UsageError(twice)
        return f"dir:{directory.removeprefix(OF_FILES)}"
    given = given or str(config.getini("gocache_store")).strip()
    return "" if given == "disk" else given


def directory_in(options: argparse.Namespace) -> str:
    """The directory that the command line asks for, or empty."""
    given = str(options.gocache_dir or "")
    return "" if given.startswith(OF_FILES) else given


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
