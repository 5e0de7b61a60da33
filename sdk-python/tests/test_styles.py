"""Actors in the ways that people write them; a node runs the same file and the same requests."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from plexspaces import HostError
from plexspaces.testing import TestNode

STYLES = Path(__file__).parents[2] / "system-tests/src/test/styles"


def with_app(value: Any, app: str) -> Any:
    return json.loads(json.dumps(value).replace("..ID", app))


def test_actors_of_all_styles_do_in_the_harness_what_they_do_on_a_node() -> None:
    spec = importlib.util.spec_from_file_location("styles", STYLES / "styles.py")
    assert spec is not None and spec.loader is not None
    styles = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(styles)
    children = {
        "main": {"type": "chain", "args": {"greeting": "hello"}},
        "helper": "helper",
    }
    requests = json.loads((STYLES / "styles.json").read_text())["requests"]
    with TestNode() as node:
        node.app("styles", styles.ChainActor, styles.HelperActor, styles.FlowActor, children=children)
        for r in requests:
            if "error" in r:
                with pytest.raises(HostError) as e:
                    node.ask(r["target"], r["op"], r["payload"])
                assert e.value.code == r["error"], r
            else:
                got = node.ask(r["target"], r["op"], r["payload"])
                assert got == with_app(r["expect"], "styles"), r
    assert len(requests) > 15
