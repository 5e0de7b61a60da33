"""Every operation of the host API, as the harness does it: name, turn, arguments, body."""

from __future__ import annotations

import uuid as uuids
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plexspaces import _codec
from plexspaces.errors import HostError
from plexspaces.testing._cells import Cell, Message, Sending
from plexspaces.testing._cron import Cron, zone
from plexspaces.testing._data_operations import Arguments, DataOperations, Raw
from plexspaces.testing._scheduler import Waiter

if TYPE_CHECKING:
    from plexspaces.testing._cells import Turn

ASK_MS = 5000
MAX_TIMER_MS = 3652 * 86_400_000


class Operations(DataOperations):
    """All operations: those on shared data, and messages, timers, the life of actors, the rest."""

    def find(self, name: str) -> Callable[[Turn, Arguments, bytes], Any] | None:
        """The method of an operation."""
        if name.startswith("_") or name == "find":
            return None
        if name.endswith("_shard_group") and name.split("_")[0] not in ("create", "rescale", "delete"):
            return lambda turn, a, body: self._engine.groups.collective(turn, name, a)
        return getattr(self, name, None)

    def _ask(self, turn: Turn, cell: Cell, a: Arguments, body: bytes, **more: Any) -> Raw:
        turn.release(cell)
        if "resume" not in more and a.get("content_type") is None:
            self._engine.accept(cell, a["op"], body, more.get("stream", False))
        self._engine.check_circle(turn.cell, cell)
        waiter = self._engine.post(
            cell,
            a["op"],
            body,
            sender=turn.cell,
            reply=True,
            content_type=a.get("content_type"),
            **more,
        )
        assert waiter is not None
        timeout = a.get("timeout_ms", ASK_MS)
        what = f'"{a["op"]}" of {cell.address}'
        header, result = self._engine.await_reply(turn.cell, cell, waiter, timeout, what)
        return _codec.loads(header), result

    def ask(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._ask(turn, self._engine.find(a["target"], turn.cell), a, body)

    def ask_all(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        waiters: list[Any] = []
        end = self._engine.scheduler.now + a.get("timeout_ms", ASK_MS)
        for call in a["calls"]:
            try:
                cell = self._engine.find(call["target"], turn.cell)
                payload = _codec.dumps(call.get("payload", {}))
                turn.release(cell)
                self._engine.accept(cell, call["op"], payload)
                waiters.append(
                    (cell, self._engine.post(cell, call["op"], payload, sender=turn.cell, reply=True))
                )
            except HostError as e:
                waiters.append((None, e))
        results = []
        for call, (cell, waiter) in zip(a["calls"], waiters, strict=True):
            try:
                if cell is None:
                    raise waiter
                rest = max(end - self._engine.scheduler.now, 0)
                what = f'"{call["op"]}" of {cell.address}'
                _, value = self._engine.await_reply(turn.cell, cell, waiter, rest, what)
                results.append({"ok": _codec.loads(value) if value else None})
            except HostError as e:
                turn.note(e.code, e.message)
                results.append({"error": {"code": e.code, "message": e.message}})
        return results

    def _deferred(self, turn: Turn, action: Callable[[], Any]) -> None:
        """With the turn's commit; without durability at once, as in Erlang."""
        if turn.cell.durable:
            turn.on_commit.append(action)
        else:
            action()

    def send(self, turn: Turn, a: Arguments, body: bytes) -> str:
        cell = self._engine.find(a["target"], turn.cell)
        id = turn.effect_id()
        kind = a.get("content_type")
        if kind is None:
            self._engine.check_input(cell, a["op"], body)
        post = Sending(
            cell,
            lambda: self._engine.post(
                cell, a["op"], body, sender=turn.cell, id=id, content_type=kind
            ),
        )
        self._deferred(turn, post)
        return id

    def ask_stream(self, turn: Turn, a: Arguments, body: bytes) -> str:
        cell = self._engine.find(a["target"], turn.cell)
        id, message = self._engine.number("st"), self._engine.number("m")
        if a.get("content_type") is None:
            self._engine.accept(cell, a["op"], body, stream=True)
        self._node._streams[id] = [cell, message, a, body, False]
        self._engine.streams[id] = (cell, message)
        turn.streams.append(id)
        return id

    def stream_next(self, turn: Turn, a: Arguments, body: bytes) -> Raw:
        stream = self._node._streams.get(a["stream"])
        if stream is None or a["stream"] not in turn.streams:
            raise HostError(
                "NOT_FOUND",
                f'there is no open stream "{a["stream"]}" here: one that a turn opens ends with it,'
                " and one that has ended is gone",
            )
        cell, message, opened, payload, begun = stream
        call = {**opened, "timeout_ms": a.get("timeout_ms", opened.get("timeout_ms", ASK_MS))}
        more: dict[str, Any] = {"resume": message} if begun else {"id": message, "stream": True}
        stream[4] = True
        try:
            header, value = self._ask(turn, cell, call, b"" if begun else payload, **more)
        except HostError:
            self._ended(turn, a["stream"])
            raise
        if not header.get("more"):
            self._ended(turn, a["stream"])
        return header, value

    def _ended(self, turn: Turn, stream: str) -> None:
        del self._engine.streams[stream], self._node._streams[stream]
        turn.streams.remove(stream)

    def stream_close(self, turn: Turn, a: Arguments, body: bytes) -> None:
        if a["stream"] in turn.streams:
            turn.streams.remove(a["stream"])
            self._engine.close_stream(a["stream"], turn.cell)

    def defer_reply(self, turn: Turn, a: Arguments, body: bytes) -> str:
        if turn.message.reply is None:
            raise HostError("FAILED_PRECONDITION", "the running message has no reply to defer")
        token = self._engine.number("token")
        self._engine.tokens[token] = turn.message.reply
        turn.deferred = True
        return token

    def reply(self, turn: Turn, a: Arguments, body: bytes) -> None:
        waiter = self._engine.tokens.pop(a["token"], None)
        if waiter is None:
            raise HostError("NOT_FOUND", f'there is no deferred reply "{a["token"]}"')
        self._deferred(turn, lambda: waiter.finish((None, b"{}", body)))

    def forward(self, turn: Turn, a: Arguments, body: bytes) -> None:
        cell = self._engine.find(a["target"], turn.cell)
        m = turn.message
        turn.deferred = True
        self._deferred(
            turn, lambda: cell.deliver(Message(a["op"], body, turn.effect_id(), m.sender, m.reply))
        )

    # ---- timers

    def _timer(
        self,
        turn: Turn,
        a: Arguments,
        body: bytes,
        due: float,
        following: Callable[[float], float] | None,
    ) -> str:
        engine = self._engine
        cell = engine.find(a["target"], turn.cell)
        if a.get("content_type") is None and self._with_due(cell, a["op"], body, due) == body:
            engine.check_input(cell, a["op"], body)
        id = engine.number("timer")
        sender = turn.cell

        def start(due: float) -> None:
            stop = engine.scheduler.at(due - engine.scheduler.now, lambda: fire(due))
            engine.timers[id] = (sender, stop)

        def told(due: float) -> bytes:
            opaque = a.get("content_type") is not None
            return body if opaque else self._with_due(cell, a["op"], body, due)

        def fire(due: float) -> None:
            engine.timers.pop(id, None)
            if not cell.stopped:
                engine.post(cell, a["op"], told(due), sender=sender)
                if following is not None:
                    start(following(due))

        turn.on_commit.append(lambda: start(due))
        return id

    def _with_due(self, cell: Cell, op: str, body: bytes, due: float) -> bytes:
        """Tells the receiver when it was due, where the payload has room for that."""
        try:
            payload = _codec.loads(body) if body else {}
        except ValueError:
            return body
        if not isinstance(payload, dict) or "due_ms" in payload:
            return body
        told = _codec.dumps({**payload, "due_ms": int(due)})
        try:
            self._engine.check_input(cell, op, told)
        except HostError:
            return body
        return told

    def _millis(self, a: Arguments, name: str, least: int) -> float:
        ms: float = a[name]
        if not least <= ms <= MAX_TIMER_MS:
            raise HostError(
                "INVALID_ARGUMENT", f"{name} must be from {least} to {MAX_TIMER_MS} (ten years)"
            )
        return ms

    def send_after(self, turn: Turn, a: Arguments, body: bytes) -> str:
        delay = self._millis(a, "delay_ms", 0)
        return self._timer(turn, a, body, self._engine.scheduler.now + delay, None)

    def send_every(self, turn: Turn, a: Arguments, body: bytes) -> str:
        period = self._millis(a, "period_ms", 10)
        due = self._engine.scheduler.now + period
        return self._timer(turn, a, body, due, lambda before: before + period)

    def schedule_cron(self, turn: Turn, a: Arguments, body: bytes) -> str:
        cron, tz = Cron(a["expr"]), zone(a.get("tz") or "UTC")
        due = cron.next(self._engine.scheduler.now, tz)
        return self._timer(turn, a, body, due, lambda before: cron.next(before, tz))

    def cancel_timer(self, turn: Turn, a: Arguments, body: bytes) -> None:
        def cancel() -> None:
            owner, stop = self._engine.timers.get(a["id"], (None, None))
            if stop is not None and owner.address == turn.cell.address:
                del self._engine.timers[a["id"]]
                stop()

        turn.on_commit.append(cancel)

    # ---- lifecycle

    def spawn(self, turn: Turn, a: Arguments, body: bytes) -> str:
        app = turn.cell.app
        kind = app.types.get(a["type"])
        if kind is None:
            raise HostError("NOT_FOUND", f'the app has no type "{a["type"]}"')
        key = a.get("id") or self._engine.number("child")
        address = f"{app.name}/{kind.name}/{key}"
        if address in self._engine.cells:
            raise HostError("ALREADY_EXISTS", f"{address} is there already")
        cell = Cell(
            self._engine, app, kind, key, args=a.get("args", {}), durable=False, restart="temporary"
        )
        self._engine.add(cell)
        self._engine.start(cell)
        turn.on_rollback.append(lambda: self._engine.halt(cell, "shutdown"))
        if a.get("link"):
            self.link(turn, {"id": address}, b"")
        return address

    def stop(self, turn: Turn, a: Arguments, body: bytes) -> None:
        cell = self._engine.find(a["id"], turn.cell)
        reason = a.get("reason", "normal")
        ready = self._engine.scheduler.ready
        turn.on_commit.append(lambda: ready.append(lambda: self._engine.halt(cell, reason)))

    def delete(self, turn: Turn, a: Arguments, body: bytes) -> None:
        cell = self._engine.find(a["id"], turn.cell)
        self.stop(turn, a, body)
        turn.on_commit.append(
            lambda: self._engine.scheduler.ready.append(
                lambda: self._engine.stored.pop(cell.address, None)
            )
        )

    def monitor(self, turn: Turn, a: Arguments, body: bytes) -> str:
        ref = self._engine.number("ref")
        try:
            watched = self._engine.find(a["id"], turn.cell).address
        except HostError:
            down = {"monitor_ref": ref, "down_from": a["id"], "down_reason": "noproc"}
            me = turn.cell.address
            turn.on_commit.append(lambda: self._engine.cast(me, "__DOWN__", down))
            return ref
        self._engine.monitors[ref] = (turn.cell.address, watched)
        turn.on_rollback.append(lambda: self._engine.monitors.pop(ref, None))
        return ref

    def demonitor(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.monitors.pop(a["ref"], None)

    def link(self, turn: Turn, a: Arguments, body: bytes) -> None:
        pair = frozenset({turn.cell.address, self._engine.find(a["id"], turn.cell).address})
        self._engine.links.add(pair)
        turn.on_rollback.append(lambda: self._engine.links.discard(pair))

    def unlink(self, turn: Turn, a: Arguments, body: bytes) -> None:
        other = self._engine.find(a["id"], turn.cell).address
        self._engine.links.discard(frozenset({turn.cell.address, other}))

    def register(self, turn: Turn, a: Arguments, body: bytes) -> None:
        names, me = turn.cell.app.names, turn.cell.address
        holder = names.get(a["name"])
        if holder not in (None, me):
            raise HostError("ALREADY_EXISTS", f'the name "{a["name"]}" is held by {holder}')
        if holder is None:
            names[a["name"]] = me
            turn.on_rollback.append(lambda: names.pop(a["name"], None))

    def resolve(self, turn: Turn, a: Arguments, body: bytes) -> str | None:
        return turn.cell.app.names.get(a["name"])

    def _info(self, cell: Cell) -> dict[str, Any]:
        return {
            "id": cell.address,
            "type": cell.kind.name,
            "active": cell.guest is not None,
            "mailbox": len(cell.mailbox),
            "restarts": cell.restart_count,
        }

    def actor_info(self, turn: Turn, a: Arguments, body: bytes) -> dict[str, Any]:
        return self._info(self._engine.find(a["id"], turn.cell))

    def list_actors(self, turn: Turn, a: Arguments, body: bytes) -> list[Any]:
        return [
            self._info(c)
            for c in self._engine.cells.values()
            if c.app is turn.cell.app and a.get("type", c.kind.name) == c.kind.name
        ]

    # ---- time, chance, log

    def now_ms(self, turn: Turn, a: Arguments, body: bytes) -> int:
        return int(self._engine.scheduler.now)

    def random(self, turn: Turn, a: Arguments, body: bytes) -> float:
        return turn.cell.random.random()

    def uuid(self, turn: Turn, a: Arguments, body: bytes) -> str:
        return str(uuids.UUID(int=turn.cell.random.getrandbits(128), version=4))

    def sleep(self, turn: Turn, a: Arguments, body: bytes) -> None:
        Waiter(self._engine.scheduler).wait(a["ms"])

    def log(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._node.logs.append({"actor": turn.cell.address, **a})

    def application_metrics_add(self, turn: Turn, a: Arguments, body: bytes) -> None:
        turn.on_commit.append(lambda: self._node._add_metrics(turn.cell.app.name, a))

    def checkpoint(self, turn: Turn, a: Arguments, body: bytes) -> None:
        pass

    def journal_sequence(self, turn: Turn, a: Arguments, body: bytes) -> int:
        return 0

    def is_replaying(self, turn: Turn, a: Arguments, body: bytes) -> bool:
        return False

    # ---- shards

    def create_shard_group(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.groups.create(turn, a)

    def scatter_gather(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.groups.collective(turn, "scatter_gather", a)

    def ask_shard(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._ask(
            turn, self._engine.groups.get(turn, a["group_id"]).shard_of(a["key"]), a, body
        )

    def send_to_shard(self, turn: Turn, a: Arguments, body: bytes) -> str:
        cell = self._engine.groups.get(turn, a["group_id"]).shard_of(a["key"])
        return self.send(turn, {"target": cell.address, "op": a["op"]}, body)

    def shard_group_info(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.groups.info(self._engine.groups.get(turn, a["group_id"]))

    def rescale_shard_group(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._engine.groups.rescale(turn, a["group_id"], a["shard_count"])

    def delete_shard_group(self, turn: Turn, a: Arguments, body: bytes) -> None:
        self._engine.groups.get(turn, a["group_id"])
        self._engine.groups.delete(turn.cell.app.name, a["group_id"])

    def pg_broadcast(self, turn: Turn, a: Arguments, body: bytes) -> int:
        members = self.pg_members(turn, a, body)
        for member in members:
            self.send(turn, {"target": member, "op": a["op"]}, body)
        return len(members)

    def http_fetch(self, turn: Turn, a: Arguments, body: bytes) -> Any:
        return self._node.service_link(a["link"])._answer(a, body)
