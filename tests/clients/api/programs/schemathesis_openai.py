"""Schemathesis: requests made from OpenAI's published description, and answers held to it.

FIRESIDE_OPENAPI names the description: ``openapi.json`` of github.com/openai/openai-openapi.
FIRESIDE_SECONDS is how long requests are made at random: a third of it by the whole description, of
which nearly every request has something that is refused, and the rest by what is supported of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from checks import MODEL, TOKEN, URL, report

OPERATIONS = {
    "/models": "get",
    "/models/{model}": "get",
    "/chat/completions": "post",
    "/responses": "post",
}
# Of answers, only that of 200 is described. What it does not allow may be answered: members that
# change nothing are not looked at.
CHECKS = (
    "not_a_server_error,content_type_conformance,response_schema_conformance,unsupported_method"
)

REFUSED = {
    "annotations", "audio", "background", "context_management", "conversation",
    "frequency_penalty", "function_call", "functions", "generate_summary", "logit_bias", "logprobs",
    "modalities", "moderation", "n", "prediction", "presence_penalty", "previous_response_id",
    "prompt", "tool_calls", "top_logprobs", "truncation", "verbosity", "web_search_options",
}  # fmt: skip
"""Members that are refused, or that name what has to be there."""
ONLY = {
    "mode": {"type": "string", "enum": ["standard"]},
    "name": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
    "tool_choice": {"type": "string", "enum": ["auto", "none", "required"]},
}
"""Members of which little is accepted."""
TYPES = {
    "function", "input_text", "json_object", "json_schema", "message", "output_text", "reasoning",
    "reasoning_text", "refusal", "summary_text", "text",
}  # fmt: skip
ROLES = {"assistant", "developer", "system", "user"}
"""Of several schemas, those of other types and roles are left out."""


def supported(schema: Any, description: Any) -> Any:
    """Return a schema of requests with nothing that is refused."""
    if isinstance(schema, list):
        return [supported(item, description) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        kind, name = schema["$ref"].removeprefix("#/components/").split("/")
        return supported(description["components"][kind][name], description)
    kept = dict(schema)
    if isinstance(members := kept.get("properties"), dict):
        named = {name: ONLY.get(name, item) for name, item in members.items()}
        kept["properties"] = {name: named[name] for name in named if name not in REFUSED}
    kept = {key: supported(item, description) for key, item in kept.items()}
    for several in ("oneOf", "anyOf"):
        if several in kept:
            kept[several] = [one for one in kept[several] if is_ours(one)]
    return kept


def is_ours(schema: Any) -> bool:
    """Return whether a schema, one of several, is of what is supported."""
    told = schema.get("properties", {})
    for name, ours in (("type", TYPES), ("role", ROLES)):
        word = told.get(name, {})
        for one in (word, *word.get("anyOf", ())):
            if not ours.issuperset(one.get("enum", ())):
                return False
    return True


def event(data: Any) -> Any:
    """Return the schema of an event whose data is JSON, or the end of all."""
    parsed = {"contentMediaType": "application/json", "contentSchema": data}
    return {"type": "object", "properties": {"data": {"anyOf": [{"const": "[DONE]"}, parsed]}}}


def cut(description: Any) -> Any:
    """Return the description of our operations alone, with our model's name.

    Discriminators are left out: those of calls say no word of which schema has which value. The
    schema of a stream is that of the JSON in its events. The first of them have no usage yet: it is
    null, as in the examples of the description, whose schema does not allow it.
    """
    paths = {
        path: {method: description["paths"][path][method]} for path, method in OPERATIONS.items()
    }
    for path in paths.values():
        for operation in path.values():
            operation.pop("x-oaiMeta", None)
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "model":
                    parameter["schema"] = {"type": "string", "enum": [MODEL]}
    usage = description["components"]["schemas"]["Response"]["allOf"][2]["properties"]
    usage["usage"] = {"anyOf": [usage["usage"], {"type": "null"}]}
    components: dict[str, Any] = {}
    waiting: list[Any] = [paths]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
            item.pop("discriminator", None)
            if stream := item.get("text/event-stream"):
                stream["schema"] = event(stream["schema"])
            waiting += item.values()
            reference = item.get("$ref")
            if isinstance(reference, str) and reference not in components:
                kind, name = reference.removeprefix("#/components/").split("/")
                components[reference] = kind, name, description["components"][kind][name]
                waiting.append(components[reference][2])
    found: dict[str, Any] = {}
    for kind, name, item in components.values():
        found.setdefault(kind, {})[name] = item
    for name in ("ModelIdsShared", "ModelIdsResponses", "ModelIds"):
        if name in found["schemas"]:
            found["schemas"][name] = {"type": "string", "enum": [MODEL]}
    about = {name: description[name] for name in ("openapi", "info")}
    return about | {"paths": paths, "components": found}


def ask(name: str, described: Any, seconds: int) -> None:
    """Have requests made, and report each operation."""
    found = Path(f"found{name}.xml")
    Path("cut.json").write_text(json.dumps(described), "utf-8")
    done = subprocess.run(
        [
            str(Path(sys.executable).parent / "schemathesis"), "run", "cut.json", "--url", URL,
            "-H", f"Authorization: Bearer {TOKEN}", "-H", "Content-Type: application/json",
            "--checks", CHECKS, "--workers", "1",
            "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all",
            "--max-time", str(seconds), "--warnings", "off",
            "--continue-on-failure", "--request-timeout", "60", "--report", "junit",
            "--report-junit-path", str(found), "--no-color", *sys.argv[1:],
        ],
        capture_output=True,
        text=True,
    )  # fmt: skip
    print(done.stdout[-6000:], done.stderr[-2000:])
    if not found.exists():
        sys.exit(done.returncode or 1)
    for case in ElementTree.parse(found).iter("testcase"):
        faults = [*case.iter("failure"), *case.iter("error")]
        told = (fault.attrib.get("message") or fault.text or "" for fault in faults)
        report(case.attrib["name"] + name, not faults, " ".join(told))


given = json.loads(Path(os.environ["FIRESIDE_OPENAPI"]).read_text("utf-8"))
whole = cut(given)
limit = int(os.environ.get("FIRESIDE_SECONDS", "60"))
ask("", whole, limit // 3)
for path in ("/chat/completions", "/responses"):
    content = whole["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    content["schema"] = supported(content["schema"], whole)
whole["paths"] = {path: item for path, item in whole["paths"].items() if "post" in item}
ask(", what is supported", whole, limit - limit // 3)
