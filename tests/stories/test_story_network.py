"""Tests that talk to the world cannot be replayed; servers that they start themselves are no obstacle."""

from __future__ import annotations

from playground import Project

FAR = "192.0.2.1"
"""For documentation only (RFC 5737): nobody has it."""


def test_a_connection_beyond_this_machine_is_refused(project: Project) -> None:
    """By name and number, it is said with host and port; other modules are cached."""
    project.write(
        {
            "test_far.py": f"""
                import socket

                def test_far():
                    with socket.socket() as sock:
                        sock.settimeout(0.01)
                        assert sock.connect_ex(("{FAR}", 81))
            """,
            "test_name.py": """
                import socket
                import pytest

                def test_name():
                    with pytest.raises(OSError):
                        socket.create_connection(("nowhere.invalid", 82), timeout=0.01)
            """,
            "test_near.py": "def test_near():\n    pass\n",
        }
    )
    assert set(project.run().refused) == {"test_far.py", "test_name.py"}
    run = project.run()
    assert run.reasons == {"test_far.py": f"network: {FAR}:81", "test_name.py": "network: nowhere.invalid:82"}
    assert run.modules == {"test_far.py", "test_name.py"}


def test_servers_of_the_test_itself(project: Project) -> None:
    """Loopback and unix sockets, threads, asyncio and urllib."""
    project.write(
        {
            "test_http.py": """
                import http.server
                import threading
                import urllib.request

                def test_http():
                    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
                    thread = threading.Thread(target=server.handle_request)
                    thread.start()
                    try:
                        urllib.request.urlopen(f"http://localhost:{server.server_port}/")
                    except urllib.error.HTTPError as error:
                        assert error.code == 501
                    thread.join()
                    server.server_close()
            """,
            "test_asyncio.py": """
                import asyncio

                async def talk():
                    server = await asyncio.start_server(lambda reader, writer: writer.close(), "localhost", 0)
                    async with server:
                        host, port = server.sockets[0].getsockname()[:2]
                        reader, writer = await asyncio.open_connection(host, port)
                        assert await reader.read() == b""
                        writer.close()

                def test_asyncio():
                    asyncio.run(talk())
            """,
        }
    )
    project.cold_and_warm()
    assert not project.run().refused


def test_a_wide_fixture_that_connects(project: Project) -> None:
    """Who uses the connection is refused, whoever opened it; who does not is cached."""
    project.write(
        {
            "conftest.py": """
                import pytest

                import remote

                @pytest.fixture(scope="session")
                def answer():
                    return remote.ask()
            """,
            "remote.py": f"""
                import socket

                def ask():
                    with socket.socket() as sock:
                        sock.settimeout(0.01)
                        return sock.connect_ex(("{FAR}", 81))
            """,
            "sub/test_one.py": "def test_one(answer):\n    assert answer\n",
            "sub/test_two.py": "def test_two(answer):\n    assert answer\n",
        }
    )
    project.run()
    run = project.run()
    assert set(run.reasons.values()) == {f"network: {FAR}:81"} and len(run.bodies) == 2


def test_under_xdist(project: Project) -> None:
    """Workers tell of it, too; the sockets of xdist itself are nobody's."""
    project.write(
        {
            "test_far.py": f"""
                import socket

                def test_far():
                    with socket.socket() as sock:
                        sock.settimeout(0.01)
                        assert sock.connect_ex(("{FAR}", 81))
            """,
            "test_near.py": "def test_near():\n    pass\n",
        }
    )
    project.run("-p", "xdist", "-n2")
    run = project.run("-p", "xdist", "-n2")
    assert run.reasons == {"test_far.py": f"network: {FAR}:81"} and run.modules == {"test_far.py"}
