"""Beside other plugins: a plain, a first and a second run end alike; the second is cached, or says why not."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
from dataclasses import replace

import cases_of_files
import cases_of_kinds
import cases_of_order
import pytest
from case import PLAIN, Case
from playground import Project, Run

pytestmark = pytest.mark.plugins

CASES = [case for table in (cases_of_order, cases_of_files, cases_of_kinds) for case in table.CASES]
INSTALLED = {entry.name for entry in importlib.metadata.entry_points(group="pytest11")}


WITH_WORKERS = (
    "pytest-randomly",
    "pytest-rerunfailures --reruns=1",
    "pytest-retry --retries=1",
    "pytest-memray",
    "syrupy",
    "syrupy counts unused snapshots",
    "pytest-recording",
    "pytest-bdd",
    "hypothesis",
    "pytest-env, a file",
    "pytest-dotenv",
    "pytest-asyncio",
)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in WITH_WORKERS], ids=str)
def test_with_workers(project: Project, case: Case) -> None:
    """The same, where others run the tests."""
    test_beside(project, replace(case, load=("xdist", *case.load), flags=("-n2", *case.flags), any_order=True))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_beside(project: Project, case: Case) -> None:
    """Plain, cold and warm end alike; the second time runs what has to run; an edited input runs."""
    missing = [name for name in case.load if not is_there(name)] + [n for n in [case.needs] if n and not is_there(n)]
    if missing:
        pytest.skip(f"{missing[0]} is not installed")
    if case.cannot:
        pytest.skip(case.cannot)
    if pytest.version_tuple >= case.until:
        pytest.skip(f"{case.name} cannot be loaded with pytest {pytest.__version__}")
    start(project, case)
    if case.setup:
        assert project.plain(*options(case), *case.setup).code == 0
    plain = look(project, case, ())
    assert case.off or (plain.counts and not plain.code), plain.said
    cold = look(project, case, ("--gocache", "--gocache-explain"))
    warm = look(project, case, ("--gocache", "--gocache-explain"))
    for run in (cold, warm):
        assert told(run, case) == told(plain, case), run.said
    if case.off:
        for run in (cold, warm):
            assert f"gocache: off ({case.off}" in run.out, run.said
            assert sorted(run.bodies) == sorted(plain.bodies)
        return
    assert "gocache: off" not in cold.out, cold.out
    assert cold.modules == plain.modules
    assert warm.modules == set(case.runs), (warm.said, cold.said)
    for module, why in case.runs.items():
        assert why in {**warm.reasons, **warm.refused}[module], warm.out
    if case.edit:
        edited(project, case)


def edited(project: Project, case: Case) -> None:
    """After the edit the module runs, for that reason, and ends as it does without the cache."""
    assert case.edit is not None
    project.edit(case.edit.name, case.edit.old, case.edit.new)
    after = look(project, case, ("--gocache", "--gocache-explain"))
    assert case.edit.runs in after.modules, after.said
    assert after.reasons[case.edit.runs].startswith(case.edit.reason), after.out
    plain = look(project, case, ())
    assert told(after, case) == told(plain, case), (after.said, plain.said)


def is_there(name: str) -> bool:
    return name == "cacheprovider" or name in INSTALLED or importlib.util.find_spec(name.partition(".")[0]) is not None


def start(project: Project, case: Case) -> None:
    """The project, each time as it was: what a first attempt leaves would help the next one."""
    project.write(case.files)


def options(case: Case) -> list[str]:
    return [*(f"-p{name}" for name in case.load), *case.flags]


def look(project: Project, case: Case, cache: tuple[str, ...]) -> Run:
    return project.plain(*options(case), "-v", *cache)


def told(run: Run, case: Case) -> tuple[object, ...]:
    """How it ended: exit code, counts, and every test with its outcome. (Each worker of xdist warns anew.)"""
    if "xdist" in case.load:
        return run.code, {word: count for word, count in run.counts.items() if word != "warning"}
    verdicts = {node: [re.sub(r" \(cached\)", "", word) for word in words] for node, words in run.verdicts().items()}
    nodes = sorted(verdicts.items()) if case.any_order else list(verdicts.items())
    return run.code, run.counts, nodes


@pytest.mark.parametrize(
    ("plugin", "parts"),
    [
        ("pytest-split", [("--splits=3", f"--group={n}") for n in (1, 2, 3)]),
        ("pytest-shard", [("--num-shards=3", f"--shard-id={n}") for n in (0, 1, 2)]),
    ],
)
def test_every_test_is_in_exactly_one_part(project: Project, plugin: str, parts: list[tuple[str, str]]) -> None:
    """Whatever is cached where: two parts have a store with all but an edit, the third knows nothing."""
    if not is_there(plugin):
        pytest.skip(f"{plugin} is not installed")
    project.write({f"test_{letter}.py": PLAIN for letter in "abcde"})
    every = [f"test_{letter}.py::test_{number}" for letter in "abcde" for number in ("one", "two")]
    assert sorted(project.run(f"-p{plugin}").bodies) == every
    project.edit("test_c.py", "True", "1")
    stores = (project.store, project.store, project.home / "empty")
    runs = [
        project.run(f"-p{plugin}", *part, PYTEST_GOCACHE_DIR=str(store))
        for part, store in zip(parts, stores, strict=True)
    ]
    assert sorted(body for run in runs for body in run.bodies) == every
    assert all("gocache: off (" in run.out for run in runs)
    assert project.run(f"-p{plugin}").modules == {"test_c.py"}, "what is cached is so for a whole run"


SEEDED = ("-prandomly", "-v")


def test_a_seed_is_in_the_key_if_it_was_given(project: Project) -> None:
    """One that was drawn is not: the next run has another one."""
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    project.cold_and_warm(*SEEDED)
    for seed in (1, 2):
        assert project.run(*SEEDED, f"--randomly-seed={seed}").reasons == {
            "test_a.py": f"flags-changed: --randomly-seed {seed}"
        }
        assert not project.run(*SEEDED, f"--randomly-seed={seed}").bodies


def test_hypothesis_is_derandomised_where_ci_is_set(project: Project) -> None:
    """Then it is cached, and a run elsewhere, which draws at random, is another one."""
    draws = "from hypothesis import given, strategies\n\n@given(strategies.integers())\ndef test_a(n):\n    pass\n"
    project.write({"test_a.py": draws})
    project.cold_and_warm("-phypothesispytest", CI="1")
    elsewhere = project.run("-phypothesispytest")
    assert elsewhere.reasons == {"test_a.py": "input-changed: getenv CI"}, elsewhere.out
    assert elsewhere.refused == {"test_a.py": "random: test_a.py::test_a"}
    assert not project.run("-phypothesispytest", CI="1").bodies


def test_hypothesis_database_is_no_input(project: Project) -> None:
    """What it keeps of earlier runs lies in ``.hypothesis``, and nobody's pass depends on it."""
    draws = (
        "from hypothesis import given, strategies\n\n@given(strategies.integers())\ndef test_a(n):\n    assert n < 9\n"
    )
    project.write({"test_a.py": draws, "pytest.ini": "[pytest]\ngocache_allow = random\n"})
    assert project.run("-phypothesispytest").code == 1
    project.edit("test_a.py", "n < 9", "n == n")
    project.cold_and_warm("-phypothesispytest")
    (project.root / ".hypothesis" / "examples").rename(project.root / ".hypothesis" / "gone")
    assert not project.run("-phypothesispytest").bodies


