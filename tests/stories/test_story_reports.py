"""Replayed results look like results: counts, files, captured output, warnings, and what plugins see."""

from __future__ import annotations

import json
import re

import pytest
from outcomes import ENDS_WELL
from playground import Project, junit, sorted_lines, suite

KINDS = {
    **ENDS_WELL,
    "test_params.py": """
        import pytest

        @pytest.mark.parametrize("x", ["a::b", "[x]", "with space", "größe", "a<b&c", "tab\\\\t"])
        def test_odd(x):
            pass
    """,
    "conftest.py": """
        import pytest

        @pytest.fixture
        def prints():
            print("in setup")
            yield
            print("in teardown")
    """,
}


@pytest.fixture
def kinds(project: Project) -> Project:
    """A module for each way a test can end well."""
    project.write(KINDS)
    return project


def test_every_kind_is_replayed(kinds: Project) -> None:
    """All outcomes but failures are kept: counts, ``-rA``, JUnit, output, ``-v`` words are as cold."""
    kinds.write({"pytest.ini": "[pytest]\njunit_family = xunit1\n"})
    plain = kinds.plain(f"--junitxml={kinds.home}/plain.xml")
    cold = kinds.run(f"--junitxml={kinds.home}/cold.xml", "-rA")
    warm = kinds.run(f"--junitxml={kinds.home}/warm.xml", "-rA")
    assert cold.counts == warm.counts == plain.counts and cold.code == warm.code == plain.code == 0
    assert warm.numbers == (7, 0, 0) and not warm.bodies
    assert junit(kinds.home / "warm.xml") == junit(kinds.home / "cold.xml")
    assert suite(kinds.home / "warm.xml") == suite(kinds.home / "cold.xml")
    assert 'name="cached"' in (kinds.home / "warm.xml").read_text()
    assert 'name="cached"' not in (kinds.home / "cold.xml").read_text()
    summaries = [
        sorted_lines(
            line for line in run.out.splitlines() if re.match(r"(PASSED|SKIPPED|XFAIL|XPASS) ", line)
        )
        for run in (cold, warm)
    ]
    assert summaries[0] == summaries[1] and len(summaries[0]) > 15
    for text in ("to stdout", "to stderr", "to the log", "in setup", "in teardown"):
        assert warm.out.count(text) == cold.out.count(text) >= 1, text
    # The words of -v, one by one.
    words = [kinds.plain("-v").verdicts(), kinds.run("-v").verdicts()]
    assert {n: [f"{w} (cached)" for w in ws] for n, ws in words[0].items()} == words[1]
    # With xunit2, record_property warns: whoever uses it runs.
    kinds.write({"pytest.ini": "[pytest]\n"})
    warns = kinds.run(f"--junitxml={kinds.home}/warns.xml")
    assert warns.modules == {"test_output.py"} and warns.counts["warning"] == 1, warns.out
    assert not kinds.run().bodies
    # -rs folds skips as pytest does.
    told = [
        [line for line in run.out.splitlines() if line.startswith("SKIPPED")]
        for run in (kinds.plain("-rs"), kinds.run("-rs"))
    ]
    assert sorted_lines(told[0]) == sorted_lines(told[1])


def test_runxfail_and_strict_are_other_keys(kinds: Project) -> None:
    """What makes an xfail fail is part of the key."""
    kinds.run()
    run = kinds.run("--runxfail", "test_xfail.py")
    assert run.code == 1 and "flags-changed" in run.reasons["test_xfail.py"]
    strict = kinds.run("-o", "xfail_strict=true", "test_xfail.py")
    assert strict.code == 1 and strict.counts["failed"] == 1
    assert not kinds.run().bodies


def test_durations_are_the_original_ones(project: Project) -> None:
    """``--durations`` and the saved time tell of the run that happened."""
    project.write({"test_slow.py": "import time\n\ndef test_slow():\n    time.sleep(0.3)\n"})
    project.run()
    run = project.run("--durations=3", "-vv")
    assert not run.bodies and re.search(r"0\.3\ds call +test_slow.py::test_slow", run.out), run.out
    assert re.search(r"saved 0\.3\d?s", run.out)
    project.run(f"--junitxml={project.home}/j.xml")
    times = re.findall(r'<testcase [^>]*time="([\d.]+)"', (project.home / "j.xml").read_text())
    assert 0.3 <= float(times[0]) < 0.5


