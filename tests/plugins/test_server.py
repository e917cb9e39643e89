"""A server behind the local store, where tests take sockets, clocks and threads away, some of them for good."""

from __future__ import annotations

import importlib.util

import pytest
from playground import Project
from shelf import Server

pytestmark = pytest.mark.plugins

NO_SOCKETS = """
    import socket, pytest
    from pytest_socket import SocketBlockedError

    def test_no_socket():
        with pytest.raises(SocketBlockedError):
            socket.socket()
"""
FROZEN = """
    import time
    from freezegun import freeze_time

    @freeze_time("2001-02-03")
    def test_frozen():
        assert time.gmtime().tm_year == 2001
"""
FROZEN_FOR_GOOD = """
    import time
    import pytest
    from freezegun import freeze_time

    @pytest.fixture(scope="session", autouse=True)
    def frozen():
        freeze_time("2001-02-03").start()

    def test_frozen():
        assert time.gmtime().tm_year == 2001 and time.monotonic() == time.monotonic()
"""
TRAVELLING = """
    import time
    import time_machine

    traveller = time_machine.travel(0.0, tick=False)

    def test_travels():
        traveller.start()
        assert time.gmtime().tm_year == 1970
"""
GREEN = """
    from gevent import monkey, sleep, spawn
    import socket, threading

    def test_green():
        assert monkey.is_module_patched("socket") and threading.current_thread() is threading.main_thread()
        spawn(sleep, 0.01).join()
"""
LATE = """
    from gevent import monkey
    monkey.patch_all()
"""
TAKEN = """
    import socket, threading, time, select, ssl

    def gone(*_args, **_more):
        raise RuntimeError("nobody may do this in a test")

    def test_takes_all_of_it_away():
        socket.socket.connect = gone
        socket.socket = socket.create_connection = socket.getaddrinfo = gone
        threading.Thread.start = threading.Event.wait = gone
        time.monotonic = time.sleep = gone
"""


@pytest.mark.parametrize(
    ("needs", "load", "text", "conftest"),
    [
        pytest.param("pytest_socket", ("-psocket", "--disable-socket"), NO_SOCKETS, "", id="pytest-socket"),
        pytest.param("pytest_socket", ("-psocket", "--allow-hosts=10.0.0.1"), "", "", id="pytest-socket hosts"),
        pytest.param("freezegun", (), FROZEN, "", id="freezegun"),
        pytest.param("freezegun", (), FROZEN_FOR_GOOD, "", id="freezegun for good"),
        pytest.param("time_machine", (), TRAVELLING, "", id="time-machine for good"),
        pytest.param("gevent", (), GREEN, "from gevent import monkey\nmonkey.patch_all()\n", id="gevent"),
        pytest.param("gevent", (), LATE + GREEN, "", id="gevent late"),
    ],
)
def test_a_server_beside(
    project: Project, server: Server, needs: str, load: tuple[str, ...], text: str, conftest: str
) -> None:
    """A first run ends as one without a server and writes there; a clone runs nothing."""
    if importlib.util.find_spec(needs) is None:
        pytest.skip(f"{needs} is not installed")
    beside(project, server, load, text or "def test_nothing():\n    pass\n", conftest)


def test_what_is_taken_away_for_good(project: Project, server: Server) -> None:
    """By hand, and never given back."""
    project.python = ("-B",)  # the host is to live on
    project.write({"test_it.py": TAKEN, "conftest.py": ""})
    writes = (f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    run = project.run(*writes)
    assert run.code == project.plain().code and run.counts["passed"] == 1, run.said
    assert run.out.count("the remote cache") <= 1 and "INTERNALERROR" not in run.said, run.said


def beside(project: Project, server: Server, load: tuple[str, ...], text: str, conftest: str) -> None:
    project.write({"test_it.py": text, "conftest.py": conftest, "test_plain.py": "def test_plain():\n    pass\n"})
    project.python = ("-B",)
    plain = project.plain(*load)
    cold = project.run(*load, f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    assert (cold.code, cold.counts) == (plain.code, plain.counts) and cold.counts["passed"] == 2, cold.said
    assert "4 written (" in cold.out and not cold.refused and "the remote cache" not in cold.out, cold.said
    clone = project.copied("clone")
    clone.store = project.home / "clone-store"
    warm = clone.run(*load, f"--gocache-remote={server.url}")
    assert (warm.code, warm.counts, warm.bodies) == (0, plain.counts, ()), warm.said
    assert "(2 remotely: " in warm.out, warm.said
