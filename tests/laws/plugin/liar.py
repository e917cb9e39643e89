"""A result cache that lies (``-p liar``): its whole key is the bytes of the test module.

It stands in for pytest-gocache to show that the judges in ``tests/laws`` and ``tests/downstream`` do
catch stale passes. Product, conftests and data files may change as they like: it replays.
"""

import hashlib
import json
from pathlib import Path

import pytest


def pytest_addoption(parser) -> None:
    group = parser.getgroup("gocache")
    group.addoption("--gocache", action="store_true")
    group.addoption("--gocache-dir", default="")
    group.addoption("--gocache-explain", action="store_true")


def pytest_configure(config) -> None:
    if config.getoption("--gocache"):
        config.pluginmanager.register(Liar(config))


class Liar:
    def __init__(self, config) -> None:
        self.config = config
        self.store = Path(config.getoption("--gocache-dir"))
        self.hits: dict[Path, list] = {}
        self.ran: dict[Path, list] = {}

    def entry(self, module: Path) -> Path:
        return self.store / hashlib.sha256(bytes(module) + module.read_bytes()).hexdigest()

    def pytest_ignore_collect(self, collection_path):
        if not collection_path.match("test_*.py") or not self.entry(collection_path).exists():
            return None
        self.hits[collection_path] = json.loads(self.entry(collection_path).read_text())
        return True

    def pytest_itemcollected(self, item) -> None:
        self.ran.setdefault(item.path, [])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item):
        report = yield
        self.ran[item.path].append(
            self.config.hook.pytest_report_to_serializable(config=self.config, report=report)
        )
        return report

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session):
        for reports in self.hits.values():
            self.replay(reports)
        session.testscollected += len(self.hits)
        return (yield)

    def replay(self, reports: list) -> None:
        for data in reports:
            data["longrepr"] = (
                tuple(data["longrepr"]) if isinstance(data["longrepr"], list) else data["longrepr"]
            )
            hook = self.config.hook
            report = hook.pytest_report_from_serializable(config=self.config, data=data)
            hook.pytest_runtest_logreport(report=report)

    def pytest_sessionfinish(self) -> None:
        self.store.mkdir(parents=True, exist_ok=True)
        for module, reports in self.ran.items():
            if all(report["outcome"] != "failed" for report in reports):
                self.entry(module).write_text(json.dumps(reports))

    def pytest_terminal_summary(self, terminalreporter) -> None:
        line = f"gocache: {len(self.hits)} modules cached (saved 0s), {len(self.ran)} ran, 0 not cacheable"
        terminalreporter.write_line(line)
