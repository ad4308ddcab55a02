"""The interface of chat formats: which file uses which, and no other module knows any."""

from __future__ import annotations

import ast
import io
import re
import threading
import time
import tokenize
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import formats
from app.base import gguf
from app.base.answer_events import Delta, Done, Prompt, StopReason
from app.base.draft import Draft
from app.base.errors import ModelForeign, RequestUnsupported
from app.base.types import Effort, Message, ModelRef, Part, PartKind, Request, Role, ToolNamespace
from app.engine import plan, probe
from app.engine.overrides import Overrides
from app.formats.harmony.harmony_format import HarmonyFormat
from app.tokenizer import TiktokenTokenizer
from tests.fakes import gpt_oss, other_format, vocabulary
from tests.fakes.engine import FakeModel, Served, spell
from tests.fakes.other_format import ChatMl

GIB = 1 << 30
MODEL = ModelRef.of_file(Path("x.gguf"), "x")
BYTES = {bytes([n]): n for n in range(256)}
OTHER = ChatMl(TiktokenTokenizer(BYTES, other_format.CONTROL))

# --- Nobody else knows a word ---------------------------------------------------------------

WORDS = re.compile(r"\b(analysis|commentary)\b|harmony|<\|\w", re.IGNORECASE)
MAY = re.compile(
    r"from app\.formats\.harmony"
    r"(\.stored_parts|\.harmony_format|\.marked_text|\.vocabulary)? import \w+"
    r"|HarmonyFormat"
    r"|\"phase\"\)? ?(==|:) \"commentary\""
)
"""What is stored in Harmony's words is read by its own room; the formats are listed in one.
OpenAI's Responses have a phase of that name."""


def code_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield every line of a file without comments and docstrings, and with other strings."""
    text = path.read_text(encoding="utf-8")
    skipped: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0] - 1] = lines[token.start[0] - 1][: token.start[1]]
    return ((n, line) for n, line in enumerate(lines, start=1) if n not in skipped)


def test_no_word_of_harmony_outside_of_its_room() -> None:
    told = [
        f"{path}:{number}: {line.strip()}"
        for path in Path("app").rglob("*.py")
        if not path.is_relative_to("app/formats/harmony")
        if WORDS.search(path.read_text(encoding="utf-8"))  # or there is nothing to look at closely
        for number, line in code_of(path)
        if WORDS.search(MAY.sub("", line))
    ]
    assert told == []


# --- Which file speaks which ----------------------------------------------------------------


def header(path: Path, control: dict[str, int], template: str = "") -> gguf.GgufHeader:
    vocabulary.write_gguf(path, BYTES, control)
    found = gguf.read(path, arrays=True)
    return replace(found, metadata=found.metadata | {"tokenizer.chat_template": template})


SMALL = {name: 1001 + n for n, name in enumerate(vocabulary.CONTROL)}


def test_a_format_is_known_by_vocabulary_and_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "_known", lambda: (HarmonyFormat, ChatMl))
    path = tmp_path / "model.gguf"
    assert isinstance(formats.choose(header(path, SMALL)), HarmonyFormat)
    other = formats.choose(header(path, other_format.CONTROL, "{{ '<|im_start|>' }}"))
    assert isinstance(other, ChatMl)
    for control, template in ((other_format.CONTROL, "[INST]"), ({}, "<|im_start|>")):
        with pytest.raises(ModelForeign):
            formats.choose(header(path, control, template))


def test_what_harmony_offers() -> None:
    found = gguf.read(Path("resources/models/demo-gpt-oss.gguf"), arrays=True)
    wanted = formats.Abilities(tuple(Effort), Effort.MEDIUM, tools=True, closable_reasoning=True)
    assert formats.abilities_of(found) == formats.choose(found).abilities == wanted


# --- Another format, with the worker as it is -----------------------------------------------


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Yield a worker whose model uses the other format."""
    told = threading.excepthook
    monkeypatch.setattr(  # ends a thread in place of the process
        threading, "excepthook", lambda args: args.exc_type is SystemExit or told(args)
    )
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    model = FakeModel()
    model.format = OTHER
    served = Served(model)
    machine = probe.Machine(64 * GIB, 64 * GIB, 8)
    served.do("load", path, plan.make(gpt_oss.header("20b"), machine, Overrides(4096)), None)
    yield served
    served.close()
    assert model.memory.wrong == []


