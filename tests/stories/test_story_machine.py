"""What the system says of the user and of the machine: passes are shared by people and machines that differ in it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playground import Host, Project, some

USER: dict[str, str | None] = {"USER_IS": "65534", "PYTEST_DEBUG_TEMPROOT": None, "TMPDIR": "/tmp"}
ANOTHER = """
    import os, socket

    if "PROCESSORS" in os.environ:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(os.environ["PROCESSORS"])])
    if "HOSTNAME_IS" in os.environ:
        os.unshare(os.CLONE_NEWUTS)
        socket.sethostname(os.environ["HOSTNAME_IS"])
    if "GROUP" in os.environ:
        os.setgid(int(os.environ["GROUP"]))
    if "USER_IS" in os.environ:
        import importlib.metadata._adapters  # who becomes another user may not read where Python lies any more

        os.setuid(int(os.environ["USER_IS"]))
"""
"""A plugin that makes the process that of another user, or of another machine, before anybody watches."""
MANY = len(os.sched_getaffinity(0)) > 1 if hasattr(os, "sched_getaffinity") else False
ROOT = hasattr(os, "geteuid") and os.geteuid() == 0
RENAMES = pytest.mark.skipif(not (ROOT and hasattr(os, "unshare")), reason="no other name for this process alone")


@pytest.fixture
def shared(host: Host) -> Iterator[Project]:
    """A project that every user may read and write."""
    home = Path(tempfile.mkdtemp(prefix="gocache-machine-"))
    os.umask(before := os.umask(0))
    project = Project(home, host)
    project.write({"../lib/another.py": ANOTHER, "test_other.py": "def test_other():\n    pass\n"})
    project.store.mkdir()
    opened(project)
    yield project
    os.umask(before)
    shutil.rmtree(home)


def opened(project: Project) -> None:
    """For all users."""
    for path in (project.home, *project.home.rglob("*")):
        path.chmod(0o777)


def asking(project: Project, code: str) -> Project:
    """With a test module that does this."""
    project.write({"test_a.py": f"import os, pathlib, socket, pytest\n\ndef test_a(tmp_path):\n    {code}\n"})
    return project


@pytest.mark.skipif(not MANY, reason="one processor")
def test_how_many_processors(shared: Project) -> None:
    """Only who asks runs again elsewhere; both machines keep their passes."""
    project = asking(shared, "assert len(os.sched_getaffinity(0)) > 1")
    assert project.run("-panother").code == 0
    assert not project.run("-panother").bodies
    narrow = project.run("-panother", PROCESSORS="1")
    assert narrow.code == 1 and narrow.modules == {"test_a.py"}, narrow.said
    assert narrow.reasons == {"test_a.py": "input-changed: system sched_getaffinity"}
    assert not project.run("-panother").bodies


@pytest.mark.skipif(not MANY, reason="one processor")
def test_who_takes_as_many_workers_as_there_are_processors(shared: Project) -> None:
    """Executors do; the result is the same with one."""
    code = "from concurrent.futures import ThreadPoolExecutor\n    ThreadPoolExecutor().submit(print).result()"
    project = asking(shared, code)
    project.run("-panother")
    assert not project.run("-panother", PROCESSORS="1").bodies
    asking(shared, "getattr(os, 'process_cpu_count', lambda: os.sched_getaffinity(0))()")
    project.run("-panother")
    assert project.run("-panother", PROCESSORS="1").reasons == {"test_a.py": "input-changed: system sched_getaffinity"}


@pytest.mark.skipif(not ROOT, reason="only root may be somebody else")
@pytest.mark.parametrize(
    "code",
    [
        "assert os.getgid() == 0",
        "from os import getgroups, getegid\n    assert getegid() == 0",
    ],
)
def test_which_group(shared: Project, code: str) -> None:
    """As any other input."""
    project = asking(shared, code)
    assert project.run("-panother").code == 0
    other = project.run("-panother", GROUP="4321")
    assert other.code == 1 and other.modules == {"test_a.py"}, other.said
    assert "input-changed: system get" in other.reasons["test_a.py"]
    assert not project.run("-panother").bodies


@pytest.mark.skipif(not ROOT, reason="only root may be somebody else")
@pytest.mark.parametrize(
    "code",
    some(
        [
            "tmp_path.chmod(0o555); (tmp_path / 'a').write_text(''); tmp_path.chmod(0o755)",
            "assert os.geteuid() == 0",
            "(tmp_path / 'a').touch(mode=0); (tmp_path / 'a').read_text()",
            "(tmp_path / 'a').write_text(''); assert (tmp_path / 'a').stat().st_uid == 0",
            "open('/etc/hosts', 'a').close()",
            "path = tmp_path / 'a'; path.write_text(''); path.chmod(0); path.read_text()",
            "os.mkdir(tmp_path / 'a', 0o500); (tmp_path / 'a' / 'b').write_text('')",
            "(tmp_path / 'a').write_text(''); os.chown(tmp_path / 'a', 1, 1)",
            "socket.socket().bind(('127.0.0.1', 987))",
            "os.mkdir(tmp_path / 'a', 0o600); (tmp_path / 'a' / 'b').write_text('')",
            "os.chmod(os.open(tmp_path, os.O_RDONLY), 0o600); (tmp_path / 'a').write_text('')",
            "os.umask(0o777); (tmp_path / 'a').write_text(''); (tmp_path / 'a').read_text()",
            "os.kill(1, 0)",
            "socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)",
            "(tmp_path / 'a').write_text(''); assert (tmp_path / 'a').owner() == 'root'",
            "os.makedirs('/etc/pytest-gocache-test'); os.rmdir('/etc/pytest-gocache-test')",
        ],
        5,
    ),
)
def test_root_may_do_more(shared: Project, code: str) -> None:
    """Rights that are taken away, wanted, or found on what the test made itself: another user ends otherwise."""
    project = asking(shared, code)
    assert project.run("-panother").code == 0
    opened(project)
    user = project.run("-panother", **USER)
    assert user.code == 1 and user.modules == {"test_a.py"}, user.said
    assert user.reasons["test_a.py"].startswith(("input-changed: system ", "input-changed: access ")), user.reasons


@pytest.mark.skipif(not ROOT, reason="only root may be somebody else")
def test_any_user_will_do(shared: Project) -> None:
    """Temporary files, a home directory, a mode that takes nothing away: two users share the pass."""
    code = "(tmp_path / 'a').write_text(''); (tmp_path / 'a').chmod(0o640); os.path.expanduser('~')"
    project = asking(shared, code)
    project.run("-panother")
    opened(project)
    user = project.run("-panother", **USER)
    assert not user.bodies and user.numbers == (2, 0, 0), user.said


@RENAMES
def test_the_name_of_the_machine(shared: Project) -> None:
    """By whichever function, but not where it only goes into a label."""
    shared.write(
        {
            "test_a.py": "import socket\n\ndef test_a():\n    assert socket.gethostname()\n",
            "test_b.py": "import platform\n\ndef test_b():\n    assert platform.node()\n",
            "test_c.py": "from email.utils import make_msgid\n\ndef test_c():\n    assert make_msgid()\n",
            "test_d.py": "import subprocess\n\ndef test_d():\n    subprocess.run(['uname', '-n'])\n",
            "test_e.py": "import subprocess\n\ndef test_e():\n    subprocess.run(['uname', '-rsm'])\n",
        }
    )
    shared.run("-panother")
    other = shared.run("-panother", HOSTNAME_IS="elsewhere")
    assert other.modules == {"test_a.py", "test_b.py", "test_d.py"}, other.said
    assert set(other.reasons.values()) == {"input-changed: system gethostname"}


@RENAMES
def test_processes_of_others(project: Project) -> None:
    """What nobody may ask is nobody's input; and the rest of the run is none the worse for it."""
    looks = "import glob, os\n\ndef test_a():\n    [os.path.islink(each) for each in glob.glob('/proc/*/exe')]\n"
    project.write({"test_a.py": looks, "test_b.py": "def test_b():\n    pass\n"})
    project.cold_and_warm()


