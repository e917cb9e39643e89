"""ROOM 1: speaks pytest, decides nothing. Each file translates one kind of hook into one question to core."""

import sys

# pytest rewrites the asserts of all that a plugin's distribution brings: each file is then read, hashed and loaded by
# Python code of its own, twice as slow as Python does it, and compiled anew in each run where the directory cannot be
# written to. There are a hundred small files here, and no assert. Where these names are gone, that is how it will be.
for _finder in sys.meta_path:
    _marked, _known = getattr(_finder, "_must_rewrite", None), getattr(_finder, "_marked_for_rewrite_cache", None)
    if isinstance(_marked, set) and isinstance(_known, dict):
        _marked.discard("pytest_gocache")
        _known.clear()
