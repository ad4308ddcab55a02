"""``fireside ask``: one question, answered in the terminal."""

from __future__ import annotations

import argparse
import json
import threading
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

from app.base.errors import (
    ContextFull,
    FiresideError,
    ModelError,
    ModelInUse,
    SchemaInvalid,
    SchemaTooLarge,
)
from app.base.settings import Folders
from app.base.types import Effort, Message, ModelRef, PartKind, Request, Role
from app.cli import ask_tools, question
from app.cli.answer_printer import AnswerPrinter
from app.cli.output import ANSWERED, FAILED, NO_ANSWER, NO_MODEL, USAGE, carry_out, say
from app.cli.printed_citations import WhereIs
from app.cli.remote_models import NameUnclear, RemoteModels
from app.cli.terminal_consent import AnswerConsents
from app.cli.this_computer import StoredOptions, model_for
from app.engine.backend import Backend
from app.engine.engine_parts import own_engine
from app.engine.router import Router
from app.engine.shared.engine_owner import WINDOW_KIND
from app.engine.shared.shared_engine import SharedEngine
from app.host import demo_model
from app.store.consents import decided_for_all
from app.tools.loop import ToolLoop
from app.tools.visible import one_line
from app.wording.answered_by import answered_sentence, cut_sentence
from app.wording.demo_words import declined_sentence
from app.wording.errors import explain
from app.wording.language import number, tr
from app.wording.tool_settings import unavailable_sentence
from app.wording.tool_words import tool_name


def run(options: argparse.Namespace) -> int:
    """Ask, print the answer, and return the exit code."""

    def ask(folders: Folders, log: Path, stack: ExitStack) -> int:
        asked = ask_tools.named(options.tools)
        opened = ask_tools.open_tools(asked, folders, stack, options.fail)
        keys, tools = opened.keys, opened.registry
        if tool := next((tool for tool in tools.all() if tool.unavailable), None):
            say(unavailable_sentence(tool.unavailable))
            return FAILED
        try:
            parts = question.read(options.text, options.file, options.fail)
        except OSError as error:
            say(tr("Couldn’t read standard input ({reason}).").format(reason=error))
            return FAILED
        try:
            schema = _schema(options.schema)
        except OSError as error:
            told = tr("Couldn’t read {name} ({reason}).")
            say(told.format(name=options.schema, reason=error.strerror or error))
            return FAILED
        # Nothing of the answer is kept on the disk, since it belongs to no chat.
        own = own_engine(folders, log, StoredOptions(folders), demo_model())
        engine = SharedEngine(own, folders.data, "ask")
        elsewhere = RemoteModels(folders, stack)
        router = Router(engine, elsewhere.backend())
        consents = AnswerConsents(decided_for_all(folders.chats) if keys else ())
        backend = stack.enter_context(closing(ToolLoop(router, tools, consents)))
        try:  # nothing is sent to another computer that was not named
            named = elsewhere.named(options.model) if options.model else None
        except NameUnclear as error:
            told = tr("Several models are called {name}. Choose one:")
            say(told.format(name=options.model), *(f"  {name}" for name in error.names))
            return USAGE
        if options.model and not named and _is_no_file(options.model):
            told = tr("No file or added model is called {name}. {command} lists the models.")
            say(told.format(name=options.model, command="`fireside models`"))
            return USAGE
        model = named or model_for(options.model, backend, folders)
        request = Request(
            model=model,
            messages=(Message(Role.USER, parts),),
            effort=Effort(options.effort),
            instructions=options.system,
            sampling=model.sampling,
            tools=tools.declared(keys),
            response_schema=schema,
            imported=options.text in (None, "-"),  # it was piped in, and need not be typed
        )
        if keys and not _can_use_tools(backend, model):
            say(tr("This model can’t use tools. It answers without them."))
        return _print_answer(backend, request, options, opened.where)

    def unwritten() -> str:
        return tr("Couldn’t write the answer: {reason}")

    def refused(error: FiresideError) -> int:
        return _refused(error, chosen=bool(options.model))

    return carry_out(options.data_dir, ask, unwritten, refused)


def _is_no_file(name: Path) -> bool:
    """Return whether a name is meant for no file, as far as can be told."""
    return name.suffix != ".gguf" and not name.exists()


def _refused(error: FiresideError, *, chosen: bool) -> int:
    """Tell an error, and return the exit code. ``chosen``: whether the model was."""
    if isinstance(error, ContextFull):
        too_long = tr("Too long for the model: {prompt} tokens, but only {context} fit.")
        say(too_long.format(prompt=number(error.prompt), context=number(error.context)))
        return FAILED
    if chosen and isinstance(error, ModelInUse) and error.holder == WINDOW_KIND:
        said = tr("Fireside’s window is using {loaded}. Leave out --model, or unload it there.")
        say(said.format(loaded=error.loaded))
        return NO_MODEL
    explanation = explain(error)
    say("", *filter(None, (explanation.sentence, explanation.detail)))
    return NO_MODEL if isinstance(error, ModelError | ModelInUse) else FAILED


def _schema(path: Path | None) -> str:
    """Return the text of the schema in a file; empty without one. Raises SchemaError, OSError."""
    from app.formats.json_schema.exact_schema import exact_schema
    from app.formats.json_schema.schema_text import LARGEST

    if path is None:
        return ""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise SchemaTooLarge(limit=LARGEST)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SchemaInvalid(reason="not UTF-8") from None
    exact_schema(text)
    return text


def _can_use_tools(backend: Backend, model: ModelRef) -> bool:
    try:
        return backend.abilities(model).tools
    except FiresideError:
        return True  # the error recurs where it is reported


def _print_answer(
    backend: Backend, request: Request, options: argparse.Namespace, where: WhereIs
) -> int:
    """Stream reasoning to stderr and the answer to stdout, or print both as JSON at the end."""
    shaped = bool(request.response_schema)
    printer = AnswerPrinter(quiet=options.json, save=options.save, where=where, shaped=shaped)
    while True:
        try:
            with closing(backend.stream(request, threading.Event())) as events:
                for event in events:
                    printer.receive(event)
            break
        except ModelInUse:  # another has been loaded since it was looked up
            other = backend.loaded()
            if options.model or printer.message.parts or other is None:
                raise
            request = replace(request, model=other, sampling=other.sampling)
    printer.finish()
    message, said = printer.message, printer.said
    if options.json:
        answered = {"model": request.model.name, "host": request.model.host}
        print(json.dumps(printer.as_json(calls=bool(options.tools)) | answered, indent=2))
    elif said.strip():
        print(flush=True)
    if said.strip():
        if sentence := answered_sentence(request.model):
            say("", sentence)
        if printer.cut:
            say(cut_sentence(request.model.host))
        return ANSWERED
    if message.declined:
        say(declined_sentence())
        return NO_ANSWER
    if shaped and message.text:
        say("", tr("The answer was cut off before it was complete."))
        return NO_ANSWER
    calls = [part.name for part in message.parts if part.kind is PartKind.CALL]
    say("", _why_no_answer(calls, thought=bool(message.reasoning.strip())))
    return NO_ANSWER


def _why_no_answer(calls: list[str], *, thought: bool) -> str:
    if calls:
        return tr("The model called a tool ({tool}) and then didn’t answer.").format(
            tool=one_line(tool_name(calls[-1]))
        )
    if thought:
        return tr("The model finished reasoning but didn’t answer.")
    return tr("The model didn’t answer.")