def test_warnings_of_tests(project: Project) -> None:
    """The warnings summary is the same, cold and warm."""
    project.write(
        {
            "test_warns.py": """
                import warnings

                import pytest

                class OwnWarning(UserWarning):
                    pass

                def test_own():
                    warnings.warn("mine", OwnWarning)

                def test_user():
                    warnings.warn("careful")

                @pytest.fixture
                def old():
                    warnings.warn("old", DeprecationWarning)

                def test_fixture(old):
                    pass
            """,
        }
    )
    cold, warm = project.cold_and_warm()
    assert cold.counts == {"passed": 3, "warning": 3}
    assert warnings_of(cold.out) == warnings_of(warm.out) != ""
    assert project.run("-p", "no:warnings", "-rA").counts == {"passed": 3}
    part = project.run("-k", "user")
    assert part.counts == {"passed": 1, "deselected": 2, "warning": 1} and not part.bodies


def warnings_of(out: str) -> str:
    found = re.search(r"=+ warnings summary =+\n(.*?)\n-- Docs", out, re.DOTALL)
    return found[1] if found else ""


def test_warnings_at_import(project: Project) -> None:
    """A product module that warns when imported is told of once, whichever of its users is cached."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n",
            "src/old.py": "import warnings\n\nwarnings.warn('old module', DeprecationWarning)\n",
            "test_a.py": "import old\n\ndef test_a():\n    pass\n",
            "test_b.py": "import old\n\ndef test_b():\n    pass\n",
            "test_c.py": "def test_c():\n    pass\n",
        }
    )
    cold, warm = project.cold_and_warm()
    assert warm.counts == {"passed": 3, "warning": 1}
    assert warnings_of(cold.out) == warnings_of(warm.out)
    for name in ("test_a.py", "test_b.py"):
        project.edit(name, "pass", "assert 1")
        run = project.run()
        assert run.modules == {name} and run.counts == {"passed": 3, "warning": 1}, run.out
        assert warnings_of(cold.out).split() == warnings_of(run.out).split()
    # Asked for alone, each tells it; the third has none.
    for name in ("test_a.py", "test_b.py"):
        assert project.run(name).counts == {"passed": 1, "warning": 1}
    assert project.run("test_c.py").counts == {"passed": 1}


@pytest.mark.skipif(pytest.version_tuple < (9, 0), reason="subtests came with pytest 9")
def test_subtests(project: Project) -> None:
    """pytest's subtests and unittest's are replayed with their counts, or run; never lost."""
    project.write(
        {
            "test_sub.py": """
                def test_sub(subtests):
                    for number in range(3):
                        with subtests.test("number", number=number):
                            assert number < 3
            """,
            "test_unit_sub.py": """
                import unittest

                class TestSub(unittest.TestCase):
                    def test_sub(self):
                        for number in range(3):
                            with self.subTest(number=number):
                                self.assertLess(number, 3)

                    def test_skips(self):
                        for number in range(2):
                            with self.subTest(number=number):
                                self.skipTest("no")
            """,
        }
    )
    plain, cold, warm = project.plain(), project.run(), project.run()
    assert plain.counts == cold.counts == warm.counts, (plain.out, warm.out)
    assert project.plain("-v").counts == project.run("-v").counts
    project.edit("test_sub.py", "number < 3", "number < 2")
    run, plain = project.run(), project.plain()
    assert (run.code, run.counts) == (plain.code, plain.counts)
    again = project.run()
    assert (again.code, again.counts) == (plain.code, plain.counts) and "test_sub.py" in again.modules


def test_unittest_subtests_that_fail(project: Project) -> None:
    """A failing ``subTest`` fails the module every time."""
    project.write(
        {
            "test_unit_sub.py": """
                import unittest

                class TestSub(unittest.TestCase):
                    def test_sub(self):
                        for number in range(3):
                            with self.subTest(number=number):
                                self.assertLess(number, 2)
            """,
        }
    )
    plain = project.plain()
    for _ in range(2):
        run = project.run()
        assert (run.code, run.counts) == (plain.code, plain.counts) and run.bodies


def test_doctests(project: Project) -> None:
    """Those of text files run each time, and say so. The rest is cached, tests and doctests of a file together."""
    project.write(
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_both.py": 'def test_both():\n    """\n    >>> 1\n    1\n    """\n',
            "test_notes.txt": ">>> 1 + 1\n2\n",
            "product.py": 'def f():\n    """\n    >>> f()\n    1\n    """\n    return 1\n',
        }
    )
    plain = project.plain()
    for _ in range(2):
        run = project.run()
        assert (run.code, run.counts) == (plain.code, plain.counts)
    assert run.reasons == {"test_notes.txt": "not-a-test-module: DoctestTextfile"}
    assert run.numbers == (2, 1, 1)
    plain = project.plain("--doctest-modules")
    for _ in range(2):
        run = project.run("--doctest-modules")
        assert (run.code, run.counts) == (plain.code, plain.counts)
    assert run.numbers == (3, 1, 1) and list(run.reasons) == ["test_notes.txt"], run.said
    for name, old, new in (("product.py", "return 1", "return 2"), ("test_both.py", ">>> 1", ">>> 2")):
        project.edit(name, old, new)
        run = project.run("--doctest-modules")
        assert run.counts == project.plain("--doctest-modules").counts and run.code == 1, run.said
        project.edit(name, new, old)
        assert project.run("--doctest-modules").numbers == (3, 1, 1)


def test_reports_for_plugins(project: Project) -> None:
    """A conftest that listens gets every report; one that looks at the terminal's stats sees them all."""
    listener = """
        import json
        import os
        import pathlib

        HEARD = []

        def pytest_runtest_logreport(report):
            HEARD.append([report.nodeid, report.when, report.outcome])

        def pytest_terminal_summary(terminalreporter):
            stats = {
                key: sorted([r.nodeid, getattr(r, "when", None), r.outcome] for r in reports)
                for key, reports in terminalreporter.stats.items()
                if key in ("passed", "skipped", "xfailed", "xpassed")
            }
            pathlib.Path(os.environ["HEARD"]).write_text(json.dumps([sorted(HEARD), stats]))
    """
    project.write({**KINDS, "conftest.py": KINDS["conftest.py"] + listener})
    heard = [project.home / name for name in ("plain.json", "cold.json", "warm.json")]
    project.plain(HEARD=str(heard[0]))
    project.run(HEARD=str(heard[1]))
    for _ in range(2):
        warm = project.run(HEARD=str(heard[2]))
        assert not warm.bodies
        assert heard[2].read_text() == heard[1].read_text() == heard[0].read_text()


