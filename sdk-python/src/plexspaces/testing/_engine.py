"""The node of the harness: apps, addresses, supervision, exits."""

from __future__ import annotations

import itertools
from typing import Any

from plexspaces import _codec, _types
from plexspaces.errors import HostError, from_wire
from plexspaces.testing._cells import Cell, Message, Turn, Wire
from plexspaces.testing._groups import Groups
from plexspaces.testing._scheduler import Scheduler, Waiter
from plexspaces.testing._schema import require
from plexspaces.testing._space import Spaces
from plexspaces.testing._stores import Stores


LONGEST_KEY = 512


class App:
    """An app under test."""

    def __init__(self, name: str, env: dict[str, str], settings: dict[str, Any]) -> None:
        self.name = name
        self.env = env
        self.types: dict[str, _types.ActorType] = {}
        self.children: dict[str, Cell] = {}
        self.on_demand: dict[str, dict[str, Any]] = {}
        self.access: dict[str, list[str]] = {}
        self.strategy: str = settings.get("strategy", "one_for_one")
        self.max_restarts: int = settings.get("max_restarts", 3)
        self.window_ms: float = settings.get("max_restart_window_secs", 5) * 1000
        self.restarts: list[float] = []
        #: Why the app was given up, or None while it runs.
        self.failed: str | None = None
        self.names: dict[str, str] = {}


