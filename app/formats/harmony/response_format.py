"""The schema of an answer, as it is told to the model.

Source: the cookbook's "OpenAI harmony response format", section "Structured output"; the official
library has no words for it.
"""

from __future__ import annotations

import json
import re

from app.formats.json_schema.schema_text import read_schema

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def response_format(schema: str) -> str:
    """Return the section of the developer message for a schema; empty without one.

    Raises SchemaError if it is not JSON.
    """
    if not schema:
        return ""
    value = read_schema(schema)
    said = value if isinstance(value, dict) else {}
    name, description = said.get("title"), said.get("description")
    named = isinstance(name, str) and _NAME.fullmatch(name)
    lines = ["# Response Formats", "", f"## {name if named else 'response'}", ""]
    if isinstance(description, str):
        lines += [f"// {line}" for line in description.splitlines()]
    return "\n".join([*lines, json.dumps(value, ensure_ascii=False, separators=(",", ":"))])
