"""Files read in one way or another: by content, wherever they lie and however they are opened."""

from __future__ import annotations

from artefacts import Archive, Database
from edits import Change, Chmod, Directory, Disguise, HardLink, Link, Remove, Replace, Touch, Write
from scenario import Expect, Scenario

DATA = {"data.txt": "old\n"}


def read(name: str, about: str, expression: str, modules: str = "os", edit: Change | None = None) -> Scenario:
    """A test that asserts something of ``data.txt``, which holds "old" and is edited to hold "new"."""
    test = f"import {modules}\n\ndef test_THIS():\n    assert {expression}\n"
    return Scenario(name, about, test, (edit or Write("data.txt"),), DATA)


SHOWN = "import pytest\nimport THIS_product\n\ndef test_THIS():\n    with pytest.raises(ValueError) as caught:\n"
SHOWN += "        THIS_product.fails()\n    assert '# old' in str(caught.getrepr())\n"
PLAIN_WAYS = [
    Scenario("shown_by_pytest", "the source that an ExceptionInfo shows", SHOWN,
             (Write("THIS_product.py", "def fails():\n    raise ValueError  # new\n"),),
             {"THIS_product.py": "def fails():\n    raise ValueError  # old\n"}),
    read("open_text", "open", "open('THIS/data.txt').read() == 'old\\n'"),
    read("open_binary", "open in binary mode", "open('THIS/data.txt', 'rb').read() == b'old\\n'"),
    read("open_bytes_name", "open of a name in bytes", "open(b'THIS/data.txt').read() == 'old\\n'"),
    read("open_line_by_line", "iteration over a file", "list(open('THIS/data.txt')) == ['old\\n']"),
    read("open_update", "opened for reading and writing", "open('THIS/data.txt', 'r+').read() == 'old\\n'"),
    read("open_opener", "open with an opener", "open('THIS/data.txt', opener=os.open).read() == 'old\\n'"),
    read("open_normalised", "a name with dots", "open('THIS/../THIS/./data.txt').read() == 'old\\n'"),
    read("io_file", "io.FileIO", "io.FileIO('THIS/data.txt').read() == b'old\\n'", "io"),
    read("codecs_open", "codecs.open", "codecs.open('THIS/data.txt').read() == 'old\\n'", "codecs"),
    read("read_text", "Path.read_text", "pathlib.Path('THIS/data.txt').read_text() == 'old\\n'", "pathlib"),
    read("read_bytes", "Path.read_bytes", "pathlib.Path(__file__, '../data.txt').resolve().read_bytes() == b'old\\n'",
         "pathlib"),
    read("os_open", "os.open and os.read", "os.read(os.open('THIS/data.txt', os.O_RDONLY), 9) == b'old\\n'"),
    read("os_open_beside_directory", "os.open below a directory's descriptor",
         "os.read(os.open('data.txt', os.O_RDONLY, dir_fd=os.open('THIS', os.O_RDONLY)), 9) == b'old\\n'"),
    read("line_cache", "linecache", "linecache.getline('THIS/data.txt', 1) == 'old\\n'", "linecache"),
    read("file_input", "fileinput", "list(fileinput.input('THIS/data.txt')) == ['old\\n']", "fileinput"),
    read("copied_first", "copied, and the copy is read",
         "open(shutil.copy('THIS/data.txt', tempfile.mkdtemp())).read() == 'old\\n'", "shutil, tempfile"),
    read("hashed", "hashlib.file_digest",
         "hashlib.file_digest(open('THIS/data.txt', 'rb'), 'md5').digest() == hashlib.md5(b'old\\n').digest()",
         "hashlib"),
    read("same_size_and_time", "another content of the same size, and the time put back",
         "open('THIS/data.txt').read() == 'old\\n'", edit=Disguise("data.txt")),
    read("another_inode", "replaced, as editors save", "open('THIS/data.txt').read() == 'old\\n'",
         edit=Replace("data.txt")),
    read("deleted", "deleted", "open('THIS/data.txt').read() == 'old\\n'", edit=Remove("data.txt")),
    read("emptied", "emptied", "open('THIS/data.txt').read()", edit=Write("data.txt", "")),
    read("becomes_directory", "a directory takes its name", "open('THIS/data.txt').read()",
         edit=Link("data.txt", ".")),
]  # fmt: skip


