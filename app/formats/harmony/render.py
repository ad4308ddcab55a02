"""Rendering: a prompt out of messages.

A turn in progress, an answer with its calls and their results, keeps its reasoning; the reasoning
of completed turns is dropped. (openai-harmony's own way of dropping it is wrong: reasoning of the
second turn survives into the third, and nothing is dropped after a call.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from app.base.errors import RequestUnsupported
from app.base.types import Message, Part, PartKind, Request, Role, ToolChoice, ToolNamespace
from app.formats import RenderedRequest, question_text
from app.formats.harmony import declarations
from app.formats.harmony.channels import Channel, MessageHeader
from app.formats.harmony.response_format import response_format
from app.formats.harmony.vocabulary import Vocabulary

_SYSTEM = (
    "You are ChatGPT, a large language model trained by OpenAI.\n"
    "Knowledge cutoff: 2024-06\n"
    "Current date: {date}\n\n"
    "Reasoning: {effort}\n\n"
    "{tools}"
    "# Valid channels: analysis, commentary, final. Channel must be included for every message."
)
_FUNCTIONS = "functions"
_CALLS = "\nCalls to these tools must go to the commentary channel: 'functions'."
NO_TOOL = "Error: there is no such tool here. Answer without it."
"""The text rendered for a call without a result, of a tool that is not declared."""
INTERRUPTED = "Error: this call was interrupted. It is not known whether it was carried out."
"""The text rendered for a call without a result, of a tool that is declared."""
_INSTRUCTIONS = (Role.SYSTEM, Role.DEVELOPER)
_ASSISTANT = b"assistant"
_ANSWERS = (Role.ASSISTANT, Role.TOOL)
SHOWN = (PartKind.MEDIA, PartKind.PAGE, PartKind.FILE)
"""The parts of an answer that only the user sees."""


def render_request(request: Request, v: Vocabulary) -> RenderedRequest:
    """Render a request, up to where the model is to write."""
    messages = request.messages
    turn = _turn(messages)
    past = _past(request, turn, v)
    if turn == len(messages):
        if request.drawn:
            raise RequestUnsupported("drawn")  # not in an answer
        return _rendered([*past, _begun(v)])
    if request.drawn:
        drawn = _whole(request.drawn, v)
        piece = [*_begun(v), *drawn, *render_bridge(request, drawn, v)]
        others: list[list[int]] = [[] for _ in messages[turn + 1 :]]
        return _rendered([*past, piece, *others, []], len(piece), len(piece) - len(_begun(v)))
    pieces = _answer(messages[turn:], request, v)
    if _continued(messages):  # without its end
        pieces[-1], follows = pieces[-1][:-1], []
    else:
        follows = _begun(v)
    answer = [token for piece in (*pieces, follows) for token in piece]
    changing = sum(map(len, pieces))
    return _rendered(
        [*past, *pieces, follows],
        changing + len(follows) if changing else 0,
        len(answer) - len(_begun(v)) if answer[: len(_begun(v))] == _begun(v) else None,
    )


def _rendered(
    pieces: Sequence[Sequence[int]], unstable: int = 0, turn: int | None = 0
) -> RenderedRequest:
    """Join the pieces of a prompt, of which the last ``turn`` tokens are of the turn."""
    rendered = RenderedRequest.of_pieces(pieces, unstable)
    return replace(rendered, turn=None if turn is None else len(rendered.tokens) - turn)


def render_ahead(request: Request, v: Vocabulary) -> RenderedRequest:
    """Render what the prompt of the next question begins with.

    A question at the end counts as unfinished.
    """
    pieces = _past(request, len(request.messages), v)
    if request.messages and request.messages[-1].role is Role.USER:
        del pieces[-1][-1]
    return RenderedRequest.of_pieces([*pieces, []])


def render_bridge(request: Request, drawn: Sequence[int], v: Vocabulary) -> list[int]:
    """Render what follows the drawn tokens of a turn: the results of its last calls.

    It may be that others have said something after these.
    """
    turn = _turn(request.messages)
    parts = [part for message in request.messages[turn:] for part in _parts(message)]
    done = next(
        (n for n in range(len(parts), 0, -1) if parts[n - 1].kind is not PartKind.RESULT), 0
    )
    results = _results(parts)
    ids: list[int] = []
    if drawn and drawn[-1] not in {v.call, v.end}:
        ids.append(v.call if parts[:done] and parts[done - 1].kind is PartKind.CALL else v.end)
    for at in range(done, len(parts)):
        ids += _result(parts[at], results.calls.get(at), v)
    if done and done - 1 in results.unanswered and parts[done - 1].kind is PartKind.CALL:
        ids += _unanswered(parts[done - 1], request, v)
    said = takewhile(lambda message: not _answers(message), reversed(request.messages))
    for message in reversed(list(said)):
        ids += _told(message, v)
    return [*ids, *_begun(v)]


def _whole(drawn: Sequence[int], v: Vocabulary) -> Sequence[int]:
    """Return a turn's drawn tokens without the header of another role's message at their end.

    With that the model went on in the tool's place, instead of ending its call.
    """
    start = next((at for at in range(len(drawn) - 1, -1, -1) if drawn[at] == v.start), len(drawn))
    role = takewhile(lambda token: token not in v.headers, drawn[start + 1 :])
    if start < len(drawn) and not b"".join(map(v.tokenizer.bytes_of, role)).startswith(_ASSISTANT):
        return drawn[:start]
    return drawn


def _turn(messages: Sequence[Message]) -> int:
    """Return the index at which the turn in progress begins; the number of messages if none is.

    It is an answer that is continued, or one whose calls have results. After these, others may have
    said something, as programs do that work with a model.
    """
    turn, before = len(messages), None
    for at, message in enumerate(messages):
        answered = before is Role.ASSISTANT
        if message.role not in _ANSWERS:
            turn = len(messages) if answered else turn
        elif turn == len(messages) or (answered and message.role is Role.ASSISTANT):
            turn = at
        before = message.role
    return turn


def _continued(messages: Sequence[Message]) -> Part | None:
    """Return the part at the end that is continued; None if a new one begins."""
    if messages[-1].role is not Role.ASSISTANT:
        return None
    last = _parts(messages[-1])[-1:]
    return last[0] if last and last[0].kind not in (PartKind.CALL, PartKind.RESULT) else None


def _begun(v: Vocabulary) -> list[int]:
    """Return the tokens that begin an answer."""
    return [v.start, *v.tokenizer.encode("assistant")]


def _message(role: str, text: str, v: Vocabulary) -> list[int]:
    return [v.start, *v.tokenizer.encode(role), v.message, *v.tokenizer.encode(text), v.end]


def unfinished(request: Request, v: Vocabulary) -> list[int]:
    """Return the tokens of the message with which the prompt ends, if it is continued.

    They begin after those that begin any answer.
    """
    last = None if request.drawn or not request.messages else _continued(request.messages)
    return _said(last, MessageHeader.of_part(last), v)[len(_begun(v)) : -1] if last else []


def _instructions(text: str, v: Vocabulary, *sections: str) -> list[int]:
    told = f"# Instructions\n\n{text}" if text else ""
    return _message("developer", "\n\n".join(filter(None, (told, *sections))), v)


def _tools(request: Request) -> tuple[ToolNamespace, ...]:
    """Return the namespaces that are declared."""
    return () if request.tool_choice is ToolChoice.NONE else request.tools


def _opening(request: Request, v: Vocabulary) -> list[int]:
    """Render the opening, which precedes the messages.

    The format has the effort near its start, so a different effort changes the prompt from there
    on, and so do other tools.
    """
    tools = _tools(request)
    trained = declarations.section(n for n in tools if n.name in declarations.TRAINED)
    others = [n for n in tools if n.name not in declarations.TRAINED and n.functions]
    system = _SYSTEM.format(
        date=request.today.isoformat(),
        effort=request.effort.value,
        tools=f"{trained}\n\n" if trained else "",
    )
    calls = _CALLS if any(n.name == _FUNCTIONS for n in others) else ""
    ids = _message("system", system + calls, v)
    texts = [request.instructions, *(m.text for m in request.messages[: _leading(request)])]
    text, declared = "\n\n".join(filter(None, texts)), declarations.section(others)
    shape = response_format(request.response_schema)
    return [*ids, *_instructions(text, v, declared, shape)] if text or declared or shape else ids


def _leading(request: Request) -> int:
    """Count the leading system and developer messages.

    They belong to the opening: the model was trained with one developer message there.
    """
    roles = [message.role for message in request.messages]
    return next((n for n, role in enumerate(roles) if role not in _INSTRUCTIONS), len(roles))


def _past(request: Request, end: int, v: Vocabulary) -> list[list[int]]:
    """Render the opening, and the first ``end`` messages, which are complete.

    A question asked on a later day than the one before is preceded by its date, so that the opening
    and everything processed so far stay valid.
    """
    pieces, current = [_opening(request, v)], request.today
    leading = _leading(request)
    messages = request.messages[:end]
    for at, message in enumerate(messages):
        if message.role in _ANSWERS:
            if not at or messages[at - 1].role not in _ANSWERS:
                answers = list(takewhile(_answers, messages[at:]))
                pieces += _answer(answers, request, v, past=True)
        elif at < leading:
            pieces.append([])
        else:
            day = current if message.role in _INSTRUCTIONS else message.day or request.today
            # As openai-harmony renders a system message that has only a date.
            date = (
                _message("system", f"Current date: {day.isoformat()}", v) if day != current else []
            )
            pieces.append([*date, *_told(message, v)])
            current = day
    return pieces


def _told(message: Message, v: Vocabulary) -> list[int]:
    """Render what the model is told: a question, or instructions."""
    if message.role in _INSTRUCTIONS:
        return _instructions(message.text, v)
    return _message("user", "\n\n".join(map(question_text, message.parts)), v)


class _Results:
    """The assignment of results to calls, by their places in a list of parts.

    ``calls``: the call of each result that has one. ``unanswered``: the calls without a result.
    ``changes``: the results that tell of a change outside the chat, and their calls.
    """

    def __init__(self) -> None:
        self.calls: dict[int, Part] = {}
        self.unanswered: dict[int, Part] = {}
        self.changes: set[int] = set()


def _results(parts: Sequence[Part]) -> _Results:
    """Match results to calls: by id, else by name, else in their order."""
    found = _Results()
    for at, part in enumerate(parts):
        if part.kind is PartKind.CALL:
            found.unanswered[at] = part
        elif part.kind is PartKind.RESULT:
            waiting = found.unanswered
            fitting = [n for n, call in waiting.items() if part.id and call.id == part.id]
            if not fitting:  # the model's own calls have no ids
                alike = {n: call for n, call in waiting.items() if not (part.id and call.id)}
                fitting = [n for n, call in alike.items() if part.name in ("", call.name)]
            if fitting:
                found.calls[at] = waiting.pop(fitting[0])
                if part.facts and part.facts.changes:
                    found.changes |= {at, fitting[0]}
    return found


def _answers(message: Message) -> bool:
    return message.role in _ANSWERS


def _parts(message: Message) -> tuple[Part, ...]:
    """Return the parts of an answer that the model has written or read.

    Figures and files in it are for the user; everything in a tool's message is a result.
    """
    if not _answers(message):
        return ()
    parts = (part for part in message.parts if part.kind not in SHOWN)
    if message.role is not Role.TOOL:
        return tuple(parts)
    return tuple(replace(part, kind=PartKind.RESULT) for part in parts)


def _answer(
    messages: Sequence[Message], request: Request, v: Vocabulary, *, past: bool = False
) -> list[list[int]]:
    """Render one turn's answers and tools' messages, each as tokens.

    The analysis channel of a ``past`` turn is left out, but for calls that have changed something
    outside the chat, and what came of them.
    """
    ids = [[] if _answers(message) else _told(message, v) for message in messages]
    placed = [(at, part) for at, message in enumerate(messages) for part in _parts(message)]
    results = _results([part for _, part in placed])
    for n, (at, part) in enumerate(placed):
        header = MessageHeader.of_part(results.calls.get(n, part))
        if past and header.channel is Channel.ANALYSIS and n not in results.changes:
            continue
        if part.kind is PartKind.REASONING and not part.text and n + 1 < len(placed):
            continue  # a server has sealed it, and only that one can read it
        if part.kind is PartKind.RESULT:
            ids[at] += _result(part, results.calls.get(n), v)
            continue
        ids[at] += _said(part, header, v)
        if n in results.unanswered:
            ids[at] += _unanswered(part, request, v)
    return ids


def _said(part: Part, header: MessageHeader, v: Vocabulary) -> list[int]:
    """Render a part that the model wrote itself: reasoning, text, or a call."""
    encode, tool = v.tokenizer.encode, header.recipient
    ids = [v.start, *encode(f"assistant to={tool}" if tool else "assistant")]
    ids += [v.channel, *encode(header.channel.value)]
    if header.content_type:
        ids += [*encode(" "), v.constrain, *encode(header.content_type)]
    return [*ids, v.message, *encode(part.text), v.call if tool else v.end]


def _result(part: Part, call: Part | None, v: Vocabulary) -> list[int]:
    """Render a tool's result, on the channel of its call."""
    encode = v.tokenizer.encode
    channel = MessageHeader.of_part(call or part).channel.value
    name = (call.name if call else part.name) or "tool"
    ids = [v.start, *encode(f"{name} to=assistant"), v.channel, *encode(channel)]
    return [*ids, v.message, *encode(part.text), v.end]


def _unanswered(call: Part, request: Request, v: Vocabulary) -> list[int]:
    """Render the result of a call that has none: the model is told why."""
    declared = any(call.name.partition(".")[0] == namespace.name for namespace in _tools(request))
    text = INTERRUPTED if declared else NO_TOOL
    return _result(Part(text, PartKind.RESULT, call.name), call, v)


def closing(v: Vocabulary, *, in_reasoning: bool) -> list[int]:
    """Return the tokens that open the final channel, from the reasoning or at the start."""
    leave = [v.end, *_begun(v)] if in_reasoning else []
    return [*leave, v.channel, *v.tokenizer.encode(Channel.FINAL.value), v.message]
