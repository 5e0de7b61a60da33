"""Shard groups and collectives. Each takes its arguments by name, or as one mapping.

A collective answers ``{result, responses: [{shard, actor_id, payload}], shard_count, responded,
failed: [{shard, code, message}]}``, in shard order. It waits 10,000 ms unless ``timeout_ms`` says
otherwise; too few answers (``min_responses``, ``min_acks``) are an error that carries what came.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict, Unpack

from plexspaces._transport import invoke
from plexspaces.host._arguments import NOT_GIVEN, body, request

Group = str | Mapping[str, Any]


class Round(TypedDict, total=False):
    """How long a collective waits, and how many answers are enough (all, unless said otherwise)."""

    timeout_ms: int
    min_responses: int
    min_acks: int


_ROUND = ("timeout_ms", "min_responses", "min_acks")


def _collective(operation: str, group: Group, round: Round, **arguments: Any) -> dict[str, Any]:
    given: dict[str, Any] = dict(round)
    for name in given:
        if name not in _ROUND:
            known = ", ".join(["group_id", *arguments, *_ROUND])
            raise TypeError(f"{operation}: unknown option {name!r}; one of {known}")
    arguments.update({name: given.get(name, NOT_GIVEN) for name in _ROUND})
    return invoke(  # type: ignore[no-any-return]
        operation, request(operation, "group_id", group, arguments)
    )


def create_shard_group(
    group_id: Group,
    actor_type: str = NOT_GIVEN,
    shard_count: int = NOT_GIVEN,
    *,
    partition_strategy: str = NOT_GIVEN,
    placement: Mapping[str, Any] = NOT_GIVEN,
    initial_state: Mapping[str, Any] = NOT_GIVEN,
    detached: bool = NOT_GIVEN,
) -> dict[str, Any]:
    """Creates a group of shards: actors of one type over which keys are spread. Creating an equal
    group again is no error. It ends with its creator unless ``detached``. ``initial_state`` is
    laid over the declared state's defaults."""
    arguments = dict(
        actor_type=actor_type,
        shard_count=shard_count,
        partition_strategy=partition_strategy,
        placement=placement,
        initial_state=initial_state,
        detached=detached,
    )
    return invoke(  # type: ignore[no-any-return]
        "create_shard_group", request("create_shard_group", "group_id", group_id, arguments)
    )


def scatter_gather(
    group_id: Group,
    query: Any = NOT_GIVEN,
    *,
    inputs: list[Any] = NOT_GIVEN,
    aggregation: str = NOT_GIVEN,
    k: int = NOT_GIVEN,
    **round: Unpack[Round],
) -> dict[str, Any]:
    """Asks every shard ``{op, ..}`` and puts the answers together: concat, sum, min, max, mean, merge,
    first, majority or top_k (the ``k`` largest). ``inputs`` gives each shard a part of its own."""
    return _collective(
        "scatter_gather", group_id, round, query=query, inputs=inputs, aggregation=aggregation, k=k
    )


def broadcast_shard_group(
    group_id: Group, message: Any = NOT_GIVEN, **round: Unpack[Round]
) -> dict[str, Any]:
    """Gives every shard the message ``{op, ..}``."""
    return _collective("broadcast_shard_group", group_id, round, message=message)


def barrier_shard_group(group_id: Group, **round: Unpack[Round]) -> dict[str, Any]:
    """None leaves before all shards have entered."""
    return _collective("barrier_shard_group", group_id, round)


def reduce_shard_group(
    group_id: Group,
    map_function: Any = NOT_GIVEN,
    reduction: str = NOT_GIVEN,
    **round: Unpack[Round],
) -> dict[str, Any]:
    """Asks every shard ``map_function`` and folds the answers in shard order: sum, prod, min, max, mean,
    and, or; over numbers, lists of equal length and maps of them."""
    return _collective(
        "reduce_shard_group", group_id, round, map_function=map_function, reduction=reduction
    )


def all_reduce_shard_group(
    group_id: Group,
    map_function: Any = NOT_GIVEN,
    reduction: str = NOT_GIVEN,
    **round: Unpack[Round],
) -> dict[str, Any]:
    """Like reduce; every shard gets the result as the cast ``__ALLREDUCE__``."""
    return _collective(
        "all_reduce_shard_group", group_id, round, map_function=map_function, reduction=reduction
    )


def reduce_scatter_shard_group(
    group_id: Group,
    map_function: Any = NOT_GIVEN,
    reduction: str = NOT_GIVEN,
    **round: Unpack[Round],
) -> dict[str, Any]:
    """Like reduce; each shard gets its part of the result."""
    return _collective(
        "reduce_scatter_shard_group",
        group_id,
        round,
        map_function=map_function,
        reduction=reduction,
    )


def scan_shard_group(
    group_id: Group,
    map_function: Any = NOT_GIVEN,
    reduction: str = NOT_GIVEN,
    **round: Unpack[Round],
) -> dict[str, Any]:
    """Prefix reduction: the i-th result is that of the shards 0 to i."""
    return _collective(
        "scan_shard_group", group_id, round, map_function=map_function, reduction=reduction
    )


def gather_shard_group(
    group_id: Group, query: Any = NOT_GIVEN, **round: Unpack[Round]
) -> dict[str, Any]:
    """Asks every shard and answers the list of their answers."""
    return _collective("gather_shard_group", group_id, round, query=query)


def all_gather_shard_group(
    group_id: Group, query: Any = NOT_GIVEN, **round: Unpack[Round]
) -> dict[str, Any]:
    """Like gather; every shard gets all of the answers."""
    return _collective("all_gather_shard_group", group_id, round, query=query)


def ask_shard(
    group_id: str, key: Any, op: str, payload: Any = None, timeout_ms: int | None = None
) -> Any:
    """Asks the shard of a key."""
    arguments = {"group_id": group_id, "key": key, "op": op}
    if timeout_ms is not None:
        arguments["timeout_ms"] = timeout_ms
    return invoke("ask_shard", arguments, body(payload))


def send_to_shard(group_id: str, key: Any, op: str, payload: Any = None) -> str:
    """Sends to the shard of a key; answers the message's id."""
    arguments = {"group_id": group_id, "key": key, "op": op}
    return invoke("send_to_shard", arguments, body(payload))  # type: ignore[no-any-return]


def shard_group_info(group_id: str) -> dict[str, Any]:
    """What is known of a group."""
    return invoke("shard_group_info", {"group_id": group_id})  # type: ignore[no-any-return]


def rescale_shard_group(group_id: str, shard_count: int) -> dict[str, Any]:
    """Changes the number of shards."""
    arguments = {"group_id": group_id, "shard_count": shard_count}
    return invoke("rescale_shard_group", arguments)  # type: ignore[no-any-return]


def delete_shard_group(group_id: str) -> None:
    """Ends a group and its shards."""
    invoke("delete_shard_group", {"group_id": group_id})
