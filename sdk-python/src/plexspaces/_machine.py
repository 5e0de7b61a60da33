"""State machines: transitions, timeouts of states, postponed messages."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from plexspaces._transport import invoke
from plexspaces._types import STATE_TIMEOUT, ActorType, Operation
from plexspaces import _codec
from plexspaces._marks import Postponed
from plexspaces.errors import BusinessError, unimplemented

if TYPE_CHECKING:
    from plexspaces._guest import Guest


def handle(
    guest: Guest, kind: ActorType, op: Operation, payload: Any, header: dict[str, Any]
) -> Any:
    """Runs the transition of ``op`` that leaves the current state."""
    instance = guest.instance
    before = instance.current_state
    if op.role == "timeout":
        if payload.get("entry") != guest.hidden.get("entry"):
            return None  # it was on its way when the state was left
        guest.hidden.pop("timer", None)
        op = kind.operations[kind.timeouts[before][1]]
        header = {**header, "op": op.name}
        payload = {}
    if op.role != "transition":
        method = op.methods[0]
        return guest._invoke(method, method.binding.arguments(payload, header))
    for method in op.methods:
        if method.source is None or before in method.source:
            break
    else:
        raise BusinessError(
            "FAILED_PRECONDITION",
            f'"{op.name}" is not possible in the state {_name(before)}; it is in '
            + ", ".join(_name(s) for m in op.methods for s in m.source or ()),
        )
    try:
        result = guest._invoke(method, method.binding.arguments(payload, header))
    except Postponed:
        _postpone(guest, op, payload, header)
        return None
    if method.target is not None:
        instance.current_state = method.target
    if instance.current_state != before:
        _left(guest)
        enter(guest, kind)
    return result


def _name(state: Any) -> str:
    value = _codec.enum_value(state) if isinstance(state, enum.Enum) else state
    return f'"{value}"' if isinstance(value, str) else str(value)


def enter(guest: Guest, kind: ActorType) -> None:
    """Starts the timer of the state that has just been entered, if it has one."""
    hidden = guest.hidden
    timer = hidden.pop("timer", None)
    if timer is not None:
        invoke("cancel_timer", {"id": timer})
    timeout = kind.timeouts.get(guest.instance.current_state)
    if kind.timeouts:
        hidden["entry"] = hidden.get("entry", 0) + 1
    if timeout is not None:
        header = {"delay_ms": timeout[0], "target": guest.instance.actor_id, "op": STATE_TIMEOUT}
        hidden["timer"] = invoke("send_after", header, _codec.dumps({"entry": hidden["entry"]}))


def _left(guest: Guest) -> None:
    """The postponed messages have another chance, in the order in which they came."""
    for op, payload in guest.hidden.pop("postponed", []):
        target = guest.instance.actor_id
        invoke("send", {"target": target, "op": op}, _codec.dumps(payload))


def _postpone(guest: Guest, op: Operation, payload: Any, header: dict[str, Any]) -> None:
    if header.get("kind") != "cast":
        raise unimplemented(f'postpone() of a call ("{op.name}": its reply would be deferred)')
    guest.hidden.setdefault("postponed", []).append([op.name, payload])
