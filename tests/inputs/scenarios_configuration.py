"""How pytest and Python are started and configured. Each such edit concerns every module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edits import Change, Setenv, Start, Write
from scenario import Expect, Scenario

PASSES = "def test_THIS():\n    pass\n"
WARNS = "import warnings\n\ndef test_THIS():\n    warnings.warn('old')\n"


def configured(
    name: str, about: str, test: str, edit: Change, files: Mapping[str, str] | None = None, group: str = "plain"
) -> Scenario:
    """An edit that makes plain pytest fail the module."""
    return Scenario(name, about, test, (edit,), files or {}, alone=True, group=group)


def shown(name: str, about: str, *edit: Change) -> Scenario:
    """An edit that changes nothing but what is shown; all stay cached."""
    return Scenario(name, about, PASSES, edit, expect=Expect.CACHED, group="shown", together=True)


OPTIONS = [
    configured("option_warnings", "-W error", WARNS, Start(("-Werror",))),
    configured("option_ini_value", "-o python_functions",
               "def test_THIS():\n    pass\n\ndef check_THIS():\n    raise AssertionError\n",
               Start(("-opython_functions=test_* check_*",))),
    configured("option_other_ini", "-c another ini file",
               WARNS, Start(("-cTHIS/other.ini", "--rootdir=.")), {"other.ini": "[pytest]\nfilterwarnings = error\n"}),
    configured("option_runxfail", "--runxfail",
               "import pytest\n\n@pytest.mark.xfail\ndef test_THIS():\n    raise AssertionError\n",
               Start(("--runxfail",))),
    configured("option_import_mode", "--import-mode",
               "import sys\n\ndef test_THIS():\n    assert any(each.endswith('THIS') for each in sys.path)\n",
               Start(("--import-mode=importlib",))),
    configured("option_no_conftest", "--noconftest", "def test_THIS(value):\n    pass\n", Start(("--noconftest",)),
               {"conftest.py": "import pytest\n\n@pytest.fixture\ndef value():\n    pass\n"}),
    configured("option_of_conftest", "an option that the conftest defines",
               "def test_THIS(pytestconfig):\n    assert pytestconfig.getoption('colour') == 'old'\n",
               Start(("--colour=new",)),
               {"/conftest.py": "def pytest_addoption(parser):\n    parser.addoption('--colour', default='old')\n"},
               ""),
    configured("option_strict_markers", "--strict-markers",
               "import pytest\n\n@pytest.mark.odd\ndef test_THIS():\n    pass\n", Start(("--strict-markers",))),
    configured("options_by_variable", "PYTEST_ADDOPTS", WARNS, Setenv("PYTEST_ADDOPTS", "-Werror")),
    configured("plugin_blocked", "-p no: of a plugin of pytest's own", "def test_THIS(monkeypatch):\n    pass\n",
               Start(("-pno:monkeypatch",))),
]  # fmt: skip

INI = [
    configured("ini_warnings", "filterwarnings", WARNS, Write("/pytest.ini", "[pytest]\nfilterwarnings = error\n")),
    configured("ini_functions", "python_functions",
               "def test_THIS():\n    pass\n\ndef check_THIS():\n    raise AssertionError\n",
               Write("/pytest.ini", "[pytest]\npython_functions = test_* check_*\n")),
    configured("ini_strict_xfail", "xfail_strict",
               "import pytest\n\n@pytest.mark.xfail\ndef test_THIS():\n    pass\n",
               Write("/pytest.ini", "[pytest]\nxfail_strict = true\n")),
    configured("ini_fixtures", "usefixtures", PASSES, Write("/pytest.ini", "[pytest]\nusefixtures = bad\n"),
               {"conftest.py": "import pytest\n\n@pytest.fixture\ndef bad():\n    raise AssertionError\n"}),
    configured("ini_python_path", "pythonpath", """
               import importlib.util

               def test_THIS():
                   assert importlib.util.find_spec("THIS_late") is None
               """, Write("/pytest.ini", "[pytest]\npythonpath = src\n"), {"/src/THIS_late.py": ""}),
    configured("ini_of_conftest", "an ini value that the conftest defines",
               "def test_THIS(pytestconfig):\n    assert pytestconfig.getini('colour') == 'old'\n",
               Write("/pytest.ini", "[pytest]\ncolour = new\n"),
               {"/conftest.py": "def pytest_addoption(parser):\n    parser.addini('colour', '', default='old')\n"}, ""),
    configured("ini_files", "python_files finds another module", PASSES,
               Write("/pytest.ini", "[pytest]\npython_files = test_*.py check_*.py\n"),
               {"check_THIS.py": "def test_check():\n    raise AssertionError\n"}),
]  # fmt: skip
INI[-1] = replace(INI[-1], fails=False)

START = [
    configured("interpreter_optimised", "python -O", "def test_THIS():\n    assert __debug__\n", Start((), ("-O",))),
    configured("python_path", "PYTHONPATH leads to another module",
               "import THIS_far\n\ndef test_THIS():\n    assert THIS_far.VALUE == 'old'\n",
               Setenv("PYTHONPATH", "ROOT/b:ROOT/a:ROOT/../lib"),
               {"/a/THIS_far.py": "VALUE = 'old'\n", "/b/THIS_far.py": "VALUE = 'new'\n"}, ""),
    configured("started_elsewhere", "started in a directory below",
               "import os\n\ndef test_THIS():\n    assert os.path.exists('THIS/test_THIS.py')\n",
               Start(("..",), (), "THIS")),
]  # fmt: skip
START[1] = replace(START[1], before=(Setenv("PYTHONPATH", "ROOT/a:ROOT/../lib"),))

SHOWN = [
    shown("verbosity", "-vv and -q", Start(("-vv", "-q"))),
    shown("tracebacks", "--tb, -r and --durations", Start(("--tb=short", "-ra", "--durations=3"))),
    shown("ini_comment", "a comment in the ini file", Write("/pytest.ini", "# tests\n[pytest]\n")),
]

SCENARIOS = [*OPTIONS, *INI, *START, *SHOWN]
