"""Writes a project of many test modules: ``python bench/generate.py DIRECTORY --modules 1000 --tests 50``.
With ``--inputs 200`` each module has one test more, which reads so many of 2,000 small files.

A product package of 40 modules that import one another in chains of ten, and test modules in
directories of 50, each importing one product module. Half of each module's tests are plain
functions, a quarter methods of a class, a quarter parametrised.
"""

from __future__ import annotations

import argparse
from pathlib import Path

PRODUCT_MODULES = 40
CHAIN = 10
MODULES_PER_DIRECTORY = 50
DATA_FILES = 2000

INI = """\
[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["src"]
"""


def generate(directory: Path, modules: int = 1000, tests: int = 50, inputs: int = 0) -> None:
    """Writes the project, and in it ``empty/test_empty.py``: one file with one empty test."""
    for number in range(DATA_FILES if inputs else 0):
        _write(directory / "data" / f"{number:04}.txt", f"{number}\n")
    _write(directory / "pyproject.toml", INI)
    for number in range(PRODUCT_MODULES):
        _write(directory / "src" / "product" / f"part{number:02}.py", product_module(number))
    _write(directory / "src" / "product" / "__init__.py", '"""Forty small parts."""\n')
    for number in range(modules):
        folder = directory / "tests" / f"group{number // MODULES_PER_DIRECTORY:03}"
        _write(folder / f"test_module{number:05}.py", test_module(number, tests) + reading_test(number, inputs))
    _write(directory / "empty" / "pyproject.toml", "[tool.pytest.ini_options]\n")
    _write(directory / "empty" / "test_empty.py", "def test_nothing():\n    pass\n")


def product_module(number: int) -> str:
    """A part that imports its predecessor in the chain."""
    if number % CHAIN == 0:
        return "def value(n: int) -> int:\n    return n\n"
    before = f"part{number - 1:02}"
    return f"from product import {before}\n\n\ndef value(n: int) -> int:\n    return {before}.value(n) + 1\n"


def test_module(number: int, tests: int) -> str:
    """A module with ``tests`` passing tests."""
    part, depth = number % PRODUCT_MODULES, number % PRODUCT_MODULES % CHAIN
    methods = parameters = tests // 4
    lines = ["import pytest", f"from product.part{part:02} import value", ""]
    for test in range(tests - methods - parameters):
        lines += ["", f"def test_function{test}():", f"    assert value({test}) == {test + depth}", ""]
    if methods:
        lines += ["", "class TestMethods:"]
    for test in range(methods):
        lines += [f"    def test_method{test}(self):", f"        assert value({test}) == {test + depth}", ""]
    if parameters:
        lines += ["", f'@pytest.mark.parametrize("n", range({parameters}))', "def test_parameter(n):"]
        lines += [f"    assert value(n) == n + {depth}"]
    return "\n".join(lines).rstrip() + "\n"


def reading_test(number: int, inputs: int) -> str:
    """A test that reads ``inputs`` files, other ones than its neighbours read; nothing if it is to read none."""
    if not inputs:
        return ""
    first = number * inputs // 2 % DATA_FILES
    return f"""

def test_files():
    directory = __file__.rpartition("tests")[0] + "data/"
    for number in range({first}, {first + inputs}):
        with open(f"{{directory}}{{number % {DATA_FILES}:04}}.txt") as file:
            assert int(file.read()) == number % {DATA_FILES}
"""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--modules", type=int, default=1000)
    parser.add_argument("--tests", type=int, default=50, help="per module")
    parser.add_argument("--inputs", type=int, default=0, help="files that each module reads")
    options = parser.parse_args()
    generate(options.directory, options.modules, options.tests, options.inputs)


if __name__ == "__main__":
    main()
