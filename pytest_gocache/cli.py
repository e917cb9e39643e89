"""The shell's door: ``pytest-gocache show tests/test_a.py`` and the other ``COMMANDS``.

A command is one function, ``run_<name>(arguments) -> exit code``, and one block in ``_parser``.
Exit codes: 0; 1 where the cache could not be used; 2 for input that makes no sense. Trouble is one
clear line on stderr. The store (and with it sqlite3) is imported only when a command needs it.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from pytest_gocache.core.plural import counted
from pytest_gocache.stores.place import PlaceError, choose

if TYPE_CHECKING:
    from pytest_gocache.core.recorded import Recorded
    from pytest_gocache.stores.disk import DiskStore

COMMANDS = (
    *("run", "doctor", "stats", "show", "list", "explain", "why-depends", "diff", "export", "import", "clean", "trim"),
)
_UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the exit code (``SystemExit`` with 2 for what argparse refuses)."""
    given = list(sys.argv[1:] if argv is None else argv)
    for_pytest = given[1:] if given[:1] == ["doctor"] and given[1:] not in (["-h"], ["--help"]) else []
    arguments = _parser().parse_args(given[: len(given) - len(for_pytest)])
    arguments.arguments = for_pytest
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a name that the console has no letters for is shown all the same
            stream.reconfigure(errors="backslashreplace")
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except BrokenPipeError:
        sys.stderr.close()  # `pytest-gocache stats | head -1`: nobody listens any more, nothing to say.
        return 1
    except PlaceError as error:
        print(f"pytest-gocache: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"pytest-gocache: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1


def run_run(_arguments: argparse.Namespace) -> int:
    """As pytest --gocache, with pytest's arguments; an exact repeat is answered without starting pytest."""
    print("pytest-gocache: run is the first word, and all that follows is pytest's", file=sys.stderr)
    return 2  # the shell's own part of it is in shell.py


def run_doctor(arguments: argparse.Namespace) -> int:
    """Looks at the set-up of the project here, and says what to do. What follows is pytest's."""
    from pytest_gocache.doctor import findings

    found = []
    for each in findings(_directory(None, arguments.arguments), arguments.arguments):
        print(*each.lines(), sep="\n", flush=True)
        found.append(each)
    return 1 if any(each.level == "wrong" for each in found) else 0


def run_stats(arguments: argparse.Namespace) -> int:
    """Shows where the cache is and what is in it."""
    directory, store = _open(arguments)
    stats = store.stats()
    code = _close(store)
    if arguments.json:
        import json

        shown = {"directory": str(directory), "entries": stats.entries, "bytes": stats.bytes}
        print(json.dumps({**shown, "oldest_use": stats.oldest_use}))
        return code
    print(f"directory   {directory}")
    print(f"entries     {stats.entries}")
    print(f"size        {_human(stats.bytes)}")
    print(f"oldest use  {_day(stats.oldest_use)}")
    return code


def run_show(arguments: argparse.Namespace) -> int:
    """Shows what is recorded of a test module: whether it was stored, and what it depends on."""
    with _asked(arguments) as asked:
        if asked.found and arguments.json:
            import json

            print(json.dumps(asked.found.as_json(), indent=1))
        elif asked.found:
            print(*asked.found.lines(), sep="\n")
    return asked.code


def run_explain(arguments: argparse.Namespace) -> int:
    """Tells why a test module ran last, what became of it, and what has changed since."""
    with _asked(arguments) as asked:
        if asked.found:
            from pytest_gocache.core.revisit import Revisit

            print(*Revisit(asked.store, asked.found).lines(), sep="\n")
    return asked.code


def run_why_depends(arguments: argparse.Namespace) -> int:
    """Prints the way by imports from a test module to a file. Exit code 1 if there is none."""
    if not os.path.isfile(arguments.file):
        print(f"pytest-gocache: there is no file {arguments.file}", file=sys.stderr)
        return 2
    with _asked(arguments) as asked:
        if asked.found:
            from pytest_gocache.core.revisit import Revisit

            ways = list(Revisit(asked.store, asked.found).ways(os.path.abspath(arguments.file)))
            print(*(" -> ".join(way) for way in ways), sep="\n", end="\n" if ways else "")
            if not ways:
                asked.wrong(f"{arguments.module} does not import or read {arguments.file}")
    return asked.code


def run_list(arguments: argparse.Namespace) -> int:
    """Lists what is recorded of the test modules in a directory."""
    from pytest_gocache.core.recorded import recorded

    _, store = _open(arguments, arguments.directory)
    for place, folders, names in os.walk(os.path.abspath(arguments.directory)):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "__pycache__")
        for name in sorted(name for name in names if name.endswith(".py")):
            found = recorded(store.get, os.path.join(place, name))
            if found is not None:
                print(found.line())
    return _close(store)


