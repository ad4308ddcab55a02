"""An engine without a model, whose answers follow from the question: for the server's clients.

The prompt is rendered, cut and counted by what does it for gpt-oss, with a byte for a token, and
the answer is tokens, which Harmony's parser reads. So requests are refused as in earnest, and the
deltas are those of an engine.

What the last question says, in any order of words, decides:

- ``call NAME {"json": 1}``, once or several times: these functions are called, one after the other,
  each once the one before has its result. ``both NAME {…} NAME {…}`` calls them in one turn.
- ``say "text"``: the answer is the text. ``json {…}``: it is this object.
- ``preamble``: text for the user comes before a call, or before the answer. ``silent``: nothing is
  reasoned. ``long``: the answer is long. ``slow``: each token takes 20 ms. ``endless``: the answer
  never ends, a token in 1 ms. ``unicode``: it has letters of many bytes. ``undeclared``: a function
  is called that there is not. ``dies``: the engine dies within the answer. ``heavy``: the
  prompt is never read to its end.
- Otherwise a function is called whose name or description shares a word with the question, or has
  to be called, with arguments that its schema allows and whose values are the question's; after its
  result, the answer has this. An answer by a schema follows it in the same way.
- Otherwise the answer repeats the question.

The reasoning names the effort.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count as numbers
from typing import Any

from app.base.answer_events import (
    Delta,
    Done,
    Event,
    Loading,
    Prefill,
    Prompt,
    Stats,
    StopReason,
    Waiting,
)
from app.base.errors import Cancelled, ContextFull, EngineDied, FiresideError
from app.base.types import Effort, ModelRef, PartKind, Request, Role, ToolChoice, ToolFunction
from app.engine.backend import Backend, Planned, ScriptedBackend
from app.engine.rendered_prompt import Prompts
from app.engine.scheduled_backend import ScheduledBackend
from app.engine.scheduler import Scheduler
from app.engine.stop_texts import StopTexts
from app.formats import Abilities, ChatFormat
from tests.fakes.engine import FORMAT, VOCABULARY, spell
from tests.fakes.vocabulary import CONTROL

CONTEXT = 131_072
UNICODE = "Grüße – 日本語 – Здравствуйте – 👩‍👩‍👧 e\u0301 𝄞"
RESULTS = "The tools say: "
_SLOW_S, _FOREVER_S = 0.02, 3600.0
_LONG = 200  # times a sentence
_NAME = re.compile(r"(?:call|both|and)\s+([A-Za-z_][\w-]*)\s*(?=\{)")
_WORD = re.compile(r"[A-Za-z]{3,}")
_COMMON = frozenset(
    _WORD.findall(
        "the and for are you can what how with that this from please call use tool function "
        "get give returns return given any all not its his her our your into about which who "
        "whom will would should could have has had was were been one two answer question user "
        "text value"
    )
)


@dataclass(frozen=True, slots=True)
class Thought:
    """Reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """Text for the user: the answer, or what is said ``before`` a call."""

    text: str
    before: bool = False


@dataclass(frozen=True, slots=True)
class Called:
    """A call of the client's function ``name``."""

    name: str
    arguments: str


Step = Thought | Said | Called


