"""Dataclasses that are cheap to make: ``frozen`` for what never changes, ``record`` for books that are kept.

``dataclasses`` writes and compiles up to eight functions for each class. With sixty classes that was a third of
what importing this package took, in every run. Here all classes have the same few functions. To a type checker
both are dataclasses. A field whose name begins with an underscore is no part of the value: two that differ only
there are equal.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeVar, cast, dataclass_transform

T = TypeVar("T")

_put: Final = object.__setattr__


class _Made:
    """Stands for a default that is made anew for each object."""

    def __init__(self, make: Callable[[], object]) -> None:
        self.make = make


def field(*, default_factory: Callable[[], T]) -> T:
    """A default that is made anew for each object."""
    return cast(T, _Made(default_factory))


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[T]) -> type[T]:
    """A class of values: told by its fields, compared and hashed by them, never changed."""
    told = _with_fields(cls)
    return _with(cls, __hash__=lambda self: hash(told(self)), __setattr__=_refuse, __delattr__=_refuse)


@dataclass_transform(field_specifiers=(field,))
def record(cls: type[T]) -> type[T]:
    """The same for what changes."""
    _with_fields(cls)
    return _with(cls, __hash__=None)


def fields_of(one: object) -> dict[str, Any]:
    """The fields of a value or record, by name."""
    return {name: getattr(one, name) for name in cast(Any, one).__match_args__}


def changed(one: T, **new: object) -> T:
    """A value like ``one`` but for the fields that are given."""
    return type(one)(**{**fields_of(one), **new})


def _with_fields(cls: type) -> Callable[[object], object]:
    """Gives ``cls`` what comes with fields, and what tells a value by its public ones."""
    names = tuple(cls.__annotations__)
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    makers = {name: default.make for name, default in defaults.items() if isinstance(default, _Made)}
    told = attrgetter(*(name for name in names if not name.startswith("_")))

    def equal(self: object, other: object) -> object:
        return told(self) == told(other) if other.__class__ is self.__class__ else NotImplemented

    init = _init_of(names, frozenset(names) - defaults.keys(), makers)
    _with(cls, __init__=init, __eq__=equal, __repr__=_repr, __match_args__=names)
    return told


def _init_of(names: tuple[str, ...], needed: frozenset[str], makers: Mapping[str, Callable[[], object]]) -> Any:
    """A default that is not made stays where it is: in the class."""
    least = len(needed)

    def __init__(self: object, /, *values: object, **named: object) -> None:
        for name, each in zip(names, values, strict=False):
            _put(self, name, each)
        if named or len(values) < least or len(values) > len(names):
            _check(names, len(values), needed, named)
        for name, each in named.items():
            _put(self, name, each)
        for name in makers:
            if name not in named and names.index(name) >= len(values):
                _put(self, name, makers[name]())

    return __init__


def _check(names: tuple[str, ...], given: int, needed: frozenset[str], named: Mapping[str, object]) -> None:
    """``TypeError`` where a call does not fit the fields."""
    wrong = {*(named.keys() - set(names[given:])), *(needed - set(names[:given]) - named.keys())}
    if wrong or given > len(names):
        raise TypeError(f"{given} and {sorted(named)} given for {names}: {sorted(wrong) or 'too many'}")


def _with(cls: type[T], **attributes: object) -> type[T]:
    """Sets what the class does not have of its own."""
    for name, attribute in attributes.items():
        if name not in cls.__dict__ or name == "__hash__":
            setattr(cls, name, attribute)
    return cls


def _refuse(self: object, name: str, *_: object) -> None:
    raise AttributeError(f"{type(self).__name__}.{name} never changes")


def _repr(self: object) -> str:
    told = (f"{name}={each!r}" for name, each in fields_of(self).items() if not name.startswith("_"))
    return f"{type(self).__qualname__}({', '.join(told)})"
