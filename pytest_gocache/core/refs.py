"""What one syntax tree imports, read off its nodes; nothing is resolved here.

Only literal names are seen. ``import_module(computed)`` is an import that has to be observed while it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Set
from typing import NamedTuple, TypeAlias, TypeGuard

_ASSIGNMENTS = (ast.Assign, ast.AnnAssign, ast.AugAssign)
_CONDITIONS = (ast.If, ast.IfExp, ast.match_case, ast.Try, ast.TryStar)
KEPT: tuple[type[ast.AST], ...] = (ast.Import, ast.ImportFrom, ast.Call, *_ASSIGNMENTS, *_CONDITIONS)
"""The nodes that ``import_refs`` and ``exported_names`` want to see."""

Kept: TypeAlias = dict[type[ast.AST], list[ast.AST]]
"""Those of one tree, by kind. Beside them its words are given, all texts in it: most files have neither an
``__all__`` nor calls of ``import_module``, and then need not be searched for them."""

IMPORT, _ALL = "__import__", "__all__"
EVERY = "*"
"""Stands among exports for all that a package has."""
_IMPORTERS = frozenset({"import_module", IMPORT, "importorskip"})
_PUTTING = frozenset({"setattr", "delattr", "object"})
"""``monkeypatch.setattr(builtins, "__import__", mine)`` and ``mock.patch.object`` give it to nobody."""
_FORGIVING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_Span = tuple[int, int]


class ImportRef(NamedTuple):
    """One import as written: ``from ..x import y`` is module ``x``, names ``("y",)``, level 2."""

    module: str
    names: tuple[str, ...] = ()
    level: int = 0
    weak: bool = False
    """In ``try: ... except ImportError`` or under a condition: its absence may be no mistake."""


def import_refs(kept: Kept, words: Set[object]) -> tuple[ImportRef, ...]:
    """All imports among the nodes kept, sorted, each once."""
    weak = [span for kind in _CONDITIONS for node in kept.get(kind, ()) for span in _weak_spans(node)]
    found = {
        ImportRef(ref.module, ref.names, ref.level, True) if _within(line, weak) else ref
        for line, ref in (*_statements(kept), *_calls(kept, words), *_plugins(kept, words))
    }
    return tuple(sorted(found))


def computes_imports(kept: Kept, words: Set[object]) -> bool:
    """Whether some ``__import__`` takes a computed name: of a module loaded before, no audit event tells."""
    calls = _calls_of(kept, {IMPORT}) if IMPORT in words else ()
    return any(not (call.args and isinstance(call.args[0], ast.Constant)) for call in calls)


def hands_on_import(mentions: int, kept: Kept) -> bool:
    """Whether ``__import__`` is more than called: then others may call it, and nothing tells (``core/calls.py``). The
    mentions are those by its name, as ``getattr`` wants it, and where it is imported under another, too."""
    if not mentions:
        return False
    plain = sum(1 for _ in _calls_of(kept, {IMPORT}))
    return mentions > plain + sum(_is_import(each) for call in _calls_of(kept, _PUTTING) for each in call.args)


def _is_import(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == IMPORT


def exported_names(kept: Kept, words: Set[object]) -> tuple[str, ...]:
    """The literal ``__all__``: ``from package import *`` imports those of them that are submodules. ``*`` is among them
    where it is not all literal, and may name any."""
    found = {name for _, name in _strings_of(_ALL, kept, words)}
    values = [] if _ALL not in words else [value for node in _putting_in(_ALL, kept) for value in node]
    return tuple(sorted(found | (set() if all(map(_is_literal, values)) else {EVERY})))


def _putting_in(variable: str, kept: Kept) -> Iterator[list[ast.expr]]:
    """The values that are assigned to a variable, and the arguments of its methods."""
    for kind in _ASSIGNMENTS:
        for node in kept.get(kind, ()):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]  # type: ignore[attr-defined]
            if variable in map(_name_of, targets) and node.value is not None:  # type: ignore[attr-defined]
                yield [node.value]  # type: ignore[attr-defined]
    for call in kept.get(ast.Call, ()):
        if _is_method_of(call, variable):
            yield call.args


def _is_literal(value: ast.expr) -> bool:
    match value:
        case ast.Constant() | ast.Name(id="__all__"):
            return True
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(map(_is_literal, items))
        case ast.BinOp(left=left, right=right):
            return _is_literal(left) and _is_literal(right)
    return False


def bound_names(kept: Kept) -> Iterator[tuple[ImportRef, list[tuple[str, str]]]]:
    """The import statements, each with its names and what these are to be called."""
    for node in (*kept.get(ast.Import, ()), *kept.get(ast.ImportFrom, ())):
        names = [(alias.name, alias.asname or "") for alias in node.names]
        yield (_from(node) if isinstance(node, ast.ImportFrom) else ImportRef("")), names


def _from(node: ast.ImportFrom) -> ImportRef:
    return ImportRef(node.module or "", tuple(alias.name for alias in node.names), node.level)


def _statements(kept: Kept) -> Iterator[tuple[int, ImportRef]]:
    for node in kept.get(ast.Import, ()):
        assert isinstance(node, ast.Import)
        for alias in node.names:
            yield node.lineno, ImportRef(alias.name)
    for node in kept.get(ast.ImportFrom, ()):
        assert isinstance(node, ast.ImportFrom)
        yield node.lineno, _from(node)


def _calls(kept: Kept, words: Set[object]) -> Iterator[tuple[int, ImportRef]]:
    names = _IMPORTERS & words
    if names:
        yield from ((call.lineno, ref) for call in _calls_of(kept, names) for ref in _called(call))


def _calls_of(kept: Kept, names: Set[object]) -> Iterator[ast.Call]:
    return (call for call in kept.get(ast.Call, ()) if isinstance(call, ast.Call) and _name_of(call.func) in names)


def _plugins(kept: Kept, words: Set[object]) -> Iterator[tuple[int, ImportRef]]:
    return ((line, ImportRef(name)) for line, name in _strings_of("pytest_plugins", kept, words))


def _strings_of(variable: str, kept: Kept, words: Set[object]) -> Iterator[tuple[int, str]]:
    if variable in words:
        for kind in _ASSIGNMENTS:
            for node in kept.get(kind, ()):
                yield from ((node.lineno, name) for name in _strings_put_in(node, variable))  # type: ignore[attr-defined]
        for call in kept.get(ast.Call, ()):
            if _is_method_of(call, variable):
                yield from ((call.lineno, text) for argument in call.args for text in _strings_in(argument))


def _called(call: ast.Call) -> Iterator[ImportRef]:
    """``import_module("a.b")``, ``import_module(".b", __package__)``, ``__import__("a", fromlist=["b"])``."""
    names = [*call.args[:1], *(word.value for word in call.keywords if word.arg in ("name", "modname"))]
    if not names or not isinstance(names[0], ast.Constant) or not isinstance(names[0].value, str):
        return
    written = names[0].value
    module = written.lstrip(".")
    level = len(written) - len(module)
    if _name_of(call.func) == IMPORT:
        yield from _dunder_import(call, module)
    elif not level:
        yield ImportRef(module)
    else:
        packages = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "package")]
        yield from (ref for package in packages[:1] for ref in _relative(module, level, package))


def _dunder_import(call: ast.Call, module: str) -> Iterator[ImportRef]:
    given = dict(zip(("name", "globals", "locals", "fromlist", "level"), call.args, strict=False))
    given |= {word.arg: word.value for word in call.keywords if word.arg}
    names = tuple(_strings_in(given["fromlist"])) if "fromlist" in given else ()
    yield ImportRef(module, names, _small_number(given.get("level")))


def _relative(module: str, level: int, package: ast.expr) -> Iterator[ImportRef]:
    match package:
        case ast.Constant(value=str(base)):
            parts = base.split(".")[: 1 - level or None]
            yield ImportRef(".".join([*parts, module] if module else parts))
        case ast.Name(id="__name__" | "__package__"):
            yield ImportRef(module, (), level)


def _strings_put_in(node: ast.AST, variable: str) -> Iterator[str]:
    """Literals assigned or added to ``variable``."""
    match node:
        case ast.Assign(targets=targets, value=value) if variable in map(_name_of, targets):
            yield from _strings_in(value)
        case ast.AnnAssign(target=target, value=ast.expr() as value) if _name_of(target) == variable:
            yield from _strings_in(value)
        case ast.AugAssign(target=target, value=value) if _name_of(target) == variable:
            yield from _strings_in(value)


def _is_method_of(node: ast.AST, variable: str) -> TypeGuard[ast.Call]:
    """Whether a method of it is called, as ``extend`` is. (Of most calls that is soon told.)"""
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == variable


def _strings_in(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _weak_spans(node: ast.AST) -> Iterator[_Span]:
    """The lines whose imports may be left undone. A span errs by calling more weak: weakness is only told."""
    match node:
        case ast.If() | ast.IfExp():
            yield node.lineno, node.end_lineno or node.lineno
        case ast.match_case(body=[first, *_] as body):
            yield first.lineno, body[-1].end_lineno or first.lineno
        case ast.Try(handlers=handlers) | ast.TryStar(handlers=handlers) if any(map(_forgives, handlers)):
            yield node.lineno, node.end_lineno or node.lineno


def _forgives(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(_name_of(one) in _FORGIVING for one in caught)


def _within(line: int, spans: list[_Span]) -> bool:
    return any(first <= line <= last for first, last in spans)


def _name_of(node: ast.AST | None) -> str:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else ""


def _small_number(node: ast.expr | None) -> int:
    match node:
        case ast.Constant(value=int(number)) if 0 <= number < 100:
            return int(number)
    return 0
