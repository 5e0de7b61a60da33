"""Decorators that make classes actor types, and their methods handlers."""

from __future__ import annotations

import copy
import enum
import re
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

from plexspaces._marks import (
    handler,
    init_handler,
    on,
    postpone,
    query_handler,
    run_handler,
    signal_handler,
    state_timeout,
    terminate_handler,
    transition,
)

__all__ = [
    "Actor",
    "actor",
    "actor_application_id",
    "event_actor",
    "event_sourced",
    "fsm_actor",
    "gen_server_actor",
    "handler",
    "init_handler",
    "on",
    "postpone",
    "query_handler",
    "run_handler",
    "signal_handler",
    "state",
    "state_timeout",
    "terminate_handler",
    "transition",
    "workflow_actor",
]

C = TypeVar("C", bound=type)
T = TypeVar("T")

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}\Z")
#: Facets that an app's configuration knows.
FACETS = frozenset(
    {
        "virtual_actor",
        "durability",
        "metrics",
        "timer",
        "reminder",
        "caching",
        "logging",
        "event_sourcing",
    }
)
_UNSET: Any = object()


def actor_application_id(id: str) -> str:
    """The app of an address: the part before the first slash."""
    return id.partition("/")[0] if "/" in id else ""


class Actor:
    """What every actor has. Decorators add it to classes that do not name it as their base; name
    it for the sake of a type checker."""

    #: The address, ``app/type/key``.
    actor_id: str = ""

    @property
    def application_id(self) -> str:
        """The app that this actor belongs to."""
        return actor_application_id(self.actor_id)

    def actor_application_id(self, id: str | None = None) -> str:
        """The app of an address; without one, of this actor."""
        return actor_application_id(self.actor_id if id is None else id)

    def sibling_actor_id(self, name: str) -> str:
        """The target for another actor of this app: ``type/key`` with the app before it, a child
        id as it is."""
        return f"{actor_application_id(self.actor_id)}/{name}" if "/" in name else name


class Field:
    """What ``state(..)`` leaves in a class for the decorator to find."""

    __slots__ = ("default", "factory", "name")

    def __init__(self, default: Any, factory: Callable[[], Any] | None) -> None:
        self.default = default
        self.factory = factory
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object | None, owner: type) -> Field:
        if instance is None:
            return self
        raise AttributeError(f"the state field {self.name} has no value yet", name=self.name)


@overload
def state(*, default: T) -> T: ...
@overload
def state(*, default_factory: Callable[[], T]) -> T: ...
@overload
def state() -> Any: ...
def state(*, default: Any = _UNSET, default_factory: Callable[[], Any] | None = None) -> Any:
    """A field of the declared state: what survives passivation, crashes and upgrades.

    ``name: T = state(default=..)`` or ``name: T = state(default_factory=list)``. A mutable default
    is copied for each actor. Without either the field has no value until something is assigned.
    """
    if default is not _UNSET and default_factory is not None:
        raise TypeError("state: give either default or default_factory")
    return Field(default, default_factory)


_IMMUTABLE = (str, int, float, bool, bytes, type(None), enum.Enum, frozenset)


def maker(value: Any) -> Callable[[], Any] | None:
    """Makes the first value of a field from what the class has; None if it has nothing."""
    if isinstance(value, Field):
        if value.factory is not None:
            return value.factory
        value = value.default
    if value is _UNSET:
        return None
    if isinstance(value, _IMMUTABLE):
        return lambda: value
    return lambda: copy.deepcopy(value)


def unset() -> Any:
    """Stands for a field without a default."""
    return _UNSET


#: The classes that are actor types, in the order of their registration.
registered: dict[str, Registration] = {}


class Registration:
    """A class that is an actor type."""

    __slots__ = ("behavior", "cls", "facets", "initial", "local", "name", "sourced")

    def __init__(
        self,
        cls: type,
        name: str,
        behavior: str,
        facets: list[dict[str, Any]],
        initial: Any,
        local: dict[str, Any] | None,
    ) -> None:
        self.cls = cls
        self.name = name
        self.behavior = behavior
        self.facets = facets
        self.initial = initial
        self.local = local
        self.sourced = bool(cls.__dict__.get("__plexspaces_sourced__", False))


def snake_case(name: str) -> str:
    """``QualityFSMActor`` is ``quality_fsm_actor``."""
    name = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name).lower()


def _type_name(cls: type, given: str | None) -> str:
    name = given
    if name is None:
        name = snake_case(cls.__name__).strip("_")
        name = name[: -len("_actor")] if name.endswith("_actor") else name
    if not isinstance(name, str) or not _NAME.match(name):
        raise TypeError(f"class {cls.__qualname__}: {name!r} cannot name an actor type")
    return name


