"""The way from the guest to its host. An engine, or the test harness, gives the last step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plexspaces import _codec
from plexspaces.errors import from_wire

#: ``(operation, header JSON, body) -> (0, header JSON, body)`` or ``(1, b"", error JSON)``.
Transport = Callable[[str, bytes, bytes], tuple[int, bytes, bytes]]


class Abandoned(BaseException):
    """Raised by a transport where the turn is to be given up at once; nothing may catch it."""


def _nowhere(operation: str, header: bytes, body: bytes) -> tuple[int, bytes, bytes]:
    raise RuntimeError(
        f"host.{operation} works only inside an actor: on a node, or in plexspaces.testing"
    )


_transport: Transport = _nowhere


def set_transport(transport: Transport) -> None:
    """Says how host operations leave this process. Called by the engine, once."""
    global _transport
    _transport = transport


def get_transport() -> Transport:
    """The transport in use."""
    return _transport


def exchange(
    operation: str, header: dict[str, Any], body: bytes = b""
) -> tuple[dict[str, Any], bytes]:
    """One host operation.

    Raises HostError if the host refuses it, TypeError if an argument has no JSON form.
    """
    status, answer, result = _transport(operation, _codec.dumps(header), body)
    if status:
        raise from_wire(_codec.loads(result))
    return (_codec.loads(answer) if len(answer) > 2 else {}), result


def invoke(operation: str, header: dict[str, Any], body: bytes = b"") -> Any:
    """One host operation, its result decoded: JSON, or bytes where it has another type."""
    answer, result = exchange(operation, header, body)
    if not result:
        return b"" if "content_type" in answer else None
    if answer and answer.get("content_type", _codec.JSON_TYPE) != _codec.JSON_TYPE:
        return result
    return _codec.loads(result)
