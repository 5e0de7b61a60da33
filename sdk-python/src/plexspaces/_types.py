"""Actor types as the guest runs them: made of a registered class, once."""

from __future__ import annotations

import enum
import typing
from collections.abc import Callable
from typing import Any

from plexspaces import _codec
from plexspaces._binding import Binding
from plexspaces._functions import doc as doc_of
from plexspaces._functions import is_coroutine, is_stream
from plexspaces._shapes import Shape, shape
from plexspaces._classes import hints_of
from plexspaces._marks import MARKS, Mark
from plexspaces.actors import Field, Registration, maker, registered, unset
from plexspaces.errors import BusinessError, HostError, unimplemented

STATE_TIMEOUT = "__STATE_TIMEOUT__"


class Method:
    """A handler: a function of the class and how it is called."""

    __slots__ = ("binding", "coroutine", "function", "name", "source", "stream", "target")

    def __init__(self, name: str, function: Callable[..., Any], binding: Binding, mark: Mark) -> None:
        self.name = name
        self.function = function
        self.binding = binding
        self.stream = is_stream(function)
        self.coroutine = is_coroutine(function)
        self.source = mark.source
        self.target = mark.target


class Operation:
    """An operation of a type. Events and transitions may have several methods."""

    __slots__ = ("kind", "methods", "name", "role", "stream")

    def __init__(self, name: str, kind: str, role: str, stream: bool) -> None:
        self.name = name
        self.kind = kind
        self.role = role
        self.stream = stream
        self.methods: list[Method] = []


class StateField:
    """A field of the declared state."""

    __slots__ = ("make", "name", "shape")

    def __init__(self, name: str, make: Callable[[], Any] | None, part: Shape) -> None:
        self.name = name
        self.make = make
        self.shape = part


