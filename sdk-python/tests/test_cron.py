"""Cron expressions in the harness are those of a node."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from plexspaces.errors import HostError
from plexspaces.testing._cron import Cron, zone

FILE = Path(__file__).parents[2] / "host-api/src/test/resources/io/plexspaces/api/op/cron.json"
CASES = json.loads(FILE.read_text())


def millis(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000


@pytest.mark.parametrize("case", CASES["times"], ids=lambda c: f"{c['expr']} after {c['after']}")
def test_times_are_those_of_a_node(case: dict[str, Any]) -> None:
    cron, tz = Cron(case["expr"]), zone(case.get("tz", "UTC"))
    time, found = millis(case["after"]), []
    for _ in case["next"]:
        time = cron.next(time, tz)
        found.append(datetime.fromtimestamp(time / 1000, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert found == case["next"]


@pytest.mark.parametrize("case", CASES["refused"], ids=lambda c: repr(c["expr"]))
def test_what_is_no_expression_is_refused_by_name(case: dict[str, Any]) -> None:
    with pytest.raises(HostError) as refused:
        Cron(case["expr"])
    assert refused.value.code == "INVALID_ARGUMENT"
    assert case["naming"] in refused.value.message


def test_a_zone_that_is_not_there_is_named() -> None:
    with pytest.raises(HostError, match='"Mars/Base" is no time zone'):
        zone("Mars/Base")
