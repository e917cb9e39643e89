"""Filters of warnings that name a line: ``error::UserWarning:shop.prices:12``, ``filterwarnings(…, lineno=12)``.

What they let through depends on where the code stands that warns.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import Final

_ACTIONS: Final = ("default", "always", "all", "ignore", "module", "once", "error")
"""Python takes the beginning of one for the whole."""
_LINE_AT: Final[Mapping[str, int]] = {"filterwarnings": 4, "simplefilter": 2}
"""Functions of ``warnings`` that take a line, and which argument it is."""
_WORDS: Final = tuple(name.encode() for name in _LINE_AT)
_LINE: Final = rb"""lineno|:\s*\d+\s*['"]|,\s*\d+\s*[,)]"""


def names_a_line(text: str) -> bool:
    """Whether a filter, as ini lines and ``-W`` have it, holds for one line only."""
    action, *rest = text.split(":")
    line = rest[-1].strip() if len(rest) == 4 else ""
    is_filter = any(each.startswith(action.strip()) for each in _ACTIONS)
    return is_filter and line.isdecimal() and int(line) > 0


def may_filter_by_line(content: bytes) -> bool:
    """Whether it takes the parser to tell that a source does not."""
    return any(word in content for word in _WORDS) and re.search(_LINE, content) is not None


def filters_by_line(node: ast.AST) -> bool:
    """Whether this is such a filter, in a source that may have one."""
    match node:
        case ast.Constant(value=str(text)):
            return names_a_line(text)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _LINE_AT:
            given = node.args[_LINE_AT[name] : _LINE_AT[name] + 1]
            given += [each.value for each in node.keywords if each.arg == "lineno"]
            return any(not _is_no_line(each) for each in given)
    return False


def _is_no_line(node: ast.expr) -> bool:
    """Zero stands for any line; a text is one filter of several, as the mark takes them."""
    return isinstance(node, ast.Constant) and (node.value == 0 or isinstance(node.value, str))
