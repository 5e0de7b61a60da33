"""Channels: ``host.channel.publish(..)`` and ``host.channel_publish(..)`` are one operation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plexspaces._transport import invoke
from plexspaces.host._arguments import body, header


def publish(
    name: str,
    payload: Any = None,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    delay_ms: int | None = None,
    ttl_ms: int | None = None,
) -> str:
    """Publishes when the turn succeeds; answers the message's id. Order is kept per key."""
    arguments = header(name=name, key=key, headers=headers, delay_ms=delay_ms, ttl_ms=ttl_ms)
    return invoke("channel_publish", arguments, body(payload))  # type: ignore[no-any-return]


class Subscription:
    """A consumer of a channel."""

    def __init__(self, id: str) -> None:
        #: The subscription's id on the wire.
        self.id = id

    def next(self, timeout_ms: int | None = None) -> dict[str, Any] | None:
        """The next message, an object with its ``id`` and ``payload``, or None."""
        return next(self.id, timeout_ms)

    def ack(self, message: str | Mapping[str, Any]) -> None:
        """The message has been handled."""
        ack(self.id, message)

    def nack(self, message: str | Mapping[str, Any], requeue: bool | None = None) -> None:
        """The message has not been handled: it comes again, or goes to the dead letters."""
        nack(self.id, message, requeue)


def subscribe(name: str, group: str | None = None, start: str | None = None) -> Subscription:
    """Subscribes; ``start`` is "unacked" (the default), "earliest" or "new"."""
    return Subscription(invoke("channel_subscribe", header(name=name, group=group, start=start)))


def next(subscription: str, timeout_ms: int | None = None) -> dict[str, Any] | None:
    """The next message of a subscription by its id, or None."""
    arguments = header(subscription=subscription, timeout_ms=timeout_ms)
    return invoke("channel_next", arguments)  # type: ignore[no-any-return]


def _id(message: str | Mapping[str, Any]) -> str:
    return message if isinstance(message, str) else message["id"]


def ack(subscription: str, message: str | Mapping[str, Any]) -> None:
    """A message has been handled."""
    invoke("channel_ack", {"subscription": subscription, "message": _id(message)})


def nack(
    subscription: str, message: str | Mapping[str, Any], requeue: bool | None = None
) -> None:
    """A message has not been handled."""
    arguments = header(subscription=subscription, message=_id(message), requeue=requeue)
    invoke("channel_nack", arguments)


def bind(name: str, op: str) -> None:
    """Messages of a channel become casts ``op`` to this actor."""
    invoke("channel_bind", {"name": name, "op": op})


def info(name: str) -> dict[str, Any]:
    """What is known of a channel."""
    return invoke("channel_info", {"name": name})  # type: ignore[no-any-return]
