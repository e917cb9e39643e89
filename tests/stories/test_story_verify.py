"""``--gocache-verify``: hits are run all the same, and compared."""

from __future__ import annotations

import pytest
from playground import Project

XDIST = ("-pxdist", "-pxdist.looponfail", "-n2")
HIDDEN = """
    import ctypes, os

    def test_hidden():
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_char_p
        assert libc.getenv(b"HIDDEN") != b"bad"

    def test_other():
        pass
"""
"""What nobody sees being read: the one way to a false hit."""
SKIPS = """
    import ctypes
    import pytest

    def test_skips():
        libc = ctypes.CDLL(None)
        libc.getenv.restype = ctypes.c_char_p
        if libc.getenv(b"HIDDEN") == b"bad":
            pytest.skip("hidden")
"""
GOOD = "def test_good():\n    pass\n"


def test_nothing_is_false(shop: Project) -> None:
    """Every hit runs, and ends as it was stored."""
    cold = shop.run()
    run = shop.run("--gocache-verify")
    assert run.code == 0 and sorted(run.bodies) == sorted(cold.bodies) and run.counts == cold.counts, run.said
    assert set(run.reasons.values()) == {"verified: --gocache-verify"}
    assert "gocache: verified 3 cached modules: 0 false (0 %, 95 % interval 0-56 %)" in run.out
    assert not shop.run().bodies
    assert "verified 0 cached modules" in shop.run("--gocache-verify", "--gocache-dir", str(shop.home / "new")).out


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_a_false_hit(project: Project, workers: tuple[str, ...]) -> None:
    """It is told with what it was taken to depend on, and taken back."""
    project.write({"test_hidden.py": HIDDEN, "test_good.py": GOOD})
    project.cold_and_warm(*workers)
    assert not project.run(*workers, HIDDEN="bad").bodies, "that it is hidden"
    run = project.run(*workers, "--gocache-verify", HIDDEN="bad")
    assert run.code == 1 and len(run.bodies) == 3, run.said
    told = "false hit: test_hidden.py::test_hidden: passed when it was stored, failed now"
    assert told in run.out and "gocache: test_hidden.py was taken to depend on:" in run.out
    assert "gocache: verified 2 cached modules: 1 false (50 %, 95 % interval 9.5-91 %)" in run.out
    assert project.run(*workers).modules == {"test_hidden.py"}


def test_another_end_that_is_no_failure(project: Project) -> None:
    """Exit code 1 all the same; what it gave now is stored in its place."""
    project.write({"test_skips.py": SKIPS})
    project.cold_and_warm()
    run = project.run("--gocache-verify", HIDDEN="bad")
    assert run.code == 1 and run.counts == {"skipped": 1}, run.said
    assert "false hit: test_skips.py::test_skips: passed when it was stored, skipped now" in run.out
    run = project.run(HIDDEN="bad")
    assert not run.bodies and run.counts == {"skipped": 1}


def test_a_part(shop: Project) -> None:
    """Of a percentage some run; the rest is replayed as ever."""
    shop.run()
    for _ in range(200):
        run = shop.run("--gocache-verify=50")
        verified = set(run.reasons)
        assert run.modules == verified and run.code == 0 and run.counts == {"passed": 4}
        if 0 < len(verified) < 3:
            return
    raise AssertionError("never a part")


def test_parts_of_modules(project: Project) -> None:
    """What was not asked for is not missed, and what was interrupted is not judged."""
    two = "def test_a():\n    pass\n\ndef test_b():\n    pass\n"
    project.write({"test_a.py": two, "test_z.py": two})
    project.run()
    assert "verified 1 cached module: 0 false" in project.run("--gocache-verify=100", "test_a.py::test_b").out
    assert "verified 2 cached modules: 0 false" in project.run("--gocache-verify", "-k", "test_b").out
    project.write({"test_b.py": HIDDEN})
    project.run()
    run = project.run("--gocache-verify", "-x", HIDDEN="bad")
    assert run.code == 1 and "verified 2 cached modules: 1 false" in run.out
    assert "1 did not run to the end" in run.out and "test_other" not in run.out


@pytest.mark.parametrize("wrong", ["0", "101", "x", "tests"])
def test_misuse(project: Project, wrong: str) -> None:
    """One line that says what is wrong."""
    project.write({"test_a.py": GOOD})
    run = project.run("--gocache-verify", wrong)
    assert run.code == 4 and "--gocache-verify takes a percentage above 0 and up to 100" in run.err
    assert "Traceback" not in run.said
    both = project.run("--gocache-verify", "--count=2")
    assert both.code == 4 and "give one of them" in both.err


def test_it_switches_the_cache_on(project: Project) -> None:
    """And ``--no-gocache`` has the last word."""
    project.write({"test_a.py": GOOD})
    project.run()
    assert "verified 1 cached module" in project.plain("--gocache-verify").out
    assert "gocache:" not in project.plain("--gocache-verify", "--no-gocache").out


def test_outside_rootdir(shop: Project) -> None:
    """Where only pytest knows the node ids."""
    (shop.home / "elsewhere").mkdir()
    args = ("--rootdir", str(shop.home / "elsewhere"), "-c", "pytest.ini", "tests")
    shop.cold_and_warm(*args)
    run = shop.run("--gocache-verify=100", *args)
    assert "verified 3 cached modules: 0 false" in run.out and len(run.bodies) == 4, run.out


def test_subtests(project: Project) -> None:
    """They are as often as they are."""
    text = """
        import unittest

        class TestOld(unittest.TestCase):
            def test_it(self):
                for i in range(3):
                    with self.subTest(i=i):
                        pass
    """
    project.write({"test_a.py": text})
    project.run()
    assert "1 cached module: 0 false" in project.run("--gocache-verify").out
