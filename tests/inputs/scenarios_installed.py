"""Installed distributions: upgraded, edited in place, new, gone; and those that nobody uses."""

from __future__ import annotations

from artefacts import Install, Uninstall
from edits import Remove, Write
from scenario import Expect, Scenario

CODE = {"THIS_lib.py": "VALUE = 'old'\n"}
NEW_CODE = {"THIS_lib.py": "VALUE = 'new'\n"}
USES = "import THIS_lib\n\ndef test_THIS():\n    assert THIS_lib.VALUE == 'old'\n"
INSTALLED = (Install("THIS_lib", "1.0.0", CODE),)
ENTRY = "[THIS_group]\none = THIS_lib\n"

SCENARIOS = [
    Scenario("patch_version", "the next patch version of a distribution", USES,
             (Install("THIS_lib", "1.0.1", NEW_CODE),), before=INSTALLED),
    Scenario("same_version_again", "another build of the same version", USES,
             (Install("THIS_lib", "1.0.0", NEW_CODE),), before=INSTALLED),
    Scenario("edited_in_place", "a file of a distribution is edited in place", USES,
             (Write("site:THIS_lib.py", "VALUE = 'new'\n"),), before=INSTALLED),
    Scenario("package_edited_in_place", "a sub-module of a distribution is edited in place",
             "import THIS_lib\n\ndef test_THIS():\n    assert THIS_lib.deep.VALUE == 'old'\n",
             (Write("site:THIS_lib/deep.py", "VALUE = 'new'\n"),),
             before=(Install("THIS_lib", "1.0.0", {"THIS_lib/__init__.py": "from THIS_lib import deep\n",
                                                   "THIS_lib/deep.py": "VALUE = 'old'\n"}),)),
    Scenario("requirement_upgraded", "what a distribution requires is upgraded",
             "import THIS_lib\n\ndef test_THIS():\n    assert THIS_lib.VALUE == 'old'\n",
             (Install("THIS_base", "1.1", {"THIS_base.py": "VALUE = 'new'\n"}),),
             before=(Install("THIS_lib", "1.0", {"THIS_lib.py": "from THIS_base import VALUE\n"}, ("THIS_base>=1",)),
                     Install("THIS_base", "1.0", {"THIS_base.py": "VALUE = 'old'\n"}))),
    Scenario("uninstalled", "a distribution goes", USES, (Uninstall("THIS_lib", ("THIS_lib.py",)),), before=INSTALLED),
    Scenario("fallback_installed", "a distribution appears where an ImportError was caught", """
             try:
                 import THIS_lib
             except ImportError:
                 THIS_lib = None

             def test_THIS():
                 assert THIS_lib is None
             """, INSTALLED),
    Scenario("importorskip_installed", "a distribution appears where importorskip skipped", """
             import pytest

             def test_THIS():
                 pytest.importorskip("THIS_lib")
                 raise AssertionError
             """, INSTALLED),
    Scenario("version_read", "the version is read of the metadata", """
             import importlib.metadata

             def test_THIS():
                 assert importlib.metadata.version("THIS_lib") == "1.0.0"
             """, (Install("THIS_lib", "1.0.1", CODE),), before=INSTALLED),
    Scenario("version_looked_for", "the version of what is not installed", """
             import importlib.metadata

             def version():
                 try:
                     return importlib.metadata.version("THIS_lib")
                 except importlib.metadata.PackageNotFoundError:
                     return None

             def test_THIS():
                 assert version() is None
             """, INSTALLED),
    Scenario("entry_points", "a distribution appears that has an entry point", """
             import importlib.metadata

             def test_THIS():
                 found = importlib.metadata.entry_points(group="THIS_group")
                 assert not [each for each in found if each.name == "one"]
             """, (Install("THIS_lib", "1.0.0", CODE, entry_points=ENTRY),), alone=True, group="entry_points"),
    Scenario("entry_point_loaded", "an entry point is loaded, and its distribution upgraded", """
             import importlib.metadata

             def test_THIS():
                 (point,) = importlib.metadata.entry_points(group="THIS_group")
                 assert point.load().VALUE == "old"
             """, (Install("THIS_lib", "1.0.1", NEW_CODE, entry_points=ENTRY),),
             before=(Install("THIS_lib", "1.0.0", CODE, entry_points=ENTRY),), alone=True,
             group="entry_points"),
    Scenario("data_of_distribution", "a data file of a distribution is edited in place", """
             import importlib.resources

             def test_THIS():
                 assert importlib.resources.files("THIS_lib").joinpath("data.txt").read_text() == "old\\n"
             """, (Write("site:THIS_lib/data.txt"),),
             before=(Install("THIS_lib", "1.0", {"THIS_lib/__init__.py": "", "THIS_lib/data.txt": "old\n"}),)),
    Scenario("without_metadata", "a file without a distribution in site-packages", USES,
             (Write("site:THIS_lib.py", "VALUE = 'new'\n"),), before=(Write("site:THIS_lib.py", "VALUE = 'old'\n"),)),
    Scenario("installed_part_goes", "a part of a distribution is deleted",
             "import THIS_lib\n\ndef test_THIS():\n    assert THIS_lib.deep is not None\n",
             (Remove("site:THIS_lib/deep.py"),),
             before=(Install("THIS_lib", "1.0", {"THIS_lib/__init__.py": """
                 try:
                     from THIS_lib import deep
                 except ImportError:
                     deep = None
             """, "THIS_lib/deep.py": ""}),)),
    Scenario("unrelated_installed", "an unrelated distribution is installed", USES,
             (Install("THIS_other", "1.0", {"THIS_other.py": ""}),), before=INSTALLED, expect=Expect.CACHED),
    Scenario("unrelated_upgraded", "an unrelated distribution is upgraded", USES,
             (Install("THIS_other", "1.1", {"THIS_other.py": "X = 1\n"}),),
             before=(*INSTALLED, Install("THIS_other", "1.0", {"THIS_other.py": ""})), expect=Expect.CACHED),
]  # fmt: skip
