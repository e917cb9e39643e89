"""Strongly connected components, found while they are asked for (Tarjan 1972, without recursion).

Files that import each other in a circle have one closure; a graph of components has no circles, so
whatever is asked of a closure can be computed once per component, the imported before the importing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator


class Components:
    """The components of a graph whose nodes are numbers, numbered so that successors come first."""

    def __init__(self, successors: Callable[[int], Iterable[int]]) -> None:
        self.members: list[tuple[int, ...]] = []
        """Per component its nodes, in increasing order."""
        self.successors: list[tuple[int, ...]] = []
        """Per component those it leads to, itself not among them; all have smaller numbers."""
        self._successors_of_node = successors
        self._component: dict[int, int] = {}
        self._next: dict[int, tuple[int, ...]] = {}
        self._order: dict[int, int] = {}
        self._low: dict[int, int] = {}
        self._open: list[int] = []

    def of(self, node: int) -> int:
        """The component of ``node``; what can be reached from it is visited first."""
        if node not in self._component:
            self._visit(node)
        return self._component[node]

    def _visit(self, start: int) -> None:
        path: list[tuple[int, Iterator[int]]] = [self._enter(start)]
        while path:
            node, rest = path[-1]
            for target in rest:
                if target in self._component:
                    continue
                if target not in self._order:
                    path.append(self._enter(target))
                    break
                self._low[node] = min(self._low[node], self._order[target])
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    self._low[above] = min(self._low[above], self._low[node])
                if self._low[node] == self._order[node]:
                    self._close(node)

    def _enter(self, node: int) -> tuple[int, Iterator[int]]:
        self._order[node] = self._low[node] = len(self._order)
        self._open.append(node)
        targets = self._next[node] = tuple(self._successors_of_node(node))
        return node, iter(targets)

    def _close(self, head: int) -> None:
        """``head`` is the first visited of a component: all that is open above it belongs to it."""
        start = self._open.index(head) if self._open[-1] != head else len(self._open) - 1
        members = tuple(sorted(self._open[start:]))
        del self._open[start:]
        number = len(self.members)
        self._component.update(dict.fromkeys(members, number))
        reached = {self._component[target] for node in members for target in self._next.pop(node)}
        self.members.append(members)
        self.successors.append(tuple(sorted(reached - {number})))
