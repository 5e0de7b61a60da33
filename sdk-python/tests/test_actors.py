"""What a class becomes: binding, state, errors, streams, machines. Through the guest's calls."""

from __future__ import annotations

import asyncio
import collections
import dataclasses
import datetime
import enum
import functools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar, Literal, NewType, TypedDict

import pytest

import plexspaces
from plexspaces import (
    BusinessError,
    HostError,
    MessageInfo,
    actor,
    event_actor,
    event_sourced,
    fsm_actor,
    gen_server_actor,
    handler,
    init_handler,
    on,
    postpone,
    query_handler,
    run_handler,
    signal_handler,
    state,
    state_timeout,
    terminate_handler,
    transition,
    workflow_actor,
)
from plexspaces import _guest, _types
from plexspaces.testing import TestNode

Cents = NewType("Cents", int)


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


@dataclasses.dataclass
class Item:
    name: str
    count: int = 1
    level: Level = Level.LOW


@dataclasses.dataclass
class Order:
    items: list[Item]
    note: str | None = None


class Options(TypedDict, total=False):
    fast: bool


class Direct:
    """A guest without a host."""

    def __init__(self, cls: type, args: dict[str, Any] | None = None) -> None:
        self.guest = _guest.Guest()
        name = cls.__dict__["__plexspaces_type__"].name
        header = {"type": name, "actor_id": f"app/{name}/k"}
        config = {"actor_id": f"app/{name}/k", "args": args or {}, "restored": False}
        self.answer(self.guest.call(1, json.dumps(header).encode(), json.dumps(config).encode()))

    @staticmethod
    def answer(answer: tuple[int, bytes, bytes]) -> Any:
        status, _, body = answer
        if status:
            error = json.loads(body)
            raise Refused(error)
        return json.loads(body) if body else None

    def ask(self, op: str, payload: Any = None, **header: Any) -> Any:
        body = json.dumps({} if payload is None else payload).encode()
        return self.answer(self.raw(op, body, **header))

    def raw(self, op: str, body: bytes, **header: Any) -> tuple[int, bytes, bytes]:
        head = {"op": op, "kind": "call", "id": "m1", "from": None, **header}
        return self.guest.call(2, json.dumps(head).encode(), body)

    def refused(self, op: str, payload: Any = None) -> str:
        with pytest.raises(Refused) as e:
            self.ask(op, payload)
        assert e.value.error["code"] == "INVALID_ARGUMENT"
        assert e.value.error["business"] is True
        return str(e.value.error["message"])


class Refused(Exception):
    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"])
        self.error = error


def description(cls: type) -> dict[str, Any]:
    return _types.of(cls.__dict__["__plexspaces_type__"]).describe()


@actor
class BindingActor:
    @handler("plain")
    def plain(self, a: int, b: str = "x", c: dict | None = None) -> list[Any]:
        return [a, b, c]

    @handler("whole")
    def whole(self, payload: Any) -> Any:
        return payload

    @handler("rest")
    def rest(self, a: int, **others: Any) -> list[Any]:
        return [a, others]

    @handler("order")
    def order(self, payload: Order) -> list[Any]:
        assert isinstance(payload.items[0], Item)
        return [payload.items[0].level.name, payload.items[0].count, payload.note]

    @handler("typed")
    def typed(
        self,
        f: float = 0.5,
        pair: tuple[int, str] = (1, "a"),
        many: tuple[int, ...] = (),
        by: dict[str, Item] | None = None,
        kind: Literal["a", "b"] = "a",
        options: Options | None = None,
        cents: Cents = Cents(0),
        when: datetime.datetime | None = None,
        data: bytes = b"",
        tags: set[str] = frozenset(),  # type: ignore[assignment]
        either: int | str = 0,
    ) -> str:
        return repr((f, pair, many, by, kind, options, cents, when, data, sorted(tags), either))

    @handler
    def bare(self, info: MessageInfo) -> list[Any]:
        """Its name is the method's."""
        return [info.op, info.from_]

    @handler("results")
    def results(self) -> dict[str, Any]:
        return {
            "item": Item("x"),
            "level": Level.HIGH,
            "bytes": b"\x00\x01",
            "when": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
            "big": 2**70,
        }

    @handler("nan")
    def nan(self) -> float:
        return float("nan")

    @handler("odd")
    def odd(self) -> Any:
        return object()


