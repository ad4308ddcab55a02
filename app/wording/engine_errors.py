"""Explanations of errors of the model's process."""

from __future__ import annotations

from app.base import errors as e
from app.base.types import Endpoint
from app.wording.explanation import Action, Explanation
from app.wording.language import number, tr


def explain_engine(error: e.EngineError) -> Explanation:
    match error:
        case e.GpuLost():
            gpu = error.gpu or tr("The graphics card")
            said = tr("{gpu} stopped responding. The partial answer is saved.")
            if error.full:
                said = tr("Other apps took the memory of {gpu}. The partial answer is saved.")
            return Explanation(said.format(gpu=gpu), Action.CONTINUE)
        case e.EngineDied():
            return Explanation(_died(error.exit_code), Action.CONTINUE)
        case e.EngineHung():
            return Explanation(
                tr(
                    "The model didn’t respond for {seconds} seconds and was stopped. The partial "
                    "answer is saved."
                ).format(seconds=number(error.seconds)),
                Action.CONTINUE,
            )
        case e.EngineFailed():
            return Explanation(
                tr("The model reported an error ({detail}).").format(detail=error.detail),
                Action.RETRY,
            )
        case e.RequestUnsupported():
            return Explanation(
                tr("This model doesn’t support {feature}.").format(feature=error.feature)
            )
        case e.SchemaError():
            return Explanation(_schema(error))
        case e.EndpointUnknown():
            return Explanation(
                tr("The model on {host} was removed from Fireside.").format(
                    host=Endpoint(error.url, "").host
                ),
                Action.CHOOSE_MODEL,
            )
        case e.OwnerError():
            return Explanation(_in_another_process(error), Action.RETRY)
        case e.AnswerEndless():
            return Explanation(tr("The model kept repeating itself and was stopped."), Action.RETRY)
        case e.ContextFull():
            return Explanation(_too_long(error), Action.NEW_CHAT)
    return Explanation(tr("The model isn’t working properly."), Action.RETRY)


def _too_long(error: e.ContextFull) -> str:
    if error.prompt and error.context:
        return tr(
            "This chat is too long for the model: {prompt} tokens, but only {context} fit. Start a "
            "new chat."
        ).format(prompt=number(error.prompt), context=number(error.context))
    return tr("This chat is too long for the model. Start a new chat.")


def _schema(error: e.SchemaError) -> str:
    place = f"{error.function}#{error.pointer}".removesuffix("#")
    match error:
        case e.SchemaInvalid():
            said = tr("The schema isn’t valid ({detail}).")
            return said.format(detail=_joined(place, error.reason))
        case e.SchemaUnsupported():
            said = tr("Fireside can’t guarantee “{keyword}” in a schema ({detail}).")
            detail = _joined(place, error.detail) or error.keyword
            return said.format(keyword=error.keyword, detail=detail)
        case e.SchemaTooLarge():
            return tr("The schema is too large. It can have {kilobytes} KB at most.").format(
                kilobytes=number(error.limit // 1024)
            )
        case e.SchemaTooComplex():
            said = tr("The schema is too complex ({detail}).")
            return said.format(detail=_joined(place, error.detail))
        case e.SchemaMismatch():
            return tr("The answer so far doesn’t follow the schema, so it can’t be continued.")
    return tr("The schema can’t be used.")


def _joined(place: str, detail: str) -> str:
    return ": ".join(filter(None, (place, detail)))


def _died(code: int | None) -> str:
    if code is None:
        return tr("The model stopped unexpectedly. The partial answer is saved.")
    if code == -9:
        return tr(
            "The model was stopped by the system, probably because memory ran out. The partial "
            "answer is saved."
        )
    if code < 0:
        return tr(
            "The model stopped unexpectedly (signal {signal}). The partial answer is saved."
        ).format(signal=-code)
    return tr(
        "The model stopped unexpectedly (exit code {code}). The partial answer is saved."
    ).format(code=code)


def _in_another_process(error: e.OwnerError) -> str:
    """Return the sentence for an error about the process that has the engine."""
    command = "" if error.holder == "window" else f"fireside {error.holder}"
    match error:
        case e.ModelInUse(loaded=loaded):
            said = tr("Fireside’s window is using {loaded}. Use that model, or unload it there.")
            if command:
                said = tr(
                    "The command “{command}” is using {loaded}. Use that model, or stop the "
                    "command."
                )
            return said.format(command=command, loaded=loaded)
        case e.OwnerOutdated(version=version):
            said = tr("Fireside was updated. Restart its window.")
            if command:
                said = tr(
                    "The command “{command}” still runs Fireside {version}. Stop it, then try "
                    "again."
                )
            return said.format(command=command, version=version)
    said = tr("Fireside’s window has a model loaded but isn’t responding. Restart it.")
    if command:
        said = tr("The command “{command}” has a model loaded but isn’t responding. Stop it.")
    return said.format(command=command)
