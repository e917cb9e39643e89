"""What the body of a source does to others when it is loaded."""

from __future__ import annotations

import ast

import pytest

from pytest_gocache.core.effects import acts
from pytest_gocache.core.source import facts_of

QUIET = [
    '"""Words."""\nimport os, django\nfrom a import b\n',
    "X = 1\nY: int = X + 1\nZ = [X, *range(3)]\nZ.append(4)\nZ[0] = 2\nZ += [5]\ndel X\n",
    "HERE = Path(__file__).parent\nDATA = HERE.joinpath('x')\nROOT = Path(__file__).parents[1].joinpath('x')\n",
    "LOG = logging.getLogger(__name__)\nCI = os.environ.get('CI', '')\nN = getattr(a, 'b')\n",
    "@pytest.fixture(scope='session')\ndef f(x=Path('a')):\n    app.start()\n",
    "@pytest.fixture\ndef f():\n    return g(1)\n\n@dataclass\nclass A:\n    def f(self):\n        h()\n",
    "pytestmark = pytest.mark.skipif(sys.platform == 'win32', reason='no')\nnp = pytest.importorskip('numpy')\n",
    "if sys.version_info > (3, 12):\n    X = 1\nelse:\n    X = {}\n    X['a'] = 2\n",
    "try:\n    import x\nexcept ImportError:\n    x = None\nwith suppress(ImportError):\n    import y\n",
    "key = lambda: app.start()\nPATTERN = re.compile('a').pattern\nT = TypeVar('T')\n",
    "def read(path):\n    with open(path) as file:\n        return json.load(file)\n\nX = read('x')\n",
    "X = open('x').read().split() + Path('y').read_text().split()\n",
]
ACTING = {
    "a variable": "os.environ['X'] = '1'\n",
    "a variable taken away": "del os.environ['X']\n",
    "a default": "os.environ.setdefault('X', '1')\n",
    "in a branch": "if CI:\n    os.environ['X'] = '1'\n",
    "in a handler": "try:\n    import x\nexcept ImportError:\n    os.environ['X'] = '1'\n",
    "in a match": "match x:\n    case 1:\n        f()\n",
    "in a class": "class A:\n    os.environ['X'] = '1'\n",
    "under another name": "e = os.environ\ne['X'] = '1'\n",
    "in place": "p = sys.path\np += ['x']\n",
    "a name bound anew": "p = []\np = sys.path\np.append('x')\n",
    "a patch": "re.compile = fake\n",
    "a patch by pytest": "MP = pytest.MonkeyPatch()\nMP.setenv('X', '1')\n",
    "a path": "sys.path.insert(0, str(HERE))\n",
    "a call": "django.setup()\n",
    "a call whose answer is kept": "APP = make_app()\n",
    "a call in a call": "X = str(register('x'))\n",
    "of what is asked for": "logging.getLogger('x').setLevel('DEBUG')\n",
    "kept, of what is asked for": "LOG = logging.getLogger('x')\nLOG.setLevel('DEBUG')\n",
    "by getattr": "getattr(os, 'environ').update(X='1')\n",
    "a decorator": "@register\ndef f():\n    pass\n",
    "a decorator with arguments": "@app.route('/')\ndef f():\n    pass\n",
    "a default of an argument": "def f(x=register('x')):\n    pass\n",
    "an annotation": "def f(x: register('x')):\n    pass\n",
    "a default of a lambda": "f = lambda x=register('x'): x\n",
    "a base": "class A(make('B')):\n    pass\n",
    "a manager": "with patched:\n    import x\n",
    "a call of its own function": "def f():\n    os.environ['X'] = '1'\n\nf()\n",
    "what its function is given": "def f(x):\n    x['X'] = '1'\n\nx = {}\nf(os.environ)\n",
    "what its function gives": "def f():\n    return os.environ\n\nf()['X'] = '1'\n",
    "a function that calls itself": "def f():\n    f()\n\nf()\n",
    "a file": "open('x', 'w').write('x')\n",
    "a file by its path": "Path('x').write_text('x')\n",
    "a file, mode computed": "open('x', *args)\n",
    "a module by another way": "try:\n    import m\nexcept ImportError:\n    m = None\nm.setup()\n",
    "None at first": "m = None\nimport m\nm.setup()\n",
    "what may be missing": "m = pytest.importorskip('m')\nm.setup(1)\n",
    "a context": "decimal.getcontext().prec = 5\n",
    "a cast": "s = typing.cast(typing.Any, sys)\ns.flag = 1\n",
    "a class of a class": "class C(Base):\n    pass\n",
    "a class by a class": "class C(metaclass=Meta):\n    pass\n",
    "a function handed on": "list(map(sys.path.append, X))\n",
    "a function handed on as a key": "max(X, key=register)\n",
    "a method of a type": "dict.update(sys.modules, x=1)\n",
    "what a list holds": "x = [m]\nx[0].flag = 1\n",
    "a name of another's": "from m import Path\nPath('x')\n",
    "a global": "x = 1\ndef f():\n    global x\n    x = 2\n\nf()\n",
    "a file moved": "Path('x').replace('y')\n",
    "in a comprehension": "X = [register(x) for x in (1, 2)]\n",
    "in an f-string": "X = f'{register(1)}'\n",
}


@pytest.mark.parametrize("source", QUIET)
def test_what_only_defines_names(source: str) -> None:
    assert not acts(ast.parse(source))


@pytest.mark.parametrize("source", ACTING.values(), ids=ACTING)
def test_what_others_may_meet(source: str) -> None:
    assert acts(ast.parse(source))


def test_deep_and_wide_sources() -> None:
    """Sums of thousands of terms, and functions that call functions."""
    deep = facts_of(b"import other\nS = " + b" + ".join([b"1"] * 1500) + b"\n")
    assert deep.imports and not deep.acts and deep.judged
    wide = "".join(f"def f{n}(x):\n    return f{n + 1}(x) + f{n + 1}(x)\n\n" for n in range(40))
    assert not acts(ast.parse(f"{wide}def f40(x):\n    return x\n\nA = f0(1)\n"))
