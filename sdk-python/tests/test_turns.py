"""How the harness judges turns: as a node does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plexspaces import Actor, BusinessError, HostError, actor, handler, host, state
from plexspaces.testing import TestNode
from plexspaces.testing._available import CHANGING

CATALOGUE = (
    Path(__file__).parents[2] / "host-api/src/main/resources/io/plexspaces/api/op/catalogue.json"
)


@actor
class CounterActor(Actor):
    n: int = 0
    log: list[str] = state(default_factory=list)

    def __init__(self) -> None:
        self.cache: str | None = None
        self.open: Any = None

    @handler("peek", "query")
    def peek(self, how: str = "") -> int:
        self.n += 1
        self.log.append("peeked")
        self.cache = "peeked"
        if how == "write":
            host.ts.write(["peeked"])
        elif how == "business":
            raise BusinessError("NOT_FOUND", "nothing to see")
        return self.n

    @handler("get")
    def get(self) -> list[Any]:
        return [self.n, self.log, self.cache]

    @handler("set")
    def set(self, n: int) -> None:
        self.n = n

    @handler("glance", "query")
    def glance(self, times: int) -> Iterator[int]:
        for i in range(times):
            host.ts.count([None])
            yield i
        host.ts.write(["glanced"])

    @handler("through")
    def through(self, target: str) -> Any:
        self.n = 99
        return host.ask(target, "get")

    @handler("through_all")
    def through_all(self, target: str) -> Any:
        (result,) = host.ask_all([(target, "get", {})])
        raise result if isinstance(result, Exception) else HostError("INTERNAL", str(result))

    @handler("own")
    def own(self, target: str, code: str) -> Any:
        try:
            host.ask(target, "get")
        except HostError:
            raise HostError(code, "what I looked for") from None

    @handler("ticks")
    def ticks(self) -> Iterator[int]:
        try:
            for i in range(9):
                yield i
        finally:
            self.log.append("closed")

    @handler("first")
    def first(self, target: str) -> int:
        self.open = iter(host.ask_stream(target, "ticks"))
        return int(next(self.open))

    @handler("rest")
    def rest(self) -> int:
        return int(next(self.open))

    @handler("relay")
    def relay(self, target: str) -> Iterator[int]:
        stream = host.ask_stream(target, "ticks")
        for v in stream:
            yield v
            if v == 2:
                return


@pytest.fixture
def node() -> Iterator[TestNode]:
    with TestNode() as node:
        node.app("app", CounterActor, children={"main": CounterActor})
        yield node


def test_the_effects_are_the_catalogues() -> None:
    effects = {o["name"]: o["effect"] for o in json.loads(CATALOGUE.read_text())}
    assert {n for n, e in effects.items() if e in ("deferred", "tentative")} == CHANGING


def test_a_query_changes_nothing(node: TestNode) -> None:
    node.ask("main", "set", {"n": 4})
    assert [node.ask("main", "peek"), node.ask("main", "peek")] == [5, 5]
    with pytest.raises(
        HostError, match="ts_write changes something, but the running handler is a query"
    ) as e:
        node.ask("main", "peek", {"how": "write"})
    assert e.value.code == "FAILED_PRECONDITION"
    with pytest.raises(BusinessError):
        node.ask("main", "peek", {"how": "business"})
    node.send("main", "peek")
    assert node.ask("main", "get") == [4, [], None]
    assert node.state("main") == {"n": 4, "log": []}
    assert (node.tuples("app"), node.restarts("main")) == ([], 0)


def test_a_query_that_streams_changes_nothing_either(node: TestNode) -> None:
    values = node.stream("main", "glance", {"times": 2})
    assert [next(values), next(values)] == [0, 1]
    with pytest.raises(HostError, match="ts_write changes something"):
        next(values)
    assert node.tuples("app") == []


@pytest.mark.parametrize("op", ["through", "through_all"])
@pytest.mark.parametrize("target", ["counter", "ghost/x", "nowhere/counter/x"])
def test_an_error_that_a_handler_lets_through_is_no_crash(
    node: TestNode, op: str, target: str
) -> None:
    for _ in range(5):
        with pytest.raises(HostError) as e:
            node.ask("main", op, {"target": target})
        assert e.value.code == "NOT_FOUND"
    assert (node.restarts("main"), node.failed("app")) == (0, None)
    assert node.state("main")["n"] == 0


def test_an_error_of_its_own_making_is_one(node: TestNode) -> None:
    with pytest.raises(HostError, match="what I looked for"):
        node.ask("main", "own", {"target": "ghost/x", "code": "NOT_FOUND"})
    assert node.restarts("main") == 1


def test_quotas_and_deadlines_are_inherited_however_they_are_worded(node: TestNode) -> None:
    with pytest.raises(HostError, match="what I looked for"):
        node.ask("main", "own", {"target": "main", "code": "ABORTED"})
    assert node.restarts("main") == 0


def test_a_stream_ends_with_the_turn_that_opened_it(node: TestNode) -> None:
    assert node.ask("main", "first", {"target": "counter/b"}) == 0
    assert node.state("counter/b")["log"] == ["closed"]
    with pytest.raises(HostError, match="there is no open stream .* here") as e:
        node.ask("main", "rest")
    assert e.value.code == "NOT_FOUND"


def test_a_stream_in_a_stream_ends_with_it(node: TestNode) -> None:
    values = node.stream("main", "relay", {"target": "counter/b"})
    assert [next(values), next(values)] == [0, 1]
    assert node.state("counter/b")["log"] == []
    assert list(values) == [2]
    assert node.state("counter/b")["log"] == ["closed"]
    again = node.stream("main", "relay", {"target": "counter/b"})
    assert next(again) == 0
    again.close()  # type: ignore[attr-defined]
    node.advance(0)
    assert node.state("counter/b")["log"] == ["closed", "closed"]


def test_two_parts_are_type_and_key_and_more_begin_with_the_app(node: TestNode) -> None:
    node.ask("app/counter/a/b", "set", {"n": 3})
    assert node.state("app/counter/a/b")["n"] == 3
    assert node.exists("app/counter/a/b")
    for call in (lambda t: node.ask(t, "get"), lambda t: node.ask("main", "through", {"target": t})):
        for target in ("counter/a/b", "counter/a/b/c"):
            with pytest.raises(HostError, match='there is no app "counter"') as e:
                call(target)
            assert e.value.code == "NOT_FOUND"
        for target in ("counter/", "app/counter/", "counter/" + "é" * 257):
            with pytest.raises(HostError, match="actor key") as e:
                call(target)
            assert e.value.code == "INVALID_ARGUMENT"


def test_a_stream_whose_actor_has_crashed_has_failed_and_is_not_complete(node: TestNode) -> None:
    values = node.stream("main", "ticks")
    relayed = node.stream("counter/b", "relay", {"target": "main"})
    assert (next(values), next(relayed)) == (0, 0)
    with pytest.raises(HostError):
        node.ask("main", "own", {"target": "ghost/x", "code": "NOT_FOUND"})
    for stream in (values, relayed):
        with pytest.raises(HostError, match="app/counter/main has ended") as e:
            next(stream)
        assert e.value.code == "UNAVAILABLE"
    assert (node.restarts("main"), node.restarts("counter/b")) == (1, 0)