def test_a_payload_becomes_the_parameters() -> None:
    d = Direct(BindingActor)
    assert d.ask("plain", {"a": 1}) == [1, "x", None]
    assert d.ask("plain", {"a": 2.0, "b": "y", "c": {"k": 1}, "unknown": 1}) == [2, "y", {"k": 1}]
    assert d.ask("plain", {"a": 2**63}) == [2**63, "x", None]
    assert d.refused("plain", {}) == "plain: a is missing"
    assert d.refused("plain", {"a": "1"}) == "plain: a must be an integer, not a string"
    assert d.refused("plain", {"a": True}) == "plain: a must be an integer, not a boolean"
    assert d.refused("plain", {"a": 1.5}) == "plain: a must be an integer, not a number"
    assert d.refused("plain", [1]) == "plain: the payload must be an object, not a list"


def test_payload_and_kwargs() -> None:
    d = Direct(BindingActor)
    assert d.ask("whole", [1, {"$bytes": "AAE="}]) == [1, {"$bytes": "AAE="}]
    assert d.ask("rest", {"a": 1, "b": 2}) == [1, {"b": 2}]
    assert d.ask("bare", {}, **{"from": "app/x/y"}) == ["bare", "app/x/y"]


def test_structures_come_as_declared() -> None:
    d = Direct(BindingActor)
    assert d.ask("order", {"items": [{"name": "n", "level": "high"}]}) == ["HIGH", 1, None]
    assert d.refused("order", {"items": [{"count": 1}]}).endswith("items[0].name is missing")
    message = d.refused("order", {"items": [{"name": "n", "level": "mid"}]})
    assert message.endswith("items[0].level must be one of low, high, not 'mid'")
    text = d.ask(
        "typed",
        {
            "f": 1,
            "pair": [1, "b"],
            "many": [1, 2],
            "by": {"k": {"name": "n"}},
            "kind": "b",
            "options": {"fast": True, "other": 1},
            "cents": 5,
            "when": "2026-01-02T03:04:05",
            "data": {"$bytes": "AAE="},
            "tags": ["b", "a"],
            "either": "s",
        },
    )
    assert text == repr(
        (
            1.0,
            (1, "b"),
            (1, 2),
            {"k": Item("n")},
            "b",
            {"fast": True},
            5,
            datetime.datetime(2026, 1, 2, 3, 4, 5),
            b"\x00\x01",
            ["a", "b"],
            "s",
        )
    )
    assert "kind must be one of 'a', 'b'" in d.refused("typed", {"kind": "c"})
    assert "pair must be a list of 2, not a list of 1" in d.refused("typed", {"pair": [1]})
    assert "either must be int or str, not a list" in d.refused("typed", {"either": []})
    assert "when must be a datetime" in d.refused("typed", {"when": "yesterday"})


def test_results_become_json() -> None:
    d = Direct(BindingActor)
    assert d.ask("results") == {
        "item": {"name": "x", "count": 1, "level": "low"},
        "level": "high",
        "bytes": {"$bytes": "AAE="},
        "when": "2026-01-02T00:00:00+00:00",
        "big": 2**70,
    }
    for op, why in (("nan", "NaN and Infinity have no JSON form"), ("odd", "a object has no JSON")):
        with pytest.raises(Refused, match=why) as e:
            d.ask(op)
        assert e.value.error["code"] == "INTERNAL"
        assert "business" not in e.value.error


def test_what_is_not_json_is_refused() -> None:
    d = Direct(BindingActor)
    for body in (b"{", b'{"a":NaN}', b"\xff", b'{"a":{"$bytes":"?"}}'):
        status, _, error = d.raw("plain", body)
        assert status == 1
        assert json.loads(error)["code"] == "INVALID_ARGUMENT"
    status, _, body = d.raw("whole", b"\xff\x00", content_type="image/png")
    assert (status, json.loads(body)) == (0, {"$bytes": "/wA="})