def test_stats_without_a_listener(project: Project) -> None:
    """The same where nobody listens to reports and they are made only when looked at."""
    looks = """
        import json
        import os
        import pathlib

        def pytest_terminal_summary(terminalreporter):
            stats = {
                key: sorted([r.nodeid, r.when, r.outcome, r.duration > 0, bool(r.keywords)] for r in reports)
                for key, reports in terminalreporter.stats.items()
                if key in ("passed", "xfailed", "xpassed")
            }
            pathlib.Path(os.environ["HEARD"]).write_text(json.dumps(stats))
    """
    project.write({**KINDS, "conftest.py": KINDS["conftest.py"] + looks})
    heard = [project.home / name for name in ("plain.json", "warm.json")]
    project.plain(HEARD=str(heard[0]))
    project.run(HEARD=str(heard[1]))
    for _ in range(2):
        warm = project.run(HEARD=str(heard[1]))
        assert not warm.bodies and heard[1].read_text() == heard[0].read_text()


def test_what_a_plugin_may_do_with_a_report(project: Project) -> None:
    """Of those in the terminal's stats, too: they are reports by their class, can be copied, kept and written on."""
    looks = """
        import copy, pickle, pytest

        def pytest_terminal_summary(terminalreporter, config):
            for report in terminalreporter.getreports("passed"):
                assert isinstance(report, pytest.TestReport) and report == report and report in {report}
                assert config.hook.pytest_report_to_serializable(config=config, report=report)["nodeid"]
                assert copy.copy(report).nodeid == copy.deepcopy(report).nodeid == report.nodeid
                assert pickle.loads(pickle.dumps(report)).when == "call"
                report.slow = True
                assert report.slow and report.__dict__["when"] and "TestReport" in repr(report)
                print("looked at", report.nodeid)
    """
    project.write({"test_a.py": "def test_a():\n    pass\n\ndef test_b():\n    pass\n", "conftest.py": looks})
    for run in (project.run("-s"), project.run("-s"), project.run("-s")):
        assert run.code == 0 and run.out.count("looked at test_a.py::test_") == 2, run.said


