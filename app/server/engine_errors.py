"""The engine's errors, as clients are told them."""

from __future__ import annotations

from app.base import errors as e
from app.server.api_error import SERVER, ApiError, unsupported, wrong

_LATER = {"Retry-After": "5"}  # seconds
MESSAGES, SCHEMA, TOOLS = "messages", "response_format", "tools"
"""The members that errors are about, by the names of Chat Completions."""


def api_error(error: e.FiresideError) -> ApiError:
    """Return what a client is told of an error. It quotes nothing of the request but names."""
    match error:
        case e.Cancelled():
            return ApiError(403, "This request was stopped in Fireside.", code="request_stopped")
        case e.ContextFull():
            return context_full(error.prompt, error.context)
        case e.SchemaError():
            return _schema(error)
        case e.RequestUnsupported():
            told = f"The model does not support '{error.feature}'."
            return unsupported(error.feature, told)
        case e.ModelError():
            return _unavailable("The model cannot be loaded. Fireside's window says why.")
        case e.ModelInUse():
            told = f"Another model is loaded: '{error.loaded}'. Try again once it is not used."
            return _unavailable(told, _LATER)
        case e.OwnerError():
            return _unavailable("Another Fireside has the engine. Try again later.", _LATER)
        case e.EndpointUnknown() | e.RemoteError():
            return _unavailable("Only models on this computer are served.")
        case e.AnswerEndless():
            told = "The model kept repeating itself, and was stopped."
        case e.GpuLost():
            told = "The graphics card stopped responding. Try again."
        case e.EngineHung():
            told = "The engine did not respond, and was stopped. Try again."
        case e.EngineFailed():
            told = f"The engine reported a failure: {error.detail[:200]}"
        case _:
            told = "The engine stopped unexpectedly. Try again."
    return ApiError(500, told, code="engine_failed")


def context_full(prompt: int, context: int) -> ApiError:
    """Return the error for a prompt that is too long, in words that clients look for."""
    told = (
        f"The prompt is too long: {prompt} tokens > {context} maximum. This model's maximum "
        f"context length is {context} tokens. Shorten the messages."
    )
    return wrong(MESSAGES, told, "context_length_exceeded")


def too_many() -> ApiError:
    """Return the error for a request for which the queue has no room."""
    told = "Too many requests are waiting. Try again in a few seconds."
    return ApiError(429, told, kind="rate_limit_error", code="rate_limit_exceeded", headers=_LATER)


def _unavailable(told: str, headers: dict[str, str] | None = None) -> ApiError:
    return ApiError(503, told, kind=SERVER, code="model_unavailable", headers=headers)


def _schema(error: e.SchemaError) -> ApiError:
    param = TOOLS if error.function else SCHEMA
    whose = f"The schema of '{error.function}'" if error.function else "The schema"
    at = f" at {error.pointer}" if error.pointer else ""
    match error:
        case e.SchemaInvalid():
            told = f"{whose} is not valid{at}: {error.reason}"
        case e.SchemaUnsupported():
            more = f" ({error.detail})" if error.detail else ""
            told = f"{whose} has '{error.keyword}'{at}, which cannot be guaranteed{more}."
            return unsupported(param, told)
        case e.SchemaTooLarge():
            told = f"{whose} may have at most {error.limit // 1024} KiB."
        case e.SchemaTooComplex():
            told = f"{whose} is too complex{at}: {error.detail}"
        case _:
            told = "The answer so far does not follow the schema, so it cannot be continued."
    return wrong(param, told, "invalid_json_schema")
