"""Every error that Fireside raises on purpose. Each carries facts; `app/wording/errors.py` alone
turns them into sentences.

::

    FiresideError
    ├── ModelError(path)            a file that cannot be run
    │   ├── ModelMissing
    │   ├── ModelUnreadable(reason)
    │   ├── NotGguf
    │   ├── ModelTruncated(size, expected)
    │   ├── ModelDamaged(detail)
    │   ├── ModelNewer(detail)
    │   ├── ModelForeign(detail)
    │   ├── ModelForOllama(detail)
    │   ├── ModelRenamed(count)
    │   ├── UnsupportedArchitecture(architecture)
    │   │   └── NoModel
    │   ├── ModelTooLarge(needed, available, gpu)
    │   ├── ModelLoadFailed(detail)
    │   ├── NotFinite
    │   └── OutOfMemory(detail)
    ├── EngineError                 the model's process
    │   ├── EngineDied(exit_code, log)
    │   ├── EngineHung(seconds)
    │   ├── EngineFailed(detail)
    │   ├── AnswerEndless(tokens)
    │   └── ContextFull(prompt, context)
    ├── StoreError(path)            the database of chats
    │   ├── StoreNewer(found, known)
    │   ├── StoreDamaged(detail)
    │   ├── StoreFull
    │   ├── StoreReadOnly
    │   └── StoreLocked
    ├── HubError(repository, file)  a file on the hub that did not come
    │   ├── HubUnreachable(reason)
    │   ├── HubRefused(status)
    │   ├── HubNotFound
    │   ├── HubChanged
    │   ├── NotOnHub(name)
    │   ├── DownloadDamaged
    │   ├── NoRoom(path, needed, free)
    │   ├── DriveMissing(path)
    │   └── CacheUnwritable(path, reason)
    ├── Offline                     a person wants no connection
    ├── UpdatesUnknown(host, reason)  whether there is a newer Fireside cannot be told
    ├── LibraryError(path)          a model's file that could not be moved or removed
    │   ├── FileRefused(reason)
    │   ├── TargetExists
    │   ├── TargetFull(needed, free)
    │   └── CopyDiffers
    ├── ExchangeError(path)         a file of chats or presets, not read or written
    │   ├── ExchangeUnreadable(reason)
    │   ├── ExchangeUnknown
    │   ├── ExchangeNoPresets
    │   ├── ExchangeDamaged(detail)
    │   ├── ExchangeNewer(found, known)
    │   ├── ExchangeTooLarge(limit)
    │   └── ExchangeUnwritable(reason)
    ├── DocumentError(path)         a file that a person attaches, and that gave no text
    │   ├── DocumentUnreadable(reason)
    │   ├── DocumentUnknown
    │   ├── DocumentImage
    │   ├── DocumentBroken(detail)
    │   ├── DocumentEncrypted
    │   ├── DocumentTooLarge(limit)
    │   ├── DocumentTooLong(limit)
    │   └── DocumentEmpty(pages)
    └── Cancelled                   a person stopped it: not a fault
"""

from __future__ import annotations

from inspect import get_annotations
from pathlib import Path
from typing import dataclass_transform


@dataclass_transform(eq_default=False)
class FiresideError(Exception):
    """The root of the tree. A subclass declares its facts as a dataclass does, and is made with
    them; but thirty dataclasses would take 10 ms of every start."""

    _facts: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls._facts = (*cls._facts, *get_annotations(cls))

    def __init__(self, *values: object, **named: object) -> None:
        facts = dict(zip(self._facts, values, strict=False)) | named
        for name in self._facts:
            if name not in facts:
                facts[name] = getattr(type(self), name)  # its default
        if len(facts) > len(self._facts) or len(values) > len(self._facts):
            raise TypeError(f"{type(self).__name__} has the facts {self._facts}")
        vars(self).update(facts)
        super().__init__(*(facts[name] for name in self._facts))  # for repr and pickle

    def __str__(self) -> str:
        return repr(self)


class Cancelled(FiresideError):
    """A person stopped what was going on."""


