"""An answer, compared to the one that its request gets alone from the scripted model."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import replace

from app.base.answer_events import Done, Prompt, StopReason
from app.base.errors import Cancelled, ContextFull
from app.engine.grammar import Grammars
from app.formats import ChatFormat
from tests.fakes.engine import FORMAT
from tests.together import alone
from tests.together.actors import Ask, Outcome
from tests.together.scripted_model import CANARY


@functools.cache
def _grammars() -> Grammars:
    return Grammars(FORMAT.tokenizer)


def wrong_answer(act: Ask, outcome: Outcome, chat_format: ChatFormat) -> list[str]:
    """Compare an answer to the one that the request gets alone."""
    request, prompt, done, error = act.request, outcome.prompt, outcome.done, outcome.error
    own = str(request.chat) if request.chat is not None else None
    told = "".join(part.text for part in outcome.parts).encode()
    asked = " ".join(p.text for m in request.messages for p in m.parts).encode()
    if others := set(CANARY.findall(told)) - set(CANARY.findall(asked)):
        return [f"has words of the chats {others}, its own is {own}"]
    if isinstance(error, Cancelled):
        return [] if outcome.stopped and not told else [f"cancelled, with {told!r}"]
    if prompt is None and outcome.stopped:  # before it was asked again, with a longer context
        return [] if error is None and not told else [f"no prompt, ended in {error!r}"]
    if prompt is None:
        return [f"no prompt, ended in {error!r}"]
    rendered = alone.prompt(request, prompt.context, chat_format.render)
    tokens = rendered.tokens
    if len(tokens) != prompt.count:
        return [f"a prompt of {prompt.count} tokens, alone {len(tokens)}"]
    if isinstance(error, ContextFull):
        return [] if len(tokens) >= prompt.context else [f"{error!r} with {len(tokens)} tokens"]
    if error or done is None:
        return [f"ended in {error!r}, {done}"]
    return _differs(act, outcome, done, tokens, prompt, rendered.turn, chat_format)


def _differs(
    act: Ask,
    outcome: Outcome,
    done: Done,
    tokens: Sequence[int],
    prompt: Prompt,
    turn: int | None,
    chat_format: ChatFormat,
) -> list[str]:
    request = act.request
    stats = done.stats
    hurries: list[int | None] = [None]
    if outcome.hurried:
        hurries += range(stats.generated + 1)
    for hurried in hurries:
        drawing = alone.Scripted(tokens)
        cut = outcome.stopped and done.reason is StopReason.CANCELLED
        limited = request
        if cut:
            if not stats.generated:
                return []
            sampling = replace(request.sampling, max_tokens=stats.generated)
            limited = replace(request, sampling=sampling)
        grammar = chat_format.grammar(request)
        expected = alone.answer(
            limited,
            tokens,
            prompt.context,
            chat_format,
            drawing,
            hurried=hurried,
            mask=_grammars().compile(grammar) if grammar else None,
        )
        if expected.parts == outcome.parts and (
            cut or (expected.reason, expected.generated) == (done.reason, stats.generated)
        ):
            break
    else:
        return [f"{outcome.parts} {done.reason} {stats.generated}, alone {expected}"]
    found = []
    if request.response_schema and done.reason is StopReason.END:
        json.loads(outcome.parts[-1].text)  # that it fits is compared
    waits = done.reason is StopReason.CALL and not request.ephemeral and turn is not None
    if done.drawn != ((*tokens[turn:], *expected.tokens) if waits else ()):
        found.append(f"drawn {len(done.drawn)}: other tokens than alone")
    if stats.prompt_tokens != len(tokens) or not 0 < stats.evaluated <= len(tokens):
        found.append(f"{stats.evaluated} of {stats.prompt_tokens} tokens read, of {len(tokens)}")
    return found
