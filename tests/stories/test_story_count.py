"""``--count``: run in spite of the cache, once or many times."""

from __future__ import annotations

import importlib.util
import json
import re
from xml.etree import ElementTree

import pytest
from playground import RERUNS, Project, suite

KINDS = """
    import unittest

    import pytest

    MADE = []

    @pytest.fixture(scope="module")
    def fresh():
        MADE.append("module")
        return list()

    def test_plain():
        pass

    @pytest.mark.parametrize("x", [1, 2])
    def test_param(x):
        pass

    class TestClass:
        def test_method(self):
            self.value = 1

    class TestUnit(unittest.TestCase):
        def test_unit(self):
            pass

    def test_module_fixture_is_fresh(fresh):
        assert fresh == []
        fresh.append("used")
"""
FLAKY = """
    import os
    import pathlib

    def test_flaky():
        page = pathlib.Path(os.environ["TALLY"])
        runs = len(page.read_text()) if page.exists() else 0
        page.write_text("x" * (runs + 1))
        assert runs != 1

    def test_steady():
        pass
"""


def test_count_1_runs_and_refreshes(project: Project) -> None:
    """Everything runs, passes are stored, and the reason is ``bypassed``."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    first = project.run("--count=1")
    assert first.reasons == {"test_a.py": "bypassed: --count"} and first.numbers == (0, 1, 0)
    assert "\ngocache: bypassed (--count=1)\n" in first.out
    assert not project.run().bodies
    assert len(project.run("--count=1").bodies) == 1
    assert not project.run().bodies


def test_the_last_count_wins(project: Project) -> None:
    """Ini file, variable, command line: the later outweighs the earlier."""
    project.write({"test_a.py": "def test_a():\n    pass\n", "pytest.ini": "[pytest]\naddopts = --count=2\n"})
    assert "gocache: bypassed (--count=2)\n" in project.run().out
    run = project.run(PYTEST_ADDOPTS="--count=3")
    assert len(run.bodies) == 3 and "gocache: bypassed (--count=3)\n" in run.out
    run = project.run("--count=1", PYTEST_ADDOPTS="--count=3")
    assert len(run.bodies) == 1 and "gocache: bypassed (--count=1)\n" in run.out
    assert "bypassed (" not in project.plain("--count=1").out and "bypassed (" not in project.run("-q").out


def test_count_3(project: Project) -> None:
    """Each test runs three times, the whole selection over, with fresh fixtures; then all is cached."""
    project.write({"test_kinds.py": KINDS})
    run = project.run("--count=3")
    assert run.code == 0 and len(run.bodies) == 18 and run.counts == {"passed": 18}, run.out
    assert run.bodies == run.bodies[:6] * 3
    warm = project.run()
    assert not warm.bodies and warm.counts == {"passed": 6}
    part = project.run("--count=3", "-k", "param")
    assert len(part.bodies) == 6 and part.counts == {"passed": 6, "deselected": 4}
    # Without the cache it repeats as well.
    assert len(project.plain("--count=2").bodies) == 12


def test_what_a_test_leaves_on_its_item(project: Project) -> None:
    """Methods have a new instance each time, doctests their names, and functions that a plugin wraps are not wrapped
    again."""
    text = '''
        """
        >>> A = X + 1
        >>> A
        2
        """

        import unittest

        X = 1

        class TestA:
            def test_method(self):
                assert not hasattr(self, "seen")
                self.seen = True

        class TestU(unittest.TestCase):
            def test_unit(self):
                assert not hasattr(self, "seen")
                self.seen = True

        def test_wrapped():
            pass
    '''
    project.write({"test_a.py": text, "test_words.txt": ">>> X = 3\n>>> X\n3\n"})
    wraps = """
        import pytest

        @pytest.hookimpl(tryfirst=True)
        def pytest_runtest_call(item):
            if item.name == "test_wrapped":
                inner = item.obj
                assert not hasattr(inner, "wraps")
                item.obj = lambda: inner()
                item.obj.wraps = True
    """
    project.write({"conftest.py": wraps})
    for args in ((), ("--count-order=test",), ("-pxdist", "-pxdist.looponfail", "-n1")):
        run = project.plain("--count=3", "--doctest-modules", *args)
        assert run.code == 0 and run.counts == {"passed": 15}, run.out


def test_what_a_doctest_says(project: Project) -> None:
    """Not the line of the source that stands first."""
    project.write({"test_a.txt": ">>> 1 + 1\n3\n", "test_b.txt": ">>> x\n1\n"})
    run = project.plain("--count=2")
    assert "    2 x Expected: 3 Got: 2  (repetitions 1, 2)\n" in run.out, run.out
    assert "    2 x UNEXPECTED EXCEPTION: NameError(\"name 'x' is not defined\")  (rep" in run.out


def test_what_is_skipped_did_not_pass(project: Project) -> None:
    """Always, or now and then."""
    text = """
        import pytest

        N = []

        @pytest.mark.skip
        def test_always():
            pass

        @pytest.mark.xfail
        def test_expected():
            assert 0

        def test_now_and_then():
            N.append(1)
            if len(N) == 2:
                pytest.skip("now")
            assert len(N) != 3
    """
    project.write({"test_a.py": text})
    out = project.run("--count=4").out
    assert "test_now_and_then  2 passed, 1 failed, 1 skipped of 4 (25 %" in out, out
    assert "count: 1 test passed every time of 4, 1 did not, 1 was skipped\n" in out


def test_progress_of_repetitions(project: Project) -> None:
    """The last line of dots of each ends at 100 %."""
    project.write({f"test_{name}.py": "def test_it():\n    pass\n" for name in "ab"})
    out = project.run("--count=3").out
    assert out.count("[ 50%]") == out.count("[100%]") == 3 and "repetition 3 of 3\n" in out, out


def test_one_flake_of_three(project: Project) -> None:
    """It is told per test, the exit code is 1, the stored pass is taken back."""
    project.write({"test_flaky.py": FLAKY, "test_good.py": "def test_good():\n    pass\n"})
    tally = project.home / "tally"
    tally.write_text("xxxxx")
    project.run(TALLY=str(tally))
    tally.write_text("")
    run = project.run("--count=3", TALLY=str(tally))
    assert run.code == 1 and run.counts == {"failed": 1, "passed": 8}
    assert "test_flaky.py::test_flaky  2 passed, 1 failed of 3 (33 %, 95 % interval 6.1-79 %)\n" in run.out
    assert "    1 x assert 1 != 1  (repetition 2)\n" in run.out
    assert run.refused == {"test_flaky.py": "failed: test_flaky.py::test_flaky"}
    after = project.run(TALLY=str(tally))
    assert after.modules == {"test_flaky.py"}, "it was evicted"
    tally.write_text("")
    stopped = project.run("--count=3", "-x", TALLY=str(tally))
    assert stopped.code == 1 and stopped.counts["failed"] == 1 and len(stopped.bodies) < 9


def test_wrong_counts(project: Project) -> None:
    """A clear usage error, exit code 4."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    for wrong in ("0", "-1", "x", "1.5"):
        run = project.run(f"--count={wrong}")
        assert run.code == 4 and "--count" in run.err and "Traceback" not in run.said and not run.bodies


