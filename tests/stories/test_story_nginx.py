"""A real server: nginx with its DAV module, where it is installed."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from loopback import Authority, Process, free_ports, installed, listens
from playground import Project
from test_story_team import elsewhere

NGINX, OPENSSL = installed("nginx"), installed("openssl")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not (NGINX and OPENSSL), reason="nginx and openssl are not installed"),
]
USER = "user root;" if os.geteuid() == 0 else ""
"""Its workers would be somebody else, who may not look into the directory."""
CONFIGURATION = """
{user}
daemon off;
pid {home}/nginx.pid;
error_log {home}/error.log;
events {{}}
http {{
    access_log {home}/access.log;
    client_body_temp_path {home}/body;
    client_max_body_size 100m;
    server {{
        listen 127.0.0.1:{plain};
        listen 127.0.0.1:{secure} ssl;
        server_name localhost;
        ssl_certificate {home}/localhost.pem;
        ssl_certificate_key {home}/localhost.key;
        ssl_client_certificate {home}/ca.pem;
        ssl_verify_client optional;
        root {home}/files;
        location /shared/ {{ dav_methods PUT DELETE; create_full_put_path on; }}
        location /readonly/ {{ alias {home}/files/shared/; }}
        location /known/ {{
            if ($ssl_client_verify != SUCCESS) {{ return 403; }}
            dav_methods PUT DELETE; create_full_put_path on;
        }}
        location /private/ {{
            dav_methods PUT DELETE; create_full_put_path on;
            auth_basic "cache"; auth_basic_user_file {home}/users;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """Where it listens, and what a client needs to believe it."""

    home: Path
    plain: int
    secure: int

    def url(self, place: str, login: str = "") -> str:
        return f"--gocache-remote=http://{login}127.0.0.1:{self.plain}/{place}"

    def secure_url(self, place: str) -> str:
        return f"--gocache-remote=https://localhost:{self.secure}/{place}"

    def entries(self, place: str) -> int:
        return sum(path.is_file() for path in (self.home / "files" / place).rglob("*"))


@pytest.fixture(scope="module")
def nginx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nginx]:
    home = tmp_path_factory.mktemp("nginx")
    server = Nginx(home, *free_ports(2))
    for place in ("shared", "private", "known"):
        (home / "files" / place).mkdir(parents=True)
    Authority(str(OPENSSL), home)
    hashed = run(str(OPENSSL), "passwd", "-apr1", "secret").strip()
    (home / "users").write_text(f"ann:{hashed}\n")
    ports = {"plain": server.plain, "secure": server.secure}
    (home / "nginx.conf").write_text(CONFIGURATION.format(home=home, user=USER, **ports))
    command = [str(NGINX), "-e", str(home / "error.log"), "-c", str(home / "nginx.conf")]
    process = Process(command, home / "out.txt", lambda: listens(server.plain))
    yield server
    process.end(gently=True)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


class Connect(BaseHTTPRequestHandler):
    """Leads to where it is told to, and says so."""

    def do_CONNECT(self) -> None:
        self.server.asked.append(f"{self.path} {self.headers['Proxy-Authorization']}")  # type: ignore[attr-defined]
        host, _, port = self.path.partition(":")
        with socket.create_connection((host, int(port)), 5) as there:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=carry, args=(there, self.connection), daemon=True)
            back.start()
            carry(self.connection, there)
            back.join(5)

    def log_message(self, *_: object) -> None:
        """Quietly."""


def carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(1 << 16):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Connect)
    server.daemon_threads, server.asked = True, []
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


WRITES = "--gocache-remote-mode=readwrite"


def test_main_fills_it_a_clone_runs_nothing(shop: Project, nginx: Nginx) -> None:
    """And who may only read, reads; what he would write is not taken."""
    cold = shop.run(nginx.url("shared"), WRITES)
    assert len(cold.bodies) == 4 and "6 written" in cold.out, cold.out
    before = nginx.entries("shared")
    clone = elsewhere(shop, "clone")
    run = clone.run(nginx.url("readonly"))
    assert not run.bodies and "(3 remotely: " in run.out, run.out
    request = elsewhere(shop, "request")
    request.edit("src/shop/orders.py", "sum(", "0 + sum(")
    run = request.run(nginx.url("readonly"), WRITES)
    assert run.modules == {"tests/test_orders.py"} and run.code == 0
    assert "PUT was answered 405" in run.out and nginx.entries("shared") == before


def test_with_a_password_and_certificates(shop: Project, nginx: Nginx) -> None:
    """TLS with an authority of one's own; without it, and without the password, one line."""
    shop.run(nginx.url("private", "ann:secret@"), WRITES)
    assert nginx.entries("private") == 6
    assert not elsewhere(shop, "clone").run(nginx.url("private", "ann:secret@")).bodies
    run = elsewhere(shop, "other").run(nginx.url("private"))
    assert len(run.bodies) == 4 and "GET was answered 401" in run.out
    known = str(nginx.home / "ca.pem")
    shop.run(nginx.url("shared"), WRITES, "--count=1")
    run = elsewhere(shop, "secure").run(nginx.secure_url("shared"), PYTEST_GOCACHE_REMOTE_CA=known)
    assert not run.bodies, run.out
    run = elsewhere(shop, "wary").run(nginx.secure_url("shared"))
    assert len(run.bodies) == 4 and run.code == 0 and "CERTIFICATE_VERIFY_FAILED" in run.out
    netrc = shop.home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ann password secret\n")
    netrc.chmod(0o600)
    assert not elsewhere(shop, "netrc").run(nginx.url("private")).bodies


def test_a_certificate_of_ones_own(shop: Project, nginx: Nginx) -> None:
    """In two files or in one; without it, one line. A file that is none is said by the name of its variable."""
    home = nginx.home
    believes = {"PYTEST_GOCACHE_REMOTE_CA": str(home / "ca.pem")}
    shows = {"PYTEST_GOCACHE_REMOTE_CERT": str(home / "ann.pem"), "PYTEST_GOCACHE_REMOTE_KEY": str(home / "ann.key")}
    shop.run(nginx.secure_url("known"), WRITES, **believes, **shows)
    assert nginx.entries("known") == 6
    (home / "both.pem").write_text((home / "ann.key").read_text() + (home / "ann.pem").read_text())
    both = {"PYTEST_GOCACHE_REMOTE_CERT": str(home / "both.pem")}
    assert not elsewhere(shop, "clone").run(nginx.secure_url("known"), **believes, **both).bodies
    run = elsewhere(shop, "stranger").run(nginx.secure_url("known"), **believes)
    assert len(run.bodies) == 4 and "GET was answered 403" in run.out
    wrong = {
        "CERT or PYTEST_GOCACHE_REMOTE_KEY names no file": shows | {"PYTEST_GOCACHE_REMOTE_CERT": "/nowhere"},
        "REMOTE_KEY is set, and PYTEST_GOCACHE_REMOTE_CERT is not": {"PYTEST_GOCACHE_REMOTE_KEY": "/nowhere"},
        "REMOTE_CA names no file with what it needs": {"PYTEST_GOCACHE_REMOTE_CA": "/nowhere"},
    }
    for number, (line, files) in enumerate(wrong.items()):
        run = elsewhere(shop, f"wrong{number}").run(nginx.secure_url("known"), **believes | files)
        assert len(run.bodies) == 4 and run.code == 0 and line in run.out, run.out


def test_through_a_proxy(shop: Project, nginx: Nginx, tunnel: Any) -> None:
    """TLS goes through a tunnel; who makes it sees only where it leads."""
    shop.run(nginx.url("shared"), WRITES, "--count=1")
    environ = {"PYTEST_GOCACHE_REMOTE_CA": str(nginx.home / "ca.pem"), "no_proxy": None}
    there = f"http://ann:p%40ss@127.0.0.1:{tunnel.server_port}"
    run = elsewhere(shop, "clone").run(nginx.secure_url("shared"), https_proxy=there, **environ)
    assert not run.bodies and set(tunnel.asked) == {f"localhost:{nginx.secure} Basic YW5uOnBAc3M="}, run.out


def test_a_forged_entry(shop: Project, nginx: Nginx) -> None:
    """Bytes of another entry, or without a seal, are no pass."""
    shop.run(nginx.url("shared"), WRITES)
    paths = sorted(path for path in (nginx.home / "files" / "shared").rglob("*") if path.is_file())
    bodies = [path.read_bytes() for path in paths]
    for path, body in zip(paths, [*bodies[1:], b"forged"], strict=True):
        path.write_bytes(body)
    run = elsewhere(shop, "clone").run(nginx.url("readonly"))
    assert len(run.bodies) == 4 and run.code == 0
