"""Facts of one source file, from its bytes, without importing it.

The code digest is taken from the syntax tree, every node and every value of it except positions. A digest
of the compiled code would be as fast, but compiling folds constants, drops dead branches and local
annotations, and pytest's assertion rewriting shows what was folded. The tree drops only what cannot be
seen at run time: comments, layout, quotes, parentheses. Two things leak through all the same: line numbers
(``positions``), and the warnings that the tokenizer gives for ``"\\d"`` but not for ``r"\\d"``, which
``-W error`` turns into failures: those are fed to the digest too.

``ast.dump`` in Python takes twice the time of parsing; the flat walk below takes half of it.
"""

from __future__ import annotations

import ast
import json
import marshal
import sys
import warnings
from collections.abc import Callable, Iterable, Mapping, Set
from itertools import islice
from operator import attrgetter
from typing import Any, Final, TypeAlias

from pytest_gocache.core.asks import speaks_of_times
from pytest_gocache.core.by_line import filters_by_line, may_filter_by_line
from pytest_gocache.core.chains import bindings, chain_refs
from pytest_gocache.core.effects import acts
from pytest_gocache.core.hashing import Digest, digest_bytes
from pytest_gocache.core.model import Json
from pytest_gocache.core.pause import paused
from pytest_gocache.core.positions import POSITION_NAMES, POSITIONS_TOGETHER
from pytest_gocache.core.refs import (
    IMPORT,
    KEPT,
    ImportRef,
    Kept,
    bound_names,
    computes_imports,
    exported_names,
    hands_on_import,
    import_refs,
)
from pytest_gocache.core.values import frozen

FACTS_VERSION: Final = f"15 {sys.implementation.cache_tag} {sys.hexversion:x}"
"""Facts stored under another version say nothing here: the grammar is the interpreter's."""

_Fields: TypeAlias = "Callable[[ast.AST], Iterable[object]]"
_Rule: TypeAlias = "tuple[int, Callable[[ast.AST], object] | None, _Fields | None]"
"""Of one kind of node: its number, what gives its text, what gives its other fields."""


@frozen
class SourceFacts:
    """What the import graph needs to know of one file. Equal bytes have equal facts."""

    code: Digest
    """Equal for sources that differ only in comments, formatting and line positions."""
    imports: tuple[ImportRef, ...] = ()
    positions: bool = False
    """The code asks where code stands (``f_lineno``, a traceback's text ...)."""
    exports: tuple[str, ...] = ()
    """The literal ``__all__``, and ``*`` where that is not all of it."""
    valid: bool = True
    """False for what does not parse (an extension module, too); ``code`` is then the bytes' digest."""
    computed: bool = False
    """Calls ``__import__`` with a computed name."""
    hands: bool = False
    """Makes more of ``__import__`` than to call it."""
    times: bool = False
    """Speaks of time stamps (or owners) in stat results: what a checkout does not keep."""
    acts: bool = True
    """Does more than define names when it is loaded; in doubt, or where nobody looked, it does."""
    judged: bool = True
    """Whether somebody looked what it does (``acts``): only conftests are asked, and it takes its time."""
    parsed: bool = True
    """False where only the imports were looked for (``scan``): ``code`` is then the bytes' digest."""


@frozen
class SourceFile:
    """One file as it is now."""

    bytes: Digest
    facts: SourceFacts


_LINE_NUMBERS: Final = frozenset({"lineno", "end_lineno"})
_TEMPLATES: Final = ("%(lineno)", "{lineno", "$lineno", "${lineno")
_IN_TEXTS: Final = (*_TEMPLATES, ".lineno", "f_lineno", "tb_lineno", "co_firstlineno", "__firstlineno__")
"""What asks for them within a text: it may be code (``exec``, ``-c``, a doctest), or a dotted name (``attrgetter``). Of
the other names most read the source that they tell of, which is an input like any other file."""


