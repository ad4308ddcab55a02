"""A prompt out of messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.base.code_fence import code_fence
from app.base.types import Message, Part, PartKind, Request, Role
from app.formats.harmony.channels import Channel, MessageHeader
from app.formats.harmony.vocabulary import Vocabulary

_SYSTEM = (
    "You are ChatGPT, a large language model trained by OpenAI.\n"
    "Knowledge cutoff: 2024-06\n"
    "Current date: {date}\n\n"
    "Reasoning: {effort}\n\n"
    "# Valid channels: analysis, commentary, final. Channel must be included for every message."
)
NO_TOOL = "Error: there is no such tool here. Answer without it."
"""What a call is answered with."""


def render(request: Request, vocabulary: Vocabulary) -> list[int]:
    """The ids to ask a model with, ending where it is to write."""
    return [token for piece in rendered_messages(request, vocabulary) for token in piece]


def rendered_messages(request: Request, v: Vocabulary) -> list[list[int]]:
    """The ids of `render` in pieces: the opening, one for each message, and what the model is to
    go on from."""
    *before, last = request.messages
    if last.role is Role.USER:
        return [*_past(request, request.messages, v), _begun(v)]
    whole = _past(request, before, v)
    if not last.parts:
        return [*whole, [], _begun(v)]
    answer = _answer(last.parts, v)
    if last.parts[-1].kind is PartKind.CALL:
        return [*whole, answer, _begun(v)]
    return [*whole, answer[:-1], []]  # without its end, it goes on


def rendered_prefix(request: Request, v: Vocabulary) -> list[list[int]]:
    """The same for a conversation whose next question is not asked yet: what its prompt will
    begin with. A question at its end is still being written."""
    whole = _past(request, request.messages, v)
    if request.messages and request.messages[-1].role is Role.USER:
        del whole[-1][-1]
    return [*whole, []]


def _begun(v: Vocabulary) -> list[int]:
    """An answer begins."""
    return [v.start, *v.tokenizer.encode("assistant")]


def _whole(role: str, text: str, v: Vocabulary) -> list[int]:
    return [v.start, *v.tokenizer.encode(role), v.message, *v.tokenizer.encode(text), v.end]


def _opening(request: Request, v: Vocabulary) -> list[int]:
    """What stands before the messages. The effort is near its start: the format wants it there,
    so another effort makes another prompt from there on."""
    system = _SYSTEM.format(date=request.today.isoformat(), effort=request.effort.value)
    ids = _whole("system", system, v)
    if request.instructions:
        ids += _whole("developer", f"# Instructions\n\n{request.instructions}", v)
    return ids


def _past(request: Request, messages: Sequence[Message], v: Vocabulary) -> list[list[int]]:
    """The pieces of the opening, and of messages that are complete. A question of another day
    than the one before has that day before it: the opening, and all that was read, stay."""
    whole, told = [_opening(request, v)], request.today
    for message in messages:
        if message.role is Role.ASSISTANT:
            whole.append(_answer(_without_reasoning(message), v))
            continue
        day = message.day or request.today
        # As openai-harmony renders a system message that has nothing but a date.
        date = _whole("system", f"Current date: {day.isoformat()}", v) if day != told else []
        said = _whole("user", "\n\n".join(map(question_text, message.parts)), v)
        whole.append([*date, *said])
        told = day
    return whole


def question_text(part: Part) -> str:
    """What a person says, or has attached: that stands fenced under its name."""
    if part.kind is not PartKind.FILE:
        return part.text
    return f"{' '.join(part.name.split())}:\n{code_fence(part.text)}"


def answer_now(vocabulary: Vocabulary, *, thinking: bool) -> list[int]:
    """The ids that open the final channel: out of the reasoning, or as the first of all."""
    v = vocabulary
    leave = [v.end, v.start, *v.tokenizer.encode("assistant")] if thinking else []
    return [*leave, v.channel, *v.tokenizer.encode(Channel.FINAL.value), v.message]


def _without_reasoning(message: Message) -> tuple[Part, ...]:
    """A past answer as the model is to see it: the chain of thought of a turn is dropped when
    the turn is over."""
    return tuple(
        part
        for part in message.parts
        if MessageHeader.of_part(part).channel is not Channel.ANALYSIS
    )


def _answer(parts: Iterable[Part], v: Vocabulary) -> list[int]:
    encode = v.tokenizer.encode
    ids: list[int] = []
    for part in parts:
        header = MessageHeader.of_part(part)
        tool, channel = header.recipient, encode(header.channel.value)
        ids += [v.start, *encode(f"assistant to={tool}" if tool else "assistant")]
        ids += [v.channel, *channel]
        if header.content_type:
            ids += [*encode(" "), v.constrain, *encode(header.content_type)]
        ids += [v.message, *encode(part.text), v.call if tool else v.end]
        if tool:  # there is none of that name, and the model is to know
            ids += [v.start, *encode(f"{tool} to=assistant"), v.channel]
            ids += [*channel, v.message, *encode(NO_TOOL), v.end]
    return ids
