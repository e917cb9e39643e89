"""The words by which code asks where it stands. Apart from ``core/source.py`` because what watches needs them, too."""

from __future__ import annotations

from typing import Final

POSITION_NAMES: Final = frozenset(
    {
        # Attributes that are line numbers.
        *("f_lineno", "tb_lineno", "co_firstlineno", "__firstlineno__"),
        *("co_lines", "co_positions", "co_lnotab", "co_linetable"),
        # Frames come with line numbers in a tuple: ``getframeinfo(frame)[1]``.
        *("getframeinfo", "getouterframes", "getinnerframes", "getlineno", "stack_info", "findCaller"),
        # The text of the code itself, comments included.
        *("getsource", "getsourcelines", "findsource", "getblock", "getcomments", "linecache"),
        # Tracebacks as text or as records.
        *("extract_tb", "extract_stack", "walk_tb", "walk_stack", "StackSummary", "FrameSummary"),
        *("format_exc", "format_exception", "format_tb", "format_stack", "format_list", "TracebackException"),
        *("print_exc", "print_exception", "print_tb", "print_stack", "print_last"),
        # Functions that are handed a line number.
        *("showwarning", "formatwarning", "use_tool_id"),
        # Functions that are called, or write, line by line.
        *("settrace", "runfunc", "dump_traceback", "dump_traceback_later"),
        # Modules whose results are keyed or labelled by line.
        *("dis", "tracemalloc", "cProfile", "pstats", "bdb"),
    }
)
"""A name, attribute, keyword or whole string equal to one of these asks for positions. So does an attribute
(or a whole string) ``lineno``; a variable of that name does not, for every parser has one.

Not among them, on purpose: ``f_back``, ``_getframe``, ``currentframe`` (a frame is not yet a position),
``f_lasti`` (counts bytecode, not lines), ``stacklevel`` (where a warning is *shown*; whoever reads it needs
``lineno``), ``exc_info`` and ``logger.exception`` (reading the number back needs one of the above).
"""

POSITIONS_TOGETHER: Final = (
    frozenset({"inspect", "stack"}),
    frozenset({"inspect", "trace"}),
    frozenset({"trace", "Trace"}),
    frozenset({"caplog", "text"}),  # pytest's default log format prints file:line
    frozenset({"caplog", "getvalue"}),  # ``caplog.handler.stream.getvalue()`` is the same text
)
"""Words that ask for positions only where all of them are met."""
