"""Laws 2 to 5, as stories. Law 1 stands in ``test_law1_same_outcomes.py``.

Every test of the little project writes its name to a file outside of it when its body runs: green does
not show that a result came from the cache, an unchanged list does.
"""

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from judge import Run
from playground import Host, some

FILES = {
    "pytest.ini": "[pytest]\npythonpath = src\n",
    "src/shop/__init__.py": "",
    "src/shop/prices.py": "VAT = 19\n\n\ndef gross(net):\n    return net * (100 + VAT) // 100\n",
    "src/shop/names.py": "def title(name):\n    return name.title()\n",
    "tests/conftest.py": """\
import os

import pytest


@pytest.fixture(autouse=True)
def ran(request):
    with open(os.environ["RAN_FILE"], "a") as out:
        out.write(request.node.nodeid + "\\n")
""",
    "tests/test_prices.py": """\
import pytest
from shop.prices import gross


@pytest.mark.parametrize("net", [100, 200])
def test_gross(net):
    assert gross(net) > net


@pytest.mark.skip(reason="not yet")
def test_discount():
    raise AssertionError
""",
    "tests/test_names.py": """\
import unittest

import pytest
from shop.names import title


class TestTitle(unittest.TestCase):
    def test_title(self):
        self.assertEqual(title("tea"), "Tea")


@pytest.mark.xfail(reason="apostrophes")
def test_apostrophe():
    assert title("o'clock") == "O'clock"
""",
    "tests/test_alone.py": "def test_alone():\n    print('said once')\n",
}
PRICES = ["tests/test_prices.py::test_gross[100]", "tests/test_prices.py::test_gross[200]"]
NAMES = ["tests/test_names.py::TestTitle::test_title", "tests/test_names.py::test_apostrophe"]
ALL = ["tests/test_alone.py::test_alone", *NAMES, *PRICES]
COUNTS = {"passed": 4, "skipped": 1, "xfailed": 1}


@dataclass(frozen=True)
class Shop:
    """The little project, and a store beside it."""

    home: Path
    host: Host

    @property
    def store(self) -> Path:
        return self.home / "store"

    def write(self, name: str, text: str) -> None:
        """Bytecode beside it goes: Python takes it for fresh if size and whole second agree."""
        path = self.home / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        shutil.rmtree(path.parent / "__pycache__", ignore_errors=True)

    def pytest(self, *args: str) -> tuple[Run, list[str]]:
        """A run, and the tests whose bodies ran."""
        ran = self.home / "ran.txt"
        ran.write_text("")
        said = self.home / "said.txt"
        project = str(self.home / "project")
        code = self.host.run(
            args=["-p", "no:cacheprovider", "--color=no", *args],
            cwd=project, first=project, env=environment(ran), out=str(said), err=str(said),
        )  # fmt: skip
        return Run(code, said.read_text()), sorted(ran.read_text().split())

    def cached(self, *args: str) -> tuple[Run, list[str]]:
        return self.pytest("-p", "gocache", "--gocache", f"--gocache-dir={self.store}", *args)


