"""The Responses interface, as far as those who speak it agree.

From openai/openai-openapi at f85dbe2 (2026-08-21; the file calls itself 2.3.0), openapi.yaml:
CreateResponse, Response, the items and the Response…Event schemas with their examples; and the
types of openai 3.57.0 (PyPI), openai/types/responses. Read 2026-11-30.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum, auto
from typing import Any

from tests.fakes.remote.said import Call, Said, Seen, flat, fragments, pieces
from tests.fakes.remote.wire import CREATED, Frame

Json = dict[str, Any]
SEAL = "gAAAAA"
"""Stands for the encryption in front of a sealed text."""


class Thoughts(Enum):
    """How the reasoning comes."""

    SUMMARY = auto()
    """As a summary, and sealed."""
    SEALED = auto()
    """Sealed only."""
    AT_ONCE = auto()
    """As one event with the whole text, and no item."""
    TEXT = auto()
    """As text, while it is thought."""


class Events:
    """The events of one response, in order, with their numbers."""

    def __init__(self, model: str, body: Mapping[str, Any], thoughts: Thoughts) -> None:
        self._model, self._body, self._thoughts = model, body, thoughts
        self._number = 0
        self._output: list[Json] = []

    def frames(self, said: Said, size: int) -> Iterator[Frame]:
        """Yield all of them."""
        yield self._event("response.created", response=self.response("in_progress"))
        yield self._event("response.in_progress", response=self.response("in_progress"))
        if said.reasoning:
            yield from self._reasoning(said.reasoning)
        if said.text:
            yield from self._message(said.text)
        for at, call in enumerate(said.calls):
            yield from self._call(at, call)
        name = "incomplete" if said.full else "completed"
        usage = {
            "input_tokens": size,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": said.generated,
            "output_tokens_details": {"reasoning_tokens": said.reasoning_tokens},
            "total_tokens": size + said.generated,
        }
        whole = self.response(name) | {"usage": usage}
        if said.full:
            whole["incomplete_details"] = {"reason": "max_output_tokens"}
        yield self._event(f"response.{name}", response=whole)

    def response(self, status: str) -> Json:
        """Return the response as it is now."""
        body = self._body
        reasoning = {"effort": None, "summary": None} | (body.get("reasoning") or {})
        return {
            "id": "resp_67ccfcdd16748190a91872c75d38539e",
            "object": "response",
            "created_at": CREATED,
            "status": status,
            "completed_at": CREATED + 1 if status == "completed" else None,
            "error": None,
            "incomplete_details": None,
            "instructions": body.get("instructions"),
            "max_output_tokens": body.get("max_output_tokens"),
            "model": self._model,
            "output": list(self._output),
            "parallel_tool_calls": True,
            "previous_response_id": None,
            "reasoning": reasoning,
            "store": body.get("store", True),
            "temperature": 1.0,
            "text": {"format": {"type": "text"}},
            "tool_choice": "auto",
            "tools": body.get("tools", []),
            "top_p": 1.0,
            "truncation": "disabled",
            "usage": None,
            "user": None,
            "metadata": {},
        }

    def _event(self, type: str, **data: Any) -> Frame:
        frame = Frame({"type": type, "sequence_number": self._number} | data, type)
        self._number += 1
        return frame

    def _reasoning(self, text: str) -> Iterator[Frame]:
        id, at = "rs_6806bfca0b2481918a5748308061a260", len(self._output)
        place = {"item_id": id, "output_index": at}
        if self._thoughts is Thoughts.AT_ONCE:
            yield self._event("response.reasoning_text.done", **place, content_index=0, text=text)
            return
        item: Json = {"id": id, "type": "reasoning", "summary": []}
        yield self._event("response.output_item.added", output_index=at, item=dict(item))
        match self._thoughts:
            case Thoughts.TEXT:
                for piece in pieces(text):
                    yield self._event(
                        "response.reasoning_text.delta", **place, content_index=0, delta=piece
                    )
                yield self._event(
                    "response.reasoning_text.done", **place, content_index=0, text=text
                )
                item["content"] = [{"type": "reasoning_text", "text": text}]
            case Thoughts.SUMMARY:
                yield from self._summary(place, text)
                item["summary"] = [{"type": "summary_text", "text": text}]
        if self._thoughts is not Thoughts.TEXT:
            item["encrypted_content"] = SEAL + text
        yield self._ended(item)

    def _summary(self, place: Json, text: str) -> Iterator[Frame]:
        place = place | {"summary_index": 0}
        part = {"type": "summary_text", "text": ""}
        yield self._event("response.reasoning_summary_part.added", **place, part=part)
        for piece in pieces(text):
            yield self._event("response.reasoning_summary_text.delta", **place, delta=piece)
        yield self._event("response.reasoning_summary_text.done", **place, text=text)
        part = part | {"text": text}
        yield self._event("response.reasoning_summary_part.done", **place, part=part)

    def _message(self, text: str) -> Iterator[Frame]:
        id, at = "msg_67c9fdcf37fc8190ba82116e33fb28c5", len(self._output)
        place = {"item_id": id, "output_index": at, "content_index": 0}
        item: Json = {"id": id, "type": "message", "status": "in_progress", "role": "assistant"}
        yield self._event(
            "response.output_item.added", output_index=at, item=item | {"content": []}
        )
        part = {"type": "output_text", "text": "", "annotations": []}
        yield self._event("response.content_part.added", **place, part=part)
        for piece in pieces(text):
            yield self._event("response.output_text.delta", **place, delta=piece, logprobs=[])
        part = part | {"text": text}
        yield self._event("response.output_text.done", **place, text=text, logprobs=[])
        yield self._event("response.content_part.done", **place, part=part)
        yield self._ended(item | {"status": "completed", "content": [part]})

    def _call(self, number: int, call: Call) -> Iterator[Frame]:
        id, at = f"fc_67ca09c6bedc8190a7abfec07b1a133{number}", len(self._output)
        place = {"item_id": id, "output_index": at}
        item: Json = {"id": id, "type": "function_call", "call_id": f"call_unLAR8MvFNpt{number}"}
        item |= {"status": "in_progress", "name": call.name, "arguments": ""}
        yield self._event("response.output_item.added", output_index=at, item=item)
        for piece in fragments(call.arguments):
            yield self._event("response.function_call_arguments.delta", **place, delta=piece)
        yield self._event(
            "response.function_call_arguments.done",
            **place,
            name=call.name,
            arguments=call.arguments,
        )
        yield self._ended(item | {"status": "completed", "arguments": call.arguments})

    def _ended(self, item: Json) -> Frame:
        at = len(self._output)
        self._output.append(item)
        return self._event("response.output_item.done", output_index=at, item=item)


def whole(model: str, body: Mapping[str, Any], said: Said, size: int, how: Thoughts) -> Json:
    """Return the response of a request that does not want a stream."""
    *_, last = Events(model, body, how).frames(said, size)
    response: Json = last.data["response"]
    return response


def prompt_of(body: Mapping[str, Any]) -> list[Seen]:
    """Return the prompt of a request."""
    prompt = [Seen("system", body["instructions"])] if body.get("instructions") else []
    items: Sequence[Json] = body["input"]
    if isinstance(body["input"], str):
        items = [{"role": "user", "content": body["input"]}]
    thought = ""
    for item in items:
        match item.get("type", "message"):
            case "reasoning":
                thought = _thought(item)
                continue
            case "message":
                prompt.append(Seen(item["role"], flat(item["content"]), thought))
            case "function_call":
                call = Call(item["name"], item["arguments"])
                before = prompt[-1] if prompt and not thought else Seen("", "")
                if before.role == "assistant":  # calls of one answer, and what it said before
                    prompt.pop()
                    calls = (*before.calls, call)
                    prompt.append(Seen("assistant", before.text, before.reasoning, calls))
                else:
                    prompt.append(Seen("assistant", "", thought, (call,)))
            case "function_call_output":
                prompt.append(Seen("tool", flat(item["output"]), id=item["call_id"]))
        thought = ""
    return prompt


def _thought(item: Json) -> str:
    sealed = item.get("encrypted_content") or ""
    plain = "".join(part["text"] for part in item.get("content") or ())
    summary = "".join(part["text"] for part in item.get("summary") or ())
    return sealed.removeprefix(SEAL) or plain or summary
