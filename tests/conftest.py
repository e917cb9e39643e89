"""What the stories share."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playground import Host, Project
from shelf import Server


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
