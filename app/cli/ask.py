"""``fireside ask``: one question, answered in the terminal."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import threading
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TextIO

from app.base import settings as settings_file
from app.base.draft import Draft
from app.base.errors import ContextFull, FiresideError, ModelError
from app.base.settings import Folders
from app.base.types import (
    DECLINED,
    Delta,
    Done,
    Effort,
    Message,
    ModelRef,
    PartKind,
    Request,
    Role,
)
from app.cli import question
from app.cli.output import (
    ANSWERED,
    FAILED,
    NO_ANSWER,
    NO_MODEL,
    carry_out,
    printable,
    say,
)
from app.cli.this_computer import in_use
from app.engine.backend import Backend
from app.engine.demo_filter import DemoFilter
from app.engine.speed_file import SpeedFile
from app.engine.supervisor import LocalBackend
from app.host import demo_model
from app.wording.demo_words import declined_sentence
from app.wording.errors import explain
from app.wording.language import number, tr


def run(options: argparse.Namespace) -> int:
    """Ask, print the answer, and return the exit code."""

    def ask(folders: Folders, log: Path, stack: ExitStack) -> int:
        try:
            parts = question.read(options.text, options.file, options.fail)
        except OSError as error:
            say(tr("Couldn’t read standard input ({reason}).").format(reason=error))
            return FAILED
        model = _model(options.model, folders)
        request = Request(
            model=model,
            messages=(Message(Role.USER, parts),),
            effort=Effort(options.effort),
            instructions=options.system,
            sampling=model.sampling,
        )
        engine = DemoFilter(LocalBackend(log, speeds=SpeedFile(folders.speeds)), demo_model())
        backend = stack.enter_context(closing(engine))
        return _print_answer(backend, request, as_json=options.json)

    def unwritten() -> str:
        return tr("Couldn’t write the answer: {reason}")

    return carry_out(options.data_dir, ask, unwritten, _refused)


def _refused(error: FiresideError) -> int:
    if isinstance(error, ContextFull):
        too_long = tr("Too long for the model: {prompt} tokens, but only {context} fit.")
        say(too_long.format(prompt=number(error.prompt), context=number(error.context)))
        return FAILED
    explanation = explain(error)
    say("", *filter(None, (explanation.sentence, explanation.detail)))
    return NO_MODEL if isinstance(error, ModelError) else FAILED


def _model(chosen: Path | None, folders: Folders) -> ModelRef:
    """Return the chosen model, else the one that was used last, else the demo model."""
    path = chosen or in_use(settings_file.load(folders.settings))
    return ModelRef.of_file(path.absolute(), path.stem) if path else demo_model()


def _print_answer(backend: Backend, request: Request, *, as_json: bool) -> int:
    """Stream reasoning to stderr and the answer to stdout, or print both as JSON at the end."""
    draft = Draft()
    stats: dict[str, object] = {}
    shown: TextIO | None = None
    for event in backend.stream(request, threading.Event()):
        if isinstance(event, Done):
            stats = dataclasses.asdict(event.stats) | {
                "tokens_per_second": event.stats.tokens_per_second,
                "prompt_tokens_per_second": event.stats.prompt_tokens_per_second,
            }
        elif isinstance(event, Delta):
            draft.add(event)
            # A delta without text may change the kind of an earlier part, for example to the
            # answer.
            text = event.text or draft.parts[event.index].text
            shows = event.kind is not PartKind.CALL and event.name != DECLINED
            if not as_json and shows and text:
                reasoning = event.kind is PartKind.REASONING
                stream = sys.stderr if reasoning else sys.stdout
                if shown is sys.stderr and stream is not shown:
                    print("\n", file=sys.stderr, flush=True)
                shown = stream
                print(printable(text, stream), end="", file=stream, flush=True)
    message = Message(Role.ASSISTANT, draft.parts)
    said = "" if message.declined else message.text
    if as_json:
        answer = {"reasoning": message.reasoning, "answer": said, "stats": stats}
        print(json.dumps(answer, indent=2))
    elif said.strip():
        print(flush=True)
    if said.strip():
        return ANSWERED
    if message.declined:
        say(declined_sentence())
        return NO_ANSWER
    calls = [part.name for part in message.parts if part.kind is PartKind.CALL]
    say("", _why_no_answer(calls, thought=bool(message.reasoning.strip())))
    return NO_ANSWER


def _why_no_answer(calls: list[str], *, thought: bool) -> str:
    if calls:
        return tr(
            "The model tried to call a tool ({tool}). Fireside doesn’t support tools yet."
        ).format(tool=calls[-1])
    if thought:
        return tr("The model finished reasoning but didn’t answer.")
    return tr("The model didn’t answer.")
