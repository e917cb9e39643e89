"""``pytest-gocache doctor``: looks at the set-up from outside, as the next run will meet it.

pytest itself says what it makes of the project, by a plan in a process of its own: nothing of the project runs but what
pytest loads at its start.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pytest_gocache.core.diagnosis import Finding, of_modules
from pytest_gocache.core.model import Json
from pytest_gocache.core.plural import counted
from pytest_gocache.core.recorded import recorded
from pytest_gocache.stores.disk import DiskStore
from pytest_gocache.stores.place import VARIABLE, prepare

SMALL = 200 * 10**6
"""With less room than that the store may be full soon, in bytes."""
SECONDS = 600
"""A plan that takes longer is given up."""


def findings(directory: Path, arguments: Sequence[str]) -> Iterator[Finding]:
    """All that is to be said, in the order in which things depend on each other. pytest, given ``arguments``, finds
    the cache in ``directory``."""
    yield Finding("ok", "python", f"{sys.version.split()[0]} at {sys.executable}")
    place = list(_of_place(directory))
    yield from place
    if any(each.level == "wrong" for each in place):
        return
    store = DiskStore(directory)
    stats = store.stats()
    damaged = [Finding("wrong", "store", notice) for notice in store.notices]
    entries = counted(stats.entries, "entry", "entries")
    yield from damaged or [Finding("ok", "store", f"{entries}, {stats.bytes / 1e6:.1f} MB")]
    account, said = _plan(arguments)
    yield from map(_heard, said)
    if account:
        start = os.getcwd()

        def why_last(module: str) -> str:
            known = recorded(store.get, os.path.join(start, module), start)
            return known.manifest.why if known else ""

        yield from of_modules(account, why_last)
    store.close()


def _of_place(directory: Path) -> Iterator[Finding]:
    given = f" (${VARIABLE})" if os.environ.get(VARIABLE) else ""
    trouble = prepare(directory)
    if trouble:
        yield Finding("wrong", "directory", trouble)
        return
    mode = stat.S_IMODE(os.stat(directory).st_mode)
    room = shutil.disk_usage(directory).free
    yield Finding("ok", "directory", f"{directory}{given}, {room / 1e9:.1f} GB free")
    if not os.access(directory, os.W_OK):
        yield Finding("look", "directory", "only to be read: nothing new is stored")
    if os.name == "posix" and mode & 0o022:  # elsewhere the bits say nothing
        yield Finding("wrong", "directory", f"others may write there ({mode:o}): chmod go-w {directory}")
    if room < SMALL:
        yield Finding("look", "directory", "the disk is nearly full: pytest-gocache trim --max-size=100MB")


def _plan(arguments: Sequence[str]) -> tuple[dict[str, Json], list[str]]:
    """The account of a plan, empty if there is none, and the lines in which pytest or we complain."""
    with tempfile.TemporaryDirectory(prefix="pytest-gocache-doctor-") as place:
        path = os.path.join(place, "plan.json")
        ours = ("--gocache", "--gocache-plan", f"--gocache-json={path}", "-q")
        command = (sys.executable, "-m", "pytest", *ours, *arguments)
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, errors="replace")
        except (OSError, subprocess.TimeoutExpired) as error:
            return {}, [f"ERROR: pytest could not be asked: {error}"]
        try:
            with open(path, encoding="utf-8") as file:
                account = json.load(file)
        except (OSError, ValueError):
            account = {}
    said = list(_complaints(f"{done.stdout}\n{done.stderr}"))
    if not account and not said:
        said = [f"ERROR: pytest ended with {done.returncode}: {(done.stdout or done.stderr).strip()[-300:]}"]
    return account if isinstance(account, dict) else {}, said


def _complaints(output: str) -> Iterator[str]:
    for line in dict.fromkeys(map(str.strip, output.splitlines())):
        if line.startswith(("ERROR", "gocache: off", "gocache: the ")) or "Unknown config option" in line:
            yield line


def _heard(line: str) -> Finding:
    """What pytest, or the plugin in it, said."""
    if line.startswith("gocache: "):
        off = line.startswith("gocache: off")
        return Finding("wrong" if off else "look", "gocache", line.removeprefix("gocache: "))
    if "Unknown config option" in line:
        return Finding("wrong", "ini", line.partition("Warning: ")[2] or line)
    return Finding("wrong", "pytest", line.removeprefix("ERROR").strip(": "))
