"""Runs coroutines to their end. Host calls are synchronous, so most never wait; what asyncio adds
(gather, tasks, sleep, locks) runs on a small event loop whose clock is the host's.

No sockets, threads or selectors: it works wherever asyncio can be imported.
"""

from __future__ import annotations

import heapq
import importlib
import sys
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """The coroutine's result, or its exception."""
    asyncio: Any = sys.modules.get("asyncio")
    if asyncio is None:
        code = getattr(coroutine, "cr_code", None)
        if code is None or "asyncio" not in code.co_names:
            return _drive(coroutine)
        # The handler imports it itself, but then it is too late for a loop.
        asyncio = importlib.import_module("asyncio")
    if not hasattr(asyncio, "AbstractEventLoop"):
        return asyncio.run(coroutine)
    return _run_on_loop(asyncio, coroutine)


def _drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """For coroutines that never wait: without asyncio there is nothing to wait for."""
    try:
        coroutine.send(None)
    except StopIteration as e:
        return e.value
    coroutine.close()
    if "asyncio" in sys.modules:
        raise RuntimeError("import asyncio at the top of the module, not in a function")
    raise RuntimeError("a coroutine waits for something that nobody will ever do")


_loop_class: Any = None


def _run_on_loop(asyncio: Any, coroutine: Coroutine[Any, Any, Any]) -> Any:
    global _loop_class
    if _loop_class is None:
        _loop_class = _make_loop_class(asyncio)
    loop = _loop_class()
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        return loop.run_until_complete(coroutine)
    finally:
        asyncio._set_running_loop(before)


def _make_loop_class(asyncio: Any) -> Any:
    from plexspaces._transport import invoke

    class HostLoop(asyncio.AbstractEventLoop):  # type: ignore[misc]
        """Turns of callbacks; when all wait for a time, the host sleeps until then."""

        def __init__(self) -> None:
            self._ready: deque[Any] = deque()
            self._timers: list[tuple[float, int, Any]] = []
            self._count = 0
            self._now: float | None = None
            self._debug = False

        def run_until_complete(self, future: Any) -> Any:
            task = asyncio.ensure_future(future, loop=self)
            try:
                self._run_until(task)
                return task.result()
            finally:
                self._cancel_the_rest(task)

        def _run_until(self, future: Any) -> None:
            while not future.done():
                if not self._ready:
                    self._sleep()
                self._turn()

        def _turn(self) -> None:
            for _ in range(len(self._ready)):
                handle = self._ready.popleft()
                if not handle.cancelled():
                    handle._run()

        def _sleep(self) -> None:
            while self._timers and self._timers[0][2].cancelled():
                heapq.heappop(self._timers)
            if not self._timers:
                raise RuntimeError("a coroutine waits for something that nobody will ever do")
            due = self._timers[0][0]
            wait = due - self.time()
            if wait > 0:
                invoke("sleep", {"ms": max(1, round(wait * 1000))})
            self._now = max(due, invoke("now_ms", {}) / 1000)
            while self._timers and self._timers[0][0] <= self._now:
                self._ready.append(heapq.heappop(self._timers)[2])

        def _cancel_the_rest(self, first: Any) -> None:
            # As asyncio.run does: what is still running at the end is cancelled.
            rest = [t for t in asyncio.all_tasks(self) if t is not first]
            for task in rest:
                task.cancel()
            for task in rest:
                self._run_until(task)

        def time(self) -> float:
            if self._now is None:
                self._now = invoke("now_ms", {}) / 1000
            return self._now

        def call_soon(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> Any:
            handle = asyncio.Handle(callback, args, self, context)
            self._ready.append(handle)
            return handle

        call_soon_threadsafe = call_soon

        def call_later(
            self, delay: float, callback: Callable[..., Any], *args: Any, context: Any = None
        ) -> Any:
            return self.call_at(self.time() + delay, callback, *args, context=context)

        def call_at(
            self, when: float, callback: Callable[..., Any], *args: Any, context: Any = None
        ) -> Any:
            handle = asyncio.TimerHandle(when, callback, args, self, context)
            self._count += 1
            heapq.heappush(self._timers, (when, self._count, handle))
            return handle

        def _timer_handle_cancelled(self, handle: Any) -> None:
            pass

        def create_future(self) -> Any:
            return asyncio.Future(loop=self)

        def create_task(self, coroutine: Any, **options: Any) -> Any:
            return asyncio.Task(coroutine, loop=self, **options)

        def get_debug(self) -> bool:
            return self._debug

        def set_debug(self, enabled: bool) -> None:
            self._debug = enabled

        def is_running(self) -> bool:
            return True

        def is_closed(self) -> bool:
            return False

        def call_exception_handler(self, context: dict[str, Any]) -> None:
            text = f"{context.get('message')}: {context.get('exception')!r}"
            invoke("log", {"level": "error", "message": text})

        def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:
            raise RuntimeError("an actor has no threads; call the function itself")

    return HostLoop
