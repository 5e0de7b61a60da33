"""Shapes of classes: dataclasses, typed dicts, named tuples, enums, and some of the library's."""

from __future__ import annotations

import collections.abc
import enum
import typing
from collections.abc import Callable
from typing import Any

from plexspaces import _codec
from plexspaces._shapes import Defs, Mismatch, Shape, choice, describe, mismatch, shape
from plexspaces._structures import mapping, tuple_of


def of_class(kind: type) -> Shape:
    """A class that users wrote, or one of the standard library's."""
    if hasattr(kind, "__dataclass_fields__"):
        return _dataclass(kind)
    if issubclass(kind, enum.Enum):
        return _enum(kind)
    if typing.is_typeddict(kind):
        return _typed_dict(kind)
    if issubclass(kind, tuple) and hasattr(kind, "_fields"):
        return _named_tuple(kind)
    if kind.__module__ in ("datetime", "decimal", "_decimal", "uuid"):
        return _standard(kind)
    if kind is collections.OrderedDict or kind is collections.defaultdict:
        return mapping(kind, str, Any)
    raise TypeError(
        f"{describe(kind)} has no JSON form: use a dataclass, an enum, a TypedDict or plain values"
    )


def hints_of(owner: Any, local: dict[str, Any] | None = None) -> dict[str, Any]:
    """The hints of a class or function; one that cannot be found is Any."""
    try:
        return typing.get_type_hints(owner, localns=local, include_extras=True)
    except NameError as e:
        # Imported for the type checker only, or local to a function: known to nobody here.
        known = dict(local or {})
        while e.name is not None and e.name not in known:
            known[e.name] = Any
            try:
                return typing.get_type_hints(owner, localns=known, include_extras=True)
            except NameError as again:
                e = again
            except TypeError:
                break
        return {}


class _Part:
    """A field of an object."""

    __slots__ = ("default", "doc", "name", "required", "shape")

    def __init__(self, name: str, part: Shape, required: bool, default: Any = None) -> None:
        self.name = name
        self.shape = part
        self.required = required
        self.default = default


def _object(
    kind: type,
    parts: list[_Part],
    build: Callable[[dict[str, Any]], Any],
    get: Callable[[Any, str], Any],
    instance: type,
) -> Shape:
    optional = instance is dict  # a typed dict's keys may be left out

    def decode(value: Any, where: str) -> Any:
        if type(value) is not dict:
            if not optional and isinstance(value, instance):
                return value
            raise mismatch(where, "an object", value)
        found = {}
        for part in parts:
            name = part.name
            if name in value:
                one = part.shape.decode
                found[name] = value[name] if one is None else one(value[name], f"{where}.{name}")
            elif part.required:
                raise Mismatch(f"{where}.{name} is missing")
        return build(found)

    def encode(value: Any) -> Any:
        if not isinstance(value, instance):
            raise _codec.NoJson(f"a {type(value).__qualname__} is no {describe(kind)}")
        given: Any = value
        result: dict[str, Any] = {}
        for part in parts:
            if optional and part.name not in given:
                continue
            one = part.shape.encode
            v = get(given, part.name)
            result[part.name] = v if one is None or v is None else one(v)
        return result

    return Shape(_reference(kind, parts), decode, encode, (instance,))


def _reference(kind: type, parts: list[_Part]) -> Callable[[Defs], dict[str, Any]]:
    def make(defs: Defs) -> dict[str, Any]:
        name, n = kind.__name__, 1
        while name in defs and defs[name][0] is not kind:
            n += 1
            name = f"{kind.__name__}{n}"
        if name not in defs:
            schema: dict[str, Any] = {"type": "object"}
            known = dict(defs)
            defs[name] = (kind, schema)
            properties = {}
            for p in parts:
                properties[p.name] = with_default(p.shape.make_schema(defs), p.default)
            schema["properties"] = properties
            required = [p.name for p in parts if p.required]
            if required:
                schema["required"] = required
            if not _refers(schema, name) and not any(
                _refers(d, name) for n, (_, d) in defs.items() if n not in known and n != name
            ):
                del defs[name]  # only what contains itself needs a name
                return schema
        return {"$ref": f"#/$defs/{name}"}

    return make


