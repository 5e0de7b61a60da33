"""The probe of the conformance suite: every behaviour that all languages share."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Mapping
from typing import Any

from plexspaces import BusinessError, HostError, SystemError, actor, handler, host, state


@actor
class ProbeActor:
    """Does what it is told, so that a suite can watch how it is done."""

    data: dict[str, Any] = state(default_factory=dict)
    remembered: list[Any] = state(default_factory=list)

    @handler("echo")
    def echo(self, payload: Any) -> Any:
        return payload

    @handler("add")
    def add(self, a: int, b: int) -> int:
        return a + b

    @handler("typed")
    def typed(
        self, name: str, age: int, tags: list[str] = [], nick: str | None = None  # noqa: B006
    ) -> dict[str, Any]:
        return {"name": name, "age": age, "tags": tags, "nick": nick}

    @handler("fail")
    def fail(self, how: str, code: str = "FAILED_PRECONDITION", message: str = "told to") -> None:
        match how:
            case "business":
                raise BusinessError(code, message)
            case "system":
                raise SystemError(message, False)
            case "recoverable":
                raise SystemError(message, True)
            case "value":
                raise ValueError(message)
            case "crash":
                raise TypeError(message)
            case _:
                raise ValueError(f"unknown how: {how}")

    @handler("nested")
    def nested(self, depth: int) -> list[Any]:
        value: list[Any] = []
        for _ in range(depth - 1):
            value = [value]
        return value

    @handler("text")
    def text(self, n: int) -> str:
        return "é" * n

    @handler("set")
    def set_value(self, key: str, value: Any) -> None:
        self.data[key] = value

    @handler("get", "query")
    def get_value(self, key: str) -> Any:
        return self.data.get(key)

    @handler("set_and_fail")
    def set_and_fail(self, key: str, value: Any) -> None:
        self.data[key] = value
        raise BusinessError("FAILED_PRECONDITION", "set and failed")

    @handler("remember", "cast")
    def remember(self, value: Any) -> None:
        self.remembered.append(value)

    @handler("remembered", "query")
    def get_remembered(self) -> list[Any]:
        return self.remembered

    @handler("host")
    def call_host(self, operation: str, args: dict[str, Any] = {}) -> Any:  # noqa: B006
        return _call(operation, args)

    @handler("catch")
    def catch(self, operation: str, args: dict[str, Any] = {}) -> dict[str, Any]:  # noqa: B006
        try:
            _call(operation, args)
        except HostError as e:
            return {"code": e.code, "message": e.message, "retryable": e.retryable}
        return {"code": None}

    @handler("stream")
    def stream(self, n: int, fail_at: int = -1, pause_ms: int = 0) -> Iterator[dict[str, int]]:
        try:
            for i in range(n):
                if i == fail_at:
                    raise BusinessError("FAILED_PRECONDITION", f"failed at {i}")
                if pause_ms > 0:
                    host.sleep(pause_ms)
                yield {"i": i}
        except GeneratorExit:
            self.data["closed"] = True
            raise

    @handler("collect")
    def collect(self, target: str, op: str, limit: int = 100, **rest: Any) -> list[Any]:
        # A parameter named payload would get the whole of it, not the field of that name.
        values: list[Any] = []
        with host.ask_stream(target, op, rest.get("payload")) as stream:
            while len(values) < limit:
                try:
                    values.append(next(stream))
                except StopIteration:
                    break
        return values

    @handler("randoms")
    def randoms(self, n: int) -> list[float]:
        return [random.random() for _ in range(n)]

    @handler("clock")
    def clock(self) -> int:
        return int(time.time() * 1000)

    @handler("spin")
    def spin(self) -> None:
        while True:
            pass

    @handler("recurse")
    def recurse(self) -> int:
        return _recurse(1)

    @handler("allocate")
    def allocate(self) -> None:
        kept = []
        while True:
            kept.append(bytearray(1 << 20))

    @handler("print")
    def print_text(self, text: str) -> None:
        print(text)
        host.log("info", text)

    @handler("nan")
    def nan(self) -> float:
        return float("nan")

    @handler("bytes")
    def make_bytes(self, n: int) -> bytes:
        return bytes(i % 256 for i in range(n))

    @handler("measure")
    def measure(self, data: bytes) -> int:
        return len(data)


def _recurse(n: int) -> int:
    return _recurse(n + 1) + 1


def _call(operation: str, args: Mapping[str, Any]) -> Any:
    """The SDK's public method of an operation, with the catalogue's argument names."""
    method = getattr(host, operation, None)
    if method is None or operation.startswith("_"):
        raise ValueError(f"unknown operation: {operation}")
    result = method(**args)
    if operation == "ask_all":
        return [
            {"error": {"code": r.code, "message": r.message}} if isinstance(r, HostError) else {"ok": r}
            for r in result
        ]
    if isinstance(result, host.Stream):
        return result.id
    if operation == "stream_next":
        more, value = result
        return {"more": more, "value": value}
    return result
