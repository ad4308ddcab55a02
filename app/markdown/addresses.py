"""Bare addresses in a text, after GitHub's rules for autolinks.

https://github.github.com/gfm/#autolinks-extension- (read on 2026-11-29), extended for scripts that
are written without spaces: an address ends before punctuation of any script, and where letters of
such a script follow directly.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple
from unicodedata import category

from app.markdown.scripts import UNSPACED, is_unspaced

# A host's label has one kind of script: "example.com是" is a host and a word. Underscores after a
# host are marks: "_https://example.com_".
_SPACED = rf"(?:(?![{UNSPACED}])[\w-])"
_LABEL = rf"(?:[{UNSPACED}]+|{_SPACED}*(?!_){_SPACED}(?!_*(?!_){_SPACED}|_+[./:]))"
_OUTSIDE = frozenset(' \t\n\r\x0b\x0c<>"`|\\^')
_JOINTS = ("/", "=", "_", "-", "_(")
_BEHIND = re.compile(r"(?:&\w+;|[?!.,:;*_~'({\[])$")


class Address(NamedTuple):
    """An address's position in the text, and its target."""

    start: int
    end: int
    target: str


def addresses(text: str) -> list[Address]:
    """Return all addresses of a text, in order."""
    if not ("://" in text or "@" in text or "www." in text.lower()):
        return []
    found: list[Address] = []
    at, address = 0, _address()
    while match := address.search(text, at):
        at = match.end()
        if mail := match["mail"]:
            target = mail if mail.lower().startswith("mailto:") else f"mailto:{mail}"
            found.append(Address(match.start(), at, target))
        elif _is_host(match["host"]):
            at = _without_end(text, match.end(), _path_end(text, match.end()))
            web = text[match.start() : at]
            if "://" not in web[:8]:
                web = f"http://{web}"
            found.append(Address(match.start(), at, web))
    return found


@functools.cache
def _address() -> re.Pattern[str]:
    """Return what matches an address; few texts need it, and it takes some 15 ms to compile.

    Only some letters ignore their case: `re` would look up that of 120,000 in `UNSPACED`.
    """
    return re.compile(
        # An address in a tag's attribute or a shell variable is not a link.
        r"(?<!=)(?<!=['\"])"
        r"(?:(?<![A-Za-z0-9+])(?i:https?)://(?=[^\W_]|\[)|(?<![A-Za-z0-9/.@:-])(?i:www)\.(?=[^\W_]))"
        rf"(?P<host>{_LABEL}(?:\.{_LABEL})*(?!\.{_SPACED})|\[[0-9A-Fa-f:.]+\])(?::\d{{1,5}})?(?![\w.:%-]*@)"
        r"|(?<![A-Za-z0-9._%+/:-])(?P<mail>(?i:mailto:)?[A-Za-z0-9._%+-]+@"
        r"(?:(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}|(?:[A-Za-z-]+\.)+[A-Za-z]))(?![A-Za-z0-9_@-]|:[\w/~])"
    )


def _is_host(host: str) -> bool:
    """Return whether it may be a host; a word in a script without spaces needs a dot."""
    return "_" not in "".join(host.split(".")[-2:]) and (host.isascii() or "." in host)


def _path_end(text: str, start: int) -> int:
    """Return where the path after a host ends; a bracket that it did not open is outside."""
    if text[start : start + 1] not in ("/", "?", "#"):
        return start
    open_brackets = 0
    for at in range(start, len(text)):
        character = text[at]
        if character.isascii():
            open_brackets += (character in "[{") - (character in "]}")
            before_word = character == "'" and text[at + 1 : at + 2].isalnum()
            if character in _OUTSIDE or open_brackets < 0 or (character == "'" and not before_word):
                return at
            if character in ",;" and text[at + 1 :].startswith("http"):
                return at
        elif category(character)[0] not in "LMN":
            return at
        elif is_unspaced(character):
            # After a letter, or right after the host, the sentence continues.
            before = text[at - 2 : at] if text[at - 1] == "(" else text[at - 1]
            if not (is_unspaced(before[-1]) or (before in _JOINTS and at - 1 > start)):
                return at
    return len(text)


def _without_end(text: str, host: int, end: int) -> int:
    """Return the end without the sentence's own punctuation.

    A closing bracket belongs to the sentence if there are more closing than opening ones.
    """
    while end > host:
        if text[end - 1] == ")":
            if text.count(")", host, end) <= text.count("(", host, end):
                return end
            end -= 1
        elif found := _BEHIND.search(text, max(host, end - 12), end):
            end = found.start()
        else:
            return end
    return end
