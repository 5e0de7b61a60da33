"""Blobs: ``host.blob.put(..)`` and ``host.blob_put(..)`` are one operation."""

from __future__ import annotations

import builtins
from typing import Any

from plexspaces._transport import exchange, invoke
from plexspaces.host._arguments import header, raw


def put(name: str, data: bytes | str, content_type: str | None = None) -> dict[str, Any]:
    """Stores a blob: ``{etag, size}``."""
    return invoke("blob_put", header(name=name, content_type=content_type), raw(data))  # type: ignore[no-any-return]


def get(name: str, offset: int | None = None, length: int | None = None) -> bytes:
    """Reads a blob or a range of it. Raises HostError NOT_FOUND if there is none."""
    return exchange("blob_get", header(name=name, offset=offset, length=length))[1]


def head(name: str) -> dict[str, Any] | None:
    """``{etag, size, content_type}``, or None."""
    return invoke("blob_head", {"name": name})  # type: ignore[no-any-return]


def delete(name: str) -> bool:
    """Removes a blob; answers whether it was there."""
    return invoke("blob_delete", {"name": name})  # type: ignore[no-any-return]


def list(prefix: str | None = None, limit: int | None = None) -> builtins.list[str]:
    """Names that begin with a prefix."""
    return invoke("blob_list", header(prefix=prefix, limit=limit))  # type: ignore[no-any-return]
