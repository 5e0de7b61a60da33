"""A diary that reminds: notes that come back when they are due, and a summary every morning."""

from __future__ import annotations

from plexspaces import Actor, BusinessError, actor, handler, host, state


@actor(facets=["virtual_actor", "durability", "reminder"])
class DiaryActor(Actor):
    """One person's diary; its key is the person's name."""

    waiting: dict[str, str] = state(default_factory=dict)
    due: list[str] = state(default_factory=list)
    summaries: list[str] = state(default_factory=list)

    @handler("remember")
    def remember(self, text: str, in_ms: int) -> str:
        """Keeps a note and brings it back after ``in_ms``; answers the id to forget it by."""
        if in_ms < 0:
            raise BusinessError("INVALID_ARGUMENT", "a note cannot come back before it is made")
        id = host.send_after(in_ms, self.actor_id, "come_back", {"text": text})
        self.waiting[id] = text
        return id

    @handler("forget")
    def forget(self, id: str) -> bool:
        """Drops a note that has not come back yet."""
        host.cancel_timer(id)
        return self.waiting.pop(id, None) is not None

    @handler("come_back", "cast")
    def come_back(self, text: str, due_ms: int) -> None:
        """The reminder's message: ``due_ms`` is when it was due, however late it comes."""
        for id, kept in self.waiting.items():
            if kept == text:
                del self.waiting[id]
                break
        self.due.append(f"{text} ({due_ms})")

    @handler("summary", "cast")
    def summary(self, due_ms: int) -> None:
        """By the facet of the configuration, every morning at seven."""
        self.summaries.append(f"{due_ms}: {len(self.due)} due, {len(self.waiting)} to come")
        self.due.clear()

    @handler("show", "query")
    def show(self) -> dict[str, list[str]]:
        """What is in it."""
        return {
            "waiting": list(self.waiting.values()),
            "due": self.due,
            "summaries": self.summaries,
        }
