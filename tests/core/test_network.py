"""What counts as the network. The events are real; nothing is ever sent beyond this machine."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from pytest_gocache.core.audit import Audit
from pytest_gocache.core.network import Network, is_here, is_own_name
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op

pytestmark = pytest.mark.gocache(False, reason="it watches itself")

FAR = "192.0.2.1"
"""For documentation only (RFC 5737): nobody has it."""


@pytest.fixture
def observer() -> Iterator[Observer]:
    observer = Observer(lambda filename: "file:here" if filename == __file__ else "", lambda op, path: None)
    Audit(observer, Network(observer).handlers()).install()
    yield observer
    observer.active = False
    assert not observer.faults


def noted(observer: Observer) -> set[str]:
    return {name for op, name in observer.reads.get("file:here", set()) if op is Op.NETWORK}


def test_servers_of_this_machine_are_not_the_network(observer: Observer, tmp_path: Path) -> None:
    """Loopback by name and number, IPv6 where there is any, every interface, unix sockets, pairs."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for host in ("localhost", "127.0.0.1", "0.0.0.0", "", "127.1.2.3"):
            with suppress(OSError), socket.socket() as sock:
                sock.connect((host, port))
    with suppress(OSError), socket.socket(socket.AF_INET6) as sock:
        sock.connect(("::1", port))
    with suppress(OSError), socket.socket(socket.AF_UNIX) as sock:
        sock.connect(str(tmp_path / "socket"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"", ("127.0.0.1", port))
        sock.sendmsg([b""], [], 0, ("127.0.0.1", port))
    socket.getaddrinfo(None, 80)
    socket.getaddrinfo(b"localhost", "http")
    socket.getnameinfo(("127.0.0.1", 80), 0)
    socket.getfqdn()
    with suppress(OSError):
        socket.gethostbyname(socket.gethostname())
    assert noted(observer) == set()


def test_connections_beyond_are_named_by_host_and_port(observer: Observer) -> None:
    """However they are made: the events come before anything is tried."""
    with socket.socket() as sock:
        sock.settimeout(0.01)
        assert sock.connect_ex((FAR, 81))
        with suppress(OSError):
            sock.connect((FAR, 82))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, suppress(OSError):
        sock.sendto(b"", ("255.255.255.255", 83))
    with suppress(OSError), socket.socket(socket.AF_INET6) as sock:
        sock.settimeout(0.01)
        sock.connect(("2001:db8::1", 84))
    assert noted(observer) == {f"{FAR}:81", f"{FAR}:82", "255.255.255.255:83", "[2001:db8::1]:84"}


def test_one_thing_has_one_name(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name that was looked up stands for the address that it led to."""
    sys.audit("socket.getaddrinfo", "example.org", 443, 0, 0, 0)
    sys.audit("socket.connect", None, (FAR, 443))
    sys.audit("socket.gethostbyname", b"example.net")
    sys.audit("socket.connect", None, ("example.com", 80))
    assert noted(observer) == {"example.org:443", "example.net", "example.com:80"}


def test_in_a_thread(observer: Observer) -> None:
    """Belongs to who runs."""
    with observer.running("module:m"):
        thread = threading.Thread(target=sys.audit, args=("socket.connect", None, (FAR, 80)))
        thread.start()
        thread.join()
    assert (Op.NETWORK, f"{FAR}:80") in observer.reads["module:m"]


@pytest.mark.parametrize("name", ["localhost", "LOCALHOST.", "app.localhost", "", os.uname().nodename])
def test_own_names(name: str) -> None:
    assert is_own_name(name)


@pytest.mark.parametrize("name", ["example.org", "localhost.example.org", "<broadcast>"])
def test_other_names(name: str) -> None:
    assert not is_own_name(name)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "::", "0.0.0.0", "::ffff:127.0.0.1", "::1%lo"])
def test_own_addresses(address: str) -> None:
    assert is_here(address)


@pytest.mark.parametrize("address", [FAR, "8.8.8.8", "224.0.0.251", "255.255.255.255", "2001:db8::1", "fe80::1%eth0"])
def test_other_addresses(address: str) -> None:
    assert not is_here(address)
