"""What every host operation does: the scenarios that a node and all harnesses share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plexspaces import (
    Actor,
    BusinessError,
    HostError,
    _codec,
    _transport,
    actor,
    handler,
    host,
    init_handler,
    state,
)
from plexspaces.testing import TestNode

API = Path(__file__).parents[2] / "host-api/src"
CATALOGUE = API / "main/resources/io/plexspaces/api/op/catalogue.json"
SCENARIOS = API / "test/resources/io/plexspaces/api/op/scenarios.json"
OPERATIONS = {o["name"]: o for o in json.loads(CATALOGUE.read_text())}
ALL = json.loads(SCENARIOS.read_text())["scenarios"]
#: What the harness answers as a node of this version does.
ABSENT = {
    "workflow_start",
    "workflow_signal",
    "workflow_query",
    "workflow_result",
    "workflow_cancel",
    "workflow_pause",
    "workflow_resume",
}
#: Tested elsewhere: pools are declared by the app under test, blobs are bytes.
ELSEWHERE = {
    "pool_checkout",
    "pool_checkin",
    "pool_info",
    "blob_put",
    "blob_get",
    "blob_head",
    "blob_delete",
    "blob_list",
}


def raw(operation: str, arguments: dict[str, Any], body: Any) -> Any:
    text = b"" if body is None else _codec.dumps(body)
    header, result = _transport.exchange(operation, arguments, text)
    value = _codec.loads(result) if result else None
    if operation == "stream_next":
        return {"more": True, "value": value} if header["more"] else {"more": False}
    return value


class Bench(Actor):
    value: int = 0
    log: list[Any] = state(default_factory=list)
    tokens: list[str] = state(default_factory=list)

    @init_handler
    def init(self, config: dict[str, Any]) -> None:
        self.where = {k: config.get(k) for k in ("shard", "shard_count", "group_id")}

    @handler("do")
    def do(self, calls: list[Any], refuse: bool = False) -> list[Any]:
        results: list[Any] = []
        for operation, arguments, *body in calls:
            given, failed = dict(arguments), None
            for k, v in arguments.items():
                if isinstance(v, str) and v.startswith("$#"):
                    given[k] = results[int(v[2:])]
                    if isinstance(given[k], dict) and "!" in given[k]:
                        failed = given[k]
            if failed is not None:
                results.append(failed)
                continue
            try:
                results.append(raw(operation, given, *(body or [None])))
            except HostError as e:
                results.append({"!": e.code, "message": e.message})
        if refuse:
            raise BusinessError("FAILED_PRECONDITION", "refused")
        return results

    @handler("look", "query")
    def look(self, calls: list[Any]) -> list[Any]:
        self.value += 1
        return self.do(calls)

    @handler("note", "cast")
    def note(self, payload: Any) -> None:
        self.log.append(["note", payload])

    @handler("notes", "query")
    def notes(self) -> list[Any]:
        return self.log

    @handler("__DOWN__", "cast")
    def down(self, payload: Any) -> None:
        self.log.append(["__DOWN__", payload])

    @handler("__ALLREDUCE__", "cast")
    def reduced(self, payload: Any) -> None:
        self.log.append(["__ALLREDUCE__", payload])

    @handler("add")
    def add(self, by: int) -> int:
        self.value += by
        return self.value

    @handler("value", "query")
    def current(self) -> int:
        return self.value

    @handler("mark")
    def mark(self, input: Any) -> dict[str, Any]:
        return {"who": self.actor_id, "input": input}

    @handler("numbers", "query")
    def numbers(self) -> dict[str, Any]:
        return {"sum": self.value, "list": [self.value, 1], "type": "lab", "who": self.actor_id}

    @handler("parts", "query")
    def parts(self) -> list[int]:
        return [self.value, 10 * self.value, 100 * self.value]

    @handler("nap")
    def nap(self, ms: int) -> int:
        host.sleep(ms)
        return ms

    @handler("count")
    def count(self, n: int) -> Any:
        yield from range(n)

    @handler("refuse")
    def refuse(self) -> None:
        raise BusinessError("FAILED_PRECONDITION", "refused")

    @handler("boom")
    def boom(self) -> None:
        raise TypeError("boom")

    @handler("place", "query")
    def place(self) -> dict[str, Any]:
        return self.where

    @handler("fetch")
    def fetch(self, link: str, method: str, path: str, body: str) -> dict[str, Any]:
        answer = host.http_fetch(link, method, path, body.encode())
        return {**answer, "body": answer["body"].decode()}

    @handler("later")
    def later(self) -> None:
        self.tokens.append(host.defer_reply())

    @handler("answer")
    def answer(self, value: Any) -> None:
        host.reply(self.tokens.pop(), value)

    @handler("pass")
    def hand_on(self, target: str, op: str, **more: Any) -> None:
        host.forward(target, op, more["with"])


@actor(type="lab")
class LabActor(Bench):
    @handler("__EXIT__", "cast")
    def exit(self, payload: Any) -> None:
        self.log.append(["__EXIT__", payload])


@actor(type="plain")
class PlainActor(Bench):
    pass


def filled(value: Any, saved: dict[str, Any]) -> Any:
    """The value with what earlier steps saved."""
    if isinstance(value, dict):
        return {k: filled(v, saved) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, saved) for v in value]
    if isinstance(value, str) and value.startswith("$") and not value.startswith("$#"):
        name, _, field = value[1:].partition(".")
        return saved[name][field] if field else saved[name]
    return value


def fits(expected: Any, got: Any) -> bool:
    if isinstance(expected, str) and expected.startswith("*"):
        kinds: dict[str, Any] = {"*": object, "*string": str, "*number": (int, float)}
        return isinstance(got, kinds[expected])
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return False
        if "!" in expected:
            return expected["!"] == got.get("!")
        keys = expected.keys() - {"..."}
        return (keys == got.keys() or "..." in expected) and all(
            k in got and fits(expected[k], got[k]) for k in keys
        )
    if isinstance(expected, list):
        return (
            isinstance(got, list)
            and len(expected) == len(got)
            and all(fits(e, g) for e, g in zip(expected, got, strict=True))
        )
    return bool(expected == got) and isinstance(expected, bool) == isinstance(got, bool)


@pytest.mark.parametrize("scenario", ALL, ids=[s["name"] for s in ALL])
def test_scenario(scenario: dict[str, Any]) -> None:
    with TestNode() as node:
        prices = node.service_link("prices")
        prices.respond(
            lambda r: f"{r.method} {r.path} {r.body.decode()}", status=201, headers={"x-kind": "fake"}
        )
        node.service_link("down").fail()
        node.app("shop", LabActor, PlainActor, children={"main": LabActor})
        saved: dict[str, Any] = {}
        for step in scenario["steps"]:
            if "advance" in step:
                node.advance(step["advance"])
                continue
            if "within" in step:
                node.advance(step["within"])
            target, op = (step["do"], "do") if "do" in step else (step["ask"], step["op"])
            refuse = step.get("refuse", False)
            payload = {"calls": step["calls"], "refuse": refuse} if op == "do" else step.get("payload")
            error = "FAILED_PRECONDITION" if refuse else step.get("error")
            if error is not None:
                with pytest.raises(HostError) as caught:
                    node.ask(target, op, filled(payload, saved))
                assert caught.value.code == error, step
                assert step.get("naming", "") in caught.value.message
                continue
            got = node.ask(target, op, filled(payload, saved))
            if "expect" in step:
                assert fits(filled(step["expect"], saved), got), f"{step}\ngot {json.dumps(got)}"
            for name, call in step.get("save", {}).items():
                saved[name] = got[call]


def test_every_operation_has_a_scenario_or_is_absent_as_on_a_node() -> None:
    tried = {name for s in ALL for name in s["operations"]}
    assert tried | ABSENT | ELSEWHERE == OPERATIONS.keys()
    assert not ABSENT & {n for n, o in OPERATIONS.items() if o["available"]}
    with TestNode() as node:
        node.app("shop", LabActor)
        for name in ABSENT:
            (result,) = node.ask("lab/a", "do", {"calls": [[name, {"id": "x"}]]})
            assert result == {
                "!": "UNIMPLEMENTED",
                "message": f'the host operation "{name}" is not supported by this version',
            }
