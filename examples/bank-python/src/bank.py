"""A bank: accounts by key, transfers between them, and an audit log."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from plexspaces import Actor, BusinessError, HostError, actor, handler, host, state


class Kind(Enum):
    """What an entry of an account is."""

    OPEN = "open"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"


@dataclass
class Entry:
    """A line of an account's statement; amounts are cents."""

    n: int
    kind: Kind
    amount: int
    balance: int


@dataclass
class Opened:
    """What opening an account answers."""

    owner: str
    balance: int


@actor(facets=["virtual_actor", "durability"])
class AccountActor(Actor):
    """One account; its key is the account's name."""

    owner: str = state(default="")
    balance: int = state(default=0)
    entries: list[Entry] = state(default_factory=list)

    @handler("open")
    def open(self, owner: str, balance: int = 0) -> Opened:
        """Opens the account with a first balance."""
        if self.entries:
            raise BusinessError("ALREADY_EXISTS", f"the account is open, its owner is {self.owner}")
        if balance < 0:
            raise BusinessError("INVALID_ARGUMENT", "an account cannot begin below 0")
        self.owner = owner
        self._book(Kind.OPEN, balance)
        return Opened(self.owner, self.balance)

    @handler("deposit")
    def deposit(self, amount: int) -> int:
        """Adds to the balance and answers it."""
        self._require(amount)
        self._book(Kind.DEPOSIT, amount)
        return self.balance

    @handler("withdraw")
    def withdraw(self, amount: int) -> int:
        """Takes from the balance and answers it."""
        self._require(amount)
        if amount > self.balance:
            raise BusinessError(
                "FAILED_PRECONDITION",
                f"insufficient funds: balance {self.balance}, asked {amount}",
            )
        self._book(Kind.WITHDRAW, amount)
        return self.balance

    @handler("balance", "query")
    def get_balance(self) -> int:
        """The balance in cents."""
        self._require_open()
        return self.balance

    @handler("statement")
    def statement(self, since: int = 0) -> Iterator[Entry]:
        """The entries after number ``since``, one by one."""
        self._require_open()
        for entry in self.entries[max(since, 0) :]:
            yield entry

    def _require(self, amount: int) -> None:
        if amount < 1:
            raise BusinessError("INVALID_ARGUMENT", f"an amount is at least 1, not {amount}")
        self._require_open()

    def _require_open(self) -> None:
        if not self.entries:
            raise BusinessError("NOT_FOUND", "the account is not open")

    def _book(self, kind: Kind, amount: int) -> None:
        match kind:
            case Kind.OPEN | Kind.DEPOSIT:
                self.balance += amount
            case Kind.WITHDRAW:
                self.balance -= amount
        self.entries.append(Entry(len(self.entries) + 1, kind, amount, self.balance))


# After these, an ask may still be carried out.
UNCERTAIN = {"DEADLINE_EXCEEDED", "UNAVAILABLE", "CANCELLED"}


@dataclass
class Receipt:
    """What a transfer answers."""

    id: str
    source_balance: int
    target_balance: int


@actor(facets=["durability"])
class BankActor(Actor):
    """Moves money between accounts, of this app or of another one that lets it."""

    count: int = state(default=0)

    @handler("transfer")
    def transfer(self, source: str, target: str, amount: int) -> Receipt:
        """Withdraws at ``source`` and deposits at ``target``, or gives the money back."""
        source_balance = host.ask(source, "withdraw", {"amount": amount})
        try:
            target_balance = host.ask(target, {"op": "deposit", "amount": amount}, timeout_ms=5000)
        except HostError as e:
            if e.code in UNCERTAIN:
                # Money given back now might be there twice: somebody has to look at both statements.
                why = f"nobody knows whether {target} got the {amount} that {source} has paid"
                raise BusinessError(e.code, f"{why}: {e.message}") from e
            host.ask(source, "deposit", {"amount": amount})
            raise BusinessError(e.code, e.message) from e
        self.count += 1
        id = f"t{self.count}"
        host.send("audit", "record", {"id": id, "source": source, "target": target, "amount": amount})
        return Receipt(id, source_balance, target_balance)

    @handler("transfers", "query")
    def transfers(self) -> int:
        """How many transfers there were."""
        return self.count

    @handler("statement_of")
    def statement_of(self, account: str, since: int = 0) -> list[Any]:
        """An account's entries after number ``since``."""
        with host.ask_stream(account, "statement", {"since": since}) as entries:
            return list(entries)


@dataclass
class Record:
    """A transfer as the audit log keeps it."""

    id: str
    source: str
    target: str
    amount: int


@actor(facets=["durability"])
class AuditActor:
    """Keeps all transfers, and shows each in the tuple space."""

    records: list[Record] = state(default_factory=list)

    @handler("record", "cast")
    def record(self, payload: Record) -> None:
        """Notes a transfer."""
        self.records.append(payload)
        host.ts.write(["transfer", payload.id, payload.source, payload.target, payload.amount])

    @handler("entries", "query")
    def entries(self, limit: int = 100) -> list[Record]:
        """The last transfers, the newest last."""
        return self.records[-limit:] if limit > 0 else []
