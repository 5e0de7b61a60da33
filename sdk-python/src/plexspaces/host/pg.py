"""Process groups: ``host.pg.join(..)`` and ``host.pg_join(..)`` are one operation."""

from __future__ import annotations

from typing import Any

from plexspaces._transport import invoke
from plexspaces.host._arguments import body


def join(group: str) -> None:
    """Joins a group; the membership ends with the actor."""
    invoke("pg_join", {"group": group})


def leave(group: str) -> None:
    """Leaves a group."""
    invoke("pg_leave", {"group": group})


def members(group: str) -> list[str]:
    """The addresses of a group's members."""
    return invoke("pg_members", {"group": group})  # type: ignore[no-any-return]


def broadcast(group: str, op: str, payload: Any = None) -> int:
    """Sends to all members; answers how many."""
    return invoke("pg_broadcast", {"group": group, "op": op}, body(payload))  # type: ignore[no-any-return]


def first(group: str) -> str | None:
    """The longest-serving member, or None."""
    return invoke("pg_first", {"group": group})  # type: ignore[no-any-return]
