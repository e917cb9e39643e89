"""Modules asked for by name: through functions that are stood in for, and through calls that are looked at."""

from __future__ import annotations

import importlib
import importlib.util
import json.decoder
import os
import sys
from collections.abc import Iterator

import pytest

from pytest_gocache.core.audit import Audit
from pytest_gocache.core.calls import TOOLS, Calls
from pytest_gocache.core.chains import Binding, chain_refs
from pytest_gocache.core.loaded_names import LoadedNames
from pytest_gocache.core.named import Named
from pytest_gocache.core.observe import Observer
from pytest_gocache.core.ops import ANY, Op
from pytest_gocache.core.refs import ImportRef

pytestmark = pytest.mark.gocache(False, reason="it watches itself")
seen = pytest.mark.skipif(sys.version_info < (3, 12), reason="calls are seen from Python 3.12 on")


def owner_of(filename: str) -> str:
    """This file, and what is compiled here, is first-party."""
    return "file:here" if filename in (__file__, "<body>") else ""


@pytest.fixture
def observer() -> Iterator[Observer]:
    observer = Observer(owner_of, lambda *_: None)
    named = Named(observer)
    observer.active = True
    named.install()
    yield observer
    observer.active = False
    named.remove()
    assert not observer.faults


@pytest.fixture
def calls(observer: Observer) -> Iterator[Calls]:
    calls = Calls(observer)
    Audit(observer, calls.handlers()).install()
    calls.install()
    yield calls
    calls.remove()


def told(observer: Observer) -> set[tuple[Op, str]]:
    """What the module read."""
    return {(op, name) for op, name in observer.reads["module:m"] if op is not Op.EXEC}


def test_modules_by_name(observer: Observer) -> None:
    """Also of what is loaded already; relative names are made whole; what is wrong is the original's to say."""
    with observer.running("module:m"):
        assert importlib.import_module("json.decoder") is json.decoder
        importlib.import_module(".encoder", "json")
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("nothing_at_all")
        with pytest.raises(TypeError, match="package"):
            importlib.import_module(".x")
    names = {name for op, name in told(observer) if op is Op.IMPORT}
    assert names == {"json.decoder", "json.encoder", "nothing_at_all"}
    assert importlib.import_module.__name__ == "import_module" and not hasattr(importlib.import_module, "__wrapped__")


def test_specs(observer: Observer) -> None:
    """Of a loaded module of the project it counts where it lies."""
    with observer.running("module:m"):
        assert importlib.util.find_spec("nothing_of_that_name") is None
        assert importlib.util.find_spec("json.decoder") is json.decoder.__spec__
        assert importlib.util.find_spec(__name__) is not None
    events = {(Op.IMPORT, "nothing_of_that_name"), (Op.IMPORT, "json.decoder")}
    place, name = os.path.split(os.path.splitext(__file__)[0])
    assert told(observer) == events | {(Op.FIND, os.path.join(place, name))}


CALLED = {
    "__import__(name)": {"json.decoder"},
    "__import__(name, None, None, ['JSONDecoder', other])": {"json.decoder"},
    "__import__(package, None, None, (other, 'JSONDecoder'))": {"json", "json.decoder"},
    "__import__(other, globals(), {}, ['x'], 1)": {"decoder", "json.decoder"},
    "__import__(package, None, None, [*[other]])": {"json", "json.decoder", "json.encoder", "json.scanner"},
    "__import__(package, None, None, ['*'])": {"json", "json.decoder", "json.encoder", "json.scanner"},
    "importlib.__import__(name)": {"json.decoder"},
    "__builtins__['__import__'](name)": set(),  # known by the text: it is no direct call
    "__import__(fromlist=[other], name=name)": {ANY},
    "__import__(*[name])": {"json.decoder"},
    "__import__(package, **{'fromlist': [other]})": {"json", "json.decoder", "json.encoder", "json.scanner"},
    "__import__(**{'name': name})": {ANY},
    "len(name)": set(),
}


@seen
@pytest.mark.parametrize("call", CALLED)
def test_calls(call: str, observer: Observer, calls: Calls) -> None:
    """What is asked for, as far as the call shows it."""
    body = f"import importlib\ndef ask(name, package, other):\n    return {call}\n"
    space = {"__name__": "json.body", "__package__": "json"}
    exec(compile(body, "<body>", "exec"), space)
    assert "<body>" in calls.watched
    with observer.running("module:m"):
        space["ask"]("json.decoder", "json", "decoder")  # type: ignore[operator]
    assert {name for op, name in observer.reads.get("module:m", ()) if op is Op.IMPORT} == CALLED[call]


