"""Decorators that make classes actor types, and their methods handlers."""

from __future__ import annotations

import copy
import enum
import re
import sys
import types
import typing
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

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
F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}\Z")
_KINDS = ("call", "cast", "query")
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
MARKS = "__plexspaces__"
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


class Mark:
    """What a method was decorated with."""

    __slots__ = ("kind", "op", "role", "source", "target", "whole")

    def __init__(
        self,
        role: str,
        op: str | None = None,
        kind: str = "call",
        whole: bool = False,
        source: tuple[Any, ...] | None = None,
        target: Any = None,
    ) -> None:
        self.role = role
        self.op = op
        self.kind = kind
        self.whole = whole
        self.source = source
        self.target = target


def _mark(function: F, mark: Mark) -> F:
    if not callable(function):
        raise TypeError(f"@{mark.role} is for methods; {function!r} is none")
    marks = list(getattr(function, MARKS, ()))
    marks.append(mark)
    setattr(function, MARKS, marks)
    return function


@overload
def handler(op: F) -> F: ...
@overload
def handler(op: str | None = None, kind: str = "call") -> Callable[[F], F]: ...
def handler(op: Any = None, kind: str = "call") -> Any:
    """The method handles an operation: ``@handler("op")`` replies, ``@handler("op", "cast")`` does
    not, ``@handler("op", "query")`` only reads. Bare, or without a name, the method's name is the
    operation's. A generator is a stream of values."""
    if callable(op):
        return _mark(op, Mark("handler"))
    if op is not None and not (isinstance(op, str) and op):
        raise TypeError(f"@handler: an operation's name is a string, not {op!r}")
    if kind not in _KINDS:
        raise TypeError(f"@handler({op!r}): unknown kind {kind!r}; one of {', '.join(_KINDS)}")
    return lambda function: _mark(function, Mark("handler", op, kind))


def init_handler(function: F) -> F:
    """Runs when the actor is activated, before its stored state is restored. Gets ``config``:
    ``actor_id``, ``app_id``, ``type``, ``key``, ``args``, ``env``, ``restored``."""
    return _mark(function, Mark("init_handler", whole=True))


def terminate_handler(function: F) -> F:
    """Runs when the actor is stopped; may take the ``reason``."""
    return _mark(function, Mark("terminate_handler", whole=True))


def run_handler(function: F) -> F:
    """The operation ``run`` of a workflow; its first parameter gets the whole request."""
    return _mark(function, Mark("run_handler", "run", whole=True))


def signal_handler(name: str) -> Callable[[F], F]:
    """The method takes the signal ``name`` of a workflow: an operation without a reply."""
    return lambda function: _mark(function, Mark("signal_handler", name, "cast"))


def query_handler(name: str) -> Callable[[F], F]:
    """The method answers the query ``name`` of a workflow: an operation that only reads."""
    return lambda function: _mark(function, Mark("query_handler", name, "query"))


def on(event: str) -> Callable[[F], F]:
    """The method is told of ``event``. Several may be: one that fails does not stop the others."""
    if not isinstance(event, str) or not event:
        raise TypeError(f"@on: an event's name is a string, not {event!r}")
    return lambda function: _mark(function, Mark("on", event, "cast"))


def transition(
    op: str, *, from_: Any = None, to: Any = None, kind: str = "call"
) -> Callable[[F], F]:
    """The operation ``op`` leads from the state ``from_`` (one, or several in a list; none is any)
    to the state ``to`` (none: the method sets ``self.current_state``, or it stays)."""
    if kind not in ("call", "cast"):
        raise TypeError(f"@transition({op!r}): unknown kind {kind!r}; one of call, cast")
    source = None
    if from_ is not None:
        source = tuple(from_) if isinstance(from_, (list, tuple, set, frozenset)) else (from_,)
    return lambda function: _mark(function, Mark("transition", op, kind, False, source, to))


def state_timeout(state: Any, ms: int, op: str) -> Callable[[C], C]:
    """Class decorator: after ``ms`` milliseconds in ``state`` the actor gets ``op``. Leaving the
    state ends the timer. Stands below the actor decorator; needs ``host.send_after``."""
    if not isinstance(ms, int) or ms < 1:
        raise TypeError(f"@state_timeout: {ms!r} is no number of milliseconds")

    def decorate(cls: C) -> C:
        own = dict(cls.__dict__.get("__plexspaces_timeouts__", {}))
        own[state] = (ms, op)
        setattr(cls, "__plexspaces_timeouts__", own)
        return cls

    return decorate


class Postponed(BaseException):
    """Ends a handler whose message waits for another state."""


def postpone() -> typing.NoReturn:
    """In a handler of an FSM: the running message waits until the state has changed. Messages
    without a reply only; a call would need its reply deferred and is refused as UNIMPLEMENTED."""
    raise Postponed("postpone() works only in a method with @transition")


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
