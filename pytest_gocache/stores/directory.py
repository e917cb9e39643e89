"""A store of plain files: one for each entry, for a CI's artifacts, a shared disk, a plain copy.

    <directory>/ab/ab12…    an entry, sealed, named as it is asked for

A file appears whole, by a rename in its own directory, which is atomic on NFS, too: who reads meanwhile finds the old
one, the new one, or none. Two who write one entry at once leave one of the two.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from pytest_gocache.stores.base import is_name
from pytest_gocache.stores.seal import MAX_BLOB

PART = ".part"
"""What the name of a file that is being written ends with."""


class Directory:
    """``Blobs`` below ``address``, a path. Raises OSError for all that is wrong with it."""

    def __init__(self, address: str) -> None:
        if not address:
            raise ValueError("it needs a path: dir:PATH")
        self._root = os.path.abspath(os.path.expanduser(address.removeprefix("//")))

    def get(self, name: str) -> bytes | None:
        """The bytes of the file of that name, none of one that is too long; None if there is no such file."""
        try:
            with open(self._path(name), "rb") as file:
                # To ask for at most so many bytes makes room for so many: 30 µs.
                return file.read() if os.fstat(file.fileno()).st_size <= MAX_BLOB else b""
        except FileNotFoundError:
            return None

    def put(self, name: str, blob: bytes) -> None:
        """Writes it beside, and moves it there."""
        path = self._path(name)
        part = f"{path}.{os.getpid()}{PART}"
        try:
            self._write(part, blob)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._write(part, blob)
        try:
            os.replace(part, path)
        except OSError:
            with suppress(OSError):
                os.unlink(part)
            raise

    def names(self) -> Iterator[str]:
        """Those of all entries there are. Other files are left aside."""
        with suppress(FileNotFoundError):
            for folder in sorted(os.listdir(self._root)):
                if len(folder) == 2 and os.path.isdir(os.path.join(self._root, folder)):
                    yield from filter(is_name, sorted(os.listdir(os.path.join(self._root, folder))))

    def _path(self, name: str) -> str:
        return os.path.join(self._root, name[:2], name)

    def _write(self, path: str, blob: bytes) -> None:
        with open(path, "wb") as file:
            file.write(blob)
