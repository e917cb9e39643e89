"""What is learnt of a file without opening it: whether it is there, its kind, size, mode, time, where a link leads."""

from __future__ import annotations

from edits import Change, Chmod, Directory, HardLink, Link, Part, Remove, Replace, Touch, Write
from scenario import Expect, Scenario

FILES = {"data.txt": "old\n", "other.txt": "old\n"}
HERE = "THIS/data.txt"


def asks(name: str, about: str, expression: str, *edit: Change, before: tuple[Change, ...] = ()) -> Scenario:
    """A test of one expression that the edit makes false. ``NAME`` in it is the name of ``data.txt``."""
    expression = expression.replace("NAME", "'THIS/data.txt'")
    test = f"import os\nimport pathlib\n\ndef test_THIS():\n    assert {expression}\n"
    return Scenario(name, about, test, edit, FILES, before)


def ignores(name: str, about: str, expression: str, *edit: Change) -> Scenario:
    """A test of one expression that the edit leaves true, for it is about something else."""
    known = asks(name, about, expression, *edit)
    return Scenario(name, about, known.test, edit, FILES, expect=Expect.CACHED)


GONE = Remove("data.txt")
EXISTENCE = [
    asks("exists", "os.path.exists; deleted", "os.path.exists(NAME)", GONE),
    asks("exists_then", "os.path.exists; appears", "not os.path.exists('THIS/later.txt')", Write("later.txt")),
    asks("exists_in_absent", "os.path.exists; appears with its directory", "not os.path.exists('THIS/a/b')",
         Write("a/b")),
    asks("exists_with_backup", "exists, and only then opened", "not os.path.exists('THIS/x') or open('THIS/x').read()",
         Write("x", "")),
    asks("lexists", "os.path.lexists of a link that leads nowhere", "os.path.lexists('THIS/link')", Remove("link"),
         before=(Link("link", "nowhere"),)),
    asks("link_comes_true", "os.path.exists of a link that led nowhere", "not os.path.exists('THIS/link')",
         Write("nowhere"), before=(Link("link", "nowhere"),)),
    asks("path_exists", "Path.exists", "pathlib.Path(NAME).exists()", GONE),
    asks("is_file", "os.path.isfile; a directory takes its place", "os.path.isfile(NAME)", GONE, Directory("data.txt")),
    asks("path_is_file", "Path.is_file", "pathlib.Path(NAME).is_file()", GONE, Directory("data.txt")),
    asks("is_dir", "os.path.isdir", "not os.path.isdir('THIS/cache')", Directory("cache")),
    asks("path_is_dir", "Path.is_dir", "not pathlib.Path('THIS/cache').is_dir()", Directory("cache")),
    asks("is_link", "os.path.islink", "not os.path.islink(NAME)", Link("data.txt", "other.txt")),
    asks("path_is_symlink", "Path.is_symlink", "not pathlib.Path(NAME).is_symlink()", Link("data.txt", "other.txt")),
    asks("glob_of_plain_name", "glob of a name without wildcards", "__import__('glob').glob(NAME)", GONE),
    asks("access_there", "os.access F_OK", "os.access(NAME, os.F_OK)", GONE),
]  # fmt: skip

EXISTENCE.append(
    Scenario(
        "stat_raises",
        "os.stat, and what it raises",
        """
        import os

        def size(name):
            try:
                return os.stat(name).st_size
            except FileNotFoundError:
                return None

        def test_THIS():
            assert size("THIS/later.txt") is None
        """,
        (Write("later.txt"),),
    )
)

LONGER, MODE = Write("data.txt", "longer\n"), Chmod("data.txt", 0o755)
PROPERTIES = [
    asks("stat_size", "os.stat().st_size", "os.stat(NAME).st_size == 4", LONGER),
    asks("stat_by_index", "os.stat()[6]", "os.stat(NAME)[6] == 4", LONGER),
    asks("path_stat_size", "Path.stat().st_size", "pathlib.Path(NAME).stat().st_size == 4", LONGER),
    asks("getsize", "os.path.getsize", "os.path.getsize(NAME) == 4", LONGER),
    asks("lstat_size", "os.lstat of a link: the length of its target", "os.lstat('THIS/link').st_size == 8",
         Link("link", "other.txt"), before=(Link("link", "data.txt"),)),
    asks("entry_size", "the size by DirEntry.stat",
         "[each.stat().st_size for each in os.scandir('THIS') if each.name == 'data.txt'] == [4]", LONGER),
    asks("descriptor_size", "os.fstat of an open file", "os.fstat(os.open(NAME, os.O_RDONLY)).st_size == 4", LONGER),
    asks("stat_mode", "os.stat().st_mode", "not os.stat(NAME).st_mode & 0o100", MODE),
    asks("path_stat_mode", "Path.stat().st_mode", "not pathlib.Path(NAME).stat().st_mode & 0o100", MODE),
    asks("access_execute", "os.access X_OK", "not os.access(NAME, os.X_OK)", MODE),
    asks("directory_mode", "the mode of a directory", "os.stat('THIS/tree').st_mode & 0o777 == 0o755",
         Chmod("tree", 0o700), before=(Directory("tree"), Chmod("tree", 0o755))),
    asks("stat_time", "os.stat().st_mtime", "os.stat(NAME).st_mtime == 1e9", Touch("data.txt", 999_999_999),
         before=(Touch("data.txt", 1_000_000_000),)),
    asks("path_stat_time", "Path.stat().st_mtime_ns", "pathlib.Path(NAME).stat().st_mtime_ns == 10**18",
         Touch("data.txt", 999_999_999), before=(Touch("data.txt", 1_000_000_000),)),
    asks("getmtime", "os.path.getmtime of two files compared",
         "os.path.getmtime(NAME) <= os.path.getmtime('THIS/other.txt')", Touch("other.txt", 1_000_000),
         before=(Touch("data.txt", 2_000_000), Touch("other.txt", 3_000_000))),
]  # fmt: skip

