"""The errors of the host API: what a handler refuses with, and what a host call fails with."""

from __future__ import annotations

import builtins
from typing import Any

__all__ = ["CODES", "BusinessError", "HostError", "SystemError", "TimeoutError"]

#: The canonical codes. No other ever crosses the wire.
CODES = frozenset(
    {
        "INVALID_ARGUMENT",
        "UNAUTHENTICATED",
        "PERMISSION_DENIED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "FAILED_PRECONDITION",
        "ABORTED",
        "RESOURCE_EXHAUSTED",
        "DEADLINE_EXCEEDED",
        "CANCELLED",
        "UNAVAILABLE",
        "UNIMPLEMENTED",
        "DATA_LOSS",
        "INTERNAL",
    }
)
_RETRYABLE = frozenset({"ABORTED", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED", "UNAVAILABLE"})


class HostError(Exception):
    """What a host call was refused with, or failed with.

    If no handler catches it, the turn fails with the same code; if the other side refused on
    purpose (``business``), so does this one.
    """

    code: str
    message: str
    retryable: bool
    details: Any
    business: bool

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool | None = None,
        details: Any = None,
        business: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = code in _RETRYABLE if retryable is None else retryable
        self.details = details
        self.business = business

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code!r}, {self.message!r})"


class BusinessError(HostError):
    """The handler refuses the request: the caller gets a 4xx, and the actor goes on."""

    def __init__(self, code: str, message: str, details: Any = None) -> None:
        if code not in CODES:
            raise TypeError(
                f"BusinessError: unknown code {code!r}; one of {', '.join(sorted(CODES))}"
            )
        super().__init__(code, message, details=details, business=True)


class SystemError(HostError):  # the name is the contract's
    """Something outside of the request failed: the turn crashes, and the supervisor decides."""

    def __init__(self, message: str, recoverable: bool = False) -> None:
        """``recoverable``: whether the same request may succeed later."""
        super().__init__(
            "UNAVAILABLE" if recoverable else "INTERNAL", message, retryable=recoverable
        )


class TimeoutError(HostError, builtins.TimeoutError):  # the name is the contract's
    """A host call did not end within its time. Also caught as the builtin ``TimeoutError``."""

    def __init__(self, message: str, details: Any = None) -> None:
        HostError.__init__(self, "DEADLINE_EXCEEDED", message, details=details)

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def unimplemented(what: str) -> HostError:
    """What an SDK answers that cannot do a thing without a host that can."""
    return HostError("UNIMPLEMENTED", f"{what} is not supported by this version")


def from_wire(wire: Any) -> HostError:
    """The error that the host's JSON describes, as the class that users catch."""
    if not isinstance(wire, dict):
        return HostError("INTERNAL", f"the host failed without saying how: {wire!r}")
    code = wire.get("code", "INTERNAL")
    message = wire.get("message", "no message")
    business = bool(wire.get("business", False))
    if code == "DEADLINE_EXCEEDED" and not business:
        return TimeoutError(message, wire.get("details"))
    return HostError(
        code,
        message,
        retryable=wire.get("retryable"),
        details=wire.get("details"),
        business=business,
    )