@seen
def test_nobody_has_a_number_left(observer: Observer) -> None:
    """Then nothing is seen, and nobody is said to be watched."""
    others = [tool for tool in TOOLS if sys.monitoring.get_tool(tool) is None]
    for tool in others:
        sys.monitoring.use_tool_id(tool, "somebody")
    calls = Calls(observer)
    calls.install()
    calls.handlers()["exec"](compile("", "<body>", "exec"))
    calls.remove()
    for tool in others:
        sys.monitoring.free_tool_id(tool)
    assert not calls.watched


@pytest.mark.parametrize(
    ("source", "chains"),
    {
        "shop.orders.total()": ["orders.total"],
        "(shop\n  .orders\n  .total)": ["orders.total"],
        "import shop.orders": [],
        "workshop.orders, self.shop.orders": [],
        "shop.a.b.c.d.e.f.g.h.i": ["a.b.c.d.e.f.g.h"],
        "of the shop.\nshop.orders": ["orders", "shop.orders"],
        "shop \\\n .orders": ["orders"],
        "'see shop.orders'  # shop.sales": ["orders", "sales"],
        "shop": [],
    }.items(),
)
def test_attributes_of_a_name(source: str, chains: list[str]) -> None:
    """They may be submodules; in texts, too."""
    refs = [*chain_refs([Binding("shop", "shop")], source.encode())]
    assert refs == ([ImportRef("shop", tuple(chains), 0, True)] if chains else [])


def test_names_that_stand_for_others() -> None:
    """An alias, what was imported from somewhere, and relative imports; what Python brings has no such parts."""
    bound = [Binding("s", "shop.orders"), Binding("near", "", "near", 1), Binding("o", "shop", "orders")]
    refs = {*chain_refs([*bound, Binding("os", "os")], b"s.x, near.y, o.z, os.path")}
    assert refs == {
        ImportRef("shop.orders", ("x",), 0, True),
        ImportRef("", ("near.y",), 1, True),
        ImportRef("shop", ("orders.z",), 0, True),
    }


def test_what_an_import_statement_may_give() -> None:
    """Of what is loaded; where it is relative, below whichever package."""
    names = LoadedNames()
    assert list(names.meant("json", ("decoder", "loads"), 0)) == ["json", "json.decoder"]
    assert {"json", "json.decoder", "json.encoder"} <= set(names.meant("json", ("*",), 0))
    assert list(names.meant("no_such", (), 0)) == ["no_such"]
    assert "json.decoder" in names.meant("decoder", (), 1)
    assert "json.decoder" in names.meant("", ("decoder",), 1)
    assert set(names.reached((), {"json", "decoder", "loads"})) == {"json.decoder"}
    assert not list(names.reached((), {"decoder", "loads"}))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import json.decoder as d", {"json.decoder"}),
        ("def f():\n    class A:\n        from json import decoder\n", {"json", "json.decoder"}),
        ("from json import *", {"json", "json.decoder", "json.encoder"}),
        ("import json\njson.decoder.JSONDecoder", {"json", "json.decoder"}),
        ("1 + 1", set()),
    ],
)
def test_imports_of_code_in_a_text(calls: Calls, observer: Observer, source: str, found: set[str]) -> None:
    """Whatever name it is compiled under."""
    for name in ("<text>", __file__):
        observer.reads["module:m"] = set()
        observer.forget()
        with observer.running("module:m"):
            exec(compile(source, name, "exec"), {})
        names = {each for op, each in told(observer) if op is Op.IMPORT}
        assert names >= found and bool(names) == bool(found)


def test_names_of_modules_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again when others are loaded."""
    names = LoadedNames()
    assert "json.decoder" in names.inside("json") and "json.decoder" in names.ending("decoder")
    monkeypatch.setitem(sys.modules, "json.later", json.decoder)
    assert "json.later" in names.inside("json") and names.ending("later") == ["json.later"]
    monkeypatch.delitem(sys.modules, "json.later")
    assert "json.later" not in names.inside("json") and not names.ending("later")
