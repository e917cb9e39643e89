"""Whether loading a source does more than define names: what it does then, others in the process may meet.

Told from the statements of its body alone, nothing is run. A call counts unless it is known to change
nothing, and so does every assignment to an item or an attribute of what is not the source's own
(``os.environ["X"] = …``, ``requests.get = …``). What its own functions do counts where it calls them then;
what imported modules do does not.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

MAKERS: Final = frozenset(
    {
        *("pytest.fixture", "pytest.hookimpl", "pytest.param", "pytest.skip", "fixture", "hookimpl", "re.compile"),
        *("TypeVar", "typing.TypeVar", "NewType", "typing.NewType", "NamedTuple", "namedtuple", "defaultdict"),
        *("dataclass", "dataclasses.dataclass", "functools.partial", "functools.lru_cache", "functools.cache"),
        *("contextmanager", "asynccontextmanager", "suppress", "contextlib.contextmanager", "contextlib.suppress"),
        *("contextlib.asynccontextmanager", "Path", "PurePath", "pathlib.Path", "pathlib.PurePath", "Path.cwd"),
        *("datetime", "timedelta", "timezone", "datetime.datetime", "datetime.timedelta", "datetime.date"),
        *("Decimal", "decimal.Decimal", "collections.namedtuple", "collections.defaultdict", "collections.Counter"),
        *("collections.OrderedDict", "json.load", "json.loads", "tomllib.load", "tomllib.loads", "ast.literal_eval"),
        *("yaml.safe_load", "str", "bytes", "int", "float", "complex", "list", "tuple", "dict", "set", "frozenset"),
        *("range", "slice", "sorted", "reversed", "zip", "enumerate", "property", "staticmethod", "classmethod"),
    }
)
"""Calls of these give a new value: what is done to that is done to nobody else's."""
MAKING: Final = ("pytest.mark.", "os.path.", "itertools.", "math.", "textwrap.", "uuid.")
"""So do calls of all that lies in these."""
BASES: Final = frozenset({"object", "Exception", "ABC", "Enum", "enum.Enum", "NamedTuple", "Protocol", "TypedDict"})
"""Classes that do nothing when another is made of them."""
ASKERS: Final = frozenset(
    {
        *("len", "min", "max", "sum", "any", "all", "repr", "next", "isinstance", "issubclass", "hasattr", "getattr"),
        *("callable", "type", "super", "id", "hash", "abs", "round", "ord", "chr", "iter", "pytest.importorskip"),
        *("os.getenv", "os.environ.get", "os.getcwd", "os.cpu_count", "os.fspath", "os.listdir", "getenv"),
        *("logging.getLogger", "getLogger", "importlib.util.find_spec", "find_spec", "platform.system", "shutil.which"),
    }
)
"""Calls of these change nothing, but may give what others have, too."""
WRITERS: Final = frozenset(
    {
        *("write_text", "write_bytes", "mkdir", "touch", "unlink", "rename", "rmdir", "symlink_to", "hardlink_to"),
        *("chmod", "open", "replace"),
    }
)
"""Methods of what is new that change what lies on disk all the same."""
_FRESH: Final = (
    *(ast.Constant, ast.JoinedStr, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.BinOp, ast.Compare),
    *(ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp),
)


def acts(tree: ast.Module) -> bool:
    """Whether running the body of ``tree`` may change what others in the process see; in doubt it may."""
    functions = {each.name: each for each in tree.body if isinstance(each, ast.FunctionDef)}
    try:
        return _Body(functions, {}, set()).acts(tree)
    except RecursionError:
        return True


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """``node`` and all in it that is evaluated when it is, in order. (Sums of a thousand terms are that deep.)"""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        yield each
        waiting += [*_parts(each)][::-1]


