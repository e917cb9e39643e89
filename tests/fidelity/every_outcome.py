"""Two projects: one with every way to end well, one that adds every way to end badly and what always runs."""

from __future__ import annotations

from outcomes import ENDS_WELL

WELL = {
    **ENDS_WELL,
    "pytest.ini": """
        [pytest]
        markers = shade(name, depth): for selection
    """,
    "conftest.py": """
        import pytest

        @pytest.fixture
        def prints():
            print("in setup")
            yield
            print("in teardown")

        @pytest.fixture(scope="session")
        def wide():
            print("in the session's setup")
            yield 1
    """,
    "product.py": "import warnings\n\nwarnings.warn('old product', DeprecationWarning)\n",
    "test_passes.py": """
        import product
        import pytest

        def test_plain():
            assert 1 + 1 == 2

        class TestClass:
            def test_method(self):
                assert self

            class TestInner:
                @pytest.mark.shade("green", depth=2)
                def test_inner(self):
                    pass

        @pytest.mark.parametrize("x", ["a::b", "[x]", "with space", "größe", "a<b&c", "tab\\t", "", None, 1.5])
        def test_odd(x):
            pass
    """,
    "test_wide.py": "def test_wide(wide):\n    assert wide\n",
    "test_warns.py": """
        import warnings

        import pytest

        class OwnWarning(UserWarning):
            pass

        def test_own():
            warnings.warn("mine", OwnWarning)

        @pytest.fixture
        def old():
            warnings.warn("old", DeprecationWarning)

        def test_fixture(old):
            pass
    """,
    "test_doc.py": 'def double(n):\n    """\n    >>> double(2)\n    4\n    """\n    return 2 * n\n',
    "sub/test_below.py": "def test_below():\n    pass\n",
}
"""All that can be replayed."""

SUBTESTS = {
    "test_sub.py": """
        import pytest

        def test_sub(subtests):
            for number in range(3):
                with subtests.test("number", number=number):
                    assert number < 3
            with subtests.test("skipped"):
                pytest.skip("not this one")
    """,
    "test_unit_sub.py": """
        import unittest

        class TestSub(unittest.TestCase):
            def test_sub(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.assertLess(number, 3)

            def test_skips(self):
                for number in range(2):
                    with self.subTest(number=number):
                        self.skipTest("no")
    """,
}
"""More of them, from pytest 9 on."""

BADLY = {
    "test_fails.py": """
        import warnings

        import pytest

        def test_fails():
            print("just before")
            assert [1, 2] == [1, 3]

        def test_beside():
            warnings.warn("beside a failure")

        @pytest.fixture
        def breaks():
            raise RuntimeError("in setup")

        def test_setup(breaks):
            pass

        @pytest.fixture
        def breaks_after():
            yield
            raise RuntimeError("in teardown")

        def test_teardown(breaks_after):
            pass

        @pytest.mark.xfail(strict=True)
        def test_strict_xpass():
            pass
    """,
    "test_suite_property.py": "def test_s(record_testsuite_property):\n    record_testsuite_property('of', 'suite')\n",
    "test_notes.txt": ">>> 1 + 1\n2\n",
    "test_unit_bad.py": """
        import unittest

        class TestBad(unittest.TestCase):
            def test_bad(self):
                self.assertEqual(1, 2)

            @unittest.expectedFailure
            def test_unexpected(self):
                pass
    """,
}
"""What has to run every time, among the others."""

BAD_SUBTESTS = {
    "test_sub_bad.py": """
        def test_sub(subtests):
            for number in range(3):
                with subtests.test("number", number=number):
                    assert number < 2
    """,
    "test_unit_sub_bad.py": """
        import unittest

        class TestSub(unittest.TestCase):
            def test_sub(self):
                for number in range(3):
                    with self.subTest(number=number):
                        self.assertLess(number, 2)
    """,
}
