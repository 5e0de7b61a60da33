"""Every operation of the host API, against the catalogue: name, arguments, body."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plexspaces import _transport, host
from plexspaces.testing import NOT_ON_NODES, TestNode

CATALOGUE = json.loads(
    (
        Path(__file__).parents[2]
        / "host-api/src/main/resources/io/plexspaces/api/op/catalogue.json"
    ).read_text()
)
SAMPLES: dict[str, Any] = {
    "string": "s",
    "integer": 7,
    "boolean": True,
    "array": [1],
    "object": {"a": 1},
    "any": "x",
}
VALUES = {
    "level": "info",
    "calls": [{"target": "t", "op": "o", "payload": {}}],
    "start": "new",
    "inputs": [{"a": 1}],
}
ALIASES = {"bytes": "data", "args": "args"}


@pytest.fixture
def sent() -> Iterator[list[tuple[str, dict[str, Any], bytes]]]:
    calls: list[tuple[str, dict[str, Any], bytes]] = []

    def transport(operation: str, header: bytes, body: bytes) -> tuple[int, bytes, bytes]:
        calls.append((operation, json.loads(header), body))
        return 0, b"{}", b"[]" if operation == "ask_all" else b"null"

    before = _transport.get_transport()
    _transport.set_transport(transport)
    yield calls
    _transport.set_transport(before)


def arguments(operation: dict[str, Any], optional: bool) -> dict[str, Any]:
    return {
        a["name"]: VALUES.get(a["name"], SAMPLES[a["type"]])
        for a in operation["arguments"]
        if (optional or not a.get("optional")) and a["name"] != "content_type"
    }


def call(operation: dict[str, Any], given: dict[str, Any]) -> None:
    name = operation["name"]
    method = getattr(host, name)
    given = dict(given)
    if name == "ts_transaction":
        with method():
            pass
        return
    if "body" in operation:
        names = list(inspect.signature(method).parameters)
        body = operation["body"]
        for candidate in (body, "payload", "input", "data", "body", "value"):
            if candidate in names:
                given[candidate] = b"\x01" if body == "bytes" else {"p": 1}
                break
        else:
            raise AssertionError(f"{name} has no parameter for its body {body}")
    method(**given)


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda o: o["name"])
@pytest.mark.parametrize("optional", [False, True], ids=["required", "all"])
def test_the_method_sends_exactly_these_arguments(
    operation: dict[str, Any], optional: bool, sent: list[tuple[str, dict[str, Any], bytes]]
) -> None:
    given = arguments(operation, optional)
    call(operation, given)
    name, header, body = sent[0]
    assert name == operation["name"]
    if name == "ts_transaction":
        assert [h for _, h, _ in sent] == [{"action": "begin"}, {"action": "commit"}]
        return
    assert set(header) == set(given)
    assert header == given
    expected = b"" if "body" not in operation else b"\x01" if operation["body"] == "bytes" else b'{"p":1}'
    assert body == expected


@pytest.mark.parametrize(
    "name", [o["name"] for o in CATALOGUE if any(a["name"] == "content_type" for a in o["arguments"])]
)
def test_a_payload_with_a_content_type_is_bytes(
    name: str, sent: list[tuple[str, dict[str, Any], bytes]]
) -> None:
    operation = next(o for o in CATALOGUE if o["name"] == name)
    given = arguments(operation, False)
    body = "data" if name == "blob_put" else "payload"
    getattr(host, name)(**given, **{body: b"\xff\x00"}, content_type="image/png")
    assert sent[0][1] == {**given, "content_type": "image/png"}
    assert sent[0][2] == b"\xff\x00"


def test_there_is_no_operation_that_the_catalogue_does_not_know() -> None:
    known = {o["name"] for o in CATALOGUE}
    sdk_only = {"Stream", "step", "wait_signal", "child_workflow", "continue_as_new"}
    families = {"blob", "channel", "kv", "lock", "pg", "pool", "ts", "workflow"}
    assert set(host.__all__) - sdk_only - families == known


@pytest.mark.parametrize("family", ["blob", "channel", "kv", "lock", "pg", "pool", "ts", "workflow"])
def test_both_spellings_are_one_operation(family: str) -> None:
    names = [n for n in host.__all__ if n.startswith(family + "_")]
    assert names
    for name in names:
        assert getattr(getattr(host, family), name[len(family) + 1 :]) is getattr(host, name)


def test_the_harness_knows_what_nodes_have() -> None:
    assert {o["name"] for o in CATALOGUE if not o["available"]} == NOT_ON_NODES


def test_asking_has_two_forms(sent: list[tuple[str, dict[str, Any], bytes]]) -> None:
    host.ask("sibling", "op", {"a": 1}, timeout_ms=250)
    host.ask("app/type/key", {"op": "op", "a": 1}, timeout_ms=250)
    assert sent[0] == ("ask", {"target": "sibling", "op": "op", "timeout_ms": 250}, b'{"a":1}')
    assert sent[1] == ("ask", {"target": "app/type/key", "op": "op", "timeout_ms": 250}, b'{"a":1}')
    host.ask("sibling", "op")
    assert sent[2] == ("ask", {"target": "sibling", "op": "op"}, b"{}")
    with pytest.raises(TypeError, match='no "op"'):
        host.ask("sibling", {"a": 1})
    with pytest.raises(TypeError, match="given twice"):
        host.ask("sibling", {"op": "a"}, {"b": 1})


def test_collectives_take_a_mapping_too(sent: list[tuple[str, dict[str, Any], bytes]]) -> None:
    host.scatter_gather({"group_id": "g", "query": {"op": "q"}, "aggregation": "sum"})
    host.scatter_gather("g", {"op": "q"}, aggregation="sum")
    assert sent[0] == sent[1]
    with pytest.raises(TypeError, match="unknown option 'agregation'; one of group_id, query"):
        host.scatter_gather({"group_id": "g", "agregation": "sum"})
    host.application_metrics_add("m", {"counter_metrics": {"a": 1}})
    assert sent[2][1] == {"id": "m", "counter_metrics": {"a": 1}}
    with pytest.raises(TypeError, match="unknown option 'counters'"):
        host.application_metrics_add("m", {"counters": {"a": 1}})


def test_outside_of_an_actor_the_host_says_so() -> None:
    with pytest.raises(RuntimeError, match="host.now_ms works only inside an actor"):
        host.now_ms()