def test_it_can_be_ignored(shared: Project) -> None:
    """An ini line for projects that only print it."""
    shared.write(
        {
            "pytest.ini": "[pytest]\ngocache_ignore = system:gethostname\n",
            "test_a.py": "import socket\n\ndef test_a():\n    assert socket.gethostname()\n",
        }
    )
    shared.run("-panother")
    assert not shared.run("-panother", HOSTNAME_IS="elsewhere").bodies
    shared.write({"pytest.ini": "[pytest]\ngocache_ignore = system:hostname\n"})
    wrong = shared.run("-panother")
    assert wrong.code == 4 and "'system:hostname'" in wrong.said, wrong.said


@RENAMES
def test_a_child_asks(shared: Project) -> None:
    """As its parent."""
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import socket; socket.gethostname()'])"
    project = asking(shared, code)
    project.run("-panother")
    assert project.run("-panother", HOSTNAME_IS="elsewhere").modules == {"test_a.py"}


@RENAMES
@pytest.mark.parametrize(
    "code",
    [
        "import asyncio; asyncio.run(asyncio.to_thread(socket.gethostname))",
        "import concurrent.futures as f, platform; f.ThreadPoolExecutor().submit(platform.node).result()",
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import platform; platform.node()'])",
        "import platform; platform.uname()",
    ],
)
def test_however_the_name_is_asked(shared: Project, code: str) -> None:
    """In a thread of a pool, by a module that a child loads first."""
    project = asking(shared, code)
    assert project.run("-panother").code == 0
    assert project.run("-panother", HOSTNAME_IS="elsewhere").modules == {"test_a.py"}


@pytest.mark.skipif(not ROOT, reason="only root may be somebody else")
def test_a_directory_becomes_read_only(shared: Project) -> None:
    """What a test could write there, it cannot any more."""
    project = asking(shared, "open('out.txt', 'w').close(); os.unlink('out.txt')")
    assert project.run("-panother", **USER).code == 0
    assert not project.run("-panother", **USER).bodies
    project.root.chmod(0o555)
    again = project.run("-panother", **USER)
    assert again.code == 1 and again.reasons == {"test_a.py": "input-changed: access ."}, again.said


def test_what_new_files_may_be_used_for(project: Project) -> None:
    """The process' mask of rights, where a test looks at the rights of what it made."""
    looks = """
        def test_a(tmp_path):
            (tmp_path / "x").write_text("a")
            assert (tmp_path / "x").stat().st_mode & 0o777 == 0o644
    """
    project.write({"test_looks.py": looks, "test_b.py": "def test_b(tmp_path):\n    (tmp_path / 'x').touch()\n"})

    def masked(mask: int) -> str:
        before = os.umask(mask)
        try:
            return project.real(["-p", "gocache", "--gocache"], str(project.root), project.environment())[1]
        finally:
            os.umask(before)

    assert ", 2 ran" in masked(0o022) and ", 0 ran" in masked(0o022)
    said = masked(0o027)
    assert ", 1 ran" in said and "1 failed, 1 passed" in said
    assert ", 0 ran" in masked(0o022)