@pytest.mark.skipif(not importlib.util.find_spec("pytest_repeat"), reason="pytest-repeat is not installed")
def test_beside_pytest_repeat(project: Project) -> None:
    """Its ``--count`` repeats as it always did, and bypasses the cache; without it, nothing differs."""
    project.write({"test_a.py": "import pytest\n\n@pytest.mark.parametrize('x', [1, 2])\ndef test_a(x):\n    pass\n"})
    repeat = ("-p", "pytest_repeat")
    cold, _ = project.cold_and_warm(*repeat)
    assert cold.counts == {"passed": 2}
    for _ in range(2):
        run = project.run(*repeat, "--count=3")
        assert run.counts == {"passed": 6} and len(run.bodies) == 6, run.said
    assert len(project.run(*repeat, "--count=1").bodies) == 2
    assert not project.run(*repeat).bodies


def test_count_under_xdist(project: Project) -> None:
    """Workers repeat too."""
    pytest.importorskip("xdist")
    project.write({"test_kinds.py": KINDS})
    run = project.run("-p", "xdist", "-n2", "--dist=loadfile", "--count=2")
    assert run.code == 0 and len(run.bodies) == 12 and run.counts == {"passed": 12}, run.out


COUNTS = """
    N = {"a": 0, "b": 0}

    def test_two_kinds():
        N["a"] += 1
        assert N["a"] % 4, "by four"
        if N["a"] % 3 == 0:
            raise ValueError(f"by three")

    def test_lingers():
        N["b"] += 1
        assert N["b"] < 3
"""


