"""What failed, was interrupted or was disturbed is never stored."""

from __future__ import annotations

import os
import re
import sys

import pytest
from playground import Project

GOOD = "def test_good():\n    pass\n"


def test_failures_run_again(project: Project) -> None:
    """A failing module runs each time and says so; the others stay cached."""
    project.write(
        {
            "test_bad.py": "def test_ok():\n    pass\n\ndef test_bad():\n    assert 0\n",
            "test_error.py": """
                import pytest

                @pytest.fixture
                def broken():
                    raise ValueError

                def test_error(broken):
                    pass
            """,
            "test_good.py": GOOD,
            "test_teardown.py": """
                import pytest

                @pytest.fixture
                def leaves():
                    yield
                    raise ValueError

                def test_leaves(leaves):
                    pass
            """,
        }
    )
    cold = project.run()
    assert cold.code == 1 and cold.numbers == (0, 4, 3) and "3 not cacheable (failed: 3)" in cold.out
    for _ in range(2):
        again = project.run()
        assert again.code == 1 and again.counts == cold.counts == {"failed": 1, "passed": 3, "error": 2}
        assert again.reasons == {
            "test_bad.py": "failed: test_bad.py::test_bad",
            "test_error.py": "failed: test_error.py::test_error",
            "test_teardown.py": "failed: test_teardown.py::test_leaves",
        }
        assert again.numbers == (1, 3, 3)


def test_broken_module_does_not_import(project: Project) -> None:
    """An import error is a ``collect-error`` each time; mended, it runs."""
    project.write({"test_bad.py": "import absent_module\n" + GOOD, "test_good.py": GOOD})
    for _ in range(2):
        run = project.run("--continue-on-collection-errors")
        assert run.code == 1
        assert run.reasons["test_bad.py"].startswith(("no-record", "collect-error"))
    assert run.reasons == {"test_bad.py": "collect-error: test_bad.py"} and run.numbers == (1, 1, 1)
    stopped = project.run()
    plain = project.plain()
    assert stopped.code == plain.code == 2 and stopped.counts == plain.counts
    project.write({"test_bad.py": GOOD})
    assert project.run().modules == {"test_bad.py"}


def test_failure_under_other_inputs(project: Project) -> None:
    """A failure for what is read leaves the pass under other values alone. (Of the same: ``test_story_flaky.py``.)"""
    project.write(
        {
            "test_flaky.py": "import os\n\ndef test_flaky():\n    assert 'FLAKE' not in os.environ\n",
            "test_good.py": GOOD,
        }
    )
    project.cold_and_warm()
    for args in ((), ("--count=1",)):
        run = project.run(*args, FLAKE="1")
        assert run.code == 1 and "flaky?" not in run.out, run.out
        assert not project.run().bodies


def test_interrupted(project: Project) -> None:
    """After Ctrl-C in the second module, the first is stored, the second and third are not."""
    project.write(
        {
            "test_a.py": GOOD,
            "test_b.py": """
                import os

                def test_b1():
                    pass

                def test_b2():
                    if os.environ.get('STOP'):
                        raise KeyboardInterrupt

                def test_b3():
                    pass
            """,
            "test_c.py": GOOD,
        }
    )
    stopped = project.run(STOP="1")
    assert stopped.code == 2 and stopped.numbers is not None and stopped.numbers[0] == 0
    after = project.run()
    assert after.code == 0 and after.modules == {"test_b.py", "test_c.py"}, after.said
    assert not project.run().bodies


def test_pytest_exit_and_internal_stop(project: Project) -> None:
    """``pytest.exit`` in a test stops the run; what was whole is stored."""
    project.write(
        {
            "test_a.py": GOOD,
            "test_b.py": """
                import os
                import pytest

                def test_b():
                    if os.environ.get('STOP'):
                        pytest.exit('enough', 7)
            """,
        }
    )
    assert project.run(STOP="1").code == 7
    assert project.run().modules == {"test_b.py"}


def test_x_and_maxfail(project: Project) -> None:
    """``-x`` stops at the first failure; modules cut short are not stored; exit codes are pytest's."""
    project.write(
        {
            "test_a.py": GOOD,
            "test_b.py": """
                def test_b1():
                    assert 0

                def test_b2():
                    assert 0

                def test_b3():
                    pass
            """,
            "test_c.py": GOOD,
        }
    )
    for args, failed in ((("-x",), 1), (("--maxfail=2",), 2)):
        for _ in range(2):
            run, plain = project.run(*args), project.plain(*args)
            assert run.code == plain.code == 1 and run.counts.get("failed") == failed
            assert "stopping after" in run.out
            assert run.modules == (
                {"test_a.py", "test_b.py"} if run.reasons.get("test_a.py") else {"test_b.py"}
            )
    assert project.run().modules == {"test_b.py", "test_c.py"}
    # What is cached lies before and after; -x leaves out what would come after, as pytest does.
    run, plain = project.run("-x"), project.plain("-x")
    assert run.counts == plain.counts, (run.out, plain.out)
    # All passed and cached: -x changes nothing.
    project.remove("test_b.py")
    run = project.run("-x")
    assert not run.bodies and run.counts == {"passed": 2}