class ModelError(FiresideError):
    """The file at ``path`` cannot be run."""

    path: Path


class ModelMissing(ModelError):
    """There is no such file."""


class ModelUnreadable(ModelError):
    """The system does not let the file be read; ``reason`` is its own word."""

    reason: str


class NotGguf(ModelError):
    """The file is no GGUF, or its header makes no sense."""


class ModelTruncated(ModelError):
    """The file ends at ``size`` bytes where its header promises ``expected``."""

    size: int
    expected: int


class ModelDamaged(ModelError):
    """What the file says contradicts itself, or what a model can be; ``detail`` says where, in
    llama.cpp's words or such as it has."""

    detail: str


class ModelNewer(ModelError):
    """The file was made for a newer llama.cpp; ``detail`` says what of it is not known here."""

    detail: str


class ModelForeign(ModelError):
    """It is gpt-oss and was made for another program, or not whole: ``detail`` says what llama.cpp
    does not find in it."""

    detail: str


class ModelForOllama(ModelError):
    """gpt-oss as Ollama converts it: other names of the same tensors, for its own engine only.
    ``detail`` says what llama.cpp does not find in it."""

    detail: str = ""


class ModelRenamed(ModelError):
    """It is one of ``count`` files of a model, and its name does not say which: the others cannot
    be found."""

    count: int


class UnsupportedArchitecture(ModelError):
    """A GGUF of another kind of model than gpt-oss."""

    architecture: str


class NoModel(UnsupportedArchitecture):
    """What lies beside a model: a draft, a projector, an importance matrix, an adapter."""


class ModelTooLarge(ModelError):
    """``needed`` bytes of memory where the machine can give ``available``: its own, or that of
    its ``gpu``, where one is named."""

    needed: int
    available: int
    gpu: str = ""


class ModelLoadFailed(ModelError):
    """llama.cpp refused the file, or its process ended over it, for a reason that is none of the
    above; ``detail`` is what it said last."""

    detail: str


class NotFinite(ModelError):
    """The weights are damaged: what comes of a prompt is no number."""


class OutOfMemory(ModelError):
    """There was less memory than the plan counted on; ``detail`` is what llama.cpp said."""

    detail: str


class EngineError(FiresideError):
    """The model's process is in trouble. It is started again by the next request."""


class EngineDied(EngineError):
    """The process ended by itself. ``exit_code`` is negative for a signal, None if unknown."""

    exit_code: int | None
    log: str


class EngineHung(EngineError):
    """The process said nothing for ``seconds`` and was ended."""

    seconds: float


class EngineFailed(EngineError):
    """llama.cpp reported a fault and lives on."""

    detail: str


class RequestUnsupported(EngineError):
    """The request wants ``feature``, which this model or this engine cannot do."""

    feature: str


class NoRemoteEngine(EngineError):
    """The model is behind the endpoint ``url``, and nothing here can ask it."""

    url: str


class AnswerEndless(EngineError):
    """An answer was ended after ``tokens``: it did nothing but repeat itself."""

    tokens: int


class ContextFull(EngineError):
    """The conversation has ``prompt`` tokens, the context holds ``context``."""

    prompt: int
    context: int


class StoreError(FiresideError):
    """The database at ``path`` cannot be used."""

    path: Path


class StoreNewer(StoreError):
    """Written by a later Fireside: schema ``found``, while this one knows ``known``."""

    found: int
    known: int


class StoreDamaged(StoreError):
    """SQLite cannot read it; ``detail`` is its word."""

    detail: str


class StoreFull(StoreError):
    """The disk is full."""


class StoreReadOnly(StoreError):
    """The file or folder cannot be written to: it is not allowed, or the disk refuses."""


class StoreLocked(StoreError):
    """Another program holds it."""


class SettingsDamaged(FiresideError):
    """Of the settings at ``path``, those that are ``lost`` could not be read ("*": none could);
    ``detail`` says what is wrong, and ``kept`` is where the file is now, None where it could not
    be put aside."""

    path: Path
    lost: tuple[str, ...]
    detail: str
    kept: Path | None


