"""What a plugin or a conftest.py tells us by hooks of ours."""

from __future__ import annotations

from playground import Project

BOARD = """
    import pytest

    @pytest.hookimpl(optionalhook=True)
    def pytest_gocache_key(config):
        return f"verbosity {config.option.verbose}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_gocache_cacheable(item):
        return "it moves the arm" if item.get_closest_marker("hardware") else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_gocache_inputs(item):
        return [f"golden/{item.path.stem}/**"] if item.path.stem == "test_a" else None
"""


def test_hooks_for_plugins(project: Project) -> None:
    """A key for all, a reason to run, and inputs."""
    project.write(
        {
            "pytest.ini": "[pytest]\nmarkers = hardware\n",
            "../lib/board.py": BOARD,
            "golden/test_a/seen.txt": "one",
            "test_a.py": "def test_a():\n    pass\n",
            "test_b.py": "def test_b():\n    pass\n",
            "test_c.py": "import pytest\n\n@pytest.mark.hardware\ndef test_c():\n    pass\n",
        }
    )
    project.run("-pboard")
    warm = project.run("-pboard")
    assert warm.reasons == {"test_c.py": "must-run: test_c.py::test_c: it moves the arm"}
    project.edit("golden/test_a/seen.txt", "one", "two")
    assert project.run("-pboard").modules == {"test_a.py", "test_c.py"}
    other = project.run("-pboard", "-v")
    assert other.modules == {"test_a.py", "test_b.py", "test_c.py"}
    assert other.reasons["test_b.py"] == "flags-changed: pytest_gocache_key: verbosity 1"
