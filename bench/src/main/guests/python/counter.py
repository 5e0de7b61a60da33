"""The benchmarks' actor in Python."""

from __future__ import annotations

from typing import Any

from plexspaces import actor, handler, host, state


@actor
class CounterActor:
    value: int = state(default=0)

    @handler("increment")
    def increment(self, by: int = 1) -> dict[str, int]:
        self.value += by
        return {"value": self.value}

    @handler("stamp")
    def stamp(self, by: int = 1) -> dict[str, int]:
        self.value += by
        return {"value": self.value, "at": host.now_ms()}

    @handler("delegate")
    def delegate(self, service: str, n: int, timeout_ms: int) -> dict[str, Any]:
        reply = host.ask(service, "work", {"n": n}, timeout_ms=timeout_ms)
        self.value += 1
        return {"value": self.value, "answer": reply["answer"]}
