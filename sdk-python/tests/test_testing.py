"""The harness: what a node promises, on virtual time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from plexspaces import (
    ANY_INT,
    ANY_STR,
    Actor,
    BusinessError,
    HostError,
    actor,
    handler,
    host,
    init_handler,
    state,
    terminate_handler,
)
from plexspaces.testing import EPOCH_MS, TestNode


@actor
class TellerActor(Actor):
    """Calls what it is told to: the host API from outside."""

    seen: list[Any] = state(default_factory=list)
    count: int = 0
    args: dict[str, Any] = state(default_factory=dict)

    @init_handler
    def init(self, config: dict[str, Any]) -> None:
        self.args = config["args"]
        self.shard = config.get("shard")
        self.initial = config.get("initial_state")

    @handler("do")
    def do(self, operation: str, args: dict[str, Any] = {}, then_fail: bool = False) -> Any:  # noqa: B006
        self.count += 1
        result = getattr(host, operation)(**args)
        if then_fail:
            raise BusinessError("ABORTED", "told to fail")
        return result

    @handler("several")
    def several(self, calls: list[tuple[str, dict[str, Any]]], then_fail: bool = False) -> list[Any]:
        results = [getattr(host, operation)(**args) for operation, args in calls]
        if then_fail:
            raise BusinessError("ABORTED", "told to fail")
        return results

    @handler("hear", "cast")
    def hear(self, payload: Any) -> None:
        self.seen.append(payload)

    @handler("__DOWN__", "cast")
    def down(self, monitor_ref: str, down_from: str, down_reason: str) -> None:
        self.seen.append([down_from, down_reason])

    @handler("__EXIT__", "cast")
    def exit(self, exit_from: str, exit_reason: str) -> None:
        self.seen.append([exit_from, exit_reason])

    @handler("__ALLREDUCE__", "cast")
    def reduced(self, result: Any) -> None:
        self.seen.append(result)

    @terminate_handler
    def end(self, reason: str) -> None:
        if self.seen == ["wait"]:
            host.sleep(1)
        host.ts.write(["ended", self.actor_id, reason])

    @handler("crash")
    def crash(self) -> None:
        self.count += 1
        raise RuntimeError("broken")

    @handler("shard_value")
    def shard_value(self, plus: int = 0) -> dict[str, Any]:
        return {"n": self.shard + 1 + plus, "unit": "s", "name": str(self.shard), "of": self.initial}

    @handler("number")
    def number(self) -> int:
        return self.shard + 1

    @handler("chance")
    def chance(self) -> list[Any]:
        return [random.random(), host.random(), host.uuid(), time.time()]

    @handler("transact")
    def transact(self, fail: bool) -> Any:
        host.ts.write(["before"])
        try:
            with host.ts_transaction() as tx:
                tx.take(["coin", ANY_INT])
                tx.write(["spent"])
                if fail:
                    raise LookupError
        except LookupError:
            pass
        return host.ts.count([None]) + 10 * host.ts.count([None, None])

    @handler("later")
    def later(self) -> None:
        self.args["token"] = host.defer_reply()

    @handler("answer", "cast")
    def answer(self) -> None:
        host.reply(self.args["token"], "at last")

    @handler("subscribe")
    def subscribe(self) -> list[Any]:
        subscription = host.channel_subscribe("c", group="g", start="earliest")
        first = subscription.next()
        assert first is not None
        subscription.nack(first)
        again = subscription.next()
        assert again is not None
        subscription.ack(again)
        return [first["payload"], again["attempt"], subscription.next(50)]


@actor
class FragileActor:
    """Exits with those that it is linked to."""

    @handler("link")
    def link(self, id: str) -> None:
        host.link(id)


@pytest.fixture
def node() -> Iterator[TestNode]:
    with TestNode() as node:
        node.app("app", TellerActor, FragileActor, children={"main": TellerActor})
        yield node


def do(node: TestNode, actor: str, operation: str, /, **args: Any) -> Any:
    return node.ask(actor, "do", {"operation": operation, "args": args})


def test_a_refused_turn_leaves_nothing(node: TestNode) -> None:
    write = {"operation": "ts_write", "args": {"tuple": ["x"]}, "then_fail": True}
    with pytest.raises(BusinessError, match="told to fail"):
        node.ask("main", "do", write)
    send = {"target": "teller/b", "op": "hear", "payload": 1}
    with pytest.raises(BusinessError):
        node.ask("main", "do", {"operation": "send", "args": send, "then_fail": True})
    assert node.tuples("app") == []
    assert node.state("teller/b") == {}
    assert node.state("main")["count"] == 0
    assert node.restarts("main") == 0


def test_a_crash_restarts_with_the_stored_state() -> None:
    with TestNode() as node:
        node.app(
            "app",
            TellerActor,
            children={
                "kept": {"type": "teller", "args": {"a": 1}},
                "lost": {"type": "teller", "durable": False},
            },
            config={"max_restarts": 3},
        )
        for child, count in (("kept", 1), ("lost", 0)):
            do(node, child, "now_ms")
            with pytest.raises(HostError, match="RuntimeError: broken") as e:
                node.ask(child, "crash")
            assert (e.value.code, e.value.business) == ("INTERNAL", False)
            assert "in crash" in e.value.details["stack"]
            assert "in crash" in "".join(e.value.__notes__)  # pytest shows notes
            assert node.state(child)["count"] == count
            assert node.restarts(child) == 1
        assert node.state("kept")["args"] == {"a": 1}
        for _ in range(2):
            with pytest.raises(HostError):
                node.ask("kept", "crash")
        assert "crashed 4 times within 5 s" in str(node.failed("app"))
        with pytest.raises(HostError):
            node.ask("kept", "crash")


def test_restarts_are_counted_in_a_window(node: TestNode) -> None:
    for _ in range(10):
        with pytest.raises(HostError):
            node.ask("main", "crash")
        node.advance(2000)
    assert node.failed("app") is None
    assert node.restarts("main") == 10


def test_waits_that_go_in_a_circle_are_refused(node: TestNode) -> None:
    inner = {"operation": "ask", "args": {"target": "teller/a", "op": "number"}}
    with pytest.raises(HostError, match="app/teller/b -> app/teller/a -> app/teller/b") as e:
        do(node, "teller/a", "ask", target="teller/b", op="do", payload=inner)
    assert e.value.code == "ABORTED"
    assert (node.restarts("teller/a"), node.restarts("teller/b")) == (0, 0)


def test_time_goes_on_only_when_all_wait(node: TestNode) -> None:
    assert node.now_ms == EPOCH_MS
    begun = time.monotonic()
    do(node, "main", "sleep", ms=20_000)
    assert node.now_ms == EPOCH_MS + 20_000
    assert time.monotonic() - begun < 60
    with pytest.raises(HostError, match="had no reply within 1000 ms") as e:
        slow = {"operation": "sleep", "args": {"ms": 5000}}
        do(node, "main", "ask", target="teller/b", op="do", payload=slow, timeout_ms=1000)
    assert e.value.code == "DEADLINE_EXCEEDED"
    assert node.restarts("main") == 0


def test_timers(node: TestNode) -> None:
    do(node, "main", "send_after", delay_ms=100, target="main", op="hear", payload="once")
    id = do(node, "main", "send_every", period_ms=300, target="main", op="hear", payload="often")
    node.advance(99)
    assert node.state("main")["seen"] == []
    node.advance(1)
    assert node.state("main")["seen"] == ["once"]
    node.advance(800)
    assert node.state("main")["seen"] == ["once", "often", "often", "often"]
    do(node, "main", "cancel_timer", id=id)
    node.advance(1000)
    assert len(node.state("main")["seen"]) == 4


def test_a_waiting_take_gets_its_tuple_once_and_in_order(node: TestNode) -> None:
    take = {"operation": "ts_take", "args": {"pattern": ["job", None], "timeout_ms": 1000}}
    calls = [(f"teller/{n}", "do", take) for n in "ab"]
    node.send("teller/w", "hear", 0)
    delayed = {"operation": "ts_write", "args": {"tuple": ["job", 1]}}
    do(node, "main", "send_after", delay_ms=500, target="teller/w", op="do", payload=delayed)
    results = do(node, "main", "ask_all", calls=[{"target": t, "op": o, "payload": p} for t, o, p in calls])
    assert results == [["job", 1], None]
    assert node.tuples("app") == []


def test_a_failed_turn_gives_its_tuple_back(node: TestNode) -> None:
    do(node, "main", "ts_write", tuple=["a", 1])
    do(node, "main", "ts_write", tuple=["a", 2])
    take = {"operation": "ts_take", "args": {"pattern": ["a", None]}, "then_fail": True}
    with pytest.raises(BusinessError):
        node.ask("main", "do", take)
    assert node.tuples("app") == [["a", 1], ["a", 2]]


def test_patterns_notifications_and_leases(node: TestNode) -> None:
    do(node, "main", "ts_notify", pattern=["n", {"$any": "int"}], op="hear")
    for value in (1, 1.0, "x", True, 2.5):
        do(node, "teller/w", "ts_write", tuple=["n", value])
    events = node.state("main")["seen"]
    assert [(e["tuple"][1], e["sequence"]) for e in events] == [(1, 1), (1.0, 2)]
    assert do(node, "main", "ts_count", pattern=["n", None]) == 5
    do(node, "main", "ts_write", tuple=["short"], ttl_ms=100)
    node.advance(100)
    assert ["short"] not in node.tuples("app")
    assert do(node, "main", "ts_update", pattern=["n", 2.5], tuple=["n", 3]) == ["n", 2.5]
    once = {"pattern": ["leader", None], "tuple": ["leader", "a"]}
    assert do(node, "main", "ts_write_once", **once) == {"written": True, "tuple": ["leader", "a"]}
    once["tuple"] = ["leader", "b"]
    assert do(node, "main", "ts_write_once", **once) == {"written": False, "tuple": ["leader", "a"]}
    assert repr([ANY_INT, ANY_STR]) == "[ANY_INT, ANY_STR]"


def test_a_transaction_is_all_or_nothing(node: TestNode) -> None:
    do(node, "main", "ts_write", tuple=["coin", 1])
    assert node.ask("main", "transact", {"fail": True}) == 11
    assert node.tuples("app") == [["coin", 1], ["before"]]
    assert node.ask("main", "transact", {"fail": False}) == 3
    assert node.tuples("app") == [["before"], ["before"], ["spent"]]


def test_monitors_and_links(node: TestNode) -> None:
    child = do(node, "main", "spawn", type="teller", id="c")
    assert child == "app/teller/c"
    do(node, "main", "monitor", id=child)
    do(node, "main", "monitor", id="app/nobody/x")
    assert node.state("main")["seen"] == [["app/nobody/x", "noproc"]]
    do(node, "main", "stop", id=child, reason="shutdown")
    assert node.state("main")["seen"][1:] == [[child, "shutdown"]]
    assert not node.exists(child)
    other = do(node, "main", "spawn", type="teller", id="d", link=True)
    with pytest.raises(HostError):
        node.ask(other, "crash")
    assert node.state("main")["seen"][2:] == [[other, "error: RuntimeError: broken"]]
    node.ask("fragile/f", "link", {"id": "teller/e"})
    with pytest.raises(HostError):
        node.ask("teller/e", "crash")
    assert not node.exists("app/fragile/f")


def test_a_terminate_handler_is_a_turn(node: TestNode) -> None:
    do(node, "teller/a", "now_ms")
    node.stop("teller/a", "shutdown")
    assert node.tuples("app") == [["ended", "app/teller/a", "shutdown"]]
    node.send("teller/b", "hear", "wait")
    node.stop("teller/b")
    address, op, error = node.failures[-1]
    assert (address, op) == ("app/teller/b", "terminate")
    assert "only a message's handler can wait" in error.message
    assert len(node.tuples("app")) == 1


def test_names_groups_and_locks(node: TestNode) -> None:
    do(node, "teller/a", "register", name="boss")
    assert do(node, "main", "resolve", name="boss") == "app/teller/a"
    with pytest.raises(HostError, match="is held by app/teller/a"):
        do(node, "teller/b", "register", name="boss")
    for n in "ab":
        do(node, f"teller/{n}", "pg_join", group="g")
    assert do(node, "main", "pg_broadcast", group="g", op="hear", payload=1) == 2
    assert node.state("teller/b")["seen"] == [1]
    assert do(node, "main", "pg_first", group="g") == "app/teller/a"
    first = do(node, "teller/a", "lock_acquire", key="k", lease_ms=1000)
    assert do(node, "teller/b", "lock_acquire", key="k", lease_ms=1000) is None
    second = do(node, "teller/b", "lock_acquire", key="k", lease_ms=1000, wait_ms=2000)
    assert second["fence"] > first["fence"]
    node.stop("teller/a")
    assert do(node, "main", "resolve", name="boss") is None
    assert do(node, "main", "pg_members", group="g") == ["app/teller/b"]


def test_shards_and_collectives(node: TestNode) -> None:
    spec = {"group_id": "g", "actor_type": "teller", "shard_count": 4}
    do(node, "main", "create_shard_group", **spec)
    do(node, "main", "create_shard_group", **spec)
    with pytest.raises(HostError, match='another group "g"'):
        do(node, "teller/z", "create_shard_group", **{**spec, "shard_count": 5})
    query: dict[str, Any] = {"group_id": "g", "query": {"op": "number"}}
    got = do(node, "main", "scatter_gather", **query, aggregation="sum")
    assert (got["result"], got["responded"], got["shard_count"]) == (10, 4, 4)
    assert [r["shard"] for r in got["responses"]] == [0, 1, 2, 3]
    assert do(node, "main", "scatter_gather", **query)["result"] == [1, 2, 3, 4]
    assert do(node, "main", "scatter_gather", **query, aggregation="top_k", k=2)["result"] == [4, 3]
    parts = do(
        node, "main", "scatter_gather", group_id="g", query={"op": "shard_value"},
        inputs=[{"plus": 10 * i} for i in range(4)],
    )  # fmt: skip
    assert [r["n"] for r in parts["result"]] == [1, 12, 23, 34]
    reduced = do(node, "main", "reduce_shard_group", group_id="g", map_function="shard_value", reduction="sum")
    assert reduced["result"] == {"n": 10, "unit": "s", "of": None, "differing": ["name"]}
    numbers = {"group_id": "g", "map_function": {"op": "number"}, "reduction": "prod"}
    assert do(node, "main", "all_reduce_shard_group", **numbers)["result"] == 24
    assert node.state("teller/g:3")["seen"] == [24]
    assert do(node, "main", "scan_shard_group", **numbers)["result"] == [1, 2, 6, 24]
    assert do(node, "main", "gather_shard_group", **query)["result"] == [1, 2, 3, 4]
    assert do(node, "main", "barrier_shard_group", group_id="g")["responded"] == 4
    message = {"op": "hear", "x": 1}
    assert do(node, "main", "broadcast_shard_group", group_id="g", message=message)["responded"] == 4
    assert node.state("teller/g:0")["seen"][-1] == {"x": 1}
    one = do(node, "main", "ask_shard", group_id="g", key="ada", op="number")
    assert one == do(node, "main", "ask_shard", group_id="g", key="ada", op="number")
    with pytest.raises(HostError, match="0 of 4 shards answered, 4 are needed"):
        do(node, "main", "gather_shard_group", group_id="g", query={"op": "crash"})
    node.stop("main")
    assert not node.exists("app/teller/g:0")


def test_channels_and_storage(node: TestNode) -> None:
    do(node, "main", "channel_publish", name="c", payload={"a": 1})
    assert node.ask("main", "subscribe") == [{"a": 1}, 2, None]
    do(node, "main", "kv_put", key="k", value={"v": 1}, ttl_ms=100)
    assert do(node, "teller/b", "kv_get", key="k") == {"v": 1}
    node.advance(100)
    assert do(node, "main", "kv_get", key="k") is None
    put = {"operation": "kv_put", "args": {"key": "p", "value": 1, "scope": "actor"}}
    with pytest.raises(BusinessError):
        node.ask("main", "do", {**put, "then_fail": True})
    assert do(node, "main", "kv_get", key="p", scope="actor") is None
    node.ask("main", "do", put)
    assert do(node, "main", "kv_get", key="p", scope="actor") == 1
    assert do(node, "teller/b", "kv_get", key="p", scope="actor") is None
    assert do(node, "main", "kv_increment", key="n", by=5) == 5
    assert do(node, "main", "kv_compare_and_swap", key="n", expected=5, value=6) is True
    assert do(node, "main", "kv_compare_and_swap", key="n", expected=5, value=7) is False
    do(node, "main", "blob_put", name="b", data="hello")
    assert do(node, "main", "blob_get", name="b", offset=1, length=3) == b"ell"


def test_pools() -> None:
    with TestNode() as node:
        node.app("app", TellerActor, pools={"workers": ("teller", 1)})
        got = do(node, "teller/a", "pool_checkout", pool="workers")
        assert do(node, "teller/b", "pool_checkout", pool="workers", timeout_ms=10) is None
        do(node, "teller/a", "pool_checkin", pool="workers", **got)
        assert do(node, "teller/b", "pool_checkout", pool="workers")["actor_id"] == got["actor_id"]


def test_a_reply_may_come_from_another_turn(node: TestNode) -> None:
    # The door opens later, from a turn that a timer sets off.
    do(node, "main", "send_after", delay_ms=10, target="teller/a", op="answer", payload={})
    begun = node.now_ms
    assert node.ask("teller/a", "later") == "at last"
    assert node.now_ms == begun + 10
    with pytest.raises(HostError, match="there is no deferred reply"):
        do(node, "teller/b", "reply", token="none")


def test_service_links_are_faked_and_recorded(node: TestNode) -> None:
    link = node.service_link("llm").respond({"text": "hi"}, path="/v1").respond(b"", status=500, method="GET")
    got = do(node, "main", "http_fetch", link="llm", method="POST", path="/v1", body={"q": 1})
    assert (got["status"], got["body"]) == (200, b'{"text":"hi"}')
    assert link.requests[0].json() == {"q": 1}
    assert link.requests[0].headers == {"Content-Type": "application/json"}
    assert do(node, "main", "http_fetch", link="llm", method="GET", path="/x")["status"] == 500
    link.fail()
    with pytest.raises(HostError, match="the service does not answer"):
        do(node, "main", "http_fetch", link="llm", method="GET", path="/x")
    with pytest.raises(HostError, match='"other" has no answer to GET /'):
        do(node, "main", "http_fetch", link="other", method="GET", path="/")


def test_logs_and_metrics(node: TestNode) -> None:
    do(node, "main", "log", level="info", message="m", fields={"a": 1})
    assert node.logs == [{"actor": "app/teller/main", "level": "info", "message": "m", "fields": {"a": 1}}]
    for _ in range(2):
        do(node, "main", "application_metrics_add", id="x", message_count=1, counter_metrics={"c": 2})
    assert node.metrics["app"]["message_count"] == 2
    assert node.metrics["app"]["counter_metrics"] == {"c": 4}


def test_chance_and_time_repeat() -> None:
    def run(seed: int) -> list[Any]:
        with TestNode(seed=seed) as node:
            node.app("app", TellerActor)
            return [node.ask(f"teller/{n}", "chance") for n in "aba"]

    assert run(1) == run(1)
    assert run(1) != run(2)
    a, b, again = run(1)
    assert a != b
    assert a != again
    assert a[3] == EPOCH_MS / 1000


def test_other_apps_need_access(node: TestNode) -> None:
    node.app("other", TellerActor)
    with pytest.raises(HostError, match=r"\[access\] does not name it") as e:
        do(node, "other/teller/a", "ask", target="app/teller/b", op="do", payload={})
    assert e.value.code == "PERMISSION_DENIED"


def test_only_what_nodes_have(node: TestNode) -> None:
    with TestNode(only_available=True) as strict:
        strict.app("app", TellerActor)
        assert do(strict, "teller/a", "ts_count", pattern=[None]) == 0
        with pytest.raises(HostError, match='"kv_get" is not supported by this version') as e:
            do(strict, "teller/a", "kv_get", key="k")
        assert e.value.code == "UNIMPLEMENTED"
