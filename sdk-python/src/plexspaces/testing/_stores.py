"""Locks, keys and values, channels and blobs of the harness: all in memory."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from plexspaces.errors import HostError
from plexspaces.testing._scheduler import Waiter

if TYPE_CHECKING:
    from plexspaces.testing._cells import Turn
    from plexspaces.testing._engine import Engine


class Stores:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.kv: dict[tuple[str, ...], Any] = {}
        self.watches: dict[str, tuple[str, str, str, str]] = {}
        self._locks: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock_waiters: dict[tuple[str, str], list[Waiter]] = {}
        self._fence = 0
        self._channels: dict[tuple[str, str], dict[str, Any]] = {}
        self.subscriptions: dict[str, tuple[tuple[str, str], str, str]] = {}
        self.blobs: dict[tuple[str, str], tuple[bytes, str]] = {}

    # ---- keys and values

    def scope(self, turn: Turn, a: dict[str, Any]) -> tuple[str, ...]:
        scope = a.get("scope", "app")
        if scope not in ("app", "actor"):
            raise HostError("INVALID_ARGUMENT", f'unknown scope "{scope}"; one of app, actor')
        app = turn.cell.app.name
        return (app, turn.cell.address) if scope == "actor" else (app,)

    def get(self, turn: Turn, a: dict[str, Any]) -> Any:
        return self.kv.get((*self.scope(turn, a), a["key"]))

    def set(self, turn: Turn, a: dict[str, Any], value: Any, ttl_ms: int | None = None) -> None:
        scope = self.scope(turn, a)
        key = (*scope, a["key"])
        before, had = self.kv.get(key), key in self.kv
        if value is None:
            self.kv.pop(key, None)
        else:
            self.kv[key] = value
        if len(scope) == 2:  # private keys commit with the turn
            turn.on_rollback.append(
                lambda: self.kv.__setitem__(key, before) if had else self.kv.pop(key, None)
            )
        if ttl_ms is not None:
            self._engine.scheduler.at(ttl_ms, lambda: self.kv.pop(key, None))
        if len(scope) == 1:
            for id, (app, prefix, op, owner) in list(self.watches.items()):
                if app == scope[0] and a["key"].startswith(prefix):
                    change = {"watch": id, "key": a["key"], "value": value}
                    self._engine.cast(owner, op, change)

    def keys(self, turn: Turn, a: dict[str, Any]) -> list[str]:
        scope = self.scope(turn, a)
        prefix, limit = a.get("prefix", ""), a.get("limit", 0)
        found = sorted(
            k[-1] for k in self.kv if k[:-1] == scope and k[-1].startswith(prefix)
        )
        return found[:limit] if limit > 0 else found

    # ---- locks

    def acquire(self, turn: Turn, key: str, lease_ms: int, wait_ms: int) -> Any:
        where = (turn.cell.app.name, key)
        end = self._engine.scheduler.now + wait_ms
        while True:
            held = self._locks.get(where)
            if held is None or held["holder"] == turn.cell.address:
                lock = self._hold(where, turn.cell.address, lease_ms, held)
                if held is None:
                    turn.on_rollback.append(lambda: self._release(where, turn.cell.address))
                return {"fence": lock["fence"], "expires_ms": lock["expires_ms"]}
            rest = end - self._engine.scheduler.now
            if rest <= 0:
                return None
            waiter = Waiter(self._engine.scheduler)
            self._lock_waiters.setdefault(where, []).append(waiter)
            waiter.wait(rest)

    def _hold(self, where: Any, holder: str, lease_ms: int, held: Any) -> dict[str, Any]:
        if held is None:
            self._fence += 1
            held = self._locks[where] = {"holder": holder, "fence": self._fence, "cancel": None}
        else:
            held["cancel"]()
        held["expires_ms"] = int(self._engine.scheduler.now + lease_ms)
        held["cancel"] = self._engine.scheduler.at(lease_ms, lambda: self._release(where, holder))
        return held  # type: ignore[no-any-return]

    def renew(self, turn: Turn, key: str, lease_ms: int) -> Any:
        where = (turn.cell.app.name, key)
        held = self._locks.get(where)
        if held is None or held["holder"] != turn.cell.address:
            return None
        lock = self._hold(where, turn.cell.address, lease_ms, held)
        return {"fence": lock["fence"], "expires_ms": lock["expires_ms"]}

    def release(self, turn: Turn, key: str) -> None:
        self._release((turn.cell.app.name, key), turn.cell.address)

    def _release(self, where: tuple[str, str], holder: str) -> None:
        held = self._locks.get(where)
        if held is not None and held["holder"] == holder:
            held["cancel"]()
            del self._locks[where]
            for waiter in self._lock_waiters.pop(where, []):
                waiter.finish()

    # ---- channels

    def channel(self, app: str, name: str) -> dict[str, Any]:
        fresh: dict[str, Any] = {"log": [], "groups": {}, "binds": [], "waiters": []}
        return self._channels.setdefault((app, name), fresh)

    def publish(self, app: str, name: str, message: dict[str, Any], ttl_ms: Any) -> None:
        channel = self.channel(app, name)
        channel["log"].append(message)
        if ttl_ms is not None:
            self._engine.scheduler.at(ttl_ms, lambda: message.__setitem__("expired", True))
        for owner, op in channel["binds"]:
            self._engine.cast(owner, op, message["payload"])
        waiters, channel["waiters"] = channel["waiters"], []
        for waiter in waiters:
            waiter.finish()

    def subscribe(self, turn: Turn, a: dict[str, Any]) -> str:
        start = a.get("start", "unacked")
        if start not in ("unacked", "earliest", "new"):
            raise HostError(
                "INVALID_ARGUMENT", f'unknown start "{start}"; one of unacked, earliest, new'
            )
        where = (turn.cell.app.name, a["name"])
        channel = self.channel(*where)
        id = self._engine.number("s")
        group = a.get("group", id)
        if group not in channel["groups"] or start != "unacked":
            at = len(channel["log"]) if start == "new" else 0
            channel["groups"][group] = {"at": at, "pending": {}, "again": []}
        self.subscriptions[id] = (where, group, turn.cell.address)
        return id

    def _group(self, subscription: str) -> tuple[dict[str, Any], dict[str, Any]]:
        found = self.subscriptions.get(subscription)
        if found is None:
            raise HostError("NOT_FOUND", f'there is no subscription "{subscription}"')
        channel = self.channel(*found[0])
        return channel, channel["groups"][found[1]]

    def next(self, subscription: str, timeout_ms: int) -> Any:
        end = self._engine.scheduler.now + timeout_ms
        while True:
            channel, group = self._group(subscription)
            message = self._pull(channel, group)
            if message is not None:
                group["pending"][message["id"]] = message
                return message
            rest = None if timeout_ms < 0 else end - self._engine.scheduler.now
            if rest is not None and rest <= 0:
                return None
            waiter = Waiter(self._engine.scheduler)
            channel["waiters"].append(waiter)
            waiter.wait(rest)

    @staticmethod
    def _pull(channel: dict[str, Any], group: dict[str, Any]) -> Any:
        if group["again"]:
            message = group["again"].pop(0)
            message["attempt"] += 1
            return message
        while group["at"] < len(channel["log"]):
            message = channel["log"][group["at"]]
            group["at"] += 1
            if not message.get("expired"):
                return {**message, "attempt": 1}
        return None

    def ack(self, subscription: str, message: str, requeue: bool | None) -> None:
        channel, group = self._group(subscription)
        found = group["pending"].pop(message, None)
        if found is not None and requeue:
            group["again"].append(found)
            waiters, channel["waiters"] = channel["waiters"], []
            for waiter in waiters:
                waiter.finish()

    # ---- blobs

    def put_blob(self, app: str, name: str, data: bytes, kind: str) -> dict[str, Any]:
        self.blobs[(app, name)] = (data, kind)
        return {"etag": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def exited(self, address: str) -> None:
        for where, held in list(self._locks.items()):
            if held["holder"] == address:
                self._release(where, address)
        for id, watch in list(self.watches.items()):
            if watch[3] == address:
                del self.watches[id]
        for sid, subscription in list(self.subscriptions.items()):
            if subscription[2] == address:
                (where, group, _) = self.subscriptions.pop(sid)
                pending = self.channel(*where)["groups"].get(group)
                if pending is not None:
                    pending["again"] += pending["pending"].values()
                    pending["pending"] = {}
        for channel in self._channels.values():
            channel["binds"] = [b for b in channel["binds"] if b[0] != address]
