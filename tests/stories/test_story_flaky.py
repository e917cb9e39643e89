"""A module that failed with nothing changed is kept out of the cache until it can be trusted again.

What makes it fail is asked of a server on this machine: nobody can see that coming.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
from playground import Project, Run, some

FLAKY = """
    import socket

    def test_flaky():
        with socket.create_connection(("127.0.0.1", PORT)) as client:
            assert client.recv(1) == b"y"

    def test_steady():
        pass
"""
TOLD = "failed with nothing changed since it passed: flaky? Kept out of the cache until it has passed 3 times in a row"


class Weather:
    """Answers ``y`` or ``n`` to whoever asks; ``says`` are the answers to come, the last one for ever."""

    def __init__(self) -> None:
        self.says = "y"
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            with client:
                client.sendall(self.says[0].encode())
            self.says = self.says[1:] or self.says


@pytest.fixture
def weather() -> Iterator[Weather]:
    weather = Weather()
    yield weather
    weather.server.close()


@pytest.fixture
def flaky(project: Project, weather: Weather) -> Project:
    """A flaky module and a steady one, both cached."""
    text = FLAKY.replace("PORT", str(weather.port))
    project.write({"test_flaky.py": text, "test_good.py": "def test_good():\n    pass\n"})
    project.cold_and_warm()
    return project


def told(run: Run) -> list[str]:
    """The lines that tell of flakes."""
    return [line for line in run.out.splitlines() if "flaky?" in line]


def test_a_failure_with_nothing_changed(flaky: Project, weather: Weather) -> None:
    """Told in one line, with and without --gocache-explain; stored again after three passes in a row."""
    weather.says = "n"
    run = flaky.plain("--gocache", "--count=1")
    assert run.code == 1 and told(run) == [f"gocache: test_flaky.py {TOLD}"], run.out
    weather.says = "y"
    reason = "failed: test_flaky.py::test_flaky"
    for passed in (1, 2):
        run = flaky.run()
        assert run.modules == {"test_flaky.py"} and run.reasons == {"test_flaky.py": reason}
        reason = f"flaky: passed {passed} of 3 times"
        assert run.refused.get("test_flaky.py", reason) == reason and not told(run), run.out
    third = flaky.run()
    assert third.reasons == {"test_flaky.py": reason} and not third.refused and third.numbers == (1, 1, 0)
    for _ in range(2):
        assert not flaky.run().bodies


def test_another_failure_starts_anew(flaky: Project, weather: Weather) -> None:
    """Three in a row, not three in all. The failure is told as flaky once: then nothing is stored to compare."""
    weather.says = "n"
    assert len(told(flaky.run("--count=1"))) == 1
    weather.says = "yyny"
    flaky.run()
    assert flaky.run().refused == {"test_flaky.py": "flaky: passed 2 of 3 times"}
    failed = flaky.run()
    assert failed.code == 1 and not told(failed)
    for passed in (1, 2, 3):
        refused = flaky.run().refused
        assert refused.get("test_flaky.py") == (None if passed == 3 else f"flaky: passed {passed} of 3 times")
    assert not flaky.run().bodies


def test_an_edit_is_another_matter(flaky: Project, weather: Weather) -> None:
    """Who edits the module has repaired it, perhaps: a pass is stored at once. The old text is as it was."""
    weather.says = "n"
    flaky.run("--count=1")
    weather.says = "y"
    flaky.edit("test_flaky.py", "pass", "assert 1")
    flaky.cold_and_warm()
    flaky.edit("test_flaky.py", "assert 1", "pass")
    assert flaky.run().refused == {"test_flaky.py": "flaky: passed 1 of 3 times"}


def test_a_failure_because_of_an_input(flaky: Project) -> None:
    """It fails, for what it reads has changed: no flake, and back with the input it is a hit."""
    flaky.write({"data.txt": "1", "test_data.py": "def test_data():\n    assert open('data.txt').read() == '1'\n"})
    flaky.run()
    flaky.write({"data.txt": "2"})
    run = flaky.run()
    assert run.code == 1 and not told(run)
    flaky.write({"data.txt": "1"})
    assert not flaky.run().bodies


@pytest.mark.parametrize("workers", some([(), ("-p", "xdist", "-n2", "--dist=loadfile")], 1))
def test_repetitions_count(flaky: Project, weather: Weather, workers: tuple[str, ...]) -> None:
    """``--count=3`` that passes three times is enough; one that fails once is a flake like any other."""
    if workers:
        pytest.importorskip("xdist")
    flaky.cold_and_warm(*workers[:2])
    weather.says = "yny"
    run = flaky.run("--count=3", *workers)
    assert run.code == 1 and told(run) == [f"gocache: test_flaky.py {TOLD}"], run.out
    assert flaky.run("--count=2", *workers).refused == {"test_flaky.py": "flaky: passed 2 of 3 times"}
    assert not flaky.run("--count=3", *workers).refused
    assert not flaky.run(*workers).bodies


def test_repetitions_that_were_cut_short(flaky: Project, weather: Weather) -> None:
    """Only what really ran counts."""
    weather.says = "n"
    flaky.run("--count=1")
    weather.says = "y"
    flaky.write({"test_z.py": "def test_z():\n    assert 0\n"})
    run = flaky.run("--count=3", "-x")
    assert run.refused["test_flaky.py"] == "flaky: passed 1 of 3 times", run.out


def test_a_part_of_a_flaky_module(flaky: Project, weather: Weather) -> None:
    """One test of it, asked for by name, is not answered from the cache either."""
    weather.says = "n"
    flaky.run("--count=1")
    weather.says = "y"
    one = "test_flaky.py::test_flaky"
    for passed in (1, 2):
        assert flaky.run(one).refused == {"test_flaky.py": f"flaky: passed {passed} of 3 times"}
    assert not flaky.run(one).refused and not flaky.run(one).bodies
    assert flaky.run().modules == {"test_flaky.py"}, "the whole has not passed yet"


def test_many_flakes_in_one_line(project: Project, weather: Weather) -> None:
    """Five modules that fail together, say, for want of a service."""
    text = FLAKY.replace("PORT", str(weather.port))
    project.write({f"test_{letter}.py": text for letter in "abcde"})
    project.run()
    weather.says = "n"
    run = project.run("--count=1")
    assert told(run) == [f"gocache: test_a.py (and 4 more) {TOLD}"], run.out
