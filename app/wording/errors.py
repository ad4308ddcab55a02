"""What a person is told when something goes wrong: what happened, and what to do."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path

from app.base import errors as e
from app.wording.language import number, tr
from app.wording.quantities import gigabytes


class Action(Enum):
    """The one step that is offered beside a sentence."""

    NONE = auto()
    RETRY = auto()
    CONTINUE = auto()
    ANSWER_NOW = auto()
    CHOOSE_MODEL = auto()
    NEW_CHAT = auto()
    REPAIR = auto()

    @property
    def words(self) -> str:
        """The button's text."""
        match self:
            case Action.RETRY:
                return tr("Try again")
            case Action.CONTINUE:
                return tr("Continue")
            case Action.ANSWER_NOW:
                return tr("Answer now")
            case Action.CHOOSE_MODEL:
                return tr("Choose a model")
            case Action.NEW_CHAT:
                return tr("New chat")
            case Action.REPAIR:
                return tr("Repair…")
        return ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A sentence, and the step to offer with it. ``detail`` is what a program said, in its own
    words, for whoever asks for it."""

    sentence: str
    action: Action = Action.NONE
    detail: str = ""


def explain(error: BaseException) -> Explanation:
    """The words for any fault of `app.base.errors`, and for one that nobody expected."""
    match error:
        case e.ModelError():
            return Explanation(_model(error), Action.CHOOSE_MODEL, getattr(error, "detail", ""))
        case e.EngineError():
            return _engine(error)
        case e.StoreError():
            damaged = isinstance(error, e.StoreDamaged)
            return Explanation(_store(error), Action.REPAIR if damaged else Action.NONE)
        case e.SettingsDamaged():
            names = ", ".join(name for name in error.lost if name != "*")
            detail = "\n".join(filter(None, (names, error.detail)))
            return Explanation(_settings(error), detail=detail)
        case e.HubError():
            return Explanation(_hub(error), Action.RETRY)
        case e.Offline():
            return Explanation(
                tr(
                    "Fireside is offline, as you chose. Switch that off on the models page "
                    "(Network) to search and download."
                )
            )
        case e.UpdatesUnknown():
            return Explanation(
                tr(
                    "Whether there is a newer Fireside could not be found out: {host} gave no "
                    "answer to that ({reason}). Check the connection, or try again later."
                ).format(host=error.host, reason=error.reason)
            )
        case e.LibraryError():
            return Explanation(_library(error))
        case e.ExchangeError():
            return Explanation(_exchange(error))
        case e.DocumentError():
            return Explanation(_document(error))
    return Explanation(
        tr(
            "Something went wrong that Fireside did not expect ({name}: {error}). Try again."
        ).format(name=type(error).__name__, error=error),
        Action.RETRY,
    )


def _model(error: e.ModelError) -> str:
    name = error.path.name
    match error:
        case e.ModelMissing() | e.ModelUnreadable() | e.NotGguf() | e.ModelTruncated():
            return _model_file(error)
        case e.NoModel():
            return tr(
                "“{name}” is not a model on its own, only an add-on to one ({kind}). Choose a "
                "gpt-oss model."
            ).format(name=name, kind=error.architecture)
        case e.UnsupportedArchitecture():
            return tr(
                "“{name}” is a model of another kind ({architecture}). Choose a gpt-oss "
                "model: Fireside runs only those."
            ).format(name=name, architecture=error.architecture)
        case e.ModelForOllama():
            return tr(
                "“{name}” is gpt-oss in a form that only Ollama can run. Choose a GGUF "
                "file of it that was made for llama.cpp."
            ).format(name=name)
        case e.ModelTooLarge() | e.OutOfMemory():
            return _memory(error)
        case e.NotFinite():
            return tr(
                "“{name}” is damaged: its weights make no sense. Download it again, or choose "
                "another model."
            ).format(name=name)
        case e.ModelDamaged():
            return tr("“{name}” is damaged. Download it again, or choose another file.").format(
                name=name
            )
        case e.ModelNewer():
            return tr(
                "“{name}” was made for a newer llama.cpp than the one in this Fireside. Update "
                "Fireside, or choose another file of this model."
            ).format(name=name)
        case e.ModelForeign():
            return tr(
                "“{name}” lacks parts that llama.cpp needs. It is incomplete, or was made for "
                "another program. Choose another file of this model."
            ).format(name=name)
        case e.ModelRenamed():
            return tr(
                "“{name}” is one of {count} files of a model, and its name does not say which. "
                "Give it back its own name, with {ending} at the end."
            ).format(
                name=name, count=number(error.count), ending=f"-00001-of-{error.count:05}.gguf"
            )
        case e.ModelLoadFailed():
            return tr(
                "“{name}” could not be loaded. Try again; if that does not help, choose another "
                "file of this model."
            ).format(name=name)
    return tr("“{name}” cannot be used. Choose another file.").format(name=name)


def _model_file(error: e.ModelMissing | e.ModelUnreadable | e.NotGguf | e.ModelTruncated) -> str:
    """There is no whole file that could be a model."""
    name = error.path.name
    match error:
        case e.ModelMissing():
            return tr("“{name}” is not at {parent} any more. Choose the file again.").format(
                name=name, parent=error.path.parent
            )
        case e.ModelUnreadable() if error.path.is_dir():
            return tr("“{name}” is a folder. Choose the file in it that ends in .gguf.").format(
                name=name
            )
        case e.ModelUnreadable() if error.reason == os.strerror(errno.EIO):
            return tr(
                "“{name}” cannot be read ({reason}): its disk may be failing, or was taken out. "
                "Check the disk, or download the file again."
            ).format(name=name, reason=error.reason)
        case e.ModelUnreadable():
            return tr("“{name}” cannot be read ({reason}). Check who may read the file.").format(
                name=name, reason=error.reason
            )
        case e.NotGguf() if error.path.suffix.lower() == ".gguf":
            return tr(
                "“{name}” is not a GGUF model in spite of its name: its content may be a "
                "web page, or what an interrupted download left. Download it again."
            ).format(name=name)
        case e.NotGguf():
            return tr("“{name}” is not a GGUF model. Choose a file that ends in .gguf.").format(
                name=name
            )
        case e.ModelTruncated():
            there, all_of_it = gigabytes(error.size), gigabytes(error.expected)
            # Below a kilobyte not even the header is whole, and it promises nothing yet.
            tell = there != all_of_it and error.expected >= 1000
            if not tell:
                return tr("“{name}” is incomplete. Download it again.").format(name=name)
            return tr(
                "“{name}” is incomplete: {there} of {all} is there. Download it again."
            ).format(name=name, there=there, all=all_of_it)


def _memory(error: e.ModelTooLarge | e.OutOfMemory) -> str:
    """There is too little, as was foreseen, or as it turned out."""
    name = error.path.name
    match error:
        case e.ModelTooLarge() if error.gpu:
            return tr(
                "“{name}” needs {needed} of the memory of {gpu}, which has {available} to "
                "give. Choose fewer layers on the GPU, or a shorter context, in the "
                "preferences (Memory)."
            ).format(
                name=name,
                needed=gigabytes(error.needed),
                gpu=error.gpu,
                available=gigabytes(error.available),
            )
        case e.ModelTooLarge():
            return tr(
                "“{name}” needs {needed} of memory, and this computer has {available} to "
                "give. Choose a smaller model."
            ).format(
                name=name, needed=gigabytes(error.needed), available=gigabytes(error.available)
            )
    return tr(
        "There was not enough free memory for “{name}”. Close other programs, or "
        "choose a shorter context in the preferences (Memory)."
    ).format(name=name)


def _engine(error: e.EngineError) -> Explanation:
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


def _store(error: e.StoreError) -> str:
    place = _place(error.path)
    match error:
        case e.StoreNewer():
            return tr(
                "The chats in {place} were written by a newer Fireside (version {found} of "
                "the format; this one knows {known}). Update Fireside where you got it from, or "
                "restore a backup from before."
            ).format(place=place, found=error.found, known=error.known)
        case e.StoreDamaged() if error.path.parent.name == "backups":
            return tr("{name} cannot be read ({detail}). Choose another backup.").format(
                name=error.path.name, detail=error.detail
            )
        case e.StoreDamaged():
            return tr(
                "The chats in {place} are damaged ({detail}). Restore a backup, or recover what "
                "can still be read."
            ).format(place=place, detail=error.detail)
        case e.StoreFull():
            return tr(
                "The disk is full, so nothing new can be saved in {place}. Free some space."
            ).format(place=place)
        case e.StoreReadOnly():
            return tr(
                "Fireside may not write in {place}. Check who may write in this folder, and "
                "the disk."
            ).format(place=place)
        case e.StoreLocked():
            return tr(
                "Another program is using the chats in {place}. Close it and start again."
            ).format(place=place)
    return tr("The chats in {place} cannot be used. Check the folder.").format(place=place)


def _settings(error: e.SettingsDamaged) -> str:
    if error.lost == ("*",):
        said = tr("The settings could not be read. All are back to their defaults.")
    elif error.lost:
        said = tr(
            "Some settings could not be read and are back to their defaults. The others are "
            "unchanged."
        )
    else:
        said = tr("The settings file was damaged. What could be read of it is kept.")
    if error.kept:
        kept = tr("The old file is kept as {path}.").format(path=error.kept)
    else:
        kept = tr("The damaged file stays at {path}.").format(path=error.path)
    return f"{said} {kept}"


def _hub(error: e.HubError) -> str:
    name = error.file or error.repository
    match error:
        case e.HubUnreachable():
            return tr(
                "Hugging Face cannot be reached ({reason}). Check the connection, or try "
                "again later."
            ).format(reason=error.reason)
        case e.HubRefused() if not error.file:
            return tr(
                "Hugging Face does not show “{name}” (status {status}): it is private, or "
                "not there, or the token in HF_TOKEN is wrong."
            ).format(name=name, status=error.status)
        case e.HubNotFound() if not error.file:
            return tr(
                "There is no “{name}” on Hugging Face any more. Choose another repository."
            ).format(name=name)
        case e.HubRefused():
            return tr(
                "Hugging Face does not give out “{name}” (status {status}). Accept the "
                "terms of {repository} on its web page, and set HF_TOKEN to a token of "
                "yours."
            ).format(name=name, status=error.status, repository=error.repository)
        case e.HubNotFound():
            return tr(
                "There is no “{name}” in {repository} on Hugging Face. Choose another file."
            ).format(name=name, repository=error.repository)
        case e.HubChanged():
            return tr(
                "Hugging Face has another file as “{name}” now than the one that was chosen. "
                "Search for it again."
            ).format(name=name)
        case e.NotOnHub():
            return tr(
                "Hugging Face no longer has {name} in {repository}, in any form that Fireside can "
                "run. Update Fireside, or choose another version below."
            ).format(name=error.name, repository=error.repository)
        case e.DownloadDamaged():
            return tr(
                "What Hugging Face sends as “{name}” does not have the checksum that it "
                "promises. Try again later, or on another network."
            ).format(name=name)
        case e.NoRoom():
            return tr(
                "“{name}” needs {needed} more on the disk, and {free} is free in {path}. "
                "Free some space: what is there already is kept."
            ).format(
                name=name,
                needed=gigabytes(error.needed),
                free=gigabytes(error.free),
                path=error.path,
            )
        case e.DriveMissing():
            return tr(
                "The drive with {path} is not connected, or the folder is gone, so nothing is "
                "downloaded. Connect the drive, or choose another folder (Network)."
            ).format(path=error.path)
        case e.CacheUnwritable():
            return tr(
                "Fireside may not write in {path} ({reason}), so nothing is downloaded. "
                "Check who may write there."
            ).format(path=error.path, reason=error.reason)
    return tr("“{name}” could not be downloaded.").format(name=name)


def _library(error: e.LibraryError) -> str:
    name = error.path.name
    match error:
        case e.FileRefused():
            return tr(
                "“{name}” could not be changed ({reason}). Nothing was lost. Check who may "
                "write in its folder, and whether another program uses it."
            ).format(name=name, reason=error.reason)
        case e.TargetExists():
            return tr("There is another “{name}” in {parent}. Choose another folder.").format(
                name=name, parent=error.path.parent
            )
        case e.TargetFull():
            return tr(
                "“{name}” needs {needed}, and {free} is free in {parent}. Free some space "
                "or choose another folder; the model is where it was."
            ).format(
                name=name,
                needed=gigabytes(error.needed),
                free=gigabytes(error.free),
                parent=error.path.parent,
            )
        case e.CopyDiffers():
            return tr(
                "The copy of “{name}” in {parent} reads back differently, so it was "
                "removed; the model is where it was. The disk may be failing: choose "
                "another."
            ).format(name=name, parent=error.path.parent)
    return tr("“{name}” could not be changed. It is as it was.").format(name=name)


def _exchange(error: e.ExchangeError) -> str:
    name = error.path.name
    match error:
        case e.ExchangeUnreadable():
            return tr("“{name}” cannot be read ({reason}). Check who may read it.").format(
                name=name, reason=error.reason
            )
        case e.ExchangeUnknown():
            return tr(
                "“{name}” holds no chats that Fireside can read. Choose an export of Fireside, "
                "ChatGPT, Claude (the .zip or conversations.json), LM Studio or Open WebUI."
            ).format(name=name)
        case e.ExchangeNoPresets():
            return tr(
                "“{name}” holds no presets. Choose a file that was exported on the page with "
                "the presets; its name ends in .fireside-presets.json."
            ).format(name=name)
        case e.ExchangeDamaged():
            return tr(
                "“{name}” is damaged or incomplete ({detail}). Export it again; none of it "
                "is imported."
            ).format(name=name, detail=error.detail)
        case e.ExchangeNewer():
            return tr(
                "“{name}” was written by a newer Fireside (version {found} of the format; "
                "this one knows {known}). Update Fireside."
            ).format(name=name, found=error.found, known=error.known)
        case e.ExchangeTooLarge():
            return tr(
                "“{name}” has a chat of more than {limit}, which is too large. None of it "
                "is imported."
            ).format(name=name, limit=gigabytes(error.limit))
        case e.ExchangeUnwritable():
            return tr(
                "“{name}” could not be written ({reason}). Check who may write in {parent} "
                "and how much room there is, or choose another folder."
            ).format(name=name, reason=error.reason, parent=error.path.parent)
    return tr("“{name}” could not be used.").format(name=name)


def _place(path: Path) -> str:
    return str(path.parent if path.suffix else path)


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


def _document(error: e.DocumentError) -> str:
    name = error.path.name
    match error:
        case e.DocumentUnreadable() if error.path.is_dir():
            return tr("“{name}” is a folder. Attach the files in it.").format(name=name)
        case e.DocumentUnreadable():
            return tr(
                "“{name}” cannot be read ({reason}). Check that it is there, and who may read it."
            ).format(name=name, reason=error.reason)
        case e.DocumentImage():
            return tr("“{name}” is a picture, and gpt-oss reads only text.").format(name=name)
        case e.DocumentUnknown():
            return tr(
                "“{name}” is of a kind that cannot be attached. Fireside reads text, code, "
                "Markdown, CSV, JSON, HTML, PDF and DOCX. Save it as one of these, and attach that."
            ).format(name=name)
        case e.DocumentEncrypted():
            return tr(
                "“{name}” is locked with a password. Save it without one, and attach that."
            ).format(name=name)
        case e.DocumentTooLarge():
            return tr("“{name}” is larger than {size}. Attach a part of it.").format(
                name=name, size=gigabytes(error.limit)
            )
        case e.DocumentTooLong():
            return tr("“{name}” is longer than any model can read. Attach a part of it.").format(
                name=name
            )
        case e.DocumentEmpty() if error.pages:
            return tr(
                "“{name}” has no text: its pages are pictures. Run a text recognition (OCR) on "
                "it first."
            ).format(name=name)
        case e.DocumentEmpty():
            return tr("“{name}” has no text in it.").format(name=name)
        case e.DocumentBroken():
            return tr(
                "“{name}” is damaged ({detail}). Save it again in its own program, or get it again."
            ).format(name=name, detail=error.detail.rstrip("."))
    return tr("“{name}” could not be read.").format(name=name)
