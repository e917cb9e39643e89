"""Does the static import graph miss anything? Compares it with what running a real suite really imports.

    python bench/import_edges.py CHECKOUT --python VENV/bin/python [--limit 30] [--tests tests/test_a.py ...]
    python bench/import_edges.py --python VENV/bin/python --pyargs networkx

Each test module runs in a process of its own, with this file as a plugin: before conftests are loaded it
takes the module's closure from the graph, and an audit hook then notes each first-party file whose module
code is executed. What was executed and is not in the closure is *missed*. A missed file is *dynamic* if it
came in under ``importlib.import_module(computed)`` or ``__import__(computed)``, and *moved* if it lies in a
directory that the suite itself put on ``sys.path`` while it ran (``monkeypatch.syspath_prepend``): those are
observed inputs, not edges. Anything else is a mistake in the graph, and makes the exit code 1. Files that
the suite wrote itself do not count.
"""

from __future__ import annotations

import argparse
import builtins
import dis
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

HERE = Path(__file__).resolve().parent
_IMPORT_NAME = dis.opmap["IMPORT_NAME"]


@dataclass(frozen=True)
class Comparison:
    """One test module: what the graph said and what happened."""

    module: str
    exit_code: int
    closure: frozenset[str]
    imported: frozenset[str]
    dynamic: frozenset[str]
    moved: frozenset[str]

    @property
    def missed(self) -> list[str]:
        return sorted(self.imported - self.closure)

    def why(self, file: str) -> str:
        return "dynamic" if file in self.dynamic else "moved" if file in self.moved else "unexplained"


# The plugin: runs in the suite's process.


@dataclass
class Recorder:
    """Notes executed modules, and which of them came in below a dynamic import."""

    executed: dict[str, bool] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    added: set[str] = field(default_factory=set)
    started: float = 0.0
    depth: int = 0

    def audit(self, event: str, args: tuple[object, ...]) -> None:
        if event == "exec" and isinstance(args[0], CodeType) and args[0].co_name == "<module>":
            self.executed.setdefault(args[0].co_filename, self.depth > 0)
            self.added.update(sys.path)

    def dynamically(self, function: Callable[..., Any], is_dynamic: Callable[[], bool]) -> Callable[..., Any]:
        def importer(*args: object, **kwargs: object) -> object:
            counts = is_dynamic()
            self.depth += counts
            try:
                return function(*args, **kwargs)
            finally:
                self.depth -= counts

        return importer

    def start(self) -> None:
        self.path, self.started = tuple(sys.path), time.time()
        sys.addaudithook(self.audit)
        importlib.import_module = self.dynamically(importlib.import_module, _asked_by_user)
        builtins.__import__ = self.dynamically(builtins.__import__, _called_as_function)


def _asked_by_user() -> bool:
    """pytest imports test modules with ``import_module`` too; those are where the graph starts."""
    name: str = sys._getframe(2).f_globals.get("__name__", "")
    return not name.startswith(("_pytest", "pluggy"))


def _called_as_function() -> bool:
    frame = sys._getframe(2)
    name: str = frame.f_globals.get("__name__", "")
    is_statement = frame.f_code.co_code[frame.f_lasti] == _IMPORT_NAME
    return not is_statement and not name.startswith(("_pytest", "importlib", "_frozen_importlib"))


RECORDER = Recorder()


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    RECORDER.start()


pytest_load_initial_conftests.pytest_impl = {"tryfirst": True}  # type: ignore[attr-defined]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Asks the graph as the cache would, and leaves the answer for the parent."""
    from pytest_gocache.core.imports import ImportGraph
    from pytest_gocache.core.places import Places

    asked = json.loads(os.environ["IMPORT_EDGES"])
    places = Places.of_interpreter(session.config.rootpath, asked["owned"])
    pythonpath = [str(session.config.rootpath / one) for one in session.config.getini("pythonpath")]
    roots = [str(session.config.rootpath), *pythonpath, *_basedirs(asked["modules"])]
    graph = ImportGraph(roots, places, _sources(asked["facts"]), path=RECORDER.path)
    closure = graph.closure([asked["module"], *_conftests(asked["module"], session.config.rootpath)])
    seen = {file: dynamic for file, dynamic in RECORDER.executed.items() if _is_first_party(file, places)}
    added = RECORDER.added - {*RECORDER.path, *roots}
    moved = [file for file in seen if any(file.startswith(entry + os.sep) for entry in added)]
    Path(asked["out"]).write_text(
        json.dumps(
            {
                "closure": sorted(map(places.name, closure.files)),
                "imported": sorted(map(places.name, seen)),
                "dynamic": sorted(places.name(file) for file, dynamic in seen.items() if dynamic),
                "moved": sorted(map(places.name, moved)),
            }
        )
    )


def _is_first_party(file: str, places: Any) -> bool:
    # Compiled templates are executed as modules too, but nobody imports them.
    if not (os.path.isabs(file) and file.endswith(".py") and os.path.isfile(file)):
        return False
    is_ours = file.startswith(str(HERE.parent) + os.sep)
    return bool(places.is_first_party(file)) and not is_ours and os.stat(file).st_mtime < RECORDER.started