def test_kinds_of_failure(project: Project) -> None:
    """They are grouped by message, with the repetitions; pytest shows the traceback of the first of each."""
    project.write({"test_a.py": COUNTS})
    run = project.run("--count=8", "-q")
    assert "test_a.py::test_two_kinds  4 passed, 4 failed of 8 (50 %, 95 % interval 22-78 %)" in run.out, run.out
    assert "    2 x AssertionError: by four  (repetitions 4, 8)\n" in run.out
    assert "    2 x ValueError: by three  (repetitions 3, 6)\n" in run.out
    assert "it failed in every repetition from number 3 on: something stays" in run.out
    assert run.out.count("____ test_two_kinds ____") == 2 and run.out.count("____ test_lingers ____") == 1
    assert "count: 0 tests passed every time of 8, 2 did not" in run.out


def test_what_runs_before(project: Project) -> None:
    """In a random order: the tests without which, or after which alone, it fails; and the seed to do it again."""
    project.write(
        {
            "test_a.py": """
                import pytest

                SEEN = []

                def test_pollutes():
                    SEEN.append(1)

                def test_cares():
                    try:
                        assert not SEEN
                    finally:
                        SEEN.clear()

                def test_clears():
                    pass
            """
        }
    )
    clears = "    if nextitem is None or nextitem.parent is item.session:\n        item.module.SEEN.clear()\n"
    project.write({"conftest.py": f"def pytest_runtest_teardown(item, nextitem):\n{clears}"})
    run = project.run("--count=30", "--count-order=random")
    assert run.code == 1 and "it failed exactly when this had run before: test_a.py::test_pollutes" in run.out, run.out
    seed = run.out.split("--count-order=random:")[1].split()[0]
    again = project.run("--count=30", f"--count-order=random:{seed}")
    assert again.bodies == run.bodies and again.counts == run.counts
    assert project.run("--count=30", "--count-order=random").bodies != run.bodies


@pytest.mark.parametrize(
    ("order", "bodies"),
    [("selection", "abcabc"), ("module", "ababcc"), ("test", "aabbcc")],
)
def test_orders(project: Project, order: str, bodies: str) -> None:
    """What is repeated: all, a module, a test."""
    two = "def test_a():\n    pass\n\ndef test_b():\n    pass\n"
    project.write({"test_1.py": two, "test_2.py": "def test_c():\n    pass\n"})
    run = project.run("--count=2", f"--count-order={order}")
    assert "".join(body[-1] for body in run.bodies) == bodies and run.code == 0
    assert not project.run().bodies


@pytest.mark.long
def test_for_a_time(project: Project) -> None:
    """At least once, and whole repetitions."""
    project.write({"test_a.py": "import time\n\ndef test_a():\n    time.sleep(0.3)\n\ndef test_b():\n    pass\n"})
    run = project.run("--count-for=1s")
    assert run.code == 0 and len(run.bodies) in (4, 6, 8) and run.reasons == {"test_a.py": "bypassed: --count"}
    assert len(project.run("--count-for=1h", "--count=2").bodies) == 4
    assert not project.run().bodies


