"""Files that are touched, and keep what is in them: by programs, by children, by the test for a child to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edits import Change, Chmod, Directory, Link, Remove, Replace, Write
from scenario import Expect, Scenario

START = """
import os
import pathlib
import shutil
import subprocess
import sys

NAME = "THIS/data.txt"
READ = "print(open('THIS/data.txt').read().strip())"

def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=True, **options).stdout.strip()

def python(text):
    return run(sys.executable, "-c", text)

"""
DATA = {"data.txt": "old\n"}


def touched(
    name: str,
    about: str,
    *lines: str,
    files: Mapping[str, str] = DATA,
    edit: Change | None = None,
    before: tuple[Change, ...] = (),
) -> Scenario:
    """A test of some lines; the last gives what must be "old"."""
    *first, last = lines
    body = "".join(f"    {line}\n" for line in (*first, f"assert {last} == 'old'"))
    return Scenario(name, about, f"{START}def test_THIS():\n{body}", (edit or Write("data.txt"),), files, before)


HERE = "open(NAME).read().strip()"
FORKED = "import os\npid = os.fork()\nif not pid:\n    os.utime('THIS/data.txt')\n    os._exit(0)\nos.waitpid(pid, 0)"
BY_PROGRAMS = [
    touched("chmod_by_program", "chmod, then read", "run('chmod', '600', NAME)", HERE),
    touched("touch_by_program", "touch, then read", "run('touch', NAME)", HERE),
    touched("touch_by_shell", "touch in a shell, then read", "run('touch THIS/data.txt', shell=True)", HERE),
    touched("touch_then_cat", "touch, then read by a program", "run('touch', NAME)", "run('cat', NAME)"),
    touched("chmod_directory_by_program", "chmod of a directory, then listed", "run('chmod', '755', 'THIS/tree')",
            "''.join(os.listdir('THIS/tree'))", files={"tree/old": ""}, edit=Write("tree/more")),
    touched("chmod_below_by_program", "chmod of a directory, then read in it", "run('chmod', '-R', 'u+w', 'THIS/tree')",
            "open('THIS/tree/a').read().strip()", files={"tree/a": "old\n"}, edit=Write("tree/a")),
    touched("chmod_tool", "chmod of a script, then run", "run('chmod', '+x', 'THIS/tool.sh')", "run('THIS/tool.sh')",
            files={"tool.sh": "#!/bin/sh\necho old\n"}, edit=Write("tool.sh", "#!/bin/sh\necho new\n")),
    touched("mkdir_by_program", "a directory that is there already", "run('mkdir', 'THIS/out')",
            "os.rmdir('THIS/out') or 'old'", edit=Directory("out")),
    touched("chmod_of_nothing", "chmod of what is not there any more", "run('chmod', '644', NAME)", "'old'",
            edit=Remove("data.txt")),
]  # fmt: skip
BY_CHILDREN = [
    touched("chmod_by_child", "os.chmod in a child, then read",
            "python('import os; os.chmod(\"THIS/data.txt\", 0o600)')", HERE),
    touched("utime_by_child", "os.utime in a child, then read",
            "python('import os; os.utime(\"THIS/data.txt\")')", HERE),
    touched("touch_by_child", "Path.touch in a child, then read",
            "python('import pathlib; pathlib.Path(\"THIS/data.txt\").touch()')", HERE),
    touched("utime_by_fork", "os.utime in a forked process, then read", f"exec({FORKED!r})", HERE),
    touched("append_nothing_by_child", "opened for appending in a child, then read",
            "python('open(\"THIS/data.txt\", \"a\").close()')", HERE),
    touched("chmod_directory_by_child", "os.chmod of a directory in a child, then listed",
            "python('import os; os.chmod(\"THIS/tree\", 0o755)')", "''.join(os.listdir('THIS/tree'))",
            files={"tree/old": ""}, edit=Write("tree/more")),
]  # fmt: skip
FOR_CHILDREN = [
    touched("chmod_for_child", "os.chmod, then run by a child", "os.chmod('THIS/script.py', 0o755)",
            "run(sys.executable, 'THIS/script.py')", files={"script.py": "print('old')\n"},
            edit=Write("script.py", "print('new')\n")),
    touched("touch_for_child", "Path.touch, then read by a child", "pathlib.Path(NAME).touch()", "python(READ)"),
    touched("append_for_child", "opened for appending, then read by a child", "open(NAME, 'a').close()",
            "python(READ)"),
    touched("copystat_for_child", "shutil.copystat, then read by a child", "shutil.copystat(__file__, NAME)",
            "python(READ)"),
    touched("chmod_directory_for_child", "os.chmod of a directory, then listed by a child",
            "os.chmod('THIS/tree', 0o755)", "python(\"import os; print(*os.listdir('THIS/tree'))\")",
            files={"tree/old": ""}, edit=Write("tree/more")),
]  # fmt: skip
BUILDS = "import sys\n\nopen('THIS/out.txt', 'w').write(open('THIS/src.txt').read())\n"
MADE_IF_ABSENT = [
    touched("made_by_child_if_absent", "made by a child if it is not there, and left there",
            "os.path.exists('THIS/out.txt') or run(sys.executable, 'THIS/build.py')",
            "open('THIS/out.txt').read().strip()", files={"src.txt": "old\n", "build.py": BUILDS},
            edit=Write("out.txt")),
    touched("opened_else_made", "a cache on disk, kept by a child",
            "run(sys.executable, 'THIS/cli.py')", "open('THIS/out.txt').read().strip()",
            files={"src.txt": "old\n", "cli.py":
                   "try:\n    open('THIS/out.txt').read()\nexcept OSError:\n    " + BUILDS.rpartition("\n\n")[2]},
            edit=Write("out.txt")),
]  # fmt: skip
MADE_IF_ABSENT = [replace(each, needless="the second run finds what the first one made") for each in MADE_IF_ABSENT]
PROGRAMS = [
    touched("copied_with_mode", "cp, and the copy is asked for its mode", "run('cp', 'THIS/tool', 'THIS/copy')",
            "said = ('new', 'old')[os.access('THIS/copy', os.X_OK)]", "os.remove('THIS/copy')", "said",
            files={"tool": ""}, edit=Chmod("tool", 0o644), before=(Chmod("tool", 0o755),)),
    touched("rmdir_by_program", "rmdir of what is empty", "run('rmdir', 'THIS/dir')", "os.mkdir('THIS/dir') or 'old'",
            files={"other": ""}, edit=Write("dir/file"), before=(Directory("dir"),)),
]  # fmt: skip
AWAY = "away = __import__('tempfile').mkdtemp() + '/tree'"
THERE_AND_BACK = "os.rename('THIS/tree', away) or os.rename(away, 'THIS/tree')"
LISTED = "''.join(sorted(os.listdir('THIS/tree')))"
MOVED = [
    touched("moved_and_copied_back", "a directory is moved away, copied back, and listed",
            AWAY, "shutil.move('THIS/tree', away)", "shutil.copytree(away, 'THIS/tree')",
            "shutil.rmtree(away)", LISTED, files={"tree/old": ""}, edit=Write("tree/more")),
    touched("moved_and_back", "a directory of directories is moved away and back", AWAY, THERE_AND_BACK, LISTED,
            files={"tree/old/a": ""}, edit=Directory("tree/more")),
    touched("moved_and_back_deep", "a directory of directories is moved away and back, and walked", AWAY,
            THERE_AND_BACK,
            "['old', 'new'][len([*os.walk('THIS/tree')]) - 2]",
            files={"tree/old/a": ""}, edit=Directory("tree/old/more")),
    touched("moved_link_and_back", "a directory with a link is moved away and back", AWAY, THERE_AND_BACK,
            "os.readlink('THIS/tree/link')", files={"tree/a": ""}, before=(Link("tree/link", "old"),),
            edit=Link("tree/link", "new")),
    touched("moved_and_asked_there", "a directory is moved away, asked there what it has, and moved back",
            AWAY, "os.rename('THIS/tree', away)", "said = ''.join(os.listdir(away))",
            "os.rename(away, 'THIS/tree')", "said", files={"tree/old/a": ""}, edit=Directory("tree/more")),
]  # fmt: skip
MOVED.append(replace(MOVED[1], name="moved_and_back_stays", edit=(Write("other"),), expect=Expect.CACHED))
ABSENT = "['old', 'new'][os.path.exists('THIS/out.txt')]"
CARRY_ON = "run = lambda *command: subprocess.run(command)"
UNLESS_STOPPED = "#!/bin/sh\nset -e\ntest -f THIS/enabled\ncp THIS/data.txt THIS/out.txt\n"
MAY_FAIL = [
    touched("copied_unless_there", "cp -n, and the copy is left there", "run('cp', '-n', NAME, 'THIS/out.txt')",
            "open('THIS/out.txt').read().strip()", edit=Write("out.txt")),
    touched("linked_unless_there", "cp -s, and the link is left there", CARRY_ON,
            "run('cp', '-s', os.path.abspath(NAME), 'THIS/out.txt')", "open('THIS/out.txt').read().strip()",
            edit=Replace("out.txt")),
    touched("copied_of_nothing", "cp of what is not there", CARRY_ON, "run('cp', 'THIS/local.txt', 'THIS/out.txt')",
            ABSENT, edit=Write("out.txt")),
    touched("copied_unless_stopped", "a script that stops before it copies", CARRY_ON, "run('THIS/tool.sh')", ABSENT,
            files={**DATA, "tool.sh": UNLESS_STOPPED}, edit=Write("out.txt")),
    touched("touched_if_there", "touch -c of what is not there", "run('touch', '-c', 'THIS/out.txt')", ABSENT,
            edit=Write("out.txt")),
    touched("copied_unless_there_for_child", "cp -n to what is there, and a child asks for its size",
            "run('cp', '-n', NAME, 'THIS/out.txt')",
            "python('import os; print([\"new\", \"old\"][os.path.getsize(\"THIS/out.txt\") == 4])')",
            files={**DATA, "out.txt": "old\n"}, edit=Write("out.txt", "newer\n")),
]  # fmt: skip
MAY_FAIL = [
    replace(each, needless=found) if each.name.endswith("_unless_there") else each
    for each, found in ((each, "the second run finds what the first one made") for each in MAY_FAIL)
]
MAKES = [
    replace(each, expect=Expect.CACHED)
    for each in (
        touched("copied_and_read", "cp, then read", "run('cp', NAME, 'THIS/out.txt')",
                "open('THIS/out.txt').read().strip()", edit=Write("out.txt")),
        touched("copied_and_removed", "cp, mv and rm, then asked for", "run('cp', NAME, 'THIS/a.txt')",
                "run('mv', 'THIS/a.txt', 'THIS/b.txt')", "run('rm', 'THIS/b.txt')",
                "['old', 'new'][os.path.exists('THIS/a.txt') or os.path.exists('THIS/b.txt')]",
                edit=Write("other.txt")),
        touched("made_and_listed", "mkdir and touch, then listed", "run('mkdir', '-p', 'THIS/made')",
                "run('touch', 'THIS/made/old')", "''.join(os.listdir('THIS/made'))", edit=Write("other.txt")),
    )
]  # fmt: skip
DEEP = {"deep/er/data.txt": "old\n", "deep/data.txt": "old\n", "other/er/data.txt": "new\n",
        "other/data.txt": "new\n", "data.txt": "none\n"}  # fmt: skip
BACK = "open('THIS/cur/../data.txt').read().strip()"
IN_CHILD = "run(sys.executable, '-c', {!r}, cwd='THIS/cur')"
WAYS_BACK = {
    "opened": BACK,
    "opened_in_it": "(os.chdir('THIS/cur'), open('../data.txt').read().strip(), os.chdir('../../..'))[1]",
    "by_program": "run('cat', '../data.txt', cwd='THIS/cur')",
    "by_path": "run('cat', 'THIS/cur/../data.txt')",
    "by_child": IN_CHILD.format("print(open('../data.txt').read().strip())"),
    "by_child_by_path": f"python({BACK.join(('print(', ')'))!r})",
}
FORTH = {
    "entered": "(os.chdir('THIS/cur'), open('data.txt').read().strip(), os.chdir('../../..'))[1]",
    "entered_by_child": IN_CHILD.format("print(open('data.txt').read().strip())"),
    "entered_by_program": "run('cat', 'data.txt', cwd='THIS/cur')",
}
OVER_LINKS = [
    touched(f"back_{name}", f"what lies above where a link leads: {name}", expression, files=DEEP,
            before=(Link("cur", "deep/er"),), edit=Write("deep/data.txt"))
    for name, expression in WAYS_BACK.items()
]  # fmt: skip
OVER_LINKS.append(
    touched("back_asked", "whether something lies above where a link leads",
            "['new', 'old'][os.path.exists('THIS/cur/../here')]", files={**DEEP, "deep/here": ""},
            before=(Link("cur", "deep/er"),), edit=Remove("deep/here")),
)  # fmt: skip
OVER_LINKS += [
    touched(f"turned_{name}", f"the link leads elsewhere: {name}", expression, files=DEEP,
            before=(Link("cur", "deep/er"),), edit=Link("cur", "other/er"))
    for name, expression in {**WAYS_BACK, **FORTH}.items()
]  # fmt: skip
OVER_LINKS += [
    replace(each, name=f"{each.name}_stays", edit=(Write("data.txt"),), expect=Expect.CACHED)
    for each in OVER_LINKS
    if each.name in ("back_opened", "back_by_program", "back_by_child", "turned_entered")
]
BY_DEEDS = [*OVER_LINKS, *MAY_FAIL, *MAKES, *MOVED]
SCENARIOS = [*BY_DEEDS, *MADE_IF_ABSENT, *PROGRAMS, *BY_PROGRAMS, *BY_CHILDREN, *FOR_CHILDREN]
