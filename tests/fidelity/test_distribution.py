"""Every way of pytest-xdist to distribute tests: told as without the cache, shared with serial runs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playground import Host, Project, Run, junit, suite

pytest.importorskip("xdist")
pytestmark = pytest.mark.fidelity

WAYS = {
    "load": ("-n2", "--dist=load", "--maxschedchunk=1"),
    "loadscope": ("-n2", "--dist=loadscope"),
    "loadfile": ("-n2", "--dist=loadfile"),
    "loadgroup": ("-n2", "--dist=loadgroup"),
    "worksteal": ("-n2", "--dist=worksteal"),
    "no, which -n makes load": ("-n2", "--dist=no"),
    "maxprocesses": ("-n3", "--maxprocesses=1"),
    "n0": ("-n0",),
    "tx": ("-d", "--tx=2*popen"),
    "tx without -d": ("--tx=2*popen",),
    "importlib": ("-n2", "--import-mode=importlib"),
}

FILES = {
    "pytest.ini": "[pytest]\njunit_family = xunit1\n",
    "product.py": "import pathlib\n\nAT_IMPORT = pathlib.Path(__file__).with_name('at_import.txt').read_text()\n",
    "at_import.txt": "i",
    "conftest.py": """
        import pathlib
        import sys

        import pytest

        HERE = pathlib.Path(__file__).parent
        sys.path.insert(0, str(HERE))

        @pytest.fixture(scope="session")
        def wide():
            return (HERE / "wide.txt").read_text()
    """,
    "wide.txt": "w",
    "test_many.py": """
        import pathlib

        import pytest

        HERE = pathlib.Path(__file__).parent

        @pytest.mark.parametrize("n", range(8))
        def test_each_reads_its_own(n):
            assert (HERE / "data" / f"{n}.txt").read_text() == str(n)

        class TestOthers:
            @pytest.mark.xdist_group("one")
            def test_grouped(self):
                pass

            @pytest.mark.skip(reason="not here")
            def test_skipped(self):
                pass
    """,
    **{f"data/{n}.txt": str(n) for n in range(8)},
    "test_wide.py": "def test_wide(wide):\n    assert wide == 'w'\n\ndef test_other():\n    pass\n",
    "test_imports.py": "import product\n\ndef test_imports():\n    assert product.AT_IMPORT == 'i'\n",
    "test_fails.py": "def test_passes():\n    pass\n\ndef test_fails():\n    assert 0\n",
    "test_whole_skip.py": "import pytest\n\npytest.skip('all of it', allow_module_level=True)\n",
}


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory, host: Host) -> Project:
    project = Project(tmp_path_factory.mktemp("distribution"), host)
    project.write(FILES)
    return project


def told(project: Project, run: Run) -> object:
    path = project.home / "j.xml"
    return run.code, run.counts, junit(path), suite(path)


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_told_alike_and_shared(project: Project, way: tuple[str, ...]) -> None:
    options = ("-p", "xdist", *way, f"--junitxml={project.home / 'j.xml'}")
    plain = told(project, project.plain(*options))
    assert told(project, project.run(*options)) == plain
    for _ in range(2):
        warm = project.run(*options)
        assert warm.modules == {"test_fails.py"} and told(project, warm) == plain, warm.said
    same = [each for each in way if each.startswith("--import")]
    serial = project.run("-p", "xdist", *same)
    assert serial.modules == {"test_fails.py"}, serial.reasons
    # What was read anywhere counts: by one test of those that were spread out, at import, in a wide fixture.
    for name, module in (
        ("data/6.txt", "test_many.py"),
        ("at_import.txt", "test_imports.py"),
        ("wide.txt", "test_wide.py"),  # read by a conftest: by everyone below it
    ):
        was = (project.root / name).read_text()
        project.write({name: "other"})
        run = project.run(*options)
        assert module in run.modules and run.counts["failed"] == 2, (name, run.said)
        assert name == "wide.txt" or run.modules == {"test_fails.py", module}
        project.write({name: was})
        assert project.run(*options).modules == {"test_fails.py"}
    # Each in its order.
    order = [body for body in serial_order(project) if body.startswith("test_many")]
    project.run(*options, "-v", "--count=1")
    replayed = project.run(*options, "-v", "--deselect=test_fails.py")
    assert [name for name in replayed.verdicts() if name.startswith("test_many") and "skipped" not in name] == order


def serial_order(project: Project) -> tuple[str, ...]:
    return project.plain("-p", "xdist").bodies


def test_stopping(project: Project) -> None:
    """``-x`` and ``--maxfail`` stop as they do without the cache; what ran whole before may be stored, no more."""
    for stop in ("-x", "--maxfail=1", "--maxfail=2"):
        plain = project.plain("-p", "xdist", "-n2", stop)
        for _ in range(2):
            run = project.run("-p", "xdist", "-n2", stop)
            assert run.code == plain.code and run.counts["failed"] == plain.counts["failed"] == 1, run.said
    rest = project.run("-p", "xdist", "-n2")
    assert rest.counts == project.plain("-p", "xdist", "-n2").counts


@pytest.mark.parametrize("option", [("-n2", "--dist=each"), ("--dist=each", "--tx=2*popen")], ids=" ".join)
def test_each_is_off(project: Project, option: tuple[str, ...]) -> None:
    plain = project.plain("-p", "xdist", *option)
    for _ in range(2):
        run = project.run("-p", "xdist", *option)
        assert (run.code, run.counts) == (plain.code, plain.counts) and "gocache: off (--dist each)" in run.out


def while_nothing_is_stolen(run: Callable[[], Run]) -> Run:
    """xdist 3.8 breaks now and then, with the cache and without (3 of 240 runs): it asks a worker that has just died to
    give some of its tests away, in ``send_steal``, and has a BrokenPipeError. Such a run says nothing of ours."""
    done = run()
    for _ in range(2):
        if "INTERNALERROR" not in done.said or "send_steal" not in done.said:
            break
        done = run()
    return done


@pytest.mark.parametrize("dist", ["load", "loadfile", "worksteal"])
@pytest.mark.parametrize("restarts", [0, 4])
def test_lost_workers(project: Project, restarts: int, dist: str) -> None:
    """Whatever ran on a worker that died is not stored; what ran elsewhere may be."""
    if restarts and dist == "loadfile":
        pytest.skip("xdist 3.8 hangs here without the cache, too: it runs the test that crashed again")
    project.remove("test_fails.py")
    project.write(
        {
            "test_dies.py": """
                import os

                def test_before():
                    pass

                def test_dies():
                    if 'DIE' in os.environ:
                        os._exit(9)
            """
        }
    )
    options = ("-p", "xdist", "-n2", f"--dist={dist}", f"--max-worker-restart={restarts}")
    plain = while_nothing_is_stolen(lambda: project.plain(*options, DIE="1"))
    died = while_nothing_is_stolen(lambda: project.run(*options, DIE="1"))
    assert died.code == plain.code == 1 and died.counts["failed"] == plain.counts["failed"] == 1, died.said
    assert died.refused["test_dies.py"].startswith(("failed", "worker-lost")), died.refused
    after = project.run(*options)
    assert after.code == 0 and "test_dies.py" in after.modules, after.said
    lost = {name for name, why in died.refused.items() if why.startswith("worker-lost")}
    assert lost | {"test_dies.py"} <= after.modules
    assert not project.run(*options).bodies
