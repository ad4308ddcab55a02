"""Explanations of errors about a model's file: it cannot be run, moved or removed."""

from __future__ import annotations

import errno
import os

from app.base import errors as e
from app.wording.explanation import Action, Explanation
from app.wording.language import number, tr
from app.wording.quantities import gigabytes


def explain_model(error: e.ModelError) -> Explanation:
    first, *others = _actions(error)
    return Explanation(_sentence(error), first, getattr(error, "detail", ""), tuple(others))


def _sentence(error: e.ModelError) -> str:
    name = error.path.name
    match error:
        case e.ModelMissing() | e.ModelUnreadable() | e.NotGguf() | e.ModelTruncated():
            return _model_file(error)
        case e.NoModel():
            return tr(
                "{name} is a model add-on ({kind}), not a complete model. Choose a gpt-oss model."
            ).format(name=name, kind=error.architecture)
        case e.UnsupportedArchitecture():
            return tr(
                "{name} isn’t a gpt-oss model (it is {architecture}). Fireside only runs gpt-oss "
                "models."
            ).format(name=name, architecture=error.architecture)
        case e.ModelForOllama():
            return tr(
                "{name} is a gpt-oss file that only Ollama can run. Choose a GGUF file made for "
                "llama.cpp."
            ).format(name=name)
        case e.ModelTooLarge() | e.OutOfMemory():
            return _memory(error)
        case e.CacheUnsupported():
            return tr(
                "The GPU can’t use a compact cache. Choose the full cache under Settings > Memory."
            )
        case e.NotFinite():
            return tr(
                "{name} is damaged: its weights are invalid. Download it again, or choose "
                "another model."
            ).format(name=name)
        case e.ModelDamaged():
            return tr("{name} is damaged. Download it again, or choose another file.").format(
                name=name
            )
        case e.ModelNewer():
            return tr(
                "{name} needs a newer version of llama.cpp. Update Fireside, or choose another "
                "file for this model."
            ).format(name=name)
        case e.ModelForeign():
            return tr(
                "{name} is incomplete or was made for another app: llama.cpp can’t find "
                "everything it needs. Choose another file for this model."
            ).format(name=name)
        case e.ModelRenamed():
            return tr(
                "{name} is one part of a {count}-file model but has been renamed. Restore its "
                "original name, ending in {ending}."
            ).format(
                name=name, count=number(error.count), ending=f"-00001-of-{error.count:05}.gguf"
            )
        case e.ModelLoadFailed():
            return tr(
                "Couldn’t load {name}. Try again, or choose another file for this model."
            ).format(name=name)
    return tr("{name} can’t be used. Choose another file.").format(name=name)


def _actions(error: e.ModelError) -> tuple[Action, ...]:
    """Return what to offer for an error: first what may help with this model."""
    match error:
        case e.OutOfMemory():
            return Action.LOAD_AGAIN, Action.USE_LESS_MEMORY, Action.CHOOSE_MODEL
        case e.ModelTooLarge() if error.fits_otherwise:
            return Action.USE_LESS_MEMORY, Action.CHOOSE_MODEL
        case e.ModelMissing() | e.ModelUnreadable() | e.ModelLoadFailed():
            return Action.LOAD_AGAIN, Action.CHOOSE_MODEL
    return (Action.CHOOSE_MODEL,)


def _model_file(error: e.ModelMissing | e.ModelUnreadable | e.NotGguf | e.ModelTruncated) -> str:
    """Return the sentence for a file that is missing, unreadable, incomplete or not a model."""
    name = error.path.name
    match error:
        case e.ModelMissing():
            return tr("{path}: file not found").format(path=error.path)
        case e.ModelUnreadable() if error.path.is_dir():
            return tr("{name} is a folder. Choose the .gguf file inside it.").format(name=name)
        case e.ModelUnreadable() if error.reason == os.strerror(errno.EIO):
            return tr(
                "Can’t read {name} ({reason}). The disk may be failing or disconnected. Check "
                "the disk, or download the file again."
            ).format(name=name, reason=error.reason)
        case e.ModelUnreadable():
            return tr(
                "Can’t read {name} ({reason}). Check that the file exists and that you have "
                "permission to open it."
            ).format(name=name, reason=error.reason)
        case e.NotGguf() if error.path.suffix.lower() == ".gguf":
            return tr(
                "{name} isn’t a valid GGUF file. It may be a web page or an interrupted "
                "download. Download it again."
            ).format(name=name)
        case e.NotGguf():
            return tr("{name} isn’t a GGUF model. Choose a .gguf file.").format(name=name)
        case e.ModelTruncated():
            there, all_of_it = gigabytes(error.size), gigabytes(error.expected)
            # Below a kilobyte even the header is incomplete, and says nothing about the size.
            tell = there != all_of_it and error.expected >= 1000
            if not tell:
                return tr("{name} is incomplete. Download it again.").format(name=name)
            return tr("{name} is incomplete ({there} of {all}). Download it again.").format(
                name=name, there=there, all=all_of_it
            )


def _memory(error: e.ModelTooLarge | e.OutOfMemory) -> str:
    """Return the sentence for too little memory, foreseen or not."""
    name = error.path.name
    match error:
        case e.OutOfMemory() if error.killed:
            return tr(
                "The model was stopped by the system while loading, probably because memory ran "
                "out."
            )
        case e.ModelTooLarge() if error.gpu:
            return tr(
                "{name} needs {needed} of GPU memory, but {gpu} has only {available} available. "
                "Choose fewer GPU layers or a shorter context under Settings > Memory."
            ).format(
                name=name,
                needed=gigabytes(error.needed),
                gpu=error.gpu,
                available=gigabytes(error.available),
            )
        case e.ModelTooLarge():
            return tr(
                "{name} needs {needed} of memory, but only {available} is available. Choose a "
                "smaller model."
            ).format(
                name=name, needed=gigabytes(error.needed), available=gigabytes(error.available)
            )
    return tr(
        "Not enough free memory for {name}. Close other apps, or choose a shorter context under "
        "Settings > Memory."
    ).format(name=name)


def library_sentence(error: e.LibraryError) -> str:
    name = error.path.name
    match error:
        case e.FileRefused():
            return tr(
                "Couldn’t move or delete {name} ({reason}). Check the folder’s permissions and "
                "whether another app is using the file."
            ).format(name=name, reason=error.reason)
        case e.TargetExists():
            return tr("{parent} already contains {name}. Choose another folder.").format(
                name=name, parent=error.path.parent
            )
        case e.TargetFull():
            return tr(
                "Not enough space in {parent} for {name}: {needed} needed, {free} free. The "
                "model wasn’t moved. Free up some space or choose another folder."
            ).format(
                name=name,
                needed=gigabytes(error.needed),
                free=gigabytes(error.free),
                parent=error.path.parent,
            )
        case e.CopyDiffers():
            return tr(
                "The copy of {name} in {parent} was damaged, so it was deleted. The model wasn’t "
                "moved. The disk may be failing; choose another one."
            ).format(name=name, parent=error.path.parent)
    return tr("Couldn’t move or delete {name}. Try again.").format(name=name)
