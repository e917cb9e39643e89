"""Facts of a test module without its syntax tree: in a third of the time, for most of them.

Its bytes are in its key, so no more is asked than what it imports. Comments are taken out, and of strings only a
mark stays: then statements can be told from what only looks like one, and every word ``import`` has to belong to a
statement that is understood. Whatever needs a closer look is left to the parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from pytest_gocache.core.asks import speaks_of_times
from pytest_gocache.core.by_line import may_filter_by_line
from pytest_gocache.core.chains import Binding, bindings, chain_refs
from pytest_gocache.core.hashing import Digest
from pytest_gocache.core.positions import POSITION_NAMES, POSITIONS_TOGETHER
from pytest_gocache.core.refs import ImportRef
from pytest_gocache.core.source import SourceFacts

_STRING: Final = b"$"
"""Stands for one; Python has no use for the character."""

_TOKEN: Final = re.compile(
    rb"""
      \#[^\n]*
    | \"\"\" (?: [^"\\]++ | \\. | "(?!"") )*+ \"\"\"
    | ''' (?: [^'\\]++ | \\. | '(?!'') )*+ '''
    | "(?!"") (?: [^"\\\n]++ | \\. )*+ "
    | '(?!'') (?: [^'\\\n]++ | \\. )*+ '
    """,
    re.DOTALL | re.VERBOSE,
)
"""A comment or a string, as in the language reference, "Lexical analysis"; f-strings may go on where this ends.
(Each of them begins with a plain character: then ``re`` skips to the next of these, three times as fast.)"""

_FORMATTED: Final = re.compile(rb"(?:[fFtT][rR]?|[rR][fFtT])\Z")
"""The end of what stands before an f-string."""
_FIELDS: Final = re.compile(
    rb"""
    (?: [^{}\\]++ | \\[^{}] | \{\{ | \}\} | \{ (?: %b | \{ (?: %b )*+ \} )*+ \} )*+
    """
    % ((rb"""[^{}'"\\\#\n]++ | (?: '[^'"{}\\\n]*+' | "[^'"{}\\\n]*+" ) (?! \s* [A-Za-z]{0,2} ['"] )""",) * 2),
    re.DOTALL | re.VERBOSE,
)
"""An f-string whose braces are plain: what is within them has neither a comment nor a backslash, and its strings have
no braces, and none of them follows another. (A backslash before a brace does not take its meaning from it.)"""

_STATEMENT: Final = re.compile(
    rb"""
    (?: ^ | [;:] ) [ \t]* (?:
        import [ \t]+ (?P<modules> [\w., \t]+ )
      | from [ \t]* (?P<level> \.* ) (?P<module> [\w.]* ) [ \t]* \b import \b [ \t]* (?:
            (?P<names> \* | [\w, \t]+ ) | \( (?P<listed> [\w,\s]+ ) \) [ \t]*
        )
    ) (?= [;\n] | \Z )
    """,
    re.MULTILINE | re.VERBOSE,
)
_ALIASED: Final = re.compile(r"\s*([\w.]+|\*)(?:\s+as\s+(\w+))?\s*")
_IMPORT: Final = re.compile(rb"\bimport\b")
_IMPORTORSKIP: Final = re.compile(rb"\bimportorskip\b")
_SKIPPING: Final = re.compile(rb"\bimportorskip\(\s*(\$)\s*[,)]")
_MODULE: Final = re.compile(rb"""["'](\w[\w.]*)["']""")
_CLEAR: Final = bytes([9, 10, *range(32, 127)]).translate(None, b"\"'\\")
"""What code is made of when its strings and the ends of lines that go on are taken out."""
_UNCLEAR: Final = (b"import_module", b"pytest_plugins", b"__all__")
_HIDDEN: Final = (*_UNCLEAR, b"importorskip")
"""What would not be seen within the braces of an f-string."""
_DUNDER_IMPORT: Final = b"__import__"
"""Wherever it stands: ``getattr`` wants it as a text."""
_ENCODING: Final = re.compile(rb"(?:[^\n]*\n)?[^\n]*coding[:=]")
_POSITION_WORDS: Final = sorted(name.encode() for name in POSITION_NAMES if "lineno" not in name)
_RUN: Final = re.compile(rb"\$(?:\s*[A-Za-z]{0,2}\$)+")
_SPELLED: Final = re.compile(
    rb"\\(?: \\ | x([\da-fA-F]{2}) | u([\da-fA-F]{4}) | U([\da-fA-F]{8}) | ([0-7]{1,3}) | N\{[^}]*\} )", re.VERBOSE
)
"""A character by its number, or by its name."""
_OCTAL: Final = 4
"""The group of it that has octal digits."""
_LETTERS: Final = (rb"\N{LATIN", rb"\N{LOW LINE")
"""So begin the names of all characters that words are made of."""
_TOGETHER: Final = [{name.encode() for name in names} for names in POSITIONS_TOGETHER]


class _Unclear(ValueError):
    """It takes the parser to tell."""


def scanned_facts(content: bytes, digest: Digest) -> SourceFacts | None:
    """The facts of a source with this ``digest``, which stands for its code, too; None: ask the parser."""
    imports = scan(content)
    if imports is None or _may_ask_for_positions(content):
        return None
    return SourceFacts(digest, imports, times=speaks_of_times(content), judged=False, parsed=False)


def _may_ask_for_positions(content: bytes) -> bool:
    together = any(all(name in content for name in names) for names in _TOGETHER)
    return together or b"lineno" in content or may_filter_by_line(content) or _has_one(_POSITION_WORDS, content)


def _has_one(words: Iterable[bytes], content: bytes) -> bool:
    """Whether one of the words is there, not as part of another. Bytes are looked for much faster than patterns."""
    return any(word in content and _word(word).search(content) is not None for word in words)


@lru_cache
def _word(word: bytes) -> re.Pattern[bytes]:
    """Begins with the word itself: for that is looked faster than for where any word begins."""
    return re.compile(word + rb"\b(?<!\w" + word + rb")")


def _put_together(text: bytes, strings: list[bytes]) -> Iterator[bytes]:
    """What strings that follow each other are together, and those in which a character may be spelled by its number,
    or that stand on several lines."""
    at = end = 0
    for run in _RUN.finditer(text):
        at += text.count(_STRING, end, run.start())
        until = at + run.group().count(_STRING)
        yield b"".join(map(_inside, strings[at:until]))
        at, end = until, run.end()
    yield from (_inside(string) for string in strings if b"\\" in string)


def _inside(string: bytes) -> bytes:
    """What stands between its quotes, in one line."""
    inside = string.strip(b"'\"")
    return _SPELLED.sub(_spelled, inside.replace(b"\\\n", b"")) if b"\\" in inside else inside


def _spelled(character: re.Match[bytes]) -> bytes:
    """What is none of ASCII is as good as any other of that kind."""
    text, which = character.group(), character.lastindex
    if which is not None:
        number = int(character.group(which), 8 if which == _OCTAL else 16)
        return bytes([number]) if number < 128 else b"?"
    if text.upper().startswith(_LETTERS):
        raise _Unclear
    return text


def scan(content: bytes) -> tuple[ImportRef, ...] | None:
    """All imports of a source, sorted, each once, or None: ask the parser. None of them is called weak."""
    try:
        text, strings = _code_of(content)
        together = b"\n".join(_put_together(text, strings))
        if _DUNDER_IMPORT in together or _may_ask_for_positions(together):
            return None
        refs, bound = _statements(text)
        return tuple(sorted({*refs, *_skipping(text, strings), *chain_refs(bound, content)}))
    except _Unclear:
        return None


def _code_of(content: bytes) -> tuple[bytes, list[bytes]]:
    """The source without comments and with marks in place of its strings, and these."""
    if b"\r" in content or _DUNDER_IMPORT in content or _ENCODING.match(content):
        raise _Unclear
    code, strings, end = list[bytes](), list[bytes](), 0
    for found in _TOKEN.finditer(content):
        before, token = content[end : found.start()], found.group()
        code.append(before)
        if not token.startswith(b"#"):
            if b"{" in token and _FORMATTED.search(before[-2:]):
                _check_braces(token)
            strings.append(token)
            code.append(_STRING)
        end = found.end()
    text = b"".join([*code, content[end:]]).replace(b"\\\n", b" ")
    if text.translate(None, _CLEAR) or _has_one(_UNCLEAR, text):
        raise _Unclear
    if text.count(_STRING) != len(strings):
        raise _Unclear
    return text, strings


def _check_braces(token: bytes) -> None:
    """From Python 3.12 on an f-string may hold its own quotes within braces, and goes on behind them: only where these
    are plain, it ends where any other string would. What they hold is looked for no further."""
    if _FIELDS.fullmatch(token) is None or _has_one(_HIDDEN, token):
        raise _Unclear


def _statements(text: bytes) -> tuple[list[ImportRef], list[Binding]]:
    """What is imported, and the names that it is bound to."""
    found = list(_found(text))
    if len(found) != len(_IMPORT.findall(text)):
        raise _Unclear
    refs, bound = list[ImportRef](), list[Binding]()
    for statement in found:
        modules, level, module, names, listed = map(_text_of, statement.groups())
        called = _names_in(modules or names or listed)
        plain = tuple(name for name, _ in called)
        ref = ImportRef("" if modules else module, () if modules else plain, len(level))
        refs += map(ImportRef, plain) if modules else [ref]
        bound += bindings(ref, called)
    return refs, bound


def _found(text: bytes) -> Iterator[re.Match[bytes]]:
    """All statements; looked for only from the beginning of a line that has the word."""
    end, at = 0, text.find(b"import")
    while at >= 0:
        statement = _STATEMENT.search(text, max(end, text.rfind(b"\n", 0, at) + 1))
        if statement is None:
            return
        yield statement
        end = statement.end()
        at = text.find(b"import", end)


def _text_of(group: bytes | None) -> str:
    return (group or b"").decode("ascii")


def _names_in(listed: str) -> list[tuple[str, str]]:
    """What is imported, with what it is to be called. The last of a list may be followed by a comma."""
    names: list[tuple[str, str]] = []
    for one in listed.rstrip().removesuffix(",").split(","):
        found = _ALIASED.fullmatch(one)
        if found is None:
            raise _Unclear
        names.append((found.group(1), found.group(2) or ""))
    return names


def _skipping(text: bytes, strings: list[bytes]) -> Iterator[ImportRef]:
    """``pytest.importorskip("numpy")``."""
    if b"importorskip" not in text:
        return
    found = list(_SKIPPING.finditer(text))
    if len(found) != len(_IMPORTORSKIP.findall(text)):
        raise _Unclear
    for call in found:
        module = _MODULE.fullmatch(strings[text.count(_STRING, 0, call.start(1))])
        if module is None:
            raise _Unclear
        yield ImportRef(module.group(1).decode("ascii"))
