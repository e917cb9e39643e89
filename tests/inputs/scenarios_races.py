"""Changed while the module runs, after it was read: never stored, whichever time the file carries."""

from __future__ import annotations

from collections.abc import Mapping

from scenario import Expect, Scenario

# The run's own writing is told from another's if it can be; refused it is in any case.
REASONS = ("too-new", "wrote-its-input", "subprocess")


def race(name: str, about: str, test: str, files: Mapping[str, str], detail: str = "") -> Scenario:
    """A module that would be stale if it were stored."""
    return Scenario(name, about, test, (), files, expect=Expect.REFUSED, reasons=REASONS, detail=detail)


PRODUCT = "VALUE = 1\n"
SCENARIOS = [
    race("data_rewritten", "a data file is rewritten by the test that read it", """
         import pathlib

         def test_THIS():
             path = pathlib.Path("THIS/data.txt")
             text = path.read_text()
             path.write_text(text + "more\\n")
         """, {"data.txt": "old\n"}, "THIS/data.txt"),
    race("data_rewritten_by_thread", "a data file is rewritten by a thread", """
         import pathlib
         import threading

         def test_THIS():
             path = pathlib.Path("THIS/data.txt")
             assert path.read_text()
             thread = threading.Thread(target=lambda: path.write_text(path.read_text() + "more\\n"))
             thread.start()
             thread.join()
         """, {"data.txt": "old\n"}, "THIS/data.txt"),
    race("data_rewritten_by_other", "a data file is rewritten by a process that nobody observes", """
         import os
         import subprocess

         def test_THIS():
             assert open("THIS/data.txt").read()
             subprocess.run(["/bin/sh", "THIS/edit.sh"], check=True)
         """, {"data.txt": "old\n", "edit.sh": "echo more >> THIS/data.txt\n"}),
    race("data_disguised", "rewritten with the same size, and the time put back", """
         import os

         def test_THIS():
             with open("THIS/data.txt") as file:
                 text, before = file.read(), os.fstat(file.fileno())
             with open("THIS/data.txt", "w") as file:
                 file.write(text[::-1])
             os.utime("THIS/data.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
         """, {"data.txt": "ab"}, "THIS/data.txt"),
    race("source_edited", "a product module is edited after it was imported", """
         import THIS_product

         def test_THIS():
             with open(THIS_product.__file__, "a") as file:
                 file.write("X = 1\\n")
         """, {"THIS_product.py": PRODUCT}, "THIS/THIS_product.py"),
    race("test_edits_itself", "the test module itself is edited while it runs", """
         def test_THIS():
             with open(__file__, "a") as file:
                 file.write("X = 1\\n")
         """, {}, "THIS/test_THIS.py"),
    race("edited_by_later_module", "a data file that one module read is rewritten while a later one runs", "", {
        "data.txt": "old\n",
        "test_THIS_1.py": "def test_THIS():\n    assert open('THIS/data.txt').read()\n",
        "test_THIS_2.py": """
            def test_THIS():
                with open("THIS/data.txt") as file:
                    text = file.read()
                with open("THIS/data.txt", "w") as file:
                    file.write(text + "more\\n")
        """}, "THIS/data.txt"),
]  # fmt: skip
