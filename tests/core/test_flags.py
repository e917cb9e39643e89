"""The table of options against the pytest that is installed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.config import Config, _prepareconfig

from pytest_gocache.core import flags
from pytest_gocache.core.flags import Place


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Config]:
    """pytest as it is without other plugins, in an empty directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    config = _prepareconfig(["-p", "pytester", str(tmp_path)])
    yield config
    config._ensure_unconfigure()


def spellings(config: Config) -> dict[str, list[str]]:
    """Each option's dest and all its spellings, as pytest's own parser has them."""
    parser = config._parser
    found: dict[str, list[str]] = {}
    for group in [parser._anonymous, *parser._groups]:
        for option in group.options:
            found.setdefault(option.dest, []).extend(option.names())
    return found


def test_every_option_of_this_pytest_is_placed(bare: Config) -> None:
    """A new pytest with a new option: somebody has to say what it means to the cache."""
    assert sorted(set(spellings(bare)) - set(flags.OPTIONS)) == []


def test_every_namespace_entry_of_this_pytest_is_placed(bare: Config) -> None:
    """What pytest parsed holds no name that the parser's list did not show."""
    assert isinstance(bare.option, argparse.Namespace)
    assert sorted(set(vars(bare.option)) - set(flags.OPTIONS)) == []


def test_every_ini_value_of_this_pytest_is_placed(bare: Config) -> None:
    """As for options; old names of renamed values count too."""
    names = {*bare._parser._inidict, *getattr(bare._parser, "_ini_aliases", {})}
    assert sorted(names - set(flags.INI)) == []


def test_flags_are_spelled_as_pytest_spells_them(bare: Config) -> None:
    """``docs/options.md`` and the reason ``inert`` show these."""
    for dest, names in spellings(bare).items():
        assert flags.OPTIONS[dest].flag in names


def test_every_row_says_why() -> None:
    """A place without a reason was not thought about."""
    rows = [*flags.OPTIONS.values(), *flags.INI.values()]
    assert all(row.why for row in rows)


def test_no_name_stands_twice_in_a_table() -> None:
    """A later row would silently win over an earlier one."""
    for table in (flags.OPTION_TABLE, flags.INI_TABLE):
        words = [word for line in table.splitlines() if line.startswith("    ") for word in line.split()]
        names = [word.partition("=")[0] for word in words]
        assert [name for name in names if names.count(name) > 1] == []


def test_an_unknown_option_is_in_the_key() -> None:
    """``--database=postgres`` of somebody's conftest: another value, another result."""
    assert flags.place_of_option("database") is Place.KEY
    assert flags.place_of_ini("django_find_project") is Place.KEY


def test_our_own_options_never_change_a_key() -> None:
    """Asking where the store is, or why something ran, does not make a miss."""
    assert flags.place_of_option("gocache_explain") is Place.PRESENTATION
    assert flags.place_of_ini("gocache_dir") is Place.PRESENTATION


@pytest.mark.parametrize(
    ("dest", "value", "place"),
    [
        ("dist", "load", Place.ORDER),
        ("dist", "each", Place.OFF),
        ("tx", "popen 3*popen", Place.ORDER),
        ("tx", "popen//python=python3.12", Place.OFF),
        ("tx", "ssh=machine", Place.OFF),
        ("numprocesses", "4", Place.ORDER),
    ],
)
def test_with_xdist_the_value_may_decide(dest: str, value: str, place: Place) -> None:
    """Workers here are as no workers; another Python or machine is not."""
    assert flags.place_of_option(dest, value) is place


def test_a_plugins_row_holds_only_while_it_is_active() -> None:
    """``--dist=normal`` of a conftest in a project without xdist is a condition like any other."""
    assert flags.place_of_option("dist", "each", active={"xdist"}) is Place.OFF
    assert flags.place_of_option("dist", "each", active=set()) is Place.KEY
    assert flags.place_of_option("verbose", "2", active=set()) is Place.PRESENTATION
