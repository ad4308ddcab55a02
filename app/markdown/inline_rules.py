"""Rules for markdown-it's inline parser beyond CommonMark."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, Any, cast
from unicodedata import category
from urllib.parse import urlsplit

from app.markdown.addresses import Address, addresses
from app.markdown.citations import CITATION
from app.markdown.formulas import formula_at
from app.markdown.scripts import is_unspaced

if TYPE_CHECKING:  # loaded when the first text is parsed, not at the start
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

LINK_SCHEMES = frozenset({"http", "https", "mailto"})
"""The schemes that links may have; others stay text."""

_NOTE = re.compile(r"\[\^([^\]\s]+)\]")
_TAG = re.compile(r"<(?:/?br\s*/?|/?(?:sub|sup|kbd)\s*)>", re.IGNORECASE)
_KEY = re.compile(r"<kbd>\s*(&\w+;|\S)\s*</kbd>", re.IGNORECASE)
"""A key whose label is one character, which must not be parsed as Markdown."""
_LONGEST_TAG = 12  # characters to look back from a delimiter


def link_allowed(address: str) -> bool:
    """Return whether a click on ``address`` may open it outside Fireside."""
    try:
        return urlsplit(address.strip()).scheme.lower() in LINK_SCHEMES
    except ValueError:
        return False


def tokenize(text: str, env: dict[str, Any]) -> list[Token]:
    """Return the tokens of a text; ``env`` has ``references`` and ``notes``."""
    markdown = parser()
    state = cast("StateInline", _state_type()(text, markdown, env, []))
    markdown.inline.tokenize(state)
    for rule in markdown.inline.ruler2.getRules(""):
        rule(state)
    return state.tokens


@cache
def parser() -> MarkdownIt:
    """Return the parser with all rules."""
    from markdown_it import MarkdownIt

    markdown = MarkdownIt("commonmark", {"html": False}).enable("strikethrough")
    # Set on the instance: markdown-it's documented way to replace this rule.
    markdown.validateLink = link_allowed  # type: ignore[assignment]
    markdown.block.ruler.enableOnly(["reference", "paragraph"])
    rules = markdown.inline.ruler
    rules.at("text", _text)
    rules.before("newline", "address", _address)
    rules.before("escape", "formula", _formula)
    rules.before("link", "note", _note)
    rules.before("entity", "tag", _tag)
    rules.before("escape", "citation", _citation)
    markdown.inline.add_terminator_char("【")
    return markdown


@cache
def _state_type() -> type:
    """Return a state class for markdown-it with addresses and with other rules for delimiters."""
    from markdown_it.rules_inline import StateInline
    from markdown_it.rules_inline.state_inline import Scanned

    class State(StateInline):
        def __init__(self, src: str, md: MarkdownIt, env: Any, tokens: list[Token]) -> None:
            super().__init__(src, md, env, tokens)
            self.addresses = {address.start: address for address in addresses(src)}
            self.starts = list(self.addresses)

        def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
            """Scan a run of delimiters.

            CommonMark's rule as amended in markdown-cjk-friendly's specification.md of 2026-07-22:
            beside a letter of a script without spaces, punctuation does not stop a delimiter; nor
            does a tag.
            """
            end = start
            while end < self.posMax and self.src[end] == self.src[start]:
                end += 1
            before, after = _character_before(self.src, start), self.src[end : end + 1] or " "
            blank_before, blank_after = _is_blank(before[-1]), _is_blank(after)
            if blank_before or blank_after:
                return Scanned(not blank_after, not blank_before, end - start)
            punctuation_before, punctuation_after = (
                _is_punctuation(before[-1]),
                _is_punctuation(after),
            )
            if not canSplitWord:
                return Scanned(punctuation_before, punctuation_after, end - start)
            beside = is_unspaced(before[0]) or is_unspaced(after)
            hinders_before = punctuation_before and not _is_tag_before(self.src, start)
            hinders_after = punctuation_after and not _TAG.match(self.src, end)
            return Scanned(
                beside or punctuation_before or not hinders_after,
                beside or punctuation_after or not hinders_before,
                end - start,
            )

    return State


def _character_before(text: str, at: int) -> str:
    """Return the character before a position, after an ideograph if it can only follow those.

    A variation selector is skipped.
    """
    last = text[at - 1] if at else " "
    if not ("\ufe00" <= last <= "\ufe0e" or "\U000e0100" <= last <= "\U000e01ef"):
        return last
    if last > "\uffff":
        return "\u4e00" + last  # only ideographs have these
    main = text[at - 2] if at > 1 else " "
    quoted = last == "\ufe01" and main in "‘’“”"  # full-width quotation marks
    return "\u4e00" + main if quoted else main


def _is_blank(character: str) -> bool:
    return character in "\t\n\x0b\x0c\r" or category(character) == "Zs"


def _is_punctuation(character: str) -> bool:
    return category(character)[0] in "PS"


def _is_tag_before(text: str, at: int) -> bool:
    if text[at - 1] != ">":
        return False
    start = text.rfind("<", max(at - _LONGEST_TAG, 0), at)
    return start >= 0 and _TAG.fullmatch(text, start, at) is not None


def _text(state: StateInline, silent: bool) -> bool:
    """Consume plain text, up to a possible delimiter or address."""
    pos = state.pos
    mark = state.md.inline.terminator_re.search(state.src, pos)
    end = mark.start() if mark else state.posMax
    starts: list[int] = getattr(state, "starts", [])
    if starts and starts[-1] >= pos and not state.linkLevel:
        end = min(end, starts[bisect_left(starts, pos)])
    if end <= pos or pos >= state.posMax:
        return False
    end = min(end, state.posMax)
    if not silent:
        state.append_pending(state.src[pos:end])
    state.pos = end
    return True


def _address(state: StateInline, silent: bool) -> bool:
    known: dict[int, Address] = getattr(state, "addresses", {})
    address = known.get(state.pos)
    if not address or address.end > state.posMax or state.linkLevel > 0:
        return False
    target = state.md.normalizeLink(address.target)
    if not state.md.validateLink(target):
        return False
    if not silent:
        state.push("link_open", "a", 1).attrs = {"href": target}
        state.push("text", "", 0).content = state.src[state.pos : address.end]
        state.push("link_close", "a", -1)
    state.pos = address.end
    return True


def _formula(state: StateInline, silent: bool) -> bool:
    """Consume a formula.

    The plugin of mdit-py-plugins 0.7.0 knows only dollars, and takes the text's last character for
    the one before its first, so that it finds no formula in ``$n$ is 5``.
    """
    if state.src[state.pos] not in "$\\":
        return False
    found = formula_at(state.src, state.pos)
    if not found or found.end > state.posMax:
        return False
    _push(state, silent, found.kind.name.lower(), found.tex, found.end)
    return True


def _note(state: StateInline, silent: bool) -> bool:
    """Consume a reference to a defined footnote."""
    found = _NOTE.match(state.src, state.pos)
    if not found or found[1] not in state.env["notes"]:
        return False
    _push(state, silent, "note", found[1], found.end())
    return True


def _citation(state: StateInline, silent: bool) -> bool:
    """Consume a mark that cites what a tool has displayed."""
    if state.src[state.pos] != "【":
        return False
    found = CITATION.match(state.src, state.pos, state.posMax)
    if not found:
        return False
    _push(state, silent, "citation", found[0], found.end())
    return True


def _tag(state: StateInline, silent: bool) -> bool:
    """Consume a supported HTML tag; tags are matched later."""
    from markdown_it.common.utils import unescapeAll

    if state.src[state.pos] != "<":
        return False
    if key := _KEY.match(state.src, state.pos):
        _push(state, silent, "key", unescapeAll(key[1]) if len(key[1]) > 1 else key[1], key.end())
        return True
    found = _TAG.match(state.src, state.pos)
    if not found:
        return False
    kind = "hardbreak" if "br" in found[0].lower() else "tag"
    _push(state, silent, kind, found[0], found.end())
    return True


def _push(state: StateInline, silent: bool, kind: str, content: str, end: int) -> None:
    if not silent:
        state.push(kind, "", 0).content = content
    state.pos = end
