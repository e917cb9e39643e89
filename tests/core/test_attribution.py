"""Whose lines: owners at boundaries, and what can be reached from a module."""

from __future__ import annotations

import json

from pytest_gocache.core.attribution import OUTSIDE, Attribution, Shares


def told() -> Attribution:
    """Two modules; the first one imports a package, which imports a part; both would."""
    books = Attribution()
    running: set[int] = set()

    def take() -> None:
        books.note("", {"a.py": frozenset(running)})
        running.clear()

    books.take = take
    with books.running("module:one"):
        running.add(1)
        books.need("import:package")
        with books.running("import:package"):
            running.add(2)
            books.need("import:part")
            with books.running("import:part"):
                running.add(3)
                books.need("import:package")
            running.add(4)
        running.add(5)
    with books.running("module:two"):
        books.need("import:part")
        running.add(6)
    running.add(7)
    take()
    return books


def lines(books: Attribution, module: str) -> set[object]:
    shares = Shares(books)
    return {unit for part in shares.parts(module, ()) for units in shares.amounts(part).values() for unit in units}


def test_a_module_has_what_it_would_have_run_alone() -> None:
    """Import-time lines belong to all who import; what runs for nobody in particular is nobody's."""
    books = told()
    assert lines(books, "module:one") == {1, 2, 3, 4, 5}
    assert lines(books, "module:two") == {2, 3, 4, 6}
    assert books.amounts[OUTSIDE] == {("", "a.py"): {7}}


def test_doubts_reach_all_who_need_it() -> None:
    """One body of which the lines are not known spoils the share of whoever imports it."""
    books = told()
    books.doubt("import:package", "a thread")
    shares = Shares(books)
    assert shares.doubt(shares.parts("module:two", ())) == "a thread"
    assert shares.doubt(shares.parts("module:three", ())) == ""


def test_workers_add_up() -> None:
    """Shared fixtures are shared within one process."""
    books, worker = told(), Attribution()
    with worker.running("module:two"):
        worker.need("fixture:1")
        worker.book("fixture:1", {("", "a.py"): {(8, 9)}})
    books.join(json.loads(json.dumps(worker.told())), "gw0")
    assert lines(books, "module:two") == {2, 3, 4, 6, (8, 9)}
    assert lines(books, "module:one") == {1, 2, 3, 4, 5}