def parsed(name: str, reader: str, modules: str, old: str, new: str) -> Scenario:
    """A reader of the standard library that is given a file name or a file; its value is no longer ``1``."""
    test = f"import {modules}\n\ndef test_THIS():\n    assert {reader} == 1\n"
    return Scenario(name, f"read by {modules.split()[0]}", test, (Write("data.txt", new),), {"data.txt": old})


PARSERS = [
    parsed("by_json", "json.load(open('THIS/data.txt'))['a']", "json", '{"a": 1}', '{"a": 2}'),
    parsed("by_toml", "tomllib.load(open('THIS/data.txt', 'rb'))['a']", "tomllib", "a = 1\n", "a = 2\n"),
    parsed("by_csv", "len(list(csv.reader(open('THIS/data.txt'))))", "csv", "a,b\n", "a,b\nc,d\n"),
    parsed("by_xml", "len(ElementTree.parse('THIS/data.txt').getroot())", "xml.etree.ElementTree as ElementTree",
           "<a><b/></a>\n", "<a/>\n"),
    parsed("by_configparser", "int(read()['s']['a'])",
           "configparser\n\ndef read():\n    p = configparser.ConfigParser()\n"
           "    p.read('THIS/data.txt')\n    return p",
           "[s]\na = 1\n", "[s]\na = 2\n"),
    parsed("by_pickle", "pickle.load(open('THIS/data.txt', 'rb'))", "pickle", "I1\n.", "I2\n."),
    parsed("by_netrc", "int(netrc.netrc('THIS/data.txt').authenticators('h')[2])", "netrc",
           "machine h login a password 1\n", "machine h login a password 2\n"),
]  # fmt: skip

PACKED = [
    Scenario(
        "by_sqlite", "an sqlite database",
        """
        import sqlite3

        def test_THIS():
            assert sqlite3.connect("THIS/data.db").execute("select a from t").fetchall() == [(1,)]
        """,
        (Database("data.db", "create table t (a); insert into t values (2);"),),
        before=(Database("data.db", "create table t (a); insert into t values (1);"),),
    ),
    Scenario(
        "by_sqlite_address", "an sqlite database by a URI, read-only",
        """
        import sqlite3

        def test_THIS():
            base = sqlite3.connect("file:THIS/data.db?mode=ro", uri=True)
            assert base.execute("select a from t").fetchall() == [(1,)]
        """,
        (Database("data.db", "create table t (a); insert into t values (2);"),),
        before=(Database("data.db", "create table t (a); insert into t values (1);"),),
    ),
    Scenario(
        "by_zipfile", "a member of a zip archive",
        "import zipfile\n\ndef test_THIS():\n    assert zipfile.ZipFile('THIS/a.zip').read('m') == b'old'\n",
        (Archive("a.zip", {"m": "new"}),),
        before=(Archive("a.zip", {"m": "old"}),),
    ),
    Scenario(
        "by_tarfile", "a tar archive that the test packs of files, and reads",
        """
        import tarfile

        def test_THIS(tmp_path):
            with tarfile.open(tmp_path / "a.tar", "w") as archive:
                archive.add("THIS/data.txt")
            with tarfile.open(tmp_path / "a.tar") as archive:
                assert archive.extractfile("THIS/data.txt").read() == b"old\\n"
        """,
        (Write("data.txt"),), DATA, needless="the time of a file goes into the archive",
    ),
    Scenario(
        "by_mmap", "mapped into memory",
        """
        import mmap

        def test_THIS():
            with open("THIS/data.txt", "rb") as file:
                assert mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:] == b"old\\n"
        """,
        (Disguise("data.txt"),), DATA,
    ),
    Scenario(
        "by_resources", "importlib.resources of a product package",
        """
        import importlib.resources

        def test_THIS():
            assert importlib.resources.files("THIS_shop").joinpath("data.txt").read_text() == "old\\n"
        """,
        (Write("THIS_shop/data.txt"),), {"THIS_shop/__init__.py": "", "THIS_shop/data.txt": "old\n"},
    ),
    Scenario(
        "by_get_data", "pkgutil.get_data of a product package",
        "import pkgutil\n\ndef test_THIS():\n    assert pkgutil.get_data('THIS_shop', 'data.txt') == b'old\\n'\n",
        (Write("THIS_shop/data.txt"),), {"THIS_shop/__init__.py": "", "THIS_shop/data.txt": "old\n"},
    ),
    Scenario(
        "by_tree_copy", "a directory copied whole",
        """
        import pathlib
        import shutil

        def test_THIS(tmp_path):
            copy = pathlib.Path(shutil.copytree("THIS/tree", tmp_path / "copy"))
            assert (copy / "a/b.txt").read_text() == "old\\n"
        """,
        (Write("tree/a/b.txt"),), {"tree/a/b.txt": "old\n"},
    ),
]  # fmt: skip

