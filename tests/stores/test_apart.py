"""Addresses of remote caches, bodies on the way, and the process that talks to a server: without any server."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_gocache.stores import apart, bucket, child, redis, tls
from pytest_gocache.stores.apart import HERE, Apart, Surroundings, Trouble
from pytest_gocache.stores.bazel import unwrapped, wrapped
from pytest_gocache.stores.child import Refusal, done
from pytest_gocache.stores.pipe import GET, NO, PUT, TROUBLE, YES, Request, read_answer, read_request, write_request
from pytest_gocache.stores.remote import shown

NAMES = [f"{number:064x}" for number in range(4)]


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("https://ann:p@ss@host/path", "https://host/path"),
        ("redis://:w0rd@host:6379/0?prefix=a", "redis://host:6379/0"),
        ("redis://host?password=a@w0rd", "redis://…"),
        ("redis://host?password=w0rd", "redis://host"),
        ("http://ci:p?w0rd@host/c", "http://…"),
        ("http://ci:p/w0rd@host/c", "http://host/c"),
        ("s3://bucket/path", "s3://bucket/path"),
        ("nonsense", "nonsense"),
        ("ann:w0rd@host", "host"),
        ("https:/ann:w0rd@host/c", "host/c"),
        ("redis:ann:w0rd@host?db=w0rd", "host"),
    ],
)
def test_addresses_are_shown_without_secrets(address: str, seen: str) -> None:
    """Wherever somebody put them."""
    assert shown(address) == seen and "w0rd" not in seen


@given(st.binary(max_size=300), st.binary(max_size=20))
def test_a_body_is_an_action_result(blob: bytes, worker: bytes) -> None:
    """Field 5, and whatever the server adds behind it."""
    body = wrapped(blob)
    assert body[0] == 0x2A and unwrapped(body) == blob
    added = bytes([0x4A, len(worker)]) + worker  # execution_metadata
    assert unwrapped(body + added) == blob and unwrapped(b"\x20\x01" + body + added) == blob


def test_one_that_google_made() -> None:
    """Bytes of Google's own library, with the worker that bazel-remote adds; and lengths of several bytes."""
    made = bytes.fromhex("2a04476f50794a100a0e3132372e302e302e313a34343434")
    assert unwrapped(made) == b"GoPy"
    assert wrapped(bytes(128))[:3] == b"\x2a\x80\x01" and wrapped(bytes(127))[:2] == b"\x2a\x7f"
    assert unwrapped(wrapped(bytes(300_000))) == bytes(300_000)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_body(body: bytes) -> None:
    """Law 5: no error. What is no ``ActionResult`` is given on as it stands."""
    assert isinstance(unwrapped(body), bytes)
    assert unwrapped(b"GoPy\x01" + body) == b"GoPy\x01" + body, "a bare entry can be no such message"


@pytest.mark.parametrize(
    ("query", "prefix", "seconds"),
    [
        ("", "pytest-gocache:", 30 * 86400),
        ("?prefix=team%3A", "team:", 30 * 86400),
        ("?expire=12h", "pytest-gocache:", 12 * 3600),
        ("?prefix=&expire=2w", "", 14 * 86400),
        ("?expire=never", "pytest-gocache:", None),
    ],
)
def test_words_of_a_redis_address(query: str, prefix: str, seconds: int | None) -> None:
    """The prefix of its keys, and how long they live."""
    assert redis._words(redis._url(f"redis://host{query}")) == (prefix, seconds)


@pytest.mark.parametrize("path", ["/x", "/0/1", "/-1", "/0#x"])
def test_a_database_is_a_number(path: str) -> None:
    """As redis-cli has it."""
    with pytest.raises(Refusal, match="it needs redis://"):
        redis._url(f"redis://host{path}")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Error performing PUT - Server returned non-2xx status code: 403 Forbidden: <Key>AKI", "it answered 403"),
        ("Client error with status 404 Not Found: <Error><Code>NoSuchBucket</Code>", "there is no such bucket"),
        ('Generic S3 error\n\nDebug source:\n Os { code: 111, message: "Connection refused" }', "Connection refused"),
        ("Error performing PUT http://169.254.169.254/latest/api/token", "there are no credentials in the environment"),
        ("error: operation timed out", "no answer within 2 seconds"),
        ("Generic - the last part\nDebug source", "Exception: the last part"),
        ("", "Exception: "),
    ],
)
def test_what_a_bucket_says(text: str, line: str) -> None:
    """One line of many."""
    told = bucket.told(Exception(text))
    assert told.startswith(line) and "AKI" not in told and "\n" not in told


