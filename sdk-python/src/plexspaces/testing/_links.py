"""A fake for service links: the only way out of an actor to HTTP."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from plexspaces import _codec
from plexspaces.errors import HostError


@dataclasses.dataclass(frozen=True)
class Request:
    """What an actor asked of a service."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return _codec.loads(self.body)


class ServiceLink:
    """The fake of one service link."""

    def __init__(self, name: str) -> None:
        self.name = name
        #: What was asked, the newest last.
        self.requests: list[Request] = []
        self._rules: list[tuple[str | None, str | None, Any]] = []

    def respond(
        self,
        body: Any = b"",
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        method: str | None = None,
        path: str | None = None,
    ) -> ServiceLink:
        """Says what it answers: to all, or to a method and path. ``body`` is bytes, text, or a
        value that is sent as JSON; a function gets the Request and answers one of these. Of
        several rules that fit, the last one said counts."""
        self._rules.append((method, path, (status, dict(headers or {}), body)))
        return self

    def fail(
        self, code: str = "UNAVAILABLE", message: str = "the service does not answer"
    ) -> ServiceLink:
        """From now on every request fails with a HostError."""
        self._rules.append((None, None, HostError(code, message)))
        return self

    def _answer(self, a: dict[str, Any], body: bytes) -> dict[str, Any]:
        request = Request(a["method"], a["path"], a.get("headers", {}), body)
        self.requests.append(request)
        for method, path, answer in reversed(self._rules):
            if method in (None, request.method) and path in (None, request.path):
                if isinstance(answer, HostError):
                    raise answer
                status, headers, content = answer
                if isinstance(content, Callable):  # type: ignore[arg-type]
                    content = content(request)
                return {"status": status, "headers": headers, "body": _bytes(content)}
        raise HostError(
            "NOT_FOUND",
            f'the service link "{self.name}" has no answer to {request.method} {request.path}:'
            f' say node.service_link("{self.name}").respond(..)',
        )


def _bytes(content: Any) -> bytes:
    if isinstance(content, bytes):
        return content
    return content.encode() if isinstance(content, str) else _codec.dumps(content)
