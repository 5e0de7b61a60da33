"""The guest's end of the calls that the host makes. Bytes in, bytes out; one Guest an actor."""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

from plexspaces import _codec, _failure, _loop, _machine, _types
from plexspaces._transport import Abandoned
from plexspaces.errors import BusinessError, HostError

#: Recorded in the module's description.
SDK = "python/0.1.0"

DESCRIBE, INIT, HANDLE, SNAPSHOT, RESTORE, TERMINATE, RESUME_STREAM = range(7)

Answer = tuple[int, bytes, bytes]
_EMPTY = b"{}"
_MORE = b'{"more":true}'
_END: Answer = (0, b'{"more":false}', b"")
_DONE: Answer = (0, _EMPTY, b"")


class Guest:
    """One actor: its instance, its type and the streams that it is in the middle of."""

    def __init__(self) -> None:
        self.type: _types.ActorType | None = None
        self.instance: Any = None
        self.streams: dict[str, tuple[Any, str]] = {}
        #: What the SDK itself keeps with the declared state.
        self.hidden: dict[str, Any] = {}

    def call(self, op: int, header: bytes, body: bytes) -> Answer:
        """Status 0 with header and body of the answer, or 1 with the error as JSON in the body."""
        try:
            if op == HANDLE:
                return self._handle(json.loads(header), body)
            return self._other(op, header, body)
        except Abandoned:
            raise
        except BaseException as e:
            return 1, b"", _failure.encoded(e)

    def _other(self, op: int, header: bytes, body: bytes) -> Answer:
        if op == RESUME_STREAM:
            return self._resume(json.loads(header))
        if op == SNAPSHOT:
            kind, instance = self._actor()
            return 0, _EMPTY, kind.snapshot(instance, self.hidden)
        if op == INIT:
            return self._init(json.loads(header), body)
        if op == RESTORE:
            kind, instance = self._actor()
            exact = json.loads(header).get("exact") is True
            self.hidden = kind.restore(instance, _codec.loads(body), exact)
            return _DONE
        if op == DESCRIBE:
            types = [t.describe() for t in _types.compiled().values()]
            return 0, _EMPTY, _codec.dumps({"abi": 1, "sdk": SDK, "types": types})
        if op == TERMINATE:
            kind, instance = self._actor()
            if kind.terminate is not None:
                reason = json.loads(header).get("reason")
                self._invoke(kind.terminate, _first(kind.terminate, reason))
            return _DONE
        raise HostError("UNIMPLEMENTED", f"the SDK {SDK} does not know the call {op}")

    def _actor(self) -> tuple[_types.ActorType, Any]:
        if self.type is None or self.instance is None:
            raise HostError("FAILED_PRECONDITION", "the actor has not been initialised")
        return self.type, self.instance

    def _init(self, header: dict[str, Any], body: bytes) -> Answer:
        registration = _types.registered.get(header["type"])
        if registration is None:
            raise HostError("NOT_FOUND", f'the module has no actor type "{header["type"]}"')
        kind = _types.of(registration)
        kind.require_runnable()
        config = _codec.loads(body) if body else {}
        self.type = kind
        self.streams = {}
        self.hidden = {}
        self.instance = kind.create(header.get("actor_id", ""))
        if kind.init is not None:
            self._invoke(kind.init, _first(kind.init, config))
        if kind.timeouts and not config.get("restored"):
            _machine.enter(self, kind)
        return _DONE

    def _handle(self, header: dict[str, Any], body: bytes) -> Answer:
        kind = self.type
        if kind is None:
            raise HostError("FAILED_PRECONDITION", "the actor has not been initialised")
        name = header["op"]
        op = kind.operations.get(name)
        if op is None:
            if name == "__EXIT__" or not (name.startswith("__") and name.endswith("__")):
                raise kind.unknown(name)
            return 0, _EMPTY, b"null"
        payload = _payload(header, body)
        if op.role == "handler":
            method = op.methods[0]
            if method.stream:
                return self._begin(header, method, payload)
            if "stream" in header and header["stream"]:
                raise BusinessError("INVALID_ARGUMENT", f"{name} answers once, it is no stream")
            result = self._invoke(method, method.binding.arguments(payload, header))
        elif op.role == "on":
            self._tell(op, payload, header)
            return 0, _EMPTY, b"null"
        elif op.role in ("transition", "timeout"):
            result = _machine.handle(self, kind, op, payload, header)
        else:
            method = op.methods[0]
            result = self._invoke(method, method.binding.arguments(payload, header))
        return 0, _EMPTY, _reply(result, name)

    def _invoke(self, method: _types.Method, arguments: dict[str, Any]) -> Any:
        result = method.function(self.instance, **arguments)
        if method.coroutine or type(result) is _COROUTINE:
            return _loop.run(result)
        return result

    def _tell(self, op: _types.Operation, payload: Any, header: dict[str, Any]) -> None:
        """Every method of an event hears of it; the first failure is the turn's if all failed."""
        failures: list[tuple[_types.Method, Exception]] = []
        for method in op.methods:
            try:
                self._invoke(method, method.binding.arguments(payload, header))
            except Exception as e:
                failures.append((method, e))
        if failures and len(failures) == len(op.methods):
            raise failures[0][1]
        for method, error in failures:
            _failure.log(f'{method.name} failed for the event "{op.name}"', error)

    # ---- streams

    def _begin(self, header: dict[str, Any], method: _types.Method, payload: Any) -> Answer:
        name = header["op"]
        if not header.get("stream"):
            raise BusinessError(
                "INVALID_ARGUMENT", f"{name} answers with a stream: use ask_stream"
            )
        generator = method.function(
            self.instance, **method.binding.arguments(payload, header)
        )
        id = header["id"]
        self.streams[id] = generator, name
        return self._next(id, generator, name)

    def _resume(self, header: dict[str, Any]) -> Answer:
        id = header["id"]
        found = self.streams.get(id)
        if found is None:
            if header.get("close"):
                return _END
            raise HostError("NOT_FOUND", f'there is no stream "{id}"')
        generator, name = found
        if not header.get("close"):
            return self._next(id, generator, name)
        del self.streams[id]
        if hasattr(generator, "aclose"):
            _loop.run(generator.aclose())
        else:
            generator.close()
        return _END

    def _next(self, id: str, generator: Any, name: str) -> Answer:
        try:
            if hasattr(generator, "__anext__"):
                value = _loop.run(_anext(generator))
            else:
                value = next(generator)
            return 0, _MORE, _reply(value, name)
        except (StopIteration, StopAsyncIteration):
            del self.streams[id]
            return _END
        except BaseException:
            del self.streams[id]
            raise


