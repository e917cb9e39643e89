"""A cache server on loopback that keeps what is put, or misbehaves as it is told."""

from __future__ import annotations

import contextlib
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Shelf(BaseHTTPRequestHandler):
    """Keeps what is put, as Bazel's servers do; or misbehaves."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.answer(self.server.kept.get(self.path))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server.fault is None and not self.server.read_only and self.is_known():
            self.server.kept[self.path] = body
        self.answer(b"", 403 if self.server.read_only else 200)

    def is_known(self) -> bool:
        wanted = self.server.login
        return wanted is None or self.headers["Authorization"] == wanted

    def answer(self, body: bytes | None, status: int = 200) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        fault = self.server.fault
        if not self.is_known():
            body, status = b"who?", 401
        if fault == "garbage":
            body = b"<html>welcome</html>"
        elif fault == "other":
            body = next((kept for path, kept in self.server.kept.items() if path != self.path), b"")
        elif fault == "half" and body:
            body = body[: len(body) // 2]
        elif fault in ("500", "403"):
            body, status = b"no", int(fault)
        elif fault == "dies":
            self.server.fault = "dead"
        elif fault == "dead" or (fault == "dies when written to" and self.command == "PUT"):
            self.close_connection = True
            return
        elif fault == "huge":
            self.endless()
            return
        elif fault == "redirect":
            body, status = b"", 302
        elif fault == "cut" and body:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body) + 9))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True
            return
        elif fault == "slow":
            time.sleep(3)
        elif fault in ("drips", "headers"):
            self.drip(200 if fault == "headers" else 0)
            return
        self.send_response(404 if body is None else status)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def endless(self) -> None:
        """Two gigabytes, in one piece or in many."""
        self.send_response(200)
        if self.path[-1] in "01234567":
            self.send_header("Content-Length", str(2 << 30))
            self.end_headers()
            return
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        piece = b"100000\r\n" + bytes(1 << 20) + b"\r\n"
        with contextlib.suppress(OSError):
            for _ in range(2048):
                self.wfile.write(piece)

    def drip(self, in_the_headers: int) -> None:
        self.send_response(200)
        self.flush_headers()
        try:
            for number in range(in_the_headers):
                self.wfile.write(b"X: " if number == 0 else b"x")
                time.sleep(0.1)
        except OSError:
            return
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(50):
                self.wfile.write(b"x")
                time.sleep(0.1)
        except OSError:
            pass

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # who asked has gone
            super().handle()

    def log_message(self, *_: object) -> None:
        """Quietly."""


class Server(ThreadingHTTPServer):
    """A shelf on loopback."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Shelf)
        self.kept: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.connections: list[object] = []
        self.fault: str | None = None
        self.login: str | None = None
        self.read_only = False

    def get_request(self) -> tuple[Any, Any]:
        made = super().get_request()
        self.connections.append(made[1])
        return made

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/cache"
