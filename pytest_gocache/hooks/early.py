"""Begins to watch before the first conftest is loaded: what it reads there belongs to it, too."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from pytest_gocache.core.files import Files
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.owners import owner_of
from pytest_gocache.hooks.arguments import named_arguments, places_for


@dataclass(frozen=True, slots=True)
class Early:
    """The observer of this process, and the files it looked at before core was put together."""

    observer: Observer
    files: Files


EARLY = pytest.StashKey[Early]()


def watch(config: pytest.Config) -> None:
    """Starts the observer of this process."""
    known = config.known_args_namespace
    start = str(config.invocation_params.dir)
    places = places_for(config, named_arguments(known.file_or_dir, start, bool(known.pyargs)))
    files = Files({})
    observer = Observer(lambda filename: owner_of(filename, places), files.look)
    observer.install()
    config.stash[EARLY] = Early(observer, files)


def stop(config: pytest.Config) -> None:
    """Nobody in this process asks what is read from here on."""
    if EARLY in config.stash:
        config.stash[EARLY].observer.active = False
