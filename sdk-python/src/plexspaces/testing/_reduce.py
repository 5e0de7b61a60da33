"""How the answers of shards are put together, in shard order."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from plexspaces.errors import HostError

_FOLDS: dict[str, Callable[[Any, Any], Any]] = {
    "sum": lambda a, b: a + b,
    "prod": lambda a, b: a * b,
    "min": min,
    "max": max,
    "mean": lambda a, b: a + b,
    "and": lambda a, b: bool(a and b),
    "or": lambda a, b: bool(a or b),
}


def _number(value: Any) -> bool:
    return isinstance(value, (int, float))


def fold(reduction: str, values: list[Any]) -> Any:
    """Numbers, lists of equal length and maps of them. Other fields of maps stay where all agree,
    else they are listed under ``differing``."""
    if reduction not in _FOLDS:
        raise HostError(
            "INVALID_ARGUMENT",
            f'unknown reduction "{reduction}"; one of {", ".join(_FOLDS)}',
        )
    if not values:
        return None
    if all(_number(v) for v in values):
        total = reduce(_FOLDS[reduction], values)
        return total / len(values) if reduction == "mean" else total
    if all(isinstance(v, list) for v in values):
        if len({len(v) for v in values}) != 1:
            raise HostError("INVALID_ARGUMENT", "the lists of the shards differ in length")
        return [fold(reduction, list(column)) for column in zip(*values, strict=True)]
    if all(isinstance(v, dict) for v in values):
        result: dict[str, Any] = {}
        differing = []
        for name in dict.fromkeys(k for v in values for k in v):
            column = [v[name] for v in values if name in v]
            if len(column) == len(values) and _foldable(column):
                result[name] = fold(reduction, column)
            elif len(column) == len(values) and all(v == column[0] for v in column):
                result[name] = column[0]
            else:
                differing.append(name)
        if differing:
            result["differing"] = differing
        return result
    raise HostError("INVALID_ARGUMENT", "the shards' answers are not all numbers, lists or maps")


def _foldable(column: list[Any]) -> bool:
    return (
        all(_number(v) for v in column)
        or all(isinstance(v, dict) for v in column)
        or (
            all(isinstance(v, list) for v in column)
            and len({len(v) for v in column}) == 1
            and all(_foldable(list(c)) for c in zip(*column, strict=True))
        )
    )


def aggregate(aggregation: str, values: list[Any], k: int) -> Any:
    """The aggregations of scatter_gather."""
    match aggregation:
        case "concat":
            return [x for v in values for x in (v if isinstance(v, list) else [v])]
        case "sum" | "min" | "max" | "mean":
            return fold(aggregation, values)
        case "merge":
            merged: dict[str, Any] = {}
            for v in values:
                if not isinstance(v, dict):
                    raise HostError("INVALID_ARGUMENT", "merge needs maps")
                merged.update(v)
            return merged
        case "first":
            return values[0] if values else None
        case "majority":
            return max(values, key=values.count) if values else None
        case "top_k":
            flat = [x for v in values for x in (v if isinstance(v, list) else [v])]
            return sorted(flat, key=_score, reverse=True)[:k]
    raise HostError("INVALID_ARGUMENT", f'unknown aggregation "{aggregation}"')


def _score(value: Any) -> Any:
    return value.get("score", 0) if isinstance(value, dict) else value
