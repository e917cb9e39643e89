"""JUnit files of cached modules: what pytest would have written, test by test, in a fraction of the time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from outcomes import ENDS_WELL
from playground import Project

PASSES = {
    **{name: text for name, text in ENDS_WELL.items() if "record_property" not in text},
    "tests/test_names.py": """
        import pytest

        @pytest.mark.parametrize("x", ["a::b", "[x]", "with space", "größe", "a<b&c", '"', "tab\\\\t", "\\n"])
        def test_odd(x):
            pass

        class TestA:
            class TestB:
                def test_inner(self):
                    print("said")
    """,
    "tests/test_grüße & more.py": "def test_a():\n    pass\n",
}
KNOWS = """
from _pytest.junitxml import xml_key

def pytest_sessionfinish(session):
    xml = session.config.stash.get(xml_key, None)
    if xml:
        names = sorted(each.to_xml().get("name") for each in xml.node_reporters_ordered)
        (session.config.rootpath.parent / "names.txt").write_text("\\n".join(names), encoding="utf-8")
"""
TIMES = re.compile(r'(time|timestamp|hostname)="[^"]*"')


@pytest.fixture
def passes(project: Project) -> Project:
    """Modules whose tests all passed, beside others."""
    project.write(PASSES)
    return project


def cases(path: Path) -> list[str]:
    """A line for each case, without its time."""
    text = TIMES.sub(r'\1=""', path.read_text(encoding="utf-8"))
    return sorted(text.replace("<testcase ", "\n<testcase ").splitlines())


def warm(project: Project, *flags: str) -> list[str]:
    """What a run writes that runs nothing."""
    path = project.home / "junit.xml"
    for _ in range(2):
        path.unlink(missing_ok=True)
        run = project.run(f"--junitxml={path}", *flags)
    assert run.numbers and not run.bodies, run.out
    return cases(path)


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("-v",),
        ("--junitprefix=a.b & c",),
        ("-o", "junit_duration_report=call"),
        ("-o", "junit_family=xunit1"),
        ("-o", "junit_logging=all"),
        ("-pxdist", "-n2"),
    ],
    ids=" ".join,
)
def test_written_as_text(passes: Project, flags: tuple[str, ...]) -> None:
    """Names and characters of every kind, modules of which not all passed, and what asks for more of each test."""
    in_bulk = warm(passes, *flags)
    passes.write({"conftest.py": "def pytest_runtest_logreport(report):\n    pass\n"})
    assert in_bulk == warm(passes, *flags)
    assert any("a&lt;b&amp;c" in line and 'name="cached"' in line for line in in_bulk)


def test_who_knows_the_writer_gets_real_reports(passes: Project) -> None:
    """A conftest that looks through what pytest writes finds a case for each test."""
    passes.write({"conftest.py": KNOWS})
    told = []
    for _ in range(2):
        run = passes.run(f"--junitxml={passes.home}/junit.xml")
        told.append((passes.home / "names.txt").read_text(encoding="utf-8"))
    assert not run.bodies and told[0] == told[1] and "test_inner" in told[0]


def test_a_library_that_quotes_otherwise(passes: Project) -> None:
    """If ElementTree ever quotes text in another way, reports go the long way round."""
    usual = warm(passes)
    other = "from xml.etree import ElementTree\n\nElementTree._escape_cdata = lambda text: text.replace('<', '&lt;')\n"
    passes.write({"conftest.py": other})
    assert usual == warm(passes)
