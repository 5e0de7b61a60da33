"""The tuple space: ``host.ts.read(..)`` and ``host.ts_read(..)`` are one operation.

A tuple is a list of scalars, strings, bytes, lists or maps. In a pattern None matches any field,
ANY_INT and its like match by type, another value matches an equal field. ``space`` names another
space than the app's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from plexspaces._transport import invoke
from plexspaces.host._arguments import header


def write(
    tuple: Sequence[Any], ttl_ms: int | str | None = None, *, space: str | None = None
) -> str:
    """Writes a tuple when the turn succeeds; answers its lease. ``ttl_ms="owner"`` ends with the
    writing actor."""
    arguments = header(tuple=list(tuple), ttl_ms=ttl_ms, space=space)
    return invoke("ts_write", arguments)  # type: ignore[no-any-return]


def read(
    pattern: Sequence[Any], timeout_ms: int | None = None, *, space: str | None = None
) -> list[Any] | None:
    """A matching tuple, or None. ``timeout_ms`` waits for one; -1 until the deadline."""
    arguments = header(pattern=list(pattern), timeout_ms=timeout_ms, space=space)
    return invoke("ts_read", arguments)  # type: ignore[no-any-return]


def take(
    pattern: Sequence[Any],
    timeout_ms: int | None = None,
    if_exists: bool | None = None,
    *,
    space: str | None = None,
) -> list[Any] | None:
    """Takes a matching tuple, or None. It is back at its place if the turn fails. ``if_exists``
    waits while the only matches are held by other turns."""
    arguments = header(
        pattern=list(pattern), timeout_ms=timeout_ms, if_exists=if_exists, space=space
    )
    return invoke("ts_take", arguments)  # type: ignore[no-any-return]


def read_all(
    pattern: Sequence[Any], limit: int | None = None, *, space: str | None = None
) -> list[list[Any]]:
    """All matching tuples, or the first ``limit``, in one consistent view."""
    arguments = header(pattern=list(pattern), limit=limit, space=space)
    return invoke("ts_read_all", arguments)  # type: ignore[no-any-return]


def take_all(
    pattern: Sequence[Any], limit: int | None = None, *, space: str | None = None
) -> list[list[Any]]:
    """Takes all matching tuples, or the first ``limit``."""
    arguments = header(pattern=list(pattern), limit=limit, space=space)
    return invoke("ts_take_all", arguments)  # type: ignore[no-any-return]


def count(pattern: Sequence[Any], *, space: str | None = None) -> int:
    """How many tuples match."""
    return invoke("ts_count", header(pattern=list(pattern), space=space))  # type: ignore[no-any-return]


def write_once(
    pattern: Sequence[Any],
    tuple: Sequence[Any],
    ttl_ms: int | str | None = None,
    *,
    space: str | None = None,
) -> dict[str, Any]:
    """Writes unless something matches: ``{written, tuple}``, the tuple that is there now."""
    arguments = header(pattern=list(pattern), tuple=list(tuple), ttl_ms=ttl_ms, space=space)
    return invoke("ts_write_once", arguments)  # type: ignore[no-any-return]


def update(
    pattern: Sequence[Any],
    tuple: Sequence[Any],
    expected: Sequence[Any] | None = None,
    *,
    space: str | None = None,
) -> list[Any] | None:
    """Replaces a matching tuple; answers the old one, or None. With ``expected`` only if the old
    one equals it."""
    arguments = header(
        pattern=list(pattern),
        tuple=list(tuple),
        expected=None if expected is None else list(expected),
        space=space,
    )
    return invoke("ts_update", arguments)  # type: ignore[no-any-return]


def notify(pattern: Sequence[Any], op: str, *, space: str | None = None) -> str:
    """A cast ``op`` to this actor per matching write; answers the subscription's id."""
    arguments = header(pattern=list(pattern), op=op, space=space)
    return invoke("ts_notify", arguments)  # type: ignore[no-any-return]


def unsubscribe(id: str) -> None:
    """Ends a subscription."""
    invoke("ts_unsubscribe", {"id": id})


def renew(lease: str, ttl_ms: int | str) -> None:
    """Renews a lease; ``"owner"`` ends with the writing actor."""
    invoke("ts_renew", {"lease": lease, "ttl_ms": ttl_ms})


def cancel(lease: str) -> None:
    """Ends a lease and its tuple."""
    invoke("ts_cancel", {"lease": lease})


class Transaction:
    """All or nothing inside a turn: ``with host.ts_transaction() as tx``. Leaving it commits; an
    exception aborts, and goes on."""

    write = staticmethod(write)
    read = staticmethod(read)
    take = staticmethod(take)
    read_all = staticmethod(read_all)
    take_all = staticmethod(take_all)
    count = staticmethod(count)
    write_once = staticmethod(write_once)
    update = staticmethod(update)

    def __init__(self) -> None:
        self._open = False

    def __enter__(self) -> Transaction:
        invoke("ts_transaction", {"action": "begin"})
        self._open = True
        return self

    def abort(self) -> None:
        """Undoes what the transaction did, and ends it."""
        if self._open:
            self._open = False
            invoke("ts_transaction", {"action": "abort"})

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.abort()
        elif self._open:
            self._open = False
            invoke("ts_transaction", {"action": "commit"})


def transaction() -> Transaction:
    """``with host.ts_transaction() as tx: tx.take(..); tx.write(..)``."""
    return Transaction()
