"""Errors of the engine: its process, its owner, and what it was asked."""

from __future__ import annotations

from app.base.errors.fireside_error import FiresideError


class EngineError(FiresideError):
    """The model's process failed. The next request starts it again."""


class EngineDied(EngineError):
    """The process ended by itself; ``exit_code`` is negative for a signal, None if unknown."""

    exit_code: int | None
    log: str


class GpuLost(EngineDied):
    """It ended because of the GPU ``gpu``, whose name in ggml is ``device``.

    Both are empty if it is not known which. ``full``: another program had taken its memory; else it
    does not work any more.
    """

    gpu: str = ""
    device: str = ""
    full: bool = False


class EngineHung(EngineError):
    """The process was silent for ``seconds``, and was killed."""

    seconds: float


class EngineFailed(EngineError):
    """llama.cpp reported a failure; its process is still running."""

    detail: str


class RequestUnsupported(EngineError):
    """The request needs ``feature``, which this model or engine does not support."""

    feature: str


class AnswerEndless(EngineError):
    """An answer endlessly repeated itself, and was stopped after ``tokens`` tokens."""

    tokens: int


class ContextFull(EngineError):
    """The conversation has ``prompt`` tokens, too many for a context of ``context``.

    Each is 0 if a server does not say.
    """

    prompt: int
    context: int


class OwnerError(EngineError):
    """Another process of Fireside has the engine: ``holder``, "window" or a command's name."""

    holder: str


class ModelInUse(OwnerError):
    """It has loaded the model ``loaded``, which would have to make room for ``wanted``."""

    loaded: str
    wanted: str


class OwnerOutdated(OwnerError):
    """It runs ``version`` of Fireside, which is another one than this."""

    version: str


class OwnerSilent(OwnerError):
    """It does not respond."""


class SchemaError(EngineError):
    """A JSON schema that an answer, or a call's arguments, has to follow cannot be used.

    ``pointer`` is the place in it, as a JSON pointer (RFC 6901); ``function`` is the function whose
    arguments it describes, empty if it is the answer's.
    """

    pointer: str = ""
    function: str = ""


class SchemaInvalid(SchemaError):
    """It is not JSON, or not a JSON schema; ``reason`` says why."""

    reason: str = ""


class SchemaUnsupported(SchemaError):
    """It uses ``keyword``, which cannot be guaranteed; ``detail`` says what of it, if not all."""

    keyword: str = ""
    detail: str = ""


class SchemaTooLarge(SchemaError):
    """It has more than ``limit`` bytes."""

    limit: int = 0


class SchemaTooComplex(SchemaError):
    """It would take too long to follow; ``detail`` is llguidance's message."""

    detail: str = ""


class SchemaMismatch(SchemaError):
    """An answer was to be continued whose beginning does not follow it."""
