"""How many tests of examples/shop run after each of some changes: with the cache, and with what else there is.

    python bench/compare.py       # needs git, and for their columns: pip install pytest-testmon pytest-picked

Each tool starts from a run in which all passed. A test counts if its body ran. ``docs/from-testmon.md`` quotes
the table, the README a part of it. It counts tests, not time, and it is one small project.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TOOLS = {
    "pytest": ("-p", "no:gocache"),
    "pytest --gocache": ("--gocache",),
    "pytest --testmon": ("-p", "no:gocache", "--testmon"),
    "pytest --picked": ("-p", "no:gocache", "--picked"),
    "pytest --lf": ("-p", "no:gocache", "--lf"),
}
NEEDS = {"pytest --testmon": "testmon", "pytest --picked": "pytest_picked"}
CHANGES = {
    "nothing changed": "true",
    "a comment in `src/shop/prices.py`": "echo '# what things cost' >> src/shop/prices.py",
    "a function of `src/shop/prices.py` changed": "sed -i 's/count >= 10/count > 9/' src/shop/prices.py",
    "`data/stock.csv` changed": "sed -i 's/^A2,desk lamp,2999,0/A2,desk lamp,3999,0/' data/stock.csv",
    "a test added to `tests/test_money.py`": "echo 'def test_cent(): assert show(1)' >> tests/test_money.py",
    "another checkout, where nobody ran it before": "git clone -q . ../other && cd ../other",
}
DIARY = """
import os
def pytest_runtest_call(item):
    with open(os.environ["DIARY"], "a") as diary:
        diary.write(item.nodeid + chr(10))
"""


def main() -> int:
    """Prints the table in Markdown."""
    tools = [tool for tool in TOOLS if tool not in NEEDS or importlib.util.find_spec(NEEDS[tool])]
    print("| | " + " | ".join(f"`{tool}`" for tool in tools) + " |")
    print("|---|" + "---|" * len(tools))
    for change, command in CHANGES.items():
        print(f"| {change} | " + " | ".join(str(ran_after(tool, command)) for tool in tools) + " |", flush=True)
    return 0


def ran_after(tool: str, command: str) -> int:
    """How many tests run after a change."""
    with tempfile.TemporaryDirectory() as place:
        shop = Path(place, "shop")
        shutil.copytree(ROOT / "examples" / "shop", shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
        (shop / ".gitignore").write_text(".*\n__pycache__/\n", encoding="utf-8")
        Path(place, "diary.py").write_text(DIARY, encoding="utf-8")
        commands = ["git init -q .", "git add .", "git -c user.name=a -c user.email=a@example.org commit -qm shop"]
        for each in (" && ".join([*commands, run(tool)]), f"rm -f ../diary && {command} && {run(tool)}"):
            subprocess.run(["bash", "-c", each], cwd=shop, env=dict(surroundings(place)), capture_output=True)
        diary = Path(place, "diary")
        return len(diary.read_text(encoding="utf-8").splitlines()) if diary.exists() else 0


def run(tool: str) -> str:
    """The command line."""
    return " ".join([sys.executable, "-m", "pytest", "-q", "-p", "diary", *TOOLS[tool]])


def surroundings(place: str) -> Iterator[tuple[str, str]]:
    """A store and a diary of their own."""
    yield from (each for each in os.environ.items() if not each[0].startswith(("PYTEST", "PYTHON", "COV")))
    yield from {"PYTHONPATH": place, "DIARY": f"{place}/diary", "PYTEST_GOCACHE_DIR": f"{place}/store"}.items()


if __name__ == "__main__":
    sys.exit(main())
