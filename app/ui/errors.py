"""What a person is told when something goes wrong: what happened, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from app.base import errors as e


class Action(StrEnum):
    """The one step that is offered beside a sentence; its value is the button's text."""

    NONE = ""
    RETRY = "Try again"
    CONTINUE = "Continue"
    CHOOSE_MODEL = "Choose a model"
    NEW_CHAT = "New chat"


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence, and the step to offer with it."""

    sentence: str
    action: Action = Action.NONE


def explain(error: BaseException) -> Explanation:
    """The words for any fault of `app.base.errors`, and for one that nobody expected."""
    match error:
        case e.ModelError():
            return Explanation(_model(error), Action.CHOOSE_MODEL)
        case e.EngineError():
            return _engine(error)
        case e.StoreError():
            return Explanation(_store(error))
        case e.HubError():
            return Explanation(_hub(error), Action.RETRY)
        case e.Offline():
            return Explanation(
                "Fireside is offline, as you chose. Switch that off on the models page (Network) "
                "to search and download."
            )
        case e.LibraryError():
            return Explanation(_library(error))
        case e.ExchangeError():
            return Explanation(_exchange(error))
    return Explanation(
        f"Something went wrong that Fireside did not expect ({type(error).__name__}: {error}). "
        "Try again.",
        Action.RETRY,
    )


def _model(error: e.ModelError) -> str:
    name = f"“{error.path.name}”"
    match error:
        case e.ModelMissing():
            return f"{name} is not at {error.path.parent} any more. Choose the file again."
        case e.ModelUnreadable() if error.path.is_dir():
            return f"{name} is a folder. Choose the file in it that ends in .gguf."
        case e.ModelUnreadable():
            return f"{name} cannot be read ({error.reason}). Check who may read the file."
        case e.NotGguf() if error.path.suffix.lower() == ".gguf":
            return (
                f"{name} is not a GGUF model in spite of its name: its content may be a web page, "
                "or what an interrupted download left. Download it again."
            )
        case e.NotGguf():
            return (
                f"{name} is not a GGUF model. Choose a file that ends in .gguf, "
                "such as gpt-oss-20b-mxfp4.gguf."
            )
        case e.ModelTruncated():
            there, all_of_it = gigabytes(error.size), gigabytes(error.expected)
            # Below a kilobyte not even the header is whole, and it promises nothing yet.
            tell = there != all_of_it and error.expected >= 1000
            how = f": {there} of {all_of_it} are there" if tell else ""
            return f"{name} is incomplete{how}. Download it again."
        case e.UnsupportedArchitecture():
            return (
                f"{name} is a model of another kind ({error.architecture}). "
                "Choose a gpt-oss model: Fireside runs only those."
            )
        case e.ModelForOllama():
            return (
                f"{name} is gpt-oss in a form that only Ollama can run. "
                "Choose a GGUF file of it that was made for llama.cpp."
            )
        case e.ModelTooLarge() if error.gpu:
            return (
                f"{name} needs {gigabytes(error.needed)} of the memory of {error.gpu}, which has "
                f"{gigabytes(error.available)} to give. Choose fewer layers on the GPU, or a "
                "shorter context, in the preferences (Memory)."
            )
        case e.ModelTooLarge():
            return (
                f"{name} needs {gigabytes(error.needed)} of memory, and this computer has "
                f"{gigabytes(error.available)} to give. Choose a smaller model."
            )
        case e.OutOfMemory():
            return (
                f"There was not enough free memory for {name}. Close other programs, or choose a "
                "shorter context in the preferences (Memory)."
            )
        case e.ModelLoadFailed():
            return (
                f"{name} could not be loaded{_last_line(error.log)}. "
                "The file may be damaged: download it again."
            )
    return f"{name} cannot be used. Choose another file."


def _engine(error: e.EngineError) -> Explanation:
    match error:
        case e.EngineDied():
            return Explanation(
                f"The model's process ended {_how(error.exit_code)}. What it said so far is kept.",
                Action.CONTINUE,
            )
        case e.EngineHung():
            return Explanation(
                f"The model said nothing for {error.seconds:.0f} seconds and was ended. "
                "What it said so far is kept.",
                Action.CONTINUE,
            )
        case e.EngineFailed():
            return Explanation(f"The model could not go on ({error.detail}).", Action.RETRY)
        case e.ContextFull():
            return Explanation(
                f"This conversation is too long for the model: it has {error.prompt:,} tokens, "
                f"and there is room for {error.context:,}. Start a new chat.",
                Action.NEW_CHAT,
            )
    return Explanation("The model's process is in trouble.", Action.RETRY)


def _store(error: e.StoreError) -> str:
    place = _place(error.path)
    match error:
        case e.StoreNewer():
            return (
                f"The chats in {place} were written by a newer Fireside (version {error.found} "
                f"of the format; this one knows {error.known}). Update Fireside."
            )
        case e.StoreDamaged():
            return (
                f"The chats in {place} cannot be read ({error.detail}). Put a backup of "
                "chats.db in its place, or move the file away to start afresh."
            )
        case e.StoreFull():
            return f"The disk is full, so nothing new can be saved in {place}. Free some space."
        case e.StoreReadOnly():
            return f"Fireside may not write in {place}. Check who may write in this folder."
        case e.StoreLocked():
            return f"Another program is using the chats in {place}. Close it and start again."
    return f"The chats in {place} cannot be used. Check the folder."


def _hub(error: e.HubError) -> str:
    name = f"“{error.file or error.repository}”"
    match error:
        case e.HubUnreachable():
            return (
                f"Hugging Face cannot be reached ({error.reason}). Check the connection, or try "
                "again later."
            )
        case e.HubRefused() if not error.file:
            return (
                f"Hugging Face does not show {name} (status {error.status}): it is private, or not "
                "there, or the token in HF_TOKEN is wrong."
            )
        case e.HubNotFound() if not error.file:
            return f"There is no {name} on Hugging Face any more. Choose another repository."
        case e.HubRefused():
            return (
                f"Hugging Face does not give out {name} (status {error.status}). Accept the terms "
                f"of {error.repository} on its web page, and set HF_TOKEN to a token of yours."
            )
        case e.HubNotFound():
            return f"There is no {name} in {error.repository} on Hugging Face. Choose another file."
        case e.DownloadDamaged():
            return (
                f"What Hugging Face sends as {name} does not have the checksum that it promises. "
                "Try again later, or on another network."
            )
        case e.NoRoom():
            return (
                f"{name} needs {gigabytes(error.needed)} more on the disk, and "
                f"{gigabytes(error.free)} are free in {error.path}. Free some space: "
                "what is there already is kept."
            )
        case e.CacheUnwritable():
            return (
                f"Fireside may not write in {error.path} ({error.reason}), so nothing is "
                "downloaded. Check who may write there."
            )
    return f"{name} could not be downloaded."


def _library(error: e.LibraryError) -> str:
    name = f"“{error.path.name}”"
    match error:
        case e.FileRefused():
            return (
                f"{name} could not be changed ({error.reason}). Nothing was lost. "
                "Check who may write in its folder, and whether another program uses it."
            )
        case e.TargetExists():
            return f"There is another {name} in {error.path.parent}. Choose another folder."
        case e.TargetFull():
            return (
                f"{name} needs {gigabytes(error.needed)}, and {gigabytes(error.free)} are free in "
                f"{error.path.parent}. Free some space or choose another folder; the model is "
                "where it was."
            )
        case e.CopyDiffers():
            return (
                f"The copy of {name} in {error.path.parent} reads back differently, so it was "
                "removed; the model is where it was. The disk may be failing: choose another."
            )
    return f"{name} could not be changed. It is as it was."


def _exchange(error: e.ExchangeError) -> str:
    name = f"“{error.path.name}”"
    match error:
        case e.ExchangeUnreadable():
            return f"{name} cannot be read ({error.reason}). Check who may read it."
        case e.ExchangeUnknown():
            return (
                f"{name} holds no chats that Fireside can read. Choose an export of Fireside, "
                "ChatGPT (the .zip or conversations.json), LM Studio or Open WebUI."
            )
        case e.ExchangeDamaged():
            return (
                f"{name} is damaged or incomplete ({error.detail}). Export it again; "
                "none of it was imported."
            )
        case e.ExchangeNewer():
            return (
                f"{name} was written by a newer Fireside (version {error.found} of the format; "
                f"this one knows {error.known}). Update Fireside."
            )
        case e.ExchangeTooLarge():
            return (
                f"{name} has a chat of more than {gigabytes(error.limit)}, which is too large. "
                "None of it was imported."
            )
        case e.ExchangeUnwritable():
            return (
                f"{name} could not be written ({error.reason}). Check who may write in "
                f"{error.path.parent} and how much room there is, or choose another folder."
            )
    return f"{name} could not be used."


def gigabytes(size: int) -> str:
    """A size in the unit that fits, in decimal steps as files are sold."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size} bytes"


def _place(path: Path) -> str:
    return str(path.parent if path.suffix else path)


def _how(code: int | None) -> str:
    if code is None:
        return "unexpectedly"
    if code == -9:
        return "because the system or a person killed it, perhaps for want of memory"
    return f"unexpectedly (signal {-code})" if code < 0 else f"unexpectedly (exit code {code})"


def _last_line(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    return f" ({lines[-1].rstrip('.')})" if lines else ""
