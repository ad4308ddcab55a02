"""What servers have refused of requests, so that they are asked again without it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from app.base.errors import RemoteError, RequestRefused, ServerFailed, ServerForeign
from app.base.types import Endpoint

Json = dict[str, Any]

EFFORT = "reasoning_effort"
"""The effort's name in `Stats.left_out`, however a server calls it."""

_EFFORTS = (EFFORT, f"chat_template_kwargs.{EFFORT}", "reasoning.effort")
_SAMPLERS = ("temperature", "top_p", "top_k", "min_p", "seed")
_FORMS = ("reasoning.summary", "include", "stream_options", "max_tokens", "max_completion_tokens")
"""Without these an answer is the same, but for what is told of it."""
_TOOLS = "tools"
_RENAMED = {"max_tokens": "max_completion_tokens"}
"""Newer models of OpenAI's service take only the new name, and others only the old one."""
_INTERFACE = "responses"


class Refusals:
    """What was refused in this run, by endpoint. Thread-safe.

    Another value of the same parameter may be accepted, so it is tried.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[Endpoint, dict[tuple[str, str], None]] = {}

    def learn(self, endpoint: Endpoint, body: Json, fault: RemoteError) -> bool:
        """Note what a fault says of the body; return whether it was news that may help."""
        refused = [(name, _value(body, name)) for name in _refused(body, fault)]
        if "input" in body and _lacks_interface(fault):
            refused = [(_INTERFACE, "")]
        with self._lock:
            known = self._known.setdefault(endpoint, {})
            news = [each for each in refused if each not in known]
            known.update(dict.fromkeys(news))
        return bool(news)

    def takes_responses(self, endpoint: Endpoint) -> bool:
        """Return whether a server may have the Responses interface."""
        return not self._is_refused(endpoint, _INTERFACE, "")

    def takes_tools(self, endpoint: Endpoint) -> bool:
        """Return whether a server may take functions."""
        return not self._is_refused(endpoint, _TOOLS, "")

    def takes_effort(self, endpoint: Endpoint, effort: str) -> bool:
        """Return whether a server may take a value of the effort."""
        return not any(self._is_refused(endpoint, name, _text(effort)) for name in _EFFORTS)

    def without(self, endpoint: Endpoint, body: Json) -> tuple[Json, tuple[str, ...]]:
        """Return a body without what was refused, and which of it the user should know of."""
        left_out: list[str] = []
        for name in (*_EFFORTS, *_SAMPLERS, *_FORMS, _TOOLS):
            value = _at(body, name)
            if value is None or not self._is_refused(endpoint, name, _value(body, name)):
                continue
            body = _removed(body, name)
            if name in _RENAMED:
                body = {**body, _RENAMED[name]: value}
            elif name in _EFFORTS:
                left_out.append(EFFORT)
            elif name not in _FORMS:
                left_out.append(name)
        return body, tuple(left_out)

    def _is_refused(self, endpoint: Endpoint, name: str, value: str) -> bool:
        with self._lock:
            return (name, value) in self._known.get(endpoint, ())


def _refused(body: Json, fault: RemoteError) -> list[str]:
    """Return which of the body's members can be left out, and are refused."""
    if not isinstance(fault, RequestRefused) or fault.status not in (400, 422):
        return []
    # What has to be called cannot be left out.
    tools = () if "tool_choice" in body else (_TOOLS,)
    told = {name.strip().removeprefix("body.") for name in fault.parameter.split(",")}
    return [
        name
        for name in (*_EFFORTS, *_SAMPLERS, *_FORMS, *tools)
        if _at(body, name) is not None and told & _names(name)
    ]


def _names(name: str) -> set[str]:
    """Return how servers may call a parameter: also by what is around it."""
    first = name.partition(".")[0]
    return {name, EFFORT if name in _EFFORTS else name, *({first} if "." in name else ())}


def _lacks_interface(fault: RemoteError) -> bool:
    """Return whether there is nothing at an address; LM Studio answers that with the status 200."""
    if isinstance(fault, ServerFailed):
        return fault.status == 200 and fault.message.startswith("Unexpected endpoint")
    return isinstance(fault, ServerForeign)


def _at(body: Mapping[str, Any], name: str) -> Any:
    found: Any = body
    for key in name.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def _removed(body: Json, name: str) -> Json:
    key, _, inner = name.partition(".")
    kept = _removed(body[key], inner) if inner else {}
    rest = {each: value for each, value in body.items() if each != key}
    return {**rest, key: kept} if kept else rest


def _value(body: Json, name: str) -> str:
    """Return the value that is refused; of functions, none is accepted."""
    return "" if name == _TOOLS else _text(_at(body, name))


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)
