"""Redis and buckets behind the local store: the real servers, where they are installed (``scripts/servers``)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import pytest
from loopback import Authority, Process, free_ports, installed, listens
from playground import Project, Run, some
from test_story_team import XDIST, elsewhere

REDIS, OPENSSL = installed("redis-server"), installed("openssl")
MISSING = {
    "redis": [] if REDIS and find_spec("redis") else ["redis-server and redis (pip) are not both installed"],
    "s3": [f"{name} is not installed" for name in ("obstore", "moto", "flask_cors") if find_spec(name) is None],
}
WRITES = "--gocache-remote-mode=readwrite"
KEY = "a-key-of-enough-length"


class Server(Protocol):
    """One that keeps entries. ``writer`` and ``reader`` say how it is reached, and as whom."""

    process: Process

    def writer(self, place: str) -> dict[str, str]: ...

    def reader(self, place: str) -> dict[str, str]: ...

    def kept(self, place: str) -> dict[str, bytes]: ...

    def spoil(self, place: str, bodies: dict[str, bytes]) -> None: ...


class RedisServer:
    """redis-server, with one user who may only read."""

    def __init__(self, home: Path) -> None:
        import redis

        (self.port,) = free_ports(1)
        users = "user ann on >secret ~* +@all\nuser bob on >pa/ss ~* +@read +@connection\n"
        (home / "redis.conf").write_text(f'port {self.port}\nbind 127.0.0.1\nsave ""\n{users}')
        command = [str(REDIS), str(home / "redis.conf")]
        self.process = Process(command, home / "redis.log", lambda: listens(self.port))
        self.of = lambda number: redis.Redis(port=self.port, username="ann", password="secret", db=number)
        self.client: Any = self.of(0)

    def writer(self, place: str) -> dict[str, str]:
        return {"PYTEST_GOCACHE_REMOTE": f"redis://ann:secret@127.0.0.1:{self.port}/0?prefix={place}:"}

    def reader(self, place: str) -> dict[str, str]:
        return {"PYTEST_GOCACHE_REMOTE": f"redis://bob:pa%2Fss@127.0.0.1:{self.port}/0?prefix={place}:"}

    def kept(self, place: str) -> dict[str, bytes]:
        return {key.decode(): self.client.get(key) for key in self.client.keys(f"{place}:*")}

    def spoil(self, place: str, bodies: dict[str, bytes]) -> None:
        for key, body in bodies.items():
            self.client.set(key, body)


class BucketServer:
    """moto's S3, with one user who may only read. It checks signatures and rights after it was furnished."""

    STEPS = "7"

    def __init__(self, home: Path) -> None:
        import boto3

        (self.port,) = free_ports(1)
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        start = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "INITIAL_NO_AUTH_ACTION_COUNT": self.STEPS}
        self.process = Process(command, home / "moto.log", lambda: listens(self.port), **start)
        made = {"endpoint_url": self.url, "region_name": "us-east-1"}
        login = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        boto3.client("s3", **made, **login).create_bucket(Bucket="team-cache")
        self._iam = boto3.client("iam", **made, **login)
        self._ann = self._user("ann", ["s3:*"])
        self._bob = self._user("bob", ["s3:GetObject", "s3:ListBucket"])
        secret = {key.lower(): value for key, value in self._ann.items()}
        self.client: Any = boto3.client("s3", **made, **secret)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _user(self, name: str, actions: list[str]) -> dict[str, str]:
        allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        self._iam.create_user(UserName=name)
        self._iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(allowed))
        key = self._iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def writer(self, place: str) -> dict[str, str]:
        return self._as(self._ann, place)

    def reader(self, place: str) -> dict[str, str]:
        return self._as(self._bob, place)

    def _as(self, who: dict[str, str], place: str) -> dict[str, str]:
        where = {"AWS_ENDPOINT_URL": self.url, "AWS_DEFAULT_REGION": "us-east-1"}
        return {"PYTEST_GOCACHE_REMOTE": f"s3://team-cache/{place}", **where, **who}

    def kept(self, place: str) -> dict[str, bytes]:
        listed = self.client.list_objects_v2(Bucket="team-cache", Prefix=f"{place}/").get("Contents", [])
        keys = [each["Key"] for each in listed]
        return {key: self.client.get_object(Bucket="team-cache", Key=key)["Body"].read() for key in keys}

    def spoil(self, place: str, bodies: dict[str, bytes]) -> None:
        for key, body in bodies.items():
            self.client.put_object(Bucket="team-cache", Key=key, Body=body)