def asks(*messages: Message) -> Request:
    return Request(MODEL, messages, instructions="Be brief.", chat=1)


def user(text: str) -> Message:
    return Message(Role.USER, (Part(text),))


def answer(served: Served, asked: Request, *script: str | int) -> tuple[Message, Done]:
    served.model.script = spell(*script)
    events = served.do("ask", asked)
    last = asked.messages[-1]
    draft = Draft(last.parts if last.role is Role.ASSISTANT else ())
    for event in events:
        if isinstance(event, Delta):
            draft.add(event)
    assert isinstance(events[-1], Done)
    return Message(Role.ASSISTANT, draft.parts), events[-1]


def test_another_format_answers(other: Served) -> None:
    asked = asks(user("What is the capital of Spain?" * 20))
    said, done = answer(other, asked, OTHER.think, "Hm. ", OTHER.close, "Madrid é.", OTHER.end)
    assert said.parts == (Part("Hm. ", PartKind.REASONING), Part("Madrid é."))
    assert done.reason is StopReason.END
    assert done.stats.reasoning_tokens == len("Hm. ") + 1
    follow_up = asks(*asked.messages, said, user("And of France?"))
    (prompt, *_) = other.do("prepare", follow_up)
    assert isinstance(prompt, Prompt)
    again, done = answer(other, follow_up, "Paris.", OTHER.end)
    assert again.parts == (Part("Paris."),)
    assert done.stats.evaluated < 20  # prefilled tokens are not read again


def test_another_format_answers_now(other: Served) -> None:
    model, thought = other.model, spell("For ever and ever.")
    signals = other._worker._signals

    def draws() -> None:
        if len(model.script) == 5 and not signals.hurried(other.number):
            other.pipe.command("hurry", other.number)
            while not signals.hurried(other.number):
                time.sleep(0.001)
        if model.batches[-1] == [OTHER.close]:
            model.script = spell("So.", OTHER.end)

    model.on_sample = draws
    said, _ = answer(other, asks(user("Why?")), OTHER.think, *thought)
    assert said.parts == (Part("For ever and e", PartKind.REASONING), Part("So."))


def test_another_format_goes_on(other: Served) -> None:
    cut = Message(Role.ASSISTANT, (Part("Hm.", PartKind.REASONING), Part("Mad")))
    said, done = answer(other, asks(user("Capital?"), cut), "rid.", OTHER.end)
    assert said.parts == (Part("Hm.", PartKind.REASONING), Part("Madrid."))
    assert done.reason is StopReason.END


def test_another_format_refuses(other: Served) -> None:
    wanted = replace(asks(user("Hi")), tools=(ToolNamespace("functions"),))
    assert [type(error) for error in other.do("ask", wanted)] == [RequestUnsupported]


# --- The one draft --------------------------------------------------------------------------

DELTAS = st.lists(st.tuples(st.integers(0, 3), st.text(max_size=3), st.sampled_from(PartKind)))


@given(DELTAS, st.lists(st.booleans()))
def test_a_draft_folds_deltas(deltas: list[tuple[int, str, Any]], looks: list[bool]) -> None:
    """Its parts are the sum of the deltas whenever read, and so is any of its last parts."""
    draft, wanted = Draft((Part("began"),)), [Part("began")]
    for n, (index, text, kind) in enumerate(deltas):
        at = min(index, len(wanted))
        draft.add(Delta(at, text, kind))
        wanted[at : at + 1] = [Part((wanted[at].text if at < len(wanted) else "") + text, kind)]
        if looks[n : n + 1] == [True]:
            assert draft.parts == tuple(wanted)
            assert draft.parts is draft.parts
        for index, part in enumerate(wanted):
            assert draft.length(index) == len(part.text)
            for start in range(len(part.text) + 1):
                assert draft.text_from(index, start) == part.text[start:]
    assert draft.parts == tuple(wanted)
