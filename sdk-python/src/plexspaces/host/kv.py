"""Keys and values of the app: ``host.kv.get(..)`` and ``host.kv_get(..)`` are one operation.

``scope="actor"`` is private to this actor and commits with the turn.
"""

from __future__ import annotations

import builtins
from typing import Any

from plexspaces import _codec
from plexspaces._transport import invoke
from plexspaces.host._arguments import header


def get(key: str, *, scope: str | None = None) -> Any:
    """The value of a key, or None."""
    return invoke("kv_get", header(key=key, scope=scope))


def put(key: str, value: Any, ttl_ms: int | None = None, *, scope: str | None = None) -> None:
    """Sets the value of a key."""
    invoke("kv_put", header(key=key, ttl_ms=ttl_ms, scope=scope), _codec.dumps(value))


def delete(key: str, *, scope: str | None = None) -> bool:
    """Removes a key; answers whether it was there."""
    return invoke("kv_delete", header(key=key, scope=scope))  # type: ignore[no-any-return]


def list(
    prefix: str | None = None, limit: int | None = None, *, scope: str | None = None
) -> builtins.list[str]:
    """Keys that begin with a prefix."""
    arguments = header(prefix=prefix, limit=limit, scope=scope)
    return invoke("kv_list", arguments)  # type: ignore[no-any-return]


def increment(key: str, by: int | None = None, *, scope: str | None = None) -> int:
    """Adds to a counter (1 unless said otherwise); answers its value."""
    return invoke("kv_increment", header(key=key, by=by, scope=scope))  # type: ignore[no-any-return]


def compare_and_swap(key: str, expected: Any, value: Any, *, scope: str | None = None) -> bool:
    """Sets a value where the old one is as expected (None: where there is none)."""
    arguments = {"key": key, "expected": expected, **header(scope=scope)}
    return invoke("kv_compare_and_swap", arguments, _codec.dumps(value))  # type: ignore[no-any-return]


def watch(prefix: str, op: str) -> str:
    """A cast ``op`` to this actor per change under a prefix; answers the watch's id."""
    return invoke("kv_watch", {"prefix": prefix, "op": op})  # type: ignore[no-any-return]
