"""What can be done with an input. Apart from ``core/model.py`` because child processes import it, too."""

from __future__ import annotations

from enum import StrEnum


class Op(StrEnum):
    """What was done with an input. ``docs/what-is-an-input.md`` has a line for each."""

    __hash__ = str.__hash__  # an enum's own is a function in Python, and each event seen is hashed

    IMPORT = "import"
    EXEC = "exec"
    """A source file ran as a module that no import statement of the closure leads to."""
    LINES = "lines"
    """Every byte of such a source, and of all it imports: somebody asks for line numbers."""
    OPEN = "open"
    LIST = "list"
    SCAN = "scan"
    """A directory was listed entry by entry, so that each entry's size and mode may have been looked at."""
    KIND = "kind"
    """Whether something is there, and what: ``exists``, ``is_file``, ``is_dir``."""
    STAT = "stat"
    """Kind, size and permissions."""
    TIMES = "times"
    """The same, and when it was last changed."""
    ACCESS = "access"
    """What this user may do with it."""
    LINK = "link"
    """Where it leads: ``readlink``, ``resolve``, ``samefile``."""
    SAME = "same"
    """Whether two paths (parted by ``AND``) are names of one file: ``samefile``."""
    NAMES = "names"
    """How many names a file has: hard links."""
    FIND = "find"
    """What a directory of ``sys.path`` has for a module's name; for ``*``, which of the standard library's names."""
    GLOB = "glob"
    """Which files a declared pattern finds; their content counts as if they had been opened."""
    GETENV = "getenv"
    """An environment variable; ``*`` is all of them."""
    SYSTEM = "system"
    """What the system says of the user and the machine (``core/machine.py``)."""
    SETS = "sets"
    """An environment variable (or all of ``sys.path``) that a module leaves changed when it is imported."""
    PREPENDS = "prepends"
    """Directories (parted by ``AND``) that a module leaves in front of ``sys.path`` when it is imported."""
    APPENDS = "appends"
    """The same, at its end."""
    AFTER = "after"
    """A test module that has to be imported before, for what it leaves behind is met."""
    BESIDE = "beside"
    """A test module that has to be imported in the same run, sooner or later."""
    REGISTERS = "registers"
    """A plugin that comes to be registered while a test module is imported (``pytest_plugins``)."""
    CALLED = "called"
    """A name, and (behind ``AND``) the directory where it was found, to which the roots do not lead for it."""
    METADATA = "metadata"
    """What is known of an installed distribution; ``*`` is all of them."""
    NETWORK = "network"
    """A connection or a name look-up beyond this machine: nothing that can be held against the present."""
    CHILD = "subprocess"
    """A child process that could not be observed."""
    RANDOM = "random"
    """A test that is given other examples in each run (Hypothesis)."""
    DESELECTION = "deselection"
    """Something unknown took tests out of the collection; it may have looked at all of them."""
    NATIVE = "native"
    """C code of which nobody can see what it opens: the kernel does not tell of the project's directories."""
    OPTION = "option"
    """An option of pytest's that is in no key, as users write it: ``-m``, ``paths``; ``argv`` is the command line."""
    UNTIL = "until"
    """A moment from which on the pass does not count any more."""
    WRITE = "write"
    """No input: kept to tell what a module made itself."""
    TOUCH = "touch"
    """No input: something was written to, or its times or permissions were set, and what was in it stayed."""


AND = "\0"
ANY = "*"
"""As an import: any module that is loaded."""
OF_ALL = ""
"""As ``lines``: of whatever the module imports, for it runs code in a text that asks."""

LOOKED_AT = frozenset(
    {
        *(Op.OPEN, Op.EXEC, Op.LIST, Op.SCAN, Op.KIND, Op.STAT, Op.TIMES, Op.ACCESS, Op.LINK, Op.GLOB),
        *(Op.SAME, Op.NAMES, Op.FIND),
    }
)
"""Those that tell what is there."""

PUTS = (Op.PREPENDS, Op.APPENDS)
REPEATED = (*PUTS, Op.REGISTERS)
"""What is done in the place of a cached module."""
NEEDS = (Op.AFTER, Op.BESIDE)
LEFT_BEHIND = (Op.SETS, *PUTS)
AMONG_MODULES = frozenset({*LEFT_BEHIND, *NEEDS, Op.REGISTERS, Op.CALLED})
"""Those that depend on nothing but which test modules a run imports."""

PATHS = LOOKED_AT | AMONG_MODULES - {Op.SETS, Op.REGISTERS, Op.CALLED}
"""Those whose name is a path, a pattern of paths, or several paths."""

CONTENT = frozenset({Op.OPEN, Op.EXEC})
"""Those that count by what stands in the file."""

LISTINGS = frozenset({Op.LIST, Op.SCAN, Op.GLOB})
"""Those that tell names."""

WRITTEN = (Op.WRITE, Op.TOUCH)
"""No inputs: what a module did itself."""

UNSEEN = (Op.NETWORK, Op.CHILD, Op.RANDOM, Op.DESELECTION, Op.NATIVE)
"""Those that cannot be compared later: who did this is not stored."""
