"""Processes that tests start: what they read counts as if the test had read it, or the module is refused."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable

import pytest
from playground import Project, some

RUN = """
import os
import subprocess
import sys

def said(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()

"""
OTHER = "def test_other():\n    pass\n"


def started(project: Project, expression: str, files: dict[str, str]) -> None:
    """A test that starts a process, which must say "old", and one that starts nothing."""
    test = f"{RUN}def test_child():\n    assert {expression} == 'old'\n"
    project.write({**files, "test_child.py": test, "test_other.py": OTHER})


def minds(project: Project, name: str, why: str = "input-changed") -> None:
    """Cold, warm, edited (runs and fails), back again (hit)."""
    cold, _ = project.cold_and_warm()
    assert not cold.refused
    undo = edited(project, name)
    run = project.run()
    assert (run.code, run.modules) == (1, {"test_child.py"}), run.said
    assert run.reasons["test_child.py"].startswith(why), run.reasons
    undo()
    run = project.run()
    assert not run.bodies, run.said


def edited(project: Project, name: str) -> Callable[[], object]:
    """Edits a file, or with "-" removes it, with "+" makes it longer; gives what undoes that."""
    name, _, how = name.partition(" ")
    path = project.root / name
    text = path.read_text()
    if how == "-":
        path.unlink()
    else:
        path.write_text(text + "more\n" if how == "+" else text.replace("old", "new"))
    return lambda: path.write_text(text)


PRINTS = "print(open('data.txt').read())\n"
PYTHON = {
    "command": (f"said(sys.executable, '-c', {PRINTS!r})", {}, "data.txt"),
    "script": ("said(sys.executable, 'script.py')", {"script.py": PRINTS}, "data.txt"),
    "script itself": ("said(sys.executable, 'script.py')", {"script.py": "print('old')\n"}, "script.py"),
    "module": (
        "said(sys.executable, '-m', 'shop')",
        {"shop/__init__.py": "", "shop/__main__.py": "from shop import deep\nprint(deep.VALUE)\n",
         "shop/deep.py": "VALUE = 'old'\n"},
        "shop/deep.py",
    ),
    "imports of a script elsewhere": (
        "said(sys.executable, 'tools/script.py')",
        {"tools/script.py": "import near\nprint(near.VALUE)\n", "tools/near.py": "VALUE = 'old'\n"},
        "tools/near.py",
    ),
    "computed import": (
        "said(sys.executable, '-c', \"print(__import__('sh' + 'op').VALUE)\")", {"shop.py": "VALUE = 'old'\n"},
        "shop.py",
    ),
    "grandchild": (
        "said(sys.executable, 'script.py')",
        {"script.py": "import subprocess, sys\nsubprocess.run([sys.executable, 'second.py'])\n", "second.py": PRINTS},
        "data.txt",
    ),
    "ends at once": (
        "said(sys.executable, 'script.py')",
        {"script.py": "import os\nprint(open('data.txt').read(), flush=True)\nos._exit(0)\n"}, "data.txt",
    ),
    "given few variables": (f"said(sys.executable, '-c', {PRINTS!r}, env={{'X': '1'}})", {}, "data.txt"),
    "in another directory": (
        f"said(sys.executable, '-c', {PRINTS!r}, cwd='sub')", {"sub/data.txt": "old\n"}, "sub/data.txt",
    ),
    "asks whether it exists": (
        "said(sys.executable, '-c', \"import os; print(('new', 'old')[os.path.exists('data.txt')])\")", {},
        "data.txt -",
    ),
    "asks by pathlib": (
        "said(sys.executable, '-c', \"import pathlib; print(('new', 'old')[pathlib.Path('data.txt').is_file()])\")", {},
        "data.txt -",
    ),
    "asks for the size": (
        "said(sys.executable, '-c', \"import os; print(('new', 'old')[os.stat('data.txt').st_size == 4])\")", {},
        "data.txt +",
    ),
    "lists": (
        "said(sys.executable, '-c', \"import os; print(('new', 'old')[len(os.listdir('sub')) == 1])\")",
        {"sub/a.txt": ""}, "sub/a.txt -",
    ),
    "forks": (
        "said(sys.executable, 'script.py')",
        {"script.py": "import os\nif os.fork():\n    os.wait()\nelse:\n    print(open('data.txt').read())\n"},
        "data.txt",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", some(PYTHON, 3))
def test_python_children(project: Project, kind: str) -> None:
    """What only a Python child reads or imports."""
    expression, files, edited = PYTHON[kind]
    started(project, expression, {"data.txt": "old\n", **files})
    minds(project, edited)


def test_variables_of_children(project: Project) -> None:
    """What a child looks up counts, present or absent, unless the test gave it."""
    looks = "import os; print(os.environ.get('COLOUR', 'old'))"
    project.write(
        {
            "test_looks.py": f"{RUN}def test_child():\n    assert said(sys.executable, '-c', {looks!r}) == 'old'\n",
            "test_gives.py": f"""{RUN}
def test_child(monkeypatch):
    monkeypatch.setenv("COLOUR", "old")
    assert said(sys.executable, '-c', {looks!r}) == 'old'
""",
            "test_other.py": OTHER,
        }
    )
    project.cold_and_warm()
    run = project.run(COLOUR="new")
    assert run.modules == {"test_looks.py"} and run.code == 1
    assert run.reasons["test_looks.py"] == "input-changed: getenv COLOUR"
    assert not project.run().bodies

SAYS = """
import os, sys
print(sorted(sys.modules))
print(sys.path)
print({key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"})
print(type(os.environ), os.stat, sys.flags, sorted(sys.path_importer_cache), sorted(os.listdir("/proc/self/fd")))
print(len(sys.meta_path), sys.argv, __file__ if "__file__" in globals() else "")
"""
SAME = f"""
import os
import subprocess
import sys

CODE = {SAYS!r}

def test_same():
    for options in [["-c", CODE], ["script.py"], ["-Wd", "-m", "script"]]:
        done = subprocess.run([sys.executable, *options], capture_output=True, text=True)
        with open(os.environ["SAID"], "a") as file:
            file.write(done.stdout + done.stderr)

def test_variables():
    code = "import os; print(dict(os.environ))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert {{**eval(done.stdout), **os.environ}} == eval(done.stdout)
    assert set(eval(done.stdout)) - set(os.environ) <= {{"LC_CTYPE", "COLUMNS", "LINES"}}
"""


@pytest.mark.parametrize("path", ["", "lib", None])
def test_children_are_as_without_us(project: Project, path: str | None) -> None:
    """Modules, path, variables, open files: what a child can see of itself is the same."""
    project.write({"test_same.py": SAME, "script.py": SAYS, "lib/x.py": ""})
    said = []
    for name, run in (("plain", project.plain), ("cached", project.run)):
        file = project.home / name
        lib = str(project.home / "lib")
        result = run(SAID=str(file), PYTHONPATH=lib if path is None else os.pathsep.join([lib, path]))
        assert result.code == 0, result.said
        said.append(file.read_text().replace(str(file), "SAID"))
    assert said[0] == said[1]


WORK = """
def task(name):
    with open(name) as file:
        return file.read().strip()
"""
POOLS = {
    "fork": "with multiprocessing.get_context('fork').Pool(1) as pool: got = pool.map(work.task, ['data.txt'])[0]",
    "spawn": "with multiprocessing.get_context('spawn').Pool(1) as pool: got = pool.map(work.task, ['data.txt'])[0]",
    "forkserver": "with multiprocessing.get_context('forkserver').Pool(1) as p: got = p.apply(work.task, ['data.txt'])",
    "executor": "with futures.ProcessPoolExecutor(1) as pool: got = pool.submit(work.task, 'data.txt').result()",
}  # fmt: skip


@pytest.mark.parametrize(
    "kind", ["fork", *(pytest.param(each, marks=pytest.mark.long) for each in ("spawn", "forkserver")), "executor"]
)
def test_pools(project: Project, kind: str) -> None:
    """What workers of multiprocessing read, however they start; real processes, too."""
    test = "import multiprocessing\nfrom concurrent import futures\nimport work\n\n"
    project.write(
        {
            "data.txt": "old\n",
            "work.py": WORK,
            "test_child.py": f"{test}def test_child():\n    {POOLS[kind]}\n    assert got == 'old'\n",
        }
    )
    if kind == "spawn":
        project.python = ("-X", "dev")
    minds(project, "data.txt")


OTHERS = {
    "script": ("said('./tool.sh')", {"tool.sh": "#!/bin/sh\necho old\n"}, "tool.sh"),
    "script given to sh": ("said('sh', 'tool.sh')", {"tool.sh": "echo old\n"}, "tool.sh"),
    "simple shell command": ("said('cat data.txt', shell=True)", {}, "data.txt"),
    "program that reads what it is told": ("said('cat', 'data.txt')", {}, "data.txt"),
    "copied, then read": ("said('cp', 'data.txt', 'copy.txt') or open('copy.txt').read().strip()", {}, "data.txt"),
    "Python by a script's first line": (
        "said('./tool.py')", {"tool.py": f"#!{sys.executable}\n{PRINTS}"}, "data.txt",
    ),
    "Python by env": ("said('./tool.py', env={'PATH': os.path.dirname(sys.executable)})",
                      {"tool.py": f"#!/usr/bin/env {os.path.basename(sys.executable)}\n{PRINTS}"}, "data.txt"),
}  # fmt: skip


@pytest.mark.parametrize("kind", some(OTHERS, 3))
def test_programs_that_are_known(project: Project, kind: str) -> None:
    """Scripts and files named in arguments, where these are all that is read."""
    expression, files, edited = OTHERS[kind]
    started(project, expression, {"data.txt": "old\n", **files})
    for name in ("tool.sh", "tool.py"):
        if name in files:
            (project.root / name).chmod(0o755)
    minds(project, edited)


REFUSED = {
    "subprocess: git": "said('git', '--version')",
    "subprocess: tool.sh": "said('./tool.sh')",
    "subprocess: sh -c cat data.txt | head -1": "said('cat data.txt | head -1', shell=True)",
    "subprocess: python -I": "said('python', '-I', '-c', 'pass', executable=sys.executable)",
    "subprocess: python -SE": "said('python', '-SE', '-c', 'pass', executable=sys.executable)",
    "subprocess: python": "os.waitstatus_to_exitcode(os.spawnl(os.P_WAIT, sys.executable, 'python', '-c', ''))",
}


@pytest.mark.parametrize("reason", some(REFUSED, 2))
def test_programs_that_are_not_known(project: Project, reason: str) -> None:
    """The reason says which; other modules are cached."""
    project.write(
        {
            "data.txt": "old\n",
            "tool.sh": "#!/bin/sh\nfor x in data.*; do cat $x; done\n",
            "test_child.py": f"{RUN}def test_child():\n    {REFUSED[reason]}\n",
            "test_other.py": OTHER,
        }
    )
    (project.root / "tool.sh").chmod(0o755)
    assert project.run().refused == {"test_child.py": reason}
    run = project.run()
    assert run.reasons == {"test_child.py": reason} and run.modules == {"test_child.py"}, run.said


def test_a_child_killed_before_it_could_tell(project: Project) -> None:
    """Nobody knows what it did."""
    test = f"{RUN}def test_child():\n    subprocess.Popen([sys.executable, '-c', '']).kill()\n"
    project.write({"test_child.py": test, "test_other.py": OTHER})
    run = project.run()
    assert set(run.refused) <= {"test_child.py"}
    assert all(why.startswith("subprocess: python") for why in run.refused.values())


def test_what_a_child_writes_and_the_test_reads(project: Project) -> None:
    """An output, whether it was there before or not; what it is made of is an input."""
    makes = "open('made.txt', 'w').write(open('data.txt').read())"
    expression = f"(said(sys.executable, '-c', {makes!r}), open('made.txt').read().strip())[1]"
    started(project, expression, {"data.txt": "old\n"})
    minds(project, "data.txt")
    project.remove("made.txt")
    assert not project.run().bodies


def test_a_child_that_connects(project: Project) -> None:
    """Children are no way around the rule."""
    code = "import socket; s = socket.socket(); s.settimeout(0.01); s.connect_ex(('192.0.2.1', 81))"
    started(project, f"said(sys.executable, '-c', {code!r}) or 'old'", {})
    assert project.run().refused == {"test_child.py": "network: 192.0.2.1:81"}


def test_a_server_for_the_whole_session(project: Project) -> None:
    """What it reads at any time belongs to all who use it, and it may be killed in the end."""
    server = "import sys\nfor line in sys.stdin:\n    print(open(line.strip()).read().strip(), flush=True)\n"
    fixture = """
        import subprocess
        import sys

        import pytest

        @pytest.fixture(scope="session")
        def ask():
            with subprocess.Popen([sys.executable, "server.py"], stdin=-1, stdout=-1, text=True) as process:
                def answer(name):
                    process.stdin.write(name + chr(10))
                    process.stdin.flush()
                    return process.stdout.readline().strip()
                yield answer
                process.kill()
    """
    project.write(
        {
            "data.txt": "old\n",
            "server.py": server,
            "conftest.py": fixture,
            "test_child.py": "def test_child(ask):\n    assert ask('data.txt') == 'old'\n",
        }
    )
    minds(project, "data.txt")


def test_children_under_xdist(project: Project) -> None:
    """Workers tell what their children told; workers themselves are nobody's children."""
    expression, files, _ = PYTHON["script"]
    started(project, expression, {"data.txt": "old\n", **files})
    assert not project.run("-p", "xdist", "-n2").refused
    assert not project.run("-p", "xdist", "-n2").bodies
    project.edit("data.txt", "old", "new")
    assert project.run("-p", "xdist", "-n2").modules == {"test_child.py"}


def test_a_sitecustomize_of_the_user(project: Project) -> None:
    """It runs as ever, under its own name, and counts."""
    project.write({"site/sitecustomize.py": "WORD = 'old'\n"})
    code = "import sitecustomize; print(sitecustomize.WORD)"
    started(project, f"said(sys.executable, '-c', {code!r}, env={{**os.environ, 'PYTHONPATH': 'site'}})", {})
    minds(project, "site/sitecustomize.py")


def test_a_pool_that_outlives_the_module_that_began_it(project: Project) -> None:
    """Its worker was forked for the first module; what it reads later may be for any."""
    asks = "def test(pool):\n    assert pool.submit(Path('data/{0}.txt').read_text).result() == '1\\n'\n"
    project.write(
        {
            "conftest.py": """
                from concurrent.futures import ProcessPoolExecutor
                from multiprocessing import get_context

                import pytest

                @pytest.fixture(scope="session")
                def pool():
                    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
                        yield pool
            """,
            "test_a.py": "from pathlib import Path\n\n" + asks.format("a"),
            "test_b.py": "from pathlib import Path\n\n" + asks.format("b"),
            "data/a.txt": "1\n",
            "data/b.txt": "1\n",
        }
    )
    project.cold_and_warm()
    project.write({"data/b.txt": "2\n"})
    run = project.run()
    assert run.code == 1 and "test_b.py::test" in run.bodies, run.said


def test_the_directory_where_a_child_starts(project: Project) -> None:
    """However it is spelled, it is one input: it was looked at when the child started, though it is young."""
    start = "subprocess.run([sys.executable, '-c', ''], cwd='.', check=True)"
    project.write({"test_a.py": f"import subprocess, sys\n\ndef test_a():\n    {start}\n"})
    project.cold_and_warm()


def test_a_fork_that_reads_again_what_its_parent_had_read(project: Project) -> None:
    """By the same code, for another module: it tells for itself."""
    project.write(
        {
            "test_a.py": """
                import os, socket

                def answer():
                    with open("data.txt") as file:
                        return file.read().encode()

                def test_a(request):
                    answer()
                    server = socket.socket(socket.AF_UNIX)
                    server.bind("/tmp/" + request.config.rootpath.parent.name + ".sock")
                    server.listen()
                    if not os.fork():
                        server.accept()[0].sendall(answer())
                        os._exit(0)
            """,
            "test_b.py": """
                import socket

                def test_b(request):
                    client = socket.socket(socket.AF_UNIX)
                    client.connect("/tmp/" + request.config.rootpath.parent.name + ".sock")
                    assert client.recv(9) == b"old"
            """,
            "conftest.py": """
                from pathlib import Path
                import pytest

                @pytest.fixture(autouse=True, scope="session")
                def no_socket(request):
                    Path("/tmp/" + request.config.rootpath.parent.name + ".sock").unlink(missing_ok=True)
            """,
            "data.txt": "old",
        }
    )
    assert project.run().code == 0
    project.write({"data.txt": "new"})
    run = project.run()
    assert run.code == 1 and "test_b.py::test_b" in run.bodies, run.said


def test_measured_children(project: Project) -> None:
    """Children that coverage measures: their data files are nobody's input, what they read is, and none is lost."""
    project.write(
        {
            "start/sitecustomize.py": "import coverage\n\ncoverage.process_startup()\n",
            "cov.ini": "[run]\nparallel = true\nsource = .\n",
            "script.py": PRINTS,
            "data.txt": "old\n",
            "test_child.py": f"{RUN}GIVEN = {{'PYTHONPATH': 'start', 'COVERAGE_PROCESS_START': 'cov.ini'}}\n\n"
            "def test_child():\n    for number in range(2):\n"
            "        assert said(sys.executable, 'script.py', env={**os.environ, **GIVEN}) == 'old'\n",
        }
    )
    run = project.run()
    assert run.code == 0 and not run.refused, run.said
    assert len(list(project.root.glob(".coverage.*"))) == 2
    assert not project.run().bodies
    project.edit("data.txt", "old", "new")
    run = project.run()
    assert run.code == 1 and run.reasons == {"test_child.py": "input-changed: open data.txt"}, run.said


def test_bytes_are_no_text(project: Project) -> None:
    """A child may treat ``str(b"")`` as an error (``python -bb``): what watches it does not do that."""
    project.write(
        {
            "test_a.py": """
                import subprocess, sys

                def test_a():
                    subprocess.run([sys.executable, "-bb", "-c", "import os; os.stat(b'.')"], check=True)
            """,
        }
    )
    project.cold_and_warm()


def test_what_platform_asks_of_the_machine(project: Project) -> None:
    """It starts ``file`` for ``architecture()``, of an interpreter that is in the key: nobody has to run for that."""
    project.write({"test_a.py": PLATFORM})
    (project.root / "bin").mkdir()
    shutil.copy(shutil.which("echo") or "", project.root / "bin/file")
    path = f"{project.root / 'bin'}{os.pathsep}{os.environ['PATH']}"
    project.cold_and_warm(PATH=path)
    project.edit("test_a.py", "platform.architecture()", "subprocess.check_output(['file', 'x'])")
    for _ in range(2):
        assert project.run(PATH=path).modules == {"test_a.py"}, "others who start it do"


PLATFORM = "import platform\nimport subprocess\n\ndef test_a():\n    assert platform.architecture()\n"


@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.long)])
def test_a_pool_that_does_the_same_for_two_modules(project: Project, start: str) -> None:
    """It reads once more what it has read for the first: that is the second one's reading, too."""
    project.write(
        {
            "conftest.py": f"""
                import pytest
                from concurrent.futures import ProcessPoolExecutor
                from multiprocessing import get_context

                @pytest.fixture(scope="session")
                def pool():
                    with ProcessPoolExecutor(1, mp_context=get_context({start!r})) as executor:
                        yield executor
            """,
            "data.txt": "1",
        }
    )
    asks = "from pathlib import Path\n\ndef test_it(pool):\n    assert pool.submit(Path('data.txt').is_file).result()\n"
    project.write({"test_a.py": asks, "test_b.py": asks})
    project.cold_and_warm()
    project.remove("data.txt")
    run = project.run()
    assert run.code == 1 and run.modules == {"test_a.py", "test_b.py"}, run.said
