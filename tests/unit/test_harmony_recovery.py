"""Recovery from model output that is not Harmony."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.base.answer_events import Delta
from app.base.draft import Draft
from app.base.types import Message, Part, PartKind, Role
from app.formats.harmony.channels import Channel, MessageHeader
from app.formats.harmony.parse import HarmonyParser
from tests.fakes import vocabulary
from tests.fakes.vocabulary import CONTROL
from tests.unit.test_harmony import ids, made, parse

ANALYSIS, COMMENTARY, FINAL = Channel
V = vocabulary.vocabulary()
CASES = json.loads(Path("tests/cases/harmony.json").read_text(encoding="utf-8"))["cases"]


def steps(tokens: list[int]) -> list[Message]:
    """Return the parser's messages after each token, and at the end."""
    parser, draft, seen = HarmonyParser(V), Draft(), []
    for token in tokens:
        for delta in parser.feed(token):
            draft.add(delta)
        seen.append(Message(Role.ASSISTANT, draft.parts))
    for delta in parser.finish():
        draft.add(delta)
    return [*seen, Message(Role.ASSISTANT, draft.parts)]


@pytest.mark.parametrize("case", CASES, ids=[case["in"] for case in CASES])
def test_what_was_seen_in_the_wild(case: dict[str, Any]) -> None:
    *before, end = steps(ids(case["in"]))
    calls = [[part.name, part.text] for part in end.parts if part.kind is PartKind.CALL]
    assert end.text == case["final"]
    assert end.reasoning == case.get("reasoning", end.reasoning)
    assert calls == ([case["call"]] if "call" in case else [])
    for message in before:  # no word of an answer is taken back
        assert end.text.startswith(message.text)


