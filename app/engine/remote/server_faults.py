"""Errors of what a server refuses, by its status and by what it says."""

from __future__ import annotations

import re
from typing import Any

from app.base import errors as e
from app.engine.remote.server_message import ServerMessage, read_body, read_json, tokens

_TOO_LONG = ("context_length_exceeded", "exceed_context_size_error")
_NO_CREDIT = ("insufficient_quota", "payment_required", "billing_hard_limit_reached")
_BUSY = ("rate_limit_exceeded", "overloaded_error", "slow_down", "service_unavailable")
_NO_MODEL = ("model_not_found", "notfounderror", "not_found_error")

# Of vLLM, SGLang, llama-server, llama-cpp-python, LM Studio, OpenAI and those like it.
_NUMBER = r"(?P<{}>\d[\d,]{{0,11}})"
_PROMPT, _CONTEXT = _NUMBER.format("prompt"), _NUMBER.format("context")
_LENGTHS = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"input length \({_PROMPT}\) exceeds model'?s maximum context length \({_CONTEXT}\)",
        rf"input \({_PROMPT} tokens\) is longer than the model'?s context length \({_CONTEXT} ",
        rf"request \({_PROMPT} tokens\) exceeds the available context size \({_CONTEXT} tokens",
        rf"requested tokens \({_PROMPT}\) exceed context window of {_CONTEXT}",
        rf"input has {_PROMPT} tokens, but the context length only supports {_CONTEXT} ",
        rf"n_keep \({_PROMPT}\) >= n_ctx \({_CONTEXT}\)",
        rf"keep the first {_PROMPT} tokens .{{0,120}}context length of only {_CONTEXT} tokens",
        rf"maximum context length is {_CONTEXT} tokens.{{0,120}}?{_PROMPT} (input )?tokens",
        rf"maximum context length is {_CONTEXT} tokens",
        rf"prompt is too long: {_PROMPT} tokens > {_CONTEXT}",
        r"context (length|size|window).{0,40}(exceed|overflow|too (long|small)|not fit)",
        r"(exceed|longer than|does not fit|too long for).{0,60}context (length|size|window)",
    )
)
_MODEL_MISSING = re.compile(
    r"model\b.{0,200}\b(not found|does not exist|not exist|is not available|is not served)"
    r"|not a valid model|invalid model identifier|server is pinned to|unknown model"
    r"|no models? (is )?loaded",
    re.IGNORECASE,
)
_UNLOADED = re.compile(r"no models? (is )?loaded", re.IGNORECASE)
_LOADING = re.compile(r"\b(is )?(being |still )?loading\b", re.IGNORECASE)
_PARAMETERS = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        r"\(parameter=([\w.]{1,60})",
        r"(?:unrecognized request argument|unknown parameter|unsupported (?:parameter|value))"
        r"(?: supplied)?: ['\"`]?([\w.]{1,60})",
        r"unexpected fields in the request: \{([^}]{1,200})\}",
        r"['\"`]([\w.]{1,60})['\"`] (?:is|was) (?:not supported|unexpected|not permitted)",
        r"\b(response_format|tool_choice|reasoning_effort)\b",
    )
)
_NAMED_OTHERWISE = (
    (
        re.compile(r"invalid reasoning value|not support thinking", re.IGNORECASE),
        "reasoning_effort",
    ),
    (re.compile(r"not support tools|tool choice requires", re.IGNORECASE), "tools"),
)
"""What Ollama and vLLM say of a parameter without its name."""


def fault(
    url: str, model: str, status: int, body: bytes, retry_after: float = 0.0
) -> e.FiresideError:
    """Return the error of an answer that is none: its status, and its body.

    ``status`` may be 200, if the body is an error all the same.
    """
    return _of(url, model, status, read_body(body), retry_after)


def stream_fault(url: str, model: str, event: Any) -> e.FiresideError | None:
    """Return the error that a parsed event of a stream is; None if it is none."""
    said = read_json(event)
    return _of(url, model, 200, said, 0.0) if said else None


def _of(
    url: str, model: str, status: int, said: ServerMessage, retry_after: float
) -> e.FiresideError:
    if full := _context_full(status, said):
        return full
    status = said.status or status if status == 200 else status
    if said.words & {*_NO_CREDIT} or status == 402:
        return e.CreditUsedUp(url, said.text)
    if status == 401 or "invalid_api_key" in said.words:
        return e.KeyRefused(url, said.text)
    if _is_model_missing(status, said):
        unloaded = _UNLOADED.search(said.text)
        missing = e.RemoteModelUnloaded if unloaded else e.RemoteModelMissing
        return missing(url, model, said.text)
    if status in (429, 503, 529, 409) or (status == 200 and said.words & {*_BUSY}):
        return _busy(url, status, said, retry_after)
    if not said.formed and status in (200, 404, 405, 501):
        return e.ServerForeign(url, said.text)
    match status:
        case 403:
            return e.KeyRefused(url, said.text)
        case 404 | 405 | 501:
            return e.ServerForeign(url, said.text)
        case _ if 300 <= status < 400:
            return e.ServerMoved(url, "")
        case _ if 400 <= status < 500 and status != 408:
            return e.RequestRefused(url, status, said.text, _parameter(said))
    return e.ServerFailed(url, status, said.text)


def _context_full(status: int, said: ServerMessage) -> e.ContextFull | None:
    if status not in (200, 400, 413, 422, 500):
        return None
    for pattern in _LENGTHS:
        if found := pattern.search(said.text):
            numbers = found.groupdict()
            return e.ContextFull(
                said.prompt or tokens(numbers.get("prompt")),
                said.context or tokens(numbers.get("context")),
            )
    if said.words & {*_TOO_LONG}:
        return e.ContextFull(said.prompt, said.context)
    return None


def _is_model_missing(status: int, said: ServerMessage) -> bool:
    if "model_not_found" in said.words:
        return True
    if status == 404 and (said.parameter == "model" or said.words & {*_NO_MODEL}):
        return "model" in said.text.lower()
    return status in (200, 400, 404) and said.formed and bool(_MODEL_MISSING.search(said.text))


def _busy(url: str, status: int, said: ServerMessage, retry_after: float) -> e.RemoteError:
    if status == 503 and (_LOADING.search(said.text) or "loading" in said.words):
        return e.ServerLoading(url, said.text, retry_after)
    if status == 503 and not said.formed:  # of a proxy, behind which there is nothing
        return e.ServerFailed(url, status, said.text)
    return e.ServerBusy(url, said.text, retry_after)


def _parameter(said: ServerMessage) -> str:
    """Return the names of what is refused of the request, separated by commas."""
    for pattern, name in _NAMED_OTHERWISE:
        if pattern.search(said.text):
            return name
    if said.parameter:
        return said.parameter
    for pattern in _PARAMETERS:
        if found := pattern.search(said.text):
            names = sorted(each.strip(" '\"") for each in found[1].split(","))
            return ", ".join(filter(None, names))
    return ""
