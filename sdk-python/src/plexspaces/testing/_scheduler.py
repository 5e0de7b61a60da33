"""Virtual time, and turns that can wait: one thread each, of which only one ever runs."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from plexspaces._transport import Abandoned

#: 2026-01-01T00:00:00Z: tests begin at the same time, always.
EPOCH_MS = 1_700_000_000_000

current = threading.local()


class Task:
    """Something that runs on a thread of its own, and only while the scheduler lets it."""

    def __init__(self, scheduler: Scheduler, body: Callable[[], None]) -> None:
        self._scheduler = scheduler
        self._body = body
        self._go = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self.abandoned = False
        #: Called before and after the task has the baton.
        self.enter: Callable[[], None] = lambda: None
        self.leave: Callable[[], None] = lambda: None

    def step(self) -> None:
        """Runs the task until it waits or ends. On the scheduler's thread."""
        self.enter()
        try:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, daemon=True)
                self._scheduler.tasks.add(self)
                self._thread.start()
            else:
                self._go.release()
            self._back.acquire()
        finally:
            self.leave()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _run(self) -> None:
        current.task = self
        try:
            self._body()
        except Abandoned:
            pass
        except BaseException as e:  # a mistake of the harness: the test has to see it
            self._error = e
        finally:
            self._scheduler.tasks.discard(self)
            self._back.release()

    def pause(self) -> None:
        """Gives the baton back until somebody steps the task again. On the task's thread."""
        self._back.release()
        self._go.acquire()
        if self.abandoned:
            raise Abandoned


class Waiter:
    """A value that is not there yet, and the task that waits for it."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._task: Task | None = None
        self.done = False
        self.value: Any = None
        self.timed_out = False

    def finish(self, value: Any = None) -> None:
        """Sets the value, once; the first one counts."""
        if not self.done:
            self.done = True
            self.value = value
            if self._task is not None:
                self._scheduler.ready.append(self._task.step)

    def wait(self, timeout_ms: float | None) -> bool:
        """Whether it is done within the time. On a task's thread."""
        if self.done:
            return True
        self._task = getattr(current, "task", None)
        if self._task is None:
            raise RuntimeError("only a message's handler can wait; this runs outside of one")
        cancel = None
        if timeout_ms is not None:
            cancel = self._scheduler.at(timeout_ms, self._expire)
        self._task.pause()
        if cancel is not None:
            cancel()
        return not self.timed_out

    def _expire(self) -> None:
        if not self.done:
            self.timed_out = True
            self.finish()


class Scheduler:
    """Runs what is ready, in order; time goes on only when told, or when all wait for it."""

    def __init__(self) -> None:
        self.now = float(EPOCH_MS)
        self.ready: deque[Callable[[], object]] = deque()
        self.tasks: set[Task] = set()
        self._timers: list[tuple[float, int, list[Any]]] = []
        self._numbers = itertools.count()

    def at(self, delay_ms: float, action: Callable[[], None]) -> Callable[[], None]:
        """Runs an action later; answers what cancels it."""
        entry: list[Any] = [action]
        heapq.heappush(self._timers, (self.now + max(delay_ms, 0), next(self._numbers), entry))
        return entry.clear

    def settle(self) -> None:
        """Runs all that is ready, and what that makes ready."""
        while self.ready:
            self.ready.popleft()()

    def _due(self) -> float | None:
        while self._timers and not self._timers[0][2]:
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def _fire(self) -> None:
        when, _, entry = heapq.heappop(self._timers)
        self.now = max(self.now, when)
        entry[0]()

    def advance(self, ms: float) -> None:
        """Lets time go on, and everything happen that is due on the way."""
        end = self.now + ms
        self.settle()
        due = self._due()
        while due is not None and due <= end:
            self._fire()
            self.settle()
            due = self._due()
        self.now = end

    def run_until(self, done: Callable[[], bool]) -> bool:
        """Runs until done; time goes on where everything waits for it. False if nothing is left."""
        while not done():
            if self.ready:
                self.ready.popleft()()
            elif self._due() is not None:
                self._fire()
            else:
                return False
        return True

    def close(self) -> None:
        """Gives up all that still waits."""
        self.ready.clear()
        self._timers.clear()
        for task in list(self.tasks):
            task.abandoned = True
            task.step()
