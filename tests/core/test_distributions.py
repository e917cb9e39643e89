"""Installed distributions: who provides a name, in what state, requiring what."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.hashing import ABSENT
from pytest_gocache.core.records import portable_digest

HOUR_NS = 3_600_000_000_000


def install(site: Path, name: str, version: str = "1.0", *files: str, requires: tuple[str, ...] = ()) -> Path:
    info = site / f"{name.replace('-', '_')}-{version}.dist-info"
    info.mkdir(parents=True)
    wanted = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n{wanted}\nRequires-Dist: not-a-header\n")
    lines = [f"{file},sha256={version},1" for file in (*files, f"{info.name}/METADATA")]
    (info / "RECORD").write_text("\n".join([*lines, f"{info.name}/RECORD,,", f"{info.name}/INSTALLER,sha256=x,4"]))
    return info


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(
        tmp_path,
        "Flask",
        "3.0",
        "flask/__init__.py",
        "../../bin/flask",
        requires=("Werkzeug>=3", "click", "async_lib; extra == 'async'"),
    )
    install(tmp_path, "werkzeug", "3.1", "werkzeug/__init__.py", requires=("MarkupSafe", "flask"))
    install(tmp_path, "markupsafe", "2.0", "markupsafe/__init__.py", "markupsafe/_speedups.cpython-311.so")
    install(tmp_path, "async-lib", "1.0", "async_lib.py", "_fast.abi3.so", "__pycache__/async_lib.cpython-311.pyc")
    install(tmp_path, "unrelated", "1.0", "unrelated.py")
    return tmp_path


def names(site: Path, *tops: str) -> list[str]:
    return [name for name, _, _ in Distributions([str(site)]).digest(tops)]


def test_a_name_leads_to_its_distribution_and_all_that_it_requires(site: Path) -> None:
    assert names(site, "flask") == ["async-lib", "flask", "markupsafe", "werkzeug"]
    assert names(site, "markupsafe") == ["markupsafe"]
    assert names(site, "_fast") == ["async-lib"]


def test_extras_for_developers_are_not_followed(site: Path) -> None:
    install(
        site,
        "lib",
        "1.0",
        "lib.py",
        requires=("unrelated; extra == 'dev'", "werkzeug; extra == 'test' or extra == 'web'"),
    )

    assert names(site, "lib") == ["async-lib", "flask", "lib", "markupsafe", "werkzeug"]


def test_a_namespace_may_have_several_providers(site: Path) -> None:
    install(site, "google-a", "1.0", "google/a.py")
    install(site, "google-b", "1.0", "google/b.py")

    assert Distributions([str(site)]).by_top("google") == ("google-a", "google-b")


def test_installing_something_unrelated_changes_nothing_and_an_upgrade_does(site: Path) -> None:
    before = Distributions([str(site)]).digest(["flask"])
    install(site, "other", "1.0", "other.py")
    assert Distributions([str(site)]).digest(["flask"]) == before

    record = site / "markupsafe-2.0.dist-info" / "RECORD"
    record.write_text(record.read_text().replace("sha256=2.0", "sha256=patched"))
    assert Distributions([str(site)]).digest(["flask"]) != before


def test_names_are_compared_normalised(site: Path) -> None:
    found = Distributions([str(site)])

    assert found.by_name("Async.Lib") is found.by_name("async_lib") is not None
    assert found.by_name("FLASK") is not None
    assert found.by_name("nothing") is None
    assert [name for name, _, _ in found.digest_of_names(["MarkupSafe", "nothing"])] == ["markupsafe"]


def test_two_venvs_with_the_same_wheel_agree() -> None:
    one = b"a.py,sha256=1,1\n../../bin/a,sha256=b1,9\na-1.dist-info/INSTALLER,sha256=p,4\nb.py,sha256=2,1\n"
    other = b"b.py,sha256=2,1\r\na.py,sha256=1,1\r\n../../bin/a,sha256=b2,9\r\n__pycache__/a.pyc,,\r\n"

    assert portable_digest(one) == portable_digest(other)
    assert portable_digest(one) != portable_digest(one.replace(b"sha256=1", b"sha256=3"))


def test_a_module_that_belongs_to_nothing_counts_by_content(site: Path) -> None:
    (site / "stray").mkdir()
    (site / "stray" / "x.py").write_text("1")
    before = Distributions([str(site)]).digest(["stray"])
    assert before[0][:2] == ("top:stray", "")

    (site / "stray" / "x.py").write_text("2")
    assert Distributions([str(site)]).digest(["stray"]) != before
    assert Distributions([str(site)]).digest(["nothing"]) == (("top:nothing", "", ABSENT),)


def test_without_a_record_the_metadata_counts(tmp_path: Path) -> None:
    info = tmp_path / "old-1.0-py3.11.egg-info"
    info.mkdir()
    (info / "PKG-INFO").write_text("Name: old\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("oldpkg\n")
    (info / "requires.txt").write_text("six>=1\n\n[extra]\nattrs\n")
    (tmp_path / "single-2.0.egg-info").write_text("Name: single\nVersion: 2.0\n")
    found = Distributions([str(tmp_path), str(tmp_path / "missing")])

    old = found.by_name("old")
    assert old is not None
    assert (old.version, old.tops, old.requires) == ("1.0", ("oldpkg",), ("attrs", "six"))
    assert found.by_name("single") is not None


def test_what_is_remembered_is_used_and_an_edit_is_seen(site: Path) -> None:
    later = time.time_ns() + HOUR_NS
    first = Distributions([str(site)], now_ns=later)
    digest = first.digest(["flask"])
    remembered = json.loads(json.dumps(first.remembered()))

    # Spoil one: the spoiled value coming back proves that it was not read again.
    path = str(site / "werkzeug-3.1.dist-info")
    remembered[path][2] = "spoiled"
    assert "spoiled" in {version for _, version, _ in Distributions([str(site)], remembered, later).digest(["flask"])}

    os.utime(Path(path) / "RECORD", ns=(1, 1))
    assert Distributions([str(site)], remembered, later).digest(["flask"]) == digest


@pytest.mark.parametrize("remembered", [None, [], {"x": 1}, "all"])
def test_a_bad_memory_is_no_memory(site: Path, remembered: object) -> None:
    expected = Distributions([str(site)]).digest(["flask"])
    if isinstance(remembered, dict):
        remembered = {str(path): [[], 1] for path in site.iterdir()}

    assert Distributions([str(site)], remembered, time.time_ns() + HOUR_NS).digest(["flask"]) == expected


def test_a_record_written_just_now_is_not_remembered(site: Path) -> None:
    assert Distributions([str(site)]).remembered() == {}
