"""Small pytest projects and random edits of them.

A project is a mapping of file names to texts. A ``Shape`` says how it is built: which product module
imports the one before it in which form, which kinds of test modules there are, which directories are
packages. An ``Edit`` is a kind and two numbers, so that it means something in every project.

Tests print the numbers that they see, and most pass with most numbers: a failing module is never cached,
and would prove nothing. Yet some edits turn a test red, skipped, or into more tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from effects import (
    DATA,
    EFFECTS,
    FIXTURES,
    MAY_APPEAR,
    MODES,
    PRODUCT_MOMENTS,
    TARGETS,
    TEST_MOMENTS,
    UNIT_FIXTURES,
    function,
)
from templates import FINDER, IMPORT_FORMS, LEAF, ROOT_CONFTEST, SEES, TEST_KINDS, TESTS_CONFTEST, UNIT_CONFTEST, VALUE

Project = dict[str, str]
"""Files by name. Beside them ``link:<name>`` is a symbolic link and what it says, ``mode:<file>`` and
``time:<file>`` are a file's permissions and time, ``env:<NAME>`` is a variable of the runs, ``args:`` their
arguments, parted by ``|``."""


def files_of(project: Project) -> Project:
    return {name: text for name, text in project.items() if ":" not in name}


def part(project: Project, word: str) -> Project:
    """What stands under ``<word>:``."""
    return {name.partition(":")[2]: text for name, text in project.items() if name.startswith(word + ":")}


def arguments(project: Project) -> tuple[str, ...]:
    """How pytest is to be called."""
    return tuple(project["args:"].split("|")) if "args:" in project else ()


# --- Texts ---------------------------------------------------------------------------------------

INI = "[pytest]\nmarkers = gocache: how results are kept\n"
NO_EFFECT = "def seen():\n    return 0\n"


def product_module(form: Form, dependency: str, knob: int, src: str) -> str:
    how, moment, effect = form
    text = IMPORT_FORMS[how % len(IMPORT_FORMS)].replace("{dep}", dependency)
    if moment % (2 * len(PRODUCT_MOMENTS)) < len(PRODUCT_MOMENTS):
        seen = f"{function('effect', effect, src)}\n\n{PRODUCT_MOMENTS[moment % len(PRODUCT_MOMENTS)]}"
    else:
        seen = NO_EFFECT
    return f'"""A module of the shop."""\n\n{text}\n\n{seen}\n\n{VALUE.format(knob=knob)}'


def suite_text(kind: int, module: str, effect: int, src: str) -> str:
    kinds = TEST_KINDS + TEST_MOMENTS
    text = kinds[kind % len(kinds)].replace("{mod}", module)
    helpers = [function("effect", effect, src)] * ("effect()" in text) + [SEES] * ("sees(" in text)
    return "\n\n".join([*helpers, text])


def fixtures_text(fixtures: str, effects: Iterable[int], src: str) -> str:
    """What a conftest adds: its effects, then its fixtures."""
    functions = [function(f"effect_{n}", effect, src) for n, effect in enumerate(effects)]
    return "".join(f"\n\n{text}" for text in functions if text.split("(")[0][4:] in fixtures) + fixtures


# --- Whole projects ------------------------------------------------------------------------------


Form = tuple[int, int, int]
"""How a product module imports its predecessor, when it looks at the world, and how."""


@dataclass(frozen=True)
class Shape:
    """How a project is built. ``forms[i]`` is for product module ``m<i>``."""

    src: bool
    tests_package: bool
    unit_package: bool
    unit_conftest: bool
    reexport: bool
    forms: tuple[Form, ...]
    kinds: tuple[tuple[int, int, int], ...]
    """(kind, which product module it looks at, effect) of each test module."""
    fixtures: tuple[int, ...] = (0, 0, 0, 0, 0)
    """Effects of the conftests."""


def random_shape(dice: Random) -> Shape:
    def form() -> Form:
        moment = dice.randrange(2 * len(PRODUCT_MOMENTS))
        return dice.randrange(len(IMPORT_FORMS)), moment, dice.randrange(len(EFFECTS))

    def kind() -> tuple[int, int, int]:
        return dice.randrange(len(TEST_KINDS + TEST_MOMENTS)), dice.randrange(10), dice.randrange(len(EFFECTS))

    src, tests_package, unit_package, unit_conftest, reexport = (dice.random() < 0.5 for _ in range(5))
    forms = tuple(form() for _ in range(dice.randint(4, 6)))
    kinds = tuple(kind() for _ in range(dice.randint(6, 10)))
    fixtures = tuple(dice.randrange(len(EFFECTS)) for _ in range(5))
    return Shape(src, tests_package, unit_package, unit_conftest, reexport, forms, kinds, fixtures)


def build(shape: Shape) -> Project:
    """The files of a project."""
    last, src = f"m{len(shape.forms) - 1}", "src" if shape.src else "."
    files = {
        "pytest.ini": f"{INI}pythonpath = {src}\n" if shape.src else INI,
        "conftest.py": ROOT_CONFTEST.replace("{mod}", last),
        "tests/conftest.py": TESTS_CONFTEST + fixtures_text(FIXTURES, shape.fixtures, src),
        "tests/helper.py": "KNOB = 1\n",
        "tests/unit/helper.py": "KNOB = 2\n",
        "tests/lent/lent.py": "KNOB = 1\n",
        "tests/lend/lent.py": "KNOB = 2\n",
        "tests/numbers.json": "1\n",
        "tests/unit/numbers.json": "2\n",
    }
    unit_conftest = UNIT_CONFTEST + fixtures_text(UNIT_FIXTURES, shape.fixtures[::-1], src)
    optional = {
        "tests/__init__.py": ("", shape.tests_package),
        "tests/unit/__init__.py": ("", shape.unit_package),
        "tests/unit/conftest.py": (unit_conftest, shape.unit_conftest),
    }
    files |= {name: text for name, (text, wanted) in optional.items() if wanted}
    return files | DATA | product(shape, src) | suites(shape, src)


def product(shape: Shape, src: str) -> Project:
    files = {
        "shop/__init__.py": "from shop.base import *\n" if shape.reexport else "",
        "shop/base.py": LEAF.format(knob=1),
        "shop/finder.py": FINDER,
        "shop/number.txt": "1\n",
        "space/part.py": LEAF.format(knob=2),
        "tool.py": LEAF.format(knob=1),
    }
    for i, form in enumerate(shape.forms):
        files[f"shop/m{i}.py"] = product_module(form, f"m{i - 1}" if i else "base", 1, src)
    return {("src/" if shape.src else "") + name: text for name, text in files.items()}


def suites(shape: Shape, src: str) -> Project:
    names = [f"tests/{'unit/' if i % 2 else ''}test_{i}.py" for i in range(len(shape.kinds))]
    looked_at = [f"m{which % len(shape.forms)}" for _, which, _ in shape.kinds]
    return {
        name: suite_text(kind, module, effect, src)
        for name, (kind, _, effect), module in zip(names, shape.kinds, looked_at, strict=True)
    }


# --- Edits ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edit:
    """What to do, to which of the files it can be done to, with which number."""

    kind: str
    pick: int
    number: int


def with_file(project: Project, name: str, text: str) -> Project:
    return {**project, name: text}


def without_file(project: Project, name: str) -> Project:
    return {known: text for known, text in project.items() if known != name}


def toggled(project: Project, name: str, text: str) -> Project:
    return without_file(project, name) if name in project else with_file(project, name, text)


def picked(names: list[str], edit: Edit) -> str:
    return sorted(names)[edit.pick % len(names)]


def place_of(project: Project) -> str:
    return "src/" if "src/tool.py" in project or "src/shop/base.py" in project else ""


def change_constant(project: Project, edit: Edit) -> Project:
    names = [name for name, text in files_of(project).items() if "KNOB = " in text]
    name = picked(names, edit)
    return with_file(project, name, re.sub(r"KNOB = \d+", f"KNOB = {edit.number}", project[name], count=1))


def data_of(project: Project) -> list[str]:
    return [name for name in files_of(project) if name.endswith((".json", ".txt"))]


def change_data(project: Project, edit: Edit) -> Project:
    names = data_of(project)
    return with_file(project, picked(names, edit), f"{edit.number}\n") if names else project


def grow_data(project: Project, edit: Edit) -> Project:
    """Another size, the same number."""
    names = data_of(project)
    return with_file(project, name := picked(names, edit), project[name] + "\n") if names else project


def quiet_constant(project: Project, edit: Edit) -> Project:
    """Of the same size, and ``write`` puts the time back."""
    return change_constant(project, edit)


def quiet_data(project: Project, edit: Edit) -> Project:
    """Of the same size, and ``write`` puts the time back."""
    return change_data(project, edit)


def delete_data(project: Project, edit: Edit) -> Project:
    names = data_of(project)
    return without_file(project, picked(names, edit)) if names else project


def swap_data(project: Project, edit: Edit) -> Project:
    names = sorted(data_of(project))
    if len(names) < 2:
        return project
    one, other = names[edit.pick % len(names)], names[(edit.pick + edit.number + 1) % len(names)]
    return {**project, one: project[other], other: project[one]}


def rename_data(project: Project, edit: Edit) -> Project:
    names = data_of(project)
    name = picked(names, edit) if names else ""
    return with_file(without_file(project, name), name[:-4] + "_b.txt", project[name]) if name else project


def toggle_file(project: Project, edit: Edit) -> Project:
    """Files that somebody asks for. One may stand where a directory was."""
    name, text = list(MAY_APPEAR.items())[edit.pick % len(MAY_APPEAR)]
    blocking = {"link:" + name, *above(name), *("link:" + each for each in above(name))}
    free = {known: t for known, t in project.items() if known not in blocking}
    return toggled(free, name, text.replace("{number}", str(edit.number)))


def change_mode(project: Project, edit: Edit) -> Project:
    names = [name for name in files_of(project) if name.startswith("data/")]
    return toggled(project, "mode:" + picked(names, edit), MODES[edit.number % len(MODES)]) if names else project


def change_time(project: Project, edit: Edit) -> Project:
    """One file's modification time, and nothing else."""
    return with_file(project, "time:" + picked(list(files_of(project)), edit), str(edit.number))


