"""What the shell says of a module, without a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from playground import Project

from pytest_gocache.cli import main


def said(project: Project, capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    assert main([*args, "--gocache-dir", str(project.store)]) == code
    told = capsys.readouterr()
    return told.out + told.err


def test_show(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it was stored, its passes with their inputs, its key."""
    text = "import os\n\ndef test_a():\n    assert open('data.txt').read() and not os.environ.get('COLOUR')\n"
    project.write({"tests/test_a.py": text, "data.txt": "good\n"})
    path = str(project.root / "tests" / "test_a.py")
    assert f"nothing is recorded of {path}" in said(project, capsys, "show", path, code=1)
    project.run()
    told = said(project, capsys, "show", path).splitlines()
    assert told[0] == f"tests/test_a.py  (rootdir {project.root})" and told[2] == "last run: stored"
    assert told[1].startswith("last ran 20") and told[1].endswith(", because: no-record")
    assert told[3].startswith("pass 1: 1 passed in 0.") and told[3].endswith(" bytes"), told[3]
    assert "    open data.txt" in told and "    getenv COLOUR" in told and "    tests/test_a.py" in told
    assert any(line.startswith("    module tests/test_a.py ") for line in told)
    project.write({"data.txt": ""})
    project.run()
    assert "last run: not stored: failed: tests/test_a.py::test_a" in said(project, capsys, "show", path)


def test_show_for_programs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The same as JSON."""
    project.write({"test_a.py": "def test_a():\n    assert open('test_a.py')\n"})
    project.run()
    told = json.loads(said(project, capsys, "show", "--json", str(project.root / "test_a.py")))
    assert (told["module"], told["not_cacheable"], len(told["passes"])) == ("test_a.py", None, 1)
    assert told["passes"][0]["tests"] == 1


def test_list(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """All modules below a directory that anything is known of."""
    project.write(
        {"tests/test_a.py": "def test_a():\n    pass\n", "tests/sub/test_b.py": "def test_b():\n    assert 0\n"}
    )
    project.write({"tests/helper.py": "A = 1\n"})
    project.run()
    told = said(project, capsys, "list", str(project.root)).splitlines()
    assert told[0].startswith("tests/test_a.py: stored; 1 pass 0.") and len(told) == 2
    assert told[1] == "tests/sub/test_b.py: not stored: failed: tests/sub/test_b.py::test_b; 0 passes"


def test_diff(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """What was read anew, no longer, or had another content."""
    text = "import os\n\ndef test_a():\n    assert open(open('which').read()).read()\n"
    project.write({"test_a.py": text, "which": "one", "one": "1", "two": "2"})
    path = str(project.root / "test_a.py")
    project.run()
    assert "test_a.py has 1 stored pass: there is nothing to compare" in said(project, capsys, "diff", path, code=1)
    project.write({"which": "two"})
    project.run()
    assert said(project, capsys, "diff", path).splitlines() == ["+ open two", "- open one", "~ open which"]


@pytest.fixture
def diary(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shell has the variable that our runs read."""
    monkeypatch.setenv("DIARY", str(project.diary))


@pytest.mark.usefixtures("diary")
def test_explain(shop: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Why it ran last, what became of it, and what has changed since: without a run."""
    shop.run()
    path = str(shop.root / "tests" / "test_orders.py")
    told = said(shop, capsys, "explain", path).splitlines()
    assert told[0] == f"tests/test_orders.py  (rootdir {shop.root})"
    assert told[1].startswith("last ran 20") and told[1].endswith(", because: no-record")
    assert told[2].startswith("stored: 1 passed, 0.")
    assert told[3:] == ["nothing that it imported or read has changed since then"]
    shop.edit("src/shop/prices.py", "net // 5", "net // 4")
    assert said(shop, capsys, "explain", path).splitlines()[3:] == [
        "since then:",
        "    file src/shop/prices.py: changed",
        "      tests/test_orders.py -> src/shop/orders.py -> src/shop/prices.py",
    ]
    shop.edit("src/shop/prices.py", "net // 4", "net // 5  # a comment")
    assert said(shop, capsys, "explain", path).splitlines()[3:] == told[3:]
    shop.edit("tests/test_orders.py", "> 30", "< 30")
    shop.run()
    told = said(shop, capsys, "explain", path + "::test_total").splitlines()
    assert told[1].endswith("because: module-changed: tests/test_orders.py")
    assert told[2:] == [
        "not stored: failed: tests/test_orders.py::test_total",
        "nothing that it imported (what it read is not known) has changed since then",
    ]


@pytest.mark.usefixtures("diary")
def test_explain_tells_of_inputs(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """Contents, directories, variables, sources that are new or gone."""
    text = "import os\nimport a, b\n\ndef test_a():\n    assert open('x').read() and os.listdir('d')\n"
    project.write({"test_a.py": text, "a.py": "", "b.py": "", "x": "1", "d/old": "", "d/other": ""})
    project.run()
    project.write({"a.py": "import c\n", "c.py": "", "x": "2", "d/new": ""})
    project.remove("d/old", "b.py")
    told = said(project, capsys, "explain", str(project.root / "test_a.py")).splitlines()
    assert told[told.index("since then:") + 1 :] == [
        "    file a.py: changed",
        "      test_a.py -> a.py",
        "    file c.py: new",
        "      test_a.py -> a.py -> c.py",
        "    file b.py: gone",
        "    list d: + new, - old",
        "    open x: another content",
    ]


def test_why_depends(shop: Project, capsys: pytest.CaptureFixture[str]) -> None:
    """The imports that lead there, as the recorded run would find them; by name and by reading, too."""
    shop.write({"tests/conftest.py": "import shop.tax\n", "src/shop/tax.py": "RATE = 5\n", "src/shop/rates.txt": "5"})
    shop.edit("tests/test_alone.py", "1 + 1 == 2", "__import__('importlib').import_module('shop.pr' + 'ices')")
    shop.edit("tests/test_prices.py", "gross(10) > 10", "gross(10) > 10 and open('src/shop/rates.txt').read()")
    shop.run()

    def way(test: str, file: str, code: int = 0) -> str:
        names = str(shop.root / "tests" / test), str(shop.root / "src" / "shop" / file)
        return said(shop, capsys, "why-depends", *names, code=code).strip()

    chain = "tests/test_orders.py -> src/shop/orders.py -> src/shop/prices.py"
    assert way("test_orders.py", "prices.py") == chain
    assert way("test_orders.py", "tax.py") == "tests/test_orders.py -> tests/conftest.py -> src/shop/tax.py"
    assert way("test_alone.py", "prices.py") == "tests/test_alone.py -> (import shop.prices) -> src/shop/prices.py"
    assert way("test_prices.py", "rates.txt") == "tests/test_prices.py -> (open src/shop/rates.txt)"
    assert "does not import or read" in way("test_prices.py", "orders.py", code=1)
    assert "there is no file" in way("test_prices.py", "absent.py", code=2)
    shop.write({"tests/test_new.py": ""})
    assert "nothing is recorded of" in way("test_new.py", "prices.py", code=1)


def test_a_console_without_the_letters(project: Project) -> None:
    """A name is shown as well as it can be."""
    project.write({"test_größe.py": "def test_a():\n    pass\n"})
    project.run()
    command = [sys.executable, "-m", "pytest_gocache", "list", "--gocache-dir", str(project.store), str(project.root)]
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=env, capture_output=True, encoding="ascii", timeout=60)
    assert done.stdout.startswith("test_gr\\xf6\\xdfe.py: stored; 1 pass") and not done.stderr, done
