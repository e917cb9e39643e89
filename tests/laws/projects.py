"""Small pytest projects and random edits of them, as hypothesis strategies.

A project is a mapping of file names to texts. A ``Shape`` says how it is built: which product module
imports the one before it in which form, which kinds of test modules there are, which directories are
packages. An ``Edit`` is a kind and two numbers, so that it means something in every project.

Assertions are of the form ``value() % 5 != 0``: most edits keep most tests passing (a failing module is
never cached, and would prove nothing), yet many edits turn some test red, skipped, or into more tests.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from templates import (
    HARD_FORMS,
    HARD_KINDS,
    IMPORT_FORMS,
    LEAF,
    ROOT_CONFTEST,
    TEST_KINDS,
    TESTS_CONFTEST,
    UNIT_CONFTEST,
    VALUE,
)

Project = dict[str, str]

HARD = os.environ.get("GOCACHE_LAW_HARD", "") == "1"
"""With this, also effects that take more than files and imports: memoised reads, listings, probes."""

# --- Texts ---------------------------------------------------------------------------------------


def product_module(form: int, dependency: str, knob: int) -> str:
    forms = IMPORT_FORMS + (HARD_FORMS if HARD else ())
    text = forms[form % len(forms)].replace("{dep}", dependency)
    return f'"""A module of the shop."""\n\n{text}\n\n{VALUE.format(knob=knob)}'


def suite_text(kind: int, module: str) -> str:
    kinds = TEST_KINDS + (HARD_KINDS if HARD else ())
    return kinds[kind % len(kinds)].replace("{mod}", module)


# --- Whole projects ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """How a project is built. ``forms[i]`` is how product module ``m<i>`` imports its predecessor."""

    src: bool
    tests_package: bool
    unit_package: bool
    unit_conftest: bool
    reexport: bool
    forms: tuple[int, ...]
    kinds: tuple[tuple[int, int], ...]
    """(kind, which product module it looks at) of each test module."""


def shapes() -> st.SearchStrategy[Shape]:
    form = st.integers(0, len(IMPORT_FORMS + HARD_FORMS) - 1)
    kind = st.tuples(st.integers(0, len(TEST_KINDS + HARD_KINDS) - 1), st.integers(0, 9))
    return st.builds(
        Shape,
        src=st.booleans(),
        tests_package=st.booleans(),
        unit_package=st.booleans(),
        unit_conftest=st.booleans(),
        reexport=st.booleans(),
        forms=st.lists(form, min_size=4, max_size=6).map(tuple),
        kinds=st.lists(kind, min_size=6, max_size=10).map(tuple),
    )


def build(shape: Shape) -> Project:
    """The files of a project."""
    last = f"m{len(shape.forms) - 1}"
    files = {
        "pytest.ini": "[pytest]\n" + ("pythonpath = src\n" if shape.src else ""),
        "conftest.py": ROOT_CONFTEST.replace("{mod}", last),
        "tests/conftest.py": TESTS_CONFTEST,
        "tests/helper.py": "KNOB = 1\n",
        "tests/unit/helper.py": "KNOB = 2\n",
        "tests/numbers.json": "1\n",
        "tests/unit/numbers.json": "2\n",
    }
    optional = {
        "tests/__init__.py": ("", shape.tests_package),
        "tests/unit/__init__.py": ("", shape.unit_package),
        "tests/unit/conftest.py": (UNIT_CONFTEST, shape.unit_conftest),
    }
    files |= {name: text for name, (text, wanted) in optional.items() if wanted}
    return files | product(shape) | suites(shape)


def product(shape: Shape) -> Project:
    place = "src/" if shape.src else ""
    files = {
        "shop/__init__.py": "from shop.base import *\n" if shape.reexport else "",
        "shop/base.py": LEAF.format(knob=1),
        "shop/number.txt": "1\n",
        "space/part.py": LEAF.format(knob=2),
        "tool.py": LEAF.format(knob=1),
    }
    for i, form in enumerate(shape.forms):
        files[f"shop/m{i}.py"] = product_module(form, f"m{i - 1}" if i else "base", 1)
    return {place + name: text for name, text in files.items()}


def suites(shape: Shape) -> Project:
    names = [f"tests/{'unit/' if i % 2 else ''}test_{i}.py" for i in range(len(shape.kinds))]
    looked_at = [f"m{which % len(shape.forms)}" for _, which in shape.kinds]
    return {
        name: suite_text(kind, module)
        for name, (kind, _), module in zip(names, shape.kinds, looked_at, strict=True)
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
    names = [name for name, text in project.items() if "KNOB = " in text]
    name = picked(names, edit)
    return with_file(project, name, re.sub(r"KNOB = \d+", f"KNOB = {edit.number}", project[name], count=1))


def change_data(project: Project, edit: Edit) -> Project:
    names = [name for name in project if name.endswith((".json", ".txt"))]
    return with_file(project, picked(names, edit), f"{edit.number}\n") if names else project


def delete_data(project: Project, edit: Edit) -> Project:
    names = [name for name in project if name.endswith((".json", ".txt"))]
    return without_file(project, picked(names, edit)) if names else project


def add_comment(project: Project, edit: Edit) -> Project:
    name = picked([name for name in project if name.endswith(".py")], edit)
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
    return with_file(project, f"{where}/test_new{edit.number % 3}.py", suite_text(edit.pick, "base"))


def delete_test_module(project: Project, edit: Edit) -> Project:
    names = [name for name in project if "/test_" in name]
    return without_file(project, picked(names, edit)) if len(names) > 2 else project


def rename_module(project: Project, edit: Edit) -> Project:
    names = [name for name in project if re.search(r"/(test_\w+|m\d|helper)\.py$", name)]
    name = picked(names, edit) if names else ""
    return (
        with_file(without_file(project, name), name.replace(".py", "_b.py"), project[name])
        if name
        else project
    )


def touch(project: Project, edit: Edit) -> Project:
    """The same text written again (``write`` does it): nothing may come of it."""
    return dict(project)


EDITS: dict[str, Callable[[Project, Edit], Project]] = {
    function.__name__: function
    for function in (
        change_constant,
        change_data,
        delete_data,
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
    "change_data": 2,
    "add_comment": 2,
    "toggle_extra": 2,
    "toggle_shadow": 3,
    "undo": 5,
}


def edits() -> st.SearchStrategy[Edit]:
    kinds = [kind for kind in (*EDITS, "undo") for _ in range(WEIGHTS.get(kind, 1))]
    return st.builds(Edit, st.sampled_from(kinds), st.integers(0, 40), st.integers(0, 9))


def edited(project: Project, edit: Edit) -> Project:
    return EDITS[edit.kind](project, edit)
