"""Plugins that measure, and those that bring files of their own: snapshots, cassettes, features."""

from __future__ import annotations

from case import PLAIN, Case, Edit

MATCHES = """
    def test_a(snapshot):
        snapshot.snapshot_dir = "seen"
        snapshot.assert_match("one", "a")
"""
SNAPPED = {"test_snap.py": 'def test_snap(snapshot):\n    assert "one" == snapshot\n', "test_plain.py": PLAIN}

MEASURES = [
    Case(
        "pytest-benchmark",
        ("benchmark",),
        {"test_fast.py": "def test_fast(benchmark):\n    benchmark(len, ())\n", "test_b.py": PLAIN},
        ("--benchmark-min-rounds=2", "--benchmark-max-time=0.01"),
        runs={"test_fast.py": "must-run: test_fast.py::test_fast uses benchmark"},
    ),
    Case(
        "pytest-codspeed",
        ("codspeed",),
        {
            "test_fast.py": "import pytest\n\n@pytest.mark.benchmark\ndef test_fast():\n    pass\n",
            "test_b.py": PLAIN,
        },
        runs={"test_fast.py": "must-run: test_fast.py::test_fast is marked benchmark"},
    ),
    Case(
        "pytest-codspeed measures",
        ("codspeed",),
        {"test_fast.py": "def test_fast(benchmark):\n    benchmark(len, ())\n"},
        ("--codspeed", "--codspeed-max-rounds=2"),
        off="--codspeed",
    ),
    Case(
        "pytest-memray",
        ("memray",),
        {
            "test_lean.py": 'import pytest\n\n@pytest.mark.limit_memory("24 MB")\ndef test_lean():\n    pass\n',
            "test_b.py": PLAIN,
        },
        runs={"test_lean.py": "must-run: test_lean.py::test_lean is marked limit_memory"},
    ),
    Case("pytest-memray measures", ("memray",), {"test_b.py": PLAIN}, ("--memray",), off="--memray"),
    Case("allure", ("allure_pytest",), {"test_b.py": PLAIN}, ("--alluredir=out",), off="--alluredir out"),
    Case(
        "allure, not asked",
        ("allure_pytest",),
        {"test_a.py": 'import allure\n\n@allure.title("A")\ndef test_a():\n    with allure.step("b"):\n        pass\n'},
    ),
]
SNAPSHOTS = [
    Case(
        "syrupy",
        ("syrupy",),
        SNAPPED,
        ("--snapshot-disable-unused",),
        setup=("--snapshot-update",),
        edit=Edit("__snapshots__/test_snap.ambr", "'one'", "'two'", "test_snap.py"),
    ),
    Case(
        "syrupy counts unused snapshots",
        ("syrupy",),
        SNAPPED | {"lib/test_c.py": PLAIN},
        setup=("--snapshot-update",),
        runs={"test_snap.py": "must-run: syrupy counts", "test_plain.py": "must-run: syrupy counts"},
    ),
    Case("syrupy updates", ("syrupy",), SNAPPED, ("--snapshot-update",), off="--snapshot-update"),
    Case(
        "inline-snapshot",
        ("inline_snapshot",),
        {"test_a.py": "from inline_snapshot import snapshot\n\ndef test_a():\n    assert 1 + 1 == snapshot(2)\n"},
        edit=Edit("test_a.py", "snapshot(2)", "snapshot(3)", "test_a.py", "module-changed"),
    ),
    Case(
        "inline-snapshot updates",
        ("inline_snapshot",),
        {"test_a.py": "from inline_snapshot import snapshot\n\ndef test_a():\n    assert 1 + 1 == snapshot(2)\n"},
        ("--inline-snapshot=fix",),
        off="--inline-snapshot",
    ),
    Case(
        "pytest-snapshot",
        ("snapshot",),
        {
            "test_a.py": MATCHES,
            "seen/a": "one",
        },
        edit=Edit("seen/a", "one", "two", "test_a.py"),
    ),
    Case(
        "pytest-snapshot updates",
        ("snapshot",),
        {
            "test_a.py": MATCHES,
            "seen/a": "one",
        },
        ("--snapshot-update",),
        off="--snapshot-update",
    ),
    Case(
        "pytest-regressions",
        ("regressions", "pytest-datadir"),
        {
            "test_a.py": 'def test_a(file_regression):\n    file_regression.check("one")\n',
            "test_a/test_a.txt": "one",
        },
        edit=Edit("test_a/test_a.txt", "one", "two", "test_a.py"),
        needs="pytest_regressions",
    ),
]
RECORDED = {
    "test_a.py": """
        import urllib.request
        import pytest

        @pytest.mark.vcr
        def test_a():
            with urllib.request.urlopen("http://example.invalid/") as answer:
                assert answer.read() != b""
    """,
    "cassettes/test_a/test_a.yaml": """
        interactions:
        - request:
            body: null
            headers: {}
            method: GET
            uri: http://example.invalid/
          response:
            body:
              string: hello
            headers: {}
            status:
              code: 200
              message: OK
        version: 1
    """,
}
RECORDS = [
    Case(
        "pytest-recording",
        ("recording",),
        RECORDED,
        edit=Edit("cassettes/test_a/test_a.yaml", "hello", "good-bye", "test_a.py"),
    ),
    Case("pytest-recording, none", ("recording",), RECORDED, ("--record-mode=none", "--block-network")),
    Case("pytest-recording records", ("recording",), RECORDED, ("--record-mode=once",), off="--record-mode once"),
    Case(
        "pytest-bdd",
        ("pytest-bdd",),
        {
            "test_a.py": """
                from pytest_bdd import given, scenarios, then

                scenarios("a.feature")

                @given("one")
                def one():
                    pass

                @then("two")
                def two():
                    pass
            """,
            "a.feature": "Feature: A\n  Scenario: B\n    Given one\n    Then two\n",
        },
        edit=Edit("a.feature", "Then two", "Given one\n    Then two", "test_a.py"),
    ),
    Case(
        "pytest-bdd tells of steps",
        ("pytest-bdd",),
        {"test_b.py": PLAIN},
        ("--cucumberjson=out.json",),
        off="--cucumber",
    ),
]
CASES = [*MEASURES, *SNAPSHOTS, *RECORDS]
