"""Sphinx settings: ``sphinx-build -W docs docs/_build/html``."""

import re
from pathlib import Path

_INIT = Path(__file__).parents[1] / "pytest_gocache" / "__init__.py"
_FOUND = re.search(r'__version__ = "(.+)"', _INIT.read_text(encoding="utf-8"))

project = "pytest-gocache"
author = "pytest-gocache contributors"
copyright = author
version = release = _FOUND[1] if _FOUND else ""

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_title = f"pytest-gocache {release}"
