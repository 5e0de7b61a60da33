"""What the host is told of an exception that left a handler."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from plexspaces import _codec
from plexspaces.errors import HostError

MAX_FRAMES = 20
MAX_BYTES = 4096
#: The SDK's own folder, as its code objects name it.
_HERE = (lambda: 0).__code__.co_filename.rpartition("/")[0] + "/"


def to_wire(error: BaseException) -> dict[str, Any]:
    """The error as the wire has it."""
    if isinstance(error, HostError):
        wire: dict[str, Any] = {
            "code": error.code,
            "message": error.message,
            "retryable": error.retryable,
        }
        if error.details is not None:
            wire["details"] = error.details
        elif not error.business and _frames(error.__traceback__):
            wire["details"] = {"stack": stack(error)}
        if error.business:
            wire["business"] = True
        return wire
    message = _text(error)
    if isinstance(error, ValueError):
        return {
            "code": "INVALID_ARGUMENT",
            "message": message,
            "retryable": False,
            "business": True,
        }
    name = type(error).__name__
    return {
        "code": "INTERNAL",
        "message": f"{name}: {message}" if message else name,
        "retryable": False,
        "details": {"stack": stack(error)},
    }


def encoded(error: BaseException) -> bytes:
    """The error as JSON; without its details if those have no JSON form."""
    wire = to_wire(error)
    try:
        return _codec.dumps(wire)
    except (TypeError, RecursionError):
        wire.pop("details", None)
        wire["message"] = str(wire["message"]).encode("utf-8", "replace").decode()
        return _codec.dumps(wire)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "its message cannot be shown"


def stack(error: BaseException) -> str:
    """A traceback as Python writes it, of the user's own frames, the last 20."""
    text = _trace(error)
    cause = error.__cause__
    if cause is not None and not isinstance(error, HostError):
        text = (
            f"{_trace(cause)}\n\nThe above exception was the direct cause of the following"
            f" exception:\n\n{text}"
        )
    data = text.encode("utf-8", "replace")
    if len(data) > MAX_BYTES:
        # The end says what happened and where.
        text = "..." + data[3 - MAX_BYTES :].decode("utf-8", "ignore")
    return text


def _trace(error: BaseException) -> str:
    import linecache  # only where something has failed

    frames = _frames(error.__traceback__)
    lines = ["Traceback (most recent call last):"] if frames else []
    if len(frames) > MAX_FRAMES:
        lines.append(f"  [{len(frames) - MAX_FRAMES} frames left out]")
    for filename, line, function in frames[-MAX_FRAMES:]:
        lines.append(f'  File "{filename}", line {line}, in {function}')
        source = linecache.getline(filename, line).strip()
        if source:
            lines.append(f"    {source[:200]}")
    message = _text(error)
    name = type(error).__name__
    lines.append(f"{name}: {message}" if message else name)
    return "\n".join(lines)


def _frames(traceback: TracebackType | None) -> list[tuple[str, int, str]]:
    own = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.startswith(_HERE):
            own.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    return own


def log(what: str, error: Exception) -> None:
    """Writes an error that nobody is told of to the actor's log."""
    from plexspaces.host import log as host_log

    host_log("error", f"{what}: {_text(error)}", {"stack": stack(error)})
