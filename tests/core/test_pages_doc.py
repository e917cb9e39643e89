"""What README.md and the pages say of names, links and the recording is what there is."""

from __future__ import annotations

import argparse
import inspect
import re
import runpy
from pathlib import Path

import pytest

from pytest_gocache import cli
from pytest_gocache.hooks import marks, options, specs
from pytest_gocache.stores.base import Blobs

ROOT = Path(__file__).parents[2]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in ROOT.glob("docs/**/*.md")}
OUTSIDE = {
    name: ROOT / name
    for name in ("README.md", "bench/README.md", "examples/shop/README.md", "examples/shopsite/README.md")
}
"""What Sphinx does not look at."""
ALL = {**PAGES, **OUTSIDE}
INTERNAL = {"PYTEST_GOCACHE_CHILD", "PYTEST_GOCACHE_STRICT"}
"""Variables by which our own processes tell each other something."""


def text(page: str) -> str:
    """A page."""
    return ALL[page].read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    """Of its headings, as GitHub and MyST make them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", ALL)
def test_links_lead_somewhere(page: str) -> None:
    """Files and headings; Sphinx checks the pages among themselves, and nobody the others."""
    for target in re.findall(r"\]\(([^)\s]+)\)|<img[^>]+src=\"([^\"]+)\"", text(page)):
        path, _, anchor = (target[0] or target[1]).partition("#")
        if "://" not in path:
            there = (ALL[page].parent / path).resolve() if path else ALL[page]
            assert there.exists(), target
            assert not anchor or anchor in anchors(there), target


def test_every_page_is_reached_from_the_index() -> None:
    """By name, in a group."""
    index = text("docs/index.md")
    pages = {page.removeprefix("docs/").removesuffix(".md") for page in PAGES} - {"index"}
    assert [page for page in pages if page not in index.split() and not page.startswith("decisions/")] == []


def test_every_page_is_reached_from_the_readme() -> None:
    """So are those beside it; the index and the changelog of the pages are Sphinx's."""
    linked = set(re.findall(r"\]\(([^)#\s]+)", text("README.md")))
    pages = {page for page in PAGES if "/decisions/" not in page} - {"docs/index.md", "docs/changelog.md"}
    assert {*pages, "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} - linked == set()


def test_every_command_and_option_of_the_shell_has_a_row() -> None:
    """In the order of ``--help``."""
    parser = cli._parser()
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))
    rows = re.findall(r"^\| `([a-z-]+)([^`]*)` \| ", text("docs/cli.md"), re.MULTILINE)
    assert list(dict.fromkeys(name for name, _ in rows)) == list(cli.COMMANDS)
    for name, command in commands.choices.items():
        known = {flag for action in command._actions for flag in action.option_strings}
        told = {flag for each, rest in rows if each == name for flag in re.findall(r"--[a-z-]+", rest)}
        assert told == known - {"-h", "--help", "--gocache-dir"}, name


def test_every_ini_line_and_mark_has_a_row() -> None:
    """Registered in hooks/options.py and hooks/marks.py."""
    page = text("docs/options.md").split("<!-- generated")[0]
    registered = set(re.findall(r'addini\(\s*"(\w+)"', inspect.getsource(options))) | set(options.INI_LINES)
    assert registered == set(re.findall(r"ini `(gocache\w*)", page))
    words = set(re.findall(r"(\w+)=", marks.SAY))
    assert words == set(re.findall(r"gocache\(.*?\b(\w+)=", page)) and "`pytest.mark.count(N)`" in page


def test_every_variable_is_told() -> None:
    """By its whole name; and none that there is not."""
    sources = [path.read_text(encoding="utf-8") for path in ROOT.glob("pytest_gocache/**/*.py")]
    known = {name for source in sources for name in re.findall(r"PYTEST_GOCACHE(?:_[A-Z]+)+", source)} - INTERNAL
    assert known == {name for page in PAGES for name in re.findall(r"PYTEST_GOCACHE(?:_[A-Z]+)+", text(page))}
    assert [name for name in known if f"`{name}`" not in text("docs/options.md")] == []


def test_every_hook_has_a_section_and_its_arguments() -> None:
    """For authors of plugins."""
    hooks = {name: hook for name, hook in vars(specs).items() if name.startswith("pytest_gocache_")}
    page = text("docs/for-plugins.md")
    assert sorted(re.findall(r"^## .+: `(\w+)`$", page, re.MULTILINE)) == sorted(hooks)
    for name, hook in hooks.items():
        assert re.search(rf"def {name}\((?:self, )?{', '.join(inspect.signature(hook).parameters)}\)", page), name


def test_a_store_of_another_package_is_shown_whole() -> None:
    """Each method of the protocol, as it is called."""
    page = text("docs/store.md")
    for name in (name for name in vars(Blobs) if not name.startswith("_")):
        arguments = str(inspect.signature(getattr(Blobs, name))).replace("'", "").partition(" -> ")[0]
        assert f"def {name}{arguments}" in page, name


def test_names_of_the_glossary_are_in_the_code() -> None:
    """One word, one thing; in the order of the alphabet."""
    terms = re.findall(r"^(\w[^\n]*)\n  ", text("docs/glossary.md"), re.MULTILINE)
    assert terms == sorted(terms, key=str.casefold) and len(terms) > 20
    model = (ROOT / "pytest_gocache" / "core" / "model.py").read_text(encoding="utf-8")
    names = re.findall(r"`(\w+)`", " ".join(terms))
    assert names and [name for name in names if not re.search(rf"^(?:class )?{name}\b", model, re.MULTILINE)] == []


def test_the_real_projects_are_the_recipes() -> None:
    """Each with its commit; networkx once, without what it can use."""
    recipes = runpy.run_path(str(ROOT / "tests" / "downstream" / "common.py"))["RECIPES"]
    pinned = [(name, recipe.commit[:9]) for name, recipe in recipes.items() if name != "networkx"]
    assert re.findall(r"^\| (\S+) \| `([0-9a-f]{9})` \|", text("docs/real-projects.md"), re.MULTILINE) == pinned
    assert len(pinned) == 10


@pytest.mark.long
def test_the_recording_is_what_the_terminal_shows() -> None:
    """If this fails: ``python docs/recording.py``."""
    assert runpy.run_path(str(ROOT / "docs" / "recording.py"))["main"](["--check"]) == 0
