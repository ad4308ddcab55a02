"""The input of a call as it is shown: code, or JSON that is laid out to be read."""

from __future__ import annotations

import json
import re

from app.base.types import Part
from app.wording.tool_words import is_python

_LONGEST = 200_000  # characters that are laid out
_DEEPEST = 20  # levels that are indented
_HEADER = re.compile(r"\[\d+\] .*")
_NUMBER = re.compile(r"^L\d+: ?", re.MULTILINE)
_BEGIN = re.compile(r"\A\s*URL:[ \n]*(\S*)\n\s*(?:# Search Results\n\s*)?")
_RESULT = re.compile(r"^ *\* 【\d+†([^【】†]*)(?:†([^【】†]*))?】( (?=\S))?", re.MULTILINE)
_LINK = re.compile(r"【\d+†([^【】†]*)(?:†[^【】†]*)?】")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)


def call_text(part: Part, *, complete: bool) -> tuple[str, str]:
    """Return the language of a call's input, and its text; ``complete``: whether all of it came.

    JSON keeps every token as the model wrote it: only the blanks between them change.
    """
    if is_python(part.name):
        return "python", part.text
    text = part.text.strip()
    if not text.startswith(("{", "[")):
        return "", part.text
    try:
        if complete and len(text) <= _LONGEST:
            json.loads(text)
            return "json", _laid_out(text)
    except (ValueError, RecursionError):  # not valid
        pass
    return "json", part.text


def display_text(text: str) -> str:
    """Return what was displayed to the model as it is read best.

    That is without the numbers of lines and links, and what is above them; see
    `app.tools.browser.viewport`. Any other text stays as it is.
    """
    header, _, rest = text.partition("\n")
    bar, _, rest = rest.partition("\n")
    if not _HEADER.fullmatch(header) or not bar.startswith("**viewing lines"):
        return text
    shown = _NUMBER.sub("", rest.lstrip("\n"))
    shown = _BEGIN.sub(lambda found: f"{found[1]}\n\n" if found[1] else "", shown, count=1)
    shown = _RESULT.sub(_result_line, shown)
    return _LINK.sub(r"\1", shown).strip("\n")


def _result_line(found: re.Match[str]) -> str:
    title, site = (" ".join((words or "").split()) for words in found.groups()[:2])
    named = f"• {title} · {site}" if site else f"• {title}"
    return f"{named}\n  " if found[3] else named


def _laid_out(text: str) -> str:
    tokens = _TOKEN.findall(text)
    pieces: list[str] = []
    depth = 0
    for at, token in enumerate(tokens):
        following = tokens[at + 1] if at + 1 < len(tokens) else ""
        pieces.append(token)
        if token in "{[":
            if following not in ("}", "]"):
                depth += 1
                pieces.append("\n" + "  " * min(depth, _DEEPEST))
        elif token == ",":
            pieces.append("\n" + "  " * min(depth, _DEEPEST))
        elif token == ":":
            pieces.append(" ")
        if following in ("}", "]") and token not in ("{", "["):
            depth -= 1
            pieces.append("\n" + "  " * min(depth, _DEEPEST))
    return "".join(pieces)