def _facets(cls: type, given: Iterable[Any] | None) -> list[dict[str, Any]]:
    facets = []
    for facet in given or ():
        one = {"type": facet} if isinstance(facet, str) else facet
        kind = one.get("type") if isinstance(one, dict) else None
        if kind not in FACETS:
            raise TypeError(
                f"class {cls.__qualname__}: unknown facet {facet!r}; one of "
                f"{', '.join(sorted(FACETS))}, as a name or as {{'type': .., 'config': {{..}}}}"
            )
        facets.append(dict(one))
    return facets


def _register(
    cls: type,
    behavior: str,
    frame: types.FrameType,
    name: str | None,
    facets: Iterable[Any] | None,
    initial: Any = None,
) -> None:
    if not isinstance(cls, type):
        raise TypeError(f"an actor is a class; {cls!r} is none")
    type_name = _type_name(cls, name)
    known = registered.get(type_name)
    if known is not None and not _same(known.cls, cls):
        raise TypeError(
            f'two classes are the actor type "{type_name}": {known.cls.__qualname__} and '
            f"{cls.__qualname__}; give one a type=.."
        )
    local = None if frame.f_locals is frame.f_globals else dict(frame.f_locals)
    entry = Registration(cls, type_name, behavior, _facets(cls, facets), initial, local)
    if not issubclass(cls, Actor):
        for attribute, value in vars(Actor).items():
            if not attribute.startswith("__") and not hasattr(cls, attribute):
                setattr(cls, attribute, value)
    setattr(cls, "__plexspaces_type__", entry)
    registered[type_name] = entry


def _same(a: type, b: type) -> bool:
    """A module that is loaded again, or a test that is, registers its classes again."""
    return a.__module__ == b.__module__ and a.__qualname__ == b.__qualname__


@overload
def actor(cls: C) -> C: ...
@overload
def actor(
    *, type: str | None = None, facets: Iterable[Any] | None = None
) -> Callable[[C], C]: ...
def actor(
    cls: Any = None, *, type: str | None = None, facets: Iterable[Any] | None = None
) -> Any:
    """The class is an actor type that handles one message at a time (GenServer).

    Bare, or with ``type=".."`` for another name than the class's in snake_case without a trailing
    ``Actor``, and ``facets=[..]``: what it is meant to run with. The app's configuration decides
    what it does run with.
    """
    return _decorator(cls, "GenServer", type, facets)


gen_server_actor = actor


@overload
def event_actor(cls: C) -> C: ...
@overload
def event_actor(
    *, type: str | None = None, facets: Iterable[Any] | None = None
) -> Callable[[C], C]: ...
def event_actor(
    cls: Any = None, *, type: str | None = None, facets: Iterable[Any] | None = None
) -> Any:
    """The class is told of events: methods with ``@on("event")`` (GenEvent)."""
    return _decorator(cls, "GenEvent", type, facets)


@overload
def fsm_actor(cls: C) -> C: ...
@overload
def fsm_actor(
    *, type: str | None = None, facets: Iterable[Any] | None = None, initial: Any = None
) -> Callable[[C], C]: ...
def fsm_actor(
    cls: Any = None,
    *,
    type: str | None = None,
    facets: Iterable[Any] | None = None,
    initial: Any = None,
) -> Any:
    """The class is a state machine: methods with ``@transition`` (GenFSM). ``initial`` is its first
    state, unless it declares ``current_state`` itself."""
    return _decorator(cls, "GenFSM", type, facets, initial)


@overload
def workflow_actor(cls: C) -> C: ...
@overload
def workflow_actor(
    *, type: str | None = None, facets: Iterable[Any] | None = None
) -> Callable[[C], C]: ...
def workflow_actor(
    cls: Any = None, *, type: str | None = None, facets: Iterable[Any] | None = None
) -> Any:
    """The class is a workflow: a method with ``@run_handler`` (Workflow)."""
    return _decorator(cls, "Workflow", type, facets)


def _decorator(
    cls: Any, behavior: str, name: str | None, facets: Any, initial: Any = None
) -> Any:
    frame = sys._getframe(2)
    if cls is not None:
        _register(cls, behavior, frame, name, facets, initial)
        return cls

    def decorate(decorated: C) -> C:
        _register(decorated, behavior, frame, name, facets, initial)
        return decorated

    return decorate


def event_sourced(cls: C) -> C:
    """Class decorator: ``handle(self, op, payload)`` returns events, ``update(self, event)`` folds
    them. Stands below the actor decorator. Needs a journal of events, which nodes of this version
    do not keep: activating such an actor is refused as UNIMPLEMENTED."""
    for method in ("handle", "update"):
        if not callable(getattr(cls, method, None)):
            raise TypeError(f"class {cls.__qualname__}: an event-sourced actor has {method}(..)")
    setattr(cls, "__plexspaces_sourced__", True)
    return cls
