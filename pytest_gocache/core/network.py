"""Who talks to the world: name look-ups and connections that leave this machine cannot be held against the present.

Servers that a test starts are its own matter, so unix sockets, loopback addresses and this machine's own
names and addresses are allowed. What libraries in C connect to by themselves is not seen.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from pytest_gocache.core.frames import caller
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import Op

OWN_NAMES = frozenset({"", "localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})
ANY = frozenset({"0.0.0.0", "::", "::0"})
LOOPBACK_4, LOOPBACK_6 = "127.", "::1"
MAPPED = "::ffff:"

_machine = os.uname().nodename.lower() if hasattr(os, "uname") else ""


class Network:
    """Handlers of audit events for sockets."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._asked: dict[object, str] = {}
        """The host that was looked up last, by port: an address connected to is called as the user called it."""

    def handlers(self) -> dict[str, Callable[..., None]]:
        """For ``Audit``."""
        return {
            "socket.getaddrinfo": self._on_look_up,
            "socket.gethostbyname": self._on_look_up,
            "socket.gethostbyaddr": self._on_reverse,
            "socket.getnameinfo": self._on_address,
            "socket.connect": self._on_socket,
            "socket.sendto": self._on_socket,
            "socket.sendmsg": self._on_socket,
        }

    def _on_look_up(self, host: object, port: object = None, *_: object) -> None:
        name = _text(host)
        if _is_address(name) or is_own_name(name):
            return
        self._asked[port] = name
        self._note(name, port)

    def _on_reverse(self, host: object) -> None:
        name = _text(host)
        if not (is_here(name) if _is_address(name) else is_own_name(name)):
            self._note(name, None)

    def _on_address(self, address: object) -> None:
        if isinstance(address, tuple) and len(address) >= 2:
            self._reach(_text(address[0]), address[1])

    def _on_socket(self, sock: object, address: object = None) -> None:
        # A tuple of host and port. Unix sockets have a path; netlink and the like two numbers, for the kernel.
        if isinstance(address, tuple) and len(address) >= 2 and isinstance(address[0], (str, bytes, bytearray)):
            self._reach(_text(address[0]), address[1])

    def _reach(self, host: str, port: object) -> None:
        if not _is_address(host):
            if not is_own_name(host):
                self._note(host, port)
        elif not is_here(host):
            self._note(self._asked.get(port, host), port)

    def _note(self, host: str, port: object) -> None:
        where = f"[{host}]" if ":" in host else host
        self._observer.note(Op.NETWORK, where if port in (None, 0, "") else f"{where}:{_text(port)}", caller())


def is_own_name(host: str) -> bool:
    """Whether the name means this machine, without asking anybody."""
    name = host.lower().rstrip(".")
    if name in OWN_NAMES or name.endswith(".localhost"):
        return True
    return bool(_machine) and name in (_machine, _machine.partition(".")[0])


def is_here(address: str) -> bool:
    """Whether a numeric address is this machine's."""
    plain = address.lower().partition("%")[0]
    if plain.startswith(MAPPED) and "." in plain:
        plain = plain.removeprefix(MAPPED)
    if plain in ANY or plain == LOOPBACK_6 or (plain.startswith(LOOPBACK_4) and ":" not in plain):
        return True
    return _is_own(plain)


def _is_own(address: str) -> bool:
    """Whether an interface has ``address``: a datagram there would come from there. Nothing is sent."""
    _socket = _sockets()
    family = _socket.AF_INET6 if ":" in address else _socket.AF_INET
    try:
        probe = _socket.socket(family, _socket.SOCK_DGRAM)
    except OSError:
        return False
    try:
        probe.connect((address, 9))
        return bool(probe.getsockname()[0] == address)
    except OSError:
        return False
    finally:
        probe.close()


def _sockets() -> Any:
    """There was a socket event, so it is loaded. An import statement would be seen by who patches ``__import__``."""
    return sys.modules["_socket"]


def _is_address(host: str) -> bool:
    _socket = _sockets()
    plain = host.partition("%")[0]
    for family in (_socket.AF_INET, _socket.AF_INET6):
        try:
            _socket.inet_pton(family, plain)
        except (OSError, ValueError):
            continue
        return True
    return False


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("ascii", "replace")
    return "" if value is None else str(value)
