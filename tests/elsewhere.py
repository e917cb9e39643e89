"""Another platform, as far as it can be pretended: imports everything where its modules and functions are missing.

::

    python tests/elsewhere.py win32|darwin DIRECTORY

Then pytest runs twice in ``DIRECTORY``, with the cache, with modules that believe that they are there. That says
nothing of how file systems, processes and clocks behave: ``docs/platforms.md``.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NO_MODULES = {
    "win32": ("_posixsubprocess", "fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"),
    "darwin": (),
}
NO_LINUX = ("memfd_create", "O_TMPFILE", "getresgid", "getresuid", "process_cpu_count", "setresgid", "setresuid")
NO_POSIX = (
    *("chown", "chroot", "confstr", "ctermid", "environb", "fchdir", "fchmod", "fchown", "fork", "forkpty", "getegid"),
    *("getenvb", "geteuid", "getgid", "getgrouplist", "getgroups", "getloadavg", "getpgid", "getpgrp", "getpriority"),
    *("getsid", "getuid", "initgroups", "killpg", "lchown", "mkfifo", "mknod", "nice", "openpty", "posix_spawn"),
    *("posix_spawnp", "pread", "pwrite", "register_at_fork", "setegid", "seteuid", "setgid", "setgroups", "setpgid"),
    *("setpriority", "setregid", "setreuid", "setsid", "setuid", "statvfs", "sysconf", "uname", "wait", "wait3"),
    *("wait4", "O_CLOEXEC", "O_DIRECTORY", "O_NOFOLLOW", "O_NONBLOCK", "O_SYNC", "RTLD_LAZY", "RTLD_NOW", "WNOHANG"),
)
NO_EXTRA = ("pytest_gocache.stores.bucket", "pytest_gocache.stores.redis")
"""They import what only an extra brings."""
MARK = "pytest_gocache"


def missing(platform: str) -> tuple[str, ...]:
    """Attributes of ``os``."""
    scheduling = [name for name in dir(os) if name.startswith("sched_")]
    return (*NO_LINUX, *scheduling, *(NO_POSIX if platform == "win32" else ()))


def import_all() -> list[str]:
    """Every module of the package."""
    package = importlib.import_module(MARK)
    found = [info.name for info in pkgutil.walk_packages(package.__path__, f"{MARK}.") if "__main__" not in info.name]
    for name in found:
        try:
            importlib.import_module(name)
        except ModuleNotFoundError as error:
            if name not in NO_EXTRA or str(error.name).startswith(MARK):
                raise
    return found


@contextmanager
def pretended(platform: str) -> Iterator[None]:
    """The other platform, for modules that are imported inside. What they import is loaded, and keeps what it has."""
    import_all()
    for name in [each for each in sys.modules if each.partition(".")[0] == MARK]:
        del sys.modules[name]
    hidden = {name: sys.modules.get(name) for name in NO_MODULES[platform]}
    lost = {name: getattr(os, name) for name in missing(platform) if hasattr(os, name)}
    real, sys.platform = sys.platform, platform
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]
    for name in lost:
        delattr(os, name)
    yield
    sys.platform = real
    for name, module in hidden.items():
        if module is None:
            del sys.modules[name]
        else:
            sys.modules[name] = module
    vars(os).update(lost)


def _fcntl(descriptor: int, command: int, room: bytes) -> bytes:
    """``F_GETPATH``, as macOS has it."""
    assert command == 50
    return os.fsencode(os.readlink(f"/proc/self/fd/{descriptor}")).ljust(len(room), b"\0")


def main(platform: str, directory: str) -> int:
    """0 if all that can be pretended works."""
    with pretended(platform):
        print(f"{len(import_all())} modules imported")
    if platform == "darwin":
        sys.modules["fcntl"] = types.SimpleNamespace(fcntl=_fcntl)  # type: ignore[assignment]
    sys.path[:] = [entry for entry in sys.path if entry != os.path.dirname(os.path.abspath(__file__))]
    arguments = ["--gocache", f"--gocache-dir={directory}/store", "-p", "no:cacheprovider", f"--rootdir={directory}"]
    return max(int(pytest.main([*arguments, directory])) for _ in "ab")


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
