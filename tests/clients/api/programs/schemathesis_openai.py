"""Schemathesis: requests made from OpenAI's published description, and answers held to it.

FIRESIDE_OPENAPI names the description: ``openapi.json`` of github.com/openai/openai-openapi.
FIRESIDE_SECONDS is how long requests are made at random.
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


given = json.loads(Path(os.environ["FIRESIDE_OPENAPI"]).read_text("utf-8"))
Path("cut.json").write_text(json.dumps(cut(given)), "utf-8")
done = subprocess.run(
    [
        str(Path(sys.executable).parent / "schemathesis"), "run", "cut.json", "--url", URL,
        "-H", f"Authorization: Bearer {TOKEN}", "-H", "Content-Type: application/json",
        "--checks", CHECKS, "--workers", "1",
        "--phases", "examples,coverage,fuzzing", "--suppress-health-check", "all",
        "--max-time", os.environ.get("FIRESIDE_SECONDS", "60"), "--warnings", "off",
        "--continue-on-failure", "--request-timeout", "60", "--report", "junit",
        "--report-junit-path", "found.xml", "--no-color", *sys.argv[1:],
    ],
    capture_output=True,
    text=True,
)  # fmt: skip
print(done.stdout[-6000:], done.stderr[-2000:])
if not Path("found.xml").exists():
    sys.exit(done.returncode or 1)
for case in ElementTree.parse("found.xml").iter("testcase"):
    faults = [*case.iter("failure"), *case.iter("error")]
    told = (fault.attrib.get("message") or fault.text or "" for fault in faults)
    report(case.attrib["name"], not faults, " ".join(told))
