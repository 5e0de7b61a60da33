"""Actors of the harness: mailbox, turns with rollback, restarts."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from plexspaces import _codec, _guest, _types
from plexspaces.testing._scheduler import Task, Waiter, current

if TYPE_CHECKING:
    from plexspaces.testing._engine import App, Engine

#: Errors that an actor inherits from the host, however it words them: no crash of its own.
_INHERITED = ("DEADLINE_EXCEEDED", "CANCELLED", "RESOURCE_EXHAUSTED", "UNAVAILABLE", "ABORTED")

Wire = dict[str, Any]


@dataclasses.dataclass
class Message:
    """What lies in a mailbox. ``reply`` gets (error or None, header, body)."""

    op: str
    body: bytes
    id: str
    sender: str | None = None
    reply: Waiter | None = None
    stream: bool = False
    #: A stream to go on with, or to end.
    resume: str | None = None
    close: bool = False
    content_type: str | None = None


class Sending:
    """A message that leaves with the turn's commit, or before an ask of the same actor."""

    def __init__(self, target: Cell, action: Callable[[], object]) -> None:
        self.target = target
        self.action = action

    def __call__(self) -> None:
        self.action()


class Turn:
    """The handling of one message: what it does is undone if it fails."""

    def __init__(self, cell: Cell, message: Message) -> None:
        self.cell = cell
        self.message = message
        self.on_commit: list[Callable[[], object]] = []
        self.on_rollback: list[Callable[[], object]] = []
        #: The message that began the stream of which this turn is a part.
        self.producing = message.resume or (message.id if message.stream else None)
        #: Open streams that this turn's handler reads. Those of a streaming handler live as long as
        #: its own stream, all others end with their turn.
        self.streams: list[str] = (
            [] if self.producing is None else cell.inner.setdefault(self.producing, [])
        )
        #: Whether its stream goes on after this turn.
        self.goes_on = False
        self.deferred = False
        self.effects = 0
        #: Whether the handler is a query: it may look, but change nothing.
        self.read_only = False
        #: What host calls of this turn failed with: (code, message).
        self.host_errors: set[tuple[str, str]] = set()

    def note(self, code: str, message: str) -> None:
        """The guest was given this error: if its turn ends with it, the fault is not its own."""
        self.host_errors.add((code, message))

    def inherited(self, error: Wire) -> bool:
        """Whether an error came to the turn from the host: let through, or a kind of its own."""
        code = error["code"]
        if code in _INHERITED:
            return any(code == c for c, _ in self.host_errors)
        return (code, error.get("message")) in self.host_errors

    def release(self, target: Cell) -> None:
        """Lets go what was sent to ``target`` before it is asked."""
        for action in [a for a in self.on_commit if getattr(a, "target", None) is target]:
            self.on_commit.remove(action)
            action()

    def effect_id(self) -> str:
        """The n-th effect of a turn has the id (incoming message id, n)."""
        self.effects += 1
        return f"{self.message.id}.{self.effects}"

    def commit(self) -> None:
        for action in self.on_commit:
            action()

    def rollback(self) -> None:
        for action in reversed(self.on_rollback):
            action()


