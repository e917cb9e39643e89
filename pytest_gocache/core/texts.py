"""Code that stands in a text, and not in a source: doctests, ``exec``, ``timeit``, templates.

The import graph does not know what it imports, and of what is loaded already its import statements tell nobody.
"""

from __future__ import annotations

from types import CodeType

from pytest_gocache.core.frames import caller
from pytest_gocache.core.instructions import statements
from pytest_gocache.core.loaded_names import LoadedNames
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op

BODY = "<module>"
"""The name of code that is no function's. What ``eval`` runs is called so, too."""


class Texts:
    """Tells ``observer`` what such code imports, before it runs."""

    def __init__(self, observer: Observer, loaded: LoadedNames) -> None:
        self._observer = observer
        self._loaded = loaded
        self._last: object = None
        """The last one that imports nothing: pytest evaluates one expression for each of thousands of tests."""

    def runs(self, code: object) -> None:
        """``code`` is about to run."""
        if code is self._last or not isinstance(code, CodeType) or code.co_name != BODY or not self._is_text(code):
            return
        sites, frame = list(statements(code)), caller()
        self._last = None if sites else code
        for name in {name for site in sites for name in self._loaded.meant(*site)}:
            self._observer.note(Op.IMPORT, name, frame)

    def _is_text(self, code: CodeType) -> bool:
        """Templates carry the names of their files."""
        filename = code.co_filename
        if filename.startswith("<"):
            return not filename.startswith("<frozen ")
        return not filename.endswith(".py") and self._observer.owner(filename).startswith("file:")