ASYNC = """
    import asyncio

    import pytest

    {imports}

    SEEN = []

    @pytest.fixture
    def fresh():
        return []

    {mark}
    async def test_steady(fresh{more}):
        await asyncio.sleep(0)
        assert not fresh
        fresh.append(1)

    {mark}
    async def test_each_fourth({first}):
        SEEN.append(1)
        assert len(SEEN) % 4
"""
ASYNCHRONOUS = {
    "asyncio": ASYNC.format(imports="", mark="@pytest.mark.asyncio", more="", first=""),
    "anyio": ASYNC.format(
        imports='anyio_backend = pytest.fixture(scope="module")(lambda: "asyncio")',
        mark="@pytest.mark.anyio",
        more=", anyio_backend",
        first="anyio_backend",
    ),
}


@pytest.mark.parametrize("workers", [(), ("-pxdist", "-n2")], ids=["serial", "n2"])
@pytest.mark.parametrize("plugin", ASYNCHRONOUS)
def test_count(project: Project, plugin: str, workers: tuple[str, ...]) -> None:
    """Coroutines are repeated like other tests."""
    if not is_there(plugin):
        pytest.skip(f"{plugin} is not installed")
    project.write({"test_a.py": ASYNCHRONOUS[plugin]})
    run = project.run(f"-p{plugin}", *workers, "--count=40", "--tb=no")
    failed = run.counts["failed"]  # each worker counts for itself
    assert run.counts["passed"] + failed == 80 and len(run.bodies) == 80, run.out
    assert 8 <= failed <= 10 and f"test_each_fourth  {40 - failed} passed, {failed} failed of 40" in run.out, run.out
    assert "count: 1 test passed every time of 40, 1 did not" in run.out


def test_count_beside_randomly(project: Project) -> None:
    """It gives the same random numbers each time: who looks for a flake of chance is told."""
    if not is_there("randomly"):
        pytest.skip("randomly is not installed")
    project.write({"test_a.py": "def test_a():\n    pass\n"})
    told = "count: pytest-randomly gives each repetition the same random numbers"
    assert told in project.run("-prandomly", "--count=2").out
    assert told not in project.run("-prandomly", "--count=2", "--randomly-dont-reset-seed").out
