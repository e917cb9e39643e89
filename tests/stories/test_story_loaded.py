"""Modules that another test module has loaded: whoever comes to one, in whatever way, depends on it."""

from __future__ import annotations

import os
import sys
from textwrap import dedent

import pytest
from playground import Project


def test_dunder_import_of_a_loaded_module(shop: Project) -> None:
    """``__import__`` of a computed name that another module loaded before."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": """
                def test_b():
                    assert __import__("shop." + "plug" + "ins").plugins.NAME == "x"
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1


@pytest.mark.skipif(sys.version_info < (3, 12), reason="calls are seen from Python 3.12 on")
def test_code_that_imports_what_it_computes(shop: Project) -> None:
    """What it was asked for counts for all that have it in reach; of what else is loaded, nothing does."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/finds.py": """
                def found(name, *names):
                    return __import__(name, None, None, names)

                def beside(name):
                    return __import__(name, globals(), None, ["NAME"], 1)
            """,
            "src/shop/stock.py": "LEFT = 1\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_stock.py": "from shop import stock\n\ndef test_it():\n    assert stock.LEFT\n",
            **{
                f"tests/test_{name}.py": f"from shop import finds\n\ndef test_it():\n    assert {said}\n"
                for name, said in {
                    "b_it": "finds.found('.'.join(['shop', 'plugins']), 'NAME').NAME == 'x'",
                    "b_of_package": "finds.found('shop', 'plug' + 'ins').plugins.NAME == 'x'",
                    "b_relative": "finds.beside('plug' + 'ins').NAME == 'x'",
                }.items()
            },
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    asked = {f"tests/test_b_{name}.py" for name in ("it", "of_package", "relative")}
    assert run.modules == {"tests/test_a.py", *asked} and run.code == 1, run.reasons
    # Other modules are loaded, too, other test modules among them.
    shop.edit("src/shop/plugins.py", "'y'", "'x'")
    shop.edit("src/shop/stock.py", "1", "2")
    assert shop.run().modules == {"tests/test_stock.py"}
    shop.edit("tests/test_a.py", "shop.plugins.NAME", "shop.plugins.NAME == 'x'")
    assert shop.run().modules == {"tests/test_a.py"}


@pytest.mark.parametrize("call", ["__import__(name=name, fromlist=['NAME'])", "__import__(*[name, {}, {}, ['NAME']])"])
def test_code_that_imports_and_does_not_tell_what(shop: Project, call: str) -> None:
    """Where a call does not show the name, any module that is loaded may have been meant."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/finds.py": f"def found(name):\n    return {call}\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": """
                from shop import finds

                def test_b():
                    assert finds.found("shop." + "plugins").NAME == "x"
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


FINDING = {
    "a statement": "from shop import finds",
    "a computed name": "import importlib\n\nfinds = importlib.import_module('shop.' + 'finds')",
    "a function that is handed on": "[shop] = map(__import__, ['shop.' + 'finds'])\nfinds = shop.finds",
    "a pickle": "import pickle\n\nclass finds:\n    found = pickle.loads(b'cshop.' + b'finds\\nfound\\n.')",
    "a run of its file": "import runpy\nfrom types import SimpleNamespace\n\n"
    "finds = SimpleNamespace(**runpy.run_path('src/shop/finds.py'))",
}


@pytest.mark.parametrize("way", FINDING)
def test_import_handed_on(shop: Project, way: str) -> None:
    """Who calls it then is not seen: all that is loaded may have been asked for, by whatever way one came to it."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/finds.py": "def found(names):\n    return list(map(__import__, names))\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": FINDING[way] + "\n\n"
            "def test_b():\n    assert finds.found(['shop.plug' + 'ins'])[0].plugins.NAME == 'x'\n",
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1


UNNAMED = {
    "imported under another name": ("from builtins import __import__ as load", "load(name)"),
    "asked for by its name": ("import builtins", "getattr(builtins, '__import__')(name)"),
    "taken from a dictionary": ("import builtins", "vars(builtins)['__import__'](name)"),
}