def test_schemas_come_from_hints() -> None:
    operations = {o["name"]: o for o in description(BindingActor)["operations"]}
    assert operations["plain"]["input"] == {
        "type": "object",
        "properties": {
            "a": {"type": "integer"},
            "b": {"type": "string", "default": "x"},
            "c": {"anyOf": [{"type": "object"}, {"type": "null"}]},
        },
        "required": ["a"],
    }
    assert "input" not in operations["whole"]
    assert operations["bare"]["doc"] == "Its name is the method's."
    order = operations["order"]["input"]
    item = order["properties"]["items"]["items"]
    assert item["required"] == ["name"]
    assert item["properties"]["level"] == {
        "type": "string",
        "enum": ["low", "high"],
        "default": "low",
    }
    assert operations["nan"]["output"] == {"type": "number"}


KEYWORDS = {
    "type", "properties", "required", "items", "prefixItems", "additionalProperties", "enum",
    "const", "anyOf", "$ref", "$defs", "minItems", "maxItems", "default", "format",
    "contentEncoding",
}  # fmt: skip


def test_schemas_have_known_keywords_only() -> None:
    def check(schema: dict[str, Any]) -> None:
        assert set(schema) <= KEYWORDS
        for name in ("properties", "$defs"):
            for inner in schema.get(name, {}).values():
                check(inner)
        for inner in [*schema.get("anyOf", []), *schema.get("prefixItems", [])]:
            check(inner)
        if isinstance(schema.get("items"), dict):
            check(schema["items"])

    for operation in description(BindingActor)["operations"]:
        for which in ("input", "output"):
            if which in operation:
                check(operation[which])


# ---- declared state


class Base:
    inherited: int = 1


@gen_server_actor(type="keeper")
class StateActor(Base):
    count: int = 0
    items: list[Item] = state(default_factory=list)
    shared: list[int] = []  # noqa: RUF012
    by: dict[int, Level] = state(default_factory=dict)
    names: set[str] = state(default_factory=set)
    pos: tuple[int, int] = (0, 0)
    owner: Item | None = None
    free: Any = None
    later: str
    LIMIT: ClassVar[int] = 3

    @handler("fill")
    def fill(self) -> None:
        self.inherited = 2
        self.items.append(Item("a", level=Level.HIGH))
        self.shared.append(1)
        self.by[7] = Level.HIGH
        self.names |= {"y", "x"}
        self.pos = (1, 2)
        self.owner = Item("o")
        self.cache = object()

    @handler("keep")
    def keep(self, what: str) -> None:
        self.free = {"object": object(), "keys": {1: 2}, "item": [Item("x")], "nan": float("nan")}[what]


def test_state_is_kept_as_declared() -> None:
    d = Direct(StateActor)
    d.ask("fill")
    _, _, stored = d.guest.call(3, b"{}", b"")
    assert json.loads(stored) == {
        "inherited": 2,
        "count": 0,
        "items": [{"name": "a", "count": 1, "level": "high"}],
        "shared": [1],
        "by": {"7": "high"},
        "names": ["x", "y"],
        "pos": [1, 2],
        "owner": {"name": "o", "count": 1, "level": "low"},
        "free": None,
    }
    other = Direct(StateActor)
    assert other.guest.instance.shared == []
    other.guest.call(4, b"{}", stored)
    instance = other.guest.instance
    assert instance.items == [Item("a", level=Level.HIGH)]
    assert instance.by == {7: Level.HIGH}
    assert (instance.names, instance.pos, instance.owner) == ({"x", "y"}, (1, 2), Item("o"))
    assert StateActor.shared == []


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("object", "a object would not come back"),
        ("keys", r"the key 1 of a dict would come back as a string"),
        ("item", "a Item would not come back as one"),
        ("nan", "NaN and Infinity"),
    ],
)
def test_state_that_would_be_lost_is_refused_by_the_fields_name(what: str, why: str) -> None:
    d = Direct(StateActor)
    d.ask("keep", {"what": what})
    status, _, error = d.guest.call(3, b"{}", b"")
    assert status == 1
    message = json.loads(error)["message"]
    assert "the state field free of StateActor" in message
    assert why in message


