"""Pages whose commands need another plugin: run as ``tests/stories/test_story_docs.py`` runs the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import check

pytestmark = pytest.mark.plugins


def test_the_page_on_django_shows_what_happens(tmp_path: Path) -> None:
    """In examples/shopsite."""
    pytest.importorskip("pytest_django")
    check("docs/django.md", tmp_path, "shopsite", plugins=("pytest_django.plugin",))
