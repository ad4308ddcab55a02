"""The items of an answer, as objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.base.types import Part, PartKind
from app.formats.harmony.stored_parts import ALONG_THE_WAY
from app.server.dialect import new_id
from app.server.fields import JsonObject
from app.server.pieces import Item, ItemKind
from app.server.replayed_answers import function_call, sealed
from app.server.responses.free_text import free_text
from app.server.responses.response_tools import ResponseTool, ResponseTools

COMPLETED, INCOMPLETE, IN_PROGRESS = "completed", "incomplete", "in_progress"
"""The statuses of items, and of responses."""
_PREFIXES = {ItemKind.REASONING: "rs_", ItemKind.CALL: "fc_"}


@dataclass(frozen=True, slots=True)
class OutputItem:
    """An item under its ``id``. ``seals``: whether its reasoning is repeated, sealed.

    ``tool`` is the one that is called.
    """

    item: Item
    id: str
    tool: ResponseTool
    seals: bool = False

    @classmethod
    def of(cls, item: Item, tools: ResponseTools, *, seals: bool) -> OutputItem:
        """Return an item under a new id."""
        tool = tools.named(item.name)
        prefix = _PREFIXES.get(item.kind, "msg_")
        return cls(item, new_id("ctc_" if tool.free_text else prefix), tool, seals)

    def object(self, status: str) -> JsonObject:
        """Return it as its object; ``status`` says whether it is complete."""
        begun = status == IN_PROGRESS
        match self.item.kind:
            case ItemKind.REASONING:
                shown: JsonObject = {
                    "type": "reasoning",
                    "id": self.id,
                    "summary": [],
                    "content": [] if begun else [self.content],
                }
                if self.seals and not begun:
                    shown["encrypted_content"] = sealed(self.item.text)
                return shown
            case ItemKind.CALL:
                return self._call(status)
        aside = self.item.kind is ItemKind.PREAMBLE
        return {
            "type": "message",
            "id": self.id,
            "status": status,
            "role": "assistant",
            "phase": "commentary" if aside else "final_answer",
            "content": [] if begun else [self.content],
        }

    @property
    def content(self) -> JsonObject:
        """The one part of the content of reasoning and messages."""
        return content_part(self.item.kind, self.item.text)

    def _call(self, status: str) -> JsonObject:
        call: JsonObject = {"id": self.id, "call_id": self.item.id, "name": self.tool.name}
        if self.tool.group:
            call["namespace"] = self.tool.group
        begun = status == IN_PROGRESS
        if self.tool.free_text:
            text = "" if begun else free_text(self.item.text)
            return {"type": "custom_tool_call", **call, "input": text, "status": status}
        # Models write none for a function without parameters.
        arguments = "" if begun else self.item.text or "{}"
        return {"type": "function_call", **call, "arguments": arguments, "status": status}

    @property
    def part(self) -> Part:
        """The part of the conversation that it is."""
        match self.item.kind:
            case ItemKind.REASONING:
                return Part(self.item.text, PartKind.REASONING)
            case ItemKind.CALL:
                return function_call(self.tool.function.name, self.item.id, self.item.text)
            case ItemKind.PREAMBLE:
                return Part(self.item.text, format_data=ALONG_THE_WAY)
        return Part(self.item.text)


def content_part(kind: ItemKind, text: str) -> JsonObject:
    """Return a part of the content of reasoning or a message."""
    if kind is ItemKind.REASONING:
        return {"type": "reasoning_text", "text": text}
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def parts_of(items: Sequence[OutputItem]) -> tuple[Part, ...]:
    """Return the parts of an answer."""
    return tuple(item.part for item in items)
