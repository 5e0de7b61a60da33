"""The same shapes have the same schemas in every language."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal

import pytest

from plexspaces import Actor, _types, actor, handler

FILE = Path(__file__).parents[2] / "host-api/src/test/resources/io/plexspaces/api/op/shapes.json"
SHAPES = json.loads(FILE.read_text())["shapes"]


@dataclasses.dataclass
class Nested:
    name: str
    tags: list[str]


@dataclasses.dataclass
class Tree:
    n: int
    children: list[Tree]


@actor
class ShapesActor(Actor):
    @handler("text")
    def text(self, x: str) -> None: ...

    @handler("boolean")
    def boolean(self, x: bool) -> None: ...

    @handler("integer")
    def integer(self, x: int) -> None: ...

    @handler("number")
    def number(self, x: float) -> None: ...

    @handler("bytes")
    def raw(self, x: bytes) -> None: ...

    @handler("list")
    def texts(self, x: list[str]) -> None: ...

    @handler("lists")
    def lists(self, x: list[list[int]]) -> None: ...

    @handler("map")
    def map(self, x: dict[str, float]) -> None: ...

    @handler("nullable")
    def nullable(self, x: str | None = None) -> None: ...

    @handler("choice")
    def choice(self, x: Literal["red", "green"]) -> None: ...

    @handler("anything")
    def anything(self, x: Any) -> None: ...

    @handler("nested")
    def nested(self, x: Nested) -> None: ...

    @handler("tree")
    def tree(self, x: Tree) -> None: ...

    @handler("record")
    def record(self, a: int, b: str = "none", c: int = 7) -> None: ...


DESCRIBED = {
    o["name"]: o.get("input")
    for o in _types.of(ShapesActor.__dict__["__plexspaces_type__"]).describe()["operations"]
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_the_schema_of_all_languages(name: str) -> None:
    assert DESCRIBED[name] == SHAPES[name]
