"""Whether code reads the command line by itself (``sys.argv``): nobody sees that as it runs."""

from __future__ import annotations

import ast
import re

NAMES = ("argv", "orig_argv")
_WORD = re.compile(rb"argv\b(?<!\wargv)|orig_argv\b(?<!\worig_argv)")
"""One of them, not as part of another word: few sources that have the letters need be parsed."""


def reads_command_line(source: bytes) -> bool:
    """Whether a name or an attribute of the code is ``argv``. What stands in a text, most often for a child, is not
    meant; in doubt it does."""
    if NAMES[0].encode() not in source or _WORD.search(source) is None:
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
