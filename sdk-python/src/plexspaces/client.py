"""Calls a node over HTTP, with the standard library alone.

    from plexspaces.client import Client

    client = Client("http://127.0.0.1:8001")
    client.ask("bank/account/ada", "deposit", {"amount": 5})
    for entry in client.stream("bank/account/ada", "statement"):
        ...

A Client may be used by several threads: each call has a connection of its own.
"""

from __future__ import annotations

import builtins
import contextlib
import http.client
import json
import uuid
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from plexspaces import _codec
from plexspaces.errors import BusinessError, HostError, TimeoutError, from_wire

__all__ = ["BusinessError", "Client", "EventStream", "HostError", "TimeoutError"]


class Client:
    """A node at ``url``; ``token`` is a bearer token; ``timeout`` bounds each wait, in seconds.

    Methods raise HostError with the node's code (TimeoutError where a time was over), and
    UNAVAILABLE if the node cannot be reached or its answer breaks off. What may have reached the
    node is ``retryable`` only where a second time does no harm: with an ``idempotency_key``, or if
    it only looks.
    """

    def __init__(self, url: str, token: str | None = None, timeout: float = 60.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a node, such as http://127.0.0.1:8001")
        self._secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        self._base = parts.path.rstrip("/") + "/api/v1"
        self._token = token
        self._timeout = timeout
        self.url = url

    # ---- actors

    def ask(
        self,
        target: str,
        op: str,
        payload: Any = None,
        timeout_ms: int | None = None,
        *,
        idempotency_key: str | None = None,
    ) -> Any:
        """Asks ``app/type/key`` and answers the reply (the node waits 30,000 ms unless said
        otherwise). With an ``idempotency_key`` a durable actor handles the request once, however
        often it is sent."""
        path = f"{_actor(target)}/ask/{_quote(op)}"
        query = {} if timeout_ms is None else {"timeout_ms": timeout_ms}
        wait = self._timeout
        if timeout_ms is not None:
            wait = max(wait, timeout_ms / 1000 + 5)
        body = {} if payload is None else payload
        return self._call("POST", path, query, body, _key(idempotency_key), wait)

    def send(
        self, target: str, op: str, payload: Any = None, *, idempotency_key: str | None = None
    ) -> Any:
        """Sends to ``app/type/key``; answers what the node says of the message, its id."""
        body = {} if payload is None else payload
        path = f"{_actor(target)}/send/{_quote(op)}"
        return self._call("POST", path, {}, body, _key(idempotency_key))

    def stream(
        self, target: str, op: str, payload: Any = None, timeout_ms: int | None = None
    ) -> EventStream:
        """The values of a streaming handler, as they come. ``timeout_ms`` bounds the node's wait
        for each. Close it when leaving early."""
        query = {} if timeout_ms is None else {"timeout_ms": timeout_ms}
        body = {} if payload is None else payload
        headers = {"Accept": "text/event-stream"}
        path = f"{_actor(target)}/stream/{_quote(op)}"
        connection, response = self._send("POST", path, query, body, headers, self._timeout)
        if response.status >= 400:
            with contextlib.closing(connection):
                raise _problem(response.status, self._read(response, False))
        return EventStream(connection, response)

    def status(self, target: str) -> Any:
        """What the node knows of an actor."""
        return self._call("GET", f"{_actor(target)}/status")

    def state(self, target: str) -> Any:
        """An actor's declared state."""
        return self._call("GET", f"{_actor(target)}/state")

    # ---- apps

    def apps(self) -> Any:
        """The apps of the node."""
        return self._call("GET", "/apps")

    def app(self, name: str) -> Any:
        """One app."""
        return self._call("GET", f"/apps/{_quote(name)}")

    def deploy(
        self,
        app: str,
        wasm: bytes | str | PathLike[str],
        config: str | PathLike[str],
        version: str | None = None,
    ) -> Any:
        """Deploys an artifact (bytes, or its file) with its app-config.toml (a file's path, or
        the text itself)."""
        artifact = wasm if isinstance(wasm, bytes) else Path(wasm).read_bytes()
        text = config
        if not (isinstance(config, str) and "\n" in config):
            text = Path(config).read_text("utf-8")
        parts: list[tuple[str, str | None, bytes]] = [("app", None, app.encode())]
        if version is not None:
            parts.append(("version", None, version.encode()))
        parts.append(("wasm", "app.wasm", artifact))
        parts.append(("config", "app-config.toml", str(text).encode()))
        body, content_type = _multipart(parts)
        return self._call("POST", "/apps", {}, body, {"Content-Type": content_type})

    def undeploy(self, app: str, *, purge: bool = False) -> Any:
        """Stops and removes an app; ``purge`` removes its journals as well."""
        query = {"purge": "true"} if purge else {}
        return self._call("DELETE", f"/apps/{_quote(app)}", query)

    # ---- HTTP

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Any:
        connection, response = self._send(
            method, path, query or {}, body, headers or {}, timeout or self._timeout
        )
        with contextlib.closing(connection):
            data = self._read(response, _again(method, headers or {}))
            if response.status >= 400:
                raise _problem(response.status, data)
            if not data:
                return None
            kind = response.headers.get_content_type()
            if not kind.endswith("json"):
                return data
            try:
                return _codec.loads(data)
            except ValueError as e:
                raise HostError("INTERNAL", f"{self.url} answered what is no JSON: {e}") from e

    def _read(self, response: http.client.HTTPResponse, again: bool) -> bytes:
        try:
            return response.read()
        except builtins.TimeoutError:
            raise _late(f"{self.url} did not finish its answer in time", again) from None
        except (OSError, http.client.HTTPException) as e:
            message = f"the answer of {self.url} broke off: {e}"
            raise HostError("UNAVAILABLE", message, retryable=again) from e

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Any,
        headers: Mapping[str, str],
        timeout: float,
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        sent = {"Accept": "application/json", **headers}
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        data: bytes | None = None
        if body is not None:
            raw = "Content-Type" in sent
            data = body if raw else _codec.dumps(body)
            sent.setdefault("Content-Type", _codec.JSON_TYPE)
        target = self._base + path + ("?" + urlencode(query) if query else "")
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=timeout)
        again, failed = True, "cannot be reached"
        try:
            connection.connect()
            # From here on the node may have it, and may have done it.
            again, failed = _again(method, headers), "gave no answer"
            connection.request(method, target, body=data, headers=sent)
            return connection, connection.getresponse()
        except builtins.TimeoutError:
            connection.close()
            raise _late(f"{self.url} did not answer within {timeout:g} s", again) from None
        except (OSError, http.client.HTTPException) as e:
            connection.close()
            raise HostError("UNAVAILABLE", f"{self.url} {failed}: {e}", retryable=again) from e