def test_an_exact_restore_unsets_what_was_not_stored() -> None:
    d = Direct(StateActor)
    stored = d.guest.call(3, b"{}", b"")[2]
    assert d.guest.type is not None
    unset = [f.name for f in d.guest.type.fields if f.name not in json.loads(stored)]
    assert unset, "the fixture has no field without a default"
    for name in unset:
        setattr(d.guest.instance, name, 1)
    d.guest.call(4, b"{}", stored)
    assert all(hasattr(d.guest.instance, name) for name in unset)
    d.guest.call(4, b'{"exact":true}', stored)
    assert not any(hasattr(d.guest.instance, name) for name in unset)


def test_stored_state_that_does_not_fit_says_which_field() -> None:
    d = Direct(StateActor)
    status, _, error = d.guest.call(4, b"{}", b'{"count":"many"}')
    assert status == 1
    assert "the state field count must be an integer" in json.loads(error)["message"]


@dataclasses.dataclass
class Tree:
    name: str
    parent: Tree | None = None
    children: list[Tree] = dataclasses.field(default_factory=list)


@actor
class TreeActor:
    root: Tree | None = None

    @handler("plant")
    def plant(self, payload: Tree) -> str:
        self.root = payload
        return payload.children[0].name


def test_a_type_may_contain_itself() -> None:
    d = Direct(TreeActor)
    tree = {"name": "a", "children": [{"name": "b", "parent": {"name": "c"}}]}
    assert d.ask("plant", tree) == "b"
    _, _, stored = d.guest.call(3, b"{}", b"")
    other = Direct(TreeActor)
    other.guest.call(4, b"{}", stored)
    assert other.guest.instance.root == Tree("a", None, [Tree("b", Tree("c"))])
    assert d.refused("plant", {"name": "a", "children": [{}]}).endswith("children[0].name is missing")
    schema = description(TreeActor)["operations"][0]["input"]
    assert schema["properties"]["parent"]["anyOf"][0] == {"$ref": "#/$defs/Tree"}
    assert schema["$defs"]["Tree"]["required"] == ["name"]


@actor
class TallyActor:
    by_name: dict[str, int] = state(default_factory=lambda: collections.defaultdict(int))
    later: int = state()

    @handler("add")
    def add(self, name: str) -> int:
        self.by_name[name] += 1
        return self.by_name[name]

    @handler("early")
    def early(self) -> int:
        return self.later


def test_a_defaultdict_stays_one() -> None:
    d = Direct(TallyActor)
    assert d.ask("add", {"name": "a"}) == 1
    _, _, stored = d.guest.call(3, b"{}", b"")
    assert json.loads(stored) == {"by_name": {"a": 1}}
    d = Direct(TallyActor)
    d.guest.call(4, b"{}", stored)
    assert [d.ask("add", {"name": n}) for n in "ab"] == [2, 1]


def test_a_field_without_a_value_says_so() -> None:
    with pytest.raises(Refused, match="AttributeError: the state field later has no value yet"):
        Direct(TallyActor).ask("early")


# ---- errors


@actor
class FailingActor:
    @handler("business")
    def business(self) -> None:
        raise BusinessError("NOT_FOUND", "no such thing", {"id": 1})

    @handler("value")
    def value(self) -> None:
        raise ValueError("not like that")

    @handler("system")
    def system(self) -> None:
        raise plexspaces.SystemError("disk", recoverable=True)

    @handler("crash")
    def crash(self) -> Any:
        return {}["gone"]

    @handler("recurse")
    def recurse(self) -> None:
        self.recurse()

    @handler("exit")
    def exit(self) -> None:
        raise SystemExit(3)


