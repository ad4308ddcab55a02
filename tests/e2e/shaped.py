"""Answers of a given shape by the demo model, and their judge."""

from __future__ import annotations

import functools
import json
import threading
from contextlib import closing
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import jsonschema

from app.base.answer_events import Delta, Done, StopReason
from app.base.draft import Draft
from app.base.types import Message, Part, PartKind, Request, Role, Sampling
from app.engine.supervisor import LocalBackend
from app.host import demo_model

CASES = Path(__file__).parents[1] / "cases" / "schemas" / "fifty.json"
QUESTIONS = ("What is the capital of Spain?", "Hello", "Count to ten.", "Tell me a story.")
WILD = Sampling(temperature=1.5, min_p=0.0, max_tokens=500)


class Verdict(Enum):
    """What became of an answer."""

    VALID = "valid"
    CUT = "cut"
    INVALID = "invalid"


@functools.cache
def fifty() -> list[Any]:
    """Return fifty schemas, with keywords of all kinds."""
    schemas: list[Any] = json.loads(CASES.read_text("utf-8"))
    return schemas


def ask(backend: LocalBackend, schema: Any, seed: int) -> Verdict:
    """Ask for an answer of a shape, and judge it."""
    sampling = Sampling(WILD.temperature, min_p=WILD.min_p, max_tokens=WILD.max_tokens, seed=seed)
    request = Request(
        demo_model(),
        (Message(Role.USER, (Part(QUESTIONS[seed % len(QUESTIONS)]),)),),
        sampling=sampling,
        response_schema=json.dumps(schema),
        ephemeral=True,
    )
    draft, reason = Draft(), None
    with closing(backend.stream(request, threading.Event())) as events:
        for event in events:
            if isinstance(event, Delta):
                draft.add(event)
            elif isinstance(event, Done):
                reason = event.reason
    parts = draft.parts
    assert not any("<|" in part.text and "|>" in part.text for part in parts[:-1])
    if reason is StopReason.LENGTH:
        return Verdict.CUT
    assert reason is StopReason.END
    assert [part.kind for part in parts[:-1]] == [PartKind.REASONING] * len(parts[:-1])
    return Verdict.VALID if is_valid(schema, parts[-1].text) else Verdict.INVALID


def is_valid(schema: Any, document: str) -> bool:
    """Return whether a text is JSON that is valid by a schema, decimal by decimal."""
    exact = json.loads(json.dumps(schema), parse_float=Decimal)
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    judge = jsonschema.Draft202012Validator(exact, format_checker=checker)
    try:
        value = json.loads(document, parse_float=_decimal)
    except ValueError:
        return False
    return bool(judge.is_valid(value))


def _decimal(text: str) -> Decimal | float:
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent that no library can have
        return float(text)
