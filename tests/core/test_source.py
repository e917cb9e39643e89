"""Facts of one source: what may change without changing them, and what may not."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings

import pytest

from pytest_gocache.core.hashing import digest_bytes
from pytest_gocache.core.refs import ImportRef
from pytest_gocache.core.source import SourceFacts, facts_from_text, facts_of, facts_to_text


def facts(source: str) -> SourceFacts:
    return facts_of(source.encode())


SAME = {
    "a comment": ("x = 1\n", "# why\nx = 1  # because\n"),
    "blank lines": ("x = 1\ny = 2\n", "\n\nx = 1\n\n\ny = 2"),
    "line endings": ("x = 1\ny = 2\n", "x = 1\r\ny = 2\r\n"),
    "quotes and brackets": ("f('a', 1)\n", 'f(\n    "a",\n    (1),\n)\n'),
    "indentation": ("if x:\n  y()\n", "if x:\n        y()\n"),
    "an encoding line": ("x = 'é'\n", "# -*- coding: utf-8 -*-\nx = 'é'\n"),
    "statements on one line": ("if x: y()\nz()\n", "if x:\n    y()\n\nz()\n"),
}


@pytest.mark.parametrize(("before", "after"), SAME.values(), ids=SAME.keys())
def test_what_cannot_be_seen_at_run_time_leaves_the_code_digest(before: str, after: str) -> None:
    assert facts(before).code == facts(after).code


DIFFERENT = {
    "a value": ("x = 1\n", "x = 2\n"),
    "a kind of number": ("x = 1\n", "x = 1.0\n"),
    "a truth": ("x = 1\n", "x = True\n"),
    "a sign of zero": ("x = 0.0\n", "x = -0.0\n"),
    "bytes for text": ("x = 'a'\n", "x = b'a'\n"),
    "a docstring": ('def f():\n    "a"\n', 'def f():\n    "b"\n'),
    "an operator": ("a < b\n", "a <= b\n"),
    "async": ("def f(): pass\n", "async def f(): pass\n"),
    "what is grouped": ("a - (b - c)\n", "(a - b) - c\n"),
    "list lengths": ("f(a)(b)\n", "f(a, b)\n"),
    "a dead branch": ("if 0:\n    a()\n", "if 0:\n    b()\n"),
    "a local annotation": ("def f():\n    x: int = 1\n", "def f():\n    x: str = 1\n"),
    "what an assertion says": ("assert f(1 + 1)\n", "assert f(2)\n"),
    "a sum the compiler folds": ("x = 1 + 1\n", "x = 2\n"),
    "the text of an f-string": ("f'{a=}'\n", "f'{a = }'\n"),
    "an escape the parser warns of": ('x = "\\d"\n', 'x = r"\\d"\n'),
}


@pytest.mark.parametrize(("before", "after"), DIFFERENT.values(), ids=DIFFERENT.keys())
def test_what_can_be_seen_changes_the_code_digest(before: str, after: str) -> None:
    assert facts(before).code != facts(after).code


EVERY_KIND = """
from __future__ import annotations
import a.b as c
from . import d
async def f(x, /, y: int = 1, *args, z=(yield), **named) -> None:
    nonlocal_, b'x', 1j, ..., None, u'u', f'{x!r:>{y}}', x if y else z
    async with g(*x, **named) as h: await (lambda: x)
    async for i in {**x, 'k': 1}: continue
    for _ in [j async for j in k if j]: break
    global G; del x[1:2, ...]; assert x, y
    try: raise l from m
    except* n as o: pass
    try: pass
    except (p, q) as r: return {s for s in t}
    else: x += 1; y: int = 2; x @ y; not -x < y is not z in w
    finally: (u := {1, *v}); x.y.z = x[0] = [*w]
    while True and x or y: pass
@a
class C(B, metaclass=D):
    def m(self): nonlocal x
    match x:
        case 1 | None | "s" | E.F | {"k": v, **rest} | C(1, a=2) | [_, *others] | (_ as whole): pass
