"""What the system says of the user and of the machine: who runs the tests, how many processors there are, a name.

Passes are shared by people and machines, so a test that asks for these depends on them. What only root may do is
seen where it is tried: who takes rights away from its own files, to see an error, sees none as root.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, SimpleNamespace
from typing import Any, Final

from pytest_gocache.core.asks import filename_of, standard
from pytest_gocache.core.frames import caller
from pytest_gocache.core.hashing import ABSENT, Digest, digest_text
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op
from pytest_gocache.core.standin import Probe, Replacements

HOST, KERNEL, ROOT, MASK = "gethostname", "kernel", "root", "umask"
LISTS: Final = ("getgroups", "getresuid", "getresgid")
SIMPLE: Final = (
    *("getuid", "geteuid", "getgid", "getegid", "getlogin", *LISTS),
    *("cpu_count", "sched_getaffinity"),
)
"""Functions of ``os`` that are inputs by their names."""
FOR_ROOT: Final = (
    *("setuid", "seteuid", "setreuid", "setresuid", "setgid", "setegid", "setgroups", "initgroups"),
    *("kill", "killpg", "nice", "setpriority", "sched_setscheduler", "mknod", "chroot"),
)
"""Functions of ``os`` that may do for root what they refuse to others."""
BECOMING: Final = frozenset({"setuid", "seteuid", "setreuid", "setresuid", "chroot"})
"""Those of them after which files may be out of reach."""
OF_PLATFORM: Final[Mapping[str, tuple[str, ...]]] = {
    "node": (HOST,),
    "release": (KERNEL,),
    "version": (KERNEL,),
    "platform": (KERNEL,),
    "uname": (HOST, KERNEL),
}
AVAILABLE: Final = "sched_getaffinity" if hasattr(os, "sched_getaffinity") else "cpu_count"
"""What ``process_cpu_count`` goes by."""
INPUTS: Final = frozenset({*SIMPLE, HOST, KERNEL, ROOT, MASK})
"""All names of such inputs."""
_real = SimpleNamespace(**{name: getattr(os, name) for name in ("uname", *SIMPLE) if hasattr(os, name)})
"""Private copies: tests replace these, and we wrap them ourselves."""
_isdir, _open = os.path.isdir, open

HOW_MANY_WORKERS: Final = frozenset(
    {
        ("concurrent.futures.process", "__init__"),
        ("concurrent.futures.thread", "__init__"),
        ("multiprocessing.pool", "__init__"),
    }
)
A_LABEL: Final = frozenset({("email.utils", "make_msgid"), ("http.server", "server_bind"), ("smtplib", "__init__")})
INDIFFERENT: Final[Mapping[str, frozenset[tuple[str, str]]]] = {
    **dict.fromkeys(("cpu_count", "sched_getaffinity"), HOW_MANY_WORKERS),
    HOST: A_LABEL,
}
"""Functions of the standard library where an answer changes no result. (What a pool runs is called from elsewhere.)"""
ROOT_MATTERS: Final = frozenset({"shutil", "tarfile"})
"""They ask who it is to learn whether it is root."""
OF_FILES, OF_DIRECTORIES = 0o600, 0o700
"""The rights that owners need."""
SOCK_RAW, AF_PACKET = 3, 17
"""Type and family of sockets that are for root. (``socket`` is not imported for them.)"""
FREE_PORTS: Final = 1024


def said(name: str) -> Digest:
    """The digest of what the system says to a question now; ``ABSENT`` where it says nothing."""
    text = _said(name)
    return digest_text(f"{name} {text}") if text else ABSENT


def _said(name: str) -> str:
    if name == ROOT:
        return str(_real.geteuid() == 0) if hasattr(_real, "geteuid") else ""
    if name == MASK:
        return _mask()
    if name in (HOST, KERNEL):
        found = _real.uname() if hasattr(_real, "uname") else None
        return "" if found is None else found.nodename if name == HOST else f"{found.release} {found.version}"
    ask = getattr(_real, name, None)
    try:
        answer = "" if ask is None else ask(0) if name == "sched_getaffinity" else ask()
    except OSError as error:
        return f"error {error.errno}"  # ``getlogin`` without a terminal
    return str(sorted(answer)) if isinstance(answer, (list, set)) else str(answer)


def _mask() -> str:
    """The rights that new files do not get, as the kernel tells them: else they have to be set to be asked for."""
    try:
        with _open("/proc/self/status", "rb") as status:
            found = [line.split()[1] for line in status if line.startswith(b"Umask:")]
    except OSError:
        found = []
    return found[0].decode() if found else ""


class Machine:
    """Tells ``observer`` what is asked of the system."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._places = Replacements()
        self.becoming: Callable[[str], object] = str
        """Told of each call by which a process may lose the right to write what it tells."""
        self._platform: object = None
        """The module whose functions are wrapped."""

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {
            "socket.gethostname": lambda: self._asked(HOST, caller()),
            "socket.bind": self._on_bind,
            "socket.__new__": self._on_socket,
            "os.chmod": self._on_rights,
            "os.mkdir": lambda _path, mode=0o777, *_: self._granted(mode, OF_DIRECTORIES),
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
        self._wrap_umask()
        if "platform" in sys.modules:  # nothing is imported before the user does so
            self._wrap_platform()

    def _wrap_platform(self) -> None:
        """It asks for everything when it is asked for anything, and keeps it."""
        platform = sys.modules["platform"]
        if self._platform is not platform:
            self._platform = platform
            for name, wanted in OF_PLATFORM.items():
                self._wrap(platform, name, wanted)

    def remove(self) -> None:
        """Puts the originals back, where nobody else has put something there since."""
        self._places.undo()

    def _wrap(self, holder: Any, name: str, wanted: tuple[str, ...]) -> None:
        """Whoever calls it asks for ``wanted``."""

        def tell(args: tuple[object, ...], _options: object, frame: FrameType) -> None:
            for each in wanted:
                self._observer.quietly(name, self._asked, each, frame)
            if name in BECOMING and _real.geteuid() == 0 and set(args) != {0}:
                self._observer.quietly(name, self.becoming, name)

        if hasattr(holder, name):
            self._places.put(holder, name, Probe(getattr(holder, name), tell, self._heeds, holder.__name__))

    def _wrap_umask(self) -> None:
        def tell(args: tuple[object, ...], _options: object, _frame: FrameType) -> None:
            for mask in args:
                self._observer.quietly("umask", self._granted, ~mask if isinstance(mask, int) else 0, OF_DIRECTORIES)

        self._places.put(os, "umask", Probe(os.umask, tell, self._heeds))

    def _heeds(self, frame: FrameType) -> bool:
        observer = self._observer
        return observer.awake and observer.owner(filename_of(frame)) is not observer.PYTEST

    def _asked(self, name: str, frame: FrameType | None) -> None:
        by = list(standard(frame))
        modules = {module for module, _ in by}
        if "platform" in modules and name in (HOST, KERNEL):
            for each in _asked_by_platform(by, self._platform is sys.modules.get("platform")):
                self._observer.note(Op.SYSTEM, each, frame)
            self._wrap_platform()
        elif INDIFFERENT.get(name, frozenset()).isdisjoint(by):
            self._observer.note(Op.SYSTEM, ROOT if modules & ROOT_MATTERS else name, frame)

    def _granted(self, mode: object, needed: int) -> None:
        """Rights are taken away from who makes something: from everyone but root."""
        if isinstance(mode, int) and mode & needed != needed:
            self._asked(ROOT, caller())

    def _on_rights(self, path: object, mode: object = 0o777, *_: object) -> None:
        self._granted(mode, OF_DIRECTORIES if _isdir(path) else OF_FILES)  # type: ignore[arg-type]

    def opening(self, _path: object = "", flags: object = 0, mode: object = 0o777, **_: object) -> None:
        """``os.open`` was called so: what is made with fewer rights than its owner needs is for root."""
        if isinstance(flags, int) and flags & os.O_CREAT:
            self._granted(mode, OF_FILES)

    def _on_socket(self, _socket: object, family: object, kind: object, *_: object) -> None:
        if isinstance(kind, int) and (kind & 0xF == SOCK_RAW or family == AF_PACKET):
            self._asked(ROOT, caller())

    def _on_bind(self, _socket: object, address: object = None) -> None:
        port = address[1] if isinstance(address, tuple) and len(address) > 1 else 0
        if isinstance(port, int) and 0 < port < FREE_PORTS:
            self._asked(ROOT, caller())


def _asked_by_platform(by: Iterable[tuple[str, str]], is_wrapped: bool) -> tuple[str, ...]:
    """What a call of ``platform`` wants to know; nothing where its functions are wrapped, and tell it themselves."""
    outermost = [function for module, function in by if module == "platform"][-1]
    return () if is_wrapped else OF_PLATFORM.get(outermost, ())