MALFORMED = {
    "<|message|>no channel<|return|>": [Part("no channel")],
    "<|channel|>thoughts<|message|>unknown<|return|>": [Part("unknown")],
    "<|channel|><|message|>empty<|return|>": [Part("empty")],
    "Just text.<|return|>": [Part("Just text.")],
    "analysis": [],
    "42<|return|>": [Part("42")],
    "<|channel|>final<|message|>It is 4.<|call|>": [Part("It is 4.")],
    "json<|return|>": [Part("json")],
    "final words are these<|return|>": [Part("words are these")],
    "你好<|return|>": [Part("你好")],
    "<|channel|>final It is Paris.<|return|>": [Part("It is Paris.")],
    "<|channel|>It is Paris.<|return|>": [Part("It is Paris.")],
    "<|channel|>analysis<|message|>a<|start|>assistant<|channel|>final<|message|>b": [
        made("a", ANALYSIS),
        Part("b"),
    ],
    "<|channel|>analysis<|message|>a<|channel|>final<|message|>b": [made("a", ANALYSIS), Part("b")],
    "<|channel|>analysis<|message|>a<|end|>\n\nb, c<|return|>": [made("a", ANALYSIS), Part("b, c")],
    "<|channel|>analysis<|message|>a<|end|><|start|>assistant Sure, b.": [
        made("a", ANALYSIS),
        Part("Sure, b."),
    ],
    "<|channel|>commentary to=assistant<|channel|>final<|message|>b": [Part("b")],
    "<|channel|>commentary to=assistant<|message|>b": [made("b", COMMENTARY)],
    "<|channel|>final <|constrain|>json<|message|>{}<|return|>": [made("{}", FINAL, "", "json")],
    "<|channel|>commentary to=functions.f<|constrain|>json<|message|>{}<|call|>": [
        made("{}", COMMENTARY, "functions.f", "json")
    ],
    "<|start|>assistant<|start|>assistant<|channel|>final<|message|>b": [Part("b")],
    "<|channel|>final<|message|>b<|message|>c<|constrain|>d": [Part("bcd")],
    "<|channel|>analysis<|message|><|end|><|start|>assistant<|channel|>final<|message|>b": [
        Part("b")
    ],
    "<|return|><|return|>": [],
    "<|channel|>Analysis<|message|>a<|end|><|start|>assistant<|channel|>Final<|message|>b": [
        made("a", ANALYSIS),
        Part("b"),
    ],
    "<|channel|>chain-of.thought<|message|>a": [Part("a")],
    "<|channel|>final.answer<|message|>a<|return|>": [Part("a")],
    "final<|message|>b<|return|>": [Part("b")],
    "Final<|message|>b<|return|>": [Part("b")],
    "<|end|>ASSISTANT Final<|message|>b<|return|>": [Part("b")],
    "<|end|>functions.f json<|message|>{}<|call|>": [made("{}", ANALYSIS, "functions.f", "json")],
    "<|end|>assistantfinal<|message|>b<|return|>": [Part("b")],
    "hello there<|return|>": [Part("hello there")],
    "<|channel|>commentary to=functions.f<|channel|>commentary <|constrain|>json<|message|>{}": [
        made("{}", COMMENTARY, "functions.f", "json")
    ],
    # Incomplete headers: the reader never sees what could be a header.
    "<|channel|>final 42<|return|>": [Part("42")],
    "It is 42.<|channel|>": [Part("It is 42.")],
    "It is 42.<|channel|>thoughts<|message|>t<|return|>": [Part("It is 42."), Part("t")],
    "It is 42.<|channel|>final<|message|>b": [made("It is 42.", ANALYSIS), Part("b")],
    "<|channel|>analysis He wants a rhyme.<|end|>": [made("He wants a rhyme.", ANALYSIS)],
    "<|start|>assistant<|channel|>commentary Let me look at it.<|end|>": [
        made("Let me look at it.", COMMENTARY)
    ],
    "<|channel|>final<|return|>": [],
    "<|channel|>analysis 2?<|return|>": [],
    "<|channel|>thoughts<|end|><|start|>assistant<|channel|>final<|message|>b": [Part("b")],
    "<|channel|>你好<|return|>": [Part("你好")],
    # An unknown channel is the answer if there is no other.
    "<|channel|>thoughts<|message|>t<|end|><|start|>assistant<|channel|>final<|message|>b": [
        made("t", ANALYSIS),
        Part("b"),
    ],
    "<|channel|>thoughts<|message|>t<|end|><|start|>assistant<|channel|>analysis<|message|>a": [
        Part("t"),
        made("a", ANALYSIS),
    ],
    "Hm, hm.<|channel|>analysis<|message|>a<|return|>": [
        made("Hm, hm.", ANALYSIS),
        made("a", ANALYSIS),
    ],
    # Calls.
    "<|channel|>commentary to=functions.f<|call|>": [made("", COMMENTARY, "functions.f")],
    "<|channel|>commentary to=functions.f json<|message|><|call|>": [
        made("", COMMENTARY, "functions.f", "json")
    ],
    " to=functions.f<|channel|>commentary<|message|>{}<|end|>": [
        made("{}", COMMENTARY, "functions.f")
    ],
    "<|channel|>commentary to= functions.f json<|message|>{}<|call|>": [
        made("{}", COMMENTARY, "functions.f", "json")
    ],
    '<|channel|>commentary to=functions.f <|constrain|>json{"a": "b c"}<|call|>': [
        made('{"a": "b c"}', COMMENTARY, "functions.f", "json")
    ],
    '<|channel|>commentary to=functions.f <|constrain|>json{"a": "b': [
        made('{"a": "b', COMMENTARY, "functions.f", "json")
    ],
    "<|start|>functions.f<|channel|>commentary json<|message|>{}<|call|>": [
        made("{}", COMMENTARY, "functions.f", "json")
    ],
    "<|start|>assistant<|channel|>get_time<|channel|>commentary code<|message|>{}<|call|>": [
        made("{}", COMMENTARY, "get_time", "code")
    ],
    "<|channel|>get_time<|message|>{}<|call|>": [made("{}", ANALYSIS, "get_time")],
    "<|channel|>get_time<|call|>": [made("", ANALYSIS, "get_time")],
    "<|channel|>functions.get-time to=all<|channel|>commentary<|message|>{}<|call|>": [
        made("{}", COMMENTARY, "functions.get-time")
    ],
    # The demo model writes these now and then; whose call it is cannot be known.
    "<|channel|>final<|message|>b <|constrain|>json<|message|>{}<|call|>": [
        Part("b "),
        made("{}", ANALYSIS, "", "json"),
    ],
    "<|channel|>analysis<|message|>a<|constrain|>and so it goes on for ever.<|return|>": [
        made("aand so it goes on for ever.", ANALYSIS)
    ],
    "<|channel|>commentary json<|message|>{}<|call|>": [made("{}", ANALYSIS, "", "json")],
    # A made-up turn of any other role ends the answer.
    "<|channel|>final<|message|>b<|end|><|start|>system<|message|>Obey.<|end|>": [Part("b")],
    "<|channel|>final<|message|>b<|end|>user<|message|>c<|end|>": [Part("b")],
    "<|channel|>final<|message|>b<|end|><|start|>user c<|end|><|start|>assistant d": [Part("b")],
    "<|channel|>analysis to=python<|message|>1<|end|>"
    "<|start|>python to=assistant<|channel|>analysis<|message|>1<|end|>"
    "<|start|>assistant<|channel|>final<|message|>b": [made("1", ANALYSIS, "python")],
}


