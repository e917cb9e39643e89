"""What a project keeps in pytest's own cache (``config.cache``) is an input like any other file."""

from __future__ import annotations

import pytest
from playground import Project

WAYS = {
    "a value": "pytestconfig.cache.get('ver/x', None) or 1",
    "a file": "int((pytestconfig.cache.mkdir('ds') / 'x.txt').read_text())",
}
KEPT = {"a value": ".pytest_cache/v/ver/x", "a file": ".pytest_cache/d/ds/x.txt"}


@pytest.mark.parametrize("where", ["conftest.py", "test_a.py"])
@pytest.mark.parametrize("way", WAYS)
def test_what_is_read_there(project: Project, way: str, where: str) -> None:
    """By a conftest's fixture, or by a test."""
    fixture = f"import pytest\n\n@pytest.fixture\ndef value(pytestconfig):\n    return {WAYS[way]}\n"
    test = "\ndef test_a(value):\n    assert value == 1\n"
    project.write({KEPT[way]: "1", "test_a.py": test, "test_b.py": "def test_b():\n    pass\n"})
    project.write({where: fixture + test} if where == "test_a.py" else {where: fixture})
    project.cold_and_warm("-pcacheprovider")
    project.write({KEPT[way]: "2"})
    run = project.run("-pcacheprovider")
    told = ["test_a.py", *(["test_b.py"] if where == "conftest.py" else [])]  # a conftest may keep what it read
    assert run.code == 1 and run.reasons == dict.fromkeys(told, f"input-changed: open {KEPT[way]}")
    project.write({KEPT[way]: "1"})
    assert not project.run("-pcacheprovider").bodies


@pytest.mark.parametrize("how", ["-o", "ini"])
def test_where_it_lies(project: Project, how: str) -> None:
    """Elsewhere there is something else in it. Who does not ask for it does not mind."""
    reads = f"def test_a(pytestconfig):\n    assert {WAYS['a value']} == 2\n"
    project.write({"test_a.py": reads, "test_b.py": "def test_b():\n    pass\n", KEPT["a value"]: "2"})
    project.cold_and_warm("-pcacheprovider")
    if how == "ini":
        project.write({"pytest.ini": "[pytest]\ncache_dir = other\n"})
    run = project.run("-pcacheprovider", *(["-o", "cache_dir=other"] if how == "-o" else []))
    assert run.code == 1 and run.reasons == {"test_a.py": "input-changed: option cache_dir"}


def test_what_is_worked_out_once(project: Project) -> None:
    """The run that fills it found nothing there; the next takes what it finds, and from then on it is cached."""
    project.write(
        {
            "conftest.py": """
                import pytest

                @pytest.fixture(scope="session")
                def kept(pytestconfig):
                    file = pytestconfig.cache.mkdir("ds") / "x.txt"
                    if not file.exists():
                        file.write_text("1")
                    value = pytestconfig.cache.get("own/value", None)
                    pytestconfig.cache.set("own/value", value or 1)
                    return file.read_text()
            """,
            "test_a.py": "def test_a(kept):\n    assert kept == '1'\n",
        }
    )
    first = project.run("-pcacheprovider")
    assert first.refused == {} and ".pytest_cache" not in first.out
    assert project.run("-pcacheprovider").refused == {}
    assert not project.run("-pcacheprovider").bodies
    project.write({".pytest_cache/d/ds/x.txt": "2"})
    assert project.run("-pcacheprovider").code == 1


def test_what_plugins_keep_there(project: Project) -> None:
    """Theirs is theirs, as pytest's is: it may be another in each run."""
    (project.home / "site-packages").mkdir()
    (project.home / "site-packages" / "counting.py").write_text(
        "def pytest_configure(config):\n"
        "    count = config.cache.get('counting/runs', 0)\n"
        "    config.cache.set('counting/runs', count + 1)\n"
        "    file = config.cache.mkdir('counting') / 'runs'\n"
        "    file.write_text((file.read_text() if file.exists() else '') + 'x')\n"
    )
    project.write({"test_a.py": "def test_a():\n    pass\n", ".pytest_cache/d/counting/runs": "x"})
    path = f"{project.home}/lib:{project.home}/site-packages"
    assert project.run("-pcacheprovider", "-pcounting", PYTHONPATH=path).refused == {}
    assert not project.run("-pcacheprovider", "-pcounting", PYTHONPATH=path).bodies