def _refers(part: Any, name: str) -> bool:
    if isinstance(part, dict):
        return part.get("$ref") == f"#/$defs/{name}" or any(
            _refers(p, name) for p in part.values()
        )
    return isinstance(part, (list, tuple)) and any(_refers(p, name) for p in part)


def with_default(schema: dict[str, Any], default: Any) -> dict[str, Any]:
    """The schema with a default, if that is a plain value."""
    if isinstance(default, enum.Enum):
        default = _codec.enum_value(default)
    if type(default) in (str, int, bool) or (type(default) is float and default - default == 0):
        return {**schema, "default": default}
    return schema


def _dataclass(kind: Any) -> Shape:
    import dataclasses  # whoever has such a class has it loaded

    hints = hints_of(kind)
    missing = dataclasses.MISSING
    parts = [
        _Part(
            f.name,
            shape(hints.get(f.name, Any)),
            f.default is missing and f.default_factory is missing,
            None if f.default is missing else f.default,
        )
        for f in dataclasses.fields(kind)
    ]
    late = [f.name for f in dataclasses.fields(kind) if not f.init]
    for part in parts:
        part.required = part.required and part.name not in late

    def build(found: dict[str, Any]) -> Any:
        after = {name: found.pop(name) for name in late if name in found}
        made = kind(**found)
        for name, value in after.items():
            object.__setattr__(made, name, value)
        return made

    return _object(kind, parts, build, getattr, kind)


def _typed_dict(kind: Any) -> Shape:
    required = kind.__required_keys__
    parts = [_Part(name, shape(hint), name in required) for name, hint in hints_of(kind).items()]
    return _object(kind, parts, lambda found: found, dict.__getitem__, dict)


def _named_tuple(kind: Any) -> Shape:
    hints = hints_of(kind)
    inner = tuple_of(tuple(hints.get(name, Any) for name in kind._fields))
    inner_decode = inner.decode
    assert inner_decode is not None
    return Shape(
        inner.make_schema,
        lambda value, where: kind(*inner_decode(value, where)),
        inner.encode,
        (kind,),
    )


def _enum(kind: type[enum.Enum]) -> Shape:
    members = {_codec.enum_value(m): m for m in kind}
    expected = "one of " + ", ".join(str(v) for v in members)
    flags = issubclass(kind, enum.Flag)

    def decode(value: Any, where: str) -> Any:
        if isinstance(value, kind):
            return value
        if type(value) in (str, int, float):
            found = members.get(value)
            if found is not None:
                return found
            if flags and type(value) is int:
                try:
                    return kind(value)
                except ValueError:
                    pass
        raise Mismatch(f"{where} must be {expected}, not {value!r}")

    def encode(value: Any) -> Any:
        return _codec.enum_value(value) if isinstance(value, enum.Enum) else value

    schema: dict[str, Any] = {"type": "integer"} if flags else choice(list(members))
    return Shape(lambda _d: dict(schema), decode, encode, (kind,))


def _standard(kind: Any) -> Shape:
    """Dates, times, decimals and UUIDs are strings; a timedelta is a number of seconds."""
    name = kind.__name__
    if name == "timedelta":
        return Shape(
            lambda _d: {"type": "number"},
            lambda value, where: kind(seconds=_number(value, where)),
            lambda value: value.total_seconds(),
            (kind,),
        )
    if name in _ISO:
        read, write, form = kind.fromisoformat, kind.isoformat, _ISO[name]
    elif name in ("Decimal", "UUID"):
        read, write, form = kind, str, "uuid" if name == "UUID" else ""
    else:
        raise TypeError(f"{describe(kind)} has no JSON form")

    def decode(value: Any, where: str) -> Any:
        if type(value) is str or (name == "Decimal" and type(value) is int):
            try:
                return read(value)
            except (ValueError, ArithmeticError):
                raise Mismatch(f"{where} must be a {name.lower()}, not {value!r}") from None
        raise mismatch(where, f"a string with a {name.lower()}", value)

    schema: dict[str, Any] = {"type": "string"}
    if name == "Decimal":
        schema = {"type": ["string", "integer"]}
    if form:
        schema["format"] = form
    return Shape(lambda _d: dict(schema), decode, write, (kind,))


_ISO = {"datetime": "date-time", "date": "date", "time": "time"}


def _number(value: Any, where: str) -> float:
    if type(value) in (int, float):
        return float(value)
    raise mismatch(where, "a number of seconds", value)
