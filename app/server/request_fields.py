"""What requests of all dialects have: effort, sampling, functions, and texts in parts."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.base.types import Effort, Sampling, ToolFunction, ToolNamespace
from app.server.api_error import unsupported, wrong
from app.server.fields import Fields, JsonObject, names

EFFORTS = {
    "none": Effort.LOW,
    "minimal": Effort.LOW,
    "low": Effort.LOW,
    "medium": Effort.MEDIUM,
    "high": Effort.HIGH,
    "xhigh": Effort.HIGH,
    "max": Effort.HIGH,
}
"""The levels of gpt-oss by the words that clients have for them."""
HARMLESS = (
    "client_metadata",
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
)
"""Members of a request that change nothing in an answer of this computer."""
FUNCTIONS = "functions"
"""The namespace of clients' functions, by which models know them."""
MOST_FUNCTIONS = 1000
_MOST_STOPS, _LONGEST_STOP = 64, 1000
ANY_OBJECT = '{"type": "object"}'
"""The schema of an answer that may be any object, as a mode of JSON has it."""
_NO_PARAMETERS = {"type": "object", "properties": {}}
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_LEAST_SEED, _MOST_SEED = -(2**63), 2**63 - 1


def effort(fields: Fields, name: str) -> Effort | None:
    """Return the effort that a member names; None if it is absent."""
    word = fields.one_of(name, EFFORTS, "")
    return EFFORTS[word] if word else None


def sampling(fields: Fields, recommended: Sampling, *limits: str) -> Sampling:
    """Return the model's sampling with what a request changes.

    ``limits`` are the names of the most tokens to draw; the first that is there counts.
    """
    most = [fields.whole(name, 1, 2**31 - 1) for name in limits]
    changes: dict[str, Any] = {
        "temperature": fields.number("temperature", 0, 2),
        "top_p": fields.number("top_p", 0, 1),
        "top_k": fields.whole("top_k", 0, 2**31 - 1),
        "min_p": fields.number("min_p", 0, 1),
        "seed": fields.whole("seed", _LEAST_SEED, _MOST_SEED),
        "max_tokens": next((number for number in most if number is not None), None),
    }
    return replace(recommended, **{name: v for name, v in changes.items() if v is not None})


def only(fields: Fields, name: str, *accepted: object) -> None:
    """Refuse a member with any value that is not ``accepted``, since it would be ignored."""
    value = fields.get(name)
    if value is not None and not any(_same(value, each) for each in accepted):
        path = fields.path(name)
        told = f" Leave it out, or send {json.dumps(accepted[0])}." if accepted else ""
        raise unsupported(path, f"'{path}' is not supported here.{told}")


def _same(value: object, accepted: object) -> bool:
    return value == accepted and isinstance(value, bool) == isinstance(accepted, bool)


def function_name(fields: Fields, longest: int = 64) -> str:
    """Return the name of a function, or of a tool that becomes one."""
    name = fields.text("name")
    if len(name) > longest or not _NAME.fullmatch(name):
        path = fields.path("name")
        told = f"{path} may have 1 to {longest} of the characters a-z, A-Z, 0-9, _ and -."
        raise wrong(path, told)
    return name


def tool_function(
    fields: Fields,
    taken: Collection[str] = (),
    *,
    longest: int = 64,
    parameters: str = "parameters",
) -> ToolFunction:
    """Read a function's name, description, parameters and strictness.

    ``taken`` are the names of the functions before it, ``longest`` is the limit of a name;
    ``parameters`` is the member that has the schema.
    """
    name = function_name(fields, longest)
    if name in taken:
        raise wrong(fields.path("name"), f"There are two functions with the name '{name}'.")
    schema = fields.members(parameters)
    return ToolFunction(
        name,
        fields.text("description", ""),
        schema_text((schema.raw if schema else {}) or _NO_PARAMETERS),
        fields.flag("strict"),
    )


def namespaces(functions: Sequence[ToolFunction], told: str = "") -> tuple[ToolNamespace, ...]:
    """Return a client's functions as models know them; ``told`` describes them together."""
    return (ToolNamespace(FUNCTIONS, tuple(functions), told),) if functions else ()


def stop_texts(fields: Fields, name: str) -> tuple[str, ...]:
    """Return the texts before which the answer ends."""
    value, path = fields.get(name), fields.path(name)
    alone = isinstance(value, str)
    stops = [value] if alone else fields.items(name, longest=_MOST_STOPS) or []
    for at, stop in enumerate(stops):
        if not isinstance(stop, str) or not 0 < len(stop) <= _LONGEST_STOP:
            where = path if alone else f"{path}[{at}]"
            raise wrong(where, f"{where} must be a string of 1 to {_LONGEST_STOP} characters.")
    return tuple(stops)


def named_schema(schema: JsonObject, name: str, description: str) -> str:
    """Return the schema of an answer, with what the model is told of it, unless it says so."""
    said = {"title": name, "description": description}
    return schema_text({key: words for key, words in said.items() if words} | schema)


def schema_text(schema: JsonObject) -> str:
    """Return a schema as JSON, as the engine takes it."""
    return json.dumps(schema, ensure_ascii=False)


def text(fields: Fields, name: str, kinds: Collection[str], *, needed: bool = True) -> str:
    """Return a text that may be given in parts, of types ``kinds``, each with its text."""
    value = fields.get(name)
    if isinstance(value, list):
        return "\n\n".join(filter(None, _parts(fields, name, kinds)))
    return fields.text(name, None if needed else "")


def _parts(fields: Fields, name: str, kinds: Collection[str]) -> Iterator[str]:
    for part in fields.objects(name):
        kind = part.text("type")
        if kind not in kinds:
            told = f"Content of type '{kind[:60]}' is not supported here, only {names(kinds)}."
            raise unsupported(part.path("type"), told, "unsupported_content")
        yield part.text("refusal" if kind == "refusal" else "text")