LINKED = (Link("link", "data.txt"),)
LINKS = [
    asks("readlink", "os.readlink", "os.readlink('THIS/link') == 'data.txt'", Link("link", "other.txt"), before=LINKED),
    asks("path_readlink", "Path.readlink", "pathlib.Path('THIS/link').readlink().name == 'data.txt'",
         Link("link", "other.txt"), before=LINKED),
    asks("realpath", "os.path.realpath", "os.path.realpath('THIS/link').endswith('data.txt')",
         Link("link", "other.txt"), before=LINKED),
    asks("path_resolve", "Path.resolve", "pathlib.Path('THIS/link').resolve().name == 'data.txt'",
         Link("link", "other.txt"), before=LINKED),
    asks("samefile", "os.path.samefile", "os.path.samefile('THIS/link', NAME)", Link("link", "other.txt"),
         before=LINKED),
    asks("resolve_of_file", "Path.resolve of a plain file that becomes a link",
         "pathlib.Path(NAME).resolve().name == 'data.txt'", Link("data.txt", "other.txt")),
]  # fmt: skip

TWIN = (HardLink("twin", "data.txt"),)
APART = (Part("twin", "data.txt"),)
NODES = [
    asks("samefile_apart", "os.path.samefile of a hard link that becomes a copy", "os.path.samefile('THIS/twin', NAME)",
         *APART, before=TWIN),
    asks("path_samefile_apart", "Path.samefile of a hard link that becomes a copy",
         "pathlib.Path('THIS/twin').samefile(NAME)", *APART, before=TWIN),
    asks("samefile_joined", "os.path.samefile of two files that become one",
         "not os.path.samefile('THIS/other.txt', NAME)", Remove("other.txt"), HardLink("other.txt", "data.txt")),
    asks("link_count", "st_nlink", "os.stat(NAME).st_nlink == 1", HardLink("twin", "data.txt")),
    asks("inode", "st_ino of two names", "os.stat('THIS/twin').st_ino == os.stat(NAME).st_ino", *APART, before=TWIN),
    asks("samestat", "os.path.samestat of two names", "os.path.samestat(os.stat('THIS/twin'), os.stat(NAME))", *APART,
         before=TWIN),
    ignores("samefile_and_linked", "samefile; one of the two gets a third name",
            "not os.path.samefile('THIS/other.txt', NAME)", HardLink("third", "data.txt")),
    ignores("samefile_and_replaced", "samefile; one of the two is another file now",
            "not os.path.samefile('THIS/other.txt', NAME)", Replace("data.txt", "old\n")),
    ignores("copied_beside", "shutil.copyfile asks whether it is one file",
            "pathlib.Path(__import__('shutil').copyfile(NAME, '/tmp/THIS.gocache')).exists()", Touch("data.txt", 5)),
]  # fmt: skip

OPEN = "os.fstat(os.open(NAME, os.O_RDONLY))"
DESCRIPTORS = [
    asks("descriptor_mode", "os.fstat: the mode", f"not {OPEN}.st_mode & 0o100", Chmod("data.txt", 0o755)),
    asks("descriptor_time", "os.fstat: the time", f"{OPEN}.st_mtime == 1e9", Touch("data.txt", 999_999_999),
         before=(Touch("data.txt", 1_000_000_000),)),
    asks("stat_of_descriptor", "os.stat of an open file: the mode",
         "not os.stat(os.open(NAME, os.O_RDONLY)).st_mode & 0o100", Chmod("data.txt", 0o755)),
    ignores("descriptor_and_time", "os.fstat: the size; only the time is another", f"{OPEN}.st_size == 4",
            Touch("data.txt", 5)),
    ignores("copied_and_mode", "shutil.copyfileobj; only the mode is another",
            "__import__('shutil').copyfileobj(open(NAME, 'rb'), open(os.devnull, 'wb')) is None",
            Chmod("data.txt", 0o755)),
]  # fmt: skip

NOT_ASKED = [
    ignores("exists_and_edited", "exists; only the content is another", "os.path.exists(NAME)", LONGER),
    ignores("exists_and_touched", "exists; only the time is another", "os.path.exists(NAME)", Touch("data.txt", 5)),
    ignores("is_file_and_mode", "isfile; only the mode is another", "os.path.isfile(NAME)", MODE),
    ignores("size_and_same_size", "getsize; another content of that size", "os.path.getsize(NAME) == 4",
            Write("data.txt")),
    ignores("size_and_touched", "st_size; only the time is another", "os.stat(NAME).st_size == 4",
            Touch("data.txt", 5)),
    ignores("directory_exists", "isdir; a file appears in it", "os.path.isdir('THIS')", Write("more.txt")),
    ignores("neighbour_absent", "exists; another name appears", "not os.path.exists('THIS/a')", Write("b")),
]  # fmt: skip

SCENARIOS = [*EXISTENCE, *PROPERTIES, *LINKS, *NODES, *DESCRIPTORS, *NOT_ASKED]
