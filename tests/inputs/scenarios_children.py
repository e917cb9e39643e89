"""Processes that a test starts: Python in all manners, shell scripts, executables found on PATH, a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from edits import Change, Chmod, Link, Remove, Setenv, Touch, Write
from scenario import Expect, Scenario

DATA = {"data.txt": "old\n"}
NEW = (Write("data.txt"),)
PRODUCT = {"THIS_product.py": "VALUE = 'old'\n"}
NEW_PRODUCT = (Write("THIS_product.py", "VALUE = 'new'\n"),)
RUN = """
import os
import subprocess
import sys

def said(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout.strip()

"""


def starts(
    name: str,
    about: str,
    expression: str,
    files: Mapping[str, str] = DATA,
    edit: tuple[Change, ...] = NEW,
    before: tuple[Change, ...] = (),
    or_refused: bool = False,
) -> Scenario:
    """A test that starts a process by ``said``, which must say "old"."""
    test = f"{RUN}def test_THIS():\n    assert {expression} == 'old'\n"
    return Scenario(name, about, test, edit, files, before, or_refused=or_refused)


READS = "\"print(open('THIS/data.txt').read())\""
PYTHON = [
    starts("child_reads_file", "python -c reads a file", f"said(sys.executable, '-c', {READS})"),
    starts("child_reads_environment", "python -c reads a variable",
           "said(sys.executable, '-c', 'import os; print(os.environ[\"THIS_x\"])')", {},
           (Setenv("THIS_x", "new"),), (Setenv("THIS_x", "old"),)),
    starts("child_given_environment", "python -c reads a variable that the test passes on",
           "said(sys.executable, '-c', 'import os; print(os.environ[\"Y\"])', "
           "env={**os.environ, 'Y': os.environ['THIS_x']})", {},
           (Setenv("THIS_x", "new"),), (Setenv("THIS_x", "old"),)),
    starts("child_runs_module", "python -m of a product package", "said(sys.executable, '-m', 'THIS_shop', cwd='THIS')",
           {"THIS_shop/__init__.py": "", "THIS_shop/__main__.py": "from THIS_shop import deep\n\nprint(deep.VALUE)\n",
            "THIS_shop/deep.py": "VALUE = 'old'\n"}, (Write("THIS_shop/deep.py", "VALUE = 'new'\n"),)),
    starts("child_runs_script", "a script is edited", "said(sys.executable, 'THIS/script.py')",
           {"script.py": "print('old')\n"}, (Write("script.py", "print('new')\n"),)),
    starts("child_script_imports", "what a script imports is edited", "said(sys.executable, 'THIS/script.py')",
           {"script.py": "import THIS_product\n\nprint(THIS_product.VALUE)\n", **PRODUCT}, NEW_PRODUCT),
    starts("child_import_shadowed", "a module appears beside a script, before the one it imported",
           "said(sys.executable, 'THIS/bin/script.py')", {
               "bin/script.py": "import sys\n\nsys.path.append('THIS')\nimport THIS_far\n\nprint(THIS_far.VALUE)\n",
               "THIS_far.py": "VALUE = 'old'\n"}, (Write("bin/THIS_far.py", "VALUE = 'new'\n"),)),
    starts("child_asks_exists", "a script asks whether a file is there", "said(sys.executable, 'THIS/script.py')",
           {"script.py": "import os\n\nprint('new' if os.path.exists('THIS/later') else 'old')\n"}, (Write("later"),)),
    starts("child_lists", "a script lists a directory", "said(sys.executable, 'THIS/script.py')",
           {"script.py": "import os\n\nprint('old' if len(os.listdir('THIS/tree')) == 1 else 'new')\n", "tree/a": ""},
           (Write("tree/b"),)),
    starts("child_elsewhere", "a script in another directory", "said(sys.executable, '-c', 'print(open(\"data.txt\")"
           ".read())', cwd='THIS')"),
    starts("grandchild", "a script starts a script", "said(sys.executable, 'THIS/script.py')", {
        **DATA, "script.py": "import subprocess\nimport sys\n\nsubprocess.run([sys.executable, 'THIS/second.py'])\n",
        "second.py": "print(open('THIS/data.txt').read())\n"}),
    starts("child_isolated", "python -I, which heeds no variables", f"said(sys.executable, '-I', '-c', {READS})",
           or_refused=True),
    starts("child_without_site", "python -S -E", f"said(sys.executable, '-S', '-E', '-c', {READS})", or_refused=True),
    starts("child_bare_environment", "python -c in an empty environment",
           f"said(sys.executable, '-c', {READS}, env={{}})", or_refused=True),
    starts("child_leaves_at_once", "a script that ends by os._exit", "said(sys.executable, 'THIS/script.py')", {
        **DATA, "script.py": """
            import os

            print(open("THIS/data.txt").read(), flush=True)
            os._exit(0)
        """}, or_refused=True),
    starts("child_found_on_pythonpath", "a package appears beside the module that a child found on PYTHONPATH",
           "said(sys.executable, '-c', 'import THIS_near; print(THIS_near.VALUE)', "
           "env={**os.environ, 'PYTHONPATH': 'THIS/data'})", {"data/THIS_near.py": "VALUE = 'old'\n"},
           (Write("data/THIS_near/__init__.py", "VALUE = 'new'\n"),)),
    starts("child_hidden_on_pythonpath", "a module appears earlier on a child's PYTHONPATH",
           "said(sys.executable, '-c', 'import THIS_near; print(THIS_near.VALUE)', "
           "env={**os.environ, 'PYTHONPATH': 'THIS/first:THIS/data'})", {"data/THIS_near.py": "VALUE = 'old'\n"},
           (Write("first/THIS_near.py", "VALUE = 'new'\n"),)),
    starts("child_submodule_hidden", "a package appears beside a submodule that a child imports",
           "said(sys.executable, '-c', 'import THIS_shop.deep as deep; print(deep.VALUE)', cwd='THIS')",
           {"THIS_shop/__init__.py": "", "THIS_shop/deep.py": "VALUE = 'old'\n"},
           (Write("THIS_shop/deep/__init__.py", "VALUE = 'new'\n"),)),
    starts("child_import_absent", "a child does without a module that is not there",
           "said(sys.executable, 'THIS/script.py')", {"script.py": """
            import importlib

            try:
                importlib.import_module("THIS_" + "plug")
                print("new")
            except ImportError:
                print("old")
            """}, (Write("THIS_plug.py", ""),)),
    starts("child_standard_library_hidden", "a module of the standard library's name appears in the top directory",
           "said(sys.executable, '-c', 'import sched; print(getattr(sched, \"VALUE\", \"old\"))')", {},
           (Write("/sched.py", "VALUE = 'new'\n"),)),
    starts("child_beside_script", "a module that nobody imports appears beside a script",
           "said(sys.executable, 'THIS/script.py')",
           {"script.py": "import json\nimport THIS_product\n\nprint(THIS_product.VALUE)\n", **PRODUCT},
           (Write("THIS_unused.py", ""),)),
    starts("child_unread_file", "a file that the child does not read", f"said(sys.executable, '-c', {READS})",
           {**DATA, "other.txt": "old\n"}, (Write("other.txt"),)),
    starts("child_product_comment", "only a comment of what a script imports", "said(sys.executable, 'THIS/script.py')",
           {"script.py": "import THIS_product\n\nprint(THIS_product.VALUE)\n", **PRODUCT},
           (Write("THIS_product.py", "VALUE = 'old'  # so far\n"),)),
]  # fmt: skip
PYTHON[-3:] = [replace(each, expect=Expect.CACHED) for each in PYTHON[-3:]]
PYTHON = [replace(each, alone=each.name == "child_standard_library_hidden") for each in PYTHON]

TASK = """
import os
import time

def task(name):
    with open(name) as file:
        return file.read().strip()

"""


def pooled(name: str, about: str, body: str, group: str = "") -> Scenario:
    """A test that has ``task`` of a product module done by other processes."""
    test = f"import multiprocessing\nimport THIS_tasks\n\ndef test_THIS():\n{body}"
    needless = "a fork server is everyone's" if group else ""
    return Scenario(name, about, test, NEW, {**DATA, "THIS_tasks.py": TASK}, group=group, needless=needless)


POOLS = [
    *(
        pooled(f"pool_{way}", f"multiprocessing, {way}", f"""
    with multiprocessing.get_context("{way}").Pool(1) as pool:
        assert pool.map(THIS_tasks.task, ["THIS/data.txt"]) == ["old"]
""", "shared" if way == "forkserver" else "")
        for way in ("fork", "spawn", "forkserver")
    ),
    pooled("process_joined", "multiprocessing.Process, joined", """
    process = multiprocessing.get_context("fork").Process(target=check)
    process.start()
    process.join()
    assert process.exitcode == 0

def check():
    assert THIS_tasks.task("THIS/data.txt") == "old"
"""),
    pooled("executor_fork", "ProcessPoolExecutor", """
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        assert pool.submit(THIS_tasks.task, "THIS/data.txt").result() == "old"
"""),
    pooled("executor_spawn", "ProcessPoolExecutor, spawn", """
    from concurrent.futures import ProcessPoolExecutor

    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(THIS_tasks.task, "THIS/data.txt").result() == "old"
"""),
    pooled("plain_fork", "os.fork", """
    import os

    child = os.fork()
    if child == 0:
        os._exit(0 if THIS_tasks.task("THIS/data.txt") == "old" else 1)
    assert os.waitpid(child, 0)[1] == 0
"""),
    Scenario("spawned_import", "a product module that only a spawned process imports", """
             import multiprocessing

             import THIS_tasks

             def test_THIS():
                 with multiprocessing.get_context("spawn").Pool(1) as pool:
                     assert pool.apply(THIS_tasks.task) == "old"
             """, NEW_PRODUCT, {**PRODUCT, "THIS_tasks.py": """
             import importlib

             def task():
                 return importlib.import_module("THIS_" + "product").VALUE
             """}),
    Scenario("coroutine_process", "asyncio.create_subprocess_exec", """
             import asyncio
             import sys

             async def said():
                 process = await asyncio.create_subprocess_exec(
                     sys.executable, "THIS/script.py", stdout=asyncio.subprocess.PIPE
                 )
                 return (await process.communicate())[0].strip()

             def test_THIS():
                 assert asyncio.run(said()) == b"old"
             """, NEW, {**DATA, "script.py": "print(open('THIS/data.txt').read())\n"}),
]  # fmt: skip

TOOL = "#!/bin/sh\necho {}\n"
OTHERS = [
    starts("shell_script", "a shell script is edited", "said('THIS/tool.sh')", {"tool.sh": TOOL.format("old")},
           (Write("tool.sh", TOOL.format("new")),)),
    starts("shell_script_argument", "a shell script given to sh", "said('sh', 'THIS/tool.sh')",
           {"tool.sh": "echo old\n"}, (Write("tool.sh", "echo new\n"),)),
    starts("tool_on_path", "an executable found on PATH, replaced in place", "said('THIS_tool')",
           {"/bin/THIS_tool": TOOL.format("old")}, (Write("/bin/THIS_tool", TOOL.format("new")),)),
    starts("tool_shadowed", "another executable appears earlier on PATH", "said('THIS_tool')",
           {"/bin2/THIS_tool": TOOL.format("old")}, (Write("/bin/THIS_tool", TOOL.format("new")),)),
    starts("tool_absent", "an executable that was not there", "optional('THIS_tool')", {},
           (Write("/bin/THIS_tool", TOOL.format("new")),)),
    starts("tool_by_shell", "an executable named in a shell command", "said('THIS_tool', shell=True)",
           {"/bin/THIS_tool": TOOL.format("old")}, (Write("/bin/THIS_tool", TOOL.format("new")),), or_refused=True),
    starts("file_argument", "a file named in the arguments of a program", "said('cat', 'THIS/data.txt')",
           or_refused=True),
    starts("file_by_shell", "a file read by a shell command", "said('cat THIS/data.txt', shell=True)", or_refused=True),
    starts("file_by_script", "a file read by a shell script", "said('THIS/tool.sh')",
           {**DATA, "tool.sh": "#!/bin/sh\ncat THIS/data.txt\n"}, or_refused=True),
    starts("file_on_standard_input", "a file given as standard input",
           "said('cat', stdin=open('THIS/data.txt'))", or_refused=True),
    starts("python_by_script", "a shell script starts Python, which reads a file", "said('THIS/tool.sh')",
           {**DATA, "tool.sh": "#!/bin/sh\npython3 -c \"print(open('THIS/data.txt').read())\"\n"}, or_refused=True),
    starts("environment_by_script", "a shell script sees a variable", "said('THIS/tool.sh')",
           {"tool.sh": "#!/bin/sh\necho $THIS_x\n"}, (Setenv("THIS_x", "new"),), (Setenv("THIS_x", "old"),),
           or_refused=True),
    starts("by_os_system", "os.system runs a script", "('new', 'old')[os.system('THIS/tool.sh') == 0]",
           {"tool.sh": "#!/bin/sh\nexit 0\n"}, (Write("tool.sh", "#!/bin/sh\nexit 1\n"),), or_refused=True),
    starts("by_popen", "os.popen runs a script", "os.popen('THIS/tool.sh').read().strip()",
           {"tool.sh": TOOL.format("old")}, (Write("tool.sh", TOOL.format("new")),), or_refused=True),
    starts("by_posix_spawn", "os.posix_spawn runs a script",
           "('new', 'old')[os.waitpid(os.posix_spawn('THIS/tool.sh', ['tool'], os.environ), 0)[1] == 0]",
           {"tool.sh": "#!/bin/sh\nexit 0\n"}, (Write("tool.sh", "#!/bin/sh\nexit 1\n"),), or_refused=True),
    starts("not_executable", "a script loses its executable bit",
           "said('THIS/tool.sh') and ('new', 'old')[os.access('THIS/tool.sh', os.X_OK)]",
           {"tool.sh": TOOL.format("old")}, (Chmod("tool.sh", 0o644),)),
]  # fmt: skip
SHELL_WORDS = {
    "cd": "cd THIS\ncat data.txt\n",
    "source": ". ./THIS/lib.sh\n",
    "exec": "exec cat THIS/data.txt\n",
    "command": "command cat THIS/data.txt\n",
    "chdir": "chdir THIS\ncat data.txt\n",
    "if": "if test -f THIS/flag\nthen\necho new\nfi\ncat THIS/data.txt\n",
}
OTHERS += [
    starts(f"shell_word_{name}", f"a shell script with {name}", "said('sh', 'THIS/tool.sh')",
           {**DATA, "lib.sh": "cat THIS/data.txt\n", "tool.sh": text}, or_refused=True)
    for name, text in SHELL_WORDS.items()
]  # fmt: skip
OTHERS += [
    starts("newer_by_program", "which of two files is newer", "('old', 'new')[os.system('test THIS/a -ot THIS/b')]",
           {"a": "", "b": ""}, (Touch("b", 5),), (Touch("a", 10), Touch("b", 20))),
    starts("same_by_program", "whether two are one file", "('old', 'new')[os.system('test THIS/a -ef THIS/b')]",
           {"a": "", "c": ""}, (Link("b", "c"),), (Link("b", "a"),)),
]  # fmt: skip
OTHERS += [
    starts("before_it_starts", "a function changes the directory of a program",
           "said('cat', 'data.txt', preexec_fn=lambda: os.chdir('THIS'))", or_refused=True),
]  # fmt: skip
OPTIONAL = "def optional(tool):\n    try:\n        return said(tool)\n    except OSError:\n        return 'old'\n"
OTHERS = [replace(each, test=f"{each.test}\n{OPTIONAL}") if "optional" in each.test else each for each in OTHERS]

SERVER = """
import subprocess
import sys
import urllib.request

import pytest

@pytest.fixture(scope="session")
def THIS_server():
    command = [sys.executable, "-u", "THIS/server.py"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().strip()
        yield lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/").read()
        process.terminate()
"""
SERVES = """
import http.server

class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(open("THIS/data.txt", "rb").read())

    def log_message(self, *args):
        pass

server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
print(server.server_port)
server.serve_forever()
"""
SERVERS = [
    Scenario("session_server", "a server of a session fixture reads at each request, and is killed in the end",
             edit=NEW, stays=("test_THIS_3.py",), or_refused=True, files={
                 **DATA, "conftest.py": SERVER, "server.py": SERVES,
                 "test_THIS_1.py": "def test_THIS(THIS_server):\n    assert THIS_server() == b'old\\n'\n",
                 "test_THIS_2.py": "def test_THIS(THIS_server):\n    assert THIS_server() == b'old\\n'\n",
                 "test_THIS_3.py": "def test_THIS():\n    pass\n"},
             needless="the conftest starts the server, and every module below it may see it"),
]  # fmt: skip

KEPT_IN_OBJECTS = """
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).with_name("data.txt")

class App:
    text = None

    def read(self):
        if self.text is None:
            child = "import sys; print(open(sys.argv[1]).read().strip())"
            self.text = subprocess.check_output([sys.executable, "-c", child, str(HERE)], text=True).strip()
        return self.text

APPS = {"main": App()}
"""
USES_OBJECTS = "from THIS_product import APPS\n\ndef test_THIS():\n    assert APPS['main'].read() == 'old'\n"
OBJECTS = [
    Scenario("kept_by_a_fixture", "what a Python child says, kept in an object that a session fixture made",
             edit=(Write("data.txt"),),
             files={"data.txt": "old\n", "THIS_product.py": KEPT_IN_OBJECTS,
                    "conftest.py": "import pytest\nfrom THIS_product import App\n\n@pytest.fixture(scope='session')\n"
                                   "def THIS_app():\n    return App()\n",
                    **{f"test_THIS_{n}.py": "def test_THIS(THIS_app):\n    assert THIS_app.read() == 'old'\n"
                       for n in (1, 2)}}),
    Scenario("kept_in_a_dictionary", "what a Python child says, kept in a dictionary of an object of a product module",
             edit=(Write("data.txt"),),
             files={"data.txt": "old\n",
                    "THIS_product.py": KEPT_IN_OBJECTS.replace("    text = None", "    text = {}")
                    .replace("if self.text is None:", "text = self.text\n        if not text:")
                    .replace("self.text = subprocess", "text['it'] = subprocess")
                    .replace("return self.text", "return text['it']"),
                    **{f"test_THIS_{n}.py": USES_OBJECTS for n in (1, 2)}}),
    Scenario("kept_for_a_test", "what a Python child says, kept in an object that a test makes and lets go",
             edit=(Write("data.txt"),), stays=("test_THIS_2.py",), needless="others may hold an object",
             files={"data.txt": "old\n", "THIS_product.py": KEPT_IN_OBJECTS,
                    "test_THIS_1.py": USES_OBJECTS.replace("APPS['main']", "App()").replace("APPS", "App"),
                    "test_THIS_2.py": "from THIS_product import App\n\ndef test_THIS():\n    assert App\n"}),
    Scenario("kept_in_an_object", "what a Python child says, kept in an object that a product module holds somewhere",
             edit=(Write("data.txt"),),
             files={"data.txt": "old\n", "THIS_product.py": KEPT_IN_OBJECTS,
                    **{f"test_THIS_{n}.py": USES_OBJECTS for n in (1, 2)}}),
]  # fmt: skip
OTHERS += [
    starts("variable_by_test", "whether a variable is set, by the test of a shell",
           "['new', 'old'][subprocess.call(['bash', 'THIS/tool.sh'])]", {"tool.sh": "test -v THIS_x\n"},
           (Setenv("THIS_x", "new"),)),
    starts("shell_option_by_test", "whether an option of the shell is set",
           "['new', 'old'][subprocess.call(['bash', 'THIS/tool.sh'])]", {"tool.sh": "test -o noclobber\n"},
           (Setenv("SHELLOPTS", "noclobber"),)),
]  # fmt: skip

LAST = "; print(open('THIS/data.txt').read().strip())"
FORK = """
    import os

    pid = os.fork()
    if not pid:
        {}
        os._exit(0 if open("THIS/data.txt").read() == "old\\n" else 1)
    assert os.waitpid(pid, 0)[1] == 0
"""
OF_ROOT = {
    "setuid": "os.setuid(65534)",
    "seteuid": "os.seteuid(65534)",
    "setresuid": "os.setresuid(65534, 65534, 65534)",
    "chroot": "__import__('codecs'); os.chroot('.'); os.chdir('/')",
}
LIMITS = {
    "limit_of_size": "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))",
}
SILENT = [
    *(
        starts(f"child_{name}", f"a child that may not tell any more: {name}",
               f"said(sys.executable, '-c', \"import os; {text}{LAST}\")", or_refused=True)
        for name, text in {**OF_ROOT, **LIMITS}.items()
    ),
    *(
        Scenario(f"fork_{name}", f"a forked process that may not tell any more: {name}",
                 f"def test_THIS():\n{FORK.format(text)}", NEW, DATA, or_refused=True)
        for name, text in {**OF_ROOT, **LIMITS}.items()
    ),
]  # fmt: skip
SILENT = [each for each in SILENT if os.geteuid() == 0 or "limit_of" in each.name]
SILENT += [
    starts("child_without_descriptors", "a child that can open nothing any more asks whether a file is there",
           "said(sys.executable, '-c', 'import os, resource; resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0)); "
           "print([\"new\", \"old\"][os.path.exists(\"THIS/data.txt\")])')", edit=(Remove("data.txt"),),
           or_refused=True),
]  # fmt: skip
MAY_TELL = (
    "import os, resource; resource.setrlimit(resource.RLIMIT_CPU, (99, 99)); "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, 1 << 40))"
)
SILENT += [
    replace(each, edit=(Write("other.txt"),), expect=Expect.CACHED)
    for each in (
        starts("child_limit_of_time", "a child with a limit that leaves it free to tell",
               f"said(sys.executable, '-c', \"{MAY_TELL}{LAST}\")"),
        starts("child_remains_itself", "a child that becomes who it is",
               f"said(sys.executable, '-c', \"import os; os.setuid(os.getuid()){LAST}\")"),
    )
]  # fmt: skip
TREE = {"tree/a.txt": "", "tree/deep.txt": ""}


def linked(
    name: str,
    about: str,
    target: str,
    expression: str,
    files: Mapping[str, str] = TREE,
    edit: Change = Write("tree/b.txt"),  # noqa: B008  plain data
    linking: str = "(tmp_path / '{}').symlink_to(os.path.abspath('THIS/{}'))",
) -> Scenario:
    """A test that makes a link in ``tmp_path`` to a directory of the project, and starts a child that works there."""
    link = linking.format(target.rpartition("/")[2], target)
    text = f"{RUN}\nimport pathlib\n\ndef test_THIS(tmp_path):\n    {link}\n    assert {expression} == 'old'\n"
    return Scenario(name, about, text, (edit,), files)


IN_LINK = "said(sys.executable, '-c', {!r}, cwd=tmp_path)"
PACKAGE = {"pack/app/__init__.py": "", "pack/app/__main__.py": "from app import m\n\nprint(m.VALUE)\n",
           "pack/app/m.py": "VALUE = 'old'\n"}  # fmt: skip
NEW_PART = Write("pack/app/m.py", "VALUE = 'new'\n")
BEHIND_LINKS = [
    linked("link_globbed", "a child globs behind a link of the test", "tree",
           IN_LINK.format("import pathlib; print(['old', 'new'][len(list(pathlib.Path('tree').glob('*.txt'))) - 2])")),
    linked("link_scanned", "a child scans behind a link of the test", "tree",
           IN_LINK.format("import os; print(['old', 'new'][len([e.stat() for e in os.scandir('tree')]) - 2])")),
    linked("link_asked", "a child asks behind a link whether a file is there, which goes", "tree",
           IN_LINK.format("import os; print('old' if os.path.exists('tree/a.txt') else 'new')"),
           edit=Remove("tree/a.txt")),
    linked("link_asked_absent", "a child asks behind a link for a file that comes", "tree",
           IN_LINK.format("import os; print('new' if os.path.exists('tree/b.txt') else 'old')")),
    linked("link_measured", "a child asks for the size of a file by a link", "data.txt",
           IN_LINK.format("import os; print('old' if os.path.getsize('data.txt') == 4 else 'new')"),
           files=DATA, edit=Write("data.txt", "newer\n")),
    linked("link_compared", "a child compares two names behind a link", "tree",
           IN_LINK.format("import os; print('old' if os.path.samefile('tree/a', 'tree/b') else 'new')"),
           files={"tree/a": "", "tree/c": ""}, edit=Link("tree/b", "c")),
    linked("link_imported", "a child imports from a package behind a link", "pack/app",
           IN_LINK.format("from app import m; print(m.VALUE)"), PACKAGE, NEW_PART),
    linked("link_run_as_module", "python -m of a package behind a link", "pack/app",
           "said(sys.executable, '-m', 'app', cwd=tmp_path)", PACKAGE, NEW_PART),
    linked("link_on_path", "a link on PYTHONPATH", "pack",
           "said(sys.executable, '-m', 'app', env={**os.environ, 'PYTHONPATH': str(tmp_path / 'pack')})",
           PACKAGE, NEW_PART),
    linked("link_on_path_hides", "a module appears behind a link on PYTHONPATH, before the one that was found", "first",
           "said(sys.executable, '-m', 'app', env={**os.environ, 'PYTHONPATH': f\"{tmp_path / 'first'}:THIS/pack\"})",
           {**PACKAGE, "first/other.py": ""}, Write("first/app.py", "print('new')\n")),
    linked("link_made_by_child", "one child makes a link, in a place that is gone at the end, and another lists there",
           "tree", IN_LINK.format("import os; print(['old', 'new'][len(os.listdir('link')) - 2])")
           + ".replace('', '', not shutil.rmtree(tmp_path))",
           linking="import shutil; said(sys.executable, '-c', 'import os, sys; os.symlink(*sys.argv[1:])', "
           "os.path.abspath('THIS/{1}'), tmp_path / 'link')"),
    Scenario("link_in_pool", "a spawned process lists behind a link of the test", """
             import multiprocessing
             import os

             def test_THIS(tmp_path):
                 (tmp_path / "tree").symlink_to(os.path.abspath("THIS/tree"))
                 with multiprocessing.get_context("spawn").Pool(1) as pool:
                     assert len(pool.apply(os.listdir, [tmp_path / "tree"])) == 2
             """, (Write("tree/b.txt"),), TREE),
]  # fmt: skip
BEHIND_LINKS = [
    replace(each, before=(Link("tree/b", "a"),)) if each.name == "link_compared" else each for each in BEHIND_LINKS
]
BEHIND_LINKS += [
    replace(each, name=f"{each.name}_stays", edit=(Write("other.txt"),), expect=Expect.CACHED)
    for each in BEHIND_LINKS
    if each.name in ("link_asked_absent", "link_globbed", "link_imported", "link_made_by_child", "link_measured")
]
BEHIND_LINKS += [
    Scenario("link_made_after", "a child asks for a link before it is made", f"""{RUN}
ASKS = "import os; print(os.path.exists('tree'))"

def test_THIS(tmp_path):
    assert said(sys.executable, "-c", ASKS, cwd=tmp_path) == "False"
    (tmp_path / "tree").symlink_to(os.path.abspath("THIS/tree"))
    assert said(sys.executable, "-c", ASKS, cwd=tmp_path) == "True"
""", (Write("other.txt"),), TREE, expect=Expect.CACHED),
]  # fmt: skip

# What is passed to a child is passed whole: an edit of one variable concerns every such test.
SCENARIOS = [
    replace(each, group="environment", together=True)
    if any(isinstance(change, Setenv) for change in each.edit)
    else each
    for each in (*PYTHON, *POOLS, *OTHERS, *SERVERS, *OBJECTS, *BEHIND_LINKS, *SILENT)
]
