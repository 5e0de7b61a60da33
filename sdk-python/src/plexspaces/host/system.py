"""Time, chance, the log, metrics, HTTP and the journal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plexspaces import _codec
from plexspaces._transport import invoke
from plexspaces.errors import unimplemented
from plexspaces.host._arguments import NOT_GIVEN, header, raw, request

_LEVELS = ("trace", "debug", "info", "warn", "error")


def now_ms() -> int:
    """Milliseconds since 1970."""
    return invoke("now_ms", {})  # type: ignore[no-any-return]


def random() -> float:
    """A number from 0 to 1, 1 excluded."""
    return invoke("random", {})  # type: ignore[no-any-return]


def uuid() -> str:
    """A random UUID."""
    return invoke("uuid", {})  # type: ignore[no-any-return]


def sleep(ms: int) -> None:
    """Waits; holds no thread of the machine."""
    invoke("sleep", {"ms": ms})


def log(level: str, message: str, fields: Mapping[str, Any] | None = None) -> None:
    """Writes to the node's log, which adds app, actor and tenant. ``level`` is one of trace,
    debug, info, warn, error."""
    if level not in _LEVELS:
        raise ValueError(f"host.log: unknown level {level!r}; one of {', '.join(_LEVELS)}")
    invoke("log", header(level=level, message=message, fields=fields))


def http_fetch(
    link: str,
    method: str,
    path: str,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Calls a configured service link: ``{status, headers, body}``, the body as bytes.

    ``body`` is bytes, text, or a dict or list that is sent as JSON.
    """
    sent = dict(headers or {})
    if body is None:
        data = b""
    elif isinstance(body, (dict, list)):
        data = _codec.dumps(body)
        if not any(name.lower() == "content-type" for name in sent):
            sent["Content-Type"] = _codec.JSON_TYPE
    else:
        data = raw(body)
    arguments = header(link=link, method=method, path=path, headers=sent or None)
    return invoke("http_fetch", arguments, data)  # type: ignore[no-any-return]


def application_metrics_add(
    id: str,
    metrics: Mapping[str, Any] | None = None,
    *,
    message_count: int | None = None,
    counter_metrics: Mapping[str, int] | None = None,
    gauge_metrics: Mapping[str, float] | None = None,
    latency_totals_ms: Mapping[str, float] | None = None,
) -> None:
    """Adds to the app's own metrics: as one mapping, or by name. ``id`` is no label."""
    names = ("message_count", "counter_metrics", "gauge_metrics", "latency_totals_ms")
    values = (message_count, counter_metrics, gauge_metrics, latency_totals_ms)
    given = {n: v for n, v in zip(names, values, strict=True) if v is not None}
    if metrics is not None:
        rest = dict.fromkeys(names, NOT_GIVEN)
        given = request(
            "application_metrics_add", "id", {"id": id, **metrics}, {**rest}
        ) | given
    invoke("application_metrics_add", {"id": id, **given})


def checkpoint() -> None:
    """Writes a full state with this turn."""
    invoke("checkpoint", {})


def journal_sequence() -> int:
    """The number of the last committed turn."""
    return invoke("journal_sequence", {})  # type: ignore[no-any-return]


def is_replaying() -> bool:
    """Whether a run is being replayed."""
    return invoke("is_replaying", {})  # type: ignore[no-any-return]


def step(
    name: str,
    fn: Any,
    *,
    retry: Mapping[str, Any] | None = None,
    timeout_ms: int | None = None,
    compensate: Any = None,
) -> Any:
    """A journalled step of a workflow's run. No host of this version has it: UNIMPLEMENTED."""
    raise unimplemented(f'host.step("{name}", ..), a journalled step of a workflow,')


def wait_signal(name: str, timeout_ms: int | None = None) -> Any:
    """Waits in a run for a signal. No host of this version has it: UNIMPLEMENTED."""
    raise unimplemented(f'host.wait_signal("{name}")')


def child_workflow(type: str, id: str, input: Any = None) -> Any:
    """Runs another workflow in a run. No host of this version has it: UNIMPLEMENTED."""
    raise unimplemented(f'host.child_workflow("{type}", ..)')


def continue_as_new(input: Any = None) -> Any:
    """Begins the run anew. No host of this version has it: UNIMPLEMENTED."""
    raise unimplemented("host.continue_as_new(..)")
