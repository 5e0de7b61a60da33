"""Actors in the ways that people write them in Python."""

import dataclasses
import enum

from plexspaces import (
    Actor,
    BusinessError,
    actor,
    host,
    handler,
    init_handler,
    query_handler,
    run_handler,
    state,
    workflow_actor,
)


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


@dataclasses.dataclass
class Item:
    name: str
    level: Level
    count: int = 1


@actor(facets=["durability"])
class ChainActor(Actor):
    steps: list[str] = state(default_factory=list)
    greeting: str = state(default="none")
    total: int = 0

    @init_handler
    def init(self, config: dict) -> None:
        self.greeting = config["args"].get("greeting", self.greeting)

    @handler("execute_chain")
    def execute_chain(self, steps: list[str], note: dict | None = None) -> dict:
        self.steps += steps
        return {
            "actor": self.actor_id,
            "steps": self.steps,
            "greeting": self.greeting,
            "note": note,
        }

    @handler("classify", "query")
    def classify(self, value=None) -> str:
        match value:
            case int() if value < 10:
                return "small number"
            case int():
                return "number"
            case [*items]:
                return f"list of {len(items)}"
            case {"kind": str(kind), "size": size}:
                return f"{kind} of {size}"
            case _:
                return "something else"

    @handler("order")
    def order(self, item: Item) -> dict:
        if item.count < 1:
            raise ValueError("count must be at least 1")
        self.total += item.count
        return {**dataclasses.asdict(item), "level": item.level, "total": self.total}

    @handler("helpers")
    async def helpers(self, x: int) -> list:
        first = host.ask("helper", "double", {"x": x}, timeout_ms=2000)
        helper = f"{self.actor_id.split('/')[0]}/helper/helper"
        second = host.ask(helper, {"op": "double", "x": x}, timeout_ms=2000)
        return [first, second, host.ask("helper", "who")]

    @handler("space")
    def space(self, n: int) -> list:
        host.ts.write(["seen", self.actor_id, n])
        return host.ts_read(["seen", None, n])


@actor
class HelperActor:
    @handler("double")
    def double(self, x):
        if x < 0:
            raise BusinessError("FAILED_PRECONDITION", "x is negative")
        return 2 * x

    @handler("who", "query")
    def who(self):
        return self.actor_id


@workflow_actor
class FlowActor(Actor):
    count: int = 0

    @run_handler
    def run(self, request: dict) -> dict:
        self.count += 1
        return {"request": request, "runs": self.count}

    @query_handler("runs")
    def runs(self) -> int:
        return self.count
