"""What a server says is wrong, in any of the forms that servers have for it.

Objects as OpenAI's and vLLM's, Ollama's and LM Studio's plain texts, FastAPI's details,
OpenRouter's metadata, events of Responses, a page of HTML from a proxy. All of it is untrusted:
texts are cut and made one line, without control characters, and nothing but words and numbers is
taken out of it.
"""

from __future__ import annotations

import contextlib
import html
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.base.plain_line import plain_line

LONGEST = 300
"""In characters: of a message that is shown."""

_LONGEST_READ = 20_000  # characters: of a message that is searched
_MOST_TOKENS = 10**9
_TITLE = re.compile(r"<(title|h1)[^>]*>([^<]{1,300})", re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,300}>")
_NAME = re.compile(r"[A-Za-z_][\w.\[\]-]{0,60}")
_PROVIDER = "provider returned error"  # OpenRouter; the provider's own is in the metadata


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """What a server says.

    ``words`` are its codes and types, in lower case; ``status`` is HTTP's, where the message has
    it; ``parameter`` is what it names of the request. ``prompt`` and ``context`` are tokens, 0 if
    it has no such number. ``formed``: it is JSON with an error in it.
    """

    text: str = ""
    words: frozenset[str] = frozenset()
    status: int = 0
    parameter: str = ""
    prompt: int = 0
    context: int = 0
    formed: bool = False


def read_body(body: bytes) -> ServerMessage:
    """Return what a whole answer says."""
    text = body.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        return read_json(json.loads(text)) or ServerMessage(_line(text))
    if "<" in text[:1000] and (title := _TITLE.search(text[:_LONGEST_READ])):
        return ServerMessage(_line(html.unescape(title[2])))
    return ServerMessage(_line(_TAG.sub(" ", text[:_LONGEST_READ])))


def read_json(found: Any) -> ServerMessage | None:
    """Return what a JSON value says, if it is an error at all."""
    if isinstance(found, list) and found:
        found = found[0]
    if not isinstance(found, dict):
        return None
    if isinstance(found.get("response"), dict) and found["response"].get("error"):
        return _of(found["response"]["error"])  # of Responses
    if found.get("error"):
        return _of(found["error"])
    if found.get("detail"):
        return _of_details(found["detail"])
    if found.get("object") == "error" or found.get("type") == "error":
        return _of(found)
    if isinstance(found.get("message"), str) and not found.keys() & {"choices", "data", "output"}:
        return _of(found)
    return None


def tokens(number: Any) -> int:
    """Return a number of tokens, 0 if it is none that could be true."""
    if isinstance(number, bool) or not isinstance(number, int | str):
        return 0
    with contextlib.suppress(ValueError):
        number = int(str(number)[:12].replace(",", ""))
        return number if 0 < number <= _MOST_TOKENS else 0
    return 0


def _line(text: str) -> str:
    return plain_line(text, LONGEST)


def _of(error: Any) -> ServerMessage:
    if not isinstance(error, dict):
        return ServerMessage(_line(str(error)), formed=True)
    metadata = error.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    text = str(error.get("message") or error.get("msg") or "")
    if not text or text.lower() == _PROVIDER:
        text = _provider(metadata) or text
    code = error.get("code")
    words = (error.get("type"), code, metadata.get("error_type"), metadata.get("provider_code"))
    return ServerMessage(
        _line(text),
        frozenset(word.lower()[:80] for word in words if isinstance(word, str)),
        code if isinstance(code, int) and 400 <= code <= 599 else 0,
        _name(error.get("param")),
        tokens(error.get("n_prompt_tokens")),
        tokens(error.get("n_ctx")),
        formed=True,
    )


def _provider(metadata: dict[str, Any]) -> str:
    """Return the message of the provider behind OpenRouter."""
    raw = metadata.get("raw")
    if isinstance(raw, str):
        return read_body(raw[:_LONGEST_READ].encode("utf-8", "replace")).text
    said = read_json(raw)
    return said.text if said else ""


def _of_details(detail: Any) -> ServerMessage:
    """Return what FastAPI says: a text, or a list of what is wrong where."""
    if isinstance(detail, dict):
        return _of(detail)
    if not isinstance(detail, list):
        return ServerMessage(_line(str(detail)), formed=True)
    items = [each for each in detail[:5] if isinstance(each, dict)]
    text = "; ".join(f"{_place(each)}: {each.get('msg', '')}" for each in items)
    names = (_name(_place(each)) for each in items)
    return ServerMessage(_line(text), parameter=next(filter(None, names), ""), formed=True)


def _place(item: dict[str, Any]) -> str:
    place = item.get("loc")
    steps: Iterable[Any] = place if isinstance(place, list) else ()
    return ".".join(str(step)[:60] for step in list(steps)[:8] if step != "body")


def _name(value: Any) -> str:
    """Return the name of a parameter of the request, empty if it is none."""
    if not isinstance(value, str):
        return ""
    found = _NAME.fullmatch(value.removeprefix("body."))
    return found[0] if found else ""
