"""What the stories share."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playground import Host, Project
from shelf import Server

STORIES = Path(__file__).with_name("stories")
FIRST, FIRST_OF_ONE = 5, 2
"""So many stories of each file, and so many variations of each of these, are told where no file is named."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keeps the default run short. The other stories are of the long part, unless a file is asked for by its name."""
    if any(Path(argument.partition("::")[0]).is_file() for argument in config.args):
        return
    met: dict[Path, Counter[str]] = {}
    for item in items:
        if item.path.parent == STORIES:
            stories = met.setdefault(item.path, Counter())
            stories[item.nodeid.partition("[")[0]] += 1
            if len(stories) > FIRST or stories[item.nodeid.partition("[")[0]] > FIRST_OF_ONE:
                item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session")
def host() -> Iterator[Host]:
    """Starts pytest quickly."""
    host = Host()
    yield host
    host.close()


@pytest.fixture
def project(tmp_path: Path, host: Host) -> Project:
    """An empty project with a store of its own."""
    return Project(tmp_path, host)


@pytest.fixture
def shop(project: Project) -> Project:
    """A package in ``src`` and three test modules: of prices, of orders (by way of prices), of neither."""
    project.write(
        {
            "pytest.ini": "[pytest]\npythonpath = src\n",
            "src/shop/__init__.py": '"""A shop."""\n',
            "src/shop/prices.py": """
                def gross(net):
                    \"\"\"With tax.\"\"\"
                    return net + net // 5
            """,
            "src/shop/orders.py": """
                from shop.prices import gross

                def total(*nets):
                    return sum(map(gross, nets))
            """,
            "tests/test_prices.py": """
                from shop.prices import gross

                def test_gross():
                    assert gross(10) > 10

                def test_nothing():
                    assert gross(0) == 0
            """,
            "tests/test_orders.py": """
                from shop.orders import total

                def test_total():
                    assert total(10, 20) > 30
            """,
            "tests/test_alone.py": """
                def test_alone():
                    assert 1 + 1 == 2
            """,
        }
    )
    return project


@pytest.fixture
def server() -> Iterator[Server]:
    """A cache server on loopback."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