READ = "def test_THIS():\n    assert open('THIS/data.txt').read() == 'old\\n'\n"
PLACES = [
    Scenario(
        "after_chdir", "a relative name after chdir",
        """
        def test_THIS(monkeypatch):
            monkeypatch.chdir("THIS/deep")
            assert open("data.txt").read() == "old\\n"
        """,
        (Write("deep/data.txt"),), {"deep/data.txt": "old\n"},
    ),
    Scenario("outside_root", "a file outside rootdir",
             "def test_THIS():\n    assert open('../beside/THIS/data.txt').read() == 'old\\n'\n",
             (Write("../data.txt"),), {"../data.txt": "old\n"}),
    Scenario("ignored_by_git", "a file that git ignores", READ, (Write("data.txt"),),
             {**DATA, ".gitignore": "*.txt\n"}),
    Scenario("hidden_directory", "a file in a hidden directory",
             "def test_THIS():\n    assert open('THIS/.hidden/data').read() == 'old\\n'\n",
             (Write(".hidden/data"),), {".hidden/data": "old\n"}),
    Scenario("directory_there_already", "below a directory that the test would have made, had it not been there", """
             import os

             def test_THIS():
                 os.makedirs("THIS/tree", exist_ok=True)
                 assert open("THIS/tree/data.txt").read() == "old\\n"
             """,
             (Write("tree/data.txt"),), {"tree/data.txt": "old\n"}),
    Scenario("not_moved_after_all", "a move onto it failed, and then it was read", """
             import os

             def test_THIS():
                 try:
                     os.rename("THIS/nothing", "THIS/data.txt")
                 except FileNotFoundError:
                     pass
                 assert open("THIS/data.txt").read() == "old\\n"
             """,
             (Write("data.txt"),), DATA),
    Scenario("strange_name", "a name with blanks and other letters",
             "def test_THIS():\n    assert open('THIS/straße des 17. Juni').read() == 'old\\n'\n",
             (Write("straße des 17. Juni"),), {"straße des 17. Juni": "old\n"}),
    Scenario("absent_then_there", "a file looked for in vain appears",
             """
             def test_THIS():
                 try:
                     text = open("THIS/local.cfg").read()
                 except FileNotFoundError:
                     text = ""
                 assert not text
             """,
             (Write("local.cfg"),)),
    Scenario("absent_in_absent", "a file looked for in vain appears, with its directory",
             """
             def test_THIS():
                 try:
                     text = open("THIS/a/b/local.cfg").read()
                 except OSError:
                     text = ""
                 assert not text
             """,
             (Write("a/b/local.cfg"),)),
    Scenario("link_retargeted", "a symbolic link leads to another file", READ, (Link("data.txt", "two.txt"),),
             {"one.txt": "old\n", "two.txt": "new\n"}, (Link("data.txt", "one.txt"),)),
    Scenario("link_target_edited", "what a symbolic link leads to is edited", READ, (Write("one.txt"),),
             {"one.txt": "old\n"}, (Link("data.txt", "one.txt"),)),
    Scenario("link_on_the_way", "a directory on the way is a link that leads elsewhere now",
             "def test_THIS():\n    assert open('THIS/now/data.txt').read() == 'old\\n'\n",
             (Link("now", "b"),), {"a/data.txt": "old\n", "b/data.txt": "new\n"}, (Link("now", "a"),)),
    Scenario("link_of_link", "the middle one of a chain of links leads elsewhere now", READ, (Link("mid", "two"),),
             {"one": "old\n", "two": "new\n"}, (Link("mid", "one"), Link("data.txt", "mid"))),
    Scenario("hard_link", "edited by its other name", READ, (Write("other"),), {"other": "old\n"},
             (HardLink("data.txt", "other"),)),
    Scenario("executed_in_place", "a file made executable, and asked", """
             import os

             def test_THIS():
                 assert not os.access("THIS/data.txt", os.X_OK)
             """, (Chmod("data.txt", 0o755),), DATA),
]  # fmt: skip


