"""Whether loading a source does more than define names: what it does then, others in the process may meet.

Told from the statements of its body alone, nothing is run. A call counts unless it is known to change
nothing, and so does every assignment to an item or an attribute of what is not the source's own
(``os.environ["X"] = …``, ``requests.get = …``). What its own functions do counts where it calls them then;
what imported modules do does not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

MAKERS: Final = frozenset(
    {
        *("pytest.fixture", "pytest.hookimpl", "pytest.mark", "pytest.param", "pytest.importorskip", "pytest.skip"),
        *("pytest.register_assert_rewrite", "fixture", "hookimpl", "re", "typing", "TypeVar", "NewType", "NamedTuple"),
        *("dataclass", "dataclasses", "functools", "contextlib", "contextmanager", "asynccontextmanager", "suppress"),
        *("pathlib", "Path", "PurePath", "datetime", "timedelta", "timezone", "decimal", "Decimal", "uuid", "math"),
        *("itertools", "string", "textwrap", "operator", "os.path", "Enum", "namedtuple", "defaultdict"),
        *("collections.namedtuple", "collections.defaultdict", "collections.OrderedDict", "collections.Counter"),
        *("json", "tomllib", "ast", "copy", "hashlib", "base64", "importlib.resources", "yaml.safe_load"),
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
WRITERS: Final = frozenset(
    {
        *("write_text", "write_bytes", "mkdir", "touch", "unlink", "rename", "rmdir", "symlink_to", "hardlink_to"),
        *("chmod", "open"),
    }
)
"""Methods of what is new that change what lies on disk all the same."""
_FRESH: Final = (
    *(ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BinOp, ast.Compare),
    *(ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp),
)


def acts(tree: ast.Module) -> bool:
    """Whether running the body of ``tree`` may change what others in the process see."""
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    return _Body(functions, set()).acts(tree)


def _evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and all in it that is evaluated when it is."""
    yield node
    for each in _parts(node):
        yield from _evaluated(each)


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    """Of functions their decorators, defaults and annotations, not what they do when called."""
    match node:
        case ast.Name() | ast.Constant() | ast.Import() | ast.ImportFrom() | ast.expr_context() | ast.operator():
            return ()
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            hints = [node.returns, *(each.annotation for each in _arguments(node.args))]
            return [*node.decorator_list, *_parts(node.args), *(hint for hint in hints if hint)]
        case ast.Lambda():
            return _parts(node.args)
        case ast.arguments(defaults=defaults, kw_defaults=others):
            return [*defaults, *(each for each in others if each)]
    return ast.iter_child_nodes(node)


def _arguments(args: ast.arguments) -> list[ast.arg]:
    rest = [each for each in (args.vararg, args.kwarg) if each]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *rest]


class _Body:
    """Statements that run in one go. ``own`` are the names bound so far to values made here."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef], own: set[str]) -> None:
        self._functions = functions
        self._own = own

    def acts(self, *nodes: ast.AST) -> bool:
        """Whether evaluating ``nodes``, in this order, has an effect on others."""
        return any(self._acts(each) for node in nodes for each in _evaluated(node))

    def _acts(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=called):
                return not (_dotted(called) in ASKERS or self._makes(called) or _opens(node) or self._is_quiet(called))
            case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del()):
                return not self._is_own(node)
            case ast.AugAssign(target=ast.Name(id=name)):
                return name not in self._own  # a list that others have grows for them, too
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return not all(isinstance(each, ast.Call) or self._makes(each) for each in node.decorator_list)
            case ast.withitem(context_expr=entered, optional_vars=target):
                self._bind(target, entered)
                return not isinstance(entered, ast.Call)
            case ast.Assign(targets=targets, value=value):
                for each in targets:
                    self._bind(each, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value)
        return False

    def _bind(self, target: ast.expr | None, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            (self._own.add if self._is_own(value) else self._own.discard)(target.id)

    def _is_own(self, value: ast.expr) -> bool:
        """Whether ``value`` was made here, or lies in what was."""
        match value:
            case ast.Name(id=name):
                return name in self._own
            case ast.Attribute(value=inner) | ast.Subscript(value=inner):
                return self._is_own(inner)
            case ast.Call(func=called):
                return self._makes(called) or _opens(value)
        return isinstance(value, _FRESH)

    def _makes(self, called: ast.expr) -> bool:
        """Whether a call of ``called`` gives a new value, and changes nothing but what was made here."""
        name = _dotted(called)
        if name in ASKERS or (isinstance(called, ast.Attribute) and called.attr in WRITERS):
            return False
        while name and name not in MAKERS:
            name = name.rpartition(".")[0]
        return bool(name) or self._is_own(called)

    def _is_quiet(self, called: ast.expr) -> bool:
        """Whether ``called`` is a function of the same source, and has no effect. (One that calls itself may have.)"""
        function = self._functions.get(_dotted(called))
        if function is None or function.decorator_list:
            return False
        others = {name: each for name, each in self._functions.items() if each is not function}
        return not _Body(others, self._own - {each.arg for each in _arguments(function.args)}).acts(*function.body)


def _opens(call: ast.Call) -> bool:
    """Whether it opens a file to read it."""
    modes = [*call.args[1:2], *(word.value for word in call.keywords if word.arg in ("mode", None))]
    reads = all(isinstance(m, ast.Constant) and str(m.value) in ("r", "rb", "rt") for m in modes)
    return _dotted(call.func) in ("open", "io.open") and reads


def _dotted(value: ast.expr) -> str:
    """``a.b.c`` as written; empty for anything else."""
    match value:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            before = _dotted(inner)
            return f"{before}.{name}" if before else ""
    return ""
