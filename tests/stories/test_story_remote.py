"""A server behind the local store."""

from __future__ import annotations

import base64
import json
import os
import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from playground import Project, Run, some
from shelf import Server
from shelf import Shelf as Shelf
from test_story_team import XDIST, elsewhere


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_one_fills_it_another_reads(shop: Project, server: Server, workers: tuple[str, ...]) -> None:
    """A fresh clone runs nothing, and has all at home from then on. What only one machine can use stays there."""
    remote = f"--gocache-remote={server.url}"
    cold = shop.run(remote, "--gocache-remote-mode=readwrite", *workers)
    assert len(cold.bodies) == 4 and not cold.refused, cold.out
    assert len(server.kept) == 6 and "6 written (" in cold.out, (cold.out, server.asked)
    clone = elsewhere(shop, "clone")
    run = clone.run(remote, *workers)
    assert not run.bodies and run.numbers == (3, 0, 0) and "(3 remotely: " in run.out, run.out
    server.asked.clear()
    assert not clone.run(remote, *workers).bodies and not server.asked
    assert not clone.run(*workers).bodies


def test_it_only_reads_unless_told(shop: Project, server: Server) -> None:
    """By option, variable or ini line."""
    shop.run(f"--gocache-remote={server.url}")
    assert not server.kept and server.asked
    shop.run("--count=1", PYTEST_GOCACHE_REMOTE=server.url, PYTEST_GOCACHE_REMOTE_MODE="readwrite")
    assert len(server.kept) == 6
    server.kept.clear()
    shop.run("--count=1", "-o", f"gocache_remote={server.url}", "-o", "gocache_remote_mode=readwrite")
    assert len(server.kept) == 6
    server.asked.clear()
    shop.run("--count=1", f"--gocache-remote={server.url}", PYTEST_GOCACHE_REMOTE_MODE="off")
    assert not server.asked
    wrong = shop.run(f"--gocache-remote={server.url}", "--gocache-remote-mode=write")
    assert wrong.code == 4 and "is read, readwrite or off, not 'write'" in wrong.err


def test_questions_are_asked_at_once(project: Project, server: Server) -> None:
    """With a slow line it is a few round trips, not one for each module; and each module is one question."""
    project.write({f"test_{n}.py": "def test_it():\n    pass\n" for n in range(40)})
    remote = f"--gocache-remote={server.url}"
    project.run(remote, "--gocache-remote-mode=readwrite")
    clone = elsewhere(project, "clone")
    server.asked.clear()
    assert clone.run(remote).numbers == (40, 0, 0)
    assert len(server.asked) == 40 and len(set(server.asked)) == 40


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_what_a_server_gave_is_marked(shop: Project, server: Server, workers: tuple[str, ...]) -> None:
    """Line by line, in the last line, in reports; in the run that fetched it, and not in those after."""
    remote = (f"--gocache-remote={server.url}", *workers)
    shop.run(*remote, "--gocache-remote-mode=readwrite")
    clone = elsewhere(shop, "clone")
    clone.edit("tests/test_alone.py", "2", "2 + 0")
    clone.run(*remote, "tests/test_alone.py")
    files = [f"--gocache-json={clone.home / 'run.json'}", f"--junit-xml={clone.home / 'run.xml'}"]
    fetched = clone.run(*remote, "-v", *files)
    assert not fetched.bodies and set(flat(fetched)) == {"PASSED (cached)", "PASSED (cached remotely)"}, fetched.out
    assert fetched.verdicts()["tests/test_alone.py::test_alone"] == ["PASSED (cached)"]
    line = r"3 modules cached \(2 remotely: \d\.\d kB in \d\.\ds, saved .*s\), 0 ran"
    assert re.search(line, fetched.out), fetched.out
    told = json.loads((clone.home / "run.json").read_text())
    assert {each["module"]: each["remote"] for each in told["modules"]} == {
        "tests/test_alone.py": False,
        "tests/test_orders.py": True,
        "tests/test_prices.py": True,
    }
    assert told["cached_remotely"] == told["traffic"]["read"] == 2 and told["traffic"]["read_bytes"] > 400
    assert (clone.home / "run.xml").read_text().count('name="cached_remotely" value="true"') == 3
    for flags in (["-v", *files], ["-v", *files], []):
        again = clone.run(*remote, *flags)
        assert not again.bodies and "remotely" not in again.out and "(cached)" in again.out, again.out
    assert json.loads((clone.home / "run.json").read_text())["cached_remotely"] == 0