def test_a_mark(project: Project) -> None:
    """``pytest.mark.count(N)``, with fresh fixtures each time; also in a repetition, and with workers."""
    text = """
        import pytest

        @pytest.fixture(scope="module")
        def fresh():
            return []

        @pytest.mark.count(3)
        def test_marked(fresh):
            assert not fresh
            fresh.append(1)

        def test_other():
            pass
    """
    project.write({"test_a.py": text})
    run = project.run("--strict-markers")
    assert len(run.bodies) == 4 and "count: 1 test passed every time of 3, 0 did not" in run.out, run.out
    assert not project.run("--strict-markers").bodies
    assert len(project.run("--count=2").bodies) == 8
    assert len(project.run("-pxdist", "-n1", "--no-gocache").bodies) == 4
    assert len(project.plain().bodies) == 4
    project.edit("test_a.py", "count(3)", "count('3')")
    wrong = project.run()
    assert wrong.code == 4 and "test_a.py::test_marked: pytest.mark.count takes one whole number" in wrong.said
    project.write({"pytest.ini": "[pytest]\nmarkers = count(what): of another kind\n"})
    assert len(project.run().bodies) == 2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--count-for=x",), "--count-for takes a time such as 30s, 10m or 1h, not 'x'"),
        (("--count-order=odd",), "--count-order takes selection, module, test, random or random:SEED, not 'odd'"),
        (("--count-for=1s", "--count-order=test"), "not with --count-order=test"),
        (("--count=2", "--count-order=test", "-pxdist", "-n1"), "--count-order is not for -n"),
    ],
)
def test_wrong_repetitions(project: Project, args: tuple[str, ...], told: str) -> None:
    """One line, exit code 4."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    run = project.run(*args)
    assert run.code == 4 and told in run.said and "Traceback" not in run.said and not run.bodies


def test_many_repetitions_need_no_memory(project: Project) -> None:
    """Of passes the terminal keeps the same few reports, of failures one of each kind."""
    fails = "N = []\n\ndef test_b():\n    N.append(1)\n    assert 0, f'no {len(N)}' if len(N) % 2 else 'odd'\n"
    project.write(
        {
            "test_a.py": f"def test_a():\n    pass\n\n{fails}",
            "conftest.py": """
                def pytest_terminal_summary(terminalreporter):
                    kept = [id(each) for each in terminalreporter.stats["passed"] + terminalreporter.stats[""]]
                    print("kept", len(kept), len(set(kept)))

                def pytest_unconfigure(config):
                    failed = config.pluginmanager.get_plugin("terminalreporter").stats["failed"]
                    print("failed", len(failed), len(set(map(id, failed))))
            """,
        }
    )
    run = project.run("--count=50")
    assert "kept 250 5" in run.out and "failed 50 2" in run.out and run.counts == {"passed": 50, "failed": 50}
    assert run.out.count("____ test_b ____") == 2


def test_counts_for_programs(project: Project) -> None:
    """``--gocache-json`` has the numbers, and which repetitions failed."""
    project.write({"test_a.py": COUNTS})
    project.run("--count=4", "--gocache-json=counts.json")
    told = json.loads((project.root / "counts.json").read_text())["tests"]
    assert told["test_a.py::test_lingers"]["runs"] == 4 and told["test_a.py::test_lingers"]["failed"] == 2
    kinds = told["test_a.py::test_two_kinds"]["failures"]
    assert kinds == [
        {"message": "ValueError: by three", "repetitions": [3]},
        {"message": "AssertionError: by four", "repetitions": [4]},
    ]


@pytest.mark.parametrize("workers", [(), ("-pxdist", "-pxdist.looponfail", "-n2")], ids=["serial", "n2"])
def test_counts_in_junit(project: Project, workers: tuple[str, ...]) -> None:
    """One case for each test, with how often it ran and failed, and the first failure of each kind."""
    text = COUNTS + "\n    def test_steady():\n        pass\n" if not workers else SOMETIMES
    project.write({"test_a.py": text})
    project.run("--count=8", "--junitxml=junit.xml", *workers)
    cases = list(ElementTree.parse(project.root / "junit.xml").getroot().iter("testcase"))
    told = {
        case.attrib["name"]: (
            {each.attrib["name"]: each.attrib["value"] for each in case.iter("property")},
            sorted(each.attrib["message"].splitlines()[0] for each in case.iter("failure")),
        )
        for case in cases
    }
    assert len(cases) == len(told)
    assert told.pop("test_steady") == ({"runs": "8", "failed": "0"}, [])
    if workers:
        assert told["test_sometimes"][0]["runs"] == "8" and told["test_sometimes"][1] == ["AssertionError: sometimes"]
        assert suite(project.root / "junit.xml") == {"errors": "0", "failures": "1", "skipped": "0", "tests": "2"}
    else:
        by_kind = ["AssertionError: by four", "ValueError: by three"]
        assert told["test_two_kinds"] == ({"runs": "8", "failed": "4"}, by_kind)
        assert told["test_lingers"][0] == {"runs": "8", "failed": "6"} and len(told["test_lingers"][1]) == 1
        assert suite(project.root / "junit.xml") == {"errors": "0", "failures": "2", "skipped": "0", "tests": "3"}


def test_junit_of_an_error_at_the_end_of_each(project: Project) -> None:
    """What pytest writes as two cases of one test (it fails, and its teardown, too) is added to as one."""
    text = """
        import pytest

        @pytest.fixture
        def ends():
            yield
            raise RuntimeError("end")

        def test_a(ends):
            print("seen")
            assert 0
    """
    project.write({"test_a.py": text})
    project.run("--count=3", "--junitxml=junit.xml", "-o", "junit_logging=system-out")
    first, *more = ElementTree.parse(project.root / "junit.xml").getroot().iter("testcase")
    assert len(more) == 1 and [each.tag for each in more[0]] == ["error", "system-out"]
    assert [each.tag for each in first] == ["properties", "failure", "error"]
    once = project.run("-k", "test_a", "--count=1", "--junitxml=junit.xml")
    assert once.code == 1 and not list(ElementTree.parse(project.root / "junit.xml").getroot().iter("property"))


SOMETIMES = """
    import os

    def test_sometimes():
        page = os.open(os.path.join(os.path.dirname(__file__), "..", "page"), os.O_CREAT | os.O_APPEND | os.O_RDWR)
        try:
            assert os.write(page, b"x") and os.fstat(page).st_size % 3, "sometimes"
        finally:
            os.close(page)

    def test_steady():
        pass
