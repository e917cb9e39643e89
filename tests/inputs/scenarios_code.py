"""Code that comes by other ways than an import statement at the top of a test module."""

from __future__ import annotations

from dataclasses import replace

from artefacts import Archive
from edits import Change, Directory, Remove, Setenv, Start, Write
from scenario import Expect, Scenario

PRODUCT = {"THIS_product.py": "VALUE = 'old'\n"}
NEW = Write("THIS_product.py", "VALUE = 'new'\n")


def obtains(name: str, about: str, expression: str, edit: Change = NEW, **files: str) -> Scenario:
    """A test that obtains ``VALUE`` of ``THIS_product.py`` by some expression."""
    test = f"import importlib\nimport os\nimport sys\n\ndef test_THIS():\n    assert {expression} == 'old'\n"
    named = {f"{stem}.py": text for stem, text in files.items()}
    return Scenario(name, about, test, (edit,), {**PRODUCT, **named})


WAYS = [
    obtains("computed_import", "importlib.import_module of a computed name",
            "importlib.import_module('THIS_' + 'product').VALUE"),
    replace(obtains("dunder_import", "__import__", "__import__('_'.join(['THIS', 'product'])).VALUE"),
            needless="a computed name may be any module that was loaded"),
    obtains("late_import", "an import statement in a function of the product", "late().VALUE"),
    obtains("run_path", "runpy.run_path", "__import__('runpy').run_path('THIS/THIS_product.py')['VALUE']"),
    obtains("run_module", "runpy.run_module", "__import__('runpy').run_module('THIS_product')['VALUE']"),
    obtains("executed", "exec of what open read", "run(open('THIS/THIS_product.py').read())['VALUE']"),
    obtains("executed_at_import", "exec of what a product module read at its import",
            "__import__('THIS_runner').SPACE['VALUE']", THIS_runner="""
import pathlib

SPACE = {}
exec(pathlib.Path(__file__).with_name("THIS_product.py").read_text(), SPACE)
"""),
    obtains("from_location", "spec_from_file_location", "located().VALUE"),
    obtains("reloaded", "importlib.reload",
            "importlib.reload(importlib.import_module('THIS_product')).VALUE"),
    obtains("by_loader", "a SourceFileLoader used directly",
            "importlib.machinery.SourceFileLoader('THIS_odd', 'THIS/THIS_product.py').load_module().VALUE"),
    replace(obtains("by_loader_without_suffix", "a SourceFileLoader for a script without .py",
            "importlib.machinery.SourceFileLoader('THIS_odd', 'THIS/tool').load_module().VALUE",
            Write("tool", "VALUE = 'new'\n")), files={"tool": "VALUE = 'old'\n"}),
    replace(obtains("by_loader_it_imports", "what a script without .py imports",
            "importlib.machinery.SourceFileLoader('THIS_odd', 'THIS/tool').load_module().VALUE"),
            files={**PRODUCT, "tool": "from THIS_product import VALUE\n"}),
    obtains("from_loaded_modules", "sys.modules, of what the conftest imported", "sys.modules['THIS_product'].VALUE",
            conftest="import THIS_product\n"),
    obtains("from_loaded_by_other", "sys.modules, by a computed name, of what a product module imported",
            "sys.modules['THIS_' + 'product'].VALUE", conftest="import THIS_front\n",
            THIS_front="import THIS_product\n"),
]  # fmt: skip
HELPERS = {
    "late_import": "def late():\n    import THIS_product\n\n    return THIS_product\n",
    "executed": "def run(text):\n    space = {}\n    exec(text, space)\n    return space\n",
    "from_location": """
def located():
    spec = importlib.util.spec_from_file_location("THIS_odd", "THIS/THIS_product.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
""",
    "by_loader": "import importlib.machinery\nimport pytest\n\n"
    "pytestmark = pytest.mark.filterwarnings('ignore::DeprecationWarning')\n",
}
HELPERS |= dict.fromkeys(("by_loader_without_suffix", "by_loader_it_imports"), HELPERS["by_loader"])
WAYS = [replace(each, test=f"{each.test}\n{HELPERS.get(each.name, '')}") for each in WAYS]

