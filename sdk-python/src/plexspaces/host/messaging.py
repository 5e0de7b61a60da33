"""Asking, sending, streams, timers and the life of actors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from plexspaces import _codec
from plexspaces._transport import exchange, invoke
from plexspaces.errors import from_wire
from plexspaces.host._arguments import addressed, body, header

#: An operation's name, or ``{"op": name, ..}`` with the payload beside it.
Op = str | Mapping[str, Any]


def ask(
    target: str,
    op: Op,
    payload: Any = None,
    timeout_ms: int | None = None,
    *,
    content_type: str | None = None,
) -> Any:
    """Waits for the reply of an actor (5000 ms unless said otherwise).

    ``target`` is a child id, ``type/key`` or ``app/type/key``. ``ask(target, {"op": .., ..})`` is
    the same with the payload beside the operation. With a ``content_type`` the payload is bytes.
    Raises HostError with the code of the other side, TimeoutError if it did not answer in time.
    """
    name, value = addressed(op, payload)
    return invoke(
        "ask",
        header(target=target, op=name, timeout_ms=timeout_ms, content_type=content_type),
        body(value, content_type),
    )


def ask_all(
    calls: Iterable[tuple[Any, ...] | Mapping[str, Any]], timeout_ms: int | None = None
) -> list[Any]:
    """Asks several actors at once; calls are ``(target, op, payload)``.

    Answers in their order, each the reply or the HostError (returned, not raised).
    """
    wire = []
    for call in calls:
        if isinstance(call, Mapping):
            wire.append({"payload": {}, **call})
        else:
            target, op, *rest = call
            name, value = addressed(op, rest[0] if rest else None)
            wire.append({"target": target, "op": name, "payload": {} if value is None else value})
    results = invoke("ask_all", header(calls=wire, timeout_ms=timeout_ms))
    return [from_wire(r["error"]) if "error" in r else r.get("ok") for r in results]


def send(target: str, op: Op, payload: Any = None, *, content_type: str | None = None) -> str:
    """Fire and forget; answers the message's id. It leaves when the turn has succeeded."""
    name, value = addressed(op, payload)
    arguments = header(target=target, op=name, content_type=content_type)
    return invoke("send", arguments, body(value, content_type))  # type: ignore[no-any-return]


class Stream:
    """Values of a streaming handler, one by one. A context manager: leaving it ends the stream."""

    def __init__(self, id: str, timeout_ms: int | None) -> None:
        #: The stream's id on the wire.
        self.id = id
        self._timeout_ms = timeout_ms
        self._open = True

    def __iter__(self) -> Stream:
        return self

    def __next__(self) -> Any:
        if not self._open:
            raise StopIteration
        more, value = stream_next(self.id, self._timeout_ms)
        if not more:
            self._open = False
            raise StopIteration
        return value

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Any:
        try:
            return self.__next__()
        except StopIteration:
            raise StopAsyncIteration from None

    def close(self) -> None:
        """Ends the stream early: the other side's handler is told. Closing twice is no error."""
        if self._open:
            self._open = False
            stream_close(self.id)

    def __enter__(self) -> Stream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def ask_stream(
    target: str,
    op: Op,
    payload: Any = None,
    timeout_ms: int | None = None,
    *,
    content_type: str | None = None,
) -> Stream:
    """Opens a stream of values: ``for value in host.ask_stream(..)``. ``timeout_ms`` bounds the
    opening and the wait for each value. Close it, or use ``with``, when leaving early."""
    name, value = addressed(op, payload)
    arguments = header(target=target, op=name, timeout_ms=timeout_ms, content_type=content_type)
    return Stream(invoke("ask_stream", arguments, body(value, content_type)), timeout_ms)


def stream_next(stream: str, timeout_ms: int | None = None) -> tuple[bool, Any]:
    """The next value of a stream by its id: ``(True, value)``, or ``(False, None)`` at its end."""
    answer, result = exchange("stream_next", header(stream=stream, timeout_ms=timeout_ms))
    if not answer.get("more", False):
        return False, None
    if answer.get("content_type", _codec.JSON_TYPE) != _codec.JSON_TYPE:
        return True, result
    return True, _codec.loads(result) if result else None


