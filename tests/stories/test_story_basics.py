"""Switching it on, and what a user then sees."""

from __future__ import annotations

import re
from pathlib import Path

from playground import Project

ALONE, ORDERS, PRICES = "tests/test_alone.py", "tests/test_orders.py", "tests/test_prices.py"


def test_it_is_off_unless_asked(shop: Project) -> None:
    """Installing the plugin neither stores nor skips nor says anything."""
    for _ in range(2):
        run = shop.plain()
        assert len(run.bodies) == 4 and "gocache:" not in run.out
    assert not shop.store.exists()


def test_second_run_runs_nothing(shop: Project) -> None:
    """Cold everything runs, warm nothing does, and both end alike."""
    cold, warm = shop.cold_and_warm()
    assert len(cold.bodies) == 4 and cold.numbers == (0, 3, 0) and cold.code == 0
    assert cold.reasons == dict.fromkeys((ALONE, ORDERS, PRICES), "no-record")
    assert warm.numbers == (3, 0, 0) and not warm.reasons
    assert warm.counts == {"passed": 4}
    assert "gocache: 3 modules cached (saved " in warm.out and ", 0 ran, 0 not cacheable" in warm.out
    # Default: one line a module, in pytest's order, marked.
    marked = re.findall(r"^(\S+) (\.+) \(cached\)", warm.out, re.MULTILINE)
    assert marked == [(ALONE, "."), (ORDERS, "."), (PRICES, "..")]
    assert "collected 4 items" in warm.out
    # -v: one line a test, never SKIPPED.
    verbose = shop.run("-v")
    assert not verbose.bodies and set(map(tuple, verbose.verdicts().values())) == {("PASSED (cached)",)}
    assert set(verbose.verdicts()) == set(cold.bodies)
    # -q: dots and our line; -qq: not a word of ours.
    quiet = shop.run("-q")
    assert quiet.numbers == (3, 0, 0) and "...." in quiet.out and not quiet.bodies
    silent = shop.run("-qq")
    assert not silent.bodies and "gocache" not in silent.out and "cached" not in silent.out


def test_progress_reaches_100_percent(shop: Project) -> None:
    """The percentages of cached and of run modules add up, in every mode of output."""
    shop.run()
    for args in ((), ("-q",), ("-v",), ("-o", "console_output_style=count")):
        warm = shop.run(*args)
        assert not warm.bodies and re.search(r"\[100%\]|\[4/4\]", warm.out), warm.out
    shop.edit(ORDERS, "30", "29")
    partly = shop.run()
    assert partly.modules == {ORDERS} and "[100%]" in partly.out, partly.out


def test_option_ini_and_no_option(shop: Project) -> None:
    """``gocache = true`` switches on, ``--no-gocache`` off again, and all ways share entries."""
    shop.run()
    shop.write({"pytest.ini": "[pytest]\npythonpath = src\ngocache = true\n"})
    by_ini = shop.plain()
    assert by_ini.numbers == (3, 0, 0) and not by_ini.bodies
    off = shop.plain("--no-gocache")
    assert off.numbers is None and len(off.bodies) == 4
    assert not shop.plain("--no-gocache", "--gocache").bodies, "the last one wins"


def test_nothing_collected_is_exit_code_5(project: Project) -> None:
    """An empty project ends as it does without us, each time, and a failing one ends with 1."""
    for _ in range(2):
        run = project.run()
        assert run.code == 5 and run.numbers == (0, 0, 0)
    project.write({"test_a.py": "def test_a():\n    assert 0\n"})
    assert [project.run().code for _ in range(2)] == [1, 1]


def test_everything_deselected_is_exit_code_5(shop: Project) -> None:
    """No test selected of cached modules is still no test."""
    shop.run()
    for _ in range(2):
        run = shop.run("-k", "absent")
        assert run.code == 5 and run.counts == {"deselected": 4} and not run.bodies, run.said


def test_store_directory(shop: Project, tmp_path: Path) -> None:
    """Option, variable and ini choose the directory, in that order; a file there is a clear error."""
    option, variable, ini = (tmp_path / name for name in ("option", "variable", "ini"))
    shop.write({"pytest.ini": f"[pytest]\npythonpath = src\ngocache_dir = {ini}\n"})
    shop.run(f"--gocache-dir={option}")
    assert option.exists() and not variable.exists() and not ini.exists()
    shop.run(PYTEST_GOCACHE_DIR=str(variable))
    assert variable.exists() and not ini.exists()
    shop.run(PYTEST_GOCACHE_DIR=None)
    assert ini.exists()
    assert not shop.run(PYTEST_GOCACHE_DIR=None).bodies
    (tmp_path / "file").write_text("mine")
    wrong = shop.run(f"--gocache-dir={tmp_path / 'file'}")
    assert wrong.code == 4 and "is a file" in wrong.err and "Traceback" not in wrong.said
    assert (tmp_path / "file").read_text() == "mine"


def test_per_user_directory(shop: Project) -> None:
    """Without any choice the results lie below the user's cache directory."""
    cold, warm = (shop.run(PYTEST_GOCACHE_DIR=None, XDG_CACHE_HOME=str(shop.home / "xdg")) for _ in range(2))
    assert len(cold.bodies) == 4 and not warm.bodies
    assert (shop.home / "xdg" / "pytest-gocache" / "CACHEDIR.TAG").exists()


def test_garbage_in_the_store(shop: Project) -> None:
    """A store full of garbage costs a run and one line."""
    shop.run()
    for path in shop.store.rglob("*"):
        if path.is_file():
            path.write_bytes(b"garbage" * 100)
    run = shop.run()
    assert run.code == 0 and len(run.bodies) == 4 and run.counts == {"passed": 4}
    told = [line for line in run.out.splitlines() if re.match(r"gocache: (?!\d|tests/)", line)]
    assert len(told) <= 1, told
    assert not shop.run().bodies, "and is mended by it"


def test_read_only_and_impossible_store(shop: Project) -> None:
    """A directory that cannot be made turns caching off with one line; tests run all the same."""
    run = shop.run("--gocache-dir=/proc/nowhere")
    assert run.code == 0 and len(run.bodies) == 4
    assert len([line for line in run.out.splitlines() if line.startswith("gocache:")]) == 1
    shop.run()
    before = {path: path.read_bytes() for path in shop.store.rglob("*") if path.is_file()}
    for path in [shop.store, *shop.store.rglob("*")]:
        path.chmod(0o500 if path.is_dir() else 0o400)
    again = shop.run()
    for path in [shop.store, *shop.store.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert again.code == 0 and again.counts == {"passed": 4}
    assert before.keys() <= set(shop.store.rglob("*"))