INNER = "import pytest\n\ndef test_THIS():\n    assert pytest.main(['-q', 'THIS/inner', '-p', 'no:gocache', "
INNER += "'-p', 'no:cacheprovider', '--rootdir=THIS', '-o', 'python_files=check_*.py']) == 0\n"
NAMESPACE = "import importlib.resources\n\ndef test_THIS():\n"
NAMESPACE += "    assert [each.name for each in importlib.resources.files('THIS_ns').iterdir()] == ['a.txt']\n"
PACKAGES = [
    Scenario("inner_session", "pytest.main finds one more module", INNER,
             (Write("inner/check_THIS_more.py", "def test_more():\n    assert 0\n"),),
             {"inner/check_THIS.py": "def test_inner():\n    pass\n"}),
    Scenario("inner_conftest", "pytest.main finds a conftest", INNER,
             (Write("inner/conftest.py", "def pytest_runtest_setup():\n    assert 0\n"),),
             {"inner/check_THIS.py": "def test_inner():\n    pass\n"}),
    Scenario("namespace_data", "a namespace package gets a portion without modules", NAMESPACE,
             (Write("r2/THIS_ns/b.txt"),),
             {"r1/THIS_ns/a.txt": "", "r2/other.txt": "",
              "conftest.py": "import sys\n\nsys.path[:0] = ['THIS/r1', 'THIS/r2']\n"}),
    Scenario("lazy_attribute", "a lazy attribute of a package (PEP 562)",
             "import THIS_shop\n\ndef test_THIS():\n    assert THIS_shop.late == 'old'\n",
             (Write("THIS_shop/deep.py", "late = 'new'\n"),), {
                 "THIS_shop/__init__.py": """
                     def __getattr__(name):
                         import importlib

                         return getattr(importlib.import_module("." + "deep", __name__), name)
                 """,
                 "THIS_shop/deep.py": "late = 'old'\n"}),
    Scenario("plugins_discovered", "pkgutil.iter_modules finds one more", """
             import importlib
             import pkgutil

             import THIS_plugins

             def test_THIS():
                 for each in pkgutil.iter_modules(THIS_plugins.__path__):
                     importlib.import_module(f"THIS_plugins.{each.name}")
                 assert THIS_plugins.NAMES == ["a"]
             """, (Write("THIS_plugins/b.py", "from THIS_plugins import NAMES\n\nNAMES.append('b')\n"),), {
                 "THIS_plugins/__init__.py": "NAMES = []\n",
                 "THIS_plugins/a.py": "from THIS_plugins import NAMES\n\nNAMES.append('a')\n"}),
    Scenario("plugin_edited", "what pkgutil.iter_modules found is edited", """
             import importlib
             import pkgutil

             import THIS_plugins

             def test_THIS():
                 for each in pkgutil.iter_modules(THIS_plugins.__path__):
                     importlib.import_module(f"THIS_plugins.{each.name}")
                 assert THIS_plugins.NAMES == ["a"]
             """, (Write("THIS_plugins/a.py", "from THIS_plugins import NAMES\n\nNAMES.append('c')\n"),), {
                 "THIS_plugins/__init__.py": "NAMES = []\n",
                 "THIS_plugins/a.py": "from THIS_plugins import NAMES\n\nNAMES.append('a')\n"}),
    Scenario("namespace_portion", "a second directory of a namespace package brings a module", """
             import importlib

             def found():
                 try:
                     return importlib.import_module("THIS_space.b")
                 except ImportError:
                     return None

             def test_THIS():
                 import THIS_space.a

                 assert found() is None
             """, (Write("THIS_space/b.py", ""),), {"THIS_space/a.py": ""}),
    Scenario("package_path_extended", "__path__ extended by a directory", """
             def test_THIS():
                 from THIS_shop import extra

                 assert extra.VALUE == "old"
             """, (Write("more/extra.py", "VALUE = 'new'\n"),), {
                 "THIS_shop/__init__.py": "import os\n\n__path__.append(os.path.join(__path__[0], '../more'))\n",
                 "more/extra.py": "VALUE = 'old'\n"}),
    Scenario("side_effect", "a module that patches another, imported only for that", """
             import THIS_product
             import THIS_patch

             def test_THIS():
                 assert THIS_product.VALUE == "patched"
             """, (Write("THIS_patch.py", "import THIS_product\n\nTHIS_product.VALUE = 'new'\n"),),
             {**PRODUCT, "THIS_patch.py": "import THIS_product\n\nTHIS_product.VALUE = 'patched'\n"}),
    Scenario("registry", "a registry that modules found by listing fill at import", """
             import THIS_registry

             def test_THIS():
                 assert THIS_registry.names() == ["a"]
             """, (Write("parts/THIS_a.py", "import THIS_registry\n\nTHIS_registry.NAMES.append('c')\n"),), {
                 "THIS_registry.py": """
                     import importlib
                     import os
                     import sys

                     NAMES = []

                     def names():
                         parts = os.path.join(os.path.dirname(__file__), "parts")
                         if parts not in sys.path:
                             sys.path.append(parts)
                             for each in sorted(os.listdir(parts)):
                                 if each.endswith(".py"):
                                     importlib.import_module(each[:-3])
                         return NAMES
                 """,
                 "parts/THIS_a.py": "import THIS_registry\n\nTHIS_registry.NAMES.append('a')\n"}),
    Scenario("in_zip", "a module in a zip archive", """
             def test_THIS(monkeypatch):
                 monkeypatch.syspath_prepend("THIS/lib.zip")
                 import THIS_zipped

                 assert THIS_zipped.VALUE == "old"
             """, (Archive("lib.zip", {"THIS_zipped.py": "VALUE = 'new'\n"}),),
             before=(Archive("lib.zip", {"THIS_zipped.py": "VALUE = 'old'\n"}),)),
]  # fmt: skip

