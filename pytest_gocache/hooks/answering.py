"""Keeps what an exact repeat shows, for ``pytest-gocache run`` (``core/answer.py``), where nothing else comes of it.

An answer shows text and does nothing. So there is none where an option, a plugin or a conftest may do something with a
run beside showing it: what does nothing is listed, and what is not listed is asked to run.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import pytest
from _pytest.terminal import TerminalReporter

from pytest_gocache.core.answer import Answer, encode, shown_of
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.looks import read_digest
from pytest_gocache.core.snapshot import Snapshot
from pytest_gocache.core.source import facts_of
from pytest_gocache.hooks.arguments import read_request
from pytest_gocache.hooks.conditions import given_flags, given_ini, module_of
from pytest_gocache.hooks.conftests import doings, loaded_conftests
from pytest_gocache.hooks.given import GIVEN
from pytest_gocache.hooks.quick import REPEATED, Repeated

ONLY_SHOWN: Final = frozenset(
    {
        *("file_or_dir", "keyword", "markexpr", "deselect", "pyargs", "ignore", "ignore_glob", "maxfail"),
        *("verbose", "quiet", "reportchars", "color", "code_highlight", "no_header", "no_summary", "fold_skipped"),
        *("tbstyle", "xfail_tb", "showcapture", "disable_warnings", "pythonwarnings", "capture", "max_warnings"),
        *("numprocesses", "maxprocesses", "dist", "tx", "importmode", "plugins", "override_ini", "inifilename"),
        *("rootdir", "confcutdir", "noconftest", "strict", "strict_config", "strict_markers", "runxfail"),
        *("disable_plugin_autoload", "gocache", "gocache_dir", "gocache_remote", "gocache_remote_mode"),
        "gocache_count_order",  # of no count
    }
)
"""Options that write nothing, and ask for nothing that is another in each run."""
DOING: Final = frozenset({"log_file", "log_cli", "gocache_store"})
"""Ini values that make a run do something."""
COMMAND: Final = "pytest-gocache run"
"""What help and complaints name: it can be typed, unlike the ``pytest.main()`` that is called."""
PATTERN: Final = re.compile(r"[*?\[]")
SECONDS: Final = re.compile(r" in (\d+\.\d\d)s")


class Answering:
    """Listens to what is shown. ``keep`` takes the answer; ``first`` is what pytest looks at at its start."""

    def __init__(self, keep: Callable[[bytes], None], first: Mapping[str, Digest]) -> None:
        self._keep = keep
        self._first = first
        self._shown: list[str] = []
        self._exitstatus = -1

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        parser.prog = COMMAND

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if type(terminal) is TerminalReporter:
            terminal._tw._file = Tee(terminal._tw._file, self._shown.append)

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        self._exitstatus = int(exitstatus)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        named = config.inipath is None or str(config.inipath) in self._first
        good = self._exitstatus == 0 and named and REPEATED in config.stash
        if good and _is_seen(config, config.stash[REPEATED].snapshot) and not any(in_the_way(config)):
            given = self._answer(config.stash[REPEATED], _last_failed(config))
            if given is not None:
                self._keep(encode(given))

    def _answer(self, repeated: Repeated, failed: str) -> Answer | None:
        """The answer, if there is a place in it for the seconds."""
        text = "".join(self._shown)
        last_line = text.rstrip().rfind("\n") + 1
        said = list(SECONDS.finditer(text, last_line))
        if not said:
            return None  # under -qq there is no closing line
        files = {**self._first, **({failed: read_digest(failed)} if failed else {})}
        places = repeated.places
        return Answer(
            repeated.directory,
            repeated.name,
            shown_of(repeated.snapshot),
            str(places.rootdir),
            places.site,
            places.stdlib,
            places.owned,
            repeated.allow,
            repeated.ignore,
            files,
            text[: said[-1].start(1)],
            text[said[-1].end(1) :],
        )


def in_the_way(config: pytest.Config) -> Iterator[str]:
    """What may do something in a run without tests."""
    yield from (flag.text for flag in given_flags(config) if flag.name not in ONLY_SHOWN)
    yield from (flag.text for flag in given_ini(config) if flag.name in DOING)
    words = [*config.invocation_params.args, *config.getini("addopts"), *os.environ.get("PYTEST_ADDOPTS", "").split()]
    yield from (word for word in words if word.startswith("@"))  # further arguments, in a file
    if not config.getini("gocache_trust_stat"):
        yield "gocache_trust_stat = false"
    yield from _changed_options(config)
    yield from doings(config)
    for conftest in loaded_conftests(config):
        if _acts(conftest):
            yield f"{module_of(conftest)} does something when it is loaded"
    if _last_failed(config) and getattr(config.pluginmanager.get_plugin("lfplugin"), "lastfailed", {}):
        yield "tests that failed"


def _changed_options(config: pytest.Config) -> Iterator[str]:
    """What somebody set since the command line was read: ``config.option.xmlpath = ...``."""
    given = config.stash.get(GIVEN, {})
    for name, value in vars(config.option).items():
        if name not in ONLY_SHOWN and name in given and value != given[name]:
            yield name


def _acts(conftest: object) -> bool:
    try:
        with open(str(getattr(conftest, "__file__", "")), "rb") as file:
            return facts_of(file.read()).acts
    except OSError:
        return True


def _is_seen(config: pytest.Config, snapshot: Snapshot) -> bool:
    """Whether the snapshot tells of each conftest that pytest loads at its start, also of one that is yet to come: it
    knows the names in all directories where pytest looks for one, and the content of those that there are."""
    if PATTERN.search(" ".join(config.getini("testpaths"))):
        return False  # what it finds may be more the next time
    if any(not word.startswith("-") for word in os.environ.get("PYTEST_ADDOPTS", "").split()):
        return False  # paths, perhaps, above which there may be ini files
    root = os.path.join(str(config.rootpath), "")
    request = read_request(config)
    inside = [entry for at in request.directories() for entry in os.scandir(at) if entry.is_dir()]
    below = [entry.path for entry in inside if entry.name.startswith("test")]
    looked_in = [*request.directories(), *below, *map(os.path.dirname, request.files())]
    return all(os.path.join(at, "").startswith(root) and at in snapshot.directories for at in looked_in)


def _last_failed(config: pytest.Config) -> str:
    """Where pytest keeps what failed; empty where it does not."""
    cache: Any = getattr(config, "cache", None)
    return "" if cache is None else str(cache._getvaluepath("cache/lastfailed"))


class Tee:
    """A file whose text somebody else is given, too."""

    def __init__(self, file: Any, tell: Callable[[str], None]) -> None:
        self._file = file
        self._tell = tell

    def write(self, text: str) -> int:
        """Writes, and tells what was written."""
        written: int = self._file.write(text)
        self._tell(text)
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