def test_wide_fixtures_that_fail_in_teardown(project: Project) -> None:
    """Nobody who used the fixture is stored, wherever its teardown happened."""
    project.write(
        {
            "conftest.py": """
                import pytest

                @pytest.fixture(scope="session")
                def shared():
                    yield 1
                    raise ValueError("late")
            """,
            "test_a.py": "def test_a(shared):\n    pass\n",
            "test_b.py": "def test_b(shared):\n    pass\n",
            "test_c.py": GOOD,
            "test_m.py": """
                import pytest

                @pytest.fixture(scope="module")
                def own():
                    yield 1
                    raise ValueError("own")

                @pytest.fixture(scope="class")
                def of_class():
                    yield 1

                class TestOwn:
                    def test_own(self, own, of_class):
                        pass

                def test_after():
                    pass
            """,
        }
    )
    cold = project.run()
    assert cold.code == 1
    again = project.run()
    assert again.code == 1
    assert {"test_a.py", "test_b.py", "test_m.py"} <= again.modules, again.out
    assert set(again.reasons.values()) == {"failed: teardown at test_m.py::test_after"} or all(
        reason.startswith("failed") for reason in again.reasons.values()
    ), again.reasons


def test_warning_as_error_and_unraisable(project: Project) -> None:
    """``-W error`` is another key; a pass without it says nothing about a run with it."""
    project.write({"test_w.py": "import warnings\n\ndef test_w():\n    warnings.warn('careful')\n"})
    cold, warm = project.cold_and_warm()
    assert warm.counts == cold.counts == {"passed": 1, "warning": 1}
    run = project.run("-W", "error")
    assert run.code == 1 and run.reasons == {"test_w.py": "flags-changed: -W error"}
    assert not project.run().bodies


@pytest.mark.parametrize("last", [True, False])
def test_source_edited_during_the_run(project: Project, last: bool) -> None:
    """A product file edited while the run lasts: ``too-new``, not stored, and runs again."""
    writes = """
        import os, pathlib

        def test_writes():
            if os.environ.get('EDIT'):
                pathlib.Path('prod.py').write_text('A = 2\
        ')
    """
    project.write(
        {
            "prod.py": "A = 1\n",
            "pytest.ini": "[pytest]\npythonpath = .\n",
            ("test_z.py" if last else "test_a.py"): writes,
            "test_m.py": "def test_m():\n    import prod\n    assert prod.A\n",
        }
    )
    run = project.run(EDIT="1")
    assert run.refused.get("test_m.py") == "too-new: import prod.py", run.out
    again = project.run()
    assert "test_m.py" in again.modules


def test_data_edited_during_the_run(project: Project) -> None:
    """A data file that changes after it was read makes the module that read it ``too-new``."""
    project.write(
        {
            "data.txt": "1",
            "test_a.py": """
                import pathlib

                def test_a():
                    assert pathlib.Path('data.txt').read_text() == '1'
            """,
            "test_b.py": """
                import os, pathlib

                def test_b():
                    if os.environ.get('EDIT'):
                        pathlib.Path('data.txt').write_text('2')
            """,
        }
    )
    run = project.run(EDIT="1")
    assert run.refused["test_a.py"] == "too-new: open data.txt", run.out
    assert project.run().code == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_process_dies(project: Project) -> None:
    """A process that dies leaves no half truth."""
    project.write(
        {
            "test_a.py": GOOD,
            "test_b.py": "import os\n\ndef test_b():\n    if os.environ.get('DIE'):\n        os._exit(9)\n",
        }
    )
    assert project.run(DIE="1").code == 9
    run = project.run()
    assert run.code == 0 and "test_b.py" in run.modules
    assert not project.run().bodies


BAD = "def test_z_ok():\n    pass\n\ndef test_z():\n    assert 0\n"


def order_of(out: str) -> list[str]:
    """The tests in the order in which they were told, without our mark."""
    return re.findall(r"^(\S+::\S+ [A-Z]+)", out, re.MULTILINE)


@pytest.mark.parametrize("options", [("--ff",), ("--nf",), ("--ff", "-x"), ("--nf", "-x"), ("--ff", "--nf")], ids=str)
def test_what_pytest_puts_first(project: Project, options: tuple[str, ...]) -> None:
    """Failed or new tests come before what is replayed; with ``-x`` nothing is, where they fail."""
    project.write({"test_a.py": GOOD, "test_m.py": GOOD, "test_z.py": BAD})
    project.run("-pcacheprovider")
    for at, name in enumerate(("test_m.py", "test_z.py", "test_a.py")):
        os.utime(project.root / name, (1_000_000_000 + at, 1_000_000_000 + at))
    if "--nf" in options:
        project.write({"test_n.py": "def test_n():\n    assert 0\n"})
    books = project.root / ".pytest_cache" / "v" / "cache"
    kept = {path.name: path.read_text() for path in books.iterdir()}
    ours = project.run("-v", *options, "-pcacheprovider")
    for name, text in kept.items():
        (books / name).write_text(text)
    plain = project.plain("-v", *options, "-pcacheprovider")
    assert order_of(ours.out) == order_of(plain.out) and ours.counts == plain.counts, (ours.out, plain.out)


def test_what_failed_and_is_cached_again_is_told_first(project: Project) -> None:
    """Taken back to what passed, it is replayed where ``--ff`` would run it; then pytest does not call it failed."""
    files = {"test_a.py": GOOD, "test_m.py": GOOD, "test_z.py": GOOD}
    project.write(files)
    project.run("-pcacheprovider")
    project.write({"test_m.py": BAD.replace("_z", "_m"), "test_z.py": BAD})
    project.run("-pcacheprovider")
    project.write({"test_m.py": GOOD})
    run = project.run("-v", "--ff", "-x", "-pcacheprovider")
    told = [line.partition("::")[0] for line in order_of(run.out)]
    assert told == ["test_m.py", "test_z.py"] and run.modules == {"test_z.py"}
    assert "test_m.py" not in (project.root / ".pytest_cache" / "v" / "cache" / "lastfailed").read_text()
