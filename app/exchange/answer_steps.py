"""The steps of an answer that used tools, in order, for pages that are read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from app.base.pages.display_reading import readable
from app.base.recipients import plain_name
from app.base.types import Message, Part, PartKind

PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp", "image/svg+xml"))
"""The media types that a browser shows as pictures, without running anything in them."""

_MADE = (PartKind.CALL, PartKind.RESULT, PartKind.MEDIA)


class StepKind(Enum):
    """The kind of a step."""

    THOUGHT = auto()
    TEXT = auto()
    CALL = auto()
    MEDIA = auto()


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """A step of an answer: reasoning, text, a call with its result, or what a call made.

    ``text`` of a call are its arguments, in ``language``, ``output`` that of its ``result``.
    ``part`` is the call, or the media; ``page`` is what the call has displayed to the model.
    """

    kind: StepKind
    text: str
    language: str = ""
    output: str = ""
    part: Part | None = None
    result: Part | None = None
    page: Part | None = None


CallHeading = Callable[[Part | None, Part | None, Part | None], str]
"""A function that returns the heading of a call, given the call, its result and the page."""


def call_heading(call: Part | None, result: Part | None, page: Part | None) -> str:
    """Return the heading of a call in English."""
    part = call or result
    return plain_name(part.name) if part else ""


def used_tools(message: Message) -> bool:
    """Return whether a message has more than reasoning, text and files."""
    return any(part.kind in _MADE for part in message.parts)


def answer_steps(message: Message, *, reasoning: bool) -> Iterator[AnswerStep]:
    """Yield the steps; without ``reasoning``, only text and what calls made."""
    results = _results(message)
    paired = {id(result) for result in results.values()}
    for part in message.parts:
        match part.kind:
            case PartKind.REASONING if reasoning and part.text.strip():
                yield AnswerStep(StepKind.THOUGHT, part.text.strip("\n"))
            case PartKind.TEXT if part.text.strip():
                yield AnswerStep(StepKind.TEXT, part.text.strip("\n"))
            case PartKind.CALL if reasoning:
                result = results.get(id(part))
                text, language = _arguments(part)
                page = _page(message, result)
                output = result.text.strip("\n") if result else ""
                output = readable(output) if page else output
                yield AnswerStep(StepKind.CALL, text, language, output, part, result, page)
            case PartKind.RESULT if reasoning and id(part) not in paired:
                output = part.text.strip("\n")
                yield AnswerStep(StepKind.CALL, "", "", output, None, part)
            case PartKind.MEDIA:
                yield AnswerStep(StepKind.MEDIA, part.name, part=part)


def data_link(part: Part) -> str:
    """Return media as an address that holds all of it."""
    kind = part.media_type if part.media_type in PICTURES else "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(part.data).decode('ascii')}"


def _results(message: Message) -> dict[int, Part]:
    """Return the result of each call, by the call's identity: by its id, else in order."""
    waiting: list[Part] = []
    found: dict[int, Part] = {}
    for part in message.parts:
        if part.kind is PartKind.CALL:
            waiting.append(part)
        elif part.kind is PartKind.RESULT:
            named = (call for call in waiting if part.id and call.id == part.id)
            call = next(named, next((c for c in waiting if not (c.id and part.id)), None))
            if call is not None:
                waiting.remove(call)
                found[id(call)] = part
    return found


def _page(message: Message, result: Part | None) -> Part | None:
    """Return the page that was displayed with a result: it follows it."""
    following = zip(message.parts, message.parts[1:], strict=False)
    pages = (after for part, after in following if part is result)
    return next((page for page in pages if page.kind is PartKind.PAGE), None)


def _arguments(call: Part) -> tuple[str, str]:
    """Return the arguments of a call as they are read best, and their language."""
    if call.name == "python":
        return call.text.strip("\n"), "python"
    try:
        return json.dumps(json.loads(call.text), indent=2, ensure_ascii=False), "json"
    except (ValueError, RecursionError):
        return call.text.strip("\n"), ""
