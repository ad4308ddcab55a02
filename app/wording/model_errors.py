"""Explanations of errors about a model's file that cannot be run."""

from __future__ import annotations

import errno
import os

from app.base import errors as e
from app.wording.explanation import Action
from app.wording.language import number, tr
from app.wording.quantities import gigabytes


def model_sentence(error: e.ModelError) -> str:
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


def model_actions(error: e.ModelError) -> tuple[Action, ...]:
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
            # Below a kilobyte even the header is incomplete, and says nothing about the size.
            tell = there != all_of_it and error.expected >= 1000
            if not tell:
                return tr("“{name}” is incomplete. Download it again.").format(name=name)
            return tr(
                "“{name}” is incomplete: {there} of {all} is there. Download it again."
            ).format(name=name, there=there, all=all_of_it)


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
