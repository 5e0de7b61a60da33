"""Shapes of what holds others: collections, mappings and tuples."""

from __future__ import annotations

import collections
import collections.abc
import enum
import typing
from collections.abc import Callable
from typing import Any

from plexspaces import _codec
from plexspaces._shapes import ANY, Mismatch, Shape, describe, mismatch, shape

#: What is built from the list that JSON has.
COLLECTIONS: dict[Any, Callable[[list[Any]], Any]] = {
    list: list,
    set: set,
    frozenset: frozenset,
    collections.deque: collections.deque,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Set: frozenset,
    collections.abc.MutableSet: set,
}


def collection(kind: Any, item_hint: Any) -> Shape:
    """``list[X]``, ``set[X]`` and their like."""
    item = shape(item_hint)
    build = COLLECTIONS[kind]
    as_list = build is list

    def decode(value: Any, where: str) -> Any:
        if type(value) is not list:
            raise mismatch(where, "a list", value)
        one = item.decode
        if one is not None:
            value = [one(v, f"{where}[{i}]") for i, v in enumerate(value)]
        if as_list:
            return value
        try:
            return build(value)
        except TypeError:
            raise Mismatch(f"{where} has an element that no set can hold") from None

    def encode(value: Any) -> Any:
        one = item.encode
        values = list(value) if one is None else [one(v) for v in value]
        if isinstance(value, (set, frozenset)):
            try:
                values.sort()  # equal sets are written as equal bytes
            except TypeError:
                pass
        return values

    python = {set: (set,), frozenset: (frozenset, set), collections.deque: (collections.deque,)}
    return Shape(
        lambda defs: {"type": "array", "items": item.make_schema(defs)},
        decode,
        _encode_lazily(encode, not as_list, item),
        python.get(build, (list, tuple)),  # type: ignore[call-overload]
    )


def _encode_lazily(
    encode: Callable[[Any], Any], always: bool, *parts: Shape
) -> Callable[[Any], Any] | None:
    """None where no part needs it. A part that is not finished yet contains this: it may need it."""
    needed = always or any(p.encode is not None or not p.instance and p is not ANY for p in parts)
    return encode if needed else None


def tuple_of(items: tuple[Any, ...]) -> Shape:
    """``tuple[A, B]``, ``tuple[X, ...]``."""
    if len(items) == 2 and items[1] is Ellipsis:
        inner = collection(list, items[0])
        inner_decode = inner.decode
        assert inner_decode is not None
        item = shape(items[0])
        return Shape(
            inner.make_schema,
            lambda value, where: tuple(inner_decode(value, where)),
            lambda value: list(value) if item.encode is None else [item.encode(v) for v in value],
            (tuple,),
        )
    shapes = [shape(i) for i in items]
    size = len(shapes)

    def decode(value: Any, where: str) -> Any:
        if type(value) is not list:
            raise mismatch(where, f"a list of {size}", value)
        if len(value) != size:
            raise Mismatch(f"{where} must be a list of {size}, not a list of {len(value)}")
        return tuple(
            v if s.decode is None else s.decode(v, f"{where}[{i}]")
            for i, (v, s) in enumerate(zip(value, shapes, strict=True))
        )

    def encode(value: Any) -> Any:
        return [
            v if s.encode is None else s.encode(v) for v, s in zip(value, shapes, strict=True)
        ]

    return Shape(
        lambda defs: {
            "type": "array",
            "prefixItems": [s.make_schema(defs) for s in shapes],
            "minItems": size,
            "maxItems": size,
        },
        decode,
        encode,
        (tuple,),
    )


def mapping(kind: Any, key_hint: Any, value_hint: Any) -> Shape:
    """``dict[K, X]``. Keys are strings in JSON; integers and enums are read back from them."""
    item = shape(value_hint)
    to_key, from_key = _keys(key_hint)
    plain = to_key is None

    def decode(value: Any, where: str) -> Any:
        if type(value) is not dict:
            raise mismatch(where, "an object", value)
        one = item.decode
        if one is not None:
            value = {k: one(v, f"{where}.{k}") for k, v in value.items()}
        if to_key is not None:
            value = {to_key(k, where): v for k, v in value.items()}
        if kind is collections.OrderedDict:
            return collections.OrderedDict(value)
        return value

    def encode(value: Any) -> Any:
        one = item.encode
        return {from_key(k): v if one is None else one(v) for k, v in value.items()}

    return Shape(
        lambda defs: {"type": "object", "additionalProperties": item.make_schema(defs)}
        if item is not ANY
        else {"type": "object"},
        decode,
        _encode_lazily(encode, not plain, item),
        (dict,),
    )


def _keys(hint: Any) -> tuple[Callable[[str, str], Any] | None, Callable[[Any], Any]]:
    base = getattr(hint, "__supertype__", hint)
    if base is int:

        def to_int(key: str, where: str) -> int:
            try:
                return int(key)
            except ValueError:
                raise Mismatch(f"{where} has the key {key!r}, which is no integer") from None

        return to_int, str
    if isinstance(base, type) and issubclass(base, enum.Enum):
        members = {str(_codec.enum_value(m)): m for m in base}

        def to_member(key: str, where: str) -> Any:
            if key in members:
                return members[key]
            raise Mismatch(f"{where} has the key {key!r}, which is none of {', '.join(members)}")

        return to_member, lambda m: str(_codec.enum_value(m))
    if base in (str, Any, object) or isinstance(base, typing.TypeVar):
        return None, lambda k: k
    if typing.get_origin(base) is typing.Literal:
        return None, lambda k: k
    raise TypeError(f"a dict with keys of {describe(hint)} has no JSON form: keys are strings")
