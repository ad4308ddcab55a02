"""Addresses of the web in what somebody has typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from app.tools.browser.address import AddressInvalid, WebAddress, web_address

# What stands around an address in a sentence, never in it.
_AROUND = r"\s<>\"“”„«»‹›「」『』《》【】，。；：！？、（）؟،؛"
# Of scripts that are written without spaces: a name may follow them directly.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WHOLE = re.compile(rf"https?://[^{_AROUND}]+", re.IGNORECASE)
_BARE, _BARE_ASCII = (
    re.compile(
        rf"{before}(?<![@/.:%+-])"
        rf"(?:{sign}(?:(?:{sign}|[_-]){{0,61}}{sign})?\.)+(?:{letter}{{2,63}}|xn--[a-z0-9-]{{2,59}})"
        rf"(?::\d{{1,5}})?(?![A-Za-z0-9_@-])(?:[/?#][^{_AROUND}]*)?",
        re.IGNORECASE,
    )
    for before, sign, letter in (
        (r"(?<!\w)", r"[^\W_]", r"[^\W\d_]"),
        (rf"(?:(?<!\w)|(?<=[{_UNSPACED}]))", "[a-z0-9]", "[a-z]"),
    )
)
"""An address that was typed without a scheme, such as "example.org/page"."""
_BEFORE_OTHERS = re.compile(
    rf"(?:https?://)?[a-z0-9.-]+\.[a-z]{{2,63}}(?::\d{{1,5}})?(?:[/?#][!-~]*)?"
    rf"(?=[{_UNSPACED}]|[^\x00-\x7f\w])",
    re.IGNORECASE,
)
_BEHIND = ".,;:!?…'’)]}*_~|`"


@lru_cache(maxsize=64)
def typed_addresses(text: str) -> frozenset[str]:
    """Return the normal forms of the addresses that stand, whole, in a text that somebody typed.

    Where punctuation may or may not belong to an address, both are meant. Without a scheme, http
    and https are.
    """
    return frozenset(address.text for spelling in _spellings(text) for address in _valid(spelling))


def _spellings(text: str) -> Iterator[str]:
    for pattern in (_WHOLE, _BARE, _BARE_ASCII):
        for match in pattern.finditer(text):
            found = match.group()
            yield from _endings(found)
            if before := _BEFORE_OTHERS.match(found):  # words of another script may follow it
                yield from _endings(before.group())


def _endings(found: str) -> Iterator[str]:
    """Yield an address, and it without the punctuation that may be the sentence's."""
    yield found
    for _ in range(4):
        shorter = found[:-1] if found.endswith(tuple(_BEHIND)) else ""
        if not shorter:
            return
        found = shorter
        yield found


def _valid(spelling: str) -> Iterator[WebAddress]:
    schemes = ("",) if "://" in spelling[:9] else ("https://", "http://")
    for scheme in schemes:
        try:
            yield web_address(f"{scheme}{spelling}")
        except AddressInvalid:
            continue