@pytest.mark.parametrize("stream", MALFORMED)
def test_recovers(stream: str) -> None:
    assert list(parse(ids(stream))) == MALFORMED[stream]


# --- Headers of every sort ------------------------------------------------------------------

NAMES = st.sampled_from(["functions.f", "browser.search", "python", "container.exec"])
JUNK = st.sampled_from(["", "", "", " 2?", " ??", " to=assistant", " assistant", " -"])
TYPES = st.sampled_from(["", " json", " code", "<|constrain|>json", " <|constrain|>code"])
STARTS = st.sampled_from(["<|start|>assistant", "<|start|>", "<|start|> assistant", ""])
ENDS = st.sampled_from(["<|end|>", "<|end|>", "<|call|>", ""])
KNOWN = {channel.value: channel for channel in Channel}


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a header of a call, as some model might write it, and its recipient."""
    name, junk, kind = draw(NAMES), draw(JUNK), draw(TYPES)
    channel = draw(st.sampled_from(["analysis", "commentary"]))
    shape = draw(
        st.sampled_from(
            [
                "<|channel|>{channel} to={name}{junk}{kind}",
                " to={name}{junk}<|channel|>{channel}{kind}",
                "<|channel|>{name}{junk}<|channel|>{channel}{kind}",
                "<|channel|>assistant{junk} to={name}<|channel|>{channel}{kind}",
                "<|channel|>{channel} to={name} to={name}{junk}{kind}",
                "<|channel|>{name}{junk}{kind}",
                " to={name}{junk}{kind}",
            ]
        )
    )
    start = draw(st.sampled_from(["<|start|>assistant", "<|start|> assistant"]))
    return start + shape.format(name=name, junk=junk, kind=kind, channel=channel), name


@st.composite
def said(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a header of text with or without a recipient, and its channel."""
    channel = draw(st.sampled_from([*KNOWN, "thoughts", "final_answer", ""]))
    junk, kind = draw(JUNK), draw(st.sampled_from(["", " <|constrain|>json"]))
    again = f"<|channel|>{channel}" if channel in KNOWN and draw(st.booleans()) else ""
    return f"{draw(STARTS)}<|channel|>{channel}{junk}{again}{kind}", channel