def test_nested_conftest_hooks_are_called(project: Project) -> None:
    """A conftest below that defines session or summary hooks is heard although all below it is cached."""
    project.write(
        {
            "sub/conftest.py": """
                def pytest_terminal_summary(terminalreporter):
                    terminalreporter.write_line("sub: summary")

                def pytest_sessionfinish(session, exitstatus):
                    print("sub: finish", session.testscollected)
            """,
            "sub/test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    pass\n",
        }
    )
    plain = project.plain()
    assert "sub: summary" in plain.out and "sub: finish 2" in plain.out
    project.run()
    for _ in range(2):
        run = project.run()
        assert not run.bodies and "sub: summary" in run.out and "sub: finish 2" in run.out, run.out


def test_conftest_that_changes_the_collection(project: Project) -> None:
    """Deselecting by a hook is ``deselected``; added skip marks are replayed as skips."""
    project.write(
        {
            "conftest.py": """
                import pytest

                def pytest_collection_modifyitems(config, items):
                    for item in items:
                        if "slow" in item.name:
                            item.add_marker(pytest.mark.skip(reason="slow"))
            """,
            "test_a.py": "def test_fast():\n    pass\n\ndef test_slow():\n    pass\n",
        }
    )
    cold, _ = project.cold_and_warm("-rs")
    assert cold.counts == {"passed": 1, "skipped": 1}
    project.write(
        {
            "conftest.py": """
                import os

                def pytest_collection_modifyitems(config, items):
                    gone = [item for item in items if "slow" in item.name and "ALL" not in os.environ]
                    items[:] = [item for item in items if item not in gone]
                    config.hook.pytest_deselected(items=gone)
            """,
        }
    )
    first = project.run()
    assert first.counts == {"passed": 1, "deselected": 1}
    assert first.refused == {"test_a.py": "deselected: test_a.py::test_slow"}
    assert project.run(ALL="1").counts == {"passed": 2}


def test_who_takes_tests_away_may_have_looked_at_all(project: Project) -> None:
    """Every other test of the collection: with a module missing it would be others. So nothing is stored, unless
    the ini file says that each test is judged by itself."""
    project.write(
        {
            "conftest.py": """
                def pytest_addoption(parser):
                    parser.addoption("--part", type=int)

                def pytest_collection_modifyitems(config, items):
                    if config.option.part is not None:
                        items[:] = items[config.option.part::2]
            """,
            "test_a.py": "def test_1():\n    pass\n",
            "test_b.py": "def test_2():\n    pass\n\ndef test_3():\n    pass\n\ndef test_4():\n    pass\n",
        }
    )
    project.cold_and_warm()
    parts = [project.run(f"--part={part}") for part in (0, 0, 1, 1)]
    assert [sorted(run.bodies) for run in parts] == [["test_a.py::test_1", "test_b.py::test_3"]] * 2 + [
        ["test_b.py::test_2", "test_b.py::test_4"]
    ] * 2, "each test in one part, whatever ran before"
    assert parts[1].reasons["test_a.py"] == "deselected: test_b.py::test_2"
    assert parts[1].out.count("took tests away (test_b.py::test_2)") == 1
    project.write({"pytest.ini": "[pytest]\ngocache_allow = deselection\n"})
    trusted = [project.run("--part=0") for _ in range(2)]
    assert "took tests away" not in trusted[0].out and trusted[0].numbers == (0, 2, 1), trusted[0].out
    assert trusted[1].modules == {"test_b.py"}
    project.write({"pytest.ini": "[pytest]\n"})
    assert project.run("--part=0").reasons["test_a.py"].startswith("deselected")


