"""What an edit may do. Each change is plain data; ``apply`` does it and gives what undoes it.

In names and texts ``THIS`` stands for the name of the scenario. A name is that of a file in the scenario's own
directory; ``/name`` lies in the root of the project, ``../name`` beside the project (in a directory of the
scenario's own, ``../beside/THIS`` for whoever runs in the root), ``site:name`` in a directory of installed
distributions. A text that begins with ``#!`` becomes an executable file.
"""

from __future__ import annotations

import functools
import os
import shutil
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Undo = Callable[[], None]


@dataclass
class Conditions:
    """What all scenarios of a project share: how pytest is started."""

    environ: dict[str, str | None] = field(default_factory=dict)
    args: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    cwd: str = ""


@dataclass(frozen=True)
class Scene:
    """Where one scenario plays."""

    name: str
    home: Path
    conditions: Conditions

    @property
    def root(self) -> Path:
        """The root of the project."""
        return self.home / "project"

    def path(self, name: str) -> Path:
        """Where the file of that name is."""
        name = name.replace("THIS", self.name)
        if name.startswith("../"):
            return self.home / "beside" / self.name / name[3:]
        if name.startswith("site:"):
            return self.home / "site-packages" / name[5:]
        return self.root / name[1:] if name.startswith("/") else self.root / self.name / name

    def text(self, text: str) -> str:
        """The text with its indentation gone and its names filled in."""
        return textwrap.dedent(text).lstrip("\n").replace("THIS", self.name)

    def write(self, name: str, text: str) -> None:
        """Writes a text file, with all directories above it."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(text), encoding="utf-8")
        if text.lstrip().startswith("#!"):
            path.chmod(0o755)


class Change(Protocol):
    """One thing that is altered, and can be altered back."""

    def apply(self, scene: Scene) -> Undo: ...


def restoring(path: Path, times: bool = False) -> Undo:
    """What puts back the present state of ``path``: content and mode, and with ``times`` also its times."""
    now = path.lstat() if os.path.lexists(path) else None
    if now is None:
        while not path.parent.exists():
            path = path.parent
        return functools.partial(remove, path)
    if path.is_symlink():
        return functools.partial(_relink, path, os.readlink(path))
    if path.is_dir():
        inside = [restoring(each, times) for each in sorted(path.iterdir())]
        return functools.partial(_refill, path, inside)
    stamp = (now.st_atime_ns, now.st_mtime_ns) if times else None
    return functools.partial(_rewrite, path, path.read_bytes(), now.st_mode & 0o7777, stamp)


def remove(path: Path) -> None:
    """Takes away whatever is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def undo_all(steps: list[Undo]) -> None:
    """Takes these steps."""
    for step in steps:
        step()


def _relink(path: Path, target: str) -> None:
    remove(path)
    path.symlink_to(target)


def _refill(path: Path, inside: list[Undo]) -> None:
    remove(path)
    path.mkdir(parents=True)
    for undo in inside:
        undo()


def _rewrite(path: Path, content: bytes, mode: int, stamp: tuple[int, int] | None) -> None:
    if path.is_symlink() or path.is_dir():
        remove(path)
    path.write_bytes(content)
    path.chmod(mode)
    if stamp:
        os.utime(path, ns=stamp)


@dataclass(frozen=True)
class Write:
    """A text file has another content, or appears."""

    name: str
    text: str = "new\n"

    def apply(self, scene: Scene) -> Undo:
        undo = restoring(scene.path(self.name))
        scene.write(self.name, self.text)
        return undo


@dataclass(frozen=True)
class Disguise:
    """Another content of the same size, and the times put back."""

    name: str
    text: str = "new\n"

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo, old = restoring(path, times=True), path.stat()
        scene.write(self.name, self.text)
        assert path.stat().st_size == old.st_size
        os.utime(path, ns=(old.st_atime_ns, old.st_mtime_ns))
        return undo


@dataclass(frozen=True)
class Replace:
    """Another file takes the name (as editors save: a new inode)."""

    name: str
    text: str = "new\n"

    def apply(self, scene: Scene) -> Undo:
        undo = restoring(scene.path(self.name))
        scene.write(self.name + ".part", self.text)
        os.replace(scene.path(self.name + ".part"), scene.path(self.name))
        return undo


@dataclass(frozen=True)
class Touch:
    """Only the modification time is another: so many seconds since the epoch."""

    name: str
    seconds: int

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path, times=True)
        os.utime(path, (self.seconds, self.seconds))
        return undo


@dataclass(frozen=True)
class Chmod:
    """Other permissions."""

    name: str
    mode: int

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        old = path.stat().st_mode & 0o7777
        path.chmod(self.mode)
        return lambda: path.chmod(old)


@dataclass(frozen=True)
class Link:
    """A symbolic link leads to ``target``, whatever was there before."""

    name: str
    target: str

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        _relink(path, self.target.replace("THIS", scene.name))
        return undo


@dataclass(frozen=True)
class HardLink:
    """A second name of the same file."""

    name: str
    target: str

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        os.link(scene.path(self.target), path)
        return functools.partial(remove, path)


@dataclass(frozen=True)
class Part:
    """A second name of ``target`` becomes a file of its own, with the same content."""

    name: str
    target: str

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        content = path.read_bytes()
        path.unlink()
        path.write_bytes(content)

        def undo() -> None:
            path.unlink()
            os.link(scene.path(self.target), path)

        return undo


@dataclass(frozen=True)
class Remove:
    """A file or a directory goes."""

    name: str

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path)
        remove(path)
        return undo


@dataclass(frozen=True)
class Directory:
    """An empty directory appears."""

    name: str

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path)
        path.mkdir(parents=True)
        return undo


@dataclass(frozen=True)
class Setenv:
    """An environment variable has this value when pytest starts; none: it is not set."""

    name: str
    value: str | None

    def apply(self, scene: Scene) -> Undo:
        environ, name = scene.conditions.environ, self.name.replace("THIS", scene.name)
        old = dict(environ)
        environ[name] = None if self.value is None else filled(self.value, scene)

        def undo() -> None:
            environ.clear()
            environ.update(old)

        return undo


def filled(value: str, scene: Scene) -> str:
    """A value of a variable: ``ROOT`` is the absolute path of the project."""
    return value.replace("THIS", scene.name).replace("ROOT", str(scene.root))


@dataclass(frozen=True)
class Start:
    """pytest is started with other arguments, options of the interpreter, or in another directory."""

    args: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    cwd: str = ""

    def apply(self, scene: Scene) -> Undo:
        now = scene.conditions
        old = (now.args, now.python, now.cwd)
        now.args, now.python = tuple(scene.text(each) for each in self.args), self.python
        now.cwd = self.cwd.replace("THIS", scene.name)

        def undo() -> None:
            now.args, now.python, now.cwd = old

        return undo
