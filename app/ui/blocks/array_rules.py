"""Lines between the rows and columns of a table typeset by ziamath."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any


def rule_table(table: Any, vertical: Sequence[int], horizontal: Sequence[int]) -> None:
    """Add lines to a node ``Mtable``.

    ``vertical`` and ``horizontal`` are the columns and rows that a line precedes; one more than the
    last means the end. A line at an outer edge enlarges the table by half of the gap.
    """
    # Imported late: a window without formulas need not wait for it.
    from ziamath.drawable import HLine, VLine

    thick = table.units_to_points(table.font.math.consts.fractionRuleThickness)
    wide, high = table.size_px("1em"), table.size_px("0.6em")
    sizes = [len(row) for row in table.element]
    cells = iter(zip(table.nodes, table.nodexy, strict=True))
    rows = [[next(cells) for _ in range(size)] for size in sizes]
    gap = wide if vertical else table.size_px("0.3em")
    widths = [
        max(row[column][0].bbox.xmax for row in rows if column < len(row))
        for column in range(max(sizes))
    ]
    start = (table.bbox.xmax - sum(widths) - gap * (len(widths) - 1)) / 2
    lefts = [start + sum(widths[:column]) + gap * column for column in range(len(widths))]
    tops = [row[0][1][1] - max(node.bbox.ymax for node, _ in row) for row in rows]
    bottoms = [row[0][1][1] - min(node.bbox.ymin for node, _ in row) for row in rows]
    edges = [
        lefts[0] - wide / 2,
        *(left - gap / 2 for left in lefts[1:]),
        lefts[-1] + widths[-1] + wide / 2,
    ]
    between = [
        (bottom + top) / 2 for (_, top), bottom in zip(pairwise(tops), bottoms, strict=False)
    ]
    levels = [tops[0] - high / 2, *between, bottoms[-1] + high / 2]
    left = edges[0] if vertical else lefts[0]
    right = edges[-1] if vertical else lefts[-1] + widths[-1]
    top = levels[0] if horizontal else tops[0]
    bottom = levels[-1] if horizontal else bottoms[-1]
    for column in vertical:
        table.nodes.append(VLine(bottom - top, thick, style=table.style))
        table.nodexy.append((edges[column] - left, top))
    for row in horizontal:
        table.nodes.append(HLine(right - left, thick, style=table.style))
        table.nodexy.append((0.0, levels[row] - thick / 2))
    moved = [(x - left, y) for x, y in table.nodexy[: sum(sizes)]]
    table.nodexy[: sum(sizes)] = moved
    box = table.bbox
    table.bbox = box._replace(
        xmin=0, xmax=right - left, ymin=min(box.ymin, -bottom), ymax=max(box.ymax, -top)
    )
