"""Where each part of a model lies: layers over GPUs, and what does not fit on the CPU.

Layers lie in a row on each GPU. What is left over are experts, which are most of a layer's bytes
and the least of its work: of the first layers on a GPU, whole or some of the three matrices. They
go to another GPU with room, or else to the CPU.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.engine.memory_model import (
    PARTS,
    CacheSettings,
    Held,
    MemorySettings,
    MemoryUse,
    ModelSizes,
    uses,
)
from app.engine.speed_model import Card, DeviceWork, HostWork, cache_read

_ALIKE = 1.1  # cards whose speeds differ by less have equal room left over


@dataclass(frozen=True, slots=True)
class MovedExperts:
    """Experts that do not lie with their layer.

    ``parts`` of "gate", "up", "down"; ``to``: ggml's name of a GPU, empty for the CPU.
    """

    layer: int
    parts: tuple[str, ...]
    to: str = ""


@dataclass(frozen=True, slots=True)
class Wanted(CacheSettings):
    """What is placed: all layers from ``first`` on.

    ``experts``: of how many layers the experts are on the CPU; None for as few as possible.
    """

    first: int = 0
    experts: int | None = None


@dataclass(frozen=True, slots=True)
class Placement:
    """A model on some cards, or on the CPU alone; the memory that it takes, and who does what."""

    wanted: Wanted
    cards: tuple[Card, ...]
    layers: tuple[int, ...]
    moved: tuple[MovedExperts, ...]
    host: MemoryUse
    uses: tuple[MemoryUse, ...]
    works: tuple[DeviceWork, ...]
    split: int
    """Layers with experts on the CPU; the next: experts of layers of another GPU."""
    visits: int
    on_cpu: DeviceWork

    @property
    def whole(self) -> bool:
        """Whether nothing but the input is left to the CPU."""
        return bool(self.cards) and not self.split and not self.wanted.first

    @property
    def needed(self) -> int:
        """Bytes of the computer's memory that it needs; a GPU that shares it counts, too."""
        shared = bool(self.cards) and self.cards[0].gpu.unified
        return self.host.total + shared * sum(use.total for use in self.uses)

    @property
    def fits_cards(self) -> bool:
        """Whether it fits into what is free of the GPUs' memory."""
        return all(u.total <= c.room for u, c in zip(self.uses, self.cards, strict=True))

    def host_work(self, pinned: bool) -> HostWork:
        """Return what the CPU does, with weights that are ``pinned`` or not."""
        whole = self.wanted.first if self.cards else 0
        return HostWork(self.on_cpu, self.split, whole, self.visits, pinned)


def place(model: ModelSizes, cards: tuple[Card, ...], wanted: Wanted) -> Placement:
    """Place a model on cards, as much as fits and at least all but the experts from ``first`` on.

    Without cards it is all on the CPU.
    """
    if not cards:
        return _placement(model, (), wanted, (), (), copied=False)
    count = model.layers - wanted.first
    copied = wanted.first > 0 or bool(wanted.experts)
    layers, moved = _spread(model, cards, wanted, copied)
    if not copied and wanted.experts is None and any(not each.to for each in moved):
        copied = True  # which takes memory of the first card
        layers, moved = _spread(model, cards, wanted, copied)
    assert sum(layers) == count
    return _placement(model, cards, wanted, layers, moved, copied=copied)


def with_places(model: ModelSizes, placement: Placement, places: int) -> Placement:
    """Return the same placement with another number of places, whether it fits or not."""
    wanted = replace(placement.wanted, places=places)
    copied = wanted.first > 0 or any(not each.to for each in placement.moved)
    told = wanted, placement.layers, placement.moved
    return _placement(model, placement.cards, *told, copied=copied)


def _spread(
    model: ModelSizes, cards: tuple[Card, ...], wanted: Wanted, copied: bool
) -> tuple[tuple[int, ...], tuple[MovedExperts, ...]]:
    """Return the number of layers for each card, and the experts that are moved."""
    count = model.layers - wanted.first
    # The buffers do not depend on which card has how many layers.
    told = [Held(card.api, count * (n == 0), 0) for n, card in enumerate(cards)]
    settings = _settings(wanted, tuple(told), copied=copied)
    empty = uses(model, settings)[1]
    rooms = [c.room - use.compute - use.runtime for c, use in zip(cards, empty, strict=True)]
    rooms[-1] -= model.output
    fixed = wanted.experts
    layers = _counts(model, cards, wanted, rooms)
    if fixed is not None:
        return layers, tuple(MovedExperts(layer, PARTS) for layer in range(fixed))
    moved: list[MovedExperts] = []
    start = wanted.first
    for number, many in enumerate(layers):
        part = range(start, start + many)
        start = part.stop
        rooms[number] -= model.dense[part.stop] - model.dense[part.start]
        rooms[number] -= model.cache(part, wanted)
        out = _left_out(model, part, rooms[number])
        rooms[number] -= model.experts[part.stop] - model.experts[part.start]
        moved += out
    if len(cards) > 1:
        found: list[MovedExperts] = []
        for out_one in moved:
            others = max(rooms) >= min(model.parts[out_one.layer].values())
            found += _to_others(model, cards, rooms, out_one) if others else [out_one]
        moved = found
    return layers, tuple(moved)


def _left_out(model: ModelSizes, layers: range, room: int) -> list[MovedExperts]:
    """Return the fewest experts of some layers without which the others fit into ``room``."""
    before = model.experts[layers.start]
    missing = model.experts[layers.stop] - before - room
    if missing <= 0 or not layers:
        return []
    count = bisect_left(model.experts, before + missing, layers.start, layers.stop) - layers.start
    border = layers.start + count - 1  # of which a part may be enough
    out = [MovedExperts(layer, PARTS) for layer in range(layers.start, border)]
    missing -= model.experts[border] - before
    sizes = model.parts[border]
    fewest = min(
        (p for p in (("down",), ("gate", "up")) if sum(sizes[name] for name in p) >= missing),
        key=len,
        default=PARTS,
    )
    return [*out, MovedExperts(border, fewest)]


