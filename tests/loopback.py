"""Real servers on loopback, for tests: started on free ports, ended with the tests that wanted them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def installed(program: str) -> str | None:
    """Where a server is installed. Debian's are where only root looks."""
    return shutil.which(program, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def listens(port: int) -> bool:
    """Whether somebody does."""
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Process:
    """A server in a process of its own."""

    def __init__(self, command: list[str], log: Path, ready: Callable[[], bool], **variables: str) -> None:
        self._log = log
        with log.open("w") as out:
            environ = {**os.environ, **variables}
            self._process = subprocess.Popen(command, stdout=out, stderr=out, env=environ, cwd=log.parent)
        for _ in range(400):
            if ready():
                return
            if self._process.poll() is not None:
                break
            time.sleep(0.05)
        self.end()
        raise AssertionError(f"{command[0]} did not start: {log.read_text()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def freeze(self) -> None:
        """From now on it answers nobody, and takes connections all the same."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def end(self, gently: bool = False) -> None:
        """At once, or so that it ends those that it started."""
        if self._process.poll() is None:
            self.thaw()
            self._process.send_signal(signal.SIGTERM if gently else signal.SIGKILL)
        self._process.wait(10)


class Authority:
    """Signs certificates, by openssl: of ``ca`` itself, of ``localhost``, and of ``ann``, a client."""

    def __init__(self, openssl: str, home: Path) -> None:
        self._openssl = openssl
        self._home = home
        signs = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")  # which Python 3.13 wants to see
        self._run("req", "-x509", *self._new("ca"), *signs, "-days", "1", "-out", self.pem("ca"), "-subj", "/CN=own")
        for name in ("localhost", "ann"):
            (home / "names").write_text(f"subjectAltName=DNS:{name}\nauthorityKeyIdentifier=keyid\n")
            request = str(home / f"{name}.csr")
            self._run("req", *self._new(name), "-out", request, "-subj", f"/CN={name}")
            signs = ("-CA", self.pem("ca"), "-CAkey", self.key("ca"), "-CAcreateserial")
            names = ("-extfile", str(home / "names"))
            self._run("x509", "-req", "-in", request, *signs, *names, "-days", "1", "-out", self.pem(name))

    def pem(self, name: str) -> str:
        """The file with its certificate."""
        return str(self._home / f"{name}.pem")

    def key(self, name: str) -> str:
        """The file with its key."""
        return str(self._home / f"{name}.key")

    def _new(self, name: str) -> tuple[str, ...]:
        return ("-newkey", "rsa:2048", "-nodes", "-keyout", self.key(name))

    def _run(self, *command: str) -> None:
        subprocess.run([self._openssl, *command], check=True, capture_output=True)