def test_items_that_a_conftest_adds(project: Project) -> None:
    """A test that is put in twice is shown twice, so it runs; one that is made up is kept like any other."""
    project.write(
        {
            "conftest.py": """
                def pytest_collection_modifyitems(items):
                    items += [item for item in items if item.path.name == "test_b.py"]
                    for item in [item for item in items if item.name == "test_a"]:
                        items.append(type(item).from_parent(item.parent, name="test_again", callobj=item.obj))
            """,
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    pass\n",
        }
    )
    plain, first, second = project.plain(), project.run(), project.run()
    assert plain.counts == first.counts == second.counts == {"passed": 4}, second.out
    assert second.modules == {"test_b.py"} and "collected-twice" in second.reasons["test_b.py"]


def test_a_plugin_reads_the_junit_and_the_cache_dir(kinds: Project) -> None:
    """pytest's own cache of node ids and ``--nf`` work as before."""
    kinds.run("-pcacheprovider")
    warm = kinds.run("-pcacheprovider")
    assert not warm.bodies
    plain = kinds.plain("-pcacheprovider", "--nf")
    assert kinds.run("-pcacheprovider", "--nf").counts == plain.counts


def test_pytests_node_ids(project: Project) -> None:
    """A run that collects nothing that is new leaves pytest's list of node ids alone; every other one writes it."""
    project.write({"test_a.py": "def test_a(): pass\n", "test_b.py": "def test_b(): pass\n"})
    ids = project.root / ".pytest_cache/v/cache/nodeids"
    project.cold_and_warm("-pcacheprovider")
    known = ids.read_text()
    assert "test_a.py::test_a" in known and "test_b.py::test_b" in known
    ids.write_text('["kept"]')
    assert project.run("-pcacheprovider").numbers == (2, 0, 0)
    assert ids.read_text() == '["kept"]'
    assert project.run("-pcacheprovider", "--nf").numbers == (2, 0, 0)
    assert '"kept"' in ids.read_text() and ids.read_text() != '["kept"]'
    ids.write_text(known)
    project.edit("test_b.py", "test_b()", "test_c()")
    assert project.run("-pcacheprovider").modules == {"test_b.py"}
    assert "test_c" in ids.read_text()
    ids.write_text('["kept", "test_a.py::test_a", "test_b.py::test_c"]')
    project.edit("test_b.py", "pass", "pass; pass")
    assert project.run("-pcacheprovider").modules == {"test_b.py"}
    assert ids.read_text() == '["kept", "test_a.py::test_a", "test_b.py::test_c"]'
    project.write({"note.py": ""})
    assert project.run("-pcacheprovider").numbers == (2, 0, 0)
    assert ids.read_text() == '["kept", "test_a.py::test_a", "test_b.py::test_c"]'
    project.edit("test_b.py", "test_c()", "test_ä()")
    assert project.run("-pcacheprovider").modules == {"test_b.py"}
    assert json.loads(ids.read_text()) == ["kept", "test_a.py::test_a", "test_b.py::test_c", "test_b.py::test_ä"]


def test_the_screen_is_as_without_the_cache(project: Project) -> None:
    """Line by line and in order, cached whole (twice) and in part. ``tests/fidelity`` has all styles and plugins."""
    project.write(
        {
            "old.py": "import warnings\n\nwarnings.warn('old', DeprecationWarning)\n",
            "sub/test_below.py": "def test_below():\n    pass\n",
            "test_above.py": "import old\n\ndef test_above():\n    pass\n",
            "test_beside.py": "import old\n\ndef test_beside():\n    pass\n",
        }
    )
    for number, style in enumerate(((), ("-qq",), ("-v",), ("-oconsole_output_style=count",))):
        plain = on_screen(project.plain(*style).out)
        for _ in range(2):
            assert on_screen(project.run(*style).out) == plain
        project.edit("test_above.py", "pass", f"assert {number + 1}; pass")
        assert on_screen(project.run(*style).out) == plain


def on_screen(out: str) -> list[str]:
    lines = [" ".join(re.sub(r"\(cached\)|\d+\.\d+s", "", line).split()) for line in out.splitlines()]
    return [re.sub(r"={3,}", "=", line) for line in lines if line and not line.startswith("gocache")]
