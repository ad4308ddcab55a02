"""The output of a tool as a block."""

from __future__ import annotations

from dataclasses import dataclass

from app.markdown import Code


@dataclass(frozen=True, slots=True)
class Output(Code):
    """The output of a tool. ``whole`` is all of it if ``text`` is only a part, for copying."""

    whole: str = ""