_UNSAID: Final = frozenset({"ctx", "type_comment", "type_ignores"})
"""``ctx`` follows from where a node stands, and is a third of all nodes; the others are empty unless asked for."""
_TEXTS: Final[Mapping[type[ast.AST], str]] = {
    ast.Attribute: "attr",
    ast.arg: "arg",
    ast.keyword: "arg",
    ast.alias: "name",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
}
"""Frequent kinds with a field that never holds a node nor a list: it need not go round the loop."""


def _rule_of(number: int, node: type[ast.AST]) -> _Rule:
    names = [name for name in node._fields if name not in _UNSAID]
    text = _TEXTS.get(node)
    rest = [name for name in names if name != text]
    return number, attrgetter(text) if text else None, _fields_of(rest)


def _fields_of(names: list[str]) -> _Fields | None:
    if len(names) == 1:
        only = attrgetter(names[0])
        return lambda node: (only(node),)
    return attrgetter(*names) if names else None


_NODES: Final = sorted(
    (value for value in vars(ast).values() if isinstance(value, type) and issubclass(value, ast.AST)),
    key=lambda node: node.__name__,
)
_GRAMMAR: Final = {node: _rule_of(number, node) for number, node in enumerate(_NODES)}
_NAME: Final = _GRAMMAR[ast.Name][0]
_CONSTANT: Final = _GRAMMAR[ast.Constant][0]
_NAMED_BY_OTHERS: Final = (_GRAMMAR[ast.Attribute][0], _CONSTANT)
"""What may give a name to code that somebody else wrote: attributes, and texts as ``getattr`` wants them."""
_NAMED: Final = (*_NAMED_BY_OTHERS, _NAME, _GRAMMAR[ast.alias][0])


def read_source(content: bytes) -> SourceFile:
    """The facts of one file together with the digest of its bytes."""
    digest = digest_bytes(content)
    return SourceFile(digest, facts_of(content, digest))


def facts_of(content: bytes, digest: Digest | None = None, judged: bool = True) -> SourceFacts:
    """The facts of a source; ``digest``, if at hand, is that of ``content``. ``judged``: what it does, too."""
    try:
        with paused():
            return _facts(content, judged)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, SystemError):
        return SourceFacts(digest or digest_bytes(content), valid=False)


def _facts(content: bytes, judged: bool) -> SourceFacts:
    tree, complaints = _parse(content)
    flat, kept = _flatten(tree)
    code = digest_bytes(marshal.dumps([*complaints, *flat], 2))
    words = frozenset(flat)
    positions = _asks_for_positions(tree, flat, words, content)
    computed, hands = computes_imports(kept, words), hands_on_import(_mentions(flat, words, {IMPORT}), kept)
    exports = exported_names(kept, words)
    bound = (each for ref, names in bound_names(kept) for each in bindings(ref, names))
    imports = tuple(sorted({*import_refs(kept, words), *chain_refs(bound, content)}))
    times, does = speaks_of_times(content), not judged or acts(tree)
    return SourceFacts(code, imports, positions, exports, True, computed, hands, times, does, judged)


