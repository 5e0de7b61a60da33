"""Write PlexSpaces actors in Python.

    from plexspaces import BusinessError, actor, handler, host, state

    @actor
    class CounterActor:
        count: int = state(default=0)

        @handler("increment")
        def increment(self, by: int = 1) -> int:
            self.count += by
            return self.count
"""

from plexspaces import host
from plexspaces._binding import MessageInfo
from plexspaces._codec import Wildcard as _Wildcard
from plexspaces.actors import (
    Actor,
    actor,
    actor_application_id,
    event_actor,
    event_sourced,
    fsm_actor,
    gen_server_actor,
    handler,
    init_handler,
    on,
    postpone,
    query_handler,
    run_handler,
    signal_handler,
    state,
    state_timeout,
    terminate_handler,
    transition,
    workflow_actor,
)
from plexspaces.errors import BusinessError, HostError, SystemError, TimeoutError

#: Wildcards of tuple patterns: they match a field by its type. None matches any field.
ANY_INT = _Wildcard("int")
ANY_FLOAT = _Wildcard("float")
ANY_STR = _Wildcard("str")
ANY_BOOL = _Wildcard("bool")
ANY_BYTES = _Wildcard("bytes")

__version__ = "0.1.0"

__all__ = [
    "ANY_BOOL",
    "ANY_BYTES",
    "ANY_FLOAT",
    "ANY_INT",
    "ANY_STR",
    "Actor",
    "BusinessError",
    "HostError",
    "MessageInfo",
    "SystemError",
    "TimeoutError",
    "actor",
    "actor_application_id",
    "event_actor",
    "event_sourced",
    "fsm_actor",
    "gen_server_actor",
    "handler",
    "host",
    "init_handler",
    "on",
    "postpone",
    "query_handler",
    "run_handler",
    "signal_handler",
    "state",
    "state_timeout",
    "terminate_handler",
    "transition",
    "workflow_actor",
]
