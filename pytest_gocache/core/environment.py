"""The part of a key that is the machine: interpreter, platform, and the variables the runtime itself reads."""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Mapping

from pytest_gocache.core.hashing import ABSENT, Digest, digest_bytes, digest_text

RUNTIME_VARIABLES = (
    "TZ",
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "LC_CTYPE",
    "LC_NUMERIC",
    "LC_TIME",
    "LC_COLLATE",
    "LC_MONETARY",
    "LC_MESSAGES",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "OPENSSL_CONF",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
)
"""Read by C libraries and Python's start-up, where nobody can observe it."""

IGNORED_PYTHON_VARIABLES = frozenset(
    {
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
        "PYTHONPYCACHEPREFIX",
        "PYTHONSTARTUP",
        "PYTHONHISTFILE",
        "PYTHONBREAKPOINT",
        "PYTHON_COLORS",
        "PYTHONPATH",
    }
)
"""Of the ``PYTHON*`` variables these change no outcome. ``PYTHONPATH`` counts by what imports resolve to."""


SHOWING = ("importtime", "pycache_prefix", "showrefcount", "perf", "perf_jit", "dev", "utf8", "frozen_modules")
"""Options of ``-X`` that show something, say where bytecode lies, or are flags as well."""
LOCAL_TIME = "/etc/localtime"


def interpreter_lines() -> tuple[tuple[str, str], ...]:
    """What the interpreter and the machine are, as (name, value)."""
    return (
        ("implementation", sys.implementation.name),
        ("version", sys.version),
        ("abi", getattr(sys, "abiflags", "") + (sys.implementation.cache_tag or "")),
        ("platform", sys.platform),
        ("machine", platform.machine()),
        ("flags", repr(tuple(getattr(sys.flags, name) for name in _flags()))),
        *(("warnings", option) for option in sys.warnoptions),
        *(("option -X", f"{name}={value}") for name, value in sorted(_options().items())),
    )


def _options() -> dict[str, object]:
    """Those of ``-X`` that may change an outcome."""
    return {name: value for name, value in sys._xoptions.items() if name not in SHOWING}


def _flags() -> list[str]:
    """Whether bytecode is written changes no outcome, by option or by variable."""
    return [name for name in type(sys.flags).__match_args__ if name != "dont_write_bytecode"]


def variable_lines(environ: Mapping[str, str], chosen: Iterable[str]) -> tuple[tuple[str, Digest], ...]:
    """The variables in every key, each with the digest of its value, never the value itself."""
    names = {name for name in environ if name.startswith("PYTHON")} - IGNORED_PYTHON_VARIABLES
    wanted = sorted(names.union(RUNTIME_VARIABLES, chosen))
    return tuple((name, _value(name, environ)) for name in wanted)


def _value(name: str, environ: Mapping[str, str]) -> Digest:
    if name == "TZ" and os.path.isabs(file := environ.get("TZ", LOCAL_TIME).removeprefix(":")):
        return zone(file)
    return digest_text(environ[name]) if name in environ else ABSENT


def zone(path: str = LOCAL_TIME) -> Digest:
    """The rules of the local time zone, which C asks for where ``TZ`` is not set, or names a file."""
    try:
        with open(path, "rb") as rules:
            return digest_bytes(rules.read())
    except OSError:
        return digest_text(" ".join(time.tzname))


VOLATILE = frozenset(
    {
        "_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES", "TERM", "COLORTERM", "TERM_PROGRAM", "TERM_SESSION_ID",
        "TERM_PROGRAM_VERSION", "ITERM_SESSION_ID", "LS_COLORS", "TMPDIR", "TEMP", "TMP", "DISPLAY", "WAYLAND_DISPLAY",
        "WINDOWID", "SSH_AUTH_SOCK", "SSH_CLIENT", "SSH_CONNECTION", "SSH_TTY", "SSH_AGENT_PID", "TMUX", "TMUX_PANE",
        "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "GPG_AGENT_INFO", "INVOCATION_ID", "JOURNAL_STREAM",
        "BUILD_ID", "BUILD_NUMBER", "BUILD_URL",
        "PYTEST_CURRENT_TEST", "PYTEST_VERSION",
    }
)  # fmt: skip
VOLATILE_PREFIXES = (
    "GITHUB_", "RUNNER_", "ACTIONS_", "CI_", "BUILDKITE_", "CIRCLE_", "TRAVIS_", "JENKINS_", "VSCODE_",
    "XDG_SESSION_", "PYTEST_XDIST_", "PYTEST_GOCACHE_",
)  # fmt: skip
"""Other in each terminal or build. They do not count where code only copies the whole environment; a
variable that is asked for by its name always counts."""


def _is_volatile(name: str) -> bool:
    return name in VOLATILE or name.startswith(VOLATILE_PREFIXES)


ALL = "*"
"""The name under which a reading of all variables is kept."""


SET = "?"
"""Behind a name: whether the variable is set at all."""


COUNT = "PYTEST_XDIST_WORKER_COUNT"
OF_WORKERS = frozenset({COUNT, "PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID"})
"""Set for xdist's workers only, and which of them a module runs in is chance."""


class Variables:
    """The variables as they were before anything of the user's ran. Digests only leave this class."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._at_first = dict(environ)
        self.workers = ""
        """Which workers run the tests, where xdist starts some: what it tells them of themselves counts as this."""
        self.raw = {os.fsencode(name): os.fsencode(value) for name, value in self._at_first.items()}
        """The same in bytes, as ``os.environ`` keeps them."""

    def __contains__(self, name: str) -> bool:
        return name in self._at_first

    def same(self, name: str, value: str | None) -> bool:
        """Whether ``value`` (None: unset) is what ``name`` was at first, not something a test or conftest set."""
        return self._at_first.get(name) == value

    def digest(self, name: str, ignored: Callable[[str], bool] = _is_volatile) -> Digest:
        """The digest of one variable's value, ``ABSENT`` if it was unset; of ``*``, of all that are not ``ignored``."""
        if self.workers and name.removesuffix(SET) in OF_WORKERS:
            return digest_text(self.workers if name.startswith(COUNT) else "a worker")
        if name.endswith(SET):
            return digest_text("set") if name.removesuffix(SET) in self._at_first else ABSENT
        if name != ALL:
            return digest_text(self._at_first[name]) if name in self._at_first else ABSENT
        found = sorted(self._at_first.items())
        kept = (item for item in found if not (_is_volatile(item[0]) or ignored(item[0])))
        return digest_text("\0".join(f"{key}={value}" for key, value in kept))

    def lines(self, chosen: Iterable[str]) -> tuple[tuple[str, Digest], ...]:
        """``variable_lines`` of these."""
        return variable_lines(self._at_first, chosen)