def test_errors_on_the_wire() -> None:
    d = Direct(FailingActor)

    def error(op: str) -> dict[str, Any]:
        with pytest.raises(Refused) as e:
            d.ask(op)
        return e.value.error

    assert error("business") == {
        "code": "NOT_FOUND",
        "message": "no such thing",
        "retryable": False,
        "details": {"id": 1},
        "business": True,
    }
    assert error("value") == {
        "code": "INVALID_ARGUMENT",
        "message": "not like that",
        "retryable": False,
        "business": True,
    }
    system = error("system")
    assert (system["code"], system["retryable"], "business" in system) == ("UNAVAILABLE", True, False)
    crash = error("crash")
    assert (crash["code"], crash["message"]) == ("INTERNAL", "KeyError: 'gone'")
    stack = crash["details"]["stack"]
    assert f'File "{__file__}"' in stack
    assert 'return {}["gone"]' in stack
    assert "_guest.py" not in stack
    deep = error("recurse")["details"]["stack"]
    assert deep.count("  File ") == 20
    assert len(deep.encode()) <= 4096
    assert error("exit")["message"] == "SystemExit: 3"
    unknown = error("nothing")
    assert unknown["message"].startswith('actor type "failing" has no operation "nothing"; it has')
    with pytest.raises(TypeError, match="unknown code 'TEAPOT'"):
        BusinessError("TEAPOT", "x")
    assert isinstance(plexspaces.TimeoutError("late"), TimeoutError)
    assert isinstance(plexspaces.TimeoutError("late"), HostError)


# ---- async, streams


@actor
class AsyncActor:
    closed: bool = False

    @init_handler
    async def init(self, config: dict[str, Any]) -> None:
        self.args = config["args"]

    @handler("gather")
    async def gather(self) -> list[int]:
        async def one(n: int) -> int:
            await asyncio.sleep(n)
            return n

        return await asyncio.gather(one(3), one(1), one(2))

    @handler("args")
    async def get_args(self) -> Any:
        return self.args

    @handler("numbers")
    def numbers(self, n: int, fail_at: int = -1) -> Iterator[int]:
        try:
            for i in range(n):
                if i == fail_at:
                    raise BusinessError("FAILED_PRECONDITION", f"failed at {i}")
                yield i
        except GeneratorExit:
            self.closed = True
            raise

    @handler("later")
    async def later(self, n: int) -> AsyncIterator[int]:
        try:
            for i in range(n):
                await asyncio.sleep(0.001)
                yield i
        finally:
            self.closed = True

    @terminate_handler
    def bye(self, reason: str) -> None:
        self.closed = reason == "normal"


def test_async_handlers_wait_on_the_hosts_clock() -> None:
    with TestNode() as node:
        node.app("a", AsyncActor)
        before = node.now_ms
        assert node.ask("async/x", "gather") == [3, 1, 2]
        assert 3000 <= node.now_ms - before < 3100
    assert Direct(AsyncActor, {"k": 1}).ask("args") == {"k": 1}


@pytest.mark.parametrize("op", ["numbers", "later"])
def test_generators_are_streams(op: str) -> None:
    with TestNode() as node:
        node.app("a", AsyncActor)
        assert list(node.stream("async/x", op, {"n": 3})) == [0, 1, 2]
        stream = node.stream("async/y", op, {"n": 3})
        assert next(stream) == 0
        stream.close()  # type: ignore[attr-defined]
        assert node.state("async/y") == {"closed": True}
    described = {o["name"]: o for o in description(AsyncActor)["operations"]}[op]
    assert described["stream"] is True
    assert described["output"] == {"type": "integer"}


def test_the_protocol_of_streams() -> None:
    d = Direct(AsyncActor)
    first = d.raw("numbers", b'{"n":2,"fail_at":1}', stream=True)
    assert first == (0, b'{"more":true}', b"0")
    status, _, error = d.guest.call(6, b'{"id":"m1"}', b"")
    assert (status, json.loads(error)["message"]) == (1, "failed at 1")
    assert d.guest.call(6, b'{"id":"m1","close":true}', b"") == (0, b'{"more":false}', b"")
    assert d.raw("numbers", b'{"n":0}', stream=True) == (0, b'{"more":false}', b"")
    assert "use ask_stream" in d.refused("numbers", {"n": 1})


# ---- events, machines, workflows


@event_actor(facets=["metrics", {"type": "durability", "config": {"checkpoint_interval": 1}}])
class ListenerActor:
    heard: list[str] = state(default_factory=list)

    @on("saved")
    def first(self, name: str) -> None:
        self.heard.append("first " + name)

    @on("saved")
    def broken(self) -> None:
        raise RuntimeError("no")

    @on("saved")
    async def last(self) -> None:
        self.heard.append("last")


