"""What a function returned: text for the model, and pictures for the user."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable
from typing import Any

from app.base.types import Outcome, Part, PartKind, ResultFacts
from app.tools.tool import Result

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u2028\u2029]")
_PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}
"""How the files begin that are shown. Others, such as SVG, could be more than a picture."""
_MOST_PICTURES = 8
_LARGEST_PICTURE = 12 << 20


def result_of(answer: dict[str, Any], call: str, *, seconds: float, changes: str = "") -> Result:
    """Return the result of the call ``call`` for a function's answer in the protocol's JSON."""
    texts: list[str] = []
    made: list[Part] = []
    for block in _objects(answer.get("content")):
        picture = _picture(block, call, len(made) + 1) if len(made) < _MOST_PICTURES else None
        if picture:
            made.append(picture)
        texts.append(_text(block, picture))
    structured = answer.get("structuredContent")
    if structured is not None and not any(text.strip() for text in texts):
        texts = [json.dumps(structured, ensure_ascii=False)]
    whole = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", "\n\n".join(filter(None, texts)))
    failed = answer.get("isError") is True
    text = whole or ("(failed without a message)" if failed else "(no output)")
    facts = ResultFacts(
        Outcome.FAILED if failed else Outcome.DONE,
        seconds,
        count=_count(structured),
        changes="" if failed else changes,
    )
    return Result(text, facts, tuple(made))


def _text(block: dict[str, Any], picture: Part | None) -> str:
    """Return what the model is told of a block of the result."""
    if picture:
        return f"[{picture.name}, {picture.media_type}: shown to the user]"
    kind, what = block.get("type"), _size(block.get("data"))
    match kind:
        case "text":
            return str(block.get("text", ""))
        case "image" | "audio":
            return f"[{kind}, {block.get('mimeType', 'of an unknown type')}, {what}: not shown]"
        case "resource_link":
            return f"[link to {block.get('name', '')}: {block.get('uri', '')}]"
        case "resource":
            resource = block.get("resource") or {}
            uri = resource.get("uri", "")
            if isinstance(resource.get("text"), str):
                return f"[{uri}]\n{resource['text']}"
            mime = resource.get("mimeType", "of an unknown type")
            return f"[{uri}, {mime}, {_size(resource.get('blob'))}: not shown]"
    return f"[{kind}: not shown]"


def _picture(block: dict[str, Any], call: str, number: int) -> Part | None:
    """Return an image of a kind that can be shown, by its bytes, as media; else None."""
    if block.get("type") != "image" or not isinstance(block.get("data"), str):
        return None
    if len(block["data"]) > _LARGEST_PICTURE * 4 // 3:
        return None
    try:
        data = base64.b64decode(block["data"], validate=True)
    except (binascii.Error, ValueError):
        return None
    kind = next((kind for start, kind in _PICTURES.items() if data.startswith(start)), "")
    if not kind or (kind == "image/webp" and data[8:12] != b"WEBP"):
        return None
    name = f"image {number}.{kind.removeprefix('image/')}"
    return Part("", PartKind.MEDIA, name=name, id=call, media_type=kind, data=data)


def _size(encoded: object) -> str:
    """Return the size of base64."""
    size = len(encoded) * 3 // 4 if isinstance(encoded, str) else 0
    return f"{size:,} bytes"


def _count(structured: object) -> int | None:
    """Return the number of results, if there is exactly one list of them."""
    if isinstance(structured, dict) and len(structured) == 1:
        (only,) = structured.values()
        return len(only) if isinstance(only, list) else None
    return None


def _objects(content: object) -> Iterable[dict[str, Any]]:
    return (each for each in content if isinstance(each, dict)) if isinstance(content, list) else ()