RESOLUTION = [
    Scenario("fallback_appears", "an ImportError that no longer happens", """
             try:
                 import THIS_fast as engine
             except ImportError:
                 engine = None

             def test_THIS():
                 assert engine is None
             """, (Write("THIS_fast.py", ""),)),
    Scenario("fallback_goes", "a module that is no longer there", """
             def test_THIS():
                 import THIS_product
             """, (Remove("THIS_product.py"),), PRODUCT),
    Scenario("find_spec_probe", "find_spec finds what was not there", """
             import importlib.util

             def test_THIS():
                 assert importlib.util.find_spec("THIS_fast") is None
             """, (Write("THIS_fast.py", ""),)),
    Scenario("find_spec_in_package", "find_spec of a sub-module", """
             import importlib.util

             import THIS_shop

             def test_THIS():
                 assert importlib.util.find_spec("THIS_shop.fast") is None
             """, (Write("THIS_shop/fast.py", ""),), {"THIS_shop/__init__.py": ""}),
    Scenario("shadowed", "a module of the same name appears earlier on sys.path", """
             import THIS_product

             def test_THIS():
                 assert THIS_product.VALUE == "old"
             """, (Write("THIS_product.py", "VALUE = 'new'\n"),),
             {"/src/THIS_product.py": "VALUE = 'old'\n", "conftest.py": "import sys\n\nsys.path.append('src')\n"}),
    Scenario("package_shadows_module", "a package of the same name appears beside a module", """
             import THIS_product

             def test_THIS():
                 assert THIS_product.VALUE == "old"
             """, (Write("THIS_product/__init__.py", "VALUE = 'new'\n"),), PRODUCT),
    Scenario("path_edited_by_conftest", "a directory that a conftest puts on sys.path", """
             def test_THIS():
                 import THIS_far

                 assert THIS_far.VALUE == "old"
             """, (Write("../THIS_far.py", "VALUE = 'new'\n"),), {
                 "../THIS_far.py": "VALUE = 'old'\n",
                 "conftest.py": "import sys\n\nsys.path.append('../beside/THIS')\n"}),
    Scenario("path_edited_by_test", "a directory that a test puts on sys.path", """
             def test_THIS(monkeypatch):
                 monkeypatch.syspath_prepend("THIS/far")
                 import THIS_far

                 assert THIS_far.VALUE == "old"
             """, (Write("far/THIS_far.py", "VALUE = 'new'\n"),), {"far/THIS_far.py": "VALUE = 'old'\n"}),
    Scenario("conftest_appears", "a conftest that was not there",
             "def test_THIS():\n    pass\n",
             (Write("conftest.py", "def pytest_runtest_call():\n    raise ValueError\n"),)),
    Scenario("init_appears", "an __init__.py that makes another module name",
             "def test_THIS():\n    assert '.' not in __name__\n", (Write("__init__.py", ""),)),
]  # fmt: skip