class ServedEngine(ScriptedBackend):
    """The engine; `served_engine` puts the queue before it, as it is with a real one.

    ``script`` returns the steps of an answer. ``pace`` is the time of a token, in seconds, and
    ``reading`` that of a prompt; ``loading`` that of the model, if it is not ``loaded``.
    ``failure`` is raised by every answer once its prompt was read. All answers that run are in
    ``running``, and those that have ended in ``reasons``, by their clients.
    """

    def __init__(
        self,
        *,
        context: int = CONTEXT,
        longest: int = 0,
        chat_format: ChatFormat = FORMAT,
        loaded: bool = True,
        model: ModelRef | None = None,
    ) -> None:
        super().__init__()
        self.script: Callable[[Request], Sequence[Step]] = answer_to
        self.pace = self.reading = self.loading = 0.0
        self.failure: FiresideError | None = None
        self.running: list[Request] = []
        self.reasons: list[tuple[str, StopReason | None]] = []
        self.context = context
        self._format = chat_format
        self._prompts = Prompts(chat_format, context, longest or context)
        self._loaded = loaded
        self.model = model
        self._changed = threading.Condition()
        self._read: list[tuple[int, ...]] = []

    def wait_until(self, running: int, seconds: float = 60.0) -> bool:
        """Wait until so many answers run; return whether that came about."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.running) == running, seconds)

    def load(
        self, model: ModelRef, cancel: threading.Event
    ) -> Generator[Waiting | Loading | Planned, None, None]:
        self.loads.append(model)
        yield from self._load(model, cancel)

    def stream(
        self,
        request: Request,
        cancel: threading.Event,
        answer_now: threading.Event | None = None,
    ) -> Generator[Event | Planned, None, None]:
        reason: StopReason | None = None
        with self._changed:
            self.requests.append(request)
            self.running.append(request)
            self._changed.notify_all()
        try:
            yield from self._load(request.model, cancel)
            for event in self._answer(request, cancel):
                if isinstance(event, Done):
                    reason = event.reason
                yield event
        finally:
            with self._changed:
                self.running.remove(request)
                self.reasons.append((request.client, reason))
                self._changed.notify_all()

    def count(self, request: Request, cancel: threading.Event) -> Prompt | None:
        self.counted.append(request)
        if not self._loaded:
            return None
        if request.whole:
            self._format.grammar(request)
        render = self._format.render if request.whole else self._format.ahead
        return self._prompts.render(request, render).size

    def abilities(self, model: ModelRef) -> Abilities:
        return self._format.abilities

    def loaded(self) -> ModelRef | None:
        return self.model if self._loaded else None

    def unload(self, cancel: threading.Event | None = None) -> None:
        self._loaded = False

    def _load(self, model: ModelRef, cancel: threading.Event) -> Generator[Loading, None, None]:
        steps = 0 if self._loaded else 4
        for step in range(steps):
            yield Loading(step / steps)
            if cancel.wait(self.loading / steps):
                raise Cancelled
        self.model, self._loaded = model, True

    def _answer(self, request: Request, cancel: threading.Event) -> Generator[Event, None, None]:
        arrived = time.monotonic()
        self._format.grammar(request)  # raises what is wrong with a schema
        prompt = self._prompts.render(request, self._format.render)
        if len(prompt.tokens) >= self.context:
            yield prompt.size
            raise ContextFull(len(prompt.tokens), self.context)
        yield prompt.size
        total = len(prompt.tokens)
        cached = max((_shared(prompt.tokens, read) for read in self._read), default=0)
        cached = min(cached, total - 1)
        reading = _FOREVER_S if _has(_question(request), "heavy") else self.reading
        for part in range(4):
            yield Prefill(cached + (total - cached) * part // 4, total)
            if cancel.wait(reading / 4) or cancel.is_set():
                raise Cancelled
        yield Prefill(total, total)
        if self.failure:
            raise self.failure
        yield from self._drawn(request, cancel, prompt.tokens, cached, arrived, prompt.turn)

    def _drawn(
        self,
        request: Request,
        cancel: threading.Event,
        prompt: tuple[int, ...],
        cached: int,
        arrived: float,
        turn: int | None,
    ) -> Generator[Event, None, None]:
        question, parser, stops = (
            _question(request),
            self._format.parser(request),
            StopTexts(request.stop),
        )
        endless = 0.001 if _has(question, "endless") else 0.0
        pace = self.pace or (_SLOW_S if _has(question, "slow") else endless)
        most = request.sampling.max_tokens or self.context
        reason, drawn, thought = StopReason.LENGTH, list[int](), 0
        first = time.monotonic()
        tokens = self._tokens(request)
        while len(drawn) < min(most, self.context - len(prompt)):
            if cancel.is_set() or (pace and cancel.wait(pace)):
                if not drawn:
                    raise Cancelled
                reason = StopReason.CANCELLED
                break
            token = next(tokens)
            drawn.append(token)
            thought += parser.in_reasoning
            for delta in parser.feed(token):
                yield from stops.feed(delta)
            if stops.found or parser.stop:
                reason = StopReason.STOP_TEXT if stops.found else parser.stop or reason
                break
            if len(drawn) == 40 and _has(question, "dies"):
                raise EngineDied(-9, "killed")
        for delta in parser.finish():
            yield from stops.feed(delta)
        yield from stops.rest()
        with self._changed:
            self._read = [*self._read[-15:], (*prompt, *drawn)]
        now = time.monotonic()
        stats = Stats(
            len(prompt),
            len(prompt) - cached,
            len(drawn),
            thought,
            first - arrived,
            now - first,
            0,
            request.sampling.seed or 0,
            self.context,
            prompt_s=first - arrived,
        )
        turn = len(prompt) if turn is None else turn
        goes_on = (*prompt[turn:], *drawn) if reason is StopReason.CALL else ()
        yield Done(reason, stats, goes_on, stops.text)

    def _tokens(self, request: Request) -> Iterator[int]:
        yield from _spelled(self.script(request))
        if _has(_question(request), "endless"):
            for number in numbers():
                yield from spell(f" {number}")
        yield CONTROL["<|return|>"]


def served_engine(engine: ServedEngine, places: int = 2) -> Backend:
    """Return the engine behind a queue that lets so many clients at it, and the window."""
    return ScheduledBackend(engine, Scheduler(places))


def _spelled(steps: Sequence[Step]) -> Iterator[int]:
    """Yield the tokens with which the model writes an answer, without the end of a text."""
    v = VOCABULARY
    for at, step in enumerate(steps):
        if at:
            yield from spell(v.start, "assistant")
        match step:
            case Thought(text):
                yield from spell(v.channel, "analysis", v.message, text, v.end)
            case Said(text, before=True):
                yield from spell(v.channel, "commentary", v.message, text, v.end)
            case Said(text):
                yield from spell(v.channel, "final", v.message, text)
            case Called(name, arguments):
                header = f"commentary to=functions.{name} "
                last = at + 1 == len(steps)
                yield from spell(v.channel, header, v.constrain, "json", v.message, arguments)
                yield v.call if last else v.end


def answer_to(request: Request) -> list[Step]:
    """Return the steps of the answer that the question asks for; see the module."""
    question, results = _question(request), _results(request)
    steps: list[Step] = []
    if not _has(question, "silent"):
        steps.append(Thought(_thought(request, bool(results))))
    if _has(question, "preamble") and not results:
        steps.append(Said("I look that up.", before=True))
    if _has(question, "undeclared") and not request.drawn:
        return [*steps, Called("no_such_function", "{}")]
    if calls := _calls(request, question, results):
        return [*steps, *calls]
    return [*steps, Said(_text(request, question, results))]


def _thought(request: Request, again: bool) -> str:
    about = "The tools have answered." if again else "The user asks something."
    return f"{about} Effort {Effort(request.effort).value}."


def _calls(request: Request, question: str, results: list[str]) -> list[Step]:
    functions = {
        function.name: function
        for namespace in request.tools
        if namespace.name == "functions"
        for function in namespace.functions
    }
    if request.tool_choice is ToolChoice.NONE or not functions:
        return []
    wanted = [call for call in _directives(question) if call.name in functions]
    if wanted:
        left = wanted[len(results) :]
        return list(left if _has(question, "both") else left[:1])
    if request.tool_choice is ToolChoice.REQUIRED:
        named = _fitting(functions.values(), question) or next(iter(functions.values()))
    elif not isinstance(request.tool_choice, ToolChoice):
        named = functions[request.tool_choice]
    else:
        found = None if results else _fitting(functions.values(), question)
        if found is None:
            return []
        named = found
    return [Called(named.name, _instance(named.schema, question))]


def _directives(question: str) -> Iterator[Called]:
    """Yield the calls that a question has literally."""
    for match in _NAME.finditer(question):
        arguments, _ = json.JSONDecoder().raw_decode(question, match.end())
        yield Called(match[1], json.dumps(arguments, ensure_ascii=False))


def _fitting(functions: Any, question: str) -> ToolFunction | None:
    """Return the function that shares most words with a question."""
    asked = _words(question)
    shared = {
        function: len(asked & _words(f"{function.name.replace('_', ' ')} {function.description}"))
        for function in functions
    }
    best = max(shared, key=lambda function: shared[function])
    return best if shared[best] else None


def _words(text: str) -> set[str]:
    return {word.lower().rstrip("s") for word in _WORD.findall(text)} - _COMMON


def _text(request: Request, question: str, results: list[str]) -> str:
    quoted = re.search(r'say "(.*?)"', question, re.DOTALL)
    if request.response_schema:
        given = re.search(r"json\s+(?=\{)", question)
        if given:
            found, _ = json.JSONDecoder().raw_decode(question, given.end())
            return json.dumps(found, ensure_ascii=False)
        return _instance(request.response_schema, question)
    if quoted:
        return quoted[1]
    if results:
        return RESULTS + "; ".join(results)
    if _has(question, "unicode"):
        return UNICODE
    if _has(question, "long"):
        return " ".join(f"This is sentence {n} of a long answer." for n in range(_LONG))
    return f"You said: {question}"


def _instance(schema: str, question: str) -> str:
    """Return an instance of a schema, with values out of a question."""
    if not schema:
        return question
    root = json.loads(schema) or {"type": "object", "properties": {"answer": {"type": "string"}}}
    if root.get("type") == "object" and "properties" not in root:  # what the question says
        keys = re.findall(r"['`](\w+)['`]", question)
        root = root | {"properties": {key: {"type": "string"} for key in keys}}
    found = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", question)]
    names = re.findall(r"(?<!\w)'([^']+)'(?!\w)", question)
    names += re.findall(r"(?<![.?!] )(?<!^)\b[A-Z][\w'-]*(?: [A-Z][\w'-]*)*", question)
    return json.dumps(_value(root, root, found, names), ensure_ascii=False)


def _value(schema: Any, root: Any, found: list[float], names: list[str]) -> Any:
    if not isinstance(schema, dict):
        return "something"
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].lstrip("#/").split("/"):
            target = target[step] if step else target
        return _value(target, root, found, names)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        asked = [value for value in schema["enum"] if value in names]
        return (asked or schema["enum"])[0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return _value(schema[key][0], root, found, names)
    kind = schema.get("type", "object" if "properties" in schema else "string")
    kind = kind[0] if isinstance(kind, list) else kind
    match kind:
        case "object":
            members = schema.get("properties", {})
            return {name: _value(part, root, found, names) for name, part in members.items()}
        case "array":
            items = schema.get("prefixItems") or [schema.get("items", {})] * max(
                1, schema.get("minItems", 1)
            )
            return [_value(item, root, found, names) for item in items]
        case "integer":
            return int(found.pop(0)) if found else int(schema.get("minimum", 1))
        case "number":
            return found.pop(0) if found else float(schema.get("minimum", 1))
        case "boolean":
            return True
        case "null":
            return None
    return names.pop(0) if names else "something"


def _question(request: Request) -> str:
    """Return the last question."""
    asked = [message.text for message in request.messages if message.role is Role.USER]
    return asked[-1] if asked else ""


def _results(request: Request) -> list[str]:
    """Return the results since the last question."""
    found: list[str] = []
    for message in request.messages:
        if message.role is Role.USER:
            found = []
        found += [part.text for part in message.parts if part.kind is PartKind.RESULT]
    return found


def _has(question: str, word: str) -> bool:
    return re.search(rf"\b{word}\b", question, re.IGNORECASE) is not None


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return how many tokens two sequences have in common at their beginning."""
    most = min(len(one), len(other))
    if one[:most] == other[:most]:
        return most
    low, high = 0, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle)
    return low


def text_of(deltas: Sequence[Event | Planned], kind: PartKind = PartKind.TEXT) -> str:
    """Return the text of the deltas of a kind."""
    return "".join(d.text for d in deltas if isinstance(d, Delta) and d.kind is kind)


def asked(text: str, model: ModelRef, **more: Any) -> Request:
    """Return a request with one question."""
    from app.base.types import Message, Part

    return replace(Request(model, (Message(Role.USER, (Part(text),)),)), **more)
