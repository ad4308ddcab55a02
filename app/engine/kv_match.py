"""What a prompt has in common with the conversations that were processed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.engine.kv_asides import Aside
from app.engine.kv_disk_cache import CachedState
from app.engine.kv_sequence import KvSequence, common_length

_SLIGHT = 16  # tokens that may be processed again rather than kept for somebody


@dataclass(frozen=True, slots=True)
class Match:
    """A source and a prompt: ``same`` first tokens are equal, and ``usable`` can be reused."""

    source: KvSequence | Aside | CachedState
    same: int
    usable: int


def match(wanted: Sequence[int], source: KvSequence | Aside | CachedState, window: int) -> Match:
    """Return what a source has of the ``wanted`` tokens."""
    same, length = common_length(wanted, source.tokens), len(source.tokens)
    reach = length if length > window else 0  # of a state, no more than its window is sure
    if isinstance(source, KvSequence):
        reach = source.reach
    if same >= min(reach, length):
        return Match(source, same, same)
    return Match(source, same, max((at for at in source.windows if at <= same), default=0))


def loses(found: Match, chat: int | None) -> bool:
    """Return whether somebody may come back to what a prompt of a ``chat`` does not go on from.

    That is not so for the same chat, of which one branch is open; nor for what follows the prompt
    that was processed last, where this one begins with all of that.
    """
    held = found.source
    assert not isinstance(held, CachedState)
    lost = len(held.tokens) - found.usable
    if held.waits or not lost:
        return lost > 0
    if held.chat is not None:
        return held.chat != chat
    return found.usable < held.settled and lost > _SLIGHT


def parted(matches: Iterable[Match], sequence: KvSequence, least: int, most: int) -> int:
    """Return how much of a prompt, more than a sequence has, another conversation begins with.

    It is between ``least`` and ``most``, or 0.
    """
    found = [
        each.same
        for each in matches
        if not isinstance(each.source, CachedState)
        and (sequence.chat is None or each.source.chat != sequence.chat)
        and least <= each.same < most
    ]
    return max(found, default=0)
