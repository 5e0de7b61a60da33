"""Counters by key, and a board that adds them up."""

from __future__ import annotations

from collections.abc import Iterator

from plexspaces import Actor, BusinessError, actor, handler, host, state


@actor(facets=["virtual_actor", "durability"])
class CounterActor(Actor):
    """Counts one thing; its key says what."""

    count: int = state(default=0)
    steps: list[int] = state(default_factory=list)

    @handler("increment")
    def increment(self, by: int = 1) -> int:
        """Adds to the count and answers it."""
        if by < 1:
            raise BusinessError("INVALID_ARGUMENT", f"by must be at least 1, it is {by}")
        self.count += by
        self.steps.append(by)
        host.ts.write(["counted", self.actor_id, by])
        return self.count

    @handler("get", "query")
    def get(self) -> int:
        """The count."""
        return self.count

    @handler("history")
    def history(self) -> Iterator[int]:
        """Each step that was counted, one by one."""
        yield from list(self.steps)


@actor
class BoardActor(Actor):
    """Knows nothing itself, and asks the counters."""

    @handler("total")
    def total(self, keys: list[str]) -> int:
        """The sum of some counters."""
        return sum(host.ask(f"counter/{key}", "get") for key in keys)
