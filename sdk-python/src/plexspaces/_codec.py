"""JSON as the host API knows it: bytes are ``{"$bytes": base64}``, integers are exact."""

from __future__ import annotations

import binascii
import enum
import json
from typing import Any

JSON_TYPE = "application/json"


class Wildcard:
    """Matches a field of a tuple by its type. See ANY_INT and its like."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __repr__(self) -> str:
        return f"ANY_{self.kind.upper()}"


class NoJson(TypeError):
    """A value has no JSON form."""


def enum_value(member: enum.Enum) -> Any:
    """What stands for an enum's member on the wire: its value if that is a scalar, else its name."""
    value = member.value
    return value if isinstance(value, (str, int, float)) else member.name


def _plain(value: Any) -> Any:
    """The JSON form of what the json module does not know."""
    kind = type(value)
    if kind is bytes or kind is bytearray or kind is memoryview:
        return {"$bytes": binascii.b2a_base64(value, newline=False).decode("ascii")}
    fields = getattr(kind, "__dataclass_fields__", None)
    if fields is not None:
        return {
            name: getattr(value, name)
            for name, field in fields.items()
            if field._field_type.name == "_FIELD"
        }
    if isinstance(value, enum.Enum):
        return enum_value(value)
    if kind is Wildcard:
        return {"$any": value.kind}
    if isinstance(value, (set, frozenset)):
        try:
            return sorted(value)
        except TypeError:
            return list(value)
    module = kind.__module__
    if module == "datetime":
        if hasattr(value, "isoformat"):
            return value.isoformat()
        if hasattr(value, "total_seconds"):
            return value.total_seconds()
    if module in ("decimal", "uuid", "_decimal"):
        return str(value)
    if kind.__name__ == "deque":
        return list(value)
    raise NoJson(f"a {kind.__qualname__} has no JSON form")


_encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
)
_strict = json.JSONEncoder(
    ensure_ascii=False,
    allow_nan=False,
    separators=(",", ":"),
    default=lambda value: _plain(value) if isinstance(value, (bytes, bytearray)) else _lost(value),
)


def _lost(value: Any) -> Any:
    raise NoJson(
        f"a {type(value).__qualname__} would not come back as one: say so in the field's type hint"
    )


def _encode(encoder: json.JSONEncoder, value: Any) -> bytes:
    try:
        return encoder.encode(value).encode()
    except NoJson:
        raise
    except UnicodeEncodeError:
        raise NoJson("text with half of a surrogate pair has no JSON form") from None
    except ValueError as e:
        if "Circular" in str(e):
            raise NoJson("a value that contains itself has no JSON form") from None
        if "Out of range float" in str(e):
            raise NoJson("NaN and Infinity have no JSON form") from None
        raise NoJson(f"a value has no JSON form: {e}") from None


def dumps(value: Any) -> bytes:
    """JSON text in UTF-8. Raises NoJson, a TypeError, for what has no JSON form."""
    return _encode(_encoder, value)


def dumps_strict(value: Any) -> bytes:
    """Like dumps, but refuses what would come back as something else without a type hint."""
    return _encode(_strict, value)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _bytes_hook(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        text = value.get("$bytes")
        if type(text) is str:
            try:
                return binascii.a2b_base64(text, strict_mode=True)
            except (binascii.Error, ValueError) as e:
                raise ValueError(f"$bytes is not base64: {e}") from None
    return value


_decode = json.JSONDecoder(parse_constant=_no_constant).decode
_decode_bytes = json.JSONDecoder(parse_constant=_no_constant, object_hook=_bytes_hook).decode


def loads(data: bytes) -> Any:
    """The value of JSON text. Raises ValueError if it is none."""
    text = data.decode()
    return _decode_bytes(text) if '"$bytes"' in text else _decode(text)

