"""A cache server that speaks HTTP as Bazel's does: ``GET`` and ``PUT <base>/ac/<64 hex digits>``.

nginx with its DAV module does, and so do bazel-remote (``bazel.py`` says how bodies please it), bucket gateways and
many more. 404 is a miss; any other answer but success is trouble, which ends the use of the server in this run.

Who asks is told in the URL (``https://user:password@host``), by ``PYTEST_GOCACHE_REMOTE_TOKEN`` (Bearer), or in
``~/.netrc``. Proxies are those of the environment (``https_proxy``, ``no_proxy``). The server's certificate has to be
signed by an authority that the system knows, or one in the file that ``PYTEST_GOCACHE_REMOTE_CA`` names
(``SSL_CERT_FILE`` does it, too, but tests may depend on that: it is in every key). How to show one's own: ``tls.py``.
"""

from __future__ import annotations

import base64
import http.client
import netrc
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from pytest_gocache.stores import tls
from pytest_gocache.stores.base import Trouble
from pytest_gocache.stores.seal import MAX_BLOB

TOKEN = "PYTEST_GOCACHE_REMOTE_TOKEN"
SECONDS = 2.0
"""So long one answer may take, from the first byte asked to the last one read, if nobody is in a hurry."""
PIECE = 1 << 16
OPENING = 32
"""So many connections are opened at a time."""


