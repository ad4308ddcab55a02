"""The choice among all ways to run a model on a machine: the one whose turns take the least time.

**The rule.** A turn has a prompt of 1,000 tokens and an answer of 500, as predicted by
`speed_model` behind 4,096 tokens. Of all placements that fit into the memory that is free, with a
context as long as is wished, the one is taken whose turn is the shortest, where

- the part of a batch beyond a second counts three times, since nobody can stop it, nor be served;
- a compact cache counts as 5 % of the turn, as it costs a little quality, and each card as 1 %. On
  CUDA, where it makes answers behind long chats slow, it is taken for up to 16k of context
  only, or if nothing else fits.

What is wished without a word of the person's is 16k of context, or what the chat needs. Context
beyond that is taken if it is free: if it costs less than 2 % of the turn, and beyond 32k no more
than half of the computer's memory. On the CPU alone it costs memory only.

How many answers can be generated at a time is decided last: 4, or else 2, if nothing else of the
plan changes by it.
"""

from __future__ import annotations

import sys
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.engine import devices
from app.engine.memory_model import CacheType, ModelSizes
from app.engine.overrides import Overrides
from app.engine.placement import Placement, Wanted, place, with_places
from app.engine.probe import Machine
from app.engine.speed_model import DEPTH, Card, batch_s, measured, processor, token_s

CONTEXTS = (131072, 65536, 32768, 16384, 8192, 4096)
USUAL, ENOUGH = 32768, 16384  # context in tokens: the longest that needs no reason, and the wish
_GIB = 1 << 30
LAVISH = 1 / 2  # of the memory may be filled for comfort: a longer context, repacked weights
_LOCKED_RESERVE = 2 * _GIB  # left free by memory that is locked, which cannot be paged out
_LOCKED_SHARE = 0.4  # of the memory may be locked on Windows, which refuses more than half
_PROMPT, _ANSWER = 1000, 500  # tokens of a turn
_PATIENCE, _IMPATIENCE = 1.0, 2.0  # seconds of a batch; how much each further one counts more
_COMPACT, _CARD, _FREE = 0.05, 0.01, 0.02  # of a turn
_UBATCH_CPU = 256  # as fast as 512, with half the buffers, and stops sooner
_UBATCH = 512
_MOST_VARIED = 3  # sets of cards for which batches of all lengths are tried
_UBATCHES_LESS, _UBATCHES_MORE = (256, 128), (1024, 2048)


@dataclass(frozen=True, slots=True)
class Option:
    """A placement, whether the weights on the CPU are ``pinned``, and its times in seconds.

    Each token in the cache adds ``deeper`` to that of a ``token``.
    """

    placement: Placement
    pinned: bool
    token: float
    batch: float
    deeper: float

    @property
    def turn(self) -> float:
        """The time of a turn by which options are compared."""
        wanted = self.placement.wanted
        seconds = _ANSWER * self.token + _PROMPT / wanted.ubatch * self.batch
        if self.placement.cards:  # the CPU alone can be stopped at any time
            seconds += _IMPATIENCE * max(0.0, self.batch - _PATIENCE)
        seconds *= 1 + _COMPACT * (wanted.cache is CacheType.Q8_0)
        return seconds * (1 + _CARD * len(self.placement.cards))


