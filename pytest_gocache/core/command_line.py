"""Whether code reads the command line by itself (``sys.argv``): nobody sees that as it runs."""

from __future__ import annotations

import ast

NAMES = ("argv", "orig_argv")


def reads_command_line(source: bytes) -> bool:
    """Whether a name or an attribute of the code is ``argv``. What stands in a text, most often for a child, is not
    meant; in doubt it does."""
    if NAMES[0].encode() not in source:
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return True
    return any(map(_is_it, ast.walk(tree)))


def _is_it(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name) | ast.alias(name=name):
            return name in NAMES
    return False