class Http:
    """``Blobs`` on a server, for any thread. Connections are kept open and used again until ``close``.

    ``seconds`` tells how long an answer may take now. (``now`` is a default, for tests replace what modules have.)
    """

    def __init__(
        self,
        address: str,
        seconds: Callable[[], float] = lambda: SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._now = seconds, now
        url = _url(address)
        self._url = url
        self._proxy = _proxy(url)
        self._path = f"{url.path.rstrip('/')}/ac/"
        if self._proxy is not None and url.scheme == "http":
            port = f":{url.port}" if url.port else ""
            self._path = f"http://{url.hostname}{port}{self._path}"
        self._headers = {**_headers(url), **(_to_proxy(self._proxy) if url.scheme == "http" else {})}
        self._idle: list[http.client.HTTPConnection] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._opening = threading.BoundedSemaphore(OPENING)
        self._aborted = False
        self._context = tls.context() if url.scheme == "https" else None
        socket.getaddrinfo(*self._peer(), type=socket.SOCK_STREAM)  # that it is known, once, before many ask

    def get(self, name: str) -> bytes | None:
        """The bytes under ``name``; None where the server has none."""
        return self._ask("GET", name, None)

    def put(self, name: str, blob: bytes) -> None:
        """Has the server keep them."""
        self._ask("PUT", name, blob)

    def close(self) -> None:
        """Ends all connections that wait for use."""
        while self._idle:
            self._idle.pop().close()

    def abort(self) -> None:
        """Ends all connections that are in use: whoever waits for an answer gets an error. No others are opened."""
        self._aborted = True
        for connection in list(self._busy):
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def _ask(self, method: str, name: str, blob: bytes | None) -> bytes | None:
        connection, used = self._taken()
        try:
            return self._once(connection, method, name, blob)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            if not used:
                raise
            # It had been idle for too long, as the server thinks.
            return self._once(self._connected(), method, name, blob)

    def _taken(self) -> tuple[http.client.HTTPConnection, bool]:
        """A connection, and whether it was used before. Few are opened at a time: some servers have a short queue."""
        with suppress(IndexError):
            return self._idle.pop(), True  # atomic: no other thread gets the same
        with self._opening:
            with suppress(IndexError):
                return self._idle.pop(), True  # somebody was ready meanwhile
            if self._aborted:
                raise Trouble("it was ended")
            return self._connected(), False

    def _connected(self) -> http.client.HTTPConnection:
        connection = self._connection()
        self._busy.add(connection)  # a proxy may answer drop by drop, and is to be ended, too
        try:
            connection.connect()
        finally:
            self._busy.discard(connection)
        return connection

    def _once(
        self, connection: http.client.HTTPConnection, method: str, name: str, blob: bytes | None
    ) -> bytes | None:
        until = self._now() + self._limit()
        self._busy.add(connection)
        try:
            connection.request(method, self._path + name, body=blob, headers=self._headers)
            answer = connection.getresponse()
            body = self._read(answer, until)
        except BaseException:
            connection.close()  # what is still to come on it would be taken for the next answer
            raise
        finally:
            self._busy.discard(connection)
        self._idle.append(connection)
        if answer.status in (404, 410) and method == "GET":
            return None
        if answer.status not in (200, 201, 204):
            meaning = http.client.responses.get(answer.status, "")  # the server's own words may repeat what it was sent
            raise Trouble(f"{method} was answered {answer.status} {meaning}".rstrip())
        return body

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._peer()
        if self._context is None:
            return http.client.HTTPConnection(host, port, timeout=self._limit())
        secure = http.client.HTTPSConnection(host, port, timeout=self._limit(), context=self._context)
        if self._proxy is not None:
            secure.set_tunnel(str(self._url.hostname), self._url.port or 443, _to_proxy(self._proxy))
        return secure

    def _read(self, answer: http.client.HTTPResponse, until: float) -> bytes:
        """The body, in time and not too long: a server may send drop by drop, or for ever."""
        if (answer.length or 0) > MAX_BLOB:
            raise Trouble("an answer is too long for an entry")
        pieces, length = [], 0
        while piece := answer.read1(PIECE):
            pieces.append(piece)
            length += len(piece)
            if length > MAX_BLOB:
                raise Trouble("an answer is too long for an entry")
            if self._now() > until:
                raise Trouble("an answer took too long")
        if answer.length:
            raise Trouble("an answer was cut short")
        answer.close()  # all of it was read: the connection can be used again
        return b"".join(pieces)

    def _peer(self) -> tuple[str, int]:
        """Whom to connect to."""
        peer = self._proxy or self._url
        return str(peer.hostname), peer.port or (443 if peer.scheme == "https" else 80)

    def _limit(self) -> float:
        """A time-out of nothing would mean something else."""
        return max(0.05, min(SECONDS, self._seconds()))


def _url(address: str) -> SplitResult:
    """The parts of a URL. ValueError, without a word of it: there may be a password."""
    try:
        url = urlsplit(address)
        good = url.scheme in ("http", "https") and bool(url.hostname) and (url.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise ValueError("it needs the URL of a server: https://host/path (in a password write %2F for /, and so on)")
    return url


def _proxy(url: SplitResult) -> SplitResult | None:
    """The parts of the proxy's URL, if there is one. ValueError, without a word of it."""
    given = getproxies().get(url.scheme)
    if not given or proxy_bypass(str(url.hostname)):
        return None
    try:
        proxy = urlsplit(given)
        good = bool(proxy.hostname) and (proxy.port or 1) > 0
    except ValueError:
        good = False
    if not good:
        raise ValueError(f"{url.scheme}_proxy is no URL")
    return proxy


def _to_proxy(proxy: SplitResult | None) -> dict[str, str]:
    """The header by which a proxy knows who asks, if its URL says that."""
    if proxy is None or not proxy.username:
        return {}
    return {"Proxy-Authorization": _basic(unquote(proxy.username), unquote(proxy.password or ""))}


def _basic(*login: str) -> str:
    return "Basic " + base64.b64encode(":".join(login).encode()).decode()


def _headers(url: SplitResult) -> Mapping[str, str]:
    headers = {"User-Agent": "pytest-gocache"}
    token = os.environ.get(TOKEN, "").strip()
    if not (token.isascii() and token.isprintable()):
        raise ValueError(f"{TOKEN} has characters that a header cannot have")
    login = (unquote(url.username), unquote(url.password or "")) if url.username else _from_netrc(str(url.hostname))
    if token:
        headers["Authorization"] = f"Bearer {token}"
    elif login is not None:
        headers["Authorization"] = _basic(*login)
    return headers


def _from_netrc(host: str) -> tuple[str, str] | None:
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, netrc.NetrcParseError):
        return None
    return (found[0], found[2] or "") if found else None
