"""Tuple spaces of the harness: patterns, holds, waiters in order, leases, subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plexspaces.errors import HostError
from plexspaces.testing._scheduler import Waiter

if TYPE_CHECKING:
    from plexspaces.testing._cells import Turn
    from plexspaces.testing._engine import Engine

_KINDS: dict[str, Any] = {
    "int": lambda v: (type(v) is int) or (type(v) is float and v.is_integer()),
    "float": lambda v: type(v) in (int, float),
    "str": lambda v: type(v) is str,
    "bool": lambda v: type(v) is bool,
    "bytes": lambda v: type(v) is bytes,
}


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b)


def matches(pattern: list[Any], tuple: list[Any]) -> bool:
    """Whether a tuple matches: null is any field, $any a field of a type, a value an equal one."""
    if len(pattern) != len(tuple):
        return False
    for p, v in zip(pattern, tuple, strict=True):
        if p is None:
            continue
        if isinstance(p, dict) and len(p) == 1 and "$any" in p:
            if not _KINDS[p["$any"]](v):
                return False
        elif not _equal(p, v):
            return False
    return True


class Entry:
    """A tuple in a space. ``writer`` is the turn that has not committed it yet, ``holder`` the one
    that has taken it and may give it back."""

    def __init__(self, lease: str, tuple: list[Any], owner: str, writer: Turn | None) -> None:
        self.lease = lease
        self.tuple = tuple
        self.owner = owner
        self.writer = writer
        self.holder: Turn | None = None
        self.bound = False
        self.cancel: Any = None


class Space:
    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.waiters: list[tuple[list[Any], Turn, bool, Waiter]] = []
        #: Patterns that write_once holds until its turn ends.
        self.holds: list[tuple[list[Any], Turn, Waiter]] = []


class Spaces:
    """All spaces, by app and name."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._spaces: dict[tuple[str, str], Space] = {}
        self.subscriptions: dict[str, tuple[tuple[str, str], list[Any], str, str]] = {}
        self._sequence: dict[str, int] = {}

    def space(self, turn: Turn, name: str | None) -> tuple[Space, tuple[str, str]]:
        key = (turn.cell.app.name, name or "")
        return self._spaces.setdefault(key, Space()), key

    def of_app(self, app: str, name: str = "") -> list[list[Any]]:
        """The committed tuples, in the order in which they were written."""
        space = self._spaces.get((app, name), Space())
        return [e.tuple for e in space.entries if e.writer is None]

    def _visible(self, space: Space, turn: Turn, pattern: list[Any]) -> list[Entry]:
        return [
            e
            for e in space.entries
            if e.holder is None and e.writer in (None, turn) and matches(pattern, e.tuple)
        ]

    def write(
        self, turn: Turn, name: str | None, tuple: list[Any], ttl_ms: Any, lease: str
    ) -> Entry:
        if not tuple or any(v is None for v in tuple):
            raise HostError("INVALID_ARGUMENT", "a tuple has fields, and none of them is null")
        space, key = self.space(turn, name)
        entry = Entry(lease, tuple, turn.cell.address, turn)
        entry.bound = ttl_ms == "owner"
        space.entries.append(entry)

        def commit() -> None:
            entry.writer = None
            if entry not in space.entries:
                return
            if isinstance(ttl_ms, (int, float)):
                entry.cancel = self._engine.scheduler.at(ttl_ms, lambda: self._drop(space, entry))
            for id, (where, pattern, op, owner) in list(self.subscriptions.items()):
                if where == key and matches(pattern, tuple):
                    self._sequence[id] = self._sequence.get(id, 0) + 1
                    event = {"tuple": tuple, "subscription": id, "sequence": self._sequence[id]}
                    self._engine.cast(owner, op, event)
            self.wake(space)

        turn.on_commit.append(commit)
        turn.on_rollback.append(lambda: self._drop(space, entry))
        return entry

    def _drop(self, space: Space, entry: Entry) -> None:
        if entry in space.entries:
            space.entries.remove(entry)

    def _take(self, space: Space, entry: Entry, turn: Turn) -> None:
        if entry.writer is turn:
            self._drop(space, entry)
            return
        entry.holder = turn

        def back() -> None:
            entry.holder = None
            self.wake(space)

        def gone() -> None:
            self._drop(space, entry)
            self.wake(space)  # write_once may wait for the pattern to be free

        turn.on_commit.append(gone)
        turn.on_rollback.append(back)

    def wake(self, space: Space) -> None:
        """Serves waiters in order with what is free now."""
        for waiting in list(space.waiters):
            pattern, turn, take, waiter = waiting
            found = self._visible(space, turn, pattern)
            if found:
                space.waiters.remove(waiting)
                if take:
                    self._take(space, found[0], turn)
                waiter.finish(found[0].tuple)

    def find(
        self,
        turn: Turn,
        name: str | None,
        pattern: list[Any],
        timeout_ms: int,
        take: bool,
        if_exists: bool = False,
    ) -> list[Any] | None:
        space, _ = self.space(turn, name)
        found = self._visible(space, turn, pattern)
        if found:
            if take:
                self._take(space, found[0], turn)
            return found[0].tuple
        held = any(e.holder not in (None, turn) and matches(pattern, e.tuple) for e in space.entries)
        wait: float | None = timeout_ms
        if if_exists and held and timeout_ms == 0:
            wait = None
        elif timeout_ms < 0:
            wait = None
        if wait == 0 or (if_exists and not held):
            return None
        waiter = Waiter(self._engine.scheduler)
        waiting = (pattern, turn, take, waiter)
        space.waiters.append(waiting)
        if not waiter.wait(wait):
            space.waiters.remove(waiting)
            return None
        return waiter.value  # type: ignore[no-any-return]

    def all(
        self, turn: Turn, name: str | None, pattern: list[Any], limit: int, take: bool
    ) -> list[list[Any]]:
        space, _ = self.space(turn, name)
        found = self._visible(space, turn, pattern)
        found = found[:limit] if limit > 0 else found
        if take:
            for entry in found:
                self._take(space, entry, turn)
        return [e.tuple for e in found]

    def write_once(
        self, turn: Turn, name: str | None, a: dict[str, Any], lease: str
    ) -> dict[str, Any]:
        space, _ = self.space(turn, name)
        pattern = a["pattern"]
        if not matches(pattern, a["tuple"]):
            raise HostError("INVALID_ARGUMENT", "the tuple does not match its own pattern")
        while True:
            found = self._visible(space, turn, pattern)
            if found:
                return {"written": False, "tuple": found[0].tuple}
            rival = next(
                (
                    e
                    for e in space.entries
                    if turn not in (e.holder, e.writer) and matches(pattern, e.tuple)
                ),
                None,
            )
            if rival is None:
                entry = self.write(turn, name, a["tuple"], a.get("ttl_ms"), lease)
                return {"written": True, "tuple": entry.tuple}
            waiter = Waiter(self._engine.scheduler)
            other = rival.holder or rival.writer
            assert other is not None
            other.on_commit.append(waiter.finish)
            other.on_rollback.insert(0, waiter.finish)
            waiter.wait(None)

    def update(self, turn: Turn, a: dict[str, Any], lease: str) -> list[Any] | None:
        space, _ = self.space(turn, a.get("space"))
        expected = a.get("expected")
        for entry in self._visible(space, turn, a["pattern"]):
            if expected is None or _equal(entry.tuple, expected):
                self._take(space, entry, turn)
                self.write(turn, a.get("space"), a["tuple"], None, lease)
                return entry.tuple
        return None

    def lease(self, turn: Turn, lease: str) -> tuple[Space, Entry]:
        for space in self._spaces.values():
            for entry in space.entries:
                if entry.lease == lease:
                    return space, entry
        raise HostError("NOT_FOUND", f'there is no lease "{lease}"')

    def renew(self, space: Space, entry: Entry, ttl_ms: Any) -> None:
        if entry.cancel is not None:
            entry.cancel()
        entry.bound = ttl_ms == "owner"
        if not entry.bound:
            entry.cancel = self._engine.scheduler.at(ttl_ms, lambda: self._drop(space, entry))

    def drop(self, space: Space, entry: Entry) -> None:
        self._drop(space, entry)

    def exited(self, address: str) -> None:
        for space in self._spaces.values():
            space.entries = [e for e in space.entries if not (e.bound and e.owner == address)]
        for id, (_, _, _, owner) in list(self.subscriptions.items()):
            if owner == address:
                del self.subscriptions[id]