def listing(name: str, about: str, expression: str, modules: str, *edit: Change) -> Scenario:
    """A test that finds one file in ``tree``; the edit adds another, a directory deeper."""
    test = f"import {modules}\n\ndef test_THIS():\n    assert {expression}\n"
    return Scenario(name, about, test, edit or (Write("tree/b.txt"),), {"tree/a.txt": "a\n", "tree/in/x.txt": "x\n"})


DEEPER = Write("tree/in/y.txt")
LISTINGS = [
    listing("listdir", "os.listdir", "len(os.listdir('THIS/tree')) == 2", "os"),
    listing("listdir_of_descriptor", "os.listdir of a descriptor",
            "len(os.listdir(os.open('THIS/tree', os.O_RDONLY))) == 2", "os"),
    listing("scandir", "os.scandir", "len(list(os.scandir('THIS/tree'))) == 2", "os"),
    listing("iterdir", "Path.iterdir", "len(list(pathlib.Path('THIS/tree').iterdir())) == 2", "pathlib"),
    listing("glob_one_level", "glob.glob", "glob.glob('THIS/tree/*.txt') == ['THIS/tree/a.txt']", "glob"),
    listing("glob_all_levels", "glob.glob through all levels",
            "len(glob.glob('THIS/tree/**/*.txt', recursive=True)) == 2", "glob", DEEPER),
    listing("path_glob", "Path.glob", "len(list(pathlib.Path('THIS/tree').glob('*/*.txt'))) == 1", "pathlib", DEEPER),
    listing("path_rglob", "Path.rglob", "len(list(pathlib.Path('THIS/tree').rglob('*.txt'))) == 2", "pathlib", DEEPER),
    listing("walked", "os.walk", "sum(len(files) for _, _, files in os.walk('THIS/tree')) == 2", "os", DEEPER),
    listing("walked_by_descriptor", "os.fwalk", "sum(len(files) for _, _, files, _ in os.fwalk('THIS/tree')) == 2",
            "os", DEEPER),
    listing("listing_of_absent", "a directory listed in vain appears", "not glob.glob('THIS/more/*')", "glob",
            Write("more/a.txt")),
    listing("listing_shrinks", "a listed file goes", "len(os.listdir('THIS/tree')) == 2", "os", Remove("tree/a.txt")),
    listing("listing_of_kinds", "a listed file becomes a directory",
            "sorted(each.is_dir() for each in os.scandir('THIS/tree')) == [False, True]", "os",
            Remove("tree/a.txt"), Directory("tree/a.txt")),
]  # fmt: skip

