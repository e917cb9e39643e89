"""Environment variables: read in one way or another, there or not, by whomever."""

from __future__ import annotations

from dataclasses import replace

from edits import Change, Setenv, Write
from scenario import Expect, Scenario

OLD, NEW, UNSET = Setenv("THIS_x", "old"), Setenv("THIS_x", "new"), Setenv("THIS_x", None)


def reads(name: str, about: str, expression: str, edit: Change = NEW, before: tuple[Change, ...] = (OLD,)) -> Scenario:
    """A test of one expression about the variable ``THIS_x``, "old" unless ``before`` says otherwise."""
    test = f"import os\n\ndef test_THIS():\n    assert {expression}\n"
    return Scenario(name, about, test, (edit,), before=before)


def ignores(name: str, about: str, test: str, edit: Change = NEW, needless: str = "") -> Scenario:
    """A test that does not mind the edit."""
    return Scenario(name, about, test, (edit,), before=(OLD,), expect=Expect.CACHED, needless=needless)


ONE_BY_ONE = [
    reads("env_subscript", "os.environ[name]", "os.environ['THIS_x'] == 'old'"),
    reads("env_subscript_gone", "os.environ[name]; removed", "os.environ['THIS_x'] == 'old'", UNSET),
    reads("env_get", "os.environ.get", "os.environ.get('THIS_x') == 'old'"),
    reads("env_get_default_set", "os.environ.get with a default; set", "os.environ.get('THIS_x', 'no') == 'no'",
          before=()),
    reads("env_get_gone", "os.environ.get; removed", "os.environ.get('THIS_x')", UNSET),
    reads("env_get_empty", "os.environ.get is None; set to nothing", "os.environ.get('THIS_x') is None",
          Setenv("THIS_x", ""), before=()),
    reads("env_getenv", "os.getenv", "os.getenv('THIS_x') == 'old'"),
    reads("env_getenvb", "os.getenvb", "os.getenvb(b'THIS_x') == b'old'"),
    reads("env_in", "in os.environ; set", "'THIS_x' not in os.environ", before=()),
    reads("env_in_gone", "in os.environ; removed", "'THIS_x' in os.environ", UNSET),
    reads("env_in_keys", "in os.environ.keys()", "'THIS_x' in os.environ.keys()", UNSET),
    reads("env_bytes", "os.environb[name]", "os.environb[b'THIS_x'] == b'old'"),
    reads("env_bytes_get", "os.environb.get; set", "os.environb.get(b'THIS_x') is None", before=()),
    reads("env_setdefault", "os.environ.setdefault", "os.environ.setdefault('THIS_x', 'z') == 'old'"),
    reads("env_expandvars", "os.path.expandvars", "os.path.expandvars('$THIS_x/a') == 'old/a'"),
    reads("env_expandvars_gone", "os.path.expandvars; removed", "os.path.expandvars('${THIS_x}') == 'old'", UNSET),
    reads("env_template", "string.Template over os.environ",
          "__import__('string').Template('$THIS_x').substitute(os.environ) == 'old'"),
    reads("env_format", "str.format_map over os.environ", "'{THIS_x}'.format_map(os.environ) == 'old'"),
]  # fmt: skip

TAKEN = "import os\n\ndef test_THIS(monkeypatch):\n    monkeypatch.{}\n    assert 'THIS_x' not in os.environ\n"
TAKEN_AWAY = [
    Scenario("env_had_to_be_set", "monkeypatch.delenv fails without it", TAKEN.format("delenv('THIS_x')"), (UNSET,),
             before=(OLD,)),
    Scenario("env_had_to_be_an_item", "monkeypatch.delitem fails without it",
             TAKEN.format("delitem(os.environ, 'THIS_x')"), (UNSET,), before=(OLD,)),
    ignores("env_had_to_be_anything", "monkeypatch.delenv does not mind the value", TAKEN.format("delenv('THIS_x')")),
]  # fmt: skip

