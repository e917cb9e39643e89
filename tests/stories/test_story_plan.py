"""``--gocache-plan`` says what would be done; ``--gocache-json`` says it, and what was done, to programs."""

from __future__ import annotations

import json
import os

import pytest
from playground import Project

XDIST = ("-pxdist", "-pxdist.looponfail", "-n2")


def told(project: Project) -> dict:
    return json.loads((project.root / "account.json").read_text(encoding="utf-8"))


def verdicts(project: Project) -> dict[str, tuple[bool, str | None, str | None]]:
    return {each["module"]: (each["cached"], each["reason"], each["detail"]) for each in told(project)["modules"]}


@pytest.mark.parametrize("workers", [(), XDIST], ids=["serial", "n2"])
def test_a_plan_is_what_then_happens(shop: Project, workers: tuple[str, ...]) -> None:
    """The verdicts with their reasons and times; nothing runs, and nothing is stored."""
    plan = shop.run(*workers, "--gocache-plan")
    assert plan.code == 1 and not plan.bodies, plan.said
    assert "gocache: tests/test_prices.py: no-record\n" in plan.out
    assert "gocache: plan: 0 cached (saves 0.00s), 3 to run (3 of them nobody knows how long)" in plan.out
    assert shop.run(*workers).numbers == (0, 3, 0)
    plan = shop.run(*workers, "--gocache-plan", "-v")
    assert plan.code == 0 and "gocache: plan: 3 cached (saves 0." in plan.out and "s), 0 to run\n" in plan.out
    assert "gocache: tests/test_alone.py: cached (0." in plan.out
    shop.edit("src/shop/orders.py", "sum(", "0 + sum(")
    for _ in range(2):
        plan = shop.run(*workers, "--gocache-plan")
        assert plan.code == 1 and "plan: 2 cached" in plan.out and "1 to run (about 0." in plan.out
        assert "gocache: tests/test_orders.py: input-changed: import src/shop/orders.py (0." in plan.out
        assert "tests/test_alone.py" not in plan.out
    assert shop.run(*workers).reasons == {"tests/test_orders.py": "input-changed: import src/shop/orders.py"}


def test_nothing_is_imported(project: Project) -> None:
    """Not the test modules: their import may be what takes so long."""
    project.write({"test_a.py": "import pathlib\n\npathlib.Path('made').touch()\n\ndef test_a():\n    pass\n"})
    project.run("--gocache-plan")
    assert not (project.root / "made").exists()


def test_a_plan_of_a_part(shop: Project) -> None:
    """Directories, node ids and ``-k`` as in a run; what is not there is pytest's usual error."""
    shop.run()
    for args in (("tests/test_alone.py",), ("tests/test_prices.py::test_gross",), ("-k", "alone"), ("tests",)):
        assert shop.run("--gocache-plan", *args).code == 0, args
    run = shop.run("--gocache-plan", "nowhere")
    assert run.code == 4 and "file or directory not found: nowhere" in run.said and "Traceback" not in run.said
    (shop.root / "empty").mkdir()
    assert shop.run("--gocache-plan", "empty").code == 5


def test_tests_of_other_kinds(project: Project) -> None:
    """They run each time: not all is a hit."""
    project.write({"test_a.py": "def test_a():\n    pass\n", "test_words.txt": ">>> 1 + 1\n2\n"})
    project.run()
    plan = project.run("--gocache-plan")
    assert plan.code == 1 and "tests that are no Python modules" in plan.out


def test_quiet(shop: Project) -> None:
    """``-qq`` leaves the exit code."""
    shop.run()
    plan = shop.run("--gocache-plan", "-qq")
    assert plan.code == 0 and "gocache" not in plan.out


@pytest.mark.parametrize("workers", [(), pytest.param(XDIST, marks=pytest.mark.long)], ids=["serial", "n2"])
def test_the_account_of_a_run(shop: Project, workers: tuple[str, ...]) -> None:
    """Cold, an exact repeat, an edit, a failure: each module with its verdict and why it was not stored."""
    args = (*workers, "--gocache-json=account.json")
    shop.run(*args)
    whole = told(shop)
    assert (whole["schema"], whole["kind"], whole["exit_status"]) == (1, "run", 0)
    assert (whole["cached"], whole["ran"], whole["not_cacheable"], whole["saved_seconds"]) == (0, 3, 0, 0)
    assert all(each["seconds"] > 0 for each in whole["modules"])
    for _ in range(2):
        assert not shop.run(*args).bodies
        whole = told(shop)
        assert (whole["cached"], whole["ran"]) == (3, 0) and whole["saved_seconds"] > 0
        assert set(verdicts(shop).values()) == {(True, None, None)}
    shop.edit("src/shop/orders.py", "sum(", "-sum(")
    assert shop.run(*args).code == 1
    assert verdicts(shop)["tests/test_orders.py"] == (False, "input-changed", "import src/shop/orders.py")
    whole = told(shop)
    failed = next(each for each in whole["modules"] if not each["cached"])
    assert failed["not_cacheable"] == "failed" and failed["not_cacheable_detail"] == "tests/test_orders.py::test_total"
    assert (whole["exit_status"], whole["not_cacheable"]) == (1, 1)
    assert failed["seconds"] > 0 and failed["files"] >= 4 and not failed["flaky"]