def retarget_link(project: Project, edit: Edit) -> Project:
    names = [name for name in project if name.startswith("link:")]
    return with_file(project, picked(names, edit), TARGETS[edit.number % len(TARGETS)]) if names else project


def toggle_link(project: Project, edit: Edit) -> Project:
    """A link, or a file in its place."""
    name = ("data/current", "data/folder", "data/maybe.txt")[edit.pick % 3]
    if "link:" + name in project:
        return with_file(without_file(project, "link:" + name), name, f"{edit.number}\n")
    return with_file(without_file(project, name), "link:" + name, TARGETS[edit.number % len(TARGETS)])


def set_variable(project: Project, edit: Edit) -> Project:
    return with_file(project, f"env:SHOP_{'ABC'[edit.pick % 3]}", str(edit.number))


def unset_variable(project: Project, edit: Edit) -> Project:
    return without_file(project, f"env:SHOP_{'ABC'[edit.pick % 3]}")


def toggle_other_variable(project: Project, edit: Edit) -> Project:
    """One that only who looks at all of them may see."""
    return toggled(project, "env:OTHER", str(edit.number))


def select(project: Project, edit: Edit) -> Project:
    """Other arguments, or none."""
    given = ARGUMENTS[edit.number % len(ARGUMENTS)]
    return with_file(project, "args:", given) if given else without_file(project, "args:")


