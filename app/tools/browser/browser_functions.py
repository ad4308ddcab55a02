"""The functions of the browser, in the words on which gpt-oss was trained (openai-harmony's)."""

from __future__ import annotations

import json
import re

from app.base.types import ToolFunction

NAMESPACE = "browser"
NAME = re.compile(r"(?:functions\.)?browser(?:\.(\w+))?")
"""The recipient of a call, as models write it."""
OPEN = "open "
"""What a proposal's function begins with if it opens pages of a site."""
ADDRESS, QUERY = "address", "query"
"""The names of what a proposal shows."""

_DESCRIPTIONS = {
    "search": "Searches for information related to `query` and displays `topn` results.",
    "open": (
        "Opens the link `id` from the page indicated by `cursor` starting at line number `loc`, "
        "showing `num_lines` lines.\n"
        "Valid link ids are displayed with the formatting: `【{id}†.*】`.\n"
        "If `cursor` is not provided, the most recent page is implied.\n"
        "If `id` is a string, it is treated as a fully qualified URL associated with `source`.\n"
        "If `loc` is not provided, the viewport will be positioned at the beginning of the "
        "document or centered on the most relevant passage, if available.\n"
        "Use this function without `id` to scroll to a new location of an opened page."
    ),
    "find": "Finds exact matches of `pattern` in the current page, or the page given by `cursor`.",
}
_STRING, _BOOLEAN = {"type": "string"}, {"type": "boolean", "default": False}
_NUMBER = {"type": "number", "default": -1}
_PROPERTIES = {
    "search": {"query": _STRING, "topn": {"type": "number", "default": 10}, "source": _STRING},
    "open": {
        "id": {"type": ["number", "string"], "default": -1},
        "cursor": _NUMBER,
        "loc": _NUMBER,
        "num_lines": _NUMBER,
        "view_source": _BOOLEAN,
        "source": _STRING,
    },
    "find": {"pattern": _STRING, "cursor": _NUMBER},
}
_REQUIRED = {"search": ["query"], "open": [], "find": ["pattern"]}


def _function(name: str) -> ToolFunction:
    schema = {
        "type": "object",
        "properties": _PROPERTIES[name],
        "required": _REQUIRED[name],
        "additionalProperties": True,  # what models invent is ignored, or known to the browser
    }
    return ToolFunction(name, _DESCRIPTIONS[name], json.dumps(schema))


BROWSER_FUNCTIONS = tuple(map(_function, _DESCRIPTIONS))
"""The functions, in the words on which gpt-oss was trained."""


def site_opened(function: str) -> str:
    """Return the site whose pages a proposal's function opens; empty for another function."""
    return function.removeprefix(OPEN) if function.startswith(OPEN) else ""
