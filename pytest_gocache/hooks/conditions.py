"""What of this pytest run is in every key: flags, ini values, plugins."""

from __future__ import annotations

import os
import sys
from collections.abc import Container, Iterator, Mapping
from types import ModuleType

import pytest

from pytest_gocache.core import environment
from pytest_gocache.core.by_line import names_a_line
from pytest_gocache.core.conditions import Conditions, conditions
from pytest_gocache.core.environment import Variables
from pytest_gocache.core.flags import Place, place_of_ini, place_of_option
from pytest_gocache.core.looks import read_digest
from pytest_gocache.core.places import Places
from pytest_gocache.core.records import portable_digest, read
from pytest_gocache.core.values import changed, frozen
from pytest_gocache.hooks.given import DEFAULTS, GIVEN
from pytest_gocache.hooks.guard import blame
from pytest_gocache.hooks.options import option_dests
from pytest_gocache.hooks.settings import WATCHES
from pytest_gocache.hooks.spelled import PLAIN, SPELLED, Spelled, files_read


class Untold(Exception):
    """A plugin failed to say what belongs in every key. The text says which, and how."""


@frozen
class Flag:
    """One option or ini line with a value that is not its default. ``text`` is how a user would write it."""

    name: str
    text: str
    place: Place


def given_flags(config: pytest.Config) -> tuple[Flag, ...]:
    """The options that are not at their defaults, in the order given, each with its place in the key."""
    defaults = config.stash.get(DEFAULTS, {})
    given = config.stash.get(GIVEN, None) or vars(config.option)
    spelled = _spellings(config)
    active = active_packages(config)
    write = Writing(str(config.rootpath), config.stash.get(SPELLED, None))
    found = []
    for dest, value in sorted(given.items()):
        if dest not in spelled:
            continue  # something that parsing left behind (``quiet`` beside ``verbose``)
        if value == defaults.get(dest) or (dest not in defaults and (value is None or value is False)):
            continue
        place = Place.OFF if _reads_nameless(config, value) else place_of_option(dest, write.plain(value), active)
        for one in value if isinstance(value, list) else [value]:
            text = spelled[dest] + ("" if one is True else f" {write.one(one)}")
            found.append(Flag(dest, text, place))
    return tuple(found)


def given_ini(config: pytest.Config) -> tuple[Flag, ...]:
    """The ini lines of the configuration file and of ``-o``."""
    kept: Mapping[str, object] | None = getattr(config, "_inicfg", None)
    table = kept if kept is not None else config.inicfg  # pytest 9 moved it
    write = Writing(str(config.rootpath))
    active = active_packages(config)
    given = {name: getattr(value, "value", value) for name, value in table.items()}
    given |= _overrides(config)
    values = sorted(given.items())
    return tuple(Flag(name, f"{name} = {write.plain(value)}", place_of_ini(name, active)) for name, value in values)


def _overrides(config: pytest.Config) -> dict[str, object]:
    """What ``-o name=value`` sets: pytest 8 keeps it apart from the file's values."""
    pairs = (text.partition("=") for text in config.option.override_ini or ())
    return {name: value for name, _, value in pairs}


def turned_off(config: pytest.Config) -> str:
    """What makes caching impossible in this run, an option most often; or empty."""
    if not WATCHES:
        return "Windows: it is not seen there which processes tests start and which files they look for"
    for flag in (*given_flags(config), *given_ini(config)):
        if flag.place is Place.OFF:
            return flag.text
    return ""


def gather(config: pytest.Config, places: Places, variables: Variables, chosen: tuple[str, ...]) -> Conditions:
    """The conditions of this run."""
    flags = [(flag.text,) for flag in given_flags(config) if flag.place is Place.KEY]
    flags += [(f"pytest_gocache_key: {text}",) for text in _told(config)]
    flags += [(text,) for text in _start(config, places)]
    ini = [(flag.text,) for flag in given_ini(config) if flag.place is Place.KEY]
    found = conditions(
        places.name(str(config.invocation_params.dir)),
        [*environment.interpreter_lines(), *_archives(places)],
        variables.lines(chosen),
        flags,  # type: ignore[arg-type]
        ini,  # type: ignore[arg-type]
        sorted(set(_distributions(config))),
        sorted(set(_plugin_files(config, places))),
    )
    exactly = any(map(names_a_line, _filters(config)))
    return changed(found, plugin_tops=frozenset(_plugin_tops(config, places)), exactly=exactly)


def _filters(config: pytest.Config) -> Iterator[str]:
    """Those of warnings that hold for every test; of ``-W`` and ``PYTHONWARNINGS`` Python has its own list."""
    yield from config.getini("filterwarnings")
    yield from config.known_args_namespace.pythonwarnings or ()
    yield from sys.warnoptions


def _start(config: pytest.Config, places: Places) -> Iterator[str]:
    """Where the ini file lies, from which its paths are told; the order of plugins; what Python runs at its start."""
    if config.inipath is not None:
        yield f"ini file in {places.name(str(config.inipath.parent))}"
    if named := os.environ.get("PYTEST_PLUGINS"):
        yield f"PYTEST_PLUGINS={named}"
    for name in LOADED_AT_START:
        path = getattr(sys.modules.get(name), "__file__", None)
        if path and places.is_third_party(path):
            yield f"{name} {read_digest(path)}"