@pytest.mark.parametrize("way", UNNAMED)
def test_import_by_another_name(shop: Project, way: str) -> None:
    """No call of anything named ``__import__`` is to be seen, in a test module or elsewhere."""
    statement, call = UNNAMED[way]
    found = f"{statement}\n\ndef found(name):\n    return {call}\n"
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/finds.py": found,
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": found + "\ndef test_b():\n    assert found('shop.plug' + 'ins').plugins.NAME == 'x'\n",
            "tests/test_c.py": """
                from shop.finds import found

                def test_c():
                    assert found("shop.plug" + "ins").plugins.NAME == "x"
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {f"tests/test_{each}.py" for each in "abc"} and run.counts["failed"] == 2, run.reasons


@pytest.mark.parametrize("package", ["vars(shop)", "{'__package__': 'shop'}"])
def test_a_relative_import_for_another_package(shop: Project, package: str) -> None:
    """The name is below the package of the globals that are given, not of those of the caller."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": f"""
                import shop

                def test_b():
                    assert __import__("plug" + "ins", {package}, None, ["NAME"], 1).NAME == "x"
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


@pytest.mark.skipif(sys.version_info < (3, 12), reason="calls are seen from Python 3.12 on")
@pytest.mark.parametrize("call", ["sys.modules.get(name) or import_module(name)", "sys.modules.get(name, None)"])
def test_installed_code_that_takes_what_is_loaded(shop: Project, call: str) -> None:
    """As Django takes what its settings name, a middleware for instance: tested by itself, and by way of a client."""
    site = shop.home / "site-packages"
    site.mkdir()
    importing = "import sys\nfrom importlib import import_module\n\n"
    (site / "framework.py").write_text(f"{importing}def named(name):\n    return {call}\n")
    shop.write(
        {
            "src/shop/middleware.py": "NAME = 'x'\n",
            "tests/test_a.py": "from shop.middleware import NAME\n\ndef test_a():\n    assert NAME\n",
            "tests/test_b.py": """
                from framework import named

                def test_b():
                    assert named(".".join(["shop", "middleware"])).NAME == "x"
            """,
        }
    )
    path = os.pathsep.join([str(shop.home / "lib"), str(site)])
    shop.run(PYTHONPATH=path)
    shop.edit("src/shop/middleware.py", "'x'", "'y'")
    run = shop.run(PYTHONPATH=path)
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


@pytest.mark.skipif(sys.version_info < (3, 12), reason="there is no sys.monitoring")
@pytest.mark.parametrize("number", [3, 4])
def test_a_project_that_monitors(shop: Project, number: int) -> None:
    """It gets the number that it asks for. What others ask ``__import__`` for is not seen then: all may be meant."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/finds.py": "def found(name):\n    return __import__(name)\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": """
                from shop.finds import found

                def test_b():
                    assert found("shop.plug" + "ins").plugins.NAME == "x"
            """,
            "tests/test_monitors.py": f"""
                import sys

                from shop.finds import found

                def test_it():
                    monitoring, calls = sys.monitoring, []
                    monitoring.use_tool_id({number}, "shop")
                    monitoring.register_callback({number}, monitoring.events.CALL, lambda *call: calls.append(call))
                    found("shop")
                    monitoring.free_tool_id({number})
                    assert not calls
            """,
        }
    )
    shop.cold_and_warm()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert {"tests/test_a.py", "tests/test_b.py"} <= run.modules and run.counts["failed"] == 1, run.reasons


