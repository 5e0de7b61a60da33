"""Pools of workers: ``host.pool.checkout(..)`` and ``host.pool_checkout(..)`` are one operation."""

from __future__ import annotations

from typing import Any

from plexspaces._transport import invoke
from plexspaces.host._arguments import header


def checkout(pool: str, timeout_ms: int | None = None) -> dict[str, Any] | None:
    """Borrows a worker: ``{actor_id, checkout_id}``, or None if none became free."""
    return invoke("pool_checkout", header(pool=pool, timeout_ms=timeout_ms))  # type: ignore[no-any-return]


def checkin(pool: str, actor_id: str, checkout_id: str, healthy: bool | None = None) -> None:
    """Gives a worker back; one that is not healthy is replaced."""
    arguments = header(pool=pool, actor_id=actor_id, checkout_id=checkout_id, healthy=healthy)
    invoke("pool_checkin", arguments)


def info(pool: str) -> dict[str, Any]:
    """What is known of a pool."""
    return invoke("pool_info", {"pool": pool})  # type: ignore[no-any-return]