def _parts(node: ast.AST) -> Iterable[ast.AST]:
    """Of functions their decorators, defaults and annotations, not what they do when called."""
    match node:
        case ast.Name() | ast.Constant() | ast.expr_context() | ast.operator():
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
    """Statements that run in one go.

    ``quiet`` has what is known of the source's own functions, ``others`` the names that were imported from where
    nobody knows what they do.
    """

    def __init__(self, functions: Mapping[str, ast.FunctionDef], quiet: dict[str, bool], others: set[str]) -> None:
        self._functions = functions
        self._quiet = quiet
        self._others = others
        self._own: set[str] = set()
        """The names bound so far to values made here."""

    def acts(self, *nodes: ast.AST) -> bool:
        """Whether evaluating ``nodes``, in this order, has an effect on others."""
        return any(self._acts(each) for node in nodes for each in evaluated(node))

    def _acts(self, node: ast.AST) -> bool:
        match node:
            case ast.Call(func=called, keywords=words):
                known = dotted(called) in ASKERS or self._makes(called) or _opens(node) or self._is_quiet(called)
                return not known or any(word.arg == "key" for word in words)
            case ast.Attribute(ctx=ast.Store() | ast.Del(), value=at) | ast.Subscript(
                ctx=ast.Store() | ast.Del(), value=at
            ):
                return not self._is_own(at)
            case ast.AugAssign(target=ast.Name(id=name)):
                return name not in self._own  # a list that others have grows for them, too
            case ast.FunctionDef(decorator_list=by) | ast.AsyncFunctionDef(decorator_list=by):
                return not self._are_makers(by)
            case ast.ClassDef(bases=bases, keywords=words, decorator_list=by):
                return bool(words) or any(dotted(each) not in BASES for each in bases) or not self._are_makers(by)
            case ast.Global():
                return True
            case ast.withitem(context_expr=entered, optional_vars=target):
                self._bind(target, entered)
                return not isinstance(entered, ast.Call)
            case ast.Assign(targets=targets, value=value):
                for each in targets:
                    self._bind(each, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self._bind(target, value)
            case ast.Import(names=names):
                self._import("", names)
            case ast.ImportFrom(module=module, names=names):
                self._import(module or ".", names)
        return False

    def _are_makers(self, decorators: list[ast.expr]) -> bool:
        """Calls among them are judged where they come up."""
        return all(isinstance(each, ast.Call) or self._makes(each) for each in decorators)

    def _import(self, module: str, names: list[ast.alias]) -> None:
        for each in names:
            name = each.asname or each.name.partition(".")[0]
            top = (module or each.name).partition(".")[0]
            self._own.discard(name)
            if (top not in sys.stdlib_module_names and top != "pytest") or (each.asname and each.asname != each.name):
                self._others.add(name)

    def _bind(self, target: ast.expr | None, value: ast.expr) -> None:
        if isinstance(target, ast.Name):
            (self._own.add if self._is_own(value) else self._own.discard)(target.id)

    def _is_own(self, value: ast.expr) -> bool:
        """Whether ``value`` was made here, or is part of what was. What a container holds need not be."""
        match value:
            case ast.Name(id=name):
                return name in self._own
            case ast.Attribute(value=inner) | ast.Subscript(value=ast.Attribute(value=inner, attr="parents")):
                return self._is_own(inner)
            case ast.Call(func=called):
                return self._makes(called) or _opens(value)
        return isinstance(value, _FRESH)

    def _makes(self, called: ast.expr) -> bool:
        """Whether a call of ``called`` gives a new value, and changes nothing but what was made here."""
        name = dotted(called)
        if name in ASKERS or (isinstance(called, ast.Attribute) and called.attr in WRITERS):
            return False
        if name.partition(".")[0] in self._others:
            return False
        return name in MAKERS or f"{name}.".startswith(MAKING) or self._is_own(called)

    def _is_quiet(self, called: ast.expr) -> bool:
        """Whether ``called`` is a function of the same source, and has no effect. (One that calls itself may have.)"""
        name = dotted(called)
        if name in self._functions and name not in self._quiet:
            self._quiet[name] = False
            body, function = _Body(self._functions, self._quiet, {*self._others}), self._functions[name]
            self._quiet[name] = not (function.decorator_list or body.acts(*function.body))
        return self._quiet.get(name, False)


def _opens(call: ast.Call) -> bool:
    """Whether it opens a file to read it."""
    modes = [*call.args[1:2], *(word.value for word in call.keywords if word.arg in ("mode", None))]
    reads = all(isinstance(m, ast.Constant) and str(m.value) in ("r", "rb", "rt") for m in modes)
    return dotted(call.func) in ("open", "io.open") and reads


def dotted(value: ast.expr) -> str:
    """``a.b.c`` as written; empty for anything else."""
    match value:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=inner, attr=name):
            before = dotted(inner)
            return f"{before}.{name}" if before else ""
    return ""
