"""Whether loading a source does more than define names: what it does then, others in the process may meet.

Told from the statements of its body alone, nothing is run. A call counts unless it is known to change
nothing, and so does every assignment to an item or an attribute of what is not the source's own
(``os.environ["X"] = …``, ``requests.get = …``). What functions do when they are called later does not
count, nor what imported modules do.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

MAKERS: Final = frozenset(
    {
        *("pytest.fixture", "pytest.hookimpl", "pytest.mark", "pytest.param", "pytest.importorskip", "pytest.skip"),
        *("pytest.register_assert_rewrite", "fixture", "hookimpl", "re", "typing", "TypeVar", "NewType", "NamedTuple"),
        *("dataclass", "dataclasses", "functools", "contextlib", "contextmanager", "asynccontextmanager", "suppress"),
        *("pathlib", "Path", "PurePath", "datetime", "timedelta", "timezone", "decimal", "Decimal", "uuid", "math"),
        *("itertools", "string", "textwrap", "operator", "os.path", "Enum", "namedtuple", "defaultdict"),
        *("collections.namedtuple", "collections.defaultdict", "collections.OrderedDict", "collections.Counter"),
        *("str", "bytes", "int", "float", "complex", "list", "tuple", "dict", "set", "frozenset", "range", "slice"),
        *("sorted", "reversed", "zip", "map", "filter", "enumerate", "property", "staticmethod", "classmethod"),
    }
)
"""Calls of these, or of what lies in them, give a new value: what is done to that is done to nobody else's."""
ASKERS: Final = frozenset(
    {
        *("len", "min", "max", "sum", "any", "all", "repr", "next", "isinstance", "issubclass", "hasattr", "getattr"),
        *("callable", "type", "super", "id", "hash", "abs", "round", "ord", "chr", "iter"),
        *("os.getenv", "os.environ.get", "os.getcwd", "os.cpu_count", "os.fspath", "os.listdir", "getenv"),
        *("logging.getLogger", "getLogger", "importlib.util.find_spec", "find_spec", "platform.system", "shutil.which"),
    }
)
"""Calls of these change nothing, but may give what others have, too."""
_FRESH: Final = (
    *(ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BinOp, ast.Compare),
    *(ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp),
)
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def acts(tree: ast.Module) -> bool:
    """Whether running the body of ``tree`` may change what others in the process see."""
    own: set[str] = set()
    return any(_acts(node, own) for node in _evaluated(tree))


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and all in it that is evaluated when it is: of functions their decorators and defaults."""
    yield node
    for name, value in ast.iter_fields(node):
        if name == "body" and isinstance(node, _FUNCTIONS):
            continue
        for each in value if isinstance(value, list) else (value,):
            if isinstance(each, ast.AST):
                yield from _evaluated(each)


def _acts(node: ast.AST, own: set[str]) -> bool:
    """``own`` holds the names bound so far to values made here; an assignment changes it."""
    match node:
        case ast.Call(func=called):
            return not (_dotted(called) in ASKERS or _makes(called, own))
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
            return not _is_own(node, own)
        case ast.AugAssign(target=ast.Name(id=name)):
            return name not in own  # a list that others have grows for them, too
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return not all(isinstance(each, ast.Call) or _makes(each, own) for each in node.decorator_list)
        case ast.withitem(context_expr=entered):
            return not isinstance(entered, ast.Call)
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                _bind(target, value, own)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            _bind(target, value, own)
    return False


def _bind(target: ast.expr, value: ast.expr, own: set[str]) -> None:
    if isinstance(target, ast.Name):
        (own.add if _is_own(value, own) else own.discard)(target.id)


def _is_own(value: ast.expr, own: set[str]) -> bool:
    """Whether ``value`` was made here, or lies in what was."""
    match value:
        case ast.Name(id=name):
            return name in own
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            return _is_own(inner, own)
        case ast.Call(func=called):
            return _makes(called, own)
    return isinstance(value, _FRESH)


def _makes(called: ast.expr, own: set[str]) -> bool:
    """Whether a call of ``called`` gives a new value, and changes nothing but what was made here."""
    name = _dotted(called)
    if name in ASKERS:
        return False
    while name and name not in MAKERS:
        name = name.rpartition(".")[0]
    return bool(name) or _is_own(called, own)


def _dotted(value: ast.expr) -> str:
    """``a.b.c`` as written; empty for anything else."""
    match value:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            before = _dotted(inner)
            return f"{before}.{name}" if before else ""
    return ""