def test_the_account_of_a_plan(shop: Project) -> None:
    """The same fields."""
    shop.run()
    shop.edit("src/shop/orders.py", "sum(", "0 + sum(")
    shop.run("--gocache-plan", "--gocache-json=sub/account.json")
    whole = json.loads((shop.root / "sub/account.json").read_text())
    assert (whole["kind"], whole["cached"], whole["ran"], whole["exit_status"]) == ("plan", 2, 1, 1)
    assert shop.run("--gocache-json=sub/account.json").numbers == (2, 1, 0)


def test_the_account_of_a_verification(shop: Project) -> None:
    """With what differed."""
    shop.run()
    shop.run("--gocache-verify", "--gocache-json=account.json")
    assert told(shop)["verified"] == {"modules": 3, "false_modules": 0, "false": [], "unknown": []}


def test_a_file_that_cannot_be_written(shop: Project) -> None:
    """One line; the run is as it was."""
    (shop.root / "account.json").mkdir()
    run = shop.run("--gocache-json=account.json")
    assert run.code == 0 and "gocache: --gocache-json: " in run.out and "cannot be written (Is a directory)" in run.out
    assert not list(shop.root.glob("*.part"))


def test_names_that_are_no_text(project: Project) -> None:
    """A page shows them as well as it can."""
    project.write({"test_a.py": "import os\n\ndef test_a():\n    assert open(os.fsdecode(b'd\\xff.txt')).read()\n"})
    odd = project.root / os.fsdecode(b"d\xff.txt")
    for text in ("a", "b"):
        odd.write_text(text)
        run = project.plain("--gocache", "--gocache-report=page.html", "--gocache-json=page.json")
        assert run.code == 0 and run.numbers == (0, 1, 0), run.said
    assert "udcff" in (project.root / "page.html").read_text()


def test_no_cache_no_account(shop: Project) -> None:
    """Asked for where the cache is off: said at once."""
    run = shop.plain("--gocache-json=account.json")
    assert run.code == 4 and "--gocache-json tells of the cache, which is off" in run.err
    assert shop.plain("--gocache-report=page.html").code == 4


def test_the_way_to_what_changed(shop: Project) -> None:
    """Under ``-v`` the imports that lead there."""
    shop.run()
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    run = shop.run("-v")
    assert "gocache:   tests/test_orders.py -> src/shop/orders.py -> src/shop/prices.py" in run.out, run.out
    assert "gocache:   tests/test_prices.py" not in run.out, "it imports it itself"


def test_one_edit_that_makes_most_run(project: Project) -> None:
    """It is named."""
    project.write({f"test_{n}.py": "import base\n\ndef test_it():\n    pass\n" for n in range(12)})
    project.write({"base.py": "X = 1\n", "test_other.py": "def test_it():\n    pass\n"})
    project.run()
    project.write({"base.py": "X = 2\n"})
    assert "gocache: import base.py made 12 of 13 modules run\n" in project.run().out


def test_the_page(shop: Project) -> None:
    """One file that needs no other: numbers, reasons with the modules, every module; names are escaped."""
    shop.write({"tests/test_a&b.py": "def test_it():\n    pass\n"})
    shop.run()
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    run = shop.run("--gocache-report=out/page.html")
    text = (shop.root / "out/page.html").read_text(encoding="utf-8")
    assert run.numbers == (2, 2, 0) and "<b>2</b>modules cached" in text and "<b>2</b>ran" in text
    assert text.count("input-changed: import src/shop/prices.py</code></summary>") == 1
    assert "test_a&amp;b.py" in text and "test_a&b.py" not in text
    assert "http" not in text and "<script" not in text
    shop.run("--gocache-report=out/page.html")
    assert "<b>4</b>modules cached" in (shop.root / "out/page.html").read_text(encoding="utf-8")


def test_the_page_tells_of_flaky_modules_and_of_big_ones(shop: Project) -> None:
    """What a test failed that had passed, with nothing changed since; who imports most."""
    text = "import ctypes\n\ndef test_it():\n    libc = ctypes.CDLL(None)\n    assert not libc.getenv(b'BAD')\n"
    shop.write({"tests/test_flaky.py": text})
    shop.run()
    shop.run("--count=1", "--gocache-report=page.html", "--gocache-json=account.json", BAD="1")
    page = (shop.root / "page.html").read_text(encoding="utf-8")
    assert "<h2>Flaky modules</h2>" in page and "<li><code>tests/test_flaky.py</code></li>" in page
    biggest = page.split("<h2>Biggest closures</h2>")[1].split("</table>")[0]
    assert biggest.index("test_orders.py") < biggest.index("test_prices.py") < biggest.index("test_alone.py")
    flaky = {each["module"] for each in told(shop)["modules"] if each["flaky"]}
    assert flaky == {"tests/test_flaky.py"}
