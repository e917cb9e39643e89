"""The import graph: what a module's closure holds, and what changes its digest."""

from __future__ import annotations

import os
import sys
import zipfile
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest
from filetree import FakeFiles, graph_of

from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.imports import Closure, ImportGraph
from pytest_gocache.core.outside import Outside
from pytest_gocache.core.places import Places
from pytest_gocache.core.resolve import NOWHERE, DiskTree, Located
from pytest_gocache.core.scc import Components

PROJECT = """
    src/
        pkg/
            __init__.py: from pkg.api import run
            api.py: from .core import engine
            unused.py: import json
            core/
                __init__.py:
                engine.py: import numpy
    tests/
        conftest.py: import pkg
        helpers.py: X = 1
        test_a.py: import pkg; from helpers import X
        test_b.py: import json
"""
ROOTS = ("/p", "/p/src", "/p/tests")


def closure(tree: str, *paths: str, roots: tuple[str, ...] = ROOTS) -> Closure:
    return graph_of(FakeFiles(tree), roots).closure(f"/p/{path}" for path in paths)


def files(tree: str, path: str, roots: tuple[str, ...] = ("/p",)) -> list[str]:
    """What ``path`` imports, without itself."""
    found = closure(tree, path, roots=roots).files
    return sorted(os.path.relpath(file, "/p") for file in found if file != f"/p/{path}")


def test_a_closure_holds_all_that_importing_a_module_executes() -> None:
    assert files(PROJECT, "tests/test_a.py", ROOTS) == [
        "src/pkg/__init__.py",
        "src/pkg/api.py",
        "src/pkg/core/__init__.py",
        "src/pkg/core/engine.py",
        "tests/helpers.py",
    ]


def test_installed_and_unknown_names_are_told_apart() -> None:
    graph = graph_of(FakeFiles("a.py: import numpy.linalg, nothing.at.all, sys"), outside={
        "numpy": Located(third_party=True),
        "sys": Located(elsewhere=True),
    })  # fmt: skip
    edges = graph.edges("/p/a.py")

    assert edges.tops == {"numpy"}
    assert edges.absent == {"nothing"}


FORMS = {
    "import of a module": ("a.py: import b", ["b.py"]),
    "import of a submodule runs its parents": (
        "a.py: import p.q.r | p/__init__.py: | p/q/__init__.py: | p/q/r.py:",
        ["p/__init__.py", "p/q/__init__.py", "p/q/r.py"],
    ),
    "from-import of a submodule": (
        "a.py: from p import b | p/__init__.py: | p/b.py:",
        ["p/__init__.py", "p/b.py"],
    ),
    "from-import of a name": ("a.py: from p import c | p/__init__.py: | p/b.py:", ["p/__init__.py"]),
    "star import of what is exported": (
        "a.py: from p import * | p/__init__.py: __all__ = ['b'] | p/b.py: | p/c.py:",
        ["p/__init__.py", "p/b.py"],
    ),
    "namespace package": ("a.py: import n.b | n/b.py:", ["n/b.py"]),
    "namespace inside a package": (
        "a.py: import p.n.b | p/__init__.py: | p/n/b.py:",
        ["p/__init__.py", "p/n/b.py"],
    ),
    "package before module of the same name": ("a.py: import b | b/__init__.py: | b.py:", ["b/__init__.py"]),
    "module before namespace of the same name": ("a.py: import b | b/c.py: | b.py:", ["b.py"]),
    "extension module before source": (
        f"a.py: import b | b{EXTENSION_SUFFIXES[0]}: | b.py:",
        [f"b{EXTENSION_SUFFIXES[0]}"],
    ),
    "bytecode without source": ("a.py: import b | b.pyc:", ["b.pyc"]),
    "stubs are no modules": ("a.py: import b | b.pyi:", []),
    "shadowing the standard library": ("a.py: import json | json.py:", ["json.py"]),
    "main is nobody's import": (
        "a.py: import b | b.py: from p import __main__ | p/__main__.py:",
        ["b.py", "p/__main__.py"],
    ),
    "case matters": ("a.py: import B | b.py:", []),
    "odd names": ("a.py: __import__(''); __import__('.'); __import__('..b.'); import b | b.py:", ["b.py"]),
}


@pytest.mark.parametrize(("tree", "expected"), FORMS.values(), ids=FORMS.keys())
def test_every_form_of_import_is_resolved(tree: str, expected: list[str]) -> None:
    found = FakeFiles()
    for line in tree.split(" | "):
        name, _, text = line.partition(":")
        found.texts[f"/p/{name}"] = text.strip().replace("; ", "\n") + "\n"
    found.texts.setdefault("/p/b.py", "") if expected == ["b.py"] else None
    graph = graph_of(found)
    assert (
        sorted(os.path.relpath(file, "/p") for file in graph.closure(["/p/a.py"]).files - {"/p/a.py"})
        == expected
    )


