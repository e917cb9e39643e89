"""Change one thing in the sources, run again: what runs, and what it says of the reason."""

from __future__ import annotations

import os
import sys
import time
from textwrap import dedent

import pytest
from playground import Project

ALONE, ORDERS, PRICES = "tests/test_alone.py", "tests/test_orders.py", "tests/test_prices.py"
ORDERS_SOURCE, PRICES_SOURCE = "src/shop/orders.py", "src/shop/prices.py"


def test_edits_of_product_and_tests(shop: Project) -> None:
    """Exactly the modules whose closure holds the edited code run, and each says why."""
    shop.run()
    # A product file that two test modules reach, one of them through another product file.
    shop.edit(PRICES_SOURCE, "net // 5", "net // 4")
    assert shop.run().reasons == dict.fromkeys((ORDERS, PRICES), f"input-changed: import {PRICES_SOURCE}")
    assert not shop.run().bodies
    # A product file that one test module imports.
    shop.edit(ORDERS_SOURCE, "sum(map(gross, nets))", "sum(gross(net) for net in nets)")
    assert shop.run().reasons == {ORDERS: f"input-changed: import {ORDERS_SOURCE}"}
    # A test module.
    shop.edit(ALONE, "1 + 1 == 2", "2 + 2 == 4")
    run = shop.run()
    assert run.reasons == {ALONE: f"module-changed: {ALONE}"}
    assert run.bodies == (f"{ALONE}::test_alone",) and run.numbers == (2, 1, 0)
    # A comment in the product is nothing; in a test module it is (pytest shows its lines).
    shop.edit(PRICES_SOURCE, "def gross", "# taxes\n\n\ndef gross")
    assert not shop.run().bodies
    shop.edit(ALONE, "def test_alone", "# alone\ndef test_alone")
    assert shop.run().modules == {ALONE}
    # A docstring is data.
    shop.edit(PRICES_SOURCE, "With tax.", "With taxes.")
    assert shop.run().modules == {ORDERS, PRICES}
    # All of it changed back is answered from the first runs.
    shop.edit(PRICES_SOURCE, "With taxes.", "With tax.")
    shop.edit(PRICES_SOURCE, "net // 4", "net // 5")
    shop.edit(ORDERS_SOURCE, "sum(gross(net) for net in nets)", "sum(map(gross, nets))")
    shop.edit(ALONE, "# alone\n", "")
    shop.edit(ALONE, "2 + 2 == 4", "1 + 1 == 2")
    assert not shop.run().bodies


def test_a_stale_pass_never(shop: Project) -> None:
    """Breaking the product fails where plain pytest fails; mended it is a hit again."""
    shop.run()
    shop.edit(PRICES_SOURCE, "net + net // 5", "net")
    broken = shop.run()
    assert broken.code == 1 and broken.counts == {"failed": 2, "passed": 2}
    assert broken.modules == {ORDERS, PRICES} and broken.numbers == (1, 2, 2)
    shop.edit(PRICES_SOURCE, "return net", "return net + net // 5")
    mended = shop.run()
    assert mended.code == 0 and not mended.bodies


def test_times_and_places_are_nothing(shop: Project) -> None:
    """Touched files and a copy in another directory are hits; the store is shared."""
    shop.run()
    for path in shop.root.rglob("*.py"):
        os.utime(path, (1, 1))
    assert not shop.run().bodies
    copy = shop.copied("elsewhere")
    run = copy.run()
    assert not run.bodies and run.numbers == (3, 0, 0)
    # What is edited there counts there only.
    copy.edit(ALONE, "1 + 1", "1 + 1 + 0")
    assert copy.run().modules == {ALONE}
    assert not shop.run().bodies and not copy.run().bodies