class Shelf:
    """A backend in this process."""

    THREADS = 1
    BATCH = 9

    def __init__(self, address: str = "") -> None:
        self.kept: dict[str, bytes] = {}
        self.fails: Exception | None = None

    def get_many(self, names: Sequence[str]) -> Sequence[bytes | None]:
        if self.fails:
            raise self.fails
        return [self.kept.get(name) for name in names]

    def put_many(self, items: Sequence[tuple[str, bytes]]) -> None:
        self.kept.update(items)


def test_a_batch() -> None:
    """Each question has its answer; of a foreign error only the name is told."""
    shelf = Shelf()
    batch = [Request(1, GET, NAMES[0], b""), Request(2, PUT, NAMES[0], b"x"), Request(3, GET, NAMES[1], b"")]
    assert list(done(shelf, batch)) == [(2, NO, b""), (1, YES, b"x"), (3, NO, b"")]
    shelf.fails = Refusal("it is full")
    assert [(kind, body) for _, kind, body in done(shelf, batch)][1:] == [(TROUBLE, b"it is full")] * 2
    shelf.fails = ValueError("the secret")
    assert {body for _, _, body in done(shelf, batch[:1])} == {b"ValueError"}


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(0, 400))
def test_a_pipe_that_ends(bodies: list[bytes], cut: int) -> None:
    """What was whole is read; the end is the end, wherever it is."""
    pipe = BytesIO()
    for number, body in enumerate(bodies):
        write_request(pipe, Request(number, PUT, NAMES[0], body))
    assert read_answer(BytesIO(pipe.getvalue()[: cut % 9])) is None
    pipe.seek(0)
    assert [request.body for request in iter(lambda: read_request(pipe), None)] == bodies


def around(*path: str) -> Surroundings:
    return Surroundings({"PATH": os.environ["PATH"]}, (*path, HERE), os.getcwd())


def test_a_library_that_is_not_there() -> None:
    """The process says so, and is gone."""
    for kind, line in (("redis", "it needs redis-py: pip install"), ("bucket", "it needs obstore: pip install")):
        asked = Apart(kind, "redis://127.0.0.1:9" if kind == "redis" else "s3://bucket", around())
        with pytest.raises(ValueError, match=line):
            asked.open()
        assert asked._process is None


FAKE = """
import time

class RedisError(Exception): ...

class Redis:
    def __init__(self, **how): ...
    def mget(self, keys):
        if any(key.endswith("1") for key in keys):
            time.sleep(60)
        return [b"kept" for key in keys]
"""


@pytest.fixture
def library(tmp_path: Path) -> str:
    """A redis-py that has everything, and does not answer for names that end with 1."""
    package = tmp_path / "site-packages" / "redis"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(FAKE)
    (package / "backoff.py").write_text("NoBackoff = list\n")
    (package / "retry.py").write_text("def Retry(*_): ...\n")
    return str(package.parent)


def test_a_process_that_hangs_is_ended(library: str) -> None:
    """And one that was ended is started again when it is needed."""
    seconds = [9.0]
    asked = Apart("redis", "redis://127.0.0.1:9", around(library), lambda: seconds[0])
    asked.open()
    assert asked.get(NAMES[0]) == b"kept"
    seconds[0] = 0.2
    with pytest.raises(Trouble, match="no answer in time"):
        asked.get(NAMES[1])
    with pytest.raises(Trouble, match="ended"):
        asked.get(NAMES[0])
    asked.close()
    seconds[0] = 9.0
    assert asked.get(NAMES[0]) == b"kept"
    asked.close()
    asked.close()


def test_libraries_are_not_those_of_a_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Directories that tests put on the path are not looked at: a project may have a module called redis."""
    monkeypatch.setattr(sys, "path", ["", str(tmp_path), "/x/site-packages", "/y/dist-packages/", "/z/site-packages/w"])
    assert apart.surroundings({}).path == ("/x/site-packages", "/y/dist-packages/", HERE)
    assert set(child.KINDS) == {"bucket", "redis"}


def test_a_key_with_a_password(tmp_path: Path) -> None:
    """Nobody is asked for it on the terminal."""
    with pytest.raises(ValueError, match="is locked with a password"):
        tls._no_password()
    with pytest.raises(ValueError, match="PYTEST_GOCACHE_REMOTE_CERT names no file with what it needs"):
        tls.context({tls.CERTIFICATE: str(tmp_path)})