PLUGIN = """
import pytest

@pytest.fixture
def THIS_value():
    return "old"
"""
USES = "def test_THIS(THIS_value):\n    assert THIS_value == 'old'\n"
OPTIONAL = """
import importlib.util
import pytest

def plug():
    try:
        import THIS_plug
    except ImportError:
        return "old"
    return THIS_plug.VALUE

def test_THIS(monkeypatch):
    monkeypatch.syspath_prepend("THIS/far")
    monkeypatch.syspath_prepend("THIS/near")
    assert plug() == "old"
"""
PLUG = {"far/THIS_plug.py": "VALUE = 'old'\n", "near/other.py": ""}
NEW_PLUG = (Write("near/THIS_plug.py", "VALUE = 'new'\n"),)
PUT_ON_PATH = [
    Scenario("path_empty", "a directory put on sys.path is not there yet", OPTIONAL, NEW_PLUG),
    Scenario("path_hidden", "a module appears in a directory put on sys.path in front", OPTIONAL, NEW_PLUG, PLUG),
    Scenario("path_package", "a package appears beside a module found there", OPTIONAL,
             (Write("far/THIS_plug/__init__.py", "VALUE = 'new'\n"),), PLUG),
    Scenario("path_submodule", "a package appears beside a submodule found there", """
             def test_THIS(monkeypatch):
                 monkeypatch.syspath_prepend("THIS/lib")
                 from THIS_shop.deep import VALUE
                 assert VALUE == "old"
             """, (Write("lib/THIS_shop/deep/__init__.py", "VALUE = 'new'\n"),),
             {"lib/THIS_shop/__init__.py": "", "lib/THIS_shop/deep.py": "VALUE = 'old'\n"}),
    Scenario("path_find_spec", "find_spec in a directory put on sys.path", """
             import importlib.util
             import sys

             def test_THIS(monkeypatch):
                 monkeypatch.setattr(sys, "path", ["THIS/lib", *sys.path])
                 assert importlib.util.find_spec("THIS_plug") is None
             """, (Write("lib/THIS_plug.py", ""),), {"lib/other.py": ""}),
    Scenario("path_skips", "importorskip in a directory put on sys.path", """
             import sys

             import pytest

             def test_THIS(monkeypatch):
                 monkeypatch.setattr(sys, "path", ["THIS/lib", *sys.path])
                 pytest.importorskip("THIS_plug")
             """, (Write("lib/THIS_plug.py", ""),), {"lib/other.py": ""}),
    Scenario("path_shared", "what one test module found there, another one has, too", edit=NEW_PLUG, files={
        **PLUG, **{f"test_THIS_{number}.py": OPTIONAL for number in (1, 2)}}),
    Scenario("path_other_module", "a module that nobody looks for appears there", OPTIONAL,
             (Write("near/another.py", ""),), PLUG, expect=Expect.CACHED),
    Scenario("path_made", "a module that the test itself made, found there, and removed", """
             import os
             import subprocess
             import sys

             def test_THIS(monkeypatch):
                 with open("THIS/lib/THIS_made.py", "w") as file:
                     file.write("VALUE = 'made'")
                 monkeypatch.syspath_prepend("THIS/lib")
                 import THIS_made
                 assert THIS_made.VALUE == "made"
                 given = {**os.environ, "PYTHONPATH": "THIS/lib"}
                 subprocess.run([sys.executable, "-c", "import THIS_made"], env=given, check=True)
                 os.remove("THIS/lib/THIS_made.py")
             """, (Write("lib/other.py", "new"),), {"lib/other.py": ""}, expect=Expect.CACHED),
    Scenario("path_standard_library", "a module of the standard library's name appears in front", """
             import sys

             def test_THIS(monkeypatch):
                 monkeypatch.syspath_prepend("THIS/lib")
                 monkeypatch.delitem(sys.modules, "this", raising=False)
                 monkeypatch.delitem(sys.modules, "sched", raising=False)
                 import sched
                 assert hasattr(sched, "scheduler")
             """, (Write("lib/sched.py", ""),), {"lib/other.py": ""}),
]  # fmt: skip

