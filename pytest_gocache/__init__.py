"""pytest-gocache gives pytest what ``go test`` has: a test module that passed, and whose inputs are
all unchanged, is neither run nor imported. Its result is replayed, marked ``(cached)``.

The story of one run, ``pytest --gocache``:

1. For each test module an ``ActionID`` is made from all that is known beforehand: the interpreter,
   the module, the files it imports, the distributions, the flags (``core/``).
2. It finds the ``Trace``s of earlier passing runs in the store (``stores/``). The first trace that
   still matches the present names a ``ModuleResult``: a hit. Anything else is a miss, with a reason.
3. Hits are replayed, misses are run and observed; those that passed are stored (``hooks/``).

Read ``core/model.py``, ``core/cache.py``, ``plugin.py``, ``hooks/collect.py``, ``hooks/replay.py``,
in this order. When in doubt, the program runs the tests.

PYTEST_DONT_REWRITE: pytest would warn that this was loaded before it (by ``pytest-gocache run``). There is nothing here
to rewrite (``hooks/__init__.py``).
"""

__version__ = "0.1.0"
