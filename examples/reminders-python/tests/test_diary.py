"""The diary in the harness: a day passes when the test says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from diary import DiaryActor
from plexspaces import BusinessError
from plexspaces.testing import EPOCH_MS, TestNode

HOUR = 3_600_000


@pytest.fixture
def node() -> Iterator[TestNode]:
    with TestNode(only_available=True) as node:
        node.app("reminders", DiaryActor)
        yield node


def test_a_note_comes_back_when_it_is_due(node: TestNode) -> None:
    node.ask("diary/ada", "remember", {"text": "call Bob", "in_ms": HOUR})
    node.advance(HOUR - 1)
    assert node.ask("diary/ada", "show")["waiting"] == ["call Bob"]
    node.advance(1)
    shown = node.ask("diary/ada", "show")
    assert shown["waiting"] == []
    assert shown["due"] == [f"call Bob ({EPOCH_MS + HOUR})"]


def test_what_is_forgotten_does_not_come_back(node: TestNode) -> None:
    id = node.ask("diary/ada", "remember", {"text": "call Bob", "in_ms": HOUR})
    assert node.ask("diary/ada", "forget", {"id": id}) is True
    assert node.ask("diary/ada", "forget", {"id": id}) is False
    node.advance(2 * HOUR)
    assert node.ask("diary/ada", "show") == {"waiting": [], "due": [], "summaries": []}


def test_a_note_of_the_past_is_refused(node: TestNode) -> None:
    with pytest.raises(BusinessError, match="before it is made"):
        node.ask("diary/ada", "remember", {"text": "too late", "in_ms": -1})


def test_the_summary_starts_a_new_day(node: TestNode) -> None:
    node.ask("diary/ada", "remember", {"text": "call Bob", "in_ms": 1})
    node.ask("diary/ada", "remember", {"text": "pay the rent", "in_ms": 48 * HOUR})
    node.advance(HOUR)
    node.send("diary/ada", "summary", {"due_ms": 7})  # on a node the facet sends it
    shown = node.ask("diary/ada", "show")
    assert shown["summaries"] == ["7: 1 due, 1 to come"]
    assert shown["due"] == []
