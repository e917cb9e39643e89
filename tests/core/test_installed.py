"""Files of installed distributions: what is seen of them, what is believed, what is remembered."""

from __future__ import annotations

import json
import os
import shutil
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from pytest_gocache.core import edits as edits_module
from pytest_gocache.core.distributions import Distributions
from pytest_gocache.core.hashing import ABSENT, Digest
from pytest_gocache.core.installed import holds

HOUR_NS = 3_600_000_000_000
LATER = time.time_ns() + HOUR_NS
"""No file is young then."""


def install(site: Path, name: str, files: dict[str, str], version: str = "1.0", requires: str = "") -> None:
    """As an installer does it: files, metadata, and RECORD last."""
    info = f"{name}-{version}.dist-info"
    metadata = f"Name: {name}\nVersion: {version}\n" + (f"Requires-Dist: {requires}\n" if requires else "")
    lines = [f"{info}/RECORD,,"]
    for path, text in {**files, f"{info}/METADATA": metadata, f"{info}/INSTALLER": "test\n"}.items():
        (site / path).parent.mkdir(parents=True, exist_ok=True)
        (site / path).write_text(text)
        value = urlsafe_b64encode(sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{path},sha256={value},{len(text.encode())}")
    time.sleep(0.01)  # a file system's clock ticks every few milliseconds
    (site / info / "RECORD").write_text("\n".join(lines) + "\n")


def edit_unseen(path: Path, text: str) -> None:
    """Another text of the same size, with size and mtime as they were."""
    seen = path.stat()
    assert len(text) == seen.st_size
    path.write_text(text)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


PIE = {"pie/__init__.py": "KIND = 'apple'\n", "pie/oven.py": "HEAT = 200\n", "pie/_fast.so": "machine code"}


@pytest.fixture
def site(tmp_path: Path) -> Path:
    install(tmp_path, "pie", PIE, requires="plate")
    install(tmp_path, "plate", {"plate.py": "SIZE = 30\n"})
    install(tmp_path, "unrelated", {"unrelated.py": "X = 1\n"})
    return tmp_path


def pie(site: Path, remembered: object = None, now: int = LATER) -> tuple[tuple[str, str, Digest], ...]:
    return Distributions([str(site)], remembered, now).digest(["pie"])


def later(site: Path) -> dict[str, object]:
    """What a run leaves for the next, through JSON."""
    run = Distributions([str(site)], None, LATER)
    run.digest(["pie"])
    kept: dict[str, object] = json.loads(json.dumps(run.remembered()))
    return kept


@pytest.mark.parametrize("believing", [True, False], ids=["at once", "after summing all"])
@pytest.mark.parametrize("name", ["pie/oven.py", "pie/_fast.so", "plate.py", "pie-1.0.dist-info/METADATA"])
def test_an_edit_in_place_is_seen_and_taken_back(site: Path, name: str, believing: bool) -> None:
    now = LATER if believing else time.time_ns()
    before, remembered = pie(site, now=now), later(site)
    text = (site / name).read_text()
    edit_unseen(site / name, text[:-2] + "9" + text[-1])
    assert pie(site, now=now) != before
    assert pie(site, remembered, now) != before

    edit_unseen(site / name, text)
    assert pie(site, now=now) == before == pie(site, remembered, now)


def test_a_deleted_file_is_seen(site: Path) -> None:
    before, remembered = pie(site), later(site)
    (site / "pie/oven.py").rename(site / "oven")
    assert pie(site) != before and pie(site, remembered) != before

    (site / "oven").rename(site / "pie/oven.py")
    assert pie(site) == before == pie(site, remembered)


def test_a_planted_file_is_seen_and_bytecode_is_not(site: Path) -> None:
    before, remembered = pie(site), later(site)
    (site / "pie/__pycache__").mkdir()
    (site / "pie/__pycache__/oven.cpython-311.pyc").write_text("code")
    assert pie(site, remembered) == before == pie(site)

    (site / "pie/sitecustomize").mkdir()
    (site / "pie/sitecustomize/deep.py").write_text("X = 1\n")
    assert pie(site) != before and pie(site, remembered) != before


def test_touching_changes_nothing(site: Path) -> None:
    before, remembered = pie(site), later(site)
    for path in site.rglob("*"):
        path.touch()

    assert pie(site, remembered) == before == pie(site)


def test_another_machine_with_the_same_wheel_agrees(site: Path, tmp_path: Path) -> None:
    for copy in (shutil.copy, shutil.copy2):
        other = tmp_path / copy.__name__
        shutil.copytree(site, other, copy_function=copy, ignore=shutil.ignore_patterns("copy*"))
        assert pie(other) == pie(site)


def test_a_copy_of_an_edited_environment_is_not_taken_for_unedited(site: Path, tmp_path: Path) -> None:
    """The copy's files are as old as its RECORD: only RECORDs that an installer wrote last are believed."""
    edit_unseen(site / "pie/oven.py", "HEAT = 100\n")
    edited = pie(site)
    other = tmp_path / "copy"
    shutil.copytree(site, other, ignore=shutil.ignore_patterns("copy"))
    for path in sorted(other.rglob("*"), key=lambda path: path.name == "RECORD"):
        os.chmod(path, 0o755)
        time.sleep(0.005)  # RECORD last, by its ctime

    assert pie(other) == edited


def test_a_checkout_of_an_edited_environment_is_not_taken_for_unedited(site: Path, tmp_path: Path) -> None:
    """Its RECORD is as old as it says, but was not written last."""
    edit_unseen(site / "pie/oven.py", "HEAT = 100\n")
    edited = pie(site)
    infos = [f"{name}-1.0.dist-info/{file}" for file in ("RECORD", "METADATA") for name in ("pie", "plate")]
    for name in [*PIE, "plate.py", *infos]:
        (tmp_path / "checkout" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(site / name, tmp_path / "checkout" / name)
        time.sleep(0.01)

    assert pie(tmp_path / "checkout") == edited


def test_as_installed_nothing_is_summed(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summed: list[str] = []
    real = edits_module.sum_of
    monkeypatch.setattr(edits_module, "sum_of", lambda path, like: summed.append(path) or real(path, like))
    time.sleep(0.02)
    (site / "pie/oven.py").touch()
    pie(site)

    assert [os.path.basename(path) for path in summed] == ["oven.py"]


def test_what_was_summed_is_remembered(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit_unseen(site / "pie/oven.py", "HEAT = 100\n")
    before, remembered = pie(site), later(site)
    monkeypatch.setattr("pytest_gocache.core.distributions.edits", None)

    assert pie(site, remembered) == before


def test_young_files_are_not_remembered(site: Path) -> None:
    run = Distributions([str(site)])
    run.digest(["pie"])

    assert run.remembered() == {} and run.witness() is None


def test_namesakes_in_a_namespace_are_not_planted(site: Path) -> None:
    install(site, "food-a", {"food/a.py": "A = 1\n"})
    alone = Distributions([str(site)], None, LATER).digest(["food"])
    install(site, "food-b", {"food/b.py": "B = 1\n"})
    both = Distributions([str(site)], None, LATER).digest(["food"])

    assert [line for line in both if line[0] == "food-a"] == list(alone)


@pytest.mark.parametrize("record", ["", "conda/__init__.py,,\nconda-1.0.dist-info/METADATA,,\n"])
def test_without_sums_the_files_count_by_content(tmp_path: Path, record: str) -> None:
    info = tmp_path / "conda-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: conda\nVersion: 1.0\n")
    (info / "top_level.txt").write_text("conda\n")
    (tmp_path / "conda").mkdir()
    (tmp_path / "conda/__init__.py").write_text("X = 1\n")
    if record:
        (info / "RECORD").write_text(record)
    run = Distributions([str(tmp_path)], None, LATER)
    before, remembered = run.digest(["conda"]), run.remembered()

    edit_unseen(tmp_path / "conda/__init__.py", "X = 2\n")
    assert Distributions([str(tmp_path)], remembered, LATER).digest(["conda"]) != before
    edit_unseen(tmp_path / "conda/__init__.py", "X = 1\n")
    assert Distributions([str(tmp_path)], remembered, LATER).digest(["conda"]) == before


def test_a_circle_of_links_ends(site: Path) -> None:
    (site / "pie/again").symlink_to(site / "pie")
    (site / "pie/nowhere").symlink_to(site / "not there")

    assert pie(site)[0][0] == "pie"


def test_a_file_edited_during_the_run_is_told(site: Path) -> None:
    for now in (LATER, None):
        run = Distributions([str(site)], None, now)
        run.digest(["pie", "unrelated", "nothing"])
        assert run.changed() == frozenset()

        text = (site / "plate.py").read_text()
        edit_unseen(site / "plate.py", "SIZE = 40\n")
        assert run.changed() == {"plate"}
        edit_unseen(site / "plate.py", text)


def spoil_nothing(site: Path) -> None: ...


CHANGES: list[tuple[Callable[[Path], object], bool]] = [
    (spoil_nothing, True),
    (lambda site: (site / "unrelated.py").write_text("X = 2\n"), True),
    (lambda site: edit_unseen(site / "pie/oven.py", "HEAT = 100\n"), False),
    (lambda site: (site / "pie/oven.py").touch(), False),
    (lambda site: (site / "plate.py").unlink(), False),
    (lambda site: (site / "pie/new.py").touch(), False),
    (lambda site: (site / "nothing.py").touch(), False),
    (lambda site: install(site, "more", {}), False),
]


@pytest.mark.parametrize(("change", "still"), CHANGES)
def test_a_witness_holds_until_a_file_of_a_used_distribution_moves(
    site: Path, change: Callable[[Path], object], still: bool
) -> None:
    run = Distributions([str(site)], None, LATER)
    assert run.digest(["pie", "nothing"])[-1] == ("top:nothing", "", ABSENT)
    witness = json.loads(json.dumps(run.witness()))

    change(site)
    assert holds(witness) is still


@pytest.mark.parametrize("witness", [None, [], "x", {"/": []}, {"/": ["x", {}]}, {"/": ["x", {"\0": 1}]}])
def test_what_is_no_witness_never_holds(witness: object) -> None:
    assert not holds(witness)  # type: ignore[arg-type]
