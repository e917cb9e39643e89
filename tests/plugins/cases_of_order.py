"""Plugins that choose, order, part and repeat tests, or hand outcomes from one to another."""

from __future__ import annotations

from case import PLAIN, Case

FAILS_ONCE = """
    import pathlib

    def test_fails_once(tmp_path_factory):
        mark = pathlib.Path(tmp_path_factory.getbasetemp(), "been-there")
        been = mark.exists()
        mark.touch()
        assert been
"""

ORDER = [
    Case(
        "pytest-randomly",
        ("randomly",),
        {"test_a.py": "import random\n\ndef test_draw():\n    random.random()\n", "test_b.py": PLAIN},
        any_order=True,
    ),
    Case("pytest-randomly with a seed", ("randomly",), {"test_b.py": PLAIN}, ("-prandomly", "--randomly-seed=7")),
    Case(
        "pytest-randomly, last seed",
        ("randomly", "cacheprovider"),
        {"test_b.py": PLAIN},
        ("--randomly-seed=last",),
        any_order=True,
    ),
    Case("pytest-random-order", ("random_order",), {"test_b.py": PLAIN}, ("--random-order",), any_order=True),
    Case(
        "pytest-random-order with a seed",
        ("random_order",),
        {"test_a.py": PLAIN, "test_b.py": PLAIN},
        ("--random-order-bucket=global", "--random-order-seed=7"),
        any_order=True,
    ),
    Case(
        "pytest-order",
        ("pytest_order",),
        {
            "test_a.py": "import pytest\n\n@pytest.mark.order(2)\ndef test_2():\n    pass\n\n"
            "@pytest.mark.order(1)\ndef test_1():\n    pass\n",
            "test_b.py": PLAIN,
        },
        any_order=True,
    ),
    Case(
        "pytest-order that fails",
        ("pytest_order",),
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": 'import pytest\n\n@pytest.mark.order(after="test_a.py::test_a")\ndef test_b():\n    pass\n',
        },
        ("--error-on-failed-ordering",),
        off="--error-on-failed-ordering",
    ),
]
AGAIN = [
    Case(
        f"{name} {' '.join(flags)}",
        (plugin,),
        {"test_flaky.py": body, "test_b.py": PLAIN},
        flags,
        runs={"test_flaky.py": "rerun: test_flaky.py::test_fails_once"},
    )
    for name, plugin, body, flags in (
        ("pytest-rerunfailures", "rerunfailures", FAILS_ONCE, ("--reruns=1",)),
        ("pytest-rerunfailures", "rerunfailures", FAILS_ONCE, ("-oreruns=1",)),
        ("pytest-retry", "pytest-retry", FAILS_ONCE, ("--retries=1",)),
        ("pytest-retry", "pytest-retry", FAILS_ONCE, ("--retries=1", "--retry-outcome=passed")),
        (
            "flaky",
            "flaky.flaky_pytest_plugin",
            FAILS_ONCE.replace("def test", "@flaky\n    def test").replace(
                "import pathlib", "import pathlib\n    from flaky import flaky"
            ),
            ("--no-flaky-report",),
        ),
    )
] + [
    Case("pytest-rerunfailures, all well", ("rerunfailures",), {"test_b.py": PLAIN}, ("--reruns=1",)),
    Case("pytest-retry, all well", ("pytest-retry",), {"test_b.py": PLAIN}, ("--retries=1",)),
    Case(
        "pytest-repeat",
        ("repeat",),
        {"test_a.py": "import pytest\n\n@pytest.mark.repeat(3)\ndef test_a():\n    pass\n", "test_b.py": PLAIN},
    ),
    Case(
        "pytest-flakefinder",
        ("flakefinder",),
        {"test_b.py": PLAIN},
        ("--flake-finder", "--flake-runs=3"),
        off="--flake-finder",
    ),
    Case("pytest-flakefinder, not asked", ("flakefinder",), {"test_b.py": PLAIN}),
]
PARTS = [
    Case(
        "pytest-split",
        ("pytest-split",),
        {"test_a.py": PLAIN, "test_b.py": PLAIN},
        ("--splits=2", "--group=1"),
        off="--group 1",
    ),
    Case(
        "pytest-shard",
        ("pytest-shard",),
        {"test_a.py": PLAIN, "test_b.py": PLAIN},
        ("--num-shards=2", "--shard-id=1"),
        off="--num-shards 2",
    ),
    Case("pytest-shard, not asked", ("pytest-shard",), {"test_a.py": PLAIN}),
    Case("pytest-picked", ("picked",), {"test_a.py": PLAIN}, ("--picked",), off="--picked"),
    Case(
        "pytest-testmon",
        ("pytest-testmon", "cacheprovider"),
        {"test_a.py": PLAIN},
        ("--testmon", "--testmon-noselect"),
        off="--testmon",
        any_order=True,
    ),
    Case("pytest-testmon, not asked", ("pytest-testmon",), {"test_a.py": PLAIN}),
    Case(
        "pytest-dependency",
        ("dependency",),
        {
            "test_a.py": "import pytest\n\n@pytest.mark.dependency()\ndef test_a():\n    pass\n",
            "test_b.py": "import pytest\n\n"
            '@pytest.mark.dependency(depends=["test_a.py::test_a"], scope="session")\ndef test_b():\n    pass\n',
            "test_c.py": PLAIN,
        },
        runs={"test_a.py": "must-run: test_a.py::test_a", "test_b.py": "must-run"},
    ),
    Case(
        "pytest-dependency, all marked",
        ("dependency",),
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "from pytest_dependency import depends\n\n"
            'def test_b(request):\n    depends(request, ["test_a.py::test_a"], scope="session")\n',
        },
        ("-oautomark_dependency=true",),
        runs={"test_a.py": "must-run: ini automark_dependency", "test_b.py": "must-run"},
    ),
    Case(
        "pytest-harvest",
        ("xdist.plugin", "pytest_harvest.plugin"),
        {
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b(session_results_dct):\n    assert len(session_results_dct) == 1\n",
        },
        runs={"test_a.py": "must-run: pytest_harvest keeps", "test_b.py": "must-run"},
    ),
]
CASES = [*ORDER, *AGAIN, *PARTS]