def test_relative_imports_climb_and_stop_at_the_top() -> None:
    tree = """
        p/
            __init__.py:
            b.py:
            q/
                __init__.py:
                a.py: from .. import b; from ..... import x; from .c import d; from . import c
                c.py:
        a.py: from . import p; from .. import q
    """
    assert files(tree, "p/q/a.py") == ["p/__init__.py", "p/b.py", "p/q/__init__.py", "p/q/c.py"]
    assert files(tree, "a.py") == ["p/__init__.py"]


def test_a_file_s_own_packages_run_before_it() -> None:
    tree = """
        tests/
            __init__.py: import setup
            unit/
                test_a.py:
        setup.py:
    """
    assert files(tree, "tests/unit/test_a.py") == ["setup.py", "tests/__init__.py"]


def test_a_name_means_what_any_root_has_under_it() -> None:
    """Which root wins depends on what was inserted first, and sys.modules is shared."""
    tree = """
        one/
            helpers.py:
            test_a.py: import helpers
            ns/
                x.py:
        two/
            helpers.py:
            ns/
                test_b.py: from . import x
    """
    assert files(tree, "one/test_a.py", ("/p/one", "/p/two")) == ["one/helpers.py", "two/helpers.py"]
    assert files(tree, "two/ns/test_b.py", ("/p/one", "/p/two")) == ["one/ns/x.py"]


def digest(tree: str, path: str = "tests/test_a.py") -> Digest:
    return closure(tree, path, roots=ROOTS).digest


def test_only_modules_that_import_the_edited_file_change() -> None:
    edited = PROJECT.replace("import numpy", "import scipy")

    assert digest(edited) != digest(PROJECT)
    assert digest(edited, "tests/test_b.py") == digest(PROJECT, "tests/test_b.py")
    assert digest(PROJECT.replace("unused.py: import json", "unused.py: X = 1")) == digest(PROJECT)


def test_a_comment_changes_nothing_unless_someone_asks_for_positions() -> None:
    commented = PROJECT.replace("X = 1", "X = 1 # one")
    asking = ("engine.py: import numpy", "engine.py: import numpy; f_lineno")

    assert digest(commented) == digest(PROJECT)
    assert digest(commented.replace(*asking)) != digest(PROJECT.replace(*asking))


APPEARS = {
    "a module that was missing": ("    src/\n", "    numpy.py:\n    src/\n"),
    "a package beside a module": (
        "        helpers.py",
        "        helpers/\n            __init__.py:\n        helpers.py",
    ),
    "the same name in another root": ("    tests/\n", "    helpers.py:\n    tests/\n"),
    "an __init__ in the test directory": ("        conftest.py", "        __init__.py:\n        conftest.py"),
    "a shadow of the standard library": ("    src/\n", "    json.py:\n    src/\n"),
}


@pytest.mark.parametrize(("old", "new"), APPEARS.values(), ids=APPEARS.keys())
def test_a_file_that_appears_and_would_be_imported_changes_the_digest(old: str, new: str) -> None:
    tree = PROJECT.replace("X = 1", "import json")
    assert old in tree

    assert digest(tree.replace(old, new, 1)) != digest(tree)


def test_a_name_that_gets_installed_changes_the_digest() -> None:
    tree = FakeFiles("a.py: import numpy")
    without = graph_of(tree).closure(["/p/a.py"])
    with_it = graph_of(tree, outside={"numpy": Located(third_party=True)}).closure(["/p/a.py"])

    assert (without.absent, with_it.absent) == ({"numpy"}, frozenset())
    assert (without.tops, with_it.tops) == (frozenset(), {"numpy"})
    assert without.digest != with_it.digest


def test_a_missing_file_is_not_an_empty_one() -> None:
    assert closure("a.py:", "b.py").digest != closure("b.py:", "b.py").digest


def test_files_in_a_circle_share_one_closure() -> None:
    tree = FakeFiles("""
        a.py: import b
        b.py: import c
        c.py: import a; import d
        d.py: import numpy
        test_a.py: import a
        test_b.py: import b
    """)
    graph = graph_of(tree, outside={"numpy": Located(third_party=True)})
    one, other = graph.closure(["/p/a.py"]), graph.closure(["/p/c.py"])

    assert one.digest == other.digest
    assert one.files == {"/p/a.py", "/p/b.py", "/p/c.py", "/p/d.py"}
    assert one.tops == {"numpy"}
    assert graph.closure(["/p/test_b.py"]).files == one.files | {"/p/test_b.py"}


def test_the_digest_does_not_depend_on_the_order_of_questions() -> None:
    paths = ["/p/tests/test_a.py", "/p/tests/test_b.py", "/p/tests/conftest.py", "/p/src/pkg/core/engine.py"]
    first, second = graph_of(FakeFiles(PROJECT), ROOTS), graph_of(FakeFiles(PROJECT), ROOTS)
    forwards = [first.closure([path]).digest for path in paths]
    backwards = [second.closure([path]).digest for path in reversed(paths)]

    assert forwards == backwards[::-1]
    assert first.closure(paths).digest == second.closure(reversed(paths)).digest


