"""How a payload becomes the arguments of a handler. All that can be found out once, is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plexspaces._functions import REQUIRED, parameters, unwrapped
from plexspaces._shapes import ANY, Mismatch, Shape, describe, json_name, shape
from plexspaces._classes import hints_of, with_default
from plexspaces.errors import BusinessError


class MessageInfo:
    """What is known of the running message. A parameter of this type gets it."""

    __slots__ = ("content_type", "from_", "id", "kind", "op")

    #: The operation that was asked for.
    op: str
    #: "call", "cast" or "query".
    kind: str
    #: The message's id: the same again when a message is delivered again.
    id: str
    #: The address of the actor that sent it; None for a client's.
    from_: str | None
    #: None for JSON; else the payload is bytes of this type.
    content_type: str | None

    def __init__(self, header: dict[str, Any]) -> None:
        self.op = header.get("op", "")
        self.kind = header.get("kind", "call")
        self.id = header.get("id", "")
        self.from_ = header.get("from")
        self.content_type = header.get("content_type")

    def __repr__(self) -> str:
        return f"MessageInfo(op={self.op!r}, kind={self.kind!r}, from_={self.from_!r})"


class Binding:
    """The arguments of one handler.

    ``whole`` says that its first parameter gets the whole payload, whatever its name.
    """

    __slots__ = ("info", "parameters", "payload", "payload_shape", "rest", "returns")

    def __init__(
        self,
        function: Callable[..., Any],
        where: str,
        whole: bool = False,
        local: dict[str, Any] | None = None,
    ) -> None:
        hints = hints_of(unwrapped(function), local)
        #: (name, shape, required, default) in the order of the signature.
        self.parameters: list[tuple[str, Shape, bool, Any]] = []
        self.payload: str | None = None
        self.payload_shape = ANY
        self.info: str | None = None
        declared, self.rest, unnamed = parameters(function)
        if unnamed is not None:
            raise TypeError(f"{where}: {unnamed} cannot be given by name, so no payload reaches it")
        self.returns = hints.get("return", Any)
        for position, (name, default) in enumerate(declared):
            hint = hints.get(name, Any)
            if hint is MessageInfo:
                self.info = name
            elif name == "payload" or (whole and position == 0):
                self.payload = name
                self.payload_shape = self._shape(hint, name, where)
            else:
                part = self._shape(hint, name, where)
                if default is None and part.decode is not None:
                    part = _optional(part)
                self.parameters.append((name, part, default is REQUIRED, default))

    @staticmethod
    def _shape(hint: Any, name: str, where: str) -> Shape:
        try:
            return shape(hint)
        except TypeError as e:
            raise TypeError(f'{where}: the parameter "{name}": {e}') from None

    def arguments(self, payload: Any, header: dict[str, Any]) -> dict[str, Any]:
        """Keyword arguments for the handler. Raises BusinessError naming what does not fit."""
        given: dict[str, Any] = {}
        try:
            if self.payload is not None:
                decode = self.payload_shape.decode
                given[self.payload] = payload if decode is None else decode(payload, "the payload")
            if self.parameters or self.rest:
                if type(payload) is not dict:
                    if payload is not None and self.payload is None:
                        raise Mismatch(f"the payload must be an object, not {json_name(payload)}")
                    payload = {}
                for name, part, required, _ in self.parameters:
                    if name in payload:
                        value = payload[name]
                        decode = part.decode
                        given[name] = value if decode is None else decode(value, name)
                    elif required:
                        raise Mismatch(f"{name} is missing")
                if self.rest:
                    for name, value in payload.items():
                        if name not in given and name != "self":
                            given[name] = value
        except Mismatch as e:
            raise BusinessError("INVALID_ARGUMENT", f"{header.get('op')}: {e}") from None
        if self.info is not None:
            given[self.info] = MessageInfo(header)
        return given

    def input_schema(self) -> dict[str, Any] | None:
        """JSON Schema of the payload; None if anything is taken."""
        defs: dict[str, Any] = {}
        if self.payload is not None and not self.parameters:
            if self.payload_shape is ANY:
                return None
            return rooted(self.payload_shape.make_schema(defs), defs)
        if not self.parameters:
            return None
        properties = {
            name: with_default(part.make_schema(defs), default)
            for name, part, _, default in self.parameters
        }
        schema: dict[str, Any] = {"type": "object", "properties": properties}
        required = [name for name, _, needed, _ in self.parameters if needed]
        if required:
            schema["required"] = required
        return rooted(schema, defs)

    def output_schema(self, stream: bool) -> dict[str, Any] | None:
        """JSON Schema of the reply, or of each value of a stream; None if nothing is known."""
        hint = self.returns
        if stream:
            arguments = getattr(hint, "__args__", ())
            hint = arguments[0] if arguments else Any
        try:
            found = shape(hint)
        except TypeError:
            return None
        if found is ANY:
            return None
        defs: dict[str, Any] = {}
        return rooted(found.make_schema(defs), defs)


def _optional(part: Shape) -> Shape:
    """What a parameter takes whose default is None, though its hint does not say so."""
    decode = part.decode
    assert decode is not None

    def or_none(value: Any, where: str) -> Any:
        return None if value is None else decode(value, where)

    def schema(defs: dict[str, Any]) -> dict[str, Any]:
        inner = part.make_schema(defs)
        if {"type": "null"} in inner.get("anyOf", ()):
            return inner
        return {"anyOf": [inner, {"type": "null"}]}

    return Shape(schema, or_none, part.encode, (*part.instance, type(None)))


def rooted(schema: dict[str, Any], defs: dict[str, Any]) -> dict[str, Any]:
    """A schema with the definitions that it refers to; one that is only a reference is opened."""
    reference = schema.get("$ref")
    if reference is not None:
        name = reference.rpartition("/")[2]
        own: dict[str, Any] = defs[name][1]
        if not _refers(list(defs.values()), reference):
            defs = {k: v for k, v in defs.items() if k != name}
            schema = own
        else:
            schema = dict(own)
    if defs:
        schema = {**schema, "$defs": {name: body for name, (_, body) in defs.items()}}
    return schema


def _refers(part: Any, reference: str) -> bool:
    if isinstance(part, dict):
        return part.get("$ref") == reference or any(_refers(p, reference) for p in part.values())
    return isinstance(part, (list, tuple)) and any(_refers(p, reference) for p in part)


__all__ = ["Binding", "MessageInfo", "describe", "rooted"]