HELD = [
    Scenario("env_popped", "os.environ.pop, which gives the value", """
             import os

             def test_THIS():
                 value = os.environ.pop("THIS_x")
                 os.environ["THIS_x"] = value
                 assert value == "old"
             """, (NEW,), before=(OLD,)),
    Scenario("env_held_mapping", "from os import environ, held since import", """
             from os import environ, getenv as ask

             def test_THIS():
                 assert environ["THIS_x"] == "old" and ask("THIS_x") == "old"
             """, (NEW,), before=(OLD,)),
    Scenario("env_bound_method", "environ.get, bound at import of a product module", """
             import THIS_settings

             def test_THIS():
                 assert THIS_settings.ask("THIS_x") == "old"
             """, (NEW,), {"THIS_settings.py": "import os\n\nask = os.environ.get\n"}, (OLD,)),
    Scenario("env_unbound_method", "os.environ's class, asked directly", """
             import os

             def test_THIS():
                 assert type(os.environ).__getitem__(os.environ, "THIS_x") == "old"
             """, (NEW,), before=(OLD,)),
    Scenario("env_at_product_import", "read at import of a product module, by two test modules", files={
        "THIS_settings.py": "import os\n\nX = os.environ['THIS_x']\n",
        "test_THIS_1.py": "import THIS_settings\n\ndef test_THIS():\n    assert THIS_settings.X == 'old'\n",
        "test_THIS_2.py": "import THIS_settings\n\ndef test_THIS():\n    assert THIS_settings.X == 'old'\n",
        "test_THIS_3.py": "def test_THIS():\n    pass\n",
    }, edit=(NEW,), before=(OLD,), stays=("test_THIS_3.py",)),
    Scenario("env_in_session_fixture", "read in a session fixture that another module set up first", files={
        "conftest.py": """
            import os
            import pytest

            @pytest.fixture(scope="session")
            def THIS_value():
                return os.environ.get("THIS_x")
        """,
        "test_THIS_1.py": "def test_THIS(THIS_value):\n    assert THIS_value == 'old'\n",
        "test_THIS_2.py": "def test_THIS(THIS_value):\n    assert THIS_value == 'old'\n",
        "test_THIS_3.py": "def test_THIS():\n    pass\n",
    }, edit=(NEW,), before=(OLD,), stays=("test_THIS_3.py",),
        needless="the conftest performs the read, and every module below it may see what it kept"),
    Scenario("env_behind_lru_cache", "read behind lru_cache, filled by another module", files={
        "THIS_settings.py": """
            import functools
            import os

            @functools.lru_cache
            def value():
                return os.getenv("THIS_x")
        """,
        "test_THIS_1.py": "import THIS_settings\n\ndef test_THIS():\n    assert THIS_settings.value() == 'old'\n",
        "test_THIS_2.py": "import THIS_settings\n\ndef test_THIS():\n    assert THIS_settings.value() == 'old'\n",
    }, edit=(NEW,), before=(OLD,)),
    Scenario("env_in_skipif", "read in a skipif mark", """
             import os
             import pytest

             @pytest.mark.skipif("THIS_x" not in os.environ, reason="wants THIS_x")
             def test_THIS():
                 raise AssertionError
             """, (OLD,)),
    Scenario("env_in_conftest", "read when a conftest is loaded", """
             def test_THIS(THIS_value):
                 assert THIS_value == "old"
             """, (NEW,), {"conftest.py": """
             import os
             import pytest

             VALUE = os.environ["THIS_x"]

             @pytest.fixture
             def THIS_value():
                 return VALUE
             """}, (OLD,)),
    Scenario("env_in_thread", "read in a thread", """
             import os
             import threading

             def test_THIS():
                 found = []
                 thread = threading.Thread(target=lambda: found.append(os.environ["THIS_x"]))
                 thread.start()
                 thread.join()
                 assert found == ["old"]
             """, (NEW,), before=(OLD,)),
]  # fmt: skip


def looks_through(name: str, about: str, expression: str, edit: Change = NEW) -> Scenario:
    """A test that looks at all variables: any edit of one concerns all such tests."""
    known = reads(name, about, expression, edit, before=() if edit is not NEW else (OLD,))
    return replace(known, group="all", together=True)


ALL = [
    looks_through("env_iterated", "iteration over os.environ; set",
                  "not [each for each in os.environ if each.startswith('THIS')]", OLD),
    looks_through("env_items", "os.environ.items()", "('THIS_x', 'old') in os.environ.items()"),
    looks_through("env_copied", "os.environ.copy()", "os.environ.copy()['THIS_x'] == 'old'"),
    looks_through("env_dict", "dict(os.environ)", "dict(os.environ)['THIS_x'] == 'old'"),
    looks_through("env_merged", "os.environ | {}", "(os.environ | {})['THIS_x'] == 'old'"),
    looks_through("env_unpacked", "{**os.environ}", "{**os.environ}['THIS_x'] == 'old'"),
    looks_through("env_keys", "os.environ.keys(); set", "'THIS_x' not in list(os.environ.keys())", OLD),
    looks_through("env_values", "os.environ.values(); set", "'THIS' not in os.environ.values()",
                  Setenv("THIS_x", "THIS")),
    looks_through("env_bytes_items", "iteration over os.environb", "(b'THIS_x', b'old') in os.environb.items()"),
    looks_through("env_counted", "len(os.environ); set", "len(os.environ) == len(os.environ.keys() - {'THIS_x'})", OLD),
    looks_through("env_proxies", "urllib.request.getproxies, which looks through all",
                  "__import__('urllib.request').request.getproxies().get('THIS') is None",
                  Setenv("THIS_proxy", "http://localhost:1")),
]  # fmt: skip