def _archives(places: Places) -> Iterator[tuple[str, str]]:
    """What stands on ``sys.path`` and is no directory: an archive by its content, or nothing yet. Not Python's own
    archive, which nobody has, nor what stands for editable installs."""
    library = os.path.dirname(os.path.dirname(os.__file__))
    for entry in dict.fromkeys(os.path.abspath(each) for each in sys.path if not each.startswith("__editable__")):
        own = os.path.dirname(entry) == library or places.is_stdlib(entry) or places.is_third_party(entry)
        if not own and not os.path.isdir(entry):
            yield f"sys.path {places.name(entry)}", read_digest(entry)


def _told(config: pytest.Config) -> list[str]:
    """What plugins put into every key."""
    hook = config.hook.pytest_gocache_key
    try:
        return sorted(filter(None, hook(config=config)))
    except Exception as error:
        raise Untold(blame(hook, error)) from error


def active_packages(config: pytest.Config) -> frozenset[str]:
    """The top-level packages that the active plugins come from."""
    return frozenset(module_of(plugin).partition(".")[0] for plugin in config.pluginmanager.get_plugins())


def module_of(plugin: object) -> str:
    """The name of the module that a plugin is, or that its class comes from."""
    return plugin.__name__ if isinstance(plugin, ModuleType) else type(plugin).__module__


def hooked_by_others(config: pytest.Config, name: str, but: Container[str] = ()) -> bool:
    """Whether somebody beside pytest, us and the modules ``but`` implements the hook ``name``."""
    impls = getattr(config.pluginmanager.hook, name).get_hookimpls()  # pytest 8 wraps those of ``config``
    modules = (module_of(impl.plugin) for impl in impls)
    return not all(is_builtin(each) or each in but for each in modules)


def is_builtin(module: str) -> bool:
    """Whether a plugin from that module is one of pytest's own, or one of ours."""
    return module.startswith(("_pytest.", "pytest_gocache."))


def _spellings(config: pytest.Config) -> dict[str, str]:
    """How users write each option: the one-letter form, else the longest (``--setup-plan``, not ``--setupplan``)."""
    spelled: dict[str, str] = {}
    for option, dest in option_dests(config).items():
        known = spelled.get(dest, "")
        if len(option) == 2 or (len(known) != 2 and len(option) > len(known)):
            spelled[dest] = option
    return spelled


def _reads_nameless(config: pytest.Config, value: object) -> bool:
    """Whether it is something to read that cannot be looked at beforehand: standard input."""
    return not all(files_read(config, [value]))


class Writing:
    """How a user would write values; paths below rootdir without the machine's part."""

    def __init__(self, root: str, spelled: Spelled | None = None) -> None:
        self._root = root
        self._spelled = spelled or Spelled()

    def one(self, value: object) -> str:
        """One of the values of an option; where that is several itself, another text than one with blanks."""
        if not isinstance(value, (list, tuple)):
            return self.plain(value)
        return repr(self._parts(value)).replace(self._root, "{root}")

    def _parts(self, value: object) -> object:
        if isinstance(value, (list, tuple)):
            parts = map(self._parts, value)
            return tuple(parts) if isinstance(value, tuple) else list(parts)
        return value if isinstance(value, PLAIN) else self._spelled.text(value)

    def plain(self, value: object) -> str:
        """A value in words; those of several with blanks between."""
        if isinstance(value, (list, tuple)):
            return " ".join(map(self.plain, value))
        return self._spelled.text(value).replace(self._root, "{root}")


def _distributions(config: pytest.Config) -> Iterator[tuple[str, ...]]:
    """Name, version and RECORD digest of each active distribution plugin, and of pytest itself."""
    for _, dist in config.pluginmanager.list_plugin_distinfo():
        directory = str(getattr(dist._dist, "_path", ""))
        name, _, version = os.path.basename(directory).removesuffix(".dist-info").partition("-")
        if name != "pytest_gocache":  # the salt tells
            yield name, version, portable_digest(read(directory, "RECORD"))
    yield "pytest", pytest.__version__, ""


def _plugin_tops(config: pytest.Config, places: Places) -> Iterator[str]:
    """Top-level names of the installed modules that plugins are, but of pytest's own."""
    for plugin in config.pluginmanager.get_plugins():
        name = module_of(plugin)
        path = getattr(sys.modules.get(name), "__file__", None)
        if path and places.is_third_party(path) and not is_builtin(name):
            yield name.partition(".")[0]


def _plugin_files(config: pytest.Config, places: Places) -> Iterator[str]:
    """First-party files of plugins that are no conftest: ``-p``, ``pytest_plugins``, editable installs; and of what
    Python loads when it starts."""
    conftests: set[object] = getattr(config.pluginmanager, "_conftest_plugins", set())
    at_start = [sys.modules[name] for name in LOADED_AT_START if name in sys.modules]
    for plugin in (*at_start, *config.pluginmanager.get_plugins()):
        if plugin in conftests:
            continue
        module = plugin if isinstance(plugin, ModuleType) else sys.modules.get(type(plugin).__module__)
        path = getattr(module, "__file__", None)
        if path and not places.is_third_party(path) and not _ours(path):
            yield path


LOADED_AT_START = ("sitecustomize", "usercustomize")


def _ours(path: str) -> bool:
    return path.startswith(_HERE)


_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
