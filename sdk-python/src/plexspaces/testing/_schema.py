"""Checks payloads against schemas, as a node does before a handler runs."""

from __future__ import annotations

import json
from typing import Any

from plexspaces.errors import HostError

_MOST = 10
_NAMES = {
    "null": "null",
    "boolean": "a boolean",
    "integer": "an integer",
    "number": "a number",
    "string": "a string",
    "array": "a list",
    "object": "an object",
}
Schema = dict[str, Any]
Problems = list[dict[str, str]]


def require(operation: str, schema: Schema, value: Any) -> None:
    """Raises INVALID_ARGUMENT naming the operation and each field that is wrong."""
    problems: Problems = []
    _Check(schema.get("$defs", {})).check(schema, value, "", problems)
    if problems:
        said = [
            f"{json.dumps(p['path'], ensure_ascii=False) if p['path'] else 'the payload'}"
            f" {p['problem']}"
            for p in problems
        ]
        raise HostError(
            "INVALID_ARGUMENT", f"{operation}: {'; '.join(said)}", details={"fields": problems}
        )


class _Check:
    def __init__(self, defs: dict[str, Schema]) -> None:
        self._defs = defs

    def check(self, schema: Schema, v: Any, path: str, problems: Problems) -> None:
        def problem(what: str, at: str = path) -> None:
            if len(problems) < _MOST:
                problems.append({"path": at, "problem": what})

        types = _types(schema)
        if types and not any(_is(t, v, schema) for t in types):
            return problem(f"must be {self._expected(schema)}, it is {_word(v)}")
        allowed = schema.get("enum", [schema["const"]] if "const" in schema else None)
        if allowed is not None and not any(_equal(a, v) for a in allowed):
            one_of = "" if len(allowed) == 1 else "one of "
            return problem(f"must be {one_of}{', '.join(map(_show, allowed))}, it is {_show(v)}")
        if isinstance(v, str):
            self._size(schema, "Length", "characters", len(v), problem)
        elif _is("number", v, schema):
            if "minimum" in schema and v < schema["minimum"]:
                problem(f"must be at least {_show(schema['minimum'])}, it is {_show(v)}")
            if "maximum" in schema and v > schema["maximum"]:
                problem(f"must be at most {_show(schema['maximum'])}, it is {_show(v)}")
        elif isinstance(v, list):
            self._size(schema, "Items", "items", len(v), problem)
            first = schema.get("prefixItems", [])
            for i, item in enumerate(v):
                of = first[i] if i < len(first) else schema.get("items", {})
                self.check(of, item, f"{path}[{i}]", problems)
        elif isinstance(v, dict):
            self._fields(schema, v, path, problems, problem)
        if "$ref" in schema:
            self.check(self._resolved(schema), v, path, problems)
        if "anyOf" in schema:
            self._any_of(schema, v, path, problems, problem)
        return None

    @staticmethod
    def _size(schema: Schema, of: str, what: str, size: int, problem: Any) -> None:
        if size < schema.get(f"min{of}", 0):
            problem(f"must have at least {schema[f'min{of}']} {what}, it has {size}")
        elif size > schema.get(f"max{of}", size):
            problem(f"must have at most {schema[f'max{of}']} {what}, it has {size}")

    def _fields(
        self, schema: Schema, v: dict[str, Any], path: str, problems: Problems, problem: Any
    ) -> None:
        def at(name: str) -> str:
            return f"{path}.{name}" if path else name

        for name in schema.get("required", []):
            if name not in v:
                problem("is missing", at(name))
        known = schema.get("properties", {})
        more = schema.get("additionalProperties", True)
        for name, field in v.items():
            if name in known:
                self.check(known[name], field, at(name), problems)
            elif more is False:
                problem(f"is unknown, the fields are {', '.join(known)}", at(name))
            elif more is not True:
                self.check(more, field, at(name), problems)

    def _any_of(self, schema: Schema, v: Any, path: str, problems: Problems, problem: Any) -> None:
        near: list[Problems] = []
        for alternative in schema["anyOf"]:
            tried: Problems = []
            self.check(alternative, v, path, tried)
            if not tried:
                return
            meant = self._resolved(alternative)
            if any(_is(t, v, meant) for t in _types(meant)):
                near.append(tried)
        if len(near) == 1:
            problems += near[0]
        elif near:
            n = len(schema["anyOf"])
            problem(f"must be {self._expected(schema)}, none of the {n} alternatives takes it")
        else:
            problem(f"must be {self._expected(schema)}, it is {_word(v)}")

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema and "type" not in schema:
            schema = self._defs[schema["$ref"].removeprefix("#/$defs/")]
        return schema

    def _expected(self, schema: Schema) -> str:
        schema = self._resolved(schema)
        if "$bytes" in schema.get("properties", {}):
            return "bytes"
        names = [_NAMES[t] for t in _types(schema)]
        names += [self._expected(a) for a in schema.get("anyOf", [])]
        return " or ".join(dict.fromkeys(names)) or "something else"


def _types(schema: Schema) -> list[str]:
    types = schema.get("type", [])
    return [types] if isinstance(types, str) else types


def _is(kind: str, v: Any, schema: Schema) -> bool:
    match v:
        case None:
            return kind == "null"
        case bool():
            return kind == "boolean"
        case int():
            return kind in ("integer", "number")
        case float():
            return kind == "number" or (kind == "integer" and v.is_integer())
        case str():
            return kind == "string"
        case bytes():
            return kind == "object" and "$bytes" in schema.get("properties", {})
        case list():
            return kind == "array"
    return kind == "object"


def _word(v: Any) -> str:
    if isinstance(v, bytes):
        return "bytes"
    return next(name for kind, name in _NAMES.items() if _is(kind, v, {}))


def _show(v: Any) -> str:
    if isinstance(v, (list, dict, bytes)):
        return _word(v)
    return json.dumps(v, ensure_ascii=False)


def _equal(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)
