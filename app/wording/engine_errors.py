"""Explanations of errors of the model's process."""

from __future__ import annotations

from app.base import errors as e
from app.wording.explanation import Action, Explanation
from app.wording.language import number, tr


def explain_engine(error: e.EngineError) -> Explanation:
    match error:
        case e.EngineDied():
            return Explanation(_died(error.exit_code), Action.CONTINUE)
        case e.EngineHung():
            return Explanation(
                tr(
                    "The model said nothing for {seconds} seconds and was ended. What it said "
                    "so far is kept."
                ).format(seconds=number(error.seconds)),
                Action.CONTINUE,
            )
        case e.EngineFailed():
            return Explanation(
                tr("The model could not go on ({detail}).").format(detail=error.detail),
                Action.RETRY,
            )
        case e.RequestUnsupported():
            return Explanation(
                tr("This model cannot do what was asked of it here ({feature}).").format(
                    feature=error.feature
                )
            )
        case e.NoRemoteEngine():
            return Explanation(
                tr("Fireside cannot ask models on other computers yet ({url}).").format(
                    url=error.url
                )
            )
        case e.AnswerEndless():
            return Explanation(
                tr("The model repeated itself without end, so Fireside stopped it."), Action.RETRY
            )
        case e.ContextFull():
            return Explanation(
                tr(
                    "This conversation is too long for the model: it has {prompt} tokens, and "
                    "there is room for {context}. Start a new chat."
                ).format(prompt=number(error.prompt), context=number(error.context)),
                Action.NEW_CHAT,
            )
    return Explanation(tr("The model’s process is in trouble."), Action.RETRY)


def _died(code: int | None) -> str:
    if code is None:
        return tr("The model’s process ended unexpectedly. What it said so far is kept.")
    if code == -9:
        return tr(
            "The model’s process ended because the system or a person killed it, perhaps for "
            "want of memory. What it said so far is kept."
        )
    if code < 0:
        return tr(
            "The model’s process ended unexpectedly (signal {signal}). What it said so far is kept."
        ).format(signal=-code)
    return tr(
        "The model’s process ended unexpectedly (exit code {code}). What it said so far is kept."
    ).format(code=code)