def environment(ran: Path) -> dict[str, str]:
    steering = ("PYTHON", "PYTEST", "COVERAGE", "COV_CORE", "GOCACHE")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(steering)}
    return kept | {"RAN_FILE": str(ran), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


@pytest.fixture
def shop(tmp_path: Path, host: Host) -> Shop:
    project = Shop(tmp_path, host)
    for name, text in FILES.items():
        project.write(name, text)
    return project


# --- Law 2: a second run with nothing changed runs nothing -----------------------------------------


def test_a_second_run_runs_nothing(shop: Shop) -> None:
    first, ran_first = shop.cached()
    second, ran_second = shop.cached()
    assert (ran_first, ran_second) == (ALL, [])
    assert first.counts() == second.counts() == COUNTS
    assert first.exit_code == second.exit_code == 0
    assert second.tally() == (3, 0, 0)


def test_a_second_run_imports_nothing(shop: Shop) -> None:
    """Not even the test module: its import would leave a mark here."""
    shop.write(
        "tests/test_alone.py",
        "import os\nopen(os.environ['RAN_FILE'], 'a').write('imported')\n\n\ndef test_x(): pass\n",
    )
    _, ran_first = shop.cached()
    _, ran_second = shop.cached()
    assert "imported" in "".join(ran_first)
    assert ran_second == []


def test_a_failed_module_runs_again(shop: Shop) -> None:
    """Only passes are kept, and the neighbours of a failure are."""
    shop.write("tests/test_alone.py", "def test_alone():\n    assert False\n")
    first, _ = shop.cached()
    second, ran = shop.cached()
    assert ran == ["tests/test_alone.py::test_alone"]
    assert first.exit_code == second.exit_code == 1
    assert first.counts() == second.counts()


# --- Law 3: change something and change it back: nothing runs ---------------------------------------


def without_title(text: str) -> str:
    return text.replace("title()", "upper()")


@pytest.mark.parametrize(
    ("name", "change", "runs"),
    [
        ("src/shop/prices.py", lambda text: text.replace("19", "20"), PRICES),
        ("src/shop/names.py", without_title, NAMES),
        (
            "tests/test_prices.py",
            lambda text: text.replace("200", "300"),
            [PRICES[0], PRICES[1].replace("2", "3")],
        ),
        ("tests/conftest.py", lambda text: text + "\nMORE = 1\n", ALL),
        ("src/shop/__init__.py", lambda text: "NEW = 1\n", [*NAMES, *PRICES]),
    ],
    ids=["product", "product-failing", "test-module", "conftest", "package"],
)
def test_change_and_change_back(shop: Shop, name: str, change: Callable[[str], str], runs: list[str]) -> None:
    """The change runs what it concerns; changing it back runs nothing."""
    shop.cached()
    shop.write(name, change(FILES[name]))
    _, ran = shop.cached()
    assert ran == sorted(runs)
    shop.write(name, FILES[name])
    back, ran_back = shop.cached()
    assert ran_back == []
    assert back.counts() == COUNTS


def test_a_remark_and_a_touch_run_nothing(shop: Shop) -> None:
    """Neither a comment in the product nor a new modification time is a change."""
    shop.cached()
    shop.write("src/shop/prices.py", "# a remark\n" + FILES["src/shop/prices.py"])
    for path in (shop.home / "project").rglob("*.py"):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    _, ran = shop.cached()
    assert ran == []


def test_add_a_shadowing_file_and_remove_it(shop: Shop) -> None:
    """A new file that wins the resolution of an import is a change of those who import it."""
    shop.cached()
    shop.write("src/shop/names/__init__.py", FILES["src/shop/names.py"])
    _, ran = shop.cached()
    assert ran == NAMES
    shutil.rmtree(shop.home / "project/src/shop/names")
    _, ran_back = shop.cached()
    assert ran_back == []


# --- Law 4: removing the store changes only the time taken ------------------------------------------


def test_removing_the_store_changes_only_time(shop: Shop) -> None:
    shop.cached()
    shutil.rmtree(shop.store)
    again, ran = shop.cached()
    assert ran == ALL
    assert (again.exit_code, again.counts()) == (0, COUNTS)
    assert shop.cached()[1] == []


def test_removing_any_one_file_of_the_store_changes_only_time(shop: Shop) -> None:
    shop.cached()
    for file in files_of(shop.store):
        file.unlink(missing_ok=True)
        run, ran = shop.cached()
        assert (run.exit_code, run.counts()) == (0, COUNTS)
        assert set(ran) <= set(ALL)


# --- Law 5: whatever bytes are in the store: a hit or a miss ----------------------------------------


def files_of(directory: Path) -> list[Path]:
    return sorted(path for path in directory.rglob("*") if path.is_file())


def random_bytes(file: Path, randomness: random.Random) -> None:
    file.write_bytes(randomness.randbytes(file.stat().st_size or 100))


def flipped_bytes(file: Path, randomness: random.Random) -> None:
    data = bytearray(file.read_bytes())
    for _ in range(max(1, len(data) // 500)) if data else ():
        data[randomness.randrange(len(data))] ^= randomness.randrange(1, 256)
    file.write_bytes(data)


def cut_short(file: Path, randomness: random.Random) -> None:
    file.write_bytes(file.read_bytes()[: randomness.randrange(file.stat().st_size + 1)])


def emptied(file: Path, randomness: random.Random) -> None:
    file.write_bytes(b"")


def spoilt_rows(file: Path, randomness: random.Random) -> None:
    """A sound database whose values are garbage."""
    if not file.read_bytes().startswith(b"SQLite format 3\0"):
        return
    with sqlite3.connect(file) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            if "value" in columns and "key" in columns and table.lower() == "cache":
                database.execute(f"UPDATE {table} SET value = ?", (randomness.randbytes(200),))
    database.close()


@pytest.mark.parametrize("spoil", some([flipped_bytes, spoilt_rows, random_bytes, cut_short, emptied], 2))
def test_any_bytes_are_a_hit_or_a_miss(shop: Shop, spoil: Callable[[Path, random.Random], None]) -> None:
    """Results, exit code and counts stay; and the store works again afterwards."""
    shop.cached()
    for seed in range(2):
        randomness = random.Random(seed)
        for file in files_of(shop.store):
            spoil(file, randomness)
        run, ran = shop.cached()
        assert (run.exit_code, run.counts()) == (0, COUNTS), run.output
        assert set(ran) <= set(ALL)
        assert "Traceback" not in run.output and "INTERNALERROR" not in run.output
        shop.cached()
        assert shop.cached()[1] == []


def test_a_spoilt_store_does_not_hide_a_failure(shop: Shop) -> None:
    shop.cached()
    for file in files_of(shop.store):
        flipped_bytes(file, random.Random(1))
    shop.write("src/shop/names.py", without_title(FILES["src/shop/names.py"]))
    run, ran = shop.cached()
    assert run.exit_code == 1
    assert set(NAMES) <= set(ran)