"""


@pytest.mark.parametrize("dist", ["load", "worksteal", pytest.param("loadfile", marks=pytest.mark.long)])
def test_workers_share_the_repetitions(project: Project, dist: str) -> None:
    """Of one test, too: exactly so many runs; then it is stored."""
    project.write(
        {
            "test_a.py": """
                import os, time

                def test_a():
                    time.sleep(0.05)
                    open(os.environ["PAGE"], "a").write(os.environ["PYTEST_XDIST_WORKER"] + " ")
            """
        }
    )
    page = project.home / "page"
    args = ("-pxdist", "-pxdist.looponfail", "-n2", f"--dist={dist}", "-o", "gocache_ignore=env:PYTEST_* ../page")
    run = project.run(*args, "--count=7", PAGE=str(page))
    workers = page.read_text().split()
    assert run.code == 0 and len(workers) == 7 and run.counts == {"passed": 7}, run.out
    assert len(set(workers)) == (1 if dist == "loadfile" else 2)
    assert "count: 1 test passed every time of 7, 0 did not" in run.out
    assert not project.run(*args, PAGE=str(page)).bodies


def test_planted_flakes(project: Project) -> None:
    """Of one and of ten per cent: found among steady tests, and the interval holds the true rate."""
    project.write(
        {
            "test_a.py": """
                from random import Random

                DICE = {1: Random(11), 10: Random(12)}

                def test_one_per_cent():
                    assert DICE[1].random() >= 0.01

                def test_ten_per_cent():
                    assert DICE[10].random() >= 0.1

                def test_steady():
                    pass
            """
        }
    )
    run = project.run("--count=400", "-q")
    told = re.findall(r"test_a.py::test_(\w+)  .* of 400 \(.* interval ([\d.]+)-([\d.]+) %\)", run.out)
    rates = {name: (float(low), float(high)) for name, low, high in told}
    assert rates.keys() == {"one_per_cent", "ten_per_cent"}, run.out[-2000:]
    assert rates["one_per_cent"][0] < 1 < rates["one_per_cent"][1] < 5 < rates["ten_per_cent"][0] < 10, rates


def test_nothing_to_repeat(project: Project) -> None:
    """No tests are no tests."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    for args in (("--count=2",), ("--count-for=1h",), ("--count=2", "--count-order=test")):
        assert project.run(*args, "-k", "nomatch").code == 5
    assert project.run("--gocache-plan", "--count=2").code == 1