def run_diff(arguments: argparse.Namespace) -> int:
    """Shows how the inputs of a module's newest pass differ from those of the one before."""
    with _asked(arguments) as asked:
        if asked.found and len(asked.found.passes) < 2:
            passes = counted(len(asked.found.passes), "stored pass", "stored passes")
            asked.wrong(f"{arguments.module} has {passes}: there is nothing to compare")
        elif asked.found:
            print(*asked.found.differences(), sep="\n")
    return asked.code


def run_export(arguments: argparse.Namespace) -> int:
    """Copies all entries to a directory, one file for each: an artifact, or a store for --gocache-store=dir:DIR."""
    from pytest_gocache.stores.directory import Directory
    from pytest_gocache.stores.seal import seal

    _, store = _open(arguments)
    there, copied = Directory(arguments.to), 0
    for name in store.names():
        payload = store.get(name)
        if payload is not None:
            there.put(name, seal(name, payload))
            copied += 1
    print(f"copied {counted(copied, 'entry', 'entries')} to {arguments.to}")
    return _close(store)


def run_import(arguments: argparse.Namespace) -> int:
    """Adds the entries of directories that were exported (or are stores): what is here already stays."""
    from pytest_gocache.core.union import joined
    from pytest_gocache.stores.directory import Directory
    from pytest_gocache.stores.seal import unseal

    directory, store = _open(arguments)
    added, skipped = 0, 0
    for place in arguments.directories:
        if not os.path.isdir(place):
            print(f"pytest-gocache: there is no directory {place}", file=sys.stderr)
            return 2
        there, fresh = Directory(place), {}
        for name in there.names():
            blob = there.get(name)
            payload = unseal(name, blob) if blob else None
            if payload is None:
                skipped += 1
                continue
            here = store.get(name)
            kept = payload if here in (None, payload) else joined(here, payload)
            if kept != here:
                fresh[name] = kept
        store.put_many(fresh.items())
        added += len(fresh)
    odd = f", skipped {counted(skipped, 'damaged or foreign one')}" if skipped else ""
    print(f"added {counted(added, 'entry', 'entries')} to {directory}{odd}")
    return _close(store)


def run_clean(arguments: argparse.Namespace) -> int:
    """Deletes all entries."""
    directory, store = _open(arguments)
    gone = store.clean()
    code = _close(store)
    print(f"deleted {counted(gone.entries, 'entry', 'entries')} ({_human(gone.bytes)}) from {directory}")
    return code


def run_trim(arguments: argparse.Namespace) -> int:
    """Deletes entries that are too old, then those beyond the size limit."""
    directory, store = _open(arguments)
    gone = store.trim(arguments.max_age, arguments.max_size)
    code = _close(store)
    print(f"deleted {counted(gone.entries, 'unused entry', 'unused entries')} ({_human(gone.bytes)}) from {directory}")
    return code


def _open(arguments: argparse.Namespace, path: str = "") -> tuple[Path, DiskStore]:
    """The store, and where it lies. ``path`` is what is asked about."""
    from pytest_gocache.stores.disk import DiskStore

    directory = _directory(arguments.gocache_dir, [path] if path else [])
    return directory, DiskStore(directory)


