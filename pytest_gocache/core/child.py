"""What a Python child does to be observed, once ``child/sitecustomize.py`` has loaded it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from pytest_gocache.core.audit import Audit, both
from pytest_gocache.core.children import Children
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.journal import START, Faults, Journal
from pytest_gocache.core.learnt import learn
from pytest_gocache.core.looks import as_text, is_young, read_digest, signature, time_ns
from pytest_gocache.core.machine import Machine
from pytest_gocache.core.named import Named
from pytest_gocache.core.native import Native
from pytest_gocache.core.network import Network
from pytest_gocache.core.observe import Observer, Owner
from pytest_gocache.core.opening import Opening
from pytest_gocache.core.ops import CONTENT, LOOKED_AT, Op
from pytest_gocache.core.probes import Probes
from pytest_gocache.core.searches import Searches
from pytest_gocache.core.variables import Reader

STDLIB = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
SITES = ("site-packages", "dist-packages")


class Single(Observer):
    """An observer for a process where everything is one owner's."""

    def __init__(self, owner: Owner, owner_of: Callable[[str], Owner], journal: Journal) -> None:
        super().__init__(owner_of, journal.seen)
        self._running.append(owner)
        self.keep = journal.keep
        self.on_link = journal.leads
        self.faults = Faults(journal)


class Loading(Audit):
    """Nothing is imported before the user does so: the child may count what is loaded."""

    def __init__(
        self, observer: Observer, machine: Machine, children: Children, native: Native, opening: Opening
    ) -> None:
        more = {**Network(observer).handlers(), **machine.handlers(), **children.handlers(), **native.handlers()}
        more["import"] = both(more["import"], opening.on_import)
        super().__init__(observer, more)
        self._children = children

    def _on_import(self, module: object, filename: object = None, *rest: object) -> None:
        self._children.loading(module)
        super()._on_import(module, filename, *rest)


def begin(number: str, directory: str, same_packages: bool, top: str, start: str) -> None:
    """Starts watching. ``top`` is the project's directory, ``start`` that of the start-up hook."""
    variables = Variables(os.environ)
    journal = Journal(directory, lambda op, name: looked(op, name, variables), f"child:{number}")
    observer = Single(f"child:{number}", owners(same_packages), journal)
    children = Children(observer, journal, variables.same, lambda: start)
    children.is_child = True
    machine = Machine(observer)
    machine.becoming = children.becoming
    native, opening = Native(observer, top, alone=True), Opening(observer)
    Loading(observer, machine, children, native, opening).install()
    children.install()
    machine.install()
    probes = Probes(observer, top)
    probes.opening = machine.opening
    probes.install()
    Named(observer).install()
    Reader(observer, variables).install()
    Searches(observer).install()
    native.install()
    opening.install()
    observer.quietly(START, journal.tell, START, number)


def owners(same_packages: bool) -> Callable[[str], Owner]:
    """Tells what files are: of the standard library, of a distribution, or first-party.

    Distributions of another environment than the parent's are first-party: nobody else knows their versions.
    """

    # As it starts: what the program itself puts there is the project's, whatever it is called.
    sites = tuple(os.path.join(os.path.abspath(each), "") for each in sys.path if os.path.basename(each) in SITES)

    def owner_of(filename: str) -> Owner:
        if filename.startswith("<"):
            return Observer.IMPORTLIB if "importlib" in filename else ""
        parts = filename.split(os.sep)
        installed = same_packages and filename.startswith(sites)
        site = next((n for n, part in enumerate(parts[:-1]) if part in SITES), None) if installed else None
        if site is not None:
            return f"top:{parts[site + 1].removesuffix('.py')}"
        if filename.startswith(STDLIB) and not any(part in SITES for part in parts):
            return Observer.IMPORTLIB if filename.startswith(f"{STDLIB}importlib{os.sep}_boot") else ""
        return f"file:{os.path.abspath(filename)}"

    return owner_of


def looked(op: Op, name: str, variables: Variables) -> str:
    """What is seen now, before the code under test sees it, as a field of the journal."""
    if op is Op.GETENV:
        return "" if name in variables else "unset"
    if op not in LOOKED_AT:
        return ""
    if op not in CONTENT:
        return learn(op, name)
    seen = signature(name)
    return as_text(seen, read_digest(name) if seen is not None and is_young(seen, time_ns()) else "")
