"""The bank in the harness: no node, no waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bank import AccountActor, AuditActor, BankActor
from plexspaces import Actor, BusinessError, HostError, actor, handler, host
from plexspaces.testing import TestNode


@pytest.fixture
def node() -> Iterator[TestNode]:
    with TestNode() as node:
        node.app(
            "bank-python",
            AccountActor,
            BankActor,
            AuditActor,
            children={"bank": "bank", "audit": "audit"},
        )
        node.ask("account/ada", "open", {"owner": "Ada", "balance": 100})
        node.ask("account/bob", "open", {"owner": "Bob"})
        yield node


def test_an_account_is_opened_once(node: TestNode) -> None:
    assert node.ask("account/eve", "open", {"owner": "Eve"}) == {"owner": "Eve", "balance": 0}
    with pytest.raises(BusinessError, match="its owner is Ada") as e:
        node.ask("account/ada", "open", {"owner": "Eve"})
    assert e.value.code == "ALREADY_EXISTS"


def test_money_comes_and_goes(node: TestNode) -> None:
    assert node.ask("account/ada", "deposit", {"amount": 50}) == 150
    assert node.ask("account/ada", "withdraw", {"amount": 120}) == 30
    assert node.ask("account/ada", "balance") == 30


def test_what_an_account_refuses(node: TestNode) -> None:
    with pytest.raises(BusinessError, match="insufficient funds: balance 100, asked 101") as e:
        node.ask("account/ada", "withdraw", {"amount": 101})
    assert e.value.code == "FAILED_PRECONDITION"
    with pytest.raises(BusinessError) as e:
        node.ask("account/ada", "deposit", {"amount": 0})
    assert e.value.code == "INVALID_ARGUMENT"
    with pytest.raises(HostError, match='"amount" must be an integer, it is a string') as e:
        node.ask("account/ada", "deposit", {"amount": "ten"})
    with pytest.raises(BusinessError) as e:
        node.ask("account/nobody", "balance")
    assert e.value.code == "NOT_FOUND"
    assert node.ask("account/ada", "balance") == 100


def test_a_statement_is_a_stream(node: TestNode) -> None:
    node.ask("account/ada", "deposit", {"amount": 5})
    assert list(node.stream("account/ada", "statement")) == [
        {"n": 1, "kind": "open", "amount": 100, "balance": 100},
        {"n": 2, "kind": "deposit", "amount": 5, "balance": 105},
    ]
    assert [e["n"] for e in node.stream("account/ada", "statement", {"since": 1})] == [2]


def test_a_transfer_is_recorded(node: TestNode) -> None:
    call = {"source": "account/ada", "target": "account/bob", "amount": 30}
    assert node.ask("bank", "transfer", call) == {
        "id": "t1",
        "source_balance": 70,
        "target_balance": 30,
    }
    assert node.ask("bank", "transfers") == 1
    assert node.ask("audit", "entries") == [{"id": "t1", **call}]
    assert node.tuples("bank-python") == [["transfer", "t1", "account/ada", "account/bob", 30]]
    assert [e["kind"] for e in node.ask("bank", "statement_of", {"account": "account/bob"})] == [
        "open",
        "deposit",
    ]


def test_a_transfer_that_fails_gives_the_money_back(node: TestNode) -> None:
    with pytest.raises(BusinessError) as e:
        node.ask("bank", "transfer", {"source": "account/ada", "target": "account/x", "amount": 1})
    assert e.value.code == "NOT_FOUND"
    assert node.ask("account/ada", "balance") == 100
    assert node.ask("bank", "transfers") == 0
    assert node.ask("audit", "entries") == []


def test_state_survives_passivation(node: TestNode) -> None:
    node.passivate("account/ada")
    assert node.ask("account/ada", "balance") == 100
    assert node.ask("account/ada", "deposit", {"amount": 1}) == 101


@actor(type="slow")
class SlowAccount(Actor):
    """Takes its time, as an account behind a busy disk does."""

    @handler("deposit")
    def deposit(self, amount: int) -> int:
        host.sleep(60_000)
        return amount


def test_a_deposit_that_may_still_happen_is_not_given_back() -> None:
    with TestNode() as node:
        node.app("bank-python", AccountActor, BankActor, SlowAccount, children={"bank": "bank"})
        node.ask("account/ada", "open", {"owner": "Ada", "balance": 100})
        call = {"source": "account/ada", "target": "slow/x", "amount": 30}
        with pytest.raises(BusinessError, match="nobody knows whether slow/x got the 30") as e:
            node.ask("bank", "transfer", call)
        assert e.value.code == "DEADLINE_EXCEEDED"
        assert node.ask("account/ada", "balance") == 70
        assert node.ask("bank", "transfers") == 0