def stream_close(stream: str) -> None:
    """Ends a stream by its id; closing what has ended is no error."""
    invoke("stream_close", {"stream": stream})


def defer_reply() -> str:
    """A token with which the running message is answered later, from another turn."""
    return invoke("defer_reply", {})  # type: ignore[no-any-return]


def reply(token: str, value: Any = None) -> None:
    """Answers a deferred message."""
    invoke("reply", {"token": token}, _codec.dumps(value))


def forward(
    target: str, op: Op, payload: Any = None, *, content_type: str | None = None
) -> None:
    """Hands the running message on; the reply goes to the original asker."""
    name, value = addressed(op, payload)
    invoke(
        "forward",
        header(target=target, op=name, content_type=content_type),
        body(value, content_type),
    )


def send_after(
    delay_ms: int, target: str, op: Op, payload: Any = None, *, content_type: str | None = None
) -> str:
    """Sends later; answers the timer's id."""
    name, value = addressed(op, payload)
    arguments = header(delay_ms=delay_ms, target=target, op=name, content_type=content_type)
    return invoke("send_after", arguments, body(value, content_type))  # type: ignore[no-any-return]


def send_every(
    period_ms: int, target: str, op: Op, payload: Any = None, *, content_type: str | None = None
) -> str:
    """Sends again and again; answers the timer's id."""
    name, value = addressed(op, payload)
    arguments = header(period_ms=period_ms, target=target, op=name, content_type=content_type)
    return invoke("send_every", arguments, body(value, content_type))  # type: ignore[no-any-return]


def schedule_cron(
    expr: str,
    target: str,
    op: Op,
    payload: Any = None,
    tz: str | None = None,
    *,
    content_type: str | None = None,
) -> str:
    """Sends by a cron expression, in the time zone ``tz``; answers the timer's id."""
    name, value = addressed(op, payload)
    arguments = header(expr=expr, target=target, op=name, tz=tz, content_type=content_type)
    return invoke("schedule_cron", arguments, body(value, content_type))  # type: ignore[no-any-return]


def cancel_timer(id: str) -> None:
    """Ends a timer; one that is not there is no error."""
    invoke("cancel_timer", {"id": id})


def spawn(
    type: str, args: Mapping[str, Any] | None = None, id: str | None = None, link: bool | None = None
) -> str:
    """Starts a child of this actor; answers its address."""
    return invoke("spawn", header(type=type, args=args, id=id, link=link))  # type: ignore[no-any-return]


def stop(id: str, reason: str | None = None) -> None:
    """Stops an actor gracefully."""
    invoke("stop", header(id=id, reason=reason))


def delete(id: str) -> None:
    """Stops an actor and removes its journal."""
    invoke("delete", {"id": id})


def monitor(id: str) -> str:
    """A cast ``__DOWN__ {monitor_ref, down_from, down_reason}`` on any exit; answers the ref."""
    return invoke("monitor", {"id": id})  # type: ignore[no-any-return]


def demonitor(ref: str) -> None:
    """Ends a monitor; one that has ended is no error."""
    invoke("demonitor", {"ref": ref})


def link(id: str) -> None:
    """Ties two actors: on the abnormal exit of one the other gets a cast ``__EXIT__``."""
    invoke("link", {"id": id})


def unlink(id: str) -> None:
    """Ends a link."""
    invoke("unlink", {"id": id})


def register(name: str) -> None:
    """Gives this actor a name in the app; it ends with the actor."""
    invoke("register", {"name": name})


def resolve(name: str) -> str | None:
    """The address of the actor with this name, or None."""
    return invoke("resolve", {"name": name})  # type: ignore[no-any-return]


def actor_info(id: str) -> dict[str, Any]:
    """What is known of an actor."""
    return invoke("actor_info", {"id": id})  # type: ignore[no-any-return]


def list_actors(type: str | None = None) -> list[Any]:
    """The app's actors, or those of one type."""
    return invoke("list_actors", header(type=type))  # type: ignore[no-any-return]

