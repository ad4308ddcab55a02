"""Errors of models in files: they cannot be run, moved or removed."""

from __future__ import annotations

from pathlib import Path

from app.base.errors.fireside_error import FiresideError


class ModelError(FiresideError):
    """The file at ``path`` cannot be run."""

    path: Path


class ModelMissing(ModelError):
    """There is no such file."""


class ModelUnreadable(ModelError):
    """The system refuses to read the file; ``reason`` is its message."""

    reason: str


class NotGguf(ModelError):
    """The file is not a GGUF file, or its header is nonsense."""


class ModelTruncated(ModelError):
    """The file ends at ``size`` bytes, while its header promises ``expected``."""

    size: int
    expected: int


class ModelDamaged(ModelError):
    """The file contradicts itself, or has values impossible for a model.

    ``detail`` says where, in llama.cpp's words or similar ones.
    """

    detail: str


class ModelNewer(ModelError):
    """The file was made for a newer llama.cpp; ``detail`` says what this one does not know."""

    detail: str


class ModelForeign(ModelError):
    """A gpt-oss for another program, or an incomplete one.

    ``detail`` says what llama.cpp does not find in it.
    """

    detail: str


class ModelForOllama(ModelError):
    """A gpt-oss that Ollama converted for its own engine: its tensors have other names.

    ``detail`` says what llama.cpp does not find in it.
    """

    detail: str = ""


class ModelRenamed(ModelError):
    """One of ``count`` parts, renamed so that its number, and the other parts, cannot be found."""

    count: int


class UnsupportedArchitecture(ModelError):
    """The file is a GGUF file of a model other than gpt-oss."""

    architecture: str


class NoModel(UnsupportedArchitecture):
    """The file is a companion file: a draft, a projector, an importance matrix, an adapter."""


class ModelTooLarge(ModelError):
    """The model needs ``needed`` bytes of memory, and only ``available`` can be had.

    That is the GPU's memory if ``gpu`` names one, else the machine's. ``fits_otherwise``: it would
    fit without the user's memory settings.
    """

    needed: int
    available: int
    gpu: str = ""
    fits_otherwise: bool = False


class ModelLoadFailed(ModelError):
    """llama.cpp refused the file, or crashed while loading it, for a reason not listed above.

    ``detail`` is its last message.
    """

    detail: str


class NotFinite(ModelError):
    """The weights are damaged: processing a prompt gives infinities or NaN."""


class OutOfMemory(ModelError):
    """There was less memory than planned; ``detail`` is llama.cpp's message.

    ``killed``: the system ended the process, most likely because memory ran out. ``device``: ggml's
    name of the device whose memory it was ("CUDA0", "CPU"); empty if it is unknown.
    """

    detail: str
    killed: bool = False
    device: str = ""


class CacheUnsupported(ModelError):
    """A device cannot use a compact cache (no flash attention)."""


class LibraryError(FiresideError):
    """The model's file at ``path`` could not be moved or removed, and is unchanged."""

    path: Path


class FileRefused(LibraryError):
    """The system refuses; ``reason`` is its message."""

    reason: str


class TargetExists(LibraryError):
    """There is another file at ``path``, its destination."""


class TargetFull(LibraryError):
    """The disk of ``path`` has ``free`` bytes free, and ``needed`` are required."""

    needed: int
    free: int


class CopyDiffers(LibraryError):
    """The data written at ``path`` reads back differently: the disk is faulty."""