def flat(run: Run) -> list[str]:
    return [word for words in run.verdicts().values() for word in words]


def test_the_line_of_a_module_is_marked(shop: Project, server: Server) -> None:
    """Without -v, too; when only a part of a module is asked for, and of a plan."""
    remote = f"--gocache-remote={server.url}"
    shop.run(remote, "--gocache-remote-mode=readwrite")
    assert "tests/test_orders.py . (cached remotely)" in elsewhere(shop, "whole").run(remote).out
    part = elsewhere(shop, "part").run(remote, "-k", "gross")
    assert "tests/test_prices.py . (cached remotely)" in part.out and "3 deselected" in part.out
    plan = elsewhere(shop, "plan").run(remote, "--gocache-plan", "-v")
    assert "tests/test_alone.py: cached remotely" in plan.out, plan.out


def test_a_repeat_whose_results_are_gone(shop: Project, server: Server) -> None:
    """The snapshot vouches for them, the store has lost them, the server has them: that is told as it is."""
    remote = f"--gocache-remote={server.url}"
    shop.run(remote, "--gocache-remote-mode=readwrite")
    assert "remotely" not in shop.run(remote).out
    for path in (shop.store / "v1").glob("cache.db*"):
        path.unlink()
    run = shop.run(remote, "-v")
    assert not run.bodies and set(flat(run)) == {"PASSED (cached remotely)"} and "(3 remotely: " in run.out, run.out


