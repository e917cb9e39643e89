"""Imports found without a syntax tree: those that the parser finds, or none at all and the parser is asked."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from pytest_gocache.core.hashing import digest_bytes
from pytest_gocache.core.refs import ImportRef
from pytest_gocache.core.scan import scan, scanned_facts
from pytest_gocache.core.source import facts_of

PLAIN = {
    "several": "import a, b.c as d\nimport e;import f\n",
    "from": "from a.b import c as d, e\nfrom .a import b\nfrom . import c\n",
    "in brackets": "from ...d import (\n  e,  # why\n  f as g,\n)\n",
    "a star": "from a import *\n",
    "indented": "def f():\n    import a\n    if x: import b\n    try: from c import d\n    finally: pass\n",
    "a line that goes on": "from a import b, \\\n    c\nimport \\\n    d\n",
    "in strings": "'''\nimport a\n'''\nx = '''it's'''; y = \"import b\"\nz = 'a\\'\\\nimport c'\nr'\\'; import d'\n",
    "in comments": "# import a\nx = '#'  # it's\nimport b  # import c\n",
    "bytes and raw": 'x = b"\\"import a"\ny = rb"""import b"""\nimport c\n',
    "an f-string": "x = f'{a} {b:>3}'\nimport d\n",
    "an f-string with texts": "x = f\"{a['b']} it's {', '.join(c)}\"; y = f'{\"\"}'\nimport d\n",
    "an f-string with braces": "x = f'{{{a}}} {{ {b:{c}}}}' f\"{ {1: 2}[1] }\"\nimport d\n",
    "characters by number and name": "x = '\\x1b[0m' '\\u20ac\\0' '\\N{SNOWMAN}' r'\\x'; y = '\\\\x6c'\nimport d\n",
    "skipped": 'np = pytest.importorskip("numpy")\npytest.importorskip(\n    "a.b", minversion="1"\n)\n',
    "a word like it": "important = reimport = x.import_ = 1\nraise a from b\n",
    "no string": "x = ''\ny = \"\"\nz = ''''''\nimport a\n",
}
UNCLEAR = {
    "computed": "import importlib\nimportlib.import_module('a')\n",
    "by hand": "__import__('a')\n",
    "plugins": "pytest_plugins = ['a']\n",
    "exports": "__all__ = ['a']\n",
    "a name to skip by": "import pytest\npytest.importorskip(name)\n",
    "two names in one": "import pytest\npytest.importorskip('a' 'b')\n",
    "a name to skip by, put together": "import pytest\npytest.importorskip('a' + x)\n",
    "half a brace": "x = f'{'\n",
    "a brace in a text of an f-string": "x = f\"{a['{']}\"\n",
    "a comment in an f-string": "x = f'''{a # }\n}'''\nimport b\n",
    "texts that follow each other in an f-string": "x = f\"{getattr(f, 'co_' 'lines')}\"\n",
    "a text of three quotes in an f-string": "x = f\"{'''a'''}\"\n",
    "an import in an f-string": "x = f'{__import__(name)}'\n",
    "a name to import in an f-string": "x = f\"{importlib.import_module('a')}\"\n",
    "a name to skip by in an f-string": "x = f\"{pytest.importorskip('a')}\"\n",
    "an import put together": "import a\ngetattr(builtins, '__imp' 'ort__')(name)\n",
    "other letters": "import é\n",
    "returns": "x = 1 # a\rimport b\n",
    "an encoding": "# coding: utf-7\nimport a\n",
    "a form feed": "\fimport a\n",
    "half a string": "x = 'a\nimport b\n",
    "half a statement": "from a import\n",
    "a mark": "x = $\n",
    "a position put together": "import a\ngetattr(f.__code__, 'co_' \"lines\")()\n",
    "a position on two lines": "import a\ngetattr(f.__code__, 'co_\\\nlines')()\n",
    "a position spelled": "import a\ngetattr(f, 'f_\\x6cineno')\n",
    "a position spelled by eights": "import a\ngetattr(f, 'f_\\154ineno')\n",
    "a position spelled by the name of a letter": "import a\ngetattr(f, 'f_\\N{latin small letter l}ineno')\n",
    "a position spelled in part, and put together": "import a\ngetattr(f, '\\x66_li' 'neno')\n",
    "a brace in a string": "x = f\"{'}'+\"'\"}\"; import b; y = \"'\" # \"\n",
}


def described(refs: Iterable[ImportRef]) -> list[tuple[str, tuple[str, ...], int]]:
    return sorted({(ref.module, ref.names, ref.level) for ref in refs})


@pytest.mark.parametrize("source", PLAIN.values(), ids=PLAIN.keys())
def test_what_is_plain_is_found(source: str) -> None:
    found = scan(source.encode())
    assert found is not None
    assert described(found) == described(facts_of(source.encode()).imports)


@pytest.mark.parametrize("source", UNCLEAR.values(), ids=UNCLEAR.keys())
def test_what_is_not_is_left_to_the_parser(source: str) -> None:
    assert scan(source.encode()) is None


@pytest.mark.skipif(sys.version_info < (3, 12), reason="an f-string ends at its first quote")
@pytest.mark.parametrize("quote", ['"', '"""'])
def test_an_f_string_with_its_own_quotes_inside(quote: str) -> None:
    """Taken for two strings, it would hide the statement between them, or show one that is none."""
    source = f"x = f{quote}{{y[{quote};import a;{quote}]}}{quote}\n".encode()
    assert scan(source) is None
    assert facts_of(source).valid


@pytest.mark.parametrize("kind", ["f", "rf"])
def test_a_backslash_does_not_make_a_brace_plain(kind: str) -> None:
    """Behind it, too, begins what may hold the quotes of the string: two of them would hide what is between."""
    source = f"""x = {kind}"\\{{d['"']}}"; import a; y = {kind}"\\{{d["'"]}}"\n""".encode()
    assert scan(source) is None


BY_LINE = (
    "pytestmark = pytest.mark.filterwarnings('error:x:UserWarning:' 'm:3')\n",
    "warnings.filterwarnings('error', 'x', UserWarning, 'm', 3)\n",
    "warnings.simplefilter('error', UserWarning, 3, True)\n",
)


def test_positions_are_left_to_the_parser() -> None:
    """Where they are asked for, bytes count in all that is imported, too."""
    asking = ("x.f_lineno\n", "import inspect\ninspect.stack()\n", "def test(caplog):\n    caplog.text\n")
    for source in (*asking, *BY_LINE):
        content = source.encode()
        assert facts_of(content).positions
        assert scanned_facts(content, digest_bytes(content)) is None


def test_all_of_a_library_is_read_as_the_parser_does() -> None:
    """Python's own ``test`` package, where it is installed, has every odd form there is; else its library."""
    home = Path(os.__file__).parent
    files = sorted((home / "test").glob("test_*.py"))[::8] or sorted(home.glob("*.py"))[::4]
    scanned = 0
    for path in files:
        content = path.read_bytes()
        facts, found = facts_of(content, judged=False), scanned_facts(content, digest_bytes(content))
        if facts.valid and found is not None:
            assert described(found.imports) == described(facts.imports), path
            assert found.times == facts.times, path
            assert not (facts.exports or facts.computed or facts.hands or facts.positions), path
            scanned += 1
    assert scanned > len(files) // 2