"""


def test_every_kind_of_node_has_facts() -> None:
    """None of them is taken for a file that does not parse: its imports would be lost."""
    assert facts(EVERY_KIND).valid
    assert {ref.module for ref in facts(EVERY_KIND).imports} == {"__future__", "a.b", ""}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="new in 3.12")
def test_every_kind_of_node_of_python_3_12() -> None:
    """Type parameters and aliases, whose name is a node."""
    newer = "import a\ntype X[T: int, *U, **V] = T\ndef f[T](x: T): ...\nclass C[T]: ...\n"
    assert facts(newer).imports == (ImportRef("a"),)
    assert facts("type X = int\n").code != facts("type Y = int\n").code


def test_the_code_digest_is_the_same_in_every_process() -> None:
    source = "def f(a, *, b={1, 2}):\n    return a in {'x', 'y', 'z'} and [a, 1j, ..., b'']\n"
    script = (
        "import sys; from pytest_gocache.core.source import facts_of; "
        "print(facts_of(sys.argv[1].encode()).code)"
    )
    for seed in ("0", "1"):
        run = [sys.executable, "-c", script, source]
        out = subprocess.run(run, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed})
        assert out.stdout.strip() == facts(source).code


@pytest.mark.parametrize(
    "content", [b"def f(:\n", b"x = '\xff'\n", b"\0", b"# coding: nonsense\n", b"(" * 5000]
)
def test_what_does_not_parse_counts_by_its_bytes(content: bytes) -> None:
    assert facts_of(content) == SourceFacts(digest_bytes(content), valid=False)


def test_parsing_warns_nobody() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert facts('x = "\\d" is 1\n').valid


POSITIONS = {
    "frame.f_lineno": True,
    "record.lineno": True,
    "getattr(frame, 'f_lineno')": True,
    "inspect.stack()": True,
    "np.stack()": False,
    "fmt = '%(lineno)d %(message)s'": True,
    "fmt = '{lineno}: {message}'.format": True,
    "lineno = 0": False,
    "error(lineno=1)": False,
    "sys._getframe().f_back.f_code.co_name": False,
    "warnings.warn('x', stacklevel=2)": False,
    "traceback.format_exc()": True,
    "def test(caplog): assert caplog.text == ''": True,
    "def test(caplog): assert caplog.handler.stream.getvalue() == ''": True,
    "sys.settrace(count)": True,
    "faulthandler.dump_traceback(out)": True,
    "faulthandler.dump_traceback_later(1)": True,
    "import trace\ntracer = trace.Trace(count=1)": True,
    "from tool import tracer\ntracer.runfunc(f)": True,
    "np.trace(a)": False,
    "@pytest.mark.filterwarnings('error:x:UserWarning:m:3')\ndef test(): pass": True,
    "@pytest.mark.filterwarnings('error:x:UserWarning:m')\ndef test(): pass": False,
    "@pytest.mark.filterwarnings('error:x:UserWarning:m:0')\ndef test(): pass": False,
    "port = 'http:a:b:c:80'": False,
    "warnings.filterwarnings('error', 'x', UserWarning, 'm', 3)": True,
    "warnings.filterwarnings('error', 'x', UserWarning, 'm')": False,
    "warnings.filterwarnings('error', lineno=3)": True,
    "warnings.simplefilter('error', UserWarning, 3)": True,
    "warnings.simplefilter('error', UserWarning)": False,
    "# f_lineno": False,
    "run([sys.executable, '-c', 'import shop; print(shop.gross.__code__.co_firstlineno)'])": True,
    "exec('try: f()\\nexcept Bad as bad: at = bad.__traceback__.tb_lineno')": True,
    "exec('at = record.lineno')": True,
    "def f():\n    '''\n    >>> f.__code__.co_firstlineno\n    1\n    '''": True,
    "operator.attrgetter('__code__.co_firstlineno')": True,
    "'lineno: where it stands'": False,
}


@pytest.mark.parametrize(("source", "asks"), POSITIONS.items())
def test_code_that_asks_where_it_stands_is_noticed(source: str, asks: bool) -> None:
    assert facts(source).positions is asks


IMPORTS = {
    "import a.b, c": [ImportRef("a.b"), ImportRef("c")],
    "import a as b": [ImportRef("a")],
    "from a import b, c as d": [ImportRef("a", ("b", "c"))],
    "from . import b": [ImportRef("", ("b",), 1)],
    "from ..a.b import *": [ImportRef("a.b", ("*",), 2)],
    "def f():\n    import a": [ImportRef("a")],
    "class A:\n    async def f(self):\n        from a import b": [ImportRef("a", ("b",))],
    "if TYPE_CHECKING:\n    import a": [ImportRef("a", weak=True)],
    "if x:\n    pass\nelse:\n    import a": [ImportRef("a", weak=True)],
    "try:\n    import a\nexcept ImportError:\n    import b": [
        ImportRef("a", weak=True),
        ImportRef("b", weak=True),
    ],
    "try:\n    import a\nexcept (KeyError, ModuleNotFoundError):\n    pass": [ImportRef("a", weak=True)],
    "try:\n    import a\nexcept:\n    pass": [ImportRef("a", weak=True)],
    "try:\n    import a\nfinally:\n    pass": [ImportRef("a")],
    "try:\n    import a\nexcept KeyError:\n    pass": [ImportRef("a")],
    "match x:\n    case 1:\n        import a": [ImportRef("a", weak=True)],
    "importlib.import_module('a.b')": [ImportRef("a.b")],
    "import_module('.b', __package__)": [ImportRef("b", level=1)],
    "import_module('..b', package=__name__)": [ImportRef("b", level=2)],
    "import_module('.c', 'a.b')": [ImportRef("a.b.c")],
    "import_module('..c', 'a.b')": [ImportRef("a.c")],
    "import_module(name)": [],
    "import_module('.b', package)": [],
    "import_module(f'a.{b}')": [],
    "__import__('a.b')": [ImportRef("a.b")],
    "__import__('a', fromlist=['b'])": [ImportRef("a", ("b",))],
    "np = pytest.importorskip('numpy', minversion='2')": [ImportRef("numpy")],
    "pytest.importorskip(modname='numpy')": [ImportRef("numpy")],
    "pytest_plugins = 'a.b'": [ImportRef("a.b")],
    "pytest_plugins = ['a', 'b']": [ImportRef("a"), ImportRef("b")],
    "pytest_plugins: tuple[str, ...] = ('a',)": [ImportRef("a")],
    "pytest_plugins += ['a']": [ImportRef("a")],
    "f(1)(2)": [],
}


@pytest.mark.parametrize(("source", "refs"), IMPORTS.items())
def test_every_form_of_import_is_seen(source: str, refs: list[ImportRef]) -> None:
    assert list(facts(source).imports) == refs


def test_exports_are_the_literal_all() -> None:
    source = "__all__ = ['a']\n__all__ += ('b',)\n__all__.extend(['c'])\n__all__ = __all__ + ['d']\n"

    assert facts(source).exports == ("a", "b", "c", "d")


@pytest.mark.parametrize("more", ["__all__ = ['a', *names]", "__all__ += other.__all__", "__all__.append(name)"])
def test_exports_that_are_worked_out_may_be_all(more: str) -> None:
    assert facts(f"__all__ = ['a']\n{more}\n").exports == ("*", "a")


def test_facts_survive_as_text() -> None:
    known = facts("try:\n    from ..a import b\nexcept ImportError:\n    b = f_lineno\nb()\n__all__ = ['b']\n")

    assert facts_from_text(facts_to_text(known)) == known


MALFORMED = [
    None,
    {},
    [],
    "x",
    ["0" * 64],
    ["0" * 63, [], 0, [], 1],
    ["0" * 64, [["a", [], -1, 0]], 0, [], 1],
]
MALFORMED += [["0" * 64, [["a", [1], 0, 0]], 0, [], 1], ["0" * 64, [], 2, [], 1], ["0" * 64, [], 0, [[]], 1]]


@pytest.mark.parametrize("value", MALFORMED)
def test_facts_that_nobody_wrote_are_no_facts(value: object) -> None:
    assert facts_from_text(json.dumps(value)) is None


@pytest.mark.parametrize("value", [None, [], "", "[", "[" * 100_000])
def test_what_is_no_text_of_facts_is_no_facts(value: object) -> None:
    assert facts_from_text(value) is None
