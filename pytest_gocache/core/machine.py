"""What the system says of the user and of the machine: who runs the tests, how many processors there are, a name.

Passes are shared by people and machines, so a test that asks for these depends on them. What only root may do is
seen where it is tried: who takes rights away from its own files, to see an error, sees none as root.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from types import FrameType, SimpleNamespace
from typing import Any, Final

from pytest_gocache.core.asks import filename_of, module_of
from pytest_gocache.core.frames import beyond_ours, caller
from pytest_gocache.core.hashing import ABSENT, Digest, digest_text
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.standin import Probe, Replacements

HOST, KERNEL, ROOT = "gethostname", "kernel", "root"
LISTS: Final = ("getgroups", "getresuid", "getresgid")
SIMPLE: Final = (
    *("getuid", "geteuid", "getgid", "getegid", "getlogin", *LISTS),
    *("cpu_count", "sched_getaffinity"),
)
"""Functions of ``os`` that are inputs by their names."""
FOR_ROOT: Final = ("setuid", "seteuid", "setreuid", "setresuid", "setgid", "setegid", "setgroups", "initgroups")
OF_PLATFORM: Final[Mapping[str, tuple[str, ...]]] = {
    "node": (HOST,),
    "release": (KERNEL,),
    "version": (KERNEL,),
    "platform": (KERNEL,),
}
AVAILABLE: Final = "sched_getaffinity" if hasattr(os, "sched_getaffinity") else "cpu_count"
"""What ``process_cpu_count`` goes by."""
INPUTS: Final = frozenset({*SIMPLE, HOST, KERNEL, ROOT})
"""All names of such inputs."""
_real = SimpleNamespace(**{name: getattr(os, name) for name in ("uname", *SIMPLE) if hasattr(os, name)})
"""Private copies: tests replace these, and we wrap them ourselves."""
_isdir = os.path.isdir

INDIFFERENT: Final = frozenset(
    {
        *("concurrent.futures.process", "concurrent.futures.thread", "multiprocessing.pool"),  # how many workers
        *("email.utils", "http.server", "smtplib"),  # a label
    }
)
"""Of the standard library: what these ask for changes no result."""
ROOT_MATTERS: Final = frozenset({"shutil", "tarfile"})
"""They ask who it is to learn whether it is root."""
OWN_RIGHTS: Final = {False: 0o600, True: 0o700}
"""What owners need, of files and of directories."""
FREE_PORTS: Final = 1024


def said(name: str) -> Digest:
    """The digest of what the system says to a question now; ``ABSENT`` where it says nothing."""
    text = _said(name)
    return digest_text(f"{name} {text}") if text else ABSENT


def _said(name: str) -> str:
    if name == ROOT:
        return str(_real.geteuid() == 0) if hasattr(_real, "geteuid") else ""
    if name in (HOST, KERNEL):
        found = _real.uname() if hasattr(_real, "uname") else None
        return "" if found is None else found.nodename if name == HOST else f"{found.release} {found.version}"
    ask = getattr(_real, name, None)
    try:
        answer = "" if ask is None else ask(0) if name == "sched_getaffinity" else ask()
    except OSError as error:
        return f"error {error.errno}"  # ``getlogin`` without a terminal
    return str(sorted(answer)) if isinstance(answer, (list, set)) else str(answer)


class Machine:
    """Tells ``observer`` what is asked of the system."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._places = Replacements()

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {
            "socket.gethostname": lambda: self._asked(HOST, caller()),
            "socket.bind": self._on_bind,
            "os.chmod": self._on_rights,
            "os.mkdir": self._on_rights,
            "os.chown": lambda *_: self._asked(ROOT, caller()),
        }

    def install(self) -> None:
        """Puts the wrapped functions in their places."""
        for name in SIMPLE:
            self._wrap(os, name, (name,))
        for name in FOR_ROOT:
            self._wrap(os, name, (ROOT,))
        self._wrap(os, "process_cpu_count", (AVAILABLE,))
        self._wrap(os, "uname", (HOST, KERNEL))
        if platform := sys.modules.get("platform"):  # nothing is imported before the user does so
            for name, wanted in OF_PLATFORM.items():
                self._wrap(platform, name, wanted)

    def remove(self) -> None:
        """Puts the originals back, where nobody else has put something there since."""
        self._places.undo()

    def _wrap(self, holder: Any, name: str, wanted: tuple[str, ...]) -> None:
        if not hasattr(holder, name):
            return

        def tell(_args: object, _options: object, frame: FrameType) -> None:
            for each in wanted:
                self._observer.quietly(name, self._asked, each, frame)

        self._places.put(holder, name, Probe(getattr(holder, name), tell, self._heeds, holder.__name__))

    def _heeds(self, frame: FrameType) -> bool:
        observer = self._observer
        return observer.awake and observer.owner(filename_of(frame)) is not observer.PYTEST

    def _asked(self, name: str, frame: FrameType | None) -> None:
        """``platform`` asks for everything when it is asked for anything, and keeps it: its functions are wrapped."""
        by = set(_standard(frame))
        if not by.isdisjoint(INDIFFERENT) or (name in (HOST, KERNEL) and "platform" in by):
            return
        self._observer.note(Op.SYSTEM, name if by.isdisjoint(ROOT_MATTERS) else ROOT, frame)

    def _on_rights(self, path: object, mode: object = 0o777, *_: object) -> None:
        """Rights are taken away from who has made the file: from everyone but root."""
        if isinstance(mode, int):
            needed = OWN_RIGHTS[not isinstance(path, int) and _isdir(path)]  # type: ignore[arg-type]
            if mode & needed != needed:
                self._asked(ROOT, caller())

    def _on_bind(self, _socket: object, address: object = None) -> None:
        port = address[1] if isinstance(address, tuple) and len(address) > 1 else 0
        if isinstance(port, int) and 0 < port < FREE_PORTS:
            self._asked(ROOT, caller())


def _standard(frame: FrameType | None) -> list[str]:
    """The modules of the standard library between a function of the system and who wants to know."""
    found = []
    while frame is not None and (module := module_of(filename_of(frame))):
        found.append(module)
        frame = beyond_ours(frame.f_back)
    return found
