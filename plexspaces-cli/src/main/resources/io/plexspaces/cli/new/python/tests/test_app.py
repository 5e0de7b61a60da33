"""The actors in the harness: no node, no waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import BoardActor, CounterActor
from plexspaces import BusinessError
from plexspaces.testing import TestNode


@pytest.fixture
def node() -> Iterator[TestNode]:
    with TestNode() as node:
        node.app("__APP__", CounterActor, BoardActor, children={"board": "board"})
        yield node


def test_a_counter_counts(node: TestNode) -> None:
    assert node.ask("counter/apples", "increment") == 1
    assert node.ask("counter/apples", "increment", {"by": 2}) == 3
    assert node.ask("counter/apples", "get") == 3
    assert list(node.stream("counter/apples", "history")) == [1, 2]


def test_it_does_not_count_backwards(node: TestNode) -> None:
    with pytest.raises(BusinessError, match="by must be at least 1") as e:
        node.ask("counter/apples", "increment", {"by": -1})
    assert e.value.code == "INVALID_ARGUMENT"
    assert node.ask("counter/apples", "get") == 0


def test_the_board_adds_up(node: TestNode) -> None:
    node.ask("counter/apples", "increment", {"by": 2})
    node.ask("counter/pears", "increment", {"by": 3})
    assert node.ask("board", "total", {"keys": ["apples", "pears", "plums"]}) == 5