WELL_KNOWN = [
    Scenario("env_home", "HOME, by expanduser and Path.home", """
             import os
             import pathlib

             def test_THIS():
                 assert os.path.expanduser("~/x") == "/old/x" and str(pathlib.Path.home()) == "/old"
             """, (Setenv("HOME", "/new"),), before=(Setenv("HOME", "/old"),)),
    Scenario("env_path_shadowed", "shutil.which finds another program earlier on PATH", """
             import shutil

             def test_THIS():
                 assert shutil.which("THIS_tool").endswith("bin2/THIS_tool")
             """, (Write("/bin/THIS_tool", "#!/bin/sh\n"),), {"/bin2/THIS_tool": "#!/bin/sh\n", "/bin/x": ""}),
    Scenario("env_path_changed", "shutil.which, and PATH itself", """
             import shutil

             def test_THIS():
                 assert shutil.which("THIS_tool")
             """, (Setenv("PATH", "/usr/bin:/bin"),), {"/bin2/THIS_tool": "#!/bin/sh\n"}, alone=True, group="alone"),
    Scenario("env_user", "getpass.getuser asks LOGNAME",
             "import getpass\n\ndef test_THIS():\n    assert getpass.getuser() == 'old'\n",
             (Setenv("LOGNAME", "new"),), before=(Setenv("LOGNAME", "old"),)),
    Scenario("env_time_zone", "TZ, which the C library reads", """
             import time

             def test_THIS():
                 time.tzset()
                 assert time.localtime(0).tm_hour == 0
             """, (Setenv("TZ", "UTC-5"),), before=(Setenv("TZ", "UTC"),), alone=True, group="alone"),
    Scenario("env_in_root_conftest", "read when the root conftest is loaded", """
             def test_THIS(THIS_value):
                 assert THIS_value == "old"
             """, (NEW,), {"/conftest.py": """
             import os
             import pytest

             VALUE = os.environ["THIS_x"]

             @pytest.fixture
             def THIS_value():
                 return VALUE
             """}, (OLD,), alone=True, group="alone"),
]  # fmt: skip

NO_INPUTS = [
    ignores("env_nobody_asks", "a variable that nobody reads",
            "import os\n\ndef test_THIS():\n    os.getenv('THIS_y')\n"),
    ignores("env_monkeypatched", "set by monkeypatch, then read", """
            import os

            def test_THIS(monkeypatch):
                monkeypatch.setenv("THIS_x", "mine")
                assert os.environ["THIS_x"] == "mine"
            """),
    ignores("env_taken_away", "removed by monkeypatch, then asked for", """
            import os

            def test_THIS(monkeypatch):
                monkeypatch.delenv("THIS_x", raising=False)
                assert "THIS_x" not in os.environ and os.getenv("THIS_x") is None
            """),
    ignores("env_written", "written directly, then read", """
            import os

            def test_THIS():
                os.environ["THIS_x"] = "mine"
                assert os.environ["THIS_x"] == os.getenv("THIS_x") == "mine"
            """),
    ignores("env_updated", "written by update, then read", """
            import os

            def test_THIS():
                os.environ.update(THIS_x="mine")
                assert os.getenv("THIS_x") == "mine"
            """),
    ignores("env_set_by_fixture", "set by an autouse fixture, then read", """
            import os
            import pytest

            @pytest.fixture(autouse=True)
            def settings(monkeypatch):
                monkeypatch.setenv("THIS_x", "mine")

            def test_THIS():
                assert os.environ.get("THIS_x") == "mine"
            """),
    ignores("env_patched_dict", "set by mock.patch.dict, then read", """
            import os
            from unittest import mock

            @mock.patch.dict(os.environ, {"THIS_x": "mine"})
            def test_THIS():
                assert os.environ["THIS_x"] == "mine"
            """),
    ignores("env_replaced_whole", "os.environ replaced by a dictionary", """
            import os

            def test_THIS(monkeypatch):
                monkeypatch.setattr(os, "environ", {"THIS_x": "mine"})
                assert os.environ["THIS_x"] == os.getenv("THIS_x") == "mine"
            """),
    Scenario("env_deleted_and_read", "deleted, and restored to what it was", """
             import os

             def test_THIS():
                 old = os.environ["THIS_x"]
                 del os.environ["THIS_x"]
                 assert os.getenv("THIS_x") is None
                 os.environ["THIS_x"] = old
                 assert old == "old"
             """, (NEW,), before=(OLD,)),
    Scenario("env_read_after_undo", "set by monkeypatch, undone, and then read", """
             import os

             def test_THIS(monkeypatch):
                 with monkeypatch.context() as context:
                     context.setenv("THIS_x", "mine")
                 assert os.environ["THIS_x"] == "old"
             """, (NEW,), before=(OLD,)),
]  # fmt: skip

SCENARIOS = [*ONE_BY_ONE, *TAKEN_AWAY, *HELD, *ALL, *WELL_KNOWN, *NO_INPUTS]
