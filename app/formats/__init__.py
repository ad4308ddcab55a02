"""Chat formats: the prompt and answer syntax of families of models.

A `ChatFormat` renders a conversation into tokens and parses the tokens that a model draws.
`choose` picks the format of a file by its vocabulary and its chat template, never by a name or
an architecture: several families share one architecture.

A new format is a package of its own beside ``harmony``, and one line in `_known`. What they share:
``json_schema`` makes schemas that can be followed exactly, ``tool_descriptions`` has tools as
gpt-oss was trained on them, and ``token_estimate`` counts where there is no vocabulary.
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.base.answer_events import Delta, StopReason
from app.base.code_fence import code_fence
from app.base.errors import ModelForeign, NotGguf
from app.base.gguf import NORMAL_TOKEN, GgufHeader
from app.base.types import Effort, Part, PartKind, Request

if TYPE_CHECKING:  # slow to import, and most importers need only `Abilities`
    from app.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Abilities:
    """The abilities of a model, according to its chat format.

    ``efforts``: the levels that it knows, empty if there is no choice. ``closable_reasoning``:
    whether it can be told to answer now.
    """

    efforts: tuple[Effort, ...] = ()
    default_effort: Effort | None = None
    tools: bool = False
    closable_reasoning: bool = False


@dataclass(frozen=True, slots=True)
class RenderedRequest:
    """A conversation as tokens.

    ``sizes`` are the tokens of the opening, of each message, and of what follows them: estimates of
    what leaving a message out would save. The prompt of the next turn is sure to begin with the
    first ``stable`` tokens. The turn in progress, or the one that begins now, has the tokens from
    ``turn`` on: with those drawn after them they are a later request's ``drawn``. It is None if
    that cannot be.
    """

    tokens: tuple[int, ...]
    sizes: tuple[int, ...]
    stable: int
    turn: int | None = None

    @classmethod
    def of_pieces(cls, pieces: Sequence[Sequence[int]], unstable: int = 0) -> RenderedRequest:
        """Join the tokens of the opening, the messages and what follows.

        The last ``unstable`` tokens may differ in the next turn's prompt.
        """
        tokens = tuple(token for piece in pieces for token in piece)
        return cls(tokens, tuple(map(len, pieces)), len(tokens) - unstable)


@dataclass(frozen=True, slots=True)
class TurnGrammar:
    """A grammar of all that a model may draw in a turn, up to the token that ends it.

    ``text`` is in llguidance's dialect of Lark (its docs/syntax.md). ``begun`` are the tokens of
    the turn that are there already, if an answer is continued: the grammar begins before them.
    """

    text: str
    begun: tuple[int, ...] = ()


class AnswerParser(Protocol):
    """A parser that turns the tokens that a model draws into deltas.

    Whatever the tokens, it never raises, loses no text, and shows no control token.
    """

    @property
    def stop(self) -> StopReason | None:
        """Why the model's turn is over; None while it goes on."""

    @property
    def in_reasoning(self) -> bool:
        """Whether further text would belong to the chain of thought."""

    def feed(self, token: int) -> list[Delta]:
        """Return the deltas that one more token adds."""

    def finish(self) -> list[Delta]:
        """Return the deltas that were held back until the stream's end."""

    def close_reasoning(self) -> list[int]:
        """Return the tokens that end the reasoning and begin the answer, to be fed and decoded.

        Empty if there is no reasoning to end: the answer has begun, or the next token decides what
        comes next.
        """


class TextParser(Protocol):
    """A parser of an answer that comes as text, in which control tokens are spelled out.

    An answer that does not begin with one has none, and is all text for the user.
    """

    def feed(self, text: str) -> list[Delta]:
        """Return the deltas that more text adds."""

    def finish(self) -> list[Delta]:
        """Return the deltas that were held back until the end."""


