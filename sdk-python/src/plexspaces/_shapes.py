"""What a type hint means on the wire: how JSON becomes it, how it becomes JSON, and its schema.

Every hint is looked at once, when an actor type is registered; a call only runs what came of it.
"""

from __future__ import annotations

import collections.abc
import enum
import types
import typing
from collections.abc import Callable
from typing import Any

from plexspaces import _codec

#: JSON to the declared type. The second argument says where, for errors.
Decode = Callable[[Any, str], Any]
#: The declared type to plain JSON values.
Encode = Callable[[Any], Any]
Defs = dict[str, Any]


class Mismatch(Exception):
    """A value is not of the declared type."""


class Shape:
    """What is known of a hint. ``decode`` and ``encode`` are None where nothing is to be done."""

    __slots__ = ("decode", "encode", "instance", "make_schema")

    def __init__(
        self,
        schema: Callable[[Defs], dict[str, Any]],
        decode: Decode | None = None,
        encode: Encode | None = None,
        instance: tuple[type, ...] = (),
    ) -> None:
        self.make_schema = schema
        self.decode = decode
        self.encode = encode
        #: What a value of this hint is an instance of, to tell the members of a union apart.
        self.instance = instance


def json_name(value: Any) -> str:
    """The JSON type of a value, for errors."""
    if value is None:
        return "null"
    return {
        bool: "a boolean",
        int: "an integer",
        float: "a number",
        str: "a string",
        bytes: "bytes",
        list: "a list",
        dict: "an object",
    }.get(type(value), type(value).__name__)


def mismatch(where: str, expected: str, value: Any) -> Mismatch:
    """The error for a value that is not what was declared."""
    return Mismatch(f"{where} must be {expected}, not {json_name(value)}")


def _fixed(**schema: Any) -> Callable[[Defs], dict[str, Any]]:
    return lambda _defs: dict(schema)


def _exactly(kind: type, expected: str) -> Decode:
    def decode(value: Any, where: str) -> Any:
        if type(value) is kind:
            return value
        raise mismatch(where, expected, value)

    return decode


def _int(value: Any, where: str) -> int:
    if type(value) is int:
        return value
    if type(value) is float and value.is_integer():
        return int(value)
    raise mismatch(where, "an integer", value)


def _float(value: Any, where: str) -> float:
    if type(value) is float:
        return value
    if type(value) is int:
        try:
            return float(value)
        except OverflowError:
            raise Mismatch(f"{where} is too large for a number with a fraction") from None
    raise mismatch(where, "a number", value)


def _none(value: Any, where: str) -> None:
    if value is not None:
        raise mismatch(where, "null", value)


def _list(value: Any, where: str) -> list[Any]:
    if type(value) is list:
        return value
    raise mismatch(where, "a list", value)


def _bytearray(value: Any, where: str) -> bytearray:
    if type(value) is bytes:
        return bytearray(value)
    raise mismatch(where, "bytes", value)


_BYTES_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"$bytes": {"type": "string", "contentEncoding": "base64"}},
    "required": ["$bytes"],
}

ANY = Shape(_fixed())
_SCALARS: dict[Any, Shape] = {
    int: Shape(_fixed(type="integer"), _int, None, (int,)),
    float: Shape(_fixed(type="number"), _float, None, (float, int)),
    str: Shape(_fixed(type="string"), _exactly(str, "a string"), None, (str,)),
    bool: Shape(_fixed(type="boolean"), _exactly(bool, "a boolean"), None, (bool,)),
    bytes: Shape(lambda _d: dict(_BYTES_SCHEMA), _exactly(bytes, "bytes"), None, (bytes,)),
    bytearray: Shape(lambda _d: dict(_BYTES_SCHEMA), _bytearray, bytes, (bytearray,)),
    type(None): Shape(_fixed(type="null"), _none, None, (type(None),)),
    None: Shape(_fixed(type="null"), _none, None, (type(None),)),
    dict: Shape(_fixed(type="object"), _exactly(dict, "an object"), None, (dict,)),
    list: Shape(_fixed(type="array"), _list, None, (list,)),
    Any: ANY,
    object: ANY,
}
_SCALARS[collections.abc.Mapping] = _SCALARS[collections.abc.MutableMapping] = _SCALARS[dict]
for _kind in (collections.abc.Sequence, collections.abc.Iterable, collections.abc.Collection):
    _SCALARS[_kind] = _SCALARS[list]

_known: dict[Any, Shape] = {}


