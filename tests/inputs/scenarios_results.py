"""What is never stored as a pass of the whole module."""

from __future__ import annotations

from collections.abc import Mapping

from edits import Start
from playground import RERUNS
from scenario import Expect, Scenario


def never(
    name: str, about: str, reason: str, test: str = "", files: Mapping[str, str] | None = None, alone: bool = False
) -> Scenario:
    """A module that fails, or did not run whole: it runs again."""
    return Scenario(name, about, test, (), files or {}, expect=Expect.REFUSED, reasons=(reason,), red=True, alone=alone)


FIXTURE = "import pytest\n\n@pytest.fixture(scope='{scope}')\ndef thing():\n    {setup}\n    yield\n    {teardown}\n"
BAD = "raise ValueError"
SCENARIOS = [
    never("test_fails", "a test fails", "failed", "def test_THIS():\n    raise AssertionError\n"),
    never("one_of_two_fails", "one of two tests fails", "failed",
          "def test_THIS():\n    pass\n\ndef test_THIS_2():\n    raise AssertionError\n"),
    never("strict_xpass", "a strict xfail passes", "failed",
          "import pytest\n\n@pytest.mark.xfail(strict=True)\ndef test_THIS():\n    pass\n"),
    never("setup_fails", "a function fixture fails", "failed", "def test_THIS(thing):\n    pass\n",
          {"conftest.py": FIXTURE.format(scope="function", setup=BAD, teardown="pass")}),
    never("session_setup_fails", "a session fixture fails, for both modules that use it", "failed", files={
        "conftest.py": FIXTURE.format(scope="session", setup=BAD, teardown="pass"),
        "test_THIS_1.py": "def test_THIS(thing):\n    pass\n",
        "test_THIS_2.py": "def test_THIS(thing):\n    pass\n"}),
    never("module_teardown_fails", "the teardown of a module fixture fails", "failed",
          "def test_THIS(thing):\n    pass\n",
          {"conftest.py": FIXTURE.format(scope="module", setup="pass", teardown=BAD)}),
    never("session_teardown_fails", "the teardown of a session fixture fails, after the last module", "failed",
          "def test_THIS(thing):\n    pass\n",
          {"conftest.py": FIXTURE.format(scope="session", setup="pass", teardown=BAD)}, alone=True),
    never("collection_fails", "the module cannot be imported", "collect-error", "import THIS_nowhere\n"),
    never("child_is_killed", "a child process is killed, which the test does not accept", "failed", """
          import os
          import signal
          import subprocess
          import sys

          def test_THIS():
              subprocess.run([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"], check=True)
          """),
    never("pool_worker_dies", "a worker of a process pool dies", "failed", """
          import os
          from concurrent.futures import ProcessPoolExecutor
          from multiprocessing import get_context

          def test_THIS():
              with ProcessPoolExecutor(1, get_context("fork")) as pool:
                  pool.submit(os._exit, 1).result()
          """),
    never("unittest_subtest_fails", "a sub-test of unittest fails", "failed", """
          import unittest

          class TestIt(unittest.TestCase):
              def test_THIS(self):
                  with self.subTest(1):
                      self.fail()
          """),
    never("passes_at_second_attempt", "a conftest runs a failed test again, and it passes", "rerun", """
          SEEN = []

          def test_THIS():
              SEEN.append(1)
              assert len(SEEN) == 2
          """, {"conftest.py": RERUNS}),
    never("interrupted", "Ctrl-C in the first of two tests", "incomplete", alone=True, files={
        "test_THIS.py": "def test_THIS():\n    raise KeyboardInterrupt\n\ndef test_THIS_2():\n    pass\n"}),
    never("exits", "pytest.exit in the first of two tests", "incomplete", alone=True, files={
        "test_THIS.py": "import pytest\n\ndef test_THIS():\n    pytest.exit('enough')\n\n"
        "def test_THIS_2():\n    pass\n"}),
    Scenario("stops_at_first", "-x ends the run in the middle of a module; the whole runs next time",
             "def test_THIS():\n    raise AssertionError\n\ndef test_THIS_2():\n    pass\n", expect=Expect.REFUSED,
             reasons=("failed",), red=True, alone=True, before=(Start(("-x",)),)),
    Scenario("selected_in_part", "a run of one test does not stand for the whole module",
             "def test_one():\n    pass\n\ndef test_two():\n    pass\n", (Start(),),
             before=(Start(("-kone",)),), fails=False, alone=True),
    Scenario("collected_twice", "a module named twice", "def test_THIS():\n    pass\n", expect=Expect.REFUSED,
             reasons=("collected-twice", "inert"), alone=True,
             before=(Start(("--keep-duplicates", "THIS", "THIS")),)),
]  # fmt: skip
