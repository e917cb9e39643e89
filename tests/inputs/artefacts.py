"""Edits of what other programs make: archives, databases, shared libraries, installed distributions."""

from __future__ import annotations

import base64
import functools
import hashlib
import sqlite3
import subprocess
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from edits import Scene, Undo, remove, restoring, undo_all


@dataclass(frozen=True)
class Archive:
    """A zip archive holds these members."""

    name: str
    members: Mapping[str, str]

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w") as archive:
            for name, text in self.members.items():
                member = zipfile.ZipInfo(name.replace("THIS", scene.name))
                archive.writestr(member, scene.text(text))
        return undo


@dataclass(frozen=True)
class Database:
    """An sqlite database, made by these statements."""

    name: str
    script: str

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        connection = sqlite3.connect(path)
        connection.executescript(self.script)
        connection.close()
        return undo


@dataclass(frozen=True)
class Library:
    """A shared library with one function, ``answer``, that gives this number."""

    name: str
    answer: int

    def apply(self, scene: Scene) -> Undo:
        path = scene.path(self.name)
        undo = restoring(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # a loaded library is never written over
        path.write_bytes(compiled(self.answer))
        return undo


@functools.cache
def compiled(answer: int) -> bytes:
    """A shared library that answers so."""
    with TemporaryDirectory() as directory:
        source, library = Path(directory, "answer.c"), Path(directory, "answer.so")
        source.write_text(f"int answer(void) {{ return {answer}; }}\n")
        subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source], check=True)
        return library.read_bytes()


@dataclass(frozen=True)
class Install:
    """A distribution is installed, in place of any version of it that was there."""

    distribution: str
    version: str
    files: Mapping[str, str]
    requires: tuple[str, ...] = ()
    entry_points: str = ""

    def apply(self, scene: Scene) -> Undo:
        base = self.distribution.replace("THIS", scene.name)
        site = scene.path("site:")
        site.mkdir(exist_ok=True)
        info = f"{base}-{self.version}.dist-info"
        old = [each for each in site.iterdir() if each.name.startswith(f"{base}-")]
        undo = [restoring(each) for each in old]
        undo += [restoring(site / info), *(restoring(scene.path(f"site:{name}")) for name in self.files)]
        for each in old:
            remove(each)
        required = "".join(f"Requires-Dist: {scene.text(each)}\n" for each in self.requires)
        meta = {f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {base}\nVersion: {self.version}\n{required}"}
        if self.entry_points:
            meta[f"{info}/entry_points.txt"] = self.entry_points
        texts = {**self.files, **meta}
        for name, text in texts.items():
            scene.write(f"site:{name}", text)
        scene.write(f"site:{info}/RECORD", "".join(_record_line(scene, name) for name in texts))
        return functools.partial(undo_all, undo[::-1])


def _record_line(scene: Scene, name: str) -> str:
    content = scene.path(f"site:{name}").read_bytes()
    coded = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    return f"{name},sha256={coded},{len(content)}\n"


@dataclass(frozen=True)
class Uninstall:
    """A distribution goes: its files and its metadata."""

    distribution: str
    files: tuple[str, ...]

    def apply(self, scene: Scene) -> Undo:
        base = self.distribution.replace("THIS", scene.name)
        gone = [each for each in scene.path("site:").iterdir() if each.name.startswith(f"{base}-")]
        gone += [scene.path(f"site:{name}") for name in self.files]
        undo = [restoring(each) for each in gone]
        for each in gone:
            remove(each)
        return functools.partial(undo_all, undo)
