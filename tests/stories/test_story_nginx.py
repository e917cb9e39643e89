"""A real server: nginx with its DAV module, where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playground import Project
from test_story_team import elsewhere

NGINX, OPENSSL = (shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") for name in ("nginx", "openssl"))
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
        root {home}/files;
        location /shared/ {{ dav_methods PUT DELETE; create_full_put_path on; }}
        location /readonly/ {{ alias {home}/files/shared/; }}
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
    for place in ("shared", "private"):
        (home / "files" / place).mkdir(parents=True)
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    made = ("-keyout", str(home / "localhost.key"), "-out", str(home / "localhost.pem"))
    run(str(OPENSSL), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *subject, *made)
    hashed = run(str(OPENSSL), "passwd", "-apr1", "secret").strip()
    (home / "users").write_text(f"ann:{hashed}\n")
    ports = {"plain": server.plain, "secure": server.secure}
    (home / "nginx.conf").write_text(CONFIGURATION.format(home=home, user=USER, **ports))
    with (home / "out.txt").open("w") as out:
        process = subprocess.Popen([str(NGINX), "-c", str(home / "nginx.conf")], stdout=out, stderr=out)
    wait_for(server.plain, home)
    yield server
    process.terminate()
    process.wait(10)


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def wait_for(port: int, home: Path) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError((home / "out.txt").read_text() + (home / "error.log").read_text())


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
    known = str(nginx.home / "localhost.pem")
    shop.run(nginx.url("shared"), WRITES, "--count=1")
    run = elsewhere(shop, "secure").run(nginx.secure_url("shared"), PYTEST_GOCACHE_REMOTE_CA=known)
    assert not run.bodies, run.out
    run = elsewhere(shop, "wary").run(nginx.secure_url("shared"))
    assert len(run.bodies) == 4 and run.code == 0 and "CERTIFICATE_VERIFY_FAILED" in run.out
    netrc = shop.home / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ann password secret\n")
    netrc.chmod(0o600)
    assert not elsewhere(shop, "netrc").run(nginx.url("private")).bodies


def test_a_forged_entry(shop: Project, nginx: Nginx) -> None:
    """Bytes of another entry, or without a seal, are no pass."""
    shop.run(nginx.url("shared"), WRITES)
    paths = sorted(path for path in (nginx.home / "files" / "shared").rglob("*") if path.is_file())
    bodies = [path.read_bytes() for path in paths]
    for path, body in zip(paths, [*bodies[1:], b"forged"], strict=True):
        path.write_bytes(body)
    run = elsewhere(shop, "clone").run(nginx.url("readonly"))
    assert len(run.bodies) == 4 and run.code == 0
