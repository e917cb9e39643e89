"""What the own statements of a source do to ``os.environ`` and ``sys.path`` when it is loaded.

Told from its text alone: of a test module that is about to run it is asked what others may meet, before it is imported.
"""

from __future__ import annotations

import ast
from typing import Final

from pytest_gocache.core.effects import dotted, evaluated
from pytest_gocache.core.values import frozen

ENVIRON: Final = "environ"
ADDING: Final = ("sys.path.insert", "sys.path.append", "sys.path.extend", "sys.path.index", "sys.path.copy")
READERS: Final = ("get", "copy", "keys", "values", "items")
ANY: Final = "*"


@frozen
class Stated:
    """What the body of a source does, as far as it says so itself: not what its functions and imports do."""

    variables: frozenset[str] = frozenset()
    """The environment variables that it sets or takes away; ``*`` for names worked out."""
    changes_path: bool = False
    """Whether it changes ``sys.path``."""
    takes_from_path: bool = False
    """Whether it does more to that than to add to it."""


def stated(content: bytes) -> Stated:
    """What the source says. Nothing, if it does not parse."""
    if b"env" not in content and b"sys.path" not in content:
        return Stated()
    nodes = _body_of(content)
    changed = [node for node in nodes if _is_path_changed(node)]
    return Stated(_variables_set(nodes), bool(changed), not all(map(_only_adds, changed)))


def _variables_set(nodes: list[ast.AST]) -> frozenset[str]:
    told = [_done_with(node) for node in nodes]
    # Under another name, or handed to somebody, it may be changed in any way.
    known, met = sum(each is not None for each in told), sum(map(_is_environ, nodes)) + sum(map(_renames_it, nodes))
    more = {ANY} if met > known or any(_puts(node) for node in nodes) else set()
    return frozenset(more.union(*(each for each in told if each)))


def _body_of(content: bytes) -> list[ast.AST]:
    try:
        return list(evaluated(ast.parse(content)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []


def _done_with(node: ast.AST) -> set[str] | None:
    """The variables that ``node`` sets where it does something known with ``os.environ``; None if it does not."""
    match node:
        case ast.Subscript(value=at, slice=key, ctx=ast.Store() | ast.Del()) if _is_environ(at):
            return {_text(key)}
        case ast.Subscript(value=at) if _is_environ(at):
            return set()
        case ast.Call(func=ast.Attribute(value=at, attr="setdefault" | "pop"), args=[key, *_]) if _is_environ(at):
            return {_text(key)}
        case ast.Call(func=ast.Attribute(value=at, attr="update"), args=values, keywords=words) if _is_environ(at):
            keys = [key for each in values for key in (each.keys if isinstance(each, ast.Dict) else [None])]
            return {*(word.arg or ANY for word in words), *map(_text, keys)}
        case ast.Call(func=ast.Attribute(value=at, attr=name)) if _is_environ(at) and name in READERS:
            return set()
        case ast.Compare(left=_, ops=[ast.In() | ast.NotIn()], comparators=[at]) if _is_environ(at):
            return set()
    return None


def _puts(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func).endswith(("putenv", "unsetenv"))


def _renames_it(node: ast.AST) -> bool:
    return isinstance(node, ast.ImportFrom) and any(
        each.name in (ENVIRON, f"{ENVIRON}b") and each.asname not in (None, each.name) for each in node.names
    )


def _is_path_changed(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=called):
            return dotted(called).startswith("sys.path.")
        case ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.AugAssign(target=ast.Attribute()):
            return dotted(node if isinstance(node, ast.Attribute) else node.target) == "sys.path"
        case ast.Subscript(value=at, ctx=ast.Store() | ast.Del()):
            return dotted(at) == "sys.path"
    return False


def _only_adds(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and dotted(node.func) in ADDING


def _is_environ(value: ast.AST) -> bool:
    return isinstance(value, (ast.Name, ast.Attribute)) and dotted(value).rpartition(".")[2] in (
        ENVIRON,
        f"{ENVIRON}b",
    )


def _text(key: ast.expr | None) -> str:
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ANY