def test_one_failing_listener_does_not_stop_the_others() -> None:
    with TestNode() as node:
        node.app("a", ListenerActor)
        node.send("listener/x", "saved", {"name": "n"})
        assert node.state("listener/x") == {"heard": ["first n", "last"]}
        assert node.logs[0]["message"] == 'broken failed for the event "saved": no'
        assert node.restarts("listener/x") == 0
    described = description(ListenerActor)
    assert described["behavior"] == "GenEvent"
    assert described["operations"] == [{"name": "saved", "kind": "cast"}]
    assert [f["type"] for f in described["facets"]] == ["metrics", "durability"]


class Door(enum.Enum):
    OPEN = "open"
    CLOSED = "closed"


@fsm_actor(initial=Door.CLOSED)
@state_timeout(Door.OPEN, 5000, "close")
class DoorFSMActor:
    log: list[str] = state(default_factory=list)

    @transition("open", from_=Door.CLOSED, to=Door.OPEN)
    def open(self, who: str) -> str:
        self.log.append(who)
        return "opened"

    @transition("close", from_=[Door.OPEN], to=Door.CLOSED)
    def close(self) -> str:
        return "closed"

    @transition("knock", from_=Door.CLOSED, kind="cast")
    def knock(self) -> None:
        postpone()

    @transition("knock", from_=Door.OPEN, kind="cast")
    def enter(self) -> None:
        self.log.append("entered")

    @handler("peek", "query")
    def peek(self) -> str:
        return self.current_state.value  # type: ignore[attr-defined, no-any-return]


def test_a_machine_goes_by_its_transitions() -> None:
    with TestNode() as node:
        node.app("a", DoorFSMActor)
        door = "door_fsm/x"
        assert node.ask(door, "peek") == "closed"
        with pytest.raises(BusinessError, match='"close" is not possible in the state "closed"') as e:
            node.ask(door, "close")
        assert e.value.code == "FAILED_PRECONDITION"
        node.send(door, "knock")
        assert node.state(door)["log"] == []
        assert node.ask(door, "open", {"who": "ada"}) == "opened"
        assert node.state(door)["log"] == ["ada", "entered"]
        node.advance(4999)
        assert node.ask(door, "peek") == "open"
        node.advance(1)
        assert node.ask(door, "peek") == "closed"
        node.ask(door, "open", {"who": "bob"})
        node.advance(3000)
        node.ask(door, "close")
        node.ask(door, "open", {"who": "eve"})
        node.advance(3000)
        assert node.ask(door, "peek") == "open"
    assert description(DoorFSMActor)["behavior"] == "GenFSM"


def test_a_state_ends_by_its_time_with_what_nodes_of_this_version_have() -> None:
    with TestNode(only_available=True) as node:
        node.app("a", DoorFSMActor)
        node.ask("door_fsm/x", "open", {"who": "ada"})
        node.advance(5000)
        assert node.ask("door_fsm/x", "peek") == "closed"


@workflow_actor
class OrderFlow:
    approved: bool = False

    @run_handler
    def run(self, request: dict[str, Any], **_: Any) -> Any:
        return {"got": request, "approved": self.approved}

    @signal_handler("approve")
    def approve(self, by: str) -> None:
        self.approved = True

    @query_handler("progress")
    def progress(self) -> bool:
        return self.approved

    @handler("step")
    def do_step(self) -> None:
        plexspaces.host.step("charge", lambda: 1)


def test_a_workflows_handlers_are_operations() -> None:
    d = Direct(OrderFlow)
    assert d.ask("run", {"a": 1, "b": [2]}) == {"got": {"a": 1, "b": [2]}, "approved": False}
    d.ask("approve", {"by": "ada"})
    assert d.ask("progress") is True
    with pytest.raises(Refused, match=r'host.step\("charge", ..\), .* is not supported') as e:
        d.ask("step")
    assert e.value.error["code"] == "UNIMPLEMENTED"
    kinds = {o["name"]: o["kind"] for o in description(OrderFlow)["operations"]}
    assert kinds == {"run": "call", "approve": "cast", "progress": "query", "step": "call"}


def test_event_sourcing_is_refused_not_half_done() -> None:
    @actor
    @event_sourced
    class LedgerActor:
        def handle(self, op: str, payload: Any) -> list[Any]:
            return []

        def update(self, event: Any) -> None: ...

    with pytest.raises(Refused, match="event sourcing") as e:
        Direct(LedgerActor)
    assert e.value.error["code"] == "UNIMPLEMENTED"
    del _types.registered["ledger"]


