"""Options that are in no key, for code that asks for them: which tests are selected, in what order, how it is shown."""

from __future__ import annotations

import pytest
from playground import Project

INI = "[pytest]\nmarkers = slow\npythonpath = .\n"
SLOW = "import pytest\n\n@pytest.mark.slow\ndef test_slow():\n    assert 0\n\ndef test_fast():\n    pass\n"
HOOK = """
import sys

import pytest

def pytest_collection_modifyitems(config, items):
    for item in items:
        if "slow" in item.keywords and "slow" not in ({}):
            item.add_marker(pytest.mark.skip(reason="slow"))
"""
NAMED = """
import sys

import pytest

def pytest_collection_modifyitems(config, items):
    for item in items:
        if "integ" in item.nodeid and not any("integ" in each for each in {}):
            item.add_marker(pytest.mark.skip(reason="only by name"))
"""


def as_plain(project: Project, *args: str) -> dict[str, str]:
    """The run ends as without a cache. Gives the reasons."""
    run, plain = project.run(*args), project.plain(*args)
    assert (run.code, run.counts) == (plain.code, plain.counts), run.said
    return run.reasons


@pytest.mark.parametrize(
    "asks",
    [
        "config.getoption('-m')",
        "config.getoption(name='-m')",
        "config.getvalue('markexpr')",
        "config.option.markexpr",
        "getattr(config.option, 'mark' + 'expr')",
        "vars(config.option)['markexpr']",
        "sys.argv[-1]",
    ],
)
def test_a_hook_asks_for_marks(project: Project, asks: str) -> None:
    """However it asks."""
    project.write({"pytest.ini": INI, "conftest.py": HOOK.format(asks), "test_a.py": SLOW})
    project.cold_and_warm()
    as_plain(project, "-m", "slow")
    assert as_plain(project) == {}


@pytest.mark.parametrize(
    "conftest",
    ["from helper import *\n", "import helper\n\ndef pytest_collection_modifyitems(config, items):\n"
     "    helper.pytest_collection_modifyitems(config, items)\n"],
    ids=["imported", "called"],
)  # fmt: skip
def test_a_helper_asks(project: Project, conftest: str) -> None:
    """The conftest itself says nothing of it."""
    hook = HOOK.format("config.getoption('-m')")
    project.write({"pytest.ini": INI, "helper.py": hook, "conftest.py": conftest, "test_a.py": SLOW})
    project.cold_and_warm()
    as_plain(project, "-m", "slow")


def test_a_fixture_asks(project: Project) -> None:
    """Only those who use it have it."""
    asks = "import pytest\n\n@pytest.fixture\ndef chosen(request):\n    return request.config.getoption('-m')\n"
    uses = "from fixtures import chosen\n\ndef test_fast(chosen):\n    assert not chosen\n"
    project.write({"pytest.ini": INI, "fixtures.py": asks, "test_a.py": uses, "test_b.py": SLOW.replace("0", "1")})
    project.cold_and_warm()
    reasons = as_plain(project, "-m", "not slow")
    assert set(reasons) == {"test_a.py"}


@pytest.mark.parametrize(
    "asks",
    ["config.args", "config.getoption('file_or_dir')", "config.invocation_params.args", "sys.argv"],
)
@pytest.mark.parametrize("named", ["integ", "integ/test_i.py"])
def test_a_hook_asks_what_was_named(project: Project, asks: str, named: str) -> None:
    """Whole files and directories: the same modules, and other outcomes."""
    files = {"integ/test_i.py": "def test_i():\n    assert 0\n", "test_a.py": "def test_a():\n    pass\n"}
    project.write({"conftest.py": NAMED.format(asks), **files})
    project.cold_and_warm()
    reasons = as_plain(project, named)
    assert reasons["integ/test_i.py"] in ("input-changed: option paths", "input-changed: option argv")
    assert as_plain(project) == {}


@pytest.mark.parametrize(
    ("asks", "args", "name"),
    [("verbose", ("-vv",), "-v"), ("maxfail", ("-x",), "-x"), ("tbstyle", ("--tb=short",), "--tb")],
)
def test_a_test_asks_how_it_is_shown(project: Project, asks: str, args: tuple[str, ...], name: str) -> None:
    """Only who asks runs again."""
    test = f"def test_a(request):\n    assert request.config.option.{asks} in (None, 0, -1, -2, 'auto')\n"
    project.write({"test_a.py": test, "test_b.py": "def test_b():\n    pass\n"})
    project.cold_and_warm()
    assert as_plain(project, *args) == {"test_a.py": f"input-changed: option {name}"}
    assert as_plain(project) == {}


def test_nobody_asks(project: Project) -> None:
    """Whatever the options are, all is cached."""
    conftest = "def pytest_configure(config):\n    config.getoption('--co')\n"
    project.write({"conftest.py": conftest, "test_a.py": "def test_a():\n    pass\n"})
    project.cold_and_warm()
    for args in (("-v",), ("-k", "test_a"), ("test_a.py",), ("-x", "--tb=short")):
        assert as_plain(project, *args) == {}


def test_nothing_of_it_shows(project: Project) -> None:
    """Neither in what the options are, nor in what they can do."""
    project.write(
        {
            "test_a.py": """
                import argparse
                import copy
                import pickle

                import pytest

                def test_options(pytestconfig):
                    option = pytestconfig.option
                    assert isinstance(option, argparse.Namespace) and repr(option).startswith("Namespace(")
                    assert copy.copy(option) == option and copy.deepcopy(option) == option
                    assert pickle.loads(pickle.dumps(option)) == option
                    assert option.verbose == vars(option)["verbose"] and "verbose" in option

                def test_attributes(pytestconfig):
                    pytestconfig.args = pytestconfig.args
                    assert isinstance(pytestconfig.args, list) and pytestconfig.invocation_params.dir
                    assert not hasattr(pytest.Config, "invocation_params")
            """
        }
    )
    assert as_plain(project) == {"test_a.py": "no-record"}
