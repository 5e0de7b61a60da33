"""Locks: ``host.lock.acquire(..)`` and ``host.lock_acquire(..)`` are one operation."""

from __future__ import annotations

from typing import Any

from plexspaces._transport import invoke
from plexspaces.host._arguments import header


def acquire(key: str, lease_ms: int, wait_ms: int | None = None) -> dict[str, Any] | None:
    """Takes a lock: ``{fence, expires_ms}``, or None. The fence strictly rises."""
    arguments = header(key=key, lease_ms=lease_ms, wait_ms=wait_ms)
    return invoke("lock_acquire", arguments)  # type: ignore[no-any-return]


def renew(key: str, lease_ms: int) -> dict[str, Any] | None:
    """Renews a lock that this actor holds; None if it has lost it."""
    return invoke("lock_renew", {"key": key, "lease_ms": lease_ms})  # type: ignore[no-any-return]


def release(key: str) -> None:
    """Gives a lock back."""
    invoke("lock_release", {"key": key})