async def _anext(generator: Any) -> Any:
    return await generator.__anext__()


_probe = _anext(None)
_COROUTINE = type(_probe)
_probe.close()


def _first(method: _types.Method, value: Any) -> dict[str, Any]:
    """What init and terminate handlers get: the value as first parameter, if they have one."""
    binding = method.binding
    return {} if binding.payload is None else binding.arguments(value, {"op": method.name})


def _payload(header: dict[str, Any], body: bytes) -> Any:
    if "content_type" in header and header["content_type"] != _codec.JSON_TYPE:
        return body
    if not body:
        return {}
    try:
        return _codec.loads(body)
    except (ValueError, RecursionError) as e:
        raise BusinessError(
            "INVALID_ARGUMENT", f"the payload is not valid JSON: {e}"
        ) from None


def _reply(value: Any, name: str) -> bytes:
    if value is None:
        return b"null"
    try:
        return _codec.dumps(value)
    except TypeError as e:
        raise HostError("INTERNAL", f'the reply of "{name}": {e}', retryable=False) from e


_guest = Guest()


def call(op: int, header: bytes, body: bytes) -> Answer:
    """What the engine calls: see Guest.call."""
    return _guest.call(op, header, body)


def load(main: str) -> None:
    """Imports the app's main module by its dotted name and makes its classes actor types."""
    importlib.import_module(main)
    _types.compiled()


def seed(seed: bytes) -> None:
    """Gives this instance random numbers of its own."""
    random = sys.modules.get("random")
    if random is not None:
        random.seed(seed)


__all__ = ["Guest", "call", "load", "seed"]
