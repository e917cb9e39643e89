"""Bytecode that Python takes for current although its source has changed."""

import os
import py_compile
from pathlib import Path

import pytest

from pytest_gocache.core.bytecode import bytecode_of, compile_plain, is_stale


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A source with its bytecode beside it."""
    path = tmp_path / "core.py"
    path.write_text("VALUE = 1\n")
    py_compile.compile(str(path), doraise=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP)
    return path


def stale(source: Path) -> bool:
    return is_stale(str(source), bytecode_of(str(source)), compile_plain)


def test_fresh_bytecode_is_believed(source: Path) -> None:
    """Compiled after the last edit."""
    assert not stale(source)


def test_an_edit_of_equal_size_whose_time_was_put_back(source: Path) -> None:
    """Python would go on running the old code."""
    before = source.stat()
    source.write_text("VALUE = 2\n")
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert stale(source)


def test_a_touched_source_with_the_same_code(source: Path) -> None:
    """Its status changed later than the bytecode; the code did not."""
    before = source.stat()
    os.chmod(source, 0o600)
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert not stale(source)


def test_an_edit_that_python_sees(source: Path) -> None:
    """Another size or second: Python compiles anew, the old bytecode is not what ran."""
    source.write_text("VALUE = 12345\n")
    assert not stale(source)


def test_no_bytecode_at_all(source: Path) -> None:
    """Nothing can be stale."""
    os.unlink(bytecode_of(str(source)))
    assert not stale(source)


def test_garbage_is_not_believed(source: Path) -> None:
    """Bytecode with a good header and a broken body vouches for nothing."""
    path = Path(bytecode_of(str(source)))
    content = path.read_bytes()
    before = source.stat()
    path.write_bytes(content[:20])
    os.utime(path, ns=(0, before.st_mtime_ns - 1))
    os.chmod(source, 0o600)
    assert stale(source)