def _sources(store: str) -> Callable[[str], Any]:
    """Reads files; facts are shared by the processes through a directory, one file per content."""
    from pytest_gocache.core.hashing import digest_bytes
    from pytest_gocache.core.source import SourceFile, facts_from_text, facts_of, facts_to_text

    def source(path: str) -> SourceFile | None:
        try:
            content = Path(path).read_bytes()
        except OSError:
            return None
        digest = digest_bytes(content)
        kept = Path(store, digest)
        facts = facts_from_text(kept.read_text()) if kept.is_file() else None
        if facts is None:
            facts = facts_of(content)
            kept.with_suffix(f".{os.getpid()}").write_text(facts_to_text(facts))
            kept.with_suffix(f".{os.getpid()}").replace(kept)
        return SourceFile(digest, facts)

    return source


def _basedirs(modules: Sequence[str]) -> Iterator[str]:
    """What pytest puts on ``sys.path``: of each module the first directory up without ``__init__.py``."""
    for module in modules:
        directory = Path(module).parent
        while (directory / "__init__.py").is_file():
            directory = directory.parent
        yield str(directory)


def _conftests(module: str, rootdir: Path) -> list[str]:
    directories = [one for one in Path(module).parents if rootdir == one or rootdir in one.parents]
    return [str(one / "conftest.py") for one in directories or [Path(module).parent]]


# The parent: runs pytest once per test module.


def compare(
    python: str, checkout: Path, modules: list[str], owned: list[str], pytest_args: list[str]
) -> Iterator[Comparison]:
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as pool:

        def run(number: int) -> Comparison:
            out = Path(scratch, f"{number}.out")
            asked = {"module": modules[number], "modules": modules, "owned": owned}
            asked |= {"out": str(out), "facts": scratch}
            env = os.environ | {
                "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}",
                "IMPORT_EDGES": json.dumps(asked),
            }
            command = [
                python,
                "-m",
                "pytest",
                "-p",
                "import_edges",
                "-p",
                "no:cacheprovider",
                "-q",
                "--no-header",
            ]
            command += ["-o", "addopts=", *pytest_args, modules[number]]
            ran = subprocess.run(command, cwd=checkout, env=env, capture_output=True, timeout=900)
            if not out.is_file():
                raise SystemExit(ran.stdout.decode()[-2000:] + ran.stderr.decode()[-2000:])
            found = {key: frozenset(value) for key, value in json.loads(out.read_text()).items()}
            return Comparison(os.path.relpath(modules[number], checkout), ran.returncode, **found)

        yield from pool.map(run, range(len(modules)))


def report(comparisons: Iterator[Comparison]) -> int:
    modules = imported = closure = 0
    reasons: dict[str, set[str]] = {"dynamic": set(), "moved": set(), "unexplained": set()}
    for one in comparisons:
        modules, imported, closure = modules + 1, imported + len(one.imported), closure + len(one.closure)
        note = f"  [exit {one.exit_code}]" if one.exit_code else ""
        print(f"{one.module}: imported {len(one.imported)}, closure {len(one.closure)}{note}")
        for file in one.missed:
            reasons[one.why(file)].add(file)
            print(f"    missed {file} ({one.why(file)})")
    counts = ", ".join(f"{len(files)} {why}" for why, files in reasons.items())
    print(f"{modules} modules: {imported} files imported, {closure} in closures; missed: {counts}")
    return 1 if reasons["unexplained"] else 0


def find_modules(directories: list[Path], limit: int) -> list[str]:
    """Test modules by pytest's default patterns, evenly thinned out to ``limit``."""
    found = [
        path
        for directory in directories
        for path in ([directory] if directory.is_file() else directory.rglob("*.py"))
    ]
    modules = sorted(
        str(path) for path in found if path.name.startswith("test_") or path.name.endswith("_test.py")
    )
    step = max(1, -(-len(modules) // limit)) if limit else 1
    return modules[::step]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", nargs="?", type=Path, default=Path.cwd())
    parser.add_argument("--tests", nargs="*", default=["tests"], help="files or directories in CHECKOUT")
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--pyargs", help="an installed package that carries its tests")
    parser.add_argument("--limit", type=int, default=0, help="at most so many modules (0: all)")
    given, pytest_args = parser.parse_known_args()
    given.python = os.path.abspath(given.python)
    checkout, owned = given.checkout.resolve(), list[str]()
    directories = [checkout / test for test in given.tests]
    if given.pyargs:
        where = f"import os, {given.pyargs} as it; print(os.path.dirname(it.__file__))"
        owned = [subprocess.check_output([given.python, "-c", where], text=True, cwd="/").strip()]
        directories = [Path(owned[0])]
    return report(compare(given.python, checkout, find_modules(directories, given.limit), owned, pytest_args))


if __name__ == "__main__":
    sys.exit(main())
