"""Entries in a Redis server (or one that speaks like it: Valkey, KeyDB, Dragonfly), through redis-py.

    redis://user:password@host:6379/0?prefix=team-a:&expire=7d      rediss:// is the same through TLS

A key is the prefix (``pytest-gocache:`` where none is given) and the 64 hex digits of the name. It is gone ``expire``
after it was written: 30 days, unless something else is said (``30m``, ``12h``, ``7d``, ``2w``, ``never``).

For TLS the system's authorities count, or the one in the file that ``PYTEST_GOCACHE_REMOTE_CA`` names, and
``PYTEST_GOCACHE_REMOTE_CERT`` (and ``_KEY``) show who asks.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from pytest_gocache.stores.child import Refusal
from pytest_gocache.stores.seal import MAX_BLOB
from pytest_gocache.stores.tls import AUTHORITY, CERTIFICATE, CERTIFICATE_KEY

SECONDS = 2.0
PREFIX, EXPIRE = "pytest-gocache:", "30d"
UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
INSTALL = "it needs redis-py: pip install 'pytest-gocache[redis]'"
USAGE = "it needs redis://user:password@host:port/number (in a password write %2F for /, and so on)"


class Redis:
    """``Backend`` for ``redis://`` and ``rediss://``. One connection; what is asked meanwhile is asked at once."""

    THREADS = 1
    BATCH = 256

    def __init__(self, address: str) -> None:
        url = _url(address)
        self._prefix, self._expire = _words(url)
        try:
            import redis
            from redis.backoff import NoBackoff
            from redis.retry import Retry
        except ImportError:
            raise Refusal(INSTALL) from None
        self._errors = (redis.RedisError, OSError)
        login = {"username": url.username and unquote(url.username), "password": url.password and unquote(url.password)}
        self._server = redis.Redis(
            host=str(url.hostname),
            port=url.port or 6379,
            db=int(url.path.strip("/") or 0),
            socket_timeout=SECONDS,
            socket_connect_timeout=SECONDS,
            protocol=2,  # which all servers know
            retry=Retry(NoBackoff(), 0),
            **{key: value or None for key, value in login.items()},
            **_tls(url, os.environ),
        )

    def get_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """What lies under each of the names, in one question."""
        found: list[Any] = self._attempt(lambda: self._server.mget([self._prefix + name for name in names]))
        return [each if isinstance(each, bytes) and len(each) <= MAX_BLOB else None for each in found]

    def put_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        """Keeps them all, in one go."""
        pipeline = self._server.pipeline(transaction=False)
        for name, blob in items:
            pipeline.set(self._prefix + name, blob, ex=self._expire)
        self._attempt(pipeline.execute)

    def _attempt(self, work: Callable[[], Any]) -> Any:
        try:
            return work()
        except self._errors as error:
            text = " ".join(str(error).split()).rpartition("of pipeline caused error: ")[2][:200]
            raise Refusal(f"{type(error).__name__}: {text}") from None


def _url(address: str) -> SplitResult:
    try:
        url = urlsplit(address)
        good = bool(url.hostname) and (url.port or 1) > 0 and not url.fragment
        good = good and url.path.strip("/").isdecimal() | (url.path in ("", "/"))
    except ValueError:
        good = False
    if not good:
        raise Refusal(USAGE)
    return url


def _words(url: SplitResult) -> tuple[str, int | None]:
    """The prefix, and after how many seconds entries expire (None: never)."""
    words = dict(parse_qsl(url.query, keep_blank_values=True))
    prefix, expire = words.pop("prefix", PREFIX), words.pop("expire", EXPIRE)
    if words:
        raise Refusal("behind the ? of its address it takes prefix=… and expire=… only")
    if expire == "never":
        return prefix, None
    number, unit = expire[:-1], UNITS.get(expire[-1:])
    if unit is None or not number.isdecimal() or int(number) == 0:
        raise Refusal("expire= of its address takes a time such as 12h, 7d or 2w, or never")
    return prefix, int(number) * unit


def _tls(url: SplitResult, environ: Mapping[str, str]) -> dict[str, Any]:
    if url.scheme != "rediss":
        return {}
    return {
        "ssl": True,
        "ssl_check_hostname": True,
        "ssl_cert_reqs": "required",
        "ssl_ca_certs": environ.get(AUTHORITY) or None,
        "ssl_certfile": environ.get(CERTIFICATE) or None,
        "ssl_keyfile": environ.get(CERTIFICATE_KEY) or environ.get(CERTIFICATE) or None,
    }