class ChatFormat(Protocol):
    """A family's prompt and answer syntax, with a model's vocabulary.

    Text of people, files, tools and clients never becomes a control token. What a format cannot
    render is refused with RequestUnsupported.
    """

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's vocabulary."""

    @property
    def stops(self) -> frozenset[int]:
        """The tokens that end a turn."""

    @property
    def abilities(self) -> Abilities:
        """The abilities of the format."""

    def render(self, request: Request) -> RenderedRequest:
        """Render a request, up to where the model continues. Raises RequestUnsupported.

        That is after a question, after the result of a tool, or within an answer.
        """

    def ahead(self, request: Request) -> RenderedRequest:
        """Render what every next prompt begins with. Raises RequestUnsupported.

        A question at the end counts as unfinished.
        """

    def bridge(self, request: Request, drawn: Sequence[int]) -> list[int]:
        """Return the tokens that lead from ``drawn``, the turn so far, to the next draw.

        ``request`` ends with the results of the turn's last calls.
        """

    def parser(self, request: Request) -> AnswerParser:
        """Return a parser that begins where the prompt of the request ends."""

    def grammar(self, request: Request) -> TurnGrammar | None:
        """Return a grammar of the whole turn, or None if the request does not constrain it.

        It does so by a schema of its answer, by strict functions, or if a function has to be
        called. Raises RequestUnsupported or SchemaError.
        """


def choose(header: GgufHeader) -> ChatFormat:
    """Return the chat format of a file whose header was read with its arrays.

    Raises ModelForeign if no known format fits.
    """
    from app.tokenizer import TiktokenTokenizer

    known = _known_format(header)
    try:
        return known(TiktokenTokenizer.from_gguf(header))
    except NotGguf:
        raise ModelForeign(header.path, _FOREIGN) from None


def abilities_of(header: GgufHeader) -> Abilities:
    """Return the abilities of a file's chat format, without building a tokenizer; see `choose`."""
    return _known_format(header).abilities


class EstimatingFormats:
    """Formats that only count tokens, by estimate: for models of which no file is here.

    They count as gpt-oss's format does, since what other formats add to texts differs little.
    """

    def __init__(self) -> None:
        from app.formats.harmony.harmony_format import HarmonyFormat

        self._tokenizer = HarmonyFormat.estimator()

    def corrected(self, correction: float) -> ChatFormat:
        """Return one whose counts of texts are ``correction`` times the estimates."""
        from app.formats.harmony.harmony_format import HarmonyFormat

        return HarmonyFormat(self._tokenizer.corrected(correction))


class _KnownFormat(Protocol):
    """The class of a chat format."""

    abilities: Abilities

    def __call__(self, tokenizer: Tokenizer) -> ChatFormat:
        """Return the format for a model's vocabulary."""

    def fits(self, control: Container[str], template: str) -> bool:
        """Return whether a file with these control tokens and chat template uses the format."""

    def is_preamble(self, format_data: str) -> bool:
        """Return whether text with this ``format_data`` comes before a call; see `is_preamble`."""


def is_preamble(format_data: str) -> bool:
    """Return whether text with this ``format_data`` is for the user, and not yet the answer.

    A model says so what it is about to do, before it calls a tool.
    """
    return any(known.is_preamble(format_data) for known in _known())


def text_parser() -> TextParser:
    """Return a parser of an answer in which control tokens may be spelled out."""
    from app.formats.harmony.marked_text import MarkedTextParser

    return MarkedTextParser()


def _known() -> tuple[_KnownFormat, ...]:
    """Return all formats; of several that fit, the first is taken."""
    from app.formats.harmony.harmony_format import HarmonyFormat

    return (HarmonyFormat,)


def _known_format(header: GgufHeader) -> _KnownFormat:
    tokens = header.metadata.get("tokenizer.ggml.tokens")
    types = header.metadata.get("tokenizer.ggml.token_type")
    template = str(header.metadata.get("tokenizer.chat_template", ""))
    if isinstance(tokens, list) and isinstance(types, list):
        control = {
            token.decode("utf-8", "replace")
            for token, kind in zip(tokens, types, strict=False)
            if kind != NORMAL_TOKEN and isinstance(token, bytes)
        }
        for known in _known():
            if known.fits(control, template):
                return known
    raise ModelForeign(header.path, _FOREIGN)


_FOREIGN = "its vocabulary is not gpt-oss's"


def question_text(part: Part) -> str:
    """Return a part of a question as text for the model.

    A file is a fenced block under its name.
    """
    if part.kind is not PartKind.FILE:
        return part.text
    return f"{' '.join(part.name.split())}:\n{code_fence(part.text)}"
