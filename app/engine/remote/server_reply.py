"""What a server says about itself, read without believing more than can be true."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from app.engine.remote.remote_server import LONGEST_ID, ServedHere

_MOST_MODELS = 2000
_SMALLEST, _LARGEST = 128, 1 << 30  # tokens, of a context
_VERSION = re.compile(r"v?\d[\w.+-]{0,40}|b\d[\w-]{0,30}")
_CONTEXTS = (
    "max_model_len",  # vLLM, SGLang, Fireside
    "context_length",  # OpenRouter, and other services
    "context_window",
    "max_context_length",
)


def json_of(body: bytes) -> Any:
    """Return a JSON value; None if it is none, or nested too deeply."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def member(value: Any, *path: str) -> Any:
    """Return what is at a path of an object's members; None if it has no such path."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the objects of a list, which may be none."""
    if isinstance(value, list):
        yield from (each for each in value[:_MOST_MODELS] if isinstance(each, dict))


def context_of(value: Any) -> int:
    """Return a context's size in tokens; 0 for what is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        return 0
    return value if _SMALLEST <= value <= _LARGEST else 0


def version_of(value: Any) -> str:
    """Return a version as a server says it; empty for what is none."""
    found = _VERSION.match(value) if isinstance(value, str) else None
    return found[0] if found else ""


def models_of(listed: Any) -> tuple[ServedHere, ...] | None:
    """Return the models of a list as OpenAI has it, each once; None if it is no such list.

    Ids have to be sent back as they are, so those that could not be shown are left out.
    """
    data = member(listed, "data")
    if not isinstance(data, list) and not (data is None and member(listed, "object") == "list"):
        return None  # Ollama without a model says null
    found: dict[str, ServedHere] = {}
    for each in objects(data):
        id = each.get("id")
        if isinstance(id, str) and 0 < len(id) <= LONGEST_ID and id.isprintable():
            found.setdefault(id, ServedHere(id, _context(each)))
    return tuple(found.values())


def owners(listed: Any) -> frozenset[str]:
    """Return whose models they are, as each says."""
    said = (each.get("owned_by") for each in objects(member(listed, "data")))
    return frozenset(each for each in said if isinstance(each, str))


def _context(model: dict[str, Any]) -> int:
    """Return a model's context as its entry in a list says; 0 if it does not."""
    sizes = [context_of(model.get(name)) for name in _CONTEXTS]
    sizes.append(context_of(member(model, "meta", "n_ctx")))  # llama-server
    known = next(filter(None, sizes), 0)
    provider = context_of(member(model, "top_provider", "context_length"))
    return min(filter(None, (known, provider)), default=0)  # of OpenRouter
