"""A pytest plugin (``-p witness``) that writes down what pytest reported and what it really ran.

It listens to the ordinary hooks and knows nothing of the cache, so it can judge one run against
another. The file it writes is named by ``$WITNESS_FILE``:

``reports``   node id -> list of ``"when outcome"`` lines, in the order they came; with what a test says it saw
``called``    node ids whose body was called in this process
``imported``  files of test modules found in ``sys.modules`` at the end
"""

import json
import os
import sys
from fnmatch import fnmatch

TEST_FILES = ("test_*.py", "*_test.py")

reports: dict[str, list[str]] = {}
called: list[str] = []


def line_of(report) -> str:
    """``call passed``, ``setup skipped: no lxml``, ``call skipped (xfail: reason)``, ``call passed | saw 3``."""
    said = " ".join(line for line in getattr(report, "capstdout", "").splitlines() if line.startswith("saw "))
    return f"{outcome_of(report)} | {said}" if said else outcome_of(report)


def outcome_of(report) -> str:
    words = f"{getattr(report, 'when', None) or 'collect'} {report.outcome}"
    if hasattr(report, "wasxfail"):
        return f"{words} (xfail: {report.wasxfail})"
    if report.outcome == "skipped" and isinstance(report.longrepr, (tuple, list)):
        return f"{words}: {report.longrepr[2]}"
    return words


def pytest_runtest_logreport(report) -> None:
    reports.setdefault(report.nodeid, []).append(line_of(report))


def pytest_collectreport(report) -> None:
    if report.outcome != "passed":
        reports.setdefault(report.nodeid, []).append(line_of(report))


def pytest_runtest_call(item) -> None:
    called.append(item.nodeid)


def test_modules_imported() -> list[str]:
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    return sorted({f for f in files if any(fnmatch(os.path.basename(f), glob) for glob in TEST_FILES)})


def pytest_unconfigure(config) -> None:
    if hasattr(config, "workerinput"):  # the controller of xdist hears everything
        return
    with open(os.environ["WITNESS_FILE"], "w", encoding="utf-8") as out:
        json.dump({"reports": reports, "called": called, "imported": test_modules_imported()}, out)