def _directory(given: str | None, arguments: Sequence[str]) -> Path:
    """The directory that was given, or else that of ``pytest --gocache ARGUMENTS``."""
    if given:
        return choose(given)
    from pytest_gocache.core.inifile import place_of

    try:
        told = place_of(arguments, os.environ)
    except ValueError as error:
        raise PlaceError(f"{error} (--gocache-dir says where the cache lies)") from None
    return choose(told.option, told.ini, ini_base=told.base)


class _Asked:
    """The store while something is told of one module; ``code`` is the exit code, once that is done."""

    def __init__(self, store: DiskStore, found: Recorded | None) -> None:
        self.store = store
        self.found = found
        self.code = 0

    def wrong(self, told: str) -> None:
        """Why nothing can be told."""
        print(f"pytest-gocache: {told}", file=sys.stderr)
        self.code = 1


@contextmanager
def _asked(arguments: argparse.Namespace) -> Iterator[_Asked]:
    """What is recorded of the module that was asked for; where there is nothing, that is said."""
    from pytest_gocache.core.recorded import recorded

    module = arguments.module.partition("::")[0]
    _, store = _open(arguments, module)
    asked = _Asked(store, recorded(store.get, os.path.abspath(module), os.getcwd()))
    if asked.found is None:
        asked.wrong(f"nothing is recorded of {module} (pytest --gocache {module} records it)")
    yield asked
    asked.code = max(asked.code, _close(store))


def _close(store: DiskStore) -> int:
    """The exit code: a store that had something to say could not do all that was asked."""
    store.close()
    for notice in store.notices:
        print(f"pytest-gocache: {notice}", file=sys.stderr)
    return 1 if store.notices else 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """One line instead of the usage and a line."""
        self.exit(2, f"{self.prog}: {message} (see --help)\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="pytest-gocache", description="Look after the cache of pytest --gocache.")
    commands = parser.add_subparsers(title="commands", required=True, metavar=" | ".join(COMMANDS))

    def add(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=run.__doc__, description=run.__doc__)
        command.set_defaults(command=run)
        command.add_argument("--gocache-dir", metavar="DIR", help="default: as pytest finds it here")
        return command

    run = commands.add_parser("run", help=run_run.__doc__)
    run.set_defaults(command=run_run)
    add("doctor", run_doctor).add_argument("arguments", nargs="*", metavar="ARGS", help="for pytest")
    add("stats", run_stats).add_argument("--json", action="store_true", help="one JSON object")
    show = add("show", run_show)
    show.add_argument("module", help="the path of a test module")
    show.add_argument("--json", action="store_true", help="one JSON object")
    listing = add("list", run_list)
    listing.add_argument("directory", nargs="?", default=".", help="default: here")
    for name, shows in (("explain", run_explain), ("diff", run_diff), ("why-depends", run_why_depends)):
        command = add(name, shows)
        command.add_argument("module", help="the path of a test module")
        if shows is run_why_depends:
            command.add_argument("file", help="the path of what it may depend on")
    add("export", run_export).add_argument("to", metavar="DIR", help="made if it is not there")
    add("import", run_import).add_argument("directories", metavar="DIR", nargs="+", help="what export wrote")
    add("clean", run_clean)
    trim = add("trim", run_trim)
    trim.add_argument("--max-age", type=_days, default=30.0, metavar="DAYS", help="unused for so long (30)")
    trim.add_argument("--max-size", type=_bytes, metavar="SIZE", help="such as 500MB or 1GiB (1GiB)")
    return parser


def _days(text: str) -> float:
    try:
        days = float(text)
    except ValueError:
        days = -1.0
    if not 0 <= days <= 36500:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of days")
    return days


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,15}(?:\.\d{1,6})?) *([KMG]i?B)?", text.strip(), re.IGNORECASE | re.ASCII)
    if not match:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 500MB or 1GiB")
    return int(float(match[1]) * _UNITS[(match[2] or "").upper()])


def _human(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _day(moment: float | None) -> str:
    """A local date, or a dash; a planted time that is no date is a dash too."""
    try:
        return "-" if moment is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
    except (OverflowError, ValueError, OSError):
        return "-"
