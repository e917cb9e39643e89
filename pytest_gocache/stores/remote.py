"""The address of a remote cache, turned into what talks to it.

    http://  https://                 a server that speaks HTTP as Bazel's does (http.py)
    s3://  gs://  az://               a bucket, through obstore (bucket.py)
    redis://  rediss://               a Redis server, through redis-py (redis.py)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pytest_gocache.stores.base import Blobs

HTTP = ("http", "https")
APART = {"s3": "bucket", "gs": "bucket", "az": "bucket", "redis": "redis", "rediss": "redis"}


def opener(address: str, seconds: Callable[[], float], environ: Mapping[str, str]) -> Callable[[], Blobs]:
    """What opens it, in the surroundings of now: called before the first test, whenever that opens it.

    ``seconds`` tells how long an answer may take now. In ``environ`` are the credentials for a bucket.
    """
    from pytest_gocache.stores.signed import signed

    scheme, found, _ = address.partition("://")
    kind = APART.get(scheme.lower())
    if found and kind is None and scheme.lower() not in HTTP:
        return _unknown
    if kind is None:
        return lambda: signed(_http(address, seconds))
    from pytest_gocache.stores.apart import Apart, surroundings

    around = surroundings(environ)

    def opened() -> Blobs:
        apart = Apart(kind, address, around, seconds)
        believed = signed(apart, around.environ)
        apart.open()
        return believed

    return opened


def _unknown() -> Blobs:
    raise ValueError(f"its address begins with none of {', '.join([*HTTP, *APART])}")


def _http(address: str, seconds: Callable[[], float]) -> Blobs:
    from pytest_gocache.stores.bazel import ActionResults
    from pytest_gocache.stores.http import Http

    return ActionResults(Http(address, seconds))


def shown(address: str) -> str:
    """The address as far as anybody may see it: whatever it is, without a password."""
    scheme, _, rest = address.partition("://")
    if not rest:
        return address.rpartition("@")[2].partition("?")[0]  # no address, but it may have been meant as one
    secret, _, place = rest.rpartition("@")
    # Behind a question mark there may be anything, and behind an @ there the rest of it.
    return f"{scheme}://{'…' if '?' in secret else place.partition('?')[0]}"