ENDS = """
    import pytest

    @pytest.fixture(scope="session")
    def wide():
        yield
        raise RuntimeError("at the end")

    def test_a(wide):
        pass
"""


@pytest.mark.parametrize("args", [("--count=2",), ("--count=2", "--count-order=module"), ("--count-for=1s",)])
def test_the_end_of_the_session_belongs_to_the_last_test(project: Project, args: tuple[str, ...]) -> None:
    """What fails there is an error of that test."""
    project.write({"test_a.py": ENDS})
    run = project.run(*args)
    assert run.code == 1 and run.counts["error"] == 1 and "RuntimeError: at the end" in run.out, run.said
    assert run.refused["test_a.py"].startswith("failed: ")


def test_hooks_are_given_items(project: Project) -> None:
    """What comes after the last test of a repetition is one, too."""
    hook = "def pytest_runtest_teardown(item, nextitem):\n    nextitem is None or (nextitem.parent, nextitem.nodeid)\n"
    project.write({"conftest.py": hook, "test_a.py": "def test_a():\n    pass\n"})
    assert project.run("--count=3").code == 0


def test_marked_tests_stop_at_the_first_failure(project: Project) -> None:
    """``-x`` and ``--maxfail``."""
    project.write({"test_a.py": "import pytest\n\n@pytest.mark.count(20)\ndef test_a():\n    assert 0\n"})
    assert project.run("-x").counts == {"failed": 1}
    assert project.run("--maxfail=3").counts == {"failed": 3}


def test_a_second_try_is_a_failure(project: Project) -> None:
    """A plugin that has failed tests run again does not hide that they failed."""
    project.write(
        {"conftest.py": RERUNS, "test_a.py": "N = []\n\ndef test_a():\n    N.append(1)\n    assert len(N) % 3\n"}
    )
    run = project.run("--count=4")
    assert run.code == 0 and "test_a.py::test_a  4 passed, 1 failed of 5 (20 %" in run.out, run.out


def test_two_workers_that_run_one_test_at_once(project: Project) -> None:
    """Each has a repetition of its own, however their reports come."""
    text = """
        import time

        def test_a():
            time.sleep(0.05)
            assert 0

        def teardown_function():
            time.sleep(0.05)
    """
    project.write({"test_a.py": text})
    run = project.plain("-pxdist", "-pxdist.looponfail", "-n2", "--count=8", "--tb=no")
    assert "test_a.py::test_a  0 passed, 8 failed of 8 (" in run.out, run.out
    assert "    8 x assert 0  (repetitions 1, 2, 3, 4, 5, 6, 7, 8)\n" in run.out


def test_where_no_test_runs_there_is_nothing_to_repeat(project: Project) -> None:
    """A plan of the set-ups is made once; tests of unittest have no instance then."""
    unit = "import unittest\n\nclass TestA(unittest.TestCase):\n    def test_a(self):\n        pass\n"
    project.write({"test_a.py": unit})
    for flag in ("--setup-plan", "--setup-only"):
        run = project.plain("--count=2", flag)
        assert run.code == 0 and not run.bodies, run.said
