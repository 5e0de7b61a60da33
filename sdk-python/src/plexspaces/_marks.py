"""The decorators of methods: what a method of an actor is there for."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any, TypeVar, overload

C = TypeVar("C", bound=type)
F = TypeVar("F", bound=Callable[..., Any])

_KINDS = ("call", "cast", "query")
MARKS = "__plexspaces__"


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