PLUGINS = [
    Scenario("plugin_named_by_conftest", "pytest_plugins of the root conftest", USES,
             (Write("/THIS_plugin.py", PLUGIN.replace("old", "new")),),
             {"/THIS_plugin.py": PLUGIN, "/conftest.py": "pytest_plugins = ['THIS_plugin']\n"}, alone=True,
             group="plugins"),
    Scenario("plugin_named_by_option", "-p", USES, (Write("/THIS_plugin.py", PLUGIN.replace("old", "new")),),
             {"/THIS_plugin.py": PLUGIN}, (Start(("-pTHIS_plugin",)),), alone=True, group="plugins"),
    Scenario("plugin_named_by_variable", "PYTEST_PLUGINS", USES,
             (Write("/THIS_plugin.py", PLUGIN.replace("old", "new")),), {"/THIS_plugin.py": PLUGIN},
             (Setenv("PYTEST_PLUGINS", "THIS_plugin"),), alone=True, group="plugins"),
    Scenario("plugin_named_by_module", "pytest_plugins of a test module",
             "pytest_plugins = ['THIS_plugin']\n\n" + USES,
             (Write("THIS_plugin.py", PLUGIN.replace("old", "new")),), {"THIS_plugin.py": PLUGIN}),
]  # fmt: skip

TEXT = "def double(x):\n    # twice\n    return x * 2\n"
AS_TEXT = [
    Scenario("source_inspected", "inspect.getsource sees a comment", """
             import inspect

             import THIS_product

             def test_THIS():
                 assert "twice" in inspect.getsource(THIS_product.double)
             """, (Write("THIS_product.py", TEXT.replace("twice", "once")),), {"THIS_product.py": TEXT}),
    Scenario("line_numbers", "code that asks for its own line", """
             import THIS_product

             def test_THIS():
                 assert THIS_product.line() == 4
             """, (Write("THIS_product.py", "import sys\n\n\n\ndef line():\n    return sys._getframe().f_lineno\n"),),
             {"THIS_product.py": "import sys\n\ndef line():\n    return sys._getframe().f_lineno\n"}),
    Scenario("docstring", "a docstring is read", """
             import THIS_product

             def test_THIS():
                 assert THIS_product.__doc__ == "old"
             """, (Write("THIS_product.py", '"""new"""\n'),), {"THIS_product.py": '"""old"""\n'}),
    Scenario("only_a_comment", "only a comment of the product is another", """
             import THIS_product

             def test_THIS():
                 assert THIS_product.double(1) == 2
             """, (Write("THIS_product.py", TEXT.replace("twice", "once")),), {"THIS_product.py": TEXT},
             expect=Expect.CACHED),
    Scenario("beside_the_product", "a module that nobody imports, and a directory, appear beside it", """
             import THIS_product

             def test_THIS():
                 assert THIS_product.VALUE == "old"
             """, (Write("THIS_unused.py", ""), Directory("THIS_empty")), PRODUCT, expect=Expect.CACHED),
]  # fmt: skip

LOADED_BY_OTHERS = {
    **PRODUCT,
    "test_THIS_1.py": "import THIS_product\n\ndef test_THIS():\n    assert THIS_product.VALUE == 'old'\n",
    "test_THIS_3.py": "def test_THIS():\n    pass\n",
}


