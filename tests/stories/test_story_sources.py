"""Change one thing in the sources, run again: what runs, and what it says of the reason."""

from __future__ import annotations

import os
import time

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


FILTER = "ignore:x:UserWarning:shop.prices:5"


@pytest.mark.parametrize("how", ["ini", "-W", "PYTHONWARNINGS", "mark"])
def test_positions_in_filters_of_warnings(shop: Project, how: str) -> None:
    """A filter that names a line: comments count for all modules, or for the one that has the mark."""
    ini = {"ini": f"filterwarnings =\n    error\n    {FILTER}\n", "PYTHONWARNINGS": ""}
    marked = "pytestmark = pytest.mark.filterwarnings('error', FILTER)\n".replace("FILTER", repr(FILTER))
    shop.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n" + ini.get(how, "filterwarnings = error\n"),
            "tests/test_prices.py": f"""
                import pytest
                from shop.prices import warn

                {marked if how == "mark" else ""}

                def test_warn():
                    warn()
            """,
            PRICES_SOURCE: "import warnings\n\ndef gross(net):\n    return net + 1\ndef warn(): warnings.warn('x')\n",
        }
    )
    args = ["-W", FILTER] if how == "-W" else []
    shop.python = ("-B",) if how == "PYTHONWARNINGS" else ()  # it is read when Python starts
    env = {"PYTHONWARNINGS": f"error,{FILTER}"} if how == "PYTHONWARNINGS" else {}
    shop.cold_and_warm(*args, **env)
    shop.edit(PRICES_SOURCE, "import warnings", "# first\nimport warnings")
    run = shop.run(*args, **env)
    assert run.code == 1 and PRICES in run.reasons, run.said
    assert ALONE not in run.reasons and (ORDERS in run.reasons) == (how != "mark")


@pytest.mark.parametrize(
    "loads",
    [
        "m = importlib.import_module(''.join(['shop.', 'prices'])); found = m.gross.__code__.co_firstlineno",
        "space = {}; exec('import shop.prices as m', space); found = space['m'].gross.__code__.co_firstlineno",
    ],
)
def test_positions_in_what_no_import_statement_names(shop: Project, loads: str) -> None:
    """Its comments count for who asks, and for nobody else."""
    shop.write({"tests/test_where.py": f"import importlib\n\ndef test_line():\n    {loads}\n    assert found == 1\n"})
    shop.cold_and_warm()
    shop.edit(PRICES_SOURCE, "def gross", "# first\ndef gross")
    run = shop.run()
    assert run.code == 1
    assert run.reasons == {"tests/test_where.py": f"input-changed: lines {PRICES_SOURCE}"}


@pytest.mark.parametrize(
    "asks",
    [
        "run = subprocess.run([sys.executable, '-c', CODE], capture_output=True, text=True); found = int(run.stdout)",
        "out, sys.stdout = sys.stdout, io.StringIO(); exec(CODE); sys.stdout, out = out, sys.stdout; "
        "found = int(out.getvalue())",
    ],
)
def test_positions_asked_for_by_code_in_a_text(shop: Project, asks: str) -> None:
    """What a child runs with ``-c``, what ``exec`` is given."""
    code = "import sys; sys.path.insert(0, 'src'); import shop.prices as m; print(m.gross.__code__.co_firstlineno)"
    begins = f"import io, subprocess, sys\nCODE = {code!r}\n"
    shop.write({"tests/test_where.py": f"{begins}\ndef test_line():\n    {asks}\n    assert found == 1\n"})
    shop.cold_and_warm()
    shop.edit(PRICES_SOURCE, "def gross", "# first\ndef gross")
    run = shop.run()
    assert run.code == 1 and run.reasons.keys() == {"tests/test_where.py"}


def test_positions_asked_for_by_code_that_is_read_from_a_file(shop: Project) -> None:
    """Comments of all that the module imports count. Who runs other code in texts does not mind."""
    runs = "from shop.prices import gross\n\ndef test_line():\n    assert eval(open({!r}).read())\n"
    shop.write({"asks.txt": "gross.__code__.co_firstlineno == 1", "tests/test_asks.py": runs.format("asks.txt")})
    shop.write({"calls.txt": "gross.__code__.co_name", "tests/test_calls.py": runs.format("calls.txt")})
    shop.cold_and_warm()
    shop.edit(PRICES_SOURCE, "def gross", "# first\ndef gross")
    run = shop.run()
    assert run.code == 1 and run.reasons == {"tests/test_asks.py": "input-changed: lines tests/test_asks.py"}


def test_positions_asked_for_by_what_no_import_statement_names(shop: Project) -> None:
    """Comments of all that the module imports count."""
    shop.write(
        {
            "src/caller.py": "import sys\n\ndef line():\n    return sys._getframe(1).f_lineno\n",
            "src/middle.py": "def here(line):\n    return line()\n",
            "tests/test_where.py": """
                import importlib
                from middle import here

                def test_line():
                    assert here(importlib.import_module("call" + "er").line) == 2
            """,
        }
    )
    shop.cold_and_warm()
    shop.edit("src/middle.py", "def here", "# first\ndef here")
    run = shop.run()
    assert run.code == 1 and run.reasons.keys() == {"tests/test_where.py"}


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


def test_a_namespace_package_gets_another_portion(project: Project) -> None:
    """Without any module in it: who asks what the package has finds more, by an import or by its name."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = one two\ntestpaths = tests\n",
            "one/parts/a.txt": "",
            "two/other.txt": "",
            "tests/test_named.py": """
                from importlib.resources import files

                def test_named():
                    assert [each.name for each in files("parts").iterdir()] == ["a.txt"]
            """,
            "tests/test_path.py": "import parts\n\ndef test_path():\n    assert len(list(parts.__path__)) == 1\n",
            "tests/test_other.py": "def test_other():\n    pass\n",
        }
    )
    project.cold_and_warm()
    project.write({"two/parts/b.txt": ""})
    run = project.run()
    assert run.modules == {"tests/test_named.py", "tests/test_path.py"} and run.counts["failed"] == 2, run.said
    project.remove("two/parts/b.txt")
    (project.root / "two/parts").rmdir()
    assert not project.run().bodies