def shape(hint: Any) -> Shape:
    """The shape of a hint. Raises TypeError for one that has no JSON form."""
    try:
        found = _SCALARS.get(hint) or _known.get(hint)
    except TypeError:  # not hashable: Literal[[..]] and the like
        found = None
    if found is None:
        # A type that contains itself meets this one before it is finished.
        found = Shape(_fixed())
        try:
            _known[hint] = found
            fill = True
        except TypeError:
            fill = False
        try:
            made = _make(hint)
        except BaseException:
            if fill:
                del _known[hint]
            raise
        for name in Shape.__slots__:
            setattr(found, name, getattr(made, name))
    return found


def _make(hint: Any) -> Shape:
    from plexspaces import _classes, _structures  # they need this module

    origin = typing.get_origin(hint)
    args = typing.get_args(hint)
    if origin is typing.Union or origin is types.UnionType:
        return _union(args)
    if origin is typing.Literal:
        return _literal(args)
    if origin is typing.Annotated or origin in (typing.Required, typing.NotRequired):
        return shape(args[0])
    if origin in (typing.Final, typing.ClassVar):
        return shape(args[0])
    if origin is dict or origin in (
        collections.abc.Mapping,
        collections.abc.MutableMapping,
        collections.defaultdict,
        collections.OrderedDict,
    ):
        return _structures.mapping(origin, args[0], args[1])
    if origin is tuple or hint is tuple:
        return _structures.tuple_of(args if hint is not tuple else (Any, ...))
    if origin in _structures.COLLECTIONS or hint in _structures.COLLECTIONS:
        return _structures.collection(origin or hint, args[0] if args else Any)
    if origin is None:
        supertype = getattr(hint, "__supertype__", None)  # NewType
        if supertype is not None:
            return shape(supertype)
        if isinstance(hint, typing.TypeVar):
            return shape(hint.__bound__) if hint.__bound__ is not None else ANY
        if isinstance(hint, type):
            return _classes.of_class(hint)
    value = getattr(hint, "__value__", None)  # type X = ..
    if value is not None:
        return shape(value)
    if isinstance(origin, type) and hasattr(origin, "__dataclass_fields__"):
        return _classes.of_class(origin)
    raise TypeError(f"{describe(hint)} has no JSON form")


def describe(hint: Any) -> str:
    """A hint as users write it."""
    return hint.__qualname__ if isinstance(hint, type) else str(hint).replace("typing.", "")


def choice(values: list[Any]) -> dict[str, Any]:
    """The schema of one of several values."""
    if all(isinstance(v, str) for v in values):
        return {"type": "string", "enum": list(values)}
    return {"enum": list(values)}


def _literal(values: tuple[Any, ...]) -> Shape:
    choices = [_codec.enum_value(v) if isinstance(v, enum.Enum) else v for v in values]
    expected = "one of " + ", ".join(repr(c) if c is not None else "null" for c in choices)

    def decode(value: Any, where: str) -> Any:
        for choice, declared in zip(choices, values, strict=True):
            if value == choice and type(value) is type(choice):
                return declared
        raise Mismatch(f"{where} must be {expected}, not {value!r}")

    return Shape(
        lambda _d: choice(choices), decode, None, tuple({type(v) for v in values})
    )


def _union(members: tuple[Any, ...]) -> Shape:
    shapes = [shape(m) for m in members]
    if any(s is ANY for s in shapes):
        return ANY
    exact = {kind for m in members for kind in (type(None) if m is None else m,) if kind in _SCALARS}
    exact &= {int, float, str, bool, bytes, type(None)}
    null = _SCALARS[None]
    shapes = [null if m in (None, type(None)) else s for m, s in zip(members, shapes, strict=True)]
    # T | None: what is wrong with T says more than that the value is neither.
    single = len(shapes) == 2 and null in shapes
    expected = " or ".join(
        "null" if m in (None, type(None)) else describe(m) for m in members
    )

    def decode(value: Any, where: str) -> Any:
        if type(value) in exact:
            return value
        reason = None
        for s in shapes:
            if s.decode is None:
                return value
            if single and s is null:
                continue
            try:
                return s.decode(value, where)
            except Mismatch as e:
                # Of several reasons the one from inside an object says most.
                if reason is None or len(str(e).split(" ", 1)[0]) > len(reason.split(" ", 1)[0]):
                    reason = str(e)
        if reason is not None and (single or not reason.startswith(where + " ")):
            raise Mismatch(reason)
        raise mismatch(where, expected, value)

    def encode(value: Any) -> Any:
        if value is None:
            return None
        for s in shapes:
            if isinstance(value, s.instance):
                return value if s.encode is None else s.encode(value)
        return value

    return Shape(
        lambda defs: {"anyOf": [s.make_schema(defs) for s in shapes]},
        decode,
        # A shape without instances is not finished yet: the type contains itself.
        encode if any(s.encode or not s.instance for s in shapes) else None,
        tuple(kind for s in shapes for kind in s.instance),
    )
