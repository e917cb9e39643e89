"""Modules for the ways in which tests end well. ``test_output.py`` needs a fixture ``prints``."""

from __future__ import annotations

ENDS_WELL = {
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
}
