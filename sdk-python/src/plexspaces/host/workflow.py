"""Workflows: ``host.workflow.start(..)`` and ``host.workflow_start(..)`` are one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plexspaces._transport import invoke
from plexspaces.host._arguments import body, header


def start(type: str, id: str, input: Any = None) -> str:
    """Starts a run; answers its id."""
    return invoke("workflow_start", {"type": type, "id": id}, body(input))  # type: ignore[no-any-return]


def signal(id: str, name: str, payload: Any = None) -> None:
    """Signals a run."""
    invoke("workflow_signal", {"id": id, "name": name}, body(payload))


def query(id: str, name: str, args: Mapping[str, Any] | None = None) -> Any:
    """Reads a run."""
    return invoke("workflow_query", header(id=id, name=name, args=args))


def result(id: str, timeout_ms: int | None = None) -> Any:
    """Waits for a run's result."""
    return invoke("workflow_result", header(id=id, timeout_ms=timeout_ms))


def cancel(id: str) -> None:
    """Cancels a run."""
    invoke("workflow_cancel", {"id": id})


def pause(id: str) -> None:
    """Pauses a run."""
    invoke("workflow_pause", {"id": id})


def resume(id: str) -> None:
    """Lets a paused run go on."""
    invoke("workflow_resume", {"id": id})