class Engine:
    """All that a TestNode is made of."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.scheduler = Scheduler()
        self.apps: dict[str, App] = {}
        self.cells: dict[str, Cell] = {}
        self.stored: dict[str, bytes] = {}
        self._numbers = itertools.count(1)
        self._inputs: dict[_types.ActorType, dict[str, Any]] = {}
        self.monitors: dict[str, tuple[str, str]] = {}  # ref: (watcher, watched)
        self.links: set[frozenset[str]] = set()
        self.timers: dict[str, Any] = {}
        self.streams: dict[str, tuple[Cell, str]] = {}
        self.tokens: dict[str, Waiter] = {}
        self.failures: list[tuple[str, str, HostError]] = []
        self.spaces = Spaces(self)
        self.stores = Stores(self)
        self.groups = Groups(self)

    def number(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    # ---- addresses

    def find(self, target: str, caller: Cell | None, app: App | None = None) -> Cell:
        """The actor of a target, made if its type is there on demand."""
        if not isinstance(target, str) or not target:
            raise HostError("INVALID_ARGUMENT", f"the target {target!r} is no address")
        home = caller.app if caller is not None else app
        parts = target.split("/", 2)
        if len(parts) == 1:
            if home is None:
                raise HostError("INVALID_ARGUMENT", f'"{target}" names no app; say app/type/key')
            child = home.children.get(target)
            if child is None:
                raise HostError(
                    "NOT_FOUND",
                    f'app "{home.name}" has no child "{target}"; an address is a child id,'
                    " type/key or app/type/key",
                )
            return self._running(child)
        if len(parts) == 2:
            if home is None:
                raise HostError("INVALID_ARGUMENT", f'"{target}" names no app; say app/type/key')
            parts = [home.name, *parts]
        app_name, type_name, key = parts
        if not 0 < len(key.encode()) <= LONGEST_KEY:
            raise HostError(
                "INVALID_ARGUMENT",
                f'actor key "{key}" is not valid: 1 to {LONGEST_KEY} bytes of UTF-8',
            )
        found = self.apps.get(app_name)
        if found is None:
            raise HostError("NOT_FOUND", f'there is no app "{app_name}"')
        if caller is not None and caller.app is not found:
            if caller.app.name not in found.access.get(type_name, ()):
                raise HostError(
                    "PERMISSION_DENIED",
                    f'app "{caller.app.name}" may not call "{app_name}/{type_name}":'
                    " [access] does not name it",
                )
        address = "/".join(parts)
        cell = self.cells.get(address)
        if cell is None:
            options = found.on_demand.get(type_name)
            kind = found.types.get(type_name)
            if options is None or kind is None:
                raise HostError("NOT_FOUND", f'there is no actor "{address}"')
            cell = self.add(
                Cell(self, found, kind, key, on_demand=True, restart="transient", **options)
            )
        return self._running(cell)

    def _running(self, cell: Cell) -> Cell:
        if cell.app.failed is not None:
            raise HostError("UNAVAILABLE", f'app "{cell.app.name}" has failed: {cell.app.failed}')
        return cell

    def add(self, cell: Cell) -> Cell:
        cell.stored = self.stored.get(cell.address) if cell.durable else None
        self.cells[cell.address] = cell
        return cell

    # ---- messages

    def accept(self, cell: Cell, op: str, body: bytes, stream: bool = False) -> None:
        """Refuses what a node refuses before a handler sees it."""
        operation = cell.kind.operations.get(op)
        if operation is None:
            raise cell.kind.unknown(op)
        if operation.stream is not stream:
            how = (
                "answers once and is no stream: use ask"
                if stream
                else "streams its values: open it with ask_stream (node.stream in a test)"
            )
            raise HostError(
                "INVALID_ARGUMENT", f'operation "{op}" of type "{cell.kind.name}" {how}'
            )
        self.check_input(cell, op, body)

    def check_input(self, cell: Cell, op: str, body: bytes) -> None:
        """Refuses a payload of the wrong form where it is sent."""
        schemas = self._inputs.get(cell.kind)
        if schemas is None:
            operations = cell.kind.describe()["operations"]
            schemas = {o["name"]: o["input"] for o in operations if "input" in o}
            self._inputs[cell.kind] = schemas
        if op in schemas:
            value = _codec.loads(body) if body else {}
            require(op, schemas[op], {} if value is None else value)

    def post(
        self,
        cell: Cell,
        op: str,
        body: bytes,
        *,
        sender: Cell | None = None,
        id: str | None = None,
        reply: bool = False,
        **more: Any,
    ) -> Waiter | None:
        waiter = Waiter(self.scheduler) if reply else None
        address = None if sender is None else sender.address
        message = Message(op, body, id or self.number("m"), address, waiter, **more)
        cell.deliver(message)
        return waiter

    def cast(self, address: str, op: str, payload: Any) -> None:
        """A message of the system, to an actor that may be gone."""
        cell = self.cells.get(address)
        if cell is not None and not cell.stopped:
            if op in cell.kind.operations or not op.startswith("__"):
                self.post(cell, op, _codec.dumps(payload))

    @staticmethod
    def check_circle(caller: Cell, target: Cell) -> None:
        """Raises ABORTED if the target waits for the caller already."""
        chain = [caller]
        at: Cell | None = target
        while at is not None:
            chain.append(at)
            if at is caller:
                path = " -> ".join(c.address for c in chain)
                raise HostError("ABORTED", f"these actors would wait for each other: {path}")
            at = at.waits_for

    def await_reply(
        self, caller: Cell, target: Cell, waiter: Waiter, timeout_ms: float, what: str
    ) -> tuple[bytes, bytes]:
        """Waits in a turn for a reply. Raises what the other side failed with."""
        self.check_circle(caller, target)
        caller.waits_for = target
        try:
            if not waiter.wait(timeout_ms):
                raise HostError("DEADLINE_EXCEEDED", f"{what} had no reply within {timeout_ms} ms")
        finally:
            caller.waits_for = None
        error, header, body = waiter.value
        if error is not None:
            raise from_wire(error)
        return header, body

    def close_stream(self, id: str, reader: Cell | None) -> None:
        found = self.streams.pop(id, None)
        if found is not None:
            cell, message_id = found
            if not cell.stopped:
                self.post(cell, "", b"", sender=reader, resume=message_id, close=True)

    def committed(self, cell: Cell) -> None:
        if cell.durable:
            self.stored[cell.address] = cell.committed

    def note_failure(self, cell: Cell, message: Message, error: Wire) -> None:
        """A failure that nobody is told of."""
        self.failures.append((cell.address, message.op, from_wire(error)))

    # ---- exits

    def crashed(self, cell: Cell, error: Wire) -> None:
        reason = f"error: {error.get('message')}"
        self.exited(cell, reason)
        cell.guest = None
        cell.restart_count += 1
        if cell.on_demand or cell.child_id is None:
            cell.stored = self.stored.get(cell.address) if cell.durable else None
            if cell.on_demand:
                return  # the next message activates it again
            self.remove(cell)
            return
        app = cell.app
        if cell.restart == "temporary":
            self.remove(cell)
            return
        now = self.scheduler.now
        app.restarts = [t for t in app.restarts if t > now - app.window_ms] + [now]
        if len(app.restarts) > app.max_restarts:
            app.failed = (
                f"{cell.address} crashed {len(app.restarts)} times within"
                f" {app.window_ms / 1000:g} s: {error.get('message')}"
            )
            for other in reversed(list(app.children.values())):
                self.halt(other, "shutdown")
            return
        children = list(app.children.values())
        if app.strategy == "one_for_all":
            again = children
        elif app.strategy == "rest_for_one":
            again = children[children.index(cell) :]
        else:
            again = [cell]
        for other in again:
            if other is not cell:
                other.terminate("shutdown")
        for other in again:
            other.stored = self.stored.get(other.address) if other.durable else None
            self.start(other)

    def start(self, cell: Cell) -> None:
        """Activates a supervised child in a turn of its own, before any message."""

        def init() -> None:
            from plexspaces.testing._scheduler import current

            turn = Turn(cell, Message("init", b"", self.number("m")))
            current.turn = turn
            try:
                error = cell.activate()
                if error is None:
                    turn.commit()
                else:
                    turn.rollback()
                    self.note_failure(cell, turn.message, error)
            finally:
                current.turn = None
                cell.busy = False
            if cell.mailbox:
                self.scheduler.ready.append(cell._pump)
            if error is not None:
                self.crashed(cell, error)

        cell.busy = True
        self.scheduler.ready.append(lambda: cell.run(init))

    def halt(self, cell: Cell, reason: str) -> None:
        """Stops an actor for good."""
        if not cell.stopped:
            cell.stopped = True
            cell.terminate(reason)
            self.exited(cell, reason)
            self.remove(cell)

    def remove(self, cell: Cell) -> None:
        cell.stopped = True
        self.cells.pop(cell.address, None)
        for message in cell.mailbox:
            if message.reply is not None:
                gone = {"code": "UNAVAILABLE", "message": f"{cell.address} has stopped"}
                message.reply.finish((gone, b"", b""))
        cell.mailbox.clear()
        for child_id, child in list(cell.app.children.items()):
            if child is cell:
                del cell.app.children[child_id]

    def exited(self, cell: Cell, reason: str) -> None:
        """Tells monitors and links, and ends what ends with its holder."""
        me = cell.address
        cell.lose_streams()
        for name, holder in list(cell.app.names.items()):
            if holder == me:
                del cell.app.names[name]
        self.groups.exited(me)
        self.stores.exited(me)
        self.spaces.exited(me)
        for ref, (watcher, watched) in list(self.monitors.items()):
            if watcher == me:
                del self.monitors[ref]
            elif watched == me:
                del self.monitors[ref]
                down = {"monitor_ref": ref, "down_from": me, "down_reason": reason}
                self.cast(watcher, "__DOWN__", down)
        for pair in [p for p in self.links if me in p]:
            self.links.discard(pair)
            (other,) = pair - {me}
            peer = self.cells.get(other)
            if peer is None or reason in ("normal", "shutdown"):
                continue
            if "__EXIT__" in peer.kind.operations:
                self.cast(other, "__EXIT__", {"exit_from": me, "exit_reason": reason})
            else:
                self.scheduler.ready.append(lambda p=peer: self.halt(p, reason))  # type: ignore[misc]