class Cell:
    """An actor."""

    def __init__(
        self,
        engine: Engine,
        app: App,
        kind: _types.ActorType,
        key: str,
        *,
        args: dict[str, Any],
        durable: bool,
        restart: str = "permanent",
        child_id: str | None = None,
        on_demand: bool = False,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.engine = engine
        self.app = app
        self.kind = kind
        self.key = key
        self.address = f"{app.name}/{kind.name}/{key}"
        self.args = args
        self.extra = extra or {}
        self.durable = durable
        self.restart = restart
        self.child_id = child_id
        self.on_demand = on_demand
        self.guest: _guest.Guest | None = None
        self.mailbox: deque[Message] = deque()
        #: By the message that began a stream: what its handler reads, and the handler.
        self.inner: dict[str, list[str]] = {}
        self._producing: dict[str, _types.Operation] = {}
        self.busy = False
        self.stopped = False
        self.stored: bytes | None = None
        self.committed: bytes = b"{}"
        self.overlay: bytes | None = None
        self.restarts: list[float] = []
        self.restart_count = 0
        #: The actor whose reply the running turn waits for.
        self.waits_for: Cell | None = None
        seed = f"{engine.seed}/{self.address}"
        self._random = random.Random(seed).getstate()
        self.random = random.Random(seed + "/host")
        self._outer: Any = None

    # ---- turns

    def deliver(self, message: Message) -> None:
        self.mailbox.append(message)
        self.engine.scheduler.ready.append(self._pump)

    def _pump(self) -> None:
        if not self.busy and self.mailbox and not self.stopped:
            self.busy = True
            self.run(self._turn)

    def run(self, body: Callable[[], None]) -> None:
        task = Task(self.engine.scheduler, body)
        task.enter = self._enter
        task.leave = self._leave
        task.step()

    def _enter(self) -> None:
        self._outer = random.getstate()
        random.setstate(self._random)

    def _leave(self) -> None:
        self._random = random.getstate()
        random.setstate(self._outer)

    def _turn(self) -> None:
        message = self.mailbox.popleft()
        turn = Turn(self, message)
        current.turn = turn
        try:
            error, header, body = self._handle(turn)
            if not turn.goes_on:
                self._close(turn)
            if error is None:
                turn.commit()
                self.engine.committed(self)
            else:
                turn.rollback()
                self._undo()
            crash = error is not None and not (error.get("business") or turn.inherited(error))
            if message.reply is not None and not (turn.deferred and error is None):
                message.reply.finish((error, header, body))
            elif error is not None and message.reply is None:
                self.engine.note_failure(self, message, error)
        finally:
            current.turn = None
            self.busy = False
        if crash and not self.stopped:
            assert error is not None
            self.engine.crashed(self, error)
        if self.mailbox:
            self.engine.scheduler.ready.append(self._pump)

    def _close(self, turn: Turn) -> None:
        """Ends the streams that a turn, or the stream of which it is the last, has read."""
        if turn.producing is not None:
            self.inner.pop(turn.producing, None)
            self._producing.pop(turn.producing, None)
        for stream in turn.streams:
            self.engine.close_stream(stream, self)

    def _handle(self, turn: Turn) -> tuple[Wire | None, bytes, bytes]:
        m = turn.message
        if m.resume is not None and m.resume not in self._producing and not m.close:
            gone = f"{self.address} has ended, and its streams with it"
            turn.note("UNAVAILABLE", gone)
            return {"code": "UNAVAILABLE", "message": gone}, b"", b""
        if self.guest is None:
            error = self.activate()
            if error is not None:
                return error, b"", b""
        assert self.guest is not None
        op = self.kind.operations.get(m.op) if m.resume is None else self._producing.get(m.resume)
        turn.read_only = op is not None and op.kind == "query"
        if m.resume is not None:
            header: dict[str, Any] = {"id": m.resume}
            if m.close:
                header["close"] = True
            answer = self.guest.call(_guest.RESUME_STREAM, json.dumps(header).encode(), b"")
        else:
            kind = "cast" if m.reply is None else op.kind if op is not None else "call"
            header = {"op": m.op, "kind": kind, "id": m.id, "from": m.sender}
            if m.stream:
                header["stream"] = True
                if op is not None:
                    self._producing[m.id] = op
            if m.content_type is not None:
                header["content_type"] = m.content_type
            answer = self.guest.call(_guest.HANDLE, json.dumps(header).encode(), m.body)
        status, head, body = answer
        if status:
            return _codec.loads(body), b"", b""
        turn.goes_on = turn.producing is not None and _codec.loads(head).get("more") is True
        if turn.read_only:
            if turn.producing is None:  # a stream's next value needs the memory as it is
                self._undo()
            return None, head, body
        status, _, state = self.guest.call(_guest.SNAPSHOT, b"{}", b"")
        if status:
            return _codec.loads(state), b"", b""
        self.committed = state
        if self.durable:
            self.stored = state
        self._attributes = dict(self.guest.instance.__dict__)
        return None, head, body

    def _undo(self) -> None:
        """Back to what the last turn that succeeded left behind."""
        if self.guest is not None and self.guest.instance is not None:
            own = self.guest.instance.__dict__
            own.clear()
            own.update(self._attributes)
            self.guest.call(_guest.RESTORE, b"{}", self.committed)

    def lose_streams(self) -> None:
        """Its memory is gone, and with it what it streams and what its streams read."""
        self._producing.clear()
        for streams in self.inner.values():
            for stream in streams:
                self.engine.close_stream(stream, self)
        self.inner.clear()

    # ---- life

    def activate(self) -> Wire | None:
        """Makes the instance: defaults, init, the stored state over them. An error, or None."""
        guest = _guest.Guest()
        restored = self.stored is not None
        config = {
            "actor_id": self.address,
            "app_id": self.app.name,
            "type": self.kind.name,
            "key": self.key,
            "args": self.args,
            "env": self.app.env,
            "restored": restored,
            **self.extra,
        }
        header = {"type": self.kind.name, "actor_id": self.address}
        if self.overlay is not None:
            # A shard's initial state is laid over the defaults, before init.
            config["initial_state"] = _codec.loads(self.overlay)
        answer = guest.call(_guest.INIT, json.dumps(header).encode(), _codec.dumps(config))
        for stored in (self.overlay, self.stored):
            if not answer[0] and stored is not None:
                answer = guest.call(_guest.RESTORE, b"{}", stored)
        if not answer[0]:
            answer = guest.call(_guest.SNAPSHOT, b"{}", b"")
        if answer[0]:
            error = _codec.loads(answer[2])
            error.pop("business", None)
            return error  # type: ignore[no-any-return]
        self.guest = guest
        self.committed = answer[2]
        self._attributes = dict(guest.instance.__dict__)
        return None

    def terminate(self, reason: str) -> None:
        """Runs the terminate handler as a turn; what it raises is noted."""
        guest, self.guest = self.guest, None
        if guest is None:
            return
        outer = getattr(current, "turn", None)
        turn = Turn(self, Message("terminate", b"", self.engine.number("m")))
        current.turn = turn
        try:
            header = json.dumps({"reason": reason}).encode()
            status, _, body = guest.call(_guest.TERMINATE, header, b"")
        finally:
            current.turn = outer
        if status:
            turn.rollback()
            self.engine.note_failure(self, turn.message, _codec.loads(body))
        else:
            turn.commit()

    def restarts_within(self, window_ms: float) -> int:
        """Notes a crash; how many there were in the window."""
        now = self.engine.scheduler.now
        self.restarts = [t for t in self.restarts if t > now - window_ms] + [now]
        return len(self.restarts)