def test_same_size_and_same_mtime(shop: Project) -> None:
    """An edit that leaves size and mtime as they were is seen, with young files and with old ones."""
    shop.run()
    for wait, (old, new) in ((0.0, ("// 5", "// 4")), (2.2, ("// 4", "// 3"))):
        path = shop.root / PRICES_SOURCE
        time.sleep(wait)
        if wait:
            assert not shop.run().bodies
        times = os.stat(path)
        shop.edit(PRICES_SOURCE, old, new)
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert shop.run().modules == {ORDERS, PRICES}


def test_positions(shop: Project) -> None:
    """Where the code of a closure asks for line numbers, its comments count; elsewhere they do not."""
    shop.write(
        {
            "src/shop/where.py": """
                import sys

                def line():
                    return sys._getframe().f_lineno
            """,
            "tests/test_where.py": """
                from shop.where import line

                def test_line():
                    assert line() > 0
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/where.py", "import sys", "# first\nimport sys")
    assert shop.run().reasons.keys() == {"tests/test_where.py"}
    shop.edit(PRICES_SOURCE, "def gross", "# first\ndef gross")
    assert not shop.run().bodies


def test_conftests(shop: Project) -> None:
    """A new, edited or removed conftest.py runs what lies at or below its directory, and nothing else."""
    shop.write({"tests/api/test_api.py": "def test_api():\n    pass\n"})
    shop.run()
    shop.write({"tests/api/conftest.py": "A = 1\n"})
    assert shop.run().reasons == {
        "tests/api/test_api.py": "input-changed: import tests/api/conftest.py (new)"
    }
    shop.write({"tests/api/conftest.py": "A = 2\n"})
    assert shop.run().reasons == {"tests/api/test_api.py": "input-changed: import tests/api/conftest.py"}
    shop.write({"tests/conftest.py": "A = 1\n"})
    assert len(shop.run().modules) == 4
    shop.write({"tests/conftest.py": "# A comment.\nA = 1\n"})
    assert not shop.run().bodies
    # What a conftest imports is its own.
    shop.write({"tests/conftest.py": "import shop.orders\n"})
    shop.run()
    shop.edit(ORDERS_SOURCE, "sum(", "0 + sum(")
    assert len(shop.run().modules) == 4
    shop.remove("tests/conftest.py", "tests/api/conftest.py")
    assert shop.run().modules == {ORDERS}, "the others ran so before"


def test_packages_and_shadows(shop: Project) -> None:
    """An ``__init__.py`` that appears, a module that shadows another, a submodule for an attribute."""
    shop.write(
        {
            "pytest.ini": "[pytest]\npythonpath = front src\n",
            "front/readme.txt": "empty\n",
            "src/space/thing.py": "A = 1\n",
            "tests/test_space.py": "import space.thing\n\ndef test_space():\n    assert space.thing.A\n",
        }
    )
    shop.run()
    shop.write({"src/space/__init__.py": ""})
    assert shop.run().modules == {"tests/test_space.py"}
    shop.remove("src/space/__init__.py")
    assert not shop.run().bodies
    # The module in front wins.
    shop.write(
        {
            "src/tax.py": "RATE = 1\n",
            "tests/test_tax.py": "import tax\n\ndef test_tax():\n    assert tax.RATE\n",
        }
    )
    shop.run()
    shop.write({"front/tax.py": "RATE = 0\n"})
    run = shop.run()
    assert run.modules == {"tests/test_tax.py"} and run.code == 1, run.said
    assert run.reasons == {"tests/test_tax.py": "input-changed: import front/tax.py (new)"}
    shop.remove("front/tax.py")
    assert not shop.run().bodies
    # A module of the standard library shadowed beside the tests.
    shop.write(
        {"tests/test_json.py": "import colorsys\n\ndef test_json():\n    assert colorsys.rgb_to_hls\n"}
    )
    shop.run()
    shop.write({"tests/colorsys.py": "rgb_to_hls = 0\n"})
    assert shop.run().counts["failed"] == 1


def test_optional_import_appears(shop: Project) -> None:
    """A module in ``try: ... except ImportError`` that appears later changes the closure."""
    shop.write(
        {
            "src/shop/fast.py": """
                try:
                    from speedup import gross
                except ImportError:
                    def gross(net):
                        return net
            """,
            "tests/test_fast.py": """
                from shop.fast import gross

                def test_fast():
                    assert gross(1) == 1
            """,
        }
    )
    shop.run()
    shop.write({"src/speedup.py": "def gross(net):\n    return 2\n"})
    run = shop.run()
    assert run.reasons.keys() == {"tests/test_fast.py"} and run.code == 1
    shop.remove("src/speedup.py")
    assert not shop.run().bodies


def test_dynamic_imports(shop: Project) -> None:
    """A computed name is an input: in a test, lazily in a package, or loaded before by another module."""
    lazy = """
        import importlib

        def __getattr__(name):
            if name == "coupons":
                return importlib.import_module("shop." + name)
            raise AttributeError(name)
    """
    shop.write(
        {
            "src/shop/__init__.py": lazy,
            "src/shop/coupons.py": "VALUE = 1\n",
            "src/shop/plugins.py": "NAME = 'x'\n",
            "tests/test_a_first.py": """
                import importlib

                def test_first():
                    assert importlib.import_module("shop." + "plug" + "ins").NAME
            """,
            "tests/test_b_second.py": """
                import importlib

                def test_second():
                    assert importlib.import_module("shop." + "plug" + "ins").NAME

                def test_dunder():
                    assert __import__("shop." + "plug" + "ins").plugins.NAME
            """,
            "tests/test_c_lazy.py": """
                import shop

                def test_lazy():
                    assert shop.coupons.VALUE
            """,
            "tests/test_d_lazy.py": """
                import shop

                def test_lazy():
                    assert shop.coupons.VALUE
            """,
        }
    )
    shop.run()
    shop.edit("src/shop/plugins.py", "'x'", "'y'")
    run = shop.run()
    assert {"tests/test_a_first.py", "tests/test_b_second.py"} <= run.modules, run.reasons
    assert run.modules.isdisjoint({ALONE, ORDERS, PRICES})
    shop.edit("src/shop/coupons.py", "1", "0")
    run = shop.run()
    assert {"tests/test_c_lazy.py", "tests/test_d_lazy.py"} <= run.modules and run.code == 1, run.reasons


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


def test_import_handed_on(shop: Project) -> None:
    """Who calls it then is not seen: all that is loaded may have been asked for."""
    shop.write(
        {
            "src/shop/plugins.py": "NAME = 'x'\n",
            "src/shop/finds.py": "def found(names):\n    return list(map(__import__, names))\n",
            "tests/test_a.py": "import shop.plugins\n\ndef test_a():\n    assert shop.plugins.NAME\n",
            "tests/test_b.py": """
                from shop.finds import found

                def test_b():
                    assert found(["shop.plug" + "ins"])[0].plugins.NAME == "x"
            """,
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


def test_modules_found_by_walking(shop: Project) -> None:
    """A registry filled by pkgutil sees a plugin that appears, is edited, goes."""
    shop.write(
        {
            "src/shop/kinds/__init__.py": """
                import importlib
                import pkgutil

                NAMES = [found.name for found in pkgutil.iter_modules(__path__)]
                FOUND = {name: importlib.import_module(f"{__name__}.{name}") for name in NAMES}
            """,
            "src/shop/kinds/book.py": "PRICE = 1\n",
            "tests/test_kinds.py": """
                from shop.kinds import FOUND

                def test_kinds():
                    assert all(kind.PRICE for kind in FOUND.values())
            """,
            "tests/test_kinds_too.py": """
                from shop.kinds import FOUND

                def test_kinds():
                    assert all(kind.PRICE for kind in FOUND.values())
            """,
        }
    )
    both = {"tests/test_kinds.py", "tests/test_kinds_too.py"}
    shop.run()
    shop.write({"src/shop/kinds/pen.py": "PRICE = 2\n"})
    assert shop.run().modules == both
    shop.write({"src/shop/kinds/pen.py": "PRICE = 0\n"})
    run = shop.run()
    assert run.modules == both and run.code == 1
    shop.remove("src/shop/kinds/pen.py")
    assert not shop.run().bodies


def test_module_loaded_by_path(shop: Project) -> None:
    """``spec_from_file_location`` and ``runpy`` are imports too, of a path."""
    shop.write(
        {
            "scripts/tool.py": "VALUE = 1\n",
            "scripts/other.py": "VALUE = 1\n",
            "tests/test_script.py": """
                import importlib.util
                import pathlib
                import runpy

                SCRIPTS = pathlib.Path(__file__).parent.parent / "scripts"

                def test_spec():
                    spec = importlib.util.spec_from_file_location("tool", SCRIPTS / "tool.py")
                    module = importlib.util.module_from_spec(spec)
                    spec.loader.exec_module(module)
                    assert module.VALUE

                def test_runpy():
                    assert runpy.run_path(str(SCRIPTS / "other.py"))["VALUE"]
            """,
        }
    )
    shop.run()
    for script in ("scripts/tool.py", "scripts/other.py"):
        shop.write({script: "VALUE = 0\n"})
        run = shop.run()
        assert run.modules == {"tests/test_script.py"} and run.code == 1
        shop.write({script: "VALUE = 1\n"})
        assert not shop.run().bodies


def test_plugins_of_the_project(shop: Project) -> None:
    """A plugin named in ``pytest_plugins`` or ``-p`` is part of every closure it can touch."""
    shop.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src .\n",
            "conftest.py": 'pytest_plugins = ["shop_fixtures"]\n',
            "shop_fixtures.py": """
                import pytest

                @pytest.fixture
                def price():
                    return 1
            """,
            "tests/test_fixture.py": "def test_price(price):\n    assert price\n",
        }
    )
    shop.cold_and_warm()
    shop.edit("shop_fixtures.py", "return 1", "return 0")
    run = shop.run()
    assert len(run.modules) == 4 and run.code == 1


def test_test_module_appears_and_goes(shop: Project) -> None:
    """A new test module runs alone, a renamed one too; one that is gone is not counted."""
    shop.run()
    shop.write({"tests/test_new.py": "def test_new():\n    pass\n"})
    assert shop.run().reasons == {"tests/test_new.py": "no-record"}
    shop.remove("tests/test_new.py", ALONE)
    gone = shop.run()
    assert not gone.bodies and gone.counts == {"passed": 3} and gone.numbers == (2, 0, 0)


def test_base_class_in_another_test_module(shop: Project) -> None:
    """Tests inherited from another test module follow its edits."""
    shop.write(
        {
            "tests/base.py": """
                class Base:
                    VALUE = 1

                    def test_value(self):
                        assert self.VALUE
            """,
            "tests/test_derived.py": "from base import Base\n\nclass TestDerived(Base):\n    pass\n",
        }
    )
    cold, warm = shop.cold_and_warm("-v")
    assert set(warm.verdicts()) == set(cold.verdicts())
    shop.edit("tests/base.py", "VALUE = 1", "VALUE = 0")
    run = shop.run()
    assert run.modules == {"tests/test_derived.py"} and run.code == 1


def test_time_stamps_that_are_not_trusted(shop: Project) -> None:
    """Each file is read; what it holds counts either way, so both kinds of runs share what is stored."""
    reading = ("-o", "gocache_trust_stat=false")
    shop.cold_and_warm()
    assert not shop.run(*reading).bodies and not shop.run(*reading).bodies
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    assert shop.run(*reading).modules == {"tests/test_orders.py", "tests/test_prices.py"}
    shop.edit("src/shop/prices.py", "net // 4", "net // 5")
    assert not shop.run(*reading).bodies
    assert not shop.run().bodies
