"""Process groups, pools and shard groups of the harness."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from plexspaces import _codec
from plexspaces.errors import HostError
from plexspaces.testing._cells import Cell
from plexspaces.testing._reduce import aggregate, fold
from plexspaces.testing._scheduler import Waiter

if TYPE_CHECKING:
    from plexspaces.testing._cells import Turn
    from plexspaces.testing._engine import Engine

_TIMEOUT_MS = 10_000


class Group:
    """A shard group."""

    def __init__(self, spec: dict[str, Any], owner: str, cells: list[Cell]) -> None:
        self.spec = spec
        self.owner = owner
        self.cells = cells
        self.next = 0
        #: The shards that wait in a barrier.
        self.entered: dict[str, Waiter] = {}

    def shard_of(self, key: Any) -> Cell:
        strategy = self.spec.get("partition_strategy", "hash")
        size = len(self.cells)
        if strategy == "round_robin":
            self.next += 1
            return self.cells[(self.next - 1) % size]
        if strategy == "range" and isinstance(key, int):
            return self.cells[key % size]
        digest = hashlib.sha256(_codec.dumps(key)).digest()
        if strategy == "range":
            return self.cells[min(int.from_bytes(str(key).encode()[:1]) * size // 256, size - 1)]
        return self.cells[int.from_bytes(digest[:8]) % size]


class Groups:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._members: dict[tuple[str, str], list[str]] = {}
        self._shards: dict[tuple[str, str], Group] = {}
        self.pools: dict[tuple[str, str], dict[str, Any]] = {}

    # ---- process groups

    def members(self, app: str, group: str) -> list[str]:
        return self._members.setdefault((app, group), [])

    # ---- pools

    def pool(self, turn: Turn, name: str) -> dict[str, Any]:
        found = self.pools.get((turn.cell.app.name, name))
        if found is None:
            raise HostError("NOT_FOUND", f'there is no pool "{name}"')
        return found

    def checkout(self, turn: Turn, name: str, timeout_ms: int) -> Any:
        pool = self.pool(turn, name)
        end = self._engine.scheduler.now + timeout_ms
        while True:
            free = [c for c in pool["workers"] if c.address not in pool["out"]]
            if free:
                id = self._engine.number("c")
                pool["out"][free[0].address] = (id, turn.cell.address)
                address = free[0].address
                turn.on_rollback.append(lambda: self._back(pool, address))
                return {"actor_id": address, "checkout_id": id}
            rest = end - self._engine.scheduler.now
            if rest <= 0:
                return None
            waiter = Waiter(self._engine.scheduler)
            pool["waiters"].append(waiter)
            waiter.wait(rest)

    def checkin(self, turn: Turn, a: dict[str, Any]) -> None:
        pool = self.pool(turn, a["pool"])
        held = pool["out"].get(a["actor_id"])
        if held is None or held[0] != a["checkout_id"]:
            raise HostError("FAILED_PRECONDITION", f"{a['actor_id']} is not checked out like that")
        if not a.get("healthy", True):
            cell = self._engine.cells[a["actor_id"]]
            cell.terminate("unhealthy")
            self._engine.start(cell)
        self._back(pool, a["actor_id"])

    @staticmethod
    def _back(pool: dict[str, Any], address: str) -> None:
        pool["out"].pop(address, None)
        waiters, pool["waiters"] = pool["waiters"], []
        for waiter in waiters:
            waiter.finish()

    # ---- shard groups

    def create(self, turn: Turn, spec: dict[str, Any]) -> dict[str, Any]:
        app = turn.cell.app
        where = (app.name, spec["group_id"])
        known = self._shards.get(where)
        if known is not None:
            if known.spec == spec:
                return self.info(known)
            raise HostError("ALREADY_EXISTS", f'there is another group "{spec["group_id"]}"')
        kind = app.types.get(spec["actor_type"])
        if kind is None:
            raise HostError("NOT_FOUND", f'the app has no type "{spec["actor_type"]}"')
        if spec["shard_count"] < 1:
            raise HostError("INVALID_ARGUMENT", "shard_count is at least 1")
        group = Group(spec, turn.cell.address, [])
        self._shards[where] = group
        self._grow(app, kind, group)
        return self.info(group)

    def _grow(self, app: Any, kind: Any, group: Group) -> None:
        spec = group.spec
        for i in range(len(group.cells), spec["shard_count"]):
            extra = {
                "shard": i,
                "shard_count": spec["shard_count"],
                "group_id": spec["group_id"],
            }
            key = f"{spec['group_id']}:{i}"
            cell = Cell(
                self._engine, app, kind, key, args={}, durable=False, on_demand=True, extra=extra
            )
            if "initial_state" in spec:
                cell.overlay = _codec.dumps(spec["initial_state"])
            group.cells.append(self._engine.add(cell))

    def get(self, turn: Turn, id: str) -> Group:
        found = self._shards.get((turn.cell.app.name, id))
        if found is None:
            raise HostError("NOT_FOUND", f'there is no shard group "{id}"')
        return found

    def info(self, group: Group) -> dict[str, Any]:
        return {**group.spec, "owner": group.owner, "shards": [c.address for c in group.cells]}

    def rescale(self, turn: Turn, id: str, count: int) -> dict[str, Any]:
        group = self.get(turn, id)
        if count < 1:
            raise HostError("INVALID_ARGUMENT", "shard_count is at least 1")
        group.spec = {**group.spec, "shard_count": count}
        for cell in group.cells[count:]:
            self._engine.halt(cell, "shutdown")
        del group.cells[count:]
        self._grow(turn.cell.app, group.cells[0].kind, group)
        return self.info(group)

    def delete(self, app: str, id: str) -> None:
        group = self._shards.pop((app, id), None)
        for cell in group.cells if group is not None else ():
            self._engine.halt(cell, "shutdown")

    def collect(
        self, turn: Turn, a: dict[str, Any], requests: list[Any]
    ) -> tuple[Group, dict[str, Any], list[Any]]:
        """Asks each shard its request at once; what came until all did, or the time was over."""
        group = self.get(turn, a["group_id"])
        end = self._engine.scheduler.now + a.get("timeout_ms", _TIMEOUT_MS)
        calls = []
        for cell, request in zip(group.cells, requests, strict=True):
            op, payload = _request(request)
            body = _codec.dumps(payload)
            if not op.startswith("__"):
                self._engine.accept(cell, op, body)
            calls.append(self._engine.post(cell, op, body, sender=turn.cell, reply=True))
        responses, failed = [], []
        for shard, (cell, waiter) in enumerate(zip(group.cells, calls, strict=True)):
            assert waiter is not None
            if not waiter.wait(max(end - self._engine.scheduler.now, 0)):
                error = {"code": "DEADLINE_EXCEEDED", "message": f"shard {shard} was too late"}
            else:
                error, _, body = waiter.value
                if error is None:
                    payload = _codec.loads(body) if body else None
                    responses.append(
                        {"shard": shard, "actor_id": cell.address, "payload": payload}
                    )
                    continue
            failed.append({"shard": shard, "code": error["code"], "message": error["message"]})
        result = {
            "result": None,
            "responses": responses,
            "shard_count": len(group.cells),
            "responded": len(responses),
            "failed": failed,
        }
        needed = a.get("min_responses", a.get("min_acks", len(group.cells)))
        if len(responses) < needed:
            raise HostError(
                "UNAVAILABLE",
                f"{len(responses)} of {len(group.cells)} shards answered, {needed} are needed:"
                f" {failed[0]['message']}",
                details=result,
            )
        return group, result, [r["payload"] for r in responses]

    def collective(self, turn: Turn, operation: str, a: dict[str, Any]) -> dict[str, Any]:
        group = self.get(turn, a["group_id"])
        size = len(group.cells)
        if operation == "scatter_gather":
            inputs = a.get("inputs")
            query = a.get("query")
            if inputs is not None and len(inputs) != size:
                raise HostError("INVALID_ARGUMENT", f"there are {size} shards, not {len(inputs)}")
            requests = [query] * size
            if inputs is not None:
                op, rest = _request(query) if query is not None else ("", {})
                requests = [
                    {"op": op, **rest, **(i if isinstance(i, dict) else {"input": i})}
                    for i in inputs
                ]
            _, result, values = self.collect(turn, a, requests)
            kind = a.get("aggregation", "concat")
            result["result"] = aggregate(kind, values, a.get("k", 10))
            return result
        if operation == "barrier_shard_group":
            return self._barrier(turn, group, a)
        key = {"broadcast_shard_group": "message"}.get(
            operation, "query" if "gather" in operation else "map_function"
        )
        _, result, values = self.collect(turn, a, [a[key]] * size)
        if operation in ("gather_shard_group", "all_gather_shard_group"):
            result["result"] = values
        elif operation != "broadcast_shard_group":
            reduction = a["reduction"]
            if operation == "scan_shard_group":
                result["result"] = [fold(reduction, values[: i + 1]) for i in range(len(values))]
            else:
                result["result"] = fold(reduction, values)
        parts = result["result"]
        if operation == "reduce_scatter_shard_group" and not (
            isinstance(parts, list) and len(parts) == size
        ):
            raise HostError(
                "INVALID_ARGUMENT", f"reduce_scatter needs lists of {size} elements, one a shard"
            )
        self._tell(group, operation, result["result"])
        return result

    def _barrier(self, turn: Turn, group: Group, a: dict[str, Any]) -> dict[str, Any]:
        """A shard waits for the others; anybody else for what the shards have been sent before."""
        size = len(group.cells)
        if turn.cell not in group.cells:
            return self.collect(turn, a, [{"op": "__BARRIER__"}] * size)[1]
        me, waiter = turn.cell.address, Waiter(self._engine.scheduler)
        group.entered[me] = waiter
        if len(group.entered) == size:
            entered, group.entered = group.entered, {}
            for other in entered.values():
                other.finish()
        elif not waiter.wait(a.get("timeout_ms", _TIMEOUT_MS)):
            came = len(group.entered)
            del group.entered[me]
            raise HostError("DEADLINE_EXCEEDED", f"{came} of {size} shards entered the barrier")
        return {
            "result": None,
            "responses": [],
            "shard_count": size,
            "responded": size,
            "failed": [],
        }

    def _tell(self, group: Group, operation: str, value: Any) -> None:
        for shard, cell in enumerate(group.cells):
            if operation in ("all_reduce_shard_group", "all_gather_shard_group"):
                self._engine.cast(cell.address, "__ALLREDUCE__", {"result": value})
            elif operation == "reduce_scatter_shard_group":
                self._engine.cast(cell.address, "__ALLREDUCE__", {"result": value[shard]})

    def exited(self, address: str) -> None:
        for members in self._members.values():
            if address in members:
                members.remove(address)
        for (app, id), group in list(self._shards.items()):
            if group.owner == address and not group.spec.get("detached"):
                self.delete(app, id)
        for pool in self.pools.values():
            for worker, (_, holder) in list(pool["out"].items()):
                if holder == address:
                    self._back(pool, worker)


def _request(request: Any) -> tuple[str, Any]:
    if isinstance(request, str):
        return request, {}
    if isinstance(request, dict) and isinstance(request.get("op"), str):
        rest = dict(request)
        return rest.pop("op"), rest
    raise HostError("INVALID_ARGUMENT", 'a request to shards is {"op": .., ..} or an operation')