def add_comment(project: Project, edit: Edit) -> Project:
    name = picked([name for name in files_of(project) if name.endswith(".py")], edit)
    comment = f"# remark {edit.number}\n"
    text = comment + project[name] if edit.number % 2 else project[name] + comment
    return with_file(project, name, text)


def toggle_extra(project: Project, edit: Edit) -> Project:
    """The module that optional imports look for."""
    return toggled(project, place_of(project) + "shop/extra.py", LEAF.format(knob=edit.number))


def toggle_shadow(project: Project, edit: Edit) -> Project:
    """A file that wins over another in the resolution of an import."""
    place = place_of(project)
    name = (
        "tests/tool.py",
        "tests/colorsys.py",
        f"{place}shop/base/__init__.py",
        f"{place}tool/__init__.py",
        "tests/unit/tool.py",
        "helper.py",
        "tests/shop.py",
    )[edit.pick % 7]
    return toggled(project, name, LEAF.format(knob=edit.number))


def toggle_package(project: Project, edit: Edit) -> Project:
    place = place_of(project)
    name = ("tests/__init__.py", "tests/unit/__init__.py", f"{place}space/__init__.py")[edit.pick % 3]
    return toggled(project, name, "")


def toggle_conftest(project: Project, edit: Edit) -> Project:
    return toggled(project, "tests/unit/conftest.py", UNIT_CONFTEST)


