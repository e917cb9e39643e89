"""What is done beside each plugin: a small project for each, and what its first and second run have to be."""

from __future__ import annotations

from dataclasses import dataclass, field

PLAIN = "def test_one():\n    assert True\n\ndef test_two():\n    assert True\n"
"""A test module that is nothing special."""


@dataclass(frozen=True)
class Edit:
    """A change of an input: ``old`` becomes ``new`` in the file, and the modules ``runs`` run, for ``reason``."""

    name: str
    old: str
    new: str
    runs: str
    reason: str = "input-changed"


@dataclass(frozen=True)
class Case:
    """One plugin in one use."""

    name: str
    load: tuple[str, ...]
    """What ``-p`` loads, and autoload would."""
    files: dict[str, str]
    flags: tuple[str, ...] = ()
    runs: dict[str, str] = field(default_factory=dict)
    """The modules that run each time, and why: the reason and what of the detail matters."""
    off: str = ""
    """What the note says where there is no cache."""
    edit: Edit | None = None
    setup: tuple[str, ...] = ()
    """Options of a run without the cache that comes first (it records, it updates)."""
    any_order: bool = False
    """The plugin puts tests into an order of its own, which the cached ones are not shown in."""
    until: tuple[int, ...] = (99,)
    """The first version of pytest that the plugin cannot be loaded with."""
    needs: str = ""
    """A package without which there is nothing to try."""
    cannot: str = ""
    """Why it cannot be tried on this machine, by this user."""

    def __str__(self) -> str:
        return self.name
