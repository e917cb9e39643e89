"""What a module depends on beyond its action: its own reads, and those of all code it can reach."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import cached_property
from typing import Final, NamedTuple

from pytest_gocache.core.bases import base_of
from pytest_gocache.core.imports import Closure
from pytest_gocache.core.looks import archive_of
from pytest_gocache.core.model import Input, Op
from pytest_gocache.core.observe import EVERYONE, MODULE, Owner
from pytest_gocache.core.ops import AND, ANY, NEEDS, PATHS, PUTS, WRITTEN
from pytest_gocache.core.outputs import Outputs
from pytest_gocache.core.project import Project
from pytest_gocache.core.resolve import Found
from pytest_gocache.core.standing import Event
from pytest_gocache.core.values import field, frozen

GONE: Final = " (deleted)"
"""How Linux ends the name of an open file that has none any more."""
LACKS: Final = "lacks:"
"""Begins what stands for a name that code imports and no root has."""


class Left(NamedTuple):
    """What an owner read: inputs as they are, and what may bring in other owners."""

    inputs: frozenset[Input]
    bodies: frozenset[Owner]
    """Files that were executed."""
    own: frozenset[str]
    """Imports that first-party files alone provide, by name."""
    files: frozenset[Owner]
    """All these files."""
    others: frozenset[str]
    """The other imports."""


@frozen
class Reach:
    """The reads of a whole run, asked for one module after another.

    A module has the reads of every file in its closure, whichever module was running when they happened:
    that file may have kept what it read. What was imported by other ways than import statements brings
    its own closure in, and so on until nothing new comes.
    """

    project: Project
    reads: Mapping[Owner, set[Event]]
    loaded: Mapping[str, str]
    """The first-party modules that were loaded at the end, by name: their files."""
    unwatched: Set[str]
    """Those of these files whose calls of ``__import__`` were not seen."""
    outputs: Outputs
    # Asked anew for each module, with the same answers: closures overlap almost wholly.
    _resolved: dict[str, frozenset[Owner]] = field(default_factory=dict)
    _held: dict[str, bool] = field(default_factory=dict)
    _left: dict[Owner, Left] = field(default_factory=dict)
    _plain: dict[Event, tuple[Input, ...] | None] = field(default_factory=dict)
    _owned: dict[Closure, frozenset[Owner]] = field(default_factory=dict)
    _archives: dict[str, str] = field(default_factory=dict)
    _misplaced: dict[Owner, str] = field(default_factory=dict)
    """Files of modules that some closure imports, that no root has, and that were loaded all the same."""

    def inputs(self, path: str, owners: Iterable[Owner], closure: Closure) -> tuple[Input, ...]:
        """The inputs of the module at ``path``, which is (or uses) ``owners`` and imports ``closure``."""
        found: set[Input] = set()
        owners = frozenset(owners)
        waiting = {EVERYONE, *owners, *self._owners(closure)}
        done: set[Owner] = set()
        while waiting:
            self._follow(waiting, path, done, found)
            waiting = self._lent(path, done, found)
        name = self.project.places.name(path)
        found.difference_update([Input(op, name) for op in PATHS])  # its bytes are in the key
        found.difference_update([each for each in found if self._is_anothers(each, path, closure)])
        found -= self._borrowed(path, closure, found)
        taken = self._taken(owners, closure)
        executed = [each for each in found if each.op is Op.EXEC and self.project.places.path(each.name) in taken]
        found.update([called for each in executed for called in self._called(each)])
        found.update([called for file, called in self._not_first.items() if file in closure.files])
        if any(f"file:{each}" in done for each in self.project.sources.times):
            self._upgrade(found)
        return tuple(sorted(found))

    def _taken(self, owners: Set[Owner], closure: Closure) -> set[str]:
        """The sources that ran for ``owners`` themselves, or were loaded under names that ``closure`` imports. (What
        shared code has imported by some name for another is an input, too, but not because of the name.)"""
        events = set[Event]().union(*(self.reads.get(owner, ()) for owner in owners))
        ran = {name for op, name in events if op is Op.EXEC}
        names = {name for op, name in events if op is Op.IMPORT} | closure.absent
        hidden = (file for own, file in self._hidden.items() if own.removeprefix("file:") in closure.files)
        return ran.union((self.loaded[name] for name in names if name in self.loaded), hidden)

    def _called(self, executed: Input) -> Iterator[Input]:
        """The first parts of the names that the source goes by in ``sys.modules``, each with the directory where that
        is found; but not those that the roots lead to."""
        graph, places = self.project.graph, self.project.places
        path = places.path(executed.name)
        for name in self._names.get(path) or [self._likely_name(path)]:
            top, directory = name.partition(".")[0], path
            for _ in range(name.count(".") + 1):
                directory = base_of(directory)
            own = graph.own_files(top)
            if base_of(own[0]) != directory if own else path not in graph.resolve(name):
                yield Input(Op.CALLED, top + AND + places.name(directory))

    @cached_property
    def _not_first(self) -> dict[str, Input]:
        """Sources that were loaded although another root, which comes before theirs, has the name too."""
        found: dict[str, Input] = {}
        for name, file in self.loaded.items():
            own = () if "." in name else self._place(name, file).own
            if file in own[1:]:
                found[file] = Input(Op.CALLED, name + AND + self.project.places.name(base_of(file)))
        return found

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = {}
        for name, path in self.loaded.items():
            names.setdefault(path, []).append(name)
        return names

    def _likely_name(self, path: str) -> str:
        """By which it would be imported, with the packages that it lies in: nobody has it loaded any more."""
        directory, name = os.path.split(path)
        parts = [] if name.startswith("__init__.") else [name.partition(".")[0]]
        while any(each.startswith("__init__.") for each in self.project.graph.entries(directory)):
            directory, name = os.path.split(directory)
            parts.append(name)
        return ".".join(reversed(parts))

    def _is_anothers(self, each: Input, path: str, closure: Closure) -> bool:
        """Whether it is a variable that a file sets which this module only needs to have been loaded."""
        _, shared, file = each.name.partition(AND)
        if each.op is not Op.SETS or not shared:
            return False
        source = self.project.places.path(file)
        return source != path and source not in closure.files

    def _borrowed(self, path: str, closure: Closure, found: Set[Input]) -> set[Input]:
        """What test modules that this one needs, or may have found loaded, put on ``sys.path``, and not it itself: in a
        later run it is put there when their turn comes."""
        places, modules = self.project.places, self.project.modules
        needed = [places.path(each.name) for each in found if each.op in NEEDS]
        loaded = (places.path(each.name) for each in found if each.op is Op.EXEC)
        lenders = [f"{MODULE}{each}" for each in (*needed, *(each for each in loaded if each in modules))]
        return self._puts(lenders) - self._puts((f"{MODULE}{path}", *self._owners(closure))) if lenders else set()

    def _puts(self, owners: Iterable[Owner]) -> set[Input]:
        return set[Input]().union(*(self._put[owner] for owner in owners if owner in self._put))

    @cached_property
    def _put(self) -> dict[Owner, set[Input]]:
        """What those put on ``sys.path`` who did."""
        name, found = self.project.places.name, dict[Owner, set[Input]]()
        for owner, events in self.reads.items():
            for op, directories in events:
                if op in PUTS:
                    found.setdefault(owner, set()).add(Input(op, name(directories)))
        return found

    def _follow(self, waiting: set[Owner], path: str, done: set[Owner], found: set[Input]) -> None:
        """Enters all that can be reached from those ``waiting``."""
        while waiting:
            left = [self._left_by(owner) for owner in waiting if owner in self.reads]
            met = self._met_by(waiting)
            done |= waiting
            found.update(*(each.inputs for each in left))
            waiting = self._reached(left, path, done, found) | (self._all_executed(met, done, found) - done)

    def _lent(self, path: str, known: set[Owner], found: set[Input]) -> set[Owner]:
        """Enters the modules that put on ``sys.path`` where code of this one's was found, and what they bring in."""
        reached: set[Owner] = set()
        places = self.project.places
        ran = [places.path(each.name) for each in found if each.op is Op.EXEC] if self._lenders else []
        for directory, lenders in self._lenders.items():
            if path not in lenders and any(file.startswith(directory + os.sep) for file in ran):
                lender = lenders[0]
                found.add(Input(Op.BESIDE if self._came_later(lender, path) else Op.AFTER, places.name(lender)))
                reached |= self._executed(lender, known, found)
        return reached - known

    def _came_later(self, lender: str, path: str) -> bool:
        """Whether the lender was imported after the module at ``path``, as far as it was seen to read first."""
        order = [owner for owner in self.reads if owner in (f"{MODULE}{lender}", f"{MODULE}{path}")]
        return order[:1] == [f"{MODULE}{path}"]

    @cached_property
    def _lenders(self) -> dict[str, list[str]]:
        """The directories that test modules put on ``sys.path`` when they were imported: who did, sorted."""
        found: dict[str, list[str]] = {}
        for owner in sorted(owner for owner in self.reads if owner.startswith(MODULE)):
            for directories in (name for op, name in self.reads[owner] if op in PUTS):
                for directory in directories.split(AND):
                    found.setdefault(directory, []).append(owner.removeprefix(MODULE))
        return found

    def _left_by(self, owner: Owner) -> Left:
        if owner not in self._left:
            plain = [(event, self._counts(event)) for event in self.reads[owner]]
            inputs = frozenset(each for _, counted in plain for each in counted or ())
            further = [event for event, counted in plain if counted is None]
            imports = frozenset(name for op, name in further if op is Op.IMPORT and not self._is_itself(owner, name))
            own = frozenset(name for name in imports if self._owners_of(name) and not self.project.graph.misses(name))
            bodies = frozenset(f"file:{name}" for op, name in further if op is Op.EXEC)
            files = frozenset[Owner]().union(*map(self._owners_of, own))
            self._left[owner] = Left(inputs, bodies, own, files, imports - own)
        return self._left[owner]

    def _is_itself(self, owner: Owner, name: str) -> bool:
        """Whether the owner is what was imported, a test module: pytest did that, and nobody depends on the name."""
        file = self.loaded.get(name, "")
        return owner == f"{MODULE}{file}" and self._place(name, file).own == (file,)

    def _met_by(self, owners: Set[Owner]) -> Iterable[str]:
        """The modules that code of ``owners`` may have found loaded, where no event tells: such as it imports and no
        root has, or another of the name; and all there are where one may have been asked for by a computed name."""
        sources = self.project.sources  # by now it knows the files of ``owners``
        blind = sources.hands | (sources.computed & self.unwatched)
        if any(f"file:{path}" in owners for path in blind):
            return self.loaded.values()
        places = (self._misplaced, self._hidden)
        return [path for known in places for owner, path in known.items() if owner in owners]

    def _counts(self, event: Event) -> tuple[Input, ...] | None:
        """As what this event counts, where that is the same for every module; else None. Most have several owners."""
        if event not in self._plain:
            self._plain[event] = self._counted(*event)
        return self._plain[event]

    def _counted(self, op: Op, name: str) -> tuple[Input, ...] | None:
        if op is Op.IMPORT:
            return () if name.partition(".")[0] in sys.stdlib_module_names and not self._owners_of(name) else None
        if op is Op.EXEC:
            return None
        places = self.project.places
        if op in PUTS and self._is_output(name):
            return (Input(Op.SETS, "sys.path"),)  # no other run has that directory
        if op is Op.SETS and AND in name:
            variable, _, file = name.partition(AND)
            return (Input(op, variable + AND + places.name(file)),)
        if op not in PATHS:
            return () if op in WRITTEN else (Input(op, name),)
        if not self._is_nobodys(name):
            return (Input(op, places.name(name)),)
        target = self._led_to(name) if AND not in name and self._is_output(name) else ""
        return (Input(op, places.name(target)),) if target else ()

    def _led_to(self, output: str) -> str:
        """Where a link that a child made in a place of this run's leads, if it is somewhere else; or empty."""
        try:
            target = os.path.realpath(output)
        except OSError:  # nobody may ask, or the process is gone: ``/proc/1/exe``
            return ""
        is_gone = target.endswith(GONE)
        return "" if target == output or is_gone or self._is_nobodys(target) else target

    def _reached(self, left: list[Left], path: str, known: set[Owner], found: set[Input]) -> set[Owner]:
        """Enters imports and bodies that ran among the inputs found, and gives the owners that they bring in."""
        reached: set[Owner] = set()
        own = (each.own for each in left if not each.files <= known)
        for name in frozenset[str]().union(*own, *(each.others for each in left)):
            reached |= self._imported(name, known, found)
        for owner in frozenset[Owner]().union(*(each.bodies for each in left)) - known:
            name = owner.removeprefix("file:")
            if name != path and not self._is_nobodys(name):
                reached |= self._executed(name, known, found)
        return reached - known

    def _upgrade(self, found: set[Input]) -> None:
        """Some code of the closure reads time stamps from stat results: from any of them, for all that is known."""
        places = self.project.places
        for each in [each for each in found if each.op in (Op.STAT, Op.SCAN)]:
            path = places.path(each.name)
            looked = [path]
            if each.op is Op.SCAN:
                looked = [os.path.join(path, name.rstrip("/")) for name in self.project.files.listing(path) or ()]
            found.update(Input(Op.TIMES, places.name(one)) for one in looked if not self._is_output(one))

    def _is_nobodys(self, name: str) -> bool:
        return self.project.places.is_stdlib(name) or self._is_output(name)

    def written(self, owners: Iterable[Owner]) -> frozenset[str]:
        """Every path that one of ``owners`` (modules, wide fixtures) wrote."""
        events = set[Event]().union(*(self.reads[owner] for owner in owners if owner in self.reads))
        return frozenset(name for op, name in events if op in WRITTEN)

    def _is_output(self, name: str) -> bool:
        if name not in self._held:
            self._held[name] = any(map(self.outputs.holds, name.split(AND)))
        return self._held[name]

    def _owners_of(self, name: str) -> frozenset[Owner]:
        """The first-party files that importing ``name`` executes, as owners."""
        if name not in self._resolved:
            files = self.project.graph.resolve(name)
            self._resolved[name] = frozenset(f"file:{path}" for path in files)
        return self._resolved[name]

    def _imported(self, name: str, known: set[Owner], found: set[Input]) -> Set[Owner]:
        top = name.partition(".")[0]
        if name == ANY:
            return self._all_executed(self.loaded.values(), known, found)
        resolved = self._owners_of(name)
        file = self.loaded.get(name)
        if file and f"file:{file}" not in resolved:  # no root has it, or not that one
            elsewhere = self._all_executed([file], known, found)
            return elsewhere | (self._resolved_to(name, known, found) if resolved else set())
        if not resolved:
            if f"top:{top}" in known:
                return set()
            found.add(Input(Op.IMPORT, name))
            return {f"top:{top}"}
        return self._resolved_to(name, known, found)

    def _resolved_to(self, name: str, known: set[Owner], found: set[Input]) -> Set[Owner]:
        graph = self.project.graph
        if self._owners_of(name) <= known and not graph.misses(name):
            return set()
        found.add(Input(Op.IMPORT, name))
        return self._owners(graph.closure(graph.resolve(name)))

    def _executed(self, path: str, known: set[Owner], found: set[Input]) -> Set[Owner]:
        if f"file:{path}" in known:
            return set()
        if path not in self._archives:
            self._archives[path] = archive_of(path)
        if archive := self._archives[path]:
            found.add(Input(Op.OPEN, self.project.places.name(archive)))
            return set()
        found.add(Input(Op.EXEC, self.project.places.name(path)))
        return self._owners(self.project.graph.closure((path,)))

    @cached_property
    def _hidden(self) -> dict[Owner, str]:
        """Files that were loaded in place of what a root has under that name and what statements lead to: by that."""
        places = ((file, self._place(name, file)) for name, file in self.loaded.items())
        hidden = ((file, found.own) for file, found in places if not found.absent and file not in found.files)
        return {f"file:{own}": file for file, owned in hidden for own in owned}

    def _place(self, name: str, file: str) -> Found:
        """Where statements lead that import what was loaded as ``name``. pytest imports test modules by their paths:
        of theirs somebody depends on that only if he imports one."""
        graph = self.project.graph
        return graph.present(name) if file in self.project.modules else graph.found(name)

    def _all_executed(self, paths: Iterable[str], known: set[Owner], found: set[Input]) -> set[Owner]:
        mine = (path for path in paths if not self._is_output(path))
        return set[Owner]().union(*(self._executed(path, known, found) for path in mine))

    def _owners(self, closure: Closure) -> frozenset[Owner]:
        if closure not in self._owned:
            files, tops = (f"file:{path}" for path in closure.files), (f"top:{top}" for top in closure.tops)
            misplaced = {f"{LACKS}{name}": self.loaded[name] for name in closure.absent if name in self.loaded}
            self._misplaced.update(misplaced)
            self._owned[closure] = frozenset((*files, *tops, *misplaced))
        return self._owned[closure]
