"""Two projects: one with every way to end well, one that adds every way to end badly and what always runs."""

from __future__ import annotations

WELL = {
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
    "test_skips.py": """
        import pytest

        @pytest.mark.skip(reason="a mark")
        def test_mark():
            pass

        @pytest.mark.skipif("1 == 1", reason="a condition")
        def test_skipif():
            pass

        def test_inside():
            print("before")
            pytest.skip("inside")

        @pytest.fixture
        def skips():
            pytest.skip("in a fixture")

        def test_fixture(skips):
            pass

        def test_late():
            pytest.importorskip("absent_module", reason="no such")
    """,
    "test_whole_skip.py": "import pytest\n\npytest.skip('the whole module', allow_module_level=True)\n",
    "test_importorskip.py": """
        import pytest

        absent = pytest.importorskip('absent_module')

        def test_never():
            pass
    """,
    "test_xfail.py": """
        import pytest

        @pytest.mark.xfail(reason="known")
        def test_xfail():
            print("about to fail")
            assert 0, "a message"

        @pytest.mark.xfail
        def test_xpass():
            pass

        @pytest.mark.xfail(run=False, reason="dangerous")
        def test_not_run():
            assert 0

        @pytest.mark.xfail(raises=ValueError, strict=True)
        def test_strict():
            raise ValueError("expected")

        def test_imperative():
            pytest.xfail("said inside")
    """,
    "test_unit.py": """
        import unittest

        class TestUnit(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                cls.value = 1

            def test_value(self):
                self.assertEqual(self.value, 1)

            @unittest.skip("not today")
            def test_skipped(self):
                pass

            def test_skip_inside(self):
                self.skipTest("inside")

            @unittest.expectedFailure
            def test_expected(self):
                self.fail("as expected")

        @unittest.skip("whole class")
        class TestSkipped(unittest.TestCase):
            def test_never(self):
                pass
    """,
    "test_output.py": """
        import logging
        import sys

        def test_prints(record_property, prints):
            print("to stdout")
            print("to stderr", file=sys.stderr)
            logging.getLogger("shop").warning("to the log")
            record_property("colour", "green")
            record_property("number", 7)

        def test_setup_prints(prints):
            pass
    """,
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
