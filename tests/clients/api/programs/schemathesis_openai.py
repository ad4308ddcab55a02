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

REFUSED = set(
    [
        "annotations",
        "audio",
        "background",
        "caller",
        "context_management",
        "conversation",
        "frequency_penalty",
        "function_call",
        "functions",
        "generate_summary",
        "logit_bias",
        "logprobs",
        "modalities",
        "moderation",
        "n",
        "phase",
        "presence_penalty",
        "prediction",
        "previous_response_id",
        "prompt",
        "top_logprobs",
        "truncation",
        "verbosity",
        "web_search_options",
    ]
)
"""Members that are refused, or that name what was answered before."""
OURS = set(
    [
        "allowed_tools",
        "assistant",
        "custom",
        "custom_tool_call",
        "custom_tool_call_output",
        "developer",
        "function",
        "function_call",
        "function_call_output",
        "input_text",
        "json_object",
        "json_schema",
        "message",
        "output_text",
        "reasoning",
        "reasoning_text",
        "refusal",
        "summary_text",
        "system",
        "text",
        "user",
    ]
)
"""The types and roles of what is supported; of several schemas, those of others are left out."""


def supported(schema: Any, description: Any) -> Any:
    """Return a schema of requests with nothing that is refused."""
    if isinstance(schema, list):
        return [supported(item, description) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        kind, name = schema["$ref"].removeprefix("#/components/").split("/")
        return supported(description["components"][kind][name], description)
    kept = {key: item for key, item in schema.items() if key != "discriminator"}
    if isinstance(members := kept.get("properties"), dict):
        kept["properties"] = {name: members[name] for name in members if name not in REFUSED}
    kept = {key: supported(item, description) for key, item in kept.items()}
    for several in ("oneOf", "anyOf"):
        if several in kept:
            kept[several] = [one for one in kept[several] if is_ours(one)]
    return kept


def is_ours(schema: Any) -> bool:
    """Return whether a schema, one of several, is of what is supported."""
    told = schema.get("properties", {})
    for name in ("type", "role"):
        word = told.get(name, {})
        for one in (word, *word.get("anyOf", ())):
            if not OURS.issuperset(one.get("enum", ())):
                return False
    return True


def cut(description: Any) -> Any:
    """Return the description of our operations alone, with our model's name."""
    paths = {
        path: {method: description["paths"][path][method]} for path, method in OPERATIONS.items()
    }
    for path in paths.values():
        for operation in path.values():
            operation.pop("x-oaiMeta", None)
            for parameter in operation.get("parameters", ()):
                if parameter["name"] == "model":
                    parameter["schema"] = {"type": "string", "enum": [MODEL]}
    components: dict[str, Any] = {}
    waiting: list[Any] = [paths]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list):
            waiting += item
        elif isinstance(item, dict):
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


def ask(name: str, described: Any, seconds: float) -> None:
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
limit = float(os.environ.get("FIRESIDE_SECONDS", "60"))
ask("", whole, limit / 3)
for path in ("/chat/completions", "/responses"):
    content = whole["paths"][path]["post"]["requestBody"]["content"]["application/json"]
    content["schema"] = supported(content["schema"], whole)
whole["paths"] = {path: item for path, item in whole["paths"].items() if "post" in item}
ask(", what is supported", whole, limit * 2 / 3)