# ---- mistakes in classes


def compile_(cls: type) -> None:
    name = cls.__dict__["__plexspaces_type__"].name
    try:
        _types.of(_types.registered[name])
    finally:
        _types.registered.pop(name)


def test_decorated_methods_keep_their_parameters() -> None:
    def counted(function: Any) -> Any:
        @functools.wraps(function)
        def wrapper(self: Any, **given: Any) -> Any:
            return function(self, **given)

        return wrapper

    @actor
    class WrappedActor:
        @handler("add")
        @counted
        def add(self, a: int, b: int = 2) -> int:
            """Adds.

            More:
                indented
            """
            return a + b

        @handler("count")
        @counted
        def count(self, n: int) -> Iterator[int]:
            yield from range(n)

    d = Direct(WrappedActor)
    assert d.ask("add", {"a": 1.0}) == 3
    assert d.refused("add", {}) == "add: a is missing"
    add, count = description(WrappedActor)["operations"]
    assert add["doc"] == "Adds.\n\nMore:\n    indented"
    assert (add["input"]["required"], count["stream"]) == (["a"], True)
    del _types.registered["wrapped"]


def test_mistakes_are_named() -> None:
    with pytest.raises(TypeError, match=r"OddlyActor.x: \*many cannot be given by name"):

        @actor
        class OddlyActor:
            @handler
            def x(self, *many: int) -> None: ...

        compile_(OddlyActor)
    with pytest.raises(TypeError, match="unknown kind 'qury'; one of call, cast, query"):
        handler("x", "qury")
    with pytest.raises(TypeError, match="unknown facet 'durabel'"):
        actor(facets=["durabel"])(type("FacetActor", (), {}))
    with pytest.raises(TypeError, match="'a/b' cannot name an actor type"):
        actor(type="a/b")(type("X", (), {}))

    @actor
    class TwiceActor:
        @handler("x")
        def a(self) -> None: ...

        @handler("x")
        def b(self) -> None: ...

    with pytest.raises(TypeError, match='a and b both handle "x"'):
        compile_(TwiceActor)

    @actor
    class NoneActor:
        pass

    with pytest.raises(TypeError, match="it has no handlers"):
        compile_(NoneActor)

    @actor
    class OddActor:
        @handler("x")
        def a(self, thing: threading_like) -> None: ...  # noqa: F821

        @handler("y")
        def b(self, thing: Base) -> None: ...

    with pytest.raises(TypeError, match='OddActor.b: the parameter "thing": Base has no JSON form'):
        compile_(OddActor)

    @actor
    class BadState:
        field: Base = Base()

        @handler("x")
        def a(self) -> None: ...

    with pytest.raises(TypeError, match="the state field field: Base has no JSON form"):
        compile_(BadState)

    @fsm_actor
    class NoStart:
        @transition("x", from_="a", to="b")
        def a(self) -> None: ...

    with pytest.raises(TypeError, match="transitions need a first state"):
        compile_(NoStart)

    @actor
    class CastStream:
        @handler("x", "cast")
        def a(self) -> Iterator[int]:
            yield 1

    with pytest.raises(TypeError, match="a cast has no reply, so it cannot be a generator"):
        compile_(CastStream)

    @actor
    class Unhinted:
        field = state(default=1)

        @handler("x")
        def a(self) -> None: ...

    with pytest.raises(TypeError, match="the state field field needs a type hint"):
        compile_(Unhinted)

    @workflow_actor
    class NoRun:
        @handler("x")
        def a(self) -> None: ...

    with pytest.raises(TypeError, match="a workflow needs a method with @run_handler"):
        compile_(NoRun)


def test_helpers_of_addresses() -> None:
    d = Direct(BindingActor)
    instance = d.guest.instance
    assert instance.actor_id == "app/binding/k"
    assert instance.sibling_actor_id("audit") == "audit"
    assert instance.sibling_actor_id("account/ada") == "app/account/ada"
    assert plexspaces.actor_application_id("app/t/k") == "app"