def _parse(content: bytes) -> tuple[ast.Module, list[str]]:
    """The tree, and what the parser warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tree = ast.parse(content)
    return tree, sorted(f"{one.category.__name__}: {one.message}" for one in caught)


def _flatten(tree: ast.AST) -> tuple[list[object], Kept]:
    """The whole tree as plain values, and the nodes that ``refs`` reads.

    A node gives its number, its text, if its kind has one, and then its other fields; a list its length and
    then its items: as every kind of node has a fixed count of fields, two trees that differ give two lists
    that differ. Names and constants are more than half of all nodes, so they have a short way.
    """
    flat: list[object] = []
    kept: Kept = {}
    todo: list[Any] = [tree]
    add, pop, push, known = flat.append, todo.pop, todo.extend, _grammar(kept).get
    a_name, a_constant = ast.Name, ast.Constant
    while todo:
        value = pop()
        kind = value.__class__
        if kind is a_name:
            add(_NAME)
            add(value.id)
        elif kind is a_constant:
            add(_CONSTANT)
            add(value.value)
            add(value.kind)
        elif (rule := known(kind)) is not None:
            number, text, fields = rule
            add(number)
            if text is not None:
                add(text(value))
            if fields is not None:
                push(fields(value))
        elif kind is list:
            add(len(value))
            push(value)
        else:
            add(value)
    return flat, kept


def _grammar(kept: Kept) -> dict[type[ast.AST], _Rule]:
    """The grammar; what its rules for ``KEPT`` come by, they keep."""
    grammar = dict(_GRAMMAR)
    for node in KEPT:
        number, text, fields = _GRAMMAR[node]
        grammar[node] = (number, text, _keeping(kept.setdefault(node, []).append, fields))
    return grammar


def _keeping(keep: Callable[[ast.AST], None], fields: _Fields | None) -> _Fields:
    assert fields is not None

    def keeps(node: ast.AST) -> Iterable[object]:
        keep(node)
        return fields(node)

    return keeps


def _asks_for_positions(tree: ast.AST, flat: list[object], words: Set[object], content: bytes) -> bool:
    if not POSITION_NAMES.isdisjoint(words) or any(names <= words for names in POSITIONS_TOGETHER):
        return True
    if may_filter_by_line(content) and any(map(filters_by_line, ast.walk(tree))):
        return True
    if _mentions(flat, words, _LINE_NUMBERS, _NAMED_BY_OTHERS):
        return True
    texts = (text for text in words if isinstance(text, str) and "lineno" in text) if b"lineno" in content else ()
    return any(asking in text for text in texts for asking in _IN_TEXTS)


def _mentions(flat: list[object], words: Set[object], names: Set[str], kinds: Iterable[int] = _NAMED) -> int:
    """How many nodes of these kinds are, or have, one of the names: a node's text stands behind its number. (So it may
    behind another number that is the same: one too many is no harm.)"""
    if names.isdisjoint(words):
        return 0
    wanted = {(kind, name) for kind in kinds for name in names}
    return sum(map(wanted.__contains__, zip(flat, islice(flat, 1, None), strict=False)))


def facts_to_text(facts: SourceFacts) -> str:
    """The facts as one text: code, imports (module, names, level, weak), exports, and the eight flags.

    There are as many as files, and they are kept while tests run: the garbage collector does not go into a text.
    """
    imports: list[Json] = [[ref.module, list(ref.names), ref.level, int(ref.weak)] for ref in facts.imports]
    flags = [int(facts.positions), int(facts.valid), int(facts.computed), int(facts.hands)]
    flags += [int(facts.times), int(facts.acts), int(facts.judged), int(facts.parsed)]
    return json.dumps([facts.code, imports, list(facts.exports), *flags], separators=(",", ":"))


def facts_from_text(text: object) -> SourceFacts | None:
    """The inverse; None for anything that ``facts_to_text`` cannot have written."""
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None
    match value:
        case [str(code), list(imports), list(exports), *flags] if len(flags) == 8 and all(f in (0, 1) for f in flags):
            refs = tuple(ref for ref in map(_ref_from_json, imports) if ref is not None)
            if len(refs) == len(imports) and _are_texts(exports) and _is_digest(code):
                positions, *others = map(bool, flags)
                return SourceFacts(Digest(code), refs, positions, tuple(exports), *others)
    return None


def _ref_from_json(value: object) -> ImportRef | None:
    match value:
        case [str(module), list(names), int(level), 0 | 1 as weak] if level >= 0 and _are_texts(names):
            return ImportRef(module, tuple(names), level, bool(weak))
    return None


def _are_texts(values: list[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _is_digest(text: str) -> bool:
    return len(text) == 64 and not text.strip("0123456789abcdef")
