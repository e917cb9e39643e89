"""What stands between a run and its server: a proxy, or a server that looks into the bodies, as bazel-remote does."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
from playground import Project
from shelf import Server, Shelf
from test_story_team import elsewhere

WRITES = "--gocache-remote-mode=readwrite"


class Proxy(BaseHTTPRequestHandler):
    """Asks others what it is asked, for those that it knows."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.pass_on(b"")

    def do_PUT(self) -> None:
        self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

    def pass_on(self, body: bytes) -> None:
        known = self.headers["Proxy-Authorization"] == "Basic " + base64.b64encode(b"ann:p@ss").decode()
        url = urlsplit(self.path)
        self.server.asked.append(url.netloc)  # type: ignore[attr-defined]
        status, found = (200, b"") if known else (407, b"who?")
        if known:
            there = HTTPConnection(url.netloc, timeout=5)
            there.request(self.command, url.path, body)
            answer = there.getresponse()
            status, found = answer.status, answer.read()
            there.close()
        self.send_response(status)
        self.send_header("Content-Length", str(len(found)))
        self.end_headers()
        self.wfile.write(found)

    def log_message(self, *_: object) -> None:
        """Quietly."""


class Strict(Shelf):
    """Keeps an ``ActionResult`` and nothing else, adds who sent it, and writes it anew: see bazel-remote's http.go."""

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        inside = inside_of(body)
        if inside is not None:
            self.server.kept[self.path] = body + b"\x4a\x0b\x0a\x09127.0.0.1"  # execution_metadata.worker
        self.answer(b"", 200 if inside is not None else 400)


def inside_of(body: bytes) -> bytes | None:
    """What follows the tag of ``stdout_raw`` and its length, if that is all."""
    length = shift = 0
    for at, byte in enumerate(body[1:4], 2):
        length |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return body[at:] if body[0] == 0x2A and len(body) == at + length else None
    return None


def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def strict() -> Iterator[ThreadingHTTPServer]:
    server = Server()
    server.RequestHandlerClass = Strict
    yield from serving(server)


@pytest.fixture
def proxy() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    server.asked = []  # type: ignore[attr-defined]
    yield from serving(server)


def test_a_server_that_looks_into_bodies(shop: Project, strict: Server) -> None:
    """It takes them, and what it made of them is a pass all the same."""
    run = shop.run(f"--gocache-remote={strict.url}", WRITES)
    assert len(strict.kept) == 6 and "the remote cache" not in run.out, run.out
    assert not elsewhere(shop, "clone").run(f"--gocache-remote={strict.url}").bodies


def test_bodies_of_before(shop: Project, server: Server) -> None:
    """A server filled with bare entries, by a copy of a directory, say: they count."""
    shop.run(f"--gocache-remote={server.url}", WRITES)
    for path, body in server.kept.items():
        inside = inside_of(body)
        assert inside is not None and inside.startswith(b"GoPy")
        server.kept[path] = inside
    assert not elsewhere(shop, "clone").run(f"--gocache-remote={server.url}").bodies


def test_a_proxy(shop: Project, server: Server, proxy: ThreadingHTTPServer) -> None:
    """The one of the environment, with its password; and none for hosts that are to be reached without."""
    remote = f"--gocache-remote={server.url.replace('127.0.0.1', 'localhost')}"
    there = f"127.0.0.1:{proxy.server_port}"
    environ = {"http_proxy": f"http://ann:p%40ss@{there}", "no_proxy": None}
    assert len(shop.run(remote, WRITES, **environ).bodies) == 4
    asked: list[str] = proxy.asked  # type: ignore[attr-defined]
    assert len(server.kept) == 6 and set(asked) == {f"localhost:{server.server_port}"}
    run = elsewhere(shop, "stranger").run(remote, http_proxy=f"http://{there}", no_proxy=None)
    assert len(run.bodies) == 4 and "was answered 407" in run.out, run.out
    asked.clear()
    run = elsewhere(shop, "near").run(remote, http_proxy=f"http://{there}", no_proxy="localhost")
    assert not run.bodies and not asked, run.out
