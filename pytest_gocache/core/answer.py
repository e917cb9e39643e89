"""What an exact repeat showed, kept with all that decided it, so that the next one needs no pytest at all.

The session snapshot (``snapshot.py``) proves that the tests and what they depend on are as they were. What decides
beside it which tests those are, pytest finds out at its start: from the command line, the environment, ini files, what
is installed. So an answer stands under a name made of all that a process is given, and holds only while the files that
pytest looks at before it knows anything, and those alone, are as they were **before** it was started.

Format, version 1: ``[version, directory, snapshot, digest of its modules, [rootdir, site, stdlib, owned], allow,
ignore, {path: digest}, before, after]``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from pytest_gocache.core import codec, inifile, snapshot
from pytest_gocache.core.environment import LOCAL_TIME, Variables
from pytest_gocache.core.hashing import ABSENT, Digest, Hasher, digest_text
from pytest_gocache.core.learnt import learn
from pytest_gocache.core.looks import read_digest, upward
from pytest_gocache.core.model import Input, Op
from pytest_gocache.core.places import Places, site_dirs
from pytest_gocache.core.policy import policy_of
from pytest_gocache.core.present import Present
from pytest_gocache.core.values import frozen

VERSION: Final = 1
AT_START: Final = (*inifile.NAMES, "setup.py", "conftest.py")
"""Names that pytest looks for in the directories of its arguments, and in all above them."""
OF_DISTRIBUTIONS: Final = ("RECORD", "entry_points.txt", "direct_url.json")
"""In the directory of a distribution: what is installed, and which plugins are."""
NO_MATTER: Final = frozenset({"_", "SHLVL", "OLDPWD"})
"""Variables that say nothing but how the command was typed."""
CUSTOM: Final = ("sitecustomize.py", "usercustomize.py")
"""What Python runs at its start, wherever on ``sys.path`` it finds it."""


@frozen
class Answer:
    """The text of a repeat, and what it was given for."""

    directory: str
    """Of the cache."""
    snapshot: str
    """The name of the snapshot."""
    of: Digest
    """What was shown, as ``shown_of`` the snapshot tells it: another run may have made another snapshot since."""
    rootdir: str
    site: tuple[str, ...]
    stdlib: tuple[str, ...]
    owned: tuple[str, ...]
    allow: tuple[str, ...]
    ignore: tuple[str, ...]
    files: Mapping[str, Digest]
    """What pytest looked at at its start, each with the digest of its content."""
    before: str
    """What was shown before the seconds that it took."""
    after: str


def name_of(arguments: Sequence[str], environ: Mapping[str, str], terminal: Iterable[object], version: str) -> str:
    """The name of the answer to ``arguments`` in this process, as it was started. ``terminal`` is where it is shown."""
    hasher = Hasher("answer")
    machine = os.uname().machine if hasattr(os, "uname") else ""
    started = repr((tuple(sys.flags), sys._xoptions, sys.warnoptions))
    hasher.add("version", version, sys.version, sys.executable, machine, started)
    hasher.add("arguments", *arguments)
    hasher.add("where", os.getcwd(), *sys.path)
    hasher.add("terminal", *map(str, terminal))
    for variable, value in sorted(environ.items()):
        if variable not in NO_MATTER:
            hasher.add("variable", variable, value)
    return f"answer-{hasher.digest()[:32]}"


def looked_at_first(arguments: Sequence[str], zone: str = "") -> dict[str, Digest]:
    """The files that decide how pytest starts, whether they are there or not, each with its digest now. ``zone`` is
    the time zone that the environment gives: perhaps a file's name."""
    named = [os.path.abspath(text.partition("::")[0]) for text in arguments]
    named += [os.path.abspath(text.partition("=")[2]) for text in arguments if "=" in text]
    there = [path for path in named if os.path.exists(path)]
    starts = [os.getcwd(), *(path if os.path.isdir(path) else os.path.dirname(path) for path in there)]
    directories = dict.fromkeys(at for start in starts for at in upward(start))
    paths = [os.path.join(at, name) for at in directories for name in AT_START]
    paths += [path for path in there if os.path.isfile(path)]
    # Distributions, and what Python runs at its start, are looked for all along the path.
    along = dict.fromkeys([os.getcwd(), *sys.path, *site_dirs()])
    paths += [file for directory in along for file in _of_site(directory)]
    paths += [os.path.join(directory, name) for directory in sys.path for name in CUSTOM]
    paths += [os.path.join(sys.prefix, "pyvenv.cfg"), LOCAL_TIME, zone.removeprefix(":")]
    return {path: read_digest(path) for path in paths}


def _of_site(directory: str) -> Iterator[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return
    for name in names:
        if name.endswith((".dist-info", ".egg-info")):
            yield os.path.join(directory, name)
            yield from (os.path.join(directory, name, each) for each in OF_DISTRIBUTIONS)
        elif name.endswith((".pth", ".egg-link")) or name.startswith("__editable__"):
            yield os.path.join(directory, name)


def holds(answer: Answer, read: Callable[[str], bytes | None], environ: Mapping[str, str], now: float) -> bool:
    """Whether a repeat would show the same now. ``read`` gives a local file of the cache in ``answer.directory``."""
    payload = read(answer.snapshot)
    kept = None if payload is None else snapshot.decode(payload)
    if kept is None or not kept.whole or shown_of(kept) != answer.of:
        return False
    if any(read_digest(path) != was for path, was in answer.files.items()):
        return False
    from pathlib import Path

    places = Places(Path(answer.rootdir), answer.site, answer.stdlib, answer.owned)
    policy, looked = policy_of(answer.allow, answer.ignore, places.name), dict(kept.looked_at)
    # The command line is the one that was answered before, and so are all options.
    present = Present(
        places, Variables(environ), policy, learn, lambda name: looked.get(Input(Op.OPTION, name), ABSENT)
    )
    found = snapshot.compare(kept, snapshot.epoch_in(read), now, present)
    return found is not None and found.same


def shown_of(kept: snapshot.Snapshot) -> Digest:
    """The digest of all that the text of a repeat follows from, beside how it was asked for: its modules in order,
    with the names of their results."""
    return digest_text(repr(kept.modules))


def encode(answer: Answer) -> bytes:
    """The answer as bytes."""
    places = [answer.rootdir, answer.site, answer.stdlib, answer.owned]
    head = [VERSION, answer.directory, answer.snapshot, answer.of, places, answer.allow, answer.ignore]
    return codec.dump([*head, dict(answer.files), answer.before, answer.after])


def decode(payload: bytes) -> Answer | None:
    """What ``encode`` wrote, or None."""
    return codec.load(payload, lambda row: _answer(*row))


def _answer(
    version: int,
    directory: str,
    name: str,
    of: str,
    places: list[Any],
    allow: list[str],
    ignore: list[str],
    files: dict[str, str],
    before: str,
    after: str,
) -> Answer | None:
    if version != VERSION:
        return None
    rootdir, *others = places
    site, stdlib, owned = (tuple(map(str, each)) for each in others)
    return Answer(
        str(directory),
        str(name),
        Digest(str(of)),
        str(rootdir),
        site,
        stdlib,
        owned,
        tuple(map(str, allow)),
        tuple(map(str, ignore)),
        {str(path): Digest(str(digest)) for path, digest in files.items()},
        str(before),
        str(after),
    )