SERVERS: dict[str, Any] = {"redis": RedisServer, "s3": BucketServer}
KINDS = [
    pytest.param(kind, marks=[pytest.mark.long, pytest.mark.skipif(bool(why), reason="; ".join(why))])
    for kind, why in MISSING.items()
]


@pytest.fixture(scope="module", params=KINDS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = SERVERS[request.param](tmp_path_factory.mktemp(request.param))
    yield server
    server.process.end()


@pytest.fixture
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    """A server for one test alone."""
    server = SERVERS[request.param](tmp_path)
    yield server
    server.process.end()


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    """A place of its own for each test."""
    return "".join(char if char.isalnum() else "-" for char in request.node.name)


def told(run: Run) -> list[str]:
    return [line for line in run.out.splitlines() if "the remote cache" in line]


def is_unharmed(run: Run) -> bool:
    """Everything ran, and ended as without a remote cache, with one line about that."""
    return (run.code, run.counts, len(run.bodies), len(told(run))) == (0, {"passed": 4}, 4, 1) and not run.refused


@pytest.mark.parametrize("workers", [(), XDIST], ids=["serial", "n2"])
def test_one_fills_it_another_reads(shop: Project, server: Server, place: str, workers: tuple[str, ...]) -> None:
    """A fresh clone runs nothing, and has all at home from then on."""
    cold = shop.run(WRITES, *workers, **server.writer(place))
    assert len(cold.bodies) == 4 and not cold.refused and "6 written (" in cold.out, cold.out
    assert len(server.kept(place)) == 6
    clone = elsewhere(shop, "clone")
    run = clone.run(*workers, **server.reader(place))
    assert not run.bodies and run.numbers == (3, 0, 0) and not told(run), run.out
    assert not clone.run(*workers).bodies
    clone.edit("src/shop/orders.py", "sum(", "0 + sum(")
    assert clone.run(*workers, **server.reader(place)).modules == {"tests/test_orders.py"}
    assert len(server.kept(place)) == 6, "a run that reads does not write"


def test_who_may_only_read(shop: Project, server: Server, place: str) -> None:
    """One line says so; the entries are as they were, and the new ones are kept at home."""
    run = shop.run(WRITES, **server.reader(place))
    assert is_unharmed(run) and not server.kept(place), run.out
    assert not shop.run().bodies
    assert any(text in told(run)[0] for text in ("to run the 'set' command", "it answered 403 Forbidden")), run.out


def test_forged_entries(shop: Project, server: Server, place: str) -> None:
    """Bytes of another entry, half of them, or garbage are no pass, and not worth a word."""
    shop.run(WRITES, **server.writer(place))
    kept = server.kept(place)
    bodies = list(kept.values())
    lies = [*bodies[1:4], bodies[4][: len(bodies[4]) // 2], b"garbage"]
    server.spoil(place, dict(zip(kept, [*lies, b""], strict=True)))
    run = elsewhere(shop, "clone").run(**server.reader(place))
    assert len(run.bodies) == 4 and run.code == 0 and not told(run), run.out


def test_signed_entries(shop: Project, server: Server, place: str) -> None:
    """Who can write to the server, and has not the key, cannot fake a pass."""
    elsewhere(shop, "forger").run(WRITES, **server.writer(place))
    wary = elsewhere(shop, "wary").run(WRITES, **server.writer(place), PYTEST_GOCACHE_HMAC_KEY=KEY)
    assert len(wary.bodies) == 4
    assert not elsewhere(shop, "knows").run(**server.reader(place), PYTEST_GOCACHE_HMAC_KEY=KEY).bodies
    assert len(elsewhere(shop, "without").run(**server.reader(place)).bodies) == 4


def test_a_server_that_does_not_answer(shop: Project, server: Server, place: str) -> None:
    """It takes connections and no more."""
    shop.run(WRITES, **server.writer(place))
    server.process.freeze()
    try:
        run = elsewhere(shop, "clone").run(WRITES, **server.writer(place))
    finally:
        server.process.thaw()
    assert is_unharmed(run), run.out


DIES = """
    import os, signal

    def pytest_sessionstart(session):
        os.kill(int(os.environ["SERVER"]), signal.SIGKILL)
"""


@pytest.mark.parametrize("own", KINDS, indirect=True)
def test_a_server_that_dies(shop: Project, own: Server) -> None:
    """It answered what was asked at first, and is gone when results are to be written; then it is gone."""
    shop.write({"../lib/dies.py": DIES})
    run = shop.run("-pdies", WRITES, **own.writer("x"), SERVER=str(own.process.pid))
    assert is_unharmed(run), run.out
    run = elsewhere(shop, "clone").run(WRITES, **own.writer("x"))
    assert is_unharmed(run) and "onnection refused" in told(run)[0] and "secret" not in run.said, run.out


LOOKS = """
    import os, sys

    def pytest_runtest_call(item):
        with open("/proc/self/status") as file:
            threads = next(line.split()[1] for line in file if line.startswith("Threads"))
        with open(f"/proc/self/task/{os.getpid()}/children") as file:
            children = file.read().split()
        with open(os.environ["SEEN"], "a") as file:
            print(threads, children, sorted({"redis", "obstore"} & set(sys.modules)), file=file)
"""


BREAKS = """
    import os, socket, ssl, time

    def refuse(*_, **__):
        raise RuntimeError("no network in tests")

    socket.socket = socket.create_connection = socket.getaddrinfo = ssl.SSLContext = refuse
    time.time = time.monotonic = lambda: 0.0
    os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_SECRET_ACCESS_KEY"] = "testing"
    os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
"""


def test_what_tests_make_of_sockets_and_clocks(shop: Project, server: Server, place: str) -> None:
    """A conftest that lets nobody use the network, stops the clock and makes up a login: it concerns its tests only."""
    shop.write({"conftest.py": BREAKS})
    cold = shop.run(WRITES, **server.writer(place))
    assert len(cold.bodies) == 4 and not told(cold) and len(server.kept(place)) == 6, cold.out
    assert not elsewhere(shop, "clone").run(**server.reader(place)).bodies


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at /proc")
def test_nothing_of_it_is_there_while_tests_run(shop: Project, server: Server, place: str) -> None:
    """No thread, no process, no module; and what it reads is nobody's input."""
    shop.write({"../lib/looks.py": LOOKS})
    seen = shop.home / "seen.txt"
    run = shop.run("-plooks", WRITES, **server.writer(place), SEEN=str(seen))
    assert len(run.bodies) == 4 and not run.refused, run.out
    assert set(seen.read_text().splitlines()) == {"1 [] []"}, seen.read_text()
    assert not shop.run("-plooks", SEEN=str(seen)).bodies, "with a server or without is the same key"


def test_what_a_test_leaves_in_the_environment(project: Project, server: Server, place: str) -> None:
    """Written to is the server that the user named, as the user: not as a test would have it."""
    text = """
        import os

        def test_it():
            os.environ["AWS_ACCESS_KEY_ID"] = "testing"
            os.environ["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
            os.chdir("/")
    """
    project.write({"test_a.py": text})
    run = project.run(WRITES, **server.writer(place))
    assert run.code == 0 and not told(run) and server.kept(place), run.out


@pytest.mark.parametrize("own", KINDS[:1], indirect=True)
def test_keys_and_how_long_they_live(shop: Project, own: RedisServer) -> None:
    """A prefix of one's own; 30 days, unless something else is said."""
    plain = f"redis://ann:secret@127.0.0.1:{own.port}"
    for address in (plain, f"{plain}/1?prefix=a%3A&expire=2h", f"{plain}/1?prefix=b&expire=never"):
        shop.run(WRITES, "--count=1", f"--gocache-remote={address}")
    usual = own.client.keys("pytest-gocache:*")
    assert len(usual) == 6 and all(29 * 86400 < own.client.ttl(key) <= 30 * 86400 for key in usual)
    other = own.of(1)
    assert len(other.keys("a:*")) == 6 and all(0 < other.ttl(key) <= 7200 for key in other.keys("a:*"))
    assert len(other.keys("b*")) == 6 and all(other.ttl(key) == -1 for key in other.keys("b*"))


@pytest.mark.skipif(not OPENSSL, reason="openssl is not installed")
@pytest.mark.parametrize("kind", KINDS[:1])
def test_certificates_of_both(shop: Project, tmp_path: Path, kind: str) -> None:
    """``rediss://``: the server shows one, and wants to see one."""
    authority = Authority(str(OPENSSL), tmp_path)
    port, _ = free_ports(2)
    files = {"cert": authority.pem("localhost"), "key": authority.key("localhost"), "ca-cert": authority.pem("ca")}
    lines = [f"tls-{name}-file {path}" for name, path in files.items()]
    (tmp_path / "redis.conf").write_text("\n".join(["port 0", f"tls-port {port}", 'save ""', *lines]))
    process = Process([str(REDIS), str(tmp_path / "redis.conf")], tmp_path / "log", lambda: listens(port))
    believes = {"PYTEST_GOCACHE_REMOTE_CA": authority.pem("ca")}
    shows = {"PYTEST_GOCACHE_REMOTE_CERT": authority.pem("ann"), "PYTEST_GOCACHE_REMOTE_KEY": authority.key("ann")}
    try:
        remote = f"--gocache-remote=rediss://localhost:{port}"
        assert not told(shop.run(remote, WRITES, **believes, **shows))
        assert not elsewhere(shop, "clone").run(remote, **believes, **shows).bodies
        assert is_unharmed(elsewhere(shop, "stranger").run(remote, **believes))
        wary = elsewhere(shop, "wary").run(remote, **shows)
        assert is_unharmed(wary) and "CERTIFICATE_VERIFY_FAILED" in told(wary)[0], wary.out
    finally:
        process.end()


@pytest.mark.parametrize("own", KINDS[1:], indirect=True)
def test_a_bucket_that_is_not_there(shop: Project, own: BucketServer) -> None:
    """A word that is mistyped is said, not taken for an empty cache."""
    asked = own.writer("x") | {"PYTEST_GOCACHE_REMOTE": "s3://taem-cache/x"}
    run = shop.run(**asked)
    assert is_unharmed(run) and "there is no such bucket" in told(run)[0], run.out


@pytest.mark.parametrize(
    ("address", "library", "line"),
    [
        ("redis://127.0.0.1:9", "redis", "it needs redis-py: pip install 'pytest-gocache[redis]'"),
        ("s3://bucket/x", "obstore", "it needs obstore: pip install 'pytest-gocache[s3]'"),
    ],
)
def test_without_the_library(shop: Project, address: str, library: str, line: str) -> None:
    """It is said what to install, once; the run goes on. With it, that nobody is there."""
    environ = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    run = shop.run(f"--gocache-remote={address}", **environ)
    assert is_unharmed(run), run.out
    assert (line if find_spec(library) is None else "onnection refused") in told(run)[0], run.out


ADDRESSES = {
    "redis://ann:pa/ss-w0rd@127.0.0.1:9": "it needs redis://user:password@host:port/number",
    "redis://127.0.0.1:9?password=a@w0rd": "it takes prefix=… and expire=… only",
    "redis://127.0.0.1:9?password=w0rd": "it takes prefix=… and expire=… only",
    "redis://127.0.0.1:9/0?expire=soon": "expire= of its address takes a time such as 12h, 7d or 2w, or never",
    "redis://": "the remote cache redis:// cannot be used (it needs redis://",
    "ftp://ann:w0rd@host": "ftp://host cannot be used (its address begins with none of http, https, s3, gs, az, redis",
}


@pytest.mark.parametrize("address", some(ADDRESSES, at_once=2))
def test_an_address_that_is_none(shop: Project, address: str) -> None:
    """One line, without what is secret in it."""
    run = shop.run(f"--gocache-remote={address}")
    assert is_unharmed(run) and ADDRESSES[address] in told(run)[0] and "w0rd" not in run.said, run.out
