"""Errors of what a server refuses."""

from __future__ import annotations

import json
from typing import Any

from app.base import errors as e

_SHOWN = 300  # characters of a server's own message


def fault(url: str, model: str, status: int, body: bytes) -> e.FiresideError:
    """Return the error of an answer that is none: its status, and its body."""
    message = message_of(body)
    match status:
        case 401 | 403:
            return e.KeyRefused(url, message)
        case 404:
            return e.RemoteModelMissing(url, model)
        case 429 | 503:
            return e.ServerBusy(url, message)
        case _ if 300 <= status < 400:
            return e.ServerMoved(url, "")
        case _ if status >= 500:
            return e.ServerFailed(url, status, message)
    return e.RequestRefused(url, status, message)


def message_of(body: bytes) -> str:
    """Return what a server says, in one of the forms that servers use; as text, if in none."""
    text = body.decode("utf-8", "replace")
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text[:_SHOWN]
    if isinstance(found, dict):
        found = found.get("error", found.get("detail", found.get("message", found)))
    if isinstance(found, dict):
        found = found.get("message", found)
    return str(found)[:_SHOWN]