def test_a_pickle_of_what_hides_the_standard_library(shop: Project) -> None:
    """A package of the project's may have a name that Python knows."""
    shop.write(
        {
            "src/profile/__init__.py": "",
            "src/profile/plugins.py": "NAME = 'x'\n",
            "tests/test_a.py": "import profile.plugins\n\ndef test_a():\n    assert profile\n",
            "tests/test_b.py": """
                import pickle

                def test_b():
                    assert pickle.loads(b"cprofile.plugins\\nNAME\\n.") == "x"
            """,
        }
    )
    shop.run()
    shop.edit("src/profile/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


def test_the_spec_of_a_loaded_module(shop: Project) -> None:
    """It tells more than where it lies: its loader gives the source, and what else has the name would be found."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop\n",
            "tests/test_b.py": """
                from importlib.util import find_spec

                def test_b():
                    name = ".".join(["shop", "plugins"])
                    assert "'x'" in find_spec(name).loader.get_source(name)
            """,
            "tests/test_c.py": """
                from importlib.util import find_spec

                def test_c():
                    assert find_spec(".".join(["shop", "plugins"])).origin.endswith("plugins.py")
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons
    shop.edit("src/shop/plugins.py", "'y'", "'x'")
    shop.write({"src/shop/plugins/__init__.py": "NAME = 'x'\n"})
    run = shop.run()
    assert "tests/test_c.py" in run.modules and run.code == 1, run.reasons


def test_a_pickle_of_what_is_loaded(shop: Project) -> None:
    """It names a module, which another test module has imported before."""
    shop.write(
        {
            "src/shop/plugins.py": "def name():\n    return 'x'\n",
            "tests/name.pickle": "cshop.plugins\nname\n.",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.name()\n",
            "tests/test_b.py": """
                import pickle

                def test_b():
                    with open("tests/name.pickle", "rb") as file:
                        assert pickle.load(file)() == "x"
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1
    assert run.reasons["tests/test_b.py"] == "input-changed: import shop.plugins"


NAMED = {
    "monkeypatch": "monkeypatch.setattr('.'.join(['shop', 'plugins', 'NAME']), 1)",
    "mock": "mock.patch('.'.join(['shop', 'plugins', 'NAME']), 1).start()",
    "importorskip": "assert pytest.importorskip('.'.join(['shop', 'plugins'])).NAME",
}


@pytest.mark.parametrize("way", NAMED)
def test_a_loaded_module_by_a_dotted_name(shop: Project, way: str) -> None:
    """Others take it from where another test module left it."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins\n",
            "tests/test_b.py": f"""
                from unittest import mock

                import pytest

                def test_b(monkeypatch):
                    {NAMED[way]}
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "NAME", "OTHER")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


def test_a_test_of_which_the_source_is_shown(shop: Project) -> None:
    """By product code, in a traceback: an edit of it concerns no other test; what a shared fixture shows, all who use
    that."""
    shop.write(
        {
            "src/shop/errors.py": """
                import traceback

                def shown(action):
                    try:
                        action()
                    except ZeroDivisionError:
                        return traceback.format_exc()
            """,
            "tests/conftest.py": """
                import inspect

                import pytest

                @pytest.fixture(scope="session")
                def first(request):
                    return inspect.getsource(request.node.items[0].module)
            """,
            "tests/test_a.py": """
                from shop.errors import shown

                def test_a(first):
                    assert "1 / 0" in shown(lambda: 1 / 0)
            """,
            "tests/test_b.py": """
                from shop.errors import shown

                def test_b():
                    assert "2 / 0" in shown(lambda: 2 / 0)
            """,
            "tests/test_c.py": "def test_c(first):\n    assert '1 / 0' in first\n",
        }
    )
    shop.run()
    shop.edit("tests/test_b.py", "shown(lambda: 2 / 0)", "shown(lambda: 2 / (1 - 1))")
    run = shop.run()
    assert run.modules == {"tests/test_b.py"}, run.reasons
    shop.edit("tests/test_b.py", "2 / (1 - 1)", "2 / 0")
    shop.edit("tests/test_a.py", "1 / 0", "1 / (1 - 1)")  # the test, and what it asks of itself
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_c.py"}, run.reasons


KEEPING = {
    "a global": """
        def find(name):
            global FOUND
            FOUND = [importlib.import_module(name)]
    """,
    "a list of its own": """
        def find(name):
            FOUND.append(importlib.import_module(name))
    """,
    "in two steps": """
        def named(name):
            return importlib.import_module(name)

        def find(name):
            FOUND.append(named(name))
    """,
    "deep in an object": """
        class Holder:
            def __init__(self):
                self.found = FOUND

            def find(self, name):
                self.found.append(importlib.import_module(name))

        class Context:
            def __init__(self):
                self.holder = Holder()

        CONTEXT = Context()

        def find(name):
            CONTEXT.holder.find(name)
    """,
    "handed to another": """
        class Registry(list):
            def register(self, plugin):
                self.append(plugin)

        FOUND = Registry()

        def find(name):
            FOUND.register(importlib.import_module(name))
    """,
    "a cache": """
        @functools.lru_cache
        def found(name):
            return importlib.import_module(name)

        def find(name):
            found(name)

        class Cached(list):
            def __iter__(self):
                yield from [found("shop." + "plugins")] if found.cache_info().currsize else []

        FOUND = Cached()
    """,
}


@pytest.mark.parametrize("way", KEEPING)
def test_a_loaded_module_that_somebody_keeps(shop: Project, way: str) -> None:
    """It concerns all who may have it from there. Where it lies concerns nobody that way, but that it is there."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/keeper.py": "import functools\nimport importlib\n\nFOUND = []\n\n" + dedent(KEEPING[way]),
            "src/shop/asks.py": "import importlib.util\n\ndef name_of(module):\n"
            "    return importlib.util.find_spec(module).name\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins\n",
            "tests/test_b.py": "from shop import keeper\n\n"
            "def test_b():\n    keeper.find('shop.' + 'plugins')\n",
            "tests/test_c.py": "from shop import keeper\n\n"
            "def test_c():\n    assert {each.NAME for each in keeper.FOUND} <= {'x'}\n",
            "tests/test_d.py": "from shop import asks\n\ndef test_d():\n    assert asks.name_of('shop.' + 'plugins')\n",
            "tests/test_e.py": "from shop import asks\n\ndef test_e():\n    assert asks.name_of\n",
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {f"tests/test_{each}.py" for each in "abc"} and run.code == 1, run.reasons
    shop.remove("src/shop/plugins.py")
    run = shop.run("tests/test_d.py", "tests/test_e.py")
    assert run.counts == {"failed": 1, "passed": 1} and run.modules == {"tests/test_d.py", "tests/test_e.py"}
    assert run.reasons["tests/test_e.py"] == "input-changed: find src/shop/plugins"


REACHING = {
    "a package": ("import shop", "shop.plugins.NAME"),
    "another name": ("import shop as s", "s.plugins.NAME"),
    "from above": ("from shop import parts", "parts.plugins.NAME"),
    "deeper": ("import shop.orders", "shop.parts.plugins.NAME"),
}


@pytest.mark.parametrize("way", REACHING)
def test_a_submodule_that_another_module_imports(shop: Project, way: str) -> None:
    """It is an attribute of its package then, for all."""
    statement, expression = REACHING[way]
    module = "shop/parts/plugins" if "parts" in "".join(REACHING[way]) else "shop/plugins"
    shop.write(
        {
            "src/shop/parts/__init__.py": "",
            f"src/{module}.py": "NAME = 'x'\n",
            "tests/test_a.py": f"import {module.replace('/', '.')}\n\ndef test_a():\n    assert shop\n",
            "tests/test_b.py": f"{statement}\n\ndef test_b():\n    assert {expression} == 'x'\n",
            "tests/test_c.py": "import shop\n\ndef test_c():\n    assert shop.__name__\n",
        }
    )
    shop.run()
    shop.edit(f"src/{module}.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


WRITTEN = {
    "after a sentence that ends in its name": "# Look at the shop.\n    shop.plugins\n    assert plugins.NAME == 'x'",
    "what a generator gives": "def each():\n        yield from shop.plugins.NAME\n    assert list(each()) == ['x']",
    "in two lines": "assert shop\\\n        .plugins.NAME == 'x'",
    "with a comment between": "assert (shop  # ours\n        .plugins.NAME) == 'x'",
    "far below": "assert shop.a.b.c.d.plugins.NAME == 'x'",
}


@pytest.mark.parametrize("way", WRITTEN)
def test_a_submodule_however_its_name_is_written(shop: Project, way: str) -> None:
    """In a test module, which is scanned, and in another file, which is parsed."""
    far = "shop.a" in WRITTEN[way]
    source = WRITTEN[way].replace("assert plugins", "assert getattr(shop, 'plugins')")
    module = "shop/a/b/c/d/plugins" if far else "shop/plugins"
    packages = ("a", "a/b", "a/b/c", "a/b/c/d") if far else ()
    shop.write(
        {
            **{f"src/shop/{each}/__init__.py": "" for each in packages},
            f"src/{module}.py": "NAME = 'x'\n",
            "src/shop/checks.py": f"import shop\n\ndef check():\n    {source}\n",
            "tests/test_a.py": f"import {module.replace('/', '.')}\n\ndef test_a():\n    assert shop\n",
            "tests/test_b.py": f"import shop\n\ndef test_b():\n    {source}\n",
            "tests/test_c.py": "from shop import checks\n\ndef test_c():\n    checks.check()\n",
        }
    )
    shop.run()
    shop.edit(f"src/{module}.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {f"tests/test_{each}.py" for each in "abc"} and run.counts["failed"] == 2, run.reasons


@pytest.mark.parametrize("known", ["", "src/extension.py", "src/shop/__init__.py"])
def test_a_loaded_module_that_lies_elsewhere(shop: Project, known: str) -> None:
    """Not where a root has something of its name, or its package, but in a directory that was added meanwhile."""
    name = "shop.extension" if "shop" in known else "extension"
    adds = "import shop; shop.__path__.append('extra')" if "shop" in known else "monkeypatch.syspath_prepend('extra')"
    shop.write(
        {
            **({known: "NAME = 'z'\n"} if known else {}),
            "extra/extension.py": "NAME = 'x'\n",
            "tests/test_a.py": f"""
                import importlib

                def test_a(monkeypatch):
                    {adds}
                    assert importlib.import_module("{name[:-3]}" + "{name[-3:]}").NAME == "x"
            """,
            "tests/test_b.py": f"""
                import importlib

                def test_b():
                    try:
                        name = importlib.import_module("{name[:-3]}" + "{name[-3:]}").NAME
                    except ImportError:
                        return
                    assert name != "y"
            """,
        }
    )
    shop.run()
    shop.edit("extra/extension.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.counts["failed"] == 2, run.reasons


def test_a_directory_of_the_same_name(shop: Project) -> None:
    """``tests/lent`` could be a namespace package; what is imported is a module in it that was found before."""
    shop.write(
        {
            "tests/lent/lent.py": "NAME = 'x'\n",
            "tests/test_a.py": "import sys\n\nsys.path.insert(0, 'tests/lent')\n\ndef test_a():\n    pass\n",
            **{
                f"tests/test_{name}.py": f"def test_{name}():\n    import lent\n\n    assert lent.NAME == 'x'\n"
                for name in "bc"
            },
        }
    )
    shop.run()
    shop.edit("tests/lent/lent.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_b.py", "tests/test_c.py"} and run.counts["failed"] == 2, run.reasons


@pytest.mark.parametrize("way", ["from shop import user", "import importlib\nuser = importlib.import_module(NAME)"])
def test_what_no_root_has_for_code_that_was_found(shop: Project, way: str) -> None:
    """The statement is one of a module of the product, which the test module imports or finds by its name."""
    shop.write(
        {
            "extra/extension.py": "NAME = 'x'\n",
            "src/shop/user.py": "def name():\n    import extension\n\n    return extension.NAME\n",
            "tests/test_a.py": """
                def test_a(monkeypatch):
                    monkeypatch.syspath_prepend("extra")
                    import extension

                    assert extension.NAME
            """,
            "tests/test_b.py": f"NAME = '.'.join(['shop', 'user'])\n{way}\n\n"
            "def test_b():\n    try:\n        assert user.name() == 'x'\n    except ImportError:\n        pass\n",
        }
    )
    shop.run()
    shop.edit("extra/extension.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


def test_a_loaded_module_that_no_root_has(shop: Project) -> None:
    """A fixture put its directory on ``sys.path``, another module imported it from there and left it loaded."""
    shop.write(
        {
            "extra/extension.py": "NAME = 'x'\n",
            "tests/test_a.py": """
                import importlib
                import sys

                def test_a(monkeypatch):
                    monkeypatch.syspath_prepend("extra")
                    assert importlib.import_module("exten" + "sion").NAME
            """,
            "tests/test_b.py": """
                import importlib

                def test_b():
                    try:
                        name = importlib.import_module("exten" + "sion").NAME
                    except ImportError:
                        return
                    assert name == "x"
            """,
        }
    )
    shop.run()
    shop.edit("extra/extension.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


ODD_WAYS = {
    "a package that hides the standard library": (
        {"src/profile/__init__.py": ""},
        "src/profile/plugins.py",
        "import profile",
        "profile.plugins.NAME",
    ),
    "code that was copied": (
        {"src/shop/finds.py": "def found(name):\n    return __import__(name)\n"},
        "src/shop/plugins.py",
        "from types import FunctionType\n\nfrom shop.finds import found",
        "FunctionType(found.__code__.replace(co_name='g'), globals())('shop.plug' + 'ins').plugins.NAME",
    ),
    "code that a loader gives": (
        {},
        "src/shop/plugins.py",
        "from importlib.util import find_spec",
        "find_spec('shop.plug' + 'ins').loader.get_code('shop.plug' + 'ins').co_consts[0]",
    ),
    "a dotted name in a pickle": (
        {},
        "src/shop/plugins.py",
        "import pickle",
        r"pickle.loads(b'\x80\x04\x8c\x04shop\x8c\x0cplugins.NAME\x93.')",
    ),
}


@pytest.mark.parametrize("way", ODD_WAYS)
def test_a_loaded_module_that_is_reached_in_odd_ways(shop: Project, way: str) -> None:
    """Another test module has imported it."""
    files, path, statement, expression = ODD_WAYS[way]
    module = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    shop.write(
        {
            "src/shop/parts/__init__.py": "",
            path: "NAME = 'x'\n",
            "tests/test_a.py": f"import {module} as plugins\n\ndef test_a():\n    assert plugins.NAME\n",
            "tests/test_b.py": f"{statement}\n\ndef test_b():\n    assert {expression} == 'x'\n",
            **files,
        }
    )
    assert shop.run().code == 0
    shop.edit(path, "'x'", "'y'")
    run = shop.run()
    assert {"tests/test_a.py", "tests/test_b.py"} <= run.modules and run.code == 1, run.reasons


def test_the_spec_of_a_loaded_module_that_another_root_hides(shop: Project) -> None:
    """What lies in front of it would be found instead."""
    shop.write(
        {
            "pytest.ini": "[pytest]\npythonpath = front src\n",
            "front/readme.txt": "empty\n",
            "src/tax.py": "RATE = 1\n",
            "tests/test_a.py": "import tax\n\ndef test_a():\n    assert tax.RATE\n",
            "tests/test_b.py": """
                from importlib.util import find_spec

                def test_b():
                    assert "src" in find_spec("ta" + "x").origin
            """,
        }
    )
    assert shop.run().code == 0
    shop.write({"front/tax.py": "RATE = 1\n"})
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons


def test_a_loaded_module_in_front_of_what_a_root_has(shop: Project) -> None:
    """A fixture of another module's put its directory on ``sys.path``, and who imports the name gets that one."""
    shop.write(
        {
            "src/tax.py": "NAME = 'z'\n",
            "extra/tax.py": "NAME = 'x'\n",
            "tests/test_a.py": """
                import importlib

                def test_a(monkeypatch):
                    monkeypatch.syspath_prepend("extra")
                    assert importlib.import_module("ta" + "x").NAME
            """,
            "tests/test_b.py": """
                def test_b():
                    import tax

                    assert tax.NAME in ("x", "z")
            """,
        }
    )
    assert shop.run().code == 0
    shop.edit("extra/tax.py", "'x'", "'y'")
    run = shop.run()
    assert run.modules == {"tests/test_a.py", "tests/test_b.py"} and run.code == 1, run.reasons