UNREAD = [
    Scenario("neighbour_edited", "a file that nobody reads is edited", READ, (Write("other.txt"),),
             {**DATA, "other.txt": "old\n"}, expect=Expect.CACHED),
    Scenario("listed_not_read", "the content of a file that was only listed",
             "import os\n\ndef test_THIS():\n    assert len(os.listdir('THIS/tree')) == 1\n",
             (Write("tree/a.txt"),), {"tree/a.txt": "old\n"}, expect=Expect.CACHED),
    Scenario("globbed_not_read", "the content, and so the size, of a file that was only found by glob and walk", """
             import glob
             import os

             def test_THIS():
                 assert len(glob.glob("THIS/tree/*")) == 1 and len(list(os.walk("THIS/tree"))) == 1
             """,
             (Write("tree/a.txt", "longer\n"),), {"tree/a.txt": "old\n"}, expect=Expect.CACHED),
    Scenario("listed_one_level", "a file appears below a directory that was listed one level deep",
             "import os\n\ndef test_THIS():\n    assert len(os.listdir('THIS/tree')) == 1\n",
             (Write("tree/in/b.txt"),), {"tree/in/a.txt": "old\n"}, expect=Expect.CACHED),
    Scenario("only_touched", "only the time of a file that was read", READ, (Touch("data.txt", 999_999_999),), DATA,
             expect=Expect.CACHED),
    Scenario("only_permissions", "only the mode of a file that was read", READ, (Chmod("data.txt", 0o600),), DATA,
             expect=Expect.CACHED),
    Scenario("link_to_the_same", "a link leads to another file of the same content", READ, (Link("data.txt", "two"),),
             {"one": "old\n", "two": "old\n"}, (Link("data.txt", "one"),), expect=Expect.CACHED),
]  # fmt: skip

ODD_NAMES = [
    Scenario("coveragerc", "a file called .coveragerc", READ.replace("data.txt", ".coveragerc"),
             (Write(".coveragerc"),), {".coveragerc": "old\n"}),
    Scenario("bytecode_as_data", "a file that ends like bytecode, and is none", READ.replace("data.txt", "data.pyc"),
             (Write("data.pyc"),), {"data.pyc": "old\n"}),
    Scenario("not_in_temp", "nothing of that name in the system's temporary directory", """
             import os
             import tempfile

             def test_THIS():
                 place = os.path.realpath(os.path.join("THIS", "..", "..", "beside", "THIS", "flag"))
                 assert place.startswith(tempfile.gettempdir()) and not os.path.exists(place)
             """, (Write("../flag"),)),
    Scenario("lock_in_temp", "a lock in the system's temporary directory, taken and let go", """
             import os
             import tempfile

             def test_THIS():
                 place = os.path.realpath(os.path.join("THIS", "..", "..", "beside", "THIS", "lock"))
                 os.makedirs(os.path.dirname(place), exist_ok=True)
                 assert place.startswith(tempfile.gettempdir())
                 os.close(os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
                 os.unlink(place)
             """, (Write("../lock"),)),
    Scenario("database_with_a_blank", "a database by a URI, in a directory with a blank in its name", """
             import pathlib
             import sqlite3

             def test_THIS():
                 uri = pathlib.Path("THIS/my data/x.db").resolve().as_uri()
                 base = sqlite3.connect(f"{uri}?mode=ro", uri=True)
                 assert base.execute("select a from t").fetchall() == [(1,)]
             """, (Database("my data/x.db", "create table t (a); insert into t values (2);"),),
             before=(Database("my data/x.db", "create table t (a); insert into t values (1);"),)),
]  # fmt: skip

SCENARIOS = [*ODD_NAMES, *PLAIN_WAYS, *PARSERS, *PACKED, *PLACES, *LISTINGS, *UNREAD]