def test_a_chain_of_thousands_needs_no_recursion() -> None:
    chain = FakeFiles()
    chain.texts = {f"/p/m{i}.py": f"import m{i + 1}\n" for i in range(3000)}

    assert len(Components(lambda node: [node + 1] if node < 50_000 else [0]).members) == 0
    assert Components(lambda node: [node + 1] if node < 50_000 else [0]).of(7) == 0
    assert len(_listed_once(chain).closure(["/p/m0.py"]).files) == 3000


def _listed_once(files: FakeFiles) -> ImportGraph:
    class Flat:
        def entries(self, directory: str) -> dict[str, bool]:
            return {os.path.basename(path): False for path in files.texts} if directory == "/p" else {}

    return ImportGraph(["/p"], Places(Path("/p")), files.source, Flat(), lambda name: NOWHERE)


def test_the_graph_tells_which_directories_it_looked_into() -> None:
    graph = graph_of(FakeFiles(PROJECT), ROOTS)
    graph.closure(["/p/tests/test_a.py"])

    assert {"/p", "/p/src", "/p/tests", "/p/src/pkg", "/p/src/pkg/core"} <= graph.probed_dirs


def test_an_observed_name_resolves_to_what_importing_it_executes() -> None:
    graph = graph_of(FakeFiles(PROJECT), ROOTS)

    assert graph.resolve("pkg.core") == {"/p/src/pkg/__init__.py", "/p/src/pkg/core/__init__.py"}
    assert graph.resolve("pkg.core.nothing") == graph.resolve("pkg.core")
    assert graph.resolve("nothing") == frozenset()


# Outside: names that no first-party root has.


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site"


def outside(site: Path, *path: str, finders: tuple[object, ...] = (), owned: tuple[str, ...] = ()) -> Outside:
    places = Places(
        site.parent / "project", site=(str(site),), stdlib=(os.path.dirname(os.__file__),), owned=owned
    )
    return Outside(places, DiskTree(), [*path, str(site)], finders)


def test_outside_knows_the_standard_library_and_what_is_installed(site: Path) -> None:
    (site / "six.py").touch()
    found = outside(site)

    assert found("json") == found("sys") == found("__main__") == Located(elsewhere=True)
    assert found("six") == Located(third_party=True)
    assert found("nothing") == NOWHERE


def test_what_a_pth_file_put_on_the_path_is_first_party(site: Path, tmp_path: Path) -> None:
    FakeFiles("pkg/\n    __init__.py:\n").write_to(tmp_path / "elsewhere")
    package = str(tmp_path / "elsewhere" / "pkg")

    assert outside(site, str(tmp_path / "elsewhere"))("pkg") == Located(
        (f"{package}/__init__.py",), (package,)
    )


def test_an_installed_package_under_test_is_first_party(site: Path) -> None:
    FakeFiles("pkg/\n    __init__.py:\n").write_to(site)
    package = str(site / "pkg")

    assert outside(site, owned=(package,))("pkg") == Located((f"{package}/__init__.py",), (package,))


def test_editable_finders_of_setuptools_are_read(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeFiles("pkg/\n    __init__.py:\none.py:\n").write_to(tmp_path)
    finder = ModuleType("__editable___pkg_1_0_finder")
    finder.MAPPING = {"pkg": f"{tmp_path}/pkg", "one": f"{tmp_path}/one.py", "ns.pkg": f"{tmp_path}/pkg"}  # type: ignore[attr-defined]
    finder.NAMESPACES = {"ns": [f"{tmp_path}/ns"]}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, finder.__name__, finder)
    found = outside(site, finders=(type("Finder", (), {"__module__": finder.__name__}),))

    package = Located((f"{tmp_path}/pkg/__init__.py",), (f"{tmp_path}/pkg",))
    assert found("pkg") == found("ns.pkg") == package
    assert found("one") == Located((f"{tmp_path}/one.py",))
    assert found("pkg.other") == NOWHERE


def test_other_finders_are_asked_and_may_fail(site: Path, tmp_path: Path) -> None:
    class Finds:
        def find_spec(self, name: str, path: None) -> ModuleSpec | None:
            return ModuleSpec(name, None, origin=f"{tmp_path}/one.py") if name == "one" else None

    class Fails:
        def find_spec(self, name: str, path: None) -> ModuleSpec | None:
            raise RuntimeError(name)

    (tmp_path / "one.py").touch()
    found = outside(site, finders=(Fails(), Finds()))

    assert found("one") == Located((f"{tmp_path}/one.py",))
    assert found("two") == NOWHERE


def test_a_zip_on_the_path_counts_whole(site: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        archive.writestr("zipped.py", "")
    (tmp_path / "broken.zip").write_text("no zip")
    found = outside(site, f"{tmp_path}/lib.zip", f"{tmp_path}/broken.zip")

    assert found("zipped") == Located((f"{tmp_path}/lib.zip",))
    assert found("other") == NOWHERE
