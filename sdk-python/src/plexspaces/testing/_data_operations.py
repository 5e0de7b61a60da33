"""Operations on what is shared: tuples, pools, groups, channels, locks, keys, blobs."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from plexspaces import _codec
from plexspaces.errors import HostError

if TYPE_CHECKING:
    from plexspaces.testing import TestNode
    from plexspaces.testing._cells import Turn
    from plexspaces.testing._engine import Engine

Arguments = dict[str, Any]
#: A result that is a frame as it is, not a JSON value.
Raw = tuple[dict[str, Any], bytes]


class DataOperations:
    """Methods are named like the operations. ``a`` are the arguments, ``body`` the frame's body."""

    def __init__(self, node: TestNode, engine: Engine) -> None:
        self._node = node
        self._engine = engine

    # ---- tuple space

    def ts_write(self, turn: Turn, a: Arguments, body: bytes) -> str:
        lease = turn.effect_id()
        self._engine.spaces.write(turn, a.get("space"), a["tuple"], a.get("ttl_ms"), lease)
        return lease

    def ts_read(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        wait = a.get("timeout_ms", 0)
        return self._engine.spaces.find(turn, a.get("space"), a["pattern"], wait, False)

    def ts_take(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        wait = a.get("timeout_ms", 0)
        held = a.get("if_exists", False)
        return self._engine.spaces.find(turn, a.get("space"), a["pattern"], wait, True, held)

    def ts_read_all(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        limit = a.get("limit", 0)
        return self._engine.spaces.all(turn, a.get("space"), a["pattern"], limit, False)

    def ts_take_all(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        limit = a.get("limit", 0)
        return self._engine.spaces.all(turn, a.get("space"), a["pattern"], limit, True)

    def ts_count(self, turn: Turn, a: Arguments, body: bytes) -> int:
        return len(self._engine.spaces.all(turn, a.get("space"), a["pattern"], 0, False))

    def ts_write_once(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.spaces.write_once(turn, a.get("space"), a, turn.effect_id())

    def ts_update(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.spaces.update(turn, a, turn.effect_id())

    def ts_notify(self, turn: Turn, a: Arguments, body: bytes) -> str:
        id = self._engine.number("sub")
        _, where = self._engine.spaces.space(turn, a.get("space"))
        subscriptions = self._engine.spaces.subscriptions
        subscriptions[id] = (where, a["pattern"], a["op"], turn.cell.address)
        turn.on_rollback.append(lambda: subscriptions.pop(id, None))
        return id

    def ts_unsubscribe(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.spaces.subscriptions.pop(a["id"], None)

    def ts_renew(self, turn: Turn, a: Arguments, body: bytes) -> None:
        space, entry = self._engine.spaces.lease(turn, a["lease"])
        turn.on_commit.append(lambda: self._engine.spaces.renew(space, entry, a["ttl_ms"]))

    def ts_cancel(self, turn: Turn, a: Arguments, body: bytes) -> None:
        space, entry = self._engine.spaces.lease(turn, a["lease"])
        turn.on_commit.append(lambda: self._engine.spaces.drop(space, entry))

    def ts_transaction(self, turn: Turn, a: Arguments, body: bytes) -> None:
        marks = self._node._transactions
        match a["action"]:
            case "begin":
                if turn in marks:
                    raise HostError("FAILED_PRECONDITION", "there is a transaction already")
                marks[turn] = (len(turn.on_commit), len(turn.on_rollback))
                turn.on_commit.append(lambda: marks.pop(turn, None))
                turn.on_rollback.append(lambda: marks.pop(turn, None))
            case "commit":
                self._end(turn)
            case "abort":
                commits, rollbacks = self._end(turn)
                for action in reversed(turn.on_rollback[rollbacks:]):
                    action()
                del turn.on_commit[commits:], turn.on_rollback[rollbacks:]
            case other:
                raise HostError("INVALID_ARGUMENT", f'unknown action "{other}"')

    def _end(self, turn: Turn) -> tuple[int, int]:
        if turn not in self._node._transactions:
            raise HostError("FAILED_PRECONDITION", "there is no transaction")
        return self._node._transactions.pop(turn)

    # ---- pools and process groups

    def pool_checkout(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.groups.checkout(turn, a["pool"], a.get("timeout_ms", 0))

    def pool_checkin(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.groups.checkin(turn, a)

    def pool_info(self, turn: Turn, a: Arguments, body: bytes) -> dict[str, Any]:
        pool = self._engine.groups.pool(turn, a["pool"])
        size, out = len(pool["workers"]), len(pool["out"])
        return {"size": size, "checked_out": out, "pool_utilization": out / size}

    def pg_join(self, turn: Turn, a: Arguments, body: bytes) -> None:
        members = self._engine.groups.members(turn.cell.app.name, a["group"])
        if turn.cell.address not in members:
            members.append(turn.cell.address)
            turn.on_rollback.append(lambda: members.remove(turn.cell.address))

    def pg_leave(self, turn: Turn, a: Arguments, body: bytes) -> None:
        members = self._engine.groups.members(turn.cell.app.name, a["group"])
        if turn.cell.address in members:
            at = members.index(turn.cell.address)
            members.remove(turn.cell.address)
            turn.on_rollback.append(lambda: members.insert(at, turn.cell.address))

    def pg_members(self, turn: Turn, a: Arguments, body: bytes) -> list[str]:
        return list(self._engine.groups.members(turn.cell.app.name, a["group"]))

    def pg_first(self, turn: Turn, a: Arguments, body: bytes) -> str | None:
        members = self._engine.groups.members(turn.cell.app.name, a["group"])
        return members[0] if members else None

    # ---- channels, locks, storage

    def channel_publish(self, turn: Turn, a: Arguments, body: bytes) -> str:
        id, app, stores = turn.effect_id(), turn.cell.app.name, self._engine.stores
        message = {
            "id": id,
            "payload": _codec.loads(body),
            "key": a.get("key"),
            "headers": a.get("headers", {}),
        }

        def publish() -> None:
            stores.publish(app, a["name"], message, a.get("ttl_ms"))

        delay = a.get("delay_ms", 0)

        def publish_later() -> None:
            self._engine.scheduler.at(delay, publish)

        turn.on_commit.append(publish_later if delay else publish)
        return id

    def channel_subscribe(self, turn: Turn, a: Arguments, body: bytes) -> str:
        id = self._engine.stores.subscribe(turn, a)
        turn.on_rollback.append(lambda: self._engine.stores.subscriptions.pop(id, None))
        return id

    def channel_next(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        subscription = a["subscription"]
        message = self._engine.stores.next(subscription, a.get("timeout_ms", 0))
        if message is not None:
            turn.on_rollback.append(
                lambda: self._engine.stores.ack(subscription, message["id"], True)
            )
        return message

    def channel_ack(self, turn: Turn, a: Arguments, body: bytes) -> None:
        turn.on_commit.append(
            lambda: self._engine.stores.ack(a["subscription"], a["message"], None)
        )

    def channel_nack(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.stores.ack(a["subscription"], a["message"], a.get("requeue", True))

    def channel_bind(self, turn: Turn, a: Arguments, body: bytes) -> None:
        binds = self._engine.stores.channel(turn.cell.app.name, a["name"])["binds"]
        binds.append((turn.cell.address, a["op"]))
        turn.on_rollback.append(lambda: binds.remove((turn.cell.address, a["op"])))

    def channel_info(self, turn: Turn, a: Arguments, body: bytes) -> dict[str, Any]:
        channel = self._engine.stores.channel(turn.cell.app.name, a["name"])
        return {
            "name": a["name"],
            "messages": len(channel["log"]),
            "groups": list(channel["groups"]),
        }

    def lock_acquire(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.stores.acquire(turn, a["key"], a["lease_ms"], a.get("wait_ms", 0))

    def lock_renew(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.stores.renew(turn, a["key"], a["lease_ms"])

    def lock_release(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.stores.release(turn, a["key"])

    def kv_get(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.stores.get(turn, a)

    def kv_put(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.stores.set(turn, a, _codec.loads(body), a.get("ttl_ms"))

    def kv_delete(self, turn: Turn, a: Arguments, body: bytes) -> bool:
        there = self._engine.stores.get(turn, a) is not None
        self._engine.stores.set(turn, a, None)
        return there

    def kv_list(self, turn: Turn, a: Arguments, body: bytes) -> list[str]:
        return self._engine.stores.keys(turn, a)

    def kv_increment(self, turn: Turn, a: Arguments, body: bytes) -> int:
        old = self._engine.stores.get(turn, a)
        if old is not None and (isinstance(old, bool) or not isinstance(old, int)):
            raise HostError("FAILED_PRECONDITION", f'the value of "{a["key"]}" is no integer')
        value = (old or 0) + a.get("by", 1)
        self._engine.stores.set(turn, a, value)
        return value  # type: ignore[no-any-return]

    def kv_compare_and_swap(self, turn: Turn, a: Arguments, body: bytes) -> bool:
        if self._engine.stores.get(turn, a) != a["expected"]:
            return False
        self._engine.stores.set(turn, a, _codec.loads(body))
        return True

    def kv_watch(self, turn: Turn, a: Arguments, body: bytes) -> str:
        id = self._engine.number("watch")
        watches = self._engine.stores.watches
        watches[id] = (turn.cell.app.name, a["prefix"], a["op"], turn.cell.address)
        return id

    def blob_put(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        kind = a.get("content_type", "application/octet-stream")
        return self._engine.stores.put_blob(turn.cell.app.name, a["name"], body, kind)

    def blob_get(self, turn: Turn, a: Arguments, body: bytes) -> Raw:
        found = self._engine.stores.blobs.get((turn.cell.app.name, a["name"]))
        if found is None:
            raise HostError("NOT_FOUND", f'there is no blob "{a["name"]}"')
        start = a.get("offset", 0)
        end = start + a["length"] if "length" in a else None
        return {"content_type": found[1]}, found[0][start:end]

    def blob_head(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        found = self._engine.stores.blobs.get((turn.cell.app.name, a["name"]))
        if found is None:
            return None
        etag = hashlib.sha256(found[0]).hexdigest()
        return {"etag": etag, "size": len(found[0]), "content_type": found[1]}

    def blob_delete(self, turn: Turn, a: Arguments, body: bytes) -> bool:
        blobs = self._engine.stores.blobs
        return blobs.pop((turn.cell.app.name, a["name"]), None) is not None

    def blob_list(self, turn: Turn, a: Arguments, body: bytes) -> list[str]:
        app, prefix = turn.cell.app.name, a.get("prefix", "")
        found = sorted(
            n for where, n in self._engine.stores.blobs if where == app and n.startswith(prefix)
        )
        return found[: a["limit"]] if a.get("limit") else found