class HubError(FiresideError):
    """``file`` of ``repository`` cannot be had."""

    repository: str
    file: str


class HubUnreachable(HubError):
    """No answer from the hub, or none that makes sense; ``reason`` says which."""

    reason: str


class HubRefused(HubError):
    """The hub does not give it to this person: HTTP ``status`` 401, 403 or the like."""

    status: int


class HubNotFound(HubError):
    """The hub has no such repository, revision or file."""


class HubChanged(HubError):
    """The hub has another file under this name than the one that is wanted."""


class NotOnHub(HubError):
    """``name`` is neither as it was nor as another conversion in its repository any more."""

    name: str


class DownloadDamaged(HubError):
    """All of it came, more than once, and its hash is never that which the hub told."""


class NoRoom(HubError):
    """The disk of ``path`` has ``free`` bytes where ``needed`` more are to come."""

    path: Path
    needed: int
    free: int


class DriveMissing(HubError):
    """The drive with the folder ``path`` is not there, or the folder is gone."""

    path: Path


class CacheUnwritable(HubError):
    """The folder ``path`` takes no files; ``reason`` is the system's word."""

    path: Path
    reason: str


class Offline(FiresideError):
    """A person has switched the network off, and something wanted to use it."""


class UpdatesUnknown(FiresideError):
    """``host`` does not tell which Fireside is the newest; ``reason`` says why."""

    host: str
    reason: str


class LibraryError(FiresideError):
    """The model's file at ``path`` could not be moved or removed. It is as it was."""

    path: Path


class FileRefused(LibraryError):
    """The system does not let it be done; ``reason`` is its own word."""

    reason: str


class TargetExists(LibraryError):
    """There is another file at ``path``, which is where it was to go."""


class TargetFull(LibraryError):
    """The disk of ``path`` has ``free`` bytes where ``needed`` are to come."""

    needed: int
    free: int


class CopyDiffers(LibraryError):
    """What was written at ``path`` reads back as something else: the disk is faulty."""


class ExchangeError(FiresideError):
    """Chats, or presets, could not be read from, or written to, the file at ``path``."""

    path: Path


class ExchangeUnreadable(ExchangeError):
    """The system does not let it be read; ``reason`` is its own word."""

    reason: str


class ExchangeUnknown(ExchangeError):
    """What is in it are no chats in any form that Fireside knows."""


class ExchangeNoPresets(ExchangeError):
    """It is no file of presets."""


class ExchangeDamaged(ExchangeError):
    """It has a known form and breaks its rules; ``detail`` says where and how."""

    detail: str


class ExchangeNewer(ExchangeError):
    """A later Fireside wrote it: in version ``found``, and this one knows up to ``known``."""

    found: int
    known: int


class ExchangeTooLarge(ExchangeError):
    """One chat in it has more than ``limit`` characters."""

    limit: int


class ExchangeUnwritable(ExchangeError):
    """It could not be written; ``reason`` is the system's own word. What was there is there."""

    reason: str


class DocumentError(FiresideError):
    """There is no text to be had from the file at ``path``."""

    path: Path


class DocumentUnreadable(DocumentError):
    """The system does not let it be read; ``reason`` is its own word."""

    reason: str


class DocumentUnknown(DocumentError):
    """It is of no kind that Fireside reads."""


class DocumentImage(DocumentError):
    """It is a picture, and gpt-oss sees none."""


class DocumentBroken(DocumentError):
    """It breaks the rules of its kind; ``detail`` is what its reader says."""

    detail: str


class DocumentEncrypted(DocumentError):
    """It opens with a password only."""


class DocumentTooLarge(DocumentError):
    """It has more than ``limit`` bytes, as it is or unpacked."""

    limit: int


class DocumentTooLong(DocumentError):
    """Its text has more than ``limit`` characters."""

    limit: int


class DocumentEmpty(DocumentError):
    """There is no text in it: in none of its ``pages``, which are pictures then; 0 where its kind
    has none."""

    pages: int