def toggle_ini(project: Project, edit: Edit) -> Project:
    text, line = project["pytest.ini"], "xfail_strict = true\n"
    return with_file(project, "pytest.ini", text.replace(line, "") if line in text else text + line)


def add_test_module(project: Project, edit: Edit) -> Project:
    where = ("tests", "tests/unit")[edit.pick % 2]
    effect = 7 * edit.number + edit.pick
    text = suite_text(edit.pick, "m0", effect, "src" if place_of(project) else ".")
    return with_file(project, f"{where}/test_new{edit.number % 3}.py", text)


def delete_test_module(project: Project, edit: Edit) -> Project:
    names = [name for name in files_of(project) if "/test_" in name]
    return without_file(project, picked(names, edit)) if len(names) > 2 else project


def rename_module(project: Project, edit: Edit) -> Project:
    names = [name for name in files_of(project) if re.search(r"/(test_\w+|m\d|helper)\.py$", name)]
    name = picked(names, edit) if names else ""
    return (
        with_file(without_file(project, name), name.replace(".py", "_b.py"), project[name])
        if name
        else project
    )


def touch(project: Project, edit: Edit) -> Project:
    """The same text written again (``write`` does it): nothing may come of it."""
    return dict(project)


ARGUMENTS = ("", "-k|test_", "-k|body or each", "-k|of or by", "tests/unit", "tests", "-v", "-vv|tests/unit|tests")

EDITS: dict[str, Callable[[Project, Edit], Project]] = {
    function.__name__: function
    for function in (
        change_constant,
        change_data,
        grow_data,
        quiet_constant,
        quiet_data,
        delete_data,
        swap_data,
        rename_data,
        toggle_file,
        change_mode,
        change_time,
        retarget_link,
        toggle_link,
        set_variable,
        unset_variable,
        toggle_other_variable,
        select,
        add_comment,
        toggle_extra,
        toggle_shadow,
        toggle_package,
        toggle_conftest,
        toggle_ini,
        add_test_module,
        delete_test_module,
        rename_module,
        touch,
    )
}
WEIGHTS = {
    "change_constant": 6,
    "change_data": 4,
    "quiet_data": 2,
    "toggle_file": 4,
    "change_mode": 2,
    "retarget_link": 2,
    "set_variable": 4,
    "unset_variable": 2,
    "select": 3,
    "toggle_extra": 2,
    "toggle_shadow": 3,
    "undo": 6,
    "return": 4,
}


KINDS = [kind for kind in (*EDITS, "undo", "return") for _ in range(WEIGHTS.get(kind, 1))]
"""``undo`` takes the last edit back, ``return`` goes to any earlier state."""


def random_edit(dice: Random) -> Edit:
    return Edit(dice.choice(KINDS), dice.randrange(60), dice.randrange(10))


def random_story(seed: int, edits: int) -> tuple[Shape, list[Edit]]:
    """A project and what becomes of it, always the same for a seed."""
    dice = Random(seed)
    return random_shape(dice), [random_edit(dice) for _ in range(edits)]


def edited(project: Project, edit: Edit) -> Project:
    """The project after the edit. What would lie below a file or a link is gone."""
    after = EDITS[edit.kind](project, edit)
    leaves = {name.removeprefix("link:") for name in after if ":" not in name or name.startswith("link:")}
    return {name: text for name, text in after.items() if leaves.isdisjoint(above(name.rpartition(":")[2]))}


def above(name: str) -> list[str]:
    """The directories that a file lies in."""
    parts = name.split("/")[:-1]
    return ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