def in_text(name: str, about: str, test: str, **files: str) -> Scenario:
    """Code in a text imports ``THIS_product``, which another test module has loaded already."""
    named = {f"{stem}.py": text for stem, text in files.items()}
    files = {**LOADED_BY_OTHERS, "test_THIS_2.py": test, **named}
    return Scenario(name, about, edit=(NEW,), files=files, stays=("test_THIS_3.py",))


IN_TEXTS = [
    in_text("import_in_exec", "exec of a text that imports", """
            TEXT = "from THIS_product import VALUE"

            def test_THIS():
                space = {}
                exec(TEXT, space)
                assert space["VALUE"] == "old"
            """),
    in_text("import_in_function_in_exec", "exec of a text with a function that imports", """
            TEXT = "def value(): import THIS_product; return THIS_product.VALUE"

            def test_THIS():
                space = {}
                exec(TEXT, space)
                assert space["value"]() == "old"
            """),
    in_text("import_in_timeit", "timeit, with a text to set up", """
            import timeit

            def test_THIS():
                timeit.timeit("assert VALUE == 'old'", setup="from THIS_product import VALUE", number=1)
            """),
    in_text("import_in_doctest", "a doctest of a product module, run by a test", """
            import doctest
            import THIS_told

            def test_THIS():
                assert not doctest.testmod(THIS_told).failed
            """, THIS_told="""
            def f():
                '''
                >>> from THIS_product import VALUE
                >>> VALUE
                'old'
                '''
            """),
    in_text("import_under_a_name", "code compiled under the name of a source", """
            def test_THIS():
                space = {}
                exec(compile("from THIS_product import VALUE", __file__, "exec"), space)
                assert space["VALUE"] == "old"
            """),
    Scenario("reached_in_doctest", "a doctest that comes to a loaded submodule by an attribute",
             edit=(Write("THIS_shop/deep.py", "VALUE = 'new'\n"),), files={
                 "THIS_shop/__init__.py": "", "THIS_shop/deep.py": "VALUE = 'old'\n",
                 "test_THIS_1.py": "import THIS_shop.deep as it\n\ndef test_THIS():\n    assert it.VALUE == 'old'\n",
                 "test_THIS_2.py": "import doctest\nimport THIS_told\n\ndef test_THIS():\n"
                                   "    assert not doctest.testmod(THIS_told).failed\n",
                 "THIS_told.py": "'''\n>>> import THIS_shop\n>>> THIS_shop.deep.VALUE\n'old'\n'''\n"}),
    in_text("import_in_interpreter", "an interactive interpreter", """
            import code

            def test_THIS():
                space = {}
                code.InteractiveInterpreter(space).runsource("from THIS_product import VALUE")
                assert space["VALUE"] == "old"
            """),
    Scenario("star_of_computed_all", "a star import of a package whose __all__ is worked out",
             edit=(Write("THIS_shop/deep.py", "VALUE = 'new'\n"),), files={
                 "THIS_shop/__init__.py": """
                     import glob
                     import os

                     HERE = os.path.dirname(__file__)
                     __all__ = sorted(os.path.basename(each)[:-3] for each in glob.glob(HERE + "/d*.py"))
                 """,
                 "THIS_shop/deep.py": "VALUE = 'old'\n",
                 **{f"test_THIS_{n}.py": "from THIS_shop import *\n\ndef test_THIS():\n    assert deep.VALUE == 'old'\n"
                    for n in (1, 2)}}),
    Scenario("code_of_loader", "the code that a loader gives", """
             from importlib.machinery import SourceFileLoader

             def test_THIS():
                 assert "old" in SourceFileLoader("m", "THIS/THIS_product.py").get_code("m").co_consts
             """, (NEW,), PRODUCT),
    Scenario("shadows_a_library", "a module appears that Python's own imports instead of theirs",
             "def test_THIS():\n    import cProfile\n\n    assert cProfile.Profile\n",
             (Write("profile.py", "X = 1\n"),), alone=True),
]  # fmt: skip

SCENARIOS = [*IN_TEXTS, *WAYS, *PACKAGES, *RESOLUTION, *PUT_ON_PATH, *PLUGINS, *AS_TEXT]
