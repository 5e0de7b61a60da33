"""Runs actors in ordinary Python against a node in memory, on virtual time.

    from plexspaces.testing import TestNode

    with TestNode() as node:
        node.app("bank", BankActor, AccountActor, children={"main": "bank"})
        node.ask("bank/account/ada", "open", {"owner": "Ada"})

Messages cross as JSON, as on a node; a failed turn is undone; a crash restarts the actor. Time
stands still until a call has to wait, or ``node.advance(ms)`` says otherwise: nothing ever sleeps.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from plexspaces import _codec, _failure, _transport, _types
from plexspaces._codec import dumps, loads
from plexspaces.actors import Registration
from plexspaces.errors import BusinessError, HostError, from_wire, unimplemented
from plexspaces.testing._available import CHANGING, NOT_ON_NODES
from plexspaces.testing._cells import Cell, Turn
from plexspaces.testing._engine import App, Engine
from plexspaces.testing._links import ServiceLink
from plexspaces.testing._operations import Operations
from plexspaces.testing._scheduler import EPOCH_MS, current

__all__ = ["EPOCH_MS", "NOT_ON_NODES", "ServiceLink", "TestNode"]


class TestNode:
    """A node for tests; a context manager.

    ``seed`` decides all chance. With ``only_available`` it answers UNIMPLEMENTED to what nodes of
    this version do not have yet (``NOT_ON_NODES``); without, it has (nearly) all of the host API.
    """

    __test__ = False  # pytest: this is no test class

    def __init__(self, seed: int = 0, only_available: bool = False) -> None:
        self._engine = Engine(seed)
        self._operations = Operations(self, self._engine)
        self._only_available = only_available
        self._streams: dict[str, list[Any]] = {}
        self._transactions: dict[Turn, tuple[int, int]] = {}
        self._links: dict[str, ServiceLink] = {}
        self._before: Any = None
        self._clocks: dict[str, Any] = {}
        #: What actors logged: ``{actor, level, message, fields?}``.
        self.logs: list[dict[str, Any]] = []
        #: Per app, what ``application_metrics_add`` added up to.
        self.metrics: dict[str, dict[str, Any]] = {}

    def __enter__(self) -> TestNode:
        self._before = _transport.get_transport()
        _transport.set_transport(self._host)
        for name, factor in (("time", 1e-3), ("monotonic", 1e-3), ("time_ns", 1e6)):
            self._clocks[name] = getattr(time, name)
            setattr(time, name, self._clock(getattr(time, name), factor))
        return self

    def __exit__(self, *_: object) -> None:
        for name, clock in self._clocks.items():
            setattr(time, name, clock)
        self._engine.scheduler.close()
        _transport.set_transport(self._before)

    def _clock(self, real: Callable[[], Any], factor: float) -> Callable[[], Any]:
        def clock() -> Any:
            if getattr(current, "turn", None) is None:
                return real()
            now = self._engine.scheduler.now * factor
            return int(now) if factor > 1 else now

        return clock

    # ---- apps

    def app(
        self,
        name: str,
        *types: type,
        children: Mapping[str, str | type | Mapping[str, Any]] | None = None,
        on_demand: bool | list[str] = True,
        durable: bool | list[str] = True,
        access: Mapping[str, list[str]] | None = None,
        env: Mapping[str, str] | None = None,
        pools: Mapping[str, tuple[str, int]] | None = None,
        config: Mapping[str, Any] | None = None,
    ) -> TestNode:
        """Deploys an app of actor classes.

        ``children`` are the supervised ones: child id to a type, a class, or ``{type, args,
        restart, durable}``. ``on_demand`` says which types are there by key (all), ``durable`` which
        keep their state over crashes (all). ``access`` names, per type, the other apps that may
        call. ``pools``: name to (type, size). ``config`` has the supervisor's ``strategy``,
        ``max_restarts`` and ``max_restart_window_secs``.
        """
        settings = dict(config or {})
        for key in settings:
            if key not in ("strategy", "max_restarts", "max_restart_window_secs"):
                raise TypeError(f'unknown key "{key}" of config')
        if settings.get("strategy", "one_for_one") not in (
            "one_for_one",
            "one_for_all",
            "rest_for_one",
        ):
            raise TypeError(f"unknown strategy {settings['strategy']!r}")
        if name in self._engine.apps:
            raise ValueError(f'there is an app "{name}" already')
        app = App(name, dict(env or {}), settings)
        for cls in types:
            entry = cls.__dict__.get("__plexspaces_type__")
            if not isinstance(entry, Registration):
                raise TypeError(f"{cls.__qualname__} is no actor: decorate it with @actor")
            kind = _types.of(entry)
            kind.require_runnable()
            app.types[kind.name] = kind
        app.access = {k: list(v) for k, v in (access or {}).items()}
        for type_name in app.types if on_demand is True else on_demand or ():
            self._kind(app, type_name)
            app.on_demand[type_name] = {"args": {}, "durable": _chosen(durable, type_name)}
        self._engine.apps[name] = app
        for child_id, given in (children or {}).items():
            self._child(app, child_id, given, durable)
        for pool, (type_name, size) in (pools or {}).items():
            kind = self._kind(app, type_name)
            workers = [
                self._engine.add(
                    Cell(self._engine, app, kind, f"{pool}:{i}", args={}, durable=False, on_demand=True)
                )
                for i in range(size)
            ]
            self._engine.groups.pools[(name, pool)] = {"workers": workers, "out": {}, "waiters": []}
        self._engine.scheduler.settle()
        for _, _, error in [f for f in self._engine.failures if f[1] == "init"]:
            if app.failed is not None:
                raise error
        return self

    @staticmethod
    def _kind(app: App, type_name: str) -> _types.ActorType:
        kind = app.types.get(type_name)
        if kind is None:
            raise TypeError(f'app "{app.name}" has no type "{type_name}"; it has {list(app.types)}')
        return kind

    def _child(self, app: App, child_id: str, given: Any, durable: bool | list[str]) -> None:
        spec = dict(given) if isinstance(given, Mapping) else {"type": given}
        kind_of = spec.pop("type")
        if isinstance(kind_of, type):
            kind_of = kind_of.__dict__["__plexspaces_type__"].name
        kind = self._kind(app, kind_of)
        cell = Cell(
            self._engine,
            app,
            kind,
            child_id,
            args=spec.pop("args", {}),
            durable=spec.pop("durable", _chosen(durable, kind.name)),
            restart=spec.pop("restart", "permanent"),
            child_id=child_id,
        )
        if spec:
            raise TypeError(f'child "{child_id}": unknown key "{next(iter(spec))}"')
        app.children[child_id] = self._engine.add(cell)
        self._engine.start(cell)

    def failed(self, app: str) -> str | None:
        """Why the app was given up by its supervisor, or None while it runs."""
        return self._engine.apps[app].failed

    # ---- messages

    def _find(self, target: str) -> Cell:
        apps = list(self._engine.apps.values())
        return self._engine.find(target, None, apps[0] if len(apps) == 1 else None)

    def ask(self, target: str, op: Any, payload: Any = None, timeout_ms: int = 30_000) -> Any:
        """Asks as a client does and answers the reply; virtual time goes on while it waits.

        With only one app a target may also be ``type/key`` or a child id. Raises what the actor
        refused or failed with: BusinessError, or HostError.
        """
        from plexspaces.host._arguments import addressed

        name, value = addressed(op, payload)
        cell = self._find(target)
        body = dumps({} if value is None else value)
        self._engine.accept(cell, name, body)
        return self._await(cell, name, body, timeout_ms)[1]

    def _await(
        self, cell: Cell, op: str, body: bytes, timeout_ms: int, **more: Any
    ) -> tuple[dict[str, Any], Any]:
        waiter = self._engine.post(cell, op, body, reply=True, **more)
        assert waiter is not None
        late: list[bool] = []
        cancel = self._engine.scheduler.at(timeout_ms, lambda: late.append(True))
        self._engine.scheduler.run_until(lambda: waiter.done or bool(late))
        cancel()
        self._engine.scheduler.settle()
        if not waiter.done:
            raise from_wire(
                {"code": "DEADLINE_EXCEEDED", "message": f'"{op}" had no reply in {timeout_ms} ms'}
            )
        error, header, result = waiter.value
        if error is not None:
            raise _raised(error)
        return loads(header), loads(result) if result else None

    def send(self, target: str, op: Any, payload: Any = None) -> None:
        """Sends as a client does, and lets everything happen that this sets off at once."""
        from plexspaces.host._arguments import addressed

        name, value = addressed(op, payload)
        cell = self._find(target)
        body = dumps({} if value is None else value)
        self._engine.accept(cell, name, body)
        self._engine.post(cell, name, body)
        self._engine.scheduler.settle()

    def stream(self, target: str, op: str, payload: Any = None) -> Iterator[Any]:
        """The values of a streaming handler; closing the iterator ends the stream."""
        cell = self._find(target)
        id = self._engine.number("m")
        body = dumps({} if payload is None else payload)
        self._engine.accept(cell, op, body, stream=True)
        header, value = self._await(cell, op, body, 30_000, id=id, stream=True)
        ended = False
        try:
            while header.get("more"):
                yield value
                header, value = self._await(cell, "", b"", 30_000, resume=id)
            ended = True
        except HostError:
            ended = True
            raise
        finally:
            if not ended:
                self._await(cell, "", b"", 30_000, resume=id, close=True)

    # ---- what happened

    def advance(self, ms: int) -> None:
        """Lets virtual time go on, and everything happen that is due on the way."""
        self._engine.scheduler.advance(ms)

    @property
    def now_ms(self) -> int:
        """The virtual time."""
        return int(self._engine.scheduler.now)

    def state(self, target: str) -> Any:
        """The declared state that the actor's last successful turn left, as JSON values."""
        return loads(self._find(target).committed)

    def instance(self, target: str) -> Any:
        """The actor's instance, or None while it is not active."""
        guest = self._find(target).guest
        return None if guest is None else guest.instance

    def restarts(self, target: str) -> int:
        """How often the actor has crashed."""
        return self._find(target).restart_count

    def exists(self, target: str) -> bool:
        """Whether there is such an actor now."""
        cell = self._engine.cells.get(target)
        return cell is not None and not cell.stopped

    def stop(self, target: str, reason: str = "normal") -> None:
        """Stops an actor."""
        self._engine.halt(self._find(target), reason)
        self._engine.scheduler.settle()

    def passivate(self, target: str) -> None:
        """Lets an actor leave memory, as an idle one does; the next message activates it."""
        cell = self._find(target)
        cell.terminate("passivated")
        cell.stored = self._engine.stored.get(cell.address) if cell.durable else None

    def tuples(self, app: str, space: str = "") -> list[list[Any]]:
        """The tuples of a space, in the order in which they were written."""
        return self._engine.spaces.of_app(app, space)

    @property
    def failures(self) -> list[tuple[str, str, HostError]]:
        """Errors of messages that have no reply: (actor, operation, error)."""
        return self._engine.failures

    def service_link(self, name: str) -> ServiceLink:
        """The fake of a service link: say what it responds, read what it was asked."""
        return self._links.setdefault(name, ServiceLink(name))

    # ---- the host's side

    def _host(self, operation: str, header: bytes, body: bytes) -> tuple[int, bytes, bytes]:
        turn: Turn | None = getattr(current, "turn", None)
        if turn is None:
            raise RuntimeError(
                f"host.{operation} works only inside an actor; use the TestNode's own methods"
            )
        try:
            if self._only_available and operation in NOT_ON_NODES:
                raise unimplemented(f'the host operation "{operation}"')
            method = self._operations.find(operation)
            if method is None:
                raise unimplemented(f'the host operation "{operation}"')
            if turn.read_only and operation in CHANGING:
                raise HostError(
                    "FAILED_PRECONDITION",
                    f"{operation} changes something, but the running handler is a query",
                )
            result = method(turn, loads(header), body)
            if isinstance(result, tuple):
                return 0, _codec.dumps(result[0]), result[1]
            return 0, b"{}", dumps(result)
        except HostError as e:
            turn.note(e.code, e.message)
            return 1, b"", _failure.encoded(e)
        except KeyError as e:
            message = f"{operation}: {e} is missing"
            turn.note("INVALID_ARGUMENT", message)
            return 1, b"", dumps({"code": "INVALID_ARGUMENT", "message": message})

    def _add_metrics(self, app: str, added: dict[str, Any]) -> None:
        known = self.metrics.setdefault(app, {})
        known["message_count"] = known.get("message_count", 0) + added.get("message_count", 0)
        for family in ("counter_metrics", "latency_totals_ms", "gauge_metrics"):
            values = known.setdefault(family, {})
            for name, value in added.get(family, {}).items():
                old = 0 if family == "gauge_metrics" else values.get(name, 0)
                values[name] = old + value


def _chosen(which: bool | list[str], name: str) -> bool:
    return which if isinstance(which, bool) else name in which


def _raised(error: dict[str, Any]) -> HostError:
    if error.get("business"):
        return BusinessError(error["code"], error["message"], error.get("details"))
    raised = from_wire(error)
    details = error.get("details")
    stack = details.get("stack") if isinstance(details, dict) else None
    if stack:
        raised.add_note(f"in the actor:\n{stack}")  # where in the tested code it happened
    return raised