def test_passes_are_refreshed_with_few_questions(project: Project, server: Server) -> None:
    """``--count=1`` looks nothing up, but what it stores goes beside what others stored: they are asked for at once."""
    project.write({f"test_{n}.py": "def test_it():\n    pass\n" for n in range(9)})
    writes = (f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    project.run(*writes, "--count=1")
    asked = [line.split()[0] for line in server.asked]
    assert asked.count("GET") == 9 and asked.count("PUT") == 18 and asked[:9] == ["GET"] * 9


def test_only_what_matches_is_asked_for(project: Project, server: Server) -> None:
    """Of several passes of a module the newest comes at once; of the others only the one that fits the present."""
    project.write({"test_a.py": "import os\n\ndef test_a():\n    assert os.environ['PLACE']\n"})
    remote = f"--gocache-remote={server.url}"
    for place in ("one", "two", "three"):
        project.run(remote, "--gocache-remote-mode=readwrite", PLACE=place)
    for place, questions in (("three", 1), ("one", 2), ("four", 1)):
        server.asked.clear()
        run = elsewhere(project, f"clone-{place}").run(remote, PLACE=place)
        assert len(server.asked) == questions and bool(run.bodies) == (place == "four"), (server.asked, run.out)
    assert run.reasons == {"test_a.py": "input-changed: getenv PLACE"}


QUICK = ["garbage", "half", "other", "500", "403", "redirect", "cut", "dies", "dies when written to"]
SLOW = ["slow", "drips", "headers", "huge"]


@pytest.mark.parametrize("fault", [*QUICK, *(pytest.param(fault, marks=pytest.mark.long) for fault in SLOW)])
def test_a_server_that_misbehaves(shop: Project, server: Server, fault: str) -> None:
    """The results are those of a run without it; at most one line, and a few seconds."""
    remote = (f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    shop.run(*remote)
    clone = elsewhere(shop, "clone")
    new = {"fails": "def test_fails():\n    assert 0\n", "new": "def test_new():\n    pass\n"}
    clone.write({f"tests/test_{name}.py": text for name, text in new.items()})
    server.fault = fault
    run = clone.run(*remote)
    assert run.code == 1 and run.counts == {"passed": 5, "failed": 1}, run.out
    assert len(run.bodies) == 6 or "dies" in fault, "what was given before it died counts"
    assert set(run.refused.values()) == {"failed: tests/test_fails.py::test_fails"}, run.out
    told = [line for line in run.out.splitlines() if "the remote cache" in line]
    assert len(told) == (0 if fault in ("garbage", "half", "other") else 1), run.out
    assert clone.run().modules == {"tests/test_fails.py"}, "its own store has the others"


def test_no_server(shop: Project) -> None:
    """One line, without what is secret in the URL."""
    run = shop.run("--gocache-remote=http://ann:secret@127.0.0.1:9/x")
    assert run.code == 0 and len(run.bodies) == 4 and not run.refused
    assert run.out.count("gocache: the remote cache http://127.0.0.1:9/x failed (ConnectionRefusedError") == 1, run.out
    assert "secret" not in run.said
    odd = elsewhere(shop, "clone").run("--gocache-remote=nonsense")
    assert odd.code == 0 and "the remote cache nonsense cannot be used (it needs the URL of a server" in odd.out


def test_no_such_server(shop: Project, server: Server) -> None:
    """A name that nobody knows; a server that speaks no TLS: one line."""
    run = shop.run("--gocache-remote=https://nowhere.invalid/x")
    assert run.code == 0 and len(run.bodies) == 4 and run.out.count("the remote cache https://nowhere.invalid/x ") == 1
    run = elsewhere(shop, "clone").run(f"--gocache-remote={server.url.replace('http:', 'https:')}")
    assert run.code == 0 and len(run.bodies) == 4 and run.out.count("failed (SSLError: ") == 1, run.out


def test_no_room_at_home(shop: Project, server: Server) -> None:
    """What a server gives counts all the same, in this run; one line."""
    remote = f"--gocache-remote={server.url}"
    shop.run(remote, "--gocache-remote-mode=readwrite")
    clone = elsewhere(shop, "clone")
    (clone.store / "v1" / "cache.db").mkdir(parents=True)
    run = clone.run(remote)
    assert run.code == 0 and not run.bodies and run.out.count("the cache in ") <= 1, run.out


@pytest.mark.long
def test_two_runs_write_the_same(shop: Project, server: Server) -> None:
    """At once: both end well, and a third one runs nothing."""
    writes = (f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    clones = [elsewhere(shop, name) for name in ("one", "two")]
    for clone in clones:
        clone.python = ("-B",)  # the host forks one run after the other
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(lambda clone: clone.run(*writes, "--count=1"), clones))
    assert [(run.code, run.numbers, run.refused) for run in runs] == [(0, (0, 3, 0), {})] * 2, [run.out for run in runs]
    third = elsewhere(shop, "third")
    third.python = ("-B",)
    assert not third.run(writes[0]).bodies


@pytest.mark.long
@pytest.mark.parametrize("hours", [-30, 30])
def test_clocks_that_differ(shop: Project, server: Server, hours: int) -> None:
    """A machine that is a day behind or ahead has the same passes, and its files are as young as they look there."""
    skew = "import os, time\nlate, now, now_ns = float(os.environ.get('LATE', 0)), time.time, time.time_ns\n"
    skew += "time.time, time.time_ns = lambda: now() + late, lambda: now_ns() + int(late * 1e9)\n"
    (shop.home / "lib" / "sitecustomize.py").write_text(skew)
    shop.python = ("-B",)
    shop.run(f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    clone = elsewhere(shop, "clone")
    for path in clone.root.rglob("*.py"):
        os.utime(path, (time.time() + hours * 3600,) * 2)
    run = clone.run(f"--gocache-remote={server.url}", LATE=str(hours * 3600))
    assert not run.bodies and "(3 remotely: " in run.out, run.out
    clone.edit("src/shop/orders.py", "sum(", "0 + sum(")
    assert clone.run(f"--gocache-remote={server.url}", LATE=str(hours * 3600)).modules == {"tests/test_orders.py"}


@pytest.mark.parametrize("password", some(["pa/ss-w0rd", "p[ss-w0rd", "p?ss-w0rd", "p#ss-w0rd"], 1))
def test_secrets_are_not_shown(shop: Project, server: Server, password: str) -> None:
    """However wrong the URL or the token is."""
    run = shop.run(f"--gocache-remote=http://ci:{password}@127.0.0.1:9/c")
    assert run.code == 0 and len(run.bodies) == 4 and "it needs the URL of a server" in run.out
    assert "w0rd" not in run.said
    run = elsewhere(shop, "clone").run(f"--gocache-remote={server.url}", PYTEST_GOCACHE_REMOTE_TOKEN="s3cr3t\x01t0ken")
    assert run.code == 0 and "REMOTE_TOKEN has characters that a header cannot have" in run.out
    assert "s3cr3t" not in run.said


def test_who_asks(shop: Project, server: Server) -> None:
    """A user and password in the URL, or a token."""
    server.login = "Basic " + base64.b64encode(b"ann:p@ss").decode()
    url = server.url.replace("://", "://ann:p%40ss@")
    shop.run(f"--gocache-remote={url}", "--gocache-remote-mode=readwrite")
    assert len(server.kept) == 6
    server.login = "Bearer word"
    clone = elsewhere(shop, "clone")
    remote = f"--gocache-remote={server.url}"
    assert not clone.run(remote, PYTEST_GOCACHE_REMOTE_TOKEN="word").bodies
    other = elsewhere(shop, "other")
    run = other.run(remote)
    assert len(run.bodies) == 4 and "GET was answered 401" in run.out


def test_a_server_that_does_not_let_itself_be_written_to(shop: Project, server: Server) -> None:
    """One line; everything is kept at home."""
    server.read_only = True
    run = shop.run(f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    assert run.code == 0 and "PUT was answered 403" in run.out and not run.refused
    assert not shop.run().bodies


@pytest.mark.parametrize("mode", ["read", "readwrite"])
def test_a_flake_is_forgotten(project: Project, server: Server, mode: str) -> None:
    """A pass that was taken back does not come back from the server; who may write takes it back there, too."""
    text = "import pathlib\n\ndef test_a():\n    assert not pathlib.Path('/proc/self/fail').exists()\n"
    project.write({"test_a.py": text.replace("/proc/self/fail", str(project.home / "nowhere"))})
    remote = (f"--gocache-remote={server.url}", f"--gocache-remote-mode={mode}")
    project.run(remote[0], "--gocache-remote-mode=readwrite")
    clone = elsewhere(project, "clone")
    ignoring = ("-o", "gocache_ignore=../nowhere")
    clone.run(*remote, *ignoring)
    (project.home / "nowhere").touch()
    assert clone.run(*remote, *ignoring, "--count=1").code == 1
    assert len(clone.run(*remote, *ignoring).bodies) == 1


OLD, NEW = "an old key of enough length", "a new key of enough length"


def key_of(*texts: str) -> str:
    return " ".join(text.replace(" ", "-") for text in texts)


def test_signed_entries(shop: Project, server: Server) -> None:
    """Only what was made with a key that is known counts; keys can be changed."""
    remote = f"--gocache-remote={server.url}"
    writes = (remote, "--gocache-remote-mode=readwrite")
    shop.run(*writes, PYTEST_GOCACHE_HMAC_KEY=key_of(OLD))
    assert not elsewhere(shop, "knows").run(remote, PYTEST_GOCACHE_HMAC_KEY=key_of(OLD)).bodies
    assert not elsewhere(shop, "turns").run(remote, PYTEST_GOCACHE_HMAC_KEY=key_of(NEW, OLD)).bodies
    assert len(elsewhere(shop, "other").run(remote, PYTEST_GOCACHE_HMAC_KEY=key_of(NEW)).bodies) == 4
    assert len(elsewhere(shop, "without").run(remote).bodies) == 4
    keys = shop.home / "keys"
    keys.write_text(f"{key_of(OLD)}\n")
    assert not elsewhere(shop, "file").run(remote, PYTEST_GOCACHE_HMAC_KEY_FILE=str(keys)).bodies
    server.kept.clear()
    elsewhere(shop, "forger").run(*writes)
    assert len(elsewhere(shop, "wary").run(remote, PYTEST_GOCACHE_HMAC_KEY=key_of(OLD)).bodies) == 4


def test_keys_that_are_none(shop: Project, server: Server) -> None:
    """One line, and nothing is believed or written."""
    writes = (f"--gocache-remote={server.url}", "--gocache-remote-mode=readwrite")
    run = shop.run(*writes, PYTEST_GOCACHE_HMAC_KEY="short")
    assert run.code == 0 and not server.kept
    assert "cannot be used (a key in PYTEST_GOCACHE_HMAC_KEY has less than 16 characters)" in run.out
    run = elsewhere(shop, "clone").run(*writes, PYTEST_GOCACHE_HMAC_KEY_FILE="/nowhere")
    assert run.code == 0 and "cannot be used ([Errno 2] No such file or directory: '/nowhere')" in run.out
    for nothing in ("", " \n"):
        run = elsewhere(shop, f"nothing{len(nothing)}").run(*writes, PYTEST_GOCACHE_HMAC_KEY=nothing)
        assert "is set, and there is no key in it" in run.out and not server.kept
    store = f"--gocache-store=dir:{shop.home / 'shared'}"
    shop.cold_and_warm(store, PYTEST_GOCACHE_HMAC_KEY=key_of(OLD))
    assert len(shop.run(store, PYTEST_GOCACHE_HMAC_KEY=key_of(NEW)).bodies) == 4
