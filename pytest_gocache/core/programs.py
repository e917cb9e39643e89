"""What is known of a program before it starts: where it was found, what kind it is, and what it will read.

Of most programs it is not known what they read. Known are this interpreter, a few whose arguments say it all
(``cat``, ``cp``), and shell scripts that do nothing but call such.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence

from pytest_gocache.core.machine import HOST, KERNEL
from pytest_gocache.core.ops import AND, Op
from pytest_gocache.core.paths import absolute
from pytest_gocache.core.scripts import LARGEST, commands_of, read_text, shebang
from pytest_gocache.core.standing import Event

_stat, _access, _isfile, _isdir = os.stat, os.access, os.path.isfile, os.path.isdir
_lexists = os.path.lexists
_realpath, _basename, _join = os.path.realpath, os.path.basename, os.path.join

SYSTEM = frozenset({"/bin", "/usr/bin", "/sbin", "/usr/sbin"})
SHELLS = frozenset({"sh", "dash", "bash"})
BUILTINS = frozenset({":", "true", "false", "echo", "printf", "exit", "set", "kill"})
WORDS = frozenset(
    {
        *(".", "source", "cd", "pushd", "popd", "eval", "exec", "command", "builtin", "type", "read", "mapfile"),
        *("if", "then", "elif", "else", "fi", "while", "until", "for", "select", "do", "done", "case", "esac", "in"),
        *("function", "coproc", "export", "readonly", "local", "declare", "typeset", "unset", "let", "alias", "time"),
        *("umask", "ulimit", "trap", "shift", "return", "break", "continue", "hash", "jobs", "wait", "bg", "fg"),
        *("enable", "shopt", "times", "history", "dirs", "disown", "suspend", "logout", "compgen", "complete", "help"),
        *("getopts", "readarray", "unalias", "chdir"),
    }
)
"""What else a shell does itself, some of it with what comes after. Some systems have programs of these names, too."""
SAY = frozenset({"true", "false", "echo", "printf", "sleep", "kill", "basename", "dirname", "uname", "seq"})
READ = frozenset({"cat", "head", "tail", "wc", "sort", "uniq", "cut", "tr", "cmp", "tac", "nl", "rev"})
COPY = frozenset({"cp", "mv", "ln"})
MAKE = frozenset({"rm", "mkdir", "rmdir", "touch", "chmod"})
QUIET = {"mkdir": ("-p",), "rm": ("-f", "-rf", "-fr", "-Rf", "-fR")}
"""Options with which they do not mind what is there."""
PLAIN = frozenset("-afilnpPrRsv")
"""Letters of options with which copies do not depend on what lies there already."""
ASKING, NEEDING = frozenset("ni"), frozenset("ls")
"""Those of them with which nothing is written over: with the latter it is if there is an ``f``, too."""
ASK = frozenset({"test", "["})
OF_VARIABLES = frozenset({"-v", "-R"})
"""Shells answer these themselves, and ``-o`` of an option of their own."""
OF_HOST, OF_KERNEL = frozenset("an"), frozenset("arv")
"""Letters of the options of ``uname`` whose answers are not in each key."""
TIMES = frozenset({"-ot", "-nt", "-N"})
LIBRARIES = "/etc/ld.so.cache"
DEEPEST = 5
LONGEST = 60


class Known:
    """What is known. ``events`` are inputs in any case; ``unseen`` calls a program whose others are not known."""

    __slots__ = ("events", "found", "makes", "python", "unseen")

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.makes: set[str] = set()
        """What of it is written only if the program comes to that."""
        self.found = ""
        self.unseen = ""
        self.python: Sequence[str] | None = None
        """The arguments of this interpreter, where that is what will run."""


class Look:
    """A look at programs from ``cwd`` with the variable ``PATH``."""

    def __init__(self, cwd: str, path: str) -> None:
        self._cwd, self._path = cwd, path
        self.known = Known()

    def at(self, argv: Sequence[str], candidates: Iterable[str], depth: int = 0) -> Known:
        """Looks at the first of ``candidates`` that can be executed."""
        known = self.known
        found = self._first(candidates)
        if not found:
            if depth:
                known.unseen = known.unseen or _basename(argv[0])  # a shell may have it all the same
            return known
        known.found = known.found or found
        if is_this_python(found):
            known.events.remove((Op.ACCESS, found))  # Which interpreter it is stands in the key, not where it lies.
            known.python = argv[1:]
            return known
        known.events.append((Op.OPEN, found))
        interpreter = shebang(found)
        if _basename(found) == "ldconfig" and list(argv[1:]) == ["-p"]:
            known.events.append((Op.OPEN, LIBRARIES))  # ``ctypes.util.find_library`` asks it; on Ubuntu it is a script
        elif interpreter and depth < DEEPEST:
            again = [*interpreter, found, *argv[1:]]
            self.at(again, [again[0]], depth + 1)
            if known.unseen:
                known.unseen = _basename(argv[0])
        else:
            self._judge(argv, found, depth)
        return known

    def _first(self, candidates: Iterable[str]) -> str:
        for each in candidates:
            path = self._absolute(each)
            if _isfile(path) and _access(path, os.X_OK):
                self.known.events.append((Op.ACCESS, path))
                return path
            self.known.events.append((Op.KIND, path))
        return ""

    def _absolute(self, path: str) -> str:
        return absolute(_join(self._cwd, path))

    def _judge(self, argv: Sequence[str], found: str, depth: int) -> None:
        name = _basename(found)
        arguments = list(argv[1:])
        if depth >= DEEPEST or os.path.dirname(found) not in SYSTEM:
            self._unseen(argv)
        elif name in SHELLS:
            self._shell(argv, arguments, depth)
        elif name == "env" and arguments and not arguments[0].startswith("-") and "=" not in arguments[0]:
            self.at(arguments, self.on_path(arguments[0]), depth + 1)
        elif not self._program(name, arguments):
            self._unseen(argv)

    def on_path(self, name: str) -> list[str]:
        """Where ``name`` is looked for."""
        if os.sep not in name:
            self.known.events.append((Op.GETENV, "PATH"))
        return [name] if os.sep in name else [_join(each, name) for each in self._path.split(os.pathsep)]

    def _unseen(self, argv: Sequence[str]) -> None:
        """Files named in the arguments are inputs all the same."""
        self.known.unseen = self.known.unseen or _basename(argv[0])
        paths = [self._absolute(each) for each in argv[1:] if each and "\0" not in each]
        self.known.events += [(Op.OPEN, path) for path in paths if _isfile(path)]

    def _shell(self, argv: Sequence[str], arguments: list[str], depth: int) -> None:
        if len(arguments) >= 2 and arguments[0] == "-c":
            text, called = arguments[1], " ".join([_basename(argv[0]), *arguments])
        elif arguments and arguments[0][:1] not in ("-", "+", ""):
            script = self._absolute(arguments[0])
            self.known.events.append((Op.OPEN, script))
            text, called = read_text(script), _basename(arguments[0])
            if not _isfile(script) or len(text) >= LARGEST:
                self._unseen(argv)  # it may be found on PATH, be a pipe, or go on
                return
        else:
            self._unseen(argv)
            return
        self.known.events.append((Op.GETENV, "BASH_ENV"))
        commands = commands_of(text)
        if commands is None:
            self._unseen(argv)
            self.known.unseen = called if len(called) <= LONGEST else called[:LONGEST] + "…"
            return
        for command in commands:
            if command[0] in WORDS or command == ["set"]:
                self._unseen([called])
            elif command[0] not in BUILTINS:
                self.at(command, self.on_path(command[0]), depth + 1)
                if self.known.python is not None:  # It would have to be given its variables by the shell.
                    self.known.python, self.known.unseen = None, _basename(command[0])

    def _program(self, name: str, arguments: list[str]) -> bool:
        """Enters what a program whose arguments say everything reads; whether it is one."""
        if name in SAY:
            self.known.events += [(Op.SYSTEM, each) for each in _says(name, arguments)]
            return True
        paths = [self._absolute(each) for each in arguments if each and not each.startswith("-") and "\0" not in each]
        if any(each.startswith("--") for each in arguments):
            return False
        if name in READ:
            return self._reads(paths)
        if name in ASK:
            self.known.events += [(Op.STAT, path) for path in paths]
            self.known.events += [(Op.GETENV, each) for each in _asked_of_shell(arguments)]
            if not TIMES.isdisjoint(arguments):
                self.known.events += [(Op.TIMES, path) for path in paths]
            if "-ef" in arguments and all(map(_lexists, paths)):
                self.known.events.append((Op.SAME, AND.join(paths)))
            return True
        if name in COPY and paths and not any(each[:1] == "-" and not PLAIN.issuperset(each) for each in arguments):
            options = "".join(each for each in arguments if each[:1] == "-")
            return self._copies(name, paths[:-1], paths[-1], options)
        if name in MAKE:
            if name == "chmod" and not any(map(_is_mode, arguments)):
                paths = paths[1:]
            self._makes(name, paths, any(each in QUIET.get(name, ()) for each in arguments))
            return True
        return False

    def _makes(self, name: str, paths: list[str], quiet: bool) -> None:
        """What is there decides whether it can be done, unless it is ``quiet``; ``touch`` and ``chmod`` let it stay."""
        self.known.events += [(Op.KIND, path) for path in paths if not quiet and name != "touch"]
        self.known.events += [(Op.KIND, os.path.dirname(path)) for path in paths]
        if name == "rmdir":
            self.known.events += [(Op.LIST, path) for path in paths]
        there = set(filter(_lexists, paths))
        if name in ("touch", "chmod"):
            self.known.events += [(Op.TOUCH, path) for path in paths if path in there]
        if name != "chmod":
            makes = name in ("touch", "mkdir")
            self._writes([path for path in paths if (path in there) is not makes], makes)

    def _reads(self, paths: list[str]) -> bool:
        self.known.events += [(Op.OPEN, path) for path in paths]
        return not any(_isdir(path) for path in paths)

    def _copies(self, name: str, sources: list[str], target: str, options: str) -> bool:
        targets = [_join(target, _basename(path)) for path in sources] if _isdir(target) else [target]
        needs = name == "ln" or not NEEDING.isdisjoint(options)
        keeps = not ASKING.isdisjoint(options) or (needs and "f" not in options)
        minds = keeps or name == "ln"
        self.known.events += [(Op.KIND, path) for path in (target, *targets) if _isdir(path) or minds]
        self.known.events += [(Op.STAT, path) for path in sources]
        self.known.events += [(Op.KIND, os.path.dirname(path)) for path in targets]
        written = [path for path in targets if not (keeps and _lexists(path))]
        self._writes(written, True)
        if name == "mv" and written:
            self._writes(filter(_lexists, sources), False)
        return self._reads(sources)

    def _writes(self, paths: Iterable[str], makes: bool) -> None:
        """It ``makes`` them if nothing goes wrong: a script may end before, what it is made of may not be there."""
        for path in paths:
            self.known.events.append((Op.WRITE, path))
            if makes:
                self.known.makes.add(path)


def _says(name: str, arguments: list[str]) -> Iterator[str]:
    """What the system is asked by a program that says something."""
    options = "".join(arguments) if name == "uname" else ""
    if "--" in options or not OF_HOST.isdisjoint(options):
        yield HOST
    if "--" in options or not OF_KERNEL.isdisjoint(options):
        yield KERNEL


def _asked_of_shell(arguments: list[str]) -> list[str]:
    """The variables that decide what ``test`` says where a shell does it itself."""
    asked = [word for at, word in enumerate(arguments) if at and arguments[at - 1] in OF_VARIABLES]
    return [*(word.partition("[")[0] for word in asked), *(["SHELLOPTS"] if "-o" in arguments else [])]


def _is_mode(argument: str) -> bool:
    """Whether it looks like an option, and is what ``chmod`` is to take away."""
    return argument[:1] == "-" and argument != "-R" and set(argument[1:]) <= set("rwxXst")


_this = _realpath(sys.executable) if sys.executable else ""


def is_this_python(path: str) -> bool:
    """Whether the executable is the interpreter that runs this, by whatever links."""
    return bool(_this) and _realpath(path) == _this
