"""A cache server that is far away, on loopback: what it says takes a while.

    python bench/far.py [--latency 0.05]                # a server that keeps what is put, in memory
    python bench/far.py [--latency 0.05] --to PORT      # in front of another server on this machine

Prints its URL and serves until it is ended. The latency is that of a round trip: a connection takes one, and so does
each answer, however long it is; what is asked meanwhile on the same connection does not wait for it.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import deque
from collections.abc import Callable


class Shelf(asyncio.Protocol):
    """``GET`` and ``PUT`` with as little as that takes."""

    def __init__(self, kept: dict[bytes, bytes]) -> None:
        self._kept = kept
        self._unread = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head, rest = self._unread[:end], self._unread[end + 4 :]
            lower = head.lower()
            at = lower.find(b"\r\ncontent-length:")
            length = int(lower[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(rest) < length:
                return
            self._unread = rest[length:]
            method, path = head.split(b" ", 2)[:2]
            self._answer(method, path, rest[:length])

    def _answer(self, method: bytes, path: bytes, body: bytes) -> None:
        if method == b"PUT":
            self._kept[path] = body
        found = b"" if method == b"PUT" else self._kept.get(path)
        status = b"404 Not Found" if found is None else b"200 OK"
        found = found or b""
        self._transport.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(found), found))


class End(asyncio.Protocol):
    """One end of a connection: what comes here goes to the other end, half a round trip later."""

    def __init__(self, late: float) -> None:
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._born = self._loop.time()
        self._waiting: deque[Callable[[asyncio.Transport], None]] = deque()
        self.other: asyncio.Future[asyncio.Transport] = self._loop.create_future()
        self.open: asyncio.Future[asyncio.Transport] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.open.set_result(transport)

    def data_received(self, data: bytes) -> None:
        self._later(lambda other: other.write(data))

    def connection_lost(self, _error: Exception | None) -> None:
        self._later(lambda other: other.close())

    def _later(self, work: Callable[[asyncio.Transport], None]) -> None:
        self._waiting.append(work)  # timers of one moment come in any order
        self._loop.call_at(max(self._loop.time(), self._born + self.first) + self._late, self._next)

    def _next(self) -> None:
        work = self._waiting.popleft()
        if self.other.done():
            work(self.other.result())
        else:
            self.other.add_done_callback(lambda other: work(other.result()))

    first = 0.0
    """No piece goes on earlier than so long after the connection was made."""


async def serve(latency: float, port: int) -> None:
    """For ever."""
    kept: dict[bytes, bytes] = {}
    loop = asyncio.get_running_loop()
    if not port:
        shelf = await loop.create_server(lambda: Shelf(kept), "127.0.0.1", 0, backlog=512)
        port = shelf.sockets[0].getsockname()[1]

    async def join(near: End) -> None:
        near.first = latency
        _, far = await loop.create_connection(lambda: End(latency / 2), "127.0.0.1", port)
        near.other.set_result(await far.open)
        far.other.set_result(await near.open)

    joining = set()

    def connected() -> End:
        near = End(latency / 2)
        task = loop.create_task(join(near))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    proxy = await loop.create_server(connected, "127.0.0.1", 0, backlog=512)
    print(f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}/cache", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.05, help="of a round trip, in seconds")
    parser.add_argument("--to", type=int, default=0, metavar="PORT", help="of a server on this machine")
    options = parser.parse_args()
    asyncio.run(serve(options.latency, options.to))


if __name__ == "__main__":
    main()
