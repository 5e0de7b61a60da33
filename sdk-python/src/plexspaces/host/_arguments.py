"""Helpers of the operations: what is not given is left out of the header."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plexspaces import _codec


class _NotGiven:
    def __repr__(self) -> str:
        return "not given"


#: Stands for an argument that was not given where None means something.
NOT_GIVEN: Any = _NotGiven()


def header(**arguments: Any) -> dict[str, Any]:
    """The arguments that are not None."""
    return {name: value for name, value in arguments.items() if value is not None}


def body(payload: Any, content_type: str | None = None) -> bytes:
    """A payload as the body of a frame: JSON, or bytes as they are where a type is given."""
    if content_type is None or content_type == _codec.JSON_TYPE:
        return _codec.dumps({} if payload is None else payload)
    return raw(payload)


def raw(data: Any) -> bytes:
    """Bytes as they are; text in UTF-8."""
    if isinstance(data, str):
        return data.encode()
    if isinstance(data, (bytes, bytearray, memoryview)):
        return bytes(data)
    raise TypeError(f"bytes are needed, not a {type(data).__qualname__}")


def addressed(op: Any, payload: Any) -> tuple[str, Any]:
    """Operation and payload of ``(op, payload)`` or of ``({"op": op, ..},)``."""
    if isinstance(op, str):
        return op, payload
    if isinstance(op, Mapping):
        if payload is not None:
            raise TypeError('the payload is given twice: the mapping with "op" has it already')
        rest = dict(op)
        name = rest.pop("op", None)
        if not isinstance(name, str):
            raise TypeError('the mapping has no "op" that says which operation is meant')
        return name, rest
    raise TypeError(f"an operation is a string, not a {type(op).__qualname__}")


def request(operation: str, first: str, value: Any, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an operation that also takes them all as one mapping."""
    given = {name: v for name, v in arguments.items() if v is not NOT_GIVEN}
    if isinstance(value, Mapping):
        if given:
            raise TypeError(f"{operation}: {next(iter(given))} is given beside the mapping")
        for name in value:
            if name != first and name not in arguments:
                known = ", ".join([first, *arguments])
                raise TypeError(f"{operation}: unknown option {name!r}; one of {known}")
        if first not in value:
            raise TypeError(f"{operation}: {first} is missing")
        return dict(value)
    return {first: value, **given}