class Choice:
    """The ways to run a model on a machine with a person's fixed values."""

    def __init__(self, model: ModelSizes, machine: Machine, overrides: Overrides) -> None:
        self._model, self._machine, self.overrides = model, machine, overrides
        self._cpu = processor(machine)
        fixed, layers = overrides.context, overrides.gpu_layers
        self._sets = () if layers == 0 else tuple(devices.sets(machine, overrides))
        self._alone_too = not self._sets or layers is None
        self._first = 0 if layers is None else max(0, model.layers + 1 - layers)
        experts = overrides.cpu_experts
        self._experts = None if experts is None else min(experts, model.layers)
        contexts = (fixed + -fixed % 256,) if fixed else CONTEXTS
        self._contexts = tuple(c for c in contexts if c <= model.trained) or (model.trained,)
        self.host_room = min(machine.available - machine.reserved, devices.usable(machine))

    def best(self, least: int = 0) -> Option | None:
        """Return the best of what fits now; None if nothing does."""
        found = self._best(least)
        if found is None and self.overrides.gpu_layers is None:
            # Cards that are no faster than the CPU still have memory.
            every = tuple(devices.sets(self._machine, self.overrides, slow=True))
            if every != self._sets:
                self._sets = every
                found = self._best(least)
        return found

    def _best(self, least: int) -> Option | None:
        if not any(True for _ in self._fitting(self._contexts[-1])):
            return None
        wish = max(least, ENOUGH)
        longer = [c for c in self._contexts if c >= wish]
        for context in (*longer[-1:], *(c for c in self._contexts if c < wish)):
            found = min(self._fitting(context), key=lambda option: option.turn, default=None)
            if found and found.placement.cards:
                return self._longer(found, longer)
            if found:
                alone = (p for p in self._each_alone() if p.wanted.context >= context)
                return next((self._option(p) for p in alone if self._is_comfortable(p)), found)
        return None

    def with_places(self, option: Option, places: int) -> Option | None:
        """Return an option with another number of places; None if it would have to be another."""
        changed = with_places(self._model, option.placement, places)
        found = self._option(changed)
        fits = self._fits(found) and found.pinned == option.pinned
        comfortable = self._is_comfortable(changed) or not self._is_comfortable(option.placement)
        return found if fits and comfortable else None

    def smallest(self) -> Option:
        """Return what takes the least memory, for when nothing fits now.

        It is chosen as if no other program used the GPUs.
        """
        context = self._contexts[-1]
        tried = (
            []
            if not self._alone_too
            else [self._without_gpu(context, cache) for cache in self._caches(context)]
        )
        for cards in self._sets:
            full = tuple(replace(c, room=devices.most(c.gpu, self._machine)) for c in cards)
            for cache in self._caches(context):
                tried.append(self._place(full, self._wanted(context, cache)))
        least = min(tried, key=self._size)
        sets = {tuple(c.gpu for c in cards): cards for cards in self._sets}
        return self._option(replace(least, cards=sets.get(tuple(c.gpu for c in least.cards), ())))

    def longest(self, chosen: Placement) -> int:
        """Return the longest context that fits on the cards of ``chosen``."""
        for context in self._contexts:
            if context <= chosen.wanted.context:
                break
            for cache in self._caches(context):
                if any(True for _ in self._options(chosen.cards, context, cache)):
                    return context
        return chosen.wanted.context

    def refused(self, chosen: Placement) -> Iterator[Placement]:
        """Yield what would have been better than ``chosen`` but for its memory, the best first.

        They are everything on the GPUs with each context, or the CPU alone with longer contexts.
        """
        cards = chosen.cards
        if not cards:
            cards = max(self._sets, key=lambda s: sum(c.room for c in s), default=())
        if cards and not self._first and not self._experts:
            cache = self.overrides.cache or CacheType.F16
            for context in (c for c in self._contexts if c >= min(chosen.wanted.context, ENOUGH)):
                wanted = replace(self._wanted(context, cache), experts=0)
                whole = place(self._model, cards, wanted)
                if not whole.fits_cards:
                    yield whole
        if not chosen.cards:
            for alone in self._each_alone():
                if alone == chosen:
                    return
                if not self._is_comfortable(alone):
                    yield alone

    def comfort(self, context: int) -> int:
        """Return how many bytes of the computer's memory a plan with this context may take."""
        if context <= USUAL or self.overrides.context:
            return self.host_room
        return min(self.host_room, int(self._machine.memory * LAVISH))

    def _fitting(self, context: int) -> Iterator[Option]:
        """Yield what fits with a context; a compact cache only where it may be, or has to be."""
        rejected: list[Option] = []
        found = False
        for cache in self._caches(context):
            single = False
            for option in self._with_cache(context, cache):
                cards = option.placement.cards
                single = single or (option.placement.whole and len(cards) == 1)
                slow = cache is CacheType.Q8_0 and any(card.api == "CUDA" for card in cards)
                if slow and context > ENOUGH and not self.overrides.cache:
                    rejected.append(option)
                else:
                    found = True
                    yield option
            if single:
                return
        if not found:
            yield from rejected

    def _with_cache(self, context: int, cache: CacheType) -> Iterator[Option]:
        """Yield what fits with a context and a kind of cache; of the best cards in all variants."""
        if self._alone_too:
            yield from filter(self._fits, [self._option(self._without_gpu(context, cache))])
        wanted = self._wanted(context, cache)
        usual = [self._option(self._place(cards, wanted)) for cards in self._sets]
        usual.sort(key=lambda option: (not self._fits(option), option.turn))
        for option in usual[:_MOST_VARIED]:
            yield from self._varied(option)

    def _varied(self, usual: Option) -> Iterator[Option]:
        """Yield an option, and the same with batches of other lengths, if they fit.

        Longer ones are worth memory where each copies weights to the GPU.
        """
        placement = usual.placement
        fits = self._fits(usual)
        if fits:
            yield usual
        others: tuple[int, ...] = () if placement.whole else _UBATCHES_MORE
        if not fits or usual.batch > _PATIENCE:
            others += _UBATCHES_LESS
        for ubatch in others:
            if ubatch <= placement.wanted.context:
                wanted = replace(placement.wanted, ubatch=ubatch)
                option = self._option(self._place(placement.cards, wanted))
                if self._fits(option):
                    yield option

    def _options(self, cards: tuple[Card, ...], context: int, cache: CacheType) -> Iterator[Option]:
        """Yield what fits on exactly these cards."""
        if cards:
            wanted = self._wanted(context, cache)
            yield from self._varied(self._option(self._place(cards, wanted)))
        else:
            yield from filter(self._fits, [self._option(self._without_gpu(context, cache))])

    def _longer(self, found: Option, contexts: Sequence[int]) -> Option:
        """Return ``found``, or what is as fast on its cards with a longer context."""
        placement = found.placement
        cache = placement.wanted.cache
        if cache is CacheType.Q8_0 and not self.overrides.cache:
            return found  # it was taken to reach this context
        for context in contexts:
            if context <= placement.wanted.context:
                break
            options = self._options(placement.cards, context, cache)
            free = (o for o in options if o.turn <= (1 + _FREE) * found.turn)
            best = min(free, key=lambda option: option.turn, default=None)
            if best and self._is_comfortable(best.placement):
                return best
        return found

    def _place(self, cards: tuple[Card, ...], wanted: Wanted) -> Placement:
        """Place the model, with fewer layers if one card is too small for all but the experts."""
        wanted = replace(wanted, first=self._first, experts=self._experts)
        placement = place(self._model, cards, wanted)
        fixed = self.overrides.gpu_layers is not None
        if fixed or len(cards) > 1 or cards[0].gpu.unified or placement.fits_cards:
            return placement
        firsts = range(1, self._model.layers)
        few = [place(self._model, cards, replace(wanted, first=first)) for first in firsts[-1:]]
        if not few or not few[0].fits_cards:
            return placement
        first = bisect_left(
            firsts,
            True,
            key=lambda n: place(self._model, cards, replace(wanted, first=n)).fits_cards,
        )
        return place(self._model, cards, replace(wanted, first=firsts[first]))

    def _each_alone(self) -> Iterator[Placement]:
        """Yield the ways to run on the CPU alone, the best first.

        A quantized cache costs a little quality, so it is used only if it makes the usual context,
        or the one below, possible.
        """
        for context in self._contexts:
            for cache in self._caches(context):
                usual = context <= USUAL or self.overrides.context or self.overrides.cache
                if cache is CacheType.F16 or usual:
                    yield self._without_gpu(context, cache)

    def _caches(self, context: int) -> tuple[CacheType, ...]:
        """Return the kinds of cache to try with a context, the best first."""
        if self.overrides.cache:
            return (self.overrides.cache,)
        both = context >= ENOUGH or self.overrides.context
        return (CacheType.F16, CacheType.Q8_0) if both else (CacheType.F16,)

    def _without_gpu(self, context: int, cache: CacheType) -> Placement:
        return place(self._model, (), self._wanted(context, cache, _UBATCH_CPU))

    def _wanted(self, context: int, cache: CacheType, ubatch: int = _UBATCH) -> Wanted:
        places = self.overrides.places or 1
        return Wanted(context, cache, min(ubatch, context), places=places)

    def _option(self, placement: Placement) -> Option:
        pinned = self._pinned(placement)
        told = placement.cards, placement.works, placement.host_work(pinned), self._cpu
        ubatch, depth = placement.wanted.ubatch, min(DEPTH, placement.wanted.context)
        token = token_s(*told, depth)
        deeper = (token_s(*told, 2 * depth) - token) / depth
        return Option(placement, pinned, token, batch_s(*told, ubatch), deeper)

    def _pinned(self, placement: Placement) -> bool:
        """Return whether the weights on the CPU are locked in memory, which a GPU copies faster."""
        if self.overrides.mapped or not placement.cards or placement.whole:
            return False
        locked = placement.host.weights <= _LOCKED_SHARE * self._machine.memory
        if sys.platform == "win32" and not locked:
            return False
        return placement.needed + _LOCKED_RESERVE <= self.host_room

    def _fits(self, option: Option) -> bool:
        """Return whether an option fits now, and is one that may be chosen."""
        placement = option.placement
        free = self.overrides.gpu_layers is None and self.overrides.cpu_experts is None
        if free and not placement.whole and any(c.gpu.unified for c in placement.cards):
            # An integrated GPU need not be faster than the CPU, and Metal's is not tested.
            (card,) = placement.cards
            if card.api == "Metal" or not measured(card.gpu, self._machine.speeds):
                return False
        return placement.fits_cards and placement.needed <= self.host_room

    def _is_comfortable(self, placement: Placement) -> bool:
        return placement.needed <= self.comfort(placement.wanted.context)

    def _size(self, placement: Placement) -> tuple[bool, int]:
        """Return a sort key: how much memory it demands of the machine; the impossible is last."""
        impossible = placement.needed > devices.usable(self._machine) or not placement.fits_cards
        return impossible, placement.host.total + sum(use.total for use in placement.uses)