_CUT = "the connection ended before the stream did"


class EventStream:
    """Values of server-sent events, one by one; a context manager that ends the stream."""

    def __init__(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse
    ) -> None:
        self._connection = connection
        self._response = response
        self._closed = False
        self._values = self._read()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return next(self._values)

    def _read(self) -> Iterator[Any]:
        event, data = "", []
        try:
            for raw in self._response:
                line = raw.decode().rstrip("\r\n")
                if line:
                    name, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                    if name == "event":
                        event = value
                    elif name == "data":
                        data.append(value)
                    continue
                text, kind = "\n".join(data), event
                event, data = "", []
                if kind == "error":
                    raise _problem(500, text.encode())
                if kind == "end":
                    return
                if text:
                    yield _codec.loads(text.encode())
            # A connection that is cut looks like one that ends, whatever the transfer encoding.
            if not self._closed:
                raise HostError("UNAVAILABLE", _CUT, retryable=False)
        except builtins.TimeoutError:
            raise _late("the stream had no value in time", False) from None
        except (OSError, http.client.HTTPException) as e:
            if not self._closed:
                raise HostError("UNAVAILABLE", f"{_CUT}: {e}", retryable=False) from e
        finally:
            self._connection.close()

    def close(self) -> None:
        """Ends the stream; the handler on the node is told."""
        self._closed = True
        self._response.close()
        self._connection.close()

    def __enter__(self) -> EventStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _quote(part: str) -> str:
    # A segment of dots is a step in the path, unless it is encoded.
    return part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="")


def _actor(target: str) -> str:
    parts = target.split("/", 2)
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"{target!r} is no address: app/type/key")
    return "/actors/" + "/".join(_quote(p) for p in parts)


def _key(idempotency_key: str | None) -> dict[str, str]:
    if idempotency_key is None:
        return {}
    return {"Idempotency-Key": json.dumps(idempotency_key)}


def _again(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a request that the node may have handled already does no harm a second time."""
    return method == "GET" or "Idempotency-Key" in headers


def _late(message: str, again: bool) -> TimeoutError:
    error = TimeoutError(message)
    error.retryable = again
    return error


def _problem(status: int, body: bytes) -> HostError:
    """The error of a problem+json document, or of whatever else came with a status."""
    try:
        problem = _codec.loads(body)
        code, message = problem["code"], problem.get("detail") or problem.get("message") or ""
    except (ValueError, TypeError, KeyError):
        text = body[:200].decode("utf-8", "replace").strip()
        return HostError("INTERNAL", f"HTTP status {status}: {text}", retryable=status == 503)
    wire = {
        "code": code,
        "message": message or problem.get("title", "no message"),
        "retryable": problem.get("retryable"),
        "details": problem.get("details"),
    }
    return from_wire(wire)


def _multipart(parts: list[tuple[str, str | None, bytes]]) -> tuple[bytes, str]:
    boundary = uuid.uuid4().hex
    out = bytearray()
    for name, filename, data in parts:
        disposition = f'form-data; name="{name}"'
        if filename is not None:
            disposition += f'; filename="{filename}"'
        out += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode()
        out += data + b"\r\n"
    out += f"--{boundary}--\r\n".encode()
    return bytes(out), f"multipart/form-data; boundary={boundary}"