def _to_others(
    model: ModelSizes, cards: tuple[Card, ...], rooms: list[int], out: MovedExperts
) -> list[MovedExperts]:
    """Return experts that were left out of a card, as moved to others, whose ``rooms`` shrink."""
    if out.parts != PARTS:
        tries = [[out]]
    else:
        pieces = [MovedExperts(out.layer, ("gate", "up")), MovedExperts(out.layer, ("down",))]
        tries = [[out], pieces]
    for pieces in tries:
        found = []
        left = list(rooms)
        for piece in pieces:
            size = _size(model, piece)
            most = max(range(len(cards)), key=left.__getitem__)
            if left[most] >= size:
                left[most] -= size
                piece = MovedExperts(piece.layer, piece.parts, cards[most].gpu.name)
            found.append(piece)
        if any(piece.to for piece in found):
            rooms[:] = left
            return found
    return [out]


def _size(model: ModelSizes, moved: MovedExperts) -> int:
    if moved.parts == PARTS:
        return model.experts[moved.layer + 1] - model.experts[moved.layer]
    sizes = model.parts[moved.layer]
    return sum([sizes[part] for part in moved.parts])


def _counts(
    model: ModelSizes, cards: tuple[Card, ...], wanted: Wanted, rooms: Sequence[int]
) -> tuple[int, ...]:
    """Return how many layers each card holds, at least one.

    If all of them fit, the fastest card is filled first; cards that are alike have equal room left.
    Otherwise they are shared in proportion to the room, for the same share of experts on each.
    """
    count = model.layers - wanted.first
    if len(cards) == 1 or not count:
        return (count,) * len(cards)
    every = range(wanted.first, model.layers)
    weights = model.dense[-1] - model.dense[every.start]
    weights += model.experts[-1] - model.experts[every.start]
    cache = model.cache(every, wanted)
    layer = max((weights + cache) / count, 1.0)
    fitting = [max(room, 0) / layer for room in rooms]
    spare = sum(fitting) - count
    speeds = [card.speed.weights for card in cards]
    if spare <= 0:
        scale = count / (sum(fitting) or 1.0)
        return _whole([each * scale for each in fitting], count)
    if max(speeds) <= _ALIKE * min(speeds):
        return _whole([each - spare / len(cards) for each in fitting], count)
    left, shares = count, [0.0] * len(cards)
    for number in sorted(range(len(cards)), key=lambda n: -speeds[n]):
        shares[number] = min(int(fitting[number]), left)
        left -= int(shares[number])
    shares[min(range(len(cards)), key=lambda n: speeds[n])] += left
    return _whole(shares, count)


def _whole(shares: Sequence[float], count: int) -> tuple[int, ...]:
    """Round shares to whole numbers that add up to ``count``, each at least one if possible."""
    least = 1 if count >= len(shares) else 0
    rounded = [max(least, int(share)) for share in shares]
    while (left := count - sum(rounded)) != 0:
        step = 1 if left > 0 else -1
        number = max(
            (n for n in range(len(shares)) if rounded[n] + step >= least),
            key=lambda n: step * (shares[n] - rounded[n]),
        )
        rounded[number] += step
    return tuple(rounded)


def _settings(wanted: Wanted, held: tuple[Held, ...], *, copied: bool) -> MemorySettings:
    told = wanted.context, wanted.cache, wanted.ubatch, held, copied
    return MemorySettings(*told, places=wanted.places)


def _placement(
    model: ModelSizes,
    cards: tuple[Card, ...],
    wanted: Wanted,
    layers: tuple[int, ...],
    moved: tuple[MovedExperts, ...],
    *,
    copied: bool,
) -> Placement:
    """Return a placement with all that follows from it."""
    names = [card.gpu.name for card in cards]
    experts, ranges, start = [0] * len(cards), [], wanted.first if cards else model.layers
    for number, count in enumerate(layers):
        part = range(start, start + count)
        start = part.stop
        ranges.append(part)
        experts[number] += model.experts[part.stop] - model.experts[part.start]
    owners = [number for number, part in enumerate(ranges) for _ in part]
    on_cpu, split, visits = 0, set(), 0
    for each in moved:
        if each.layer < wanted.first:
            continue
        size = _size(model, each)
        experts[owners[each.layer - wanted.first]] -= size
        if each.to:
            experts[names.index(each.to)] += size
            visits += 1
        else:
            on_cpu += size
            split.add(each.layer)
    held = tuple(Held(c.api, n, e) for c, n, e in zip(cards, layers, experts, strict=True))
    host, used = uses(model, _settings(wanted, held, copied=copied))
    works = []
    for card, part, more in zip(cards, ranges, experts, strict=True):
        dense = model.dense[part.stop] - model.dense[part.start]
        dense += model.output if part is ranges[-1] else 0
        cache = cache_read(model, wanted.cache, card.api, model.read(part, wanted.cache))
        works.append(DeviceWork(len(part), dense + model.chosen * more, dense + more, cache))
    below = range(wanted.first) if cards else range(model.layers)
    dense = model.dense[below.stop] + (0 if cards else model.output)
    on_cpu += model.experts[below.stop]
    cache = model.read(below, wanted.cache)
    cpu = DeviceWork(len(below), dense + model.chosen * on_cpu, dense + on_cpu, cache)
    return Placement(
        wanted, cards, layers, moved, host, used, tuple(works), len(split), visits, cpu
    )