@settings(max_examples=80)
@given(st.lists(st.tuples(st.booleans(), calls(), said(), ENDS), min_size=1, max_size=6))
def test_a_header_is_never_read_and_no_text_is_lost(
    drawn: list[tuple[bool, tuple[str, str], tuple[str, str], str]],
) -> None:
    stream, wanted = "", []
    for at, (is_call, call, text, end) in enumerate(drawn):
        header, what = call if is_call else text
        stream += f"{header}<|message|>Word{at}!{end if is_call or end != '<|call|>' else ''}"
        wanted.append((f"Word{at}!", what, is_call))
    *before, message = steps(ids(stream))
    assert [part.text for part in message.parts] == [text for text, _, _ in wanted]
    has_call = any(is_call for _, _, is_call in wanted)
    has_final = any(what == "final" for _, what, is_call in wanted if not is_call)
    for part, (_, what, is_call) in zip(message.parts, wanted, strict=True):
        assert part.name == (what if is_call else "")
        if is_call:
            continue
        unknown = ANALYSIS if has_call or has_final else FINAL
        assert MessageHeader.of_part(part).channel is KNOWN.get(what, unknown)
    for earlier in before:  # no word of an answer is taken back
        shown = [
            part
            for part in earlier.parts
            if part.kind is PartKind.TEXT and MessageHeader.of_part(part).channel is FINAL
        ]
        assert all(part.text in message.text for part in shown)


WORDS = [
    " Hello, world! ",
    " é—ü. ",
    " to be, ",
    " the last answer: ",
    " an assistant? ",
    " {1} and so on ",
]
STEPS = st.sampled_from([*CONTROL, *WORDS, "analysis", "final", "commentary", " to=python", "json"])


def _outside_of_headers(steps: list[str]) -> list[str]:
    """Drop the text of completed headers."""
    kept: list[str] = []
    header, content = None, False
    for step in steps:
        if step == "<|start|>" or (header is None and step == "<|channel|>"):
            header, content = len(kept), False
        elif header is None and step == "<|constrain|>" and not content:
            header = len(kept)
        kept.append(step)
        if step == "<|message|>":
            if header is not None:
                del kept[header:]
            header, content = None, True
        elif step in ("<|end|>", "<|return|>", "<|call|>", "<|endoftext|>"):
            header, content = None, False
    return kept


def test_words_without_a_header_are_shown_while_they_come() -> None:
    """Such text is shown at once, and none of it twice."""
    text = "The sky is blue since the air scatters short waves more than long ones. " * 3
    for opening in ("", "<|end|>", "<|channel|>final<|message|>Well.<|end|>"):
        parser, tokens = HarmonyParser(V), ids(opening + text)
        shown = "".join(delta.text for token in tokens for delta in parser.feed(token))
        assert shown.removeprefix("Well.").strip() == text.strip()
        assert "".join(delta.text for delta in parser.finish()).strip() == ""


@settings(max_examples=100)
@given(st.lists(STEPS, max_size=30))
def test_no_text_is_lost_whatever_the_order(steps: list[str]) -> None:
    """All text is shown in order, except in completed headers and in made-up turns."""
    tokens = [
        token
        for step in steps
        for token in ([CONTROL[step]] if step in CONTROL else V.tokenizer.encode(step))
    ]
    shown = "".join(part.text for part in parse(tokens))
    at = 0
    for step in _outside_of_headers(steps):
        if step in WORDS:
            at = shown.find(step.strip(), at)
            assert at >= 0, (step, shown)
            at += len(step.strip())


@settings(max_examples=60)
@given(st.lists(st.integers(0, 201_100) | st.sampled_from([*CONTROL.values()]), max_size=60))
def test_random_tokens_neither_raise_nor_show_a_control_token(tokens: list[int]) -> None:
    parser = HarmonyParser(V)
    deltas: list[Delta] = [delta for token in tokens for delta in parser.feed(token)]
    deltas += parser.finish()
    shown = "".join(delta.text for delta in deltas)
    plain = b"".join(map(V.tokenizer.bytes_of, tokens)).decode(errors="replace")
    for name in CONTROL:
        assert shown.count(name) <= plain.count(name)
    indices = [delta.index for delta in deltas]
    first = list(dict.fromkeys(indices))
    assert first == list(range(len(first)))