class ActorType:
    """What the guest knows of a registered class."""

    def __init__(self, registration: Registration) -> None:
        self.cls = registration.cls
        self.name = registration.name
        self.behavior = registration.behavior
        self.facets = registration.facets
        self.sourced = registration.sourced
        self.init: Method | None = None
        self.terminate: Method | None = None
        self.operations: dict[str, Operation] = {}
        self.timeouts: dict[Any, tuple[int, str]] = {}
        self._where = f"class {self.cls.__qualname__}"
        self.fields = self._state_fields(registration.local)
        self._find_methods(registration.local)
        self.machine = any(op.role == "transition" for op in self.operations.values())
        self.initial = registration.initial
        self._check(registration)

    # ---- declared state

    def _state_fields(self, local: dict[str, Any] | None) -> list[StateField]:
        fields = []
        hints = hints_of(self.cls, local)
        for base in self.cls.__mro__:
            for name, value in vars(base).items():
                if isinstance(value, Field) and name not in hints:
                    raise TypeError(f"{self._where}: the state field {name} needs a type hint")
        for name, hint in hints.items():
            origin = typing.get_origin(hint)
            if name == "actor_id" or typing.ClassVar in (origin, hint):
                continue
            if typing.Final in (origin, hint):
                continue
            value = getattr(self.cls, name, unset())
            value = self.cls.__dict__.get(name, value)
            if isinstance(value, property):
                continue
            try:
                part = shape(hint)
            except TypeError as e:
                raise TypeError(
                    f"{self._where}: the state field {name}: {e}. A field that is no state is"
                    f" annotated as ClassVar[..], or assigned without a hint"
                ) from None
            fields.append(StateField(name, maker(value), part))
        return fields

    def create(self, actor_id: str) -> Any:
        """A new instance with the defaults of its declared state."""
        instance: Any = object.__new__(self.cls)
        instance.actor_id = actor_id
        for field in self.fields:
            if field.make is not None:
                setattr(instance, field.name, field.make())
        if self.machine and self.initial is not None:
            instance.current_state = self.initial
        construct: Any = getattr(self.cls, "__init__")  # noqa: B009
        if construct is not object.__init__:
            construct(instance)
        return instance

    def snapshot(self, instance: Any, hidden: dict[str, Any]) -> bytes:
        """The declared state as JSON. Raises TypeError naming the field that has no JSON form."""
        values = {}
        try:
            own = instance.__dict__
            name = ""
            for field in self.fields:
                name = field.name
                if name in own:
                    value = own[name]
                    if value is not None and field.shape.encode is not None:
                        value = field.shape.encode(value)
                    check_keys(value)
                    values[name] = value
            if hidden:
                values["$sdk"] = hidden
            return _codec.dumps_strict(values)
        except (TypeError, AttributeError, ValueError) as e:
            # The encoder does not say where; the fields one by one do.
            for key, value in values.items():
                try:
                    _codec.dumps_strict(value)
                except TypeError as why:
                    name, e = key, why
                    break
            raise TypeError(f"the state field {name} of {self.cls.__qualname__}: {e}") from None

    def restore(self, instance: Any, stored: Any, exact: bool = False) -> dict[str, Any]:
        """Lays stored state over the defaults; answers what the SDK itself had kept.

        With ``exact`` it is all there is: a declared field that was not stored was not set.
        """
        if type(stored) is not dict:
            raise HostError("DATA_LOSS", "the stored state is no object")
        for field in self.fields:
            name = field.name
            if name in stored:
                value = stored[name]
                if value is not None and field.shape.decode is not None:
                    try:
                        value = field.shape.decode(value, f"the state field {name}")
                    except Exception as e:
                        raise HostError(
                            "FAILED_PRECONDITION",
                            f"the stored state does not fit {self.cls.__qualname__}: {e}",
                        ) from None
                default = instance.__dict__.get(name)
                if type(value) is dict and isinstance(default, dict) and type(default) is not dict:
                    # A defaultdict, a Counter: the default knows what no JSON says.
                    default.clear()
                    default.update(value)
                    value = default
                setattr(instance, name, value)
            elif exact:
                instance.__dict__.pop(name, None)
        hidden = stored.get("$sdk")
        return hidden if type(hidden) is dict else {}

    # ---- operations

    def _find_methods(self, local: dict[str, Any] | None) -> None:
        marked: dict[str, list[Mark]] = {}
        for base in reversed(self.cls.__mro__):
            for name, value in vars(base).items():
                if isinstance(value, (staticmethod, classmethod)):
                    if getattr(value.__func__, MARKS, None):
                        raise TypeError(f"{self._where}: {name} must be a plain method")
                    continue
                marks = getattr(value, MARKS, None)
                if marks:
                    marked[name] = marks
        for base in reversed(self.cls.__mro__):
            self.timeouts.update(vars(base).get("__plexspaces_timeouts__", {}))
        for name, marks in marked.items():
            for mark in marks:
                self._add(name, getattr(self.cls, name), mark, local)

    def _add(self, name: str, function: Any, mark: Mark, local: dict[str, Any] | None) -> None:
        where = f"{self.cls.__qualname__}.{name}"
        method = Method(name, function, Binding(function, where, mark.whole, local), mark)
        if mark.role in ("init_handler", "terminate_handler"):
            slot = "init" if mark.role == "init_handler" else "terminate"
            other = getattr(self, slot)
            if other is not None:
                raise TypeError(f"{self._where}: {other.name} and {name} are both @{mark.role}")
            if method.stream:
                raise TypeError(f"{where}: @{mark.role} cannot be a generator")
            setattr(self, slot, method)
            return
        op = mark.op or name
        if method.stream and mark.role != "handler":
            raise TypeError(f"{where}: @{mark.role} cannot be a generator")
        if method.stream and mark.kind == "cast":
            raise TypeError(f"{where}: a cast has no reply, so it cannot be a generator")
        known = self.operations.get(op)
        if known is None:
            known = self.operations[op] = Operation(op, mark.kind, mark.role, method.stream)
        elif known.role != mark.role or mark.role not in ("on", "transition"):
            raise TypeError(
                f'{self._where}: {known.methods[0].name} and {name} both handle "{op}"'
            )
        elif known.kind != mark.kind:
            raise TypeError(f'{self._where}: "{op}" is both a {known.kind} and a {mark.kind}')
        known.methods.append(method)

    def _check(self, registration: Registration) -> None:
        declared = {f.name: f for f in self.fields}
        if self.machine:
            own = declared.get("current_state")
            if self.initial is None and (own is None or own.make is None):
                raise TypeError(
                    f"{self._where}: transitions need a first state: @fsm_actor(initial=..), or a"
                    f" field current_state: .. = state(default=..)"
                )
            if own is None:
                hint = type(self.initial)
                part = shape(hint if isinstance(self.initial, enum.Enum) else Any)
                self.fields.append(StateField("current_state", None, part))
        if self.timeouts:
            if not self.machine:
                raise TypeError(f"{self._where}: @state_timeout needs @transition methods")
            for state, (_, op) in self.timeouts.items():
                if op not in self.operations:
                    raise TypeError(
                        f'{self._where}: @state_timeout({state!r}) names "{op}", which no method'
                        f" handles"
                    )
            self.operations[STATE_TIMEOUT] = Operation(STATE_TIMEOUT, "cast", "timeout", False)
        if self.behavior == "Workflow" and "run" not in self.operations:
            raise TypeError(f"{self._where}: a workflow needs a method with @run_handler")
        if not self.operations and not self.sourced:
            raise TypeError(f"{self._where}: it has no handlers, so nobody could call it")

    def unknown(self, op: str) -> BusinessError:
        """The refusal of an operation that the type has not."""
        known = ", ".join(self.operations) or "none"
        return BusinessError(
            "NOT_FOUND", f'actor type "{self.name}" has no operation "{op}"; it has {known}'
        )

    def describe(self) -> dict[str, Any]:
        """The type's part of the module's description."""
        operations = []
        for op in self.operations.values():
            entry: dict[str, Any] = {"name": op.name, "kind": op.kind}
            if op.stream:
                entry["stream"] = True
            if len(op.methods) == 1:
                method = op.methods[0]
                doc = doc_of(method.function)
                if doc:
                    entry["doc"] = doc
                schema = method.binding.input_schema()
                if schema is not None:
                    entry["input"] = schema
                schema = method.binding.output_schema(op.stream) if op.kind != "cast" else None
                if schema is not None:
                    entry["output"] = schema
            operations.append(entry)
        described = {"name": self.name, "behavior": self.behavior, "operations": operations}
        if self.facets:
            described["facets"] = self.facets
        return described

    def require_runnable(self) -> None:
        """Raises UNIMPLEMENTED for what no host of this version can run."""
        if self.sourced:
            raise unimplemented("event sourcing (@event_sourced, a journal of events)")


def check_keys(value: Any) -> None:
    """json would write the key 1 as "1", and it would come back as that."""
    kind = type(value)
    if kind is dict:
        try:
            "".join(value)
        except TypeError:
            key = next(k for k in value if not isinstance(k, str))
            raise TypeError(
                f"the key {key!r} of a dict would come back as a string: say so in the field's"
                f" type hint, as in dict[{type(key).__name__}, ..]"
            ) from None
        for v in value.values():
            if type(v) is dict or type(v) is list:
                check_keys(v)
    elif kind is list:
        for v in value:
            if type(v) is dict or type(v) is list:
                check_keys(v)


def compiled() -> dict[str, ActorType]:
    """All registered types by name; each class is looked at once."""
    return {name: of(registration) for name, registration in registered.items()}


_compiled: dict[type, ActorType] = {}


def of(registration: Registration) -> ActorType:
    """The type of a registration."""
    found = _compiled.get(registration.cls)
    if found is None:
        found = _compiled[registration.cls] = ActorType(registration)
    return found


__all__ = ["STATE_TIMEOUT", "ActorType", "Method", "Operation", "compiled", "of", "registered"]
